/* SPDX-License-Identifier: Apache-2.0
 * desk/rules/narrow.h -- what is left of a demand: the scope that a plan is
 * made of, and for each thing demanded and each account named why it is given
 * or not.
 */
#ifndef TACET_DESK_RULES_NARROW_H
#define TACET_DESK_RULES_NARROW_H

#include "desk/rules/evaluate.h"

typedef enum desk_verdict {
  DESK_GIVEN,
  DESK_CUT,           /* given for a part of the period */
  DESK_NOT_HELD,      /* there is no such data */
  DESK_NOT_PERMITTED, /* the paper cannot order it */
  DESK_NO_DATA,       /* a search among everybody, or an act */
  DESK_NOT_KNOWN,     /* nobody knows what it means, or who it is */
  DESK_VERDICTS
} desk_verdict;
const char *desk_verdict_name(desk_verdict v);

typedef struct desk_reason {
  const char *what; /* "IP addresses and when they were used"; an identifier */
  const char *code; /* of the demand; "" */
  desk_verdict verdict;
  const char *words; /* one or two sentences, or "" */
} desk_reason;

/* An account of the server, for identifiers that are ids. */
typedef struct desk_account {
  const char *handle;
  const char *id; /* 64 lower-case hexadecimal digits */
} desk_account;

typedef struct desk_narrowing {
  /* There is something to hand over, or to keep. If not, the rest of scope is
   * zero. */
  bool anything;
  desk_scope scope;
  desk_reason *demands; /* in the paper's order, then other_demands */
  size_t n_demands;
  desk_reason *accounts; /* in the paper's order */
  size_t n_accounts;
  struct rules_block *blocks;
} desk_narrowing;

/* What follows from the paper alone, whoever decides: a blocking finding is the
 * officer's to weigh, and does not empty the scope. `known` (may be empty)
 * turns ids into handles. All of *out but scope.case_id, which is borrowed, is
 * its own or lives as long as q. NOMEM. Free with desk_narrowing_free(). */
TACET_MUST_CHECK tacet_err desk_narrow(const desk_question *q,
                                       const char *case_id,
                                       const desk_account *known,
                                       size_t n_known, desk_narrowing *out);
void desk_narrowing_free(desk_narrowing *n);

#endif
