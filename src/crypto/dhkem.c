/* SPDX-License-Identifier: Apache-2.0
 * DHKEM (RFC 9180 4.1 and 7.1). */
#include "crypto/dhkem.h"

#include "crypto/hkdf.h"

#define PUBLIC_MAX 133 /* P-521, uncompressed: the largest DH group of HPKE */
/* A generator whose output is no key so often is broken: P-256 refuses one
 * string in 2^32. */
#define GENERATE_TRIES 64

typedef struct kem_suite_id {
  uint8_t b[5];
} kem_suite_id;

static kem_suite_id suite_id(const tacet_dhkem *k) {
  return (kem_suite_id){{'K', 'E', 'M', (uint8_t)(k->id >> 8), (uint8_t)k->id}};
}

/* RFC 9180 7.1.3, for a group in which most but not all strings are keys. With
 * P-256 a second round has probability 2^-32. */
static tacet_err derive_candidates(const tacet_dhkem *k, tacet_span id,
                                   const tacet_secret *prk, tacet_secret *sk) {
  for (unsigned i = 0; i < 256; i++) {
    uint8_t counter = (uint8_t)i;
    tacet_span info = {&counter, 1};
    TACET_TRY(tacet_labeled_expand(k->hash, id, prk, "candidate", &info, 1,
                                   k->private_len, sk));
    sk->b[0] &= k->bitmask;
    if (k->private_valid(sk->b)) {
      return TACET_OK;
    }
  }
  return TACET_ERR_PROVIDER; /* DeriveKeyPairError */
}

static tacet_err finish_pair(const tacet_dhkem *k, const tacet_secret *sk,
                             tacet_secret *private_key, uint8_t *public_key) {
  uint8_t pk[PUBLIC_MAX];
  TACET_TRY(k->public_key(tacet_secret_span(sk), pk));
  TACET_TRY(tacet_secret_set(private_key, tacet_secret_span(sk)));
  memcpy(public_key, pk, k->public_len);
  return TACET_OK;
}

tacet_err tacet_dhkem_derive_key_pair(const tacet_dhkem *k, tacet_span ikm,
                                      tacet_secret *private_key,
                                      uint8_t *public_key) {
  kem_suite_id id_bytes = suite_id(k);
  tacet_span id = tacet_span_of(id_bytes.b, sizeof(id_bytes.b));
  TACET_SECRET(prk);
  TACET_TRY(tacet_labeled_extract(k->hash, id, TACET_SPAN_EMPTY, "dkp_prk", ikm,
                                  &prk));
  TACET_SECRET(sk);
  if (k->private_valid == NULL) {
    TACET_TRY(tacet_labeled_expand(k->hash, id, &prk, "sk", NULL, 0,
                                   k->private_len, &sk));
  } else {
    TACET_TRY(derive_candidates(k, id, &prk, &sk));
  }
  return finish_pair(k, &sk, private_key, public_key);
}

tacet_err tacet_dhkem_generate(const tacet_dhkem *k, tacet_secret *private_key,
                               uint8_t *public_key) {
  TACET_SECRET(sk);
  sk.len = k->private_len;
  for (unsigned i = 0; i < GENERATE_TRIES; i++) {
    TACET_TRY(tacet_random(sk.b, sk.len));
    sk.b[0] &= k->private_valid == NULL ? 0xff : k->bitmask;
    if (k->private_valid == NULL || k->private_valid(sk.b)) {
      return finish_pair(k, &sk, private_key, public_key);
    }
  }
  return TACET_ERR_RNG;
}

tacet_err tacet_dhkem_public_key(const tacet_dhkem *k, tacet_span private_key,
                                 uint8_t *public_key) {
  if (private_key.len != k->private_len) {
    return TACET_ERR_ARGUMENT;
  }
  return k->public_key(private_key, public_key);
}

/* ExtractAndExpand(dh, enc || pkR). */
static tacet_err extract_and_expand(const tacet_dhkem *k,
                                    const tacet_secret *dh, tacet_span enc,
                                    tacet_span receiver, tacet_secret *shared) {
  kem_suite_id id_bytes = suite_id(k);
  tacet_span id = tacet_span_of(id_bytes.b, sizeof(id_bytes.b));
  TACET_SECRET(prk);
  TACET_TRY(tacet_labeled_extract(k->hash, id, TACET_SPAN_EMPTY, "eae_prk",
                                  tacet_secret_span(dh), &prk));
  tacet_span context[] = {enc, receiver};
  return tacet_labeled_expand(k->hash, id, &prk, "shared_secret", context, 2,
                              k->hash->len, shared);
}

static tacet_err encap_with(const tacet_dhkem *k, tacet_span public_key,
                            const tacet_secret *ephemeral,
                            const uint8_t *ephemeral_public,
                            tacet_secret *shared, uint8_t *enc) {
  TACET_SECRET(dh);
  tacet_err err = k->dh(tacet_secret_span(ephemeral), public_key, &dh);
  if (err != TACET_OK) {
    /* RFC 9180 7.1.4. To the sender it is a key that is none, not a forgery. */
    return err == TACET_ERR_AUTH ? TACET_ERR_ENCODING : err;
  }
  TACET_SECRET(made);
  TACET_TRY(extract_and_expand(k, &dh,
                               tacet_span_of(ephemeral_public, k->public_len),
                               public_key, &made));
  TACET_TRY(tacet_secret_set(shared, tacet_secret_span(&made)));
  memcpy(enc, ephemeral_public, k->public_len);
  return TACET_OK;
}

tacet_err tacet_dhkem_encap(const tacet_dhkem *k, tacet_span public_key,
                            tacet_secret *shared, uint8_t *enc) {
  if (public_key.len != k->public_len) {
    return TACET_ERR_ENCODING;
  }
  TACET_SECRET(sk);
  uint8_t pk[PUBLIC_MAX];
  TACET_TRY(tacet_dhkem_generate(k, &sk, pk));
  return encap_with(k, public_key, &sk, pk, shared, enc);
}

tacet_err tacet_dhkem_encap_deterministic(const tacet_dhkem *k,
                                          tacet_span public_key,
                                          tacet_span randomness,
                                          tacet_secret *shared, uint8_t *enc) {
  if (public_key.len != k->public_len) {
    return TACET_ERR_ENCODING;
  }
  TACET_SECRET(sk);
  uint8_t pk[PUBLIC_MAX];
  TACET_TRY(tacet_dhkem_derive_key_pair(k, randomness, &sk, pk));
  return encap_with(k, public_key, &sk, pk, shared, enc);
}

tacet_err tacet_dhkem_decap(const tacet_dhkem *k, tacet_span private_key,
                            tacet_span enc, tacet_secret *shared) {
  if (private_key.len != k->private_len) {
    return TACET_ERR_ARGUMENT;
  }
  if (enc.len != k->public_len) {
    return TACET_ERR_ENCODING;
  }
  TACET_SECRET(dh);
  TACET_TRY(k->dh(private_key, enc, &dh));
  uint8_t own[PUBLIC_MAX];
  TACET_TRY(k->public_key(private_key, own));
  return extract_and_expand(k, &dh, enc, tacet_span_of(own, k->public_len),
                            shared);
}
