/* SPDX-License-Identifier: Apache-2.0
 * Looking at the key log through somebody's eyes: for the tests of what a
 * client makes of it.
 */
#ifndef TACET_TESTS_CLIENT_SEER_H
#define TACET_TESTS_CLIENT_SEER_H

#include "tests/unit/client/people.h"

/* The server's account of somebody. */
fake_account *seer_account(world *w, const char *name);
/* Files in the home that are evidence. */
size_t seer_evidence(const person *p);
client_trust seer_trust(person *p, const char *name);
/* p asks for the head of the log; how that ended, in p->err too. */
client_kind seer_look(person *p);
/* p writes to somebody, perhaps for the first time, without sending. */
client_kind seer_write(person *p, const char *name);

#endif
