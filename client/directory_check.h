/* SPDX-License-Identifier: Apache-2.0
 * client/directory_check.h -- the one place where what a directory says is
 * held against its key log.
 *
 * There is no log yet: the policy of the invite is empty (a quorum of none),
 * and a chain of manifests is believed as far as it verifies by itself. Who
 * uses the result need not change when proofs come.
 */
#ifndef TACET_CLIENT_DIRECTORY_CHECK_H
#define TACET_CLIENT_DIRECTORY_CHECK_H

#include "client/core.h"

/* May these manifests of this account be taken from the directory? `manifests`
 * is a list of opaque<V>, of which each verifies; `proofs` is what came with
 * them. VERSION where the policy demands what this program cannot check. */
TACET_MUST_CHECK tacet_err client_directory_check(client *c, tacet_span account,
                                                  tacet_span manifests,
                                                  tacet_span proofs);
/* What a person may be told of that: one sentence. */
const char *client_directory_trust(void);

#endif
