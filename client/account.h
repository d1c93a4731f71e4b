/* SPDX-License-Identifier: Apache-2.0
 * client/account.h -- making the account and ending it.
 */
#ifndef TACET_CLIENT_ACCOUNT_H
#define TACET_CLIENT_ACCOUNT_H

#include "client/core.h"
#include "tacet/wire/invite.h"

/* A link as somebody typed it. USAGE "bad-invite"; VERSION. */
TACET_MUST_CHECK tacet_err client_invite_typed(client *c, const char *link,
                                               tacet_invite *out);
/* A handle as somebody typed it, for the account to register or to take up
 * again: name@domain. USAGE "bad-handle", "other-server". */
TACET_MUST_CHECK tacet_err client_account_handle(client *c, const char *name,
                                                 const char *domain,
                                                 client_mem *mem,
                                                 const char **out);
/* The server that this home talks to from now on, what its certificate has to
 * be, and whose key log is believed. Within a transaction. */
TACET_MUST_CHECK tacet_err client_server_save(client *c, const tacet_invite *i);

/* Registers, or goes on with a registration that was interrupted. Each stage is
 * in the store before the server hears of it. */
TACET_MUST_CHECK tacet_err client_account_register(client *c, const char *name,
                                                   const char *invite_link,
                                                   const char *device_name);
/* The last step of it, and of whatever else made this device one of the
 * account's: tokens, mailboxes and key packages, with which others can write to
 * it. From then on client_is_registered(). May be repeated. */
TACET_MUST_CHECK tacet_err client_account_publish(client *c);
/* Gives the directory the next manifest. *conflict: another one has its number.
 */
TACET_MUST_CHECK tacet_err client_account_put(client *c, tacet_span manifest,
                                              bool *conflict);
/* Changes c->self.stage in the store. Within a transaction. */
TACET_MUST_CHECK tacet_err client_self_stage(client *c, uint8_t stage);
/* The last manifest, which lists no device: signed, kept, and from then on part
 * of the own chain, so that it travels. Within no transaction. */
TACET_MUST_CHECK tacet_err client_account_end(client *c, client_mem *mem,
                                              tacet_span *manifest);
/* Has the server erase the account. */
TACET_MUST_CHECK tacet_err client_account_erase(client *c, tacet_span manifest);

#endif
