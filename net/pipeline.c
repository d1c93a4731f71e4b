/* SPDX-License-Identifier: Apache-2.0
 * Requests that overlap: begun in order, answered in order, and meanwhile
 * several of them with the handler. */
#include "net/conn.h"

bool pipeline_admits(const conn *c, const net_http_head *h) {
  const net_http_head *first = &c->first_waiting->head;
  return c->n_waiting < NET_PIPELINE_MAX && c->keep_alive && h->keep_alive &&
         !c->lc->draining && !h->websocket && !h->expects_continue &&
         tacet_span_equal(h->method, first->method) &&
         tacet_span_equal(h->target, first->target);
}

static void wait_for_answer(conn *c) {
  net_request *r = c->request;
  c->request = NULL;
  conn_enter(c, CONN_HEAD, 0);
  r->waiting = true;
  if (c->last_waiting != NULL) {
    c->last_waiting->next = r;
  } else {
    c->first_waiting = r;
  }
  c->last_waiting = r;
  c->n_waiting++;
}

void pipeline_begin(conn *c) {
  if (c->request->overlap && c->request->reply != NULL && c->keep_alive) {
    wait_for_answer(c);
  }
}

static net_request *take_first(conn *c) {
  net_request *r = c->first_waiting;
  c->first_waiting = r->next;
  if (c->first_waiting == NULL) {
    c->last_waiting = NULL;
  }
  c->n_waiting--;
  return r;
}

/* Everything is answered: the connection is as after any answer. */
static void all_answered(conn *c) {
  const net_server_config *config = &c->lc->s->config;
  c->held = false;
  if (!c->keep_alive || c->lc->draining) {
    c->linger = !c->end_of_input;
    conn_enter(c, CONN_CLOSING, config->write_ms);
  } else {
    conn_enter(c, CONN_HEAD,
               conn_input(c).len > 0 ? config->head_ms : config->idle_ms);
  }
}

void pipeline_answered(net_request *r) {
  conn *c = r->c;
  if (!r->waiting) {
    wait_for_answer(c);
  }
  r->ready = true;
  while (c->n_waiting > 0 && c->first_waiting->ready) {
    net_request *first = take_first(c);
    /* Empty if it did not have to wait: then it is there already. */
    tacet_write_bytes(&c->out, tacet_buf_span(&first->answer));
    request_free(first);
  }
  if (c->out.err != TACET_OK) {
    conn_kill(c);
    return;
  }
  /* What did not get in before: there may be room now. */
  c->held = !c->keep_alive || c->end_of_input;
  if (c->n_waiting == 0 && c->request == NULL) {
    all_answered(c);
  }
  conn_advance(c);
}

void pipeline_free(conn *c) {
  while (c->n_waiting > 0) {
    request_free(take_first(c));
  }
}
