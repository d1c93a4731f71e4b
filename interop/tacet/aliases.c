/* SPDX-License-Identifier: Apache-2.0
 * The same algorithms under another number, which is part of what MLS hashes
 * and signs. A table of its own, given as an argument: the library knows none
 * of these numbers. */
#include "interop/tacet/aliases.h"

static const struct alias {
  uint16_t number, ours;
} aliases[] = {
    {0x004D, TACET_SUITE_XWING_CHACHA}, /* all three: OpenMLS */
    {0x004E, TACET_SUITE_XWING_AES256},
    {0x004F, TACET_SUITE_XWING_AES128},
};
#define N_ALIASES (sizeof(aliases) / sizeof(aliases[0]))
#define SUITES_MAX 32

const tacet_suites *interop_suites(void) {
  static tacet_suite copies[N_ALIASES];
  static const tacet_suite *list[SUITES_MAX];
  static tacet_suites suites;
  if (suites.n == 0) {
    while (suites.n < tacet_suites_all.n) {
      list[suites.n] = tacet_suites_all.list[suites.n];
      suites.n++;
    }
    for (size_t i = 0; i < N_ALIASES; i++) {
      copies[i] = *tacet_suites_find(&tacet_suites_all, aliases[i].ours);
      copies[i].id = aliases[i].number;
      list[suites.n++] = &copies[i];
    }
    suites.list = list;
  }
  return &suites;
}
