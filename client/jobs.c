/* SPDX-License-Identifier: Apache-2.0
 * Jobs, recorded and carried out. */
#include "client/jobs.h"

#include "client/blocking.h"
#include "client/chain.h"
#include "client/claims.h"
#include "client/clock.h"
#include "client/content.h"
#include "client/devsync.h"
#include "client/events.h"
#include "client/groups.h"
#include "client/history.h"
#include "client/leaving.h"
#include "client/linking.h"
#include "client/lookup.h"
#include "client/mailboxes.h"
#include "client/pending.h"
#include "client/policy.h"
#include "client/reconcile.h"
#include "client/recovery.h"
#include "client/regain.h"
#include "client/returning.h"
#include "client/talks.h"
#include "client/watch.h"

/* ---- the record ---- */

static void number_key(uint64_t number, tacet_buf *w) {
  tacet_write_u64(w, number);
}

tacet_err client_job_save(client *c, client_job *job) {
  TACET_BUF(key, 16);
  number_key(job->number, &key);
  TACET_TRY(key.err);
  return client_put(c, CLIENT_T_JOB, tacet_buf_span(&key),
                    client_id_span(job->talk), job->number, client_job_fields,
                    job);
}

tacet_err client_job_add(client *c, client_job *job) {
  TACET_TRY(client_store_next(c->store, &job->number));
  return client_job_save(c, job);
}

tacet_err client_job_get(client *c, uint64_t number, client_mem *mem,
                         client_job *out) {
  TACET_BUF(key, 16);
  number_key(number, &key);
  TACET_TRY(key.err);
  return client_get(c, CLIENT_T_JOB, tacet_buf_span(&key), client_job_fields,
                    out, sizeof(*out), mem);
}

tacet_err client_job_forget(client *c, uint64_t number) {
  TACET_BUF(key, 16);
  CLIENT_TX(tx);
  number_key(number, &key);
  TACET_TRY(key.err);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_store_delete(c->store, CLIENT_T_JOB, tacet_buf_span(&key)));
  return client_tx_commit(&tx);
}

static bool somebody_waits(const client_job *job) {
  return job->kind <= CLIENT_JOB_LEAVE || job->kind == CLIENT_JOB_UNBLOCK ||
         job->kind == CLIENT_JOB_LINK;
}

tacet_err client_job_finish(client *c, uint64_t number,
                            const client_error *why) {
  CLIENT_MEM(mem);
  client_job job;
  tacet_err e = client_job_get(c, number, &mem, &job);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  bool adds = job.kind == CLIENT_JOB_ADD || job.kind == CLIENT_JOB_TIDY;
  for (size_t i = 0; adds && i < job.n_accounts; i++) {
    TACET_TRY(client_claims_drop(c, job.talk, job.accounts[i]));
  }
  if (!somebody_waits(&job)) {
    return client_job_forget(c, number);
  }
  job.done = true;
  job.due = client_now(c); /* when it was done */
  if (why != NULL) {
    job.kind_of_failure = (uint8_t)why->kind;
    job.code = why->code;
    job.why = why->text;
  }
  return client_job_save(c, &job);
}

/* A TIDY that is due by then, or that was tried and comes again by `again`. */
static tacet_err tidy_unless(client *c, const uint8_t *talk, uint64_t due,
                             uint64_t again) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range range = {.parent = client_id_span(talk)};
  TACET_TRY(client_store_list(c->store, CLIENT_T_JOB, &range, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_job job;
    TACET_TRY(
        client_parse(c, &rows[i], client_job_fields, &job, sizeof(job), &mem));
    if (job.kind == CLIENT_JOB_TIDY &&
        (job.due <= due || (job.tries > 0 && job.due <= again))) {
      return TACET_OK;
    }
  }
  client_job job = {.kind = CLIENT_JOB_TIDY, .due = due};
  memcpy(job.talk, talk, sizeof(job.talk));
  return client_job_add(c, &job);
}

tacet_err client_job_tidy(client *c, const uint8_t *talk, uint64_t due) {
  return tidy_unless(c, talk, due, due);
}

tacet_err client_job_tidy_now(client *c, const uint8_t *talk) {
  uint64_t now = client_now(c);
  return tidy_unless(c, talk, now, now + CLIENT_HOUR);
}

/* ---- groups ---- */

static tacet_err finish(client *c, const client_job *job) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_job_finish(c, job->number, NULL));
  return client_tx_commit(&tx);
}

/* Packages for all accounts of the job; `s` not NULL: for those that are not in
 * it yet. */
static tacet_err claim_all(client *c, const client_job *job, client_session *s,
                           client_mem *mem, tacet_span **packages, size_t *n) {
  uint8_t(*in)[CLIENT_ID_LEN] = NULL;
  size_t n_in = 0;
  if (s != NULL) {
    TACET_TRY(client_accounts(c, s, mem, &in, &n_in));
  }
  for (size_t i = 0; i < job->n_accounts; i++) {
    client_person p;
    bool there = false;
    for (size_t k = 0; k < n_in; k++) {
      there = there || memcmp(in[k], job->accounts[i], CLIENT_ID_LEN) == 0;
    }
    if (there) {
      continue;
    }
    TACET_TRY(client_person_get(c, client_id_span(job->accounts[i]), mem, &p));
    TACET_TRY(client_claims_ensure(c, job->talk, &p));
    TACET_TRY(
        client_claims_get(c, job->talk, job->accounts[i], mem, packages, n));
  }
  return TACET_OK;
}

static tacet_err run_create(client *c, const client_job *job) {
  CLIENT_MEM(mem);
  tacet_span *packages = NULL;
  size_t n = 0;
  client_talk talk;
  TACET_TRY(claim_all(c, job, NULL, &mem, &packages, &n));
  TACET_TRY(client_mailboxes_ensure(c, 1));
  tacet_room room = {.kind = TACET_ROOM_GROUP,
                     .name = tacet_span_str(job->text),
                     .admins = client_id_span(c->self.account),
                     .slot_server = tacet_span_str(c->self.domain)};
  memcpy(room.conversation, job->talk, sizeof(room.conversation));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_talk_get(c, job->talk, &mem, &talk));
  TACET_TRY(client_group_begin(c, &talk, &room, packages, n));
  for (size_t i = 0; i < job->n_accounts; i++) {
    TACET_TRY(client_claims_drop(c, job->talk, job->accounts[i]));
  }
  TACET_TRY(client_job_finish(c, job->number, NULL));
  return client_tx_commit(&tx);
}

/* Fills in what the job changes; the claims it needs are there. */
static tacet_err plan(client *c, const client_job *job, client_session *s,
                      client_mem *mem, client_change *ch, tacet_room *room) {
  client_leaf *leaves;
  size_t n, n_leaves = 0;
  uint32_t *chosen;
  TACET_TRY(client_leaves(c, s->mls, mem, &leaves, &n));
  chosen = client_mem_array(mem, n, sizeof(*chosen));
  if (chosen == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < n && job->kind != CLIENT_JOB_RENAME; i++) {
    bool drop = false, stale, last = false;
    for (size_t k = 0; job->kind == CLIENT_JOB_REMOVE && k < job->n_accounts;
         k++) {
      drop = drop || memcmp(leaves[i].who.account, job->accounts[k],
                            CLIENT_ID_LEN) == 0;
    }
    TACET_TRY(client_leaf_is_stale(c, s, &leaves[i], &stale));
    if (stale && !client_reconcile_gives_up(job->tries)) {
      TACET_TRY(client_leaf_is_last(c, s, leaves, n, i, ch->packages,
                                    ch->n_packages, &last));
    }
    drop = drop || (stale && !last) ||
           (job->kind == CLIENT_JOB_TIDY &&
            client_is_returning(c, &s->r, &leaves[i], ch->packages,
                                ch->n_packages));
    if (drop && leaves[i].index != tacet_mls_own_leaf(s->mls)) {
      chosen[n_leaves++] = leaves[i].index;
    }
  }
  ch->leaves = chosen;
  ch->n_leaves = n_leaves;
  if (job->kind == CLIENT_JOB_RENAME) {
    TACET_TRY(client_room_of(c, s, room));
    room->name = tacet_span_str(job->text);
    ch->room = room;
  }
  return TACET_OK;
}

/* Of some device there was no package: the job stays, for another time. */
static tacet_err come_again(client *c, client_job *job, client_session *s,
                            uint64_t *next) {
  uint64_t due;
  TACET_TRY(client_reconcile_again(c, s, job->tries++, &due));
  if (due == 0) {
    return client_job_finish(c, job->number, NULL);
  }
  job->due = due;
  *next = due < *next ? due : *next;
  return client_job_save(c, job);
}

/* Packages of whom a manifest adds stand behind the others. */
typedef struct newcomers {
  tacet_span *packages;
  size_t n;
  bool lacking;
} newcomers;

/* Whose packages are used up once the job is done. */
static tacet_err note_accounts(client *c, client_job *job,
                               const newcomers *fresh, client_mem *mem) {
  job->accounts = client_mem_array(mem, fresh->n, sizeof(*job->accounts));
  job->n_accounts = fresh->n;
  if (job->accounts == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < fresh->n; i++) {
    tacet_identity who;
    if (client_package_identity(c, fresh->packages[i], &who)) {
      memcpy(job->accounts[i], who.account, CLIENT_ID_LEN);
    }
  }
  return client_job_save(c, job);
}

/* A device that comes into the self group is told everything. */
static tacet_err welcome(client *c, client_job *job, const newcomers *fresh,
                         client_mem *mem) {
  client_talk talk;
  TACET_TRY(note_accounts(c, job, fresh, mem));
  TACET_TRY(client_talk_get(c, job->talk, mem, &talk));
  return client_is_self_talk(c, &talk) ? client_sync_everything(c) : TACET_OK;
}

static tacet_err commit_job(client *c, client_job *job, tacet_span group,
                            client_change *ch, newcomers *fresh,
                            uint64_t *next) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  tacet_room room;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_session_load(c, group, &s));
  TACET_TRY(client_reconcile_filter(c, &s, fresh->packages, &fresh->n));
  ch->n_packages += fresh->n;
  TACET_TRY(plan(c, job, &s, &mem, ch, &room));
  bool empty = ch->n_packages == 0 && ch->n_leaves == 0 && ch->room == NULL &&
               (job->kind != CLIENT_JOB_TIDY || s.r.n_leaving == 0);
  if (!empty) {
    ch->job = fresh->lacking ? 0 : job->number;
    ch->fresh = s.r.fresh_due;
    TACET_TRY(fresh->n > 0 ? welcome(c, job, fresh, &mem) : TACET_OK);
    TACET_TRY(client_commit_make(c, &s, ch));
    TACET_TRY(client_returning_used(c, &s.r));
    *next = 0;
  }
  if (fresh->lacking) {
    TACET_TRY(come_again(c, job, &s, next));
  } else if (empty) {
    TACET_TRY(client_job_finish(c, job->number, NULL));
  }
  return client_tx_commit(&tx);
}

static tacet_err not_member(client *c) {
  return client_fail(&c->detail, CLIENT_REFUSED, "not-member",
                     "You are not a member of the group any more.");
}

static tacet_err run_change(client *c, client_job *job, uint64_t *next) {
  CLIENT_MEM(mem);
  client_talk talk;
  client_group_record r;
  TACET_TRY(client_talk_get(c, job->talk, &mem, &talk));
  tacet_err e = talk.group.len == 0 ? TACET_ERR_NOT_FOUND
                                    : client_group_get(c, talk.group, &mem, &r);
  if (e == TACET_ERR_NOT_FOUND || talk.state != CLIENT_TALK_OPEN) {
    return job->kind == CLIENT_JOB_TIDY ? finish(c, job) : not_member(c);
  }
  TACET_TRY(e);
  if (r.broken && job->kind == CLIENT_JOB_TIDY) {
    return finish(c, job);
  }
  if (r.broken && r.trouble == CLIENT_STUCK) {
    return TACET_OK; /* it is done in the successor */
  }
  if (r.broken) {
    return client_fail(&c->detail, CLIENT_REFUSED, "cannot-follow",
                       "This device cannot follow the group now; it has asked "
                       "to be taken in again, so try later.");
  }
  if (!client_may_commit(c, &r, next)) {
    return TACET_OK;
  }
  client_change ch = {.fresh = false};
  newcomers fresh = {.n = 0};
  tacet_span *packages = NULL;
  if (job->kind != CLIENT_JOB_TIDY) {
    CLIENT_SESSION(s);
    TACET_TRY(client_session_load(c, talk.group, &s));
    TACET_TRY(client_policy_may_admin(c, &s));
    if (job->kind == CLIENT_JOB_ADD) {
      TACET_TRY(claim_all(c, job, &s, &mem, &packages, &ch.n_packages));
      ch.packages = packages;
    }
  } else {
    TACET_TRY(client_returning_claim(c, &r, &mem, &packages, &ch.n_packages));
    size_t n = ch.n_packages;
    TACET_TRY(client_reconcile_claim(c, talk.group, &mem, &packages, &n,
                                     &fresh.lacking));
    ch.packages = packages;
    fresh.packages = packages + ch.n_packages;
    fresh.n = n - ch.n_packages;
  }
  TACET_TRY(client_mailboxes_ensure(c, r.fresh_due ? 1 : 0));
  return commit_job(c, job, talk.group, &ch, &fresh, next);
}

/* ---- others ---- */

static tacet_err run_recheck(client *c, client_job *job) {
  bool done;
  TACET_TRY(client_watch_recheck(c, job, &done));
  return done ? finish(c, job) : TACET_OK;
}

static tacet_err run_unblock(client *c, const client_job *job, uint64_t *next) {
  bool done;
  TACET_TRY(client_unblock_run(c, job, &done, next));
  if (!done) {
    return TACET_OK;
  }
  *next = 0;
  return finish(c, job);
}

/* A file at a time: what is to be sent goes out in between. */
static tacet_err run_history(client *c, client_job *job, uint64_t *next) {
  bool done;
  TACET_TRY(job->kind == CLIENT_JOB_HISTORY_GIVE
                ? client_history_give_run(c, job, &done)
                : client_history_take_run(c, job, &done));
  *next = 0;
  return done ? finish(c, job) : TACET_OK;
}

static tacet_err run(client *c, client_job *job, uint64_t *next) {
  switch ((client_job_kind)job->kind) {
  case CLIENT_JOB_CREATE:
    TACET_TRY(run_create(c, job));
    *next = 0;
    return TACET_OK;
  case CLIENT_JOB_ADD:
  case CLIENT_JOB_REMOVE:
  case CLIENT_JOB_RENAME:
  case CLIENT_JOB_TIDY:
    return run_change(c, job, next);
  case CLIENT_JOB_LEAVE:
    return client_leaving_run(c, job, next);
  case CLIENT_JOB_FETCH:
    TACET_TRY(client_text_fetch(c, client_id_span(job->accounts[0])));
    return finish(c, job);
  case CLIENT_JOB_RECHECK:
    return run_recheck(c, job);
  case CLIENT_JOB_UNBLOCK:
    return run_unblock(c, job, next);
  case CLIENT_JOB_LINK:
  case CLIENT_JOB_LINKED:
    return client_offer_run(c, job, next);
  case CLIENT_JOB_SYNC:
    return client_sync_run(c, job, next);
  case CLIENT_JOB_RECOVER:
    return client_recovery_run(c, job, next);
  case CLIENT_JOB_GREET:
    TACET_TRY(client_greet_run(c, job));
    *next = 0;
    return finish(c, job);
  case CLIENT_JOB_HISTORY_GIVE:
  case CLIENT_JOB_HISTORY_TAKE:
    return run_history(c, job, next);
  }
  return finish(c, job); /* of a newer version */
}

static tacet_err record_failure(client *c, const client_job *job, tacet_err e) {
  client_error why;
  (void)client_report(&c->detail, e, &why);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_job_finish(c, job->number, &why));
  return client_tx_commit(&tx);
}

tacet_err client_jobs_run(client *c, uint64_t *next) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range all = {.limit = 0};
  TACET_TRY(client_store_list(c->store, CLIENT_T_JOB, &all, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_job job;
    TACET_TRY(client_check_interrupt(c));
    TACET_TRY(
        client_parse(c, &rows[i], client_job_fields, &job, sizeof(job), &mem));
    if (job.done) {
      continue;
    }
    if (!client_is_due(c, job.due, CLIENT_DAY)) {
      *next = job.due < *next ? job.due : *next;
      continue;
    }
    tacet_err e = run(c, &job, next);
    client_verdict v = e == TACET_OK ? CLIENT_LATER : client_judge(c, e, next);
    if (v == CLIENT_ABORT) {
      return e;
    }
    if (v == CLIENT_FINAL) {
      TACET_TRY(record_failure(c, &job, e));
    }
  }
  return TACET_OK;
}
