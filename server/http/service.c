/* SPDX-License-Identifier: Apache-2.0
 * The service: what the transport calls, start and stop. */
#include "server/http/service.h"

#include "net/address.h"
#include "server/http/private.h"
#include "server/http/router.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* The two lists of limits, the protocol's and this server's, agree. */
_Static_assert(TACETD_ITEM_MAX == TACET_ITEM_MAX, "an item");
_Static_assert(TACETD_SEND_RECIPIENTS_MAX == TACET_RECIPIENTS_MAX, "a send");
_Static_assert(TACETD_SEND_BYTES_MAX == TACET_SEND_BYTES_MAX, "its bytes");
_Static_assert(TACETD_SLOT_READ_MAX == TACET_SLOTS_MAX, "slots at once");
_Static_assert(TACETD_BLOB_BYTES_PER_TOKEN == TACET_BLOB_BYTES_PER_TOKEN,
               "a token's worth");
_Static_assert(TACETD_DEVICES_MAX == TACET_DEVICES_MAX, "devices");
_Static_assert(TACETD_MAILBOX_BATCH_MAX == TACET_MAILBOXES_MAX, "mailboxes");
_Static_assert(TACETD_SLOT_BODY_MAX == TACET_SLOT_BODY_MAX, "a slot");
_Static_assert(TACETD_SLOT_FREE_MAX == TACET_SLOT_FREE_MAX, "a free slot");
_Static_assert(TACETD_BLOB_MAX == TACET_BLOB_MAX, "a blob");
_Static_assert(TACETD_BLOB_PIECE_MAX == TACET_BLOB_PIECE_MAX, "a piece");
_Static_assert(TACETD_SUBSCRIBE_MAX == TACET_SUBSCRIPTIONS_MAX, "mailboxes");
_Static_assert(TACETD_SUBSCRIBE_BATCH_MAX == TACET_SUBSCRIBE_MAX, "a frame");
_Static_assert(TACETD_KEY_PACKAGES_PER_PUT_MAX == TACET_KEY_PACKAGES_MAX,
               "key packages");

#define SWEEP_MS 10000
#define THREADS_AUTO_MAX 4

uint64_t tacetd_now_ms(void) {
  struct timespec t = {0};
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* A connection may come before net_server_start() has returned, so each loop's
 * thread takes its place itself, at its first use. */
tacetd_loop *tacetd_loop_here(tacetd_service *s, net_loop *loop) {
  static _Thread_local tacetd_loop *mine;
  if (mine == NULL || mine->s != s) {
    size_t i = atomic_fetch_add(&s->n_assigned, 1);
    TACET_ASSERT(i < s->n_loops);
    mine = &s->loops[i];
    mine->loop = loop;
  }
  return mine;
}

/* ---- what the transport calls ---- */

static bool on_accept(void *user, net_peer peer) {
  tacetd_service *s = user;
  tacetd_address from = tacetd_address_of(peer);
  bool ok =
      !atomic_load(&s->draining) &&
      tacetd_rate_connection_add(
          s->rate, tacetd_rate_tag(s->rate, &from),
          (uint32_t)s->config->max_connections_per_address, tacetd_now_ms());
  if (!ok) {
    tacetd_count_refused(TACETD_REASON_CONNECTIONS);
  }
  return ok;
}

static void on_disconnect(void *user, net_peer peer) {
  tacetd_service *s = user;
  tacetd_address from = tacetd_address_of(peer);
  tacetd_rate_connection_remove(s->rate, tacetd_rate_tag(s->rate, &from));
}

/* Memory for the body; false if all requests together have too much. */
static bool reserve(tacetd_service *s, size_t bytes) {
  size_t before = atomic_fetch_add(&s->body_bytes, bytes);
  if (before + bytes > TACETD_BODIES_MAX) {
    (void)atomic_fetch_sub(&s->body_bytes, bytes);
    TACETD_LOG(OVERLOAD, .part = TACETD_PART_HTTP, .count = (int64_t)before);
    return false;
  }
  return true;
}

/* Answers at once, or when the body has come and was dropped. */
static net_body refuse_head(tacetd_service *s, tacetd_call call, net_request *r,
                            tacetd_answer *a, uint64_t *max_body) {
  const net_http_head *h = net_request_head(r);
  bool wait = h->content_length > 0 && !h->expects_continue &&
              h->content_length <= TACETD_DISCARD_MAX && a->headers == NULL;
  tacetd_exchange *x = wait ? tacetd_exchange_new(s, call, 0) : NULL;
  if (x == NULL) {
    a->close = h->content_length > 0; /* it would be read as a request */
    tacetd_answer_now(s, call, r, a);
    return NET_BODY_ANSWERED;
  }
  x->refused = true;
  x->refusal = a->error;
  x->retry_after_s = a->retry_after_s;
  net_request_set_user(r, x);
  *max_body = h->content_length;
  return NET_BODY_STREAM;
}

static net_body on_head(void *user, net_request *r, uint64_t *max_body) {
  tacetd_service *s = user;
  const net_http_head *h = net_request_head(r);
  const tacetd_route *route = NULL;
  tacetd_address from = tacetd_address_of(net_request_peer(r));
  char allow[TACETD_ALLOW_MAX];
  uint32_t wait_s = 0;
  tacet_wire_error e = tacetd_route_find(h, &route, allow);
  tacetd_call call = route != NULL ? route->call : TACETD_CALL_NONE;
  if (!tacetd_rate_take(s->rate, TACETD_RATE_REQUESTS,
                        tacetd_rate_tag(s->rate, &from), tacetd_now_ms(),
                        &wait_s)) {
    e = TACET_WIRE_RATE;
  } else if (e == TACET_WIRE_OK &&
             (atomic_load(&s->draining) && call != TACETD_CALL_HEALTH)) {
    e = TACET_WIRE_BUSY;
  }
  size_t bytes = (size_t)h->content_length;
  tacetd_exchange *x = NULL;
  if (e == TACET_WIRE_OK && reserve(s, bytes)) {
    x = tacetd_exchange_new(s, call, bytes);
    if (x == NULL) {
      (void)atomic_fetch_sub(&s->body_bytes, bytes);
    }
  }
  if (x == NULL) {
    e = e == TACET_WIRE_OK ? TACET_WIRE_BUSY : e;
    tacetd_answer a = {.error = e,
                       .headers = e == TACET_WIRE_METHOD ? allow : NULL,
                       .retry_after_s = e == TACET_WIRE_RATE ? wait_s
                                        : e == TACET_WIRE_BUSY
                                            ? TACETD_RETRY_AFTER_SECONDS
                                            : 0};
    return refuse_head(s, call, r, &a, max_body);
  }
  net_request_set_user(r, x);
  *max_body = route->body_max;
  return NET_BODY_WHOLE;
}

/* The body of a refused request: dropped. */
static void on_body(void *user, net_request *r, tacet_span piece, bool last) {
  tacetd_service *s = user;
  const tacetd_exchange *x = net_request_user(r);
  (void)piece;
  if (last) {
    tacetd_refuse(s, x->call, r, x->refusal, x->retry_after_s);
  }
}

static void on_request(void *user, net_request *r, tacet_span body) {
  tacetd_service *s = user;
  tacetd_exchange *x = net_request_user(r);
  if (x->refused) {
    return; /* when its body has come */
  }
  if (atomic_load(&s->closed)) {
    tacetd_answer_now(
        s, x->call, r,
        &(tacetd_answer){.error = TACET_WIRE_BUSY,
                         .retry_after_s = TACETD_RETRY_AFTER_SECONDS,
                         .close = true});
    return;
  }
  switch (x->call) {
  case TACETD_CALL_REGISTER:
  case TACETD_CALL_ERASE:
  case TACETD_CALL_MANIFEST:
  case TACETD_CALL_LOOKUP:
  case TACETD_CALL_PUBLISH:
  case TACETD_CALL_CLAIM:
  case TACETD_CALL_TOKENS:
  case TACETD_CALL_LOG:
  case TACETD_CALL_ISSUER_PROOF:
    tacetd_directory_call(x, r, body);
    break;
  case TACETD_CALL_LOG_FILE:
    tacetd_log_file(x, r);
    break;
  case TACETD_CALL_MAILBOXES:
  case TACETD_CALL_MAILBOX_CHANGE:
  case TACETD_CALL_MAILBOX_DELETE:
  case TACETD_CALL_SEND:
  case TACETD_CALL_SLOTS:
    tacetd_delivery_call(x, r, body);
    break;
  case TACETD_CALL_BLOB_PUT:
    tacetd_blob_put(x, r, body);
    break;
  case TACETD_CALL_BLOB_GET:
    tacetd_blob_get(x, r);
    break;
  case TACETD_CALL_RECEIVE:
    tacetd_session_open(s, r);
    break;
  default:
    tacetd_page(s, x->call, r);
    break;
  }
}

static void on_done(void *user, net_request *r) {
  tacetd_service *s = user;
  tacetd_exchange *x = net_request_user(r);
  if (x != NULL) {
    (void)atomic_fetch_sub(&s->body_bytes, x->reserved);
    net_request_set_user(r, NULL);
    tacetd_exchange_unref(x);
  }
}

/* A problem for what the transport refuses. The text lives on in the loop's
 * thread until the next one. */
static void on_refused(void *user, int status, net_response *a) {
  static _Thread_local char problem[TACETD_PROBLEM_MAX];
  tacet_wire_error e = tacetd_problem_of_status(status);
  (void)user;
  a->content_type = TACETD_PROBLEM_TYPE;
  a->headers = status == 503 ? "Cache-Control: no-store\r\nRetry-After: 2\r\n"
                             : "Cache-Control: no-store\r\n";
  a->body = tacet_span_of(problem, tacetd_problem_write(e, status, problem));
  tacetd_count_answer(TACETD_CALL_NONE, status);
  tacetd_count_refused(status == 413 || status == 431
                           ? TACETD_REASON_SIZE
                           : TACETD_REASON_MALFORMED);
}

static void on_ws_message(void *user, net_ws *w, tacet_span message) {
  (void)user;
  tacetd_session_message(w, message);
}
static void on_ws_writable(void *user, net_ws *w) {
  (void)user;
  tacetd_session_writable(w);
}
static void on_ws_close(void *user, net_ws *w, uint16_t code) {
  (void)user;
  (void)code;
  tacetd_session_closed(w);
}

/* ---- life ---- */

static tacet_err make_rates(tacetd_service *s) {
  const tacetd_config *c = s->config;
  const tacetd_rate_rule rules[TACETD_RATE_KINDS] = {
      [TACETD_RATE_REQUESTS] = {(uint32_t)c->requests_per_second, 1,
                                (uint32_t)c->requests_per_second *
                                    TACETD_RATE_BURST_SECONDS},
      [TACETD_RATE_REGISTRATIONS] = {(uint32_t)c->registrations_per_hour, 3600,
                                     (uint32_t)c->registrations_per_hour},
      [TACETD_RATE_LOOKUPS] = {(uint32_t)c->lookups_per_hour, 3600,
                               (uint32_t)c->lookups_per_hour}};
  return tacetd_rate_new(TACETD_RATE_ADDRESSES_MAX, rules, &s->rate);
}

tacet_err tacetd_service_new(const tacetd_service_options *o,
                             tacetd_service **out) {
  tacetd_service *s = tacet_alloc(sizeof(*s));
  if (s == NULL) {
    return TACET_ERR_NOMEM;
  }
  s->folder = o->folder;
  s->config = o->config;
  s->tls = o->tls;
  s->handler = (net_handler){.user = s,
                             .on_accept = on_accept,
                             .on_disconnect = on_disconnect,
                             .on_head = on_head,
                             .on_request = on_request,
                             .on_body = on_body,
                             .on_done = on_done,
                             .on_refused = on_refused,
                             .on_ws_message = on_ws_message,
                             .on_ws_writable = on_ws_writable,
                             .on_ws_close = on_ws_close};
  (void)pthread_mutex_init(&s->detached_lock, NULL);
  (void)pthread_mutex_init(&s->barrier_lock, NULL);
  (void)pthread_cond_init(&s->barrier, NULL);
  tacet_err e = tacetd_hub_new(&s->hub);
  if (e == TACET_OK) {
    e = make_rates(s);
  }
  if (e == TACET_OK) {
    e = tacetd_nonces_new(&s->nonces);
  }
  if (e != TACET_OK) {
    tacetd_service_free(s);
    return e;
  }
  *out = s;
  return TACET_OK;
}

dlv_hooks tacetd_service_hooks(tacetd_service *s) {
  return tacetd_hub_hooks(s->hub);
}

/* ---- on every loop ---- */

/* A call that runs on each loop, and that is waited for. */
struct visit {
  tacetd_service *s;
  net_loop *loop;
  void (*fn)(tacetd_loop *l); /* NULL: only the wait */
};

static void on_visit(void *user) {
  struct visit *v = user;
  tacetd_service *s = v->s;
  tacetd_loop *l = tacetd_loop_here(s, v->loop);
  if (v->fn != NULL) {
    v->fn(l);
  }
  tacet_free(v);
  (void)pthread_mutex_lock(&s->barrier_lock);
  s->n_passed++;
  (void)pthread_cond_signal(&s->barrier);
  (void)pthread_mutex_unlock(&s->barrier_lock);
}

/* When it returns, no loop is in a callback that began before. */
static tacet_err visit_loops(tacetd_service *s, void (*fn)(tacetd_loop *l)) {
  tacet_err e = TACET_OK;
  size_t n = 0;
  s->n_passed = 0;
  for (size_t i = 0; i < s->n_loops && e == TACET_OK; i++) {
    struct visit *v = tacet_alloc(sizeof(*v));
    if (v == NULL) {
      e = TACET_ERR_NOMEM;
      break;
    }
    *v = (struct visit){s, net_server_loop(s->server, i), fn};
    e = net_loop_post(v->loop, on_visit, v);
    n += e == TACET_OK;
    if (e != TACET_OK) {
      tacet_free(v);
    }
  }
  (void)pthread_mutex_lock(&s->barrier_lock);
  while (s->n_passed < n) {
    (void)pthread_cond_wait(&s->barrier, &s->barrier_lock);
  }
  (void)pthread_mutex_unlock(&s->barrier_lock);
  return e;
}

static void on_sweep(net_timer *t) {
  tacetd_loop *l = t->user;
  tacetd_resume_sweep(l->s, false);
  (void)!net_timer_set(l->loop, t, net_loop_now(l->loop) + SWEEP_MS);
}

static void start_sweep(tacetd_loop *l) {
  l->sweep = (net_timer){.fn = on_sweep, .user = l};
  (void)!net_timer_set(l->loop, &l->sweep, net_loop_now(l->loop) + SWEEP_MS);
}

/* ---- start ---- */

static unsigned threads_of(const tacetd_config *c) {
  long n = sysconf(_SC_NPROCESSORS_ONLN);
  if (c->threads > 0) {
    return (unsigned)c->threads;
  }
  return n < 1 ? 1 : n > THREADS_AUTO_MAX ? THREADS_AUTO_MAX : (unsigned)n;
}

/* Where to listen: a UNIX socket's path, or host and port. */
static tacet_err fill_address(const tacetd_service *s, char *host, char *port,
                              net_server_config *out) {
  const char *where =
      s->tls == NULL ? s->config->behind_proxy : s->config->listen;
  uint16_t number = 0;
  if (where[0] == '/') {
    out->path = where;
    return TACET_OK;
  }
  TACET_TRY(net_host_port(where, host, TACETD_CONFIG_TEXT_MAX, &number));
  (void)snprintf(port, 8, "%u", (unsigned)number);
  out->host = host;
  out->port = port;
  return TACET_OK;
}

tacet_err tacetd_service_start(tacetd_service *s, dir_directory *directory,
                               dlv_delivery *delivery) {
  char host[TACETD_CONFIG_TEXT_MAX], port[8];
  unsigned n = threads_of(s->config);
  net_server_config c = {.tls = s->tls,
                         .proxy_protocol = s->tls == NULL,
                         .n_loops = n,
                         .max_connections =
                             (unsigned)s->config->max_connections,
                         .handshake_ms = TACETD_HANDSHAKE_SECONDS * 1000,
                         .head_ms = TACETD_HEAD_SECONDS * 1000,
                         .idle_ms = TACETD_IDLE_SECONDS * 1000,
                         .body_ms = TACETD_BODY_SECONDS * 1000,
                         .write_ms = TACETD_WRITE_SECONDS * 1000,
                         .ping_ms = TACETD_PING_SECONDS * 1000,
                         .max_controls = TACETD_CONTROLS_PER_SECOND};
  TACET_TRY(fill_address(s, host, port, &c));
  s->directory = directory;
  s->delivery = delivery;
  s->loops = tacet_alloc_array(n, sizeof(*s->loops));
  if (s->loops == NULL) {
    return TACET_ERR_NOMEM;
  }
  s->n_loops = n;
  for (size_t i = 0; i < n; i++) {
    s->loops[i].s = s;
    tacet_buf_init(&s->loops[i].frame, TACET_FRAME_MAX);
  }
  TACET_TRY(net_server_start(&c, &s->handler, &s->server));
  return visit_loops(s, start_sweep);
}

uint16_t tacetd_service_port(const tacetd_service *s) {
  return net_server_port(s->server);
}

uint64_t tacetd_service_connections(const tacetd_service *s) {
  net_server_stats stats;
  net_server_get_stats(s->server, &stats);
  return stats.connections;
}

/* ---- stop ---- */

/* Delivery is closed after this, so not one loop may still be about to submit:
 * the second visit waits for those that were. */
uint64_t tacetd_service_drain(tacetd_service *s, uint32_t ms) {
  if (s->server == NULL) {
    return 0; /* it never started */
  }
  atomic_store(&s->draining, true);
  (void)!visit_loops(s, tacetd_session_goodbye);
  net_server_drain(s->server, ms);
  atomic_store(&s->closed, true);
  (void)!visit_loops(s, NULL);
  return tacetd_service_connections(s);
}

void tacetd_service_free(tacetd_service *s) {
  if (s == NULL) {
    return;
  }
  atomic_store(&s->draining, true);
  atomic_store(&s->closed, true);
  net_server_free(s->server);
  tacetd_resume_sweep(s, true);
  for (size_t i = 0; i < s->n_loops; i++) {
    tacetd_acks_free(&s->loops[i]);
    tacet_buf_free(&s->loops[i].frame);
  }
  tacet_free(s->loops);
  tacetd_hub_free(s->hub);
  tacetd_rate_free(s->rate);
  tacetd_nonces_free(s->nonces);
  (void)pthread_mutex_destroy(&s->detached_lock);
  (void)pthread_mutex_destroy(&s->barrier_lock);
  (void)pthread_cond_destroy(&s->barrier);
  tacet_free(s);
}
