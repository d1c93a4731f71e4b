/* SPDX-License-Identifier: Apache-2.0
 * bench/link.h -- the load client's connections: many TLS sockets on one
 * thread, so that what is measured is the server.
 */
#ifndef BENCH_LINK_H
#define BENCH_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct engine engine;
typedef struct link link_t;

struct link {
  engine *e;
  void *ssl;
  int fd;
  uint8_t *in, *out;
  size_t in_len, in_cap, out_len, out_cap;
  bool dirty, waits_to_write;
  link_t *next_dirty;
  /* Bytes came: gives how many of l->in were used up. */
  size_t (*on_bytes)(link_t *l);
  void *user;
};

engine *engine_new(void);
void engine_free(engine *e); /* and every link of it */
/* Connects and does the TLS handshake; ends the program if it cannot. */
link_t *link_open(engine *e, const char *host, const char *port);
void link_close(link_t *l);
/* Queues bytes; they leave at the end of the round. */
void link_send(link_t *l, const void *bytes, size_t len);
/* Reads until *done, or for ms. False: the time was up. */
bool engine_run(engine *e, unsigned ms, const bool *done);

uint64_t now_ns(void);
/* Of a process: processor time in seconds, resident memory in KiB. */
double cpu_seconds(int pid);
long resident_kib(int pid);

/* A WebSocket frame of a client, with its mask; and the length of the frame of
 * a server at the front of `p` (0: not whole yet), its payload in *body. */
void ws_send(link_t *l, const void *payload, size_t len);
size_t ws_frame(const uint8_t *p, size_t n, const uint8_t **body, size_t *len);
/* Upgrades an open link; ends the program if it is refused. */
void ws_upgrade(link_t *l, const char *host, const char *path);

#endif
