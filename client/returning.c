/* SPDX-License-Identifier: Apache-2.0
 * Calling for help, and being called. */
#include "client/returning.h"

#include "client/claims.h"
#include "client/control.h"
#include "client/groups.h"
#include "client/jobs.h"
#include "client/mailboxes.h"
#include "client/outbox.h"
#include "client/people.h"
#include "client/policy.h"
#include "client/recovery.h"
#include "client/successor.h"
#include "client/talks.h"

#define CALL_LIFE (7 * CLIENT_DAY) /* its letters are tried so long */

/* ---- calling: whom ---- */

/* Everybody but this account, admins first. */
static tacet_err helpers(client *c, client_session *s, client_mem *mem,
                         uint8_t (**list)[CLIENT_ID_LEN], size_t *n) {
  uint8_t(*all)[CLIENT_ID_LEN];
  size_t count, kept = 0;
  tacet_room room;
  TACET_TRY(client_room_of(c, s, &room));
  TACET_TRY(client_accounts(c, s, mem, &all, &count));
  uint8_t(*found)[CLIENT_ID_LEN] = client_mem_array(mem, count, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (int admins = 1; admins >= 0; admins--) {
    for (size_t i = 0; i < count; i++) {
      if (tacet_room_is_admin(&room, all[i]) == (admins != 0) &&
          !client_is_self(c, client_id_span(all[i]))) {
        memcpy(found[kept++], all[i], CLIENT_ID_LEN);
      }
    }
  }
  *list = found;
  *n = kept;
  return TACET_OK;
}

tacet_err client_claim_if_possible(client *c, const uint8_t *talk,
                                   const uint8_t *account, client_mem *mem,
                                   tacet_span **packages, size_t *n) {
  client_person p;
  TACET_TRY(client_person_any(c, client_id_span(account), mem, &p));
  tacet_err e = client_claims_ensure(c, talk, &p);
  if (e != TACET_OK && client_claim_is_hopeless(c)) {
    client_error_clear(&c->detail); /* not this one, then */
    return TACET_OK;
  }
  TACET_TRY(e);
  return client_claims_get(c, talk, account, mem, packages, n);
}

typedef struct round_of_calls {
  uint8_t (*asked)[CLIENT_ID_LEN];
  size_t n_asked;
  tacet_span *packages;
  size_t n_packages;
} round_of_calls;

static tacet_err choose(client *c, tacet_span group, size_t n, uint32_t *next,
                        client_mem *mem, round_of_calls *out) {
  CLIENT_SESSION(s);
  uint8_t(*list)[CLIENT_ID_LEN];
  size_t count;
  round_of_calls r = {.packages = NULL};
  TACET_TRY(client_session_load(c, group, &s));
  TACET_TRY(helpers(c, &s, mem, &list, &count));
  r.asked = client_mem_array(mem, count, sizeof(*r.asked));
  if (r.asked == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count && r.n_asked < n; i++) {
    const uint8_t *who = list[(*next)++ % count];
    size_t before = r.n_packages;
    TACET_TRY(client_claim_if_possible(c, s.r.talk, who, mem, &r.packages,
                                       &r.n_packages));
    if (r.n_packages > before) {
      memcpy(r.asked[r.n_asked++], who, CLIENT_ID_LEN);
    }
  }
  *out = r;
  return TACET_OK;
}

/* ---- calling ---- */

tacet_err client_call_forget(client *c, tacet_span id) {
  CLIENT_MEM(mem);
  client_group_record r;
  tacet_err e = client_group_get(c, id, &mem, &r);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  TACET_TRY(client_outbox_drop_group(c, id));
  TACET_TRY(
      client_mailbox_leave(c, tacet_span_of(r.mailbox, sizeof(r.mailbox))));
  return client_session_delete(c, id);
}

static tacet_err call(client *c, client_session *s, const round_of_calls *r) {
  CLIENT_SESSION(made);
  uint8_t id[CLIENT_GROUP_ID_LEN];
  client_leaver word;
  tacet_room room;
  TACET_BUF(w, 256);
  TACET_TRY(client_room_of(c, s, &room));
  TACET_TRY(client_leaver_sign(c, s, CLIENT_WORD_RETURN, &word));
  client_leaver_write(&w, &word);
  TACET_TRY(w.err);
  TACET_TRY(client_successor_id(s, c->self.account, id));
  client_founding f = {.talk = s->r.talk,
                       .id = tacet_span_of(id, sizeof(id)),
                       .room = &room,
                       .word = tacet_buf_span(&w),
                       .packages = r->packages,
                       .n_packages = r->n_packages};
  TACET_TRY(client_call_forget(c, f.id));
  TACET_TRY(client_group_found(c, &f, &made));
  made.r.broken = true; /* never used: its letters are all there is to it */
  made.r.retire_at = client_now(c) + CALL_LIFE;
  TACET_TRY(client_session_save(c, &made));
  for (size_t i = 0; i < r->n_asked; i++) {
    TACET_TRY(client_claims_drop(c, s->r.talk, r->asked[i]));
  }
  return TACET_OK;
}

tacet_err client_call_out(client *c, tacet_span group, size_t n,
                          uint32_t *next) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  round_of_calls r;
  uint32_t at = *next;
  TACET_TRY(choose(c, group, n, &at, &mem, &r));
  *next = at;
  if (r.n_asked == 0) {
    return TACET_OK;
  }
  TACET_TRY(client_mailboxes_ensure(c, 1));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_session_load(c, group, &s));
  if (s.r.broken) {
    TACET_TRY(call(c, &s, &r));
  }
  return client_tx_commit(&tx);
}

/* ---- being called ---- */

static bool is_noted(const client_group_record *r, const client_leaver *l) {
  for (size_t i = 0; i < r->n_returning; i++) {
    const client_leaver *o = &r->returning[i];
    if (memcmp(o->account, l->account, CLIENT_ID_LEN) == 0 &&
        memcmp(o->device, l->device, CLIENT_DEVICE_ID_LEN) == 0) {
      return true;
    }
  }
  return false;
}

static tacet_err note(client *c, client_session *s, const client_leaver *l) {
  uint64_t due;
  client_leaver *all =
      client_mem_array(&s->mem, s->r.n_returning + 1, sizeof(*all));
  if (all == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (s->r.n_returning > 0) {
    memcpy(all, s->r.returning, s->r.n_returning * sizeof(*all));
  }
  all[s->r.n_returning++] = *l;
  s->r.returning = all;
  TACET_TRY(client_group_save(c, &s->r));
  TACET_TRY(client_turn(c, s, &due));
  return client_job_tidy(c, s->r.talk, due);
}

/* The caller stands where this device does, and neither can go on: then there
 * is nobody to be added by, as far as the two can see. */
static tacet_err same_trouble(client *c, client_session *s,
                              const client_call_for_help *call) {
  uint8_t id[CLIENT_GROUP_ID_LEN];
  TACET_TRY(client_successor_id(s, call->from->account, id));
  if (!tacet_span_equal(call->id, tacet_span_of(id, sizeof(id)))) {
    return TACET_OK;
  }
  return client_stuck(c, s);
}

tacet_err client_call_take(client *c, const client_call_for_help *call) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  client_talk talk;
  client_leaver l;
  tacet_span list = call->word;
  tacet_err e = client_talk_get(c, call->room->conversation, &mem, &talk);
  if (e == TACET_ERR_NOT_FOUND ||
      (e == TACET_OK &&
       (talk.pair || talk.state != CLIENT_TALK_OPEN || talk.group.len == 0))) {
    return TACET_OK;
  }
  TACET_TRY(e);
  e = client_session_load(c, talk.group, &s);
  if (e != TACET_OK) {
    return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
  }
  if (!client_leaver_next(&list, &l) ||
      memcmp(l.account, call->from->account, CLIENT_ID_LEN) != 0 ||
      memcmp(l.device, call->from->device, CLIENT_DEVICE_ID_LEN) != 0) {
    return TACET_OK;
  }
  if (s.r.broken) {
    return same_trouble(c, &s, call);
  }
  e = client_leaver_check(c, &s, CLIENT_WORD_RETURN, &l);
  if (e != TACET_OK) {
    return tacet_err_kind(e) == TACET_KIND_LOCAL ? e : TACET_OK;
  }
  return is_noted(&s.r, &l) ? TACET_OK : note(c, &s, &l);
}

/* ---- helping ---- */

static bool is_for(const client *c, tacet_span package, const uint8_t *account,
                   const uint8_t *device) {
  tacet_identity who;
  return client_package_identity(c, package, &who) &&
         memcmp(who.account, account, CLIENT_ID_LEN) == 0 &&
         memcmp(who.device, device, CLIENT_DEVICE_ID_LEN) == 0;
}

tacet_err client_returning_claim(client *c, const client_group_record *r,
                                 client_mem *mem, tacet_span **packages,
                                 size_t *n) {
  for (size_t i = 0; i < r->n_returning; i++) {
    const client_leaver *l = &r->returning[i];
    tacet_span *found = NULL;
    size_t count = 0;
    TACET_TRY(
        client_claim_if_possible(c, r->talk, l->account, mem, &found, &count));
    tacet_span *all = client_mem_array(mem, *n + 1, sizeof(*all));
    if (all == NULL) {
      return TACET_ERR_NOMEM;
    }
    if (*n > 0) {
      memcpy(all, *packages, *n * sizeof(*all));
    }
    *packages = all;
    for (size_t k = 0; k < count; k++) { /* of this device, one */
      if (is_for(c, found[k], l->account, l->device)) {
        all[(*n)++] = found[k];
        break;
      }
    }
  }
  return TACET_OK;
}

bool client_is_returning(const client *c, const client_group_record *r,
                         const client_leaf *l, const tacet_span *packages,
                         size_t n) {
  bool asks = false, there = false;
  for (size_t i = 0; i < r->n_returning; i++) {
    asks = asks || client_is_device(l, &r->returning[i]);
  }
  for (size_t i = 0; i < n && asks; i++) {
    there = there || is_for(c, packages[i], l->who.account, l->who.device);
  }
  return there;
}

tacet_err client_returning_used(client *c, const client_group_record *r) {
  for (size_t i = 0; i < r->n_returning; i++) {
    TACET_TRY(client_claims_drop(c, r->talk, r->returning[i].account));
  }
  return TACET_OK;
}
