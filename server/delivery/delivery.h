/* SPDX-License-Identifier: Apache-2.0
 * server/delivery/delivery.h -- the post office: mailboxes of nobody in
 * particular, items that wait in them, slots, blobs.
 *
 * It knows nothing of accounts and shares no row and no identifier with the
 * directory. It knows nothing of transport: requests are parsed bodies, answers
 * are bodies, and what has to be pushed is told to hooks.
 *
 *   status = dlv_request_new(DLV_SEND, &body, &r);     any thread
 *   r->done = ...; r->user = ...;
 *   dlv_submit(d, r);          done(r) comes exactly once, on a thread of
 *                              delivery or, when it is busy, before the return
 *   ... r->status, r->answer ...
 *   dlv_request_free(r);
 *
 * done() comes after the commit that holds the request is on the disk, and
 * after the hook was told of its items.
 *
 * How a session receives without a gap: it enters the mailboxes where its hook
 * looks, submits SUBSCRIBE, then FETCH from the acknowledged sequence number on
 * until `more` is false; items that the hook brought meanwhile it drops if they
 * were fetched too (by sequence number). Within a mailbox, the hook is told of
 * items in the order of their numbers, without holes but for those that expired
 * or were not stored.
 */
#ifndef TACETD_DELIVERY_H
#define TACETD_DELIVERY_H

#include "server/storage/clock.h"
#include "server/storage/storage.h"
#include "tacet/codec.h"
#include "tacet/wire/delivery.h"
#include "tacet/wire/errors.h"
#include "tacet/wire/seal.h"

#include <stdatomic.h>

#define DLV_DATABASE "delivery.db" /* in the data folder */
#define DLV_BLOBS "blobs"          /* a folder in it */

typedef struct dlv_delivery dlv_delivery;

/* ---- items, as they are stored and pushed ---- */

/* Shared between threads and never changed: whoever keeps one takes a
 * reference. The members are those of an ITEM frame. */
typedef struct dlv_item {
  atomic_uint references;
  uint8_t mailbox[TACET_MAILBOX_ID_LEN];
  uint64_t seq;
  uint8_t enc[TACET_SEAL_ENC_LEN];
  uint32_t number;
  size_t len;
  uint8_t sealed[];
} dlv_item;
static inline void dlv_item_ref(dlv_item *i) {
  (void)atomic_fetch_add_explicit(&i->references, 1, memory_order_relaxed);
}
void dlv_item_unref(dlv_item *i); /* NULL is fine */
static inline tacet_span dlv_item_span(const dlv_item *i) {
  return (tacet_span){i->sealed, i->len};
}

/* ---- opening ---- */

/* Called on threads of delivery: short, and without waiting. */
typedef struct dlv_hooks {
  void *user;
  /* A commit is on the disk: these items are new. References are the callee's
   * to take. */
  void (*stored)(void *user, dlv_item *const *items, size_t n);
  /* An item for whoever reads the mailbox now; it is stored nowhere. */
  void (*ephemeral)(void *user, const uint8_t mailbox[TACET_MAILBOX_ID_LEN],
                    tacet_span item);
  /* A mailbox was deleted, or expired. */
  void (*gone)(void *user, const uint8_t mailbox[TACET_MAILBOX_ID_LEN]);
  /* Around all that one commit leads to, done() of its requests included. */
  void (*telling)(void *user, bool begins);
} dlv_hooks;

typedef struct dlv_options {
  const char *folder; /* the data folder */
  dlv_hooks hooks;    /* any may be NULL */
  uint64_t disk_reserve;
  const sto_clock *clock; /* NULL: the system's */
  sto_watch watch;        /* what the log should hear of */
  const char *vfs;        /* SQLite VFS; NULL. For tests. */
} dlv_options;

/* Makes database, issuer key and the blobs' folder, where they are not there
 * yet: for `tacetd init`. Errors as sto_open(). */
TACET_MUST_CHECK tacet_err dlv_create(const char *folder, sto_trouble *why);
TACET_MUST_CHECK tacet_err dlv_open(const dlv_options *o, sto_trouble *why,
                                    dlv_delivery **out);
/* Finishes what was submitted. NULL is fine. */
void dlv_close(dlv_delivery *d);

/* ---- requests ---- */

typedef enum dlv_call {
  /* Bodies of HTTP. */
  DLV_CREATE, /* POST   /v1/mailboxes */
  DLV_CHANGE, /* PATCH  /v1/mailboxes */
  DLV_DELETE, /* DELETE /v1/mailboxes */
  DLV_SEND,   /* POST   /v1/send */
  DLV_SLOTS,  /* POST   /v1/slots */
  /* Filled by the caller. */
  DLV_BLOB_PUT,  /* PUT  /v1/blobs: one piece, or a question */
  DLV_BLOB_GET,  /* GET  /v1/blobs: one piece */
  DLV_SUBSCRIBE, /* frame SUBSCRIBE: up to 256 mailboxes */
  DLV_FETCH,     /* the next stored items of mailboxes that were subscribed */
  DLV_ACK        /* frame ACK */
} dlv_call;

/* PUT /v1/blobs. The piece is the request's body. */
typedef struct dlv_blob_put {
  uint8_t id[TACET_BLOB_ID_LEN];
  bool ask; /* no piece: what is the state? */
  uint64_t first, total;
  size_t n_tokens;
  tacet_token tokens[TACET_BLOB_MAX / TACET_BLOB_BYTES_PER_TOKEN];
} dlv_blob_put;

/* `len` bytes from `first` on, fewer at the end of the blob; at most
 * TACET_BLOB_PIECE_MAX. RANGE if first is behind the end (0 of 0 is not). */
typedef struct dlv_blob_get {
  uint8_t id[TACET_BLOB_ID_LEN];
  uint64_t first, len;
  uint64_t total; /* out: the size of the blob */
} dlv_blob_get;

/* One mailbox of a SUBSCRIBE; the list is the caller's. */
typedef struct dlv_subscribe {
  size_t n;
  tacet_mailbox_key keys[TACET_SUBSCRIBE_MAX]; /* wiped when checked */
  tacet_subscription out[TACET_SUBSCRIBE_MAX];
} dlv_subscribe;

typedef struct dlv_cursor {
  uint8_t mailbox[TACET_MAILBOX_ID_LEN];
  uint64_t after; /* in: items above this; out: the last one that was given */
  bool more;      /* out: there are further ones */
} dlv_cursor;
/* Items of several mailboxes, mailbox by mailbox, within the two bounds (one
 * item is always given). */
typedef struct dlv_fetch {
  size_t n;
  dlv_cursor cursors[TACET_SUBSCRIBE_MAX];
  size_t max_items, max_bytes;
  dlv_item **items; /* out: each one reference, released by request_free */
  size_t n_items;
} dlv_fetch;

typedef struct dlv_ack {
  size_t n;
  struct {
    uint8_t mailbox[TACET_MAILBOX_ID_LEN];
    uint64_t seq;
  } acks[TACET_SUBSCRIBE_MAX];
  uint64_t erased; /* out: items */
} dlv_ack;

typedef struct dlv_request dlv_request;
struct dlv_request {
  sto_job job; /* delivery's */
  dlv_call call;
  tacet_bytes body; /* owned; spans of `in` point into it */
  union {
    tacet_create_mailboxes create;
    tacet_change_mailbox change;
    tacet_delete_mailboxes erase;
    tacet_send send;
    tacet_read_slots slots;
    dlv_blob_get get;
    /* These are large, and allocated with the request. */
    dlv_blob_put *put;
    dlv_subscribe *subscribe;
    dlv_fetch *fetch;
    dlv_ack *ack;
  } in;
  /* The caller's, set before dlv_submit(). */
  void (*done)(dlv_request *r);
  void *user;
  /* What came of it. `answer` is the body of the answer; also for SLOT_TAKEN
   * (SlotConflict) and BLOB_CONFLICT (BlobState). */
  tacet_wire_error status;
  tacet_buf answer;
  bool completed; /* BLOB_PUT: this piece was the last, 201 */
  /* SEND: how many recipients, by tacet_delivery. */
  uint32_t outcomes[TACET_DELIVERIES];
  /* Between the stages; delivery's. */
  dlv_delivery *delivery;
  struct dlv_work *work;
};

/* Makes a request and parses its body (DLV_CREATE to DLV_SLOTS), which it takes
 * over; *body is empty afterwards. body may be NULL for the others, whose `in`
 * is zero and for the caller to fill. TACET_WIRE_OK, MALFORMED, TOO_LARGE or
 * INTERNAL (no memory). */
TACET_MUST_CHECK tacet_wire_error dlv_request_new(dlv_call call,
                                                  tacet_bytes *body,
                                                  dlv_request **out);
void dlv_request_free(dlv_request *r);
void dlv_submit(dlv_delivery *d, dlv_request *r);

typedef struct dlv_stats {
  sto_stats storage;
  bool clock_trusted;
  int64_t day, clock_ahead; /* days; see sto_day */
  uint64_t expired;         /* rows erased because their day had come */
} dlv_stats;
void dlv_stats_get(dlv_delivery *d, dlv_stats *out);

/* ---- for the operator's commands; a server may be running ---- */

/* The operator says that the machine's clock is right. */
TACET_MUST_CHECK tacet_err dlv_clock_confirm(const char *folder,
                                             sto_trouble *why);
/* The whole database, page by page. */
TACET_MUST_CHECK tacet_err dlv_check(const char *folder, sto_trouble *why);

#endif
