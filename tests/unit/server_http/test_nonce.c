/* SPDX-License-Identifier: Apache-2.0
 * Nonces: one use, one minute, nothing forged, memory that stays bounded. */
#include "tests/support/support.h"

#include "server/http/nonce.h"
#include "server/limits.h"

#include <string.h>

static tacetd_nonces *make(void) {
  tacetd_nonces *n = NULL;
  assert_ok(tacetd_nonces_new(&n));
  return n;
}

static void test_once(void **state) {
  (void)state;
  tacetd_nonces *n = make();
  uint8_t a[TACET_NONCE_LEN], b[TACET_NONCE_LEN];
  assert_ok(tacetd_nonce_make(n, 1000, a));
  assert_ok(tacetd_nonce_make(n, 1000, b));
  assert_memory_not_equal(a, b, sizeof(a));
  assert_ok(tacetd_nonce_take(n, 1000, a));
  assert_err(TACET_ERR_REPLAY, tacetd_nonce_take(n, 1000, a));
  assert_ok(tacetd_nonce_take(n, 1060, b));
  assert_err(TACET_ERR_REPLAY, tacetd_nonce_take(n, 1060, b));
  tacetd_nonces_free(n);
}

static const struct {
  const char *name;
  uint64_t made, first, again;
  tacet_err first_err;
} times[] = {
    {"at once", 100, 100, 100, TACET_OK},
    {"in its last second", 100, 160, 160, TACET_OK},
    {"too late", 100, 161, 161, TACET_ERR_REPLAY},
    {"from the future", 100, 99, 99, TACET_ERR_REPLAY},
    {"again after a turn", 100, 159, 160, TACET_OK},
    {"again after two turns", 161, 162, 221, TACET_OK},
    {"where 32 bits wrap", 0xffffffffu, 0x100000001u, 0x100000002u, TACET_OK},
};

static void test_times(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
    tacetd_nonces *n = make();
    uint8_t x[TACET_NONCE_LEN];
    assert_ok(tacetd_nonce_make(n, times[i].made, x));
    tacet_err e = tacetd_nonce_take(n, times[i].first, x);
    if (e != times[i].first_err ||
        tacetd_nonce_take(n, times[i].again, x) != TACET_ERR_REPLAY) {
      fail_msg("%s", times[i].name);
    }
    tacetd_nonces_free(n);
  }
}

/* Every changed bit makes it somebody else's, and so does another server. */
static void test_forged(void **state) {
  (void)state;
  tacetd_nonces *n = make(), *other = make();
  uint8_t x[TACET_NONCE_LEN];
  assert_ok(tacetd_nonce_make(n, 5, x));
  for (size_t bit = 0; bit < sizeof(x) * 8; bit++) {
    x[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    assert_err(TACET_ERR_REPLAY, tacetd_nonce_take(n, 5, x));
    x[bit / 8] ^= (uint8_t)(1u << (bit % 8));
  }
  assert_err(TACET_ERR_REPLAY, tacetd_nonce_take(other, 5, x));
  assert_ok(tacetd_nonce_take(n, 5, x));
  tacetd_nonces_free(n);
  tacetd_nonces_free(other);
}

static void test_give_back(void **state) {
  (void)state;
  tacetd_nonces *n = make();
  uint8_t x[TACET_NONCE_LEN];
  assert_ok(tacetd_nonce_make(n, 5, x));
  tacetd_nonce_give_back(n, x); /* not taken: nothing */
  assert_ok(tacetd_nonce_take(n, 5, x));
  tacetd_nonce_give_back(n, x);
  assert_ok(tacetd_nonce_take(n, 6, x));
  assert_err(TACET_ERR_REPLAY, tacetd_nonce_take(n, 6, x));
  tacetd_nonces_free(n);
}

/* As many as the limit can be used in a minute, then no more until it is over;
 * each of them is remembered, also where others were given back between. */
static void test_full(void **state) {
  (void)state;
  enum { N = TACETD_NONCES_MAX };
  tacetd_nonces *n = make();
  uint8_t(*all)[TACET_NONCE_LEN] = malloc(sizeof(*all) * N), x[TACET_NONCE_LEN];
  assert_non_null(all);
  for (size_t i = 0; i < N; i++) {
    assert_ok(tacetd_nonce_make(n, 100, all[i]));
    assert_ok(tacetd_nonce_take(n, 100, all[i]));
    if (i % 3 == 0) {
      tacetd_nonce_give_back(n, all[i]);
      assert_ok(tacetd_nonce_take(n, 100, all[i]));
    }
  }
  assert_ok(tacetd_nonce_make(n, 100, x));
  assert_err(TACET_ERR_BUSY, tacetd_nonce_take(n, 100, x));
  for (size_t i = 0; i < N; i += 7) {
    assert_err(TACET_ERR_REPLAY, tacetd_nonce_take(n, 130, all[i]));
  }
  assert_ok(tacetd_nonce_make(n, 161, x));
  assert_ok(tacetd_nonce_take(n, 161, x));
  free(all);
  tacetd_nonces_free(n);
}

static tacet_err new_step(void *ctx) {
  (void)ctx;
  tacetd_nonces *n = NULL;
  TACET_TRY(tacetd_nonces_new(&n));
  tacetd_nonces_free(n);
  return TACET_OK;
}
static void test_allocations(void **state) {
  (void)state;
  test_alloc_sweep(new_step, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_once),   cmocka_unit_test(test_times),
      cmocka_unit_test(test_forged), cmocka_unit_test(test_give_back),
      cmocka_unit_test(test_full),   cmocka_unit_test(test_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
