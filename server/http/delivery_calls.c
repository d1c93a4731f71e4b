/* SPDX-License-Identifier: Apache-2.0
 * Calls of delivery with a body: mailboxes, sending, slots. */
#include "server/http/private.h"

static dlv_call dlv_call_of(tacetd_call call) {
  switch (call) {
  case TACETD_CALL_MAILBOXES:
    return DLV_CREATE;
  case TACETD_CALL_MAILBOX_CHANGE:
    return DLV_CHANGE;
  case TACETD_CALL_MAILBOX_DELETE:
    return DLV_DELETE;
  case TACETD_CALL_SEND:
    return DLV_SEND;
  default:
    TACET_ASSERT(call == TACETD_CALL_SLOTS);
    return DLV_SLOTS;
  }
}

static void count_outcomes(const dlv_request *r) {
  static const tacetd_outcome outcomes[TACET_DELIVERIES] = {
      [TACET_DELIVERY_STORED] = TACETD_OUTCOME_STORED,
      [TACET_DELIVERY_STALE] = TACETD_OUTCOME_STALE,
      [TACET_DELIVERY_GONE] = TACETD_OUTCOME_GONE,
      [TACET_DELIVERY_FULL] = TACETD_OUTCOME_FULL,
      [TACET_DELIVERY_TOKEN_NEEDED] = TACETD_OUTCOME_TOKEN};
  for (size_t i = 0; i < TACET_DELIVERIES; i++) {
    if (r->outcomes[i] > 0) {
      tacetd_count(TACETD_METRIC_STORED, outcomes[i], r->outcomes[i]);
    }
  }
}

/* On the loop that took it: the memory of a request is this thread's, and the
 * writer has better things to do than to write heads. */
static void answer(void *user, net_request *r) {
  dlv_request *d = user;
  tacetd_exchange *x = d->user;
  tacetd_answer a = {.error = d->status};
  if (d->status == TACET_WIRE_OK) {
    a.status = x->call == TACETD_CALL_MAILBOXES ? 201 : 200;
    a.body = tacet_buf_span(&d->answer);
    count_outcomes(d);
  } else if (d->status == TACET_WIRE_SLOT_TAKEN && d->answer.len > 0) {
    a.type = "application/tacet"; /* the winner's bytes */
    a.body = tacet_buf_span(&d->answer);
  }
  tacetd_answer_here(x, r, &a);
  dlv_request_free(d);
}

/* On a thread of delivery: it is durable, or refused. */
static void done(dlv_request *r) {
  tacetd_exchange *x = r->user;
  net_reply_call(x->reply, answer, r);
}

void tacetd_delivery_call(tacetd_exchange *x, net_request *r, tacet_span body) {
  tacetd_service *s = x->s;
  dlv_request *d = NULL;
  TACET_BYTES(copy);
  tacet_wire_error e = tacet_bytes_set(&copy, body) == TACET_OK
                           ? dlv_request_new(dlv_call_of(x->call), &copy, &d)
                           : TACET_WIRE_BUSY;
  if (e == TACET_WIRE_OK) {
    x->reply = net_request_defer(r);
    if (x->reply == NULL) {
      dlv_request_free(d);
      e = TACET_WIRE_BUSY;
    }
  }
  if (e != TACET_WIRE_OK) {
    tacetd_refuse(s, x->call, r, e,
                  e == TACET_WIRE_BUSY ? TACETD_RETRY_AFTER_SECONDS : 0);
    return;
  }
  d->done = done;
  d->user = x;
  tacetd_exchange_ref(x);
  if (x->call == TACETD_CALL_SEND) {
    /* One writer takes them in the order of submission, so a client that has
     * many to send need not wait for each commit. */
    net_request_overlap(r);
  }
  dlv_submit(s->delivery, d);
}
