/* SPDX-License-Identifier: Apache-2.0
 * A client: requests and their answers. */
#include "net/client_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

const char *net_result_text(net_result r) {
  static const char *const texts[] = {
      "done",
      "the server cannot be reached",
      "the server did not answer in time",
      "interrupted",
      "the server shows another certificate than the one that is known",
      "no secure connection to the server could be made",
      "what the server said is not the protocol",
      "the server's answer is too long",
      "the server refused",
      "given up on this side",
      "the server closed the connection",
      "out of memory"};
  return texts[r];
}

net_result net_client_new(const char *host, const char *port,
                          const net_tls *tls, net_client **out) {
  net_client *c = tacet_alloc(sizeof(*c));
  if (c == NULL || strlen(host) >= sizeof(c->host) ||
      strlen(port) >= sizeof(c->port) ||
      pipe2(c->wake, O_CLOEXEC | O_NONBLOCK) != 0) {
    tacet_free(c);
    return NET_NO_MEMORY;
  }
  memcpy(c->host, host, strlen(host) + 1);
  memcpy(c->port, port, strlen(port) + 1);
  c->tls = tls;
  c->fd = -1;
  c->deadline = UINT64_MAX;
  c->in.max = SIZE_MAX / 2;
  c->out.max = CLIENT_OUT_MAX;
  *out = c;
  return NET_OK;
}

void net_client_close(net_client *c) {
  SSL_free(c->ssl);
  c->ssl = NULL;
  if (c->fd >= 0) {
    close(c->fd);
    c->fd = -1;
  }
  tacet_buf_free(&c->in);
  tacet_buf_free(&c->out);
  c->in_at = c->out_at = 0;
  net_ws_reader_free(&c->reader);
  c->reader = (net_ws_reader){.max = 0};
  c->used = c->websocket = c->close_sent = false;
}

void net_client_free(net_client *c) {
  if (c != NULL) {
    net_client_close(c);
    close(c->wake[0]);
    close(c->wake[1]);
    tacet_free(c);
  }
}

void net_client_interrupt(net_client *c) {
  int before = errno; /* whoever a signal interrupts may be about to read it */
  atomic_store(&c->interrupted, true);
  (void)!write(c->wake[1], "", 1);
  errno = before;
}

int net_client_fd(const net_client *c) {
  return c->fd;
}

/* ---- requests ---- */

void net_answer_free(net_answer *a) {
  tacet_bytes_free(&a->head);
  tacet_bytes_free(&a->body);
  *a = (net_answer){.status = 0};
}

static void put_text(tacet_buf *w, const char *text) {
  tacet_write_bytes(w, tacet_span_str(text));
}

net_result dial_send_head(net_client *c, const net_call *call,
                          const char *more) {
  char line[64];
  TACET_BUF(w, NET_HEAD_MAX);
  put_text(&w, call->method);
  put_text(&w, " ");
  put_text(&w, call->target);
  put_text(&w, " HTTP/1.1\r\nHost: ");
  bool v6 = strchr(c->host, ':') != NULL;
  put_text(&w, v6 ? "[" : "");
  put_text(&w, c->host);
  put_text(&w, v6 ? "]:" : ":");
  put_text(&w, c->port);
  put_text(&w, "\r\n");
  uint64_t len = call->source != NULL ? call->source_length : call->body.len;
  if (len > 0 || strcmp(call->method, "GET") != 0) {
    snprintf(line, sizeof(line), "Content-Length: %llu\r\n",
             (unsigned long long)len);
    put_text(&w, line);
  }
  if (call->content_type != NULL) {
    put_text(&w, "Content-Type: ");
    put_text(&w, call->content_type);
    put_text(&w, "\r\n");
  }
  put_text(&w, call->headers == NULL ? "" : call->headers);
  put_text(&w, more);
  put_text(&w, "\r\n");
  if (w.err != TACET_OK) {
    return NET_NO_MEMORY;
  }
  return dial_write(c, tacet_buf_span(&w), call->timeout_ms, NULL);
}

/* Stops as soon as something is answered: nobody waits for the rest then. */
static net_result send_body(net_client *c, const net_call *call, bool *early) {
  if (call->source == NULL) {
    return dial_write(c, call->body, call->timeout_ms, early);
  }
  TACET_BYTES(piece);
  if (tacet_bytes_new(&piece, CLIENT_CHUNK) != TACET_OK) {
    return NET_NO_MEMORY;
  }
  for (uint64_t left = call->source_length; left > 0 && !*early;) {
    size_t want = left < CLIENT_CHUNK ? (size_t)left : CLIENT_CHUNK;
    int64_t n = call->source(call->user, piece.p, want);
    if (n <= 0 || (uint64_t)n > want) {
      return NET_ABORTED;
    }
    net_result r = dial_write(c, tacet_span_of(piece.p, (size_t)n),
                              call->timeout_ms, early);
    if (r != NET_OK) {
      return r;
    }
    left -= (uint64_t)n;
  }
  return NET_OK;
}

/* Reads over the heads of interim answers (RFC 9110 15.2). */
void dial_skip_interim(net_client *c) {
  net_http_head h;
  size_t used;
  while (net_http_response(dial_input(c), &h, &used) == NET_PARSE_OK &&
         h.status < 200 && h.status != 101) {
    c->in_at += used;
  }
}

net_result dial_read_head(net_client *c, uint32_t timeout_ms, net_answer *a) {
  dial_wait w = dial_wait_ms(c, timeout_ms);
  for (;;) {
    size_t used;
    dial_skip_interim(c);
    net_parse p = net_http_response(dial_input(c), &a->parsed, &used);
    if (p == NET_PARSE_OK) {
      tacet_span raw = {c->in.p + c->in_at, used};
      c->in_at += used;
      if (tacet_bytes_set(&a->head, raw) != TACET_OK) {
        return NET_NO_MEMORY;
      }
      (void)net_http_response(tacet_bytes_span(&a->head), &a->parsed, &used);
      a->status = a->parsed.status;
      return NET_OK;
    }
    if (p != NET_PARSE_MORE) {
      return NET_PROTOCOL;
    }
    net_result r = dial_read(c, &w);
    if (r != NET_OK) {
      return r == NET_CLOSED ? NET_UNREACHABLE : r;
    }
  }
}

typedef struct body_target {
  const net_call *call;
  tacet_buf collected;
  bool to_sink;
} body_target;

static net_result take_piece(body_target *t, tacet_span piece) {
  if (piece.len == 0) {
    return NET_OK;
  }
  if (t->to_sink) {
    return t->call->sink(t->call->user, piece) ? NET_OK : NET_ABORTED;
  }
  tacet_write_bytes(&t->collected, piece);
  return t->collected.err == TACET_OK          ? NET_OK
         : t->collected.err == TACET_ERR_LIMIT ? NET_TOO_LARGE
                                               : NET_NO_MEMORY;
}

/* Takes what is in the buffer. MORE: the body goes on. */
static net_parse take_buffered(net_client *c, net_answer *a, net_chunked *k,
                               uint64_t *left, body_target *t, net_result *r) {
  size_t used = 0;
  tacet_span piece = dial_input(c);
  net_parse p = NET_PARSE_MORE;
  if (a->parsed.chunked) {
    p = net_chunked_read(k, dial_input(c), &piece, &used);
  } else {
    if (piece.len > *left) {
      piece.len = (size_t)*left;
    }
    used = piece.len;
    *left -= used;
    p = *left == 0 ? NET_PARSE_OK : NET_PARSE_MORE;
  }
  *r = p == NET_PARSE_BAD ? NET_PROTOCOL : take_piece(t, piece);
  c->in_at += used;
  return p;
}

static net_result read_body(net_client *c, const net_call *call,
                            net_answer *a) {
  body_target t = {.call = call,
                   .to_sink = call->sink != NULL &&
                              (a->status == 200 || a->status == 206)};
  t.collected.max = call->max_answer;
  net_chunked k = {.left = 0};
  uint64_t left = a->parsed.content_length;
  net_result r = NET_OK;
  bool none =
      a->status == 204 || a->status == 304 || strcmp(call->method, "HEAD") == 0;
  if (!none && !a->parsed.chunked && !a->parsed.has_length) {
    return NET_PROTOCOL;
  }
  if (!t.to_sink && !a->parsed.chunked && left > call->max_answer && !none) {
    return NET_TOO_LARGE;
  }
  while (!none && r == NET_OK) {
    size_t before = c->in_at;
    net_parse p = take_buffered(c, a, &k, &left, &t, &r);
    if (r != NET_OK || p == NET_PARSE_OK) {
      break;
    }
    if (c->in_at == before || c->in_at == c->in.len) {
      dial_wait w = dial_wait_ms(c, call->timeout_ms);
      r = dial_read(c, &w);
      r = r == NET_CLOSED ? NET_UNREACHABLE : r;
    }
  }
  if (r == NET_OK && tacet_buf_take(&t.collected, &a->body) != TACET_OK) {
    r = NET_NO_MEMORY;
  }
  tacet_buf_free(&t.collected);
  return r;
}

static net_result try_call(net_client *c, const net_call *call, net_answer *a) {
  bool early = false;
  net_result r = NET_OK;
  if (c->fd < 0) {
    r = dial_connect(c, call->timeout_ms);
  }
  c->heard = false;
  if (r == NET_OK) {
    r = dial_send_head(c, call, "");
  }
  if (r == NET_OK) {
    r = send_body(c, call, &early);
  }
  /* A server that refuses a body may answer and close before it is all sent. */
  early = early || r == NET_UNREACHABLE;
  if (r == NET_OK || (r == NET_UNREACHABLE && c->fd >= 0)) {
    net_result answer = dial_read_head(c, call->timeout_ms, a);
    r = answer == NET_OK || r == NET_OK ? answer : r;
  }
  if (r == NET_OK) {
    r = read_body(c, call, a);
  }
  /* More than the answer would be taken for the next one. */
  if (r != NET_OK || early || !a->parsed.keep_alive || dial_input(c).len > 0) {
    bool heard = c->heard;
    net_client_close(c);
    c->heard = heard;
  }
  c->used = c->fd >= 0;
  return r;
}

/* The other side has ended it, or says what nobody asked for. */
static bool is_stale(net_client *c) {
  short wants;
  return dial_read_now(c, &wants) != NET_TIMEOUT;
}

net_result net_client_call(net_client *c, const net_call *call, net_answer *a) {
  net_answer_free(a);
  TACET_ASSERT(!c->websocket);
  c->deadline = call->total_ms == 0 ? UINT64_MAX : dial_now() + call->total_ms;
  if (c->fd >= 0 && is_stale(c)) {
    net_client_close(c);
  }
  bool reused = c->fd >= 0 && c->used;
  net_result r = try_call(c, call, a);
  if (r == NET_UNREACHABLE && reused && call->source == NULL && !c->heard) {
    r = try_call(c, call, a);
  }
  c->deadline = UINT64_MAX;
  if (r != NET_OK) {
    net_answer_free(a);
  }
  return r;
}
