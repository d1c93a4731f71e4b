/* SPDX-License-Identifier: Apache-2.0
 * client/waiting.h -- letters that cannot be taken yet, in the store, and what
 * came behind them in their mailboxes.
 *
 * A letter waits for one of two things. What did not fit into it lies in a blob
 * and has to be fetched, which is not done while items are taken off the link:
 * a stranger decides what is to be fetched, and nobody else's items wait for
 * that. Or this device seems to be in the very group that it leads to: who was
 * removed and added again while away may get the letter before the news.
 */
#ifndef TACET_CLIENT_WAITING_H
#define TACET_CLIENT_WAITING_H

#include "client/session.h"

/* Keeps an item. EPOCH_FUTURE: too many wait; it stays at the server. Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_waiting_add(client *c,
                                              const client_mailbox *m,
                                              client_waits_for what,
                                              tacet_span item);
/* Does a letter to this mailbox wait? */
TACET_MUST_CHECK tacet_err client_waiting_has(client *c,
                                              const client_mailbox *m,
                                              bool *out);
/* Fetches, joins, refuses what can be by now. `looked`: what was due was looked
 * for, so a letter that waits for news of a group may have them. *next:
 * lowered to when something is to be tried again. A letter whose blob is not
 * given out is refused after 13 tries in three days; of all letters' blobs, at
 * most 64 MiB are asked for in a day. */
TACET_MUST_CHECK tacet_err client_waiting_run(client *c, bool looked,
                                              uint64_t *next);

#endif
