/* SPDX-License-Identifier: Apache-2.0
 * desk/report/bands.h -- what published numbers tell about protected counts,
 * and whether that is more than their bands say.
 *
 * The counts of national-security demands are protected: the law lets them be
 * published in bands alone (50 U.S.C. 1874). Bands can be defeated by
 * subtraction: of two periods that differ by a day, of a year and its halves,
 * of a total of all kinds and the exact numbers of the other kinds. This
 * checker takes everything that was ever published and says whether any run of
 * days is known more narrowly than by the bands themselves.
 *
 * The answer depends on published numbers and on nothing else, with one
 * exception that errs on the side of refusing (desk_statement.others); so that
 * something was published tells no more than what it says.
 *
 * What is guaranteed, and the proof: docs/adr/0095-bands-are-paths.md.
 */
#ifndef DESK_REPORT_BANDS_H
#define DESK_REPORT_BANDS_H

#include "desk/model.h"

/* What a report may say of national-security demands: all together, or apart. A
 * protected count is one of these in one unit, over some days. */
typedef enum desk_protected {
  DESK_NS_ALL,
  DESK_NS_LETTERS,          /* national security letters */
  DESK_NS_FISA_CONTENT,     /* orders and directives for content */
  DESK_NS_FISA_NON_CONTENT, /* orders for other data */
  DESK_PROTECTED
} desk_protected;

typedef enum desk_unit {
  DESK_UNIT_REQUESTS,
  DESK_UNIT_ACCOUNTS,
  DESK_UNITS
} desk_unit;

typedef enum desk_statement_kind {
  DESK_SAYS_BAND,  /* low <= protected count <= high */
  DESK_SAYS_TOTAL, /* low <= all kinds together <= high */
  DESK_SAYS_EXACT, /* a number of other kinds, which is exact */
  DESK_SAYS_KINDS
} desk_statement_kind;

/* The structures of which a day has one: how its national-security demands are
 * told. */
typedef enum desk_structure {
  DESK_STRUCTURE_NONE, /* exact numbers of other kinds */
  DESK_STRUCTURE_2013,
  DESK_STRUCTURE_A1,
  DESK_STRUCTURE_A2,
  DESK_STRUCTURE_A3,
  DESK_STRUCTURE_A4,
  DESK_STRUCTURES
} desk_structure;

/* One number that is published, or is about to be. */
typedef struct desk_statement {
  desk_statement_kind kind;
  desk_protected what; /* of a band */
  desk_unit unit;
  desk_structure structure;
  desk_day from, to;  /* both included */
  uint64_t low, high; /* what is said; at most DESK_COUNT_MAX */
  /* Of a total or an exact number: how many of other kinds there were in these
   * days, in truth. Never published. The checker takes it as known to
   * everybody where it would have to reason about sums of two unknowns. */
  uint64_t others;
  const char *source; /* "report 3 (a3, 2013-01-01 to 2013-06-30)" */
} desk_statement;

#define DESK_COUNT_MAX ((uint64_t)1 << 40)
#define DESK_STATEMENTS_MAX 4096

/* What would leak, in whole sentences, for the people of the desk alone. */
typedef struct desk_leak {
  char text[2048];
} desk_leak;

/* POLICY, with the leak, if from all of these together more can be told of a
 * protected count than the bands say; if they contradict each other; or if the
 * national-security demands of one day are told in two structures. ARGUMENT if
 * a statement is malformed; LIMIT; NOMEM. */
TACET_MUST_CHECK tacet_err desk_bands_check(const desk_statement *s, size_t n,
                                            desk_leak *why);

/* The least and the greatest that a protected count can be, given all of these;
 * *high is UINT64_MAX where nothing bounds it. POLICY if they contradict each
 * other. */
TACET_MUST_CHECK tacet_err desk_bands_range(const desk_statement *s, size_t n,
                                            desk_protected what, desk_unit unit,
                                            desk_day from, desk_day to,
                                            uint64_t *low, uint64_t *high);

#endif
