/* SPDX-License-Identifier: Apache-2.0
 * net/client.h -- one connection to a server, used by one thread: requests and
 * a WebSocket, each call with a deadline. There are no hidden threads.
 */
#ifndef TACET_NET_CLIENT_H
#define TACET_NET_CLIENT_H

#include "net/http.h"
#include "net/tls.h"

typedef enum net_result {
  NET_OK = 0,
  NET_UNREACHABLE, /* no such host, refused, no route, broke off: try again */
  NET_TIMEOUT,     /* the deadline passed; on recv: nothing came */
  NET_INTERRUPTED, /* net_client_interrupt() */
  NET_PIN,         /* the server has another key than the pin: a key problem */
  NET_TLS,         /* TLS failed otherwise, or the certificate is not trusted */
  NET_PROTOCOL,    /* what came is not HTTP or WebSocket as it should be */
  NET_TOO_LARGE,   /* the answer is longer than was allowed */
  NET_REFUSED,     /* WebSocket: the server answered with a status instead */
  NET_ABORTED,     /* a source or sink of the caller gave up */
  NET_CLOSED,      /* WebSocket: the server closed; .close_code says why */
  NET_NO_MEMORY
} net_result;
const char *net_result_text(net_result r);

typedef struct net_client net_client;

/* Connects at the first request. host: name or address; tls NULL: plain. The
 * tls stays the caller's and must outlive the client. Looking up a name is the
 * one wait that neither a deadline nor an interrupt ends: it is the system's.
 */
TACET_MUST_CHECK net_result net_client_new(const char *host, const char *port,
                                           const net_tls *tls,
                                           net_client **out);
void net_client_free(net_client *c); /* NULL is fine */
/* Drops the connection; the next request makes a new one. */
void net_client_close(net_client *c);
/* The call under way, or else the next one, ends with NET_INTERRUPTED. Any
 * thread; also from a signal handler. */
void net_client_interrupt(net_client *c);

typedef struct net_call {
  const char *method, *target; /* "POST", "/v1/send" */
  const char *headers;         /* "Name: value\r\n"..., or NULL */
  const char *content_type;
  tacet_span body;
  /* Instead of body: gives up to cap bytes; 0 or less gives up. */
  int64_t (*source)(void *user, uint8_t *out, size_t cap);
  uint64_t source_length;
  /* Instead of collecting an answer of status 200 or 206; false gives up. */
  bool (*sink)(void *user, tacet_span piece);
  void *user;
  size_t max_answer;   /* bytes of a body that is collected */
  uint32_t timeout_ms; /* without any progress */
  uint32_t total_ms;   /* for all of it, however it progresses; 0: no matter */
} net_call;

typedef struct net_answer {
  int status;
  tacet_bytes head; /* the raw head, for the spans of `parsed` */
  net_http_head parsed;
  tacet_bytes body;
} net_answer;
#define NET_ANSWER(name)                                                       \
  TACET_CLEANUP(net_answer_free) net_answer name = {.status = 0}
void net_answer_free(net_answer *a);

/* One request and its answer. A connection that was kept alive and is dead by
 * now is replaced before anything is sent; one that dies before any byte of the
 * answer is replaced once, silently, if the body is no source. An answer that
 * comes before the body is sent ends the sending. *a is emptied first. */
TACET_MUST_CHECK net_result net_client_call(net_client *c, const net_call *call,
                                            net_answer *a);

/* ---- WebSocket: takes the whole connection ----
 *
 * After any result but OK, TIMEOUT (of recv) and INTERRUPTED (of recv) the
 * connection is closed, and only open, close and free may follow. */

/* REFUSED: *status says with what it was answered. */
TACET_MUST_CHECK net_result
net_client_ws_open(net_client *c, const char *target, const char *headers,
                   size_t max_message, uint32_t timeout_ms, int *status);
/* What comes meanwhile is kept for recv. */
TACET_MUST_CHECK net_result net_client_ws_send(net_client *c,
                                               tacet_span message,
                                               uint32_t timeout_ms);
/* The next message, valid until the next call. Pings are answered within.
 * timeout_ms 0: only what is there already; extra_fd (or -1): TIMEOUT as soon
 * as it becomes readable, with *extra_ready true. extra_ready may be NULL. */
TACET_MUST_CHECK net_result net_client_ws_recv(net_client *c,
                                               uint32_t timeout_ms,
                                               int extra_fd, bool *extra_ready,
                                               tacet_span *message,
                                               uint16_t *close_code);
/* The descriptor, to poll for reading together with others; -1: none. Call recv
 * with timeout 0 first: something may be buffered. */
int net_client_fd(const net_client *c);
/* Says goodbye and closes. */
void net_client_ws_close(net_client *c);

#endif
