/* SPDX-License-Identifier: Apache-2.0
 * Requests and their answers, given now or later. */
#include "net/conn.h"

#include <stdio.h>

#define ROOM 256 /* bytes of a usual head, so that it is not grown into */

/* An answer from another thread. It is the only thing that both threads touch,
 * and its `request` is read and cleared on the loop's thread alone. */
struct net_reply {
  loop_context *lc;
  net_request *request; /* NULL: the connection broke */
  net_post answer, resume;
  void (*fn)(void *user, net_request *r); /* of net_reply_call() */
  void *user;
  atomic_bool resuming; /* `resume` is under way */
  int status;
  bool close, has_source;
  net_source source;
  tacet_buf bytes; /* head and body, copied by the thread that answers */
  size_t head_len;
};

static void move_span(tacet_span *s, const uint8_t *from, const uint8_t *to) {
  if (s->p != NULL) {
    s->p = to + (s->p - from);
  }
}

/* A copy of the head whose spans point into a copy of its bytes. */
static void copy_head(net_http_head *out, const net_http_head *head,
                      const uint8_t *from, const uint8_t *to) {
  memcpy(out, head, net_http_head_size(head));
  move_span(&out->method, from, to);
  move_span(&out->target, from, to);
  move_span(&out->path, from, to);
  move_span(&out->query, from, to);
  for (size_t i = 0; i < out->n_headers; i++) {
    move_span(&out->headers[i].name, from, to);
    move_span(&out->headers[i].value, from, to);
  }
}

net_request *request_new(conn *c, const net_http_head *head, size_t head_len) {
  net_request *r =
      tacet_alloc(offsetof(net_request, head) + net_http_head_size(head));
  const uint8_t *bytes = conn_input(c).p;
  if (r == NULL ||
      tacet_bytes_set(&r->raw, tacet_span_of(bytes, head_len)) != TACET_OK) {
    tacet_free(r);
    return NULL;
  }
  copy_head(&r->head, head, bytes, r->raw.p);
  r->c = c;
  r->answer.max = SIZE_MAX / 2;
  r->body_left = head->content_length;
  r->head_only = tacet_span_equal(r->head.method, TACET_SPAN_LIT("HEAD"));
  return r;
}

void request_free(net_request *r) {
  net_server *s = r->c->lc->s;
  if (s->h.on_done != NULL) {
    s->h.on_done(s->h.user, r);
  }
  if (r->source.pull != NULL && r->source.done != NULL) {
    r->source.done(r->source.user);
  }
  if (r->reply != NULL) {
    /* Somebody still holds the reply; it has nothing to answer any more. */
    r->reply->request = NULL;
  }
  tacet_bytes_free(&r->raw);
  tacet_buf_free(&r->body);
  tacet_buf_free(&r->answer);
  tacet_free(r);
}

const net_http_head *net_request_head(const net_request *r) {
  return &r->head;
}
net_peer net_request_peer(const net_request *r) {
  return r->c->peer;
}
net_loop *net_request_loop(const net_request *r) {
  return r->c->lc->loop;
}
void net_request_set_user(net_request *r, void *user) {
  r->user = user;
}
void *net_request_user(const net_request *r) {
  return r->user;
}
void net_request_pause(net_request *r) {
  r->paused = true;
  conn_set_deadline(r->c, UINT64_MAX); /* it is we who are slow */
}

void net_request_resume(net_request *r) {
  if (r->paused) {
    r->paused = false;
    if (r->c->state == CONN_BODY) {
      conn_enter(r->c, CONN_BODY, r->c->lc->s->config.body_ms);
    }
    conn_advance(r->c);
  }
}

/* ---- answers ---- */

static bool has_no_body(int status) {
  return status == 204 || status == 304;
}

static void put_text(tacet_buf *w, const char *text) {
  tacet_write_bytes(w, tacet_span_str(text));
}

void response_head(tacet_buf *w, const net_response *a) {
  char line[96];
  uint64_t len = a->source != NULL ? a->source->length : a->body.len;
  snprintf(line, sizeof(line), "HTTP/1.1 %d %s\r\n", a->status,
           net_http_reason(a->status));
  put_text(w, line);
  if (!has_no_body(a->status)) {
    snprintf(line, sizeof(line), "Content-Length: %llu\r\n",
             (unsigned long long)len);
    put_text(w, line);
  }
  if (a->content_type != NULL) {
    put_text(w, "Content-Type: ");
    put_text(w, a->content_type);
    put_text(w, "\r\n");
  }
  if (a->headers != NULL) {
    put_text(w, a->headers);
  }
}

void response_rest(tacet_buf *w, bool keep_alive, tacet_span body) {
  put_text(w, keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
  tacet_write_bytes(w, body);
}

static void source_done(const net_source *source) {
  if (source != NULL && source->done != NULL) {
    source->done(source->user);
  }
}

void net_request_overlap(net_request *r) {
  r->overlap = true;
}

/* Where an answer is written: to where it leaves, unless others come first. */
static bool in_turn(const net_request *r) {
  return r->waiting || r->c->n_waiting > 0;
}
static tacet_buf *out_of(net_request *r) {
  bool first = r == r->c->first_waiting;
  return in_turn(r) && !first ? &r->answer : &r->c->out;
}

/* The head of the answer is written, if there was memory for it. */
static void answered(net_request *r, int status, bool close, tacet_span body,
                     const net_source *source) {
  conn *c = r->c;
  tacet_buf *out = out_of(r);
  bool none = r->head_only || has_no_body(status);
  bool more = r->next != NULL || (r->waiting && c->request != NULL);
  r->answered = true;
  /* What is left of a body would be read as the next request. */
  c->keep_alive =
      c->keep_alive && !close && !c->lc->draining && r->body_left == 0;
  response_rest(out, c->keep_alive || more, none ? TACET_SPAN_EMPTY : body);
  if (out->err != TACET_OK || (in_turn(r) && source != NULL)) {
    source_done(source);
    conn_kill(c);
    return;
  }
  if (in_turn(r)) {
    pipeline_answered(r);
    return;
  }
  if (source != NULL) {
    r->source = *source;
    r->source.length = none ? 0 : source->length;
  }
  conn_enter(c, CONN_WRITE, c->lc->s->config.write_ms);
  conn_advance(c);
}

void net_respond(net_request *r, const net_response *a) {
  TACET_ASSERT(!r->answered);
  response_head(out_of(r), a);
  answered(r, a->status, a->close,
           a->source == NULL ? a->body : TACET_SPAN_EMPTY, a->source);
}

/* ---- answers from other threads ---- */

static void deliver(void *user);
static void ask(void *user);
static void resume(void *user);

net_reply *net_request_defer(net_request *r) {
  TACET_ASSERT(r->reply == NULL);
  net_reply *p = tacet_alloc(sizeof(*p));
  if (p != NULL) {
    *p = (net_reply){.lc = r->c->lc,
                     .request = r,
                     .answer = {.fn = deliver, .user = p},
                     .resume = {.fn = resume, .user = p},
                     .bytes = {.max = SIZE_MAX / 2}};
    r->reply = p;
  }
  return p;
}

static void deliver(void *user) {
  net_reply *p = user;
  net_request *r = p->request;
  const net_source *source = p->has_source ? &p->source : NULL;
  if (r != NULL) {
    r->reply = NULL;
  }
  if (r == NULL || r->answered) { /* it broke, or was answered on the loop */
    source_done(source);
  } else {
    tacet_buf *out = out_of(r);
    tacet_span body = tacet_buf_span(&p->bytes);
    if (p->bytes.err != TACET_OK) {
      tacet_write_fail(out, p->bytes.err);
      body.len = p->head_len = 0;
    }
    tacet_buf_reserve(out, body.len + ROOM);
    tacet_write_bytes(out, tacet_span_of(body.p, p->head_len));
    body = p->head_len == body.len
               ? TACET_SPAN_EMPTY
               : tacet_span_of(body.p + p->head_len, body.len - p->head_len);
    answered(r, p->status, p->close, body, source);
  }
  tacet_buf_free(&p->bytes);
  tacet_free(p);
}

void net_reply_send(net_reply *p, const net_response *a) {
  p->status = a->status;
  p->close = a->close;
  p->has_source = a->source != NULL;
  tacet_buf_reserve(&p->bytes, ROOM + (p->has_source ? 0 : a->body.len));
  response_head(&p->bytes, a);
  p->head_len = p->bytes.len;
  if (p->has_source) {
    p->source = *a->source;
  } else {
    tacet_write_bytes(&p->bytes, a->body);
  }
  net_post_send(p->lc->loop, &p->answer);
}

static void ask(void *user) {
  net_reply *p = user;
  net_request *r = p->request;
  void (*fn)(void *, net_request *) = p->fn;
  void *his = p->user;
  if (r != NULL) {
    r->reply = NULL;
  }
  tacet_free(p);
  fn(his, r != NULL && !r->answered ? r : NULL);
}

void net_reply_call(net_reply *p, void (*fn)(void *user, net_request *r),
                    void *user) {
  p->fn = fn;
  p->user = user;
  p->answer.fn = ask;
  net_post_send(p->lc->loop, &p->answer);
}

void net_reply_drop(net_reply *p) {
  net_reply_send(p, &(net_response){.status = 500});
}

static void resume(void *user) {
  net_reply *p = user;
  atomic_store(&p->resuming, false);
  if (p->request != NULL) {
    net_request_resume(p->request);
  }
}

void net_reply_resume(net_reply *p) {
  if (!atomic_exchange(&p->resuming, true)) {
    net_post_send(p->lc->loop, &p->resume);
  }
}
