/* SPDX-License-Identifier: Apache-2.0
 * A report, from its input to its JSON. */
#include "desk/report/build.h"

#include <stdarg.h>
#include <stdio.h>

/* ---- names ---- */

static const char *const forms[DESK_FORMS] = {
    "2013", "a1", "a2", "a3", "a4", "dsa", "github", "lifted"};
static const char *const formats[DESK_FORMATS] = {"text", "json", "csv",
                                                  "html"};

const char *desk_form_name(desk_form f) {
  return f < DESK_FORMS ? forms[f] : NULL;
}

bool desk_form_read(const char *text, desk_form *out) {
  size_t i;
  bool found = desk_word_find(forms, DESK_FORMS, text, &i);
  if (found) {
    *out = (desk_form)i;
  }
  return found;
}

bool desk_format_read(const char *text, desk_format *out) {
  size_t i;
  bool found = desk_word_find(formats, DESK_FORMATS, text, &i);
  if (found) {
    *out = (desk_format)i;
  }
  return found;
}

/* ---- parts ---- */

static void stick(build *b, tacet_err err) {
  b->err = b->err == TACET_OK ? err : b->err;
}

void build_say(build *b, json_t *list, const char *format, ...) {
  char text[1024];
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(text, sizeof(text), format, arguments);
  va_end(arguments);
  TACET_ASSERT(n >= 0 && n < (int)sizeof(text));
  if (json_array_append_new(list, json_string(text)) != 0) {
    stick(b, TACET_ERR_NOMEM);
  }
}

json_t *build_table(build *b, const char *name, const char *caption, int chart,
                    const char *const *columns) {
  json_t *rows = json_array(), *heads = json_array();
  for (size_t i = 0; columns[i] != NULL; i++) {
    if (json_array_append_new(heads, json_string(columns[i])) != 0) {
      stick(b, TACET_ERR_NOMEM);
    }
  }
  json_t *table = json_pack("{s:s, s:s, s:o, s:O}", "name", name, "caption",
                            caption, "columns", heads, "rows", rows);
  if (chart > 0 && json_object_set_new(table, "chart", json_integer(chart))) {
    stick(b, TACET_ERR_NOMEM);
  }
  if (json_array_append_new(b->tables, table) != 0) {
    stick(b, TACET_ERR_NOMEM);
  }
  json_decref(rows); /* the table has it; jansson's calls take NULL */
  return table == NULL ? NULL : rows;
}

void build_row(build *b, json_t *rows, size_t n, json_t *const *cells) {
  json_t *row = json_array();
  for (size_t i = 0; i < n; i++) {
    if (json_array_append_new(row, cells[i]) != 0) {
      stick(b, TACET_ERR_NOMEM);
    }
  }
  if (json_array_append_new(rows, row) != 0) {
    stick(b, TACET_ERR_NOMEM);
  }
}

json_t *cell_number(uint64_t n) {
  return json_integer((json_int_t)n);
}

/* R2: a zero is not told apart from the rest of its band. */
uint64_t band_low(uint64_t n, uint64_t width) {
  return n / width * width;
}

json_t *cell_band(uint64_t n, uint64_t width) {
  uint64_t low = band_low(n, width);
  return json_pack("{s:I, s:I}", "low", (json_int_t)low, "high",
                   (json_int_t)(low + width - 1));
}

/* ---- statements ---- */

void build_state(build *b, const desk_statement *s) {
  if (b->n == b->room) {
    size_t room = b->room == 0 ? 8 : 2 * b->room;
    desk_statement *more = tacet_alloc_array(room, sizeof(*more));
    if (more == NULL) {
      stick(b, TACET_ERR_NOMEM);
      return;
    }
    if (b->n > 0) {
      memcpy(more, b->statements, b->n * sizeof(*more));
    }
    tacet_free(b->statements);
    b->statements = more;
    b->room = room;
  }
  b->statements[b->n] = *s;
  b->statements[b->n++].source = b->source;
}

void build_state_others(build *b, const tally *said) {
  tally all = {0};
  tally_filter f = {
      .from = b->in->from, .to = b->in->to, .kinds = KINDS_OTHERS};
  stick(b, tally_count(b->in, &f, &all));
  desk_statement s = {.kind = DESK_SAYS_EXACT,
                      .from = b->in->from,
                      .to = b->in->to,
                      .low = said->requests,
                      .high = said->requests,
                      .others = all.requests};
  build_state(b, &s);
  s.unit = DESK_UNIT_ACCOUNTS;
  s.low = s.high = said->accounts;
  s.others = all.accounts;
  build_state(b, &s);
}

void build_state_band(build *b, desk_protected what, desk_structure structure,
                      desk_day from, desk_day to, uint64_t width,
                      const tally *t) {
  desk_statement s = {.kind = DESK_SAYS_BAND,
                      .what = what,
                      .structure = structure,
                      .from = from,
                      .to = to};
  for (unsigned u = 0; u < DESK_UNITS; u++) {
    s.unit = (desk_unit)u;
    s.low =
        band_low(u == DESK_UNIT_REQUESTS ? t->requests : t->accounts, width);
    s.high = s.low + width - 1;
    build_state(b, &s);
  }
}

/* ---- whether it may be made ---- */

enum {
  LAST_DAY = 2932896, /* 9999-12-31 */
  HALF_MIN = 180,
  HALF_MAX = 184,
  YEAR_MIN = 365,
  YEAR_MAX = 366,
  YEAR_EMBARGO = 365
};

static tacet_err check_length(const desk_report_input *in, desk_trouble *why) {
  desk_day days = in->to - in->from + 1;
  bool half = in->form >= DESK_FORM_A1 && in->form <= DESK_FORM_A3;
  if (half && (days < HALF_MIN || days > HALF_MAX)) {
    desk_trouble_set(why,
                     "a report of the form %s covers half a year (180 to 184 "
                     "days), not %d days",
                     forms[in->form], (int)days);
    return TACET_ERR_ARGUMENT;
  }
  if (in->form == DESK_FORM_A4 && (days < YEAR_MIN || days > YEAR_MAX)) {
    desk_trouble_set(why,
                     "a report of the form a4 covers a year (365 or 366 "
                     "days), not %d days",
                     (int)days);
    return TACET_ERR_ARGUMENT;
  }
  return TACET_OK;
}

/* R3. 1874(b) as remembered, to be read again before it is relied on: (a)(4)
 * covers a year that ended a year ago. The windows of orders in a1 and a2 end
 * before the period begins, so 180 days have passed when it has ended. */
static tacet_err check_embargo(const desk_report_input *in, desk_trouble *why) {
  desk_day wait = in->form == DESK_FORM_A4 ? YEAR_EMBARGO : 1;
  if (in->today - in->to >= wait) {
    return TACET_OK;
  }
  char text[DESK_DAY_TEXT];
  desk_day first = in->to > LAST_DAY - wait ? LAST_DAY : in->to + wait;
  desk_day_text(first, text);
  desk_trouble_set(why,
                   in->form == DESK_FORM_A4
                       ? "too early: a year in the form a4 can be published a "
                         "year after it ended, from %s on"
                       : "too early: the period has not ended; it can be "
                         "reported from %s on",
                   text);
  return TACET_ERR_POLICY;
}

static tacet_err check(const desk_report_input *in, desk_trouble *why) {
  if (in->from < 0 || in->from > in->to || in->to > LAST_DAY) {
    desk_trouble_set(why, "the period ends before it begins: give --from and "
                          "--to as days of the years 1970 to 9999, in order");
    return TACET_ERR_ARGUMENT;
  }
  TACET_TRY(check_length(in, why));
  if ((in->form == DESK_FORM_A1 || in->form == DESK_FORM_A2) &&
      in->from < 2 * HALF_MAX) {
    desk_trouble_set(why, "the half-year before the period is before 1970");
    return TACET_ERR_ARGUMENT;
  }
  return check_embargo(in, why);
}

/* ---- all of it ---- */

static void begin(build *b) {
  char from[DESK_DAY_TEXT], to[DESK_DAY_TEXT];
  const char *form = forms[b->in->form];
  desk_day_text(b->in->from, from);
  desk_day_text(b->in->to, to);
  (void)snprintf(b->source, sizeof(((desk_report *)0)->source),
                 "this report (%s, %s to %s)", form, from, to);
  b->summary = json_array();
  b->rules = json_array();
  b->tables = json_array();
  b->json = json_pack("{s:i, s:s, s:s, s:s, s:s, s:O, s:O, s:O}", "version", 1,
                      "form", form, "from", from, "to", to, "provider",
                      b->in->provider, "summary", b->summary, "rules", b->rules,
                      "tables", b->tables);
  if (b->json == NULL) {
    stick(b, TACET_ERR_NOMEM);
  }
}

static void say_rules(build *b) {
  build_say(b, b->rules,
            "Periods include their first and their last day; days are those of "
            "UTC. A demand counts on the day on which it was received, "
            "whatever became of it; those that are still pending are included "
            "in what was received and in nothing else.");
  build_say(b, b->rules,
            "Accounts are those that demands specify, as they specify them: "
            "not unique persons, and also those that do not exist here.");
  build_say(b, b->rules,
            "\"Some data\" is anything at all that was handed over.");
  build_say(b, b->rules,
            "Content: none, always. Messages are encrypted between the devices "
            "of those who write and read them; this server has no key, and "
            "what waits on it is ciphertext.");
  build_say(b, b->rules,
            "Demands to preserve data are not demands for data: they count "
            "apart or not at all, and never in these totals.");
}

static void fill(build *b) {
  begin(b);
  switch (b->in->form) {
  case DESK_FORM_2013:
    form_lumped(b);
    break;
  case DESK_FORM_DSA:
    form_dsa(b);
    break;
  case DESK_FORM_GITHUB:
    form_github(b);
    break;
  case DESK_FORM_LIFTED:
    form_lifted(b);
    break;
  default:
    form_bands(b);
    break;
  }
  say_rules(b);
}

tacet_err desk_report_make(const desk_report_input *in, desk_report *out,
                           desk_trouble *why) {
  TACET_ASSERT(in->form < DESK_FORMS);
  desk_report r = {0};
  build b = {.in = in, .source = r.source};
  TACET_TRY(check(in, why));
  fill(&b);
  json_decref(b.summary);
  json_decref(b.rules);
  json_decref(b.tables);
  if (b.err != TACET_OK) {
    json_decref(b.json);
    tacet_free(b.statements);
    desk_trouble_set(why, b.err == TACET_ERR_LIMIT
                              ? "the cases name absurd numbers of accounts"
                              : "out of memory");
    return b.err;
  }
  r.json = b.json;
  r.statements = b.statements;
  r.n = b.n;
  *out = r;
  for (size_t i = 0; i < out->n; i++) {
    out->statements[i].source = out->source;
  }
  return TACET_OK;
}

void desk_report_free(desk_report *r) {
  json_decref(r->json);
  tacet_free(r->statements);
  *r = (desk_report){0};
}
