/* SPDX-License-Identifier: Apache-2.0
 * client/people.h -- the accounts that were met: who they are, what one thinks
 * of them.
 */
#ifndef TACET_CLIENT_PEOPLE_H
#define TACET_CLIENT_PEOPLE_H

#include "client/core.h"

TACET_MUST_CHECK tacet_err client_person_get(client *c, tacet_span account,
                                             client_mem *mem,
                                             client_person *out);
/* The same; oneself, too, who is in no table. */
TACET_MUST_CHECK tacet_err client_person_any(client *c, tacet_span account,
                                             client_mem *mem,
                                             client_person *out);
/* NOT_FOUND where nobody with that handle was met. */
TACET_MUST_CHECK tacet_err client_person_by_handle(client *c,
                                                   const char *handle,
                                                   client_mem *mem,
                                                   client_person *out);
/* Within a transaction, like the next. */
TACET_MUST_CHECK tacet_err client_person_save(client *c, client_person *p);
/* The handle means this person from now on. */
TACET_MUST_CHECK tacet_err client_person_name(client *c,
                                              const client_person *p);
/* The handle of an account, own one included; its id's beginning for one that
 * nothing is known about. */
TACET_MUST_CHECK tacet_err client_handle_of(client *c, tacet_span account,
                                            client_mem *mem, const char **out);
bool client_is_self(const client *c, tacet_span account);
/* False while a home does not know yet which account it will be. */
bool client_has_account(const client *c);
TACET_MUST_CHECK tacet_err client_trust_of(client *c, const client_person *p,
                                           client_trust *out);
/* REFUSED "account-deleted": the one sentence for it. */
tacet_err client_fail_erased(client *c, const char *handle);
/* REFUSED "blocked", "account-deleted" or "account-replaced", KEYS
 * "keys-changed" or "reset" where nothing may be sent. */
TACET_MUST_CHECK tacet_err client_person_may_hear(client *c,
                                                  const client_person *p);
/* A handle as typed, folded and with its domain. USAGE "bad-handle",
 * "other-server". */
TACET_MUST_CHECK tacet_err client_handle_typed(client *c, const char *text,
                                               client_mem *mem,
                                               const char **out);

#endif
