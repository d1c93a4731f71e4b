/* SPDX-License-Identifier: Apache-2.0
 * The form of June 2013: demands of all kinds together, of federal, state and
 * local authorities, criminal and national-security ones, in bands of 1,000
 * whose lower end is a multiple. */
#include "desk/report/build.h"

#include <inttypes.h>
#include <stdio.h>

enum { WIDTH = 1000, NUMBER_TEXT = 32 };

/* "4,000": multiples of a thousand. */
static void thousands(uint64_t n, char out[NUMBER_TEXT]) {
  char digits[NUMBER_TEXT];
  size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, n), m = 0;
  for (size_t i = 0; i < len && m + 2 < NUMBER_TEXT; i++) {
    if (i > 0 && (len - i) % 3 == 0) {
      out[m++] = ',';
    }
    out[m++] = digits[i];
  }
  out[m] = '\0';
}

static void say(build *b, const tally *t) {
  char from[DAY_WORDS], to[DAY_WORDS];
  char n[4][NUMBER_TEXT];
  uint64_t requests = band_low(t->requests, WIDTH);
  uint64_t accounts = band_low(t->accounts, WIDTH);
  day_words(b->in->from, from);
  day_words(b->in->to, to);
  thousands(requests, n[0]);
  thousands(requests + WIDTH, n[1]);
  thousands(accounts, n[2]);
  thousands(accounts + WIDTH, n[3]);
  /* A sentence each, so that no line of a text breaks within what it says. */
  build_say(b, b->summary,
            "From %s to %s, all kinds of demands together:", from, to);
  build_say(b, b->summary,
            "We received between %s and %s requests for customer data.", n[0],
            n[1]);
  build_say(b, b->summary,
            "They specified between %s and %s accounts or devices.", n[2],
            n[3]);
}

static void state(build *b, const tally *t, const tally *others) {
  desk_statement s = {.kind = DESK_SAYS_TOTAL,
                      .structure = DESK_STRUCTURE_2013,
                      .from = b->in->from,
                      .to = b->in->to,
                      .low = band_low(t->requests, WIDTH),
                      .others = others->requests};
  s.high = s.low + WIDTH - 1;
  build_state(b, &s);
  s.unit = DESK_UNIT_ACCOUNTS;
  s.low = band_low(t->accounts, WIDTH);
  s.high = s.low + WIDTH - 1;
  s.others = others->accounts;
  build_state(b, &s);
}

void form_lumped(build *b) {
  static const char *const columns[] = {"Counted", "At least", "Fewer than",
                                        NULL};
  tally t = {0}, others = {0};
  tally_filter f = {
      .from = b->in->from, .to = b->in->to, .kinds = KINDS_NS | KINDS_OTHERS};
  b->err = tally_count(b->in, &f, &t);
  f.kinds = KINDS_OTHERS;
  b->err = b->err == TACET_OK ? tally_count(b->in, &f, &others) : b->err;
  (void)json_object_set_new(b->json, "title",
                            json_string("Demands of all kinds together"));
  say(b, &t);
  json_t *rows =
      build_table(b, "demands", "Demands of all kinds together", 0, columns);
  uint64_t requests = band_low(t.requests, WIDTH);
  uint64_t accounts = band_low(t.accounts, WIDTH);
  BUILD_ROW(b, rows, json_string("Requests"), cell_number(requests),
            cell_number(requests + WIDTH));
  BUILD_ROW(b, rows, json_string("Accounts or devices"), cell_number(accounts),
            cell_number(accounts + WIDTH));
  build_say(b, b->rules,
            "Demands of all kinds are counted together: criminal, emergency, "
            "civil and national-security ones. The numbers are told in bands "
            "of 1,000 that begin at a multiple of it.");
  state(b, &t, &others);
}
