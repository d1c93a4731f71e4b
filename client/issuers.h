/* SPDX-License-Identifier: Apache-2.0
 * client/issuers.h -- are these everybody's token keys? A server with keys for
 * one account alone could tell that account's tokens from the others', so the
 * keys of a week are held against the key log before any token is drawn.
 */
#ifndef TACET_CLIENT_ISSUERS_H
#define TACET_CLIENT_ISSUERS_H

#include "client/core.h"
#include "tacet/wire/directory.h"

/* Are the keys of the week of *key, which are among `all`, those that the log
 * has, as the only version that there is? Asks once a week; OK without asking
 * where no log is believed. KEYS "token-keys"; UNREACHABLE where the log does
 * not show them yet; and as client_keylog_judge(). Outside a transaction. */
TACET_MUST_CHECK tacet_err client_issuers_check(client *c,
                                                const tacet_issuers *all,
                                                const tacet_issuer *key);

#endif
