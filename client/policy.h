/* SPDX-License-Identifier: Apache-2.0
 * client/policy.h -- what a commit may do in our groups, decided alike by every
 * member from what all of them see: the group before it, the commit, and what
 * stands beside it in its slot.
 *
 * Admins add, remove, rename and appoint. Anybody may add and remove what a
 * manifest beside the commit justifies, remove an account that leaves, and
 * replace the leaf of a device that asks for it, since it cannot follow any
 * more. The last two with the device's own signed word for it in the commit's
 * authenticated data:
 *
 *   struct { opaque account[32]; opaque device[16]; opaque signature[64]; }
 *     Leaver;                                  authenticated_data: Leaver list
 *   signature = SignWithLabel(device key, "Tacet 1.0 Leave", or "Tacet 1.0
 *     Return", struct {
 *     opaque group_id<V>; opaque account[32]; opaque device[16];
 *     opaque mailbox[16];      of the device's leaf: so that the word does not
 *   })                         outlive a return to the group
 *
 * Who leaves says so with the same in the authenticated data of a message; who
 * cannot follow, in a call for help (client/returning.h).
 */
#ifndef TACET_CLIENT_POLICY_H
#define TACET_CLIENT_POLICY_H

#include "client/members.h"

/* The staged commit of s->mls. Any error means that every member refuses it. */
TACET_MUST_CHECK tacet_err client_policy_check(client *c, client_session *s,
                                               tacet_span manifests,
                                               tacet_span aad);
/* The same rules for one's own commit, before it is made: may this account
 * change the group (add, remove, rename)? REFUSED "not-admin". */
TACET_MUST_CHECK tacet_err client_policy_may_admin(client *c,
                                                   const client_session *s);

typedef enum client_word {
  CLIENT_WORD_LEAVE = 1,
  CLIENT_WORD_RETURN /* of one device: to be removed and added again */
} client_word;

void client_leaver_write(tacet_buf *w, const client_leaver *l);
/* Takes the first off a list; false at its end, or where it is malformed. */
bool client_leaver_next(tacet_span *list, client_leaver *out);
/* This device's own word. */
TACET_MUST_CHECK tacet_err client_leaver_sign(client *c,
                                              const client_session *s,
                                              client_word word,
                                              client_leaver *out);
/* AUTH: not the word of that device, as it sits in the group now. */
TACET_MUST_CHECK tacet_err client_leaver_check(client *c,
                                               const client_session *s,
                                               client_word word,
                                               const client_leaver *l);

#endif
