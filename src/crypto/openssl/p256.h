/* SPDX-License-Identifier: Apache-2.0
 * crypto/openssl/p256.h -- what the KEM and the signature scheme on P-256
 * share: scalars of 32 bytes, big endian; points of 65 bytes, uncompressed.
 */
#ifndef TACET_CRYPTO_OPENSSL_P256_H
#define TACET_CRYPTO_OPENSSL_P256_H

#include "tacet/crypto.h"

#define P256_SCALAR_LEN 32
#define P256_POINT_LEN 65

/* Whether 0 < scalar < group order. */
bool tacet_p256_scalar_valid(const uint8_t *scalar);
/* scalar * G. ARGUMENT if the scalar is not valid. */
TACET_MUST_CHECK tacet_err tacet_p256_public_key(tacet_span scalar,
                                                 uint8_t *point);

#endif
