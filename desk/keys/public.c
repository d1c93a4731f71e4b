/* SPDX-License-Identifier: Apache-2.0
 * Officers' public keys, and checking what they signed. */
#include "desk/keys/public.h"

#include "desk/keys/assertion.h"
#include "desk/keys/token.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <string.h>

#define FILE_WORDS "tacet-desk-key v1 "
#define TOKEN_WORDS "tacet-desk-token-key v1 "

desk_public_key desk_public_of_file(const uint8_t key[DESK_KEY_LEN]) {
  desk_public_key k = {.len = DESK_KEY_LEN};
  memcpy(k.b, key, DESK_KEY_LEN);
  return k;
}

bool desk_public_equal(const desk_public_key *a, const desk_public_key *b) {
  return tacet_span_equal(desk_public_span(a), desk_public_span(b));
}

static bool is_token_key(tacet_span k) {
  return k.len > 2 &&
         (k.p[1] == DESK_FLAG_PRESENT ||
          k.p[1] == (DESK_FLAG_PRESENT | DESK_FLAG_VERIFIED)) &&
         ((k.p[0] == DESK_TOKEN_EDDSA && k.len == 2 + 32) ||
          (k.p[0] == DESK_TOKEN_ES256 && k.len == 2 + 65 && k.p[2] == 4));
}

tacet_err desk_public_take(tacet_span bytes, desk_public_key *out) {
  if (bytes.len != DESK_KEY_LEN && !is_token_key(bytes)) {
    return TACET_ERR_ENCODING;
  }
  out->len = bytes.len;
  memcpy(out->b, bytes.p, bytes.len);
  return TACET_OK;
}

/* At most `max` bytes. */
static tacet_err of_hex(const char *hex, size_t max, uint8_t *out,
                        size_t *len) {
  size_t digits = hex == NULL ? 0 : strlen(hex);
  if (digits == 0 || digits % 2 != 0 || digits / 2 > max) {
    return TACET_ERR_ENCODING;
  }
  *len = digits / 2;
  return tacet_hex_read(hex, digits, out, *len);
}

tacet_err desk_public_of_hex(const char *hex, desk_public_key *out) {
  uint8_t bytes[DESK_PUBLIC_MAX];
  size_t len = 0;
  TACET_TRY(of_hex(hex, sizeof(bytes), bytes, &len));
  return desk_public_take(tacet_span_of(bytes, len), out);
}

/* ---- text ---- */

void desk_public_text(const desk_public_key *k, char out[DESK_PUBLIC_TEXT]) {
  tacet_span words = desk_public_is_token(k) ? TACET_SPAN_LIT(TOKEN_WORDS)
                                             : TACET_SPAN_LIT(FILE_WORDS);
  memcpy(out, words.p, words.len);
  tacet_base64url_write(desk_public_span(k), out + words.len);
}

tacet_err desk_public_read(const char *line, desk_public_key *out) {
  bool token = strncmp(line, TOKEN_WORDS, sizeof(TOKEN_WORDS) - 1) == 0;
  if (!token && strncmp(line, FILE_WORDS, sizeof(FILE_WORDS) - 1) != 0) {
    return TACET_ERR_ENCODING;
  }
  desk_public_key k;
  uint8_t bytes[DESK_PUBLIC_MAX];
  size_t len = 0;
  line += (token ? sizeof(TOKEN_WORDS) : sizeof(FILE_WORDS)) - 1;
  TACET_TRY(
      tacet_base64url_read(line, strlen(line), bytes, sizeof(bytes), &len));
  TACET_TRY(desk_public_take(tacet_span_of(bytes, len), &k));
  if (desk_public_is_token(&k) != token) {
    return TACET_ERR_ENCODING;
  }
  *out = k;
  return TACET_OK;
}

/* ---- signatures ---- */

tacet_err desk_signature_take(tacet_span bytes, desk_signature *out) {
  if (bytes.len > DESK_SIGNATURE_MAX) {
    return TACET_ERR_LIMIT;
  }
  out->len = bytes.len;
  if (bytes.len > 0) {
    memcpy(out->b, bytes.p, bytes.len);
  }
  return TACET_OK;
}

tacet_err desk_signature_of_hex(const char *hex, desk_signature *out) {
  uint8_t bytes[DESK_SIGNATURE_MAX];
  size_t len = 0;
  TACET_TRY(of_hex(hex, sizeof(bytes), bytes, &len));
  return desk_signature_take(tacet_span_of(bytes, len), out);
}

tacet_err desk_signature_verify(const desk_public_key *key, const char *label,
                                tacet_span content, tacet_span signature) {
  return desk_public_is_token(key)
             ? desk_token_verify(key, label, content, signature)
             : tacet_verify_with_label(&tacet_sig_ed25519,
                                       desk_public_span(key), TACET_LABEL_TACET,
                                       label, content, signature);
}
