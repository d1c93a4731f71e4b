/* SPDX-License-Identifier: Apache-2.0
 * desk/judging.h -- a case, judged: the demand with the cases before it,
 * findings, what is left of it, and by which rules. */
#ifndef TACET_DESK_JUDGING_H
#define TACET_DESK_JUDGING_H

#include "desk/question.h"

typedef struct desk_judging {
  desk_case c;
  desk_findings findings;
  desk_narrowing narrowing;
  char rules[65]; /* SHA-256 of desk_tables_text(), hexadecimal */
  desk_earlier *earlier;
  json_t **bodies; /* what `earlier` borrows from */
  size_t n_earlier;
} desk_judging;
#define DESK_JUDGING(name)                                                     \
  TACET_CLEANUP(desk_judging_free) desk_judging name = {.rules = ""}
void desk_judging_free(desk_judging *j);

/* Loads the case that the arguments name, and judges it. Of the cases that were
 * filed before it only those are compared that `who` may see. Its address must
 * not change afterwards. Errors as desk_case_load(). */
TACET_MUST_CHECK tacet_err desk_judge(const desk_args *a, desk_store *s,
                                      const desk_who *who, desk_trouble *why,
                                      desk_judging *out);

/* SHA-256 of desk_tables_text(), hexadecimal. */
TACET_MUST_CHECK tacet_err desk_rules_hash(const desk_tables *tables,
                                           char out[65]);
/* That these are the rules by which the case was evaluated: a letter could say
 * other reasons than the officer saw, and a plan give more than he decided.
 * POLICY and a sentence. */
TACET_MUST_CHECK tacet_err desk_rules_check(desk_store *s, const char *id,
                                            const desk_tables *tables,
                                            desk_trouble *why);

#endif
