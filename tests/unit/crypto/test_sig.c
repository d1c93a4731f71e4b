/* SPDX-License-Identifier: Apache-2.0
 * Signatures: what holds for all of them (every bit flipped, every length), and
 * Ed25519. (test_nist.c and test_448.c have the others.) */
#include "tests/unit/crypto/rng.h"

static const tacet_sig *const sigs[] = {&tacet_sig_ed25519, &tacet_sig_ed448,
                                        &tacet_sig_p256, &tacet_sig_p384,
                                        &tacet_sig_p521};
#define N_SIGS (sizeof(sigs) / sizeof(sigs[0]))

/* ---- Ed25519 ---- */

static const struct {
  const char *name, *sk, *pk, *message, *sig;
} ed25519[] = {
    {"RFC 8032 7.1, test 1",
     "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
     "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
     "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
     "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"},
    {"RFC 8032 7.1, test 2",
     "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
     "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
     "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
     "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"},
    {"RFC 8032 7.1, test 3",
     "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
     "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
     "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac"
     "18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"},
};

static void ed25519_known_answers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(ed25519) / sizeof(ed25519[0]); i++) {
    tacet_span sk = test_hex(ed25519[i].sk), pk = test_hex(ed25519[i].pk);
    tacet_span m = test_hex(ed25519[i].message);
    tacet_span want = test_hex(ed25519[i].sig);
    uint8_t own[32], sig[64];
    size_t len = 0;
    assert_ok(tacet_sig_ed25519.public_key(sk, own));
    assert_span(pk, tacet_span_of(own, sizeof(own)));
    assert_ok(tacet_sig_ed25519.sign(sk, m, sig, &len));
    assert_span(want, tacet_span_of(sig, len));
    assert_ok(tacet_sig_ed25519.verify(pk, m, want));
    test_hex_free(sk);
    test_hex_free(pk);
    test_hex_free(m);
    test_hex_free(want);
  }
}

/* S + L for test 2's S: the equation holds all the same (RFC 8032 8.4). */
static void ed25519_refuses_unreduced_s(void **state) {
  (void)state;
  static const uint8_t order[32] = {
      0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7,
      0xa2, 0xde, 0xf9, 0xde, 0x14, 0,    0,    0,    0,    0,    0,
      0,    0,    0,    0,    0,    0,    0,    0,    0,    0x10};
  tacet_span pk = test_hex(ed25519[1].pk), m = test_hex(ed25519[1].message);
  tacet_span good = test_hex(ed25519[1].sig);
  uint8_t sig[64];
  memcpy(sig, good.p, sizeof(sig));
  unsigned carry = 0;
  for (size_t i = 0; i < 32; i++) {
    carry += (unsigned)sig[32 + i] + order[i];
    sig[32 + i] = (uint8_t)carry;
    carry >>= 8;
  }
  assert_int_equal(carry, 0);
  assert_ok(tacet_sig_ed25519.verify(pk, m, good));
  assert_err(TACET_ERR_AUTH,
             tacet_sig_ed25519.verify(pk, m, tacet_span_of(sig, sizeof(sig))));
  test_hex_free(pk);
  test_hex_free(m);
  test_hex_free(good);
}

/* With a public key of small order and S = 0, R = the neutral element verifies
 * any message (for some all, for some a share of them) unless it is refused. */
static void ed25519_refuses_small_order(void **state) {
  (void)state;
  static const char *const keys[] = {
      "0100000000000000000000000000000000000000000000000000000000000000",
      "0100000000000000000000000000000000000000000000000000000000000080",
      "0000000000000000000000000000000000000000000000000000000000000000",
      "0000000000000000000000000000000000000000000000000000000000000080",
      "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
      "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
      "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  };
  uint8_t sig[64] = {1};
  for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
    tacet_span pk = test_hex(keys[i]);
    for (uint8_t m = 0; m < 32; m++) {
      assert_err(TACET_ERR_AUTH,
                 tacet_sig_ed25519.verify(pk, tacet_span_of(&m, 1),
                                          tacet_span_of(sig, sizeof(sig))));
    }
    test_hex_free(pk);
  }
}

/* ---- all ---- */

static void every_bit_counts(void **state) {
  (void)state;
  for (size_t i = 0; i < N_SIGS; i++) {
    const tacet_sig *a = sigs[i];
    TACET_SECRET(sk);
    uint8_t pk[TACET_SIG_PUBLIC_MAX], sig[TACET_SIG_MAX], again[TACET_SIG_MAX];
    uint8_t m[9] = "a message";
    size_t len = 0;
    assert_ok(a->generate(&sk, pk));
    assert_int_equal(sk.len, a->private_len);
    tacet_span pk_span = {pk, a->public_len}, message = {m, sizeof(m)};
    assert_ok(a->sign(tacet_secret_span(&sk), message, sig, &len));
    assert_true(len > 0 && len <= a->sig_max);
    assert_ok(a->verify(pk_span, message, tacet_span_of(sig, len)));
    for (size_t bit = 0; bit < 8 * len; bit++) {
      memcpy(again, sig, len);
      again[bit / 8] ^= (uint8_t)(1u << (bit % 8));
      assert_err(TACET_ERR_AUTH,
                 a->verify(pk_span, message, tacet_span_of(again, len)));
    }
    for (size_t n = 0; n < len; n++) {
      uint8_t *cut = malloc(n + 1);
      memcpy(cut + 1, sig, n);
      assert_err(TACET_ERR_AUTH,
                 a->verify(pk_span, message, tacet_span_of(cut + 1, n)));
      free(cut);
    }
    for (size_t bit = 0; bit < 8 * sizeof(m); bit++) {
      m[bit / 8] ^= (uint8_t)(1u << (bit % 8));
      assert_err(TACET_ERR_AUTH,
                 a->verify(pk_span, message, tacet_span_of(sig, len)));
      m[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t bit = 0; bit < 8 * a->public_len; bit++) {
      pk[bit / 8] ^= (uint8_t)(1u << (bit % 8));
      assert_err(TACET_ERR_AUTH,
                 a->verify(pk_span, message, tacet_span_of(sig, len)));
      pk[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    assert_ok(a->verify(pk_span, message, tacet_span_of(sig, len)));
    /* A good key or signature with a byte after it is neither. */
    uint8_t longer[TACET_SIG_PUBLIC_MAX + TACET_SIG_MAX] = {0};
    memcpy(longer, sig, len);
    assert_err(TACET_ERR_AUTH,
               a->verify(pk_span, message, tacet_span_of(longer, len + 1)));
    memcpy(longer, pk, a->public_len);
    assert_err(TACET_ERR_AUTH,
               a->verify(tacet_span_of(longer, a->public_len + 1), message,
                         tacet_span_of(sig, len)));
  }
}

static void wrong_lengths_are_refused(void **state) {
  (void)state;
  uint8_t big[140] = {1}, pk[TACET_SIG_PUBLIC_MAX], sig[TACET_SIG_MAX];
  size_t len = 99;
  for (size_t i = 0; i < N_SIGS; i++) {
    const tacet_sig *a = sigs[i];
    for (size_t n = 0; n < sizeof(big); n++) {
      tacet_span in = tacet_span_of(big, n);
      TACET_SECRET(expanded);
      if (n != a->private_len) {
        assert_err(TACET_ERR_ARGUMENT, tacet_sig_expand(a, in, &expanded));
        assert_int_equal(expanded.len, 0);
      }
      if (n != a->private_len && (n == 0 || n != a->expanded_len)) {
        assert_err(TACET_ERR_ARGUMENT, a->public_key(in, pk));
        assert_err(TACET_ERR_ARGUMENT, a->sign(in, in, sig, &len));
      }
      assert_err(TACET_ERR_AUTH, a->verify(in, in, in));
    }
    assert_int_equal(len, 99);
  }
}

/* The second form of a private key is the same key. */
static void expanded_keys_sign_alike(void **state) {
  (void)state;
  for (size_t i = 0; i < N_SIGS; i++) {
    const tacet_sig *a = sigs[i];
    TACET_SECRET(sk);
    TACET_SECRET(expanded);
    uint8_t pk[TACET_SIG_PUBLIC_MAX], again[TACET_SIG_PUBLIC_MAX];
    uint8_t sig[TACET_SIG_MAX], plain[TACET_SIG_MAX];
    size_t len = 0, plain_len = 0;
    tacet_span message = TACET_SPAN_LIT("a message");
    assert_ok(a->generate(&sk, pk));
    assert_ok(tacet_sig_expand(a, tacet_secret_span(&sk), &expanded));
    assert_int_equal(expanded.len,
                     a->expanded_len == 0 ? a->private_len : a->expanded_len);
    assert_memory_equal(expanded.b, sk.b, sk.len);
    assert_ok(a->public_key(tacet_secret_span(&expanded), again));
    assert_memory_equal(again, pk, a->public_len);
    assert_ok(a->sign(tacet_secret_span(&expanded), message, sig, &len));
    assert_ok(a->verify(tacet_span_of(pk, a->public_len), message,
                        tacet_span_of(sig, len)));
    if (a == &tacet_sig_ed25519) { /* no randomness: the same signature */
      assert_ok(a->sign(tacet_secret_span(&sk), message, plain, &plain_len));
      assert_int_equal(len, plain_len);
      assert_memory_equal(sig, plain, len);
    }
  }
}

static tacet_err generate_once(void *ctx) {
  const tacet_sig *const *a = ctx;
  TACET_SECRET(sk);
  uint8_t pk[TACET_SIG_PUBLIC_MAX];
  tacet_err err = (*a)->generate(&sk, pk);
  assert_int_equal(sk.len, err == TACET_OK ? (*a)->private_len : 0);
  return err;
}

static void a_failing_generator_is_reported(void **state) {
  (void)state;
  for (size_t i = 0; i < N_SIGS; i++) {
    const tacet_sig *a = sigs[i];
    assert_int_equal(test_rng_sweep(generate_once, &a), 1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(ed25519_known_answers),
      cmocka_unit_test(ed25519_refuses_unreduced_s),
      cmocka_unit_test(ed25519_refuses_small_order),
      cmocka_unit_test(every_bit_counts),
      cmocka_unit_test(wrong_lengths_are_refused),
      cmocka_unit_test(expanded_keys_sign_alike),
      cmocka_unit_test(a_failing_generator_is_reported),
  };
  return cmocka_run_group_tests(tests, test_crypto_start, NULL);
}
