/* SPDX-License-Identifier: Apache-2.0
 * The table of subscriptions: fixed-size entries in blocks that never move,
 * chained by number, so that one costs 36 bytes and its share of the buckets.
 */
#include "server/http/hub_table.h"

#include "tacet/crypto.h"

tacet_err tacetd_hub_new(tacetd_hub **out) {
  tacetd_hub *h = tacet_alloc(sizeof(*h));
  if (h == NULL) {
    return TACET_ERR_NOMEM;
  }
  (void)pthread_mutex_init(&h->lock, NULL);
  h->n_buckets = HUB_BUCKETS_MIN;
  h->buckets = tacet_alloc_array(h->n_buckets, sizeof(*h->buckets));
  tacet_err e = h->buckets == NULL
                    ? TACET_ERR_NOMEM
                    : tacet_random((uint8_t *)h->key, sizeof(h->key));
  if (e != TACET_OK) {
    tacetd_hub_free(h);
    return e;
  }
  *out = h;
  return TACET_OK;
}

void tacetd_hub_free(tacetd_hub *h) {
  if (h == NULL) {
    return;
  }
  for (uint32_t i = 0; i < h->n_blocks; i++) {
    tacet_free(h->blocks[i]);
  }
  tacet_free(h->blocks);
  tacet_free(h->buckets);
  tacet_free(h->readers);
  (void)pthread_mutex_destroy(&h->lock);
  tacet_free(h);
}

/* ---- the table ---- */

/* Ids are random, but chosen by clients: without a key somebody could choose
 * thousands that share a bucket. */
static uint32_t *bucket_of(const tacetd_hub *h, const uint8_t *mailbox) {
  uint64_t a, b;
  memcpy(&a, mailbox, 8);
  memcpy(&b, mailbox + 8, 8);
  a = (a ^ h->key[0]) * 0x9e3779b97f4a7c15u;
  b = (b ^ h->key[1] ^ a >> 32) * 0xc2b2ae3d27d4eb4fu;
  b ^= b >> 29;
  return &h->buckets[(b ^ a) & (h->n_buckets - 1)];
}

uint32_t hub_first(const tacetd_hub *h, const uint8_t *mailbox) {
  uint32_t at = *bucket_of(h, mailbox);
  while (at != 0 &&
         memcmp(hub_at(h, at)->mailbox, mailbox, TACET_MAILBOX_ID_LEN) != 0) {
    at = hub_at(h, at)->next;
  }
  return at;
}

uint32_t hub_next(const tacetd_hub *h, uint32_t at) {
  const uint8_t *mailbox = hub_at(h, at)->mailbox;
  do {
    at = hub_at(h, at)->next;
  } while (at != 0 &&
           memcmp(hub_at(h, at)->mailbox, mailbox, TACET_MAILBOX_ID_LEN) != 0);
  return at;
}

uint32_t hub_find(const tacetd_hub *h, const tacetd_reader *r,
                  const uint8_t *mailbox) {
  uint32_t at = hub_first(h, mailbox);
  while (at != 0 && hub_at(h, at)->reader != r->number) {
    at = hub_next(h, at);
  }
  return at;
}

/* Twice the buckets, so that chains stay short. Without memory they get longer
 * and everything still works. */
static void grow_buckets(tacetd_hub *h) {
  uint32_t old_n = h->n_buckets, *old = h->buckets;
  uint32_t *more = tacet_alloc_array((size_t)old_n * 2, sizeof(*more));
  if (more == NULL) {
    return;
  }
  h->buckets = more;
  h->n_buckets = old_n * 2;
  for (uint32_t i = 0; i < old_n; i++) {
    for (uint32_t at = old[i], next; at != 0; at = next) {
      struct hub_sub *s = hub_at(h, at);
      uint32_t *b = bucket_of(h, s->mailbox);
      next = s->next;
      s->next = *b;
      *b = at;
    }
  }
  tacet_free(old);
}

/* One more block of free entries. */
static bool grow_blocks(tacetd_hub *h) {
  struct hub_sub **blocks = tacet_alloc_array(h->n_blocks + 1, sizeof(*blocks));
  struct hub_sub *block = tacet_alloc_array(HUB_BLOCK, sizeof(*block));
  if (blocks == NULL || block == NULL ||
      h->n_blocks >= UINT32_MAX / HUB_BLOCK - 1) {
    tacet_free(blocks);
    tacet_free(block);
    return false;
  }
  if (h->n_blocks > 0) {
    memcpy(blocks, h->blocks, h->n_blocks * sizeof(*blocks));
  }
  tacet_free(h->blocks);
  h->blocks = blocks;
  h->blocks[h->n_blocks++] = block;
  uint32_t base = (h->n_blocks - 1) * HUB_BLOCK + 1;
  for (uint32_t i = HUB_BLOCK; i-- > 0;) {
    block[i].next = h->free;
    h->free = base + i;
  }
  return true;
}

static bool add(tacetd_hub *h, tacetd_reader *r, const uint8_t *mailbox) {
  if (h->free == 0 && !grow_blocks(h)) {
    return false;
  }
  if (h->n >= h->n_buckets * HUB_LOAD) {
    grow_buckets(h);
  }
  uint32_t at = h->free;
  struct hub_sub *s = hub_at(h, at);
  uint32_t *b = bucket_of(h, mailbox);
  h->free = s->next;
  memset(s, 0, sizeof(*s));
  memcpy(s->mailbox, mailbox, TACET_MAILBOX_ID_LEN);
  s->reader = r->number & HUB_READER_MASK;
  s->state = HUB_NEW;
  s->next = *b;
  *b = at;
  s->own_next = r->first;
  r->first = at;
  r->n++;
  h->n++;
  return true;
}

void hub_remove(tacetd_hub *h, tacetd_reader *r, uint32_t at) {
  struct hub_sub *s = hub_at(h, at);
  uint32_t *link = bucket_of(h, s->mailbox);
  while (*link != at) {
    link = &hub_at(h, *link)->next;
  }
  *link = s->next;
  link = &r->first;
  while (*link != at) {
    link = &hub_at(h, *link)->own_next;
  }
  *link = s->own_next;
  hub_set_state(r, s, HUB_NEW);
  memset(s, 0, sizeof(*s));
  s->next = h->free;
  h->free = at;
  r->n--;
  h->n--;
}

/* ---- readers ---- */

static void drop_inbox(tacetd_reader *r) {
  for (uint32_t i = 0; i < r->n_inbox; i++) {
    dlv_item_unref(r->inbox[i].item);
  }
  tacet_free(r->inbox);
  r->inbox = NULL;
  r->n_inbox = r->cap_inbox = 0;
}

static bool grow_readers(tacetd_hub *h) {
  uint32_t n = h->cap_readers == 0 ? 64 : h->cap_readers * 2;
  if (n > HUB_READER_MASK) {
    return false;
  }
  tacetd_reader **more = tacet_alloc_array(n, sizeof(*more));
  if (more == NULL) {
    return false;
  }
  if (h->cap_readers > 0) {
    memcpy(more, h->readers, h->cap_readers * sizeof(*more));
  }
  tacet_free(h->readers);
  h->readers = more;
  h->cap_readers = n;
  return true;
}

tacet_err tacetd_hub_enter(tacetd_hub *h, tacetd_reader *r) {
  tacet_err e = TACET_ERR_NOMEM;
  (void)pthread_mutex_lock(&h->lock);
  uint32_t i = h->free_reader;
  while (i < h->cap_readers && h->readers[i] != NULL) {
    i++;
  }
  if (i < h->cap_readers || grow_readers(h)) {
    h->readers[i] = r;
    h->free_reader = i + 1;
    r->number = i;
    e = TACET_OK;
  }
  (void)pthread_mutex_unlock(&h->lock);
  return e;
}

void tacetd_hub_leave(tacetd_hub *h, tacetd_reader *r) {
  (void)pthread_mutex_lock(&h->lock);
  while (r->first != 0) {
    hub_remove(h, r, r->first);
  }
  drop_inbox(r);
  h->readers[r->number] = NULL;
  if (r->number < h->free_reader) {
    h->free_reader = r->number;
  }
  (void)pthread_mutex_unlock(&h->lock);
}

/* ---- subscribing ---- */

static bool is_new_to(const tacetd_hub *h, const tacetd_reader *r,
                      const dlv_subscribe *list, size_t i) {
  return hub_find(h, r, list->keys[i].id) == 0;
}

tacet_err tacetd_hub_subscribe(tacetd_hub *h, tacetd_reader *r,
                               const dlv_subscribe *list) {
  tacet_err e = TACET_OK;
  uint32_t before = r->n;
  (void)pthread_mutex_lock(&h->lock);
  for (size_t i = 0; i < list->n && e == TACET_OK; i++) {
    if (!is_new_to(h, r, list, i)) {
      continue;
    }
    if (r->n >= TACETD_SUBSCRIBE_MAX) {
      e = TACET_ERR_LIMIT;
    } else if (!add(h, r, list->keys[i].id)) {
      e = TACET_ERR_NOMEM;
    }
  }
  while (e != TACET_OK && r->n > before) {
    hub_remove(h, r, r->first); /* the newest is the first */
  }
  (void)pthread_mutex_unlock(&h->lock);
  return e;
}

void tacetd_hub_confirm(tacetd_hub *h, tacetd_reader *r,
                        const dlv_subscribe *list) {
  (void)pthread_mutex_lock(&h->lock);
  for (size_t i = 0; i < list->n; i++) {
    const tacet_subscription *known = &list->out[i];
    uint32_t at = hub_find(h, r, known->mailbox);
    if (at == 0 || hub_at(h, at)->state != HUB_NEW) {
      continue; /* left meanwhile, or was checked by an earlier frame */
    }
    struct hub_sub *s = hub_at(h, at);
    if (known->known && !s->again) {
      hub_set_seq(s, known->acknowledged);
      hub_set_state(r, s, HUB_BEHIND);
    } else {
      if (known->known) { /* deleted while its secret was checked */
        hub_put_gone(r, known->mailbox);
      }
      hub_remove(h, r, at);
    }
  }
  (void)pthread_mutex_unlock(&h->lock);
}

bool tacetd_hub_unsubscribe(tacetd_hub *h, tacetd_reader *r,
                            const uint8_t mailbox[TACET_MAILBOX_ID_LEN]) {
  (void)pthread_mutex_lock(&h->lock);
  uint32_t at = hub_find(h, r, mailbox);
  if (at != 0) {
    hub_remove(h, r, at);
  }
  (void)pthread_mutex_unlock(&h->lock);
  return at != 0;
}

bool tacetd_hub_has(tacetd_hub *h, const tacetd_reader *r,
                    const uint8_t mailbox[TACET_MAILBOX_ID_LEN]) {
  (void)pthread_mutex_lock(&h->lock);
  uint32_t at = hub_find(h, r, mailbox);
  bool has = at != 0 && hub_at(h, at)->state != HUB_NEW;
  (void)pthread_mutex_unlock(&h->lock);
  return has;
}

uint32_t tacetd_hub_count(tacetd_hub *h, const tacetd_reader *r) {
  (void)pthread_mutex_lock(&h->lock);
  uint32_t n = r->n;
  (void)pthread_mutex_unlock(&h->lock);
  return n;
}

/* ---- resuming ---- */

void tacetd_hub_detach(tacetd_hub *h, tacetd_reader *r) {
  (void)pthread_mutex_lock(&h->lock);
  for (uint32_t i = 0; i < r->n_inbox; i++) {
    uint32_t at = r->inbox[i].at;
    if (r->inbox[i].kind == TACETD_PARCEL_ITEM &&
        hub_is_of(h, at, r, r->inbox[i].item->mailbox)) {
      hub_set_state(r, hub_at(h, at), HUB_BEHIND);
    }
  }
  drop_inbox(r);
  for (uint32_t at = r->first, next; at != 0; at = next) {
    struct hub_sub *s = hub_at(h, at);
    next = s->own_next;
    s->fetching = s->again = 0;
    if (s->state == HUB_NEW) {
      hub_remove(h, r, at);
    }
  }
  r->detached = true;
  (void)pthread_mutex_unlock(&h->lock);
}

void tacetd_hub_adopt(tacetd_hub *h, tacetd_reader *from, tacetd_reader *to) {
  (void)pthread_mutex_lock(&h->lock);
  TACET_ASSERT(from->detached && to->n == 0);
  for (uint32_t at = from->first; at != 0; at = hub_at(h, at)->own_next) {
    hub_at(h, at)->reader = to->number & HUB_READER_MASK;
  }
  to->first = from->first;
  to->n = from->n;
  to->n_behind = from->n_behind;
  from->first = from->n = from->n_behind = 0;
  (void)pthread_mutex_unlock(&h->lock);
}

size_t tacetd_hub_list(tacetd_hub *h, const tacetd_reader *r, uint32_t *at,
                       tacet_subscription *out, size_t cap) {
  size_t n = 0;
  (void)pthread_mutex_lock(&h->lock);
  uint32_t i = *at == 0 ? r->first : hub_at(h, *at)->own_next;
  for (; i != 0 && n < cap; i = hub_at(h, i)->own_next, n++) {
    const struct hub_sub *s = hub_at(h, i);
    memset(&out[n], 0, sizeof(out[n]));
    memcpy(out[n].mailbox, s->mailbox, TACET_MAILBOX_ID_LEN);
    out[n].known = true;
    out[n].acknowledged = hub_seq(s);
    *at = i;
  }
  (void)pthread_mutex_unlock(&h->lock);
  return n;
}

void tacetd_hub_size(tacetd_hub *h, size_t *n, size_t *bytes) {
  (void)pthread_mutex_lock(&h->lock);
  *n = h->n;
  *bytes = (size_t)h->n_blocks * HUB_BLOCK * sizeof(struct hub_sub) +
           h->n_buckets * sizeof(*h->buckets);
  (void)pthread_mutex_unlock(&h->lock);
}
