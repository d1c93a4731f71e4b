/* SPDX-License-Identifier: Apache-2.0
 * What is published, to and from the bodies of events. */
#include "desk/report/published.h"

#include <inttypes.h>
#include <stdio.h>

/* Words in events, which stay. */
static const char *const kinds[DESK_SAYS_KINDS] = {"band", "total", "exact"};
static const char *const protected_names[DESK_PROTECTED] = {
    "national-security", "letters", "orders-content", "orders-non-content"};
static const char *const units[DESK_UNITS] = {"requests", "accounts"};
static const char *const structures[DESK_STRUCTURES] = {"none", "2013", "a1",
                                                        "a2",   "a3",   "a4"};

/* ---- writing ---- */

static json_t *json_of(const desk_statement *s) {
  char from[DESK_DAY_TEXT], to[DESK_DAY_TEXT];
  desk_day_text(s->from, from);
  desk_day_text(s->to, to);
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:I}", "kind",
                   kinds[s->kind], "what", protected_names[s->what], "unit",
                   units[s->unit], "structure", structures[s->structure],
                   "from", from, "to", to, "low", (json_int_t)s->low, "high",
                   (json_int_t)s->high, "others", (json_int_t)s->others);
}

static const char *text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text == NULL ? "" : text;
}

json_t *desk_published_body(const desk_report *r, desk_day day,
                            const char *sha256) {
  char on[DESK_DAY_TEXT];
  json_t *list = json_array();
  for (size_t i = 0; i < r->n; i++) {
    if (json_array_append_new(list, json_of(&r->statements[i])) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  desk_day_text(day, on);
  return json_pack("{s:s, s:s, s:s, s:s, s:s, s:O, s:o}", "form",
                   text_of(r->json, "form"), "from", text_of(r->json, "from"),
                   "to", text_of(r->json, "to"), "day", on, "sha256", sha256,
                   "report", r->json, "statements", list);
}

/* ---- reading ---- */

static bool number_of(const json_t *object, const char *name, uint64_t *out) {
  const json_t *v = json_object_get(object, name);
  json_int_t n = json_integer_value(v);
  *out = (uint64_t)n;
  return json_is_integer(v) && n >= 0;
}

static bool statement_of(const json_t *j, desk_statement *out) {
  size_t kind, what, unit, structure;
  desk_statement s = {.source = ""};
  bool good =
      desk_word_find(kinds, DESK_SAYS_KINDS, text_of(j, "kind"), &kind) &&
      desk_word_find(protected_names, DESK_PROTECTED, text_of(j, "what"),
                     &what) &&
      desk_word_find(units, DESK_UNITS, text_of(j, "unit"), &unit) &&
      desk_word_find(structures, DESK_STRUCTURES, text_of(j, "structure"),
                     &structure) &&
      desk_day_read(text_of(j, "from"), &s.from) &&
      desk_day_read(text_of(j, "to"), &s.to) && number_of(j, "low", &s.low) &&
      number_of(j, "high", &s.high) && number_of(j, "others", &s.others);
  if (good) {
    s.kind = (desk_statement_kind)kind;
    s.what = (desk_protected)what;
    s.unit = (desk_unit)unit;
    s.structure = (desk_structure)structure;
    *out = s;
  }
  return good;
}

static tacet_err grow(void **items, size_t n, size_t *room, size_t more,
                      size_t size) {
  if (n + more <= *room) {
    return TACET_OK;
  }
  size_t wanted = 2 * (n + more);
  void *block = tacet_alloc_array(wanted, size);
  if (block == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (n > 0) {
    memcpy(block, *items, n * size);
  }
  tacet_free(*items);
  *items = block;
  *room = wanted;
  return TACET_OK;
}

static tacet_err add_source(desk_published *p, uint64_t number,
                            const json_t *body, const char **out) {
  enum { SOURCE_MAX = 96 };
  void *items = p->sources;
  TACET_TRY(
      grow(&items, p->n_sources, &p->sources_room, 1, sizeof(*p->sources)));
  p->sources = items;
  char *text = tacet_alloc(SOURCE_MAX);
  if (text == NULL) {
    return TACET_ERR_NOMEM;
  }
  (void)snprintf(text, SOURCE_MAX, "report %" PRIu64 " (%.8s, %.10s to %.10s)",
                 number, text_of(body, "form"), text_of(body, "from"),
                 text_of(body, "to"));
  p->sources[p->n_sources++] = text;
  *out = text;
  return TACET_OK;
}

tacet_err desk_published_add(desk_published *p, uint64_t number,
                             const json_t *body) {
  const json_t *list = json_object_get(body, "statements");
  size_t n = json_array_size(list);
  const char *source = NULL;
  if (!json_is_array(list)) {
    return TACET_ERR_ENCODING;
  }
  if (p->n + n > DESK_STATEMENTS_MAX) {
    return TACET_ERR_LIMIT;
  }
  void *items = p->statements;
  TACET_TRY(grow(&items, p->n, &p->room, n, sizeof(*p->statements)));
  p->statements = items;
  TACET_TRY(add_source(p, number, body, &source));
  for (size_t i = 0; i < n; i++) {
    if (!statement_of(json_array_get(list, i), &p->statements[p->n + i])) {
      return TACET_ERR_ENCODING;
    }
    p->statements[p->n + i].source = source;
  }
  p->n += n;
  return TACET_OK;
}

tacet_err desk_published_check(const desk_published *p, const desk_report *r,
                               desk_leak *why) {
  desk_statement *all = tacet_alloc_array(p->n + r->n + 1, sizeof(*all));
  if (all == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (p->n > 0) {
    memcpy(all, p->statements, p->n * sizeof(*all));
  }
  if (r->n > 0) {
    memcpy(all + p->n, r->statements, r->n * sizeof(*all));
  }
  tacet_err err = desk_bands_check(all, p->n + r->n, why);
  tacet_free(all);
  return err;
}

void desk_published_free(desk_published *p) {
  for (size_t i = 0; i < p->n_sources; i++) {
    tacet_free(p->sources[i]);
  }
  tacet_free(p->sources);
  tacet_free(p->statements);
  *p = (desk_published){0};
}
