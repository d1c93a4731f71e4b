/* SPDX-License-Identifier: Apache-2.0
 * The calls about people: requests, contacts, codes. And what the other api_
 * files share. */
#include "client/api.h"

#include "client/blocking.h"
#include "client/chain.h"
#include "client/devsync.h"
#include "client/events.h"
#include "client/jobs.h"
#include "client/lookup.h"
#include "client/mailboxes.h"
#include "client/messages.h"
#include "client/notices.h"
#include "client/outbox.h"
#include "client/reconcile.h"
#include "client/reset.h"
#include "client/session.h"
#include "client/sync.h"
#include "client/talks.h"

#define JOB_MS ((uint64_t)120000) /* to carry out a change of a group */

/* ---- shared ---- */

client_kind client_leave(client *c, tacet_err e, client_error *err) {
  client_kind kind = client_report(&c->detail, e, err);
  c->interrupted = 0;
  client_rest(c);
  return kind;
}

typedef struct awaited {
  uint64_t number;
  client_error why;
} awaited;

static tacet_err is_carried_out(client *c, void *what, bool *yes) {
  CLIENT_MEM(mem);
  awaited *a = what;
  client_job job;
  tacet_err e = client_job_get(c, a->number, &mem, &job);
  if (e == TACET_ERR_NOT_FOUND) {
    *yes = true;
    return TACET_OK;
  }
  TACET_TRY(e);
  *yes = job.done;
  if (job.done && job.why != NULL) {
    (void)client_fail(&a->why, (client_kind)job.kind_of_failure, job.code, "%s",
                      job.why);
  }
  return TACET_OK;
}

static tacet_err outbox_is_quiet(client *c, void *what, bool *yes) {
  size_t n;
  (void)what;
  TACET_TRY(
      client_store_count(c->store, CLIENT_T_OUTBOX, TACET_SPAN_EMPTY, &n));
  *yes = n == 0;
  return TACET_OK;
}

tacet_err client_job_wait(client *c, uint64_t number, bool *queued) {
  awaited a = {.number = number};
  client_end end = CLIENT_END_TIME;
  client_work w = {.until = is_carried_out,
                   .what = &a,
                   .timeout_ms = JOB_MS,
                   .link = c->linked,
                   .fd = -1};
  *queued = false;
  tacet_err e = client_work_until(c, &w, &end);
  if (client_is_unreachable(&c->detail, e)) {
    client_error_clear(&c->detail);
    *queued = true;
    return TACET_OK;
  }
  TACET_TRY(e);
  *queued = end != CLIENT_END_DONE;
  if (*queued) {
    return TACET_OK;
  }
  TACET_TRY(client_job_forget(c, number));
  if (a.why.kind != CLIENT_OK) {
    return client_fail(&c->detail, a.why.kind, a.why.code, "%s", a.why.text);
  }
  /* The letters and notices that the change brought about go out too. */
  client_work rest = {
      .until = outbox_is_quiet, .timeout_ms = JOB_MS, .once = true, .fd = -1};
  e = client_work_until(c, &rest, &end);
  if (client_is_unreachable(&c->detail, e)) {
    client_error_clear(&c->detail);
    return TACET_OK;
  }
  return e;
}

/* The failure to reach the server when only it can say who somebody is. */
static tacet_err explain_lookup(client *c, tacet_err e, const char *handle) {
  if (!client_is_unreachable(&c->detail, e) || client_is_outage(&c->detail)) {
    return e;
  }
  client_error_clear(&c->detail);
  return client_fail(&c->detail, CLIENT_UNREACHABLE, "unreachable",
                     "The server cannot be reached to ask who %s is, whom you "
                     "never wrote to; try again later.",
                     handle);
}

tacet_err client_person_typed(client *c, const char *handle, client_mem *mem,
                              client_person *out) {
  const char *full;
  TACET_TRY(client_handle_typed(c, handle, mem, &full));
  if (strcmp(full, c->self.handle) == 0) {
    return client_fail(
        &c->detail, CLIENT_USAGE, "self",
        "That is your own handle, and this is for other people.");
  }
  tacet_err e = client_person_by_handle(c, full, mem, out);
  /* Who only claimed the handle, in a letter, is not believed. */
  bool known = e == TACET_OK && (out->confirmed || out->verified ||
                                 out->accepted || out->blocked);
  if (known || (e != TACET_OK && e != TACET_ERR_NOT_FOUND)) {
    return e;
  }
  c->quiet_until = 0; /* somebody asks for it now: try at least once */
  return explain_lookup(c, client_lookup_handle(c, full, mem, out), full);
}

tacet_err client_people_typed(client *c, const char *const *handles, size_t n,
                              client_mem *mem, uint8_t (**out)[CLIENT_ID_LEN]) {
  uint8_t(*list)[CLIENT_ID_LEN] = client_mem_array(mem, n, sizeof(*list));
  if (list == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < n; i++) {
    client_person p;
    TACET_TRY(client_person_typed(c, handles[i], mem, &p));
    memcpy(list[i], p.account, CLIENT_ID_LEN);
  }
  *out = list;
  return TACET_OK;
}

/* ---- accepting and refusing ---- */

/* Long texts that came with the request were left where they are. */
static tacet_err fetch_texts(client *c, const client_talk *t) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range range = {.parent = client_id_span(t->id)};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_MESSAGE, &range, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_message_record r;
    TACET_TRY(
        client_parse(c, &rows[i], client_message_fields, &r, sizeof(r), &mem));
    if (r.long_text.len == 0) {
      continue;
    }
    uint8_t id[1][CLIENT_ID_LEN];
    memcpy(id[0], r.id, CLIENT_ID_LEN);
    client_job job = {
        .kind = CLIENT_JOB_FETCH, .accounts = id, .n_accounts = 1};
    memcpy(job.talk, t->id, sizeof(job.talk));
    TACET_TRY(client_job_add(c, &job));
  }
  return TACET_OK;
}

static tacet_err decide_fresh(client *c, const client_talk *t) {
  CLIENT_MEM(mem);
  client_group_record *list;
  size_t n;
  TACET_TRY(client_group_list(c, t->id, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    uint64_t wait;
    TACET_TRY(client_chance(c, CLIENT_DAY, &wait));
    list[i].fresh_at = client_now(c) + wait;
    TACET_TRY(client_group_save(c, &list[i]));
  }
  return TACET_OK;
}

/* Nothing was sent from it while it was a request: own devices that are not in
 * it yet come in now. */
static tacet_err add_own_devices(client *c, const client_talk *t) {
  CLIENT_SESSION(s);
  tacet_err e = t->group.len == 0 ? TACET_ERR_NOT_FOUND
                                  : client_session_load(c, t->group, &s);
  return e == TACET_OK              ? client_reconcile_group(c, &s)
         : e == TACET_ERR_NOT_FOUND ? TACET_OK
                                    : e;
}

tacet_err client_talk_confirm(client *c, const client_talk *t) {
  CLIENT_MEM(mem);
  client_person p;
  tacet_span inviter = client_id_span(t->inviter);
  if (t->state != CLIENT_TALK_REQUEST || client_is_self(c, inviter)) {
    return TACET_OK;
  }
  TACET_TRY(client_person_get(c, inviter, &mem, &p));
  c->quiet_until = 0;
  const char *handle = p.handle;
  return explain_lookup(c, client_lookup_confirm(c, &p, &mem), handle);
}

tacet_err client_talk_accept(client *c, client_talk *t) {
  CLIENT_MEM(mem);
  client_person p;
  bool was_request = t->state == CLIENT_TALK_REQUEST;
  if (t->pair) {
    TACET_TRY(client_person_get(c, client_id_span(t->peer), &mem, &p));
    if (!p.accepted) {
      p.accepted = true;
      TACET_TRY(client_person_save(c, &p));
    }
  }
  if (!was_request) {
    return TACET_OK;
  }
  t->state = CLIENT_TALK_OPEN;
  TACET_TRY(client_talk_save(c, t));
  TACET_TRY(decide_fresh(c, t));
  TACET_TRY(add_own_devices(c, t));
  return fetch_texts(c, t);
}

tacet_err client_talk_erase(client *c, const client_talk *t) {
  CLIENT_MEM(mem);
  client_group_record *list;
  size_t n;
  TACET_TRY(client_group_list(c, t->id, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(client_mailbox_leave(
        c, tacet_span_of(list[i].mailbox, CLIENT_MAILBOX_LEN)));
    TACET_TRY(client_outbox_drop_group(c, list[i].id));
    TACET_TRY(client_session_delete(c, list[i].id));
  }
  TACET_TRY(client_messages_delete_of(c, t->id));
  TACET_TRY(client_events_drop(c, t->id));
  TACET_TRY(
      client_store_delete_of(c->store, CLIENT_T_DEVICE, client_id_span(t->id)));
  TACET_TRY(
      client_store_delete_of(c->store, CLIENT_T_JOB, client_id_span(t->id)));
  return client_store_delete(c->store, CLIENT_T_CONVERSATION,
                             client_id_span(t->id));
}

/* Requests of accounts that claim a handle which another one has here: an
 * impostor's, or the new account's since a reset. They can be refused by that
 * handle; accepted they are by waiting, or by comparing codes. */
static tacet_err requests_claimed(client *c, const char *handle,
                                  client_mem *mem, client_talk *list,
                                  size_t *n) {
  size_t kept = 0;
  for (size_t i = 0; i < *n; i++) {
    const char *from;
    TACET_TRY(client_handle_of(c, client_id_span(list[i].inviter), mem, &from));
    if (list[i].state == CLIENT_TALK_REQUEST && strcmp(from, handle) == 0) {
      list[kept++] = list[i];
    }
  }
  *n = kept;
  return TACET_OK;
}

/* The requests that `who` means: those of a person, or one group. */
static tacet_err requests_of(client *c, const char *who, bool accept,
                             client_mem *mem, client_talk **list, size_t *n) {
  client_talk *all;
  size_t count, kept = 0;
  client_target target;
  TACET_TRY(client_resolve(c, who, mem, &target));
  TACET_TRY(client_talk_list(c, mem, &all, &count));
  for (size_t i = 0; i < count; i++) {
    bool match = target.has_talk &&
                 memcmp(all[i].id, target.talk.id, sizeof(all[i].id)) == 0;
    match = match ||
            (target.has_person &&
             memcmp(all[i].inviter, target.person.account, CLIENT_ID_LEN) == 0);
    if (match && all[i].state == CLIENT_TALK_REQUEST) {
      all[kept++] = all[i];
    }
  }
  if (kept == 0 && target.has_person) {
    kept = count;
    TACET_TRY(requests_claimed(c, target.person.handle, mem, all, &kept));
    if (kept > 0 && accept) {
      return client_fail(&c->detail, CLIENT_KEYS, "impostor",
                         "That request is not of the account that you know as "
                         "%s. If they have a new one since a reset, wait until "
                         "tacet contacts says so no more, or compare codes "
                         "when you meet (tacet verify); tacet requests refuse "
                         "drops it.",
                         target.person.handle);
    }
  }
  if (kept == 0) {
    return client_fail(&c->detail, CLIENT_USAGE, "no-such-request",
                       "There is no request of \"%.100s\"; tacet requests "
                       "lists those there are.",
                       who);
  }
  *list = all;
  *n = kept;
  return TACET_OK;
}

static tacet_err do_decide(client *c, const char *who, bool accept) {
  CLIENT_MEM(mem);
  client_talk *list = NULL;
  size_t n = 0;
  CLIENT_TX(tx);
  TACET_TRY(client_enter(c));
  TACET_TRY(requests_of(c, who, accept, &mem, &list, &n));
  for (size_t i = 0; i < n && accept; i++) {
    TACET_TRY(client_talk_confirm(c, &list[i]));
  }
  TACET_TRY(client_tx_begin(c->store, &tx));
  for (size_t i = 0; i < n; i++) {
    bool pair = list[i].pair;
    uint8_t peer[CLIENT_ID_LEN];
    memcpy(peer, list[i].peer, sizeof(peer));
    TACET_TRY(client_sync_talk(
        c, list[i].id, accept ? TACET_SYNC_ACCEPTED : TACET_SYNC_REFUSED));
    TACET_TRY(accept ? client_talk_accept(c, &list[i])
                     : client_talk_erase(c, &list[i]));
    TACET_TRY(accept && pair
                  ? client_sync_person(c, TACET_SYNC_ACCEPTED_PERSON, peer)
                  : TACET_OK);
  }
  TACET_TRY(client_tx_commit(&tx));
  client_ring(c);
  return TACET_OK;
}

client_kind client_request_accept(client *c, const char *who,
                                  client_error *err) {
  return client_leave(c, do_decide(c, who, true), err);
}

client_kind client_request_refuse(client *c, const char *who,
                                  client_error *err) {
  return client_leave(c, do_decide(c, who, false), err);
}

static tacet_err do_requests(client *c, client_mem *mem,
                             const client_request **list, size_t *n) {
  client_talk *talks;
  size_t count, kept = 0;
  TACET_TRY(client_enter(c));
  TACET_TRY(client_talk_list(c, mem, &talks, &count));
  client_request *found = client_mem_array(mem, count, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    const client_talk *t = &talks[i];
    client_request *r = &found[kept];
    bool request;
    TACET_TRY(client_is_request(c, t, &request));
    if (!request) {
      continue;
    }
    *r = (client_request){.group = t->pair ? NULL : t->name,
                          .received_at = t->made_at};
    TACET_TRY(client_handle_of(c, client_id_span(t->inviter), mem, &r->from));
    TACET_TRY(client_mem_hex(mem, client_id_span(t->id), &r->conversation));
    TACET_TRY(client_store_count(c->store, CLIENT_T_MESSAGE,
                                 client_id_span(t->id), &r->n_messages));
    kept++;
  }
  *list = found;
  *n = kept;
  return TACET_OK;
}

client_kind client_requests(client *c, client_mem *mem,
                            const client_request **list, size_t *n,
                            client_error *err) {
  return client_leave(c, do_requests(c, mem, list, n), err);
}

/* ---- contacts ---- */

static tacet_err do_contacts(client *c, client_mem *mem,
                             const client_contact **list, size_t *n) {
  const client_row *rows;
  size_t count, kept = 0;
  client_range all = {.limit = 0};
  TACET_TRY(client_enter(c));
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_PERSON, &all, mem, &rows, &count));
  client_contact *found = client_mem_array(mem, count, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    client_person p;
    tacet_manifest m;
    TACET_TRY(
        client_parse(c, &rows[i], client_person_fields, &p, sizeof(p), mem));
    if ((!p.accepted && !p.blocked && !p.verified) || p.replaced) {
      continue;
    }
    tacet_span id = client_id_span(p.account);
    client_contact *k = &found[kept++];
    *k = (client_contact){
        .handle = p.handle, .blocked = p.blocked, .deleted = p.erased};
    TACET_TRY(client_trust_of(c, &p, &k->trust));
    TACET_TRY(client_reset_until(c, &p, &k->reset_until));
    TACET_TRY(client_chain_newest(c, id, &m));
    k->n_devices = m.n_devices;
    TACET_TRY(client_mem_hex(mem, id, &k->account));
  }
  *list = found;
  *n = kept;
  return TACET_OK;
}

client_kind client_contacts(client *c, client_mem *mem,
                            const client_contact **list, size_t *n,
                            client_error *err) {
  return client_leave(c, do_contacts(c, mem, list, n), err);
}

/* ---- blocking ---- */

static tacet_err do_block(client *c, const char *handle) {
  CLIENT_MEM(mem);
  client_person p;
  CLIENT_TX(tx);
  TACET_TRY(client_enter(c));
  TACET_TRY(client_person_typed(c, handle, &mem, &p));
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_block_person(c, &p));
  TACET_TRY(client_sync_person(c, TACET_SYNC_BLOCKED_PERSON, p.account));
  TACET_TRY(client_tx_commit(&tx));
  client_ring(c);
  return TACET_OK;
}

client_kind client_block(client *c, const char *handle, client_error *err) {
  return client_leave(c, do_block(c, handle), err);
}

static tacet_err do_unblock(client *c, const char *handle, bool *queued) {
  CLIENT_MEM(mem);
  client_person p;
  uint64_t job;
  CLIENT_TX(tx);
  *queued = false;
  TACET_TRY(client_enter(c));
  TACET_TRY(client_person_typed(c, handle, &mem, &p));
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_unblock_person(c, &p, &job));
  TACET_TRY(job == 0
                ? client_sync_person(c, TACET_SYNC_BLOCKED_PERSON, p.account)
                : TACET_OK);
  TACET_TRY(client_tx_commit(&tx));
  client_ring(c);
  return job != 0 ? client_job_wait(c, job, queued) : TACET_OK;
}

client_kind client_unblock(client *c, const char *handle, bool *queued,
                           client_error *err) {
  return client_leave(c, do_unblock(c, handle, queued), err);
}

/* ---- codes ---- */

/* Whether `text` can be no code at all: digits, but not all of them or more.
 * Who left some out is not told that the server may have lied. */
static bool cut_off(const char *text) {
  size_t digits = 0;
  for (; *text != '\0'; text++) {
    if (*text >= '0' && *text <= '9') {
      digits++;
    } else if (*text != ' ' && *text != '-' && *text != '\n') {
      return false;
    }
  }
  return digits != 60;
}

static tacet_err do_code(client *c, const char *handle, client_mem *mem,
                         client_person *p, client_code *out) {
  TACET_TRY(client_enter(c));
  TACET_TRY(client_person_typed(c, handle, mem, p));
  TACET_TRY(client_reset_newest(c, mem, p));
  TACET_TRY(client_trust_of(c, p, &out->trust));
  return client_code_of(client_id_span(c->self.account),
                        client_id_span(p->account), out);
}

client_kind client_code_get(client *c, const char *handle, client_code *out,
                            client_error *err) {
  CLIENT_MEM(mem);
  client_person p;
  return client_leave(c, do_code(c, handle, &mem, &p, out), err);
}

static tacet_err do_verify(client *c, const char *handle, const char *code) {
  CLIENT_MEM(mem);
  client_person p;
  client_code own = {.trust = CLIENT_UNVERIFIED};
  TACET_TRY(do_code(c, handle, &mem, &p, &own));
  if (p.forked && own.trust != CLIENT_RESET) {
    return client_person_may_hear(c, &p);
  }
  if (code != NULL && cut_off(code)) {
    return client_fail(&c->detail, CLIENT_USAGE, "code-length",
                       "That is not a whole code: it has 60 digits; copy it "
                       "again, all of it.");
  }
  if (code != NULL && !client_code_matches(&own, code)) {
    return client_fail(&c->detail, CLIENT_KEYS, "code-differs",
                       "The code is not the one of %s and you: one of you "
                       "mistyped it, or the server has put other keys between "
                       "you.",
                       p.handle);
  }
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_reset_met(c, &p));
  p.verified = true;
  TACET_TRY(client_person_save(c, &p));
  TACET_TRY(client_sync_person(c, TACET_SYNC_VERIFIED_PERSON, p.account));
  return client_tx_commit(&tx);
}

client_kind client_verify(client *c, const char *handle, const char *code,
                          client_error *err) {
  return client_leave(c, do_verify(c, handle, code), err);
}
