/* SPDX-License-Identifier: Apache-2.0
 * A witness's thread: asks it when there is something to ask, and waits longer
 * after each failure. */
#include "server/witnesses/collect.h"

#include "server/ops/log.h"
#include "server/ops/metrics.h"
#include "tacet/crypto.h"

/* A witness whose clock is further off is told about: readers will find its
 * cosignatures old, or from the future. */
#define CLOCK_SECONDS 300
#define TIME_MAX ((uint64_t)1 << 40) /* no time is later */
#define DOUBLINGS_MAX 10
/* One answer of "later", or one connection that breaks, is nothing to tell. */
#define FAILURES_TOLD 2

_Static_assert((int)TACETD_WITNESSES_N == WTS_STATE_CLAIMS + 1,
               "the metric has a label for each state");

/* ---- when ---- */

/* From three quarters to five quarters of it, so that servers and witnesses
 * that fell together do not rise together. */
static uint64_t jitter(uint64_t ms) {
  uint8_t r[2] = {0, 0};
  if (tacet_random(r, sizeof(r)) != TACET_OK) {
    return ms;
  }
  return ms * 3 / 4 + ms * (uint64_t)(r[0] | r[1] << 8) / (2 * 65536);
}

static uint64_t backoff(const witness *w) {
  const wts_timing *t = &w->c->timing;
  unsigned n = w->failures > 0 ? w->failures - 1 : 0;
  uint64_t ms = (uint64_t)t->retry << (n < DOUBLINGS_MAX ? n : DOUBLINGS_MAX);
  return jitter(ms < t->retry_max ? ms : t->retry_max);
}

/* When it is to be asked, as things stand. */
static uint64_t due(const witness *w) {
  const wts_collector *c = w->c;
  uint64_t at = w->due;
  if (c->head.serial == 0 || c->forked) {
    return UINT64_MAX;
  }
  /* A clock that was wrong may be right soon. */
  uint64_t again = w->clock_told ? c->timing.claim : c->timing.refresh;
  if (w->serial == c->head.serial && w->cosigned + again > at) {
    at = w->cosigned + again;
  }
  return at;
}

/* ---- what became of it ---- */

static void move(witness *w, wts_state to) {
  static const tacetd_log_event events[] = {
      [WTS_STATE_WELL] = TACETD_LOG_WITNESS_BACK,
      [WTS_STATE_AWAY] = TACETD_LOG_WITNESS_AWAY,
      [WTS_STATE_CERTIFICATE] = TACETD_LOG_WITNESS_CERTIFICATE,
      [WTS_STATE_REFUSES] = TACETD_LOG_WITNESS_REFUSES,
      [WTS_STATE_GARBAGE] = TACETD_LOG_WITNESS_GARBAGE,
      [WTS_STATE_CLAIMS] = TACETD_LOG_WITNESS_CLAIMS};
  if (w->state != to && !(w->state == WTS_STATE_NEW && to == WTS_STATE_WELL)) {
    tacetd_log(events[to], (tacetd_log_values){.witness = (int64_t)w->number});
  }
  w->state = to;
}

static void look_at_clock(witness *w, uint64_t time) {
  int64_t off =
      (int64_t)(time < TIME_MAX ? time : TIME_MAX) - (int64_t)wts_seconds();
  bool wrong = off > CLOCK_SECONDS || off < -CLOCK_SECONDS;
  if (wrong && !w->clock_told) {
    TACETD_LOG(WITNESS_CLOCK, .witness = (int64_t)w->number, .seconds = off);
  }
  w->clock_told = wrong;
  w->off = off;
}

static void take_line(witness *w, uint64_t serial, tacet_bytes *line,
                      uint64_t time) {
  wts_collector *c = w->c;
  w->failures = 0;
  w->due = 0;
  look_at_clock(w, time);
  move(w, WTS_STATE_WELL);
  tacetd_count_one(TACETD_METRIC_COSIGNATURES);
  if (serial != c->head.serial) {
    return; /* for a head that has given way; it knows more now, though */
  }
  tacet_bytes_free(&w->line);
  w->line = *line;
  *line = (tacet_bytes){NULL, 0};
  w->serial = serial;
  w->cosigned = wts_now();
  c->lines++;
}

static void take_failure(witness *w, wts_outcome o) {
  const wts_timing *t = &w->c->timing;
  w->failures++;
  w->due = wts_now() + backoff(w);
  switch (o) {
  case WTS_AWAY:
    if (w->failures >= FAILURES_TOLD) {
      move(w, WTS_STATE_AWAY);
    }
    break;
  case WTS_CERTIFICATE:
    move(w, WTS_STATE_CERTIFICATE);
    break;
  case WTS_REFUSED:
    move(w, WTS_STATE_REFUSES);
    w->due = wts_now() + jitter(t->retry_max);
    break;
  case WTS_CLAIMED:
    move(w, WTS_STATE_CLAIMS);
    w->due = wts_now() + jitter(t->claim);
    break;
  case WTS_GARBAGE:
    move(w, WTS_STATE_GARBAGE);
    w->due = wts_now() + jitter(t->retry_max);
    break;
  default: /* of this side: try again */
    break;
  }
}

void wts_take(witness *w, wts_outcome o, uint64_t serial, tacet_bytes *line,
              uint64_t time) {
  wts_collector *c = w->c;
  w->tried = true;
  if (o == WTS_COSIGNED) {
    take_line(w, serial, line, time);
  } else if (o == WTS_BEHIND) {
    c->rung = true; /* there is a newer head, so this one gives way to it */
    c->head.since = 0;
    w->due = wts_now() + c->timing.retry;
  } else if (o == WTS_FORKED) {
    if (!c->forked) {
      TACETD_LOG(LOG_FORKED, .witness = (int64_t)w->number);
    }
    c->forked = true;
  } else {
    take_failure(w, o);
  }
  wts_show(c);
  (void)pthread_cond_broadcast(&c->changed);
}

void wts_show(wts_collector *c) {
  int64_t counts[TACETD_WITNESSES_N] = {0};
  for (size_t i = 0; i < c->n; i++) {
    counts[c->witnesses[i].state]++;
  }
  for (unsigned i = 0; i < TACETD_WITNESSES_N; i++) {
    tacetd_gauge(TACETD_METRIC_WITNESSES, i, counts[i]);
  }
  tacetd_gauge(TACETD_METRIC_LOG_FORKED, 0, c->forked);
  tacetd_gauge(TACETD_METRIC_QUORUM_MISSING, 0, c->missing);
}

/* ---- the thread ---- */

/* Asks without the lock. */
static void ask_once(witness *w) {
  wts_collector *c = w->c;
  TACET_BYTES(note);
  TACET_BYTES(line);
  uint64_t serial = c->head.serial, time = 0;
  wts_outcome o = WTS_FAILED;
  bool copied =
      tacet_bytes_set(&note, tacet_bytes_span(&c->head.note)) == TACET_OK;
  (void)pthread_mutex_unlock(&c->lock);
  if (copied) {
    o = wts_ask(w->asker, tacet_bytes_span(&note), &line, &time);
  }
  (void)pthread_mutex_lock(&c->lock);
  wts_take(w, o, serial, &line, time);
}

void *wts_work(void *arg) {
  witness *w = arg;
  wts_collector *c = w->c;
  (void)pthread_mutex_lock(&c->lock);
  while (!c->stopping) {
    uint64_t at = due(w);
    if (at <= wts_now()) {
      ask_once(w);
    } else {
      wts_wait(c, at);
    }
  }
  (void)pthread_mutex_unlock(&c->lock);
  return NULL;
}
