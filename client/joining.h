/* SPDX-License-Identifier: Apache-2.0
 * client/joining.h -- which conversation a group that was joined belongs to: a
 * new one, the one that it goes on in, one that this device had lost, or a
 * request of its own.
 */
#ifndef TACET_CLIENT_JOINING_H
#define TACET_CLIENT_JOINING_H

#include "client/successor.h"

/* A group that was joined, and examined. */
typedef struct client_joined {
  client_session s;
  tacet_room room;
  client_leaf *leaves;
  size_t n_leaves;
  tacet_identity inviter;
  client_person person;        /* the inviter */
  bool own;                    /* who is another device of this account */
  uint8_t peer[CLIENT_ID_LEN]; /* pair: the other account */
  uint64_t epoch;
  client_succession succession;
} client_joined;

/* There is one of that id, and it is followed. */
bool client_group_is_alive(client *c, tacet_span group);
/* ... and its slots were read to the end since that was last due, or since it
 * was joined. A letter that waits made it due: what this device still is after
 * that, nobody has changed. */
bool client_group_is_looked_at(const client_group_record *r);
/* Finds or makes its conversation, and saves that. *request: somebody has to be
 * asked. GROUP_ID: this device has the conversation in another group, which it
 * has to look at first, unless this is the `last` time. Within a transaction.
 */
TACET_MUST_CHECK tacet_err client_joined_place(client *c, client_joined *j,
                                               bool last, client_mem *mem,
                                               client_talk *out, bool *request);
/* Tells the user, if there is anything new to him. Within a transaction. */
TACET_MUST_CHECK tacet_err client_joined_tell(client *c, const client_joined *j,
                                              const client_talk *t,
                                              bool request);

#endif
