/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk notices told: somebody was told in another way than through Tacet:
 * by post, because there is no account for notices, or because theirs is gone.
 */
#include "desk/command.h"

#include <string.h>

static const char *text_of(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  return t != NULL ? t : "";
}

static tacet_err told(const json_t *row, desk_trouble *why, json_t **changes) {
  static const char *const waiting[] = {"owed", "delayed", "sending", "queued"};
  json_t *notice = json_object_get(row, "notice");
  const char *state = text_of(notice, "state");
  bool waits = false;
  for (size_t i = 0; i < sizeof(waiting) / sizeof(waiting[0]); i++) {
    waits |= strcmp(waiting[i], state) == 0;
  }
  if (!waits) {
    desk_trouble_set(why, "no notice of that case waits: it is \"%s\"",
                     *state ? state : "not decided yet");
    return TACET_ERR_POLICY;
  }
  json_t *copy = json_copy(notice);
  *changes = json_pack("{s:o, s:b}", "notice", copy, "notified", 1);
  return *changes != NULL &&
                 json_object_set_new(copy, "state", json_string("sent")) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

/* Where the case waited for nothing but that. */
static tacet_err step_on(desk_store *s, const desk_who *who, const char *id,
                         const json_t *row, desk_trouble *why) {
  desk_state state, to;
  const desk_case_step step = {.case_id = id,
                               .act = DESK_DO_NOTIFY,
                               .kind = "case-notified",
                               .actor = who->actor,
                               .key = who->signs};
  return desk_state_read(text_of(row, "state"), &state) &&
                 desk_step_next(state, DESK_DO_NOTIFY, &to)
             ? desk_case_act(s, &step, why)
             : TACET_OK;
}

static tacet_err tell(const desk_args *a, desk_store *s, const desk_who *who,
                      desk_trouble *why) {
  const char *id = a->words[0];
  json_t *row = NULL, *changes = NULL;
  json_t *body = json_pack("{s:s}", "reason", desk_arg(a, DESK_O_REASON));
  const desk_act act = {who->actor, "person-told", id, body, who->signs};
  tacet_err e =
      body == NULL ? TACET_ERR_ENCODING : desk_case_get(s, id, why, &row);
  if (body == NULL) {
    desk_trouble_set(why, "--reason is UTF-8");
  }
  if (e == TACET_OK) {
    e = desk_may_see(who, row, why);
  }
  if (e == TACET_OK) {
    e = told(row, why, &changes);
  }
  if (e == TACET_OK) {
    e = desk_case_note(s, &act, changes, why);
  }
  if (e == TACET_OK) {
    e = step_on(s, who, id, row, why);
  }
  json_decref(row);
  json_decref(changes);
  json_decref(body);
  return e;
}

int desk_cmd_notices_told(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    code = desk_end(tell(a, s, &who, &why), &why);
  }
  desk_store_close(s);
  return code;
}
