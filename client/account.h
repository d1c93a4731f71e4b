/* SPDX-License-Identifier: Apache-2.0
 * client/account.h -- making the account and ending it.
 */
#ifndef TACET_CLIENT_ACCOUNT_H
#define TACET_CLIENT_ACCOUNT_H

#include "client/core.h"

/* Registers, or goes on with a registration that was interrupted. Each stage is
 * in the store before the server hears of it. */
TACET_MUST_CHECK tacet_err client_account_register(client *c, const char *name,
                                                   const char *invite_link,
                                                   const char *device_name);
/* The last manifest, which lists no device: signed, kept, and from then on part
 * of the own chain, so that it travels. Within no transaction. */
TACET_MUST_CHECK tacet_err client_account_end(client *c, client_mem *mem,
                                              tacet_span *manifest);
/* Has the server erase the account. */
TACET_MUST_CHECK tacet_err client_account_erase(client *c, tacet_span manifest);

#endif
