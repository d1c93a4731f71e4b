/* SPDX-License-Identifier: Apache-2.0
 * Successors: made, judged, moved to. */
#include "client/successor.h"

#include "client/claims.h"
#include "client/commit.h"
#include "client/content.h"
#include "client/control.h"
#include "client/events.h"
#include "client/groups.h"
#include "client/jobs.h"
#include "client/mailboxes.h"
#include "client/messages.h"
#include "client/outbox.h"
#include "client/people.h"
#include "client/policy.h"
#include "client/returning.h"
#include "client/talks.h"

/* As long as keys of past epochs are kept: who has not moved yet is heard. */
#define OLD_GROUP_LIFE CLIENT_EPOCH_MAX_AGE

tacet_err client_successor_id(const client_session *s, const uint8_t *creator,
                              uint8_t out[CLIENT_ID_LEN]) {
  return tacet_successor_id(
      s->r.talk, tacet_secret_span(tacet_mls_epoch_authenticator(s->mls)),
      creator, out);
}

/* ---- the rules ---- */

static bool has_account(const client_leaf *list, size_t n,
                        const uint8_t *account) {
  for (size_t i = 0; i < n; i++) {
    if (memcmp(list[i].who.account, account, CLIENT_ID_LEN) == 0) {
      return true;
    }
  }
  return false;
}

static tacet_err is_same_room(const tacet_room *a, const tacet_room *b,
                              bool *same) {
  TACET_BUF(x, 8 * 1024);
  TACET_BUF(y, 8 * 1024);
  tacet_room_write(&x, a);
  tacet_room_write(&y, b);
  TACET_TRY(x.err);
  TACET_TRY(y.err);
  *same = tacet_span_equal(tacet_buf_span(&x), tacet_buf_span(&y));
  return TACET_OK;
}

/* May be missing from anybody's successor. */
static tacet_err is_excused(client *c, const client_session *old,
                            const uint8_t *account, bool *out) {
  CLIENT_MEM(mem);
  client_person p;
  *out = client_is_leaving(&old->r, account);
  if (*out || client_is_self(c, client_id_span(account))) {
    return TACET_OK;
  }
  tacet_err e = client_person_get(c, client_id_span(account), &mem, &p);
  *out = e == TACET_OK && p.erased;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

/* Rules 4 and 5. */
static tacet_err check_members(client *c, const client_session *old,
                               const client_offer *o, const client_leaf *list,
                               size_t n, bool admin, bool *ok) {
  for (size_t i = 0; i < o->n_leaves; i++) {
    if (!has_account(list, n, o->leaves[i].who.account)) {
      return TACET_OK;
    }
  }
  for (size_t i = 0; i < n && !admin; i++) {
    bool excused;
    TACET_TRY(is_excused(c, old, list[i].who.account, &excused));
    if (!excused && !has_account(o->leaves, o->n_leaves, list[i].who.account)) {
      return TACET_OK;
    }
  }
  *ok = true;
  return TACET_OK;
}

/* Rules 1 to 5, for the group `old`. */
static tacet_err check(client *c, const client_session *old,
                       const client_offer *o, bool *ok, bool *by_admin) {
  CLIENT_MEM(mem);
  uint8_t id[CLIENT_ID_LEN];
  client_leaf *list;
  size_t n;
  tacet_room room;
  bool same;
  *ok = false;
  TACET_TRY(client_successor_id(old, o->creator, id));
  TACET_TRY(client_leaves(c, old->mls, &mem, &list, &n));
  TACET_TRY(client_room_of(c, old, &room));
  TACET_TRY(is_same_room(&room, o->room, &same));
  if (!old->r.broken || o->epoch != 1 || !same ||
      !tacet_span_equal(o->id, client_id_span(id)) ||
      !has_account(list, n, o->creator)) {
    return TACET_OK;
  }
  *by_admin = tacet_room_is_admin(&room, o->creator);
  return check_members(c, old, o, list, n, *by_admin, ok);
}

/* Rule 6. `now` is a successor of the same group. */
static tacet_err compare(client *c, const client_session *now,
                         const client_offer *o, client_succession *out) {
  CLIENT_MEM(mem);
  client_leaf *list;
  size_t n;
  TACET_TRY(client_leaves(c, now->mls, &mem, &list, &n));
  if (!has_account(list, n, o->creator)) {
    out->use = CLIENT_OFFER_NONE;
    return TACET_OK;
  }
  bool better = out->by_admin != now->r.by_admin
                    ? out->by_admin
                    : tacet_span_compare(o->id, now->r.id) < 0;
  out->use = better ? CLIENT_OFFER_FOLLOW : CLIENT_OFFER_SECOND;
  return TACET_OK;
}

static tacet_err judge_rival(client *c, const client_session *now,
                             const client_offer *o, client_mem *mem,
                             client_succession *out) {
  CLIENT_SESSION(old);
  bool ok;
  tacet_err e = now->r.replaces.len == 0
                    ? TACET_ERR_NOT_FOUND
                    : client_session_load(c, now->r.replaces, &old);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  TACET_TRY(check(c, &old, o, &ok, &out->by_admin));
  if (!ok) {
    return TACET_OK;
  }
  TACET_TRY(client_mem_copy(mem, old.r.id, &out->replaces));
  return compare(c, now, o, out);
}

tacet_err client_succession_judge(client *c, tacet_span group,
                                  const client_offer *offer, client_mem *mem,
                                  client_succession *out) {
  CLIENT_SESSION(now);
  bool ok;
  *out = (client_succession){.use = CLIENT_OFFER_NONE};
  tacet_err e = group.len == 0 ? TACET_ERR_NOT_FOUND
                               : client_session_load(c, group, &now);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  TACET_TRY(check(c, &now, offer, &ok, &out->by_admin));
  if (!ok) {
    return judge_rival(c, &now, offer, mem, out);
  }
  out->use = CLIENT_OFFER_FOLLOW;
  return client_mem_copy(mem, group, &out->replaces);
}

/* ---- moving ---- */

/* A message that has not reached everybody is to be encrypted anew, for all:
 * who has it drops the double by its id. */
static tacet_err write_again(client *c, const client_parcel *p) {
  CLIENT_MEM(mem);
  client_message_record r;
  tacet_err e = client_message_get(c, p->message, &mem, &r);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  return r.content.len == 0
             ? TACET_OK
             : client_store_put(c->store, CLIENT_T_PENDING, p->message,
                                client_id_span(r.talk), r.order, p->message);
}

static tacet_err move_outbox(client *c, tacet_span old) {
  CLIENT_MEM(mem);
  client_parcel *list;
  size_t n;
  TACET_TRY(client_parcel_list(c, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    if (tacet_span_equal(list[i].group, old)) {
      TACET_TRY(list[i].message.len > 0 ? write_again(c, &list[i]) : TACET_OK);
      TACET_TRY(client_parcel_remove(c, &list[i]));
    }
  }
  return TACET_OK;
}

tacet_err client_group_superseded(client *c, tacet_span old) {
  CLIENT_SESSION(s);
  tacet_err e = client_session_load(c, old, &s);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  TACET_TRY(client_commit_lost(c, &s));
  TACET_TRY(move_outbox(c, old));
  s.r.retire_at = client_now(c) + OLD_GROUP_LIFE;
  return client_session_save(c, &s);
}

/* ---- making ---- */

typedef struct cast {
  tacet_span *packages;
  size_t n_packages;
  uint8_t (*missing)[CLIENT_ID_LEN]; /* of whom there are none */
  size_t n_missing;
  bool admin; /* may go without those */
} cast;

/* Packages of everybody who is to be in it. An admin goes without those of whom
 * there are none, and adds them as soon as that can be. */
static tacet_err assemble(client *c, client_session *old, client_mem *mem,
                          cast *out) {
  uint8_t(*list)[CLIENT_ID_LEN];
  size_t n;
  tacet_room room;
  cast made = {.packages = NULL};
  TACET_TRY(client_room_of(c, old, &room));
  TACET_TRY(client_accounts(c, old, mem, &list, &n));
  made.admin = tacet_room_is_admin(&room, c->self.account);
  made.missing = client_mem_array(mem, n, sizeof(*made.missing));
  if (made.missing == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < n; i++) {
    bool excused;
    size_t before = made.n_packages;
    TACET_TRY(is_excused(c, old, list[i], &excused));
    if (excused || client_is_self(c, client_id_span(list[i]))) {
      continue;
    }
    TACET_TRY(client_claim_if_possible(c, old->r.talk, list[i], mem,
                                       &made.packages, &made.n_packages));
    if (made.n_packages == before) {
      memcpy(made.missing[made.n_missing++], list[i], CLIENT_ID_LEN);
    }
  }
  *out = made;
  return TACET_OK;
}

static tacet_err introduce(client *c, client_session *s,
                           const client_session *old) {
  tacet_control control = {.type = TACET_CONTROL_SUCCESSOR,
                           .replaces = old->r.id,
                           .last_epoch = old->r.epoch,
                           .epoch_authenticator = tacet_secret_span(
                               tacet_mls_epoch_authenticator(old->mls)),
                           .reason = CLIENT_STUCK};
  return client_control_send(c, s, &control, TACET_SPAN_EMPTY);
}

static tacet_err found(client *c, client_talk *t, client_session *old,
                       const cast *with) {
  CLIENT_SESSION(s);
  uint8_t id[CLIENT_ID_LEN];
  tacet_room room;
  tacet_span before = t->group;
  TACET_TRY(client_successor_id(old, c->self.account, id));
  TACET_TRY(client_room_of(c, old, &room));
  client_founding f = {.talk = t->id,
                       .id = client_id_span(id),
                       .room = &room,
                       .packages = with->packages,
                       .n_packages = with->n_packages};
  TACET_TRY(client_call_forget(c, f.id));
  TACET_TRY(client_group_superseded(c, before));
  TACET_TRY(client_group_found(c, &f, &s));
  s.r.replaces = before;
  s.r.by_admin = tacet_room_is_admin(&room, c->self.account);
  TACET_TRY(client_session_save(c, &s));
  CLIENT_MEM(mem);
  TACET_TRY(client_talk_get(c, t->id, &mem, t));
  t->group = s.r.id;
  TACET_TRY(client_talk_save(c, t));
  return introduce(c, &s, old);
}

/* Tried now, so that the admin is told if it cannot be. */
static tacet_err add_missing(client *c, const uint8_t *talk, const cast *with) {
  client_job job = {.kind = CLIENT_JOB_ADD,
                    .accounts = with->missing,
                    .n_accounts = with->n_missing};
  memcpy(job.talk, talk, sizeof(job.talk));
  return with->n_missing > 0 ? client_job_add(c, &job) : TACET_OK;
}

static tacet_err drop_claims(client *c, client_session *old) {
  CLIENT_MEM(mem);
  uint8_t(*list)[CLIENT_ID_LEN];
  size_t n;
  TACET_TRY(client_accounts(c, old, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(client_claims_drop(c, old->r.talk, list[i]));
  }
  return TACET_OK;
}

/* NOT_FOUND: there is no broken group in use (any more). */
static tacet_err load_broken(client *c, const uint8_t *talk, client_mem *mem,
                             client_talk *t, client_session *old) {
  TACET_TRY(client_talk_get(c, talk, mem, t));
  if (t->group.len == 0) {
    return TACET_ERR_NOT_FOUND;
  }
  TACET_TRY(client_session_load(c, t->group, old));
  return old->r.broken ? TACET_OK : TACET_ERR_NOT_FOUND;
}

tacet_err client_successor_make(client *c, const uint8_t *talk, bool *made) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(before);
  CLIENT_SESSION(old);
  client_talk t;
  cast with;
  *made = true;
  TACET_TRY(load_broken(c, talk, &mem, &t, &before));
  TACET_TRY(assemble(c, &before, &mem, &with));
  if (!with.admin && with.n_missing > 0) {
    *made = false;
    return TACET_OK;
  }
  TACET_TRY(client_mailboxes_ensure(c, 1));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(load_broken(c, talk, &mem, &t, &old));
  TACET_TRY(found(c, &t, &old, &with));
  TACET_TRY(drop_claims(c, &old));
  TACET_TRY(add_missing(c, talk, &with));
  return client_tx_commit(&tx);
}
