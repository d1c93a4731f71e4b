/* SPDX-License-Identifier: Apache-2.0
 * client/groups.h -- making MLS groups, and seeing to it that one can be
 * changed or written to now.
 */
#ifndef TACET_CLIENT_GROUPS_H
#define TACET_CLIENT_GROUPS_H

#include "client/commit.h"

/* A group with this device alone, to which others are added at once. */
typedef struct client_founding {
  const uint8_t *talk;
  tacet_span id;
  const tacet_room *room;
  tacet_span word;            /* of a call for help (client/returning.h) */
  const tacet_span *packages; /* of who is in it besides */
  size_t n_packages;
} client_founding;
/* Makes it, loads it into *s, and puts the letters to the others into the
 * outbox. Within a transaction, with a spare mailbox at hand. */
TACET_MUST_CHECK tacet_err client_group_found(client *c,
                                              const client_founding *f,
                                              client_session *s);
/* Makes the group of a conversation that has none (or a broken one), with these
 * packages for its other members; their letters go into the outbox. Within a
 * transaction, with a spare mailbox at hand. */
TACET_MUST_CHECK tacet_err client_group_begin(client *c, client_talk *talk,
                                              const tacet_room *room,
                                              const tacet_span *packages,
                                              size_t n_packages);
/* The one of a pair, for its first message. Claims, then begins. */
TACET_MUST_CHECK tacet_err client_pair_begin(client *c, client_talk *talk);

/* Can a commit be made now? False where one is under way, others are to be
 * looked at first, or a lost race has to be waited out; *next is lowered to
 * when to ask again. */
bool client_may_commit(client *c, const client_group_record *r, uint64_t *next);
/* The first commit after joining, or one that moves to a new mailbox: made if
 * it may be now. */
TACET_MUST_CHECK tacet_err client_fresh_begin(client *c, tacet_span group,
                                              uint64_t *next);
/* The same for the weekly update: new keys, and a new capability for the
 * mailbox in place of the one that former members know. */
TACET_MUST_CHECK tacet_err client_update_begin(client *c, tacet_span group,
                                               uint64_t *next);

#endif
