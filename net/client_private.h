/* SPDX-License-Identifier: Apache-2.0
 * One connection of a client: private to net/. client.c makes requests,
 * client_ws.c speaks WebSocket, client_connect.c connects, client_io.c waits
 * and moves bytes. The folder client/ has names of its own that begin with
 * client_, so here they begin with dial_. */
#ifndef TACET_NET_CLIENT_PRIVATE_H
#define TACET_NET_CLIENT_PRIVATE_H

#include <stdatomic.h>

#include <openssl/ssl.h>

#include "net/client.h"
#include "net/ws.h"

#define CLIENT_CHUNK (64 * 1024) /* bytes moved at once */
/* Bytes that are read while a WebSocket message is on its way out. */
#define CLIENT_AHEAD (4u << 20)
/* Control frames that wait to leave; more pings than that go unanswered. */
#define CLIENT_OUT_MAX (16 * 1024)

struct net_client {
  char host[256], port[8];
  const net_tls *tls;
  int fd, wake[2]; /* wake: a pipe; a byte in it ends a wait */
  atomic_bool interrupted;
  uint64_t deadline; /* of the call under way, in terms of dial_now() */
  SSL *ssl;
  tacet_buf in; /* read and not used yet */
  size_t in_at;
  tacet_buf out; /* whole frames that leave before anything else */
  size_t out_at;
  bool used;  /* an answer came over this connection before */
  bool heard; /* something came since the request began */
  bool websocket, close_sent;
  net_ws_reader reader;
};

typedef struct dial_wait {
  uint64_t until; /* in terms of dial_now() */
  int extra_fd;   /* or -1 */
  bool extra_ready;
} dial_wait;

uint64_t dial_now(void); /* milliseconds */
/* In ms, but not after the deadline of the call. */
static inline uint64_t dial_until(const net_client *c, uint32_t ms) {
  uint64_t at = dial_now() + ms;
  return at < c->deadline ? at : c->deadline;
}
static inline dial_wait dial_wait_ms(const net_client *c, uint32_t ms) {
  return (dial_wait){.until = dial_until(c, ms), .extra_fd = -1};
}

/* Until fd is ready for one of `events` (poll's), which *got then says. */
net_result dial_wait_fd(net_client *c, int fd, short events, dial_wait *w,
                        short *got);
/* Waits for what SSL wants after it gave `result`. */
net_result dial_wait_ssl(net_client *c, int result, dial_wait *w);
/* TCP and TLS, to a connection without a past. */
net_result dial_connect(net_client *c, uint32_t timeout_ms);

/* Reads once into c->in, without waiting. TIMEOUT: nothing there, *wants says
 * for what to wait; CLOSED: a clean end. */
net_result dial_read_now(net_client *c, short *wants);
/* The same, and waits for it; what is in c->out leaves meanwhile. */
net_result dial_read(net_client *c, dial_wait *w);
/* Sends what is in c->out as far as it goes without waiting. */
net_result dial_flush(net_client *c);
/* Sends all of it, after what is in c->out; timeout_ms without any progress.
 * Reads what comes meanwhile: with `early`, anything that comes ends the
 * sending and sets it. */
net_result dial_write(net_client *c, tacet_span s, uint32_t timeout_ms,
                      bool *early);
tacet_span dial_input(const net_client *c);

/* client.c */
net_result dial_send_head(net_client *c, const net_call *call,
                          const char *more);
void dial_skip_interim(net_client *c);
net_result dial_read_head(net_client *c, uint32_t timeout_ms, net_answer *a);

#endif
