/* SPDX-License-Identifier: Apache-2.0
 * desk/reporting.h -- what the commands about reports share: the period and
 * form that were asked for, the counts of the desk, and what is published.
 */
#ifndef TACET_DESK_REPORTING_H
#define TACET_DESK_REPORTING_H

#include "desk/command.h"
#include "desk/report/published.h"

#define DESK_REPORT_EVENT "report-published"
#define DESK_SHA256_TEXT (2 * 32 + 1)

/* The counts of all cases; texts are owned. */
typedef struct desk_counts {
  desk_count *counts;
  size_t n, room;
} desk_counts;
TACET_MUST_CHECK tacet_err desk_counts_load(desk_store *s, desk_trouble *why,
                                            desk_counts *out);
void desk_counts_free(desk_counts *c);

/* --from, --to, --form, --format. False after having said why: usage. */
typedef struct desk_asked {
  desk_form form;
  desk_format format;
  desk_day from, to;
} desk_asked;
bool desk_asked_read(const desk_args *a, desk_asked *out);
/* --format alone; text without it. */
bool desk_format_asked(const desk_args *a, desk_format *out);

/* Makes the report that was asked for, from the cases. `out` is to be freed
 * with desk_report_free() also on failure. */
TACET_MUST_CHECK tacet_err desk_report_asked(const desk_args *a, desk_store *s,
                                             const desk_asked *asked,
                                             desk_trouble *why,
                                             desk_report *out);
/* As --format and --table want it; to be freed with free(). */
TACET_MUST_CHECK tacet_err desk_report_text(const desk_args *a,
                                            const json_t *report,
                                            desk_format format,
                                            desk_trouble *why, char **text,
                                            size_t *len);
/* Writes that to --out, or to stdout. */
TACET_MUST_CHECK tacet_err desk_report_put(const desk_args *a,
                                           const json_t *report,
                                           desk_format format,
                                           desk_trouble *why);
/* The hash of a report's JSON format. */
TACET_MUST_CHECK tacet_err desk_report_hash(const json_t *report,
                                            char out[DESK_SHA256_TEXT]);

/* The server's domain, as its configuration says. */
TACET_MUST_CHECK tacet_err desk_domain(const desk_store *s, desk_trouble *why,
                                       char *out, size_t cap);

#endif
