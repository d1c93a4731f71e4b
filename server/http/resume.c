/* SPDX-License-Identifier: Apache-2.0
 * Resume tickets: a flaky link comes back without its 4,096 secrets.
 *
 * What is kept is the session itself with its mailboxes in the hub, for five
 * minutes, in memory, under the hash of a ticket that only the client has. */
#include "server/http/session.h"

#include "tacet/crypto.h"

static tacet_err hash_of(const uint8_t ticket[TACET_TICKET_LEN],
                         uint8_t out[32]) {
  return tacet_hash_one(&tacet_hash_sha256,
                        tacet_span_of(ticket, TACET_TICKET_LEN), out);
}

tacet_err tacetd_resume_ticket(tacetd_session *s,
                               uint8_t ticket[TACET_TICKET_LEN]) {
  TACET_TRY(tacet_random(ticket, TACET_TICKET_LEN));
  return hash_of(ticket, s->ticket);
}

/* ---- the list, its lock held ---- */

static void take_out(tacetd_service *v, tacetd_session *s) {
  if (s->previous != NULL) {
    s->previous->next = s->next;
  } else {
    v->detached_first = s->next;
  }
  if (s->next != NULL) {
    s->next->previous = s->previous;
  } else {
    v->detached_last = s->previous;
  }
  s->previous = s->next = NULL;
  v->n_detached--;
  v->n_detached_mailboxes -= s->kept;
}

static void put_in(tacetd_service *v, tacetd_session *s) {
  s->previous = v->detached_last;
  if (v->detached_last != NULL) {
    v->detached_last->next = s;
  } else {
    v->detached_first = s;
  }
  v->detached_last = s;
  v->n_detached++;
}

/* ---- keeping ---- */

void tacetd_resume_keep(tacetd_session *s) {
  tacetd_service *v = s->loop->s;
  uint32_t n = tacetd_hub_count(v->hub, &s->reader);
  bool worth = !s->ended && n > 0 && !atomic_load(&v->draining);
  for (uint32_t i = 0; worth && i < s->n_flights; i++) {
    tacetd_hub_rewind(v->hub, &s->reader, s->flights[i].mailbox,
                      s->flights[i].seq);
  }
  if (worth) {
    tacetd_hub_detach(v->hub, &s->reader);
    (void)pthread_mutex_lock(&v->detached_lock);
    worth = v->n_detached < TACETD_RESUME_TICKETS_MAX &&
            v->n_detached_mailboxes + n <= TACETD_RESUME_MAILBOXES_MAX;
    if (worth) {
      s->detached_ms = tacetd_now_ms();
      s->kept = n;
      v->n_detached_mailboxes += s->kept;
      put_in(v, s);
      tacetd_session_ref(s);
    }
    (void)pthread_mutex_unlock(&v->detached_lock);
  }
  tacet_free(s->flights);
  s->flights = NULL;
  s->n_flights = s->cap_flights = 0;
  if (!worth) {
    tacetd_hub_leave(v->hub, &s->reader);
  }
}

bool tacetd_resume_take(tacetd_session *s,
                        const uint8_t ticket[TACET_TICKET_LEN]) {
  tacetd_service *v = s->loop->s;
  uint8_t hash[32];
  if (hash_of(ticket, hash) != TACET_OK) {
    return false;
  }
  (void)pthread_mutex_lock(&v->detached_lock);
  tacetd_session *from = v->detached_last; /* the newest comes back first */
  while (from != NULL && memcmp(from->ticket, hash, sizeof(hash)) != 0) {
    from = from->previous;
  }
  if (from != NULL) {
    take_out(v, from);
  }
  (void)pthread_mutex_unlock(&v->detached_lock);
  if (from == NULL) {
    return false;
  }
  tacetd_hub_adopt(v->hub, &from->reader, &s->reader);
  tacetd_hub_leave(v->hub, &from->reader);
  tacetd_session_unref(from);
  return true;
}

void tacetd_resume_sweep(tacetd_service *v, bool all) {
  uint64_t now = tacetd_now_ms();
  for (;;) {
    (void)pthread_mutex_lock(&v->detached_lock);
    tacetd_session *s = v->detached_first;
    if (s != NULL &&
        (all || now - s->detached_ms > TACETD_RESUME_SECONDS * 1000u)) {
      take_out(v, s);
    } else {
      s = NULL;
    }
    (void)pthread_mutex_unlock(&v->detached_lock);
    if (s == NULL) {
      return;
    }
    tacetd_hub_leave(v->hub, &s->reader);
    tacetd_session_unref(s);
  }
}
