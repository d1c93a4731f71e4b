/* SPDX-License-Identifier: Apache-2.0
 * client/outbox.h -- what is on its way out: parcels, each with its recipients.
 *
 * A parcel stays until every recipient answered for itself. To one mailbox they
 * go in their order; a recipient who is full or unreachable holds up nobody
 * else. The same bytes are sent again after a lost answer; receivers notice.
 */
#ifndef TACET_CLIENT_OUTBOX_H
#define TACET_CLIENT_OUTBOX_H

#include "client/session.h"

/* Puts one in, with its bytes; sets its number. Within a transaction. */
TACET_MUST_CHECK tacet_err client_parcel_add(client *c, client_parcel *p,
                                             tacet_span item, tacet_span body);
/* Takes it out again, with its bytes and file. Within a transaction. */
TACET_MUST_CHECK tacet_err client_parcel_remove(client *c,
                                                const client_parcel *p);
TACET_MUST_CHECK tacet_err client_parcel_list(client *c, client_mem *mem,
                                              client_parcel **list, size_t *n);
/* Encrypts a content into the group's current epoch and puts it in. `message`
 * is its id, or empty for what is no message; aad is authenticated along. */
TACET_MUST_CHECK tacet_err client_outbox_encrypt(client *c, client_session *s,
                                                 tacet_span content,
                                                 tacet_span message,
                                                 tacet_span aad);
/* Letters that wait for a commit that lost, or all that belongs to a group that
 * is no more. Within a transaction. */
TACET_MUST_CHECK tacet_err client_outbox_drop_after(client *c, uint64_t number);
TACET_MUST_CHECK tacet_err client_outbox_drop_group(client *c,
                                                    tacet_span group);
/* Sends what can be sent now. CLOSED once the server cannot be reached. *next:
 * lowered to when something is to be tried again. */
TACET_MUST_CHECK tacet_err client_outbox_flush(client *c, uint64_t *next);

/* The key of the file that letters need uploaded first. */
void client_letter_file_key(uint64_t number, tacet_buf *w);

#endif
