/* SPDX-License-Identifier: Apache-2.0
 * client/packages.h -- the published key packages of this device, each with a
 * mailbox of its own, and what this device's leaf says.
 */
#ifndef TACET_CLIENT_PACKAGES_H
#define TACET_CLIENT_PACKAGES_H

#include "client/call.h"

#define CLIENT_PACKAGES_PUBLISHED 30
#define CLIENT_PACKAGE_LIFE (60 * CLIENT_DAY)

/* Makes and publishes what is missing; learns which were claimed. */
TACET_MUST_CHECK tacet_err client_packages_top_up(client *c);
/* Tops up when it is time; deletes the mailboxes of packages that were claimed
 * and brought no letter, or have expired. */
TACET_MUST_CHECK tacet_err client_packages_upkeep(client *c,
                                                  client_upkeep *upkeep);
TACET_MUST_CHECK tacet_err client_package_get(client *c, tacet_span ref,
                                              client_mem *mem,
                                              client_package *out);
/* A letter came for it: its keys go, unless it is the last-resort one. Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_package_used(client *c, tacet_span ref);

/* What this device's leaf says when it is written to at this mailbox. Spans
 * point into *mem. */
TACET_MUST_CHECK tacet_err client_leaf_args(client *c, const client_mailbox *m,
                                            client_mem *mem,
                                            tacet_mls_leaf_args *out);

#endif
