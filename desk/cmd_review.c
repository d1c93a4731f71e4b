/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk case review: after an emergency somebody else looks at it, with
 * the paper that the authority owes, or without it. */
#include "desk/intake.h"

#include <string.h>

static const char *text_of(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  return t != NULL ? t : "";
}

/* ---- who decided ---- */

static tacet_err take_decision(void *user, const desk_event *e) {
  char *actor = user;
  if (strncmp(e->kind, "decided-", 8) == 0 && !e->erased) {
    (void)snprintf(actor, DESK_ACTOR_MAX + 1, "%s", e->actor);
  }
  return TACET_OK;
}

static tacet_err may_review(desk_store *s, const desk_who *who, const char *id,
                            const json_t *row, desk_trouble *why) {
  char decided[DESK_ACTOR_MAX + 1] = "";
  const desk_filter f = {.case_id = id};
  if (strcmp(text_of(json_object_get(row, "review"), "state"), "owed") != 0) {
    desk_trouble_set(why, "nothing of that case waits for a review: those of "
                          "emergencies that were answered do, once");
    return TACET_ERR_POLICY;
  }
  TACET_TRY(desk_events_each(s, &f, take_decision, decided, why));
  if (strcmp(decided, who->actor) == 0 ||
      strcmp(text_of(row, "filed_by"), who->actor) == 0) {
    desk_trouble_set(why, "an emergency is reviewed by somebody who neither "
                          "filed it nor decided it");
    return TACET_ERR_POLICY;
  }
  return TACET_OK;
}

/* ---- review ---- */

static tacet_err write_down(const desk_args *a, desk_store *s,
                            const desk_who *who, const json_t *row,
                            const char *hash, desk_trouble *why) {
  json_t *body = json_pack("{s:s, s:s?}", "reason", desk_arg(a, DESK_O_REASON),
                           "paper", *hash ? hash : NULL);
  json_t *changes = json_pack("{s:{s:s, s:b}}", "review", "state", "done",
                              "paper", *hash != '\0');
  tacet_err e = TACET_OK;
  if (changes != NULL && *hash != '\0') { /* it is purged with the case */
    json_t *before = json_object_get(row, "documents_before");
    json_t *list = json_is_array(before) ? json_copy(before) : json_array();
    if (list == NULL || json_array_append_new(list, json_string(hash)) != 0 ||
        json_object_set_new(changes, "documents_before", list) != 0) {
      e = TACET_ERR_NOMEM;
    }
  }
  if (e == TACET_OK && (body == NULL || changes == NULL)) {
    desk_trouble_set(why, "--reason is UTF-8");
    e = TACET_ERR_ENCODING;
  }
  if (e == TACET_OK) {
    const desk_act act = {who->actor, "emergency-reviewed", a->words[0], body,
                          who->signs};
    e = desk_case_note(s, &act, changes, why);
  }
  json_decref(body);
  json_decref(changes);
  return e;
}

static tacet_err review(const desk_args *a, desk_store *s, const desk_who *who,
                        desk_trouble *why) {
  json_t *row = NULL;
  char hash[65] = "";
  TACET_TRY(desk_case_get(s, a->words[0], why, &row));
  tacet_err e = desk_may_see(who, row, why);
  if (e == TACET_OK) {
    e = may_review(s, who, a->words[0], row, why);
  }
  if (e == TACET_OK && desk_arg(a, DESK_O_DOCUMENT) != NULL) {
    e = desk_intake_document(s, desk_arg(a, DESK_O_DOCUMENT), why, hash);
  }
  if (e == TACET_OK) {
    e = write_down(a, s, who, row, hash, why);
  }
  json_decref(row);
  return e;
}

int desk_cmd_case_review(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    code = desk_end(review(a, s, &who, &why), &why);
  }
  desk_store_close(s);
  return code;
}
