/* SPDX-License-Identifier: Apache-2.0
 * desk/preserved.h -- preserved copies in the desk's folder: preserved/ID.age,
 * sealed to a key that follows from the desk's own, and erased when the day in
 * the case's row ("kept_until") is over.
 */
#ifndef TACET_DESK_PRESERVED_H
#define TACET_DESK_PRESERVED_H

#include "desk/command.h"
#include "desk/plan/plan.h"

#define DESK_PRESERVED "preserved"
#define DESK_E_PRESERVED "preserved"
#define DESK_E_PRESERVED_ERASED "preserved-erased"

/* Seals and keeps the copy of a case, durably. EXISTS, FULL, IO. */
TACET_MUST_CHECK tacet_err desk_preserved_keep(desk_store *s, const char *id,
                                               tacet_span copy,
                                               desk_trouble *why);
/* Takes back what keep() wrote. */
void desk_preserved_drop(desk_store *s, const char *id);
/* Opens the copy of a case; `hash` (or NULL) gets its SHA-256 in hexadecimal.
 * NOT_FOUND, POLICY (its day is over), AUTH (it was changed). */
TACET_MUST_CHECK tacet_err desk_preserved_open(desk_store *s, const char *id,
                                               desk_trouble *why,
                                               tacet_bytes *copy,
                                               char hash[2 * DESK_HASH + 1]);
/* Erases every copy whose day is over, each with an event; tells how many. */
TACET_MUST_CHECK tacet_err desk_preserved_expire(desk_store *s,
                                                 desk_trouble *why, size_t *n);

#endif
