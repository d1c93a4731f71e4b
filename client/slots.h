/* SPDX-License-Identifier: Apache-2.0
 * client/slots.h -- following a group: from slot to slot, commit after commit.
 */
#ifndef TACET_CLIENT_SLOTS_H
#define TACET_CLIENT_SLOTS_H

#include "client/session.h"

/* Applies what won the current slot of a group (its `body`), whoever made it:
 * an own commit is merged, one that every member must refuse is skipped, any
 * other is checked and applied. One transaction. */
TACET_MUST_CHECK tacet_err client_slot_apply(client *c, tacet_span group,
                                             tacet_span body);
/* Reads slots by name until one is empty, applying each. Only once everything
 * that waited in the mailboxes was taken: it may need the epochs before. */
TACET_MUST_CHECK tacet_err client_slots_walk(client *c, tacet_span group);
/* Is the current slot taken? Asks, changes nothing but the time of the look. */
TACET_MUST_CHECK tacet_err client_slots_look(client *c, tacet_span group,
                                             bool *taken);
/* Tries once more what did not open, after a new epoch. Within a transaction.
 */
TACET_MUST_CHECK tacet_err client_unopened_retry(client *c, client_session *s);

#endif
