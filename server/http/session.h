/* SPDX-License-Identifier: Apache-2.0
 * server/http/session.h -- one connection that receives: its credit, what is in
 * flight, what waits. For the session's own files.
 */
#ifndef TACETD_HTTP_SESSION_H
#define TACETD_HTTP_SESSION_H

#include "server/http/private.h"

/* An item that was pushed and not acknowledged yet. */
typedef struct tacetd_flight {
  uint8_t mailbox[TACET_MAILBOX_ID_LEN];
  uint64_t seq;
} tacetd_flight;

/* References: the connection, each posted call, each request under way, and the
 * list of detached ones. All but `reader` and `references` belongs to the loop
 * while it is connected. */
struct tacetd_session {
  tacetd_reader reader; /* first: the hub knows no more of it */
  atomic_uint references;
  tacetd_loop *loop;
  net_ws *ws; /* NULL: closed */
  tacetd_session *previous, *next;
  tacetd_flight *flights;
  uint32_t n_flights, cap_flights;
  uint32_t reserved; /* credit that a fetch under way may use */
  uint32_t n_subscribing;
  uint32_t caught_up; /* CAUGHT_UP frames that are owed */
  bool fetching, ended;
  bool refused; /* an item of the batch at hand: the rest must not overtake */
  net_timer retry;
  net_post wake;
  atomic_bool waking; /* `wake` is under way */
  uint8_t ticket[32]; /* its hash */
  uint64_t detached_ms;
  uint32_t kept; /* mailboxes that it counts for while detached */
};

void tacetd_session_ref(tacetd_session *s);
void tacetd_session_unref(tacetd_session *s);

/* ---- frames out: session_frames.c ---- */

/* False: the connection's queue is full, or it is closed. */
bool tacetd_session_send(tacetd_session *s, const tacet_frame *f);
bool tacetd_session_send_item(tacetd_session *s, const dlv_item *item);
/* REFUSED, and the end. */
void tacetd_session_refuse(tacetd_session *s, tacet_wire_error e);
bool tacetd_session_send_subscribed(tacetd_session *s,
                                    const tacet_subscription *list, size_t n);

/* ---- pushing: session_push.c ---- */

/* Sends what it may of what is there, and asks the disk for what waits. */
void tacetd_session_pump(tacetd_session *s);
/* Items up to seq of the mailbox are out of flight. */
void tacetd_session_landed(tacetd_session *s, const uint8_t *mailbox,
                           uint64_t seq);
void tacetd_session_wake(tacetd_reader *r);
void tacetd_session_woken(void *user);

/* ---- resuming: resume.c ---- */

/* Gives a new session its ticket; `ticket` is what the client gets. */
TACET_MUST_CHECK tacet_err
tacetd_resume_ticket(tacetd_session *s, uint8_t ticket[TACET_TICKET_LEN]);
/* The connection is gone. Keeps the session for a while, if it is worth it. */
void tacetd_resume_keep(tacetd_session *s);
/* Takes over the mailboxes of the session that had this ticket. False: there is
 * none (any more). */
bool tacetd_resume_take(tacetd_session *s,
                        const uint8_t ticket[TACET_TICKET_LEN]);

#endif
