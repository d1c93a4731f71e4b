/* SPDX-License-Identifier: Apache-2.0
 * crypto/x25519.h -- X25519 alone (RFC 7748), for formats of others that build
 * on it something else than HPKE. What is ours uses HPKE.
 */
#ifndef TACET_CRYPTO_X25519_H
#define TACET_CRYPTO_X25519_H

#include "tacet/base.h"

#define TACET_X25519_LEN 32

/* The shared secret of 32 bytes. ARGUMENT for a private key of another length,
 * ENCODING for such a public one, AUTH where the result is all zero (RFC 7748
 * 6.1). */
TACET_MUST_CHECK tacet_err tacet_x25519(tacet_span private_key,
                                        tacet_span public_key,
                                        tacet_secret *out);
/* 32 bytes into public_key. ARGUMENT as above. */
TACET_MUST_CHECK tacet_err tacet_x25519_public(tacet_span private_key,
                                               uint8_t *public_key);

#endif
