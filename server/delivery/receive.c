/* SPDX-License-Identifier: Apache-2.0
 * Subscribing, fetching, acknowledging. */
#include "server/delivery/private.h"

#include <stdlib.h>

/* ---- subscribing ---- */

static tacet_err subscribe_one(sto_conn *c, const tacet_mailbox_key *k,
                               int64_t today, tacet_subscription *out,
                               bool *touch) {
  dlv_box b = {.key = dlv_key_of(k->id)};
  uint8_t hash[TACET_HASH_LEN];
  bool row;
  TACET_TRY(dlv_hash(k->read_secret, sizeof(k->read_secret), hash));
  sto_query *q = sto_query_start(c, Q_BOX_GET);
  sto_bind_int(q, b.key);
  TACET_TRY(sto_step(q, &row));
  if (row) {
    dlv_box_read_row(q, &b);
  }
  sto_query_end(q);
  *out = (tacet_subscription){.known = false};
  memcpy(out->mailbox, k->id, sizeof(out->mailbox));
  if (row && memcmp(b.id, k->id, sizeof(b.id)) == 0 &&
      tacet_equal_ct(tacet_span_of(hash, sizeof(hash)),
                     tacet_span_of(b.read_hash, sizeof(b.read_hash)))) {
    out->known = true;
    out->acknowledged = b.acked;
    out->expired = b.expired;
    *touch = *touch || !b.opened || b.touched != today;
  }
  return TACET_OK;
}

/* That it was read today: once a day and mailbox. */
static tacet_err touch_all(dlv_request *r, sto_conn *c) {
  dlv_delivery *d = r->delivery;
  const dlv_subscribe *s = r->in.subscribe;
  int64_t today = dlv_today(d);
  for (size_t i = 0; i < s->n; i++) {
    dlv_box *b = NULL;
    if (s->out[i].known) {
      TACET_TRY(dlv_box_find(&d->boxes, c, s->out[i].mailbox, &b));
    }
    if (b != NULL && (!b->opened || b->touched != today)) {
      b->opened = true;
      b->touched = today;
      dlv_box_change(&d->boxes, b);
    }
  }
  return TACET_OK;
}

tacet_err dlv_subscribe_start(dlv_request *r, sto_conn *c) {
  dlv_subscribe *s = r->in.subscribe;
  bool touch = false;
  for (size_t i = 0; i < s->n; i++) {
    TACET_TRY(subscribe_one(c, &s->keys[i], dlv_today(r->delivery), &s->out[i],
                            &touch));
  }
  tacet_wipe(s->keys, sizeof(s->keys));
  if (touch) {
    dlv_then(r, DLV_WRITER, false, touch_all);
  }
  return TACET_OK;
}

/* ---- fetching ---- */

static tacet_err item_of_row(sto_query *q,
                             const uint8_t mailbox[TACET_MAILBOX_ID_LEN],
                             dlv_item **out) {
  tacet_span enc = sto_blob(q, 2), sealed = sto_blob(q, 3);
  dlv_item *i = malloc(sizeof(*i) + sealed.len);
  if (i == NULL) {
    return TACET_ERR_NOMEM;
  }
  atomic_init(&i->references, 1);
  memcpy(i->mailbox, mailbox, sizeof(i->mailbox));
  i->seq = (uint64_t)sto_int(q, 0);
  i->number = (uint32_t)sto_int(q, 1);
  memset(i->enc, 0, sizeof(i->enc));
  if (enc.len == sizeof(i->enc)) {
    memcpy(i->enc, enc.p, enc.len);
  }
  i->len = sealed.len;
  if (sealed.len > 0) {
    memcpy(i->sealed, sealed.p, sealed.len);
  }
  *out = i;
  return TACET_OK;
}

static bool is_full(const dlv_fetch *f, size_t bytes) {
  return f->n_items >= f->max_items ||
         (f->n_items > 0 && bytes >= f->max_bytes);
}

static tacet_err fetch_one(sto_conn *c, dlv_fetch *f, dlv_cursor *at,
                           size_t *bytes) {
  bool row = true;
  sto_query *q = sto_query_start(c, Q_ITEM_NEXT);
  sto_bind_int(q, dlv_key_of(at->mailbox));
  sto_bind_int(q, (int64_t)at->after);
  sto_bind_int(q, (int64_t)(f->max_items - f->n_items) + 1);
  at->more = false;
  tacet_err err = TACET_OK;
  while (err == TACET_OK && !at->more) {
    err = sto_step(q, &row);
    if (err != TACET_OK || !row) {
      return err;
    }
    at->more = is_full(f, *bytes);
    if (!at->more) {
      err = item_of_row(q, at->mailbox, &f->items[f->n_items]);
    }
    if (!at->more && err == TACET_OK) {
      const dlv_item *i = f->items[f->n_items++];
      at->after = i->seq;
      *bytes += i->len;
    }
  }
  sto_query_end(q);
  return err;
}

tacet_err dlv_fetch_run(dlv_request *r, sto_conn *c) {
  dlv_fetch *f = r->in.fetch;
  size_t bytes = 0;
  f->n_items = 0;
  f->items = calloc(f->max_items + 1, sizeof(dlv_item *));
  if (f->items == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < f->n; i++) {
    if (is_full(f, bytes)) {
      f->cursors[i].more = true; /* not looked at: maybe */
    } else {
      TACET_TRY(fetch_one(c, f, &f->cursors[i], &bytes));
    }
  }
  return TACET_OK;
}

/* ---- acknowledging ---- */

static tacet_err count_up_to(sto_conn *c, const dlv_box *b, uint64_t seq,
                             uint32_t *n, uint64_t *bytes) {
  bool row;
  sto_query *q = sto_query_start(c, Q_ITEM_COUNT_UP_TO);
  sto_bind_int(q, b->key);
  sto_bind_int(q, (int64_t)seq);
  TACET_TRY(sto_step(q, &row));
  *n = (uint32_t)sto_int(q, 0);
  *bytes = (uint64_t)sto_int(q, 1);
  sto_query_end(q);
  return TACET_OK;
}

tacet_err dlv_items_erase(dlv_delivery *d, sto_conn *c, dlv_box *b,
                          uint64_t seq, uint32_t *n) {
  uint64_t bytes;
  TACET_TRY(count_up_to(c, b, seq, n, &bytes));
  if (*n > 0) {
    sto_query *q = sto_query_start(c, Q_ITEM_DELETE_UP_TO);
    sto_bind_int(q, b->key);
    sto_bind_int(q, (int64_t)seq);
    TACET_TRY(sto_exec(q));
  }
  b->n_items -= *n;
  b->n_bytes -= bytes;
  b->floor = seq > b->floor ? seq : b->floor;
  dlv_box_change(&d->boxes, b);
  return TACET_OK;
}

/* Only what is on the disk can have been received: a number above that is an
 * error of the client, or an attempt to lose what comes next. */
static tacet_err ack_one(dlv_delivery *d, sto_conn *c, dlv_box *b, uint64_t seq,
                         uint64_t *erased) {
  uint64_t last = b->next_seq - 1 - b->n_pending;
  seq = seq < last ? seq : last;
  if (seq <= b->acked) {
    return TACET_OK;
  }
  uint32_t n;
  TACET_TRY(dlv_items_erase(d, c, b, seq, &n));
  b->acked = seq;
  b->expired = 0;
  b->opened = true;
  b->touched = dlv_today(d);
  *erased += n;
  return TACET_OK;
}

tacet_err dlv_ack_run(dlv_request *r, sto_conn *c) {
  dlv_ack *a = r->in.ack;
  a->erased = 0;
  for (size_t i = 0; i < a->n; i++) {
    dlv_box *b;
    TACET_TRY(dlv_box_find(&r->delivery->boxes, c, a->acks[i].mailbox, &b));
    if (b != NULL) {
      TACET_TRY(ack_one(r->delivery, c, b, a->acks[i].seq, &a->erased));
    }
  }
  return TACET_OK;
}
