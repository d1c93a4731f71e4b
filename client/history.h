/* SPDX-License-Identifier: Apache-2.0
 * client/history.h -- history that follows a device: what was said before it
 * was linked, given by the device that approved it, where its user wished so.
 *
 * It is a backup (client/backup.h) under a random secret, cut into files that
 * go over the server like attachments; where they are and the secret are told
 * in the self group. Each side stands in the store: a process that is killed at
 * any moment is gone on for by the next, from the piece where it stopped.
 *
 *   old device (history_give.c)          new device (history_take.c)
 *   writes the backup, encrypts it in
 *   files, uploads them
 *   once the new device is in the
 *   self group: tells it             ->  fetches the files, takes the backup
 * in, whole or not at all
 */
#ifndef TACET_CLIENT_HISTORY_H
#define TACET_CLIENT_HISTORY_H

#include "client/jobs.h"
#include "client/session.h"
#include "tacet/content/sync.h"

/* In SELF, parent "history out", named by the device that it is for. Its files
 * are those of client_file_key(name, i). */
typedef struct client_history_out {
  uint8_t device[CLIENT_DEVICE_ID_LEN];
  uint8_t secret[CLIENT_SECRET_LEN];
  uint32_t n_parts;
  bool ready; /* all of it is at the server */
  uint64_t made_at;
} client_history_out;
void client_history_out_fields(client_fields *f, void *record);

/* In SELF, "history in": the one that is being fetched. */
typedef struct client_history_in {
  uint8_t by[CLIENT_DEVICE_ID_LEN]; /* who made it, and when */
  uint64_t stamp;
  uint8_t secret[CLIENT_SECRET_LEN];
  tacet_span parts;
  uint32_t n_done; /* of them are in the file */
} client_history_in;
void client_history_in_fields(client_fields *f, void *record);

/* That device, which was just added, gets what was said before. Within a
 * transaction. */
TACET_MUST_CHECK tacet_err client_history_give(client *c,
                                               const uint8_t *device);
/* The job on either side: *done once there is nothing left of it. Where the
 * disk is full it comes again after an hour, with what it had fetched gone: it
 * holds up nothing else. */
TACET_MUST_CHECK tacet_err client_history_give_run(client *c, client_job *job,
                                                   bool *done);
TACET_MUST_CHECK tacet_err client_history_take_run(client *c, client_job *job,
                                                   bool *done);
TACET_MUST_CHECK tacet_err client_history_later(client *c, client_job *job);

/* The next one that is ready and for a device in this group, as an entry whose
 * spans live in mem; false in *any if there is none. It is told in this
 * transaction, and forgotten here. */
TACET_MUST_CHECK tacet_err client_history_next(client *c, client_session *s,
                                               client_mem *mem,
                                               tacet_sync_entry *out,
                                               bool *any);
/* One that another device has made; for whom it says. Within a transaction. */
TACET_MUST_CHECK tacet_err client_history_take(client *c,
                                               const tacet_sync_entry *e);

#endif
