/* SPDX-License-Identifier: Apache-2.0
 * Making a manifest. */
#include "keytrans/manifest_form.h"

static void write_body(tacet_buf *w, const tacet_manifest *m) {
  tacet_write_u8(w, MANIFEST_VERSION);
  tacet_write_bytes(w, tacet_span_of(m->account_id, sizeof(m->account_id)));
  tacet_write_u32(w, m->number);
  tacet_write_bytes(w,
                    tacet_span_of(m->previous_hash, sizeof(m->previous_hash)));
  tacet_write_vec(w, tacet_span_str(m->handle));
  size_t at = tacet_write_open(w);
  for (size_t i = 0; i < m->n_devices; i++) {
    tacet_write_bytes(w, tacet_span_of(m->devices[i].id, TACET_DEVICE_ID_LEN));
    tacet_write_bytes(w,
                      tacet_span_of(m->devices[i].key, TACET_DEVICE_KEY_LEN));
  }
  tacet_write_close(w, at);
  tacet_write_bytes(w, tacet_span_of(m->recovery_key, sizeof(m->recovery_key)));
}

static tacet_err sign(const tacet_secret *key, const char *label,
                      tacet_span body, tacet_buf *out) {
  uint8_t sig[TACET_SIG_MAX];
  size_t len;
  TACET_TRY(tacet_sign_with_label(&tacet_sig_ed25519, tacet_secret_span(key),
                                  TACET_LABEL_TACET, label, body, sig, &len));
  tacet_write_bytes(out, tacet_span_of(sig, len));
  return out->err;
}

/* Body and signature; the proofs of possession follow. */
static tacet_err write_signed(const tacet_manifest *m,
                              const tacet_manifest_signer *signer,
                              tacet_span body, tacet_buf *w) {
  tacet_write_bytes(w, body);
  tacet_write_u8(w, signer->recovery ? 1 : 0);
  tacet_write_bytes(w, tacet_span_of(m->signer, sizeof(m->signer)));
  return sign(signer->private_key, LABEL_MANIFEST, body, w);
}

static tacet_err prove_all(const tacet_manifest *m,
                           const tacet_manifest *previous, tacet_span body,
                           const tacet_secret *const *new_keys,
                           size_t n_new_keys, tacet_buf *w) {
  size_t used = 0;
  for (size_t i = 0; i < m->n_devices; i++) {
    if (!manifest_is_new(previous, &m->devices[i])) {
      continue;
    }
    if (used == n_new_keys) {
      return TACET_ERR_ARGUMENT;
    }
    TACET_TRY(sign(new_keys[used++], LABEL_POSSESSION, body, w));
  }
  return used == n_new_keys ? w->err : TACET_ERR_ARGUMENT;
}

/* What was made is read back by the rules: the caller cannot publish what
 * others would refuse. */
static tacet_err check(tacet_span bytes, const tacet_manifest *previous,
                       tacet_manifest *m) {
  tacet_err err = previous == NULL ? tacet_manifest_first(bytes, m)
                                   : tacet_manifest_next(previous, bytes, m);
  return err == TACET_OK || tacet_err_kind(err) == TACET_KIND_LOCAL
             ? err
             : TACET_ERR_ARGUMENT;
}

static void follow(tacet_manifest *m, const tacet_manifest *previous,
                   const tacet_manifest_signer *signer) {
  memset(m->signer, 0, sizeof(m->signer));
  if (signer != NULL && !signer->recovery) {
    memcpy(m->signer, signer->device_id, sizeof(m->signer));
  }
  if (previous != NULL) {
    m->number = previous->number + 1;
    memcpy(m->account_id, previous->account_id, sizeof(m->account_id));
    memcpy(m->previous_hash, previous->hash, sizeof(m->previous_hash));
  }
}

static tacet_err begin_chain(tacet_manifest *m) {
  TACET_BUF(body, TACET_MANIFEST_MAX);
  memset(m->account_id, 0, sizeof(m->account_id));
  memset(m->previous_hash, 0, sizeof(m->previous_hash));
  m->number = 0;
  write_body(&body, m);
  TACET_TRY(body.err);
  return manifest_account_id(tacet_buf_span(&body), m->account_id);
}

tacet_err tacet_manifest_body(tacet_manifest *m, const tacet_manifest *previous,
                              tacet_buf *out) {
  tacet_manifest made = *m;
  follow(&made, previous, NULL);
  TACET_BUF(body, TACET_MANIFEST_MAX);
  write_body(&body, &made);
  TACET_TRY(body.err);
  tacet_write_bytes(out, tacet_buf_span(&body));
  TACET_TRY(out->err);
  *m = made;
  return TACET_OK;
}

tacet_err tacet_manifest_possess(tacet_span body, const tacet_secret *key,
                                 uint8_t out[64]) {
  size_t len;
  return tacet_sign_with_label(&tacet_sig_ed25519, tacet_secret_span(key),
                               TACET_LABEL_TACET, LABEL_POSSESSION, body, out,
                               &len);
}

tacet_err
tacet_manifest_possession_check(tacet_span body,
                                const uint8_t key[TACET_DEVICE_KEY_LEN],
                                tacet_span signature) {
  return tacet_verify_with_label(
      &tacet_sig_ed25519, tacet_span_of(key, TACET_DEVICE_KEY_LEN),
      TACET_LABEL_TACET, LABEL_POSSESSION, body, signature);
}

tacet_err tacet_manifest_sign_with(tacet_manifest *m,
                                   const tacet_manifest *previous,
                                   const tacet_manifest_signer *signer,
                                   tacet_span possession, tacet_buf *out) {
  tacet_manifest made = *m;
  follow(&made, previous, signer);
  TACET_BUF(body, TACET_MANIFEST_MAX);
  TACET_BUF(w, TACET_MANIFEST_MAX);
  tacet_span bytes;
  write_body(&body, &made);
  TACET_TRY(body.err);
  TACET_TRY(write_signed(&made, signer, tacet_buf_span(&body), &w));
  tacet_write_vec(&w, possession);
  TACET_TRY(tacet_buf_done(&w, &bytes));
  TACET_TRY(check(bytes, previous, &made));
  tacet_write_bytes(out, bytes);
  TACET_TRY(out->err);
  *m = made;
  return TACET_OK;
}

tacet_err tacet_manifest_sign(tacet_manifest *m, const tacet_manifest *previous,
                              const tacet_manifest_signer *signer,
                              const tacet_secret *const *new_keys,
                              size_t n_new_keys, tacet_buf *out) {
  tacet_manifest made = *m;
  follow(&made, previous, signer);
  TACET_TRY(previous == NULL ? begin_chain(&made) : TACET_OK);
  TACET_BUF(body, TACET_MANIFEST_MAX);
  TACET_BUF(proofs, TACET_MANIFEST_MAX);
  write_body(&body, &made);
  TACET_TRY(body.err);
  TACET_TRY(prove_all(&made, previous, tacet_buf_span(&body), new_keys,
                      n_new_keys, &proofs));
  TACET_TRY(tacet_manifest_sign_with(&made, previous, signer,
                                     tacet_buf_span(&proofs), out));
  *m = made;
  return TACET_OK;
}
