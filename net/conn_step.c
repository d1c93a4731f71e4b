/* SPDX-License-Identifier: Apache-2.0
 * What a connection does in each of its states. Each step returns true if it
 * got somewhere, so that the next one may follow at once. */
#include "net/conn.h"

#include <sys/socket.h>

#include "net/tls_internal.h"

static const net_server_config *config(const conn *c) {
  return &c->lc->s->config;
}

/* Reads; false also if the other side is done, which ends the connection. */
static bool fill_or_end(conn *c) {
  bool more = conn_fill(c);
  c->dead = c->dead || (!more && c->end_of_input);
  return more;
}

/* ---- before the first request ---- */

static bool step_proxy(conn *c) {
  bool known;
  net_server *s = c->lc->s;
  net_parse r = conn_read_proxy(c, &known);
  if (r == NET_PARSE_MORE) {
    return false;
  }
  if (r != NET_PARSE_OK) {
    NET_COUNT(s, handshakes_failed, 1);
    c->dead = true;
    return false;
  }
  if (s->h.on_accept != NULL && !s->h.on_accept(s->h.user, c->peer)) {
    NET_COUNT(s, refused, 1);
    c->dead = true;
    return false;
  }
  c->accepted = true;
  c->state = c->ssl != NULL ? CONN_TLS : CONN_HEAD;
  return true;
}

static bool step_tls(conn *c) {
  conn_ssl_begin(c);
  int r = SSL_accept(c->ssl);
  if (r == 1) {
    conn_enter(c, CONN_HEAD, config(c)->idle_ms);
    return true;
  }
  if (conn_ssl_result(c, r) < 0) {
    NET_COUNT(c->lc->s, handshakes_failed, 1);
    c->dead = true;
  }
  return false;
}

/* ---- requests ---- */

static void begin_request(conn *c, const net_http_head *head, size_t used) {
  net_server *s = c->lc->s;
  net_request *r = request_new(c, head, used);
  conn_consume(c, used);
  c->blank_line = false;
  if (r == NULL) {
    conn_refuse(c, 503);
    return;
  }
  NET_COUNT(s, requests, 1);
  c->request = r;
  c->keep_alive = r->head.keep_alive && !c->lc->draining;
  conn_enter(c, CONN_WAIT, 0); /* so that an answer given in on_head counts */
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
  if (c->state != CONN_WAIT) {
    return; /* answered, and r is perhaps gone */
  }
  if (r->stream && r->body_left == 0) {
    s->h.on_body(s->h.user, r, TACET_SPAN_EMPTY, true);
  } else if (r->body_left > 0) {
    conn_enter(c, CONN_BODY, config(c)->body_ms);
  } else {
    pipeline_begin(c);
  }
}

/* One empty line before a request is ignored (RFC 9112 2.2); more of them would
 * keep a connection alive that never asks anything. */
static bool skip_blank_line(conn *c) {
  tacet_span in = conn_input(c);
  if (c->blank_line || in.len < 2 || memcmp(in.p, "\r\n", 2) != 0) {
    return false;
  }
  conn_consume(c, 2);
  c->blank_line = true;
  return true;
}

static bool step_head(conn *c) {
  net_http_head head;
  size_t used;
  if (skip_blank_line(c)) {
    return true;
  }
  if (c->held) {
    return false;
  }
  bool begun = conn_input(c).len > 0;
  if (begun) {
    net_parse r = net_http_request(conn_input(c), &head, &used);
    if (c->n_waiting > 0 && r != NET_PARSE_MORE &&
        (r != NET_PARSE_OK || !pipeline_admits(c, &head))) {
      c->held = true; /* its turn comes when the others are answered */
      conn_enter(c, CONN_HEAD, 0);
      return false;
    }
    if (r == NET_PARSE_OK) {
      begin_request(c, &head, used);
      return true;
    }
    if (r != NET_PARSE_MORE) {
      conn_refuse(c, (int)r);
      return true;
    }
  }
  if (c->n_waiting > 0 && !conn_fill(c)) {
    if (c->end_of_input) { /* it has said all, and waits for the answers */
      c->held = true;
      c->keep_alive = false;
    }
    return false;
  }
  if (c->n_waiting == 0 && !fill_or_end(c)) {
    return false;
  }
  if (!begun && !c->blank_line) {
    conn_enter(c, CONN_HEAD, config(c)->head_ms);
  }
  return true;
}

static void whole_body(conn *c, net_request *r, tacet_span body) {
  net_server *s = c->lc->s;
  s->h.on_request(s->h.user, r, body);
  if (c->state == CONN_WAIT) { /* else r is perhaps gone */
    pipeline_begin(c);
  }
}

static bool step_body(conn *c) {
  net_server *s = c->lc->s;
  net_request *r = c->request;
  if (r->paused) {
    return false;
  }
  tacet_span piece = conn_input(c);
  if (piece.len == 0) {
    return fill_or_end(c);
  }
  if (piece.len > r->body_left) {
    piece.len = (size_t)r->body_left;
  }
  r->body_left -= piece.len;
  bool last = r->body_left == 0;
  if (last) {
    conn_enter(c, CONN_WAIT, 0);
  }
  if (r->stream) {
    s->h.on_body(s->h.user, r, piece, last);
  } else if (last && r->body.len == 0) { /* it came in one piece: no copy */
    whole_body(c, r, piece);
  } else {
    tacet_write_bytes(&r->body, piece);
    if (r->body.err != TACET_OK) {
      conn_refuse(c, 503);
      return true;
    }
    if (last) {
      whole_body(c, r, tacet_buf_span(&r->body));
    }
  }
  conn_consume(c, piece.len);
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
  /* Unless it asked for the end itself, the next request may be on its way. */
  c->linger = r->body_left > 0 || r->head.keep_alive;
  request_free(r);
  c->request = NULL;
  if (c->keep_alive && !c->lc->draining) {
    conn_enter(c, CONN_HEAD, config(c)->idle_ms);
  } else {
    conn_enter(c, CONN_CLOSING, config(c)->write_ms);
  }
  return true;
}

/* ---- WebSocket ---- */

static bool step_ws(conn *c) {
  if (ws_wrote(c) || ws_advance(c)) {
    return true;
  }
  if (c->dead || c->state != CONN_WS || ws_is_deaf(c->ws) || !fill_or_end(c)) {
    return false;
  }
  ws_heard(c);
  return true;
}

/* ---- the end ---- */

/* Whoever closes with bytes unread makes the kernel send a reset, which may
 * overtake the answer (RFC 9112 9.6). So what still comes is thrown away for a
 * while, if something is known to come. */
static bool step_closing(conn *c) {
  conn_say_goodbye(c);
  if (!c->linger || c->end_of_input) {
    c->dead = true;
    return false;
  }
  (void)shutdown(c->watch.fd, SHUT_WR);
  conn_consume(c, conn_input(c).len);
  conn_enter(c, CONN_LINGER, config(c)->linger_ms);
  return true;
}

bool conn_step(conn *c) {
  bool empty = conn_flush(c);
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
    return step_ws(c);
  case CONN_CLOSING:
    return empty && step_closing(c);
  case CONN_LINGER:
    return conn_discard(c);
  }
  return false;
}
