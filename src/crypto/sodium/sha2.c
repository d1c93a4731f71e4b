/* SPDX-License-Identifier: Apache-2.0
 * SHA-256 and SHA-512 of libsodium, under names of their own: for builds
 * without libcrypto, and for comparing the two. On processors with SHA
 * instructions libcrypto's SHA-256 is several times as fast. */
#include <sodium.h>

#include "tacet/crypto.h"

static tacet_err sha256_digest(const tacet_span *parts, size_t n_parts,
                               uint8_t *out) {
  crypto_hash_sha256_state s;
  crypto_hash_sha256_init(&s);
  for (size_t i = 0; i < n_parts; i++) {
    crypto_hash_sha256_update(&s, parts[i].p, parts[i].len);
  }
  crypto_hash_sha256_final(&s, out);
  sodium_memzero(&s, sizeof(s));
  return TACET_OK;
}

static tacet_err sha256_hmac(tacet_span key, const tacet_span *parts,
                             size_t n_parts, uint8_t *out) {
  static const uint8_t none[1];
  crypto_auth_hmacsha256_state s;
  crypto_auth_hmacsha256_init(&s, key.len == 0 ? none : key.p, key.len);
  for (size_t i = 0; i < n_parts; i++) {
    crypto_auth_hmacsha256_update(&s, parts[i].p, parts[i].len);
  }
  crypto_auth_hmacsha256_final(&s, out);
  sodium_memzero(&s, sizeof(s));
  return TACET_OK;
}

static tacet_err sha512_digest(const tacet_span *parts, size_t n_parts,
                               uint8_t *out) {
  crypto_hash_sha512_state s;
  crypto_hash_sha512_init(&s);
  for (size_t i = 0; i < n_parts; i++) {
    crypto_hash_sha512_update(&s, parts[i].p, parts[i].len);
  }
  crypto_hash_sha512_final(&s, out);
  sodium_memzero(&s, sizeof(s));
  return TACET_OK;
}

static tacet_err sha512_hmac(tacet_span key, const tacet_span *parts,
                             size_t n_parts, uint8_t *out) {
  static const uint8_t none[1];
  crypto_auth_hmacsha512_state s;
  crypto_auth_hmacsha512_init(&s, key.len == 0 ? none : key.p, key.len);
  for (size_t i = 0; i < n_parts; i++) {
    crypto_auth_hmacsha512_update(&s, parts[i].p, parts[i].len);
  }
  crypto_auth_hmacsha512_final(&s, out);
  sodium_memzero(&s, sizeof(s));
  return TACET_OK;
}

const tacet_hash tacet_hash_sodium_sha256 = {
    .kdf_id = 0x0001,
    .len = crypto_hash_sha256_BYTES,
    .block_len = 64,
    .digest = sha256_digest,
    .hmac = sha256_hmac,
};

const tacet_hash tacet_hash_sodium_sha512 = {
    .kdf_id = 0x0003,
    .len = crypto_hash_sha512_BYTES,
    .block_len = 128,
    .digest = sha512_digest,
    .hmac = sha512_hmac,
};
