/* SPDX-License-Identifier: Apache-2.0
 * What the forms share: tallies, windows, and the report as it grows.
 *
 * A report's JSON: version, form, from, to, title, provider; "summary" and
 * "rules", arrays of sentences; "tables", each {name, caption, columns, rows}
 * and perhaps "chart", the number of the column that is drawn. The first cell
 * of a row heads it. A cell is a text, a number, a band {low, high}, or null.
 */
#ifndef DESK_REPORT_BUILD_H
#define DESK_REPORT_BUILD_H

#include "desk/report/report.h"

/* ---- what is counted ---- */

typedef struct tally {
  uint64_t requests, accounts, with_data, accounts_with_data;
  uint64_t outcomes[DESK_OUTCOMES];
} tally;

typedef struct tally_filter {
  desk_day from, to;
  uint32_t kinds; /* bit 1 << desk_kind */
  bool preservation;
  /* Further conditions, or NULL. */
  bool (*takes)(const desk_count *c, const void *user);
  const void *user;
} tally_filter;

#define KINDS_NS (1u << DESK_NATIONAL_SECURITY)
#define KINDS_OTHERS                                                           \
  (1u << DESK_CRIMINAL | 1u << DESK_EMERGENCY | 1u << DESK_CIVIL)

/* LIMIT if a sum is over DESK_COUNT_MAX. */
TACET_MUST_CHECK tacet_err tally_count(const desk_report_input *in,
                                       const tally_filter *f, tally *out);

/* ---- days ---- */

/* The same day of another month, or that month's last. */
desk_day day_add_months(desk_day d, int months);
bool day_is_calendar_year(desk_day from, desk_day to, int *year);
bool day_is_half_year(desk_day from, desk_day to, int *year, int *half);
#define DAY_WORDS 32
void day_words(desk_day d, char out[DAY_WORDS]); /* "December 1, 2012" */

/* ---- the report as it grows ---- */

/* Errors stick: look at `err` in the end. */
typedef struct build {
  const desk_report_input *in;
  json_t *json, *summary, *rules, *tables;
  desk_statement *statements;
  size_t n, room;
  char *source;
  tacet_err err;
} build;

__attribute__((format(printf, 3, 4))) void build_say(build *b, json_t *list,
                                                     const char *format, ...);
/* Columns end with NULL; chart 0 for none. The rows, to be filled. */
json_t *build_table(build *b, const char *name, const char *caption, int chart,
                    const char *const *columns);
/* A row takes over its cells. */
void build_row(build *b, json_t *rows, size_t n, json_t *const *cells);
#define BUILD_ROW(b, rows, ...)                                                \
  build_row(b, rows,                                                           \
            sizeof((json_t *const[]){__VA_ARGS__}) / sizeof(json_t *),         \
            (json_t *const[]){__VA_ARGS__})
json_t *cell_number(uint64_t n);
json_t *cell_band(uint64_t n, uint64_t width); /* R2 */
void build_state(build *b, const desk_statement *s);
/* Exact numbers of other kinds over the period, in both units: of all of them,
 * or of a part. */
void build_state_others(build *b, const tally *said);

uint64_t band_low(uint64_t n, uint64_t width);

/* The forms. */
void form_lumped(build *b);
void form_lifted(build *b);
void form_bands(build *b);
void form_dsa(build *b);
void form_github(build *b);
/* The tables of the other kinds, exactly: of a1 to a4. */
void build_others(build *b);
/* Says that this form tells this of national-security demands in a window. */
void build_state_band(build *b, desk_protected what, desk_structure structure,
                      desk_day from, desk_day to, uint64_t width,
                      const tally *t);

/* "" if it is not known. */
const char *country_name(const char *code);
extern const char *const country_members[]; /* of the Union; ends with NULL */

#endif
