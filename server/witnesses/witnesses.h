/* SPDX-License-Identifier: Apache-2.0
 * server/witnesses/witnesses.h -- collects cosignatures for the key log.
 *
 * Each witness of the policy has a thread that asks it (a witness that stalls
 * keeps nobody else waiting); one more puts the cosignatures together, and
 * publishes a head as soon as the quorum is there. One head is worked on at a
 * time: a newer one takes its place once it is published, or when it has waited
 * too long. Late cosignatures are added, and all are asked again every hour, so
 * that the quorum's time stays fresh.
 *
 * A witness whose clock is an hour off the others' does not count, since
 * readers would find its word old, or from the future.
 *
 * A witness that is away is a warning and a metric. A quorum that is missing
 * stops publication, never the server. A witness that shows a head with the
 * log's own signature which the log does not continue stops publication for
 * good: what is here is not what was shown before.
 */
#ifndef TACETD_WITNESSES_WITNESSES_H
#define TACETD_WITNESSES_WITNESSES_H

#include "server/witnesses/ask.h"

typedef struct wts_collector wts_collector;

/* In milliseconds; 0 stands for what is said here. */
typedef struct wts_timing {
  uint32_t timeout;  /* 5000: without progress; a call takes at most twice it */
  uint32_t pace;     /* 500: from one head to the next */
  uint32_t gather;   /* 250: late cosignatures are published together */
  uint32_t patience; /* 5000: then a head gives way to a newer one */
  uint32_t alarm;    /* 10000: then a missing quorum is told */
  uint32_t retry;    /* 1000: after a failure, doubled after each */
  uint32_t retry_max; /* 20000 */
  uint32_t claim;     /* 600000: after an unproved contradiction */
  uint32_t refresh;   /* 3600000: a cosignature is asked for again */
} wts_timing;

typedef struct wts_options {
  const tacet_policy *policy; /* with witnesses; outlives the collector */
  wts_log log;
  wts_timing timing;
} wts_options;

/* A witness without a URL counts, but nobody asks it. NOMEM; ENCODING for a
 * URL that is none, *number gets whose, from 1. */
TACET_MUST_CHECK tacet_err wts_start(const wts_options *o, size_t *number,
                                     wts_collector **out);
/* There is a newer head. Any thread; does nothing but ring. */
void wts_wake(wts_collector *c);
/* Ends what is under way, a look-up of a name apart; the log is not called any
 * more. NULL is fine. */
void wts_stop(wts_collector *c);
/* When nobody calls wts_wake() any more. NULL is fine. */
void wts_free(wts_collector *c);

typedef enum wts_state {
  WTS_STATE_NEW, /* not heard of yet */
  WTS_STATE_WELL,
  WTS_STATE_AWAY,
  WTS_STATE_CERTIFICATE,
  WTS_STATE_REFUSES,
  WTS_STATE_GARBAGE,
  WTS_STATE_CLAIMS
} wts_state;

typedef struct wts_stats {
  bool forked;        /* nothing is published any more */
  bool missing;       /* the quorum, for longer than timing.alarm */
  uint64_t size;      /* of the head that is worked on */
  uint64_t published; /* size that was published by this process; 0: none */
  wts_state states[TACET_POLICY_WITNESSES_MAX];
} wts_stats;
void wts_stats_get(wts_collector *c, wts_stats *out);

#endif
