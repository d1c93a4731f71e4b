/* SPDX-License-Identifier: Apache-2.0
 * A queue of jobs between threads. */
#include "server/storage/sqlite/jobs.h"

#include <errno.h>
#include <time.h>

tacet_err jobs_init(jobs *q, size_t n_max, size_t bytes_max) {
  *q = (jobs){.n_max = n_max, .bytes_max = bytes_max};
  q->last = &q->first;
  pthread_condattr_t monotonic;
  if (pthread_mutex_init(&q->lock, NULL) != 0) {
    return TACET_ERR_NOMEM;
  }
  (void)pthread_condattr_init(&monotonic);
  (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
  int e = pthread_cond_init(&q->more, &monotonic);
  (void)pthread_condattr_destroy(&monotonic);
  if (e != 0) {
    (void)pthread_mutex_destroy(&q->lock);
    return TACET_ERR_NOMEM;
  }
  return TACET_OK;
}

void jobs_free(jobs *q) {
  if (q->last != NULL) {
    (void)pthread_cond_destroy(&q->more);
    (void)pthread_mutex_destroy(&q->lock);
    q->last = NULL;
  }
}

static bool is_full(const jobs *q, const sto_job *job) {
  return q->n > 0 && (q->n >= q->n_max || q->bytes + job->bytes > q->bytes_max);
}

tacet_err jobs_put(jobs *q, sto_job *job, bool always) {
  (void)pthread_mutex_lock(&q->lock);
  bool refuse = !always && is_full(q, job);
  bool was_empty = q->n == 0;
  if (!refuse) {
    job->next = NULL;
    *q->last = job;
    q->last = &job->next;
    q->n++;
    q->bytes += job->bytes;
  }
  (void)pthread_mutex_unlock(&q->lock);
  if (!refuse && was_empty) {
    (void)pthread_cond_signal(&q->more);
  }
  return refuse ? TACET_ERR_BUSY : TACET_OK;
}

static struct timespec after(uint64_t ms) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  t.tv_sec += (time_t)(ms / 1000);
  t.tv_nsec += (long)(ms % 1000) * 1000000;
  if (t.tv_nsec >= 1000000000) {
    t.tv_sec++;
    t.tv_nsec -= 1000000000;
  }
  return t;
}

static sto_job *cut(jobs *q, size_t n, size_t bytes) {
  sto_job *list = q->first, **end = &list;
  size_t taken = 0, held = 0;
  while (*end != NULL && taken < n && (taken == 0 || held < bytes)) {
    taken++;
    held += (*end)->bytes;
    end = &(*end)->next;
  }
  q->first = *end;
  *end = NULL;
  if (q->first == NULL) {
    q->last = &q->first;
  }
  q->n -= taken;
  q->bytes -= held;
  return list;
}

sto_job *jobs_take(jobs *q, uint64_t wait_ms, size_t n, size_t bytes,
                   bool *ended) {
  struct timespec deadline = after(wait_ms);
  (void)pthread_mutex_lock(&q->lock);
  int e = 0;
  while (q->first == NULL && !q->closed && e != ETIMEDOUT) {
    e = pthread_cond_timedwait(&q->more, &q->lock, &deadline);
  }
  sto_job *list = q->first == NULL ? NULL : cut(q, n, bytes);
  *ended = list == NULL && q->closed;
  bool others = q->first != NULL;
  (void)pthread_mutex_unlock(&q->lock);
  if (others) {
    (void)pthread_cond_signal(&q->more); /* another reader may go on */
  }
  return list;
}

void jobs_close(jobs *q) {
  (void)pthread_mutex_lock(&q->lock);
  q->closed = true;
  (void)pthread_mutex_unlock(&q->lock);
  (void)pthread_cond_broadcast(&q->more);
}
