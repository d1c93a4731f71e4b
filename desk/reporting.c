/* SPDX-License-Identifier: Apache-2.0
 * What the commands about reports share. */
#include "desk/reporting.h"

#include "server/ops/config.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <stdlib.h>
#include <string.h>

enum { OPERATOR_MAX = 256 };

/* ---- counts ---- */

static tacet_err keep(const char **text) {
  char *copy = strdup(*text);
  *text = copy;
  return copy == NULL ? TACET_ERR_NOMEM : TACET_OK;
}

static tacet_err take_count(void *user, const desk_count *c) {
  desk_counts *all = user;
  if (all->n == all->room) {
    size_t room = all->room == 0 ? 256 : 2 * all->room;
    desk_count *more = realloc(all->counts, room * sizeof(*more));
    if (more == NULL) {
      return TACET_ERR_NOMEM;
    }
    all->counts = more;
    all->room = room;
  }
  desk_count copy = *c;
  copy.authority = ""; /* no report has it */
  TACET_TRY(keep(&copy.instrument));
  if (keep(&copy.country) != TACET_OK) {
    free((void *)(uintptr_t)copy.instrument);
    return TACET_ERR_NOMEM;
  }
  all->counts[all->n++] = copy;
  return TACET_OK;
}

tacet_err desk_counts_load(desk_store *s, desk_trouble *why, desk_counts *out) {
  desk_counts all = {NULL, 0, 0};
  tacet_err e = desk_counts_each(s, take_count, &all, why);
  if (e != TACET_OK) {
    desk_counts_free(&all);
    return e;
  }
  *out = all;
  return TACET_OK;
}

void desk_counts_free(desk_counts *c) {
  for (size_t i = 0; i < c->n; i++) {
    free((void *)(uintptr_t)c->counts[i].instrument);
    free((void *)(uintptr_t)c->counts[i].country);
  }
  free(c->counts);
  *c = (desk_counts){NULL, 0, 0};
}

/* ---- what was asked for ---- */

bool desk_format_asked(const desk_args *a, desk_format *out) {
  const char *format = desk_arg(a, DESK_O_FORMAT);
  if (!desk_format_read(format != NULL ? format : "text", out)) {
    desk_say("--format is text, json, csv or html");
    return false;
  }
  return true;
}

static bool read_day(const desk_args *a, desk_option o, const char *name,
                     desk_day *out) {
  if (!desk_day_read(desk_arg(a, o), out)) {
    desk_say("--%s is a day that there is, as 2013-06-16, of the years 1970 to "
             "9999",
             name);
    return false;
  }
  return true;
}

/* What stands in the report as it was typed. */
static bool check_words(const desk_args *a, desk_format format) {
  const char *provider = desk_arg(a, DESK_O_OPERATOR);
  const char *home = desk_arg(a, DESK_O_HOME);
  char plain[OPERATOR_MAX];
  if (provider != NULL &&
      strcmp(desk_plain(provider, plain, sizeof(plain)), provider) != 0) {
    desk_say("--operator is a name of at most %d bytes, without control "
             "characters",
             OPERATOR_MAX - 1);
    return false;
  }
  if (home != NULL &&
      (strlen(home) != 2 || strspn(home, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != 2)) {
    desk_say("--home is two capital letters, such as US");
    return false;
  }
  if (desk_flag(a, DESK_O_TABLE) && format != DESK_CSV) {
    desk_say("--table goes with --format csv");
    return false;
  }
  return true;
}

bool desk_asked_read(const desk_args *a, desk_asked *out) {
  desk_asked x;
  if (!desk_form_read(desk_arg(a, DESK_O_FORM), &x.form)) {
    desk_say("--form is 2013, a1, a2, a3, a4, dsa, github or lifted");
    return false;
  }
  if (!desk_format_asked(a, &x.format) || !check_words(a, x.format) ||
      !read_day(a, DESK_O_FROM, "from", &x.from) ||
      !read_day(a, DESK_O_TO, "to", &x.to)) {
    return false;
  }
  *out = x;
  return true;
}

/* When the last of this form was published: table 1 of the DSA has it. */
typedef struct previous {
  const char *form;
  desk_day day;
} previous;

static tacet_err take_previous(void *user, const desk_event *e) {
  previous *p = user;
  json_t *body = json_loadb((const char *)e->body.p, e->body.len, 0, NULL);
  const char *form = json_string_value(json_object_get(body, "form"));
  if (form != NULL && strcmp(form, p->form) == 0) {
    p->day = e->day;
  }
  json_decref(body);
  return TACET_OK;
}

static tacet_err find_previous(desk_store *s, desk_form form, desk_trouble *why,
                               desk_day *out) {
  previous p = {desk_form_name(form), DESK_NO_DAY};
  const desk_filter f = {.kind = DESK_REPORT_EVENT};
  TACET_TRY(desk_events_each(s, &f, take_previous, &p, why));
  *out = p.day;
  return TACET_OK;
}

static const char *given(const desk_args *a, desk_option o,
                         const char *otherwise) {
  return desk_arg(a, o) != NULL ? desk_arg(a, o) : otherwise;
}

tacet_err desk_report_asked(const desk_args *a, desk_store *s,
                            const desk_asked *asked, desk_trouble *why,
                            desk_report *out) {
  char domain[256];
  desk_counts counts;
  TACET_TRY(desk_domain(s, why, domain, sizeof(domain)));
  desk_report_input in = {.form = asked->form,
                          .from = asked->from,
                          .to = asked->to,
                          .today = desk_store_today(s),
                          .provider = given(a, DESK_O_OPERATOR, domain),
                          .home = given(a, DESK_O_HOME, "US")};
  TACET_TRY(find_previous(s, asked->form, why, &in.previous));
  TACET_TRY(desk_counts_load(s, why, &counts));
  in.counts = counts.counts;
  in.n = counts.n;
  tacet_err e = desk_report_make(&in, out, why);
  desk_counts_free(&counts);
  return e;
}

/* ---- giving it out ---- */

tacet_err desk_report_text(const desk_args *a, const json_t *report,
                           desk_format format, desk_trouble *why, char **text,
                           size_t *len) {
  tacet_err e =
      desk_report_render(report, format, desk_arg(a, DESK_O_TABLE), text, len);
  if (e == TACET_ERR_NOT_FOUND) {
    desk_trouble_set(why, "the report has no table of that name; its JSON "
                          "lists them");
  }
  return e;
}

tacet_err desk_report_put(const desk_args *a, const json_t *report,
                          desk_format format, desk_trouble *why) {
  char *text = NULL;
  size_t len = 0;
  TACET_TRY(desk_report_text(a, report, format, why, &text, &len));
  tacet_err e =
      desk_file_write(given(a, DESK_O_OUT, "-"), tacet_span_of(text, len), why);
  free(text);
  return e;
}

tacet_err desk_report_hash(const json_t *report, char out[DESK_SHA256_TEXT]) {
  char *text = NULL;
  size_t len = 0;
  uint8_t hash[32];
  TACET_TRY(desk_report_render(report, DESK_JSON, NULL, &text, &len));
  tacet_err e =
      tacet_hash_one(&tacet_hash_sha256, tacet_span_of(text, len), hash);
  free(text);
  if (e == TACET_OK) {
    tacet_hex_write(tacet_span_of(hash, sizeof(hash)), out);
  }
  return e;
}

tacet_err desk_domain(const desk_store *s, desk_trouble *why, char *out,
                      size_t cap) {
  char path[DESK_PATH_MAX];
  tacetd_config c;
  tacetd_trouble trouble = {""};
  int n = snprintf(path, sizeof(path), "%s/tacetd.conf",
                   desk_store_settings(s)->server);
  if (n < 0 || n >= (int)sizeof(path)) {
    return TACET_ERR_LIMIT;
  }
  tacetd_config_defaults(&c);
  tacet_err e = tacetd_config_read(&c, path, &trouble);
  if (e != TACET_OK) {
    desk_trouble_set(why, "the server's configuration cannot be read: %.300s",
                     trouble.text);
    return e;
  }
  (void)snprintf(out, cap, "%s", c.domain);
  return TACET_OK;
}
