/* SPDX-License-Identifier: Apache-2.0
 * server/storage/keeper.h -- housekeeping of a database: the server's day, and
 * sweeps over what is past its own.
 *
 * One small job at a time on the writer, about once a second. While a sweep is
 * under way each does a slice of it, so that nothing waits long behind it. A
 * sweep runs at the start and whenever the day has changed, and never while the
 * clock is not trusted (server/storage/clock.h).
 *
 * The schema has a table meta(name TEXT PRIMARY KEY, value INTEGER NOT NULL)
 * and these three statements, which the keeper is told the numbers of.
 */
#ifndef TACETD_STORAGE_KEEPER_H
#define TACETD_STORAGE_KEEPER_H

#include "server/storage/clock.h"
#include "server/storage/storage.h"

#include <pthread.h>
#include <stdatomic.h>

#define STO_META_TABLE                                                         \
  "CREATE TABLE meta("                                                         \
  "  name TEXT PRIMARY KEY,"                                                   \
  "  value INTEGER NOT NULL"                                                   \
  ") WITHOUT ROWID;"
#define STO_META_GET "SELECT value FROM meta WHERE name = ?1"
#define STO_META_SET                                                           \
  "INSERT INTO meta(name, value) VALUES(?1, ?2)"                               \
  " ON CONFLICT(name) DO UPDATE SET value = excluded.value"
#define STO_META_DELETE "DELETE FROM meta WHERE name = ?1"

typedef struct sto_sweep {
  int step;      /* 0 to n_steps - 1 */
  uint64_t rows; /* that were erased: the slices count here */
  int64_t after; /* where a step is; -1 when the sweep begins */
} sto_sweep;

typedef struct sto_keeping {
  void *user;
  unsigned q_get, q_set, q_delete;
  /* In a transaction: it is another day (and once at the start). May be NULL.
   */
  tacet_err (*new_day)(void *user, sto_conn *c, int64_t day);
  /* In a transaction: one slice of a step, a few milliseconds. *more: the step
   * is not through yet. */
  tacet_err (*slice)(void *user, sto_conn *c, int64_t day, sto_sweep *s,
                     bool *more);
  /* After the transaction of a slice; ok: it is durable. May be NULL. */
  void (*sliced)(void *user, bool ok);
  int n_steps;
} sto_keeping;

typedef struct sto_keeper {
  sto_keeping of;
  sto_db *db;
  sto_clock clock;
  sto_watch watch;
  /* The writer's. */
  sto_job job;
  sto_day day;
  int64_t stored_day, told_day, swept_day;
  bool was_trusted, sweeping;
  uint64_t confirm_ms, started_ms;
  sto_sweep sweep;
  /* For all threads. */
  atomic_int_fast64_t today, ahead;
  atomic_bool trusted, queued, closing;
  atomic_uint_fast64_t expired;
  pthread_mutex_t lock;
  pthread_cond_t kept;
  uint64_t n_kept;
  bool kept_all, started;
  tacet_err start_err;
} sto_keeper;

TACET_MUST_CHECK tacet_err sto_keeper_init(sto_keeper *k, const sto_keeping *of,
                                           const sto_clock *clock,
                                           const sto_watch *watch);
/* Reads the day and waits until it is known; then ticks may come. */
TACET_MUST_CHECK tacet_err sto_keeper_start(sto_keeper *k, sto_db *db);
/* Before the database is closed; afterwards. */
void sto_keeper_stop(sto_keeper *k);
void sto_keeper_free(sto_keeper *k);
void sto_keeper_tick(sto_keeper *k); /* for the hook of that name */
void sto_keeper_undo(sto_keeper *k); /* for the hook of that name */
static inline int64_t sto_keeper_today(const sto_keeper *k) {
  return atomic_load_explicit(&k->today, memory_order_relaxed);
}

/* In a transaction of an operator's command: the clock is right. A running
 * server takes it over within seconds, if its clock says the same day. */
TACET_MUST_CHECK tacet_err sto_keeper_confirm(sto_conn *c, unsigned q_set);

/* For tests: looks at the clock anew, and returns when there is nothing left to
 * do. */
void sto_keeper_now(sto_keeper *k);

#endif
