/* SPDX-License-Identifier: Apache-2.0
 * Rounds, and waiting. */
#include "client/sync.h"

#include "client/call.h"
#include "client/clock.h"
#include "client/jobs.h"
#include "client/link.h"
#include "client/outbox.h"
#include "client/pending.h"
#include "client/receive.h"
#include "client/session.h"
#include "client/slots.h"
#include "client/upkeep.h"
#include "client/waiting.h"
#include "client/watch.h"

#define ROUNDS_MAX 100000        /* of work at one go: a guard, never met */
#define LOCK_POLL ((uint64_t)50) /* ms, while another process syncs */
#define IDLE_MAX CLIENT_MINUTE
#define CHECKPOINT_EVERY CLIENT_MINUTE

void client_ring(client *c) {
  if (!c->lock.held) {
    client_lock_ring(&c->lock);
  }
}

void client_rest(client *c) {
  if (!c->linked) {
    client_lock_release(&c->lock);
  }
}

/* ---- one round ---- */

/* Groups that somebody hinted at, or where something does not open. What waits
 * in the mailboxes comes first: it may need the epochs before. */
static tacet_err look_at_groups(client *c, uint64_t *next) {
  CLIENT_MEM(mem);
  client_group_record *list;
  size_t n, due = 0;
  TACET_TRY(client_group_list(c, NULL, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    due += list[i].look_due && !list[i].broken;
  }
  if (due == 0) { /* also where a process died after the last look */
    return client_waiting_run(c, true, next);
  }
  TACET_TRY(client_link_drain(c));
  for (size_t i = 0; i < n; i++) {
    if (list[i].look_due && !list[i].broken) {
      TACET_TRY(client_slots_walk(c, list[i].id));
    }
  }
  if (c->n_stalled > 0) { /* what had to wait may open now: have it again */
    client_link_close(c);
    TACET_TRY(client_link_drain(c));
  }
  return client_waiting_run(c, true, next);
}

static tacet_err take_frames(client *c) {
  while (c->linked) {
    TACET_TRY(client_check_interrupt(c));
    client_sleep now = {.ms = 0, .fds = {-1, -1}};
    tacet_err e = client_link_pump(c, &now);
    if (e == TACET_ERR_NOT_FOUND) {
      return TACET_OK;
    }
    TACET_TRY(e);
  }
  return TACET_OK;
}

static tacet_err note_sync(client *c) {
  client_upkeep upkeep;
  TACET_TRY(client_upkeep_load(c, &upkeep));
  if (client_since(c, upkeep.last_sync) < CLIENT_MINUTE) {
    return TACET_OK;
  }
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  upkeep.last_sync = client_now(c);
  TACET_TRY(client_upkeep_save(c, &upkeep));
  return client_tx_commit(&tx);
}

/* Everything that can be done now, once. *next: when there is more (0: now). */
static tacet_err round_once(client *c, bool link, uint64_t *next) {
  TACET_TRY(client_watch_run(c)); /* before anything is sent */
  if (link) {
    TACET_TRY(client_link_drain(c));
    TACET_TRY(note_sync(c));
  }
  TACET_TRY(take_frames(c));
  TACET_TRY(client_waiting_run(c, false, next));
  TACET_TRY(look_at_groups(c, next));
  TACET_TRY(client_self_is_listed(c)); /* what came may have said so */
  TACET_TRY(client_jobs_run(c, next));
  TACET_TRY(client_pending_run(c, next));
  TACET_TRY(client_outbox_flush(c, next));
  TACET_TRY(look_at_groups(c, next));
  return client_link_refresh(c);
}

/* ---- until ---- */

typedef struct waiting {
  client *c;
  const client_work *w;
  uint64_t deadline;   /* monotonic */
  uint64_t checkpoint; /* monotonic: when to empty the -wal file next */
  uint64_t version;    /* of the store, when there was nothing to do */
} waiting;

static uint64_t left(const waiting *t) {
  uint64_t now = client_monotonic(t->c);
  return now >= t->deadline ? 0 : t->deadline - now;
}

/* Sleeps until a frame, the bell, the descriptor, or a time. True in *fd for
 * the descriptor. */
static tacet_err doze(waiting *t, uint64_t ms, bool *fd) {
  client *c = t->c;
  uint64_t most = left(t);
  client_sleep sleep = {.ms = ms < most ? ms : most,
                        .fds = {c->lock.held ? c->lock.bell : -1, t->w->fd}};
  if (client_monotonic(c) >= t->checkpoint) {
    client_store_checkpoint(c->store);
    t->checkpoint = client_monotonic(c) + CHECKPOINT_EVERY;
  }
  tacet_err e = client_link_pump(c, &sleep);
  *fd = sleep.ready[1];
  if (sleep.ready[0]) {
    client_lock_quiet(&c->lock);
  }
  /* A link that broke off is opened again by the next round. */
  if (e == TACET_ERR_NOT_FOUND || client_is_unreachable(&c->detail, e)) {
    client_error_clear(&c->detail);
    return TACET_OK;
  }
  return e;
}

/* While another process syncs: looks whether it has happened. */
static tacet_err wait_for_other(waiting *t, bool *fd) {
  return doze(t, LOCK_POLL, fd);
}

static uint64_t until_next(client *c, uint64_t next) {
  uint64_t now = client_now(c), ms = next > now ? next - now : 0;
  return ms < IDLE_MAX ? ms : IDLE_MAX;
}

/* Rounds until there is nothing more to do now. */
static tacet_err work(waiting *t, uint64_t *next, bool *done) {
  client *c = t->c;
  for (int n = 0; n < ROUNDS_MAX; n++) {
    *next = client_now(c) + IDLE_MAX;
    TACET_TRY(round_once(c, t->w->link, next));
    TACET_TRY(t->w->until(c, t->w->what, done));
    if (*done || *next != 0) {
      return TACET_OK;
    }
  }
  return TACET_OK;
}

static void tell_link(client *c, bool up) {
  if (c->link_told != NULL && c->away == up) {
    c->away = !up;
    c->link_told(c->link_user, up);
  }
}

/* The server cannot be reached: an answer, or a reason to wait. */
static tacet_err unreachable(waiting *t, tacet_err e, bool *fd) {
  client *c = t->c;
  client_link_close(c);
  if (!t->w->stay) {
    return e;
  }
  client_error_clear(&c->detail);
  tell_link(c, false);
  uint64_t now = client_monotonic(c);
  uint64_t when =
      c->quiet_until > c->told_until ? c->quiet_until : c->told_until;
  return doze(t, when > now ? when - now : LOCK_POLL, fd);
}

static tacet_err turn(waiting *t, bool *done, bool *over, bool *fd) {
  client *c = t->c;
  uint64_t next = 0;
  if (!client_lock_try(&c->lock)) {
    return wait_for_other(t, fd);
  }
  tacet_err e = work(t, &next, done);
  if (client_is_unreachable(&c->detail, e)) {
    return unreachable(t, e, fd);
  }
  TACET_TRY(e);
  if (c->linked) {
    tell_link(c, true);
  }
  if (*done) {
    return TACET_OK;
  }
  TACET_TRY(client_upkeep_run(c, &next));
  TACET_TRY(t->w->until(c, t->w->what, done));
  *over = t->w->once && next != 0;
  return *done || *over || next == 0 ? TACET_OK
                                     : doze(t, until_next(c, next), fd);
}

tacet_err client_work_until(client *c, const client_work *w, client_end *end) {
  waiting t = {.c = c, .w = w};
  uint64_t now = client_monotonic(c);
  t.deadline =
      w->timeout_ms > UINT64_MAX - now ? UINT64_MAX : now + w->timeout_ms;
  t.checkpoint = now + CHECKPOINT_EVERY;
  bool done = false, over = false, fd = false;
  TACET_TRY(client_connect(c));
  if (!w->stay) {
    c->quiet_until = 0; /* somebody asks for it now: try at least once */
  }
  TACET_TRY(w->until(c, w->what, &done));
  while (!done && !fd && !over) {
    TACET_TRY(client_check_interrupt(c));
    TACET_TRY(turn(&t, &done, &over, &fd));
    if (!done) {
      TACET_TRY(w->until(c, w->what, &done));
    }
    over = over || left(&t) == 0;
  }
  *end = done ? CLIENT_END_DONE : fd ? CLIENT_END_FD : CLIENT_END_TIME;
  return TACET_OK;
}
