/* SPDX-License-Identifier: Apache-2.0
 * What the formats share: reading a report's JSON, and cells as text. */
#ifndef DESK_REPORT_RENDER_H
#define DESK_REPORT_RENDER_H

#include "desk/report/report.h"

#include <stdio.h>

#define CELL_TEXT 512
/* A cell as text: "4321", "0-249", "" for null. With commas ("4,321") for
 * people. Borrowed from the report or written to `room`. */
const char *render_cell(const json_t *cell, bool commas, char room[CELL_TEXT]);
/* A member that is a text, or "". */
const char *render_text_of(const json_t *object, const char *name);
bool render_is_number(const json_t *cell); /* or a band */
/* The greatest number of a cell; 0 of a text. */
json_int_t render_high(const json_t *cell);
json_int_t render_low(const json_t *cell);
size_t render_chars(const char *utf8);

void render_text(FILE *out, const json_t *report);
void render_csv_table(FILE *out, const json_t *table);
void render_html(FILE *out, const json_t *report);

#endif
