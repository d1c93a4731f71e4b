/* SPDX-License-Identifier: Apache-2.0
 * Ed25519 (RFC 8032). libsodium refuses what a strict verifier must: scalars
 * that are not reduced, points that are not canonical or of small order. */
#include <sodium.h>

#include "tacet/crypto.h"

#define SEED_LEN crypto_sign_SEEDBYTES
#define PUBLIC_LEN crypto_sign_PUBLICKEYBYTES
#define SIG_LEN crypto_sign_BYTES
#define EXPANDED_LEN crypto_sign_SECRETKEYBYTES

/* libsodium's own form of the private key: seed || public key. It is the
 * expanded form too. Two public keys beside one seed would give the key away
 * with two signatures, so nothing but expand_seed() makes one. */
typedef struct expanded_key {
  uint8_t b[crypto_sign_SECRETKEYBYTES];
} expanded_key;

static void expanded_wipe(expanded_key *k) {
  sodium_memzero(k, sizeof(*k));
}

static tacet_err expand_seed(tacet_span seed, expanded_key *k,
                             uint8_t *public_key) {
  if (seed.len != SEED_LEN) {
    return TACET_ERR_ARGUMENT;
  }
  return crypto_sign_seed_keypair(public_key, k->b, seed.p) == 0
             ? TACET_OK
             : TACET_ERR_PROVIDER;
}

static tacet_err public_of(tacet_span private_key, uint8_t *public_key) {
  TACET_CLEANUP(expanded_wipe) expanded_key k;
  if (private_key.len == EXPANDED_LEN) {
    memcpy(public_key, private_key.p + SEED_LEN, PUBLIC_LEN);
    return TACET_OK;
  }
  return expand_seed(private_key, &k, public_key);
}

static tacet_err generate(tacet_secret *private_key, uint8_t *public_key) {
  TACET_SECRET(seed);
  seed.len = SEED_LEN;
  TACET_TRY(tacet_random(seed.b, seed.len));
  TACET_TRY(public_of(tacet_secret_span(&seed), public_key));
  return tacet_secret_set(private_key, tacet_secret_span(&seed));
}

static tacet_err sign_expanded(const uint8_t *key, tacet_span message,
                               uint8_t *sig, size_t *sig_len) {
  if (crypto_sign_detached(sig, NULL, message.p, message.len, key) != 0) {
    return TACET_ERR_PROVIDER;
  }
  *sig_len = SIG_LEN;
  return TACET_OK;
}

static tacet_err sign(tacet_span private_key, tacet_span message, uint8_t *sig,
                      size_t *sig_len) {
  TACET_CLEANUP(expanded_wipe) expanded_key k;
  uint8_t public_key[PUBLIC_LEN];
  if (private_key.len == EXPANDED_LEN) {
    return sign_expanded(private_key.p, message, sig, sig_len);
  }
  TACET_TRY(expand_seed(private_key, &k, public_key));
  return sign_expanded(k.b, message, sig, sig_len);
}

static tacet_err expand(tacet_span private_key, tacet_secret *out) {
  TACET_CLEANUP(expanded_wipe) expanded_key k;
  uint8_t public_key[PUBLIC_LEN];
  TACET_TRY(expand_seed(private_key, &k, public_key));
  return tacet_secret_set(out, tacet_span_of(k.b, sizeof(k.b)));
}

static tacet_err verify(tacet_span public_key, tacet_span message,
                        tacet_span sig) {
  if (public_key.len != PUBLIC_LEN || sig.len != SIG_LEN ||
      crypto_sign_verify_detached(sig.p, message.p, message.len,
                                  public_key.p) != 0) {
    return TACET_ERR_AUTH;
  }
  return TACET_OK;
}

const tacet_sig tacet_sig_ed25519 = {
    .id = 0x0807,
    .public_len = PUBLIC_LEN,
    .private_len = SEED_LEN,
    .sig_max = SIG_LEN,
    .expanded_len = EXPANDED_LEN,
    .expand = expand,
    .generate = generate,
    .public_key = public_of,
    .sign = sign,
    .verify = verify,
};
