/* SPDX-License-Identifier: Apache-2.0
 * desk/keys/token.h -- signatures by FIDO2 tokens (CTAP2's
 * authenticatorGetAssertion), made for the desk: no browser is in between.
 *
 *   relying party   "tacet-desk:", which is no name of a host, so that no page
 *                   in a browser gets a signature for it
 *   clientDataHash  SHA-256("tacet desk token" || SignContent), SignContent
 *                   being what a key in a file signs (RFC 9420 5.1.2)
 *   signature       struct { uint8  flags;
 *                            uint32 counter;
 *                            opaque signature<V>; } TokenSignature;
 *
 * What the token signed is put together from it: authenticatorData is
 * SHA-256(relying party) || flags || counter and nothing behind, so flags that
 * announce more (0x40, 0x80) are refused.
 */
#ifndef TACET_DESK_KEYS_TOKEN_H
#define TACET_DESK_KEYS_TOKEN_H

#include "desk/keys/assertion.h"
#include "desk/keys/public.h"

#define DESK_TOKEN_PARTY "tacet-desk:"
#define DESK_TOKEN_EDDSA 1
#define DESK_TOKEN_ES256 2

/* The clientDataHash for a content. */
TACET_MUST_CHECK tacet_err desk_token_challenge(const char *label,
                                                tacet_span content,
                                                uint8_t out[DESK_CLIENT_HASH]);
/* A signature from what a token gave. AUTH if that does not verify with `key`:
 * another token's, another challenge, not touched. */
TACET_MUST_CHECK tacet_err desk_token_signature(const desk_public_key *key,
                                                const desk_assertion *a,
                                                desk_signature *out);
/* AUTH. */
TACET_MUST_CHECK tacet_err desk_token_verify(const desk_public_key *key,
                                             const char *label,
                                             tacet_span content,
                                             tacet_span signature);
/* What the token counted; 0: it does not count, or that is no signature. */
uint32_t desk_token_counter(tacet_span signature);

#endif
