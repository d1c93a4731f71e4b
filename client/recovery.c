/* SPDX-License-Identifier: Apache-2.0
 * Putting right what is broken. */
#include "client/recovery.h"

#include "client/commit.h"
#include "client/control.h"
#include "client/events.h"
#include "client/groups.h"
#include "client/jobs.h"
#include "client/policy.h"
#include "client/returning.h"
#include "client/successor.h"
#include "client/talks.h"

#define CALLED_AT_ONCE 3                 /* members, in the first round */
#define CALL_EVERY (6 * CLIENT_HOUR)     /* another one */
#define CALLS_OFTEN 16                   /* then once a day */
#define MEMBERS_WAIT CLIENT_HOUR         /* for an admin */
#define AGAIN_AFTER (10 * CLIENT_MINUTE) /* where the making failed */

/* ---- noticing ---- */

/* When this device makes the successor, unless another one did before. */
static tacet_err turn_to_make(client *c, client_session *s, uint64_t *due) {
  tacet_room room;
  TACET_TRY(client_room_of(c, s, &room));
  TACET_TRY(client_turn(c, s, due));
  *due += tacet_room_is_admin(&room, c->self.account) ? 0 : MEMBERS_WAIT;
  return TACET_OK;
}

static const char *remedy(const client_talk *t, client_trouble trouble) {
  if (t->pair) {
    return "It is begun anew";
  }
  return trouble == CLIENT_STUCK ? "It is made anew, and goes on there"
                                 : "The others are asked to take it in again";
}

tacet_err client_broken(client *c, client_session *s, client_trouble trouble,
                        const char *why) {
  CLIENT_MEM(mem);
  client_talk talk;
  uint64_t due = 0;
  TACET_TRY(client_commit_lost(c, s));
  s->r.broken = true;
  s->r.trouble = (uint8_t)trouble;
  s->r.look_due = false;
  TACET_TRY(client_session_save(c, s));
  TACET_TRY(client_talk_get(c, s->r.talk, &mem, &talk));
  if (s->r.retire_at != 0) {
    return TACET_OK; /* not the one in use */
  }
  if (trouble == CLIENT_STUCK) {
    TACET_TRY(turn_to_make(c, s, &due));
  }
  TACET_TRY(client_recovery_at(c, talk.id, due));
  return client_event_warn(
      c, talk.id, "undecryptable",
      "This device cannot follow %s any more (%s). %s; what you write waits "
      "until then.",
      talk.name != NULL ? talk.name : "the conversation", why,
      remedy(&talk, trouble));
}

tacet_err client_stuck(client *c, client_session *s) {
  uint64_t due;
  if (s->r.trouble == CLIENT_STUCK) {
    return TACET_OK;
  }
  s->r.trouble = CLIENT_STUCK;
  TACET_TRY(client_group_save(c, &s->r));
  TACET_TRY(turn_to_make(c, s, &due));
  return client_recovery_at(c, s->r.talk, due);
}

/* ---- the job ---- */

/* The group in use, if it is broken; false if there is nothing to do. */
static tacet_err is_needed(client *c, const client_talk *t, client_mem *mem,
                           client_group_record *out, bool *yes) {
  *yes = false;
  if (t->state != CLIENT_TALK_OPEN || t->group.len == 0) {
    return TACET_OK;
  }
  tacet_err e = client_group_get(c, t->group, mem, out);
  *yes = e == TACET_OK && out->broken;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

static tacet_err postpone(client *c, client_job *job, uint64_t wait,
                          uint64_t *next) {
  CLIENT_TX(tx);
  job->due = client_now(c) + wait;
  *next = job->due < *next ? job->due : *next;
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_job_save(c, job));
  return client_tx_commit(&tx);
}

static tacet_err call(client *c, client_job *job, const client_group_record *r,
                      uint64_t *next) {
  size_t n = job->tries == 0 ? CALLED_AT_ONCE : 1;
  TACET_TRY(client_call_out(c, r->id, n, &job->tries));
  job->tries = job->tries == 0 ? 1 : job->tries; /* there was nobody */
  *next = 0;                                     /* the letters go out */
  return postpone(c, job, job->tries < CALLS_OFTEN ? CALL_EVERY : CLIENT_DAY,
                  next);
}

static tacet_err forget(client *c, const client_job *job) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_job_finish(c, job->number, NULL));
  return client_tx_commit(&tx);
}

static tacet_err make_anew(client *c, client_job *job, client_talk *t,
                           uint64_t *next) {
  bool made = true;
  if (t->pair) {
    TACET_TRY(client_pair_begin(c, t));
  } else {
    TACET_TRY(client_successor_make(c, t->id, &made));
  }
  *next = 0;
  return made ? forget(c, job) : postpone(c, job, AGAIN_AFTER, next);
}

tacet_err client_recovery_run(client *c, client_job *job, uint64_t *next) {
  CLIENT_MEM(mem);
  client_talk t;
  client_group_record r;
  bool needed;
  tacet_err e = client_talk_get(c, job->talk, &mem, &t);
  if (e == TACET_ERR_NOT_FOUND) {
    return forget(c, job);
  }
  TACET_TRY(e);
  TACET_TRY(is_needed(c, &t, &mem, &r, &needed));
  if (!needed) {
    return forget(c, job);
  }
  return t.pair || r.trouble == CLIENT_STUCK ? make_anew(c, job, &t, next)
                                             : call(c, job, &r, next);
}

/* Finds the job of that conversation; NOT_FOUND. */
static tacet_err find_job(client *c, const uint8_t *talk, client_mem *mem,
                          client_job *out) {
  const client_row *rows;
  size_t n;
  client_range range = {.parent = tacet_span_of(talk, CLIENT_ID_LEN)};
  TACET_TRY(client_store_list(c->store, CLIENT_T_JOB, &range, mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(
        client_parse(c, &rows[i], client_job_fields, out, sizeof(*out), mem));
    if (out->kind == CLIENT_JOB_RECOVER) {
      return TACET_OK;
    }
  }
  return TACET_ERR_NOT_FOUND;
}

tacet_err client_recovery_at(client *c, const uint8_t *talk, uint64_t due) {
  CLIENT_MEM(mem);
  client_job job;
  tacet_err e = find_job(c, talk, &mem, &job);
  if (e == TACET_ERR_NOT_FOUND) {
    job = (client_job){.kind = CLIENT_JOB_RECOVER, .due = due};
    memcpy(job.talk, talk, sizeof(job.talk));
    return client_job_add(c, &job);
  }
  TACET_TRY(e);
  job.due = due;
  return client_job_save(c, &job);
}

tacet_err client_recovery_ensure(client *c, const uint8_t *talk) {
  CLIENT_MEM(mem);
  client_job job;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  tacet_err e = find_job(c, talk, &mem, &job);
  if (e != TACET_ERR_NOT_FOUND) {
    return e;
  }
  TACET_TRY(client_recovery_at(c, talk, 0));
  return client_tx_commit(&tx);
}
