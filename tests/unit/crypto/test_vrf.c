/* SPDX-License-Identifier: Apache-2.0
 * The VRF: the known answer of c2sp.org/vrf-r255, uniqueness, and every bit of
 * a proof. */
#include "tests/support/support.h"

#include "tacet/crypto.h"
#include "tacet/crypto/vrf.h"

#define PI TACET_VRF_PROOF_LEN
#define BETA TACET_VRF_OUTPUT_LEN

#define alpha TACET_SPAN_LIT("c2sp.org/vrf-r255")

static void load(const char *hex, tacet_vrf_key *k) {
  tacet_span sk = test_hex(hex);
  assert_ok(tacet_vrf_key_load(sk, k));
  test_hex_free(sk);
}

static void c2sp_key(tacet_vrf_key *k) {
  load("3431c2b03533e280b23232e280b34e2c3132c2b03238e280b23131e280b34500", k);
}

static void known_answer(void **state) {
  (void)state;
  tacet_span pk = test_hex(
      "54136cd90d99fbd1d4e855d9556efea87ba0337f2a6ce22028d0f5726fcb854e");
  tacet_span want_pi = test_hex(
      "0a97d961262fb549b4175c5117860f42ae44a123f93c476c439eddd1c0cff926"
      "5c805525233e2284dbed45e593b8eea31d5ca9734d72bcbba9738d5237f955f3"
      "b2422351149d1312503b6441a47c940c");
  tacet_span want_beta = test_hex(
      "dd653f0879b48c3ef69e13551239bec4cbcc1c18fe8894de2e9e1c790e182736"
      "03bf1c6c25d7a797aeff3c43fd32b974d3fcbd4bcce916007097922a3ea3a794");
  uint8_t pi[PI], beta[BETA], again[BETA];
  TACET_VRF_KEY(k);
  c2sp_key(&k);
  assert_span(pk, tacet_span_of(k.public_key, 32));
  assert_ok(tacet_vrf_prove(&k, alpha, pi, beta));
  assert_span(want_pi, tacet_span_of(pi, PI));
  assert_span(want_beta, tacet_span_of(beta, BETA));
  assert_ok(tacet_vrf_evaluate(&k, alpha, again));
  assert_memory_equal(again, beta, BETA);
  assert_ok(tacet_vrf_verify(pk, alpha, tacet_span_of(pi, PI), again));
  assert_memory_equal(again, beta, BETA);
  test_hex_free(pk);
  test_hex_free(want_pi);
  test_hex_free(want_beta);
}

static void any_input_and_key(void **state) {
  (void)state;
  for (size_t len = 0; len < 40; len++) {
    uint8_t input[40] = {(uint8_t)len}, pi[PI], beta[BETA], got[BETA];
    tacet_span in = tacet_span_of(input, len);
    TACET_VRF_KEY(k);
    assert_ok(tacet_vrf_key_generate(&k));
    assert_ok(tacet_vrf_prove(&k, in, pi, beta));
    assert_ok(tacet_vrf_verify(tacet_span_of(k.public_key, 32), in,
                               tacet_span_of(pi, PI), got));
    assert_memory_equal(got, beta, BETA);
  }
}

/* refused() leaves the output as it was. */
static void refused(tacet_span key, tacet_span in, tacet_span pi) {
  uint8_t beta[BETA] = {7}, before[BETA] = {7};
  assert_err(TACET_ERR_AUTH, tacet_vrf_verify(key, in, pi, beta));
  assert_memory_equal(beta, before, BETA);
}

static void every_bit_counts(void **state) {
  (void)state;
  uint8_t pi[PI], beta[BETA], input[17];
  TACET_VRF_KEY(k);
  c2sp_key(&k);
  tacet_span key = tacet_span_of(k.public_key, 32);
  assert_ok(tacet_vrf_prove(&k, alpha, pi, beta));
  for (size_t bit = 0; bit < PI * 8; bit++) {
    pi[bit / 8] ^= (uint8_t)(1u << bit % 8);
    refused(key, alpha, tacet_span_of(pi, PI));
    pi[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  memcpy(input, alpha.p, sizeof(input));
  for (size_t bit = 0; bit < sizeof(input) * 8; bit++) {
    input[bit / 8] ^= (uint8_t)(1u << bit % 8);
    refused(key, tacet_span_of(input, sizeof(input)), tacet_span_of(pi, PI));
    input[bit / 8] ^= (uint8_t)(1u << bit % 8);
  }
  for (size_t len = 0; len < PI; len++) {
    refused(key, alpha, tacet_span_of(pi, len));
  }
}

/* s and s + q are the same scalar; only one of them is its encoding. */
static void an_unreduced_scalar_is_refused(void **state) {
  (void)state;
  static const uint8_t q[32] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a,       0x63,
                                0x12, 0x58, 0xd6, 0x9c, 0xf7,       0xa2,
                                0xde, 0xf9, 0xde, 0x14, [31] = 0x10};
  uint8_t pi[PI], beta[BETA];
  TACET_VRF_KEY(k);
  c2sp_key(&k);
  assert_ok(tacet_vrf_prove(&k, alpha, pi, beta));
  unsigned carry = 0;
  for (size_t i = 0; i < 32; i++) {
    carry += pi[48 + i] + q[i];
    pi[48 + i] = (uint8_t)carry;
    carry >>= 8;
  }
  refused(tacet_span_of(k.public_key, 32), alpha, tacet_span_of(pi, PI));
}

static void bad_keys(void **state) {
  (void)state;
  uint8_t bytes[33] = {0}, pi[PI] = {0}, beta[BETA];
  TACET_VRF_KEY(k);
  assert_err(TACET_ERR_ARGUMENT,
             tacet_vrf_key_load(tacet_span_of(bytes, 32), &k)); /* zero */
  assert_err(TACET_ERR_ENCODING, /* the neutral element */
             tacet_vrf_verify(tacet_span_of(bytes, 32), alpha,
                              tacet_span_of(pi, PI), beta));
  bytes[0] = 1;
  for (size_t len = 0; len <= 33; len++) {
    if (len != 32) {
      assert_err(TACET_ERR_ARGUMENT,
                 tacet_vrf_key_load(tacet_span_of(bytes, len), &k));
      assert_err(TACET_ERR_ENCODING,
                 tacet_vrf_verify(tacet_span_of(bytes, len), alpha,
                                  tacet_span_of(pi, PI), beta));
    }
  }
  memset(bytes, 0xff, sizeof(bytes)); /* above q; no element either */
  assert_err(TACET_ERR_ARGUMENT,
             tacet_vrf_key_load(tacet_span_of(bytes, 32), &k));
  assert_err(TACET_ERR_ENCODING,
             tacet_vrf_verify(tacet_span_of(bytes, 32), alpha,
                              tacet_span_of(pi, PI), beta));
}

static void another_key_proves_nothing(void **state) {
  (void)state;
  uint8_t pi[PI], beta[BETA];
  TACET_VRF_KEY(a);
  TACET_VRF_KEY(b);
  assert_ok(tacet_vrf_key_generate(&a));
  assert_ok(tacet_vrf_key_generate(&b));
  assert_ok(tacet_vrf_prove(&a, alpha, pi, beta));
  refused(tacet_span_of(b.public_key, 32), alpha, tacet_span_of(pi, PI));
}

static int set_up(void **state) {
  (void)state;
  return tacet_crypto_init() == TACET_OK ? 0 : -1;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(known_answer),
      cmocka_unit_test(any_input_and_key),
      cmocka_unit_test(every_bit_counts),
      cmocka_unit_test(an_unreduced_scalar_is_refused),
      cmocka_unit_test(bad_keys),
      cmocka_unit_test(another_key_proves_nothing),
  };
  return cmocka_run_group_tests(tests, set_up, NULL);
}
