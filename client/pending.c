/* SPDX-License-Identifier: Apache-2.0
 * From written to encrypted. */
#include "client/pending.h"

#include "client/attachments.h"
#include "client/clock.h"
#include "client/commit.h"
#include "client/groups.h"
#include "client/jobs.h"
#include "client/keylog.h"
#include "client/members.h"
#include "client/messages.h"
#include "client/outbox.h"
#include "client/people.h"
#include "client/recovery.h"
#include "client/slots.h"
#include "client/talks.h"
#include "client/watch.h"

#define LOOK_EVERY CLIENT_MINUTE /* without a link that brings hints */
#define RECONCILE_WAIT ((uint64_t)200)
#define LATER (10 * CLIENT_MINUTE)

static bool concerns_everything(const client_error *d, tacet_err e) {
  static const char *const codes[] = {"interrupted",
                                      "killed",
                                      "corrupt",
                                      "unreadable",
                                      "copied-home",
                                      "certificate-changed",
                                      "certificate-untrusted",
                                      "log-fork",
                                      "log-rollback",
                                      "log-signature",
                                      CLIENT_LOG_SPLIT};
  for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
    if (d->kind != CLIENT_OK && strcmp(d->code, codes[i]) == 0) {
      return true;
    }
  }
  return ((d->kind == CLIENT_UNREACHABLE || e == TACET_ERR_CLOSED) &&
          !client_is_outage(d)) ||
         e == TACET_ERR_IO || e == TACET_ERR_FULL || e == TACET_ERR_NOMEM ||
         e == TACET_ERR_BUSY || e == TACET_ERR_RNG;
}

client_verdict client_judge(client *c, tacet_err e, uint64_t *next) {
  const client_error *d = &c->detail;
  if (concerns_everything(d, e)) {
    return CLIENT_ABORT;
  }
  bool answer = d->kind == CLIENT_REFUSED || d->kind == CLIENT_USAGE ||
                d->kind == CLIENT_KEYS;
  if (answer && strcmp(d->code, "quota") != 0) {
    return CLIENT_FINAL;
  }
  (void)client_report(&c->detail, e, &c->problem);
  uint64_t again = client_now(c) + LATER;
  *next = again < *next ? again : *next;
  return CLIENT_LATER;
}

/* ---- one conversation ---- */

static tacet_err fail_all(client *c, const client_talk *t, tacet_err e) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_error why;
  (void)client_report(&c->detail, e, &why);
  client_range range = {.parent = client_id_span(t->id)};
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_PENDING, &range, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(client_message_fail(c, rows[i].value, &why));
  }
  return client_tx_commit(&tx);
}

static tacet_err upload_files(client *c, tacet_span id) {
  CLIENT_MEM(mem);
  client_message_record r;
  TACET_TRY(client_message_get(c, id, &mem, &r));
  for (size_t i = 0; i <= r.n_parts; i++) { /* the last: a long text */
    TACET_BUF(key, 128);
    client_file_key(id, i, &key);
    TACET_TRY(client_file_upload(c, tacet_buf_span(&key),
                                 i < r.n_parts ? r.parts[i].name : NULL));
  }
  return TACET_OK;
}

static tacet_err encrypt_one(client *c, tacet_span group, tacet_span id) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  client_message_record r;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_message_get(c, id, &mem, &r));
  TACET_TRY(client_session_load(c, group, &s));
  TACET_TRY(client_outbox_encrypt(c, &s, r.content, id, TACET_SPAN_EMPTY));
  TACET_TRY(client_store_delete(c->store, CLIENT_T_PENDING, id));
  return client_tx_commit(&tx);
}

static tacet_err encrypt_all(client *c, const client_talk *t,
                             tacet_span group) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range range = {.parent = client_id_span(t->id)};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_PENDING, &range, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(upload_files(c, rows[i].value));
    TACET_TRY(encrypt_one(c, group, rows[i].value));
  }
  return TACET_OK;
}

/* False in *may while a device is in the group that its account has removed:
 * that goes first. */
static tacet_err are_right(client *c, tacet_span group, bool *may,
                           uint64_t *next) {
  CLIENT_SESSION(s);
  bool stale;
  TACET_TRY(client_session_load(c, group, &s));
  TACET_TRY(client_members_are_stale(c, &s, &stale));
  *may = !stale;
  if (!stale) {
    return TACET_OK;
  }
  (void)client_fail(&c->problem, CLIENT_KEYS, "removed-device",
                    "There is a device in the conversation that its owner has "
                    "removed; the message waits until it is out.");
  uint64_t soon = client_now(c) + RECONCILE_WAIT;
  *next = soon < *next ? soon : *next;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_job_tidy_now(c, s.r.talk));
  return client_tx_commit(&tx);
}

static tacet_err may_be_heard(client *c, const client_talk *t,
                              tacet_span group) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  client_person p;
  TACET_TRY(client_talk_may_speak(c, t));
  if (t->pair) {
    TACET_TRY(client_person_get(c, client_id_span(t->peer), &mem, &p));
    TACET_TRY(client_watch_covered(c, &p, &mem));
    return client_person_may_hear(c, &p);
  }
  TACET_TRY(client_session_load(c, group, &s));
  return client_members_may_hear(c, &s);
}

/* Has the group moved on while nobody here listened? */
static tacet_err look(client *c, const client_group_record *r, bool *behind) {
  *behind = r->look_due;
  bool hints = c->linked && c->caught_up && r->looked_at != 0;
  if (*behind || hints || client_since(c, r->looked_at) < LOOK_EVERY) {
    return TACET_OK;
  }
  return client_slots_look(c, r->id, behind);
}

/* A pair that the other has gone from, with his last device: what was written
 * there nobody would read. */
static tacet_err is_deserted(client *c, tacet_span group, bool *out) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  uint8_t(*list)[CLIENT_ID_LEN];
  size_t n;
  TACET_TRY(client_session_load(c, group, &s));
  TACET_TRY(client_accounts(c, &s, &mem, &list, &n));
  *out = n < 2 && s.r.n_leaving == 0;
  return TACET_OK;
}

static tacet_err advance(client *c, client_talk *t, uint64_t *next) {
  CLIENT_MEM(mem);
  client_group_record r;
  bool behind, may, alone = false;
  tacet_err e = t->group.len == 0 ? TACET_ERR_NOT_FOUND
                                  : client_group_get(c, t->group, &mem, &r);
  if (e == TACET_OK && t->pair && !r.broken) {
    TACET_TRY(is_deserted(c, r.id, &alone));
  }
  if (t->pair &&
      (e == TACET_ERR_NOT_FOUND || (e == TACET_OK && (r.broken || alone)))) {
    TACET_TRY(client_pair_begin(c, t)); /* or it waits its time */
    *next = 0;
    return TACET_OK;
  }
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK; /* a group whose making is a job that waits */
  }
  TACET_TRY(e);
  if (r.broken) { /* it waits: client/recovery.h */
    return client_recovery_ensure(c, t->id);
  }
  TACET_TRY(may_be_heard(c, t, r.id));
  TACET_TRY(look(c, &r, &behind));
  if (behind) {
    *next = 0; /* commits first */
    return TACET_OK;
  }
  if (r.fresh_due) {
    return client_fresh_begin(c, r.id, next);
  }
  if (client_update_is_near(c, &r) && client_may_commit(c, &r, next)) {
    e = client_update_begin(c, r.id, next);
    if (e == TACET_OK || client_judge(c, e, next) == CLIENT_ABORT) {
      return e;
    }
    client_error_clear(&c->detail); /* no reason to keep the message back */
  }
  TACET_TRY(are_right(c, r.id, &may, next));
  return may ? encrypt_all(c, t, r.id) : TACET_OK;
}

/* ---- all of them ---- */

tacet_err client_pending_run(client *c, uint64_t *next) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range all = {.limit = 0};
  uint8_t last[CLIENT_ID_LEN] = {0};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_PENDING, &all, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_message_record r;
    client_talk t;
    bool waits;
    TACET_TRY(client_check_interrupt(c));
    TACET_TRY(client_store_has(c->store, CLIENT_T_PENDING, rows[i].value,
                               &waits)); /* not done with one before it? */
    if (!waits) {
      continue;
    }
    TACET_TRY(client_message_get(c, rows[i].value, &mem, &r));
    if (memcmp(last, r.talk, sizeof(last)) == 0) {
      continue;
    }
    memcpy(last, r.talk, sizeof(last));
    TACET_TRY(client_talk_get(c, r.talk, &mem, &t));
    tacet_err e = advance(c, &t, next);
    client_verdict v = e == TACET_OK ? CLIENT_LATER : client_judge(c, e, next);
    if (v == CLIENT_ABORT) {
      return e;
    }
    if (v == CLIENT_FINAL) {
      TACET_TRY(fail_all(c, &t, e));
    }
  }
  return TACET_OK;
}
