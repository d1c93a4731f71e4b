/* SPDX-License-Identifier: Apache-2.0
 * client/events.h -- what the user has not been shown yet. An event is written
 * in the transaction of what it tells, and goes when it was shown.
 */
#ifndef TACET_CLIENT_EVENTS_H
#define TACET_CLIENT_EVENTS_H

#include "client/core.h"

/* All within a transaction. `talk` (a conversation's id) may be NULL. */
TACET_MUST_CHECK tacet_err client_event_message(client *c, const uint8_t *talk,
                                                tacet_span message);
TACET_MUST_CHECK tacet_err client_event_request(client *c, const uint8_t *talk,
                                                tacet_span by,
                                                const char *group);
TACET_MUST_CHECK tacet_err client_event_group(client *c, const uint8_t *talk,
                                              const char *action,
                                              const char *name, tacet_span by,
                                              uint8_t (*members)[CLIENT_ID_LEN],
                                              size_t n_members);
/* Another device of this account has read them. */
TACET_MUST_CHECK tacet_err client_event_read(client *c, const uint8_t *talk,
                                             uint8_t (*ids)[CLIENT_ID_LEN],
                                             size_t n);
/* It has followed this device. */
TACET_MUST_CHECK tacet_err client_event_history(client *c, uint64_t n_talks,
                                                uint64_t n_messages);
TACET_MUST_CHECK tacet_err client_event_warn(client *c, const uint8_t *talk,
                                             const char *code,
                                             const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Those of one conversation are not shown any more. */
TACET_MUST_CHECK tacet_err client_events_drop(client *c, const uint8_t *talk);

/* The oldest one (of `talk`, unless that is NULL), as client.h gives it. Events
 * whose message is gone are dropped. NOT_FOUND. */
TACET_MUST_CHECK tacet_err client_event_first(client *c, const uint8_t *talk,
                                              client_mem *mem,
                                              client_event *out);
/* Fine if there is none of that id. */
TACET_MUST_CHECK tacet_err client_event_remove(client *c, const char *id);

#endif
