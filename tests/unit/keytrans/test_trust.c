/* SPDX-License-Identifier: Apache-2.0
 * What an invite says of the key log: round trip, and what is refused. */
#include "tests/support/support.h"

#include "tacet/keytrans/trust.h"

static const char policy[] = "log a.example+00000000+AA==\nquorum none\n";

static tacet_span sample(tacet_buf *w) {
  tacet_trust t = {.max_age = 3600, .policy = tacet_span_str(policy)};
  memset(t.vrf_key, 7, sizeof(t.vrf_key));
  tacet_trust_write(w, &t);
  return tacet_buf_span(w);
}

static void test_round_trip(void **state) {
  (void)state;
  TACET_BUF(w, TACET_TRUST_MAX);
  TACET_BUF(again, TACET_TRUST_MAX);
  tacet_trust t;
  tacet_span in = sample(&w);
  assert_ok(tacet_trust_parse(in, &t));
  assert_int_equal(t.max_age, 3600);
  assert_int_equal(t.vrf_key[31], 7);
  assert_true(tacet_span_equal(t.policy, tacet_span_str(policy)));
  tacet_trust_write(&again, &t);
  assert_true(tacet_span_equal(tacet_buf_span(&again), in));
}

static void test_refused(void **state) {
  (void)state;
  static uint8_t large[TACET_TRUST_MAX + 1];
  TACET_BUF(w, TACET_TRUST_MAX + 1);
  tacet_trust t;
  tacet_span in = sample(&w);
  for (size_t n = 0; n < in.len; n++) {
    assert_int_not_equal(tacet_trust_parse(tacet_span_of(in.p, n), &t),
                         TACET_OK);
  }
  memcpy(large, in.p, in.len);
  assert_int_not_equal(tacet_trust_parse(tacet_span_of(large, in.len + 1), &t),
                       TACET_OK);
  large[0] = 2;
  assert_int_equal(tacet_trust_parse(tacet_span_of(large, in.len), &t),
                   TACET_ERR_VERSION);
  large[0] = 0;
  assert_int_equal(tacet_trust_parse(tacet_span_of(large, in.len), &t),
                   TACET_ERR_ENCODING);
  assert_int_equal(tacet_trust_parse(tacet_span_of(large, sizeof(large)), &t),
                   TACET_ERR_LIMIT);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
