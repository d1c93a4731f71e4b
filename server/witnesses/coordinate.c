/* SPDX-License-Identifier: Apache-2.0
 * The thread that chooses the head to work on, puts cosignatures to it, and
 * publishes. */
#include "server/witnesses/collect.h"

#include "server/ops/log.h"
#include "server/ops/metrics.h"

#include <string.h>

/* How far a witness's clock may be off; what readers allow is theirs. */
#define OFF_SECONDS 3600
/* At the start nothing is published before each witness was asked, or this:
 * one of them may know more of the log than the tables do. */
#define FIRST_MS 15000
#define LOG_RETRY_MS 1000
#define LOOK_MS 60000

/* ---- choosing a head ---- */

static bool same(const head *h, const tacet_checkpoint *c) {
  return h->serial != 0 && h->size == c->size &&
         tacet_tlog_equal(&h->root, &c->root);
}

static tacet_err replace(wts_collector *c, tacet_span note) {
  tacet_note parsed;
  tacet_checkpoint k;
  head h = {.serial = c->head.serial + 1, .since = wts_now()};
  TACET_TRY(tacet_note_parse(note, &parsed));
  TACET_TRY(tacet_checkpoint_parse(parsed.text, &k));
  if (same(&c->head, &k)) {
    return TACET_OK;
  }
  TACET_TRY(tacet_bytes_set(&h.note, note));
  h.size = k.size;
  h.root = k.root;
  tacet_bytes_free(&c->head.note);
  c->head = h;
  c->done = c->lines;
  c->publish_due = 0;
  if (c->waiting == 0) {
    c->waiting = h.since;
  }
  return TACET_OK;
}

/* With the lock, which is let go meanwhile. */
static void fetch(wts_collector *c) {
  TACET_BUF(note, TACET_NOTE_MAX);
  c->rung = false;
  (void)pthread_mutex_unlock(&c->lock);
  tacet_err e = c->log.next(c->log.ctx, &note);
  (void)pthread_mutex_lock(&c->lock);
  if (e == TACET_OK) {
    e = replace(c, tacet_buf_span(&note));
  }
  if (e == TACET_ERR_NOT_FOUND) { /* nothing waits: there is no head at all */
    c->waiting = 0;
  } else if (e != TACET_OK) {
    TACETD_LOG(STORAGE, .part = TACETD_PART_DIRECTORY, .error = e);
    c->rung = true;
    c->fetch_due = wts_now() + LOG_RETRY_MS;
  }
  (void)pthread_cond_broadcast(&c->changed);
}

/* When a newer head may take the place of the one that is worked on. */
static uint64_t fetch_at(const wts_collector *c) {
  const head *h = &c->head;
  uint64_t at = 0;
  if (!c->rung || c->forked) {
    return UINT64_MAX;
  }
  if (h->serial != 0) {
    at = h->since + (h->published ? c->timing.pace : c->timing.patience);
  }
  return at > c->fetch_due ? at : c->fetch_due;
}

/* ---- publishing ---- */

static bool all_tried(const wts_collector *c, uint64_t now) {
  for (size_t i = 0; i < c->n; i++) {
    if (!c->witnesses[i].tried) {
      return now >= c->started + FIRST_MS;
    }
  }
  return true;
}

static uint64_t publish_at(const wts_collector *c, uint64_t now) {
  if (c->forked || c->lines == c->done || c->head.serial == 0) {
    return UINT64_MAX;
  }
  return all_tried(c, now) ? c->publish_due : c->started + FIRST_MS;
}

/* How far the clocks of witnesses may be off ours. With readers a cosignature
 * from the future does not count, and an old one makes the quorum old: so a
 * clock that is wrong may not count here. But it may be ours, by which a server
 * must not stop: where half of them say so, it is. */
static void clocks(const wts_collector *c, int64_t *low, int64_t *high) {
  int64_t off[TACET_POLICY_WITNESSES_MAX];
  size_t n = 0;
  for (size_t i = 0; i < c->n; i++) {
    const witness *w = &c->witnesses[i];
    size_t at = n;
    if (w->serial != c->head.serial) {
      continue;
    }
    for (; at > 0 && off[at - 1] > w->off; at--) {
      off[at] = off[at - 1];
    }
    off[at] = w->off;
    n++;
  }
  *low = n > 0 && off[n / 2] < 0 ? off[n / 2] : 0;
  *high = n > 0 && off[(n - 1) / 2] > 0 ? off[(n - 1) / 2] : 0;
}

/* The head's note with what cosignatures there are. */
static void put_together(wts_collector *c, tacet_buf *out) {
  int64_t low, high;
  clocks(c, &low, &high);
  c->behind = low;
  tacet_write_bytes(out, tacet_bytes_span(&c->head.note));
  for (size_t i = 0; i < c->n; i++) {
    const witness *w = &c->witnesses[i];
    if (w->serial == c->head.serial && w->off >= low - OFF_SECONDS &&
        w->off <= high + OFF_SECONDS) {
      tacet_write_bytes(out, tacet_bytes_span(&w->line));
    }
  }
}

static void published(wts_collector *c, uint64_t serial, uint64_t witnessed) {
  uint64_t now = wts_now();
  if (c->head.serial != serial) {
    return;
  }
  c->head.published = true;
  c->published = c->head.size;
  c->witnessed = witnessed;
  c->waiting = 0;
  c->publish_due = now + c->timing.gather;
  if (c->missing) {
    TACETD_LOG(QUORUM_BACK, .count = 0);
    c->missing = false;
  }
  wts_show(c);
}

/* With the lock, which is let go while the log stores it. */
static void try_publish(wts_collector *c) {
  TACET_BUF(note, TACET_NOTE_MAX);
  tacet_policy_verdict v;
  uint64_t serial = c->head.serial, looked = c->lines;
  put_together(c, &note);
  tacet_err e = note.err;
  if (e == TACET_OK) {
    e = tacet_policy_judge(c->policy, tacet_buf_span(&note), UINT64_MAX, &v);
  }
  if (e == TACET_OK) {
    uint64_t witnessed = v.witnessed;
    (void)pthread_mutex_unlock(&c->lock);
    e = c->log.publish(c->log.ctx, tacet_buf_span(&note));
    (void)pthread_mutex_lock(&c->lock);
    if (e == TACET_OK) {
      published(c, serial, witnessed);
    }
  }
  switch (e) {
  case TACET_OK:
  case TACET_ERR_POLICY: /* too few yet */
  case TACET_ERR_STATE:  /* it has a newer one */
    break;
  default:
    if (tacet_err_kind(e) == TACET_KIND_LOCAL) { /* the disk: once more */
      c->publish_due = wts_now() + LOG_RETRY_MS;
      return;
    }
    TACETD_LOG(INTERNAL, .part = TACETD_PART_WITNESSES);
    break;
  }
  if (c->head.serial == serial) {
    c->done = looked;
  }
}

/* ---- a quorum that is missing ---- */

static uint64_t missing_at(const wts_collector *c, uint64_t now) {
  if (c->missing || c->forked) {
    return UINT64_MAX;
  }
  if (c->waiting != 0) {
    return c->waiting + c->timing.alarm;
  }
  /* Published, but the quorum gets old: it should have been asked again. */
  int64_t old = (int64_t)c->timing.refresh / 500 + 60;
  int64_t s = (int64_t)wts_seconds() + c->behind;
  return c->published != 0 && (int64_t)c->witnessed + old < s ? now
                                                              : UINT64_MAX;
}

static void tell_missing(wts_collector *c) {
  size_t well = 0;
  for (size_t i = 0; i < c->n; i++) {
    well += c->witnesses[i].state == WTS_STATE_WELL ? 1 : 0;
  }
  c->missing = true;
  TACETD_LOG(QUORUM_MISSING, .count = (int64_t)well);
  wts_show(c);
}

/* ---- the thread ---- */

static uint64_t least(uint64_t a, uint64_t b) {
  return a < b ? a : b;
}

void *wts_coordinate(void *arg) {
  wts_collector *c = arg;
  (void)pthread_mutex_lock(&c->lock);
  wts_show(c);
  while (!c->stopping) {
    uint64_t now = wts_now();
    if (publish_at(c, now) <= now) {
      try_publish(c);
    } else if (fetch_at(c) <= now) {
      fetch(c);
    } else if (missing_at(c, now) <= now) {
      tell_missing(c);
    } else {
      uint64_t at = least(publish_at(c, now), fetch_at(c));
      wts_wait(c, least(least(at, missing_at(c, now)), now + LOOK_MS));
    }
  }
  (void)pthread_mutex_unlock(&c->lock);
  return NULL;
}
