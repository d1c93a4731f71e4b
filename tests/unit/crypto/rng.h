/* SPDX-License-Identifier: Apache-2.0
 * tests/unit/crypto/rng.h -- generators that fail, that say zeros, and that say
 * the same every time. Each test puts the system's back with test_rng_normal().
 */
#ifndef TESTS_UNIT_CRYPTO_RNG_H
#define TESTS_UNIT_CRYPTO_RNG_H

#include "tacet/crypto.h"
#include "tests/support/support.h"

static struct {
  size_t asked, fail_at;
  uint8_t next;
} test_rng;

static tacet_err test_rng_counting(uint8_t *out, size_t len) {
  if (test_rng.asked++ == test_rng.fail_at) {
    return TACET_ERR_RNG;
  }
  for (size_t i = 0; i < len; i++) {
    out[i] = test_rng.next++;
  }
  return TACET_OK;
}

static inline tacet_err test_rng_zeros(uint8_t *out, size_t len) {
  memset(out, 0, len);
  return TACET_OK;
}

static inline void test_rng_normal(void) {
  tacet_random_source_set(NULL);
}

/* A known sequence of bytes from `first` on, without failures. */
static inline void test_rng_repeat(uint8_t first) {
  test_rng.asked = 0;
  test_rng.fail_at = SIZE_MAX;
  test_rng.next = first;
  tacet_random_source_set(test_rng_counting);
}

/* Runs step(ctx) with the 0th, 1st, ... request for randomness failing until it
 * succeeds without having met the failure: each earlier run must say RNG.
 * Gives how many requests there are. */
static inline size_t test_rng_sweep(tacet_err (*step)(void *ctx), void *ctx) {
  for (size_t n = 0;; n++) {
    test_rng_repeat(1);
    test_rng.fail_at = n;
    tacet_err err = step(ctx);
    size_t asked = test_rng.asked;
    test_rng_normal();
    if (asked <= n) {
      assert_ok(err);
      return n;
    }
    assert_err(TACET_ERR_RNG, err);
  }
}

/* For main(): what every program of this folder does first. */
static inline int test_crypto_start(void **state) {
  (void)state;
  return tacet_crypto_init() == TACET_OK ? 0 : -1;
}

#endif
