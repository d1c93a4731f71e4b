/* SPDX-License-Identifier: Apache-2.0
 * client/upkeep.h -- what has to be done from time to time.
 */
#ifndef TACET_CLIENT_UPKEEP_H
#define TACET_CLIENT_UPKEEP_H

#include "client/core.h"

/* Does what is due. Failures of the server are swallowed: there is a next
 * time. *next is lowered to when something is due. */
TACET_MUST_CHECK tacet_err client_upkeep_run(client *c, uint64_t *next);

#endif
