/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk case new, import, list: what comes in. */
#include "desk/filing.h"

#include "tacet/codec.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* ---- new ---- */

static tacet_err file_demand(const desk_args *a, desk_store *s,
                             const desk_who *who, const desk_filing *filing,
                             desk_trouble *why, char id[DESK_CASE_ID_MAX + 1]) {
  const desk_request *demand = &filing->request;
  json_t *row = NULL;
  desk_tables tables = {.json = NULL};
  desk_trouble t = {""};
  TACET_TRY(desk_intake_tables(a, why, &tables));
  tacet_err e =
      desk_intake_row(demand, &tables, desk_store_now(s), who->actor, &t, &row);
  if (e != TACET_OK) {
    desk_trouble_set(why, "the demand cannot be filed: %.400s", t.text);
  }
  if (e == TACET_OK) {
    e = desk_filing_keep(filing, desk_arg(a, DESK_O_MAIL) != NULL, s, row, why);
  }
  if (e == TACET_OK) {
    e = desk_case_file(s, demand->json, row, who->actor, who->signs, why, id);
  }
  json_decref(row);
  desk_tables_free(&tables);
  return e;
}

static tacet_err may_file(const desk_who *who, desk_trouble *why) {
  if (who->signs != NULL && who->officer.role != DESK_OFFICER) {
    desk_trouble_set(why, "demands are filed by officers, not by an %s",
                     desk_role_name(who->officer.role));
    return TACET_ERR_POLICY;
  }
  return TACET_OK;
}

int desk_cmd_case_new(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  DESK_FILING(filing);
  char id[DESK_CASE_ID_MAX + 1];
  desk_store *s = desk_open(a, &code);
  if (s == NULL || !desk_who_of(a, s, DESK_O_KEY, false, &who, &code)) {
    desk_store_close(s);
    return code;
  }
  tacet_err e = may_file(&who, &why);
  if (e == TACET_OK) {
    e = desk_filing_read(a, desk_store_today(s), &why, &filing);
  }
  if (e == TACET_OK) {
    e = file_demand(a, s, &who, &filing, &why, id);
  }
  if (e == TACET_OK) {
    printf("%s\n", id);
  }
  desk_store_close(s);
  return desk_end(e, &why);
}

/* ---- import ---- */

typedef struct lines {
  json_t **rows;
  size_t n, cap;
  size_t odd, first_odd; /* a national-security paper as something else */
} lines;

static void lines_free(lines *l) {
  for (size_t i = 0; i < l->n; i++) {
    json_decref(l->rows[i]);
  }
  free(l->rows);
}

static tacet_err add_line(lines *l, json_t *row) {
  if (l->n == l->cap) {
    size_t cap = l->cap > 0 ? 2 * l->cap : 256;
    json_t **rows = realloc(l->rows, cap * sizeof(json_t *));
    if (rows == NULL) {
      json_decref(row);
      return TACET_ERR_NOMEM;
    }
    l->rows = rows;
    l->cap = cap;
  }
  l->rows[l->n++] = row;
  return TACET_OK;
}

static const char *text_of(const json_t *row, const char *name) {
  const char *t = json_string_value(json_object_get(row, name));
  return t != NULL ? t : "";
}

/* Demands of that kind are told in bands, all others exactly. What the operator
 * counted is his to say; that it looks wrong is ours. */
static void look_at_kind(lines *l, const json_t *row, size_t number) {
  const desk_tables own = {.json = NULL};
  const desk_instrument *i =
      desk_instrument_find(&own, text_of(row, "instrument"));
  bool secret =
      strcmp(text_of(row, "kind"), desk_kind_name(DESK_NATIONAL_SECURITY)) == 0;
  if (i != NULL && i->kind == DESK_NATIONAL_SECURITY && !secret) {
    l->first_odd = l->odd++ == 0 ? number : l->first_odd;
  }
}

/* All lines are read before one is taken. */
static tacet_err read_lines(tacet_span text, desk_day today, desk_trouble *why,
                            lines *out) {
  size_t number = 0;
  while (text.len > 0) {
    const uint8_t *end = memchr(text.p, '\n', text.len);
    size_t len = end != NULL ? (size_t)(end - text.p) : text.len;
    size_t said = len > 0 && text.p[len - 1] == '\r' ? len - 1 : len;
    json_t *row = NULL;
    desk_trouble t = {""};
    number++;
    if (said > 0) {
      tacet_err e =
          desk_intake_line(tacet_span_of(text.p, said), today, &t, &row);
      if (e == TACET_OK) {
        look_at_kind(out, row, number);
        e = add_line(out, row);
      }
      if (e != TACET_OK) {
        desk_trouble_set(why, "line %zu: %.400s; nothing was imported", number,
                         t.text);
        return e;
      }
    }
    len += end != NULL ? 1 : 0;
    text = tacet_span_of(text.p + len, text.len - len);
  }
  return TACET_OK;
}

int desk_cmd_case_import(const desk_args *a) {
  int code;
  DESK_WHO(who);
  TACET_BYTES(text);
  lines l = {.rows = NULL};
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s == NULL || !desk_who_of(a, s, DESK_O_KEY, false, &who, &code)) {
    desk_store_close(s);
    return code;
  }
  tacet_err e = desk_file_read(a->words[0], DESK_IMPORT_MAX, &why, &text);
  if (e == TACET_OK) {
    e = read_lines(tacet_bytes_span(&text), desk_store_today(s), &why, &l);
  }
  if (e == TACET_OK && l.n > 0) {
    e = desk_case_import(s, l.rows, l.n, who.actor, &why);
  }
  if (e == TACET_OK) {
    printf("%zu cases\n", l.n);
    if (l.odd > 0) {
      desk_say(
          "%zu lines, the first of them line %zu, have a paper of national "
          "security and another kind: reports tell their number exactly",
          l.odd, l.first_odd);
    }
  }
  lines_free(&l);
  desk_store_close(s);
  return desk_end(e, &why);
}

/* ---- list ---- */

typedef struct listing {
  const desk_args *a;
  const desk_who *who;
  json_t *waiting; /* --due */
} listing;

static void print_row(const listing *l, const json_t *row) {
  char authority[64];
  if (desk_flag(l->a, DESK_O_JSON)) {
    desk_print(json_deep_copy(row));
    return;
  }
  printf("%-13s  %s  due %-10s  %-19s  %-17s %-20s %s\n", text_of(row, "id"),
         text_of(row, "received"),
         *text_of(row, "due") ? text_of(row, "due") : "-",
         text_of(row, "state"), text_of(row, "kind"),
         text_of(row, "instrument"),
         desk_plain(text_of(row, "authority"), authority, sizeof(authority)));
}

static tacet_err list_row(void *user, const json_t *row) {
  listing *l = user;
  desk_trouble hidden;
  if (desk_may_see(l->who, row, &hidden) != TACET_OK) {
    return TACET_OK;
  }
  if (l->waiting == NULL) {
    print_row(l, row);
  } else if (*text_of(row, "due") != '\0' &&
             json_array_append(l->waiting, (json_t *)(uintptr_t)row) != 0) {
    return TACET_ERR_NOMEM;
  }
  return TACET_OK;
}

static int sooner(const void *a, const void *b) {
  const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
  json_int_t tx = json_integer_value(json_object_get(x, "due_at")),
             ty = json_integer_value(json_object_get(y, "due_at"));
  return tx < ty ? -1 : tx > ty;
}

static tacet_err print_waiting(const listing *l) {
  size_t n = json_array_size(l->waiting);
  const json_t **rows = calloc(n + 1, sizeof(*rows));
  if (rows == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < n; i++) {
    rows[i] = json_array_get(l->waiting, i);
  }
  qsort(rows, n, sizeof(*rows), sooner);
  for (size_t i = 0; i < n; i++) {
    print_row(l, rows[i]);
  }
  free(rows);
  return TACET_OK;
}

/* Who looks at all of them has read something of each. */
static tacet_err note_list(desk_store *s, const desk_who *who,
                           desk_trouble *why) {
  json_t *empty = json_object();
  const desk_act act = {who->actor, "cases-listed", "", empty, who->signs};
  tacet_err e =
      empty == NULL ? TACET_ERR_NOMEM : desk_append(s, &act, 1, why, NULL);
  json_decref(empty);
  return e;
}

int desk_cmd_case_list(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s == NULL || !desk_who_of(a, s, DESK_O_KEY, false, &who, &code)) {
    desk_store_close(s);
    return code;
  }
  listing l = {.a = a, .who = &who};
  l.waiting = desk_flag(a, DESK_O_DUE) ? json_array() : NULL;
  tacet_err e = note_list(s, &who, &why);
  if (e == TACET_OK) {
    e = desk_cases_each(s, list_row, &l, &why);
  }
  if (e == TACET_OK && l.waiting != NULL) {
    e = print_waiting(&l);
  }
  json_decref(l.waiting);
  desk_store_close(s);
  return desk_end(e, &why);
}
