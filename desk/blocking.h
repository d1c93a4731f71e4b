/* SPDX-License-Identifier: Apache-2.0
 * desk/blocking.h -- whether a demand may be answered although something that
 * blocks was found: only where the officer names each such finding, and never
 * where it is about who asks.
 */
#ifndef TACET_DESK_BLOCKING_H
#define TACET_DESK_BLOCKING_H

#include "desk/command.h"

/* Looks at the newest evaluation of the case. `despite` has codes of findings
 * with commas or spaces between, or is NULL. POLICY, with the codes, where one
 * that blocks is missing in it, cannot be passed over, or where the demand was
 * completed after its evaluation; ARGUMENT where it names a code that was not
 * found. */
TACET_MUST_CHECK tacet_err desk_blocking_check(desk_store *s, const char *id,
                                               const char *despite,
                                               desk_trouble *why);

#endif
