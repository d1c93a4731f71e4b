/* SPDX-License-Identifier: Apache-2.0
 * One connection of the server: private to net/. conn.c gives it life,
 * conn_io.c moves its bytes, conn_step.c says what it does in each state,
 * request.c makes answers, pipeline.c lets requests overlap, server_ws.c speaks
 * WebSocket, server.c accepts. */
#ifndef TACET_NET_CONN_H
#define TACET_NET_CONN_H

#include <pthread.h>
#include <stdatomic.h>

#include <openssl/ssl.h>

#include "net/server.h"

#define NET_SCRATCH (64 * 1024)  /* bytes read at once; one buffer a loop */
#define NET_CHUNK (64 * 1024)    /* bytes of a source pulled at once */
#define NET_SLICE (64 * 1024)    /* bytes that must move within a time-out */
#define NET_LINGER_MAX (4 << 20) /* bytes thrown away after the last word */

typedef enum conn_state {
  CONN_PROXY,   /* waiting for the PROXY header */
  CONN_TLS,     /* in the handshake */
  CONN_HEAD,    /* waiting for a request, or in its head */
  CONN_BODY,    /* in its body */
  CONN_WAIT,    /* the handler has it */
  CONN_WRITE,   /* the answer is on its way */
  CONN_WS,      /* WebSocket */
  CONN_CLOSING, /* what is in `out`, then the end */
  CONN_LINGER   /* all was said; what still comes is thrown away */
} conn_state;

typedef struct conn conn;

struct net_request {
  conn *c;
  tacet_bytes raw; /* the bytes of `head` */
  uint64_t body_left, max_body;
  tacet_buf body; /* NET_BODY_WHOLE */
  bool stream, paused, answered, head_only;
  net_source source; /* of the answer; pull NULL: none */
  net_reply *reply;  /* that a handler holds, or NULL */
  net_request *next; /* waiting behind this one: pipeline.c */
  bool overlap, waiting, ready;
  tacet_buf answer; /* ready, but not its turn yet */
  void *user;
  net_http_head head; /* only as much of it as is set is there */
};

struct net_ws {
  conn *c;
  net_ws_reader reader;
  size_t max_queue;
  void *user;
  uint64_t heard;   /* when something last came */
  uint64_t begun;   /* when the message under way did; 0: none is */
  uint64_t counted; /* control frames since then: */
  unsigned n_controls;
  uint16_t code; /* what on_ws_close will say */
  bool full;     /* a send was refused */
  bool close_sent, pinged;
};

typedef struct loop_context loop_context;

struct conn {
  net_watch watch;
  net_task task;     /* conn_advance() was called */
  net_timer timer;   /* fires at or before `deadline` */
  uint64_t deadline; /* UINT64_MAX: none */
  uint64_t progress; /* when bytes last left */
  loop_context *lc;
  SSL *ssl; /* NULL: plain */
  conn *next, *prev;
  tacet_buf in; /* read and not parsed yet; empty and freed when idle */
  size_t in_at;
  tacet_span fresh; /* the same, just read, in the loop's scratch: instead of
                       `in`, until others may read */
  tacet_buf out;    /* to be written */
  size_t out_at;
  net_request *request; /* the one that is read, or that the handler has */
  net_request *first_waiting, *last_waiting; /* begun before, not answered */
  unsigned n_waiting;
  bool held; /* what comes next waits until all of these are answered */
  net_ws *ws;
  net_peer peer;
  conn_state state;
  size_t slice;    /* bytes moved since the deadline was put off */
  bool accepted;   /* on_accept said yes: on_disconnect is due */
  bool keep_alive; /* after the request under way */
  bool advancing, dead, end_of_input, wants_write;
  bool drained;    /* the last read took all: ask epoll before the next */
  bool blank_line; /* one came before the next request */
  bool linger;     /* the other side is probably still sending */
};

struct loop_context {
  net_server *s;
  net_loop *loop;
  pthread_t thread;
  BIO *bio; /* shared by all connections of this loop */
  net_watch listen;
  net_timer listen_again;
  net_post drain;
  conn *first;
  atomic_uint n; /* connections, those on their way here included */
  bool draining, started, ended;
  bool resting; /* no descriptors were left: it does not listen for a while */
  uint8_t scratch[NET_SCRATCH];
};

struct net_server {
  net_server_config config;
  net_handler h;
  int listen_fd;
  uint16_t port;
  uint64_t socket_dev, socket_ino; /* of the UNIX socket that is ours */
  loop_context *loops;
  bool draining;
  unsigned n_draining; /* loops that do; with `lock` */
  atomic_uint_fast64_t accepted, refused, handshakes_failed, requests, bytes_in,
      bytes_out, timeouts, connections, websockets;
  pthread_mutex_t lock;
  pthread_cond_t gone; /* connections or n_draining changed */
};

#define NET_COUNT(s, what, n)                                                  \
  atomic_fetch_add_explicit(&(s)->what, (n), memory_order_relaxed)

/* ---- conn.c ---- */

/* Takes over fd, which server.c has counted. */
void conn_new(loop_context *lc, int fd, net_peer peer);
/* Moves on as far as it goes, at the end of this round: write, parse, call
 * handlers, read. So what a handler does never calls back while it does it, and
 * all that it sends in one round leaves together. */
void conn_advance(conn *c);
/* Ends it, at the end of this round. */
void conn_kill(conn *c);
/* The same at once: when the loop has ended. */
void conn_kill_now(conn *c);
/* Ends it politely as soon as it has nothing to do: for draining. */
void conn_retire(conn *c);
void conn_set_deadline(conn *c, uint64_t at);
/* The next state, which must end, or move a slice, within ms (0: no matter). */
void conn_enter(conn *c, conn_state state, uint32_t ms);
/* Answers what could not be parsed or took too long, then closes. */
void conn_refuse(conn *c, int status);

/* ---- conn_step.c ---- */

/* One step; true if another one may follow at once. */
bool conn_step(conn *c);

/* ---- conn_io.c ---- */

/* Before each call into SSL, and what its result means: > 0 that many bytes; 0
 * nothing now; -1 the other side is done or broke off. */
void conn_ssl_begin(conn *c);
ssize_t conn_ssl_result(conn *c, int r);
/* True when `out` is empty. */
bool conn_flush(conn *c);
/* Reads once. True if something came. */
bool conn_fill(conn *c);
/* What was read and is not parsed yet goes from the loop's scratch into `in`:
 * before somebody else reads. */
void conn_keep(conn *c);
/* Reads a PROXY header: exactly it, since what follows may be for TLS. */
net_parse conn_read_proxy(conn *c, bool *known);
tacet_span conn_input(const conn *c);
void conn_consume(conn *c, size_t n);
/* Throws away what came; the end of it is the end of the connection. */
bool conn_discard(conn *c);
void conn_say_goodbye(conn *c);

/* ---- listen.c ---- */

/* Makes s->listen_fd as s->config says. */
tacet_err listen_begin(net_server *s);
/* Closes it, and removes the UNIX socket if it is still ours. */
void listen_end(net_server *s);

/* ---- server.c ---- */

/* A descriptor that became no connection. */
void conn_turn_away(loop_context *lc, int fd, net_peer peer);
void server_count_one_less(loop_context *lc);

/* ---- request.c ---- */

net_request *request_new(conn *c, const net_http_head *head, size_t head_len);
void request_free(net_request *r); /* calls on_done */
/* An answer's head, without the empty line at its end, then the rest. */
void response_head(tacet_buf *w, const net_response *a);
void response_rest(tacet_buf *w, bool keep_alive, tacet_span body);

/* ---- pipeline.c: requests that overlap ---- */

#define NET_PIPELINE_MAX 16
/* May this head begin while others wait for their answers? */
bool pipeline_admits(const conn *c, const net_http_head *h);
/* The handler has the whole of c->request: the next may come beside it, if the
 * handler says so. */
void pipeline_begin(conn *c);
/* r->answer is written: it leaves when it is its turn. */
void pipeline_answered(net_request *r);
void pipeline_free(conn *c);

/* ---- server_ws.c ---- */

/* Takes frames out of c->in. False: nothing more to do now. */
bool ws_advance(conn *c);
/* The reader's buffer, its user; calls on_ws_close. */
void ws_free(net_ws *w);
/* Bytes came; the deadline passed; when the next one is. */
void ws_heard(conn *c);
void ws_timeout(conn *c);
uint64_t ws_deadline(const conn *c);
/* Some of the queue may be gone. True: the handler had more to send. */
bool ws_wrote(conn *c);
/* It does not read: then it is not listened to either. */
bool ws_is_deaf(const net_ws *w);

#endif
