/* SPDX-License-Identifier: Apache-2.0
 * What the two files of the band checker share: bands.c finds a leak,
 * bands_words.c says it. */
#ifndef DESK_REPORT_BANDS_PRIVATE_H
#define DESK_REPORT_BANDS_PRIVATE_H

#include "desk/report/paths.h"

/* A protected count in one unit, and all that is known of it. */
typedef struct bands_family {
  desk_protected what;
  desk_unit unit;
  paths all;   /* all that the statements imply together */
  paths sums;  /* upper bounds without subtracting: of what covers the days */
  paths least; /* lower bounds without subtracting: of what lies within them */
} bands_family;

typedef struct bands_leak {
  bool found, published;
  size_t u, v; /* u < v: an upper bound of [u, v); else a lower one of [v, u) */
  size_t steps; /* of the argument */
} bands_leak;

/* Is it about this family? `user` is the family. */
bool bands_takes(const desk_statement *s, const void *user);
bool bands_meet(const desk_statement *a, const desk_statement *b);

/* Which statements hang together with a total through shared days; true if
 * another total does: then two sums of two unknowns hang together. */
bool bands_spread(const desk_statement *s, size_t n, size_t total,
                  bool *reached);

/* POLICY if the numbers of other kinds contradict each other. */
TACET_MUST_CHECK tacet_err bands_family_make(bands_family *f,
                                             const desk_statement *s, size_t n,
                                             desk_day from, desk_day to);
void bands_family_free(bands_family *f);

void bands_explain(const bands_family *f, const desk_statement *s, size_t n,
                   const bands_leak *leak, desk_leak *why);
void bands_explain_contradiction(const bands_family *f, const desk_statement *s,
                                 size_t node, desk_leak *why);
void bands_explain_others(const desk_statement *s, size_t n,
                          const bands_family *f, desk_leak *why);
void bands_explain_structures(const desk_statement *a, const desk_statement *b,
                              desk_leak *why);

#endif
