/* SPDX-License-Identifier: Apache-2.0
 * client/invite.h -- inviting: the first letters to those whom a commit adds.
 */
#ifndef TACET_CLIENT_INVITE_H
#define TACET_CLIENT_INVITE_H

#include "client/members.h"

typedef struct client_invitations {
  const tacet_span *packages; /* key packages of who is added */
  size_t n_packages;
  const tacet_mls_commit_result *result; /* of the commit that adds them */
  tacet_span manifests;                  /* of who is added: opaque<V> each */
  uint64_t after; /* parcel of the commit, which has to win first; 0: none */
} client_invitations;

/* REFUSED "group-too-large" if with n more it has over CLIENT_GROUP_MAX. */
TACET_MUST_CHECK tacet_err client_may_invite(client *c, const client_session *s,
                                             size_t n);
/* Puts a letter for each of them into the outbox, in the transaction that is
 * open. s: the group before the commit is merged. */
TACET_MUST_CHECK tacet_err client_invite(client *c, client_session *s,
                                         const client_invitations *i);

#endif
