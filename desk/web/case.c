/* SPDX-License-Identifier: Apache-2.0
 * The page of one case. */
#include "desk/web/frame.h"
#include "desk/web/private.h"

static tacet_err write_event(void *user, const desk_event *e) {
  FILE *out = user;
  web_event_begin(out, e);
  html_raw(out, "<td>");
  json_t *body = e->erased ? NULL
                           : json_loadb((const char *)e->body.p, e->body.len,
                                        JSON_REJECT_DUPLICATES, NULL);
  if (json_object_size(body) > 0) {
    html_raw(out, "<details><summary>What it says</summary>\n");
    html_json(out, body);
    html_raw(out, "</details>");
  }
  json_decref(body);
  html_raw(out, "</td></tr>\n");
  return TACET_OK;
}

/* What an officer may type next. The page itself does nothing: what is done
 * takes a key, and no key comes near a browser. */
static const struct {
  desk_step step;
  const char *before, *after; /* the case's id stands between */
} commands[] = {
    {DESK_DO_AUTHENTICATE, "case authenticate ", " --reason TEXT"},
    {DESK_DO_TRIAGE, "evaluate ", ""},
    {DESK_DO_REVIEW, "evaluate ", ""},
    {DESK_DO_ACCEPT, "decide ", " accept --reason TEXT"},
    {DESK_DO_NARROW, "decide ", " narrow --reason TEXT"},
    {DESK_DO_REFUSE, "decide ", " refuse --reason TEXT"},
    {DESK_DO_CLARIFY, "decide ", " clarify --reason TEXT"},
    {DESK_DO_CHALLENGE, "decide ", " challenge --reason TEXT"},
    {DESK_DO_FRAUD, "decide ", " fraud --reason TEXT"},
    {DESK_DO_PLAN, "plan ", ""},
    {DESK_DO_APPROVE, "sign ", ""},
    {DESK_DO_EXTRACT, "run ", " --out DIR"},
    {DESK_DO_WITHDRAW, "case withdraw ", " --reason TEXT"},
    {DESK_DO_CLOSE, "case close ", ""},
    {DESK_DO_PURGE, "case purge ", ""},
};

static void write_command(FILE *out, const char *before, const char *id,
                          const char *after) {
  (void)fprintf(out,
                "<li><code>tacet-desk %s%s%s --key FILE --data "
                "DIR</code></li>\n",
                before, id, after);
}

static bool has_state(const json_t *row, const char *part, const char *state) {
  const char *t =
      json_string_value(json_object_get(json_object_get(row, part), "state"));
  return t != NULL && strcmp(t, state) == 0;
}

/* What leaves the state of the case. */
static void write_others(FILE *out, const json_t *row, desk_state state,
                         const char *id) {
  if (state <= DESK_S_LEGAL_REVIEW || state == DESK_S_CLARIFICATION) {
    write_command(out, "case complete ", id, " --file FILE.json --reason TEXT");
  }
  if (has_state(row, "review", "owed")) {
    write_command(out, "case review ", id, " --reason TEXT");
  }
  if (has_state(row, "notice", "owed")) {
    write_command(out, "notices told ", id, " --reason TEXT");
  }
}

static void write_next(FILE *out, const json_t *row, const char *id) {
  const char *name = json_string_value(json_object_get(row, "state"));
  desk_state state, to;
  if (name == NULL || !desk_state_read(name, &state)) {
    return;
  }
  html_raw(out, "<section aria-labelledby=\"next\">\n<h2 id=\"next\">What can "
                "be done</h2>\n<p>At a terminal, with your key:</p>\n<ul>\n");
  for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
    if (desk_step_next(state, commands[i].step, &to)) {
      write_command(out, commands[i].before, id, commands[i].after);
    }
  }
  write_others(out, row, state, id);
  html_raw(out, "</ul>\n</section>\n");
}

static tacet_err note_read(desk_store *s, const desk_officer *who,
                           const char *id, desk_trouble *why) {
  char actor[DESK_ACTOR_MAX + 1];
  json_t *body = json_pack("{s:s}", "by", "page");
  const desk_act act = {actor, "case-read", id, body, NULL};
  (void)snprintf(actor, sizeof(actor), DESK_PAGE_ACTOR "%s", who->name);
  tacet_err e =
      body == NULL ? TACET_ERR_NOMEM : desk_case_note(s, &act, NULL, why);
  json_decref(body);
  return e;
}

static tacet_err write_case(FILE *out, desk_store *s, const desk_officer *who,
                            const char *id, const json_t *row,
                            desk_trouble *why) {
  static const char *const columns[] = {"Time (UTC)", "Who",  "Signed",
                                        "What",       "Says", NULL};
  const desk_filter f = {.case_id = id};
  json_t *demand = NULL;
  desk_trouble none;
  web_begin(out, who, "/cases", id);
  html_json(out, row);
  write_next(out, row, id);
  html_raw(out, "<section aria-labelledby=\"demand\">\n<h2 id=\"demand\">The "
                "demand</h2>\n");
  if (desk_case_request(s, id, &none, &demand) == TACET_OK) {
    html_json(out, demand);
    json_decref(demand);
  } else {
    html_raw(out, "<p>It is not here: the case was imported, or purged.</p>\n");
  }
  html_raw(out, "</section>\n");
  web_table_begin(out, "What was done", columns);
  tacet_err e = desk_events_each(s, &f, write_event, out, why);
  web_table_end(out);
  web_end(out);
  return e;
}

tacet_err web_page_case(FILE *out, desk_store *s, const desk_officer *who,
                        const char *id, desk_trouble *why) {
  json_t *row = NULL;
  TACET_TRY(desk_case_get(s, id, why, &row));
  tacet_err e =
      web_may_see(who, row) ? note_read(s, who, id, why) : TACET_ERR_NOT_FOUND;
  if (e == TACET_OK) {
    e = write_case(out, s, who, id, row, why);
  }
  json_decref(row);
  return e;
}
