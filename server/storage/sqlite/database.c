/* SPDX-License-Identifier: Apache-2.0
 * A database with its threads: one writer that commits in groups, and readers.
 */
#include "server/storage/sqlite/jobs.h"
#include "server/storage/sqlite/private.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <time.h>

/* One transaction: more jobs give no more throughput, and the first waits for
 * the last. */
#define BATCH_JOBS 1024
#define BATCH_BYTES ((size_t)16 << 20)
/* What a job that reads may keep waiting behind it. */
#define READ_JOBS_MAX 65536
#define READ_BYTES_MAX ((size_t)64 << 20)
/* The log is copied into the database when it has so many pages (32 MiB)... */
#define CHECKPOINT_PAGES 4096
/* ... and emptied, which takes what was erased off the disk, when nothing was
 * written for so long, and at least so often. */
#define IDLE_MS 250
#define TRUNCATE_MS 60000
/* When a reader was in the way: the next attempt, not at each commit. */
#define RETRY_MS 1000
#define TICK_MS 1000
/* After so many jobs of a broken batch failed alone, the rest is not tried. */
#define ALONE_FAILURES_MAX 3

#define READERS_MAX 8

struct sto_db {
  sto_options o;
  char *path;
  sto_conn *writer;
  sto_conn *readers[READERS_MAX];
  pthread_t writer_thread, reader_threads[READERS_MAX];
  unsigned n_threads; /* of readers */
  bool has_writer;
  jobs writes, reads;
  pthread_mutex_t lock; /* of stats */
  sto_stats stats;
  uint64_t truncated_ms, tried_ms, ticked_ms;
  bool low; /* the writer's own copy of stats.disk_low */
};

static uint64_t monotonic_ms(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* ---- one transaction ---- */

/* Runs the jobs of a list in one transaction; what they did to memory is undone
 * on failure. */
static tacet_err transact(sto_conn *c, const sto_hooks *h, sto_job *list) {
  tacet_err err = conn_run(c, "BEGIN IMMEDIATE");
  for (sto_job *j = list; err == TACET_OK && j != NULL; j = j->next) {
    err = j->run(j, c);
  }
  if (err == TACET_OK && h->flush != NULL) {
    err = h->flush(h->user, c);
  }
  if (err == TACET_OK) {
    err = conn_run(c, "COMMIT");
  }
  if (err == TACET_OK) {
    if (h->committed != NULL) {
      h->committed(h->user);
    }
    return TACET_OK;
  }
  conn_rollback(c);
  if (h->undo != NULL) {
    h->undo(h->user);
  }
  return err;
}

static void count(sto_db *db, tacet_err err, uint64_t jobs_done) {
  (void)pthread_mutex_lock(&db->lock);
  if (err == TACET_OK) {
    db->stats.commits +=
        db->writer->wrote ? 1 : 0; /* else nothing was synced */
    db->stats.jobs += jobs_done;
  } else {
    db->stats.rollbacks++;
  }
  db->writer->wrote = false;
  db->stats.last_error = err;
  (void)pthread_mutex_unlock(&db->lock);
  if (err != TACET_OK) {
    sto_tell(&db->o.watch, STO_EVENT_FAILED, err, 0);
  }
}

static uint64_t finish(sto_job *list, tacet_err err) {
  uint64_t n = 0;
  for (sto_job *next; list != NULL; list = next, n++) {
    next = list->next; /* done() may free it */
    list->done(list, err);
  }
  return n;
}

static uint64_t length(const sto_job *list) {
  uint64_t n = 0;
  for (; list != NULL; list = list->next) {
    n++;
  }
  return n;
}

/* A batch failed: each job alone, so that one that cannot be stored does not
 * take the others with it. Where several fail, all will. Jobs that free space
 * are tried longer than those that need it. */
static void run_alone(sto_db *db, sto_job *list) {
  unsigned failures[2] = {0, 0};
  tacet_err last[2] = {TACET_OK, TACET_OK};
  for (sto_job *next; list != NULL; list = next) {
    next = list->next;
    list->next = NULL;
    unsigned kind = list->grows ? 1 : 0;
    tacet_err err = last[kind];
    if (failures[kind] < ALONE_FAILURES_MAX) {
      err = transact(db->writer, &db->o.hooks, list);
      count(db, err, 1);
    }
    if (err != TACET_OK) {
      failures[kind]++;
      last[kind] = err;
    }
    list->done(list, err);
  }
}

static uint64_t disk_free(const sto_db *db) {
  if (db->o.disk_free != NULL) {
    return db->o.disk_free(db->o.disk_user);
  }
  struct statvfs s;
  return statvfs(db->path, &s) == 0 ? (uint64_t)s.f_bavail * s.f_frsize
                                    : UINT64_MAX;
}

/* Takes the growing jobs out of a list and answers them, if the disk is low. */
static sto_job *without_growing(sto_db *db, sto_job *list) {
  uint64_t left = disk_free(db);
  bool low = left < db->o.disk_reserve;
  if (low != db->low) {
    db->low = low;
    (void)pthread_mutex_lock(&db->lock);
    db->stats.disk_low = low;
    (void)pthread_mutex_unlock(&db->lock);
    sto_tell(&db->o.watch, low ? STO_EVENT_DISK_LOW : STO_EVENT_DISK_OK,
             left > INT64_MAX ? INT64_MAX : (int64_t)left, 0);
  }
  sto_job *kept = NULL, **end = &kept;
  for (sto_job *next; low && list != NULL; list = next) {
    next = list->next;
    list->next = NULL;
    if (list->grows) {
      list->done(list, TACET_ERR_FULL);
    } else {
      *end = list;
      end = &list->next;
    }
  }
  return low ? kept : list;
}

static void telling(const sto_db *db, bool begins) {
  if (db->o.hooks.telling != NULL) {
    db->o.hooks.telling(db->o.hooks.user, begins);
  }
}

static void run_batch(sto_db *db, sto_job *list) {
  list = without_growing(db, list);
  if (list == NULL) {
    return;
  }
  telling(db, true);
  tacet_err err = transact(db->writer, &db->o.hooks, list);
  count(db, err, err == TACET_OK ? length(list) : 0);
  bool alone = err != TACET_OK && list->next != NULL;
  if (!alone) {
    (void)finish(list, err);
  }
  telling(db, false);
  if (alone) {
    run_alone(db, list);
  }
}

/* ---- the log ---- */

/* Readers hold a snapshot for the time of one job, so waiting for them is
 * short; who writes must not wait long. */
#define CHECKPOINT_BUSY_MS 50

static bool checkpoint(sto_db *db, int mode) {
  sqlite3 *s = db->writer->db;
  int pages = 0, done = 0;
  (void)sqlite3_busy_timeout(s, CHECKPOINT_BUSY_MS);
  int rc = sqlite3_wal_checkpoint_v2(s, NULL, mode, &pages, &done);
  (void)sqlite3_busy_timeout(s, BUSY_MS);
  if (rc != SQLITE_OK) {
    return false; /* a reader was in the way, or the disk: later again */
  }
  db->writer->wal_pages = 0;
  if (mode == SQLITE_CHECKPOINT_TRUNCATE) {
    db->truncated_ms = monotonic_ms();
  }
  (void)pthread_mutex_lock(&db->lock);
  db->stats.checkpoints++;
  (void)pthread_mutex_unlock(&db->lock);
  return true;
}

static void tend_log(sto_db *db, bool idle, bool *dirty) {
  uint64_t now = monotonic_ms();
  uint64_t every = db->o.truncate_ms != 0 ? db->o.truncate_ms : TRUNCATE_MS;
  bool due = now - db->truncated_ms >= every &&
             (now - db->tried_ms >= RETRY_MS || now - db->tried_ms >= every);
  if (*dirty && (idle || due)) {
    db->tried_ms = now;
    *dirty = !checkpoint(db, SQLITE_CHECKPOINT_TRUNCATE);
  } else if (!*dirty) {
    db->truncated_ms = now;
  } else if (db->writer->wal_pages >= CHECKPOINT_PAGES) {
    (void)checkpoint(db, SQLITE_CHECKPOINT_PASSIVE);
  }
}

/* ---- threads ---- */

static void tick(sto_db *db) {
  uint64_t now = monotonic_ms();
  if (db->o.hooks.tick != NULL && now - db->ticked_ms >= TICK_MS) {
    db->ticked_ms = now;
    db->o.hooks.tick(db->o.hooks.user);
  }
}

static void *writer_main(void *arg) {
  sto_db *db = arg;
  bool dirty = true, ended = false; /* a killed server left a log, maybe */
  db->truncated_ms = monotonic_ms();
  while (!ended) {
    uint64_t wait = dirty ? IDLE_MS : TICK_MS;
    sto_job *list =
        jobs_take(&db->writes, wait, BATCH_JOBS, BATCH_BYTES, &ended);
    if (list != NULL) {
      run_batch(db, list);
      dirty = dirty || db->writer->wal_pages > 0;
    }
    tend_log(db, list == NULL, &dirty);
    if (!ended) {
      tick(db);
    }
  }
  (void)checkpoint(db, SQLITE_CHECKPOINT_TRUNCATE);
  return NULL;
}

typedef struct reader_start {
  sto_db *db;
  sto_conn *c;
} reader_start;

static void read_one(sto_conn *c, sto_job *job) {
  tacet_err err = job->run(job, c);
  conn_rollback(c); /* lets go of statements that were left in the middle */
  job->done(job, err);
}

static void *reader_main(void *arg) {
  reader_start start = *(reader_start *)arg;
  free(arg);
  bool ended = false;
  while (!ended) {
    sto_job *job = jobs_take(&start.db->reads, 60000, 1, SIZE_MAX, &ended);
    if (job != NULL) {
      read_one(start.c, job);
    }
  }
  return NULL;
}

/* Signals are for the threads that wait for them, not for these. */
static int start_thread(pthread_t *thread, void *(*main)(void *), void *arg) {
  sigset_t all, before;
  (void)sigfillset(&all);
  (void)pthread_sigmask(SIG_SETMASK, &all, &before);
  int e = pthread_create(thread, NULL, main, arg);
  (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
  return e;
}

static tacet_err start_reader(sto_db *db, sto_trouble *why) {
  sto_conn **c = &db->readers[db->n_threads];
  TACET_TRY(
      conn_open(db->o.schema, db->path, db->o.vfs, CONN_READER, false, why, c));
  reader_start *start = malloc(sizeof(*start));
  if (start == NULL) {
    return TACET_ERR_NOMEM;
  }
  *start = (reader_start){db, *c};
  if (start_thread(&db->reader_threads[db->n_threads], reader_main, start) !=
      0) {
    free(start);
    return TACET_ERR_NOMEM;
  }
  db->n_threads++;
  return TACET_OK;
}

static tacet_err start_all(sto_db *db, bool create, sto_trouble *why) {
  TACET_TRY(conn_open(db->o.schema, db->path, db->o.vfs, CONN_WRITER, create,
                      why, &db->writer));
  TACET_TRY(schema_prepare(db->writer, db->path, true, why));
  TACET_TRY(conn_prepare_all(db->writer, why));
  while (db->n_threads < db->o.n_readers) {
    TACET_TRY(start_reader(db, why));
  }
  if (start_thread(&db->writer_thread, writer_main, db) != 0) {
    return TACET_ERR_NOMEM;
  }
  db->has_writer = true;
  return TACET_OK;
}

/* ---- opening and closing ---- */

static sto_db *db_new(const sto_options *o) {
  sto_db *db = calloc(1, sizeof(*db));
  if (db == NULL) {
    return NULL;
  }
  db->o = *o;
  db->path = strdup(o->path);
  bool ok = db->path != NULL && pthread_mutex_init(&db->lock, NULL) == 0;
  ok = ok && jobs_init(&db->writes, o->queue_jobs_max, o->queue_bytes_max) ==
                 TACET_OK;
  ok = ok && jobs_init(&db->reads, READ_JOBS_MAX, READ_BYTES_MAX) == TACET_OK;
  if (!ok) {
    jobs_free(&db->writes);
    free(db->path);
    free(db);
    return NULL;
  }
  return db;
}

static bool is_missing(const char *path) {
  FILE *f = fopen(path, "rb");
  if (f != NULL) {
    (void)fclose(f);
  }
  return f == NULL;
}

tacet_err sto_open(const sto_options *o, bool create, sto_trouble *why,
                   sto_db **out) {
  TACET_ASSERT(o->n_readers >= 1 && o->n_readers <= READERS_MAX);
  if (!create && is_missing(o->path)) {
    sto_trouble_set(why, "there is no readable %s database %s; run %s",
                    o->schema->name, o->path, o->schema->init);
    return TACET_ERR_NOT_FOUND;
  }
  sto_db *db = db_new(o);
  if (db == NULL) {
    sto_trouble_set(why, "%s", tacet_err_text(TACET_ERR_NOMEM));
    return TACET_ERR_NOMEM;
  }
  sto_trouble_set(why, "%s", tacet_err_text(TACET_ERR_NOMEM));
  tacet_err err = start_all(db, create, why);
  if (err != TACET_OK) {
    sto_close(db);
    return err;
  }
  *out = db;
  return TACET_OK;
}

void sto_close(sto_db *db) {
  if (db == NULL) {
    return;
  }
  /* Readers first: what they do last may be to submit a write. */
  jobs_close(&db->reads);
  for (unsigned i = 0; i < db->n_threads; i++) {
    (void)pthread_join(db->reader_threads[i], NULL);
  }
  for (unsigned i = 0; i < READERS_MAX; i++) {
    conn_close(db->readers[i]);
  }
  jobs_close(&db->writes);
  if (db->has_writer) {
    (void)pthread_join(db->writer_thread, NULL);
  }
  conn_close(db->writer);
  jobs_free(&db->writes);
  jobs_free(&db->reads);
  (void)pthread_mutex_destroy(&db->lock);
  free(db->path);
  free(db);
}

tacet_err sto_write(sto_db *db, sto_job *job) {
  return jobs_put(&db->writes, job, false);
}

void sto_write_unbounded(sto_db *db, sto_job *job) {
  tacet_err err = jobs_put(&db->writes, job, true);
  TACET_ASSERT(err == TACET_OK);
}

tacet_err sto_read(sto_db *db, sto_job *job) {
  return jobs_put(&db->reads, job, false);
}

void sto_stats_get(sto_db *db, sto_stats *out) {
  (void)pthread_mutex_lock(&db->lock);
  *out = db->stats;
  (void)pthread_mutex_unlock(&db->lock);
  (void)pthread_mutex_lock(&db->writes.lock);
  out->queue_jobs = db->writes.n;
  out->queue_bytes = db->writes.bytes;
  (void)pthread_mutex_unlock(&db->writes.lock);
}

/* ---- a connection of one's own ---- */

tacet_err sto_conn_open(const sto_schema *schema, const char *path,
                        sto_trouble *why, sto_conn **out) {
  if (is_missing(path)) {
    sto_trouble_set(why, "there is no readable %s database %s; run %s",
                    schema->name, path, schema->init);
    return TACET_ERR_NOT_FOUND;
  }
  sto_conn *c = NULL;
  TACET_TRY(conn_open(schema, path, NULL, CONN_READER, false, why, &c));
  tacet_err err = schema_prepare(c, path, false, why);
  if (err != TACET_OK) {
    conn_close(c);
    return err;
  }
  *out = c;
  return TACET_OK;
}

void sto_conn_close(sto_conn *c) {
  conn_close(c);
}

tacet_err sto_conn_transact(sto_conn *c, sto_job *job) {
  static const sto_hooks none;
  job->next = NULL;
  return transact(c, &none, job);
}
