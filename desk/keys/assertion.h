/* SPDX-License-Identifier: Apache-2.0
 * desk/keys/assertion.h -- what an authenticator signs: W3C Web Authentication,
 * level 2, 6.1 and 6.3.3. For passkeys that open the page (desk/web) and for
 * officers' keys on tokens (desk/keys/token.h).
 *
 *   signed = authenticatorData || clientDataHash[32]
 *   authenticatorData = rpIdHash[32] || uint8 flags || uint32 counter || ...
 *
 * Nothing here needs the authenticator, or a library that speaks to one.
 */
#ifndef TACET_DESK_KEYS_ASSERTION_H
#define TACET_DESK_KEYS_ASSERTION_H

#include "tacet/base.h"

#define DESK_CLIENT_HASH 32
#define DESK_AUTHENTICATOR_MIN 37 /* hash, flags, counter */
#define DESK_AUTHENTICATOR_MAX 1024
#define DESK_FLAG_PRESENT 0x01    /* somebody touched it */
#define DESK_FLAG_VERIFIED 0x04   /* who knew its PIN, or has the finger */
#define DESK_FLAG_CREDENTIAL 0x40 /* a new credential follows */
#define DESK_FLAG_EXTENSIONS 0x80 /* extensions follow */

/* All borrowed. */
typedef struct desk_assertion {
  tacet_span authenticator_data;
  const uint8_t *client_hash; /* DESK_CLIENT_HASH bytes */
  tacet_span signature;       /* Ed25519: 64 bytes; ES256: DER */
} desk_assertion;

/* Whose: Ed25519 with 32 bytes, or ES256 with an uncompressed point. */
typedef struct desk_credential_key {
  bool is_ed25519;
  tacet_span key;
} desk_credential_key;

/* AUTH: not for this relying party, without one of `flags`, or not signed by
 * this key. */
TACET_MUST_CHECK tacet_err desk_assertion_verify(const desk_credential_key *key,
                                                 const char *relying_party,
                                                 uint8_t flags,
                                                 const desk_assertion *a);

#endif
