/* SPDX-License-Identifier: Apache-2.0
 * tacet/wire/delivery.h -- the calls of delivery: mailboxes, sending, slots,
 * blobs, and the frames of the WebSocket. See wire/directory.h on lists.
 *
 * Secrets never stand in a URL. The server keeps SHA-256 of read secrets,
 * capabilities, names of slots and ids of blobs, never themselves.
 */
#ifndef TACET_WIRE_DELIVERY_H
#define TACET_WIRE_DELIVERY_H

#include "tacet/base.h"
#include "tacet/codec.h"
#include "tacet/wire/token.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_MAILBOX_ID_LEN 16
#define TACET_READ_SECRET_LEN 32
#define TACET_CAPABILITY_LEN 32
#define TACET_SEALING_KEY_LEN 32
#define TACET_SLOT_NAME_LEN 32
#define TACET_BLOB_ID_LEN 32
#define TACET_HASH_LEN 32 /* SHA-256 of a secret */

#define TACET_ITEM_MAX (64 * 1024)
#define TACET_RECIPIENTS_MAX 1024
#define TACET_SEND_BYTES_MAX (16u * 1024 * 1024) /* item x recipients */
#define TACET_MAILBOXES_MAX 64                   /* of one request */
#define TACET_SLOT_BODY_MAX (2u * 1024 * 1024)
#define TACET_SLOT_FREE_MAX (64 * 1024) /* above it costs a token */
#define TACET_SLOTS_MAX 16              /* read by one request */
#define TACET_BLOB_MAX (104u * 1024 * 1024)
#define TACET_BLOB_PIECE_MAX (1024 * 1024)
#define TACET_BLOB_BYTES_PER_TOKEN (8u * 1024 * 1024)

/* ---- mailboxes ---- */

/* POST /v1/mailboxes -> 201, empty.
 *   struct { opaque id[16]; opaque read_hash[32]; opaque capability_hash[32];
 *            opaque sealing_key[32]; uint8 paid; } NewMailbox;
 *   struct { opaque token[104]; NewMailbox mailboxes<V>; } CreateMailboxes;
 * One token for 1 to 64. The same request again is answered the same: the token
 * is spent only if a mailbox is made. paid: each item for it costs its sender a
 * token; for one whose address is given to anybody. */
typedef struct tacet_new_mailbox {
  uint8_t id[TACET_MAILBOX_ID_LEN], read_hash[TACET_HASH_LEN],
      capability_hash[TACET_HASH_LEN], sealing_key[TACET_SEALING_KEY_LEN];
  bool paid;
} tacet_new_mailbox;
void tacet_new_mailbox_write(tacet_buf *w, const tacet_new_mailbox *m);
bool tacet_new_mailbox_next(tacet_span *list, tacet_new_mailbox *out);
typedef struct tacet_create_mailboxes {
  tacet_token token;
  tacet_span mailboxes;
  size_t n_mailboxes; /* filled by parse */
} tacet_create_mailboxes;
void tacet_create_mailboxes_write(tacet_buf *w,
                                  const tacet_create_mailboxes *m);
TACET_MUST_CHECK tacet_err
tacet_create_mailboxes_parse(tacet_span in, tacet_create_mailboxes *out);

/* PATCH /v1/mailboxes -> 200, empty.
 *   struct { opaque id[16]; opaque read_secret[32];
 *            opaque capability_hash[32]; uint8 drop_old; } ChangeMailbox;
 * Unless drop_old, the old capability is taken for 7 more days and 64 items. */
typedef struct tacet_change_mailbox {
  uint8_t id[TACET_MAILBOX_ID_LEN], read_secret[TACET_READ_SECRET_LEN],
      capability_hash[TACET_HASH_LEN];
  bool drop_old;
} tacet_change_mailbox;
void tacet_change_mailbox_write(tacet_buf *w, const tacet_change_mailbox *m);
TACET_MUST_CHECK tacet_err
tacet_change_mailbox_parse(tacet_span in, tacet_change_mailbox *out);

/* An address to read from: in DELETE /v1/mailboxes and in SUBSCRIBE.
 *   struct { opaque id[16]; opaque read_secret[32]; } MailboxKey; */
typedef struct tacet_mailbox_key {
  uint8_t id[TACET_MAILBOX_ID_LEN], read_secret[TACET_READ_SECRET_LEN];
} tacet_mailbox_key;
void tacet_mailbox_key_write(tacet_buf *w, const tacet_mailbox_key *m);
bool tacet_mailbox_key_next(tacet_span *list, tacet_mailbox_key *out);

/* DELETE /v1/mailboxes -> 200, empty; also for one that is gone already.
 *   struct { MailboxKey mailboxes<V>; } DeleteMailboxes;      1 to 64 */
typedef struct tacet_delete_mailboxes {
  tacet_span mailboxes;
  size_t n_mailboxes; /* filled by parse */
} tacet_delete_mailboxes;
void tacet_delete_mailboxes_write(tacet_buf *w,
                                  const tacet_delete_mailboxes *m);
TACET_MUST_CHECK tacet_err
tacet_delete_mailboxes_parse(tacet_span in, tacet_delete_mailboxes *out);

/* ---- sending ---- */

/* POST /v1/send -> 200, SendAnswer; 409 slot-taken with SlotConflict as an
 * application/tacet body (nothing was stored).
 *   struct { opaque mailbox[16]; opaque capability[32]; } Recipient;
 *   struct { opaque name[32]; opaque body<V>; } SlotClaim;
 *   struct { Recipient recipients<V>; opaque item<V>; uint8 ephemeral;
 *            opaque token<V>; optional<SlotClaim> slot; } Send;
 *   enum { stored(0), stale_capability(1), gone(2), full(3),
 *          token_needed(4) } Delivery;
 *   struct { Delivery deliveries<V>; } SendAnswer;     in order
 *   struct { opaque body<V>; } SlotConflict;           the winner's
 * Without a slot there is at least one recipient. An ephemeral item is pushed
 * to whoever is connected, and never stored; it has no slot and no token.
 * The token pays for one thing: the slot, where that costs one; else the first
 * recipient that has room and whose mailbox is a paid one. It is spent if it
 * pays. Other paid mailboxes answer token_needed, and get nothing. A token that
 * was to pay and is no good refuses the request, and nothing is stored. */
typedef struct tacet_recipient {
  uint8_t mailbox[TACET_MAILBOX_ID_LEN], capability[TACET_CAPABILITY_LEN];
} tacet_recipient;
void tacet_recipient_write(tacet_buf *w, const tacet_recipient *m);
bool tacet_recipient_next(tacet_span *list, tacet_recipient *out);
typedef struct tacet_slot_claim {
  uint8_t name[TACET_SLOT_NAME_LEN];
  tacet_span body;
} tacet_slot_claim;
typedef struct tacet_send {
  tacet_span recipients;
  size_t n_recipients; /* filled by parse */
  tacet_span item;
  bool ephemeral, has_slot;
  tacet_span token; /* 104 bytes, or empty */
  tacet_slot_claim slot;
} tacet_send;
void tacet_send_write(tacet_buf *w, const tacet_send *m);
TACET_MUST_CHECK tacet_err tacet_send_parse(tacet_span in, tacet_send *out);
typedef enum tacet_delivery {
  TACET_DELIVERY_STORED = 0,
  TACET_DELIVERY_STALE = 1,
  TACET_DELIVERY_GONE = 2,
  TACET_DELIVERY_FULL = 3,
  TACET_DELIVERY_TOKEN_NEEDED = 4
} tacet_delivery;
#define TACET_DELIVERIES 5 /* how many there are */
typedef struct tacet_send_answer {
  tacet_span deliveries; /* one byte each, all of them known values */
} tacet_send_answer;
void tacet_send_answer_write(tacet_buf *w, const tacet_send_answer *m);
TACET_MUST_CHECK tacet_err tacet_send_answer_parse(tacet_span in,
                                                   tacet_send_answer *out);
typedef struct tacet_slot_conflict {
  tacet_span body;
} tacet_slot_conflict;
void tacet_slot_conflict_write(tacet_buf *w, const tacet_slot_conflict *m);
TACET_MUST_CHECK tacet_err tacet_slot_conflict_parse(tacet_span in,
                                                     tacet_slot_conflict *out);

/* POST /v1/slots -> 200, SlotsAnswer.
 *   struct { opaque names<V>; } ReadSlots;       1 to 16 of 32 bytes
 *   enum { empty(0), taken(1), expired(2) } SlotState;
 *   struct { SlotState state; opaque body<V>; } Slot;
 *   struct { Slot slots<V>; } SlotsAnswer;       in order, maybe fewer: ask
 *                                                again for the rest */
typedef struct tacet_read_slots {
  tacet_span names;
} tacet_read_slots;
void tacet_read_slots_write(tacet_buf *w, const tacet_read_slots *m);
TACET_MUST_CHECK tacet_err tacet_read_slots_parse(tacet_span in,
                                                  tacet_read_slots *out);
typedef enum tacet_slot_state {
  TACET_SLOT_EMPTY = 0,
  TACET_SLOT_TAKEN = 1,
  TACET_SLOT_EXPIRED = 2
} tacet_slot_state;
typedef struct tacet_slot {
  tacet_slot_state state;
  tacet_span body; /* TAKEN */
} tacet_slot;
void tacet_slot_write(tacet_buf *w, const tacet_slot *s);
bool tacet_slot_next(tacet_span *list, tacet_slot *out);
typedef struct tacet_slots_answer {
  tacet_span slots;
  size_t n_slots; /* filled by parse */
} tacet_slots_answer;
void tacet_slots_answer_write(tacet_buf *w, const tacet_slots_answer *m);
TACET_MUST_CHECK tacet_err tacet_slots_answer_parse(tacet_span in,
                                                    tacet_slots_answer *out);

/* ---- blobs ----
 *
 * The id is 32 random bytes that the uploader chose; it is also what reads the
 * blob, so it goes in the field Tacet-Capability (base64url).
 *
 * PUT /v1/blobs with "Content-Range: bytes FIRST-LAST/TOTAL" and a body of at
 * most 1 MiB -> 200 (201 when that completes it), BlobState. FIRST is what has
 * come so far; with the first piece Tacet-Token holds the tokens, by commas:
 * one for each 8 MiB begun of TOTAL, at least one. An empty body with
 * "Content-Range: bytes * /TOTAL" (without the space) asks for the state. 409
 * blob-conflict says the state as an application/tacet body.
 *   struct { uint64 received; uint64 total; } BlobState;
 *
 * GET /v1/blobs, with "Range: bytes=FIRST-LAST" or without -> 200 or 206, the
 * bytes. */
typedef struct tacet_blob_state {
  uint64_t received, total; /* complete when equal; total 0: unknown blob */
} tacet_blob_state;
void tacet_blob_state_write(tacet_buf *w, const tacet_blob_state *m);
TACET_MUST_CHECK tacet_err tacet_blob_state_parse(tacet_span in,
                                                  tacet_blob_state *out);
/* Tokens that a blob of that size costs. */
static inline uint32_t tacet_blob_tokens(uint64_t total) {
  return total == 0 ? 1
                    : (uint32_t)((total + TACET_BLOB_BYTES_PER_TOKEN - 1) /
                                 TACET_BLOB_BYTES_PER_TOKEN);
}

/* ---- GET /v1/receive: frames, one in each binary message ---- */

#define TACET_SUBSCRIBE_MAX 256      /* mailboxes of one frame */
#define TACET_SUBSCRIPTIONS_MAX 4096 /* of one connection */
#define TACET_TICKET_LEN 32
#define TACET_FRAME_MAX (128 * 1024)

typedef enum tacet_frame_type {
  /* client to server */
  TACET_FRAME_SUBSCRIBE = 1,   /* MailboxKey mailboxes<V>; */
  TACET_FRAME_UNSUBSCRIBE = 2, /* opaque ids<V>;  16 bytes each */
  TACET_FRAME_ACK = 3,         /* opaque mailbox[16]; uint64 seq; all up to it
                                  are stored: the server erases them */
  TACET_FRAME_RESUME = 4,      /* opaque ticket[32]; instead of subscribing */
  /* server to client */
  TACET_FRAME_HELLO = 16,      /* opaque ticket[32]; uint32 window; */
  TACET_FRAME_SUBSCRIBED = 17, /* Subscription subscriptions<V>; */
  TACET_FRAME_ITEM = 18,       /* an item, sealed */
  TACET_FRAME_EPHEMERAL = 19,  /* opaque mailbox[16]; opaque item<V>; */
  TACET_FRAME_CAUGHT_UP = 20,  /* nothing stored waits to be pushed, for now;
                                  comes after each SUBSCRIBE or RESUME */
  TACET_FRAME_GONE = 21,       /* opaque mailbox[16]; deleted meanwhile */
  TACET_FRAME_GOODBYE = 22,    /* uint32 retry_ms; the server ends */
  TACET_FRAME_REFUSED = 23     /* opaque code<V>; of wire/errors.h; it ends */
} tacet_frame_type;

/* struct { opaque mailbox[16]; uint8 known; uint64 acknowledged; uint32
 * expired; } Subscription; known 0: no such mailbox, or the wrong secret (the
 * rest is 0). acknowledged: the last sequence number that was acknowledged; one
 * above the device's own means that another copy of it reads. expired: items
 * that went unread, of old age, since the last acknowledgement. */
typedef struct tacet_subscription {
  uint8_t mailbox[TACET_MAILBOX_ID_LEN];
  bool known;
  uint64_t acknowledged;
  uint32_t expired;
} tacet_subscription;
void tacet_subscription_write(tacet_buf *w, const tacet_subscription *s);
bool tacet_subscription_next(tacet_span *list, tacet_subscription *out);

/* One frame: uint8 type, then its members. Which members count depends on the
 * type. At most `window` ITEM frames go unacknowledged; the server waits then.
 *   ITEM: opaque mailbox[16]; uint64 seq; opaque enc[32]; uint32 number;
 *         opaque sealed<V>;        enc and number: see wire/seal.h */
typedef struct tacet_frame {
  tacet_frame_type type;
  tacet_span list; /* SUBSCRIBE, UNSUBSCRIBE, SUBSCRIBED */
  size_t n_list;   /* filled by parse */
  uint8_t mailbox[TACET_MAILBOX_ID_LEN];
  uint64_t seq;
  uint8_t enc[32];
  uint32_t number; /* ITEM; HELLO: window; GOODBYE: retry_ms */
  tacet_span body; /* ITEM: sealed; EPHEMERAL: item; REFUSED: code */
  uint8_t ticket[TACET_TICKET_LEN];
} tacet_frame;
void tacet_frame_write(tacet_buf *w, const tacet_frame *f);
/* from_client: only frames of that direction are taken (UNKNOWN_TYPE). */
TACET_MUST_CHECK tacet_err tacet_frame_parse(tacet_span in, bool from_client,
                                             tacet_frame *out);

#ifdef __cplusplus
}
#endif
#endif
