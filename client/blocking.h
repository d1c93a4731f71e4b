/* SPDX-License-Identifier: Apache-2.0
 * client/blocking.h -- not hearing somebody, and hearing them again.
 *
 * Who is blocked is not heard, and the mailboxes that they know are deleted
 * some time in the next day. Hearing them again needs the server: first
 * everything that came meanwhile is taken, and dropped; from then on the old
 * mailboxes are heard, as far as they are there still, and the conversation
 * moves to new ones. So nothing of after it is lost, and nothing of before it
 * is heard.
 */
#ifndef TACET_CLIENT_BLOCKING_H
#define TACET_CLIENT_BLOCKING_H

#include "client/core.h"

/* Blocks; takes back an unblocking that waits. Within a transaction. */
TACET_MUST_CHECK tacet_err client_block_person(client *c, client_person *p);
/* Unblocks, where there is nothing to be undone at the server; else records the
 * job that does (jobs.h) and gives its number. *job 0: done. Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_unblock_person(client *c, client_person *p,
                                                 uint64_t *job);
/* Carries out such a job, as far as it goes now. */
TACET_MUST_CHECK tacet_err client_unblock_run(client *c, const client_job *job,
                                              bool *done, uint64_t *next);

#endif
