/* SPDX-License-Identifier: Apache-2.0
 * client/mailboxes.h -- the mailboxes of this device: made in batches before
 * anybody asks, used by one conversation each, deleted at their time.
 */
#ifndef TACET_CLIENT_MAILBOXES_H
#define TACET_CLIENT_MAILBOXES_H

#include "client/call.h"

TACET_MUST_CHECK tacet_err client_mailbox_get(client *c, tacet_span id,
                                              client_mem *mem,
                                              client_mailbox *out);
/* Within a transaction. */
TACET_MUST_CHECK tacet_err client_mailbox_save(client *c, client_mailbox *m);
/* All of them. */
TACET_MUST_CHECK tacet_err client_mailbox_list(client *c, client_mem *mem,
                                               client_mailbox **list,
                                               size_t *n);

/* Sees to it that at least n spare ones exist at the server. */
TACET_MUST_CHECK tacet_err client_mailboxes_ensure(client *c, size_t n);
/* One of the spare ones, which the caller gives a use and saves, in the
 * transaction that is open. NOT_FOUND: ensure more first. */
TACET_MUST_CHECK tacet_err client_mailbox_take(client *c, client_mem *mem,
                                               client_mailbox *out);
/* The same for one of those that whoever writes to it pays for. */
TACET_MUST_CHECK tacet_err client_mailboxes_ensure_paid(client *c);
TACET_MUST_CHECK tacet_err client_mailbox_take_paid(client *c, client_mem *mem,
                                                    client_mailbox *out);
/* Gives it a new capability, at the server and in *m; the old one is taken for
 * a week more. */
TACET_MUST_CHECK tacet_err client_mailbox_rotate(client *c, client_mailbox *m);
/* Stops reading it; deletes it some time in the next day, so that its absence
 * answers nobody. Within a transaction. */
TACET_MUST_CHECK tacet_err client_mailbox_condemn(client *c, tacet_span id);
/* A group that was read there is no more: condemned, unless it is that of the
 * last-resort package, which other groups and letters may come through. Fine if
 * there is none. Within a transaction. */
TACET_MUST_CHECK tacet_err client_mailbox_leave(client *c, tacet_span id);
/* Deletes those whose time has come, here and at the server. */
TACET_MUST_CHECK tacet_err client_mailboxes_upkeep(client *c);
/* Is it read? */
static inline bool client_mailbox_is_read(const client_mailbox *m) {
  return m->use == CLIENT_MAILBOX_PACKAGE || m->use == CLIENT_MAILBOX_GROUP ||
         m->use == CLIENT_MAILBOX_OLD || m->use == CLIENT_MAILBOX_LINKING;
}

#endif
