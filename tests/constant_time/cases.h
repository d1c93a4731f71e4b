/* SPDX-License-Identifier: Apache-2.0
 * Secrets as valgrind sees them: undefined bytes. Whoever branches on one, or
 * uses one as an address, is told on. What is public although it came from a
 * secret (a ciphertext, a public key, the verdict of a comparison) is declared
 * so here, one call for each.
 */
#ifndef TACET_TESTS_CONSTANT_TIME_CASES_H
#define TACET_TESTS_CONSTANT_TIME_CASES_H

#include <stdlib.h>

#include <valgrind/memcheck.h>

#include "tacet/crypto.h"

typedef struct ct_case {
  const char *name;
  void (*run)(void);
} ct_case;
extern const ct_case ct_crypto_cases[], ct_group_cases[];
extern const size_t ct_n_crypto_cases, ct_n_group_cases;

static inline void must(tacet_err err) {
  (void)VALGRIND_MAKE_MEM_DEFINED(&err, sizeof(err)); /* a verdict is public */
  if (err != TACET_OK) {
    abort();
  }
}
static inline void must_be(tacet_err want, tacet_err err) {
  (void)VALGRIND_MAKE_MEM_DEFINED(&err, sizeof(err));
  if (err != want) {
    abort();
  }
}
static inline void make_secret(const void *p, size_t len) {
  (void)VALGRIND_MAKE_MEM_UNDEFINED(p, len);
}
static inline void make_public(const void *p, size_t len) {
  (void)VALGRIND_MAKE_MEM_DEFINED(p, len);
}
/* The bytes of a secret; its length is public. */
static inline void hide(tacet_secret *s) {
  make_secret(s->b, s->len);
}
static inline void show(tacet_secret *s) {
  make_public(s->b, s->len);
}

#endif
