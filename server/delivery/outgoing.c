/* SPDX-License-Identifier: Apache-2.0
 * Items of the transaction under way. */
#include "server/delivery/outgoing.h"

#include "server/delivery/private.h"
#include "tacet/crypto.h"

#include <stdlib.h>

void dlv_item_unref(dlv_item *i) {
  if (i != NULL &&
      atomic_fetch_sub_explicit(&i->references, 1, memory_order_acq_rel) == 1) {
    free(i);
  }
}

static bool grow(void **p, size_t *cap, size_t size) {
  size_t more = *cap == 0 ? 64 : *cap * 2;
  void *moved = realloc(*p, more * size);
  if (moved == NULL) {
    return false;
  }
  *p = moved;
  *cap = more;
  return true;
}

static tacet_err make_room(dlv_outgoing *o) {
  if (o->n < o->cap) {
    return TACET_OK;
  }
  size_t cap = o->cap;
  void *items = o->items, *keys = o->keys;
  bool ok = grow(&items, &cap, sizeof(*o->items));
  o->items = items;
  cap = o->cap;
  ok = ok && grow(&keys, &cap, sizeof(*o->keys));
  o->keys = keys;
  o->cap = ok ? cap : o->cap;
  return ok ? TACET_OK : TACET_ERR_NOMEM;
}

tacet_err dlv_outgoing_add(dlv_outgoing *o, dlv_box *b, uint64_t now_ms,
                           tacet_span item) {
  TACET_TRY(make_room(o));
  size_t len = item.len + TACET_SEAL_TAG_LEN;
  dlv_item *i = malloc(sizeof(*i) + len);
  if (i == NULL) {
    return TACET_ERR_NOMEM;
  }
  atomic_init(&i->references, 1);
  i->len = len;
  tacet_err err = dlv_box_seal(b, now_ms, item, i->enc, &i->number, i->sealed);
  if (err != TACET_OK) {
    free(i);
    return err;
  }
  memcpy(i->mailbox, b->id, sizeof(i->mailbox));
  i->seq = b->next_seq++;
  b->n_items++;
  b->n_bytes += len;
  b->n_pending++;
  o->keys[o->n] = b->key;
  o->items[o->n++] = i;
  return TACET_OK;
}

tacet_err dlv_outgoing_gone(dlv_outgoing *o, const dlv_box *b) {
  if (o->n_gone == o->cap_gone) {
    void *gone = o->gone;
    if (!grow(&gone, &o->cap_gone, sizeof(*o->gone))) {
      return TACET_ERR_NOMEM;
    }
    o->gone = gone;
  }
  memcpy(o->gone[o->n_gone++], b->id, TACET_MAILBOX_ID_LEN);
  size_t kept = 0;
  for (size_t i = 0; i < o->n; i++) {
    if (o->keys[i] == b->key) {
      dlv_item_unref(o->items[i]);
    } else {
      o->keys[kept] = o->keys[i];
      o->items[kept++] = o->items[i];
    }
  }
  o->n = kept;
  return TACET_OK;
}

static tacet_err insert(const dlv_item *i, int64_t key, int64_t day,
                        sto_conn *c) {
  sto_query *q = sto_query_start(c, Q_ITEM_ADD);
  sto_bind_int(q, key);
  sto_bind_int(q, (int64_t)i->seq);
  sto_bind_int(q, day);
  sto_bind_int(q, (int64_t)i->len);
  sto_bind_int(q, i->number);
  sto_bind_blob(q, tacet_span_of(i->enc, sizeof(i->enc)));
  sto_bind_blob(q, dlv_item_span(i));
  return sto_exec(q);
}

/* Fisher and Yates, from the system's randomness. The bias of the remainder is
 * under 2^-20 for the largest batch. */
static tacet_err shuffle(uint32_t *order, size_t n) {
  uint32_t random[256];
  for (size_t i = 0; i < n; i++) {
    order[i] = (uint32_t)i;
  }
  for (size_t left = n; left > 1; left--) {
    size_t at = (n - left) % 256;
    if (at == 0) {
      size_t some = left - 1 < 256 ? left - 1 : 256;
      TACET_TRY(tacet_random((uint8_t *)random, some * sizeof(random[0])));
    }
    size_t other = random[at] % left;
    uint32_t swap = order[left - 1];
    order[left - 1] = order[other];
    order[other] = swap;
  }
  return TACET_OK;
}

tacet_err dlv_outgoing_write(dlv_outgoing *o, dlv_boxes *all, sto_conn *c,
                             int64_t day) {
  if (o->n == 0) {
    return TACET_OK;
  }
  uint32_t *order = malloc(o->n * sizeof(*order));
  if (order == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_err err = shuffle(order, o->n);
  for (size_t i = 0; err == TACET_OK && i < o->n; i++) {
    err = insert(o->items[order[i]], o->keys[order[i]], day, c);
  }
  free(order);
  TACET_TRY(err);
  for (size_t i = 0; i < o->n; i++) { /* none of them needs a row read */
    dlv_box *b;
    TACET_TRY(dlv_box_find_key(all, c, o->keys[i], &b));
    b->n_pending = 0;
  }
  return TACET_OK;
}

void dlv_outgoing_tell(dlv_outgoing *o, const dlv_hooks *h) {
  if (o->n > 0 && h->stored != NULL) {
    h->stored(h->user, o->items, o->n);
  }
  for (size_t i = 0; h->gone != NULL && i < o->n_gone; i++) {
    h->gone(h->user, o->gone[i]);
  }
  dlv_outgoing_clear(o);
}

void dlv_outgoing_clear(dlv_outgoing *o) {
  for (size_t i = 0; i < o->n; i++) {
    dlv_item_unref(o->items[i]);
  }
  o->n = 0;
  o->n_gone = 0;
}

void dlv_outgoing_free(dlv_outgoing *o) {
  dlv_outgoing_clear(o);
  free(o->items);
  free(o->keys);
  free(o->gone);
  *o = (dlv_outgoing){0};
}
