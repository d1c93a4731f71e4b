/* SPDX-License-Identifier: Apache-2.0
 * desk/filing.h -- a demand, from wherever it came: a JSON file, a form, or
 * what was attached to a mail.
 */
#ifndef TACET_DESK_FILING_H
#define TACET_DESK_FILING_H

#include "desk/intake.h"

typedef struct desk_filing {
  desk_request request;
  const char *original; /* the file to keep, or NULL; of the arguments */
} desk_filing;

/* Reads what --file, --form or --mail names; one of them has to be given. In a
 * mail nothing counts that only the desk can say: on which day it came, what a
 * check of the signature gave, that somebody was called back. What was left out
 * is said on stderr. Errors as desk_request_read(), and ARGUMENT. Free with
 * desk_filing_free(). */
TACET_MUST_CHECK tacet_err desk_filing_read(const desk_args *a, desk_day today,
                                            desk_trouble *why,
                                            desk_filing *out);
void desk_filing_free(desk_filing *f);
#define DESK_FILING(name)                                                      \
  TACET_CLEANUP(desk_filing_free) desk_filing name = {.original = NULL}

/* Keeps the original in the desk's folder and sets "document" of the row. */
TACET_MUST_CHECK tacet_err desk_filing_keep(const desk_filing *f, bool is_mail,
                                            desk_store *s, json_t *row,
                                            desk_trouble *why);

#endif
