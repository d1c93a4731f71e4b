/* SPDX-License-Identifier: Apache-2.0
 * Statements of reports: five bytes each, over a few days. What passes the band
 * checker leaves every published band whole; what does not says why. */
#include "desk/report/bands.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { SIZE = 5, DAYS = 12, MOST = 24 };

static desk_statement statement(const uint8_t *p) {
  desk_statement s = {.kind = (desk_statement_kind)(p[0] % DESK_SAYS_KINDS),
                      .what = (desk_protected)(p[0] / 4 % DESK_PROTECTED),
                      .unit = (desk_unit)(p[0] / 16 % DESK_UNITS),
                      .structure = DESK_STRUCTURE_A3,
                      .from = p[1] % DAYS,
                      .low = p[3],
                      .others = p[4],
                      .source = "a report"};
  s.to = s.from + p[2] % (DAYS - s.from);
  s.high = s.low + (s.kind == DESK_SAYS_EXACT ? 0 : p[2] / 16);
  return s;
}

static void check_whole(const desk_statement *s, size_t n) {
  for (size_t i = 0; i < n; i++) {
    uint64_t low, high;
    if (s[i].kind == DESK_SAYS_BAND &&
        (desk_bands_range(s, n, s[i].what, s[i].unit, s[i].from, s[i].to, &low,
                          &high) != TACET_OK ||
         low != s[i].low || high != s[i].high)) {
      abort();
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  desk_statement s[MOST];
  desk_leak why = {""};
  size_t n = 0;
  for (; n < MOST && (n + 1) * SIZE <= size; n++) {
    s[n] = statement(data + n * SIZE);
  }
  tacet_err err = desk_bands_check(s, n, &why);
  if ((err == TACET_OK) != (why.text[0] == '\0')) {
    abort();
  }
  if (err == TACET_OK) {
    check_whole(s, n);
  }
  return 0;
}
