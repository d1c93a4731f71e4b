/* SPDX-License-Identifier: Apache-2.0
 * crypto/dhkem.h -- DHKEM (RFC 9180 4.1) from a Diffie-Hellman group that an
 * adapter describes. The adapter's tacet_kem has one-line functions that call
 * these with its description.
 */
#ifndef TACET_CRYPTO_DHKEM_H
#define TACET_CRYPTO_DHKEM_H

#include "tacet/crypto.h"

typedef struct tacet_dhkem {
  uint16_t id;
  const tacet_hash *hash; /* of the KEM's own KDF */
  size_t dh_len, public_len, private_len;
  /* Lengths were checked. ARGUMENT for a private key out of range. */
  tacet_err (*public_key)(tacet_span private_key, uint8_t *public_key);
  /* dh_len bytes. AUTH for a public key that is no point of the group or gives
   * the neutral element. */
  tacet_err (*dh)(tacet_span private_key, tacet_span public_key,
                  tacet_secret *out);
  /* Whether these private_len bytes are a private key; NULL: all are. A group
   * that says no now and then is asked until it says yes (7.1.3). */
  bool (*private_valid)(const uint8_t *private_key);
  uint8_t bitmask; /* of the first byte, where private_valid is not NULL */
} tacet_dhkem;

TACET_MUST_CHECK tacet_err
tacet_dhkem_derive_key_pair(const tacet_dhkem *k, tacet_span ikm,
                            tacet_secret *private_key, uint8_t *public_key);
TACET_MUST_CHECK tacet_err tacet_dhkem_generate(const tacet_dhkem *k,
                                                tacet_secret *private_key,
                                                uint8_t *public_key);
TACET_MUST_CHECK tacet_err tacet_dhkem_public_key(const tacet_dhkem *k,
                                                  tacet_span private_key,
                                                  uint8_t *public_key);
TACET_MUST_CHECK tacet_err tacet_dhkem_encap(const tacet_dhkem *k,
                                             tacet_span public_key,
                                             tacet_secret *shared,
                                             uint8_t *enc);
/* `randomness` is the ikmE of RFC 9180's vectors: the ephemeral key is
 * DeriveKeyPair of it. */
TACET_MUST_CHECK tacet_err tacet_dhkem_encap_deterministic(
    const tacet_dhkem *k, tacet_span public_key, tacet_span randomness,
    tacet_secret *shared, uint8_t *enc);
TACET_MUST_CHECK tacet_err tacet_dhkem_decap(const tacet_dhkem *k,
                                             tacet_span private_key,
                                             tacet_span enc,
                                             tacet_secret *shared);

/* The functions of a tacet_kem over the description `d`, and the members of its
 * table that name them. */
#define TACET_DHKEM(d)                                                         \
  static tacet_err kem_derive(tacet_span ikm, tacet_secret *private_key,       \
                              uint8_t *public_key) {                           \
    return tacet_dhkem_derive_key_pair(&(d), ikm, private_key, public_key);    \
  }                                                                            \
  static tacet_err kem_generate(tacet_secret *private_key,                     \
                                uint8_t *public_key) {                         \
    return tacet_dhkem_generate(&(d), private_key, public_key);                \
  }                                                                            \
  static tacet_err kem_public(tacet_span private_key, uint8_t *public_key) {   \
    return tacet_dhkem_public_key(&(d), private_key, public_key);              \
  }                                                                            \
  static tacet_err kem_encap(tacet_span public_key, tacet_secret *shared,      \
                             uint8_t *enc) {                                   \
    return tacet_dhkem_encap(&(d), public_key, shared, enc);                   \
  }                                                                            \
  static tacet_err kem_encap_with(tacet_span public_key,                       \
                                  tacet_span randomness, tacet_secret *shared, \
                                  uint8_t *enc) {                              \
    return tacet_dhkem_encap_deterministic(&(d), public_key, randomness,       \
                                           shared, enc);                       \
  }                                                                            \
  static tacet_err kem_decap(tacet_span private_key, tacet_span enc,           \
                             tacet_secret *shared) {                           \
    return tacet_dhkem_decap(&(d), private_key, enc, shared);                  \
  }
#define TACET_DHKEM_MEMBERS                                                    \
  .derive_key_pair = kem_derive, .generate = kem_generate,                     \
  .public_key = kem_public, .encap = kem_encap, .decap = kem_decap,            \
  .encap_deterministic = kem_encap_with

#endif
