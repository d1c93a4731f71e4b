/* SPDX-License-Identifier: Apache-2.0
 * Requests and their answers, given now or later. */
#include "net/conn.h"

#include <stdio.h>

/* An answer from another thread. It is the only thing that both threads touch,
 * and its `request` is read and cleared on the loop's thread alone. */

struct net_reply {
  loop_context *lc;
  net_request *request; /* NULL: the connection broke */
  bool keep_alive, head_only, close, has_source;
  net_source source;
  tacet_buf bytes; /* the whole answer, written by the thread that gives it */
};

net_request *request_new(conn *c, const net_http_head *head, size_t head_len) {
  net_request *r = tacet_alloc(sizeof(*r));
  size_t used;
  if (r == NULL ||
      tacet_bytes_set(&r->raw, tacet_span_of(c->in.p + c->in_at, head_len)) !=
          TACET_OK) {
    tacet_free(r);
    return NULL;
  }
  /* Parsed once more, so that the spans point into the copy. */
  (void)net_http_request(tacet_bytes_span(&r->raw), &r->head, &used);
  r->c = c;
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
}

void net_request_resume(net_request *r) {
  if (r->paused) {
    r->paused = false;
    conn_set_deadline(r->c, net_loop_now(r->c->lc->loop) +
                                r->c->lc->s->config.body_ms);
    conn_advance(r->c);
  }
}

/* ---- answers ---- */

static void put_text(tacet_buf *w, const char *text) {
  tacet_write_bytes(w, tacet_span_str(text));
}

void response_write(tacet_buf *w, const net_response *a, bool keep_alive,
                    bool head_only) {
  char line[96];
  uint64_t len = a->source != NULL ? a->source->length : a->body.len;
  snprintf(line, sizeof(line), "HTTP/1.1 %d %s\r\n", a->status,
           net_http_reason(a->status));
  put_text(w, line);
  if (a->status != 204 && a->status != 304) {
    snprintf(line, sizeof(line), "Content-Length: %llu\r\n",
             (unsigned long long)len);
    put_text(w, line);
  }
  if (a->content_type != NULL) {
    put_text(w, "Content-Type: ");
    put_text(w, a->content_type);
    put_text(w, "\r\n");
  }
  if (!keep_alive) {
    put_text(w, "Connection: close\r\n");
  }
  if (a->headers != NULL) {
    put_text(w, a->headers);
  }
  put_text(w, "\r\n");
  if (!head_only && a->source == NULL) {
    tacet_write_bytes(w, a->body);
  }
}

/* The bytes of the answer are in c->out. */
static void answered(net_request *r, const net_source *source) {
  conn *c = r->c;
  if (source != NULL) {
    r->source = *source;
    if (r->head_only) {
      r->source.length = 0;
    }
  }
  /* What is left of a body would be read as the next request. */
  if (r->body_left > 0) {
    c->keep_alive = false;
  }
  r->answered = true;
  c->state = CONN_WRITE;
  conn_set_deadline(c, net_loop_now(c->lc->loop) + c->lc->s->config.write_ms);
  conn_advance(c);
}

void net_respond(net_request *r, const net_response *a) {
  TACET_ASSERT(!r->answered);
  conn *c = r->c;
  c->keep_alive = c->keep_alive && !a->close && r->body_left == 0;
  response_write(&c->out, a, c->keep_alive, r->head_only);
  if (c->out.err != TACET_OK) {
    if (a->source != NULL && a->source->done != NULL) {
      a->source->done(a->source->user);
    }
    conn_kill(c);
    return;
  }
  answered(r, a->source);
}

/* ---- answers from other threads ---- */

net_reply *net_request_defer(net_request *r) {
  TACET_ASSERT(r->reply == NULL);
  net_reply *p = tacet_alloc(sizeof(*p));
  if (p != NULL) {
    *p = (net_reply){.lc = r->c->lc,
                     .request = r,
                     .keep_alive = r->c->keep_alive,
                     .head_only = r->head_only};
    p->bytes.max = SIZE_MAX / 2;
    r->reply = p;
  }
  return p;
}

static void deliver(void *user) {
  net_reply *p = user;
  net_request *r = p->request;
  if (r == NULL) {
    if (p->has_source && p->source.done != NULL) {
      p->source.done(p->source.user);
    }
  } else {
    conn *c = r->c;
    r->reply = NULL;
    c->keep_alive = c->keep_alive && !p->close;
    tacet_write_bytes(&c->out, tacet_buf_span(&p->bytes));
    if (p->bytes.err != TACET_OK || c->out.err != TACET_OK) {
      if (p->has_source && p->source.done != NULL) {
        p->source.done(p->source.user);
      }
      conn_kill(c);
    } else {
      answered(r, p->has_source ? &p->source : NULL);
    }
  }
  tacet_buf_free(&p->bytes);
  tacet_free(p);
}

void net_reply_send(net_reply *p, const net_response *a) {
  p->close = a->close;
  p->has_source = a->source != NULL;
  if (p->has_source) {
    p->source = *a->source;
  }
  response_write(&p->bytes, a, p->keep_alive && !a->close, p->head_only);
  /* Without memory for the call the connection waits until it times out. */
  (void)!net_loop_post(p->lc->loop, deliver, p);
}

void net_reply_drop(net_reply *p) {
  net_reply_send(p, &(net_response){.status = 500});
}

static void resume(void *user) {
  net_reply *p = user;
  if (p->request != NULL) {
    net_request_resume(p->request);
  }
}

void net_reply_resume(net_reply *p) {
  (void)!net_loop_post(p->lc->loop, resume, p);
}
