/* SPDX-License-Identifier: Apache-2.0
 * client/claims.h -- other people's key packages, claimed for a conversation,
 * checked, and kept until they are used: the loser of a race uses them again.
 */
#ifndef TACET_CLIENT_CLAIMS_H
#define TACET_CLIENT_CLAIMS_H

#include "client/chain.h"
#include "client/members.h"

/* Sees to it that there is a checked package of each device of the account.
 * KEYS "keys-mismatch" if what the directory gives is not the account's. */
TACET_MUST_CHECK tacet_err client_claims_ensure(client *c, const uint8_t *talk,
                                                const client_person *p);
/* Claims anew, whatever there is: one of each device, which take the place of
 * those there were. Fails as client_claims_ensure() does. */
TACET_MUST_CHECK tacet_err client_claims_renew(client *c, const uint8_t *talk,
                                               const uint8_t *account);
/* After a failure of these: not now, and not later either. */
bool client_claim_is_hopeless(const client *c);
/* The device that a package is for; false for one that is none. */
bool client_package_identity(const client *c, tacet_span package,
                             tacet_identity *out);
/* Appends the packages (messages) that were claimed; *list may move. */
TACET_MUST_CHECK tacet_err client_claims_get(client *c, const uint8_t *talk,
                                             const uint8_t *account,
                                             client_mem *mem, tacet_span **list,
                                             size_t *n);
/* They were used, or will not be. Within a transaction. */
TACET_MUST_CHECK tacet_err client_claims_drop(client *c, const uint8_t *talk,
                                              const uint8_t *account);

#endif
