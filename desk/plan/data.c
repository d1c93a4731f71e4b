/* SPDX-License-Identifier: Apache-2.0
 * Tables of an answer as CSV (RFC 4180) and as JSON. */
#include "desk/plan/bundle.h"
#include "tacet/codec.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA_MAX ((size_t)32 * 1024 * 1024)

/* A value as text, which the caller frees. NULL where memory ran out. */
static char *text_of(const desk_extract_cell *c) {
  size_t len = c->is_bytes ? 2 * c->bytes.len + 1 : 32;
  char *text = malloc(len);
  if (text == NULL) {
    return NULL;
  }
  if (c->is_bytes) {
    tacet_hex_write(tacet_bytes_span(&c->bytes), text);
  } else if (c->from->form == TACETD_FORM_DAY) {
    desk_day_text((desk_day)c->number, text);
  } else {
    (void)snprintf(text, len, "%lld", (long long)c->number);
  }
  return text;
}

/* ---- CSV ---- */

/* What a spreadsheet would take for a formula gets an apostrophe. Numbers and
 * hexadecimal never begin like one; a handle from a demand might. */
static void write_field(tacet_buf *w, const char *text) {
  bool formula = *text != '\0' && strchr("=+-@\t\r", *text) != NULL;
  bool quoted = formula || strpbrk(text, ",\"\r\n") != NULL;
  if (!quoted) {
    tacet_write_bytes(w, tacet_span_str(text));
    return;
  }
  tacet_write_bytes(w, tacet_span_str(formula ? "\"'" : "\""));
  for (const char *c = text; *c != '\0'; c++) {
    if (*c == '"') {
      tacet_write_u8(w, '"');
    }
    tacet_write_u8(w, (uint8_t)*c);
  }
  tacet_write_u8(w, '"');
}

static void end_line(tacet_buf *w) {
  tacet_write_bytes(w, TACET_SPAN_LIT("\r\n"));
}

static void csv_row(tacet_buf *w, const desk_plan *p,
                    const desk_extract_row *row) {
  write_field(w, p->scope.handles[row->handle]);
  for (size_t c = 0; c < row->n_cells; c++) {
    char *text = text_of(&row->cells[c]);
    tacet_write_u8(w, ',');
    if (text == NULL) {
      tacet_write_fail(w, TACET_ERR_NOMEM);
    } else {
      write_field(w, text);
      tacet_wipe(text, strlen(text));
    }
    free(text);
  }
  end_line(w);
}

static void csv_table(tacet_buf *w, const desk_plan *p,
                      const desk_extract_table *t) {
  write_field(w, "handle");
  for (size_t c = 0; c < t->step->n_columns; c++) {
    tacet_write_u8(w, ',');
    write_field(w, t->step->columns[c]->answer);
  }
  end_line(w);
  for (size_t r = 0; r < t->n_rows; r++) {
    csv_row(w, p, &t->rows[r]);
  }
}

static void csv_accounts(tacet_buf *w, const desk_plan *p,
                         const desk_extract *x) {
  tacet_write_bytes(w, TACET_SPAN_LIT("handle,account\r\n"));
  for (size_t i = 0; i < x->n_handles; i++) {
    write_field(w, p->scope.handles[i]);
    tacet_write_bytes(w, tacet_span_str(x->present[i] ? ",yes" : ",no"));
    end_line(w);
  }
}

/* ---- JSON ---- */

static json_t *json_row(const desk_plan *p, const desk_extract_row *row) {
  json_t *o = json_pack("{s:s}", "handle", p->scope.handles[row->handle]);
  for (size_t c = 0; o != NULL && c < row->n_cells; c++) {
    const desk_extract_cell *cell = &row->cells[c];
    json_t *v = NULL;
    if (cell->from->form == TACETD_FORM_NUMBER) {
      v = json_integer(cell->number);
    } else {
      char *text = text_of(cell);
      v = text == NULL ? NULL : json_string(text);
      free(text);
    }
    if (json_object_set_new(o, cell->from->answer, v) != 0) {
      json_decref(o);
      o = NULL;
    }
  }
  return o;
}

static json_t *json_columns(const desk_query *q) {
  json_t *list = json_array();
  for (size_t i = 0; i < q->n_columns; i++) {
    const tacetd_inventory_row *row = q->columns[i];
    if (json_array_append_new(
            list, json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "name",
                            row->answer, "column", row->name, "category",
                            tacetd_inventory_category_name(row->category),
                            "form", desk_column_form(row->form), "what",
                            row->what, "how_long", row->how_long)) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *json_table(const desk_plan *p, const desk_extract_table *t) {
  json_t *rows = json_array();
  for (size_t r = 0; r < t->n_rows; r++) {
    if (json_array_append_new(rows, json_row(p, &t->rows[r])) != 0) {
      json_decref(rows);
      return NULL;
    }
  }
  return json_pack("{s:s, s:o, s:o}", "table", t->step->name, "columns",
                   json_columns(t->step), "rows", rows);
}

static json_t *json_accounts(const desk_plan *p, const desk_extract *x) {
  json_t *rows = json_array();
  for (size_t i = 0; i < x->n_handles; i++) {
    if (json_array_append_new(rows, json_pack("{s:s, s:b}", "handle",
                                              p->scope.handles[i], "account",
                                              (int)x->present[i])) != 0) {
      json_decref(rows);
      return NULL;
    }
  }
  return json_pack("{s:s, s:o}", "table", "accounts", "rows", rows);
}

static void write_json(tacet_buf *w, json_t *json) {
  char *text =
      json == NULL ? NULL : json_dumps(json, JSON_SORT_KEYS | JSON_INDENT(1));
  json_decref(json);
  if (text == NULL) {
    tacet_write_fail(w, TACET_ERR_NOMEM);
    return;
  }
  tacet_write_bytes(w, tacet_span_str(text));
  tacet_write_u8(w, '\n');
  tacet_wipe(text, strlen(text));
  free(text);
}

tacet_err bundle_table(const desk_plan *p, const desk_extract *x,
                       const desk_extract_table *t, bool json,
                       tacet_bytes *out) {
  TACET_BUF(w, DATA_MAX);
  if (json) {
    write_json(&w, t == NULL ? json_accounts(p, x) : json_table(p, t));
  } else if (t == NULL) {
    csv_accounts(&w, p, x);
  } else {
    csv_table(&w, p, t);
  }
  return tacet_buf_take(&w, out);
}
