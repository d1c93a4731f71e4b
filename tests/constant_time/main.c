/* SPDX-License-Identifier: Apache-2.0
 * Runs every case and says which of them looked at a secret. Exits with 77
 * where there is no valgrind to see it, and with 2 if valgrind does not see a
 * program that looks on purpose.
 */
#include <stdio.h>

#include "tests/constant_time/cases.h"

/* What must be found: else silence means nothing. */
static volatile int seen;
static void looks_at_a_secret(void) {
  uint8_t secret[16] = {0};
  make_secret(secret, sizeof(secret));
  if (secret[3] == 7) {
    seen++;
  }
}

static size_t run(const ct_case *c) {
  unsigned before = VALGRIND_COUNT_ERRORS;
  c->run();
  unsigned found = VALGRIND_COUNT_ERRORS - before;
  printf("%-44s %s\n", c->name, found == 0 ? "ok" : "LOOKS AT A SECRET");
  fflush(stdout);
  return found > 0;
}

int main(void) {
  if (!RUNNING_ON_VALGRIND) {
    puts("run this under valgrind: make constant-time");
    return 77;
  }
  must(tacet_crypto_init());
  unsigned before = VALGRIND_COUNT_ERRORS;
  looks_at_a_secret();
  if (VALGRIND_COUNT_ERRORS == before) {
    puts("valgrind did not see a look at a secret");
    return 2;
  }
  size_t bad = 0;
  for (size_t i = 0; i < ct_n_crypto_cases; i++) {
    bad += run(&ct_crypto_cases[i]);
  }
  for (size_t i = 0; i < ct_n_group_cases; i++) {
    bad += run(&ct_group_cases[i]);
  }
  printf("%zu cases, %zu look at a secret\n",
         ct_n_crypto_cases + ct_n_group_cases, bad);
  return bad == 0 ? 0 : 1;
}
