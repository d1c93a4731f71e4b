/* SPDX-License-Identifier: Apache-2.0
 * desk/lock.h -- one at a time. What a command does to the log is a
 * transaction, and another one waits for it; what it does outside (a bundle
 * that is written, a copy that is erased, a message that is sent) is not. A
 * second run of a case would take the first for one that was cut off, and
 * remove what it wrote.
 *
 * The lock is a file of the desk's folder, held until the program ends, however
 * it ends. Nobody waits for it: who holds it may wait for the network.
 */
#ifndef TACET_DESK_LOCK_H
#define TACET_DESK_LOCK_H

#include "desk/store/store.h"

#define DESK_LOCK_NAME "desk.lock"

/* `command` is what the others are told, "run". BUSY and a sentence if another
 * process has it. */
TACET_MUST_CHECK tacet_err desk_lock(const desk_store *s, const char *command,
                                     desk_trouble *why);

#endif
