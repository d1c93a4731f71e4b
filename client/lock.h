/* SPDX-License-Identifier: Apache-2.0
 * client/lock.h -- which of the processes on one home syncs, and how the others
 * wake it.
 *
 * Whoever holds the file `sync.lock` talks to the server and touches the
 * groups' keys. The others leave their work in the store and ring the bell, a
 * named pipe; they see in the store when it is done. The lock goes with its
 * process, however that ends.
 */
#ifndef TACET_CLIENT_LOCK_H
#define TACET_CLIENT_LOCK_H

#include "client/error.h"

typedef struct client_lock {
  int file, bell; /* -1: not open */
  bool held;
} client_lock;
#define CLIENT_LOCK_NONE ((client_lock){-1, -1, false})

TACET_MUST_CHECK tacet_err client_lock_open(const char *home,
                                            client_error *detail,
                                            client_lock *out);
void client_lock_close(client_lock *l); /* lets go of it too */
/* Takes it if nobody has it; never waits. True if it is held now. */
bool client_lock_try(client_lock *l);
void client_lock_release(client_lock *l);
/* Wakes whoever holds it: makes l->bell of that process readable. */
void client_lock_ring(client_lock *l);
/* The bell was heard. */
void client_lock_quiet(client_lock *l);

#endif
