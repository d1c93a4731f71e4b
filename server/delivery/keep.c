/* SPDX-License-Identifier: Apache-2.0
 * Housekeeping: the server's day, and what is past its own.
 *
 * One small job at a time on the writer, about once a second: while a sweep is
 * under way each does a slice of it, so that no send waits long. A sweep runs
 * at the start and when the day has changed, and never while the clock is not
 * trusted. */
#include "server/delivery/private.h"

#include <stdlib.h>

#define DAY_NAME TACET_SPAN_LIT("day")
#define CONFIRM_NAME TACET_SPAN_LIT("clock_confirmed")
/* Rows of one slice: a few milliseconds. */
#define SLICE 256
/* How often the operator's word is looked for while the clock is not trusted */
#define CONFIRM_MS 10000

/* ---- meta ---- */

static tacet_err meta_get(sto_conn *c, tacet_span name, int64_t *out) {
  bool row;
  sto_query *q = sto_query_start(c, Q_META_GET);
  sto_bind_text(q, name);
  TACET_TRY(sto_step(q, &row));
  *out = row ? sto_int(q, 0) : -1;
  sto_query_end(q);
  return TACET_OK;
}

static tacet_err meta_set(sto_conn *c, tacet_span name, int64_t value) {
  sto_query *q = sto_query_start(c, Q_META_SET);
  sto_bind_text(q, name);
  sto_bind_int(q, value);
  return sto_exec(q);
}

/* ---- the day ---- */

static void show_day(dlv_delivery *d) {
  atomic_store(&d->today, d->day.day);
  atomic_store(&d->ahead, d->day.ahead);
  atomic_store(&d->trusted, d->day.trusted);
  if (d->day.trusted != d->was_trusted) {
    d->was_trusted = d->day.trusted;
    sto_tell(&d->watch,
             d->day.trusted ? STO_EVENT_CLOCK_STEADY : STO_EVENT_CLOCK_JUMPED,
             d->day.ahead, 0);
  }
}

static tacet_err look_for_confirmation(dlv_delivery *d, sto_conn *c) {
  uint64_t now = dlv_now_ms(d);
  if (d->day.trusted ||
      (d->confirm_ms != 0 && now - d->confirm_ms < CONFIRM_MS)) {
    return TACET_OK;
  }
  d->confirm_ms = now;
  int64_t day;
  TACET_TRY(meta_get(c, CONFIRM_NAME, &day));
  if (day < 0) {
    return TACET_OK;
  }
  sto_query *q = sto_query_start(c, Q_META_DELETE);
  sto_bind_text(q, CONFIRM_NAME);
  TACET_TRY(sto_exec(q));
  /* The word was about the clock of that day, not of any later jump. */
  if (day >= 0 && day <= d->day.day + d->day.ahead + 1 &&
      day >= d->day.day + d->day.ahead - 1) {
    (void)sto_day_confirm(&d->day, &d->clock);
  }
  return TACET_OK;
}

static tacet_err keep_day(dlv_delivery *d, sto_conn *c) {
  (void)sto_day_tick(&d->day, &d->clock);
  TACET_TRY(look_for_confirmation(d, c));
  show_day(d);
  if (d->day.day == d->stored_day) {
    return TACET_OK;
  }
  TACET_TRY(meta_set(c, DAY_NAME, d->day.day));
  bool changed;
  TACET_TRY(tok_issuer_set_day(d->issuer, d->day.day, &changed));
  d->stored_day = d->day.day;
  return TACET_OK;
}

tacet_err dlv_keep_start(dlv_delivery *d, sto_conn *c) {
  int64_t stored;
  TACET_TRY(meta_get(c, DAY_NAME, &stored));
  sto_day_start(&d->day, stored, &d->clock);
  d->was_trusted = true;
  d->sweep.done_day = -1;
  d->stored_day = -1;
  return keep_day(d, c);
}

/* ---- slices of a sweep ---- */

static tacet_err expire_items(dlv_delivery *d, sto_conn *c, dlv_box *b) {
  bool row;
  sto_query *q = sto_query_start(c, Q_ITEM_OLDER);
  sto_bind_int(q, b->key);
  sto_bind_int(q, d->day.day - TACETD_ITEM_DAYS);
  TACET_TRY(sto_step(q, &row));
  uint64_t last = sto_is_null(q, 0) ? 0 : (uint64_t)sto_int(q, 0);
  sto_query_end(q);
  if (last == 0) {
    return TACET_OK;
  }
  uint32_t n;
  TACET_TRY(dlv_items_erase(d, c, b, last, &n));
  b->expired += n;
  d->sweep.rows += n;
  return TACET_OK;
}

static tacet_err sweep_box(dlv_delivery *d, sto_conn *c, int64_t key) {
  dlv_box *b;
  TACET_TRY(dlv_box_find_key(&d->boxes, c, key, &b));
  if (b == NULL) {
    return TACET_OK;
  }
  if (b->touched < d->day.day - TACETD_MAILBOX_UNREAD_DAYS) {
    d->sweep.rows += b->n_items + 1;
    return dlv_box_erase(d, c, b);
  }
  if (b->old_left > 0 && b->old_until < d->day.day) {
    b->old_left = 0;
    dlv_box_change(&d->boxes, b);
  }
  return b->n_items == 0 ? TACET_OK : expire_items(d, c, b);
}

static tacet_err sweep_boxes(dlv_delivery *d, sto_conn *c, bool *more) {
  int64_t keys[SLICE];
  size_t n = 0;
  bool row = true;
  sto_query *q = sto_query_start(c, Q_BOX_AFTER);
  sto_bind_int(q, d->sweep.box_after);
  sto_bind_int(q, SLICE);
  while (row) {
    TACET_TRY(sto_step(q, &row));
    if (row && n < SLICE) {
      keys[n++] = sto_int(q, 0);
    }
  }
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(sweep_box(d, c, keys[i]));
  }
  *more = n == SLICE;
  d->sweep.box_after = n > 0 ? keys[n - 1] : d->sweep.box_after;
  return TACET_OK;
}

static tacet_err sweep_rows(dlv_delivery *d, sto_conn *c, unsigned statement,
                            int64_t before, int64_t limit, bool *more) {
  sto_query *q = sto_query_start(c, statement);
  sto_bind_int(q, before);
  sto_bind_int(q, limit);
  TACET_TRY(sto_exec(q));
  int64_t n = sto_changes(c);
  d->sweep.rows += (uint64_t)n;
  *more = n == limit;
  return TACET_OK;
}

static tacet_err sweep_blobs(dlv_delivery *d, sto_conn *c, bool *more) {
  bool row = true;
  size_t n = 0;
  d->dead_blobs = calloc(SLICE, sizeof(*d->dead_blobs));
  if (d->dead_blobs == NULL) {
    return TACET_ERR_NOMEM;
  }
  sto_query *q = sto_query_start(c, Q_BLOB_OLDER);
  sto_bind_int(q, d->day.day - TACETD_BLOB_DAYS);
  sto_bind_int(q, d->day.day - TACETD_BLOB_UNFINISHED_DAYS);
  sto_bind_int(q, SLICE);
  while (row) {
    TACET_TRY(sto_step(q, &row));
    if (row && sto_blob(q, 0).len == TACET_HASH_LEN && n < SLICE) {
      memcpy(d->dead_blobs[n++], sto_blob(q, 0).p, TACET_HASH_LEN);
    }
  }
  for (size_t i = 0; i < n; i++) {
    q = sto_query_start(c, Q_BLOB_DELETE);
    sto_bind_blob(q, tacet_span_of(d->dead_blobs[i], TACET_HASH_LEN));
    TACET_TRY(sto_exec(q));
  }
  d->n_dead_blobs = n;
  d->sweep.rows += n;
  *more = n == SLICE;
  return TACET_OK;
}

static tacet_err sweep_slice(dlv_delivery *d, sto_conn *c, bool *more) {
  int64_t day = d->day.day;
  switch (d->sweep.step) {
  case 0:
    return sweep_boxes(d, c, more);
  case 1: /* bodies may have megabytes: fewer at once */
    return sweep_rows(d, c, Q_SLOT_DROP_BODIES, day - TACETD_SLOT_BODY_DAYS, 16,
                      more);
  case 2:
    return sweep_rows(d, c, Q_SLOT_DELETE, day - TACETD_SLOT_NAME_DAYS, SLICE,
                      more);
  case 3:
    return sweep_rows(d, c, Q_SPENT_EXPIRE, day, SLICE, more);
  default:
    return sweep_blobs(d, c, more);
  }
}

/* ---- the job ---- */

static dlv_delivery *owner(sto_job *job) {
  return (dlv_delivery *)(void *)((char *)job -
                                  offsetof(dlv_delivery, housekeeping));
}

static void free_dead_blobs(dlv_delivery *d) {
  free(d->dead_blobs);
  d->dead_blobs = NULL;
  d->n_dead_blobs = 0;
}

/* The day is written again, and a sweep begins anew: some of it did not happen.
 */
void dlv_keep_undo(dlv_delivery *d) {
  d->stored_day = -1;
  d->sweep.running = false;
  free_dead_blobs(d);
}

static tacet_err keep_run(sto_job *job, sto_conn *c) {
  dlv_delivery *d = owner(job);
  free_dead_blobs(d); /* of a run that was undone */
  TACET_TRY(keep_day(d, c));
  dlv_sweep *s = &d->sweep;
  if (!d->day.trusted) {
    s->running = false;
    return TACET_OK;
  }
  if (!s->running && s->done_day != d->day.day) {
    *s = (dlv_sweep){.running = true,
                     .box_after = -1,
                     .done_day = s->done_day,
                     .started_ms = dlv_now_ms(d)};
  }
  if (!s->running) {
    return TACET_OK;
  }
  bool more;
  TACET_TRY(sweep_slice(d, c, &more));
  s->step += more ? 0 : 1;
  return TACET_OK;
}

#define SWEEP_STEPS 5

static void finish_sweep(dlv_delivery *d) {
  dlv_sweep *s = &d->sweep;
  s->running = false;
  s->done_day = d->day.day;
  atomic_fetch_add(&d->expired, s->rows);
  if (s->rows > 0) {
    sto_tell(&d->watch, STO_EVENT_EXPIRED, (int64_t)s->rows,
             (int64_t)(dlv_now_ms(d) - s->started_ms));
  }
}

static void keep_done(sto_job *job, tacet_err err) {
  dlv_delivery *d = owner(job);
  if (err == TACET_OK) {
    for (size_t i = 0; i < d->n_dead_blobs; i++) {
      dlv_blob_file_remove(d, d->dead_blobs[i]);
    }
    if (d->sweep.running && d->sweep.step >= SWEEP_STEPS) {
      finish_sweep(d);
    }
  } else {
    dlv_keep_undo(d);
  }
  free_dead_blobs(d);
  bool again = d->sweep.running;
  atomic_store(&d->housekeeping_queued, false);
  (void)pthread_mutex_lock(&d->lock);
  d->n_kept++;
  d->kept_all = !again;
  (void)pthread_cond_broadcast(&d->kept);
  (void)pthread_mutex_unlock(&d->lock);
  if (again && !atomic_load(&d->closing)) {
    dlv_keep_tick(d); /* the next slice, behind what waits */
  }
}

void dlv_keep_tick(void *user) {
  dlv_delivery *d = user;
  if (!atomic_exchange(&d->housekeeping_queued, true)) {
    d->housekeeping = (sto_job){.run = keep_run, .done = keep_done, .bytes = 0};
    sto_write_unbounded(d->db, &d->housekeeping);
  }
}

/* A job that was queued before may have looked at the clock already: so two of
 * them, and then until the sweep is through. */
void dlv_keep_now(dlv_delivery *d) {
  (void)pthread_mutex_lock(&d->lock);
  uint64_t until = d->n_kept + 2;
  while (d->n_kept < until || !d->kept_all) {
    (void)pthread_mutex_unlock(&d->lock);
    dlv_keep_tick(d);
    (void)pthread_mutex_lock(&d->lock);
    uint64_t seen = d->n_kept;
    while (d->n_kept == seen) {
      (void)pthread_cond_wait(&d->kept, &d->lock);
    }
  }
  (void)pthread_mutex_unlock(&d->lock);
}
