/* SPDX-License-Identifier: Apache-2.0
 * What is counted of a demand, and closed cases of earlier periods. */
#include "desk/intake.h"

#include "tacet/codec.h"

#include <string.h>

#define WORD_MAX 64
#define WORDS_MAX 500

static tacet_err refuse(desk_trouble *why, const char *name, const char *what) {
  desk_trouble_set(why, "\"%s\" %s", name, what);
  return TACET_ERR_ENCODING;
}

/* Printable UTF-8, without control characters. */
static bool is_words(const char *t, size_t max) {
  size_t n = strlen(t);
  for (size_t i = 0; i < n; i++) {
    if ((unsigned char)t[i] < 0x20 || t[i] == 0x7f) {
      return false;
    }
  }
  return n <= max;
}

static bool is_code(const char *t) {
  size_t n = strlen(t);
  for (size_t i = 0; i < n; i++) {
    bool word = (t[i] >= 'a' && t[i] <= 'z') || (t[i] >= '0' && t[i] <= '9');
    if (!word && t[i] != '-') {
      return false;
    }
  }
  return n > 0 && n <= WORD_MAX;
}

static bool is_country(const char *t) {
  return *t == '\0' || (strlen(t) == 2 && t[0] >= 'A' && t[0] <= 'Z' &&
                        t[1] >= 'A' && t[1] <= 'Z');
}

/* ---- lines of an import ---- */

typedef struct line {
  const char *received, *kind, *instrument, *authority, *country, *outcome;
  json_int_t accounts, with_data;
  int preservation, gagged, notified, new_service;
} line;

static tacet_err check_line(const line *l, desk_day today, desk_trouble *why) {
  desk_day d;
  desk_kind k;
  desk_outcome o;
  if (!desk_day_read(l->received, &d)) {
    return refuse(why, "received", "is no day, such as \"2013-01-15\"");
  }
  if (d > today) {
    return refuse(why, "received", "lies in the future");
  }
  if (!desk_kind_read(l->kind, &k)) {
    return refuse(why, "kind",
                  "is criminal, national-security, emergency or civil");
  }
  if (!desk_outcome_read(l->outcome, &o) || o == DESK_PENDING) {
    return refuse(why, "outcome", "is disclosed, partly, refused or withdrawn");
  }
  if (!is_code(l->instrument)) {
    return refuse(why, "instrument", "is a word of a-z, 0-9 and hyphens");
  }
  if (!is_words(l->authority, WORDS_MAX)) {
    return refuse(why, "authority", "is too long, or has control characters");
  }
  if (!is_country(l->country)) {
    return refuse(why, "country", "is two capital letters, such as \"US\"");
  }
  if (l->accounts < 0 || l->accounts > DESK_ACCOUNTS_MAX || l->with_data < 0 ||
      l->with_data > l->accounts) {
    return refuse(why, "accounts",
                  "and with_data are counts, and no more "
                  "accounts have data than were specified");
  }
  return TACET_OK;
}

static tacet_err row_of(const line *l, desk_trouble *why, json_t **row) {
  json_t *v = json_pack(
      "{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I, s:b, s:b, s:b, s:b, s:b, s:n,"
      " s:n, s:n, s:s}",
      "received", l->received, "kind", l->kind, "instrument", l->instrument,
      "authority", l->authority, "country", l->country, "outcome", l->outcome,
      "accounts", l->accounts, "with_data", l->with_data, "preservation",
      l->preservation, "gagged", l->gagged, "notified", l->notified,
      "new_service", l->new_service, "imported", 1, "due", "due_at", "document",
      "filed_by", "");
  if (v == NULL) {
    desk_trouble_set(why, "%s", tacet_err_text(TACET_ERR_NOMEM));
    return TACET_ERR_NOMEM;
  }
  *row = v;
  return TACET_OK;
}

tacet_err desk_intake_line(tacet_span text, desk_day today, desk_trouble *why,
                           json_t **row) {
  line l = {.country = ""};
  json_t *v = NULL;
  json_error_t at;
  TACET_TRY(desk_json_read(text, why, &v));
  int bad = json_unpack_ex(
      v, &at, JSON_STRICT,
      "{s:s, s:s, s:s, s:s, s:s, s:I, s:I, s?s, s?b, s?b, s?b, s?b}",
      "received", &l.received, "kind", &l.kind, "instrument", &l.instrument,
      "authority", &l.authority, "outcome", &l.outcome, "accounts", &l.accounts,
      "with_data", &l.with_data, "country", &l.country, "preservation",
      &l.preservation, "gagged", &l.gagged, "notified", &l.notified,
      "new_service", &l.new_service);
  tacet_err e = TACET_ERR_ENCODING;
  if (bad != 0) {
    desk_trouble_set(why,
                     "it needs received, kind, instrument, authority, "
                     "accounts, with_data and outcome, may have country, "
                     "preservation, gagged, notified and new_service, and "
                     "nothing else; "
                     "texts, numbers and true or false as the manual says");
  } else {
    e = check_line(&l, today, why);
  }
  if (e == TACET_OK) {
    e = row_of(&l, why, row);
  }
  json_decref(v);
  return e;
}

/* ---- a new demand ---- */

static const char *text_in(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  return t != NULL ? t : "";
}

/* How a demand is counted, where it does not say so itself. */
static const char *kind_of(const json_t *demand) {
  static const struct {
    const char *instrument, *kind;
  } kinds[] = {{"nsl", "national-security"},
               {"fisa-order", "national-security"},
               {"fisa-702", "national-security"},
               {"emergency", "emergency"},
               {"emergency-disclosure", "emergency"},
               {"civil-subpoena", "civil"}};
  const char *said = text_in(demand, "kind");
  const char *instrument = text_in(demand, "instrument");
  for (size_t i = 0; *said == '\0' && i < sizeof(kinds) / sizeof(kinds[0]);
       i++) {
    if (strcmp(kinds[i].instrument, instrument) == 0) {
      return kinds[i].kind;
    }
  }
  return *said != '\0' ? said : "criminal";
}

tacet_err desk_intake_row(const json_t *demand, desk_day today, int64_t now,
                          const char *filed_by, desk_trouble *why,
                          json_t **row) {
  char day[DESK_DAY_TEXT];
  const json_t *authority = json_object_get(demand, "authority");
  bool parts = json_is_object(authority);
  (void)now;
  desk_day_text(today, day);
  line l = {
      .received =
          *text_in(demand, "received") ? text_in(demand, "received") : day,
      .kind = kind_of(demand),
      .instrument = text_in(demand, "instrument"),
      .authority =
          parts ? text_in(authority, "name") : text_in(demand, "authority"),
      .country =
          parts ? text_in(authority, "country") : text_in(demand, "country"),
      .outcome = "withdrawn", /* for the check alone */
      .accounts =
          (json_int_t)json_array_size(json_object_get(demand, "identifiers")),
      .gagged = json_is_object(json_object_get(demand, "gag"))};
  TACET_TRY(check_line(&l, today, why));
  l.outcome = "pending";
  TACET_TRY(row_of(&l, why, row));
  (void)json_object_set_new(*row, "imported", json_false());
  (void)json_object_set_new(*row, "filed_by", json_string(filed_by));
  return TACET_OK;
}
