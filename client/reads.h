/* SPDX-License-Identifier: Apache-2.0
 * client/reads.h -- what was read: a message is, from when the first of the
 * account's devices has shown it, and stays so.
 *
 * Each device tells the others by message id what it showed and when, since no
 * order of messages is the same on all of them: so a message that another
 * device had not got yet never counts as read there. Of two times the earlier
 * counts; all devices come to the same in whatever order they hear.
 */
#ifndef TACET_CLIENT_READS_H
#define TACET_CLIENT_READS_H

#include "client/core.h"
#include "tacet/content/sync.h"

/* Named by the message. Parent "told": the other devices have to be; parent
 * "early": another device has read it, and it has not come here. */
typedef struct client_read_record {
  uint8_t message[CLIENT_ID_LEN], talk[CLIENT_ID_LEN];
  uint64_t at; /* ms, whole seconds */
  uint8_t by[CLIENT_DEVICE_ID_LEN];
} client_read_record;
void client_read_fields(client_fields *f, void *record);

/* This device has shown it. Does nothing where it was read before, or is no
 * message. Within a transaction. */
TACET_MUST_CHECK tacet_err client_read_here(client *c, tacet_span message);
/* Another one has shown these: an event tells of those that are news here.
 * Within a transaction. */
TACET_MUST_CHECK tacet_err client_read_elsewhere(client *c,
                                                 const tacet_sync_entry *e);
/* Before one that came is saved: has another device read it already? Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_read_early(client *c,
                                             client_message_record *m);

/* Those that are to be told, oldest first. */
TACET_MUST_CHECK tacet_err client_reads_untold(client *c, size_t limit,
                                               client_mem *mem,
                                               client_read_record **list,
                                               size_t *n);
/* Within a transaction. */
TACET_MUST_CHECK tacet_err client_read_told(client *c, const uint8_t *message);
/* Forgets what was read elsewhere and never came. Within a transaction. */
TACET_MUST_CHECK tacet_err client_reads_sweep(client *c);

#endif
