/* SPDX-License-Identifier: Apache-2.0
 * client/returning.h -- left behind, and taken back: the call for help of a
 * device that cannot follow its group any more, and the answer to it.
 *
 * The others may have no key in common with it any more, nor it a capability of
 * theirs that is still good. So it calls as a stranger would: a first letter to
 * a few members, into a group that nobody keeps, whose GroupContext holds the
 * room, unchanged, and its signed word. Whoever gets one and has the device in
 * his group replaces its leaf, with the word in the commit (client/policy.h).
 */
#ifndef TACET_CLIENT_RETURNING_H
#define TACET_CLIENT_RETURNING_H

#include "client/members.h"

/* Calls up to `n` members of a broken group, beginning with the one at *next in
 * the order admins, others; moves *next on. Members who cannot be asked are
 * passed over. */
TACET_MUST_CHECK tacet_err client_call_out(client *c, tacet_span group,
                                           size_t n, uint32_t *next);

/* Forgets the group of an earlier call, if that is what has this id: another is
 * about to have it. Within a transaction. */
TACET_MUST_CHECK tacet_err client_call_forget(client *c, tacet_span id);

/* A call that came: who makes it, of which room, and under which group id. */
typedef struct client_call_for_help {
  const tacet_identity *from;
  const tacet_room *room;
  tacet_span id; /* tells whether the caller stands where this device does */
  tacet_span word;
} client_call_for_help;
/* Takes note of it, if it is true of a group of this device. Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_call_take(client *c,
                                            const client_call_for_help *call);

/* Claims an account's packages for a conversation, and appends them; nothing is
 * appended where they cannot be had. */
TACET_MUST_CHECK tacet_err
client_claim_if_possible(client *c, const uint8_t *talk, const uint8_t *account,
                         client_mem *mem, tacet_span **packages, size_t *n);
/* Packages of the devices that ask to be added again, claimed. */
TACET_MUST_CHECK tacet_err client_returning_claim(client *c,
                                                  const client_group_record *r,
                                                  client_mem *mem,
                                                  tacet_span **packages,
                                                  size_t *n);
/* Does that leaf's device ask for it, and is it among the packages? */
bool client_is_returning(const client *c, const client_group_record *r,
                         const client_leaf *l, const tacet_span *packages,
                         size_t n);
/* The claimed ones were used. Within a transaction. */
TACET_MUST_CHECK tacet_err client_returning_used(client *c,
                                                 const client_group_record *r);

#endif
