/* SPDX-License-Identifier: Apache-2.0
 * One connection of the server: private to net/. conn.c moves bytes and states,
 * request.c makes answers, server_ws.c speaks WebSocket, server.c listens. */
#ifndef TACET_NET_CONN_H
#define TACET_NET_CONN_H

#include <pthread.h>
#include <stdatomic.h>

#include <openssl/ssl.h>

#include "net/server.h"

#define NET_SCRATCH (64 * 1024) /* bytes read at once; one buffer a loop */
#define NET_CHUNK (64 * 1024)   /* bytes of a source pulled at once */

typedef enum conn_state {
  CONN_PROXY,  /* waiting for the PROXY header */
  CONN_TLS,    /* in the handshake */
  CONN_HEAD,   /* waiting for a request, or in its head */
  CONN_BODY,   /* in its body */
  CONN_WAIT,   /* the handler has it */
  CONN_WRITE,  /* the answer is on its way */
  CONN_WS,     /* WebSocket */
  CONN_CLOSING /* what is in `out`, then the end */
} conn_state;

typedef struct conn conn;

struct net_request {
  conn *c;
  net_http_head head; /* spans into raw */
  tacet_bytes raw;
  uint64_t body_left, max_body;
  tacet_buf body; /* NET_BODY_WHOLE */
  bool stream, paused, answered, head_only;
  net_source source; /* of the answer; pull NULL: none */
  net_reply *reply;  /* that a handler holds, or NULL */
  void *user;
};

struct net_ws {
  conn *c;
  net_ws_reader reader;
  size_t max_queue;
  void *user;
  uint16_t code; /* what on_ws_close will say */
  bool full;     /* a send was refused */
  bool close_sent, pinged, corked;
};

typedef struct loop_context loop_context;

struct conn {
  net_watch watch;
  net_timer timer;   /* fires at or before `deadline` */
  uint64_t deadline; /* UINT64_MAX: none */
  uint64_t progress; /* when bytes last left */
  loop_context *lc;
  SSL *ssl; /* NULL: plain */
  conn *next, *prev;
  tacet_buf in; /* read and not parsed yet; empty and freed when idle */
  size_t in_at;
  tacet_buf out; /* to be written */
  size_t out_at;
  net_request *request;
  net_ws *ws;
  net_peer peer;
  conn_state state;
  bool accepted;   /* on_accept said yes: on_disconnect is due */
  bool keep_alive; /* after the request under way */
  bool advancing, dead, end_of_input, wants_write;
  bool drained; /* the last read took everything: ask epoll before the next */
};

struct loop_context {
  net_server *s;
  net_loop *loop;
  pthread_t thread;
  BIO *bio; /* shared by all connections of this loop */
  net_watch listen;
  net_timer listen_again;
  conn *first;
  bool draining, started;
  uint8_t scratch[NET_SCRATCH];
};

struct net_server {
  net_server_config config;
  net_handler h;
  int listen_fd;
  uint16_t port;
  loop_context *loops;
  atomic_uint_fast64_t accepted, refused, handshakes_failed, requests, bytes_in,
      bytes_out, timeouts, connections, websockets;
  pthread_mutex_t lock;
  pthread_cond_t gone; /* connections became 0 */
};

#define NET_COUNT(s, what, n)                                                  \
  atomic_fetch_add_explicit(&(s)->what, (n), memory_order_relaxed)

/* Takes over fd. */
void conn_new(loop_context *lc, int fd, net_peer peer);
/* Moves on as far as it goes: write, parse, call handlers, read. c stays valid:
 * if it ended, it is buried in the loop's next round. */
void conn_advance(conn *c);
/* Ends it; buried in the loop's next round. */
void conn_kill(conn *c);
/* The same at once: when the loop has ended. */
void conn_kill_now(conn *c);
/* Ends it politely as soon as it has nothing to do: for draining. */
void conn_retire(conn *c);
void conn_set_deadline(conn *c, uint64_t at);
/* Answers what could not be parsed or took too long, then closes. */
void conn_refuse(conn *c, int status);

/* request.c */
net_request *request_new(conn *c, const net_http_head *head, size_t head_len);
void request_free(net_request *r); /* calls on_done */
void response_write(tacet_buf *w, const net_response *a, bool keep_alive,
                    bool head_only);

/* server_ws.c: takes frames out of c->in. False: nothing more to do now. */
bool ws_advance(conn *c);
/* The reader's buffer, its user; calls on_ws_close. */
void ws_free(net_ws *w);
void ws_timeout(conn *c);
void ws_wrote(conn *c); /* some of the queue is gone */

#endif
