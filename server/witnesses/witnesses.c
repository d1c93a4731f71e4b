/* SPDX-License-Identifier: Apache-2.0
 * Starting and stopping the collector. */
#include "server/witnesses/collect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define STACK_BYTES (1024 * 1024)

uint64_t wts_now(void) {
  struct timespec t = {0};
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

uint64_t wts_seconds(void) {
  return (uint64_t)time(NULL);
}

void wts_wait(wts_collector *c, uint64_t due) {
  const struct timespec until = {.tv_sec = (time_t)(due / 1000),
                                 .tv_nsec = (long)(due % 1000) * 1000000};
  (void)pthread_cond_timedwait(&c->changed, &c->lock, &until);
}

void wts_wake(wts_collector *c) {
  (void)pthread_mutex_lock(&c->lock);
  c->rung = true;
  (void)pthread_cond_broadcast(&c->changed);
  (void)pthread_mutex_unlock(&c->lock);
}

void wts_stats_get(wts_collector *c, wts_stats *out) {
  wts_stats s = {.forked = false};
  (void)pthread_mutex_lock(&c->lock);
  s.forked = c->forked;
  s.missing = c->missing;
  s.size = c->head.size;
  s.published = c->published;
  for (size_t i = 0; i < c->n; i++) {
    s.states[i] = c->witnesses[i].state;
  }
  (void)pthread_mutex_unlock(&c->lock);
  *out = s;
}

/* ---- starting ---- */

static void set(uint32_t *value, uint32_t usual) {
  if (*value == 0) {
    *value = usual;
  }
}

static wts_timing complete(wts_timing t) {
  set(&t.timeout, 5000);
  set(&t.pace, 500);
  set(&t.gather, 250);
  set(&t.patience, 5000);
  set(&t.alarm, 10000);
  set(&t.retry, 1000);
  set(&t.retry_max, 20000);
  set(&t.claim, 600000);
  set(&t.refresh, 3600000);
  return t;
}

/* Askers before threads: a URL that is none stops the start. */
static tacet_err make_witnesses(wts_collector *c, size_t *number) {
  for (size_t i = 0; i < c->n; i++) {
    const tacet_policy_witness w = tacet_policy_witness_at(c->policy, i);
    c->witnesses[i].c = c;
    c->witnesses[i].number = i + 1;
    if (w.url.len == 0) {
      c->witnesses[i].tried = true;
      continue;
    }
    *number = i + 1;
    TACET_TRY(wts_asker_new(&w, c->policy, &c->log, c->timing.timeout,
                            &c->witnesses[i].asker));
  }
  return TACET_OK;
}

static tacet_err start_threads(wts_collector *c) {
  pthread_attr_t attributes;
  bool ok = pthread_attr_init(&attributes) == 0;
  if (!ok) {
    return TACET_ERR_NOMEM;
  }
  (void)pthread_attr_setstacksize(&attributes, STACK_BYTES);
  for (size_t i = 0; i < c->n && ok; i++) {
    witness *w = &c->witnesses[i];
    if (w->asker != NULL) {
      w->runs = ok = pthread_create(&w->thread, &attributes, wts_work, w) == 0;
    }
  }
  if (ok) {
    c->runs = ok =
        pthread_create(&c->thread, &attributes, wts_coordinate, c) == 0;
  }
  (void)pthread_attr_destroy(&attributes);
  return ok ? TACET_OK : TACET_ERR_NOMEM;
}

static bool make_lock(wts_collector *c) {
  pthread_condattr_t attributes;
  if (pthread_condattr_init(&attributes) != 0) {
    return false;
  }
  (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  bool ok = pthread_mutex_init(&c->lock, NULL) == 0;
  if (ok && pthread_cond_init(&c->changed, &attributes) != 0) {
    (void)pthread_mutex_destroy(&c->lock);
    ok = false;
  }
  (void)pthread_condattr_destroy(&attributes);
  return ok;
}

tacet_err wts_start(const wts_options *o, size_t *number, wts_collector **out) {
  wts_collector *c = calloc(1, sizeof(*c));
  size_t at = 0;
  if (c == NULL || !make_lock(c)) {
    free(c);
    return TACET_ERR_NOMEM;
  }
  c->policy = o->policy;
  c->log = o->log;
  c->timing = complete(o->timing);
  c->started = c->waiting = wts_now();
  c->rung = true;
  c->n = tacet_policy_witness_count(o->policy);
  c->witnesses = calloc(c->n + 1, sizeof(*c->witnesses));
  tacet_err e = c->witnesses == NULL ? TACET_ERR_NOMEM : make_witnesses(c, &at);
  if (e == TACET_OK) {
    e = start_threads(c);
  }
  if (e != TACET_OK) {
    if (e == TACET_ERR_ENCODING) {
      *number = at;
    }
    wts_free(c);
    return e;
  }
  *out = c;
  return TACET_OK;
}

/* ---- stopping ---- */

void wts_stop(wts_collector *c) {
  if (c == NULL) {
    return;
  }
  (void)pthread_mutex_lock(&c->lock);
  c->stopping = true;
  (void)pthread_cond_broadcast(&c->changed);
  (void)pthread_mutex_unlock(&c->lock);
  for (size_t i = 0; c->witnesses != NULL && i < c->n; i++) {
    witness *w = &c->witnesses[i];
    if (w->runs) {
      wts_asker_interrupt(w->asker);
      (void)pthread_join(w->thread, NULL);
      w->runs = false;
    }
  }
  if (c->runs) {
    (void)pthread_join(c->thread, NULL);
    c->runs = false;
  }
}

void wts_free(wts_collector *c) {
  if (c == NULL) {
    return;
  }
  wts_stop(c);
  for (size_t i = 0; c->witnesses != NULL && i < c->n; i++) {
    wts_asker_free(c->witnesses[i].asker);
    tacet_bytes_free(&c->witnesses[i].line);
  }
  tacet_bytes_free(&c->head.note);
  free(c->witnesses);
  (void)pthread_cond_destroy(&c->changed);
  (void)pthread_mutex_destroy(&c->lock);
  free(c);
}
