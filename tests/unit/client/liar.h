/* SPDX-License-Identifier: Apache-2.0
 * What an honest client would not do, by reaching into one: letters into any
 * group, contents of any form, chains of manifests that go on.
 */
#ifndef TACET_TESTS_CLIENT_LIAR_H
#define TACET_TESTS_CLIENT_LIAR_H

#include "tests/unit/client/people.h"

#include "tacet/content.h"
#include "tacet/content/room.h"

/* The chain of p's account as a list for client_chain_take(), gone on with by
 * `more` manifests: the first adds a device, the second drops p's own. */
void lie_chain(person *p, size_t more, tacet_buf *list);
/* The directory answers with it from now on; only the newest is appended. */
void lie_publish(person *p, tacet_span list);
/* p learns of it, as from the directory. */
void lie_learn(person *p, tacet_span list);

/* p makes a group with this room, and sends letters to these people. */
void lie_group(person *p, const tacet_room *room, const char *const *names,
               size_t n);
/* The same, and the group has this id. */
void lie_group_with_id(person *p, tacet_span id, const tacet_room *room,
                       const char *const *names, size_t n);
/* The same with a leaf that says it is another account's device, whose chain p
 * has; the key is p's. */
void lie_group_as(person *p, const person *as, const tacet_room *room,
                  const char *const *names, size_t n);
/* The room of a conversation that p is in. */
void lie_room_of(person *p, const char *to, tacet_room *out);
/* p writes these bytes into a conversation, as a content. */
void lie_content(person *p, const char *to, tacet_span content);
/* The same as far as p's outbox. */
void lie_encrypt(person *p, const char *to, tacet_span content);
/* The server gets what waits in p's outbox, as it was encrypted, while p hears
 * nothing. */
void lie_post_unheard(person *p);
/* The mailbox that p reads a conversation from, as the server holds it. */
fake_mailbox *lie_mailbox_of(person *p, const char *to);
/* Works on p's outbox until it is empty. */
void lie_flush(person *p);

#endif
