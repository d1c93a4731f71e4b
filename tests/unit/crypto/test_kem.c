/* SPDX-License-Identifier: Apache-2.0
 * KEMs: what holds for all of them, and X25519 and X-Wing. (test_nist.c and
 * test_448.c have the others.) */
#include "tests/unit/crypto/rng.h"

static const tacet_kem *const kems[] = {&tacet_kem_x25519, &tacet_kem_x448,
                                        &tacet_kem_p256,   &tacet_kem_p384,
                                        &tacet_kem_p521,   &tacet_kem_xwing};
#define N_KEMS (sizeof(kems) / sizeof(kems[0]))

typedef struct pair {
  tacet_secret sk;
  uint8_t pk[TACET_KEM_PUBLIC_MAX];
} pair;

static pair new_pair(const tacet_kem *k) {
  pair p = {.sk = {.len = 0}};
  assert_ok(k->generate(&p.sk, p.pk));
  assert_int_equal(p.sk.len, k->private_len);
  return p;
}

static tacet_span public_of(const tacet_kem *k, const pair *p) {
  return tacet_span_of(p->pk, k->public_len);
}

/* ---- every KEM ---- */

static void both_sides_agree(void **state) {
  (void)state;
  for (size_t i = 0; i < N_KEMS; i++) {
    const tacet_kem *k = kems[i];
    pair p = new_pair(k), other = new_pair(k);
    uint8_t again[TACET_KEM_PUBLIC_MAX], enc[TACET_KEM_ENC_MAX];
    TACET_SECRET(sent);
    TACET_SECRET(got);
    assert_ok(k->public_key(tacet_secret_span(&p.sk), again));
    assert_memory_equal(again, p.pk, k->public_len);
    assert_ok(k->encap(public_of(k, &p), &sent, enc));
    assert_int_equal(sent.len, k->secret_len);
    tacet_span enc_span = tacet_span_of(enc, k->enc_len);
    assert_ok(k->decap(tacet_secret_span(&p.sk), enc_span, &got));
    assert_true(tacet_secret_equal(&sent, &got));
    assert_ok(k->decap(tacet_secret_span(&other.sk), enc_span, &got));
    assert_false(tacet_secret_equal(&sent, &got));
    /* Another encapsulation is another secret. */
    assert_ok(k->encap(public_of(k, &p), &got, enc));
    assert_false(tacet_secret_equal(&sent, &got));
  }
}

static void derived_keys_are_determined(void **state) {
  (void)state;
  for (size_t i = 0; i < N_KEMS; i++) {
    const tacet_kem *k = kems[i];
    pair a = {.sk = {.len = 0}}, b = a, c = a;
    assert_ok(k->derive_key_pair(TACET_SPAN_LIT("some secret"), &a.sk, a.pk));
    assert_ok(k->derive_key_pair(TACET_SPAN_LIT("some secret"), &b.sk, b.pk));
    assert_ok(k->derive_key_pair(TACET_SPAN_LIT("some secreT"), &c.sk, c.pk));
    assert_true(tacet_secret_equal(&a.sk, &b.sk));
    assert_memory_equal(a.pk, b.pk, k->public_len);
    assert_memory_not_equal(a.pk, c.pk, k->public_len);
    assert_ok(k->derive_key_pair(TACET_SPAN_EMPTY, &a.sk, a.pk));
    assert_ok(k->public_key(tacet_secret_span(&a.sk), b.pk));
    assert_memory_equal(a.pk, b.pk, k->public_len);
  }
}

/* Every length but the right one, for each kind of input; what lies there is a
 * good key or encapsulation, so that the length alone can be the reason. */
static void wrong_lengths_are_refused(void **state) {
  (void)state;
  for (size_t i = 0; i < N_KEMS; i++) {
    const tacet_kem *k = kems[i];
    pair p = new_pair(k);
    size_t cuts[] = {0,
                     1,
                     31,
                     32,
                     33,
                     64,
                     65,
                     66,
                     k->public_len - 1,
                     k->public_len + 1,
                     k->enc_len - 1,
                     k->enc_len + 1};
    uint8_t key[2000] = {0}, sent[2000] = {0}, own[100] = {0}, pk[2000];
    TACET_SECRET(s);
    assert_ok(k->encap(public_of(k, &p), &s, sent));
    memcpy(key, p.pk, k->public_len);
    memcpy(own, p.sk.b, p.sk.len);
    tacet_secret_wipe(&s);
    memset(pk, 0xee, sizeof(pk));
    for (size_t j = 0; j < sizeof(cuts) / sizeof(cuts[0]); j++) {
      size_t n = cuts[j];
      if (n != k->public_len) {
        assert_err(TACET_ERR_ENCODING, k->encap(tacet_span_of(key, n), &s, pk));
      }
      if (n != k->enc_len) {
        assert_err(TACET_ERR_ENCODING, k->decap(tacet_secret_span(&p.sk),
                                                tacet_span_of(sent, n), &s));
      }
      if (n != k->private_len && n <= sizeof(own)) {
        assert_err(TACET_ERR_ARGUMENT,
                   k->public_key(tacet_span_of(own, n), pk));
        assert_err(TACET_ERR_ARGUMENT,
                   k->decap(tacet_span_of(own, n),
                            tacet_span_of(sent, k->enc_len), &s));
      }
    }
    assert_int_equal(s.len, 0);
    assert_int_equal(pk[0], 0xee);
  }
}

typedef struct encap_run {
  const tacet_kem *kem;
  pair receiver;
} encap_run;

static tacet_err generate_and_encap(void *ctx) {
  const encap_run *run = ctx;
  pair p = {.sk = {.len = 0}};
  TACET_SECRET(s);
  uint8_t enc[TACET_KEM_ENC_MAX];
  memset(enc, 0xee, sizeof(enc));
  tacet_err err = run->kem->generate(&p.sk, p.pk);
  if (err == TACET_OK) {
    err = run->kem->encap(public_of(run->kem, &run->receiver), &s, enc);
  }
  if (err != TACET_OK) { /* nothing was given out */
    assert_int_equal(s.len, 0);
    assert_int_equal(enc[0], 0xee);
  }
  return err;
}

static void a_failing_generator_is_reported(void **state) {
  (void)state;
  for (size_t i = 0; i < N_KEMS; i++) {
    encap_run run = {kems[i], new_pair(kems[i])};
    assert_int_equal(test_rng_sweep(generate_and_encap, &run), 2);
  }
}

/* ---- X25519 ---- */

static void x25519_known_answers(void **state) { /* RFC 7748 6.1 */
  (void)state;
  static const char *const rows[][2] = {
      {"77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
       "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"},
      {"5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb",
       "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"},
  };
  for (size_t i = 0; i < 2; i++) {
    tacet_span sk = test_hex(rows[i][0]), want = test_hex(rows[i][1]);
    uint8_t pk[32];
    assert_ok(tacet_kem_x25519.public_key(sk, pk));
    assert_span(want, tacet_span_of(pk, sizeof(pk)));
    test_hex_free(sk);
    test_hex_free(want);
  }
}

/* The points whose product with every scalar is zero, in all encodings. */
static const char *const small_order[] = {
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
};

static void x25519_refuses_small_order(void **state) {
  (void)state;
  pair p = new_pair(&tacet_kem_x25519);
  for (size_t i = 0; i < sizeof(small_order) / sizeof(small_order[0]); i++) {
    tacet_span point = test_hex(small_order[i]);
    TACET_SECRET(s);
    uint8_t enc[32];
    assert_err(TACET_ERR_ENCODING, tacet_kem_x25519.encap(point, &s, enc));
    assert_err(TACET_ERR_AUTH,
               tacet_kem_x25519.decap(tacet_secret_span(&p.sk), point, &s));
    test_hex_free(point);
  }
}

/* ---- X-Wing ---- */

static void assert_sha256(const char *want_hex, tacet_span in) {
  tacet_span want = test_hex(want_hex);
  uint8_t digest[32];
  assert_ok(tacet_hash_one(&tacet_hash_sha256, in, digest));
  assert_span(want, tacet_span_of(digest, sizeof(digest)));
  test_hex_free(want);
}

/* The first vector of draft-connolly-cfrg-xwing-kem; keys and ciphertexts by
 * their SHA-256. */
static void xwing_known_answer(void **state) {
  (void)state;
  const tacet_kem *k = &tacet_kem_xwing;
  tacet_span sk = test_hex(
      "7f9c2ba4e88f827d616045507605853ed73b8093f6efbc88eb1a6eacfa66ef26");
  tacet_span eseed = test_hex(
      "3cb1eea988004b93103cfb0aeefd2a686e01fa4a58e8a3639ca8a1e3f9ae57e2"
      "35b8cc873c23dc62b8d260169afa2f75ab916a58d974918835d25e6a435085b2");
  tacet_span ss = test_hex(
      "d2df0522128f09dd8e2c92b1e905c793d8f57a54c3da25861f10bf4ca613e384");
  uint8_t pk[TACET_KEM_PUBLIC_MAX], ct[TACET_KEM_ENC_MAX];
  TACET_SECRET(s);
  assert_ok(k->public_key(sk, pk));
  tacet_span pk_span = tacet_span_of(pk, k->public_len);
  assert_sha256(
      "2e816deebcd76c5c80d0cd2d174478871658e8e2ff42bc9d4a6e486372e856bb",
      pk_span);
  assert_ok(k->encap_deterministic(pk_span, eseed, &s, ct));
  assert_sha256(
      "17cd532d657e44c897ca6583e548a5424fc70bf54f99515a4d2bcf99e3469f33",
      tacet_span_of(ct, k->enc_len));
  assert_span(ss, tacet_secret_span(&s));
  tacet_secret_wipe(&s);
  assert_ok(k->decap(sk, tacet_span_of(ct, k->enc_len), &s));
  assert_span(ss, tacet_secret_span(&s));
  assert_err(TACET_ERR_ARGUMENT, k->encap_deterministic(pk_span, sk, &s, ct));
  test_hex_free(sk);
  test_hex_free(eseed);
  test_hex_free(ss);
}

/* ikmR, skRm and pkRm of the two 0x647a entries of draft-ietf-hpke-pq: the
 * labelled derivation, not SHAKE256 alone. */
static void xwing_derives_as_hpke_pq_says(void **state) {
  (void)state;
  static const char *const rows[][3] = {
      {"b86e76a59fabfc87b30cd7b1f7aaa28a834eb64e7a261c197b9a842893fbce56",
       "3ec47fa82dd5689d27c6190e724c74ec8f608df3331ce331929e37b829676630",
       "ad8aaf3f00d8a39bfeec2947a7d5dde68be08bba19bd301a348a45dc5fcc8341"},
      {"9b3988687f65935430cf740cc30c36cd480d3dbd24867815addad49ea0dc050d",
       "8f908710ee25a3aa6fd3ed80eb5bf102963547bf4fe36d86f772432ac383e6e9",
       "404a519065c5818eaf431ba78a961e2c59919cc8b2bce92c6b76e438dcc345bd"},
  };
  for (size_t i = 0; i < 2; i++) {
    tacet_span ikm = test_hex(rows[i][0]), want = test_hex(rows[i][1]);
    pair p = {.sk = {.len = 0}};
    assert_ok(tacet_kem_xwing.derive_key_pair(ikm, &p.sk, p.pk));
    assert_span(want, tacet_secret_span(&p.sk));
    assert_sha256(rows[i][2], public_of(&tacet_kem_xwing, &p));
    test_hex_free(ikm);
    test_hex_free(want);
  }
}

/* FIPS 203 7.2: a coefficient of the ML-KEM key that is not reduced makes it no
 * key at all. */
static void xwing_refuses_unreduced_keys(void **state) {
  (void)state;
  const tacet_kem *k = &tacet_kem_xwing;
  pair p = new_pair(k);
  uint8_t enc[TACET_KEM_ENC_MAX];
  TACET_SECRET(s);
  for (size_t at = 0; at < 1152; at += 3 * 97) {
    pair bad = p;
    bad.pk[at] = 0xff; /* the twelve bits 0xfff = 4095, q is 3329 */
    bad.pk[at + 1] |= 0x0f;
    assert_err(TACET_ERR_ENCODING, k->encap(public_of(k, &bad), &s, enc));
  }
  assert_ok(k->encap(public_of(k, &p), &s, enc));
}

/* ---- public_check ---- */

/* What it takes encap takes, and what it refuses encap refuses. */
static void check_as_encap(const tacet_kem *k, tacet_span key) {
  uint8_t enc[TACET_KEM_ENC_MAX];
  TACET_SECRET(s);
  tacet_err want = k->encap(key, &s, enc);
  tacet_err got = k->public_check(key);
  if (want != got) {
    fail_msg("KEM %x: encap says %s, public_check %s", k->id,
             tacet_err_name(want), tacet_err_name(got));
  }
}

static void a_key_is_what_can_be_encrypted_to(void **state) {
  (void)state;
  for (size_t i = 0; i < N_KEMS; i++) {
    const tacet_kem *k = kems[i];
    pair p = new_pair(k);
    assert_ok(k->public_check(public_of(k, &p)));
    uint8_t bad[TACET_KEM_PUBLIC_MAX] = {0};
    tacet_span key = tacet_span_of(bad, k->public_len);
    check_as_encap(k, key); /* zeros */
    bad[0] = 1;
    check_as_encap(k, key);
    bad[k->public_len - 1] = 1;
    check_as_encap(k, key);
    memset(bad, 0xff, sizeof(bad));
    check_as_encap(k, key);
    for (size_t at = 0; at < k->public_len; at += 7) {
      memcpy(bad, p.pk, k->public_len);
      bad[at] ^= 0x55; /* off the curve, over q, or another key */
      check_as_encap(k, key);
    }
    assert_err(TACET_ERR_ENCODING,
               k->public_check(tacet_span_of(bad, k->public_len - 1)));
  }
  for (size_t i = 0; i < sizeof(small_order) / sizeof(small_order[0]); i++) {
    tacet_span point = test_hex(small_order[i]);
    assert_err(TACET_ERR_ENCODING, tacet_kem_x25519.public_check(point));
    pair p = new_pair(&tacet_kem_xwing);
    memcpy(p.pk + 1184, point.p, 32);
    check_as_encap(&tacet_kem_xwing, public_of(&tacet_kem_xwing, &p));
    test_hex_free(point);
  }
}

/* 0, 1, -1 and what is the same modulo p. */
static void x448_refuses_small_order(void **state) {
  (void)state;
  uint8_t key[56];
  for (int which = 0; which < 5; which++) {
    memset(key, which < 2 ? 0 : 0xff, sizeof(key));
    key[28] = which < 2 ? 0 : 0xfe;
    key[0] = (uint8_t)(which == 1   ? 1
                       : which == 2 ? 0xfe
                       : which == 3 ? 0xff
                                    : 0);
    if (which == 4) { /* p + 1 = 2^448 - 2^224 */
      memset(key, 0, 28);
      key[28] = 0xff;
    }
    check_as_encap(&tacet_kem_x448, tacet_span_of(key, sizeof(key)));
    assert_err(TACET_ERR_ENCODING,
               tacet_kem_x448.public_check(tacet_span_of(key, sizeof(key))));
  }
  key[1] = 1;
  check_as_encap(&tacet_kem_x448, tacet_span_of(key, sizeof(key)));
}

/* A changed ciphertext gives another secret (implicit rejection), and so does
 * one under a changed key. */
static void xwing_binds_every_byte(void **state) {
  (void)state;
  const tacet_kem *k = &tacet_kem_xwing;
  pair p = new_pair(k);
  uint8_t enc[TACET_KEM_ENC_MAX];
  TACET_SECRET(s);
  assert_ok(k->encap(public_of(k, &p), &s, enc));
  for (size_t at = 0; at < k->enc_len; at += 31) {
    TACET_SECRET(got);
    enc[at] ^= 0x10;
    assert_ok(k->decap(tacet_secret_span(&p.sk), tacet_span_of(enc, k->enc_len),
                       &got));
    assert_false(tacet_secret_equal(&s, &got));
    enc[at] ^= 0x10;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(both_sides_agree),
      cmocka_unit_test(derived_keys_are_determined),
      cmocka_unit_test(wrong_lengths_are_refused),
      cmocka_unit_test(a_failing_generator_is_reported),
      cmocka_unit_test(x25519_known_answers),
      cmocka_unit_test(x25519_refuses_small_order),
      cmocka_unit_test(xwing_known_answer),
      cmocka_unit_test(xwing_derives_as_hpke_pq_says),
      cmocka_unit_test(xwing_refuses_unreduced_keys),
      cmocka_unit_test(xwing_binds_every_byte),
      cmocka_unit_test(a_key_is_what_can_be_encrypted_to),
      cmocka_unit_test(x448_refuses_small_order),
  };
  return cmocka_run_group_tests(tests, test_crypto_start, NULL);
}
