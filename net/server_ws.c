/* SPDX-License-Identifier: Apache-2.0
 * The server's side of WebSocket. */
#include <stdio.h>

#include "net/conn.h"

net_ws *net_ws_accept(net_request *r, size_t max_message, size_t max_queue,
                      const char *fields, void *user) {
  conn *c = r->c;
  char key[29], line[160];
  net_ws *w = tacet_alloc(sizeof(*w));
  TACET_ASSERT(!r->answered && r->head.websocket);
  if (w == NULL ||
      net_ws_accept_key(net_http_get(&r->head, "sec-websocket-key"), key) !=
          TACET_OK) {
    tacet_free(w);
    net_respond(r, &(net_response){.status = 503, .close = true});
    return NULL;
  }
  snprintf(line, sizeof(line),
           "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
           "Connection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n",
           key);
  tacet_write_bytes(&c->out, tacet_span_str(line));
  if (fields != NULL) {
    tacet_write_bytes(&c->out, tacet_span_str(fields));
  }
  tacet_write_bytes(&c->out, TACET_SPAN_LIT("\r\n"));
  *w = (net_ws){.c = c,
                .reader = {.server = true, .max = max_message},
                .max_queue = max_queue,
                .user = user,
                .heard = net_loop_now(c->lc->loop),
                .code = 1006}; /* broke off, until somebody says otherwise */
  c->ws = w;
  r->answered = true;
  c->request = NULL;
  request_free(r);
  c->state = CONN_WS;
  NET_COUNT(c->lc->s, websockets, 1);
  if (c->out.err != TACET_OK) {
    conn_kill(c);
  }
  conn_set_deadline(c, ws_deadline(c));
  conn_advance(c);
  return w;
}

void ws_free(net_ws *w) {
  net_server *s = w->c->lc->s;
  NET_COUNT(s, websockets, (uint_fast64_t)-1);
  s->h.on_ws_close(s->h.user, w, w->code);
  net_ws_reader_free(&w->reader);
  tacet_free(w);
}

void *net_ws_user(const net_ws *w) {
  return w->user;
}
net_loop *net_ws_loop(const net_ws *w) {
  return w->c->lc->loop;
}
net_peer net_ws_peer(const net_ws *w) {
  return w->c->peer;
}

size_t net_ws_queued(const net_ws *w) {
  return w->c->out.len - w->c->out_at;
}

bool net_ws_send(net_ws *w, tacet_span message) {
  conn *c = w->c;
  if (w->close_sent || c->dead) {
    return true; /* nobody will read it; on_ws_close is on its way */
  }
  size_t waiting = net_ws_queued(w);
  /* One message always goes, however large, so that a queue cannot be too small
   * for what must pass it. */
  if (waiting > 0 && waiting + message.len > w->max_queue) {
    w->full = true;
    return false;
  }
  if (waiting == 0) {
    c->progress = net_loop_now(c->lc->loop);
    tacet_buf_reserve(&c->out, message.len + NET_WS_OVERHEAD);
  }
  net_ws_write(&c->out, NET_WS_BINARY, message, NULL);
  if (c->out.err != TACET_OK) {
    conn_kill(c);
    return true;
  }
  conn_advance(c);
  return true;
}

void net_ws_close(net_ws *w, uint16_t code) {
  conn *c = w->c;
  if (!w->close_sent && !c->dead) {
    net_ws_write_close(&c->out, code, NULL);
    w->close_sent = true;
    w->code = code;
    c->linger = true; /* its own close frame is still to come */
    conn_enter(c, CONN_CLOSING, c->lc->s->config.write_ms);
    conn_advance(c);
  }
}

bool ws_is_deaf(const net_ws *w) {
  return net_ws_queued(w) > w->max_queue;
}

bool ws_wrote(conn *c) {
  net_server *s = c->lc->s;
  net_ws *w = c->ws;
  if (!w->full || net_ws_queued(w) > w->max_queue / 2) {
    return false;
  }
  w->full = false;
  s->h.on_ws_writable(s->h.user, w);
  return !c->wants_write && net_ws_queued(w) > 0;
}

/* ---- time ---- */

void ws_heard(conn *c) {
  c->ws->pinged = false;
  c->ws->heard = net_loop_now(c->lc->loop);
}

/* Until when the message under way must be whole. */
static uint64_t message_deadline(const net_ws *w) {
  uint64_t slices = 1 + w->reader.max / NET_SLICE;
  return w->begun + slices * w->c->lc->s->config.body_ms;
}

uint64_t ws_deadline(const conn *c) {
  const net_server_config *config = &c->lc->s->config;
  uint64_t at = c->ws->heard + config->ping_ms;
  uint64_t stalled = c->progress + config->write_ms;
  at = net_ws_queued(c->ws) > 0 && stalled < at ? stalled : at;
  if (c->ws->begun > 0 && message_deadline(c->ws) < at) {
    at = message_deadline(c->ws);
  }
  return at;
}

/* However many frames it has, and whatever comes between them: else a byte now
 * and then would hold memory for ever. */
static void watch_message(net_ws *w) {
  const net_ws_reader *r = &w->reader;
  bool under_way = r->in_message || r->in_payload || r->n_head > 0;
  if (!under_way) {
    w->begun = 0;
  } else if (w->begun == 0) {
    w->begun = net_loop_now(w->c->lc->loop);
  }
}

/* Each is answered, with a record and a system call of its own. */
static bool is_flood(net_ws *w) {
  uint64_t now = net_loop_now(w->c->lc->loop);
  if (now - w->counted >= 1000) {
    w->counted = now;
    w->n_controls = 0;
  }
  return ++w->n_controls > w->c->lc->s->config.max_controls;
}

/* Quiet for ping_ms: asked once, then given up; or it reads nothing, or does
 * not come to the end of a message. */
void ws_timeout(conn *c) {
  net_server *s = c->lc->s;
  net_ws *w = c->ws;
  uint64_t now = net_loop_now(c->lc->loop);
  bool waits = net_ws_queued(w) > 0;
  bool stalled = waits && now - c->progress >= s->config.write_ms;
  bool quiet = now - w->heard >= s->config.ping_ms;
  bool deaf = ws_is_deaf(w); /* its pong would not be read */
  if (stalled || (quiet && w->pinged && !deaf)) {
    NET_COUNT(s, timeouts, 1);
    c->dead = true; /* buried by whoever called */
    return;
  }
  if (w->begun > 0 && now >= message_deadline(w)) {
    if (!deaf) {
      NET_COUNT(s, timeouts, 1);
      net_ws_close(w, NET_WS_POLICY);
      return;
    }
    w->begun = now; /* it is we who do not read */
  }
  if (quiet) {
    w->heard = now;
    if (!deaf) {
      w->pinged = true;
      c->progress = waits ? c->progress : now;
      net_ws_write(&c->out, NET_WS_PING, TACET_SPAN_EMPTY, NULL);
    }
  }
  conn_set_deadline(c, ws_deadline(c));
}

/* ---- frames ---- */

bool ws_advance(conn *c) {
  net_server *s = c->lc->s;
  net_ws *w = c->ws;
  if (conn_input(c).len == 0) {
    return false;
  }
  size_t used;
  tacet_span payload;
  net_ws_event e = net_ws_read(&w->reader, conn_input(c), &used, &payload);
  conn_consume(c, used);
  watch_message(w);
  if ((e == NET_WS_GOT_PING || e == NET_WS_GOT_PONG) && is_flood(w)) {
    net_ws_close(w, NET_WS_POLICY);
    return true;
  }
  switch (e) {
  case NET_WS_MORE:
    return false;
  case NET_WS_MESSAGE:
    s->h.on_ws_message(s->h.user, w, payload);
    tacet_buf_free(&w->reader.body); /* an idle one holds nothing */
    return true;
  case NET_WS_GOT_PING:
    net_ws_write(&c->out, NET_WS_PONG, payload, NULL);
    return true;
  case NET_WS_GOT_PONG:
    return true;
  case NET_WS_GOT_CLOSE:
    w->code = w->reader.code;
    if (!w->close_sent) {
      net_ws_write_close(&c->out, w->code == 1005 ? NET_WS_NORMAL : w->code,
                         NULL);
      w->close_sent = true;
    }
    c->linger = false;
    conn_enter(c, CONN_CLOSING, s->config.write_ms);
    return true;
  case NET_WS_ERROR:
    net_ws_close(w, w->reader.code);
    return true;
  }
  return false;
}
