/* SPDX-License-Identifier: Apache-2.0
 * What is counted of a demand, and closed cases of earlier periods. */
#include "desk/intake.h"

#include "tacet/codec.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WORD_MAX 64
#define WORDS_MAX DESK_TEXT_MAX

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

#define DAY_S ((int64_t)86400)

/* rules.json in the desk's folder, or NULL if there is none. One that cannot be
 * read is there. */
static const char *rules_of_desk(const desk_args *a, char *out, size_t cap) {
  const char *folder = desk_arg(a, DESK_O_DATA);
  int n = folder == NULL ? -1 : snprintf(out, cap, "%s/rules.json", folder);
  bool there = n > 0 && (size_t)n < cap && access(out, F_OK) == 0;
  return there ? out : NULL;
}

tacet_err desk_intake_tables(const desk_args *a, desk_trouble *why,
                             desk_tables *out) {
  TACET_BYTES(text);
  desk_trouble t = {""};
  char own[4096];
  const char *path = desk_arg(a, DESK_O_RULES);
  if (path == NULL) {
    path = rules_of_desk(a, own, sizeof(own));
  }
  if (path == NULL) {
    *out = (desk_tables){.json = NULL};
    return TACET_OK;
  }
  TACET_TRY(desk_file_read(path, DESK_TABLES_MAX, why, &text));
  tacet_err e = desk_tables_read(tacet_bytes_span(&text), out, &t);
  if (e != TACET_OK) {
    desk_trouble_set(why, "the tables %.200s: %.250s", path, t.text);
  }
  return e;
}

/* The last second of a day. */
static int64_t end_of(desk_day d) {
  return (d + 1) * DAY_S - 1;
}

/* When an answer is due, in seconds; 0: nobody says. */
static int64_t due_at(const desk_request *r, const desk_instrument *i,
                      int64_t now) {
  int64_t due = r->deadline != DESK_NO_DAY ? end_of(r->deadline) : 0, law = 0;
  if (i != NULL && i->answer_hours > 0) {
    /* Hours run from when it came; of another day than today its end counts. */
    int64_t from = r->received == now / DAY_S ? now : end_of(r->received);
    law = from + (int64_t)i->answer_hours * 3600;
  } else if (i != NULL && i->answer_days > 0) {
    law = end_of(r->received + (desk_day)i->answer_days);
  }
  return law != 0 && (due == 0 || law < due) ? law : due;
}

static json_t *day_or_null(desk_day d) {
  char text[DESK_DAY_TEXT];
  if (d == DESK_NO_DAY || d > 2932896) {
    return json_null();
  }
  desk_day_text(d, text);
  return json_string(text);
}

static tacet_err add_dates(const desk_request *r, const desk_instrument *i,
                           int64_t now, json_t *row) {
  int64_t due = due_at(r, i, now);
  desk_day kept = i != NULL && i->keep_days > 0
                      ? r->received + (desk_day)i->keep_days
                      : DESK_NO_DAY;
  return json_object_set_new(row, "due",
                             due == 0
                                 ? json_null()
                                 : day_or_null((desk_day)(due / DAY_S))) == 0 &&
                 json_object_set_new(row, "due_at",
                                     due == 0 ? json_null()
                                              : json_integer(due)) == 0 &&
                 json_object_set_new(row, "kept_until", day_or_null(kept)) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

tacet_err desk_intake_row(const desk_request *r, const desk_tables *tables,
                          int64_t now, const char *filed_by, desk_trouble *why,
                          json_t **row) {
  char day[DESK_DAY_TEXT];
  json_t *v = NULL;
  const desk_instrument *i = desk_instrument_find(tables, r->instrument);
  uint64_t listed = r->identifier_list.given ? r->identifier_list.count : 0;
  desk_day_text(r->received, day);
  line l = {
      .received = day,
      .kind = desk_kind_name(r->kind),
      .instrument = r->instrument,
      .authority = r->authority.name,
      .country = r->authority.country,
      .outcome = "withdrawn", /* for the check alone */
      .accounts =
          (json_int_t)(r->identifiers.n > listed ? r->identifiers.n : listed),
      .preservation = i != NULL && i->preservation,
      .gagged = r->gag.given};
  TACET_TRY(check_line(&l, (desk_day)(now / DAY_S), why));
  l.outcome = "pending";
  TACET_TRY(row_of(&l, why, &v));
  tacet_err e = add_dates(r, i, now, v);
  if (e == TACET_OK &&
      (json_object_set_new(v, "imported", json_false()) != 0 ||
       json_object_set_new(v, "filed_by", json_string(filed_by)) != 0)) {
    e = TACET_ERR_NOMEM;
  }
  if (e != TACET_OK) {
    json_decref(v);
    return e;
  }
  *row = v;
  return TACET_OK;
}
