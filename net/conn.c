/* SPDX-License-Identifier: Apache-2.0
 * The life of one connection: birth, deadlines, events, death. advance() is the
 * only place that reads, writes or calls a handler, and only the event loop
 * calls it, so nothing is re-entered: what a handler does (answer, send, close)
 * changes fields, and the steps that follow see them. */
#include "net/conn.h"

#include <unistd.h>

#include "net/tls_internal.h"

#define ROUNDS 64 /* steps of one connection before others get their turn */

static uint64_t now(const conn *c) {
  return net_loop_now(c->lc->loop);
}
static const net_server_config *config(const conn *c) {
  return &c->lc->s->config;
}

static void conn_free(conn *c);
static void advance(conn *c);

/* ---- time ---- */

void conn_set_deadline(conn *c, uint64_t at) {
  c->deadline = at;
  /* Moving a timer later is left to its firing: most never fire. */
  if (at != UINT64_MAX && (c->timer.place == 0 || at < c->timer.at) &&
      net_timer_set(c->lc->loop, &c->timer, at) != TACET_OK) {
    c->dead = true;
  }
}

void conn_enter(conn *c, conn_state state, uint32_t ms) {
  c->state = state;
  c->slice = 0;
  conn_set_deadline(c, ms == 0 ? UINT64_MAX : now(c) + ms);
}

static void on_timer(net_timer *t) {
  conn *c = t->user;
  if (c->dead || now(c) < c->deadline) {
    conn_set_deadline(c, c->deadline);
    advance(c);
    return;
  }
  if (c->state == CONN_WS) {
    ws_timeout(c);
    advance(c);
    return;
  }
  if (c->state != CONN_LINGER) {
    NET_COUNT(c->lc->s, timeouts, 1);
  }
  bool begun = conn_input(c).len > 0;
  if (c->n_waiting == 0 &&
      (c->state == CONN_BODY || (c->state == CONN_HEAD && begun))) {
    conn_refuse(c, 408);
    advance(c);
  } else {
    conn_free(c);
  }
}

/* ---- birth and death ---- */

static void on_watch(net_watch *w, unsigned events) {
  conn *c = w->user;
  bool waits = c->state == CONN_WAIT || c->n_waiting > 0 ||
               (c->state == CONN_BODY && c->request->paused);
  c->drained = false;
  if ((events & NET_HANGUP) != 0 && waits) {
    c->dead =
        true; /* nobody is left to answer; it would be reported for ever */
  } else if ((events & NET_READ) != 0 &&
             (c->state == CONN_WAIT || c->state == CONN_WRITE)) {
    /* More came before its turn: it is not asked for until then. */
    net_watch_change(c->lc->loop, w, w->events & ~(unsigned)NET_READ);
  }
  advance(c);
}

static void on_task(net_task *t) {
  advance(t->user);
}

static bool start_tls(conn *c) {
  if (config(c)->tls == NULL) {
    return true;
  }
  c->ssl = SSL_new(config(c)->tls->ctx);
  if (c->ssl == NULL) {
    return false;
  }
  BIO_up_ref(c->lc->bio);
  SSL_set_bio(c->ssl, c->lc->bio, c->lc->bio); /* takes one for both */
  SSL_set_accept_state(c->ssl);
  return true;
}

static void enlist(conn *c) {
  loop_context *lc = c->lc;
  c->next = lc->first;
  if (lc->first != NULL) {
    lc->first->prev = c;
  }
  lc->first = c;
}

static void delist(conn *c) {
  if (c->prev != NULL) {
    c->prev->next = c->next;
  } else {
    c->lc->first = c->next;
  }
  if (c->next != NULL) {
    c->next->prev = c->prev;
  }
}

void conn_new(loop_context *lc, int fd, net_peer peer) {
  net_server *s = lc->s;
  conn *c = tacet_alloc(sizeof(*c));
  if (c == NULL) {
    conn_turn_away(lc, fd, peer);
    return;
  }
  *c = (conn){.lc = lc, .peer = peer, .deadline = UINT64_MAX};
  c->in.max = NET_HEAD_MAX + NET_SCRATCH + 1;
  c->out.max = SIZE_MAX / 2;
  c->watch =
      (net_watch){.fd = fd, .events = NET_READ, .fn = on_watch, .user = c};
  c->timer = (net_timer){.fn = on_timer, .user = c};
  c->task = (net_task){.fn = on_task, .user = c};
  c->accepted = !s->config.proxy_protocol;
  NET_COUNT(s, accepted, 1);
  enlist(c);
  bool ok = start_tls(c);
  conn_enter(c,
             s->config.proxy_protocol ? CONN_PROXY
             : c->ssl != NULL         ? CONN_TLS
                                      : CONN_HEAD,
             s->config.handshake_ms);
  if (!ok || c->dead ||
      net_watch_start(lc->loop, &c->watch, false) != TACET_OK) {
    conn_free(c);
  }
}

static void conn_free(conn *c) {
  net_server *s = c->lc->s;
  c->dead = c->advancing = true; /* what the callbacks ask of it does nothing */
  net_watch_stop(c->lc->loop, &c->watch);
  net_timer_cancel(c->lc->loop, &c->timer);
  net_task_cancel(c->lc->loop, &c->task);
  if (c->request != NULL) {
    request_free(c->request);
  }
  pipeline_free(c);
  if (c->ws != NULL) {
    ws_free(c->ws);
  }
  SSL_free(c->ssl);
  close(c->watch.fd);
  tacet_buf_free(&c->in);
  tacet_buf_free(&c->out);
  if (c->accepted && s->h.on_disconnect != NULL) {
    s->h.on_disconnect(s->h.user, c->peer);
  }
  delist(c);
  loop_context *lc = c->lc;
  tacet_free(c);
  server_count_one_less(lc);
}

void conn_kill(conn *c) {
  c->dead = true;
  conn_advance(c);
}

void conn_kill_now(conn *c) {
  conn_free(c);
}

void conn_retire(conn *c) {
  c->keep_alive = false;
  if (c->state == CONN_WS) {
    net_ws_close(c->ws, NET_WS_GOING_AWAY);
  } else if (c->state == CONN_HEAD && conn_input(c).len == 0 &&
             c->n_waiting == 0) {
    conn_enter(c, CONN_CLOSING, config(c)->write_ms);
    conn_advance(c);
  } else if (c->state == CONN_PROXY || c->state == CONN_TLS) {
    conn_kill(c);
  }
}

void conn_refuse(conn *c, int status) {
  net_server *s = c->lc->s;
  net_response a = {.status = status, .close = true};
  if (c->n_waiting > 0) { /* it would overtake their answers */
    c->dead = true;
    return;
  }
  if (c->request != NULL) {
    request_free(c->request);
    c->request = NULL;
  }
  if (s->h.on_refused != NULL) {
    s->h.on_refused(s->h.user, status, &a);
  }
  response_head(&c->out, &a);
  response_rest(&c->out, false, a.body);
  c->linger = true;
  conn_enter(c, CONN_CLOSING, s->config.write_ms);
}

/* ---- events ---- */

static unsigned wanted_events(const conn *c) {
  unsigned events = c->wants_write ? (unsigned)NET_WRITE : 0u;
  bool reads = false;
  switch (c->state) {
  case CONN_PROXY:
  case CONN_TLS:
  case CONN_LINGER:
    reads = true;
    break;
  case CONN_HEAD:
    reads = !c->held;
    break;
  case CONN_BODY:
    reads = !c->request->paused;
    break;
  case CONN_WS:
    reads = !ws_is_deaf(c->ws);
    break;
  case CONN_WAIT:
  case CONN_WRITE:
    /* Not changed there and back for each request: most clients wait. */
    reads = (c->watch.events & NET_READ) != 0;
    break;
  case CONN_CLOSING:
    break;
  }
  return events | (reads ? (unsigned)NET_READ : 0u);
}

/* As far as it goes; afterwards it may be gone. */
static void advance(conn *c) {
  int rounds = 0;
  c->advancing = true;
  c->wants_write = false;
  while (!c->dead && rounds++ < ROUNDS && conn_step(c)) {
  }
  if (!c->dead) {
    conn_keep(c);
  }
  c->advancing = false;
  if (c->dead) {
    conn_free(c);
    return;
  }
  if (rounds > ROUNDS) {
    /* There may be more inside TLS, of which epoll knows nothing. */
    conn_advance(c);
  }
  if (c->state == CONN_WS) {
    conn_set_deadline(c, ws_deadline(c));
  }
  net_watch_change(c->lc->loop, &c->watch, wanted_events(c));
}

void conn_advance(conn *c) {
  if (!c->advancing) {
    net_task_soon(c->lc->loop, &c->task);
  }
}
