/* SPDX-License-Identifier: Apache-2.0
 * SHA-256, SHA-384, SHA-512 and HMAC (RFC 2104) with them.
 *
 * MLS is bound by short hashes, and the EVP interface of OpenSSL 3.0 costs
 * several times the compression function for 64 bytes (allocation of a context,
 * a look-up under a lock; bench/bench_crypto has the figures). The functions
 * below it are marked deprecated and are there in every 3.x; they keep their
 * state on our stack, so that nothing is shared and nothing is allocated. */
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>

#include "tacet/crypto.h"

typedef union sha2_state {
  SHA256_CTX small; /* SHA-256 */
  SHA512_CTX large; /* SHA-384 and SHA-512 */
} sha2_state;

typedef struct sha2 {
  size_t len, block_len;
  int (*init)(sha2_state *s);
  int (*update)(sha2_state *s, const void *p, size_t len);
  int (*final)(uint8_t *out, sha2_state *s);
} sha2;

static int small_init(sha2_state *s) {
  return SHA256_Init(&s->small);
}
static int small_update(sha2_state *s, const void *p, size_t len) {
  return SHA256_Update(&s->small, p, len);
}
static int small_final(uint8_t *out, sha2_state *s) {
  return SHA256_Final(out, &s->small);
}
static int sha384_init(sha2_state *s) {
  return SHA384_Init(&s->large);
}
static int sha512_init(sha2_state *s) {
  return SHA512_Init(&s->large);
}
static int large_update(sha2_state *s, const void *p, size_t len) {
  return SHA512_Update(&s->large, p, len);
}
static int large_final(uint8_t *out, sha2_state *s) {
  return SHA512_Final(out, &s->large); /* as long as init said */
}

static const sha2 sha256 = {32, 64, small_init, small_update, small_final};
static const sha2 sha384 = {48, 128, sha384_init, large_update, large_final};
static const sha2 sha512 = {64, 128, sha512_init, large_update, large_final};

static void state_wipe(sha2_state *s) {
  tacet_wipe(s, sizeof(*s));
}

static int update_all(const sha2 *a, sha2_state *s, const tacet_span *parts,
                      size_t n_parts) {
  int ok = 1;
  for (size_t i = 0; i < n_parts; i++) {
    if (parts[i].len > 0) {
      ok &= a->update(s, parts[i].p, parts[i].len);
    }
  }
  return ok;
}

static tacet_err digest(const sha2 *a, const tacet_span *parts, size_t n_parts,
                        uint8_t *out) {
  TACET_CLEANUP(state_wipe) sha2_state s;
  int ok = a->init(&s) & update_all(a, &s, parts, n_parts);
  ok &= a->final(out, &s);
  return ok == 1 ? TACET_OK : TACET_ERR_PROVIDER;
}

typedef struct hmac_block {
  uint8_t b[SHA512_CBLOCK];
} hmac_block;

static void block_wipe(hmac_block *k) {
  tacet_wipe(k, sizeof(*k));
}

static tacet_err block_from_key(const sha2 *a, tacet_span key, hmac_block *k) {
  memset(k, 0, sizeof(*k));
  if (key.len > a->block_len) {
    return digest(a, &key, 1, k->b);
  }
  if (key.len > 0) {
    memcpy(k->b, key.p, key.len);
  }
  return TACET_OK;
}

/* H((key ^ pad) || parts). */
static tacet_err keyed(const sha2 *a, const hmac_block *key, uint8_t pad,
                       const tacet_span *parts, size_t n_parts, uint8_t *out) {
  TACET_CLEANUP(state_wipe) sha2_state s;
  TACET_CLEANUP(block_wipe) hmac_block padded;
  for (size_t i = 0; i < a->block_len; i++) {
    padded.b[i] = key->b[i] ^ pad;
  }
  int ok = a->init(&s) & a->update(&s, padded.b, a->block_len);
  ok &= update_all(a, &s, parts, n_parts);
  ok &= a->final(out, &s);
  return ok == 1 ? TACET_OK : TACET_ERR_PROVIDER;
}

static tacet_err hmac(const sha2 *a, tacet_span key, const tacet_span *parts,
                      size_t n_parts, uint8_t *out) {
  TACET_CLEANUP(block_wipe) hmac_block k;
  TACET_SECRET(inner);
  TACET_TRY(block_from_key(a, key, &k));
  TACET_TRY(keyed(a, &k, 0x36, parts, n_parts, inner.b));
  inner.len = a->len;
  tacet_span inner_span = tacet_secret_span(&inner);
  return keyed(a, &k, 0x5c, &inner_span, 1, out);
}

#define SHA2(name, id)                                                         \
  static tacet_err name##_digest(const tacet_span *parts, size_t n_parts,      \
                                 uint8_t *out) {                               \
    return digest(&name, parts, n_parts, out);                                 \
  }                                                                            \
  static tacet_err name##_hmac(tacet_span key, const tacet_span *parts,        \
                               size_t n_parts, uint8_t *out) {                 \
    return hmac(&name, key, parts, n_parts, out);                              \
  }                                                                            \
  const tacet_hash tacet_hash_##name = {                                       \
      .kdf_id = (id),                                                          \
      .len = SHA2_LEN_##name,                                                  \
      .block_len = SHA2_BLOCK_##name,                                          \
      .digest = name##_digest,                                                 \
      .hmac = name##_hmac,                                                     \
  }

#define SHA2_LEN_sha256 SHA256_DIGEST_LENGTH
#define SHA2_LEN_sha384 SHA384_DIGEST_LENGTH
#define SHA2_LEN_sha512 SHA512_DIGEST_LENGTH
#define SHA2_BLOCK_sha256 SHA256_CBLOCK
#define SHA2_BLOCK_sha384 SHA512_CBLOCK
#define SHA2_BLOCK_sha512 SHA512_CBLOCK

SHA2(sha256, 0x0001);
SHA2(sha384, 0x0002);
SHA2(sha512, 0x0003);
