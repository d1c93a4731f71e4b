/* SPDX-License-Identifier: Apache-2.0
 * server/storage/clock.h -- time as the server keeps it: days for what is
 * stored, and a day of its own that a jumping clock does not move.
 *
 * Retention follows the *server's day*. It follows the clock's while that is at
 * most two days ahead of it. Where the clock is further ahead, or behind it,
 * the clock is not trusted: the day stands still and nothing expires, until the
 * operator confirms the clock, or it has run steadily for 24 hours of uptime
 * beside the monotonic one. So a machine that boots in 2040 deletes no mail.
 */
#ifndef TACETD_STORAGE_CLOCK_H
#define TACETD_STORAGE_CLOCK_H

#include "tacet/base.h"

/* Where time comes from. Tests bring their own. */
typedef struct sto_clock {
  int64_t (*now_s)(void *user);         /* Unix seconds; may jump */
  uint64_t (*monotonic_ms)(void *user); /* never goes back */
  void *user;
} sto_clock;
extern const sto_clock sto_clock_system;

/* Days since 1970-01-01 UTC. */
static inline int64_t sto_day_of(int64_t seconds) {
  return seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400;
}

typedef struct sto_day {
  int64_t day;   /* the server's; what is stamped on rows */
  bool trusted;  /* things may expire */
  int64_t ahead; /* days that the clock is ahead of it (behind: negative) */
  /* Watching: the clock and the monotonic one when it was last seen steady. */
  bool watching;
  int64_t clock_s;
  uint64_t since_ms, seen_ms;
} sto_day;

/* `stored` is the day that the database remembers, below 0 for a new one. */
void sto_day_start(sto_day *d, int64_t stored, const sto_clock *clock);
/* Looks at the clock. True if the day changed: store it. */
bool sto_day_tick(sto_day *d, const sto_clock *clock);
/* The operator says that the clock is right. True if the day changed. */
bool sto_day_confirm(sto_day *d, const sto_clock *clock);

#endif
