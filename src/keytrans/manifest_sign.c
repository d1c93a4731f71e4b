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

static tacet_err write_all(const tacet_manifest *m,
                           const tacet_manifest *previous,
                           const tacet_manifest_signer *signer,
                           const tacet_secret *const *new_keys,
                           size_t n_new_keys, tacet_buf *w) {
  TACET_BUF(body, TACET_MANIFEST_MAX);
  write_body(&body, m);
  TACET_TRY(body.err);
  tacet_write_bytes(w, tacet_buf_span(&body));
  tacet_write_u8(w, signer->recovery ? 1 : 0);
  tacet_write_bytes(w, tacet_span_of(m->signer, sizeof(m->signer)));
  TACET_TRY(
      sign(signer->private_key, LABEL_MANIFEST, tacet_buf_span(&body), w));
  size_t at = tacet_write_open(w);
  size_t used = 0;
  for (size_t i = 0; i < m->n_devices; i++) {
    if (manifest_is_new(previous, &m->devices[i])) {
      if (used == n_new_keys) {
        return TACET_ERR_ARGUMENT;
      }
      TACET_TRY(
          sign(new_keys[used++], LABEL_POSSESSION, tacet_buf_span(&body), w));
    }
  }
  tacet_write_close(w, at);
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

tacet_err tacet_manifest_sign(tacet_manifest *m, const tacet_manifest *previous,
                              const tacet_manifest_signer *signer,
                              const tacet_secret *const *new_keys,
                              size_t n_new_keys, tacet_buf *out) {
  tacet_manifest made = *m;
  memset(made.signer, 0, sizeof(made.signer));
  if (!signer->recovery) {
    memcpy(made.signer, signer->device_id, sizeof(made.signer));
  }
  if (previous == NULL) {
    TACET_BUF(body, TACET_MANIFEST_MAX);
    memset(made.account_id, 0, sizeof(made.account_id));
    memset(made.previous_hash, 0, sizeof(made.previous_hash));
    made.number = 0;
    write_body(&body, &made);
    TACET_TRY(body.err);
    TACET_TRY(manifest_account_id(tacet_buf_span(&body), made.account_id));
  } else {
    made.number = previous->number + 1;
    memcpy(made.account_id, previous->account_id, sizeof(made.account_id));
    memcpy(made.previous_hash, previous->hash, sizeof(made.previous_hash));
  }
  TACET_BUF(w, TACET_MANIFEST_MAX);
  tacet_span bytes;
  TACET_TRY(write_all(&made, previous, signer, new_keys, n_new_keys, &w));
  TACET_TRY(tacet_buf_done(&w, &bytes));
  TACET_TRY(check(bytes, previous, &made));
  tacet_write_bytes(out, bytes);
  TACET_TRY(out->err);
  *m = made;
  return TACET_OK;
}
