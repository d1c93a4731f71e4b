/* SPDX-License-Identifier: Apache-2.0
 * client/receive.h -- from a sealed item to what is in the store.
 */
#ifndef TACET_CLIENT_RECEIVE_H
#define TACET_CLIENT_RECEIVE_H

#include "client/session.h"
#include "tacet/wire.h"

/* Takes one ITEM frame: unseals, opens, processes, stores, all in one
 * transaction; afterwards it may be acknowledged. What is not for us, not valid
 * or was there before is taken too, and dropped. EPOCH_FUTURE: it must wait,
 * since nothing opens it yet and too much waits already. */
TACET_MUST_CHECK tacet_err client_receive_sealed(client *c,
                                                 const tacet_frame *f);
/* Takes an item that came behind a letter which is settled by now, or not yet
 * (AUTH: it has to go on waiting). Within a transaction. */
TACET_MUST_CHECK tacet_err client_receive_behind(client *c,
                                                 const client_mailbox *m,
                                                 bool letter_waits,
                                                 tacet_span item);
/* The server says that items of a mailbox expired unread, or that it is gone.
 */
TACET_MUST_CHECK tacet_err client_mailbox_lost(client *c,
                                               const client_mailbox *m,
                                               const tacet_subscription *s);
/* Drops what has not opened in a week. */
TACET_MUST_CHECK tacet_err client_unopened_sweep(client *c);

#endif
