/* SPDX-License-Identifier: Apache-2.0
 * bench/load.h -- one kind of load for several protocols: pairs that send each
 * a window of messages, and what comes out of it.
 */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include "bench/link.h"
#include "tests/e2e/server/host.h"

typedef struct bench_setup {
  unsigned seconds, pairs, window, size;
} bench_setup;

typedef struct bench_target {
  const host *server; /* of tacetd alone */
  char host[64], port[8];
} bench_target;

typedef struct bench_result {
  uint64_t delivered;
  double seconds, cpu_seconds, p50_ms, p99_ms;
} bench_result;

typedef struct bench_stored {
  uint64_t n; /* stored, and then drained */
  double store_seconds, store_cpu_seconds, drain_seconds, drain_cpu_seconds;
} bench_stored;

/* ---- for the protocols ---- */

typedef struct load_run load_run;
typedef struct load_pair {
  load_run *run;
  unsigned number;
  unsigned left; /* messages that may still begin */
  void *user;    /* the protocol's */
} load_pair;

struct load_run {
  engine *e;
  const bench_target *target;
  const bench_setup *setup;
  load_pair *pairs;
  void *user;    /* the protocol's */
  bool stopping; /* no message begins any more */
  bool offline;  /* receivers come only after everything was acknowledged */
  /* A place: a message of a pair that is under way. */
  struct load_place {
    uint64_t sent_ns;
    bool busy, acknowledged, delivered;
  } * places;
  uint64_t delivered, expected; /* expected: of an offline run */
  uint32_t *latency_us;
  size_t n_latency, cap_latency;
  unsigned under_way;
};

typedef struct load_protocol {
  /* Opens connections of all pairs, ready to send; receivers of an offline run
   * exist then, and are not connected. */
  void (*open)(load_run *r);
  /* The receivers of an offline run connect and take what there is. NULL: the
   * protocol stores nothing. */
  void (*receive)(load_run *r);
  /* Sends `setup->size` bytes that start with the place's number. */
  void (*send)(load_pair *p, uint32_t place, const uint8_t *message);
  void (*close)(load_run *r);
} load_protocol;

/* What a protocol says of a place. Both have to be said; of an offline run the
 * acknowledgement lets the next message go. */
void load_acknowledged(load_pair *p, uint32_t place);
void load_delivered(load_pair *p, uint32_t place);
static inline uint32_t load_place_of(const uint8_t *message) {
  return (uint32_t)message[0] | (uint32_t)message[1] << 8 |
         (uint32_t)message[2] << 16 | (uint32_t)message[3] << 24;
}

extern const load_protocol load_floor, load_tacet, load_mqtt, load_xmpp;

void bench_measure(const load_protocol *protocol, const bench_target *target,
                   const bench_setup *setup, int pid, bench_result *out);
/* Every pair stores `each` messages for a receiver that is not there, then all
 * receivers connect and drain; ends the program if one is missing. */
void bench_measure_stored(const load_protocol *protocol,
                          const bench_target *target, const bench_setup *setup,
                          int pid, unsigned each, bench_stored *out);
bool bench_wait_for_port(const char *address, const char *port, unsigned ms);

#endif
