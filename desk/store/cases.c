/* SPDX-License-Identifier: Apache-2.0
 * Cases: their rows, and what brings them on. */
#include "desk/store/private.h"

#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <stdio.h>
#include <stdlib.h>

static json_t *load(tacet_span text) {
  return json_loadb((const char *)text.p, text.len, JSON_REJECT_DUPLICATES,
                    NULL);
}

static const char *text_of(const json_t *row, const char *key) {
  const char *t = json_string_value(json_object_get(row, key));
  return t != NULL ? t : "";
}

tacet_err case_row(sto_conn *c, const char *id, json_t **out) {
  sto_query *q = sto_query_start(c, Q_CASE_GET);
  bool row = false;
  sto_bind_text(q, tacet_span_str(id));
  TACET_TRY(sto_step(q, &row));
  if (!row) {
    return TACET_ERR_NOT_FOUND;
  }
  json_t *v = load(sto_text(q, 0));
  sto_query_end(q);
  *out = v;
  return v != NULL ? TACET_OK : TACET_ERR_IO;
}

static tacet_err no_case(tacet_err e, desk_trouble *why) {
  if (e == TACET_ERR_NOT_FOUND) {
    desk_trouble_set(why, "there is no case of that id; `tacet-desk case list` "
                          "shows them");
    return e;
  }
  return store_failed(e, why);
}

tacet_err desk_case_get(desk_store *s, const char *id, desk_trouble *why,
                        json_t **row) {
  why->text[0] = '\0';
  return no_case(case_row(s->c, id, row), why);
}

tacet_err desk_cases_each(desk_store *s,
                          tacet_err (*visit)(void *user, const json_t *row),
                          void *user, desk_trouble *why) {
  sto_query *q = sto_query_start(s->c, Q_CASE_LIST);
  why->text[0] = '\0';
  for (;;) {
    bool row;
    TACET_TRY(store_failed(sto_step(q, &row), why));
    if (!row) {
      return TACET_OK;
    }
    json_t *v = load(sto_text(q, 0));
    tacet_err e = v != NULL ? visit(user, v) : TACET_ERR_IO;
    json_decref(v);
    if (e != TACET_OK) {
      sto_query_end(q);
      return store_failed(e, why);
    }
  }
}

/* As it was filed, or completed last. */
static tacet_err take_request(void *user, const desk_event *e) {
  if (strcmp(e->kind, "case-filed") != 0 &&
      strcmp(e->kind, "demand-completed") != 0) {
    return TACET_OK;
  }
  json_t *body = load(e->body), **out = user;
  json_t *request = json_object_get(body, "request");
  json_decref(*out);
  *out = json_is_object(request) ? json_incref(request) : NULL;
  json_decref(body);
  return TACET_OK;
}

tacet_err desk_case_request(desk_store *s, const char *id, desk_trouble *why,
                            json_t **request) {
  json_t *found = NULL;
  const desk_filter f = {.case_id = id};
  TACET_TRY(desk_events_each(s, &f, take_request, &found, why));
  if (found == NULL) {
    desk_trouble_set(why, "the demand of that case is not here: there is no "
                          "such case, or it was imported or purged");
    return TACET_ERR_NOT_FOUND;
  }
  *request = found;
  return TACET_OK;
}

/* ---- counts ---- */

typedef struct counting {
  tacet_err (*visit)(void *user, const desk_count *c);
  void *user;
} counting;

static uint64_t number_of(const json_t *row, const char *key) {
  json_int_t n = json_integer_value(json_object_get(row, key));
  return n > 0 ? (uint64_t)n : 0;
}

static tacet_err count_row(void *user, const json_t *row) {
  const counting *x = user;
  desk_count c = {
      .instrument = text_of(row, "instrument"),
      .authority = text_of(row, "authority"),
      .country = text_of(row, "country"),
      .accounts = number_of(row, "accounts"),
      .with_data = number_of(row, "with_data"),
      .preservation = json_is_true(json_object_get(row, "preservation")),
      .gagged = json_is_true(json_object_get(row, "gagged")),
      .notified = json_is_true(json_object_get(row, "notified")),
      .new_service = json_is_true(json_object_get(row, "new_service"))};
  if (!desk_day_read(text_of(row, "received"), &c.received) ||
      !desk_kind_read(text_of(row, "kind"), &c.kind) ||
      !desk_outcome_read(text_of(row, "outcome"), &c.outcome) ||
      (*text_of(row, "lifted") != '\0' &&
       !desk_day_read(text_of(row, "lifted"), &c.lifted))) {
    return TACET_ERR_IO;
  }
  return x->visit(x->user, &c);
}

tacet_err desk_counts_each(desk_store *s,
                           tacet_err (*visit)(void *user, const desk_count *c),
                           void *user, desk_trouble *why) {
  counting x = {visit, user};
  return desk_cases_each(s, count_row, &x, why);
}

/* ---- filing ---- */

static tacet_err new_id(char out[DESK_CASE_ID_MAX + 1]) {
  uint8_t random[6];
  TACET_TRY(tacet_random(random, sizeof(random)));
  out[0] = 'c';
  tacet_hex_write(tacet_span_of(random, sizeof(random)), out + 1);
  return TACET_OK;
}

typedef struct filing {
  sto_job job;
  desk_store *s;
  desk_item *items;
  size_t n;
  desk_trouble *why;
} filing;

/* 48 random bits twice are rare, and would hide a case behind another. */
static tacet_err file_run(sto_job *job, sto_conn *c) {
  const filing *x = (filing *)job;
  for (size_t i = 0; i < x->n; i++) {
    json_t *other = NULL;
    tacet_err e = case_row(c, x->items[i].act.case_id, &other);
    json_decref(other);
    if (e != TACET_ERR_NOT_FOUND) {
      return e == TACET_OK ? TACET_ERR_EXISTS : e;
    }
  }
  return append_items(x->s, c, x->items, x->n, x->why);
}

tacet_err desk_case_file(desk_store *s, const json_t *request,
                         const json_t *row, const char *actor,
                         const desk_key *key, desk_trouble *why,
                         char id[DESK_CASE_ID_MAX + 1]) {
  char new[DESK_CASE_ID_MAX + 1];
  TACET_TRY(store_failed(new_id(new), why));
  json_t *full = json_deep_copy(row);
  json_t *body = json_pack("{s:O}", "request", (json_t *)(uintptr_t)request);
  desk_item item = {.act = {actor, "case-filed", new, body, key}, .row = full};
  filing x = {{.run = file_run}, s, &item, 1, why};
  tacet_err e = TACET_ERR_NOMEM;
  if (full != NULL && body != NULL &&
      json_object_set_new(full, "id", json_string(new)) == 0 &&
      json_object_set_new(full, "state",
                          json_string(desk_state_name(DESK_S_RECEIVED))) == 0) {
    e = store_transact(s, &x.job, why);
  }
  json_decref(full);
  json_decref(body);
  if (e == TACET_OK) {
    memcpy(id, new, sizeof(new));
  }
  return store_failed(e, why);
}

/* ---- importing ---- */

typedef struct id_text {
  char text[DESK_CASE_ID_MAX + 1];
} id_text;

static tacet_err import_item(json_t *row, const char *actor, json_t *empty,
                             id_text *id, desk_item *out) {
  TACET_TRY(new_id(id->text));
  json_t *full = json_copy(row);
  if (full == NULL ||
      json_object_set_new(full, "id", json_string(id->text)) != 0 ||
      json_object_set_new(full, "imported", json_true()) != 0 ||
      json_object_set_new(full, "state",
                          json_string(desk_state_name(DESK_S_CLOSED))) != 0) {
    json_decref(full);
    return TACET_ERR_NOMEM;
  }
  *out = (desk_item){.act = {actor, "case-imported", id->text, empty, NULL},
                     .row = full};
  return TACET_OK;
}

static tacet_err import_all(desk_store *s, json_t *const *rows, size_t n,
                            const char *actor, json_t *empty, id_text *ids,
                            desk_item *items, desk_trouble *why) {
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(import_item(rows[i], actor, empty, &ids[i], &items[i]));
  }
  filing x = {{.run = file_run}, s, items, n, why};
  return store_transact(s, &x.job, why);
}

tacet_err desk_case_import(desk_store *s, json_t *const *rows, size_t n,
                           const char *actor, desk_trouble *why) {
  json_t *empty = json_object();
  desk_item *items = calloc(n + 1, sizeof(*items));
  id_text *ids = calloc(n + 1, sizeof(*ids));
  tacet_err e = TACET_ERR_NOMEM;
  why->text[0] = '\0';
  if (empty != NULL && items != NULL && ids != NULL) {
    e = import_all(s, rows, n, actor, empty, ids, items, why);
  }
  for (size_t i = 0; items != NULL && i < n; i++) {
    json_decref((json_t *)(uintptr_t)items[i].row);
  }
  free(items);
  free(ids);
  json_decref(empty);
  return store_failed(e, why);
}

/* ---- going on ---- */

typedef struct stepping {
  sto_job job;
  desk_store *s;
  const desk_case_step *step; /* NULL: `note`, which leaves the state */
  const desk_act *note;
  const json_t *changes;
  json_t *empty;
  desk_trouble *why;
} stepping;

static tacet_err may_work(const desk_key *key, const json_t *row, bool changes,
                          sto_conn *c, desk_trouble *why) {
  desk_officer o;
  if (key == NULL) {
    return TACET_OK;
  }
  tacet_err e = officer_by_key(c, key, &o);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK; /* the append says that it is nobody's */
  }
  TACET_TRY(e);
  if (changes && !desk_role_works(o.role)) {
    desk_trouble_set(why, "an %s changes no case; officers and approvers do",
                     desk_role_name(o.role));
    return TACET_ERR_POLICY;
  }
  if (strcmp(text_of(row, "kind"), "national-security") == 0 && !o.cleared) {
    desk_trouble_set(why, "that case is for cleared officers alone");
    return TACET_ERR_POLICY;
  }
  return TACET_OK;
}

static tacet_err next_state(const stepping *x, json_t *row) {
  desk_state from, to;
  const char *state = text_of(row, "state");
  if (!desk_state_read(state, &from)) {
    return TACET_ERR_IO;
  }
  if (!desk_step_next(from, x->step->act, &to)) {
    char possible[256];
    desk_steps_text(from, possible, sizeof(possible));
    desk_trouble_set(x->why,
                     "the case is %s, and \"%s\" is not possible now; possible "
                     "is: %s",
                     state, desk_step_name(x->step->act), possible);
    return TACET_ERR_POLICY;
  }
  return json_object_set_new(row, "state", json_string(desk_state_name(to))) ==
                 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

static tacet_err append_step(const stepping *x, sto_conn *c, json_t *row) {
  const desk_case_step *t = x->step;
  desk_item item = {.row = row};
  if (x->changes != NULL &&
      json_object_update(row, (json_t *)(uintptr_t)x->changes) != 0) {
    return TACET_ERR_NOMEM;
  }
  if (t != NULL) {
    TACET_TRY(next_state(x, row));
    const char *kind = t->kind != NULL ? t->kind : desk_step_name(t->act);
    item.act = (desk_act){t->actor, kind, t->case_id,
                          t->body != NULL ? t->body : x->empty, t->key};
  } else {
    item.act = *x->note;
    item.row = x->changes != NULL ? row : NULL;
  }
  return append_items(x->s, c, &item, 1, x->why);
}

static tacet_err step_run(sto_job *job, sto_conn *c) {
  const stepping *x = (stepping *)job;
  const char *id = x->step != NULL ? x->step->case_id : x->note->case_id;
  const desk_key *key = x->step != NULL ? x->step->key : x->note->key;
  bool changes = x->step != NULL || x->changes != NULL;
  json_t *row = NULL;
  tacet_err e = case_row(c, id, &row);
  if (e != TACET_OK) {
    return no_case(e, x->why);
  }
  e = may_work(key, row, changes, c, x->why);
  if (e == TACET_OK) {
    e = append_step(x, c, row);
  }
  json_decref(row);
  return e;
}

static tacet_err run_step(stepping *x) {
  x->job.run = step_run;
  x->empty = json_object();
  x->why->text[0] = '\0';
  tacet_err e = x->empty == NULL ? store_failed(TACET_ERR_NOMEM, x->why)
                                 : store_transact(x->s, &x->job, x->why);
  json_decref(x->empty);
  return e;
}

tacet_err desk_case_act(desk_store *s, const desk_case_step *step,
                        desk_trouble *why) {
  stepping x = {.s = s, .step = step, .changes = step->changes, .why = why};
  return run_step(&x);
}

static tacet_err state_of(desk_store *s, const char *id, desk_trouble *why,
                          desk_state *out) {
  json_t *row = NULL;
  TACET_TRY(desk_case_get(s, id, why, &row));
  bool known = desk_state_read(text_of(row, "state"), out);
  json_decref(row);
  return known ? TACET_OK : store_failed(TACET_ERR_IO, why);
}

tacet_err desk_case_evaluated(desk_store *s, const char *id, const char *actor,
                              const desk_key *key, const json_t *body,
                              const json_t *changes, desk_trouble *why) {
  desk_case_step step = {.case_id = id, .actor = actor, .key = key};
  for (;;) { /* where it was cut off, the next evaluation goes on */
    desk_state state;
    TACET_TRY(state_of(s, id, why, &state));
    if (state == DESK_S_RECEIVED) {
      step.act = DESK_DO_AUTHENTICATE;
      step.kind = "case-looked-at";
    } else if (state == DESK_S_AUTHENTICATED) {
      step.act = DESK_DO_TRIAGE;
      step.kind = "case-triaged";
    } else {
      step.act = DESK_DO_REVIEW;
      step.kind = "case-evaluated";
      step.body = body;
      step.changes = changes;
      return desk_case_act(s, &step, why);
    }
    TACET_TRY(desk_case_act(s, &step, why));
  }
}

tacet_err desk_case_note(desk_store *s, const desk_act *act,
                         const json_t *changes, desk_trouble *why) {
  stepping x = {.s = s, .note = act, .changes = changes, .why = why};
  return run_step(&x);
}

/* ---- purging ---- */

typedef struct purging {
  stepping step;
  desk_case_step purge;
} purging;

/* An event that loses its words, and what stays of them. */
typedef struct erasing {
  uint64_t number;
  desk_hash words;
} erasing;

static tacet_err words_of(sto_query *q, erasing *out) {
  tacet_span salt = sto_blob(q, 7);
  const desk_saying e = {
      .time = sto_int(q, 3), .kind = sto_text(q, 4), .body = sto_text(q, 6)};
  out->number = (uint64_t)sto_int(q, 0);
  return sto_is_null(q, 3) || salt.len != DESK_SALT_LEN
             ? TACET_ERR_IO
             : desk_words(salt.p, &e, &out->words);
}

/* Of all events of the case; *list is the caller's to free. */
static tacet_err find_words(sto_conn *c, const char *id, erasing **list,
                            size_t *n) {
  size_t cap = 0;
  sto_query *q = sto_query_start(c, Q_EVENT_OF_CASE);
  sto_bind_int(q, 0);
  sto_bind_text(q, tacet_span_str(id));
  for (;;) {
    bool row;
    TACET_TRY(sto_step(q, &row));
    if (!row) {
      return TACET_OK;
    }
    if (*n == cap) {
      cap = cap > 0 ? 2 * cap : 64;
      erasing *more = realloc(*list, cap * sizeof(*more));
      if (more == NULL) {
        sto_query_end(q);
        return TACET_ERR_NOMEM;
      }
      *list = more;
    }
    tacet_err e = words_of(q, &(*list)[*n]);
    if (e != TACET_OK) {
      sto_query_end(q);
      return e;
    }
    ++*n;
  }
}

static tacet_err erase_one(sto_conn *c, const erasing *x, json_t *numbers) {
  sto_query *q = sto_query_start(c, Q_EVENT_ERASE);
  sto_bind_int(q, (int64_t)x->number);
  sto_bind_blob(q, tacet_span_of(x->words.b, DESK_HASH_LEN));
  TACET_TRY(sto_exec(q));
  return json_array_append_new(numbers, json_integer((json_int_t)x->number)) ==
                 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

/* `numbers` gets theirs: `log verify` takes no other for purged. */
static tacet_err erase(sto_conn *c, const char *id, json_t *numbers) {
  erasing *list = NULL;
  size_t n = 0;
  tacet_err e = find_words(c, id, &list, &n);
  for (size_t i = 0; e == TACET_OK && i < n; i++) {
    e = erase_one(c, &list[i], numbers);
  }
  free(list);
  return e;
}

static tacet_err purge_run(sto_job *job, sto_conn *c) {
  purging *x = (purging *)job;
  json_t *numbers = json_array();
  json_t *body = json_pack("{s:o}", "erased", numbers);
  tacet_err e =
      body == NULL ? TACET_ERR_NOMEM : erase(c, x->purge.case_id, numbers);
  if (e == TACET_OK) {
    /* Afterwards, so that what says that it was purged stays. */
    x->purge.body = body;
    e = step_run(job, c);
  }
  json_decref(body);
  return e;
}

tacet_err desk_case_purge(desk_store *s, const char *id, const char *actor,
                          const desk_key *key, desk_trouble *why) {
  purging x = {.purge = {.case_id = id,
                         .act = DESK_DO_PURGE,
                         .kind = "case-purged",
                         .actor = actor,
                         .key = key}};
  x.step =
      (stepping){.job.run = purge_run, .s = s, .step = &x.purge, .why = why};
  return store_transact(s, &x.step.job, why);
}
