/* SPDX-License-Identifier: Apache-2.0
 * The load: windows, latencies, processor time. */
#include "bench/load.h"

#include <arpa/inet.h>
#include <limits.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LATENCIES_MAX 4000000
#define WARM_UP_MS 300
#define DRAIN_MS 20000
#define STORED_MS 90000

static const load_protocol *current;

static void send_next(load_pair *p, uint32_t place) {
  load_run *r = p->run;
  static uint8_t message[1 << 16];
  for (unsigned i = 0; i < 4; i++) {
    message[i] = (uint8_t)(place >> (8 * i));
  }
  r->places[place] = (struct load_place){.sent_ns = now_ns(), .busy = true};
  r->under_way++;
  p->left--;
  current->send(p, place, message);
}

/* A place that is through goes on with the next message. */
static void done(load_pair *p, uint32_t place) {
  load_run *r = p->run;
  struct load_place *s = &r->places[place];
  if (s->acknowledged && (s->delivered || r->offline)) {
    s->busy = false;
    r->under_way--;
    if (!r->stopping && p->left > 0) {
      send_next(p, place);
    }
  }
}

void load_acknowledged(load_pair *p, uint32_t place) {
  p->run->places[place].acknowledged = true;
  done(p, place);
}

void load_delivered(load_pair *p, uint32_t place) {
  load_run *r = p->run;
  struct load_place *s = &r->places[place];
  if (r->offline) {
    r->delivered++;
    return;
  }
  if (!s->busy || s->delivered) {
    return; /* a duplicate */
  }
  s->delivered = true;
  r->delivered++;
  if (r->n_latency < r->cap_latency) {
    r->latency_us[r->n_latency++] = (uint32_t)((now_ns() - s->sent_ns) / 1000);
  }
  done(p, place);
}

static int by_value(const void *a, const void *b) {
  uint32_t x, y;
  memcpy(&x, a, sizeof(x));
  memcpy(&y, b, sizeof(y));
  return x < y ? -1 : x > y;
}

static void make_run(load_run *r, const load_protocol *protocol,
                     const bench_target *target, const bench_setup *setup,
                     unsigned each) {
  *r = (load_run){.e = engine_new(), .target = target, .setup = setup};
  r->pairs = calloc(setup->pairs, sizeof(*r->pairs));
  r->places = calloc((size_t)setup->pairs * setup->window, sizeof(*r->places));
  for (unsigned i = 0; i < setup->pairs; i++) {
    r->pairs[i] = (load_pair){.run = r, .number = i, .left = each};
  }
  current = protocol;
}

static void free_run(load_run *r) {
  current->close(r);
  engine_free(r->e);
  free(r->pairs);
  free(r->places);
  free(r->latency_us);
}

static void begin_all(load_run *r) {
  const bench_setup *setup = r->setup;
  for (uint32_t place = 0; place < setup->pairs * setup->window; place++) {
    load_pair *p = &r->pairs[place / setup->window];
    if (p->left > 0) {
      send_next(p, place);
    }
  }
}

static void lost(unsigned n) {
  fprintf(stderr, "bench: %u messages were lost\n", n);
  exit(1);
}

void bench_measure(const load_protocol *protocol, const bench_target *target,
                   const bench_setup *setup, int pid, bench_result *out) {
  load_run r;
  make_run(&r, protocol, target, setup, UINT_MAX);
  r.cap_latency = LATENCIES_MAX;
  r.latency_us = calloc(r.cap_latency, sizeof(*r.latency_us));
  protocol->open(&r);
  begin_all(&r);
  (void)engine_run(r.e, WARM_UP_MS, NULL);
  r.delivered = r.n_latency = 0;
  double cpu = cpu_seconds(pid);
  uint64_t begin = now_ns();
  (void)engine_run(r.e, setup->seconds * 1000, NULL);
  out->seconds = (double)(now_ns() - begin) / 1e9;
  out->cpu_seconds = cpu_seconds(pid) - cpu;
  out->delivered = r.delivered;
  qsort(r.latency_us, r.n_latency, sizeof(*r.latency_us), by_value);
  out->p50_ms = r.n_latency == 0 ? 0 : r.latency_us[r.n_latency / 2] / 1000.0;
  out->p99_ms =
      r.n_latency == 0 ? 0 : r.latency_us[r.n_latency * 99 / 100] / 1000.0;
  /* Left-over messages would enlarge the next round's window. */
  r.stopping = true;
  for (unsigned waited = 0; r.under_way > 0 && waited < DRAIN_MS;
       waited += 20) {
    (void)engine_run(r.e, 20, NULL);
  }
  if (r.under_way > 0) {
    lost(r.under_way);
  }
  free_run(&r);
}

/* Runs until a counter has its value; steps are short, what they lose is less
 * than a thousandth. */
static void run_until(load_run *r, bool (*reached)(const load_run *r)) {
  uint64_t end = now_ns() + (uint64_t)STORED_MS * 1000000;
  while (!reached(r) && now_ns() < end) {
    (void)engine_run(r->e, 1, NULL);
  }
}

static bool all_acknowledged(const load_run *r) { return r->under_way == 0; }
static bool all_drained(const load_run *r) {
  return r->delivered >= r->expected;
}

void bench_measure_stored(const load_protocol *protocol,
                          const bench_target *target, const bench_setup *setup,
                          int pid, unsigned each, bench_stored *out) {
  load_run r;
  make_run(&r, protocol, target, setup, each);
  r.offline = true;
  r.expected = (uint64_t)setup->pairs * each;
  protocol->open(&r);
  double cpu = cpu_seconds(pid);
  uint64_t begin = now_ns();
  begin_all(&r);
  run_until(&r, all_acknowledged);
  out->store_seconds = (double)(now_ns() - begin) / 1e9;
  out->store_cpu_seconds = cpu_seconds(pid) - cpu;
  if (r.under_way > 0) {
    lost(r.under_way);
  }
  cpu = cpu_seconds(pid);
  begin = now_ns();
  protocol->receive(&r);
  run_until(&r, all_drained);
  out->drain_seconds = (double)(now_ns() - begin) / 1e9;
  out->drain_cpu_seconds = cpu_seconds(pid) - cpu;
  out->n = r.delivered;
  if (r.delivered != r.expected) {
    lost((unsigned)(r.expected - r.delivered));
  }
  free_run(&r);
}

bool bench_wait_for_port(const char *address, const char *port, unsigned ms) {
  struct sockaddr_in to = {.sin_family = AF_INET};
  uint64_t end = now_ns() + (uint64_t)ms * 1000000;
  to.sin_port = htons((uint16_t)atoi(port));
  (void)inet_pton(AF_INET, address, &to.sin_addr);
  while (now_ns() < end) {
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int r = connect(fd, (struct sockaddr *)&to, sizeof(to));
    (void)close(fd);
    if (r == 0) {
      return true;
    }
    (void)usleep(10000);
  }
  return false;
}
