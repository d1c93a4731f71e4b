/* SPDX-License-Identifier: Apache-2.0
 * desk/report/report.h -- a report on demands: from counts to one form, and
 * from that to text, JSON, CSV or HTML.
 *
 * A report is a JSON object, from which all formats are made; what it is made
 * of is only its input, so the same input gives the same bytes. Beside it stand
 * the statements that it makes of counts, for the band checker (bands.h).
 *
 * Counting rules, which each report states: both ends of a period belong to it,
 * days are UTC; a demand counts on the day it was received, whatever became of
 * it, pending ones with it; accounts are those that demands name, so one that
 * is named twice counts twice; "some data" is anything at all; demands to
 * preserve count apart; content is always nothing.
 */
#ifndef DESK_REPORT_REPORT_H
#define DESK_REPORT_REPORT_H

#include "desk/report/bands.h"

#include <jansson.h>

typedef enum desk_form {
  DESK_FORM_2013,   /* all kinds lumped, bands of 1,000: June 2013 */
  DESK_FORM_A1,     /* 50 U.S.C. 1874(a)(1): six numbers, bands of 1,000 */
  DESK_FORM_A2,     /* (a)(2): six numbers, bands of 500 */
  DESK_FORM_A3,     /* (a)(3): two numbers, bands of 250 */
  DESK_FORM_A4,     /* (a)(4): two numbers of a year, bands of 100 */
  DESK_FORM_DSA,    /* Implementing Regulation (EU) 2024/2835, parts 1 and 3 */
  DESK_FORM_GITHUB, /* tables in the shape of GitHub's */
  DESK_FORM_LIFTED, /* those whose secrecy ended, each */
  DESK_FORMS
} desk_form;

typedef enum desk_format {
  DESK_TEXT, /* at most 79 columns, where words allow it */
  DESK_JSON, /* one line, keys in order */
  DESK_CSV,  /* tables alone, each with its header, an empty line between */
  DESK_HTML, /* one page that fetches nothing and runs nothing */
  DESK_FORMATS
} desk_format;

/* "2013", "a1", "dsa"; "text", "csv". NULL past the end; false for no word. */
const char *desk_form_name(desk_form f);
bool desk_form_read(const char *text, desk_form *out);
bool desk_format_read(const char *text, desk_format *out);

typedef struct desk_report_input {
  const desk_count *counts; /* of any days; those of the period are taken */
  size_t n;
  desk_form form;
  desk_day from, to;
  desk_day today;       /* the day of publication */
  desk_day previous;    /* when the last of this form was; or DESK_NO_DAY */
  const char *provider; /* who reports; UTF-8 */
  const char *home;     /* country whose own demands cross no border: "US" */
} desk_report_input;

typedef struct desk_report {
  json_t *json;
  desk_statement *statements; /* sources point to `source` */
  size_t n;
  char source[80]; /* "this report (a3, 2013-01-01 to 2013-06-30)" */
} desk_report;

/* ARGUMENT: the period is none, or not one of this form. POLICY: it is too
 * early to publish this (R3 of the rules below). LIMIT: the counts are absurd.
 * NOMEM. Each with a sentence. desk_report_free also takes what is zero. */
TACET_MUST_CHECK tacet_err desk_report_make(const desk_report_input *in,
                                            desk_report *out,
                                            desk_trouble *why);
void desk_report_free(desk_report *r);

/* A report's JSON, also one that was read from a file, as *len bytes and a NUL;
 * to be freed with free(). With `table`, that table alone, of a CSV; NOT_FOUND
 * if there is none. ENCODING if the JSON is no report; NOMEM. */
TACET_MUST_CHECK tacet_err desk_report_render(const json_t *report,
                                              desk_format format,
                                              const char *table, char **out,
                                              size_t *len);

#endif
