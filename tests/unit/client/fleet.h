/* SPDX-License-Identifier: Apache-2.0
 * Several devices of one person, for the client's tests.
 */
#ifndef TACET_TESTS_CLIENT_FLEET_H
#define TACET_TESTS_CLIENT_FLEET_H

#include "tests/unit/client/people.h"

/* Another device of an account, put into its manifest by the test itself and
 * not by the linking channel. It has published; the others were told nothing.
 */
person *fleet_add(person *old, const char *name);
/* The manifest that comes next, with this device's signature, at the server and
 * in its own store: `drop` is not in it. */
void fleet_drop(person *signer, const person *drop);
/* What a person's device knows of its own account's manifests: asks the server.
 */
void fleet_look(person *p);
/* All of them sync, in turns, until `turns` are over; what came as a message is
 * noted, own ones too. */
void fleet_settle(person **p, size_t n, int turns);
/* Was it shown to them, in fleet_settle(), exactly once? */
bool fleet_heard_once(const person *p, const char *text);
void fleet_forget(void);

#endif
