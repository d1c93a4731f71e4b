/* SPDX-License-Identifier: Apache-2.0
 * desk/question.h -- a case as the rules see it: the demand, the tables of law
 * with the operator's own, and what the inventory says of each thing demanded.
 */
#ifndef TACET_DESK_QUESTION_H
#define TACET_DESK_QUESTION_H

#include "desk/command.h"
#include "desk/rules/narrow.h"

#define DESK_QUESTION_HOLDINGS 64

typedef struct desk_case {
  json_t *row, *demand; /* desk_case_get(), desk_case_request() */
  desk_request request;
  /* With the file of --rules, else rules.json in the desk's folder if there is
   * one; the domain is the server's where no file has another. */
  desk_tables tables;
  char domain[256];
  desk_holding holdings[DESK_QUESTION_HOLDINGS];
  desk_question question; /* over all of these */
} desk_case;
#define DESK_CASE(name)                                                        \
  TACET_CLEANUP(desk_case_free) desk_case name = {.row = NULL}
void desk_case_free(desk_case *c);

/* Loads the case that the arguments name (words[0]), if `who` may see it. Its
 * address must not change afterwards. NOT_FOUND, POLICY, and what reading
 * gives. */
TACET_MUST_CHECK tacet_err desk_case_load(const desk_args *a, desk_store *s,
                                          const desk_who *who,
                                          desk_trouble *why, desk_case *out);
/* Whether the server holds what a demand's code means, in words: of the
 * inventory (desk/plan). `out` has room for DESK_QUESTION_HOLDINGS. */
size_t desk_holdings_of(desk_holding *out);

#endif
