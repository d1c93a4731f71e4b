/* SPDX-License-Identifier: Apache-2.0
 * Accounts without homes, as many as a large group needs: at the server in
 * memory they have a manifest, a key package and its mailbox; nobody reads it.
 */
#ifndef TACET_TESTS_CLIENT_CROWD_H
#define TACET_TESTS_CLIENT_CROWD_H

#include "tests/unit/client/people.h"

#include "tacet/content/envelope.h"

#define CROWD_MAX 1100

/* n of them, called crowd0 and so on. */
void crowd_join(world *w, size_t n);
/* Handles of the first n, as client_group_create() takes them. */
const char *const *crowd_names(size_t n);

/* Where a key package that an account has published leads to: its last-resort
 * one, or the first of the others. */
void crowd_address(world *w, const char *handle, bool last_resort,
                   tacet_recipient *to, uint8_t sealing_key[32]);
/* A letter of a stranger's making into such a mailbox, without a token. */
tacet_delivery crowd_post(world *w, const char *handle, bool last_resort,
                          const tacet_letter *letter);
/* A blob as the server holds it; *a is what opens it. */
void crowd_blob(world *w, tacet_span plain, tacet_attachment *a);

#endif
