/* SPDX-License-Identifier: Apache-2.0
 * server/storage/storage.h -- one database: a writer thread with group commit,
 * reader threads, prepared statements, versions of the schema.
 *
 * A half of the server (directory, delivery) opens one database and hands it
 * jobs. Write jobs run one after the other on the writer thread; those that
 * arrived while the last fsync ran share the next transaction, and there is no
 * timer. A job's done() is called once the transaction that holds it is on the
 * disk, or has failed. Read jobs run on reader threads outside of transactions:
 * each statement sees what was committed when it began. They may also do other
 * work that would keep a loop waiting (files, signatures).
 *
 *   any thread        writer thread
 *   sto_write(job) -> queue -> BEGIN, run(job) ..., flush(), COMMIT,
 *                              committed(), done(job) ...
 *   sto_read(job)  -> queue -> reader thread: run(job), done(job)
 *
 * A job that is refused by the rules (a capability that is wrong, a quota) says
 * so in its own members, has written nothing, and returns OK. An error of run()
 * means that the database failed: then the whole transaction is taken back, and
 * its jobs are run again one by one, so that one bad job fails alone. So run()
 * may be called more than once; what it did to memory is undone by the undo()
 * hook. The last run counts.
 *
 * Errors of the database are FULL (no space, or a quota of the system), IO
 * (refused, read-only, damaged), BUSY (another process holds it), NOMEM. No
 * text from a row ever stands in a sentence.
 */
#ifndef TACETD_STORAGE_H
#define TACETD_STORAGE_H

#include "tacet/base.h"

#include <stdio.h>

/* What went wrong, for a person: one sentence with the cause and the next step,
 * without a newline. */
typedef struct sto_trouble {
  char text[512];
} sto_trouble;
__attribute__((format(printf, 2, 3))) void
sto_trouble_set(sto_trouble *t, const char *format, ...);

typedef struct sto_db sto_db;     /* a database with its threads */
typedef struct sto_conn sto_conn; /* one connection: of one thread at a time */
typedef struct sto_query sto_query; /* a statement that is being carried out */

/* What a log may want to hear of; numbers only. On threads of the database. */
typedef enum sto_event {
  STO_EVENT_FAILED,       /* a: tacet_err of a transaction */
  STO_EVENT_DISK_LOW,     /* a: free bytes */
  STO_EVENT_DISK_OK,      /* a: free bytes */
  STO_EVENT_CLOCK_JUMPED, /* a: days that the clock is ahead */
  STO_EVENT_CLOCK_STEADY,
  STO_EVENT_EXPIRED, /* a: rows, b: milliseconds it took */
  STO_EVENT_KEYS     /* a new weekly key for tokens is in use */
} sto_event;
typedef struct sto_watch {
  void *user;
  void (*tell)(void *user, sto_event event, int64_t a, int64_t b); /* or NULL */
} sto_watch;
static inline void sto_tell(const sto_watch *w, sto_event event, int64_t a,
                            int64_t b) {
  if (w->tell != NULL) {
    w->tell(w->user, event, a, b);
  }
}

/* ---- schema ---- */

/* What a half says about its database. All of it is static. */
typedef struct sto_schema {
  const char *name;        /* "directory"; stands in sentences */
  const char *init;        /* the command that makes it; in sentences too */
  uint32_t application_id; /* in the file's header: tells the halves apart */
  /* steps[i] is SQL that brings version i to i + 1; an empty file is version 0.
   * A step that was released is never changed. */
  const char *const *steps;
  unsigned n_steps;
  /* Statements by number, with parameters ?1, ?2, ... in order. Prepared once a
   * connection. */
  const char *const *statements;
  unsigned n_statements;
} sto_schema;

/* ---- jobs ---- */

typedef struct sto_job sto_job;
struct sto_job {
  /* On a thread of the database; of a write job, in its transaction. */
  tacet_err (*run)(sto_job *job, sto_conn *c);
  /* On the same thread, after the transaction: OK says it is durable. The job
   * is its owner's again, who may free it or submit it anew. */
  void (*done)(sto_job *job, tacet_err err);
  size_t bytes; /* memory that it holds while it waits: bounds the queue */
  bool grows;   /* adds to the disk: refused (FULL) while that is low */
  sto_job *next;
};

/* ---- opening ---- */

typedef struct sto_hooks {
  void *user;
  /* On the writer, in the transaction, after the last job of a batch. NULL: no
   * such thing. An error fails the batch. */
  tacet_err (*flush)(void *user, sto_conn *c);
  /* On the writer, when the transaction is on the disk, before done() of its
   * jobs. */
  void (*committed)(void *user);
  /* On the writer after a transaction was taken back: what its jobs did to
   * memory did not happen. */
  void (*undo)(void *user);
  /* On the writer about once a second, outside of transactions. May call
   * sto_write(). */
  void (*tick)(void *user);
  /* On the writer, around committed() and the done()s of one transaction: what
   * they tell others may be held back until it ends. */
  void (*telling)(void *user, bool begins);
} sto_hooks;

typedef struct sto_options {
  const char *path;
  const sto_schema *schema;
  sto_hooks hooks;
  sto_watch watch;
  unsigned n_readers;     /* 1 to 8 */
  size_t queue_jobs_max;  /* write jobs that wait; then BUSY */
  size_t queue_bytes_max; /* and their memory */
  uint64_t disk_reserve;  /* free bytes below which growing jobs are FULL */
  /* Free bytes where the file is; NULL asks the system. For tests. */
  uint64_t (*disk_free)(void *user);
  void *disk_user;
  const char *vfs; /* SQLite VFS by name; NULL: the system's. For tests. */
  /* How often the log is emptied under load; 0: once a minute. For tests. */
  uint32_t truncate_ms;
} sto_options;

/* Opens the file (makes it if `create`), checks it, brings it to the newest
 * version, starts the threads. Fails with
 *   NOT_FOUND  there is no such file and `create` is false
 *   VERSION    a newer program wrote it
 *   IO         it cannot be opened, is read-only, no database of ours, damaged
 *   FULL, BUSY, NOMEM
 * and a sentence in *why. */
TACET_MUST_CHECK tacet_err sto_open(const sto_options *o, bool create,
                                    sto_trouble *why, sto_db **out);
/* Finishes what is queued, empties the write-ahead log, ends the threads. NULL
 * is fine. Nobody may submit any more. */
void sto_close(sto_db *db);

/* Takes a job; done() will be called exactly once, maybe before this returns.
 * BUSY, and the job is still the caller's, if too many wait. */
TACET_MUST_CHECK tacet_err sto_write(sto_db *db, sto_job *job);
TACET_MUST_CHECK tacet_err sto_read(sto_db *db, sto_job *job);
/* The same, without a bound: for the database's own housekeeping. */
void sto_write_unbounded(sto_db *db, sto_job *job);

typedef struct sto_stats {
  uint64_t commits, rollbacks, jobs; /* since the start; of writes. A
                                        transaction that changed nothing is no
                                        commit. */
  uint64_t checkpoints;
  size_t queue_jobs, queue_bytes; /* now */
  bool disk_low;                  /* growing jobs are refused */
  tacet_err last_error;           /* of the last transaction; OK if it worked */
} sto_stats;
void sto_stats_get(sto_db *db, sto_stats *out); /* any thread */

/* ---- secrets in files ---- */

/* Reads a file of exactly len bytes. NOT_FOUND, or IO if it has another length
 * or cannot be read; *why has a sentence. */
TACET_MUST_CHECK tacet_err sto_secret_read(const char *path, uint8_t *out,
                                           size_t len, sto_trouble *why);
/* Makes such a file, for its owner alone and durable. EXISTS, FULL, IO. */
TACET_MUST_CHECK tacet_err sto_secret_write(const char *path, tacet_span bytes,
                                            sto_trouble *why);

/* ---- for one process that does one thing (tacetd invite) ---- */

/* A connection of the caller's own, beside a server that may be running. The
 * schema must be the newest already (VERSION, STATE otherwise). */
TACET_MUST_CHECK tacet_err sto_conn_open(const sto_schema *schema,
                                         const char *path, sto_trouble *why,
                                         sto_conn **out);
void sto_conn_close(sto_conn *c);
/* Runs one job in a durable transaction, now; gives its error or the commit's.
 * done() is not called. */
TACET_MUST_CHECK tacet_err sto_conn_transact(sto_conn *c, sto_job *job);

/* Reads every page of a database and checks its structure (slow): IO and a
 * sentence if it is damaged. A server may be running on it. */
TACET_MUST_CHECK tacet_err sto_check(const sto_schema *schema, const char *path,
                                     sto_trouble *why);

/* Calls `visit` for every column that the file's tables really have, in the
 * order of their names. It must return OK to go on; what else it returns is
 * given back. */
TACET_MUST_CHECK tacet_err sto_columns(const char *path,
                                       tacet_err (*visit)(void *user,
                                                          const char *table,
                                                          const char *column),
                                       void *user, sto_trouble *why);

/* ---- inside a job ---- */

/* Statement number `n` of the schema, without values. Valid until the next
 * sto_query_start() of the same number on this connection. Errors are sticky:
 * binding after an error does nothing, and sto_step() gives it. */
sto_query *sto_query_start(sto_conn *c, unsigned n);
/* Give the parameters their values, in order. Blobs and texts are borrowed
 * until the statement has ended. */
void sto_bind_int(sto_query *q, int64_t v);
void sto_bind_blob(sto_query *q, tacet_span v);
void sto_bind_text(sto_query *q, tacet_span v);
void sto_bind_null(sto_query *q);
/* The next row: *row says whether there is one. After the last one, or an
 * error, the statement has ended. */
TACET_MUST_CHECK tacet_err sto_step(sto_query *q, bool *row);
/* For statements that are left before their last row. */
void sto_query_end(sto_query *q);
/* Columns of the row, from 0. Spans live until the next step. */
int64_t sto_int(sto_query *q, int column);
tacet_span sto_blob(sto_query *q, int column);
tacet_span sto_text(sto_query *q, int column);
bool sto_is_null(sto_query *q, int column);
/* A statement that gives no rows, to its end. */
TACET_MUST_CHECK tacet_err sto_exec(sto_query *q);
/* Rows that the last INSERT, UPDATE or DELETE touched. */
int64_t sto_changes(const sto_conn *c);

#endif
