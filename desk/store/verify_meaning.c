/* SPDX-License-Identifier: Apache-2.0
 * What events mean, held against what may be: who was an officer, how cases
 * went, which days were committed to; and the indexes. */
#include "desk/store/verify_private.h"

#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

bool hash_of(const json_t *body, const char *name, desk_hash *out) {
  const char *t = json_string_value(json_object_get(body, name));
  return t != NULL &&
         tacet_hex_read(t, strlen(t), out->b, DESK_HASH_LEN) == TACET_OK;
}

static const char *text_of(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  return t != NULL ? t : "";
}

/* ---- officers ---- */

static tacet_err officer_added(verifying *v, const json_t *body) {
  const char *name = text_of(body, "name");
  desk_public_key key;
  char hex[2 * DESK_PUBLIC_MAX + 1];
  if (desk_public_read(text_of(body, "key"), &key) != TACET_OK ||
      *name == '\0' || json_object_get(v->officers, name) != NULL) {
    return fault(v, "it adds an officer who is none, or twice");
  }
  tacet_hex_write(desk_public_span(&key), hex);
  json_t *o = json_pack("{s:s, s:O, s:O, s:b}", "key", hex, "role",
                        json_object_get(body, "role"), "cleared",
                        json_object_get(body, "cleared"), "removed", 0);
  return o != NULL && json_object_set_new(v->officers, name, o) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

/* Once there is an administrator, only one of them changes who works here. */
static tacet_err may_change(verifying *v, const desk_event *e) {
  const char *name;
  json_t *o;
  bool has = false;
  json_object_foreach(v->officers, name, o) {
    has |= strcmp(text_of(o, "role"), "administrator") == 0 &&
           !json_is_true(json_object_get(o, "removed"));
  }
  o = json_object_get(v->officers, e->actor);
  return !has || strcmp(text_of(o, "role"), "administrator") == 0
             ? TACET_OK
             : fault(v, "it changes officers or settings, and is no "
                        "administrator's");
}

static tacet_err officer_event(verifying *v, const desk_event *e,
                               const json_t *body) {
  TACET_TRY(may_change(v, e));
  if (strcmp(e->kind, "officer-added") == 0) {
    return officer_added(v, body);
  }
  json_t *o = json_object_get(v->officers, text_of(body, "name"));
  if (o == NULL) {
    return fault(v, "it removes an officer who was none");
  }
  return json_object_set_new(o, "removed", json_true()) == 0 ? TACET_OK
                                                             : TACET_ERR_NOMEM;
}

/* ---- cases ---- */

static bool one_step(desk_state from, desk_state to) {
  desk_state next;
  for (unsigned d = 0; d < DESK_STEPS; d++) {
    if (desk_step_next(from, (desk_step)d, &next) && next == to) {
      return true;
    }
  }
  return false;
}

/* Steps that are an officer's own. */
static bool needs_officer(const char *kind) {
  static const char *const kinds[] = {
      "case-authenticated", "case-withdrawn",   "case-closed",
      "case-purged",        "plan-signed",      "case-holds-nothing",
      "plan-approved",      "demand-completed", "emergency-reviewed",
      "person-told",        "lift-signed",      "secrecy-lifted"};
  for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
    if (strcmp(kinds[i], kind) == 0) {
      return true;
    }
  }
  return strncmp(kind, "decided-", 8) == 0;
}

/* What is remembered of a case: its state, the event with its newest row, and
 * that row's hash, as one text: "closed 17 2c26b4...". */
enum { MEMORY_MAX = 160 };

static tacet_err memory_of(const char *state, uint64_t number, tacet_span row,
                           char out[MEMORY_MAX]) {
  desk_hash h;
  char hex[2 * DESK_HASH_LEN + 1];
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, row, h.b));
  tacet_hex_write(tacet_span_of(h.b, DESK_HASH_LEN), hex);
  (void)snprintf(out, MEMORY_MAX, "%.40s %" PRIu64 " %s", state, number, hex);
  return TACET_OK;
}

static tacet_err remember(verifying *v, const desk_event *e, const char *state,
                          tacet_span row) {
  char memory[MEMORY_MAX];
  TACET_TRY(memory_of(state, e->number, row, memory));
  return json_object_set_new(v->states, e->case_id, json_string(memory)) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

static bool remembered_state(const json_t *memory, desk_state *out) {
  char state[48];
  const char *t = json_string_value(memory);
  size_t n = t != NULL ? strcspn(t, " ") : sizeof(state);
  return n < sizeof(state) &&
         store_copy(tacet_span_of(t, n), state, sizeof(state)) &&
         desk_state_read(state, out);
}

static tacet_err case_event(verifying *v, const desk_event *e,
                            const json_t *row) {
  desk_state from, to;
  const char *state = text_of(row, "state");
  const json_t *was = json_object_get(v->states, e->case_id);
  bool begins = strcmp(e->kind, "case-filed") == 0 ||
                strcmp(e->kind, "case-imported") == 0;
  if (!desk_state_read(state, &to) || strcmp(text_of(row, "id"), e->case_id)) {
    return fault(v, "the case's row is damaged");
  }
  if (begins != (was == NULL) && !(was == NULL && to == DESK_S_PURGED)) {
    return fault(v, begins ? "the case is there already"
                           : "it goes on with a case that never began");
  }
  if (was != NULL && remembered_state(was, &from) && from != to &&
      !one_step(from, to)) {
    return fault(v, "the case goes from %s to %s, which is not possible",
                 desk_state_name(from), state);
  }
  char *text = store_text(row);
  tacet_err err = text == NULL ? TACET_ERR_NOMEM
                               : remember(v, e, state, tacet_span_str(text));
  free(text);
  return err;
}

/* ---- days ---- */

static void day_name(desk_day day, char out[16]) {
  (void)snprintf(out, 16, "%ld", (long)day);
}

tacet_err verify_day_ends(verifying *v) {
  desk_hash root;
  char name[16], hex[2 * DESK_HASH_LEN + 1];
  if (v->n_commitments == 0) {
    return TACET_OK;
  }
  tacet_err e = desk_day_root(v->s->pad_key, v->day, v->commitments,
                              v->n_commitments, &root);
  if (e != TACET_OK) {
    return e;
  }
  v->n_commitments = 0;
  day_name(v->day, name);
  tacet_hex_write(tacet_span_of(root.b, DESK_HASH_LEN), hex);
  return json_object_set_new(v->roots, name, json_string(hex)) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

static tacet_err root_of(verifying *v, desk_day day, desk_hash *out) {
  char name[16];
  day_name(day, name);
  return hash_of(v->roots, name, out)
             ? TACET_OK
             : desk_day_root(v->s->pad_key, day, NULL, 0, out);
}

static tacet_err add_day(verifying *v, desk_day day, const desk_hash *hash) {
  desk_audit *o = &v->out;
  if (o->n_days == v->cap_days) {
    size_t cap = v->cap_days > 0 ? 2 * v->cap_days : 64;
    desk_day_hash *more = realloc(o->days, cap * sizeof(*more));
    if (more == NULL) {
      return TACET_ERR_NOMEM;
    }
    o->days = more;
    v->cap_days = cap;
  }
  o->days[o->n_days++] = (desk_day_hash){day, *hash};
  return TACET_OK;
}

static tacet_err day_event(verifying *v, const json_t *body) {
  desk_day day;
  desk_hash claimed, root, statement;
  char text[DESK_STATEMENT_MAX];
  const char *name = text_of(body, "day");
  if (!desk_day_read(name, &day) || !hash_of(body, "root", &root) ||
      !hash_of(body, "statement", &claimed)) {
    return fault(v, "its commitment to a day is damaged");
  }
  if (day >= v->day ||
      (v->out.n_days > 0 && day != v->out.days[v->out.n_days - 1].day + 1)) {
    return fault(v, "it commits to %s, which is not the next day", name);
  }
  TACET_TRY(root_of(v, day, &statement));
  if (!tacet_tlog_equal(&root, &statement)) {
    return fault(v, "the events of %s are not those that were committed to",
                 name);
  }
  size_t len =
      desk_day_statement(v->s->key.public_key, day, &root, &v->before, text);
  TACET_TRY(desk_statement_hash(tacet_span_of(text, len), &statement));
  if (!tacet_tlog_equal(&statement, &claimed)) {
    return fault(v, "its statement of %s is another", name);
  }
  v->before = statement;
  return add_day(v, day, &statement);
}

/* ---- which ---- */

static tacet_err events_before(verifying *v, const desk_event *e, size_t *n) {
  bool row = false;
  sto_query *q = sto_query_start(v->s->c, Q_EVENT_COUNT);
  sto_bind_text(q, tacet_span_str(e->case_id));
  sto_bind_int(q, (int64_t)e->number);
  TACET_TRY(sto_step(q, &row));
  *n = row ? (size_t)sto_int(q, 0) : 0;
  sto_query_end(q);
  return TACET_OK;
}

/* A purge names all that its case had before, has their words gone, and names
 * nothing of another case. */
static tacet_err take_purge(verifying *v, const desk_event *e,
                            const json_t *body) {
  size_t n = 0;
  const json_t *named = json_object_get(body, "erased");
  json_t *gone = json_object_get(v->erased, e->case_id);
  TACET_TRY(events_before(v, e, &n));
  if (!json_is_array(named) || !json_equal(named, gone) ||
      json_array_size(named) != n) {
    return fault(v, "the events that it names as purged are not those of its "
                    "case that have no words");
  }
  (void)json_object_del(v->erased, e->case_id);
  return TACET_OK;
}

static tacet_err meaning_of(verifying *v, const desk_event *e, json_t *body) {
  json_t *row = json_object_get(body, "row");
  if (needs_officer(e->kind) && e->signature.len == 0) {
    return fault(v, "\"%.40s\" is an officer's act, and nobody signed it",
                 e->kind);
  }
  if (strncmp(e->kind, "officer-", 8) == 0) {
    return officer_event(v, e, body);
  }
  if (strcmp(e->kind, "settings-changed") == 0) {
    return may_change(v, e);
  }
  if (strcmp(e->kind, "day-committed") == 0) {
    return day_event(v, body);
  }
  if (strcmp(e->kind, "case-purged") == 0) {
    TACET_TRY(take_purge(v, e, body));
  }
  return json_is_object(row) && *e->case_id != '\0' ? case_event(v, e, row)
                                                    : TACET_OK;
}

/* An import has nothing but a row that begins a closed case; there may be a
 * hundred thousand, and the text is what the index has. */
static tacet_err import_event(verifying *v, const desk_event *e) {
  static const char before[] = "{\"row\":", state[] = "\"state\":\"closed\"";
  size_t n = sizeof(before) - 1;
  if (e->body.len < n + 1 || memcmp(e->body.p, before, n) != 0 ||
      memmem(e->body.p, e->body.len, state, sizeof(state) - 1) == NULL) {
    return fault(v, "it is an import, and no closed case");
  }
  if (json_object_get(v->states, e->case_id) != NULL) {
    return fault(v, "the case is there already");
  }
  return remember(v, e, "closed",
                  tacet_span_of(e->body.p + n, e->body.len - n - 1));
}

tacet_err verify_meaning(verifying *v, const desk_event *e) {
  if (strcmp(e->kind, "case-read") == 0) {
    return TACET_OK;
  }
  if (strcmp(e->kind, "case-imported") == 0) {
    return import_event(v, e);
  }
  json_t *body = json_loadb((const char *)e->body.p, e->body.len,
                            JSON_REJECT_DUPLICATES, NULL);
  tacet_err err =
      body == NULL ? fault(v, "its words are no JSON") : meaning_of(v, e, body);
  json_decref(body);
  return err;
}

/* ---- the end ---- */

static tacet_err check_head(verifying *v) {
  uint8_t content[DESK_HEAD_CONTENT];
  sto_query *q = sto_query_start(v->s->c, Q_HEAD_GET);
  bool row = false;
  TACET_TRY(sto_step(q, &row));
  uint64_t number = row ? (uint64_t)sto_int(q, 0) : 0;
  int64_t time = row ? sto_int(q, 1) : 0;
  bool same = row && tacet_span_equal(sto_blob(q, 2),
                                      tacet_span_of(v->head.b, DESK_HASH_LEN));
  desk_head_content(number, time, &v->head, content);
  tacet_err e = row ? desk_key_verify(v->s->key.public_key, DESK_LABEL_HEAD,
                                      tacet_span_of(content, sizeof(content)),
                                      sto_blob(q, 3))
                    : TACET_ERR_AUTH;
  sto_query_end(q);
  if (number != v->number) {
    return fault(v,
                 "it is the last, but the desk signed %" PRIu64 " events: "
                 "the log was cut off, or something was put behind it",
                 number);
  }
  if (!same || e != TACET_OK || time < v->time) {
    return fault(v, "the desk's signature is not over this log");
  }
  return TACET_OK;
}

/* An event has no words where a purge of its case names it, and nowhere else.
 */
static tacet_err check_purged(verifying *v) {
  const char *id;
  json_t *list;
  json_object_foreach(v->erased, id, list) {
    v->number = (uint64_t)json_integer_value(json_array_get(list, 0));
    return fault(v, "its words are gone, and no purge of its case named it");
  }
  return TACET_OK;
}

/* `"received":"DAY"` stands in the text once: within a string its quotes would
 * be escaped. */
static bool is_remembered(const verifying *v, const char *id, uint64_t event,
                          tacet_span received, tacet_span row) {
  char memory[MEMORY_MAX], want[64];
  desk_state state;
  const json_t *known = json_object_get(v->states, id);
  int n = snprintf(want, sizeof(want), "\"received\":\"%.*s\"",
                   received.len < 20 ? (int)received.len : 20,
                   (const char *)received.p);
  return remembered_state(known, &state) && n > 0 &&
         memory_of(desk_state_name(state), event, row, memory) == TACET_OK &&
         strcmp(json_string_value(known), memory) == 0 &&
         memmem(row.p, row.len, want, (size_t)n) != NULL;
}

static tacet_err check_cases(verifying *v) {
  char id[DESK_CASE_ID_MAX + 1] = "";
  size_t n = 0;
  sto_query *q = sto_query_start(v->s->c, Q_CASE_ALL);
  for (;; n++) {
    bool row;
    TACET_TRY(sto_step(q, &row));
    if (!row) {
      break;
    }
    if (!store_copy(sto_text(q, 0), id, sizeof(id)) ||
        !is_remembered(v, id, (uint64_t)sto_int(q, 1), sto_text(q, 2),
                       sto_text(q, 3))) {
      sto_query_end(q);
      desk_trouble_set(v->why,
                       "case %s: its row in the list is not what its "
                       "newest event says",
                       id);
      return TACET_ERR_AUTH;
    }
  }
  if (n != json_object_size(v->states)) {
    desk_trouble_set(v->why,
                     "the list has %zu cases, but the events have "
                     "%zu: some were taken away",
                     n, json_object_size(v->states));
    return TACET_ERR_AUTH;
  }
  return TACET_OK;
}

static tacet_err check_officer(void *user, const desk_officer *o) {
  verifying *v = user;
  const json_t *known = json_object_get(v->officers, o->name);
  char hex[2 * DESK_PUBLIC_MAX + 1];
  tacet_hex_write(desk_public_span(&o->key), hex);
  bool same = known != NULL && strcmp(text_of(known, "key"), hex) == 0 &&
              strcmp(text_of(known, "role"), desk_role_name(o->role)) == 0 &&
              json_is_true(json_object_get(known, "cleared")) == o->cleared &&
              json_is_true(json_object_get(known, "removed")) == o->removed;
  if (!same) {
    desk_trouble_set(v->why,
                     "officer %s: what the list says is not what the "
                     "events say",
                     o->name);
    return TACET_ERR_AUTH;
  }
  v->n_officers++;
  return TACET_OK;
}

tacet_err verify_end(verifying *v) {
  TACET_TRY(check_head(v));
  TACET_TRY(check_purged(v));
  TACET_TRY(check_cases(v));
  TACET_TRY(desk_officers_each(v->s, check_officer, v, v->why));
  if (v->n_officers != json_object_size(v->officers)) {
    desk_trouble_set(v->why, "an officer whom the events have is not in the "
                             "list of officers");
    return TACET_ERR_AUTH;
  }
  return TACET_OK;
}
