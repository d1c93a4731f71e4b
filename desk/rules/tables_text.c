/* SPDX-License-Identifier: Apache-2.0
 * The tables in other forms: citations compared, countries, all of it as
 * JSON. */
#include "desk/rules/tables.h"

#include "desk/rules/fields.h"
#include "desk/rules/fields_text.h"

/* ---- citations ---- */

enum { SECTION_SIGN = 0xa7, NO_BREAK_SPACE = 0xa0 };

/* The next letter that counts, lower case; 0 at the end. Letters beyond ASCII
 * count as '?', which no statute has. */
static char next_counting(const char **p) {
  while (**p != '\0') {
    uint32_t c = rules_code_point(p);
    if (c == ' ' || c == '.' || c == ',' || c == SECTION_SIGN ||
        c == NO_BREAK_SPACE) {
      continue;
    }
    if (c >= 'A' && c <= 'Z') {
      c += 'a' - 'A';
    }
    return c < 0x80 ? (char)c : '?';
  }
  return '\0';
}

static bool is_alnum(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9');
}

static bool begins_with(const char *citation, const char *statute) {
  while (*statute != '\0' && next_counting(&citation) == *statute) {
    statute++;
  }
  return *statute == '\0' && !is_alnum(*citation);
}

bool desk_statute_has(const char *citation, const char *statute) {
  for (const char *p = citation; *p != '\0'; p++) {
    bool continues = ((unsigned char)*p & 0xc0) == 0x80;
    if (!continues && (p == citation || !is_alnum(p[-1])) &&
        begins_with(p, statute)) {
      return true;
    }
  }
  return false;
}

/* ---- countries ---- */

static const struct {
  const char *code, *words, *countries;
} places[] = {
    {"us", "the United States", "US"},
    {"uk", "the United Kingdom", "GB"},
    {"in", "India", "IN"},
    {"eu", "the European Union",
     "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK "
     "SI ES SE"},
    {"any", "any state", ""},
};

bool desk_jurisdiction_has(const char *jurisdiction, const char *country) {
  if (strcmp(jurisdiction, "any") == 0) {
    return rules_is_country(country);
  }
  for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
    if (strcmp(places[i].code, jurisdiction) == 0) {
      return rules_is_country(country) &&
             strstr(places[i].countries, country) != NULL;
    }
  }
  return strlen(country) == 2 && strlen(jurisdiction) == 2 &&
         country[0] + ('a' - 'A') == jurisdiction[0] &&
         country[1] + ('a' - 'A') == jurisdiction[1];
}

const char *desk_jurisdiction_words(const char *jurisdiction) {
  for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
    if (strcmp(places[i].code, jurisdiction) == 0) {
      return places[i].words;
    }
  }
  return "that state";
}

/* ---- as JSON ---- */

static json_t *texts(desk_texts t) {
  json_t *list = json_array();
  for (size_t i = 0; i < t.n; i++) {
    if (json_array_append_new(list, json_string(t.items[i])) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *categories(desk_category_set set) {
  json_t *list = json_array();
  for (unsigned i = 0; i < DESK_CATEGORIES; i++) {
    if ((set >> i & 1) != 0 &&
        json_array_append_new(
            list, json_string(desk_category_name((desk_category)i))) != 0) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *authority_json(const desk_authority *a) {
  return json_pack("{s:s, s:s, s:s, s:b, s:o, s:s, s:b}", "code", a->code,
                   "words", a->words, "jurisdiction", a->jurisdiction, "judge",
                   a->judge, "domains", texts(a->domains), "source", a->source,
                   "confirmed", a->confirmed);
}

static json_t *instrument_json(const desk_instrument *i) {
  json_t *all = json_pack(
      "{s:s, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:o, s:o}", "code", i->code,
      "words", i->words, "jurisdiction", i->jurisdiction, "kind",
      desk_kind_name(i->kind), "permits", categories(i->permits), "authorities",
      texts(i->authorities), "statutes", texts(i->statutes), "gag_bases",
      texts(i->gag_bases), "judge_for", categories(i->judge_for), "grave_for",
      categories(i->grave_for));
  json_t *rest = json_pack(
      "{s:I, s:I, s:I, s:I, s:I, s:b, s:b, s:b, s:b, s:b, s:b, s:b, s:s, s:b}",
      "grave_years", (json_int_t)i->grave_years, "answer_days",
      (json_int_t)i->answer_days, "answer_hours", (json_int_t)i->answer_hours,
      "valid_days", (json_int_t)i->valid_days, "keep_days",
      (json_int_t)i->keep_days, "notice", i->notice, "unsigned_ok",
      i->unsigned_ok, "language", i->language, "preservation", i->preservation,
      "emergency", i->emergency, "prospective", i->prospective, "annex3",
      i->annex3, "source", i->source, "confirmed", i->confirmed);
  bool ok = all != NULL && rest != NULL && json_object_update(all, rest) == 0;
  json_decref(rest);
  if (!ok) {
    json_decref(all);
    all = NULL;
  }
  return all;
}

char *desk_tables_text(const desk_tables *t) {
  json_t *authorities = json_array(), *instruments = json_array();
  bool ok = authorities != NULL && instruments != NULL;
  const desk_authority *a;
  for (size_t i = 0; ok && (a = desk_authority_at(t, i)) != NULL; i++) {
    ok = json_array_append_new(authorities, authority_json(a)) == 0;
  }
  const desk_instrument *row;
  for (size_t i = 0; ok && (row = desk_instrument_at(t, i)) != NULL; i++) {
    ok = json_array_append_new(instruments, instrument_json(row)) == 0;
  }
  json_t *said = json_object_get(t->json, "operator");
  json_t *all =
      ok ? json_pack("{s:i, s:O, s:O}", "version", DESK_TABLES_VERSION,
                     "authorities", authorities, "instruments", instruments)
         : NULL;
  json_decref(authorities);
  json_decref(instruments);
  char *text = NULL;
  if (all != NULL &&
      (said == NULL || json_object_set(all, "operator", said) == 0)) {
    text = json_dumps(all, JSON_COMPACT | JSON_SORT_KEYS);
  }
  json_decref(all);
  return text;
}
