/* SPDX-License-Identifier: Apache-2.0
 * Pages about no single case: the list of cases, the log, the officers, the
 * reports. */
#include "desk/web/frame.h"
#include "desk/web/private.h"

#include <inttypes.h>
#include <stdlib.h>

void web_page_say(FILE *out, const desk_officer *who, const char *heading,
                  const char *sentence) {
  web_begin(out, who, NULL, heading);
  html_element(out, "p", sentence);
  web_end(out);
}

/* ---- cases ---- */

static const char *text_of(const json_t *row, const char *name) {
  const char *t = json_string_value(json_object_get(row, name));
  return t != NULL ? t : "";
}

bool web_may_see(const desk_officer *who, const json_t *row) {
  return strcmp(text_of(row, "kind"), "national-security") != 0 || who->cleared;
}

static bool waits(const json_t *row) {
  static const char *const done[] = {"closed",  "purged", "withdrawn",
                                     "refused", "fraud",  "imported"};
  for (size_t i = 0; i < sizeof(done) / sizeof(done[0]); i++) {
    if (strcmp(text_of(row, "state"), done[i]) == 0) {
      return false;
    }
  }
  return !json_is_true(json_object_get(row, "imported"));
}

typedef struct gathering {
  const desk_officer *who;
  bool all;
  json_t *rows;
} gathering;

static tacet_err gather(void *user, const json_t *row) {
  gathering *g = user;
  if (!web_may_see(g->who, row) || (!g->all && !waits(row))) {
    return TACET_OK;
  }
  return json_array_append_new(g->rows, json_deep_copy(row)) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

/* Those that are due first come first, those without a day last; then by the
 * day they came. */
static int by_due(const void *a, const void *b) {
  const json_t *x = *(const json_t *const *)a, *y = *(const json_t *const *)b;
  const char *due_x = text_of(x, "due"), *due_y = text_of(y, "due");
  if ((*due_x == '\0') != (*due_y == '\0')) {
    return *due_x == '\0' ? 1 : -1;
  }
  int c = strcmp(due_x, due_y);
  c = c != 0 ? c : strcmp(text_of(x, "received"), text_of(y, "received"));
  return c != 0 ? c : strcmp(text_of(x, "id"), text_of(y, "id"));
}

static void write_case_row(FILE *out, const json_t *row) {
  static const char *const columns[] = {"state", "due",        "received",
                                        "kind",  "instrument", "authority"};
  html_raw(out, "<tr><th scope=\"row\"><a href=\"/cases/");
  html_text(out, text_of(row, "id"));
  html_raw(out, "\">");
  html_text(out, text_of(row, "id"));
  html_raw(out, "</a></th>");
  for (size_t i = 0; i < sizeof(columns) / sizeof(columns[0]); i++) {
    html_raw(out, "<td><bdi>");
    html_text(out, text_of(row, columns[i]));
    html_raw(out, "</bdi></td>");
  }
  html_raw(out, "</tr>\n");
}

static void write_pages(FILE *out, bool all, uint64_t page, size_t n) {
  const char *show = all ? "?show=all&amp;page=" : "?page=";
  if (page > 0) {
    (void)fprintf(out, "<p><a href=\"/cases%s%" PRIu64 "\">Before</a></p>\n",
                  show, page - 1);
  }
  if ((page + 1) * WEB_PAGE_ROWS < n) {
    (void)fprintf(out, "<p><a href=\"/cases%s%" PRIu64 "\">More</a></p>\n",
                  show, page + 1);
  }
}

static void write_cases(FILE *out, const gathering *g, const json_t **sorted,
                        uint64_t page) {
  static const char *const columns[] = {"Case",      "State", "Due",
                                        "Received",  "Kind",  "Instrument",
                                        "Authority", NULL};
  size_t n = json_array_size(g->rows);
  web_begin(out, g->who, "/cases", g->all ? "All cases" : "Cases that wait");
  html_raw(out, g->all ? "<p><a href=\"/cases\">Those that wait</a></p>\n"
                       : "<p><a href=\"/cases?show=all\">All cases</a></p>\n");
  if (n == 0) {
    html_raw(out, "<p>There is none.</p>\n");
  } else {
    web_table_begin(out, g->all ? "All cases" : "Cases that wait", columns);
    for (size_t i = page * WEB_PAGE_ROWS;
         i < n && i < (page + 1) * WEB_PAGE_ROWS; i++) {
      write_case_row(out, sorted[i]);
    }
    web_table_end(out);
    write_pages(out, g->all, page, n);
  }
  web_end(out);
}

/* As `tacet-desk case list`: who looks at all has read something of each. */
static tacet_err note_list(desk_store *s, const desk_officer *who,
                           desk_trouble *why) {
  char actor[DESK_ACTOR_MAX + 1];
  json_t *body = json_pack("{s:s}", "by", "page");
  const desk_act act = {actor, "cases-listed", "", body, NULL};
  (void)snprintf(actor, sizeof(actor), DESK_PAGE_ACTOR "%s", who->name);
  tacet_err e =
      body == NULL ? TACET_ERR_NOMEM : desk_append(s, &act, 1, why, NULL);
  json_decref(body);
  return e;
}

tacet_err web_page_cases(FILE *out, desk_store *s, const desk_officer *who,
                         bool all, uint64_t page, desk_trouble *why) {
  gathering g = {who, all, json_array()};
  tacet_err e = g.rows == NULL ? TACET_ERR_NOMEM : note_list(s, who, why);
  if (e == TACET_OK) { /* before anything is shown */
    e = desk_cases_each(s, gather, &g, why);
  }
  size_t n = json_array_size(g.rows);
  const json_t **sorted = calloc(n + 1, sizeof(const json_t *));
  if (e == TACET_OK && sorted == NULL) {
    e = TACET_ERR_NOMEM;
  }
  if (e == TACET_OK) {
    for (size_t i = 0; i < n; i++) {
      sorted[i] = json_array_get(g.rows, i);
    }
    qsort(sorted, n, sizeof(const json_t *), by_due);
    write_cases(out, &g, sorted, page);
  }
  free(sorted);
  json_decref(g.rows);
  return e;
}

/* ---- the log ---- */

/* Events have no numbers here: those that somebody may not see would be missed
 * between two others. */
typedef struct listing {
  FILE *out;
  desk_store *s;
  const desk_officer *who;
  uint64_t skip, left; /* of the events that this one may see */
  bool more;
} listing;

static bool is_hidden(const listing *l, const desk_event *e) {
  desk_trouble none;
  json_t *row = NULL;
  if (*e->case_id == '\0') {
    return false;
  }
  bool hidden = desk_case_get(l->s, e->case_id, &none, &row) != TACET_OK ||
                !web_may_see(l->who, row);
  json_decref(row);
  return hidden;
}

static void write_event(FILE *out, const desk_event *e) {
  web_event_begin(out, e);
  html_raw(out, "<td>");
  if (*e->case_id != '\0') {
    html_raw(out, "<a href=\"/cases/");
    html_text(out, e->case_id);
    html_raw(out, "\">");
    html_text(out, e->case_id);
    html_raw(out, "</a>");
  }
  html_raw(out, "</td></tr>\n");
}

static tacet_err list_event(void *user, const desk_event *e) {
  listing *l = user;
  if (is_hidden(l, e)) {
    return TACET_OK;
  }
  if (l->skip > 0) {
    l->skip--;
    return TACET_OK;
  }
  if (l->left == 0) {
    l->more = true;
    return TACET_ERR_LIMIT; /* enough */
  }
  l->left--;
  write_event(l->out, e);
  return TACET_OK;
}

tacet_err web_page_log(FILE *out, desk_store *s, const desk_officer *who,
                       uint64_t page, desk_trouble *why) {
  static const char *const columns[] = {"Time (UTC)", "Who",  "Signed",
                                        "What",       "Case", NULL};
  listing l = {out, s, who, page * WEB_PAGE_ROWS, WEB_PAGE_ROWS, false};
  const desk_filter all = {.from = 0};
  web_begin(out, who, "/log", "Log");
  html_raw(out, "<p>What events say stands on the page of their case. "
                "<code>tacet-desk log verify</code> checks the chain.</p>\n");
  web_table_begin(out, "Events", columns);
  tacet_err e = desk_events_each(s, &all, list_event, &l, why);
  web_table_end(out);
  if (l.more) {
    (void)fprintf(out, "<p><a href=\"/log?page=%" PRIu64 "\">More</a></p>\n",
                  page + 1);
    e = TACET_OK;
  }
  web_end(out);
  return e;
}

/* ---- officers and reports ---- */

static tacet_err list_officer(void *user, const desk_officer *o) {
  FILE *out = user;
  char key[DESK_PUBLIC_TEXT];
  desk_public_text(&o->key, key);
  html_raw(out, "<tr><th scope=\"row\">");
  html_text(out, o->name);
  (void)fprintf(out, "</th><td>%s</td><td>%s</td><td>%s</td><td><code>",
                desk_role_name(o->role), o->cleared ? "yes" : "no",
                o->removed ? "removed" : "works here");
  html_text(out, key);
  html_raw(out, "</code></td></tr>\n");
  return TACET_OK;
}

tacet_err web_page_officers(FILE *out, desk_store *s, const desk_officer *who,
                            desk_trouble *why) {
  static const char *const columns[] = {"Name",  "Role", "Cleared",
                                        "State", "Key",  NULL};
  web_begin(out, who, "/officers", "Officers");
  web_table_begin(out, "Who works at this desk", columns);
  tacet_err e = desk_officers_each(s, list_officer, out, why);
  web_table_end(out);
  web_end(out);
  return e;
}

static tacet_err list_report(void *user, const desk_event *e) {
  FILE *out = user;
  json_t *body = json_loadb((const char *)e->body.p, e->body.len,
                            JSON_REJECT_DUPLICATES, NULL);
  html_raw(out, "<tr><th scope=\"row\">");
  web_time(out, e->time);
  html_raw(out, "</th><td>");
  html_text(out, e->actor);
  html_raw(out, "</td><td>");
  html_json(out, body);
  html_raw(out, "</td></tr>\n");
  json_decref(body);
  return TACET_OK;
}

tacet_err web_page_reports(FILE *out, desk_store *s, const desk_officer *who,
                           desk_trouble *why) {
  static const char *const columns[] = {"Published (UTC)", "By", "What", NULL};
  const desk_filter f = {.kind = "report-published"};
  web_begin(out, who, "/reports", "Reports");
  web_table_begin(out, "What was published", columns);
  tacet_err e = desk_events_each(s, &f, list_report, out, why);
  web_table_end(out);
  web_end(out);
  return e;
}
