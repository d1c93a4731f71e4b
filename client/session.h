/* SPDX-License-Identifier: Apache-2.0
 * client/session.h -- one MLS group, loaded from the store, worked on within a
 * transaction, and saved again before anything leaves.
 *
 * Only the process that holds the lock loads one, so no two advance the same
 * keys; and it loads it anew each time, so that a transaction that is undone
 * leaves nothing behind in memory.
 */
#ifndef TACET_CLIENT_SESSION_H
#define TACET_CLIENT_SESSION_H

#include "client/core.h"

typedef struct client_session {
  client_mem mem; /* holds what r points to */
  client_group_record r;
  tacet_mls_group *mls;
} client_session;
#define CLIENT_SESSION(name)                                                   \
  TACET_CLEANUP(client_session_close)                                          \
  client_session name = {{NULL}, {.slot = 0}, NULL}
void client_session_close(client_session *s);

TACET_MUST_CHECK tacet_err client_session_load(client *c, tacet_span group,
                                               client_session *s);
/* Only the record, without its MLS group: for looking at it. */
TACET_MUST_CHECK tacet_err client_group_get(client *c, tacet_span group,
                                            client_mem *mem,
                                            client_group_record *out);
TACET_MUST_CHECK tacet_err client_group_save(client *c, client_group_record *r);
TACET_MUST_CHECK tacet_err client_group_list(client *c, const uint8_t *talk,
                                             client_mem *mem,
                                             client_group_record **list,
                                             size_t *n);
/* Within a transaction, as are the ones below. */
TACET_MUST_CHECK tacet_err client_session_save(client *c, client_session *s);
/* A new epoch has begun: derives what it needs, erases the exporter secret,
 * lets go of epochs left too long ago, and saves. */
TACET_MUST_CHECK tacet_err client_session_enter(client *c, client_session *s);
/* Forgets the group with all its keys. */
TACET_MUST_CHECK tacet_err client_session_delete(client *c, tacet_span group);

/* The epochs whose envelopes open, newest first. */
TACET_MUST_CHECK tacet_err client_epochs(client *c, tacet_span group,
                                         client_mem *mem, client_epoch **list,
                                         size_t *n);
TACET_MUST_CHECK tacet_err client_epoch_get(client *c, tacet_span group,
                                            uint64_t epoch, client_mem *mem,
                                            client_epoch *out);

/* Forgets the keys of epochs that this device left too long ago. */
TACET_MUST_CHECK tacet_err client_epochs_sweep(client *c);

#define CLIENT_EPOCHS_KEPT TACET_MLS_PAST_EPOCHS
#define CLIENT_EPOCH_MAX_AGE (48 * CLIENT_HOUR)

#endif
