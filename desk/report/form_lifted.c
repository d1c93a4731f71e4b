/* SPDX-License-Identifier: Apache-2.0
 * Demands that were served under secrecy, and may be named since: a list of
 * its own, exactly, each with the day since when. They stay in the bands of the
 * other forms, which begin where they began. */
#include "desk/report/build.h"

#include <stdio.h>

static bool is_listed(const desk_report_input *in, const desk_count *c) {
  return c->lifted > 0 && c->kind == DESK_NATIONAL_SECURITY &&
         c->lifted >= in->from && c->lifted <= in->to;
}

static void list(build *b, json_t *rows) {
  for (size_t i = 0; i < b->in->n; i++) {
    const desk_count *c = &b->in->counts[i];
    char received[DESK_DAY_TEXT], lifted[DESK_DAY_TEXT];
    if (is_listed(b->in, c)) {
      desk_day_text(c->received, received);
      desk_day_text(c->lifted, lifted);
      BUILD_ROW(b, rows, json_string(received), json_string(c->instrument),
                cell_number(c->accounts), json_string(lifted));
    }
  }
}

void form_lifted(build *b) {
  static const char *const columns[] = {"Received", "Paper", "Accounts",
                                        "May be named since", NULL};
  char from[DAY_WORDS], to[DAY_WORDS];
  size_t n = 0;
  for (size_t i = 0; i < b->in->n; i++) {
    n += is_listed(b->in, &b->in->counts[i]) ? 1 : 0;
  }
  day_words(b->in->from, from);
  day_words(b->in->to, to);
  (void)json_object_set_new(b->json, "title",
                            json_string("Demands that may be named"));
  build_say(b, b->summary,
            "National-security demands whose secrecy ended from %s to %s: %zu.",
            from, to, n);
  list(b, build_table(b, "lifted", "Demands that may be named", 0, columns));
  build_say(b, b->rules,
            "Each of these was served under a duty of secrecy that has ended, "
            "and is named by itself. Others there may be, or not. They are "
            "counted in the bands of other reports as before, and the bands "
            "begin where they began.");
}
