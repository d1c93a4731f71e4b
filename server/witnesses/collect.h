/* SPDX-License-Identifier: Apache-2.0
 * The collector in memory: what its threads share, and who does what. */
#ifndef TACETD_WITNESSES_COLLECT_H
#define TACETD_WITNESSES_COLLECT_H

#include "server/witnesses/witnesses.h"

#include <pthread.h>

/* The head that is worked on. */
typedef struct head {
  uint64_t serial; /* 0: none yet */
  tacet_bytes note;
  uint64_t size;
  tacet_tlog_hash root;
  uint64_t since; /* when it took its place */
  bool published;
} head;

/* One witness, as all see it; its asker is its thread's. */
typedef struct witness {
  wts_collector *c;
  size_t number; /* from 1, as `tacetd witness list` counts */
  wts_asker *asker;
  pthread_t thread;
  bool runs;
  /* under the lock */
  wts_state state;
  bool tried;
  bool clock_told;
  unsigned failures;
  uint64_t due;      /* not asked before */
  uint64_t serial;   /* head that `line` is for */
  uint64_t cosigned; /* when */
  int64_t off;       /* its clock from ours, in seconds */
  tacet_bytes line;
} witness;

struct wts_collector {
  const tacet_policy *policy;
  wts_log log;
  wts_timing timing;
  pthread_mutex_t lock; /* never held while the log is called */
  pthread_cond_t changed;
  pthread_t thread;
  bool runs;
  size_t n;
  witness *witnesses;
  /* under the lock */
  bool stopping, rung, forked, missing;
  head head;
  uint64_t started, fetch_due, publish_due;
  uint64_t waiting;     /* since when something waits to be published; 0: not */
  uint64_t lines, done; /* cosignatures that came; that were looked at */
  uint64_t published;   /* size */
  uint64_t witnessed;   /* seconds of the time of day */
  int64_t behind;       /* seconds by which our clock is ahead, negative */
};

/* Milliseconds of a clock that never goes back; seconds of the time of day. */
uint64_t wts_now(void);
uint64_t wts_seconds(void);
/* Waits, with the lock held, until something changes or `due`. */
void wts_wait(wts_collector *c, uint64_t due);

/* The threads. */
void *wts_coordinate(void *collector);
void *wts_work(void *witness);

/* With the lock held: what became of asking a witness. */
void wts_take(witness *w, wts_outcome o, uint64_t serial, tacet_bytes *line,
              uint64_t time);
/* Counts the states into the metrics. */
void wts_show(wts_collector *c);

#endif
