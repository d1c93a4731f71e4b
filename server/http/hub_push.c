/* SPDX-License-Identifier: Apache-2.0
 * The hub's other side: what delivery has, handed to the sessions that read it.
 *
 * Why no item is lost between disk and memory: while a mailbox is live, each
 * commit reaches its inbox in order. Where the inbox or the credit is full the
 * mailbox turns behind, and everything above its sequence number is read from
 * the disk. What is committed while a cursor is out sets `again`, so that it
 * is fetched once more before the mailbox is live. */
#include "net/loop.h"
#include "server/http/hub_table.h"

#include <stdlib.h>

/* A parcel at the end of the inbox; NULL without memory. Gives a second wake
 * for none but the first of them. */
static tacetd_parcel *put(tacetd_reader *r, tacetd_parcel_kind kind) {
  if (r->n_inbox == r->cap_inbox) {
    uint32_t cap = r->cap_inbox == 0 ? 8 : r->cap_inbox * 2;
    tacetd_parcel *more = tacet_alloc_array(cap, sizeof(*more));
    if (more == NULL) {
      return NULL;
    }
    if (r->n_inbox > 0) {
      memcpy(more, r->inbox, r->n_inbox * sizeof(*more));
    }
    tacet_free(r->inbox);
    r->inbox = more;
    r->cap_inbox = cap;
  }
  tacetd_parcel *p = &r->inbox[r->n_inbox++];
  memset(p, 0, sizeof(*p));
  p->kind = kind;
  return p;
}

static void call(tacetd_reader *r) {
  if (!r->called) {
    r->called = true;
    r->wake(r);
  }
}

void hub_put_gone(tacetd_reader *r, const uint8_t *mailbox) {
  tacetd_parcel *p = r->detached ? NULL : put(r, TACETD_PARCEL_GONE);
  if (p != NULL) {
    memcpy(p->mailbox, mailbox, TACET_MAILBOX_ID_LEN);
    call(r);
  }
}

/* ---- hooks ---- */

static void put_item(tacetd_hub *h, uint32_t at, dlv_item *item) {
  struct hub_sub *s = hub_at(h, at);
  tacetd_reader *r = h->readers[s->reader];
  if (s->state != HUB_LIVE) {
    s->again |= s->state == HUB_BEHIND; /* NEW keeps it for "gone" */
    return;
  }
  tacetd_parcel *p = !r->detached && r->n_inbox < TACETD_INBOX_MAX
                         ? put(r, TACETD_PARCEL_ITEM)
                         : NULL;
  if (p == NULL) {
    hub_set_state(r, s, HUB_BEHIND);
  } else {
    dlv_item_ref(item);
    p->item = item;
    p->at = at;
  }
  if (!r->detached) {
    call(r);
  }
}

static void on_stored(void *user, dlv_item *const *items, size_t n) {
  tacetd_hub *h = user;
  (void)pthread_mutex_lock(&h->lock);
  for (size_t i = 0; i < n; i++) {
    for (uint32_t at = hub_first(h, items[i]->mailbox); at != 0;
         at = hub_next(h, at)) {
      put_item(h, at, items[i]);
    }
  }
  (void)pthread_mutex_unlock(&h->lock);
}

static dlv_item *ephemeral_item(const uint8_t *mailbox, tacet_span bytes) {
  /* Of malloc, like those of delivery: dlv_item_unref() frees both. */
  dlv_item *item = calloc(1, sizeof(*item) + bytes.len);
  if (item != NULL) {
    atomic_init(&item->references, 1);
    memcpy(item->mailbox, mailbox, TACET_MAILBOX_ID_LEN);
    item->len = bytes.len;
    if (bytes.len > 0) {
      memcpy(item->sealed, bytes.p, bytes.len);
    }
  }
  return item;
}

static void on_ephemeral(void *user,
                         const uint8_t mailbox[TACET_MAILBOX_ID_LEN],
                         tacet_span bytes) {
  tacetd_hub *h = user;
  dlv_item *item = NULL;
  (void)pthread_mutex_lock(&h->lock);
  for (uint32_t at = hub_first(h, mailbox); at != 0; at = hub_next(h, at)) {
    const struct hub_sub *s = hub_at(h, at);
    tacetd_reader *r = h->readers[s->reader];
    if (s->state == HUB_NEW || r->detached || r->n_inbox >= TACETD_INBOX_MAX) {
      continue; /* it is worth nothing late */
    }
    if (item == NULL) {
      item = ephemeral_item(mailbox, bytes);
    }
    tacetd_parcel *p = item != NULL ? put(r, TACETD_PARCEL_EPHEMERAL) : NULL;
    if (p != NULL) {
      dlv_item_ref(item);
      p->item = item;
      p->at = at;
      call(r);
    }
  }
  (void)pthread_mutex_unlock(&h->lock);
  dlv_item_unref(item);
}

static void on_gone(void *user, const uint8_t mailbox[TACET_MAILBOX_ID_LEN]) {
  tacetd_hub *h = user;
  (void)pthread_mutex_lock(&h->lock);
  for (uint32_t at = hub_first(h, mailbox), next; at != 0; at = next) {
    struct hub_sub *s = hub_at(h, at);
    tacetd_reader *r = h->readers[s->reader];
    next = hub_next(h, at);
    if (s->state == HUB_NEW) {
      s->again = 1;
      continue;
    }
    hub_remove(h, r, at);
    hub_put_gone(r, mailbox);
  }
  (void)pthread_mutex_unlock(&h->lock);
}

/* A commit is news for many sessions and the answer to many requests: each loop
 * hears of all of them at once. It is woken once, does not fight for the lock
 * of its list with us, and what goes to one connection goes in one record. */
static void on_telling(void *user, bool begins) {
  (void)user;
  if (begins) {
    net_post_hold();
  } else {
    net_post_release();
  }
}

dlv_hooks tacetd_hub_hooks(tacetd_hub *h) {
  return (dlv_hooks){.user = h,
                     .stored = on_stored,
                     .ephemeral = on_ephemeral,
                     .gone = on_gone,
                     .telling = on_telling};
}

/* ---- taking ---- */

/* Whether an item goes out now. */
static bool admit(tacetd_reader *r, struct hub_sub *s, const dlv_item *item,
                  tacetd_credit *credit, bool *slow) {
  if (s->state != HUB_LIVE || item->seq <= hub_seq(s)) {
    return false; /* it comes, or came, from the disk */
  }
  if (credit->items == 0 || credit->bytes < item->len) {
    hub_set_state(r, s, HUB_BEHIND);
    *slow = true;
    return false;
  }
  credit->items--;
  credit->bytes -= item->len;
  hub_set_seq(s, item->seq);
  return true;
}

bool tacetd_hub_take(tacetd_hub *h, tacetd_reader *r, tacetd_credit *credit,
                     tacetd_parcel *out, size_t cap, size_t *n, bool *slow) {
  uint32_t i = 0;
  *n = 0;
  *slow = false;
  (void)pthread_mutex_lock(&h->lock);
  for (; i < r->n_inbox && *n < cap; i++) {
    tacetd_parcel *p = &r->inbox[i];
    bool keep = p->kind != TACETD_PARCEL_ITEM;
    if (!keep && hub_is_of(h, p->at, r, p->item->mailbox)) {
      keep = admit(r, hub_at(h, p->at), p->item, credit, slow);
    }
    if (keep) {
      out[(*n)++] = *p;
    } else {
      dlv_item_unref(p->item);
    }
  }
  r->n_inbox -= i;
  if (r->n_inbox > 0) {
    memmove(r->inbox, r->inbox + i, r->n_inbox * sizeof(*r->inbox));
  } else {
    r->called = false;
  }
  if (r->n_inbox == 0 && r->cap_inbox > 8) { /* idle sessions are small */
    tacet_free(r->inbox);
    r->inbox = NULL;
    r->cap_inbox = 0;
  }
  bool more = r->n_inbox > 0;
  (void)pthread_mutex_unlock(&h->lock);
  return more;
}

/* ---- from the disk ---- */

bool tacetd_hub_cursors(tacetd_hub *h, tacetd_reader *r, dlv_fetch *fetch) {
  fetch->n = 0;
  (void)pthread_mutex_lock(&h->lock);
  uint32_t at = r->n_behind > 0 ? r->first : 0;
  for (; at != 0 && fetch->n < TACET_SUBSCRIBE_MAX;
       at = hub_at(h, at)->own_next) {
    struct hub_sub *s = hub_at(h, at);
    if (s->state == HUB_BEHIND && !s->fetching) {
      dlv_cursor *c = &fetch->cursors[fetch->n++];
      memcpy(c->mailbox, s->mailbox, TACET_MAILBOX_ID_LEN);
      c->after = hub_seq(s);
      c->more = false;
      s->fetching = 1;
      s->again = 0;
    }
  }
  (void)pthread_mutex_unlock(&h->lock);
  return fetch->n > 0;
}

void tacetd_hub_fetched(tacetd_hub *h, tacetd_reader *r, const dlv_fetch *fetch,
                        bool *keep) {
  (void)pthread_mutex_lock(&h->lock);
  for (size_t i = 0; i < fetch->n_items; i++) {
    uint32_t at = hub_find(h, r, fetch->items[i]->mailbox);
    struct hub_sub *s = at != 0 ? hub_at(h, at) : NULL;
    keep[i] = s != NULL && s->fetching && fetch->items[i]->seq > hub_seq(s);
    if (keep[i]) {
      hub_set_seq(s, fetch->items[i]->seq);
    }
  }
  for (size_t i = 0; i < fetch->n; i++) {
    uint32_t at = hub_find(h, r, fetch->cursors[i].mailbox);
    struct hub_sub *s = at != 0 ? hub_at(h, at) : NULL;
    if (s == NULL || !s->fetching) {
      continue; /* left, and came again, meanwhile */
    }
    if (!fetch->cursors[i].more && !s->again) {
      hub_set_state(r, s, HUB_LIVE);
    }
    s->fetching = s->again = 0;
  }
  (void)pthread_mutex_unlock(&h->lock);
}

void tacetd_hub_rewind(tacetd_hub *h, tacetd_reader *r,
                       const uint8_t mailbox[TACET_MAILBOX_ID_LEN],
                       uint64_t seq) {
  (void)pthread_mutex_lock(&h->lock);
  uint32_t at = hub_find(h, r, mailbox);
  struct hub_sub *s = at != 0 ? hub_at(h, at) : NULL;
  if (s != NULL && s->state != HUB_NEW) {
    if (seq <= hub_seq(s)) {
      hub_set_seq(s, seq - 1);
    }
    hub_set_state(r, s, HUB_BEHIND);
    s->fetching = 0; /* what is being fetched starts too high */
  }
  (void)pthread_mutex_unlock(&h->lock);
}

bool tacetd_hub_is_behind(tacetd_hub *h, const tacetd_reader *r) {
  (void)pthread_mutex_lock(&h->lock);
  bool behind = r->n_behind > 0;
  (void)pthread_mutex_unlock(&h->lock);
  return behind;
}
