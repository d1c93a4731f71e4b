/* SPDX-License-Identifier: Apache-2.0
 * client/commit.h -- changing a group: the commit, its slot, its letters.
 */
#ifndef TACET_CLIENT_COMMIT_H
#define TACET_CLIENT_COMMIT_H

#include "client/members.h"

typedef struct client_change {
  const tacet_span *packages; /* key packages of who is added */
  size_t n_packages;
  const uint32_t *leaves; /* of who is removed */
  size_t n_leaves;
  const tacet_room *room; /* in place of the one there is; or NULL */
  bool fresh;             /* new keys at a mailbox that nobody knows */
  bool update;            /* new keys, and what the mailbox has become */
  bool alone; /* nobody shares the group yet: the change is in force at once */
  uint64_t job;
} client_change;

/* Makes the commit, pending, and puts it with its letters into the outbox, all
 * in the transaction that is open; those who said that they leave are removed
 * along. With `fresh` a spare mailbox must be there. */
TACET_MUST_CHECK tacet_err client_commit_make(client *c, client_session *s,
                                              const client_change *ch);
/* The slot was won: enters the epoch, lets the letters go. Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_commit_won(client *c, client_session *s,
                                             const client_parcel *p);
/* Somebody else's commit won: nothing is left of this one but its job, which is
 * tried again after a random time. Within a transaction; s may hold the pending
 * commit or not any more. */
TACET_MUST_CHECK tacet_err client_commit_lost(client *c, client_session *s);

/* After a new epoch: what is remembered of members who are gone is forgotten,
 * the room's name is noted. Within a transaction. */
TACET_MUST_CHECK tacet_err client_commit_settle(client *c, client_session *s);
/* Somebody was removed, and knows where the others are written to. New keys and
 * a new capability are due: before this device's next message, and soon in any
 * case; the more members, the more spread out. The caller saves. */
TACET_MUST_CHECK tacet_err client_update_soon(client *c, client_session *s);
/* Is it due before a message, or about to be? */
bool client_update_is_near(client *c, const client_group_record *r);

#endif
