/* SPDX-License-Identifier: Apache-2.0
 * A report as one HTML page: no script, nothing fetched, tables with heads and
 * captions, charts as SVG that say in words what they show. */
#include "desk/report/render.h"

enum { BAR = 22, LABELS = 230, LENGTH = 360, NUMBERS = 130 };

static const char head[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, "
    "initial-scale=1\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src "
    "'none'; style-src 'unsafe-inline'\">\n";
static const char style[] =
    "<style>\n"
    "body{max-width:56rem;margin:2rem auto;padding:0 1rem;"
    "font:1rem/1.5 system-ui,sans-serif;color:#111;background:#fff}\n"
    "table{border-collapse:collapse;margin:1rem 0}\n"
    "caption{text-align:left;font-weight:bold;padding:.5rem 0}\n"
    "th,td{border:1px solid #767676;padding:.25rem .6rem;text-align:left;"
    "vertical-align:top}\n"
    ".n{text-align:right}\n"
    ".wide{overflow-x:auto}\n"
    "svg{max-width:100%;height:auto}\n"
    "rect{fill:#1f5fa8;stroke:#1f5fa8}\n"
    "@media(prefers-color-scheme:dark){body{color:#eee;background:#111}"
    "svg text{fill:#eee}rect{fill:#7ab4f5;stroke:#7ab4f5}}\n"
    "</style>\n";

static void element(FILE *out, const char *name, const char *s) {
  (void)fprintf(out, "<%s>", name);
  desk_html_text(out, s);
  (void)fprintf(out, "</%s>\n", name);
}

/* ---- charts ---- */

static json_int_t greatest(const json_t *rows, size_t column) {
  json_int_t most = 1;
  size_t i;
  json_t *row;
  json_array_foreach(rows, i, row) {
    json_int_t n = render_high(json_array_get(row, column));
    most = n > most ? n : most;
  }
  return most;
}

static int scaled(json_int_t n, json_int_t most) {
  return n <= 0      ? 0
         : n >= most ? LENGTH
                     : (int)((double)n * LENGTH / (double)most);
}

/* A number is a bar from 0; a band is a bar over all that it may be. */
static void bar(FILE *out, const json_t *row, size_t column, size_t i,
                json_int_t most) {
  char room[CELL_TEXT];
  const json_t *cell = json_array_get(row, column);
  int y = (int)i * BAR;
  int from = json_is_object(cell) ? scaled(render_low(cell), most) : 0;
  int to = scaled(render_high(cell), most);
  (void)fprintf(out, "<text x=\"0\" y=\"%d\">", y + 16);
  desk_html_text(out, render_cell(json_array_get(row, 0), true, room));
  (void)fprintf(out,
                "</text><rect x=\"%d\" y=\"%d\" width=\"%d\" "
                "height=\"16\"%s/><text x=\"%d\" y=\"%d\">%s</text>\n",
                LABELS + from, y + 3, to > from ? to - from : 1,
                json_is_object(cell) ? " fill-opacity=\"0.5\"" : "",
                LABELS + to + 8, y + 16, render_cell(cell, true, room));
}

static void describe(FILE *out, const json_t *rows, size_t column) {
  size_t i;
  json_t *row;
  json_array_foreach(rows, i, row) {
    char room[CELL_TEXT];
    desk_html_text(out, i == 0 ? "" : "; ");
    desk_html_text(out, render_cell(json_array_get(row, 0), true, room));
    desk_html_text(out, ": ");
    desk_html_text(out, render_cell(json_array_get(row, column), true, room));
  }
  desk_html_text(out, ".");
}

static void chart(FILE *out, const json_t *table, size_t number) {
  const json_t *rows = json_object_get(table, "rows");
  size_t column = (size_t)json_integer_value(json_object_get(table, "chart"));
  json_int_t most = greatest(rows, column);
  const char *head_of = json_string_value(
      json_array_get(json_object_get(table, "columns"), column));
  size_t i;
  json_t *row;
  if (column == 0 || head_of == NULL || json_array_size(rows) == 0) {
    return;
  }
  (void)fprintf(out,
                "<svg role=\"img\" aria-labelledby=\"c%zu d%zu\" "
                "viewBox=\"0 0 %d %d\" width=\"%d\" font-size=\"13\">\n"
                "<title id=\"c%zu\">",
                number, number, LABELS + LENGTH + NUMBERS,
                (int)json_array_size(rows) * BAR + 4, LABELS + LENGTH + NUMBERS,
                number);
  desk_html_text(out, head_of);
  (void)fprintf(out, "</title>\n<desc id=\"d%zu\">", number);
  describe(out, rows, column);
  (void)fputs("</desc>\n", out);
  json_array_foreach(rows, i, row) {
    bar(out, row, column, i, most);
  }
  (void)fputs("</svg>\n", out);
}

/* ---- tables ---- */

static void table_row(FILE *out, const json_t *row) {
  size_t i;
  json_t *cell;
  (void)fputs("<tr>", out);
  json_array_foreach(row, i, cell) {
    char room[CELL_TEXT];
    (void)fputs(i == 0                   ? "<th scope=\"row\">"
                : render_is_number(cell) ? "<td class=\"n\">"
                                         : "<td>",
                out);
    desk_html_text(out, render_cell(cell, true, room));
    (void)fputs(i == 0 ? "</th>" : "</td>", out);
  }
  (void)fputs("</tr>\n", out);
}

static void table(FILE *out, const json_t *t, size_t number) {
  size_t i;
  json_t *item;
  (void)fprintf(out, "<section aria-labelledby=\"h%zu\">\n<h2 id=\"h%zu\">",
                number, number);
  desk_html_text(out, render_text_of(t, "caption"));
  (void)fputs("</h2>\n", out);
  chart(out, t, number);
  /* Scrolled sideways with the keyboard, hence the tab stop. */
  (void)fprintf(out,
                "<div class=\"wide\" tabindex=\"0\" role=\"region\" "
                "aria-labelledby=\"h%zu\"><table>\n<caption>",
                number);
  desk_html_text(out, render_text_of(t, "caption"));
  (void)fputs("</caption>\n<thead><tr>", out);
  json_array_foreach(json_object_get(t, "columns"), i, item) {
    char room[CELL_TEXT];
    (void)fputs("<th scope=\"col\">", out);
    desk_html_text(out, render_cell(item, true, room));
    (void)fputs("</th>", out);
  }
  (void)fputs("</tr></thead>\n<tbody>\n", out);
  json_array_foreach(json_object_get(t, "rows"), i, item) {
    table_row(out, item);
  }
  (void)fputs("</tbody>\n</table></div>\n</section>\n", out);
}

void render_html(FILE *out, const json_t *report) {
  size_t i;
  json_t *item;
  char room[CELL_TEXT];
  (void)fputs(head, out);
  element(out, "title", render_text_of(report, "title"));
  (void)fprintf(out, "%s</head>\n<body>\n<main>\n", style);
  element(out, "h1", render_text_of(report, "title"));
  if (render_text_of(report, "provider")[0] != '\0') {
    element(out, "p", render_text_of(report, "provider"));
  }
  json_array_foreach(json_object_get(report, "summary"), i, item) {
    element(out, "p", render_cell(item, true, room));
  }
  json_array_foreach(json_object_get(report, "tables"), i, item) {
    table(out, item, i);
  }
  (void)fputs("<section aria-labelledby=\"rules\">\n"
              "<h2 id=\"rules\">How this is counted</h2>\n<ul>\n",
              out);
  json_array_foreach(json_object_get(report, "rules"), i, item) {
    element(out, "li", render_cell(item, true, room));
  }
  (void)fputs("</ul>\n</section>\n</main>\n</body>\n</html>\n", out);
}
