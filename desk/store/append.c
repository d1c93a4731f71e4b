/* SPDX-License-Identifier: Apache-2.0
 * Appending to the log: the clock, the chain, signatures of officers, and the
 * desk's own over the new head. */
#include "desk/store/private.h"

#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <inttypes.h>
#include <stdlib.h>

typedef struct chain_end {
  uint64_t number;
  int64_t time;
  desk_hash head;
} chain_end;

static tacet_err read_end(const desk_store *s, sto_conn *c, chain_end *out) {
  sto_query *q = sto_query_start(c, Q_HEAD_GET);
  bool row = false;
  TACET_TRY(sto_step(q, &row));
  if (!row) { /* a desk that is being made */
    *out = (chain_end){.number = 0};
    return desk_chain_begin(s->key.public_key, &out->head);
  }
  tacet_span head = sto_blob(q, 2);
  bool fits = head.len == DESK_HASH_LEN && sto_int(q, 0) >= 0;
  if (fits) {
    out->number = (uint64_t)sto_int(q, 0);
    out->time = sto_int(q, 1);
    memcpy(out->head.b, head.p, DESK_HASH_LEN);
  }
  sto_query_end(q);
  return fits ? TACET_OK : TACET_ERR_IO;
}

/* ---- the clock ---- */

/* The time of what is appended now. */
static tacet_err time_of(const desk_store *s, const chain_end *end,
                         desk_trouble *why, int64_t *out) {
  int64_t now = desk_store_now(s), last = end->time;
  if (now < 0 || now / 86400 > 2932896) { /* 9999-12-31 */
    desk_trouble_set(why, "this machine's clock stands outside of the years "
                          "1970 to 9999; set it right and do it again");
    return TACET_ERR_STATE;
  }
  if (end->number > 0 && now < last - DESK_SLACK_S) {
    desk_trouble_set(why,
                     "this machine's clock is %" PRId64 " seconds behind the "
                     "newest event of the log: events never go back in time; "
                     "set the clock right and do it again",
                     last - now);
    return TACET_ERR_STATE;
  }
  if (end->number > 0 && now > last + DESK_JUMP_S && !s->clock_is_right) {
    desk_trouble_set(why,
                     "this machine's clock is %" PRId64 " days ahead of the "
                     "newest event of the log; if the clock is right, do it "
                     "again with --clock-is-right: there is no way back",
                     (now - last) / 86400);
    return TACET_ERR_STATE;
  }
  *out = end->number > 0 && now < last ? last : now;
  return TACET_OK;
}

/* The time of an append; that of the run before, if the log is where it was. */
static tacet_err begin_at(desk_store *s, chain_end *end, desk_trouble *why) {
  desk_rehearsal *r = &s->rehearsal;
  if (r->n > 0 && tacet_tlog_equal(&r->head, &end->head)) {
    end->time = r->time;
    return TACET_OK;
  }
  TACET_TRY(time_of(s, end, why, &end->time));
  r->head = end->head;
  r->time = end->time;
  r->n = 0;
  return TACET_OK;
}

/* ---- one event ---- */

static bool is_kind(const char *kind) {
  size_t n = strlen(kind);
  for (size_t i = 0; i < n; i++) {
    bool word = (kind[i] >= 'a' && kind[i] <= 'z') ||
                (kind[i] >= '0' && kind[i] <= '9');
    if (!word && (kind[i] != '-' || i == 0 || i + 1 == n)) {
      return false;
    }
  }
  return n > 0 && n <= DESK_KIND_MAX;
}

/* The body as text, with the case's row in it. Freed with free(). */
static tacet_err body_text(const desk_item *item, desk_trouble *why,
                           char **out) {
  json_t *body = json_copy((json_t *)(uintptr_t)item->act.body);
  bool whole =
      body != NULL &&
      (item->row == NULL ||
       json_object_set(body, "row", (json_t *)(uintptr_t)item->row) == 0);
  char *text = whole ? store_text(body) : NULL;
  json_decref(body);
  if (text == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (strlen(text) > DESK_BODY_MAX) {
    free(text);
    desk_trouble_set(why,
                     "that is too long for the log: an event has at most "
                     "%d bytes",
                     DESK_BODY_MAX);
    return TACET_ERR_LIMIT;
  }
  *out = text;
  return TACET_OK;
}

/* What the token gave in an earlier run; or notes that it is wanted, and the
 * error then says no more than that. */
static tacet_err sign_by_token(desk_rehearsal *r, size_t at,
                               const desk_key *key, const uint8_t *content,
                               desk_signature *out) {
  if (at >= r->n) {
    return TACET_ERR_LIMIT;
  }
  struct rehearsed *e = &r->events[at];
  if (e->signature.len > 0 &&
      memcmp(e->content, content, sizeof(e->content)) == 0) {
    *out = e->signature;
    return TACET_OK;
  }
  memcpy(e->content, content, sizeof(e->content));
  e->signature.len = 0;
  r->wants = key;
  r->at = at;
  return TACET_ERR_STATE;
}

/* The key has to be the actor's, now. */
static tacet_err sign_act(desk_store *s, sto_conn *c, const desk_act *a,
                          size_t at, const uint8_t content[2 * DESK_HASH_LEN],
                          desk_trouble *why, desk_signature *out) {
  desk_officer o;
  tacet_err e = officer_by_key(c, a->key, &o);
  if (e == TACET_ERR_NOT_FOUND ||
      (e == TACET_OK && (o.removed || strcmp(o.name, a->actor) != 0))) {
    desk_trouble_set(why, "that key is none of an officer of this desk; "
                          "`tacet-desk officer list` shows them");
    return TACET_ERR_AUTH;
  }
  TACET_TRY(e);
  return desk_key_is_token(a->key)
             ? sign_by_token(&s->rehearsal, at, a->key, content, out)
             : desk_officer_sign(a->key, DESK_LABEL_ACT,
                                 tacet_span_of(content, 2 * DESK_HASH_LEN), why,
                                 out);
}

/* Of event number `at` of the append: drawn anew, but the same again when it is
 * done again. */
static tacet_err draw_salt(desk_rehearsal *r, size_t at,
                           uint8_t out[DESK_SALT_LEN]) {
  if (at < r->n) {
    memcpy(out, r->events[at].salt, DESK_SALT_LEN);
    return TACET_OK;
  }
  TACET_TRY(tacet_random(out, DESK_SALT_LEN));
  if (at < DESK_REHEARSED_MAX) {
    memcpy(r->events[at].salt, out, DESK_SALT_LEN);
    r->events[at].signature.len = 0;
    r->n = at + 1;
  }
  return TACET_OK;
}

static tacet_err insert(sto_conn *c, uint64_t number, desk_day day,
                        const desk_saying *e, const uint8_t salt[DESK_SALT_LEN],
                        const desk_hash *commitment, tacet_span signature) {
  sto_query *q = sto_query_start(c, Q_EVENT_ADD);
  sto_bind_int(q, (int64_t)number);
  sto_bind_int(q, day);
  sto_bind_text(q, e->actor);
  sto_bind_int(q, e->time);
  sto_bind_text(q, e->kind);
  sto_bind_text(q, e->case_id);
  sto_bind_text(q, e->body);
  sto_bind_blob(q, tacet_span_of(salt, DESK_SALT_LEN));
  sto_bind_blob(q, tacet_span_of(commitment->b, DESK_HASH_LEN));
  sto_bind_blob(q, signature);
  return sto_exec(q);
}

static tacet_err index_case(sto_conn *c, const desk_item *item) {
  const char *received =
      json_string_value(json_object_get(item->row, "received"));
  char *text = store_text(item->row);
  if (text == NULL || received == NULL) {
    free(text);
    return text == NULL ? TACET_ERR_NOMEM : TACET_ERR_ARGUMENT;
  }
  sto_query *q = sto_query_start(c, Q_CASE_PUT);
  sto_bind_text(q, tacet_span_str(item->act.case_id));
  sto_bind_int(q, (int64_t)item->number);
  sto_bind_text(q, tacet_span_str(received));
  sto_bind_text(q, tacet_span_str(text));
  tacet_err e = sto_exec(q);
  free(text);
  return e;
}

typedef struct appending_to {
  desk_store *s;
  sto_conn *c;
  chain_end end;
  size_t at; /* events before this one in the append */
  desk_trouble *why;
} appending_to;

static tacet_err append_text(appending_to *x, desk_item *item,
                             const char *body) {
  const desk_act *a = &item->act;
  chain_end *end = &x->end;
  const desk_saying e = {end->time, tacet_span_str(a->actor),
                         tacet_span_str(a->kind), tacet_span_str(a->case_id),
                         tacet_span_str(body)};
  uint8_t salt[DESK_SALT_LEN], content[2 * DESK_HASH_LEN];
  desk_hash commitment;
  desk_signature signature = {.len = 0};
  desk_day day = (desk_day)(end->time / 86400);
  TACET_TRY(draw_salt(&x->s->rehearsal, x->at, salt));
  TACET_TRY(desk_commit(salt, &e, &commitment));
  if (a->key != NULL) {
    desk_act_content(&end->head, &commitment, content);
    TACET_TRY(sign_act(x->s, x->c, a, x->at, content, x->why, &signature));
  }
  item->number = end->number + 1;
  TACET_TRY(desk_chain_link(&end->head, item->number, day, &commitment,
                            desk_signature_span(&signature), &end->head));
  end->number++;
  x->at++;
  TACET_TRY(insert(x->c, item->number, day, &e, salt, &commitment,
                   desk_signature_span(&signature)));
  return item->row == NULL ? TACET_OK : index_case(x->c, item);
}

static tacet_err append_one(appending_to *x, desk_item *item) {
  char *body = NULL;
  TACET_ASSERT(is_kind(item->act.kind));
  TACET_ASSERT(json_is_object(item->act.body));
  if (strlen(item->act.actor) > DESK_ACTOR_MAX ||
      strlen(item->act.case_id) > DESK_CASE_ID_MAX) {
    return TACET_ERR_LIMIT;
  }
  TACET_TRY(body_text(item, x->why, &body));
  tacet_err e = append_text(x, item, body);
  free(body);
  return e;
}

/* ---- the head ---- */

static tacet_err write_end(const desk_store *s, sto_conn *c,
                           const chain_end *end) {
  uint8_t content[DESK_HEAD_CONTENT], sig[DESK_SIGNATURE_LEN];
  desk_head_content(end->number, end->time, &end->head, content);
  TACET_TRY(desk_key_sign(&s->key, DESK_LABEL_HEAD,
                          tacet_span_of(content, sizeof(content)), sig));
  sto_query *q = sto_query_start(c, Q_HEAD_SET);
  sto_bind_int(q, (int64_t)end->number);
  sto_bind_int(q, end->time);
  sto_bind_blob(q, tacet_span_of(end->head.b, DESK_HASH_LEN));
  sto_bind_blob(q, tacet_span_of(sig, sizeof(sig)));
  return sto_exec(q);
}

tacet_err append_items(desk_store *s, sto_conn *c, desk_item *items, size_t n,
                       desk_trouble *why) {
  appending_to x = {.s = s, .c = c, .why = why};
  TACET_TRY(read_end(s, c, &x.end));
  TACET_TRY(begin_at(s, &x.end, why));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(append_one(&x, &items[i]));
  }
  return n == 0 ? TACET_OK : write_end(s, c, &x.end);
}

/* ---- the call ---- */

typedef struct appending {
  sto_job job;
  desk_store *s;
  desk_item *items;
  size_t n;
  desk_trouble *why;
} appending;

static tacet_err append_run(sto_job *job, sto_conn *c) {
  const appending *a = (appending *)job;
  return append_items(a->s, c, a->items, a->n, a->why);
}

tacet_err desk_append(desk_store *s, const desk_act *acts, size_t n,
                      desk_trouble *why, uint64_t *first) {
  desk_item *items = calloc(n + 1, sizeof(*items));
  if (items == NULL) {
    return store_failed(TACET_ERR_NOMEM, why);
  }
  for (size_t i = 0; i < n; i++) {
    items[i].act = acts[i];
  }
  appending a = {{.run = append_run}, s, items, n, why};
  tacet_err e = store_transact(s, &a.job, why);
  if (e == TACET_OK && first != NULL && n > 0) {
    *first = items[0].number;
  }
  free(items);
  return e;
}
