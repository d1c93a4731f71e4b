/* SPDX-License-Identifier: Apache-2.0
 * client/counters.h -- the counters inside messages: what is missing shows.
 */
#ifndef TACET_CLIENT_COUNTERS_H
#define TACET_CLIENT_COUNTERS_H

#include "client/core.h"

/* A message with this counter came. The first one seen of a device sets where
 * counting begins. Within a transaction. */
TACET_MUST_CHECK tacet_err client_counter_seen(client *c, const uint8_t *talk,
                                               const uint8_t *account,
                                               const uint8_t *device,
                                               uint64_t counter);
/* The pure part: notes `counter` in *r at time `now`; r->holes has room for
 * CLIENT_HOLES_MAX + 1. */
void client_counters_note(client_counters *r, uint64_t counter, uint64_t now);

#endif
