/* SPDX-License-Identifier: Apache-2.0
 * Bytes and states of one connection. conn_advance() is the only place that
 * reads, writes or calls a handler, so nothing is re-entered: what a handler
 * does (answer, send, close) changes fields, and the loop in conn_advance()
 * sees them. */
#include "net/conn.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/err.h>

#include "net/proxy.h"
#include "net/tls_internal.h"

#define ROUNDS 64 /* reads of one connection before others get their turn */

static uint64_t now(const conn *c) {
  return net_loop_now(c->lc->loop);
}
static const net_server_config *config(const conn *c) {
  return &c->lc->s->config;
}

static void conn_free(conn *c);
static void advance_and_bury(conn *c);

/* ---- time ---- */

void conn_set_deadline(conn *c, uint64_t at) {
  c->deadline = at;
  /* Moving a timer later is left to its firing: most never fire. */
  if (at != UINT64_MAX && (c->timer.place == 0 || at < c->timer.at) &&
      net_timer_set(c->lc->loop, &c->timer, at) != TACET_OK) {
    c->dead = true;
  }
}

static void on_timer(net_timer *t) {
  conn *c = t->user;
  if (c->dead || now(c) < c->deadline) {
    conn_set_deadline(c, c->deadline);
    advance_and_bury(c);
    return;
  }
  if (c->state == CONN_WS) {
    ws_timeout(c);
    advance_and_bury(c);
    return;
  }
  NET_COUNT(c->lc->s, timeouts, 1);
  bool begun = c->in.len > c->in_at;
  if (c->state == CONN_BODY || (c->state == CONN_HEAD && begun)) {
    conn_refuse(c, 408);
    advance_and_bury(c);
  } else {
    conn_free(c);
  }
}

/* ---- birth and death ---- */

static void on_watch(net_watch *w, unsigned events) {
  conn *c = w->user;
  c->drained = false;
  if (events == (NET_READ | NET_WRITE) && c->state == CONN_WAIT) {
    c->dead = true; /* a hang-up while the handler works */
  } else if ((events & NET_READ) != 0 &&
             (c->state == CONN_WAIT || c->state == CONN_WRITE)) {
    /* More came before its turn: it is not asked for until then. */
    net_watch_change(c->lc->loop, w, w->events & ~(unsigned)NET_READ);
  }
  advance_and_bury(c);
}

void conn_new(loop_context *lc, int fd, net_peer peer) {
  net_server *s = lc->s;
  conn *c = tacet_alloc(sizeof(*c));
  SSL *ssl =
      c == NULL || s->config.tls == NULL ? NULL : SSL_new(s->config.tls->ctx);
  if (c == NULL || (s->config.tls != NULL && ssl == NULL)) {
    tacet_free(c);
    close(fd);
    return;
  }
  if (ssl != NULL) {
    BIO_up_ref(lc->bio);
    SSL_set_bio(ssl, lc->bio, lc->bio); /* takes one reference for both */
    SSL_set_accept_state(ssl);
  }
  *c = (conn){.lc = lc, .ssl = ssl, .peer = peer, .deadline = UINT64_MAX};
  c->in.max = NET_HEAD_MAX + NET_SCRATCH + 1;
  c->out.max = SIZE_MAX / 2;
  c->watch =
      (net_watch){.fd = fd, .events = NET_READ, .fn = on_watch, .user = c};
  c->timer = (net_timer){.fn = on_timer, .user = c};
  c->state = s->config.proxy_protocol ? CONN_PROXY
             : ssl != NULL            ? CONN_TLS
                                      : CONN_HEAD;
  c->next = lc->first;
  if (lc->first != NULL) {
    lc->first->prev = c;
  }
  lc->first = c;
  NET_COUNT(s, accepted, 1);
  NET_COUNT(s, connections, 1);
  c->accepted = !s->config.proxy_protocol;
  conn_set_deadline(c, now(c) + s->config.handshake_ms);
  if (c->dead || net_watch_start(lc->loop, &c->watch, false) != TACET_OK) {
    conn_free(c);
  }
}

static void conn_free(conn *c) {
  net_server *s = c->lc->s;
  net_watch_stop(c->lc->loop, &c->watch);
  net_timer_cancel(c->lc->loop, &c->timer);
  if (c->request != NULL) {
    request_free(c->request);
  }
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
  if (c->prev != NULL) {
    c->prev->next = c->next;
  } else {
    c->lc->first = c->next;
  }
  if (c->next != NULL) {
    c->next->prev = c->prev;
  }
  tacet_free(c);
  if (NET_COUNT(s, connections, (uint_fast64_t)-1) == 1) {
    pthread_mutex_lock(&s->lock);
    pthread_cond_broadcast(&s->gone);
    pthread_mutex_unlock(&s->lock);
  }
}

void conn_kill(conn *c) {
  c->dead = true;
  /* Somebody up the stack may still hold it; the timer's round buries it. */
  if (!c->advancing) {
    (void)!net_timer_set(c->lc->loop, &c->timer, now(c));
  }
}

void conn_kill_now(conn *c) {
  conn_free(c);
}

void conn_retire(conn *c) {
  c->keep_alive = false;
  if (c->state == CONN_WS) {
    net_ws_close(c->ws, NET_WS_GOING_AWAY);
  } else if (c->state == CONN_HEAD && c->in.len == c->in_at) {
    c->state = CONN_CLOSING;
    conn_advance(c);
  } else if (c->state == CONN_PROXY || c->state == CONN_TLS) {
    conn_kill(c);
  }
}

void conn_refuse(conn *c, int status) {
  net_server *s = c->lc->s;
  net_response a = {.status = status, .close = true};
  if (c->request != NULL) {
    request_free(c->request);
    c->request = NULL;
  }
  if (s->h.on_refused != NULL) {
    s->h.on_refused(s->h.user, status, &a);
  }
  response_write(&c->out, &a, false, false);
  c->state = CONN_CLOSING;
  conn_set_deadline(c, now(c) + s->config.write_ms);
}

/* ---- bytes ---- */

/* >0: that many; 0: nothing now; -1: the other side is done or broke off. */
static ssize_t classify(conn *c, int r) {
  if (r > 0) {
    return r;
  }
  int e = SSL_get_error(c->ssl, r);
  ERR_clear_error();
  if (e == SSL_ERROR_WANT_READ) {
    return 0;
  }
  if (e == SSL_ERROR_WANT_WRITE) {
    c->wants_write = true;
    return 0;
  }
  return -1;
}

static ssize_t read_some(conn *c, uint8_t *p, size_t n) {
  if (c->ssl != NULL) {
    net_tls_bio_set(c->lc->bio, c->watch.fd);
    return classify(c, SSL_read(c->ssl, p, (int)n));
  }
  ssize_t r = recv(c->watch.fd, p, n, 0);
  if (r < 0 && (errno == EAGAIN || errno == EINTR)) {
    return 0;
  }
  return r > 0 ? r : -1;
}

static ssize_t write_some(conn *c, const uint8_t *p, size_t n) {
  n = n > (1u << 30) ? (1u << 30) : n;
  if (c->ssl != NULL) {
    net_tls_bio_set(c->lc->bio, c->watch.fd);
    return classify(c, SSL_write(c->ssl, p, (int)n));
  }
  ssize_t r = send(c->watch.fd, p, n, MSG_NOSIGNAL);
  if (r < 0 && (errno == EAGAIN || errno == EINTR)) {
    c->wants_write = true;
    return 0;
  }
  return r > 0 ? r : -1;
}

/* True when `out` is empty. */
static bool flush_out(conn *c) {
  while (c->out.len > c->out_at) {
    ssize_t n = write_some(c, c->out.p + c->out_at, c->out.len - c->out_at);
    if (n < 0) {
      c->dead = true;
      return false;
    }
    if (n == 0) {
      c->wants_write = true;
      return false;
    }
    c->out_at += (size_t)n;
    c->progress = now(c);
    NET_COUNT(c->lc->s, bytes_out, (uint_fast64_t)n);
    if (c->state == CONN_WRITE || c->state == CONN_CLOSING) {
      conn_set_deadline(c, now(c) + config(c)->write_ms);
    }
  }
  if (c->out.p != NULL) {
    tacet_buf_free(&c->out); /* an idle connection holds nothing */
    c->out_at = 0;
  }
  return true;
}

/* Reads once into `in`. True if something came. */
static bool fill_in(conn *c) {
  uint8_t *scratch = c->lc->scratch;
  if (c->end_of_input || c->drained) {
    return false;
  }
  ssize_t n = read_some(c, scratch, NET_SCRATCH);
  /* Less than a whole record, and nothing left inside TLS: epoll says when there
   * is more, which spares the read that finds nothing. */
  c->drained = n < SSL3_RT_MAX_PLAIN_LENGTH &&
               (c->ssl == NULL || !SSL_has_pending(c->ssl));
  if (n <= 0) {
    c->end_of_input = n < 0;
    return false;
  }
  NET_COUNT(c->lc->s, bytes_in, (uint_fast64_t)n);
  if (c->in_at > 0) {
    size_t left = c->in.len - c->in_at;
    memmove(c->in.p, c->in.p + c->in_at, left);
    c->in.len = left;
    c->in_at = 0;
  }
  tacet_write_bytes(&c->in, tacet_span_of(scratch, (size_t)n));
  if (c->in.err != TACET_OK) {
    c->dead = true;
    return false;
  }
  return true;
}

static tacet_span input(const conn *c) {
  return c->in.len == c->in_at
             ? TACET_SPAN_EMPTY
             : tacet_span_of(c->in.p + c->in_at, c->in.len - c->in_at);
}

static void consume(conn *c, size_t n) {
  c->in_at += n;
  if (c->in_at == c->in.len) {
    tacet_buf_free(&c->in);
    c->in_at = 0;
  }
}

/* ---- states: each step returns true if it got somewhere ---- */

static bool step_tls(conn *c) {
  net_tls_bio_set(c->lc->bio, c->watch.fd);
  int r = SSL_accept(c->ssl);
  if (r == 1) {
    c->state = CONN_HEAD;
    conn_set_deadline(c, now(c) + config(c)->idle_ms);
    return true;
  }
  if (classify(c, r) < 0) {
    NET_COUNT(c->lc->s, handshakes_failed, 1);
    c->dead = true;
  }
  return false;
}

static bool step_proxy(conn *c) {
  size_t used;
  bool known;
  net_server *s = c->lc->s;
  net_parse r = net_proxy_read(input(c), c->peer.address, &known, &used);
  if (r == NET_PARSE_MORE) {
    return fill_in(c);
  }
  if (r != NET_PARSE_OK) {
    c->dead = true;
    return false;
  }
  consume(c, used);
  if (s->h.on_accept != NULL && !s->h.on_accept(s->h.user, c->peer)) {
    NET_COUNT(s, refused, 1);
    c->dead = true;
    return false;
  }
  c->accepted = true;
  c->state = c->ssl != NULL ? CONN_TLS : CONN_HEAD;
  return true;
}

static void begin_request(conn *c, const net_http_head *head, size_t used) {
  net_server *s = c->lc->s;
  net_request *r = request_new(c, head, used);
  consume(c, used);
  if (r == NULL) {
    conn_refuse(c, 503);
    return;
  }
  NET_COUNT(s, requests, 1);
  c->request = r;
  c->keep_alive = r->head.keep_alive && !c->lc->draining;
  c->state = CONN_WAIT; /* so that an answer given in on_head counts */
  conn_set_deadline(c, UINT64_MAX);
  net_body how = s->h.on_head(s->h.user, r, &r->max_body);
  if (c->state != CONN_WAIT || how == NET_BODY_ANSWERED) {
    return;
  }
  if (r->body_left > r->max_body) {
    conn_refuse(c, 413);
    return;
  }
  if (r->head.expects_continue && r->body_left > 0) {
    tacet_write_bytes(&c->out, TACET_SPAN_LIT("HTTP/1.1 100 Continue\r\n\r\n"));
  }
  r->stream = how == NET_BODY_STREAM;
  r->body.max = r->stream ? 0 : (size_t)r->body_left;
  if (r->stream || r->body_left == 0) {
    s->h.on_request(s->h.user, r, TACET_SPAN_EMPTY);
  }
  if (c->state == CONN_WAIT && r->body_left > 0) {
    c->state = CONN_BODY;
    conn_set_deadline(c, now(c) + config(c)->body_ms);
  }
}

static bool step_head(conn *c) {
  net_http_head head;
  size_t used;
  if (c->in.len > c->in_at) {
    /* Empty lines before a request are ignored (RFC 9112 2.2). */
    while (input(c).len >= 2 && memcmp(input(c).p, "\r\n", 2) == 0) {
      consume(c, 2);
    }
    net_parse r = net_http_request(input(c), &head, &used);
    if (r == NET_PARSE_OK) {
      begin_request(c, &head, used);
      return true;
    }
    if (r != NET_PARSE_MORE) {
      conn_refuse(c, (int)r);
      return true;
    }
  }
  bool was_idle = c->in.len == c->in_at;
  if (!fill_in(c)) {
    c->dead = c->dead || c->end_of_input;
    return false;
  }
  if (was_idle) {
    conn_set_deadline(c, now(c) + config(c)->head_ms);
  }
  return true;
}

static bool step_body(conn *c) {
  net_server *s = c->lc->s;
  net_request *r = c->request;
  if (r->paused) {
    return false;
  }
  tacet_span piece = input(c);
  if (piece.len == 0) {
    if (!fill_in(c)) {
      c->dead = c->dead || c->end_of_input;
      return false;
    }
    conn_set_deadline(c, now(c) + config(c)->body_ms);
    return true;
  }
  if (piece.len > r->body_left) {
    piece.len = (size_t)r->body_left;
  }
  r->body_left -= piece.len;
  bool last = r->body_left == 0;
  if (last) {
    c->state = CONN_WAIT;
    conn_set_deadline(c, UINT64_MAX);
  }
  if (r->stream) {
    s->h.on_body(s->h.user, r, piece, last);
  } else {
    tacet_write_bytes(&r->body, piece);
    if (r->body.err != TACET_OK) {
      conn_refuse(c, 503);
      return true;
    }
    if (last) {
      s->h.on_request(s->h.user, r, tacet_buf_span(&r->body));
    }
  }
  consume(c, piece.len);
  return true;
}

/* The answer is in `out`, or comes from its source. */
static bool step_write(conn *c) {
  net_request *r = c->request;
  if (r->source.pull != NULL && r->source.length > 0) {
    size_t want = r->source.length < NET_CHUNK ? (size_t)r->source.length
                                               : (size_t)NET_CHUNK;
    uint8_t *p = tacet_write_space(&c->out, want);
    int64_t n = p == NULL ? -1 : r->source.pull(r->source.user, p, want);
    if (n <= 0 || (uint64_t)n > want) {
      c->dead = true;
      return false;
    }
    c->out.len -= want - (size_t)n;
    r->source.length -= (uint64_t)n;
    return true;
  }
  request_free(r);
  c->request = NULL;
  c->state = c->keep_alive && !c->lc->draining ? CONN_HEAD : CONN_CLOSING;
  conn_set_deadline(c, now(c) + config(c)->idle_ms);
  return true;
}

static bool step_ws(conn *c) {
  if (ws_advance(c)) {
    return true;
  }
  if (c->dead || c->state != CONN_WS) {
    return false;
  }
  if (c->ws->max_queue < net_ws_queued(c->ws)) {
    return false; /* it does not read: then it is not listened to either */
  }
  if (!fill_in(c)) {
    c->dead = c->dead || c->end_of_input;
    return false;
  }
  c->ws->pinged = false;
  conn_set_deadline(c, now(c) + config(c)->ping_ms);
  return true;
}

static bool step(conn *c) {
  bool empty = flush_out(c);
  if (c->dead) {
    return false;
  }
  switch (c->state) {
  case CONN_PROXY:
    return step_proxy(c);
  case CONN_TLS:
    return step_tls(c);
  case CONN_HEAD:
    return step_head(c);
  case CONN_BODY:
    return step_body(c);
  case CONN_WAIT:
    return false;
  case CONN_WRITE:
    return empty && step_write(c);
  case CONN_WS:
    ws_wrote(c);
    return step_ws(c);
  case CONN_CLOSING:
    if (empty) {
      if (c->ssl != NULL) {
        net_tls_bio_set(c->lc->bio, c->watch.fd);
        (void)SSL_shutdown(c->ssl);
        ERR_clear_error();
      }
      c->dead = true;
    }
    return false;
  }
  return false;
}

static unsigned wanted_events(const conn *c) {
  unsigned events = c->wants_write ? (unsigned)NET_WRITE : 0u;
  bool reads =
      c->state == CONN_PROXY || c->state == CONN_TLS || c->state == CONN_HEAD ||
      (c->state == CONN_BODY && !c->request->paused) ||
      (c->state == CONN_WS && net_ws_queued(c->ws) <= c->ws->max_queue) ||
      /* Not changed there and back for each request: most clients wait. */
      ((c->state == CONN_WAIT || c->state == CONN_WRITE) &&
       (c->watch.events & NET_READ) != 0);
  return events | (reads ? (unsigned)NET_READ : 0u);
}

/* As far as it goes; afterwards it may be dead. */
static void advance(conn *c) {
  int rounds = 0;
  c->advancing = true;
  c->wants_write = false;
  while (!c->dead && step(c)) {
    if (++rounds == ROUNDS) {
      /* There may be more inside TLS, of which epoll knows nothing. */
      if (net_timer_set(c->lc->loop, &c->timer, now(c) + 1) != TACET_OK) {
        c->dead = true;
      }
      break;
    }
  }
  c->advancing = false;
  if (!c->dead) {
    net_watch_change(c->lc->loop, &c->watch, wanted_events(c));
  }
}

static void advance_and_bury(conn *c) {
  if (!c->dead) {
    advance(c);
  }
  if (c->dead) {
    conn_free(c);
  }
}

void conn_advance(conn *c) {
  if (c->advancing) {
    return;
  }
  if (!c->dead) {
    advance(c);
  }
  if (c->dead) {
    conn_kill(c);
  }
}
