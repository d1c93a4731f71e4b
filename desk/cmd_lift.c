/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk case lift: the secrecy of a demand has ended. Then it may be named
 * in a report by itself, and whoever it was about is told.
 *
 * What was said cannot be taken back, so two cleared officers say it. */
#include "desk/command.h"

#include <string.h>

#define E_SIGNED "lift-signed"
#define E_LIFTED "secrecy-lifted"

static const char *text_of(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  return t != NULL ? t : "";
}

static tacet_err may_lift(const desk_who *who, const json_t *row,
                          desk_trouble *why) {
  TACET_TRY(desk_may_see(who, row, why));
  if (!desk_role_works(who->officer.role)) {
    desk_trouble_set(why, "officers and approvers lift secrecy; %s is neither",
                     who->actor);
    return TACET_ERR_POLICY;
  }
  if (strcmp(text_of(row, "kind"), "national-security") != 0) {
    desk_trouble_set(why, "that case is in no band, so there is nothing to "
                          "lift; until when its person is not told says "
                          "`tacet-desk notices`");
    return TACET_ERR_POLICY;
  }
  if (*text_of(row, "lifted") != '\0') {
    desk_trouble_set(why, "its secrecy was lifted already, on %s",
                     text_of(row, "lifted"));
    return TACET_ERR_EXISTS;
  }
  if (strcmp(text_of(json_object_get(row, "lift"), "by"), who->actor) == 0) {
    desk_trouble_set(why,
                     "%s has said so already; another cleared officer is "
                     "needed",
                     who->actor);
    return TACET_ERR_EXISTS;
  }
  return TACET_OK;
}

/* The notice that waited for its day, or for nothing, is owed from now on; one
 * that was sent, or that never will be, stays. */
static tacet_err free_notice(const json_t *row, json_t *changes) {
  const json_t *n = json_object_get(row, "notice");
  const char *state = text_of(n, "state");
  if (strcmp(state, "delayed") != 0) {
    return TACET_OK;
  }
  json_t *copy = json_copy((json_t *)(uintptr_t)n);
  return copy != NULL && json_object_set_new(changes, "notice", copy) == 0 &&
                 json_object_set_new(copy, "state", json_string("owed")) == 0 &&
                 json_object_set_new(copy, "until", json_null()) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

static tacet_err changes_of(const desk_store *s, const desk_who *who,
                            const json_t *row, bool last, json_t **out) {
  char day[DESK_DAY_TEXT];
  desk_day_text(desk_store_today(s), day);
  json_t *v = last ? json_pack("{s:s, s:n}", "lifted", day, "lift")
                   : json_pack("{s:{s:s}}", "lift", "by", who->actor);
  tacet_err e = v == NULL ? TACET_ERR_NOMEM
                : last    ? free_notice(row, v)
                          : TACET_OK;
  if (e != TACET_OK) {
    json_decref(v);
    return e;
  }
  *out = v;
  return TACET_OK;
}

static tacet_err lift(const desk_args *a, desk_store *s, const desk_who *who,
                      const json_t *row, desk_trouble *why) {
  json_t *changes = NULL;
  bool last = json_is_object(json_object_get(row, "lift"));
  TACET_TRY(may_lift(who, row, why));
  TACET_TRY(changes_of(s, who, row, last, &changes));
  json_t *body = json_pack("{s:s}", "basis", desk_arg(a, DESK_O_BASIS));
  const desk_act act = {who->actor, last ? E_LIFTED : E_SIGNED, a->words[0],
                        body, who->signs};
  tacet_err e = TACET_ERR_ENCODING;
  if (body != NULL) {
    e = desk_case_note(s, &act, changes, why);
  } else {
    desk_trouble_set(why, "--basis is a text in UTF-8");
  }
  if (e == TACET_OK) {
    printf("%s\n", last ? "lifted" : "another cleared officer has to say so");
  }
  json_decref(body);
  json_decref(changes);
  return e;
}

int desk_cmd_case_lift(const desk_args *a) {
  return desk_on_case(a, lift);
}
