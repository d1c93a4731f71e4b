/* SPDX-License-Identifier: Apache-2.0
 * client/chain.h -- the verified chains of manifests: who is who.
 *
 * Manifests come from the directory about whom one writes to first, and beside
 * every letter and commit about everybody else. Whatever their way, they are
 * taken here, by the rules of the chain, and kept. The first chain seen of an
 * account stays; a second one is evidence, and stops all sending to it.
 */
#ifndef TACET_CLIENT_CHAIN_H
#define TACET_CLIENT_CHAIN_H

#include "client/people.h"
#include "tacet/keytrans/manifest.h"

/* Takes a list of opaque<V> manifests, of any accounts, each account's in
 * ascending order. Those that are known already must be equal. New accounts
 * become persons that were met, no more. MANIFEST, AUTH or an INPUT error: one
 * of them does not verify, and nothing was changed. A rival of a known one is
 * no error: the account is marked, and nothing is sent to it any more; so a
 * group does not process a commit differently from its other members. */
TACET_MUST_CHECK tacet_err client_chain_take(client *c, tacet_span manifests);
/* The same for what the directory answered: client_chain_confirm() then says
 * whose the handle is. */
TACET_MUST_CHECK tacet_err client_chain_take_asked(client *c,
                                                   tacet_span manifests);
/* A whole chain of one account, from number 0 on, that this account's own
 * device kept in a backup. Who is known already: as client_chain_take().
 * *fresh: it was not, and is a person that was met now, whose handle means
 * nobody yet. Within a transaction. */
TACET_MUST_CHECK tacet_err client_chain_restore(client *c, tacet_span account,
                                                tacet_span manifests,
                                                bool *fresh);
/* The directory names this account for its handle. One that had only claimed
 * the handle before is an impostor from then on; one that was confirmed,
 * accepted or verified before makes it a matter of keys (see
 * client_person_may_hear()), unless the log shows a reset (client/reset.h). */
TACET_MUST_CHECK tacet_err client_chain_confirm(client *c, tacet_span account);

/* The newest manifest of an account. NOT_FOUND. */
TACET_MUST_CHECK tacet_err client_chain_newest(client *c, tacet_span account,
                                               tacet_manifest *out);
/* The same of this account, with its bytes. */
TACET_MUST_CHECK tacet_err client_chain_newest_own(client *c, client_mem *mem,
                                                   tacet_manifest *out,
                                                   tacet_span *bytes);
/* Keeps one that this device made or took part in making. Nothing is checked.
 * Within a transaction. */
TACET_MUST_CHECK tacet_err client_chain_keep_own(client *c, tacet_span bytes);
TACET_MUST_CHECK tacet_err client_chain_at(client *c, tacet_span account,
                                           uint32_t number,
                                           tacet_manifest *out);
/* Does that manifest of that account list the device with that key? CREDENTIAL
 * if not; NOT_FOUND if the manifest is not known. */
TACET_MUST_CHECK tacet_err client_chain_check(client *c, tacet_span account,
                                              uint32_t number,
                                              tacet_span device,
                                              tacet_span key);
/* Appends the whole chain of an account to a list of opaque<V>. */
TACET_MUST_CHECK tacet_err client_chain_write(client *c, tacet_span account,
                                              tacet_buf *list);

#endif
