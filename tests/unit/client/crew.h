/* SPDX-License-Identifier: Apache-2.0
 * A group called "crew", and a hand in its members' stores: for tests of
 * members that break the rules.
 */
#ifndef TACET_TESTS_CLIENT_CREW_H
#define TACET_TESTS_CLIENT_CREW_H

#include "client/session.h"
#include "tests/unit/client/people.h"

#define CREW_MAX 5

/* p[0] is alice, its admin; then bob, carol, dave, erin. All have joined for
 * good: nobody has a commit due. */
void crew_new(world *w, person **p, size_t n);
size_t crew_members(person *p);
uint64_t crew_epoch(person *p);
/* The session of "crew" in p's store. */
void crew_open(person *p, client_session *s);
/* The device of `who` in p's view. */
uint32_t crew_leaf(person *p, const client_session *s, person *who);
/* Changes and saves p's session. */
void crew_edit(person *p, void (*edit)(tacet_mls_group *g));
/* p commits this, and it wins if the slot is free: whatever the rules say. */
struct client_change;
void crew_commit(person *p, const struct client_change *ch);
/* An item for everybody but p, closed by p's envelope key. */
void crew_send(person *p, client_session *s, tacet_span message);
/* Puts a message into slot n of p's epoch, before anybody else. */
void crew_put(person *p, uint32_t n, tacet_span message);
/* Sends what is in p's outbox. */
void crew_flush(person *p);
/* Everybody says something, and everybody else hears it once. */
void crew_talk(person **p, size_t n, const char *tag);

#endif
