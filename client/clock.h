/* SPDX-License-Identifier: Apache-2.0
 * client/clock.h -- a clock that may be wrong.
 *
 * What is erased, given up or replaced because it is old needs a clock that is
 * right. A jump of more than two days, either way, since the clock was last
 * believed is believed only once the server's token keys, which name days,
 * agree with it. Until then nothing expires on this device, no key package is
 * claimed or published, and the user is told.
 */
#ifndef TACET_CLIENT_CLOCK_H
#define TACET_CLIENT_CLOCK_H

#include "client/core.h"

/* Milliseconds since then; 0 where the clock has been set back. */
uint64_t client_since(const client *c, uint64_t then);
/* Has a time come that lies at most `most` ms ahead when it is set? Further
 * ahead it was set by a clock that was wrong, and has come. */
bool client_is_due(const client *c, uint64_t when, uint64_t most);
/* False while a jump was not confirmed. Asks nobody. */
bool client_clock_is_believed(client *c);
/* The server's days, from first to last, as it just said: FAILED "clock" if
 * this device's day is far from them. Outside a transaction. */
TACET_MUST_CHECK tacet_err client_clock_judge(client *c, uint32_t first,
                                              uint32_t last);
/* From time to time, and before a claim: asks the server if there was a jump;
 * fails as client_clock_judge() does. */
TACET_MUST_CHECK tacet_err client_clock_check(client *c);
/* The same for upkeep: a wrong clock is told, once, and is no failure. */
TACET_MUST_CHECK tacet_err client_clock_upkeep(client *c);

#endif
