/* SPDX-License-Identifier: Apache-2.0
 * Reading a manifest and walking the chain. */
#include "keytrans/manifest_form.h"

static void read_devices(tacet_reader *r, tacet_manifest *m) {
  tacet_reader e = tacet_read_vec_of(r);
  while (tacet_more(&e)) {
    if (m->n_devices == TACET_DEVICES_MAX) {
      tacet_read_fail(r, TACET_ERR_LIMIT);
      return;
    }
    tacet_device *d = &m->devices[m->n_devices];
    tacet_read_copy(&e, d->id, sizeof(d->id));
    tacet_read_copy(&e, d->key, sizeof(d->key));
    /* Ascending, so that a list of devices has one form. */
    if (m->n_devices > 0 && memcmp(d[-1].id, d->id, sizeof(d->id)) >= 0) {
      tacet_read_fail(r, TACET_ERR_ENCODING);
    }
    m->n_devices++;
  }
}

static void read_body(tacet_reader *r, tacet_manifest *m) {
  if (tacet_read_u8(r) != MANIFEST_VERSION) {
    tacet_read_fail(r, TACET_ERR_UNKNOWN_TYPE);
  }
  tacet_read_copy(r, m->account_id, sizeof(m->account_id));
  m->number = tacet_read_u32(r);
  tacet_read_copy(r, m->previous_hash, sizeof(m->previous_hash));
  tacet_span handle = tacet_read_vec_max(r, TACET_HANDLE_MAX);
  tacet_span name, domain;
  if (*r->err == TACET_OK &&
      tacet_handle_split(handle, &name, &domain) != TACET_OK) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  if (*r->err == TACET_OK) {
    memcpy(m->handle, handle.p, handle.len);
  }
  read_devices(r, m);
  tacet_read_copy(r, m->recovery_key, sizeof(m->recovery_key));
}

tacet_err manifest_read(tacet_span bytes, manifest_form *out) {
  tacet_err err = bytes.len > TACET_MANIFEST_MAX ? TACET_ERR_LIMIT : TACET_OK;
  tacet_reader r = tacet_reader_over(bytes, &err);
  manifest_form f = {.body = TACET_SPAN_EMPTY};
  const uint8_t *from = r.p;
  read_body(&r, &f.m);
  f.body = tacet_read_since(&r, from);
  uint8_t signer = tacet_read_u8(&r);
  tacet_read_copy(&r, f.m.signer, sizeof(f.m.signer));
  f.signature = tacet_read_bytes(&r, SIGNATURE_LEN);
  f.possession = tacet_read_vec_max(&r, TACET_DEVICES_MAX * SIGNATURE_LEN);
  tacet_read_end(&r);
  static const uint8_t nobody[TACET_DEVICE_ID_LEN];
  if (err == TACET_OK &&
      (signer > 1 || f.possession.len % SIGNATURE_LEN != 0 ||
       (signer == 1 && memcmp(f.m.signer, nobody, sizeof(nobody)) != 0))) {
    err = TACET_ERR_ENCODING;
  }
  TACET_TRY(err);
  f.m.by_recovery_key = signer == 1;
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, bytes, f.m.hash));
  *out = f;
  return TACET_OK;
}

tacet_err tacet_manifest_body_parse(tacet_span body, tacet_manifest *out) {
  tacet_err err = body.len > TACET_MANIFEST_MAX ? TACET_ERR_LIMIT : TACET_OK;
  tacet_reader r = tacet_reader_over(body, &err);
  tacet_manifest m = {.number = 0};
  read_body(&r, &m);
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = m;
  return TACET_OK;
}

tacet_err tacet_manifest_parse(tacet_span bytes, tacet_manifest *out) {
  manifest_form f;
  TACET_TRY(manifest_read(bytes, &f));
  *out = f.m;
  return TACET_OK;
}

const tacet_device *tacet_manifest_device(const tacet_manifest *m,
                                          const uint8_t id[16]) {
  for (size_t i = 0; i < m->n_devices; i++) {
    if (memcmp(m->devices[i].id, id, TACET_DEVICE_ID_LEN) == 0) {
      return &m->devices[i];
    }
  }
  return NULL;
}

bool manifest_is_new(const tacet_manifest *previous, const tacet_device *d) {
  const tacet_device *before =
      previous == NULL ? NULL : tacet_manifest_device(previous, d->id);
  return before == NULL || memcmp(before->key, d->key, sizeof(d->key)) != 0;
}

/* account_id = SHA-256(label || body with account_id and previous_hash zero):
 * they lie at fixed places, before and after the number. */
tacet_err manifest_account_id(tacet_span body, uint8_t id[32]) {
  static const uint8_t zero[32];
  const size_t after_id = 1 + TACET_ACCOUNT_ID_LEN;
  const size_t after_hash = after_id + 4 + TACET_MANIFEST_HASH_LEN;
  tacet_span parts[] = {
      TACET_SPAN_LIT("Tacet 1.0 account"),
      {body.p, 1},
      {zero, TACET_ACCOUNT_ID_LEN},
      {body.p + after_id, 4},
      {zero, TACET_MANIFEST_HASH_LEN},
      {body.p + after_hash, body.len - after_hash},
  };
  return tacet_hash_sha256.digest(parts, 6, id);
}

static tacet_err check_signature(const uint8_t key[32], const char *label,
                                 tacet_span body, tacet_span signature) {
  return tacet_verify_with_label(&tacet_sig_ed25519, tacet_span_of(key, 32),
                                 TACET_LABEL_TACET, label, body, signature);
}

/* Each key that is new shows that somebody holds its private half, so that
 * nobody lists another's key as his own. */
static tacet_err check_possession(const tacet_manifest *previous,
                                  const manifest_form *f) {
  size_t at = 0;
  for (size_t i = 0; i < f->m.n_devices; i++) {
    if (!manifest_is_new(previous, &f->m.devices[i])) {
      continue;
    }
    if (f->possession.len - at < SIGNATURE_LEN) {
      return TACET_ERR_MANIFEST;
    }
    TACET_TRY(
        check_signature(f->m.devices[i].key, LABEL_POSSESSION, f->body,
                        tacet_span_of(f->possession.p + at, SIGNATURE_LEN)));
    at += SIGNATURE_LEN;
  }
  return at == f->possession.len ? TACET_OK : TACET_ERR_MANIFEST;
}

tacet_err tacet_manifest_first(tacet_span bytes, tacet_manifest *out) {
  manifest_form f;
  uint8_t id[32];
  static const uint8_t zero[32];
  TACET_TRY(manifest_read(bytes, &f));
  TACET_TRY(manifest_account_id(f.body, id));
  if (f.m.number != 0 || f.m.n_devices != 1 || f.m.by_recovery_key ||
      memcmp(f.m.previous_hash, zero, sizeof(zero)) != 0 ||
      memcmp(f.m.account_id, id, sizeof(id)) != 0 ||
      memcmp(f.m.signer, f.m.devices[0].id, sizeof(f.m.signer)) != 0) {
    return TACET_ERR_MANIFEST;
  }
  TACET_TRY(
      check_signature(f.m.devices[0].key, LABEL_MANIFEST, f.body, f.signature));
  TACET_TRY(check_possession(NULL, &f));
  *out = f.m;
  return TACET_OK;
}

bool manifest_follows(const tacet_manifest *previous, const tacet_manifest *m) {
  if (previous->n_devices == 0 || previous->number == UINT32_MAX ||
      m->number != previous->number + 1 ||
      memcmp(m->previous_hash, previous->hash, sizeof(previous->hash)) != 0 ||
      memcmp(m->account_id, previous->account_id, 32) != 0 ||
      strcmp(m->handle, previous->handle) != 0) {
    return false;
  }
  if (m->by_recovery_key) {
    return true;
  }
  size_t kept = 0;
  for (size_t i = 0; i < m->n_devices; i++) {
    kept += !manifest_is_new(previous, &m->devices[i]);
  }
  /* A device alone changes neither the recovery key nor all the devices. It may
   * erase the account: that leaves none. */
  return tacet_manifest_device(previous, m->signer) != NULL &&
         memcmp(m->recovery_key, previous->recovery_key, 32) == 0 &&
         (kept > 0 || m->n_devices == 0);
}

tacet_err tacet_manifest_next(const tacet_manifest *previous, tacet_span bytes,
                              tacet_manifest *out) {
  manifest_form f;
  TACET_TRY(manifest_read(bytes, &f));
  bool same = memcmp(f.m.hash, previous->hash, sizeof(f.m.hash)) == 0;
  if (same) {
    return TACET_ERR_EXISTS;
  }
  if (f.m.number == previous->number &&
      memcmp(f.m.account_id, previous->account_id, 32) == 0) {
    return TACET_ERR_FORK;
  }
  if (!manifest_follows(previous, &f.m)) {
    return TACET_ERR_MANIFEST;
  }
  const uint8_t *key = previous->recovery_key;
  if (!f.m.by_recovery_key) {
    key = tacet_manifest_device(previous, f.m.signer)->key;
  }
  TACET_TRY(check_signature(key, LABEL_MANIFEST, f.body, f.signature));
  TACET_TRY(check_possession(previous, &f));
  *out = f.m;
  return TACET_OK;
}
