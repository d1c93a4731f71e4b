/* SPDX-License-Identifier: Apache-2.0
 * X448 and Ed448: known answers, and what a lax implementation would take. */
#include "tests/unit/crypto/rng.h"

/* ---- X448 ---- */

static void x448_keys_of_rfc_7748(void **state) { /* 6.2 */
  (void)state;
  static const char *const rows[][2] = {
      {"9a8f4925d1519f5775cf46b04b5800d4ee9ee8bae8bc5565d498c28d"
       "d9c9baf574a9419744897391006382a6f127ab1d9ac2d8c0a598726b",
       "9b08f7cc31b7e3e67d22d5aea121074a273bd2b83de09c63faa73d2c"
       "22c5d9bbc836647241d953d40c5b12da88120d53177f80e532c41fa0"},
      {"1c306a7ac2a0e2e0990b294470cba339e6453772b075811d8fad0d1d"
       "6927c120bb5ee8972b0d3e21374c9c921b09d1b0366f10b65173992d",
       "3eb7a829b0cd20f5bcfc0b599b6feccf6da4627107bdb0d4f345b430"
       "27d8b972fc3e34fb4232a13ca706dcb57aec3dae07bdc1c67bf33609"},
  };
  for (size_t i = 0; i < 2; i++) {
    tacet_span sk = test_hex(rows[i][0]), want = test_hex(rows[i][1]);
    uint8_t pk[56];
    assert_ok(tacet_kem_x448.public_key(sk, pk));
    assert_span(want, tacet_span_of(pk, sizeof(pk)));
    test_hex_free(sk);
    test_hex_free(want);
  }
}

/* The entry of draft-ietf-hpke-pq with DHKEM(X448, HKDF-SHA512): its KDF is
 * another, its KEM is ours. */
static void x448_kem_known_answer(void **state) {
  (void)state;
  tacet_span ikm_e = test_hex(
      "d967d4102fabf6108bae6474d9ffb0f8fd63e87721fc0e67eebd79e4d6e3d28a"
      "8c179c6b2febcf9568595075df86a4ed736be8b5ff80da79");
  tacet_span ikm_r = test_hex(
      "4d93c28aef376727c67c68a1404b8399d046c612619d45468ed2ee12b35f5de1"
      "f1d2afe8684a38262ba1327490c7299ecfa151ac949266d9");
  tacet_span sk = test_hex(
      "c0fbcb8b2960a8e4a16fe190baf53790e513498bbe508dec614e5e4bb28cf41c"
      "780b20aa83afa3e4aac57202682934c75b8a977000d441aa");
  tacet_span pk = test_hex(
      "b0e5983da0fb66a0a9040d34c8487901040984f883562cf6ed6f694b821b7a0e"
      "a672947ec72c6e6893aeffa1a9f824e82a4908483101ebc1");
  tacet_span enc = test_hex(
      "3e201b8e44d713687fa3f765ed454edb77bd1b28b5567e313a4eed994ef47a01"
      "bb8bfee283ebaacb38c34af69b0643c9ffd225dd2ff6074c");
  tacet_span want = test_hex(
      "7835f33012c6964b7dbd420c296be335a4e2b854347495137fdc2466faea4694"
      "ebd09bcbdcdf5afa640591ab68a1901bf83beabeffd13845644022e6de31f672");
  const tacet_kem *k = &tacet_kem_x448;
  TACET_SECRET(own);
  TACET_SECRET(s);
  uint8_t made[56];
  assert_ok(k->derive_key_pair(ikm_r, &own, made));
  own.b[0] &= 0xfc; /* its writer clamps before, RFC 9180's vectors when used */
  own.b[55] |= 0x80;
  assert_span(sk, tacet_secret_span(&own));
  assert_span(pk, tacet_span_of(made, sizeof(made)));
  assert_ok(k->encap_deterministic(pk, ikm_e, &s, made));
  assert_span(enc, tacet_span_of(made, sizeof(made)));
  assert_span(want, tacet_secret_span(&s));
  assert_ok(k->decap(sk, enc, &s));
  assert_span(want, tacet_secret_span(&s));
  test_hex_free(ikm_e);
  test_hex_free(ikm_r);
  test_hex_free(sk);
  test_hex_free(pk);
  test_hex_free(enc);
  test_hex_free(want);
}

/* p = 2^448 - 2^224 - 1, little endian. */
static void prime_plus(int n, uint8_t out[57]) {
  memset(out, 0xff, 56);
  out[28] = 0xfe;
  out[56] = 0;
  int carry = n;
  for (size_t i = 0; i < 56; i++) {
    carry += out[i];
    out[i] = (uint8_t)carry;
    carry >>= 8;
  }
}

/* 0, 1 and -1 in all their encodings give zero with every scalar. */
static void x448_refuses_small_order(void **state) {
  (void)state;
  TACET_SECRET(sk);
  TACET_SECRET(s);
  uint8_t pk[56], enc[56] = {0xee}, points[5][57] = {{0}, {1}};
  prime_plus(-1, points[2]);
  prime_plus(0, points[3]);
  prime_plus(1, points[4]);
  assert_ok(tacet_kem_x448.generate(&sk, pk));
  for (size_t i = 0; i < 5; i++) {
    tacet_span point = tacet_span_of(points[i], 56);
    assert_err(TACET_ERR_ENCODING, tacet_kem_x448.encap(point, &s, enc));
    assert_err(TACET_ERR_AUTH,
               tacet_kem_x448.decap(tacet_secret_span(&sk), point, &s));
  }
  assert_int_equal(s.len, 0);
  assert_int_equal(enc[0], 0xee);
}

/* RFC 7748 5: a coordinate of p or more is taken, reduced. There is no bit to
 * mask in 448: the highest one counts. */
static void x448_takes_every_other_string(void **state) {
  (void)state;
  TACET_SECRET(sk);
  uint8_t pk[56], points[3][57] = {{5}};
  prime_plus(5, points[1]);
  points[2][0] = 5;
  points[2][55] = 0x80;
  TACET_SECRET(first);
  assert_ok(tacet_kem_x448.generate(&sk, pk));
  for (size_t i = 0; i < 3; i++) {
    TACET_SECRET(s);
    assert_ok(tacet_kem_x448.decap(tacet_secret_span(&sk),
                                   tacet_span_of(points[i], 56), &s));
    assert_false(tacet_secret_equal(&s, &first));
    assert_ok(tacet_secret_set(&first, tacet_secret_span(&s)));
  }
}

/* Clamping: the bits that are set or cleared change nothing. */
static void x448_clamps(void **state) {
  (void)state;
  uint8_t scalar[56] = {0x10}, want[56], got[56];
  assert_ok(tacet_kem_x448.public_key(tacet_span_of(scalar, 56), want));
  scalar[0] |= 3;
  scalar[55] |= 0x80;
  assert_ok(tacet_kem_x448.public_key(tacet_span_of(scalar, 56), got));
  assert_memory_equal(want, got, 56);
  scalar[0] ^= 4;
  assert_ok(tacet_kem_x448.public_key(tacet_span_of(scalar, 56), got));
  assert_memory_not_equal(want, got, 56);
}

/* ---- Ed448 ---- */

static const struct {
  const char *name, *sk, *pk, *message, *sig;
} ed448[] = {
    {"RFC 8032 7.4, blank",
     "6c82a562cb808d10d632be89c8513ebf6c929f34ddfa8c9f63c9960ef6"
     "e348a3528c8a3fcc2f044e39a3fc5b94492f8f032e7549a20098f95b",
     "5fd7449b59b461fd2ce787ec616ad46a1da1342485a70e1f8a0ea75d80"
     "e96778edf124769b46c7061bd6783df1e50f6cd1fa1abeafe8256180",
     "",
     "533a37f6bbe457251f023c0d88f976ae2dfb504a843e34d2074fd823d4"
     "1a591f2b233f034f628281f2fd7a22ddd47d7828c59bd0a21bfd3980ff"
     "0d2028d4b18a9df63e006c5d1c2d345b925d8dc00b4104852db99ac5c7"
     "cdda8530a113a0f4dbb61149f05a7363268c71d95808ff2e652600"},
    {"RFC 8032 7.4, one octet",
     "c4eab05d357007c632f3dbb48489924d552b08fe0c353a0d4a1f00acda"
     "2c463afbea67c5e8d2877c5e3bc397a659949ef8021e954e0a12274e",
     "43ba28f430cdff456ae531545f7ecd0ac834a55d9358c0372bfa0c6c67"
     "98c0866aea01eb00742802b8438ea4cb82169c235160627b4c3a9480",
     "03",
     "26b8f91727bd62897af15e41eb43c377efb9c610d48f2335cb0bd00878"
     "10f4352541b143c4b981b7e18f62de8ccdf633fc1bf037ab7cd779805e"
     "0dbcc0aae1cbcee1afb2e027df36bc04dcecbf154336c19f0af7e0a647"
     "2905e799f1953d2a0ff3348ab21aa4adafd1d234441cf807c03a00"},
};

static void ed448_known_answers(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(ed448) / sizeof(ed448[0]); i++) {
    tacet_span sk = test_hex(ed448[i].sk), pk = test_hex(ed448[i].pk);
    tacet_span m = test_hex(ed448[i].message), want = test_hex(ed448[i].sig);
    uint8_t own[57], sig[114];
    size_t len = 0;
    assert_ok(tacet_sig_ed448.public_key(sk, own));
    assert_span(pk, tacet_span_of(own, sizeof(own)));
    assert_ok(tacet_sig_ed448.sign(sk, m, sig, &len));
    assert_span(want, tacet_span_of(sig, len));
    assert_ok(tacet_sig_ed448.verify(pk, m, want));
    test_hex_free(sk);
    test_hex_free(pk);
    test_hex_free(m);
    test_hex_free(want);
  }
}

/* S + L: the equation holds all the same (RFC 8032 8.4 for Ed25519). */
static void ed448_refuses_unreduced_s(void **state) {
  (void)state;
  tacet_span order =
      test_hex("f34458ab92c27823558fc58d72c26c219036d6ae49db4ec4e923ca7c"
               "ffffffffffffffffffffffffffffffffffffffffffffffffffffff3f00");
  tacet_span pk = test_hex(ed448[1].pk), m = test_hex(ed448[1].message);
  tacet_span good = test_hex(ed448[1].sig);
  uint8_t sig[114];
  memcpy(sig, good.p, sizeof(sig));
  unsigned carry = 0;
  for (size_t i = 0; i < 57; i++) {
    carry += (unsigned)sig[57 + i] + order.p[i];
    sig[57 + i] = (uint8_t)carry;
    carry >>= 8;
  }
  assert_int_equal(carry, 0);
  assert_ok(tacet_sig_ed448.verify(pk, m, good));
  assert_err(TACET_ERR_AUTH,
             tacet_sig_ed448.verify(pk, m, tacet_span_of(sig, sizeof(sig))));
  test_hex_free(order);
  test_hex_free(pk);
  test_hex_free(m);
  test_hex_free(good);
}

/* With a public key of small order, S = 0 and R = the neutral element a lax
 * verifier takes any message, or a share of them. Each y with both signs, and
 * with p added. */
static void ed448_refuses_small_order(void **state) {
  (void)state;
  uint8_t keys[5][57] = {{0}, {1}}, sig[114] = {1};
  prime_plus(-1, keys[2]);
  prime_plus(0, keys[3]);
  prime_plus(1, keys[4]);
  for (size_t i = 0; i < 10; i++) {
    uint8_t *key = keys[i / 2];
    key[56] = i % 2 == 0 ? 0 : 0x80;
    for (uint8_t m = 0; m < 16; m++) {
      assert_err(TACET_ERR_AUTH,
                 tacet_sig_ed448.verify(tacet_span_of(key, 57),
                                        tacet_span_of(&m, 1),
                                        tacet_span_of(sig, sizeof(sig))));
    }
  }
}

/* The seven bits of the last byte that are neither sign nor coordinate. */
static void ed448_refuses_high_bits(void **state) {
  (void)state;
  tacet_span good = test_hex(ed448[1].pk), m = test_hex(ed448[1].message);
  tacet_span sig = test_hex(ed448[1].sig);
  for (unsigned bit = 0; bit < 8; bit++) {
    uint8_t pk[57], changed[114];
    memcpy(pk, good.p, sizeof(pk));
    memcpy(changed, sig.p, sizeof(changed));
    pk[56] ^= (uint8_t)(1u << bit);
    changed[56] ^= (uint8_t)(1u << bit);
    assert_err(TACET_ERR_AUTH,
               tacet_sig_ed448.verify(tacet_span_of(pk, 57), m, sig));
    assert_err(TACET_ERR_AUTH,
               tacet_sig_ed448.verify(good, m, tacet_span_of(changed, 114)));
    memcpy(changed, sig.p, sizeof(changed));
    changed[113] ^= (uint8_t)(1u << bit);
    assert_err(TACET_ERR_AUTH,
               tacet_sig_ed448.verify(good, m, tacet_span_of(changed, 114)));
  }
  test_hex_free(good);
  test_hex_free(m);
  test_hex_free(sig);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(x448_keys_of_rfc_7748),
      cmocka_unit_test(x448_kem_known_answer),
      cmocka_unit_test(x448_refuses_small_order),
      cmocka_unit_test(x448_takes_every_other_string),
      cmocka_unit_test(x448_clamps),
      cmocka_unit_test(ed448_known_answers),
      cmocka_unit_test(ed448_refuses_unreduced_s),
      cmocka_unit_test(ed448_refuses_small_order),
      cmocka_unit_test(ed448_refuses_high_bits),
  };
  return cmocka_run_group_tests(tests, test_crypto_start, NULL);
}
