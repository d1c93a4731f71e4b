/* SPDX-License-Identifier: Apache-2.0
 * X-Wing (draft-connolly-cfrg-xwing-kem), HPKE's KEM 0x647a. The private key is
 * the 32-byte seed; libsodium expands it anew for each decapsulation. */
#include <sodium.h>

#include "crypto/low_order.h"
#include "tacet/crypto.h"

#define XWING_ID 0x647a
#define SEED_LEN crypto_kem_xwing_SECRETKEYBYTES
#define PUBLIC_LEN crypto_kem_xwing_PUBLICKEYBYTES
#define ENC_LEN crypto_kem_xwing_CIPHERTEXTBYTES
#define SHARED_LEN crypto_kem_xwing_SHAREDSECRETBYTES
#define ENCAP_RANDOM_LEN 64
_Static_assert(SEED_LEN == crypto_kem_xwing_SEEDBYTES, "the seed is the key");
_Static_assert(PUBLIC_LEN <= TACET_KEM_PUBLIC_MAX, "fits a buffer");
_Static_assert(ENC_LEN <= TACET_KEM_ENC_MAX, "fits a buffer");

static tacet_err from_seed(const uint8_t *seed, tacet_secret *private_key,
                           uint8_t *public_key) {
  TACET_SECRET(sk);
  uint8_t pk[PUBLIC_LEN];
  if (crypto_kem_xwing_seed_keypair(pk, sk.b, seed) != 0) {
    return TACET_ERR_PROVIDER;
  }
  sk.len = SEED_LEN;
  if (private_key != NULL) {
    TACET_TRY(tacet_secret_set(private_key, tacet_secret_span(&sk)));
  }
  memcpy(public_key, pk, PUBLIC_LEN);
  return TACET_OK;
}

/* draft-ietf-hpke-pq: LabeledDerive(ikm, "DeriveKeyPair", "", 32). The X-Wing
 * draft's own section on HPKE has plain SHAKE256(ikm) instead; the two give
 * different keys, and every node of an MLS tree shows which one is meant. */
static tacet_err derive_key_pair(tacet_span ikm, tacet_secret *private_key,
                                 uint8_t *public_key) {
  static const uint8_t tail[] = {
      'H', 'P', 'K', 'E', '-',           'v',
      '1', 'K', 'E', 'M', XWING_ID >> 8, XWING_ID & 0xff,
      0,   13,  'D', 'e', 'r',           'i',
      'v', 'e', 'K', 'e', 'y',           'P',
      'a', 'i', 'r', 0,   SEED_LEN};
  TACET_SECRET(seed);
  seed.len = SEED_LEN;
  crypto_xof_shake256_state state;
  int failed = crypto_xof_shake256_init(&state) |
               crypto_xof_shake256_update(&state, ikm.p, ikm.len) |
               crypto_xof_shake256_update(&state, tail, sizeof(tail)) |
               crypto_xof_shake256_squeeze(&state, seed.b, seed.len);
  sodium_memzero(&state, sizeof(state));
  if (failed != 0) {
    return TACET_ERR_PROVIDER;
  }
  return from_seed(seed.b, private_key, public_key);
}

static tacet_err generate(tacet_secret *private_key, uint8_t *public_key) {
  TACET_SECRET(seed);
  seed.len = SEED_LEN;
  TACET_TRY(tacet_random(seed.b, seed.len));
  return from_seed(seed.b, private_key, public_key);
}

static tacet_err public_of(tacet_span private_key, uint8_t *public_key) {
  if (private_key.len != SEED_LEN) {
    return TACET_ERR_ARGUMENT;
  }
  return from_seed(private_key.p, NULL, public_key);
}

/* FIPS 203 7.2: every coefficient of the ML-KEM part is reduced. Twelve bits
 * each, two in three bytes. Of the X25519 part libsodium asks what it asks of
 * X25519 alone. */
#define MLKEM_COEFFICIENTS_LEN 1152
#define MLKEM_Q 3329
#define X25519_LEN 32
static tacet_err public_check(tacet_span public_key) {
  if (public_key.len != PUBLIC_LEN) {
    return TACET_ERR_ENCODING;
  }
  unsigned over = 0;
  for (size_t i = 0; i < MLKEM_COEFFICIENTS_LEN; i += 3) {
    const uint8_t *p = public_key.p + i;
    unsigned a = p[0] | (p[1] & 0x0fu) << 8;
    unsigned b = (unsigned)p[1] >> 4 | (unsigned)p[2] << 4;
    over |= a >= MLKEM_Q || b >= MLKEM_Q;
  }
  bool low = tacet_x25519_low_order(public_key.p + PUBLIC_LEN - X25519_LEN);
  return over == 0 && !low ? TACET_OK : TACET_ERR_ENCODING;
}

static tacet_err encap_deterministic(tacet_span public_key,
                                     tacet_span randomness,
                                     tacet_secret *shared, uint8_t *enc) {
  if (public_key.len != PUBLIC_LEN) {
    return TACET_ERR_ENCODING;
  }
  if (randomness.len != ENCAP_RANDOM_LEN) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_SECRET(ss);
  uint8_t ct[ENC_LEN];
  if (crypto_kem_xwing_enc_deterministic(ct, ss.b, public_key.p,
                                         randomness.p) != 0) {
    return TACET_ERR_ENCODING; /* no key of X-Wing */
  }
  ss.len = SHARED_LEN;
  TACET_TRY(tacet_secret_set(shared, tacet_secret_span(&ss)));
  memcpy(enc, ct, ENC_LEN);
  return TACET_OK;
}

/* Not crypto_kem_xwing_enc(): the randomness is ours to replace in tests. */
static tacet_err encap(tacet_span public_key, tacet_secret *shared,
                       uint8_t *enc) {
  TACET_SECRET(randomness);
  randomness.len = ENCAP_RANDOM_LEN;
  TACET_TRY(tacet_random(randomness.b, randomness.len));
  return encap_deterministic(public_key, tacet_secret_span(&randomness), shared,
                             enc);
}

static tacet_err decap(tacet_span private_key, tacet_span enc,
                       tacet_secret *shared) {
  if (private_key.len != SEED_LEN) {
    return TACET_ERR_ARGUMENT;
  }
  if (enc.len != ENC_LEN) {
    return TACET_ERR_ENCODING;
  }
  TACET_SECRET(ss);
  if (crypto_kem_xwing_dec(ss.b, enc.p, private_key.p) != 0) {
    return TACET_ERR_AUTH;
  }
  ss.len = SHARED_LEN;
  return tacet_secret_set(shared, tacet_secret_span(&ss));
}

const tacet_kem tacet_kem_xwing = {
    .id = XWING_ID,
    .secret_len = SHARED_LEN,
    .enc_len = ENC_LEN,
    .public_len = PUBLIC_LEN,
    .private_len = SEED_LEN,
    .derive_key_pair = derive_key_pair,
    .generate = generate,
    .public_key = public_of,
    .public_check = public_check,
    .encap = encap,
    .decap = decap,
    .encap_deterministic = encap_deterministic,
};
