/* SPDX-License-Identifier: Apache-2.0
 * tacet/wire/token.h -- anonymous tokens: drawn by an account, spent by nobody
 * in particular (RFC 9497 over ristretto255, the construction of Privacy Pass).
 *
 *   enum { directory(0), delivery(1) } TokenKind;      one issuer key each
 *   struct { opaque key_id[8]; opaque nonce[32]; opaque output[64]; } Token;
 *
 *   key_id = first 8 bytes of SHA-256(issuer's public key)
 *   VOPRF input = "Tacet 1.0 token" || uint8 kind || nonce
 */
#ifndef TACET_WIRE_TOKEN_H
#define TACET_WIRE_TOKEN_H

#include "tacet/base.h"
#include "tacet/codec.h"
#include "tacet/crypto/voprf.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_TOKEN_LEN 104
#define TACET_TOKEN_KEY_ID_LEN 8
#define TACET_TOKEN_NONCE_LEN 32
#define TACET_TOKEN_BATCH_MAX 64
#define TACET_TOKEN_TEXT_MAX 140 /* base64url with a NUL */

typedef enum tacet_token_kind {
  TACET_TOKEN_DIRECTORY = 0,
  TACET_TOKEN_DELIVERY = 1
} tacet_token_kind;

typedef struct tacet_token {
  uint8_t key_id[TACET_TOKEN_KEY_ID_LEN];
  uint8_t nonce[TACET_TOKEN_NONCE_LEN];
  uint8_t output[TACET_VOPRF_OUTPUT_LEN];
} tacet_token;

void tacet_token_write(tacet_buf *w, const tacet_token *t);
/* Exactly one token: TRUNCATED, TRAILING. */
TACET_MUST_CHECK tacet_err tacet_token_parse(tacet_span in, tacet_token *out);
void tacet_token_key_id(const uint8_t public_key[32], uint8_t key_id[8]);

/* ---- client: drawing ---- */

/* A draw under way: keep it until the answer came. Secret: whoever has it can
 * link the tokens. */
typedef struct tacet_token_draw {
  tacet_token_kind kind;
  uint8_t public_key[TACET_VOPRF_ELEMENT_LEN];
  size_t n;
  uint8_t nonces[TACET_TOKEN_BATCH_MAX * TACET_TOKEN_NONCE_LEN];
  uint8_t blinds[TACET_TOKEN_BATCH_MAX * TACET_VOPRF_SCALAR_LEN];
  uint8_t blinded[TACET_TOKEN_BATCH_MAX * TACET_VOPRF_ELEMENT_LEN];
} tacet_token_draw;
void tacet_token_draw_wipe(tacet_token_draw *d);

/* Starts a draw of n tokens (1 to 64) under an issuer's key. d->blinded is what
 * goes into the request. */
TACET_MUST_CHECK tacet_err tacet_token_draw_start(tacet_token_kind kind,
                                                  const uint8_t public_key[32],
                                                  size_t n,
                                                  tacet_token_draw *d);
/* A form to store it in. */
void tacet_token_draw_write(tacet_buf *w, const tacet_token_draw *d);
TACET_MUST_CHECK tacet_err tacet_token_draw_parse(tacet_span in,
                                                  tacet_token_draw *out);
/* The tokens: d->n of them. TOKEN if the server used another key. */
TACET_MUST_CHECK tacet_err tacet_token_draw_finish(const tacet_token_draw *d,
                                                   tacet_span evaluated,
                                                   tacet_span proof,
                                                   tacet_token *tokens);

/* ---- server: taking ---- */

/* Under the key that key_id names (found by the caller). TOKEN. */
TACET_MUST_CHECK tacet_err tacet_token_redeem(tacet_token_kind kind,
                                              const tacet_voprf_key *key,
                                              const tacet_token *t);
/* What a list of spent tokens holds: SHA-256 of the nonce. */
TACET_MUST_CHECK tacet_err tacet_token_hash(const tacet_token *t,
                                            uint8_t hash[32]);

#ifdef __cplusplus
}
#endif
#endif
