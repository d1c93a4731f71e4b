/* SPDX-License-Identifier: Apache-2.0
 * Acknowledgements of a loop, gathered. */
#include "server/http/private.h"

/* Mailboxes that may wait at once. An acknowledgement that finds no room is
 * dropped: the next one of that mailbox covers it, or the item comes again and
 * the client drops it as a duplicate. */
#define ACKS_MAX 16384
#define RETRY_MS 1000
#define LOOK_BACK 32 /* where one of the same mailbox is looked for */

static void flush(tacetd_loop *l);

static bool grow(tacetd_acks *a) {
  size_t cap = a->cap == 0 ? 64 : a->cap * 2;
  struct tacetd_ack *more =
      cap > ACKS_MAX ? NULL : tacet_alloc_array(cap, sizeof(*more));
  if (more == NULL) {
    return false;
  }
  if (a->n > 0) {
    memcpy(more, a->list, a->n * sizeof(*more));
  }
  tacet_free(a->list);
  a->list = more;
  a->cap = cap;
  return true;
}

static void add(tacetd_acks *a, const uint8_t *mailbox, uint64_t seq) {
  size_t end = a->n > LOOK_BACK ? a->n - LOOK_BACK : 0;
  for (size_t i = a->n; i > end; i--) {
    struct tacetd_ack *old = &a->list[i - 1];
    if (memcmp(old->mailbox, mailbox, sizeof(old->mailbox)) == 0) {
      old->seq = seq > old->seq ? seq : old->seq;
      return;
    }
  }
  if (a->n < a->cap || grow(a)) {
    memcpy(a->list[a->n].mailbox, mailbox, sizeof(a->list[a->n].mailbox));
    a->list[a->n++].seq = seq;
  }
}

static void on_retry(net_timer *t) {
  tacetd_loop *l = t->user;
  l->acks.busy = false;
  flush(l);
}

/* On the loop: delivery is done with some. */
static void on_erased(void *user) {
  dlv_request *r = user;
  tacetd_loop *l = r->user;
  l->acks.busy = false;
  if (atomic_load(&l->s->closed)) {
    dlv_request_free(r); /* the loop may have ended: nothing but this */
    return;
  }
  if (r->status == TACET_WIRE_OK) {
    tacetd_count(TACETD_METRIC_ACKNOWLEDGED, 0, (int64_t)r->in.ack->erased);
    dlv_request_free(r);
    flush(l);
    return;
  }
  for (size_t i = 0; i < r->in.ack->n; i++) { /* they are not forgotten */
    add(&l->acks, r->in.ack->acks[i].mailbox, r->in.ack->acks[i].seq);
  }
  dlv_request_free(r);
  l->acks.retry = (net_timer){.fn = on_retry, .user = l};
  l->acks.busy = net_timer_set(l->loop, &l->acks.retry,
                               net_loop_now(l->loop) + RETRY_MS) == TACET_OK;
}

static void ack_done(dlv_request *r) {
  const tacetd_loop *l = r->user;
  if (net_loop_post(l->loop, on_erased, r) != TACET_OK) {
    TACETD_LOG(MEMORY, .part = TACETD_PART_HTTP);
    dlv_request_free(r);
  }
}

static void flush(tacetd_loop *l) {
  tacetd_acks *a = &l->acks;
  dlv_request *r = NULL;
  if (a->busy || a->n == 0 || atomic_load(&l->s->closed) ||
      dlv_request_new(DLV_ACK, NULL, &r) != TACET_WIRE_OK) {
    return;
  }
  dlv_ack *out = r->in.ack;
  size_t n = a->n < TACET_SUBSCRIBE_MAX ? a->n : TACET_SUBSCRIBE_MAX;
  for (size_t i = 0; i < n; i++) {
    memcpy(out->acks[i].mailbox, a->list[i].mailbox,
           sizeof(out->acks[i].mailbox));
    out->acks[i].seq = a->list[i].seq;
  }
  out->n = n;
  a->n -= n;
  memmove(a->list, a->list + n, a->n * sizeof(*a->list));
  a->busy = true;
  r->done = ack_done;
  r->user = l;
  dlv_submit(l->s->delivery, r);
}

void tacetd_acks_add(tacetd_loop *l, const uint8_t *mailbox, uint64_t seq) {
  add(&l->acks, mailbox, seq);
  flush(l);
}

void tacetd_acks_free(tacetd_loop *l) {
  tacet_free(l->acks.list);
  l->acks = (tacetd_acks){.list = NULL};
}
