/* SPDX-License-Identifier: Apache-2.0
 * The tables: finding rows, and an operator's own file. */
#include "desk/rules/tables.h"

#include "desk/rules/fields.h"
#include "desk/rules/tables_law.h"

/* ---- the form of a file ---- */

static const char *category_word(unsigned i) {
  return desk_category_name((desk_category)i);
}
static const char *kind_word(unsigned i) {
  return desk_kind_name((desk_kind)i);
}

#define ROW(type_of, member, kind_of)                                          \
  { .key = #member, .type = (kind_of), .offset = offsetof(type_of, member) }
#define NEEDED(type_of, member, kind_of)                                       \
  {                                                                            \
    .key = #member, .type = (kind_of), .offset = offsetof(type_of, member),    \
    .required = true                                                           \
  }
#define SOME(type_of, member, kind_of, most)                                   \
  {                                                                            \
    .key = #member, .type = (kind_of), .offset = offsetof(type_of, member),    \
    .max = (most)                                                              \
  }
#define SET(type_of, member)                                                   \
  {                                                                            \
    .key = #member, .type = RULES_SET, .offset = offsetof(type_of, member),    \
    .words = category_word                                                     \
  }

enum { TEXTS_MAX = 100, DAYS_MAX = 36600, HOURS_MAX = 24 * 366 };

static const rules_field authority_fields[] = {
    NEEDED(desk_authority, code, RULES_CODE),
    NEEDED(desk_authority, words, RULES_TEXT),
    NEEDED(desk_authority, jurisdiction, RULES_CODE),
    ROW(desk_authority, judge, RULES_FLAG),
    SOME(desk_authority, domains, RULES_TEXTS, TEXTS_MAX),
    NEEDED(desk_authority, source, RULES_TEXT),
    ROW(desk_authority, confirmed, RULES_FLAG),
};
static const rules_shape authority = {
    authority_fields, sizeof(authority_fields) / sizeof(authority_fields[0]),
    sizeof(desk_authority)};

static const rules_field instrument_fields[] = {
    NEEDED(desk_instrument, code, RULES_CODE),
    NEEDED(desk_instrument, words, RULES_TEXT),
    NEEDED(desk_instrument, jurisdiction, RULES_CODE),
    {.key = "kind",
     .type = RULES_WORD,
     .offset = offsetof(desk_instrument, kind),
     .words = kind_word,
     .required = true},
    SET(desk_instrument, permits),
    SOME(desk_instrument, authorities, RULES_TEXTS, TEXTS_MAX),
    SOME(desk_instrument, statutes, RULES_TEXTS, TEXTS_MAX),
    SOME(desk_instrument, gag_bases, RULES_TEXTS, TEXTS_MAX),
    SET(desk_instrument, judge_for),
    SET(desk_instrument, grave_for),
    SOME(desk_instrument, grave_years, RULES_COUNT, 1000),
    SOME(desk_instrument, answer_days, RULES_COUNT, DAYS_MAX),
    SOME(desk_instrument, answer_hours, RULES_COUNT, HOURS_MAX),
    SOME(desk_instrument, valid_days, RULES_COUNT, DAYS_MAX),
    SOME(desk_instrument, keep_days, RULES_COUNT, DAYS_MAX),
    ROW(desk_instrument, notice, RULES_FLAG),
    ROW(desk_instrument, unsigned_ok, RULES_FLAG),
    ROW(desk_instrument, language, RULES_FLAG),
    ROW(desk_instrument, preservation, RULES_FLAG),
    ROW(desk_instrument, emergency, RULES_FLAG),
    ROW(desk_instrument, prospective, RULES_FLAG),
    ROW(desk_instrument, annex3, RULES_FLAG),
    NEEDED(desk_instrument, source, RULES_TEXT),
    ROW(desk_instrument, confirmed, RULES_FLAG),
};
static const rules_shape instrument = {
    instrument_fields, sizeof(instrument_fields) / sizeof(instrument_fields[0]),
    sizeof(desk_instrument)};

static const rules_field operator_fields[] = {
    NEEDED(desk_operator, name, RULES_TEXT),
    SOME(desk_operator, addressees, RULES_TEXTS, TEXTS_MAX),
    SOME(desk_operator, address, RULES_TEXTS, 10),
    ROW(desk_operator, contact, RULES_TEXT),
    ROW(desk_operator, domain, RULES_TEXT),
    ROW(desk_operator, country, RULES_COUNTRY),
    SOME(desk_operator, jurisdictions, RULES_TEXTS, TEXTS_MAX),
    SOME(desk_operator, languages, RULES_TEXTS, TEXTS_MAX),
    SOME(desk_operator, max_period_days, RULES_COUNT, DAYS_MAX),
    SOME(desk_operator, list_from, RULES_COUNT, DESK_IDENTIFIERS_MAX),
    ROW(desk_operator, began, RULES_DAY),
};
static const rules_shape operator_shape = {
    operator_fields, sizeof(operator_fields) / sizeof(operator_fields[0]),
    sizeof(desk_operator)};

static const rules_field tables_fields[] = {
    {.key = "version", .type = RULES_ANY, .required = true},
    {.key = "operator",
     .type = RULES_OBJECT,
     .offset = offsetof(desk_tables, us),
     .shape = &operator_shape},
    {.key = "authorities",
     .type = RULES_OBJECTS,
     .offset = offsetof(desk_tables, authorities),
     .max = DESK_ROWS_MAX,
     .shape = &authority},
    {.key = "instruments",
     .type = RULES_OBJECTS,
     .offset = offsetof(desk_tables, instruments),
     .max = DESK_ROWS_MAX,
     .shape = &instrument},
    {.key = "notes", .type = RULES_ANY},
};
static const rules_shape form = {
    tables_fields, sizeof(tables_fields) / sizeof(tables_fields[0]),
    sizeof(desk_tables)};

/* ---- finding ---- */

const desk_operator *desk_operator_of(const desk_tables *t) {
  static const desk_operator unknown = {.name = "",
                                        .contact = "",
                                        .domain = "",
                                        .country = "",
                                        .began = DESK_NO_DAY};
  return t->us.given ? &t->us : &unknown;
}

const char *desk_tables_domain(const desk_tables *t) {
  const char *own = desk_operator_of(t)->domain;
  return *own == '\0' && t->server_domain != NULL ? t->server_domain : own;
}

const desk_instrument *desk_instrument_at(const desk_tables *t, size_t i) {
  if (i < rules_law_instruments.n) {
    return &rules_law_instruments.items[i];
  }
  i -= rules_law_instruments.n;
  return i < t->instruments.n ? &t->instruments.items[i] : NULL;
}

const desk_instrument *desk_instrument_find(const desk_tables *t,
                                            const char *code) {
  const desk_instrument *row;
  for (size_t i = 0; (row = desk_instrument_at(t, i)) != NULL; i++) {
    if (strcmp(row->code, code) == 0) {
      return row;
    }
  }
  return NULL;
}

const desk_authority *desk_authority_at(const desk_tables *t, size_t i) {
  if (i < rules_law_authorities.n) {
    return &rules_law_authorities.items[i];
  }
  i -= rules_law_authorities.n;
  return i < t->authorities.n ? &t->authorities.items[i] : NULL;
}

const desk_authority *desk_authority_find(const desk_tables *t,
                                          const char *code) {
  const desk_authority *row;
  for (size_t i = 0; (row = desk_authority_at(t, i)) != NULL; i++) {
    if (strcmp(row->code, code) == 0) {
      return row;
    }
  }
  return NULL;
}

/* ---- a file's rows against each other and the program's ---- */

static tacet_err bad_row(desk_trouble *why, const char *table, size_t i,
                         const char *what) {
  desk_trouble_set(why, "In the tables, %s[%zu] %s.", table, i, what);
  return TACET_ERR_ENCODING;
}

static const char *const jurisdictions[] = {"any", "us", "eu", "uk", "in"};

static bool is_jurisdiction(const char *code) {
  for (size_t i = 0; i < sizeof(jurisdictions) / sizeof(*jurisdictions); i++) {
    if (strcmp(jurisdictions[i], code) == 0) {
      return true;
    }
  }
  /* A state that the program has no rows for: its two letters. */
  return strlen(code) == 2 && code[0] >= 'a' && code[0] <= 'z' &&
         code[1] >= 'a' && code[1] <= 'z';
}

static tacet_err check_authorities(const desk_tables *t, desk_trouble *why) {
  for (size_t i = 0; i < t->authorities.n; i++) {
    const desk_authority *row = &t->authorities.items[i];
    if (desk_authority_find(t, row->code) != row) {
      return bad_row(why, "authorities", i, "has a code that there is already");
    }
    if (!is_jurisdiction(row->jurisdiction)) {
      return bad_row(why, "authorities", i,
                     "names no jurisdiction: any, us, "
                     "eu, uk, in or two letters");
    }
    if (row->source[0] == '\0') {
      return bad_row(why, "authorities", i, "names no source");
    }
  }
  return TACET_OK;
}

static tacet_err check_instrument(const desk_tables *t, size_t i,
                                  desk_trouble *why) {
  const desk_instrument *row = &t->instruments.items[i];
  if (desk_instrument_find(t, row->code) != row) {
    return bad_row(why, "instruments", i, "has a code that there is already");
  }
  if (!is_jurisdiction(row->jurisdiction)) {
    return bad_row(why, "instruments", i,
                   "names no jurisdiction: any, us, eu, "
                   "uk, in or two letters");
  }
  if (row->source[0] == '\0') {
    return bad_row(why, "instruments", i, "names no source");
  }
  if (row->authorities.n == 0) {
    return bad_row(why, "instruments", i, "names nobody who may sign it");
  }
  for (size_t k = 0; k < row->authorities.n; k++) {
    if (desk_authority_find(t, row->authorities.items[k]) == NULL) {
      return bad_row(why, "instruments", i, "names an authority that is none");
    }
  }
  for (size_t k = 0; k < row->statutes.n + row->gag_bases.n; k++) {
    const char *s = k < row->statutes.n
                        ? row->statutes.items[k]
                        : row->gag_bases.items[k - row->statutes.n];
    if (strpbrk(s, " .,ABCDEFGHIJKLMNOPQRSTUVWXYZ") != NULL || s[0] == '\0') {
      return bad_row(why, "instruments", i,
                     "has a statute that is not lower "
                     "case without spaces and dots");
    }
  }
  return TACET_OK;
}

tacet_err desk_tables_read(tacet_span text, desk_tables *out,
                           desk_trouble *why) {
  desk_tables t = {0};
  TACET_TRY(rules_read(text, DESK_TABLES_MAX, DESK_TABLES_VERSION, "tables",
                       &form, &t, &t.json, &t.blocks, why));
  tacet_err e = check_authorities(&t, why);
  for (size_t i = 0; e == TACET_OK && i < t.instruments.n; i++) {
    e = check_instrument(&t, i, why);
  }
  if (e != TACET_OK) {
    desk_tables_free(&t);
    return e;
  }
  *out = t;
  return TACET_OK;
}

void desk_tables_free(desk_tables *t) {
  json_decref(t->json);
  rules_blocks_free(t->blocks);
  *t = (desk_tables){0};
}
