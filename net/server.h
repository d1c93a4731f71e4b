/* SPDX-License-Identifier: Apache-2.0
 * net/server.h -- an HTTP/1.1 and WebSocket server over TLS, on N loops.
 *
 * Requests of one connection are handled one after the other, in order. For
 * each: on_head says how the body is to come and how long it may be; then
 * on_request (whole body), or on_body (piece by piece). The answer is given at
 * once with net_respond(), or later, from any thread, through a net_reply.
 * Every callback runs on the loop of its connection; nothing in it may block.
 * None is called from within a call of this interface, but on_done from within
 * net_ws_accept().
 *
 * A net_request lives until it is answered or aborted. Afterwards nothing may
 * touch it, but a net_reply may still be used (it then does nothing).
 */
#ifndef TACET_NET_SERVER_H
#define TACET_NET_SERVER_H

#include "net/http.h"
#include "net/loop.h"
#include "net/tls.h"
#include "net/ws.h"

typedef struct net_server net_server;
typedef struct net_request net_request;
typedef struct net_reply net_reply;
typedef struct net_ws net_ws;

/* Who is at the other end: IPv4 as ::ffff:a.b.c.d. Never logged, never stored.
 */
typedef struct net_peer {
  uint8_t address[16];
} net_peer;

/* ---- answers ---- */

/* Gives up to cap bytes of a body; the body ends when content_length bytes were
 * given. 0 or less: it broke off, and the connection is closed. */
typedef struct net_source {
  int64_t (*pull)(void *user, uint8_t *out, size_t cap);
  void (*done)(void *user); /* always called, once */
  void *user;
  uint64_t length;
} net_source;

typedef struct net_response {
  int status;
  const char *content_type; /* NULL: none */
  /* More fields, each "Name: value\r\n"; may be NULL. */
  const char *headers;
  tacet_span body;
  const net_source *source; /* instead of body */
  bool close;               /* end the connection afterwards */
} net_response;

/* On the loop, within or after the callback, once. Copies what it needs. An
 * answer of 204 or 304 has no body, whatever a says. */
void net_respond(net_request *r, const net_response *a);

/* The next request on this connection may begin before this one, which was
 * deferred, is answered, if it has the same method and target: the handler
 * takes them in their order itself. For a client that sends many at once (RFC
 * 9112 9.3.2); answers leave in order all the same. Within on_request. */
void net_request_overlap(net_request *r);

/* For an answer from another thread: made on the loop; exactly one call of
 * net_reply_send(), _drop() or _call() ends it, at the latest before
 * net_server_free(). NULL: no memory. */
net_reply *net_request_defer(net_request *r);
void net_reply_send(net_reply *p, const net_response *a);
void net_reply_drop(net_reply *p); /* answers 500 */
/* A third end: fn is called on the loop and answers there, with what only that
 * thread need touch. r is NULL if the connection broke meanwhile. */
void net_reply_call(net_reply *p, void (*fn)(void *user, net_request *r),
                    void *user);

/* ---- requests ---- */

const net_http_head *net_request_head(const net_request *r);
net_peer net_request_peer(const net_request *r);
net_loop *net_request_loop(const net_request *r);
/* For the handler's own use: NULL at on_head; whoever sets it frees it, in
 * on_done at the latest. */
void net_request_set_user(net_request *r, void *user);
void *net_request_user(const net_request *r);
/* Streamed bodies: no more pieces until resume. On the loop. */
void net_request_pause(net_request *r);
void net_request_resume(net_request *r);
/* Resume from another thread, as often as wanted before the reply is sent. */
void net_reply_resume(net_reply *p);

/* ---- WebSocket ---- */

/* Answers the upgrade request (head->websocket) with 101. `fields` as in
 * net_response.headers. max_message: bytes of one message of the client;
 * max_queue: bytes that wait to be sent, beyond which net_ws_send() refuses.
 * on_ws_* come from now on. NULL: no memory (answered 503). */
net_ws *net_ws_accept(net_request *r, size_t max_message, size_t max_queue,
                      const char *fields, void *user);
void *net_ws_user(const net_ws *w);
net_loop *net_ws_loop(const net_ws *w);
net_peer net_ws_peer(const net_ws *w);
/* On the loop. What is sent within one round of the loop leaves at its end, and
 * together: one record and one system call for many messages. False: the queue
 * is full, nothing was taken; on_ws_writable comes once it is half empty. */
bool net_ws_send(net_ws *w, tacet_span message);
/* Bytes that wait to be sent. */
size_t net_ws_queued(const net_ws *w);
/* Sends a close frame after what waits; on_ws_close still comes. */
void net_ws_close(net_ws *w, uint16_t code);

/* ---- the server ---- */

typedef enum net_body {
  NET_BODY_WHOLE,   /* on_request with all of it */
  NET_BODY_STREAM,  /* on_request with an empty body first, then on_body until
                       `last`, which may come with an empty piece */
  NET_BODY_ANSWERED /* net_respond() was called already */
} net_body;

typedef struct net_handler {
  void *user;
  /* False: this address may not connect now. May be NULL. Any loop's thread. */
  bool (*on_accept)(void *user, net_peer peer);
  void (*on_disconnect)(void *user, net_peer peer); /* pairs with on_accept */
  /* The head is there. *max_body bytes may follow (default 0); more is answered
   * 413. */
  net_body (*on_head)(void *user, net_request *r, uint64_t *max_body);
  /* body and piece are valid during the call only. */
  void (*on_request)(void *user, net_request *r, tacet_span body);
  void (*on_body)(void *user, net_request *r, tacet_span piece, bool last);
  /* The request is over: answered, or the connection broke. May be NULL. */
  void (*on_done)(void *user, net_request *r);
  /* A request that could not be parsed, or hit a limit of the transport:
   * status is 400, 408, 411, 413, 431, 501, 503, 505. Fills a body. May be
   * NULL. */
  void (*on_refused)(void *user, int status, net_response *a);
  void (*on_ws_message)(void *user, net_ws *w, tacet_span message);
  void (*on_ws_writable)(void *user, net_ws *w);
  /* The last call for w. */
  void (*on_ws_close)(void *user, net_ws *w, uint16_t code);
} net_handler;

/* Milliseconds; 0 takes the default, which is in parentheses. */
typedef struct net_server_config {
  const char *host;    /* address or name to listen on; ignored with path */
  const char *port;    /* "0": any */
  const char *path;    /* a UNIX socket instead (mode 0660), or NULL; one that
                          nobody listens on any more is replaced */
  const net_tls *tls;  /* NULL: plain, for a reverse proxy */
  bool proxy_protocol; /* each connection starts with PROXY v1 or v2 */
  unsigned n_loops;    /* (1) */
  unsigned max_connections; /* (20,000) over all loops; more are refused */
  uint32_t handshake_ms;    /* (10,000) TLS, PROXY */
  uint32_t head_ms;         /* (10,000) from the first byte of a head */
  uint32_t idle_ms;         /* (60,000) between requests */
  uint32_t body_ms;         /* (30,000) for each 64 KiB of a body, and for as
                               much as a WebSocket's messages may be long */
  uint32_t write_ms;     /* (30,000) for each 64 KiB of an answer; a WebSocket
                            that takes nothing for as long is closed */
  uint32_t linger_ms;    /* (2,000) after a refusal or a goodbye, for the other
                            side to notice it and close */
  uint32_t ping_ms;      /* (50,000) a quiet WebSocket is pinged, and closed
                            if nothing comes for as long again */
  unsigned max_controls; /* (100) pings and pongs of a WebSocket in a second;
                            who sends more is closed with 1008, as is who does
                            not end a message in time */
} net_server_config;

/* Binds and starts the threads, in which all signals are blocked. EXISTS: the
 * port is taken, or the path is no socket or somebody listens on it; ARGUMENT:
 * no such host; IO. The handler must stay until net_server_free(). */
TACET_MUST_CHECK tacet_err net_server_start(const net_server_config *config,
                                            const net_handler *handler,
                                            net_server **out);
uint16_t net_server_port(const net_server *s); /* the real one */
size_t net_server_n_loops(const net_server *s);
net_loop *net_server_loop(const net_server *s, size_t i);

/* Counters since the start; any thread. */
typedef struct net_server_stats {
  uint64_t accepted, refused, handshakes_failed, requests, bytes_in, bytes_out,
      timeouts;
  uint64_t connections, websockets; /* now */
} net_server_stats;
void net_server_get_stats(const net_server *s, net_server_stats *out);

/* No new connections, no new requests; what is being answered is answered,
 * WebSockets get 1001. Returns when all are gone, or after ms. */
void net_server_drain(net_server *s, uint32_t ms);
/* Ends the threads; whatever connection is left breaks (on_done, on_ws_close
 * come). NULL is fine. */
void net_server_free(net_server *s);

#endif
