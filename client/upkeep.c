/* SPDX-License-Identifier: Apache-2.0
 * Upkeep. */
#include "client/upkeep.h"

#include "client/attachments.h"
#include "client/clock.h"
#include "client/content.h"
#include "client/events.h"
#include "client/groups.h"
#include "client/jobs.h"
#include "client/mailboxes.h"
#include "client/messages.h"
#include "client/outbox.h"
#include "client/packages.h"
#include "client/pending.h"
#include "client/receive.h"
#include "client/reads.h"
#include "client/talks.h"
#include "client/tokens.h"
#include "client/watch.h"

#define UPKEEP_EVERY CLIENT_MINUTE
#define SWEEP_EVERY CLIENT_HOUR
#define LOOK_EVERY CLIENT_DAY
#define UPDATE_EVERY (7 * CLIENT_DAY)
#define SEEN_DAYS 60 /* longer than anything waits anywhere */
#define OUTCOME_LIFE CLIENT_MINUTE

/* ---- groups ---- */

static tacet_err retire(client *c, const client_group_record *r) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_outbox_drop_group(c, r->id));
  TACET_TRY(
      client_mailbox_leave(c, tacet_span_of(r->mailbox, sizeof(r->mailbox))));
  TACET_TRY(client_session_delete(c, r->id));
  return client_tx_commit(&tx);
}

/* Changes the record as it is now: another process may have changed it since it
 * was listed. */
static tacet_err set_times(client *c, tacet_span group, bool look,
                           uint64_t update_at) {
  CLIENT_MEM(mem);
  client_group_record r;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_group_get(c, group, &mem, &r));
  r.look_due = r.look_due || look;
  r.update_at = update_at;
  TACET_TRY(client_group_save(c, &r));
  return client_tx_commit(&tx);
}

/* New keys once a week, each device at a time of its own. */
static tacet_err tend_keys(client *c, const client_group_record *r,
                           uint64_t *next) {
  uint64_t now = client_now(c), wait;
  if (r->update_at == 0) {
    TACET_TRY(client_chance(c, UPDATE_EVERY / 2, &wait));
    return set_times(c, r->id, false, now + UPDATE_EVERY / 2 + wait);
  }
  return r->fresh_due || !client_is_due(c, r->update_at, UPDATE_EVERY)
             ? TACET_OK
             : client_update_begin(c, r->id, next);
}

static tacet_err tend(client *c, const client_group_record *r, uint64_t *next) {
  CLIENT_MEM(mem);
  client_talk talk;
  uint64_t now = client_now(c);
  if (r->retire_at != 0 && now >= r->retire_at) {
    return retire(c, r);
  }
  TACET_TRY(client_talk_get(c, r->talk, &mem, &talk));
  if (r->broken || talk.state != CLIENT_TALK_OPEN) {
    return TACET_OK;
  }
  if (client_is_due(c, r->looked_at + LOOK_EVERY, LOOK_EVERY) && !r->look_due) {
    *next = 0;
    return set_times(c, r->id, true, r->update_at);
  }
  if (r->fresh_due && r->fresh_at != 0 &&
      !client_is_due(c, r->fresh_at, CLIENT_DAY)) {
    *next = r->fresh_at < *next ? r->fresh_at : *next;
  } else if (r->fresh_due && r->fresh_at != 0) {
    return client_fresh_begin(c, r->id, next);
  }
  return tend_keys(c, r, next);
}

static tacet_err tend_all(client *c, uint64_t *next) {
  CLIENT_MEM(mem);
  client_group_record *list;
  size_t n;
  TACET_TRY(client_group_list(c, NULL, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(tend(c, &list[i], next));
  }
  return TACET_OK;
}

/* ---- outcomes that nobody fetched ---- */

static tacet_err tell_outcome(client *c, const client_job *job) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  if (job->why != NULL) {
    TACET_TRY(client_event_warn(c, job->talk, "change-refused",
                                "A change of a group was not carried out. %s",
                                job->why));
  }
  TACET_TRY(client_job_forget(c, job->number));
  return client_tx_commit(&tx);
}

static tacet_err sweep_jobs(client *c) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range all = {.limit = 0};
  TACET_TRY(client_store_list(c->store, CLIENT_T_JOB, &all, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_job job;
    TACET_TRY(
        client_parse(c, &rows[i], client_job_fields, &job, sizeof(job), &mem));
    if (job.done && client_since(c, job.due) >= OUTCOME_LIFE) {
      TACET_TRY(tell_outcome(c, &job));
    }
  }
  return TACET_OK;
}

/* ---- once an hour ---- */

static tacet_err sweep_seen(client *c) {
  uint64_t day = client_now(c) / CLIENT_DAY;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_store_delete_until(c->store, CLIENT_T_SEEN,
                                      day > SEEN_DAYS ? day - SEEN_DAYS : 0));
  TACET_TRY(client_reads_sweep(c));
  return client_tx_commit(&tx);
}

static tacet_err sweep(client *c, client_upkeep *upkeep) {
  if (client_now(c) < upkeep->next_sweep) {
    return TACET_OK;
  }
  upkeep->next_sweep = client_now(c) + SWEEP_EVERY;
  TACET_TRY(client_messages_sweep(c));
  TACET_TRY(client_unopened_sweep(c));
  TACET_TRY(client_epochs_sweep(c));
  TACET_TRY(sweep_seen(c));
  TACET_TRY(client_files_sweep(c));
  TACET_TRY(client_mailboxes_upkeep(c));
  return client_watch_pick(c);
}

static tacet_err all(client *c, client_upkeep *upkeep, uint64_t *next) {
  TACET_TRY(client_gaps_sweep(c, next));
  TACET_TRY(sweep_jobs(c));
  TACET_TRY(client_clock_upkeep(c));
  if (!client_clock_is_believed(c)) {
    return TACET_OK; /* nothing expires by such a clock, nor is set by it */
  }
  TACET_TRY(tend_all(c, next));
  TACET_TRY(sweep(c, upkeep));
  TACET_TRY(client_packages_upkeep(c, upkeep));
  return client_tokens_upkeep(c, upkeep);
}

static tacet_err save_if_changed(client *c, const client_upkeep *before,
                                 client_upkeep *now) {
  if (memcmp(before, now, sizeof(*now)) == 0) {
    return TACET_OK;
  }
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_upkeep_save(c, now));
  return client_tx_commit(&tx);
}

tacet_err client_upkeep_run(client *c, uint64_t *next) {
  client_upkeep before, now;
  uint64_t mine = client_now(c) + UPKEEP_EVERY;
  if (!client_is_due(c, c->next_upkeep, UPKEEP_EVERY)) {
    *next = c->next_upkeep < *next ? c->next_upkeep : *next;
    return TACET_OK;
  }
  memset(&before, 0, sizeof(before));
  TACET_TRY(client_upkeep_load(c, &before));
  memcpy(&now, &before, sizeof(now));
  tacet_err e = all(c, &now, &mine);
  if (e != TACET_OK && client_judge(c, e, &mine) == CLIENT_ABORT &&
      !client_is_unreachable(&c->detail, e)) {
    return e;
  }
  client_error_clear(&c->detail);
  *next = mine < *next ? mine : *next;
  c->next_upkeep = mine;
  return save_if_changed(c, &before, &now);
}
