/* SPDX-License-Identifier: Apache-2.0
 * client/tokens.h -- drawing tokens and spending them.
 *
 * A batch is drawn at a random hour when few are left, and spent from the next
 * day on, so that what is spent does not follow what was drawn; only a device
 * that has no older ones spends younger ones.
 */
#ifndef TACET_CLIENT_TOKENS_H
#define TACET_CLIENT_TOKENS_H

#include "client/call.h"

/* Draws a batch now; goes on with one that was interrupted. QUOTA of today used
 * up is REFUSED "quota". */
TACET_MUST_CHECK tacet_err client_tokens_draw(client *c, tacet_token_kind kind);
/* Draws if few are left and the hour has come. *next: when to look again. */
TACET_MUST_CHECK tacet_err client_tokens_upkeep(client *c,
                                                client_upkeep *upkeep);
/* The token to spend next, drawn now if there is none. It stays in the store
 * until client_tokens_spent(), since a request whose answer was lost may or may
 * not have spent it. `skip` is how many of the first to pass over: for requests
 * that take several. */
TACET_MUST_CHECK tacet_err client_tokens_pick(client *c, tacet_token_kind kind,
                                              size_t skip, client_mem *mem,
                                              tacet_span *token);
/* Within a transaction. */
TACET_MUST_CHECK tacet_err client_tokens_spent(client *c, tacet_span token);
/* Takes up to n of them out, as bytes one behind the other, for another device
 * of the account; leaves enough for this one. Within a transaction. */
TACET_MUST_CHECK tacet_err client_tokens_give(client *c, tacet_token_kind kind,
                                              size_t n, tacet_buf *out);
/* Those that another device gave. Within a transaction. */
TACET_MUST_CHECK tacet_err client_tokens_take(client *c, tacet_token_kind kind,
                                              tacet_span list);
TACET_MUST_CHECK tacet_err client_tokens_count(client *c, tacet_token_kind kind,
                                               size_t *n);
/* Did the server refuse it for the token's sake, so that another may do? */
bool client_tokens_refused(tacet_wire_error code);
/* Fetches the server's keys and holds this device's clock against their days
 * (client/clock.h). */
TACET_MUST_CHECK tacet_err client_tokens_look(client *c);

#endif
