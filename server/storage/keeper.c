/* SPDX-License-Identifier: Apache-2.0
 * Housekeeping of a database. */
#include "server/storage/keeper.h"

#define DAY_NAME TACET_SPAN_LIT("day")
#define CONFIRM_NAME TACET_SPAN_LIT("clock_confirmed")
/* How often the operator's word is looked for while the clock is not trusted */
#define CONFIRM_MS 10000

static uint64_t now_ms(const sto_keeper *k) {
  return k->clock.monotonic_ms(k->clock.user);
}

/* ---- meta ---- */

static tacet_err meta_get(const sto_keeper *k, sto_conn *c, tacet_span name,
                          int64_t *out) {
  bool row;
  sto_query *q = sto_query_start(c, k->of.q_get);
  sto_bind_text(q, name);
  TACET_TRY(sto_step(q, &row));
  *out = row ? sto_int(q, 0) : -1;
  sto_query_end(q);
  return TACET_OK;
}

static tacet_err meta_set(unsigned q_set, sto_conn *c, tacet_span name,
                          int64_t value) {
  sto_query *q = sto_query_start(c, q_set);
  sto_bind_text(q, name);
  sto_bind_int(q, value);
  return sto_exec(q);
}

tacet_err sto_keeper_confirm(sto_conn *c, unsigned q_set) {
  return meta_set(q_set, c, CONFIRM_NAME,
                  sto_day_of(sto_clock_system.now_s(NULL)));
}

/* ---- the day ---- */

static void show_day(sto_keeper *k) {
  atomic_store(&k->today, k->day.day);
  atomic_store(&k->ahead, k->day.ahead);
  atomic_store(&k->trusted, k->day.trusted);
  if (k->day.trusted != k->was_trusted) {
    k->was_trusted = k->day.trusted;
    sto_tell(&k->watch,
             k->day.trusted ? STO_EVENT_CLOCK_STEADY : STO_EVENT_CLOCK_JUMPED,
             k->day.ahead, 0);
  }
}

static tacet_err look_for_confirmation(sto_keeper *k, sto_conn *c) {
  uint64_t now = now_ms(k);
  if (k->day.trusted ||
      (k->confirm_ms != 0 && now - k->confirm_ms < CONFIRM_MS)) {
    return TACET_OK;
  }
  k->confirm_ms = now;
  int64_t said;
  TACET_TRY(meta_get(k, c, CONFIRM_NAME, &said));
  if (said < 0) {
    return TACET_OK;
  }
  sto_query *q = sto_query_start(c, k->of.q_delete);
  sto_bind_text(q, CONFIRM_NAME);
  TACET_TRY(sto_exec(q));
  /* The word was about the clock of that day, not about any later jump. */
  int64_t shown = k->day.day + k->day.ahead;
  if (said >= shown - 1 && said <= shown + 1) {
    (void)sto_day_confirm(&k->day, &k->clock);
  }
  return TACET_OK;
}

static tacet_err keep_day(sto_keeper *k, sto_conn *c) {
  (void)sto_day_tick(&k->day, &k->clock);
  TACET_TRY(look_for_confirmation(k, c));
  show_day(k);
  if (k->day.day != k->told_day && k->of.new_day != NULL) {
    TACET_TRY(k->of.new_day(k->of.user, c, k->day.day));
  }
  k->told_day = k->day.day;
  if (k->day.day != k->stored_day) {
    TACET_TRY(meta_set(k->of.q_set, c, DAY_NAME, k->day.day));
    k->stored_day = k->day.day;
  }
  return TACET_OK;
}

/* The day is written again, and a sweep begins anew: some of it did not happen.
 */
void sto_keeper_undo(sto_keeper *k) {
  k->stored_day = -1;
  k->told_day = -1;
  k->sweeping = false;
}

/* ---- the job ---- */

static sto_keeper *owner(sto_job *job) {
  return (sto_keeper *)(void *)((char *)job - offsetof(sto_keeper, job));
}

static tacet_err keep_run(sto_job *job, sto_conn *c) {
  sto_keeper *k = owner(job);
  TACET_TRY(keep_day(k, c));
  if (!k->day.trusted) {
    k->sweeping = false;
    return TACET_OK;
  }
  if (!k->sweeping && k->swept_day != k->day.day) {
    k->sweeping = true;
    k->sweep = (sto_sweep){.after = -1};
    k->started_ms = now_ms(k);
  }
  if (!k->sweeping) {
    return TACET_OK;
  }
  bool more;
  TACET_TRY(k->of.slice(k->of.user, c, k->day.day, &k->sweep, &more));
  k->sweep.step += more ? 0 : 1;
  return TACET_OK;
}

static void finish_sweep(sto_keeper *k) {
  k->sweeping = false;
  k->swept_day = k->day.day;
  atomic_fetch_add(&k->expired, k->sweep.rows);
  if (k->sweep.rows > 0) {
    sto_tell(&k->watch, STO_EVENT_EXPIRED, (int64_t)k->sweep.rows,
             (int64_t)(now_ms(k) - k->started_ms));
  }
}

static void keep_done(sto_job *job, tacet_err err) {
  sto_keeper *k = owner(job);
  if (k->of.sliced != NULL) {
    k->of.sliced(k->of.user, err == TACET_OK);
  }
  if (err != TACET_OK) {
    sto_keeper_undo(k);
  } else if (k->sweeping && k->sweep.step >= k->of.n_steps) {
    finish_sweep(k);
  }
  bool again = k->sweeping && !atomic_load(&k->closing);
  atomic_store(&k->queued, false);
  (void)pthread_mutex_lock(&k->lock);
  k->n_kept++;
  k->kept_all = !k->sweeping;
  (void)pthread_cond_broadcast(&k->kept);
  (void)pthread_mutex_unlock(&k->lock);
  if (again) {
    sto_keeper_tick(k); /* the next slice, behind what waits */
  }
}

void sto_keeper_tick(sto_keeper *k) {
  if (!atomic_exchange(&k->queued, true)) {
    k->job = (sto_job){.run = keep_run, .done = keep_done};
    sto_write_unbounded(k->db, &k->job);
  }
}

/* ---- start and end ---- */

static tacet_err start_run(sto_job *job, sto_conn *c) {
  sto_keeper *k = owner(job);
  int64_t stored;
  TACET_TRY(meta_get(k, c, DAY_NAME, &stored));
  sto_day_start(&k->day, stored, &k->clock);
  k->was_trusted = true;
  k->swept_day = -1;
  sto_keeper_undo(k);
  return keep_day(k, c);
}

static void start_done(sto_job *job, tacet_err err) {
  sto_keeper *k = owner(job);
  (void)pthread_mutex_lock(&k->lock);
  k->start_err = err;
  k->started = true;
  (void)pthread_cond_broadcast(&k->kept);
  (void)pthread_mutex_unlock(&k->lock);
}

tacet_err sto_keeper_init(sto_keeper *k, const sto_keeping *of,
                          const sto_clock *clock, const sto_watch *watch) {
  memset(k, 0, sizeof(*k));
  k->of = *of;
  k->clock = *clock;
  k->watch = *watch;
  atomic_store(&k->queued, true); /* none before the day is known */
  if (pthread_mutex_init(&k->lock, NULL) != 0) {
    return TACET_ERR_NOMEM;
  }
  if (pthread_cond_init(&k->kept, NULL) != 0) {
    (void)pthread_mutex_destroy(&k->lock);
    return TACET_ERR_NOMEM;
  }
  return TACET_OK;
}

tacet_err sto_keeper_start(sto_keeper *k, sto_db *db) {
  k->db = db;
  k->job = (sto_job){.run = start_run, .done = start_done};
  sto_write_unbounded(db, &k->job);
  (void)pthread_mutex_lock(&k->lock);
  while (!k->started) {
    (void)pthread_cond_wait(&k->kept, &k->lock);
  }
  tacet_err err = k->start_err;
  (void)pthread_mutex_unlock(&k->lock);
  if (err == TACET_OK) {
    atomic_store(&k->queued, false);
  }
  return err;
}

void sto_keeper_stop(sto_keeper *k) {
  atomic_store(&k->closing, true);
}

void sto_keeper_free(sto_keeper *k) {
  (void)pthread_cond_destroy(&k->kept);
  (void)pthread_mutex_destroy(&k->lock);
}

/* A job that was queued before may have looked at the clock already: so two of
 * them, and then until the sweep is through. */
void sto_keeper_now(sto_keeper *k) {
  (void)pthread_mutex_lock(&k->lock);
  uint64_t until = k->n_kept + 2;
  while (k->n_kept < until || !k->kept_all) {
    uint64_t seen = k->n_kept;
    (void)pthread_mutex_unlock(&k->lock);
    sto_keeper_tick(k);
    (void)pthread_mutex_lock(&k->lock);
    while (k->n_kept == seen) {
      (void)pthread_cond_wait(&k->kept, &k->lock);
    }
  }
  (void)pthread_mutex_unlock(&k->lock);
}
