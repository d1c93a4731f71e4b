/* SPDX-License-Identifier: Apache-2.0
 * desk/rules/letter.h -- the answer to a demand, as a letter in the operator's
 * name: text of at most 79 columns, the same for the same input.
 */
#ifndef TACET_DESK_RULES_LETTER_H
#define TACET_DESK_RULES_LETTER_H

#include "desk/rules/narrow.h"

#define DESK_LETTER_COLUMNS 79

typedef enum desk_letter_kind {
  DESK_LETTER_COVER,    /* comes with what is handed over */
  DESK_LETTER_NARROW,   /* the same, and why a part is not there */
  DESK_LETTER_NOT_HELD, /* nothing of it exists */
  DESK_LETTER_CLARIFY,
  DESK_LETTER_OBJECT,
  DESK_LETTER_REFUSE,
  DESK_LETTER_KINDS
} desk_letter_kind;
const char *desk_letter_kind_name(desk_letter_kind k); /* "not-held" */

typedef struct desk_letter {
  desk_letter_kind kind;
  const char *case_id;
  desk_day day;
  const desk_question *question;
  const desk_findings *findings;
  const desk_narrowing *narrowing;
  /* Who writes, if the tables do not name the operator; or NULL. */
  const char *operator_name;
  /* What the officer who decided says besides, as the first point; or NULL. */
  const char *paragraph;
} desk_letter;

/* STATE and a sentence: nobody's name is known to sign with, or there is
 * nothing of the kind to say (no finding asks, objects or refuses). NOMEM. *out
 * is NUL-terminated UTF-8 with lines that end in \n; free with tacet_free(). */
TACET_MUST_CHECK tacet_err desk_letter_write(const desk_letter *letter,
                                             desk_trouble *why, char **out);

#endif
