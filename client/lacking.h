/* SPDX-License-Identifier: Apache-2.0
 * client/lacking.h -- devices of others that the server gave no keys of.
 *
 * A device stands in its account's list before it has published anything, while
 * it is being linked; and for a moment after its keys are gone, while it is
 * being removed. So it is remembered since when there are none, and told only
 * once that has lasted for longer than either takes, by the list as it is then;
 * and once, until there are keys again. That they are asked for again is up to
 * the job that wants to add the device (client/reconcile.h).
 */
#ifndef TACET_CLIENT_LACKING_H
#define TACET_CLIENT_LACKING_H

#include "client/people.h"

/* A claim gave these packages of an account's devices: is there anything to
 * tell, by the list that is known? Then a newer one is to be looked for. */
TACET_MUST_CHECK tacet_err client_lacking_is_due(client *c,
                                                 const client_person *p,
                                                 tacet_span packages,
                                                 bool *out);
/* Remembers it, and tells what there is to tell. Within a transaction. */
TACET_MUST_CHECK tacet_err client_lacking_note(client *c, const uint8_t *talk,
                                               const client_person *p,
                                               tacet_span packages);

#endif
