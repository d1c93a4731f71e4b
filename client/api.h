/* SPDX-License-Identifier: Apache-2.0
 * client/api.h -- private to the files api_*.c, which implement the calls of
 * client.h: how one begins and ends.
 */
#ifndef TACET_CLIENT_API_H
#define TACET_CLIENT_API_H

#include "client/core.h"

/* Ends a call: reports, forgets an interruption, lets the lock go. */
client_kind client_leave(client *c, tacet_err e, client_error *err);
/* Carries out a job that was just recorded, or waits for the process that does.
 * *queued: the server could not be reached; it is carried out later. Its own
 * failure is this call's. */
TACET_MUST_CHECK tacet_err client_job_wait(client *c, uint64_t number,
                                           bool *queued);
/* Reads handles as typed into accounts, asking the server about those that were
 * never met. */
TACET_MUST_CHECK tacet_err client_people_typed(client *c,
                                               const char *const *handles,
                                               size_t n, client_mem *mem,
                                               uint8_t (**out)[CLIENT_ID_LEN]);
/* The same for one. USAGE "self" for one's own. */
TACET_MUST_CHECK tacet_err client_person_typed(client *c, const char *handle,
                                               client_mem *mem,
                                               client_person *out);
/* Is whoever sent a request the account that the directory knows? Asks it,
 * once: before the first answer, since anybody can sign a letter as anybody.
 * Outside a transaction. */
TACET_MUST_CHECK tacet_err client_talk_confirm(client *c, const client_talk *t);
/* A request becomes a conversation. Within a transaction. */
TACET_MUST_CHECK tacet_err client_talk_accept(client *c, client_talk *t);
/* Everything of a conversation goes: what was said, keys, the mailbox. Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_talk_erase(client *c, const client_talk *t);
/* The key log as it stands in the store. */
TACET_MUST_CHECK tacet_err client_keylog_describe(client *c, client_mem *mem,
                                                  client_keylog_state *out);

#endif
