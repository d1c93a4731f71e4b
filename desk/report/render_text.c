/* SPDX-License-Identifier: Apache-2.0
 * A report as text of at most 79 columns, where words allow it. */
#include "desk/report/render.h"

enum { WIDTH = 79, COLUMNS_MAX = 32, GAP = 2 };

static void wrapped(FILE *out, const char *text, const char *first,
                    const char *others) {
  size_t column = (size_t)fprintf(out, "%s", first);
  bool start = true;
  while (*text != '\0') {
    size_t len = strcspn(text, " ");
    if (!start && column + 1 + len > WIDTH) {
      (void)fprintf(out, "\n%s", others);
      column = strlen(others);
      start = true;
    }
    if (!start) {
      (void)fputc(' ', out);
      column++;
    }
    (void)fwrite(text, 1, len, out);
    column += len;
    start = false;
    text += len;
    text += strspn(text, " ");
  }
  (void)fputc('\n', out);
}

static void underlined(FILE *out, const char *text, int line) {
  (void)fprintf(out, "%s\n", text);
  for (size_t i = render_chars(text); i > 0; i--) {
    (void)fputc(line, out);
  }
  (void)fputs("\n\n", out);
}

/* ---- tables ---- */

static void measure(const json_t *row, size_t *widths) {
  size_t i;
  json_t *cell;
  json_array_foreach(row, i, cell) {
    char room[CELL_TEXT];
    size_t n = render_chars(render_cell(cell, true, room));
    widths[i] = n > widths[i] ? n : widths[i];
  }
}

static void pad(FILE *out, size_t n) {
  for (; n > 0; n--) {
    (void)fputc(' ', out);
  }
}

/* Numbers stand to the right, and so do the heads of their columns. */
static void line(FILE *out, const json_t *row, const size_t *widths,
                 const bool *right, size_t n) {
  for (size_t i = 0; i < n; i++) {
    char room[CELL_TEXT];
    const char *text = render_cell(json_array_get(row, i), true, room);
    size_t space = widths[i] - render_chars(text);
    pad(out, (i > 0 ? GAP : 0) + (right[i] ? space : 0));
    (void)fputs(text, out);
    pad(out, right[i] || i + 1 == n ? 0 : space);
  }
  (void)fputc('\n', out);
}

static void grid(FILE *out, const json_t *columns, const json_t *rows,
                 const size_t *widths, size_t n) {
  bool right[COLUMNS_MAX] = {false};
  size_t i;
  json_t *row;
  json_array_foreach(rows, i, row) {
    for (size_t c = 0; c < n; c++) {
      right[c] = right[c] || render_is_number(json_array_get(row, c));
    }
  }
  line(out, columns, widths, right, n);
  json_array_foreach(rows, i, row) {
    line(out, row, widths, right, n);
  }
}

/* A table that is too wide: each row as a list of what it says. Rows that say
 * the same number 0 of everything are left out and counted. */
static void list(FILE *out, const json_t *columns, const json_t *rows) {
  size_t i, c, empty = 0;
  json_t *row, *cell;
  json_array_foreach(rows, i, row) {
    bool says = false, numbers = false;
    json_array_foreach(row, c, cell) {
      numbers = numbers || render_is_number(cell);
      says = says || render_high(cell) > 0;
    }
    if (numbers && !says) {
      empty++;
      continue;
    }
    json_array_foreach(row, c, cell) {
      char room[CELL_TEXT], indent[] = "    ";
      const char *text = render_cell(cell, true, room);
      const char *head = json_string_value(json_array_get(columns, c));
      if (text[0] != '\0') {
        (void)fprintf(out, "  %s:\n", head == NULL ? "" : head);
        wrapped(out, text, indent, indent);
      }
    }
    (void)fputc('\n', out);
  }
  if (empty > 0) {
    (void)fprintf(out, "  %zu further rows: 0.\n", empty);
  }
}

static void table(FILE *out, const json_t *t) {
  const json_t *columns = json_object_get(t, "columns");
  const json_t *rows = json_object_get(t, "rows");
  size_t n = json_array_size(columns), i, width = 0;
  size_t widths[COLUMNS_MAX] = {0};
  json_t *row;
  underlined(out, render_text_of(t, "caption"), '-');
  if (n <= COLUMNS_MAX) {
    measure(columns, widths);
    json_array_foreach(rows, i, row) {
      measure(row, widths);
    }
    for (size_t c = 0; c < n; c++) {
      width += widths[c] + (c > 0 ? GAP : 0);
    }
  }
  if (n <= COLUMNS_MAX && width <= WIDTH + 21) {
    grid(out, columns, rows, widths, n);
  } else {
    list(out, columns, rows);
  }
  (void)fputc('\n', out);
}

void render_text(FILE *out, const json_t *report) {
  size_t i;
  json_t *item;
  underlined(out, render_text_of(report, "title"), '=');
  if (render_text_of(report, "provider")[0] != '\0') {
    (void)fprintf(out, "%s\n\n", render_text_of(report, "provider"));
  }
  json_array_foreach(json_object_get(report, "summary"), i, item) {
    const char *text = json_string_value(item);
    wrapped(out, text == NULL ? "" : text, "", "");
    (void)fputc('\n', out);
  }
  json_array_foreach(json_object_get(report, "tables"), i, item) {
    table(out, item);
  }
  underlined(out, "How this is counted", '-');
  json_array_foreach(json_object_get(report, "rules"), i, item) {
    const char *text = json_string_value(item);
    wrapped(out, text == NULL ? "" : text, "- ", "  ");
  }
}
