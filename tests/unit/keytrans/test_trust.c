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

/* With an account for notices: version 2, and 32 bytes more. */
static void test_with_notices(void **state) {
  (void)state;
  TACET_BUF(plain, TACET_TRUST_MAX);
  TACET_BUF(w, TACET_TRUST_MAX);
  TACET_BUF(again, TACET_TRUST_MAX);
  tacet_trust t;
  tacet_span without = sample(&plain);
  assert_ok(tacet_trust_parse(without, &t));
  assert_false(t.has_notices);
  t.has_notices = true;
  memset(t.notices, 9, sizeof(t.notices));
  tacet_trust_write(&w, &t);
  tacet_span in = tacet_buf_span(&w);
  assert_int_equal(in.len, without.len + 32);
  assert_int_equal(in.p[0], 2);
  assert_memory_equal(in.p + 1, without.p + 1, without.len - 1);
  memset(&t, 0, sizeof(t));
  assert_ok(tacet_trust_parse(in, &t));
  assert_true(t.has_notices);
  assert_int_equal(t.notices[31], 9);
  tacet_trust_write(&again, &t);
  assert_true(tacet_span_equal(tacet_buf_span(&again), in));
}

/* Neither version stands for the other, and nobody is no account. */
static void test_one_encoding_each(void **state) {
  (void)state;
  uint8_t bytes[256];
  TACET_BUF(w, sizeof(bytes));
  TACET_BUF(none, sizeof(bytes));
  tacet_trust t, untouched;
  tacet_span in = sample(&w);
  memset(&untouched, 0x5a, sizeof(untouched));
  t = untouched;
  memcpy(bytes, in.p, in.len);
  memset(bytes + in.len, 9, 33);
  bytes[0] = 1; /* an account behind the older form */
  assert_int_equal(tacet_trust_parse(tacet_span_of(bytes, in.len + 32), &t),
                   TACET_ERR_TRAILING);
  bytes[0] = 2;
  for (size_t n = 0; n < 32; n++) {    /* none or half of it behind the newer */
    uint8_t *cut = malloc(in.len + n); /* exact, for ASan */
    memcpy(cut, bytes, in.len + n);
    assert_int_equal(tacet_trust_parse(tacet_span_of(cut, in.len + n), &t),
                     TACET_ERR_TRUNCATED);
    free(cut);
  }
  assert_int_equal(tacet_trust_parse(tacet_span_of(bytes, in.len + 33), &t),
                   TACET_ERR_TRAILING);
  memset(bytes + in.len, 0, 32);
  assert_int_equal(tacet_trust_parse(tacet_span_of(bytes, in.len + 32), &t),
                   TACET_ERR_ENCODING);
  assert_memory_equal(&t, &untouched, sizeof(t));
  bytes[in.len + 31] = 1; /* any other one */
  assert_ok(tacet_trust_parse(tacet_span_of(bytes, in.len + 32), &t));
  memset(t.notices, 0, sizeof(t.notices)); /* nor is it written */
  tacet_trust_write(&none, &t);
  assert_int_equal(none.err, TACET_ERR_ARGUMENT);
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
  large[0] = 3;
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
      cmocka_unit_test(test_with_notices),
      cmocka_unit_test(test_one_encoding_each),
      cmocka_unit_test(test_refused),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
