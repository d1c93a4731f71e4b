/* SPDX-License-Identifier: Apache-2.0
 * The signature of a device on a request to the directory. */
#include "tacet/wire/auth.h"

#include "tacet/codec.h"
#include "tacet/crypto.h"
#include "wire/fields.h"

#define LABEL "DirectoryRequest"
#define TBS_MAX 4096

static tacet_err write_tbs(const tacet_auth *a, const tacet_auth_request *r,
                           tacet_buf *w) {
  uint8_t hash[32];
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, r->body, hash));
  tacet_write_vec(w, r->domain);
  tacet_write_vec(w, r->method);
  tacet_write_vec(w, r->path);
  wire_write_fixed(w, hash, sizeof(hash));
  wire_write_fixed(w, a->nonce, sizeof(a->nonce));
  return w->err;
}

tacet_err tacet_auth_sign(tacet_auth *a, const tacet_auth_request *r,
                          const tacet_secret *private_key) {
  TACET_BUF(tbs, TBS_MAX);
  uint8_t sig[TACET_SIG_MAX];
  size_t len;
  TACET_TRY(write_tbs(a, r, &tbs));
  TACET_TRY(tacet_sign_with_label(
      &tacet_sig_ed25519, tacet_secret_span(private_key), TACET_LABEL_TACET,
      LABEL, tacet_buf_span(&tbs), sig, &len));
  memcpy(a->signature, sig, sizeof(a->signature));
  return TACET_OK;
}

tacet_err tacet_auth_verify(const tacet_auth *a, const tacet_auth_request *r,
                            const uint8_t device_key[32]) {
  TACET_BUF(tbs, TBS_MAX);
  TACET_TRY(write_tbs(a, r, &tbs));
  return tacet_verify_with_label(
      &tacet_sig_ed25519, tacet_span_of(device_key, 32), TACET_LABEL_TACET,
      LABEL, tacet_buf_span(&tbs),
      tacet_span_of(a->signature, sizeof(a->signature)));
}

void tacet_auth_write(const tacet_auth *a, char out[TACET_AUTH_TEXT_MAX]) {
  uint8_t raw[TACET_AUTH_LEN];
  memcpy(raw, a->account_id, 32);
  memcpy(raw + 32, a->device_id, 16);
  memcpy(raw + 48, a->nonce, 16);
  memcpy(raw + 64, a->signature, 64);
  tacet_base64url_write(tacet_span_of(raw, sizeof(raw)), out);
}

tacet_err tacet_auth_parse(tacet_span text, tacet_auth *out) {
  uint8_t raw[TACET_AUTH_LEN];
  size_t len;
  TACET_TRY(tacet_base64url_read((const char *)text.p, text.len, raw,
                                 sizeof(raw), &len));
  WIRE_READ(tacet_span_of(raw, len));
  tacet_auth a;
  tacet_read_copy(&r, a.account_id, sizeof(a.account_id));
  tacet_read_copy(&r, a.device_id, sizeof(a.device_id));
  tacet_read_copy(&r, a.nonce, sizeof(a.nonce));
  tacet_read_copy(&r, a.signature, sizeof(a.signature));
  WIRE_END(out, a);
}
