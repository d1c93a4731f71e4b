/* SPDX-License-Identifier: Apache-2.0
 * client/reset.h -- a handle that passed to another account: waited for, taken
 * over, taken back (docs/protocol/reset.md).
 *
 * The record of the handle's label (client/labels.h) holds the wait:
 *
 *   account       that has the handle in the log
 *   reset_until   it is not in use before this; 0: nothing is waited for
 *   was           the account that is in use until then, if there is one
 *
 * While it waits the handle means `was` (client/people.h), nothing is sent to
 * either, and groups go on as they are. Then the new account takes its place.
 * Of the own handle the same record says until when it can be taken back.
 */
#ifndef TACET_CLIENT_RESET_H
#define TACET_CLIENT_RESET_H

#include "client/core.h"
#include "tacet/keytrans/keylog.h"
#include "tacet/keytrans/manifest.h"

/* What a look-up that checks out says of it: l is what was known before, and
 * gets what is new of the wait. Tells what there is to tell, and puts the new
 * account into its place where the wait is over. The account's manifests have
 * been taken. Within a transaction. */
TACET_MUST_CHECK tacet_err client_reset_note(client *c, client_label *l,
                                             const tacet_manifest *newest,
                                             const tacet_keylog_answer *now,
                                             const tacet_keylog_head *head);
/* The same for the own handle (client/reset_own.c). */
TACET_MUST_CHECK tacet_err client_reset_note_own(client *c, client_label *l,
                                                 const tacet_manifest *newest,
                                                 const tacet_keylog_answer *now,
                                                 const tacet_keylog_head *head);
/* When a wait ends that begins now. */
uint64_t client_reset_end(const client *c, const tacet_keylog_head *head);
/* The day of a time, the next one where it is not the day's begin. */
void client_reset_day(uint64_t ms, char out[16]);

/* When the wait about this person ends; 0: none. */
TACET_MUST_CHECK tacet_err client_reset_until(client *c, const client_person *p,
                                              uint64_t *out);
/* KEYS "reset" while it lasts; REFUSED "account-replaced" for whom another
 * account took the place of. */
TACET_MUST_CHECK tacet_err client_reset_allows(client *c,
                                               const client_person *p);
/* Does the log give the handle to this account, which has to wait? *in_use:
 * while another one has the handle here. */
TACET_MUST_CHECK tacet_err client_reset_waits(client *c, const char *handle,
                                              tacet_span account, bool *out,
                                              bool *in_use);
/* Asks the directory once the wait about somebody is over. An outage is none
 * here: it goes on. Outside a transaction. */
TACET_MUST_CHECK tacet_err client_reset_again(client *c,
                                              const client_person *p);
/* *p becomes the account that has the handle: the one that waits, or that took
 * the place of *p. */
TACET_MUST_CHECK tacet_err client_reset_newest(client *c, client_mem *mem,
                                               client_person *p);
TACET_MUST_CHECK tacet_err client_reset_follow(client *c, client_mem *mem,
                                               client_person *p);
/* Somebody met the person and compared codes: the wait is over. Nothing where
 * there was none. Within a transaction. */
TACET_MUST_CHECK tacet_err client_reset_met(client *c, client_person *p);

/* The own handle is another account's, as the answer shows that checked out. */
TACET_MUST_CHECK tacet_err client_reset_fail_own(client *c);
/* Until when it can be taken back, as far as is known; 1: no more; 0: it is
 * one's own. */
TACET_MUST_CHECK tacet_err client_reset_own(client *c, uint64_t *until);
/* Takes the own handle back. REFUSED "no-reset", "too-late",
 * "manifest-conflict". */
TACET_MUST_CHECK tacet_err client_reset_veto(client *c);

#endif
