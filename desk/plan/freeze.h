/* SPDX-License-Identifier: Apache-2.0
 * desk/plan/freeze.h -- what is kept for a demand to preserve: the cells that a
 * plan gave, in a database of the server's form, which a later plan reads in
 * the server's place. Whatever the plan did not give is not in it.
 *
 * The copy is an archive (plan/files.h) of plan.json and copy.db. Sealing and
 * keeping it is the caller's.
 */
#ifndef TACET_DESK_FREEZE_H
#define TACET_DESK_FREEZE_H

#include "desk/plan/files.h"
#include "desk/plan/snapshot.h"

/* NOMEM, IO. */
TACET_MUST_CHECK tacet_err desk_freeze(const desk_snapshot *s,
                                       const desk_plan *p,
                                       const desk_extract *x, desk_trouble *why,
                                       tacet_bytes *out);
/* A snapshot of the copy, for a scope that the kept plan covers: categories and
 * accounts of it and no others, since what was not kept would look as if it had
 * never been. POLICY and a sentence if it does not; ENCODING, STATE, NOMEM.
 * scope NULL: for no scope, only to see that it opens. */
TACET_MUST_CHECK tacet_err desk_thaw(tacet_span copy, const desk_scope *scope,
                                     desk_trouble *why, desk_snapshot **out);

#endif
