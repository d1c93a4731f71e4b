/* SPDX-License-Identifier: Apache-2.0
 * desk/report/published.h -- what is published, as the bodies of the events
 * "report-published": the report, its hash, and the statements it makes.
 *
 *   {form, from, to, day, sha256, report, statements: [{kind, what, unit,
 *    structure, from, to, low, high, others}]}
 *
 * `others` is not part of the report (bands.h), and stays with the desk.
 */
#ifndef DESK_REPORT_PUBLISHED_H
#define DESK_REPORT_PUBLISHED_H

#include "desk/report/report.h"

/* All that is published, in the order of the log, and its statements. */
typedef struct desk_published {
  desk_statement *statements;
  size_t n, room;
  char **sources;
  size_t n_sources, sources_room;
} desk_published;

/* The body of an event, a new reference; NULL without memory. */
json_t *desk_published_body(const desk_report *r, desk_day day,
                            const char *sha256);
/* Takes a body in; `number` names it in explanations ("report 12 (a3, ...)").
 * ENCODING if it is none: then nothing may be published, since it is not known
 * what was. */
TACET_MUST_CHECK tacet_err desk_published_add(desk_published *p,
                                              uint64_t number,
                                              const json_t *body);
/* May this be published besides? As desk_bands_check(). */
TACET_MUST_CHECK tacet_err desk_published_check(const desk_published *p,
                                                const desk_report *r,
                                                desk_leak *why);
void desk_published_free(desk_published *p);

#endif
