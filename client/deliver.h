/* SPDX-License-Identifier: Apache-2.0
 * client/deliver.h -- private to the outbox: one parcel, handed to the server,
 * and what becomes of it.
 */
#ifndef TACET_CLIENT_DELIVER_H
#define TACET_CLIENT_DELIVER_H

#include "client/session.h"

/* Sends an item or a letter to the chosen recipients, and notes each answer. A
 * parcel of an epoch that would no longer open is encrypted anew first. */
TACET_MUST_CHECK tacet_err client_deliver(client *c, client_parcel *p,
                                          const bool *chosen);
/* Claims a slot. The winner, whoever it is, is in force or marked to be looked
 * at when this returns OK. */
TACET_MUST_CHECK tacet_err client_deliver_commit(client *c, client_parcel *p);
/* Every recipient has answered for itself: the message is sent. Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_delivered(client *c, const client_parcel *p);

/* client/outbox.c */
TACET_MUST_CHECK tacet_err client_parcel_save(client *c, client_parcel *p);
TACET_MUST_CHECK tacet_err client_payload_save(client *c,
                                               const client_parcel *p,
                                               tacet_span item,
                                               tacet_span body);
TACET_MUST_CHECK tacet_err client_payload_get(client *c, const client_parcel *p,
                                              client_mem *mem,
                                              client_payload *out);
TACET_MUST_CHECK tacet_err client_outbox_close(client *c, client_session *s,
                                               tacet_span content,
                                               tacet_span aad, tacet_buf *item);

#endif
