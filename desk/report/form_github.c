/* SPDX-License-Identifier: Apache-2.0
 * The tables that GitHub publishes (github/transparency, a folder of CSV
 * files): the same names and columns, by half-year or by year. Periods that are
 * neither have a column "period" in their place. */
#include "desk/report/build.h"

#include <stdio.h>

enum { PLACE_MAX = 2, COLUMNS_MAX = 8, WIDTH = 250 };

/* The columns that say which period it is. */
typedef struct place {
  size_t n;
  const char *names[PLACE_MAX];
  int numbers[PLACE_MAX];
  char period[2 * DESK_DAY_TEXT];
} place;

static place place_of(const desk_report_input *in) {
  place p = {.n = 1, .names = {"period"}};
  int year, half;
  if (day_is_half_year(in->from, in->to, &year, &half)) {
    p = (place){2, {"year", "half"}, {year, half}, ""};
  } else if (day_is_calendar_year(in->from, in->to, &year)) {
    p = (place){1, {"year"}, {year, 0}, ""};
  } else {
    desk_day_text(in->from, p.period);
    p.period[DESK_DAY_TEXT - 1] = '/';
    desk_day_text(in->to, p.period + DESK_DAY_TEXT);
  }
  return p;
}

static json_t *table(build *b, const place *p, const char *name,
                     const char *caption, const char *const *columns) {
  const char *all[COLUMNS_MAX] = {NULL};
  size_t n = 0;
  for (; n < p->n; n++) {
    all[n] = p->names[n];
  }
  for (size_t i = 0; columns[i] != NULL && n + 1 < COLUMNS_MAX; i++) {
    all[n++] = columns[i];
  }
  return build_table(b, name, caption, 0, all);
}

/* Years are words: a reader does not want 2,026. */
static void row(build *b, const place *p, json_t *rows, size_t n,
                json_t *const *cells) {
  json_t *all[COLUMNS_MAX];
  size_t m = 0;
  for (; m < p->n; m++) {
    all[m] = p->period[0] != '\0' ? json_string(p->period)
                                  : json_sprintf("%d", p->numbers[m]);
  }
  for (size_t i = 0; i < n; i++) {
    all[m++] = cells[i];
  }
  build_row(b, rows, m, all);
}

#define ROW(b, p, rows, ...)                                                   \
  row(b, p, rows, sizeof((json_t *const[]){__VA_ARGS__}) / sizeof(json_t *),   \
      (json_t *const[]){__VA_ARGS__})

static void count(build *b, const tally_filter *f, tally *out) {
  tacet_err err = tally_count(b->in, f, out);
  b->err = b->err == TACET_OK ? err : b->err;
}

static tally_filter others(const build *b) {
  return (tally_filter){
      .from = b->in->from, .to = b->in->to, .kinds = KINDS_OTHERS};
}

/* ---- requests_received_and_disclosed ---- */

typedef enum type {
  TYPE_SUBPOENA,
  TYPE_ORDER,
  TYPE_WARRANT,
  TYPE_CROSS_BORDER,
  TYPE_CIVIL,
  TYPE_EMERGENCY,
  TYPE_OTHER,
  TYPES
} type;

static const char *const types[TYPES] = {
    "criminal or government agency subpoena",
    "criminal court order",
    "criminal search warrant",
    "cross-border request",
    "civil subpoena",
    "exigent circumstances",
    "other"};

static bool crosses(const desk_count *c, const char *home) {
  return c->country[0] != '\0' && strcmp(c->country, home) != 0;
}

static type type_of(const desk_count *c, const char *home) {
  const char *i = c->instrument;
  return c->kind == DESK_EMERGENCY           ? TYPE_EMERGENCY
         : c->kind == DESK_CIVIL             ? TYPE_CIVIL
         : crosses(c, home)                  ? TYPE_CROSS_BORDER
         : strstr(i, "subpoena") != NULL     ? TYPE_SUBPOENA
         : strstr(i, "warrant") != NULL      ? TYPE_WARRANT
         : strstr(i, "order") != NULL        ? TYPE_ORDER
         : strncmp(i, "2703", 4) == 0        ? TYPE_ORDER
         : strstr(i, "pen-register") != NULL ? TYPE_ORDER
                                             : TYPE_OTHER;
}

typedef struct type_filter {
  type t;
  const char *home;
} type_filter;

static bool takes_type(const desk_count *c, const void *user) {
  const type_filter *f = user;
  return type_of(c, f->home) == f->t;
}

static void received(build *b, const place *p) {
  static const char *const columns[] = {"type", "count_requests_received",
                                        "count_disclosed", NULL};
  json_t *rows =
      table(b, p, "requests_received_and_disclosed",
            "Requests received, and to how many data was disclosed", columns);
  for (unsigned i = 0; i < TYPES; i++) {
    type_filter t = {(type)i, b->in->home};
    tally_filter f = others(b);
    tally n = {0};
    f.takes = takes_type;
    f.user = &t;
    count(b, &f, &n);
    ROW(b, p, rows, json_string(types[i]), cell_number(n.requests),
        cell_number(n.with_data));
  }
}

/* ---- requests_accounts_affected ---- */

static void accounts(build *b, const place *p) {
  static const char *const columns[] = {"count_accounts_affected", NULL};
  json_t *rows = table(b, p, "requests_accounts_affected",
                       "Accounts of which data was disclosed", columns);
  tally_filter f = others(b);
  tally n = {0};
  count(b, &f, &n);
  ROW(b, p, rows, cell_number(n.accounts_with_data));
  build_state_others(b, &n);
}

/* ---- cross_border_data_requests ---- */

enum { CODES = 26 * 26 };

/* "DE" -> 0..675, or CODES. */
static size_t code_of(const char *country) {
  return country[0] >= 'A' && country[0] <= 'Z' && country[1] >= 'A' &&
                 country[1] <= 'Z' && country[2] == '\0'
             ? (size_t)(country[0] - 'A') * 26 + (size_t)(country[1] - 'A')
             : CODES;
}

static void cross_border(build *b, const place *p) {
  static const char *const columns[] = {"government", "government_iso2_code",
                                        "count", NULL};
  json_t *rows = table(b, p, "cross_border_data_requests",
                       "Requests from other countries", columns);
  uint64_t counts[CODES + 1] = {0};
  for (size_t i = 0; i < b->in->n; i++) {
    const desk_count *c = &b->in->counts[i];
    if (c->received >= b->in->from && c->received <= b->in->to &&
        !c->preservation && type_of(c, b->in->home) == TYPE_CROSS_BORDER &&
        c->kind != DESK_NATIONAL_SECURITY) {
      counts[code_of(c->country)]++;
    }
  }
  for (size_t i = 0; i <= CODES; i++) {
    char code[3] = {(char)('A' + i / 26), (char)('A' + i % 26), '\0'};
    const char *name = i == CODES ? "other" : country_name(code);
    if (counts[i] > 0) {
      ROW(b, p, rows, json_string(name[0] != '\0' ? name : code),
          json_string(i == CODES ? "" : code), cell_number(counts[i]));
    }
  }
}

/* ---- user_notifications_of_legal_request_disclosures ---- */

static bool takes_told(const desk_count *c, const void *user) {
  (void)user;
  return c->with_data > 0 && c->notified;
}
static bool takes_gagged(const desk_count *c, const void *user) {
  (void)user;
  return c->with_data > 0 && !c->notified && c->gagged;
}
static bool takes_exigent(const desk_count *c, const void *user) {
  (void)user;
  return c->with_data > 0 && !c->notified && !c->gagged &&
         c->kind == DESK_EMERGENCY;
}

static void notices(build *b, const place *p) {
  static const char *const columns[] = {"type", "count", NULL};
  static const struct {
    const char *name;
    bool (*takes)(const desk_count *c, const void *user);
  } kinds[] = {{"exigent circumstances", takes_exigent},
               {"notification", takes_told},
               {"gag order", takes_gagged}};
  json_t *rows =
      table(b, p, "user_notifications_of_legal_request_disclosures",
            "Disclosures of which the user was told, or why not", columns);
  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    tally_filter f = others(b);
    tally n = {0};
    f.takes = kinds[i].takes;
    count(b, &f, &n);
    ROW(b, p, rows, json_string(kinds[i].name), cell_number(n.requests));
  }
}

/* ---- national_security_letters_and_orders ---- */

static void half(build *b, json_t *rows, int year, int number, desk_day from,
                 desk_day to) {
  const char *months = number == 1 ? "Jan-Jun" : "Jul-Dec";
  tally_filter f = {.from = from, .to = to, .kinds = KINDS_NS};
  tally n = {0};
  count(b, &f, &n);
  BUILD_ROW(b, rows, json_sprintf("%d", year), json_string(months),
            json_string("National security letters and orders received"),
            cell_band(n.requests, WIDTH));
  BUILD_ROW(b, rows, json_sprintf("%d", year), json_string(months),
            json_string("Affected accounts"), cell_band(n.accounts, WIDTH));
  build_state_band(b, DESK_NS_ALL, DESK_STRUCTURE_A3, from, to, WIDTH, &n);
}

static void national_security(build *b) {
  static const char *const columns[] = {"year", "month_range", "type", "count",
                                        NULL};
  const desk_report_input *in = b->in;
  int year, number;
  bool is_half = day_is_half_year(in->from, in->to, &year, &number);
  if (!is_half && !day_is_calendar_year(in->from, in->to, &year)) {
    build_say(b, b->rules,
              "National-security demands are in none of these numbers, and for "
              "periods that are no half-year nothing is told of them.");
    return;
  }
  json_t *rows =
      build_table(b, "national_security_letters_and_orders",
                  "National-security demands, in bands of 250", 0, columns);
  desk_day middle = day_add_months(in->from, 6);
  if (is_half) {
    half(b, rows, year, number, in->from, in->to);
  } else {
    half(b, rows, year, 2, middle, in->to);
    half(b, rows, year, 1, in->from, middle - 1);
  }
  build_say(b, b->rules,
            "National-security demands are in the table of bands alone "
            "(50 U.S.C. 1874(a)(3)), and in no other number.");
}

void form_github(build *b) {
  char from[DAY_WORDS], to[DAY_WORDS];
  place p = place_of(b->in);
  day_words(b->in->from, from);
  day_words(b->in->to, to);
  (void)json_object_set_new(b->json, "title",
                            json_string("Requests to disclose user data"));
  build_say(b, b->summary, "Requests to disclose user data from %s to %s.",
            from, to);
  received(b, &p);
  accounts(b, &p);
  cross_border(b, &p);
  notices(b, &p);
  national_security(b);
}
