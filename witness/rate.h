/* SPDX-License-Identifier: Apache-2.0
 * witness/rate.h -- how much one address may ask: a bucket of 20 requests that
 * fills by 5 a second. Addresses are hashed with a key of this start into a
 * table of fixed size, where those that fall together share; nothing of them is
 * kept. For one thread.
 */
#ifndef WITNESS_RATE_H
#define WITNESS_RATE_H

#include "tacet/base.h"

#define WIT_RATE_BURST 20
#define WIT_RATE_PER_SECOND 5

typedef struct wit_rate wit_rate;

TACET_MUST_CHECK tacet_err wit_rate_new(wit_rate **out);
void wit_rate_free(wit_rate *r);
/* now_ms: of a clock that never goes back. False: it asked too much. */
bool wit_rate_take(wit_rate *r, const uint8_t address[16], uint64_t now_ms);

#endif
