/* SPDX-License-Identifier: Apache-2.0
 * Limits by address: buckets against a table of times, and that no crowd of
 * addresses makes the table grow or a record of somebody connected vanish. */
#include "tests/support/support.h"

#include "server/http/rate.h"

#include <string.h>

static const tacetd_rate_rule rules[TACETD_RATE_KINDS] = {
    [TACETD_RATE_REQUESTS] = {10, 1, 20},
    [TACETD_RATE_REGISTRATIONS] = {3, 3600, 3},
    [TACETD_RATE_LOOKUPS] = {0, 3600, 0},
};

static tacetd_address v4(uint32_t n) {
  tacetd_address a = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff,
                       (uint8_t)(n >> 24), (uint8_t)(n >> 16),
                       (uint8_t)(n >> 8), (uint8_t)n}};
  return a;
}

static tacetd_rate *make(size_t n) {
  tacetd_rate *r = NULL;
  assert_ok(tacetd_rate_new(n, rules, &r));
  return r;
}

static const struct {
  const char *name;
  tacetd_rate_kind kind;
  uint64_t at_ms;
  bool ok;
  uint32_t wait;
} steps[] = {
    {"first registration", TACETD_RATE_REGISTRATIONS, 1000, true, 0},
    {"second", TACETD_RATE_REGISTRATIONS, 1000, true, 0},
    {"third", TACETD_RATE_REGISTRATIONS, 1000, true, 0},
    {"fourth", TACETD_RATE_REGISTRATIONS, 1000, false, 1200},
    {"just before one came back", TACETD_RATE_REGISTRATIONS, 1200999, false, 2},
    {"one came back", TACETD_RATE_REGISTRATIONS, 1201000, true, 0},
    {"and is used", TACETD_RATE_REGISTRATIONS, 1201000, false, 1200},
    {"a clock that goes back gives nothing", TACETD_RATE_REGISTRATIONS, 0,
     false, 1200},
    {"another kind has its own bucket", TACETD_RATE_REQUESTS, 1201000, true, 0},
    {"none at all", TACETD_RATE_LOOKUPS, 1201000, false, 3600},
    {"after ten hours no more than the burst", TACETD_RATE_REGISTRATIONS,
     37201000, true, 0},
    {"2", TACETD_RATE_REGISTRATIONS, 37201000, true, 0},
    {"3", TACETD_RATE_REGISTRATIONS, 37201000, true, 0},
    {"4", TACETD_RATE_REGISTRATIONS, 37201000, false, 1200},
};

static void test_steps(void **state) {
  (void)state;
  tacetd_rate *r = make(64);
  tacetd_address a = v4(1), b = v4(2);
  uint64_t tag = tacetd_rate_tag(r, &a);
  uint32_t wait = 0;
  for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
    bool ok = tacetd_rate_take(r, steps[i].kind, tag, steps[i].at_ms, &wait);
    if (ok != steps[i].ok || (!ok && wait != steps[i].wait)) {
      fail_msg("%s: %d, wait %u", steps[i].name, ok, wait);
    }
  }
  assert_true(tacetd_rate_take(r, TACETD_RATE_REGISTRATIONS,
                               tacetd_rate_tag(r, &b), 37201000, &wait));
  tacetd_rate_free(r);
}

/* Many small steps give back as much as one big one. */
static void test_no_rounding_away(void **state) {
  (void)state;
  tacetd_rate *r = make(64);
  uint32_t wait, got = 0;
  for (uint64_t ms = 0; ms <= 10000; ms++) {
    got += tacetd_rate_take(r, TACETD_RATE_REQUESTS, 7, ms, &wait);
  }
  assert_in_range(got, 119, 120); /* burst 20 and ten a second */
  tacetd_rate_free(r);
}

static void test_addresses(void **state) {
  (void)state;
  tacetd_rate *r = make(64), *other = make(64);
  tacetd_address a = {{0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 9, 9, 9, 9}}, b = a,
                 c = a;
  b.b[8] = 1; /* the same /64 */
  c.b[7] = 2; /* another */
  assert_true(tacetd_rate_tag(r, &a) == tacetd_rate_tag(r, &b));
  assert_true(tacetd_rate_tag(r, &a) != tacetd_rate_tag(r, &c));
  tacetd_address d = v4(1), e = v4(2);
  assert_true(tacetd_rate_tag(r, &d) != tacetd_rate_tag(r, &e));
  /* The key is the table's own: nothing of an address is in a tag. */
  assert_true(tacetd_rate_tag(r, &d) != tacetd_rate_tag(other, &d));
  tacetd_rate_free(r);
  tacetd_rate_free(other);
}

static void test_connections(void **state) {
  (void)state;
  tacetd_rate *r = make(64);
  for (int i = 0; i < 3; i++) {
    assert_true(tacetd_rate_connection_add(r, 5, 3, 0));
  }
  assert_false(tacetd_rate_connection_add(r, 5, 3, 0));
  assert_true(tacetd_rate_connection_add(r, 6, 3, 0));
  tacetd_rate_connection_remove(r, 5);
  assert_true(tacetd_rate_connection_add(r, 5, 3, 0));
  tacetd_rate_connection_remove(r, 99); /* unknown: nothing */
  tacetd_rate_free(r);
}

/* A crowd pushes out whoever is idle, never who is connected. */
static void test_crowd(void **state) {
  (void)state;
  tacetd_rate *r = make(64);
  uint32_t wait, refused = 0;
  assert_true(tacetd_rate_connection_add(r, 1 << 8, 1, 0));
  for (uint64_t i = 1; i <= 100000; i++) {
    (void)tacetd_rate_take(r, TACETD_RATE_REQUESTS, i << 8, i, &wait);
    refused += !tacetd_rate_connection_add(r, i << 8 | 1, 1, i);
  }
  assert_true(refused > 99000); /* bounded: 64 addresses, not 100,000 */
  assert_false(tacetd_rate_connection_add(r, 1 << 8, 1, 0));
  tacetd_rate_free(r);
}

static tacet_err new_step(void *ctx) {
  (void)ctx;
  tacetd_rate *r = NULL;
  TACET_TRY(tacetd_rate_new(64, rules, &r));
  tacetd_rate_free(r);
  return TACET_OK;
}
static void test_allocations(void **state) {
  (void)state;
  test_alloc_sweep(new_step, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_steps),     cmocka_unit_test(test_no_rounding_away),
      cmocka_unit_test(test_addresses), cmocka_unit_test(test_connections),
      cmocka_unit_test(test_crowd),     cmocka_unit_test(test_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
