/* SPDX-License-Identifier: Apache-2.0
 * The band checker's findings in words: which published numbers, and what their
 * difference tells. */
#include "desk/report/bands_private.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

static const char *const names[DESK_PROTECTED] = {
    "national-security demands", "national security letters",
    "FISA orders for content", "FISA orders for other data"};
static const char *const structures[DESK_STRUCTURES] = {"none", "2013", "a1",
                                                        "a2",   "a3",   "a4"};

__attribute__((format(printf, 2, 3))) static void say(desk_leak *why,
                                                      const char *format, ...) {
  size_t len = strlen(why->text);
  va_list list;
  va_start(list, format);
  (void)vsnprintf(why->text + len, sizeof(why->text) - len, format, list);
  va_end(list);
}

static void say_days(desk_leak *why, desk_day from, desk_day to) {
  char a[DESK_DAY_TEXT], b[DESK_DAY_TEXT];
  desk_day_text(from, a);
  desk_day_text(to, b);
  if (from == to) {
    say(why, "on %s", a);
  } else {
    say(why, "from %s to %s", a, b);
  }
}

static void say_what(desk_leak *why, const bands_family *f) {
  say(why, "%s%s", f->unit == DESK_UNIT_ACCOUNTS ? "accounts in " : "",
      names[f->what]);
}

/* What a total was read with. */
static void say_others(desk_leak *why, const desk_statement *s, size_t n,
                       size_t total) {
  const char *last = "";
  bool reached[DESK_STATEMENTS_MAX];
  if (n == 0) {
    say(why, ", of all kinds together");
    return;
  }
  say(why, bands_spread(s, n, total, reached)
               ? ", of all kinds together, which hangs together with another "
                 "total (so the other kinds are taken as known); see"
               : ", of all kinds together; the exact numbers of other kinds "
                 "are in");
  for (size_t i = 0; i < n; i++) {
    if (reached[i] && i != total && strcmp(last, s[i].source) != 0 &&
        strcmp(s[total].source, s[i].source) != 0) {
      say(why, "%s %s", last[0] == '\0' ? "" : ",", s[i].source);
      last = s[i].source;
    }
  }
}

/* One step of the argument: the edge from u to v. */
static void say_step(desk_leak *why, const bands_family *f,
                     const desk_statement *s, size_t n, size_t u, size_t v) {
  size_t i = f->all.statement[u * f->all.n + v];
  if (u == v || paths_get(&f->all, u, v) == PATHS_FAR ||
      i == PATHS_NO_STATEMENT) {
    return; /* no day counts less than nothing */
  }
  say(why, "\n - %s says ", s[i].source);
  if (u < v) {
    say(why, "at most %" PRIu64, s[i].high);
  } else {
    say(why, "at least %" PRIu64, s[i].low);
  }
  say(why, " ");
  say_days(why, s[i].from, s[i].to);
  if (s[i].kind == DESK_SAYS_TOTAL) {
    say_others(why, s, n, i);
  }
}

static void say_path(desk_leak *why, const bands_family *f,
                     const desk_statement *s, size_t n, size_t u, size_t v) {
  for (size_t steps = 0; steps < f->all.n; steps++) {
    size_t next = f->all.next[u * f->all.n + v];
    say_step(why, f, s, n, u, next);
    u = next;
    if (u == v) {
      return;
    }
  }
}

void bands_explain(const bands_family *f, const desk_statement *s, size_t n,
                   const bands_leak *leak, desk_leak *why) {
  bool upper = leak->u < leak->v;
  size_t a = upper ? leak->u : leak->v, b = upper ? leak->v : leak->u;
  int64_t w = paths_get(&f->all, leak->u, leak->v);
  why->text[0] = '\0';
  say(why, "with this report it could be told that ");
  say_days(why, f->all.days[a], f->all.days[b] - 1);
  say(why, " there were at %s %" PRId64 " ", upper ? "most" : "least",
      upper ? w : -w);
  say_what(why, f);
  say(why, leak->published ? ", which is narrower than the band published for "
                             "these days; the difference of these tells it:"
                           : ", which no band says; the difference of these "
                             "tells it:");
  say_path(why, f, s, n, leak->u, leak->v);
}

void bands_explain_contradiction(const bands_family *f, const desk_statement *s,
                                 size_t node, desk_leak *why) {
  why->text[0] = '\0';
  say(why, "this report contradicts what is published of ");
  say_what(why, f);
  say(why, ": the counts have changed since, or two bands exclude each "
           "other:");
  /* Both directions of the widest statement at the node do. */
  for (size_t v = 0; v < f->all.n; v++) {
    say_step(why, f, s, 0, node, v);
    say_step(why, f, s, 0, v, node);
  }
}

void bands_explain_others(const desk_statement *s, size_t n,
                          const bands_family *f, desk_leak *why) {
  const char *last = "";
  why->text[0] = '\0';
  say(why, "the exact numbers of other kinds contradict each other: cases were "
           "added since one of these was published:");
  for (size_t i = 0; i < n; i++) {
    if (s[i].kind == DESK_SAYS_EXACT && s[i].unit == f->unit &&
        strcmp(last, s[i].source) != 0) {
      say(why, " %s;", s[i].source);
      last = s[i].source;
    }
  }
}

void bands_explain_structures(const desk_statement *a, const desk_statement *b,
                              desk_leak *why) {
  desk_day from = a->from > b->from ? a->from : b->from;
  desk_day to = a->to < b->to ? a->to : b->to;
  why->text[0] = '\0';
  say(why, "%s tells the national-security demands ", a->source);
  say_days(why, from, to);
  say(why,
      " in the structure %s, and %s in the structure %s: a day has one "
      "structure, which was fixed when it was first published",
      structures[a->structure], b->source, structures[b->structure]);
}
