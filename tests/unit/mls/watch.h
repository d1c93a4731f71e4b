/* SPDX-License-Identifier: Apache-2.0
 * The core's heap, looked through: where is a secret, and was any block given
 * back with one inside?
 */
#ifndef TACET_TESTS_MLS_WATCH_H
#define TACET_TESTS_MLS_WATCH_H

#include "tacet/base.h"

/* All blocks of the core from now on are watched. */
void watch_start(void);
/* Back to malloc. Every block must be free again. */
void watch_stop(void);
/* In how many blocks that are in use the bytes stand. */
size_t watch_find(tacet_span secret);
/* From now on blocks that are freed must not hold it. */
void watch_mark(tacet_span secret);
/* How many blocks were freed with a marked secret in them. */
size_t watch_spilt(void);
/* Do the bytes stand somewhere in these? */
bool watch_holds(tacet_span where, tacet_span secret);

#endif
