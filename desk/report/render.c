/* SPDX-License-Identifier: Apache-2.0
 * A report's JSON in one of the formats; JSON and CSV. */
#include "desk/report/render.h"

#include <inttypes.h>
#include <stdlib.h>

/* ---- cells ---- */

static size_t put_number(json_int_t n, bool commas, char *out, size_t room) {
  char digits[32];
  size_t m = 0;
  size_t len =
      (size_t)snprintf(digits, sizeof(digits), "%" JSON_INTEGER_FORMAT, n);
  for (size_t i = 0; i < len && m + 2 < room; i++) {
    if (commas && i > 0 && digits[i - 1] != '-' && (len - i) % 3 == 0) {
      out[m++] = ',';
    }
    out[m++] = digits[i];
  }
  out[m] = '\0';
  return m;
}

bool render_is_number(const json_t *cell) {
  return json_is_integer(cell) || json_is_object(cell);
}

json_int_t render_low(const json_t *cell) {
  return json_is_object(cell) ? json_integer_value(json_object_get(cell, "low"))
                              : json_integer_value(cell);
}

json_int_t render_high(const json_t *cell) {
  return json_is_object(cell)
             ? json_integer_value(json_object_get(cell, "high"))
             : json_integer_value(cell);
}

const char *render_cell(const json_t *cell, bool commas, char room[CELL_TEXT]) {
  if (json_is_string(cell)) {
    return json_string_value(cell);
  }
  size_t n = 0;
  room[0] = '\0';
  if (render_is_number(cell)) {
    n = put_number(render_low(cell), commas, room, CELL_TEXT);
  }
  if (json_is_object(cell)) {
    room[n++] = '-';
    (void)put_number(render_high(cell), commas, room + n, CELL_TEXT - n);
  }
  return room;
}

const char *render_text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text == NULL ? "" : text;
}

size_t render_chars(const char *utf8) {
  size_t n = 0;
  for (; *utf8 != '\0'; utf8++) {
    n += ((unsigned char)*utf8 & 0xc0) != 0x80 ? 1 : 0;
  }
  return n;
}

/* ---- CSV: RFC 4180, with lines that end as GitHub's and the Union's do ----
 */

/* A spreadsheet would take such a text for a formula. */
static bool is_formula(const char *text) {
  return text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL;
}

static void csv_text(FILE *out, const char *text) {
  bool quoted = is_formula(text) || strpbrk(text, ",\"\r\n") != NULL;
  if (!quoted) {
    (void)fputs(text, out);
    return;
  }
  (void)fputs(is_formula(text) ? "\"'" : "\"", out);
  for (; *text != '\0'; text++) {
    if (*text == '"') {
      (void)fputc('"', out);
    }
    (void)fputc(*text, out);
  }
  (void)fputc('"', out);
}

static void csv_row(FILE *out, const json_t *row) {
  size_t i;
  json_t *cell;
  json_array_foreach(row, i, cell) {
    char room[CELL_TEXT];
    if (i > 0) {
      (void)fputc(',', out);
    }
    if (json_is_integer(cell)) {
      (void)fputs(render_cell(cell, false, room), out);
    } else {
      csv_text(out, render_cell(cell, false, room));
    }
  }
  (void)fputc('\n', out);
}

void render_csv_table(FILE *out, const json_t *table) {
  size_t i;
  json_t *row;
  csv_row(out, json_object_get(table, "columns"));
  json_array_foreach(json_object_get(table, "rows"), i, row) {
    csv_row(out, row);
  }
}

/* One table, or all with an empty line between. */
static bool render_csv(FILE *out, const json_t *report, const char *name) {
  size_t i, n = 0;
  json_t *table;
  json_array_foreach(json_object_get(report, "tables"), i, table) {
    if (name != NULL && strcmp(name, render_text_of(table, "name")) != 0) {
      continue;
    }
    if (n++ > 0) {
      (void)fputc('\n', out);
    }
    render_csv_table(out, table);
  }
  return n > 0;
}

/* ---- any format ---- */

static bool is_table(const json_t *table) {
  size_t i;
  json_t *row;
  const json_t *rows = json_object_get(table, "rows");
  size_t columns = json_array_size(json_object_get(table, "columns"));
  bool good = json_is_array(rows) && columns > 0;
  json_array_foreach(rows, i, row) {
    good = good && json_array_size(row) == columns;
  }
  return good;
}

static bool is_report(const json_t *report) {
  size_t i;
  json_t *table;
  const json_t *tables = json_object_get(report, "tables");
  bool good = json_integer_value(json_object_get(report, "version")) == 1 &&
              json_is_array(tables);
  json_array_foreach(tables, i, table) {
    good = good && is_table(table);
  }
  return good;
}

static tacet_err render(FILE *out, const json_t *report, desk_format format,
                        const char *table) {
  switch (format) {
  case DESK_TEXT:
    render_text(out, report);
    return TACET_OK;
  case DESK_HTML:
    render_html(out, report);
    return TACET_OK;
  case DESK_CSV:
    return render_csv(out, report, table) ? TACET_OK : TACET_ERR_NOT_FOUND;
  case DESK_JSON:
  case DESK_FORMATS:
  default:
    return json_dumpf(report, out, JSON_COMPACT | JSON_SORT_KEYS) == 0 &&
                   fputc('\n', out) != EOF
               ? TACET_OK
               : TACET_ERR_NOMEM;
  }
}

tacet_err desk_report_render(const json_t *report, desk_format format,
                             const char *table, char **out, size_t *len) {
  if (!is_report(report)) {
    return TACET_ERR_ENCODING;
  }
  char *text = NULL;
  size_t n = 0;
  FILE *f = open_memstream(&text, &n);
  if (f == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_err err = render(f, report, format, table);
  bool failed = ferror(f) != 0;
  if (fclose(f) != 0 || failed) {
    err = TACET_ERR_NOMEM;
  }
  if (err != TACET_OK) {
    free(text);
    return err;
  }
  *out = text;
  *len = n;
  return TACET_OK;
}
