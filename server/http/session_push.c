/* SPDX-License-Identifier: Apache-2.0
 * Pushing: from memory while the reader keeps up, from the disk when it does
 * not, and never more than its credit. */
#include "server/http/session.h"

#define PARCELS 64         /* taken out of the inbox at once */
#define RETRY_MS 50        /* a full queue is looked at again */
#define RETRY_SLOW_MS 1000 /* and a database that refused */

/* ---- in flight ---- */

static bool grow_flights(tacetd_session *s) {
  uint32_t cap = s->cap_flights == 0 ? 16 : s->cap_flights * 2;
  tacetd_flight *more = tacet_alloc_array(cap, sizeof(*more));
  if (more == NULL) {
    return false;
  }
  if (s->n_flights > 0) {
    memcpy(more, s->flights, s->n_flights * sizeof(*more));
  }
  tacet_free(s->flights);
  s->flights = more;
  s->cap_flights = cap;
  return true;
}

void tacetd_session_landed(tacetd_session *s, const uint8_t *mailbox,
                           uint64_t seq) {
  uint32_t kept = 0;
  for (uint32_t i = 0; i < s->n_flights; i++) {
    const tacetd_flight *f = &s->flights[i];
    bool landed =
        f->seq <= seq && memcmp(f->mailbox, mailbox, sizeof(f->mailbox)) == 0;
    if (!landed) {
      s->flights[kept++] = *f;
    }
  }
  s->n_flights = kept;
}

/* Sends an item of a batch, or leaves it, and those after it, for the disk to
 * bring again. */
static void push(tacetd_session *s, const dlv_item *item) {
  bool room = s->n_flights < s->cap_flights || grow_flights(s);
  if (s->refused || !room || !tacetd_session_send_item(s, item)) {
    s->refused = true;
    tacetd_hub_rewind(s->loop->s->hub, &s->reader, item->mailbox, item->seq);
    return;
  }
  tacetd_flight *f = &s->flights[s->n_flights++];
  memcpy(f->mailbox, item->mailbox, sizeof(f->mailbox));
  f->seq = item->seq;
}

static tacetd_credit credit_of(const tacetd_session *s) {
  uint32_t used = s->n_flights + s->reserved;
  size_t queued = net_ws_queued(s->ws);
  return (tacetd_credit){
      .items = used < TACETD_CREDIT_MAX ? TACETD_CREDIT_MAX - used : 0,
      .bytes = queued < TACETD_SESSION_BACKLOG_MAX
                   ? TACETD_SESSION_BACKLOG_MAX - queued
                   : 0};
}

static void retry_later(tacetd_session *s, uint64_t ms) {
  (void)!net_timer_set(s->loop->loop, &s->retry,
                       net_loop_now(s->loop->loop) + ms);
}

/* ---- from memory ---- */

static void send_ephemeral(tacetd_session *s, const dlv_item *item) {
  tacet_frame f = {.type = TACET_FRAME_EPHEMERAL, .body = dlv_item_span(item)};
  memcpy(f.mailbox, item->mailbox, sizeof(f.mailbox));
  if (net_ws_queued(s->ws) <= TACETD_EPHEMERAL_BACKLOG_MAX &&
      tacetd_session_send(s, &f)) {
    tacetd_count_one(TACETD_METRIC_EPHEMERAL);
  }
}

static void send_gone(tacetd_session *s, const uint8_t *mailbox) {
  tacet_frame f = {.type = TACET_FRAME_GONE};
  memcpy(f.mailbox, mailbox, sizeof(f.mailbox));
  tacetd_session_landed(s, mailbox, UINT64_MAX);
  if (!tacetd_session_send(s, &f)) {
    tacetd_session_refuse(s, TACET_WIRE_BUSY);
  }
}

static void empty_inbox(tacetd_session *s) {
  tacetd_parcel parcels[PARCELS];
  size_t n = 0;
  bool more = true, slow = false;
  while (more) {
    tacetd_credit credit = credit_of(s);
    more = tacetd_hub_take(s->loop->s->hub, &s->reader, &credit, parcels,
                           PARCELS, &n, &slow);
    s->refused = false;
    for (size_t i = 0; i < n; i++) {
      const tacetd_parcel *p = &parcels[i];
      switch (p->kind) {
      case TACETD_PARCEL_ITEM:
        push(s, p->item);
        break;
      case TACETD_PARCEL_EPHEMERAL:
        send_ephemeral(s, p->item);
        break;
      case TACETD_PARCEL_GONE:
        send_gone(s, p->mailbox);
        break;
      }
      dlv_item_unref(p->item);
    }
    if (slow) {
      tacetd_count_one(TACETD_METRIC_SLOW);
    }
  }
}

/* ---- from the disk ---- */

/* On the session's loop: what a FETCH brought. */
static void on_fetched(void *user) {
  dlv_request *r = user;
  tacetd_session *s = r->user;
  dlv_fetch *fetch = r->in.fetch;
  bool failed = r->status != TACET_WIRE_OK;
  s->fetching = false;
  s->reserved = 0;
  if (failed) { /* nothing came; the cursors are taken back */
    fetch->n_items = 0;
    for (size_t i = 0; i < fetch->n; i++) {
      fetch->cursors[i].more = true;
    }
  }
  bool *keep = tacet_alloc(fetch->n_items + 1);
  if (keep == NULL) {
    failed = true;
  } else if (s->ws != NULL) {
    tacetd_hub_fetched(s->loop->s->hub, &s->reader, fetch, keep);
    s->refused = false;
    for (size_t i = 0; i < fetch->n_items; i++) {
      if (keep[i]) {
        push(s, fetch->items[i]);
      }
    }
  }
  tacet_free(keep);
  dlv_request_free(r);
  if (s->ws != NULL && keep == NULL) {
    tacetd_session_refuse(s, TACET_WIRE_BUSY);
  } else if (s->ws != NULL && failed) {
    retry_later(s, RETRY_SLOW_MS);
  } else if (s->ws != NULL) {
    tacetd_session_pump(s);
  }
  tacetd_session_unref(s);
}

/* On a thread of delivery. */
static void fetch_done(dlv_request *r) {
  const tacetd_session *s = r->user;
  if (net_loop_post(s->loop->loop, on_fetched, r) != TACET_OK) {
    TACETD_LOG(MEMORY, .part = TACETD_PART_HTTP);
    dlv_request_free(r); /* the session waits for its client to come again */
  }
}

static void fetch(tacetd_session *s) {
  tacetd_credit credit = credit_of(s);
  dlv_request *r = NULL;
  if (s->fetching || s->ended ||
      !tacetd_hub_is_behind(s->loop->s->hub, &s->reader)) {
    return;
  }
  if (credit.items == 0) {
    return; /* the next acknowledgement brings us here again */
  }
  if (credit.bytes < TACETD_SESSION_BACKLOG_MAX / 2) {
    retry_later(s, RETRY_MS);
    return;
  }
  if (dlv_request_new(DLV_FETCH, NULL, &r) != TACET_WIRE_OK) {
    retry_later(s, RETRY_SLOW_MS);
    return;
  }
  if (!tacetd_hub_cursors(s->loop->s->hub, &s->reader, r->in.fetch)) {
    dlv_request_free(r);
    return;
  }
  r->in.fetch->max_items = credit.items;
  r->in.fetch->max_bytes = credit.bytes;
  r->done = fetch_done;
  r->user = s;
  s->fetching = true;
  s->reserved = (uint32_t)credit.items;
  tacetd_session_ref(s);
  dlv_submit(s->loop->s->delivery, r);
}

/* ---- both ---- */

static void say_caught_up(tacetd_session *s) {
  const tacet_frame f = {.type = TACET_FRAME_CAUGHT_UP};
  if (s->caught_up == 0 || s->fetching || s->n_subscribing > 0 ||
      tacetd_hub_is_behind(s->loop->s->hub, &s->reader)) {
    return;
  }
  while (s->caught_up > 0 && tacetd_session_send(s, &f)) {
    s->caught_up--;
  }
  if (s->caught_up > 0) {
    retry_later(s, RETRY_MS);
  }
}

void tacetd_session_pump(tacetd_session *s) {
  if (s->ws != NULL && !s->ended && !atomic_load(&s->loop->s->closed)) {
    empty_inbox(s);
    fetch(s);
    say_caught_up(s);
  }
}

void tacetd_session_woken(void *user) {
  tacetd_session *s = user;
  atomic_store(&s->waking, false); /* before it looks what there is */
  tacetd_session_pump(s);
  tacetd_session_unref(s);
}

/* On any thread, the hub's lock held. */
void tacetd_session_wake(tacetd_reader *r) {
  tacetd_session *s = (tacetd_session *)(void *)r;
  if (!atomic_exchange(&s->waking, true)) {
    tacetd_session_ref(s);
    net_post_send(s->loop->loop, &s->wake);
  }
}
