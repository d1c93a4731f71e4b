/* SPDX-License-Identifier: Apache-2.0
 * The inventory: columns of delivery.db. */
#include "server/ops/inventory.h"

#define COLUMN(name, what, why, how_long, who, category, plaintext)            \
  {                                                                            \
    TACETD_HELD_DELIVERY, name, what, why, how_long, who,                      \
        TACETD_CATEGORY_##category, plaintext, NULL, TACETD_FORM_NONE,         \
        TACETD_CATEGORY_##category == TACETD_CATEGORY_NONE ? NULL : UNTIED     \
  }
/* Why no row of this half can answer a demand about an account. Of a mailbox
 * for first letters the address stands in a key package on the shelf; nobody
 * but strangers ever wrote to it, and no statement follows it. */
#define UNTIED                                                                 \
  "nothing says whose it is: no column of this database names an account, a "  \
  "device or a handle"

#define BOX_LIFE "until its owner deletes it, or it was not read for 100 days"
#define ITEM_LIFE                                                              \
  "until it is acknowledged or its mailbox is deleted; at most 30 days"
#define OPERATOR "the operator"
#define DEVICE "the device that reads the mailbox, and the operator"

static const tacetd_inventory_row rows[] = {
    COLUMN("mailbox.key", "the first half of the mailbox's random id",
           "items refer to it", BOX_LIFE, OPERATOR, TRAFFIC, true),
    COLUMN("mailbox.id",
           "random id of a mailbox; of nobody in particular, unless a key "
           "package that is still on the shelf names it",
           "items are addressed to it", BOX_LIFE,
           "who was given its address, and the operator", TRAFFIC, true),
    COLUMN("mailbox.read_hash", "hash of the secret that reads it",
           "to know its owner without knowing whose it is", BOX_LIFE, OPERATOR,
           NONE, false),
    COLUMN("mailbox.capability_hash",
           "hash of the capability that writes to it",
           "only who was given it may write", BOX_LIFE, OPERATOR, NONE, false),
    COLUMN("mailbox.sealing_key", "public key to which items are sealed",
           "so that copies of one message have nothing in common, and leaked "
           "group keys do not open what waits",
           BOX_LIFE, OPERATOR, NONE, true),
    COLUMN("mailbox.old_hash", "hash of the capability before",
           "for those who have not heard of the new one",
           "7 days or 64 items after it changed", OPERATOR, NONE, false),
    COLUMN("mailbox.old_until", "the last day on which that is taken",
           "it ends", "7 days or 64 items after it changed", OPERATOR, NONE,
           true),
    COLUMN("mailbox.old_left", "how many items it is still good for", "it ends",
           "7 days or 64 items after it changed", OPERATOR, NONE, true),
    COLUMN("mailbox.paid", "whether an item for it costs its sender a token",
           "so that strangers cannot fill the mailbox of a last-resort key "
           "package, which outlives being claimed",
           BOX_LIFE, OPERATOR, TRAFFIC, true),
    COLUMN("mailbox.opened", "whether it was ever read",
           "until then it takes little", BOX_LIFE, OPERATOR, TRAFFIC, true),
    COLUMN("mailbox.touched", "the day it was last read, or made",
           "mailboxes that nobody reads are dropped", BOX_LIFE, OPERATOR,
           TRAFFIC, true),
    COLUMN("mailbox.acked", "the last number that was acknowledged",
           "a device that was copied notices it", BOX_LIFE, DEVICE, TRAFFIC,
           true),
    COLUMN("mailbox.floor", "the last number that was erased",
           "no number is used twice", BOX_LIFE, OPERATOR, TRAFFIC, true),
    COLUMN("mailbox.expired",
           "how many items expired unread since the last acknowledgement",
           "the owner is told what he missed", "until the next acknowledgement",
           DEVICE, TRAFFIC, true),

    COLUMN("item.id", "a row number; shuffled among those of one commit",
           "where the row lies", ITEM_LIFE, OPERATOR, NONE, true),
    COLUMN("item.mailbox", "which mailbox it waits in", "to find it", ITEM_LIFE,
           OPERATOR, TRAFFIC, true),
    COLUMN("item.seq", "its number in that mailbox",
           "items are delivered in order", ITEM_LIFE, DEVICE, TRAFFIC, true),
    COLUMN("item.day", "the day it came", "it expires after 30", ITEM_LIFE,
           OPERATOR, TRAFFIC, true),
    COLUMN("item.size", "how many bytes it has, padded by the sender",
           "a mailbox has a limit", ITEM_LIFE, OPERATOR, TRAFFIC, true),
    COLUMN("item.number", "which message of its encapsulation it is",
           "to open it", ITEM_LIFE, DEVICE, NONE, true),
    COLUMN("item.enc",
           "the encapsulation it was sealed with, shared by up to 256 items of "
           "one mailbox within 10 minutes",
           "to open it", ITEM_LIFE, DEVICE, NONE, true),
    COLUMN("item.sealed",
           "what was sent: a ciphertext of the sender's, sealed once more to "
           "the mailbox's key",
           "it waits for a device that is away", ITEM_LIFE,
           "nobody but that device can open it", CONTENT, false),

    COLUMN("slot.name_hash",
           "hash of a name that only members of one epoch of a group can "
           "derive",
           "a change of a group is made once", "400 days", OPERATOR, TRAFFIC,
           false),
    COLUMN("slot.day", "the day it was taken", "body and name expire",
           "400 days", OPERATOR, TRAFFIC, true),
    COLUMN("slot.body", "the change: a ciphertext of the group's",
           "members that were away fetch it", "35 days",
           "who knows the name can fetch it; the group's members can open it",
           CONTENT, false),

    COLUMN("spent.hash",
           "hash of an anonymous token that was spent on mailboxes, a slot or "
           "an upload",
           "a token is spent once", "until its key expires, at most two weeks",
           OPERATOR, NONE, false),
    COLUMN("spent.last_day", "the day its key expires", "to forget it then",
           "until its key expires, at most two weeks", OPERATOR, NONE, true),

    COLUMN("blob.id_hash", "hash of an upload's random id",
           "who knows the id fetches it", "45 days; 2 if it was not finished",
           OPERATOR, TRAFFIC, false),
    COLUMN("blob.day", "the day the upload began", "it expires",
           "45 days; 2 if it was not finished", OPERATOR, TRAFFIC, true),
    COLUMN("blob.received", "how many bytes have come",
           "an upload can be taken up again",
           "45 days; 2 if it was not finished",
           "who knows the id, and the operator", TRAFFIC, true),
    COLUMN("blob.total", "how many bytes it has, padded by the sender",
           "to know when it is complete", "45 days; 2 if it was not finished",
           "who knows the id, and the operator", TRAFFIC, true),

    COLUMN("meta.name", "name of a number that the server keeps",
           "to find it again", "as long as the server", OPERATOR, NONE, true),
    COLUMN("meta.value",
           "the server's own day; the day on which the operator confirmed the "
           "clock",
           "a clock that jumps must not erase anything",
           "as long as the server", OPERATOR, NONE, true),
};

const tacetd_inventory_part tacetd_inventory_delivery = {
    rows, sizeof(rows) / sizeof(rows[0])};
