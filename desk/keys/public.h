/* SPDX-License-Identifier: Apache-2.0
 * desk/keys/public.h -- officers' public keys and what they sign, of both
 * kinds: Ed25519 in a file, and a credential on a FIDO2 token. All that checks
 * an officer's signature calls desk_signature_verify(), and needs no token.
 *
 *   in a file   the 32 bytes of the Ed25519 key
 *   on a token  struct { uint8 algorithm;   1: EdDSA, 2: ES256
 *                        uint8 flags;       0x01: touched, 0x05: and verified
 *                        opaque key[]; }    32 bytes; an uncompressed point, 65
 *
 * The length says which it is. `flags` are those that every signature of the
 * key has to have: so what a token asked of its owner when it was enrolled is
 * asked of each signature by whoever checks it, not by whoever makes it.
 *
 * As text, in FILE.pub and in the log: "tacet-desk-key v1 " or
 * "tacet-desk-token-key v1 ", and the bytes as base64url.
 */
#ifndef TACET_DESK_KEYS_PUBLIC_H
#define TACET_DESK_KEYS_PUBLIC_H

#include "tacet/base.h"

#define DESK_KEY_LEN 32       /* of a key in a file */
#define DESK_SIGNATURE_LEN 64 /* by a key in a file */

#define DESK_PUBLIC_MAX (2 + 65)
typedef struct desk_public_key {
  size_t len;
  uint8_t b[DESK_PUBLIC_MAX];
} desk_public_key;
static inline tacet_span desk_public_span(const desk_public_key *k) {
  return (tacet_span){k->b, k->len};
}
desk_public_key desk_public_of_file(const uint8_t key[DESK_KEY_LEN]);
bool desk_public_equal(const desk_public_key *a, const desk_public_key *b);
static inline bool desk_public_is_token(const desk_public_key *k) {
  return k->len != DESK_KEY_LEN;
}
/* ENCODING for what is none of the three. A point is looked at when it is used.
 */
TACET_MUST_CHECK tacet_err desk_public_take(tacet_span bytes,
                                            desk_public_key *out);
/* From hexadecimal digits; NULL is ENCODING. */
TACET_MUST_CHECK tacet_err desk_public_of_hex(const char *hex,
                                              desk_public_key *out);

#define DESK_PUBLIC_TEXT 128
void desk_public_text(const desk_public_key *k, char out[DESK_PUBLIC_TEXT]);
TACET_MUST_CHECK tacet_err desk_public_read(const char *line,
                                            desk_public_key *out);

/* ---- signatures ---- */

/*   by a file   the 64 bytes of Ed25519 over SignContent (RFC 9420 5.1.2)
 *   by a token  desk/keys/token.h                                           */
#define DESK_SIGNATURE_MAX 80
typedef struct desk_signature {
  size_t len;
  uint8_t b[DESK_SIGNATURE_MAX];
} desk_signature;
static inline tacet_span desk_signature_span(const desk_signature *s) {
  return (tacet_span){s->b, s->len};
}
/* Form is for who verifies; LIMIT if it is too long for any. */
TACET_MUST_CHECK tacet_err desk_signature_take(tacet_span bytes,
                                               desk_signature *out);
TACET_MUST_CHECK tacet_err desk_signature_of_hex(const char *hex,
                                                 desk_signature *out);

/* With the prefix "Tacet 1.0 "; labels begin with "Desk". AUTH. */
TACET_MUST_CHECK tacet_err desk_signature_verify(const desk_public_key *key,
                                                 const char *label,
                                                 tacet_span content,
                                                 tacet_span signature);

#endif
