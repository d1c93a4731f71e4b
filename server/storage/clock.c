/* SPDX-License-Identifier: Apache-2.0
 * The server's day. */
#include "server/storage/clock.h"

#include <stdlib.h>
#include <time.h>

/* The clock may be ahead of the day by so much: a server that was off over a
 * night, or a weekend. More needs somebody who knows. */
#define AHEAD_MAX 2
/* How long a clock must run straight before it is believed. */
#define STEADY_MS ((uint64_t)24 * 3600 * 1000)
/* What the two clocks may drift apart between two looks: slewing by NTP. */
#define DRIFT_S 60

static int64_t system_now(void *user) {
  (void)user;
  struct timespec t;
  (void)clock_gettime(CLOCK_REALTIME, &t);
  return (int64_t)t.tv_sec;
}

static uint64_t system_monotonic(void *user) {
  (void)user;
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

const sto_clock sto_clock_system = {system_now, system_monotonic, NULL};

static void watch_from_here(sto_day *d, int64_t now_s, uint64_t now_ms) {
  d->watching = true;
  d->clock_s = now_s;
  d->since_ms = now_ms;
  d->seen_ms = now_ms;
}

/* Whether the clock has gone on as the monotonic one did since the last look.
 */
static bool ran_straight(sto_day *d, int64_t now_s, uint64_t now_ms) {
  int64_t expected = d->clock_s + (int64_t)((now_ms - d->seen_ms) / 1000);
  d->clock_s = now_s;
  d->seen_ms = now_ms;
  return now_s - expected <= DRIFT_S && expected - now_s <= DRIFT_S;
}

static bool believe(sto_day *d, int64_t day) {
  bool changed = d->day != day;
  d->day = day;
  d->trusted = true;
  d->watching = false;
  d->ahead = 0;
  return changed;
}

void sto_day_start(sto_day *d, int64_t stored, const sto_clock *clock) {
  int64_t today = sto_day_of(clock->now_s(clock->user));
  *d = (sto_day){.day = stored < 0 ? today : stored};
  (void)sto_day_tick(d, clock);
}

bool sto_day_tick(sto_day *d, const sto_clock *clock) {
  int64_t now_s = clock->now_s(clock->user);
  uint64_t now_ms = clock->monotonic_ms(clock->user);
  int64_t today = sto_day_of(now_s);
  if (today >= d->day && today - d->day <= AHEAD_MAX) {
    return believe(d, today);
  }
  d->trusted = false;
  d->ahead = today - d->day;
  if (!d->watching || !ran_straight(d, now_s, now_ms)) {
    watch_from_here(d, now_s, now_ms);
    return false;
  }
  return now_ms - d->since_ms >= STEADY_MS && believe(d, today);
}

bool sto_day_confirm(sto_day *d, const sto_clock *clock) {
  return believe(d, sto_day_of(clock->now_s(clock->user)));
}
