/* SPDX-License-Identifier: Apache-2.0
 * client/messages.h -- messages as they are kept and shown.
 */
#ifndef TACET_CLIENT_MESSAGES_H
#define TACET_CLIENT_MESSAGES_H

#include "client/core.h"

TACET_MUST_CHECK tacet_err client_message_get(client *c, tacet_span id,
                                              client_mem *mem,
                                              client_message_record *out);
/* Within a transaction; a new one (order 0) gets its place at the end. */
TACET_MUST_CHECK tacet_err client_message_save(client *c,
                                               client_message_record *r);
/* As client.h gives it. NOT_FOUND once it has expired or was deleted. */
TACET_MUST_CHECK tacet_err client_message_show(client *c, tacet_span id,
                                               client_mem *mem,
                                               client_message *out);
/* The last `limit` of a conversation (0: all), oldest first. */
TACET_MUST_CHECK tacet_err client_message_list(client *c, const uint8_t *talk,
                                               size_t limit, client_mem *mem,
                                               const client_message **list,
                                               size_t *n);
/* With its files and what waits to be sent of it. Within a transaction. */
TACET_MUST_CHECK tacet_err client_message_delete(client *c, tacet_span id);
/* All of a conversation. Within a transaction. */
TACET_MUST_CHECK tacet_err client_messages_delete_of(client *c,
                                                     const uint8_t *talk);
/* Deletes what has expired. */
TACET_MUST_CHECK tacet_err client_messages_sweep(client *c);
/* It has got a time at which it expires. Within a transaction. */
TACET_MUST_CHECK tacet_err client_message_expires(client *c, tacet_span id);
/* An own one can never be sent, and why. Within a transaction. */
TACET_MUST_CHECK tacet_err client_message_fail(client *c, tacet_span id,
                                               const client_error *why);

#endif
