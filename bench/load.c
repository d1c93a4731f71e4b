/* SPDX-License-Identifier: Apache-2.0
 * The load: windows, latencies, processor time. */
#include "bench/load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LATENCIES_MAX 4000000
#define WARM_UP_MS 300
#define DRAIN_MS 20000

static const load_protocol *current;

static void send_next(load_pair *p, uint32_t place) {
  load_run *r = p->run;
  static uint8_t message[1 << 16];
  for (unsigned i = 0; i < 4; i++) {
    message[i] = (uint8_t)(place >> (8 * i));
  }
  r->places[place] = (struct load_place){.sent_ns = now_ns(), .busy = true};
  r->under_way++;
  current->send(p, place, message);
}

/* A place that is through goes on with the next message. */
static void done(load_pair *p, uint32_t place) {
  load_run *r = p->run;
  struct load_place *s = &r->places[place];
  if (s->acknowledged && s->delivered) {
    s->busy = false;
    r->under_way--;
    if (!r->stopping) {
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

void bench_measure(const load_protocol *protocol, const bench_target *target,
                   const bench_setup *setup, int pid, bench_result *out) {
  load_run r = {.e = engine_new(), .target = target, .setup = setup};
  uint32_t n_places = setup->pairs * setup->window;
  r.pairs = calloc(setup->pairs, sizeof(*r.pairs));
  r.places = calloc(n_places, sizeof(*r.places));
  r.cap_latency = LATENCIES_MAX;
  r.latency_us = calloc(r.cap_latency, sizeof(*r.latency_us));
  for (unsigned i = 0; i < setup->pairs; i++) {
    r.pairs[i] = (load_pair){.run = &r, .number = i};
  }
  current = protocol;
  protocol->open(&r);
  for (uint32_t place = 0; place < n_places; place++) {
    send_next(&r.pairs[place / setup->window], place);
  }
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
    fprintf(stderr, "bench: %u messages were lost\n", r.under_way);
    exit(1);
  }
  protocol->close(&r);
  engine_free(r.e);
  free(r.pairs);
  free(r.places);
  free(r.latency_us);
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
