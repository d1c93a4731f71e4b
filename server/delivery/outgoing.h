/* SPDX-License-Identifier: Apache-2.0
 * server/delivery/outgoing.h -- items of the transaction under way: sealed,
 * numbered, written at its end in shuffled order, then told to the hook in
 * theirs.
 *
 * Shuffled, so that the copies of one message do not lie side by side on the
 * disk, whoever's messages share the commit.
 */
#ifndef TACETD_DELIVERY_OUTGOING_H
#define TACETD_DELIVERY_OUTGOING_H

#include "server/delivery/box.h"
#include "server/delivery/delivery.h"

typedef struct dlv_outgoing {
  dlv_item **items; /* in the order in which they came */
  int64_t *keys;    /* of their mailboxes */
  size_t n, cap;
  /* Mailboxes that were deleted in this transaction. */
  uint8_t (*gone)[TACET_MAILBOX_ID_LEN];
  size_t n_gone, cap_gone;
} dlv_outgoing;

/* Seals an item for a mailbox that has room, and takes it on. */
TACET_MUST_CHECK tacet_err dlv_outgoing_add(dlv_outgoing *o, dlv_box *b,
                                            uint64_t now_ms, tacet_span item);
/* A mailbox is deleted: what was taken on for it is dropped. */
TACET_MUST_CHECK tacet_err dlv_outgoing_gone(dlv_outgoing *o, const dlv_box *b);
/* Inserts the rows. */
TACET_MUST_CHECK tacet_err dlv_outgoing_write(dlv_outgoing *o, dlv_boxes *all,
                                              sto_conn *c, int64_t day);
/* Tells the hooks, and is empty afterwards. */
void dlv_outgoing_tell(dlv_outgoing *o, const dlv_hooks *h);
void dlv_outgoing_clear(dlv_outgoing *o);
void dlv_outgoing_free(dlv_outgoing *o);

#endif
