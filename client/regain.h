/* SPDX-License-Identifier: Apache-2.0
 * client/regain.h -- an account taken up again on a new device, with the 24
 * words: the recovery key signs the next list of devices.
 *
 * Nothing but the list comes back. The device has no conversations until other
 * members see the list and take it in (client/reconcile.h), and knows nobody
 * until they do, or a backup is imported. Then it greets whom it knows.
 */
#ifndef TACET_CLIENT_REGAIN_H
#define TACET_CLIENT_REGAIN_H

#include "client/core.h"

/* Each step is in the store before the server hears of it; the same call again
 * goes on with what was broken off. *n_dropped: devices that are listed no
 * more.
 */
TACET_MUST_CHECK tacet_err client_regain(client *c, const client_recovering *in,
                                         size_t *n_dropped);

/* A conversation of two that is known from a backup alone: a first letter, at a
 * random time within an hour, tells the other side of this device, and with it
 * the device list. Within a transaction. */
TACET_MUST_CHECK tacet_err client_greet_later(client *c, const uint8_t *talk);
/* Carries out such a job. */
TACET_MUST_CHECK tacet_err client_greet_run(client *c, const client_job *job);

#endif
