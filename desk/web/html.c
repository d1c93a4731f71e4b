/* SPDX-License-Identifier: Apache-2.0
 * Writing HTML. */
#include "desk/web/html.h"

#include "desk/model.h"

#include <stdint.h>

#define DEPTH_MAX 32

void html_raw(FILE *out, const char *markup) {
  (void)fputs(markup, out);
}

void html_text(FILE *out, const char *text) {
  desk_html_text(out, text);
}

void html_element(FILE *out, const char *name, const char *text) {
  (void)fprintf(out, "<%s>", name);
  html_text(out, text);
  (void)fprintf(out, "</%s>", name);
}

/* ---- JSON ---- */

static void write_value(FILE *out, const json_t *v, int depth);

static void write_object(FILE *out, const json_t *v, int depth) {
  const char *name;
  json_t *member;
  html_raw(out, "<dl>\n");
  json_object_foreach((json_t *)(uintptr_t)v, name, member) {
    html_element(out, "dt", name);
    html_raw(out, "<dd>");
    write_value(out, member, depth + 1);
    html_raw(out, "</dd>\n");
  }
  html_raw(out, "</dl>\n");
}

static void write_array(FILE *out, const json_t *v, int depth) {
  size_t i;
  json_t *item;
  html_raw(out, "<ul>\n");
  json_array_foreach(v, i, item) {
    html_raw(out, "<li>");
    write_value(out, item, depth + 1);
    html_raw(out, "</li>\n");
  }
  html_raw(out, "</ul>\n");
}

static void write_value(FILE *out, const json_t *v, int depth) {
  if (depth > DEPTH_MAX) {
    html_raw(out, "&hellip;");
  } else if (json_is_object(v) && json_object_size(v) > 0) {
    write_object(out, v, depth);
  } else if (json_is_array(v) && json_array_size(v) > 0) {
    write_array(out, v, depth);
  } else if (json_is_string(v)) {
    html_raw(out, "<bdi>");
    html_text(out, json_string_value(v));
    html_raw(out, "</bdi>");
  } else if (json_is_integer(v)) {
    (void)fprintf(out, "%" JSON_INTEGER_FORMAT, json_integer_value(v));
  } else {
    html_raw(out, json_is_true(v)    ? "yes"
                  : json_is_false(v) ? "no"
                                     : "&ndash;");
  }
}

void html_json(FILE *out, const json_t *value) {
  write_value(out, value, 0);
}
