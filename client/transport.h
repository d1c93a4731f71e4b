/* SPDX-License-Identifier: Apache-2.0
 * client/transport.h -- how a client reaches its server: requests with answers,
 * and one link that frames come in on. An interface: client/transport_net.c
 * is the one over net/; a browser brings its own, tests a server in memory.
 *
 * Calls block, but never beyond their time; frames of the link are taken in
 * meanwhile. All failures to reach the server are CLOSED, except a server that
 * cannot prove to be the one of the invite: that is CREDENTIAL. Both are
 * explained in *detail.
 */
#ifndef TACET_CLIENT_TRANSPORT_H
#define TACET_CLIENT_TRANSPORT_H

#include "client/client.h"
#include "client/mem.h"

/* What a request may show together with others: each kind has a connection of
 * its own, so that none shows an account together with whom it looks up, or
 * with a mailbox. */
typedef enum client_half {
  CLIENT_ACCOUNT, /* the directory, signed by this device */
  CLIENT_LOOKUP,  /* the directory, as nobody in particular */
  CLIENT_DELIVERY
} client_half;

typedef struct client_header {
  const char *name, *value; /* of answers: the name in lower case */
} client_header;

typedef struct client_call {
  client_half half;
  const char *method, *path;
  const client_header *headers; /* beyond Host, lengths and the like */
  size_t n_headers;
  tacet_span body; /* application/tacet if not empty */
} client_call;

typedef struct client_answer {
  unsigned status;
  const client_header *headers;
  size_t n_headers;
  tacet_span body;
} client_answer;
/* NULL if there is none. */
const char *client_answer_header(const client_answer *a, const char *name);

/* Where the server is and how it is known, from the invite. */
typedef struct client_server {
  const char *url; /* https://host[:port] */
  bool has_pin;    /* else the certificate is checked against authorities */
  uint8_t pin[32]; /* SHA-256 of the SubjectPublicKeyInfo */
  bool any; /* neither: whoever answers. For what is protected by itself and
               must not tell anything: client/linking_join.c, and no more */
} client_server;

/* What a wait ends for, besides a frame. */
typedef struct client_sleep {
  uint64_t ms;   /* at most */
  int fds[2];    /* readable; -1: none */
  bool ready[2]; /* out */
} client_sleep;

typedef struct client_transport client_transport;
struct client_transport {
  const struct client_transport_calls *calls;
};

typedef struct client_transport_calls {
  /* One request and its answer, whatever its status. Strings and body of the
   * answer lie in mem. An answer's body is at most 4 MiB. */
  tacet_err (*request)(client_transport *t, const client_call *r,
                       client_mem *mem, client_answer *out,
                       client_error *detail);
  /* The link: a WebSocket to GET /v1/receive. Open at most once. */
  tacet_err (*link_open)(client_transport *t, client_error *detail);
  tacet_err (*link_send)(client_transport *t, tacet_span frame,
                         client_error *detail);
  /* The next frame that came, waiting for it no longer than *sleep says (ms 0:
   * does not wait). NOT_FOUND: the wait ended without one. CLOSED: the link is
   * gone, all frames were given out. Without a link it only waits. */
  tacet_err (*link_next)(client_transport *t, client_sleep *sleep,
                         client_mem *mem, tacet_span *frame,
                         client_error *detail);
  void (*link_close)(client_transport *t);
  /* Ends a call that blocks (CLOSED). From any thread or signal handler. */
  void (*interrupt)(client_transport *t);
  void (*free)(client_transport *t);
} client_transport_calls;

typedef struct client_transport_maker {
  void *user;
  tacet_err (*make)(void *user, const client_server *server,
                    client_transport **out);
} client_transport_maker;

/* Over sockets and TLS 1.3: what client_env_system() has. */
extern const client_transport_maker client_transport_net;

#endif
