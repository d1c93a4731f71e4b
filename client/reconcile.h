/* SPDX-License-Identifier: Apache-2.0
 * client/reconcile.h -- groups held against the device lists of their members:
 * a device that a newer manifest drops goes, one that it gained comes in.
 *
 * Nothing of this depends on how an account got its new device: by linking, or
 * by its recovery words. Whoever takes a manifest (client/chain.h does, of any
 * account, one's own included) has called client_reconcile_account() with it;
 * it puts a TIDY job (client/jobs.h) into each open conversation that the
 * account is in, and that job claims a key package of each device that is
 * missing, removes those that are listed no more, and commits. So:
 *
 *   a device that was added  has to publish key packages (client/packages.h);
 *                            then it is added by whoever is first: an own other
 *                            device at once, a contact after 1 to 60 minutes.
 *                            The letters make its conversations; nothing has to
 *                            be done on its side (client/letters.c takes
 *                            letters of own devices without asking).
 *   who made the manifest    keeps it with client_chain_keep_own() and calls
 *                            client_reconcile_account() once the new device has
 *                            published. An account with one device alone has
 *                            nobody who could add it but its contacts, once
 * they hear of the manifest: from the directory, or beside anything that the
 * new device sends.
 */
#ifndef TACET_CLIENT_RECONCILE_H
#define TACET_CLIENT_RECONCILE_H

#include "client/members.h"

/* A device that the newest manifest of its account lists, which account is a
 * member, and that has no leaf. */
typedef struct client_missing {
  uint8_t account[CLIENT_ID_LEN];
  uint8_t device[CLIENT_DEVICE_ID_LEN];
} client_missing;
/* Those of a group; none of accounts that leave. */
TACET_MUST_CHECK tacet_err client_missing_list(client *c, client_session *s,
                                               client_mem *mem,
                                               client_missing **list,
                                               size_t *n);

/* If the group differs from what the newest manifests say: a job that puts it
 * right, at the time that is this device's turn. Within a transaction. */
TACET_MUST_CHECK tacet_err client_reconcile_group(client *c, client_session *s);
/* The same for every open conversation that this account is in. Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_reconcile_account(client *c,
                                                    const uint8_t *account);

/* Would its account, which goes on with other devices, be gone with this leaf?
 * Then nobody could say any more that these are missing: so it goes in the
 * commit that adds one of them (`packages`), and not before. Only where there
 * are none for some time (client_reconcile_gives_up) it goes all the same. */
TACET_MUST_CHECK tacet_err client_leaf_is_last(
    client *c, const client_session *s, const client_leaf *leaves, size_t n,
    size_t which, const tacet_span *packages, size_t n_packages, bool *out);
bool client_reconcile_gives_up(uint32_t tries);

/* Appends a key package of each device that is missing, as far as there are
 * any; *lacking: of some there is none. */
TACET_MUST_CHECK tacet_err client_reconcile_claim(client *c, tacet_span group,
                                                  client_mem *mem,
                                                  tacet_span **packages,
                                                  size_t *n, bool *lacking);
/* Leaves those of them that are still missing. */
TACET_MUST_CHECK tacet_err client_reconcile_filter(client *c, client_session *s,
                                                   tacet_span *packages,
                                                   size_t *n);
/* When to try again where packages were lacking; 0: not any more, and a warning
 * says so. Within a transaction. */
TACET_MUST_CHECK tacet_err client_reconcile_again(client *c, client_session *s,
                                                  uint32_t tries,
                                                  uint64_t *due);

#endif
