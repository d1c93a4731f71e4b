/* SPDX-License-Identifier: Apache-2.0
 * client/successor.h -- the group that goes on in the place of one that nobody
 * can change any more.
 *
 * Its id is a hash over the conversation, the old group's last epoch
 * authenticator and the account that makes it: who computes the same from his
 * own state knows that the maker was in that very epoch. So a successor is
 * judged when its letter comes, and joined as the conversation's group or not
 * at all. The rules:
 *
 *  1. the id is that of this device's *current* epoch in the old group, and of
 *     an account that is in it;
 *  2. the old group is broken here too;
 *  3. the room is unchanged, admins included;
 *  4. nobody is in it who was not in the old one;
 *  5. unless its maker is an admin nobody is missing, but for those who said
 *     that they leave, and erased accounts;
 *  6. of several an admin's goes before a member's, then the smaller id. As
 * long as the old group is kept, and if its maker is still a member.
 */
#ifndef TACET_CLIENT_SUCCESSOR_H
#define TACET_CLIENT_SUCCESSOR_H

#include "client/members.h"

/* The id of the one that `creator` would make of s as it is now. */
TACET_MUST_CHECK tacet_err client_successor_id(const client_session *s,
                                               const uint8_t *creator,
                                               uint8_t out[CLIENT_ID_LEN]);

/* Makes it, if the group is still the one in use, broken, and everybody who has
 * to be in it can be; else *made is false. */
TACET_MUST_CHECK tacet_err client_successor_make(client *c, const uint8_t *talk,
                                                 bool *made);

/* A group into which a letter came. */
typedef struct client_offer {
  tacet_span id;
  uint64_t epoch;
  const tacet_room *room;
  const client_leaf *leaves;
  size_t n_leaves;
  const uint8_t *creator; /* account */
} client_offer;
typedef enum client_offer_use {
  CLIENT_OFFER_NONE,   /* by the rules it is no successor */
  CLIENT_OFFER_FOLLOW, /* the conversation goes on in it */
  CLIENT_OFFER_SECOND  /* there is a better one: read for a while */
} client_offer_use;
typedef struct client_succession {
  client_offer_use use;
  tacet_span replaces; /* id of the old group */
  bool by_admin;
} client_succession;
/* Against the group that `group` names, the one in use. Spans of *out live in
 * mem. */
TACET_MUST_CHECK tacet_err client_succession_judge(client *c, tacet_span group,
                                                   const client_offer *offer,
                                                   client_mem *mem,
                                                   client_succession *out);

/* Another group is the one in use from now on: what was not sent in the old one
 * is sent there, and the old one is read for two days more. Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_group_superseded(client *c, tacet_span old);

#endif
