/* SPDX-License-Identifier: Apache-2.0
 * Handing parcels to the server. */
#include "client/deliver.h"

#include "client/attachments.h"
#include "client/call.h"
#include "client/clock.h"
#include "client/commit.h"
#include "client/events.h"
#include "client/members.h"
#include "client/messages.h"
#include "client/outbox.h"
#include "client/pending.h"
#include "client/people.h"
#include "client/talks.h"
#include "client/tokens.h"

#define REQUEST_MAX ((size_t)4 << 20)
#define PAYLOAD_MAX ((size_t)3 << 20)
#define RETRY_FIRST (5 * (uint64_t)1000)
#define RETRY_MOST CLIENT_HOUR
#define GIVE_UP (30 * CLIENT_DAY) /* as long as the server keeps items */
#define TOKEN_TRIES 8

/* ---- what became of it ---- */

static tacet_err tell_unreachable(client *c, const client_talk *talk) {
  CLIENT_MEM(mem);
  const char *who;
  TACET_TRY(client_handle_of(c, client_id_span(talk->peer), &mem, &who));
  return client_event_warn(
      c, talk->id, "unreachable",
      "%s cannot be reached: their mailbox for this conversation is gone. They "
      "did not get the message; ask them by another way to write to you.",
      who);
}

/* Did somebody not get it? Those who deleted their account are no such. */
static tacet_err is_gone(client *c, const client_parcel *p, bool *out) {
  *out = false;
  for (size_t i = 0; i < p->n_to && !*out; i++) {
    CLIENT_MEM(mem);
    client_person who;
    if (p->to[i].state != CLIENT_TO_GONE ||
        client_is_self(c, client_id_span(p->to[i].account))) {
      continue; /* an own device: client/reconcile.h sees to it */
    }
    tacet_err e =
        client_person_get(c, client_id_span(p->to[i].account), &mem, &who);
    *out = e == TACET_ERR_NOT_FOUND || (e == TACET_OK && !who.erased);
    TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  }
  return TACET_OK;
}

tacet_err client_delivered(client *c, const client_parcel *p) {
  CLIENT_MEM(mem);
  client_message_record r;
  client_talk talk;
  bool gone;
  if (p->message.len == 0) {
    return TACET_OK;
  }
  tacet_err e = client_message_get(c, p->message, &mem, &r);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  TACET_TRY(client_talk_get(c, r.talk, &mem, &talk));
  TACET_TRY(is_gone(c, p, &gone));
  r.delivery = gone ? CLIENT_PARTLY : CLIENT_SENT;
  r.content = TACET_SPAN_EMPTY; /* nobody is left to encrypt it for */
  TACET_TRY(client_message_save(c, &r));
  return gone && talk.pair ? tell_unreachable(c, &talk) : TACET_OK;
}

static tacet_err give_up(client *c, client_parcel *p) {
  for (size_t i = 0; i < p->n_to; i++) {
    if (!client_is_settled(p->to[i].state)) {
      p->to[i].state = CLIENT_TO_GONE;
    }
  }
  return client_delivered(c, p);
}

static bool is_done(const client_parcel *p) {
  for (size_t i = 0; i < p->n_to; i++) {
    if (!client_is_settled(p->to[i].state)) {
      return false;
    }
  }
  return true;
}

/* ---- addresses that changed ---- */

static bool is_same_device(const client_recipient *a,
                           const client_recipient *b) {
  return memcmp(a->account, b->account, CLIENT_ID_LEN) == 0 &&
         memcmp(a->device, b->device, CLIENT_DEVICE_ID_LEN) == 0;
}

static bool is_lost(const client_recipient *r) {
  return r->state == CLIENT_TO_STALE || r->state == CLIENT_TO_MISSING;
}

/* Recipients whose capability was wrong, or whose mailbox was not there: the
 * group may know a newer address by now; if not, commits are looked for. Within
 * a transaction. */
static tacet_err refresh(client *c, client_parcel *p, bool look) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  client_recipient *now;
  size_t n;
  tacet_err e = client_session_load(c, p->group, &s);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  TACET_TRY(client_recipients(c, &s, true, &mem, &now, &n));
  for (size_t i = 0; i < p->n_to; i++) {
    client_recipient *r = &p->to[i];
    bool in = false;
    for (size_t k = 0; k < n && is_lost(r); k++) {
      if (!is_same_device(&now[k], r)) {
        continue;
      }
      in = true;
      if (memcmp(now[k].mailbox, r->mailbox, CLIENT_MAILBOX_LEN) != 0 ||
          memcmp(now[k].capability, r->capability, CLIENT_SECRET_LEN) != 0) {
        *r = now[k];
      }
    }
    if (is_lost(r) && !in) {
      r->state = CLIENT_TO_DONE; /* is no member any more */
    }
  }
  s.r.look_due = s.r.look_due || look;
  return client_group_save(c, &s.r);
}

/* Before they are tried again; not before the group was looked at, which may
 * know a newer address. */
static tacet_err refresh_stale(client *c, client_parcel *p, bool look_due,
                               bool *chosen) {
  bool any = false;
  for (size_t i = 0; i < p->n_to; i++) {
    any = any || is_lost(&p->to[i]);
    chosen[i] = chosen[i] && !(look_due && is_lost(&p->to[i]));
  }
  if (!any || look_due) {
    return TACET_OK;
  }
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(refresh(c, p, false));
  TACET_TRY(client_parcel_save(c, p));
  return client_tx_commit(&tx);
}

/* One was paid for, and the next is to be: a token a request. */
static bool goes_on_paying(const client_parcel *p, const bool *chosen) {
  bool stored = false, left = false;
  for (size_t i = 0; i < p->n_to; i++) {
    stored = stored || (chosen[i] && p->to[i].state == CLIENT_TO_DONE);
    left = left || (!chosen[i] && p->to[i].state == CLIENT_TO_PAY);
  }
  return stored && left;
}

static tacet_err note_answers(client *c, client_parcel *p, const bool *chosen,
                              tacet_span token, tacet_span answers) {
  size_t at = 0;
  bool stale = false, missing = false, pay = false, first;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  for (size_t i = 0; i < p->n_to; i++) {
    if (!chosen[i] || at >= answers.len) {
      continue;
    }
    switch ((tacet_delivery)answers.p[at++]) {
    case TACET_DELIVERY_STORED:
      p->to[i].state = CLIENT_TO_DONE;
      TACET_TRY(token.len > 0 ? client_tokens_spent(c, token) : TACET_OK);
      break;
    case TACET_DELIVERY_STALE:
      p->to[i].state = CLIENT_TO_STALE;
      stale = true;
      break;
    case TACET_DELIVERY_GONE: /* moved while we were away? then ask again */
      first = p->to[i].state != CLIENT_TO_MISSING;
      p->to[i].state = first ? CLIENT_TO_MISSING : CLIENT_TO_GONE;
      missing = missing || first;
      break;
    case TACET_DELIVERY_FULL:
      p->to[i].state = CLIENT_TO_FULL;
      break;
    case TACET_DELIVERY_TOKEN_NEEDED:
      p->to[i].state = CLIENT_TO_PAY;
      pay = token.len == 0;
      break;
    }
  }
  if (stale || missing) {
    TACET_TRY(refresh(c, p, true));
  }
  if (!is_done(p) && client_since(c, p->made_at) >= GIVE_UP &&
      client_clock_is_believed(c)) {
    TACET_TRY(give_up(c, p));
  } else if (is_done(p)) {
    TACET_TRY(client_delivered(c, p));
  } else {
    uint64_t wait = RETRY_FIRST << (p->tries < 10 ? p->tries : 10);
    wait = missing || (stale && p->tries == 0) ? 0 : wait; /* after the look */
    wait = pay || (token.len > 0 && goes_on_paying(p, chosen)) ? 0 : wait;
    p->tries++;
    p->retry_at = client_now(c) + (wait < RETRY_MOST ? wait : RETRY_MOST);
    TACET_TRY(client_parcel_save(c, p));
    return client_tx_commit(&tx);
  }
  TACET_TRY(client_parcel_remove(c, p));
  return client_tx_commit(&tx);
}

/* ---- encrypting anew ---- */

static bool would_open(client *c, const client_parcel *p,
                       const client_group_record *r) {
  return p->kind != CLIENT_PARCEL_ITEM ||
         (p->epoch + CLIENT_EPOCHS_KEPT >= r->epoch &&
          (p->epoch == r->epoch ||
           client_since(c, p->made_at) < CLIENT_EPOCH_MAX_AGE - CLIENT_HOUR));
}

/* The recipients that are missing, at the addresses that they have now. */
static tacet_err still_missing(client *c, client_session *s, client_parcel *p,
                               client_mem *mem) {
  client_recipient *now;
  size_t n, kept = 0;
  TACET_TRY(client_recipients(c, s, false, mem, &now, &n));
  for (size_t k = 0; k < n; k++) {
    for (size_t i = 0; i < p->n_to; i++) {
      if (!client_is_settled(p->to[i].state) &&
          is_same_device(&p->to[i], &now[k])) {
        now[kept++] = now[k];
        break;
      }
    }
  }
  kept = kept < p->n_to ? kept : p->n_to;
  if (kept > 0) { /* into the caller's array: it looks at it afterwards */
    memcpy(p->to, now, kept * sizeof(*now));
  }
  p->n_to = kept;
  return TACET_OK;
}

/* The group has moved on so far that nobody could open it: the same content
 * again, in the epoch there is now. */
static tacet_err renew(client *c, client_parcel *p, client_mem *mem) {
  CLIENT_SESSION(s);
  client_message_record r;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_session_load(c, p->group, &s));
  tacet_err e = p->message.len == 0
                    ? TACET_ERR_NOT_FOUND
                    : client_message_get(c, p->message, mem, &r);
  if (e == TACET_OK) {
    TACET_TRY(still_missing(c, &s, p, mem));
  }
  if (e == TACET_ERR_NOT_FOUND || (e == TACET_OK && p->n_to == 0)) {
    TACET_TRY(client_delivered(c, p));
    TACET_TRY(client_parcel_remove(c, p));
    p->n_to = 0;
    return client_tx_commit(&tx);
  }
  TACET_TRY(e);
  TACET_BUF(item, PAYLOAD_MAX);
  TACET_TRY(client_outbox_close(c, &s, r.content, TACET_SPAN_EMPTY, &item));
  p->epoch = s.r.epoch;
  p->made_at = client_now(c);
  TACET_TRY(client_payload_save(c, p, tacet_buf_span(&item), TACET_SPAN_EMPTY));
  TACET_TRY(client_parcel_save(c, p));
  TACET_TRY(client_session_save(c, &s));
  return client_tx_commit(&tx);
}

static tacet_err drop(client *c, client_parcel *p) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(give_up(c, p));
  TACET_TRY(client_parcel_remove(c, p));
  return client_tx_commit(&tx);
}

/* ---- sending ---- */

static tacet_err post(client *c, const client_parcel *p, const bool *chosen,
                      tacet_span item, const tacet_slot_claim *slot,
                      tacet_span token, client_mem *mem, client_reply *out) {
  TACET_BUF(list, TACET_RECIPIENTS_MAX * 48);
  for (size_t i = 0; i < p->n_to; i++) {
    if (chosen == NULL || chosen[i]) {
      tacet_recipient r;
      memcpy(r.mailbox, p->to[i].mailbox, sizeof(r.mailbox));
      memcpy(r.capability, p->to[i].capability, sizeof(r.capability));
      tacet_recipient_write(&list, &r);
    }
  }
  TACET_TRY(list.err);
  tacet_send ask = {.recipients = tacet_buf_span(&list),
                    .item = item,
                    .token = token,
                    .has_slot = slot != NULL};
  if (slot != NULL) {
    ask.slot = *slot;
  }
  TACET_BUF(w, REQUEST_MAX);
  tacet_send_write(&w, &ask);
  TACET_TRY(w.err);
  return client_ask_plain(c, CLIENT_DELIVERY, "POST", "/v1/send",
                          tacet_buf_span(&w), mem, out);
}

/* So many recipients that the request stays within what the server takes. */
static void limit(const client_parcel *p, size_t item, bool *chosen) {
  size_t most = TACET_SEND_BYTES_MAX / (item > 0 ? item : 1), n = 0;
  most = most < TACET_RECIPIENTS_MAX ? most : TACET_RECIPIENTS_MAX;
  for (size_t i = 0; i < p->n_to; i++) {
    n += chosen[i];
    chosen[i] = chosen[i] && n <= most;
  }
}

static bool is_any(const bool *chosen, size_t n) {
  for (size_t i = 0; i < n; i++) {
    if (chosen[i]) {
      return true;
    }
  }
  return false;
}

static tacet_err upload_parts(client *c, const client_parcel *p) {
  if (p->file == 0) {
    return TACET_OK;
  }
  TACET_BUF(key, 32);
  client_letter_file_key(p->file, &key);
  return client_file_upload(c, tacet_buf_span(&key), NULL);
}

static tacet_err drop_token(client *c, tacet_span token) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_tokens_spent(c, token));
  return client_tx_commit(&tx);
}

static tacet_err tokens_useless(client *c) {
  return client_fail(&c->detail, CLIENT_REFUSED, "token",
                     "The server takes none of this device's tokens; check the "
                     "clock and try again tomorrow.");
}

/* Those whose mailbox costs a token come last, one a request: true if it is to
 * one of those. */
static bool is_to_pay(const client_parcel *p, bool *chosen) {
  bool others = false, found = false;
  for (size_t i = 0; i < p->n_to; i++) {
    others = others || (chosen[i] && p->to[i].state != CLIENT_TO_PAY);
  }
  for (size_t i = 0; i < p->n_to; i++) {
    if (chosen[i] && p->to[i].state == CLIENT_TO_PAY) {
      chosen[i] = !others && !found;
      found = found || chosen[i];
    }
  }
  return found;
}

/* It costs tokens and there are none today, or the like: others go on, and
 * this is tried again. */
static tacet_err hold(client *c, client_parcel *p, tacet_err e) {
  uint64_t ignored = UINT64_MAX;
  if (client_judge(c, e, &ignored) == CLIENT_ABORT) {
    return e;
  }
  client_error_clear(&c->detail);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  for (size_t i = 0; i < p->n_to; i++) {
    if (!client_is_settled(p->to[i].state)) {
      p->to[i].state = CLIENT_TO_PAY;
    }
  }
  p->retry_at = client_now(c) + RETRY_MOST;
  TACET_TRY(client_parcel_save(c, p));
  return client_tx_commit(&tx);
}

/* One request, with a token if `pays`; the one that went along in *token. */
static tacet_err ask(client *c, const client_parcel *p, const bool *now,
                     tacet_span item, bool pays, client_mem *mem,
                     tacet_span *token, client_reply *reply) {
  *token = TACET_SPAN_EMPTY;
  for (int n = 0; n < TOKEN_TRIES; n++) {
    if (pays) {
      TACET_TRY(client_tokens_pick(c, TACET_TOKEN_DELIVERY, 0, mem, token));
    }
    TACET_TRY(post(c, p, now, item, NULL, *token, mem, reply));
    if (!pays || !client_tokens_refused(reply->code)) {
      return TACET_OK;
    }
    TACET_TRY(drop_token(c, *token)); /* spent, if an answer was lost */
  }
  return tokens_useless(c);
}

static tacet_err send_to(client *c, client_parcel *p, bool *now) {
  CLIENT_MEM(mem);
  client_payload payload;
  client_reply reply;
  tacet_send_answer answer;
  tacet_span token;
  bool pays = is_to_pay(p, now);
  TACET_TRY(client_payload_get(c, p, &mem, &payload));
  limit(p, payload.item.len, now);
  tacet_err e = ask(c, p, now, payload.item, pays, &mem, &token, &reply);
  if (e != TACET_OK) {
    return pays ? hold(c, p, e) : e;
  }
  TACET_TRY(client_expect_ok(c, &reply));
  TACET_TRY(tacet_send_answer_parse(reply.body, &answer));
  return note_answers(c, p, now, token, answer.deliveries);
}

tacet_err client_deliver(client *c, client_parcel *p, const bool *chosen) {
  CLIENT_MEM(mem);
  client_group_record group;
  tacet_err e = client_group_get(c, p->group, &mem, &group);
  if (e == TACET_ERR_NOT_FOUND) {
    return drop(c, p);
  }
  TACET_TRY(e);
  if (!would_open(c, p, &group)) {
    return renew(c, p, &mem); /* goes out with the next flush */
  }
  bool *now = client_mem_array(&mem, p->n_to, sizeof(*now));
  if (now == NULL) {
    return TACET_ERR_NOMEM;
  }
  memcpy(now, chosen, p->n_to * sizeof(*now));
  TACET_TRY(refresh_stale(c, p, group.look_due && !group.broken, now));
  if (!is_any(now, p->n_to)) {
    return TACET_OK;
  }
  e = upload_parts(c, p);
  return e == TACET_OK ? send_to(c, p, now) : hold(c, p, e);
}

/* ---- commits ---- */

static tacet_err won(client *c, const client_parcel *p, tacet_span token) {
  CLIENT_SESSION(s);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_session_load(c, p->group, &s));
  TACET_TRY(client_commit_won(c, &s, p));
  if (token.len > 0) {
    TACET_TRY(client_tokens_spent(c, token));
  }
  return client_tx_commit(&tx);
}

/* Another commit has the slot. It is read from there once all that waits in the
 * mailboxes was taken, which may need the epoch that it ends. */
static tacet_err lost(client *c, const client_parcel *p) {
  CLIENT_SESSION(s);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_session_load(c, p->group, &s));
  TACET_TRY(client_commit_lost(c, &s));
  s.r.look_due = true;
  TACET_TRY(client_session_save(c, &s));
  return client_tx_commit(&tx);
}

static bool needs_token(tacet_wire_error e) {
  return e == TACET_WIRE_NO_RECIPIENT || e == TACET_WIRE_TOKEN_NEEDED;
}

tacet_err client_deliver_commit(client *c, client_parcel *p) {
  CLIENT_MEM(mem);
  client_payload payload;
  tacet_span token = TACET_SPAN_EMPTY;
  TACET_TRY(client_payload_get(c, p, &mem, &payload));
  tacet_slot_claim slot = {.body = payload.body};
  memcpy(slot.name, p->slot, sizeof(slot.name));
  bool pays = p->n_to == 0 || payload.body.len > TACET_SLOT_FREE_MAX;
  for (int n = 0; n < TOKEN_TRIES; n++) {
    client_reply reply;
    if (pays) {
      TACET_TRY(client_tokens_pick(c, TACET_TOKEN_DELIVERY, 0, &mem, &token));
    }
    TACET_TRY(post(c, p, NULL, payload.item, &slot, token, &mem, &reply));
    if (reply.code == TACET_WIRE_OK) {
      return won(c, p, token);
    }
    if (reply.code == TACET_WIRE_SLOT_TAKEN ||
        reply.code == TACET_WIRE_SLOT_EXPIRED) {
      return lost(c, p);
    }
    if (client_tokens_refused(reply.code) && token.len > 0) {
      TACET_TRY(drop_token(c, token));
    } else if (!needs_token(reply.code) || pays) {
      return client_expect_ok(c, &reply);
    }
    pays = true;
  }
  return tokens_useless(c);
}
