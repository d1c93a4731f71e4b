/* SPDX-License-Identifier: Apache-2.0
 * Blocking and unblocking. */
#include "client/blocking.h"

#include "client/devsync.h"
#include "client/api.h"
#include "client/events.h"
#include "client/groups.h"
#include "client/jobs.h"
#include "client/link.h"
#include "client/mailboxes.h"
#include "client/notices.h"
#include "client/people.h"
#include "client/session.h"
#include "client/slots.h"
#include "client/talks.h"

static tacet_err pair_of(client *c, const client_person *p, client_mem *mem,
                         client_talk *out) {
  uint8_t id[CLIENT_ID_LEN];
  TACET_TRY(client_pair_id(client_id_span(c->self.account),
                           client_id_span(p->account), id));
  return client_talk_get(c, id, mem, out);
}

/* The mailboxes that a pair's groups are read from: not any more, or again. */
static tacet_err set_mailboxes(client *c, const client_talk *t, bool read) {
  CLIENT_MEM(mem);
  client_group_record *list;
  size_t n;
  TACET_TRY(client_group_list(c, t->id, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    client_mailbox m;
    tacet_span id = tacet_span_of(list[i].mailbox, CLIENT_MAILBOX_LEN);
    tacet_err e = client_mailbox_get(c, id, &mem, &m);
    if (e == TACET_OK && !m.last_resort && !read) {
      e = client_mailbox_condemn(c, id);
    } else if (e == TACET_OK && m.use == CLIENT_MAILBOX_CONDEMNED) {
      m.use = CLIENT_MAILBOX_GROUP;
      e = client_mailbox_save(c, &m);
    }
    TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  }
  return TACET_OK;
}

/* Forgets unblockings that wait; *n says how many there were, if not NULL. */
static tacet_err jobs_of(client *c, const client_talk *t, bool drop,
                         uint64_t *number) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range range = {.parent = client_id_span(t->id)};
  TACET_TRY(client_store_list(c->store, CLIENT_T_JOB, &range, &mem, &rows, &n));
  *number = 0;
  for (size_t i = 0; i < n; i++) {
    client_job job;
    TACET_TRY(
        client_parse(c, &rows[i], client_job_fields, &job, sizeof(job), &mem));
    if (job.kind != CLIENT_JOB_UNBLOCK || job.done) {
      continue;
    }
    *number = job.number;
    TACET_TRY(drop ? client_job_forget(c, job.number) : TACET_OK);
  }
  return TACET_OK;
}

tacet_err client_block_person(client *c, client_person *p) {
  CLIENT_MEM(mem);
  client_talk t;
  uint64_t waits;
  p->blocked = true;
  TACET_TRY(client_person_save(c, p));
  tacet_err e = pair_of(c, p, &mem, &t);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  TACET_TRY(jobs_of(c, &t, true, &waits));
  if (t.state == CLIENT_TALK_REQUEST) {
    return client_talk_erase(c, &t);
  }
  if (t.state == CLIENT_TALK_OPEN) {
    t.state = CLIENT_TALK_BLOCKED;
    TACET_TRY(client_events_drop(c, t.id));
  }
  TACET_TRY(set_mailboxes(c, &t, false));
  return client_talk_save(c, &t);
}

static tacet_err set_free(client *c, client_person *p) {
  p->blocked = false;
  return client_person_save(c, p);
}

tacet_err client_unblock_person(client *c, client_person *p, uint64_t *number) {
  CLIENT_MEM(mem);
  client_talk t;
  *number = 0;
  tacet_err e = pair_of(c, p, &mem, &t);
  if (e == TACET_ERR_NOT_FOUND ||
      (e == TACET_OK && t.state != CLIENT_TALK_BLOCKED)) {
    return set_free(c, p);
  }
  TACET_TRY(e);
  TACET_TRY(jobs_of(c, &t, false, number));
  if (*number != 0) {
    return TACET_OK; /* it waits already */
  }
  uint8_t one[1][CLIENT_ID_LEN];
  memcpy(one[0], p->account, CLIENT_ID_LEN);
  client_job job = {
      .kind = CLIENT_JOB_UNBLOCK, .accounts = one, .n_accounts = 1};
  memcpy(job.talk, t.id, sizeof(job.talk));
  TACET_TRY(client_job_add(c, &job));
  *number = job.number;
  return TACET_OK;
}

/* ---- carrying it out ---- */

/* Takes what came while they were blocked, from the mailboxes and from the
 * slots: they are blocked still, so nothing of it is heard. */
static tacet_err take_what_came(client *c, const client_talk *t) {
  CLIENT_MEM(mem);
  client_group_record *list;
  size_t n;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(set_mailboxes(c, t, true));
  TACET_TRY(client_tx_commit(&tx));
  TACET_TRY(client_link_drain(c));
  TACET_TRY(client_group_list(c, t->id, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(client_slots_walk(c, list[i].id));
  }
  return TACET_OK;
}

/* From here on they are heard. New mailboxes are due at once, and what was
 * dropped is no gap. */
static tacet_err come_back(client *c, const client_job *job) {
  CLIENT_MEM(mem);
  client_person p;
  client_talk t;
  client_job still;
  client_group_record *list;
  size_t n;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  tacet_err e = client_job_get(c, job->number, &mem, &still);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK; /* blocked again, by another process */
  }
  TACET_TRY(e);
  TACET_TRY(client_person_get(c, client_id_span(job->accounts[0]), &mem, &p));
  TACET_TRY(set_free(c, &p));
  TACET_TRY(client_sync_person(c, TACET_SYNC_BLOCKED_PERSON, p.account));
  TACET_TRY(client_talk_get(c, job->talk, &mem, &t));
  t.state = p.accepted ? CLIENT_TALK_OPEN : CLIENT_TALK_REQUEST;
  TACET_TRY(client_talk_save(c, &t));
  TACET_TRY(client_group_list(c, t.id, &mem, &list, &n));
  for (size_t i = 0; i < n && p.accepted; i++) {
    list[i].fresh_due = true;
    list[i].fresh_at = client_now(c);
    TACET_TRY(client_group_save(c, &list[i]));
  }
  TACET_TRY(
      client_store_delete_of(c->store, CLIENT_T_DEVICE, client_id_span(t.id)));
  bool stranger; /* as before */
  TACET_TRY(client_is_request(c, &t, &stranger));
  if (stranger) {
    TACET_TRY(client_event_request(c, t.id, client_id_span(p.account), NULL));
  }
  return client_tx_commit(&tx);
}

/* True in *done once every group has moved to a mailbox that they can know. */
static tacet_err move_all(client *c, const client_talk *t, bool *done,
                          uint64_t *next) {
  CLIENT_MEM(mem);
  client_group_record *list;
  size_t n;
  TACET_TRY(client_group_list(c, t->id, &mem, &list, &n));
  *done = true;
  for (size_t i = 0; i < n && t->state == CLIENT_TALK_OPEN; i++) {
    if (!list[i].fresh_due || list[i].broken || list[i].retire_at != 0) {
      continue;
    }
    *done = false;
    if (list[i].commit != 0 || list[i].look_due) {
      *next = 0; /* the rest of this round sees to that */
    }
    TACET_TRY(client_fresh_begin(c, list[i].id, next));
  }
  return TACET_OK;
}

tacet_err client_unblock_run(client *c, const client_job *job, bool *done,
                             uint64_t *next) {
  CLIENT_MEM(mem);
  client_talk t;
  TACET_TRY(client_talk_get(c, job->talk, &mem, &t));
  if (t.state == CLIENT_TALK_BLOCKED) {
    TACET_TRY(take_what_came(c, &t));
    TACET_TRY(come_back(c, job));
    TACET_TRY(client_talk_get(c, job->talk, &mem, &t));
  }
  return move_all(c, &t, done, next);
}
