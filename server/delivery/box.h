/* SPDX-License-Identifier: Apache-2.0
 * server/delivery/box.h -- mailboxes that were used lately, in the writer's
 * memory: their row, what waits in them, and the encapsulation that seals.
 *
 * A row is read when it is first needed and written, if it changed, once a
 * transaction. What waits is counted from the items' index when it is loaded,
 * so that storing an item writes nothing but the item. The next sequence number
 * follows from what is stored and what was erased (acknowledged, expired), and
 * never goes back.
 */
#ifndef TACETD_DELIVERY_BOX_H
#define TACETD_DELIVERY_BOX_H

#include "server/storage/storage.h"
#include "tacet/wire/delivery.h"
#include "tacet/wire/seal.h"

typedef struct dlv_box dlv_box;
struct dlv_box {
  int64_t key;
  uint8_t id[TACET_MAILBOX_ID_LEN];
  uint8_t read_hash[TACET_HASH_LEN], hash[TACET_HASH_LEN];
  uint8_t sealing_key[TACET_SEALING_KEY_LEN];
  /* The capability before, while old_left is not 0. */
  uint8_t old_hash[TACET_HASH_LEN];
  int64_t old_until; /* day, inclusive */
  uint32_t old_left; /* items */
  bool paid;         /* an item costs its sender a token */
  bool opened;       /* its owner has read from it */
  int64_t touched;   /* the day that was last, or the day it was made */
  uint64_t acked;    /* the last sequence number that was acknowledged */
  uint64_t floor;    /* all up to it are erased, for whatever reason */
  uint32_t expired;  /* items that went unread since the last acknowledgement */
  /* Counted. */
  uint64_t next_seq;
  uint32_t n_items;
  uint64_t n_bytes;
  uint32_t n_pending; /* of n_items: not written yet */
  /* Sealing. */
  tacet_sealer *sealer;
  uint64_t sealer_ms; /* when it was made */
  bool changed;       /* the row has to be written */
  dlv_box *next_changed;
  dlv_box *next;          /* in its bucket */
  dlv_box *older, *newer; /* by last use */
};

#define DLV_BOX_BUCKETS 16384
#define DLV_BOXES_MAX 32768 /* some 20 MB with their sealers */

typedef struct dlv_boxes {
  dlv_box *buckets[DLV_BOX_BUCKETS];
  dlv_box *newest, *oldest, *changed;
  size_t n;
} dlv_boxes;

/* The members that a row has, from what Q_BOX_GET gave. */
void dlv_box_read_row(sto_query *q, dlv_box *b);

/* The mailbox with this id; *out is NULL if there is none. Valid until the
 * transaction ends. */
TACET_MUST_CHECK tacet_err dlv_box_find(dlv_boxes *all, sto_conn *c,
                                        const uint8_t id[TACET_MAILBOX_ID_LEN],
                                        dlv_box **out);
/* The same by key. */
TACET_MUST_CHECK tacet_err dlv_box_find_key(dlv_boxes *all, sto_conn *c,
                                            int64_t key, dlv_box **out);
/* Its row is to be written when the transaction ends. */
void dlv_box_change(dlv_boxes *all, dlv_box *b);
/* Writes the rows that changed. */
TACET_MUST_CHECK tacet_err dlv_boxes_write(dlv_boxes *all, sto_conn *c);
/* Forgets one, whose row was deleted. */
void dlv_box_drop(dlv_boxes *all, dlv_box *b);
/* Forgets those that were used longest ago, above the maximum. Between
 * transactions. */
void dlv_boxes_trim(dlv_boxes *all);
/* Forgets all of them. */
void dlv_boxes_clear(dlv_boxes *all);

/* What a capability is worth here. */
typedef enum dlv_right {
  DLV_RIGHT_NONE,
  DLV_RIGHT_CURRENT,
  DLV_RIGHT_OLD
} dlv_right;
dlv_right dlv_box_right(const dlv_box *b, const uint8_t hash[TACET_HASH_LEN],
                        int64_t today);
/* Whether an item of that size still fits. */
bool dlv_box_has_room(const dlv_box *b, size_t size);

/* Seals an item with an encapsulation that is made anew when it is used up or
 * too old. out: item.len + TACET_SEAL_TAG_LEN bytes. */
TACET_MUST_CHECK tacet_err dlv_box_seal(dlv_box *b, uint64_t now_ms,
                                        tacet_span item,
                                        uint8_t enc[TACET_SEAL_ENC_LEN],
                                        uint32_t *number, uint8_t *out);

#endif
