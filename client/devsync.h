/* SPDX-License-Identifier: Apache-2.0
 * client/devsync.h -- what one's own devices tell each other, and the group in
 * which they do: names of devices, who is accepted, blocked and verified, what
 * became of requests (tacet/content/sync.h).
 *
 * The self group is a conversation with oneself: a pair whose other account is
 * one's own, so that nothing lists it. Who approves the first other device
 * makes it. For each thing that is told there is a register in the table
 * "sync": when it was last changed and by which device. A change by the user
 * writes it, and a job tells the others; what comes from them counts if it is
 * later.
 */
#ifndef TACET_CLIENT_DEVSYNC_H
#define TACET_CLIENT_DEVSYNC_H

#include "client/session.h"
#include "client/talks.h"
#include "tacet/content/sync.h"

/* Named by type and id; parent "dirty" while the others were not told. */
typedef struct client_sync_record {
  uint8_t type;              /* tacet_sync_type */
  uint8_t id[CLIENT_ID_LEN]; /* a device's: zeros behind it */
  uint64_t stamp;
  uint8_t by[CLIENT_DEVICE_ID_LEN];
  uint8_t state; /* CONVERSATION: tacet_sync_state */
} client_sync_record;
void client_sync_fields(client_fields *f, void *record);
#define CLIENT_SYNC_DIRTY TACET_SPAN_LIT("dirty")

/* Its conversation: SHA-256("Tacet 1.0 self" || account id). */
TACET_MUST_CHECK tacet_err client_self_talk_id(client *c,
                                               uint8_t out[CLIENT_ID_LEN]);
bool client_is_self_talk(const client *c, const client_talk *t);
/* Makes the group of it, in place of one that is broken; the job that adds the
 * other devices is recorded. Not within a transaction. */
TACET_MUST_CHECK tacet_err client_self_group_begin(client *c);

/* The user has changed that. Does nothing for an account with one device.
 * Within a transaction. */
TACET_MUST_CHECK tacet_err client_sync_person(client *c, tacet_sync_type what,
                                              const uint8_t *account);
TACET_MUST_CHECK tacet_err client_sync_talk(client *c, const uint8_t *talk,
                                            tacet_sync_state state);
TACET_MUST_CHECK tacet_err client_sync_device(client *c, const uint8_t *device);
/* Everything, for a device that was added just now. Within a transaction. */
TACET_MUST_CHECK tacet_err client_sync_everything(client *c);
/* The job: makes the group if there is none, tells what is to be told. */
TACET_MUST_CHECK tacet_err client_sync_run(client *c, client_job *job,
                                           uint64_t *next);
/* Another device's word. What it says of an account or a request that is not
 * known here yet waits, and counts only once it is carried out. Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_sync_take(client *c, tacet_span bytes);
/* Somebody was met, or a conversation came: carries out what waited for it.
 * Within a transaction. */
TACET_MUST_CHECK tacet_err client_sync_met(client *c);

/* ---- between the files of it ---- */

/* NOT_FOUND. */
TACET_MUST_CHECK tacet_err client_sync_register(client *c, uint8_t type,
                                                const uint8_t *id,
                                                client_mem *mem,
                                                client_sync_record *out);
TACET_MUST_CHECK tacet_err client_sync_register_put(client *c,
                                                    client_sync_record *r,
                                                    bool dirty);
/* Has the account other devices than this one? */
TACET_MUST_CHECK tacet_err client_sync_has_others(client *c, bool *out);
/* The job, unless it waits already. Within a transaction. */
TACET_MUST_CHECK tacet_err client_sync_soon(client *c);
/* Tells some of what is to be told, into the self group; *left: there is more.
 */
TACET_MUST_CHECK tacet_err client_sync_tell(client *c, tacet_span group,
                                            bool *left);

#endif
