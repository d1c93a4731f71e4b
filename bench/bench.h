/* SPDX-License-Identifier: Apache-2.0
 * bench/bench.h -- measuring one operation by process CPU time, which other
 * programs on the machine disturb less than the clock on the wall.
 */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "tacet/base.h"

static inline uint64_t bench_cpu_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* For steps that cannot fail in a benchmark. */
#define BENCH_OK(call)                                                         \
  do {                                                                         \
    tacet_err bench_err = (call);                                              \
    if (bench_err != TACET_OK) {                                               \
      fprintf(stderr, "%s: %s\n", #call, tacet_err_name(bench_err));           \
      exit(1);                                                                 \
    }                                                                          \
  } while (0)

/* Nanoseconds that one step takes: the least of three rounds, each of which
 * runs for at least round_ms. */
static inline double bench_step(void (*step)(void *ctx), void *ctx,
                                unsigned round_ms) {
  double best = 0;
  step(ctx); /* caches and look-ups */
  for (int round = 0; round < 3; round++) {
    uint64_t start = bench_cpu_ns(), used = 0, n = 0;
    for (uint64_t chunk = 1; used < (uint64_t)round_ms * 1000000u;
         chunk = chunk < 4096 ? chunk * 2 : chunk) {
      for (uint64_t i = 0; i < chunk; i++) {
        step(ctx);
      }
      n += chunk;
      used = bench_cpu_ns() - start;
    }
    double each = (double)used / (double)n;
    best = round == 0 || each < best ? each : best;
  }
  return best;
}

#endif
