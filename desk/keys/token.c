/* SPDX-License-Identifier: Apache-2.0
 * Signatures by tokens: the challenge, the form, and judging one. */
#include "desk/keys/token.h"

#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <string.h>

#define CONTENT_MAX 4096 /* of SignContent: hashes and a case's id */
#define RP_HASH 32

static const tacet_span tag = {(const uint8_t *)"tacet desk token", 16};

tacet_err desk_token_challenge(const char *label, tacet_span content,
                               uint8_t out[DESK_CLIENT_HASH]) {
  TACET_BUF(w, CONTENT_MAX);
  tacet_span prefix = TACET_SPAN_LIT(TACET_LABEL_TACET),
             word = tacet_span_str(label), whole;
  tacet_write_varint(&w, (uint32_t)(prefix.len + word.len));
  tacet_write_bytes(&w, prefix);
  tacet_write_bytes(&w, word);
  tacet_write_vec(&w, content);
  TACET_TRY(tacet_buf_done(&w, &whole));
  const tacet_span parts[] = {tag, whole};
  return tacet_hash_sha256.digest(parts, 2, out);
}

/* ---- form ---- */

typedef struct token_signature {
  uint8_t flags;
  uint32_t counter;
  tacet_span signature;
} token_signature;

static tacet_err read_signature(tacet_span in, token_signature *out) {
  tacet_err err = in.len > DESK_SIGNATURE_MAX ? TACET_ERR_LIMIT : TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  token_signature s;
  s.flags = tacet_read_u8(&r);
  s.counter = tacet_read_u32(&r);
  s.signature = tacet_read_vec(&r);
  tacet_read_end(&r);
  TACET_TRY(err);
  if ((s.flags & (DESK_FLAG_CREDENTIAL | DESK_FLAG_EXTENSIONS)) != 0) {
    return TACET_ERR_ENCODING;
  }
  *out = s;
  return TACET_OK;
}

uint32_t desk_token_counter(tacet_span signature) {
  token_signature s = {.counter = 0};
  return read_signature(signature, &s) == TACET_OK ? s.counter : 0;
}

/* ---- judging ---- */

static tacet_err judge(const desk_public_key *key, const desk_assertion *a) {
  const desk_credential_key k = {key->b[0] == DESK_TOKEN_EDDSA,
                                 tacet_span_of(key->b + 2, key->len - 2)};
  return desk_assertion_verify(&k, DESK_TOKEN_PARTY, key->b[1], a);
}

tacet_err desk_token_verify(const desk_public_key *key, const char *label,
                            tacet_span content, tacet_span signature) {
  uint8_t data[DESK_AUTHENTICATOR_MIN], challenge[DESK_CLIENT_HASH];
  token_signature s;
  if (read_signature(signature, &s) != TACET_OK) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, TACET_SPAN_LIT(DESK_TOKEN_PARTY),
                           data));
  data[RP_HASH] = s.flags;
  for (unsigned i = 0; i < 4; i++) {
    data[RP_HASH + 1 + i] = (uint8_t)(s.counter >> (24 - 8 * i));
  }
  TACET_TRY(desk_token_challenge(label, content, challenge));
  const desk_assertion a = {tacet_span_of(data, sizeof(data)), challenge,
                            s.signature};
  return judge(key, &a);
}

tacet_err desk_token_signature(const desk_public_key *key,
                               const desk_assertion *a, desk_signature *out) {
  TACET_BUF(w, DESK_SIGNATURE_MAX);
  tacet_span whole, data = a->authenticator_data;
  token_signature s;
  if (!desk_public_is_token(key) || data.len != DESK_AUTHENTICATOR_MIN) {
    return TACET_ERR_AUTH;
  }
  TACET_TRY(judge(key, a));
  tacet_write_bytes(&w, tacet_span_of(data.p + RP_HASH, data.len - RP_HASH));
  tacet_write_vec(&w, a->signature);
  TACET_TRY(tacet_buf_done(&w, &whole));
  if (read_signature(whole, &s) != TACET_OK) {
    return TACET_ERR_AUTH;
  }
  return desk_signature_take(whole, out);
}
