/* SPDX-License-Identifier: Apache-2.0
 * tacet-desk notices: who is to be told and when, a delay, and telling those
 * whose day has come, through Tacet itself.
 *
 * That it is begun is in the log before the first message goes; each message is
 * an event of its own. After a kill the conversation is searched for the
 * notice's reference before anything is sent again. */
#include "desk/intake.h"
#include "desk/lock.h"
#include "desk/notice.h"
#include "desk/rules/identifier.h"
#include "desk/spawn.h"
#include "server/ops/folder.h"

#include "tacet/codec.h"

#include <stdlib.h>
#include <string.h>

#define EXIT_UNREACHABLE 3 /* of tacet: the outbox has it */
#define EXIT_REFUSED 4
/* A delay that ends in the next century has no end. */
enum { DELAY_DAYS_MAX = 366 };

static const char *text_of(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  return t != NULL ? t : "";
}

/* ---- list ---- */

typedef struct listing {
  const desk_args *a;
  const desk_who *who;
  desk_day today;
} listing;

static tacet_err list_row(void *user, const json_t *row) {
  const listing *l = user;
  const json_t *n = json_object_get(row, "notice");
  desk_trouble hidden;
  char basis[200];
  if (!json_is_object(n) || desk_may_see(l->who, row, &hidden) != TACET_OK) {
    return TACET_OK;
  }
  if (desk_flag(l->a, DESK_O_JSON)) {
    desk_print(json_pack("{s:O, s:O, s:b}", "case", json_object_get(row, "id"),
                         "notice", n, "due",
                         desk_notice_is_due(row, l->today)));
    return TACET_OK;
  }
  printf("%-13s  %-8s  %-10s  %s  %s\n", text_of(row, "id"),
         text_of(n, "state"), *text_of(n, "until") ? text_of(n, "until") : "-",
         desk_notice_is_due(row, l->today) ? "due" : "   ",
         desk_plain(text_of(n, "basis"), basis, sizeof(basis)));
  return TACET_OK;
}

int desk_cmd_notices(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, false, &who, &code)) {
    listing l = {a, &who, desk_store_today(s)};
    code = desk_end(desk_cases_each(s, list_row, &l, &why), &why);
  }
  desk_store_close(s);
  return code;
}

/* ---- delay ---- */

static tacet_err delayed(const desk_args *a, desk_day today, const json_t *row,
                         desk_trouble *why, json_t **changes) {
  const json_t *n = json_object_get(row, "notice");
  const char *state = text_of(n, "state"), *until = desk_arg(a, DESK_O_UNTIL);
  desk_day last;
  if (strcmp(state, "owed") != 0 && strcmp(state, "delayed") != 0) {
    desk_trouble_set(why, "no notice of that case waits: it is \"%s\"",
                     *state ? state : "not decided yet");
    return TACET_ERR_POLICY;
  }
  if (!desk_day_read(until, &last) || last < today ||
      last - today > DELAY_DAYS_MAX) {
    desk_trouble_set(why, "--until is a day to come, such as 2027-05-02, and "
                          "within a year; a longer delay is asked for anew");
    return TACET_ERR_ARGUMENT;
  }
  json_t *copy = json_copy((json_t *)(uintptr_t)n);
  *changes = json_pack("{s:o}", "notice", copy);
  return *changes != NULL &&
                 json_object_set_new(copy, "state", json_string("delayed")) ==
                     0 &&
                 json_object_set_new(copy, "until", json_string(until)) == 0 &&
                 json_object_set_new(
                     copy, "basis", json_string(desk_arg(a, DESK_O_BASIS))) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

static tacet_err delay(const desk_args *a, desk_store *s, const desk_who *who,
                       desk_trouble *why) {
  const char *id = a->words[0];
  json_t *row = NULL, *changes = NULL;
  json_t *body = json_pack("{s:s, s:s}", "until", desk_arg(a, DESK_O_UNTIL),
                           "basis", desk_arg(a, DESK_O_BASIS));
  const desk_act act = {who->actor, "notice-delayed", id, body, who->signs};
  tacet_err e =
      body == NULL ? TACET_ERR_ENCODING : desk_case_get(s, id, why, &row);
  if (e == TACET_OK) {
    e = delayed(a, desk_store_today(s), row, why, &changes);
  }
  if (e == TACET_OK) {
    e = desk_case_note(s, &act, changes, why);
  }
  json_decref(row);
  json_decref(changes);
  json_decref(body);
  return e;
}

int desk_cmd_notices_delay(const desk_args *a) {
  int code;
  DESK_WHO(who);
  desk_trouble why = {""};
  desk_store *s = desk_open(a, &code);
  if (s != NULL && desk_who_of(a, s, DESK_O_KEY, true, &who, &code)) {
    code = desk_end(delay(a, s, &who, &why), &why);
  }
  desk_store_close(s);
  return code;
}

/* ---- run ---- */

typedef struct telling {
  desk_store *s;
  desk_trouble *why;
  const desk_tables *tables;
  char domain[TACETD_CONFIG_TEXT_MAX];
  json_t *due; /* ids */
  desk_day today;
  size_t told, waiting, failed; /* people */
  /* of the case at hand */
  const char *id, *reference, *text;
  bool again;  /* it was begun before */
  bool lifted; /* its secrecy has ended */
  bool queued, unfinished;
  json_t *done; /* handles */
} telling;

static tacet_err collect(void *user, const json_t *row) {
  telling *t = user;
  /* Of a purged case nobody knows any more whom to tell. */
  if (!desk_notice_is_due(row, t->today) ||
      strcmp(text_of(row, "state"), "purged") == 0) {
    return TACET_OK;
  }
  return json_array_append(t->due, json_object_get(row, "id")) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

/* An event about the notice; `state` (or NULL) is its new one. */
static tacet_err note(telling *t, const char *kind, const char *handle,
                      const char *state, int code) {
  json_t *row = NULL, *changes = NULL;
  json_t *body = json_pack("{s:s?, s:i, s:s}", "handle", handle, "code", code,
                           "reference", t->reference);
  const desk_act act = {"", kind, t->id, body, NULL};
  tacet_err e = body == NULL ? TACET_ERR_NOMEM : TACET_OK;
  if (e == TACET_OK && state != NULL) {
    e = desk_case_get(t->s, t->id, t->why, &row);
    json_t *n =
        e == TACET_OK ? json_copy(json_object_get(row, "notice")) : NULL;
    bool sent = strcmp(state, "sent") == 0;
    if (e == TACET_OK &&
        (n == NULL ||
         json_object_set_new(n, "state", json_string(state)) != 0 ||
         (changes = sent ? json_pack("{s:O, s:b}", "notice", n, "notified", 1)
                         : json_pack("{s:O}", "notice", n)) == NULL)) {
      e = TACET_ERR_NOMEM;
    }
    json_decref(n);
  }
  if (e == TACET_OK) {
    e = desk_case_note(t->s, &act, changes, t->why);
  }
  json_decref(row);
  json_decref(changes);
  json_decref(body);
  return e;
}

static tacet_err take_done(void *user, const desk_event *e) {
  telling *t = user;
  json_t *body = json_loadb((const char *)e->body.p, e->body.len,
                            JSON_REJECT_DUPLICATES, NULL);
  const char *handle = text_of(body, "handle");
  bool ours = strcmp(text_of(body, "reference"), t->reference) == 0;
  int bad = ours ? json_object_set_new(t->done, handle, json_true()) : 0;
  json_decref(body);
  return bad == 0 ? TACET_OK : TACET_ERR_NOMEM;
}

/* Is it in the conversation already? */
static bool was_sent(telling *t, const char *handle) {
  TACET_BYTES(out);
  int code = 0;
  const char *home = desk_store_settings(t->s)->notices_home;
  const char *const argv[] = {"tacet",  "history", handle, "--json",
                              "--home", home,      NULL};
  desk_trouble none;
  return t->again && desk_spawn(argv, NULL, &none, &code, &out) == TACET_OK &&
         code == 0 && out.len > 0 &&
         memmem(out.p, out.len, t->reference, strlen(t->reference)) != NULL;
}

static tacet_err tell_one(telling *t, const char *handle) {
  TACET_BYTES(out);
  int code = 0;
  const char *home = desk_store_settings(t->s)->notices_home;
  const char *const argv[] = {"tacet",  "send",   handle, "-",
                              "--sent", "--home", home,   NULL};
  if (json_object_get(t->done, handle) != NULL) {
    return TACET_OK;
  }
  if (!was_sent(t, handle)) {
    TACET_TRY(desk_spawn(argv, t->text, t->why, &code, &out));
  }
  if (code == 0) {
    t->told++;
    return note(t, "notice-sent", handle, NULL, code);
  }
  if (code == EXIT_UNREACHABLE) {
    t->queued = true;
    t->waiting++;
    return note(t, "notice-queued", handle, NULL, code);
  }
  t->failed++;
  t->unfinished |= code != EXIT_REFUSED;
  return note(t, "notice-failed", handle, NULL, code);
}

static tacet_err tell_all(telling *t, const desk_request *r) {
  static const char *const kinds[] = {"notice-sent", "notice-queued"};
  for (size_t i = 0; i < 2; i++) {
    const desk_filter f = {.case_id = t->id, .kind = kinds[i]};
    TACET_TRY(desk_events_each(t->s, &f, take_done, t, t->why));
  }
  for (size_t i = 0; i < r->identifiers.n; i++) {
    desk_identifier id;
    desk_identifier_read(r->identifiers.items[i], t->domain, &id);
    if (id.kind == DESK_IDENTIFIER_HANDLE) {
      TACET_TRY(tell_one(t, id.normalised));
    }
  }
  return TACET_OK;
}

/* What is in the outbox goes out with the next sync. What came in meanwhile is
 * shown, so that no answer is lost. */
static tacet_err flush_outbox(telling *t, bool *out) {
  TACET_BYTES(text);
  int code = 0;
  const char *const argv[] = {"tacet", "receive", "--home",
                              desk_store_settings(t->s)->notices_home, NULL};
  TACET_TRY(desk_spawn(argv, NULL, t->why, &code, &text));
  (void)fwrite(text.p, 1, text.len, stdout);
  *out = code == 0;
  return TACET_OK;
}

/* Where the case waited for nothing but that. */
static tacet_err step_on(telling *t) {
  json_t *row = NULL;
  desk_state state, to;
  TACET_TRY(desk_case_get(t->s, t->id, t->why, &row));
  bool possible = desk_state_read(text_of(row, "state"), &state) &&
                  desk_step_next(state, DESK_DO_NOTIFY, &to);
  json_decref(row);
  const desk_case_step step = {.case_id = t->id,
                               .act = DESK_DO_NOTIFY,
                               .kind = "case-notified",
                               .actor = ""};
  return possible ? desk_case_act(t->s, &step, t->why) : TACET_OK;
}

static tacet_err finish(telling *t) {
  if (t->unfinished) {
    return TACET_OK; /* it is tried again */
  }
  TACET_TRY(note(t, t->queued ? "notice-waits" : "notice-done", NULL,
                 t->queued ? "queued" : "sent", 0));
  return t->queued ? TACET_OK : step_on(t);
}

static tacet_err run_queued(telling *t) {
  bool out = false;
  TACET_TRY(flush_outbox(t, &out));
  if (!out) {
    t->waiting++;
    return TACET_OK;
  }
  t->told++;
  TACET_TRY(note(t, "notice-done", NULL, "sent", 0));
  return step_on(t);
}

static tacet_err run_demand(telling *t, const json_t *demand) {
  desk_request r = {.json = NULL};
  char *words = json_dumps(demand, JSON_COMPACT);
  tacet_err e = words == NULL
                    ? TACET_ERR_NOMEM
                    : desk_request_read(tacet_span_str(words), &r, t->why);
  char *text = e == TACET_OK
                   ? desk_notice_text(&r, t->tables, t->reference, t->lifted)
                   : NULL;
  t->text = text;
  t->done = json_object();
  if (e == TACET_OK && (text == NULL || t->done == NULL)) {
    e = TACET_ERR_NOMEM;
  }
  if (e == TACET_OK && !t->again) {
    e = note(t, "notice-begun", NULL, "sending", 0);
  }
  if (e == TACET_OK) {
    e = tell_all(t, &r);
  }
  if (e == TACET_OK) {
    e = finish(t);
  }
  json_decref(t->done);
  free(text);
  free(words);
  desk_request_free(&r);
  return e;
}

static tacet_err run_case(telling *t, const char *id) {
  json_t *row = NULL, *demand = NULL;
  t->id = id;
  t->queued = t->unfinished = false;
  TACET_TRY(desk_case_get(t->s, id, t->why, &row));
  const json_t *n = json_object_get(row, "notice");
  const char *state = text_of(n, "state");
  t->reference = text_of(n, "reference");
  t->again = strcmp(state, "sending") == 0;
  t->lifted = json_is_string(json_object_get(row, "lifted"));
  tacet_err e;
  if (strcmp(state, "queued") == 0) {
    e = run_queued(t);
  } else {
    e = desk_case_request(t->s, id, t->why, &demand);
    e = e == TACET_OK ? run_demand(t, demand) : e;
  }
  json_decref(row);
  json_decref(demand);
  return e;
}

static void domain_of(telling *t) {
  tacetd_config c;
  tacetd_trouble none;
  char path[TACETD_PATH_MAX];
  tacetd_config_defaults(&c);
  if (tacetd_folder_path(desk_store_settings(t->s)->server, TACETD_CONFIG_NAME,
                         path) == TACET_OK) {
    (void)(tacetd_config_read(&c, path, &none) == TACET_OK);
  }
  memcpy(t->domain, c.domain, sizeof(t->domain));
}

static tacet_err run_due(telling *t) {
  size_t i;
  json_t *id;
  TACET_TRY(desk_lock(t->s, "notices run", t->why));
  domain_of(t);
  TACET_TRY(desk_cases_each(t->s, collect, t, t->why));
  if (json_array_size(t->due) > 0 &&
      *desk_store_settings(t->s)->notices_home == '\0') {
    desk_trouble_set(t->why,
                     "%zu notices are due, and the desk has no account to send "
                     "them: `tacet-desk settings --notices-home DIR` names its "
                     "home",
                     json_array_size(t->due));
    return TACET_ERR_STATE;
  }
  json_array_foreach(t->due, i, id) {
    TACET_TRY(run_case(t, json_string_value(id)));
  }
  return TACET_OK;
}

int desk_cmd_notices_run(const desk_args *a) {
  int code;
  desk_trouble why = {""};
  desk_tables tables = {.json = NULL};
  desk_store *s = desk_open(a, &code);
  if (s == NULL) {
    return code;
  }
  telling t = {.s = s,
               .why = &why,
               .tables = &tables,
               .due = json_array(),
               .today = desk_store_today(s)};
  tacet_err e = desk_intake_tables(a, &why, &tables);
  if (e == TACET_OK) {
    e = t.due == NULL ? TACET_ERR_NOMEM : run_due(&t);
  }
  if (e == TACET_OK) {
    printf("told %zu, waiting %zu, failed %zu\n", t.told, t.waiting, t.failed);
  }
  json_decref(t.due);
  desk_tables_free(&tables);
  desk_store_close(s);
  return e != TACET_OK  ? desk_end(e, &why)
         : t.failed > 0 ? DESK_EXIT_FAILED
                        : DESK_EXIT_DONE;
}
