/* SPDX-License-Identifier: Apache-2.0
 * The forms of 50 U.S.C. 1874(a)(1) to (4): national-security demands in bands,
 * the other kinds exactly. They are counted from separate rows (R8).
 *
 * The text of (a)(1) and (a)(2) was confirmed; (a)(3), (a)(4), (b) and (c) are
 * from memory and must be read again before they are relied on. */
#include "desk/report/build.h"

enum { NEW_SERVICE_DAYS = 540 };

static const struct {
  uint64_t width;
  desk_structure structure;
  bool apart; /* six numbers, not two */
  const char *law;
} forms[DESK_FORMS] = {
    [DESK_FORM_A1] = {1000, DESK_STRUCTURE_A1, true, "50 U.S.C. 1874(a)(1)"},
    [DESK_FORM_A2] = {500, DESK_STRUCTURE_A2, true, "50 U.S.C. 1874(a)(2)"},
    [DESK_FORM_A3] = {250, DESK_STRUCTURE_A3, false, "50 U.S.C. 1874(a)(3)"},
    [DESK_FORM_A4] = {100, DESK_STRUCTURE_A4, false, "50 U.S.C. 1874(a)(4)"},
};

static const struct {
  desk_protected what;
  const char *name;
} parts[] = {
    {DESK_NS_LETTERS, "National security letters"},
    {DESK_NS_FISA_CONTENT, "FISA orders for content"},
    {DESK_NS_FISA_NON_CONTENT, "FISA orders for other data"},
};

/* What is not known to be a letter or an order for other data is counted as the
 * gravest. */
static desk_protected part_of(const desk_count *c) {
  const char *i = c->instrument;
  return strcmp(i, "nsl") == 0              ? DESK_NS_LETTERS
         : strstr(i, "non-content") != NULL ? DESK_NS_FISA_NON_CONTENT
                                            : DESK_NS_FISA_CONTENT;
}

typedef struct part_filter {
  desk_protected what;
  bool delayed; /* those of a new service, or the rest */
} part_filter;

static bool takes_part(const desk_count *c, const void *user) {
  const part_filter *p = user;
  bool delayed = c->new_service && part_of(c) != DESK_NS_LETTERS;
  return part_of(c) == p->what && delayed == p->delayed;
}

/* R4: an order that was the first on a new service counts on the day on which
 * its 540 days are over. */
static tacet_err count_part(const desk_report_input *in, desk_protected what,
                            desk_day from, desk_day to, tally *out) {
  part_filter p = {.what = what, .delayed = true};
  tally_filter f = {.from = from - NEW_SERVICE_DAYS,
                    .to = to - NEW_SERVICE_DAYS,
                    .kinds = KINDS_NS,
                    .takes = takes_part,
                    .user = &p};
  tally late = {0};
  TACET_TRY(tally_count(in, &f, &late));
  p.delayed = false;
  f.from = from;
  f.to = to;
  TACET_TRY(tally_count(in, &f, out));
  out->requests += late.requests;
  out->accounts += late.accounts;
  return out->accounts <= DESK_COUNT_MAX ? TACET_OK : TACET_ERR_LIMIT;
}

/* R3: orders are told a half-year late. The half-year before the period, so
 * that periods that join have windows that join. */
static desk_day orders_from(const desk_report_input *in) {
  desk_day before = day_add_months(in->from, -6);
  return day_add_months(in->from, 6) == in->to + 1 && before != DESK_NO_DAY
             ? before
             : in->from - (in->to - in->from + 1);
}

static void row(build *b, json_t *rows, const char *name, desk_day from,
                desk_day to, const tally *t) {
  char first[DESK_DAY_TEXT], last[DESK_DAY_TEXT];
  uint64_t width = forms[b->in->form].width;
  desk_day_text(from, first);
  desk_day_text(to, last);
  BUILD_ROW(b, rows, json_string(name), json_string(first), json_string(last),
            cell_band(t->requests, width), cell_band(t->accounts, width));
}

static void add_apart(build *b, json_t *rows) {
  const desk_report_input *in = b->in;
  for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
    bool letters = parts[i].what == DESK_NS_LETTERS;
    desk_day from = letters ? in->from : orders_from(in);
    desk_day to = letters ? in->to : in->from - 1;
    tally t = {0};
    tacet_err err = count_part(in, parts[i].what, from, to, &t);
    b->err = b->err == TACET_OK ? err : b->err;
    row(b, rows, parts[i].name, from, to, &t);
    build_state_band(b, parts[i].what, forms[in->form].structure, from, to,
                     forms[in->form].width, &t);
  }
  build_say(b, b->rules,
            "Orders for content include directives. Orders under FISA are told "
            "for the half-year before the period; "
            "the first order on a service that none had reached before is "
            "told when 540 days have passed. Whether there was one is not "
            "told.");
}

static void add_together(build *b, json_t *rows) {
  const desk_report_input *in = b->in;
  tally t = {0};
  tally_filter f = {.from = in->from, .to = in->to, .kinds = KINDS_NS};
  tacet_err err = tally_count(in, &f, &t);
  b->err = b->err == TACET_OK ? err : b->err;
  row(b, rows, "All national-security demands", in->from, in->to, &t);
  build_state_band(b, DESK_NS_ALL, forms[in->form].structure, in->from, in->to,
                   forms[in->form].width, &t);
}

void form_bands(build *b) {
  static const char *const columns[] = {"Kind of demand", "From",     "To",
                                        "Demands",        "Accounts", NULL};
  char from[DAY_WORDS], to[DAY_WORDS];
  day_words(b->in->from, from);
  day_words(b->in->to, to);
  (void)json_object_set_new(
      b->json, "title",
      json_string("Demands for data, national-security demands in bands"));
  build_say(b, b->summary,
            "Demands for customer data from %s to %s. National-security "
            "demands are told in bands, as %s has it; all other kinds exactly.",
            from, to, forms[b->in->form].law);
  json_t *rows = build_table(b, "national-security",
                             "National-security demands, in bands", 3, columns);
  if (forms[b->in->form].apart) {
    add_apart(b, rows);
  } else {
    add_together(b, rows);
  }
  build_say(b, b->rules,
            "A band tells that the number is one of those in it and nothing "
            "else. The lowest band begins at 0, and that a number is in it "
            "does not tell whether there was any demand.");
  build_others(b);
}

/* ---- the other kinds ---- */

static json_t *percent(uint64_t part, uint64_t whole) {
  return whole == 0 ? json_null()
                    : cell_number((part * 200 + whole) / (2 * whole));
}

static void others_rows(build *b, json_t *received, json_t *ended,
                        const char *name, const tally *t) {
  BUILD_ROW(b, received, json_string(name), cell_number(t->requests),
            cell_number(t->accounts), cell_number(t->with_data),
            percent(t->with_data, t->requests), cell_number(0));
  BUILD_ROW(b, ended, json_string(name),
            cell_number(t->outcomes[DESK_DISCLOSED]),
            cell_number(t->outcomes[DESK_PARTLY]),
            cell_number(t->outcomes[DESK_REFUSED]),
            cell_number(t->outcomes[DESK_WITHDRAWN]),
            cell_number(t->outcomes[DESK_PENDING]));
}

static void preservation(build *b, const tally *t) {
  static const char *const columns[] = {"Kind of demand", "Demands",
                                        "Accounts specified", NULL};
  json_t *rows = build_table(
      b, "preservation",
      "Demands to preserve data, which are not demands for data", 0, columns);
  BUILD_ROW(b, rows, json_string("Criminal, emergency and civil"),
            cell_number(t->requests), cell_number(t->accounts));
}

void build_others(build *b) {
  static const char *const received_columns[] = {
      "Kind of demand", "Demands", "Accounts specified", "With data", "Percent",
      "With content",   NULL};
  static const char *const ended_columns[] = {
      "Kind of demand", "Answered", "In part", "Refused",
      "Withdrawn",      "Pending",  NULL};
  static const struct {
    uint32_t kinds;
    const char *name;
  } kinds[] = {{1u << DESK_CRIMINAL, "Criminal"},
               {1u << DESK_EMERGENCY, "Emergency"},
               {1u << DESK_CIVIL, "Civil"},
               {KINDS_OTHERS, "All of these"}};
  json_t *received = build_table(
      b, "demands", "Demands of all other kinds, exactly", 1, received_columns);
  json_t *ended =
      build_table(b, "outcomes", "How they ended", 0, ended_columns);
  tally t = {0}, kept = {0};
  tally_filter f = {.from = b->in->from, .to = b->in->to};
  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    f.kinds = kinds[i].kinds;
    tacet_err err = tally_count(b->in, &f, &t);
    b->err = b->err == TACET_OK ? err : b->err;
    others_rows(b, received, ended, kinds[i].name, &t);
  }
  build_state_others(b, &t);
  f.preservation = true;
  tacet_err err = tally_count(b->in, &f, &kept);
  b->err = b->err == TACET_OK ? err : b->err;
  preservation(b, &kept);
}
