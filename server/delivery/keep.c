/* SPDX-License-Identifier: Apache-2.0
 * What is past its day: items, mailboxes that nobody reads, capabilities of
 * before, slots, spent tokens, blobs. */
#include "server/delivery/private.h"

#include <stdlib.h>

/* Rows of one slice: a few milliseconds. Bodies of slots may have megabytes. */
#define SLICE 256
#define SLICE_BODIES 16

enum { BOXES, SLOT_BODIES, SLOTS, SPENT, BLOBS, N_STEPS };

/* ---- mailboxes ---- */

static tacet_err expire_items(dlv_delivery *d, sto_conn *c, dlv_box *b,
                              int64_t day, sto_sweep *s) {
  bool row;
  sto_query *q = sto_query_start(c, Q_ITEM_OLDER);
  sto_bind_int(q, b->key);
  sto_bind_int(q, day - TACETD_ITEM_DAYS);
  TACET_TRY(sto_step(q, &row));
  uint64_t last = sto_is_null(q, 0) ? 0 : (uint64_t)sto_int(q, 0);
  sto_query_end(q);
  if (last == 0) {
    return TACET_OK;
  }
  uint32_t n;
  TACET_TRY(dlv_items_erase(d, c, b, last, &n));
  b->expired += n;
  s->rows += n;
  return TACET_OK;
}

static tacet_err sweep_box(dlv_delivery *d, sto_conn *c, int64_t key,
                           int64_t day, sto_sweep *s) {
  dlv_box *b;
  TACET_TRY(dlv_box_find_key(&d->boxes, c, key, &b));
  if (b == NULL) {
    return TACET_OK;
  }
  if (b->touched < day - TACETD_MAILBOX_UNREAD_DAYS) {
    s->rows += b->n_items + 1;
    return dlv_box_erase(d, c, b);
  }
  if (b->old_left > 0 && b->old_until < day) {
    b->old_left = 0;
    dlv_box_change(&d->boxes, b);
  }
  return b->n_items == 0 ? TACET_OK : expire_items(d, c, b, day, s);
}

/* Whether a row of Q_BOX_AFTER has anything that is past its day. Others are
 * not taken into memory, where they would push out those that are in use. */
static bool is_due(sto_query *q, int64_t day) {
  return sto_int(q, 1) < day - TACETD_MAILBOX_UNREAD_DAYS ||
         (sto_int(q, 2) > 0 && sto_int(q, 3) < day) ||
         (!sto_is_null(q, 4) && sto_int(q, 4) < day - TACETD_ITEM_DAYS);
}

static tacet_err sweep_boxes(dlv_delivery *d, sto_conn *c, int64_t day,
                             sto_sweep *s, bool *more) {
  int64_t due[SLICE];
  size_t n = 0, n_due = 0;
  bool row = true;
  sto_query *q = sto_query_start(c, Q_BOX_AFTER);
  sto_bind_int(q, s->after);
  sto_bind_int(q, SLICE);
  while (row) {
    TACET_TRY(sto_step(q, &row));
    if (row && n < SLICE) {
      n++;
      s->after = sto_int(q, 0);
      if (is_due(q, day)) {
        due[n_due++] = s->after;
      }
    }
  }
  for (size_t i = 0; i < n_due; i++) {
    TACET_TRY(sweep_box(d, c, due[i], day, s));
  }
  *more = n == SLICE;
  return TACET_OK;
}

/* ---- slots, tokens, blobs ---- */

static tacet_err sweep_rows(sto_conn *c, unsigned statement, int64_t before,
                            int64_t limit, sto_sweep *s, bool *more) {
  sto_query *q = sto_query_start(c, statement);
  sto_bind_int(q, before);
  sto_bind_int(q, limit);
  TACET_TRY(sto_exec(q));
  int64_t n = sto_changes(c);
  s->rows += (uint64_t)n;
  *more = n == limit;
  return TACET_OK;
}

static void free_dead_blobs(dlv_delivery *d) {
  free(d->dead_blobs);
  d->dead_blobs = NULL;
  d->n_dead_blobs = 0;
}

static tacet_err list_dead_blobs(dlv_delivery *d, sto_conn *c, int64_t day) {
  bool row = true;
  free_dead_blobs(d); /* of a run that was undone */
  d->dead_blobs = calloc(SLICE, sizeof(*d->dead_blobs));
  if (d->dead_blobs == NULL) {
    return TACET_ERR_NOMEM;
  }
  sto_query *q = sto_query_start(c, Q_BLOB_OLDER);
  sto_bind_int(q, day - TACETD_BLOB_DAYS);
  sto_bind_int(q, day - TACETD_BLOB_UNFINISHED_DAYS);
  sto_bind_int(q, SLICE);
  while (row) {
    TACET_TRY(sto_step(q, &row));
    if (row && sto_blob(q, 0).len == TACET_HASH_LEN &&
        d->n_dead_blobs < SLICE) {
      memcpy(d->dead_blobs[d->n_dead_blobs++], sto_blob(q, 0).p,
             TACET_HASH_LEN);
    }
  }
  return TACET_OK;
}

/* Rows go in the transaction, files when it is durable: a crash in between
 * leaves files without rows, which the next start removes. */
static tacet_err sweep_blobs(dlv_delivery *d, sto_conn *c, int64_t day,
                             sto_sweep *s, bool *more) {
  TACET_TRY(list_dead_blobs(d, c, day));
  for (size_t i = 0; i < d->n_dead_blobs; i++) {
    sto_query *q = sto_query_start(c, Q_BLOB_DELETE);
    sto_bind_blob(q, tacet_span_of(d->dead_blobs[i], TACET_HASH_LEN));
    TACET_TRY(sto_exec(q));
  }
  s->rows += d->n_dead_blobs;
  *more = d->n_dead_blobs == SLICE;
  return TACET_OK;
}

/* ---- what the keeper calls ---- */

static tacet_err slice(void *user, sto_conn *c, int64_t day, sto_sweep *s,
                       bool *more) {
  dlv_delivery *d = user;
  switch (s->step) {
  case BOXES:
    return sweep_boxes(d, c, day, s, more);
  case SLOT_BODIES:
    return sweep_rows(c, Q_SLOT_DROP_BODIES, day - TACETD_SLOT_BODY_DAYS,
                      SLICE_BODIES, s, more);
  case SLOTS:
    return sweep_rows(c, Q_SLOT_DELETE, day - TACETD_SLOT_NAME_DAYS, SLICE, s,
                      more);
  case SPENT:
    return sweep_rows(c, Q_SPENT_EXPIRE, day, SLICE, s, more);
  default:
    return sweep_blobs(d, c, day, s, more);
  }
}

static void sliced(void *user, bool ok) {
  dlv_delivery *d = user;
  for (size_t i = 0; ok && i < d->n_dead_blobs; i++) {
    dlv_blob_file_remove(d, d->dead_blobs[i]);
  }
  free_dead_blobs(d);
}

static tacet_err new_day(void *user, sto_conn *c, int64_t day) {
  (void)c;
  bool changed; /* the directory tells the log: these are its keys too */
  return tok_issuer_set_day(((dlv_delivery *)user)->issuer, day, &changed);
}

sto_keeping dlv_keeping(dlv_delivery *d) {
  return (sto_keeping){.user = d,
                       .q_get = Q_META_GET,
                       .q_set = Q_META_SET,
                       .q_delete = Q_META_DELETE,
                       .new_day = new_day,
                       .slice = slice,
                       .sliced = sliced,
                       .n_steps = N_STEPS};
}
