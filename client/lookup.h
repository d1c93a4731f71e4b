/* SPDX-License-Identifier: Apache-2.0
 * client/lookup.h -- asking the directory: about whom one writes to first,
 * about who claims a handle in a letter, and again now and then about one of
 * them.
 */
#ifndef TACET_CLIENT_LOOKUP_H
#define TACET_CLIENT_LOOKUP_H

#include "client/chain.h"

/* Whose handle that is: takes the chain, once it was held against the key log,
 * and gives the person. REFUSED "unknown-handle"; KEYS "keys-mismatch", and
 * as client_directory_check(). That the directory has changed its mind shows in
 * the person (client_person_may_hear). */
TACET_MUST_CHECK tacet_err client_lookup_handle(client *c, const char *handle,
                                                client_mem *mem,
                                                client_person *out);
/* What is new of an account that was met. UNREACHABLE "not-published" where the
 * log does not have yet what is known already. */
TACET_MUST_CHECK tacet_err client_lookup_account(client *c, tacet_span account,
                                                 client_mem *mem,
                                                 client_person *out);
/* UNREACHABLE "not-published": somebody shows newer keys of `who` than the log
 * has yet. */
tacet_err client_fail_unpublished(client *c, const char *who);
/* Oneself, as everybody else would. *shown: the newest own keys are there.
 * UNREACHABLE "not-published" where the server shows none; KEYS "own-handle-
 * moved" where the handle leads to another account, and as above. */
TACET_MUST_CHECK tacet_err client_lookup_self(client *c, bool *shown);
/* The same where it matters only what one's other devices have changed: that the
 * log is behind is fine. */
TACET_MUST_CHECK tacet_err client_lookup_own(client *c);
/* Somebody whom only a letter or a group has named: does the directory name
 * this account for the handle? Asks at most once. KEYS "impostor", or as
 * client_person_may_hear(). *p is brought up to date, in mem. */
TACET_MUST_CHECK tacet_err client_lookup_confirm(client *c, client_person *p,
                                                 client_mem *mem);

#endif
