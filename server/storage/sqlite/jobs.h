/* SPDX-License-Identifier: Apache-2.0
 * A queue of jobs between threads, first in, first out.
 */
#ifndef TACETD_STORAGE_SQLITE_JOBS_H
#define TACETD_STORAGE_SQLITE_JOBS_H

#include "server/storage/storage.h"

#include <pthread.h>

typedef struct jobs {
  pthread_mutex_t lock;
  pthread_cond_t more;
  sto_job *first, **last;
  size_t n, bytes;         /* that wait */
  size_t n_max, bytes_max; /* bounds; a single job always fits an empty one */
  bool closed;             /* no more come: take() ends when it is empty */
} jobs;

TACET_MUST_CHECK tacet_err jobs_init(jobs *q, size_t n_max, size_t bytes_max);
void jobs_free(jobs *q);
/* BUSY if it is full (unless `always`). */
TACET_MUST_CHECK tacet_err jobs_put(jobs *q, sto_job *job, bool always);
/* Waits up to wait_ms for a job and takes a list of at most n jobs and about
 * `bytes` bytes; NULL when the time is over or the queue is closed and empty.
 * *ended tells these two apart. */
sto_job *jobs_take(jobs *q, uint64_t wait_ms, size_t n, size_t bytes,
                   bool *ended);
void jobs_close(jobs *q);

#endif
