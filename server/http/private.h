/* SPDX-License-Identifier: Apache-2.0
 * server/http/private.h -- what the files of this folder share.
 */
#ifndef TACETD_HTTP_PRIVATE_H
#define TACETD_HTTP_PRIVATE_H

#include "server/http/hub.h"
#include "server/http/nonce.h"
#include "server/http/problem.h"
#include "server/http/rate.h"
#include "server/http/service.h"
#include "server/ops/log.h"
#include "server/ops/metrics.h"

#include <pthread.h>
#include <stdatomic.h>

typedef struct tacetd_session tacetd_session;
typedef struct tacetd_loop tacetd_loop;

/* Acknowledgements of all sessions of a loop, sent to delivery as many at once
 * as came while the last ones were being carried out. */
typedef struct tacetd_acks {
  struct tacetd_ack {
    uint8_t mailbox[TACET_MAILBOX_ID_LEN];
    uint64_t seq;
  } * list;
  size_t n, cap;
  bool busy; /* a request is under way */
  net_timer retry;
} tacetd_acks;

/* What belongs to one event loop, and to its thread alone. */
struct tacetd_loop {
  tacetd_service *s;
  net_loop *loop;
  tacetd_session *sessions; /* connected ones */
  tacetd_acks acks;
  tacet_buf frame; /* the one that is being written */
  net_timer sweep;
};

struct tacetd_service {
  const char *folder;
  const tacetd_config *config;
  const net_tls *tls;
  net_handler handler;
  net_server *server;
  dir_directory *directory;
  dlv_delivery *delivery;
  tacetd_hub *hub;
  tacetd_rate *rate;
  tacetd_nonces *nonces;
  atomic_bool draining;     /* nothing new is begun */
  atomic_bool closed;       /* and nothing is submitted to the halves */
  atomic_size_t body_bytes; /* of requests under way */
  tacetd_loop *loops;
  size_t n_loops;
  atomic_size_t n_assigned; /* loops that know their net_loop */
  pthread_mutex_t barrier_lock;
  pthread_cond_t barrier;
  size_t n_passed;
  /* Sessions whose client may come back for them, the oldest first. */
  pthread_mutex_t detached_lock;
  tacetd_session *detached_first, *detached_last;
  size_t n_detached, n_detached_mailboxes;
};

/* Milliseconds of a clock that never jumps; any thread. */
uint64_t tacetd_now_ms(void);
/* What belongs to the loop whose thread calls this. */
tacetd_loop *tacetd_loop_here(tacetd_service *s, net_loop *loop);
static inline tacetd_address tacetd_address_of(net_peer peer) {
  tacetd_address a;
  memcpy(a.b, peer.address, sizeof(a.b));
  return a;
}

/* ---- requests: exchange.c ---- */

/* One request from its head to its answer. It is shared by the loop, which has
 * it until the request is over, and the half that works on it. */
typedef struct tacetd_exchange {
  tacetd_service *s;
  atomic_uint references;
  tacetd_call call;
  uint64_t started_ms;
  size_t reserved; /* of body_bytes */
  net_reply *reply;
  bool is_signed; /* `nonce` was taken for it */
  uint8_t nonce[TACET_NONCE_LEN];
  bool has_range; /* GET of a blob */
  /* Refused at its head; its body is still read, and dropped, since a client
   * that is cut off while it writes may never see the answer. */
  bool refused;
  tacet_wire_error refusal;
  uint32_t retry_after_s;
} tacetd_exchange;

tacetd_exchange *tacetd_exchange_new(tacetd_service *s, tacetd_call call,
                                     size_t reserved);
void tacetd_exchange_ref(tacetd_exchange *x);
void tacetd_exchange_unref(tacetd_exchange *x);

/* An answer. error: a problem, unless type is set. */
typedef struct tacetd_answer {
  tacet_wire_error error;
  int status;       /* 0: that of the error, or 200 */
  const char *type; /* NULL: application/tacet, or problem+json */
  tacet_span body;
  const char *headers; /* beyond those that every answer has */
  const char *cache;   /* NULL: no-store */
  uint32_t retry_after_s;
  bool close;
} tacetd_answer;
/* At once, on the loop. */
void tacetd_answer_now(tacetd_service *s, tacetd_call call, net_request *r,
                       const tacetd_answer *a);
/* Through x->reply, from any thread; lets go of the reference to x. */
void tacetd_answer_later(tacetd_exchange *x, const tacetd_answer *a);
/* The same on the loop, for net_reply_call(); r may be NULL. */
void tacetd_answer_here(tacetd_exchange *x, net_request *r,
                        const tacetd_answer *a);
/* The same for an error, at once. */
void tacetd_refuse(tacetd_service *s, tacetd_call call, net_request *r,
                   tacet_wire_error e, uint32_t retry_after_s);

/* ---- calls: directory_calls.c, delivery_calls.c, blobs.c, pages.c ---- */

/* Each answers, now or later. */
void tacetd_directory_call(tacetd_exchange *x, net_request *r, tacet_span body);
void tacetd_log_file(tacetd_exchange *x, net_request *r);
void tacetd_delivery_call(tacetd_exchange *x, net_request *r, tacet_span body);
void tacetd_blob_put(tacetd_exchange *x, net_request *r, tacet_span body);
void tacetd_blob_get(tacetd_exchange *x, net_request *r);
void tacetd_page(tacetd_service *s, tacetd_call call, net_request *r);

/* ---- sessions: session.c, session_frames.c, acks.c, resume.c ---- */

/* Answers GET /v1/receive. */
void tacetd_session_open(tacetd_service *s, net_request *r);
void tacetd_session_message(net_ws *w, tacet_span message);
void tacetd_session_writable(net_ws *w);
void tacetd_session_closed(net_ws *w);
/* On the loop: GOODBYE to each session of it. */
void tacetd_session_goodbye(tacetd_loop *l);

/* On the loop. */
void tacetd_acks_add(tacetd_loop *l, const uint8_t *mailbox, uint64_t seq);
void tacetd_acks_free(tacetd_loop *l);

/* Lets go of the detached sessions whose five minutes are over, or of all. */
void tacetd_resume_sweep(tacetd_service *s, bool all);

#endif
