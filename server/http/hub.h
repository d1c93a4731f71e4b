/* SPDX-License-Identifier: Apache-2.0
 * server/http/hub.h -- who is reading which mailbox now.
 *
 * A table of subscriptions: delivery's threads look up whom to push to, the
 * loops enter and leave. It holds mailbox ids and nothing of a secret, 40 bytes
 * a mailbox, in memory only. All calls take its lock for a short time; any
 * thread.
 *
 * A session's subscription is one of
 *   new      its secret is not checked yet: nothing is pushed
 *   behind   stored items wait on the disk, to be fetched
 *   live     everything stored was pushed: new items go out from memory
 * and each has the sequence number that was pushed last.
 */
#ifndef TACETD_HTTP_HUB_H
#define TACETD_HTTP_HUB_H

#include "server/delivery/delivery.h"
#include "server/limits.h"

typedef struct tacetd_hub tacetd_hub;

/* A session as the hub knows it: embedded in tacetd_session. The members are
 * the hub's. */
typedef struct tacetd_reader {
  uint32_t number;   /* in the hub's table */
  uint32_t first;    /* its subscriptions */
  uint32_t n;        /* how many */
  uint32_t n_behind; /* of these, behind */
  /* What came for it and was not taken out yet. */
  struct tacetd_parcel *inbox;
  uint32_t n_inbox, cap_inbox;
  bool called;   /* wake() was called, take() was not yet */
  bool detached; /* nobody is connected: things stay on the disk */
  /* Called with the hub's lock held when the inbox gets its first parcel. */
  void (*wake)(struct tacetd_reader *r);
} tacetd_reader;

typedef enum tacetd_parcel_kind {
  TACETD_PARCEL_ITEM,
  TACETD_PARCEL_EPHEMERAL, /* a dlv_item without number and seal */
  TACETD_PARCEL_GONE
} tacetd_parcel_kind;
/* What is handed to a session. It owns a reference to the item. */
typedef struct tacetd_parcel {
  tacetd_parcel_kind kind;
  uint32_t at; /* the subscription's place; the hub's */
  dlv_item *item;
  uint8_t mailbox[TACET_MAILBOX_ID_LEN]; /* of GONE */
} tacetd_parcel;

/* Parcels in memory for one session; beyond it they are read from the disk. */
#define TACETD_INBOX_MAX (2 * TACETD_CREDIT_MAX)

TACET_MUST_CHECK tacet_err tacetd_hub_new(tacetd_hub **out);
void tacetd_hub_free(tacetd_hub *h); /* no reader is left; NULL is fine */
/* The hooks to open delivery with. */
dlv_hooks tacetd_hub_hooks(tacetd_hub *h);

/* ---- sessions ---- */

TACET_MUST_CHECK tacet_err tacetd_hub_enter(tacetd_hub *h, tacetd_reader *r);
/* Ends all its subscriptions and drops its inbox. */
void tacetd_hub_leave(tacetd_hub *h, tacetd_reader *r);

/* Enters mailboxes as new; `added` counts those that were not there already.
 * LIMIT if it would have more than TACETD_SUBSCRIBE_MAX, NOMEM; then none was
 * entered. */
TACET_MUST_CHECK tacet_err tacetd_hub_subscribe(tacetd_hub *h, tacetd_reader *r,
                                                const dlv_subscribe *list);
/* The secrets were checked: those that are known become behind, from the
 * acknowledged sequence number on; the others end, if they were new. */
void tacetd_hub_confirm(tacetd_hub *h, tacetd_reader *r,
                        const dlv_subscribe *list);
/* False if it was not there. */
bool tacetd_hub_unsubscribe(tacetd_hub *h, tacetd_reader *r,
                            const uint8_t mailbox[TACET_MAILBOX_ID_LEN]);
bool tacetd_hub_has(tacetd_hub *h, const tacetd_reader *r,
                    const uint8_t mailbox[TACET_MAILBOX_ID_LEN]);
uint32_t tacetd_hub_count(tacetd_hub *h, const tacetd_reader *r);

/* ---- pushing ---- */

/* What a session may send now. */
typedef struct tacetd_credit {
  size_t items, bytes;
} tacetd_credit;

/* Takes parcels out of the inbox, in order, into `out` (room for `cap`): items
 * that are to be pushed now, within the credit, which is used up; ephemeral
 * ones; GONE. Items that the credit does not allow for turn their mailbox
 * behind. *slow: that happened. False: the inbox is empty now, and wake() comes
 * again. */
bool tacetd_hub_take(tacetd_hub *h, tacetd_reader *r, tacetd_credit *credit,
                     tacetd_parcel *out, size_t cap, size_t *n, bool *slow);

/* Cursors of up to TACET_SUBSCRIBE_MAX mailboxes that are behind. False: none
 * is. */
bool tacetd_hub_cursors(tacetd_hub *h, tacetd_reader *r, dlv_fetch *fetch);
/* What was fetched is about to be pushed: moves the mailboxes on; they become
 * live unless there is more. `keep[i]` says whether item i is still wanted. */
void tacetd_hub_fetched(tacetd_hub *h, tacetd_reader *r, const dlv_fetch *fetch,
                        bool *keep);
/* An item that was pushed did not get through after all: it and what follows
 * come again from the disk. */
void tacetd_hub_rewind(tacetd_hub *h, tacetd_reader *r,
                       const uint8_t mailbox[TACET_MAILBOX_ID_LEN],
                       uint64_t seq);
/* Is there something to fetch? */
bool tacetd_hub_is_behind(tacetd_hub *h, const tacetd_reader *r);

/* ---- resuming ---- */

/* Nobody is connected to `r` any more: its mailboxes keep what they are, and
 * nothing is pushed. Its inbox is dropped. */
void tacetd_hub_detach(tacetd_hub *h, tacetd_reader *r);
/* `to`, which has no mailboxes, takes over those of `from`, which is detached
 * and has left afterwards. Mailboxes to which something came are behind. */
void tacetd_hub_adopt(tacetd_hub *h, tacetd_reader *from, tacetd_reader *to);
/* The state of up to `cap` subscriptions, starting at *at (0 at first), for
 * SUBSCRIBED frames. 0: that was all. */
size_t tacetd_hub_list(tacetd_hub *h, const tacetd_reader *r, uint32_t *at,
                       tacet_subscription *out, size_t cap);

/* Subscriptions of all sessions, and the memory of the table. */
void tacetd_hub_size(tacetd_hub *h, size_t *n, size_t *bytes);

#endif
