/* SPDX-License-Identifier: Apache-2.0
 * client/attachments.h -- files on their way: encrypted into the home before
 * they are sent, so that what was promised can be kept; fetched piece by piece;
 * both gone on with after a break.
 */
#ifndef TACET_CLIENT_ATTACHMENTS_H
#define TACET_CLIENT_ATTACHMENTS_H

#include "client/core.h"
#include "tacet/content/attachment.h"

/* What is in front of the record "file" of a message's part. */
void client_file_key(tacet_span message, size_t index, tacet_buf *w);

/* ---- sending ---- */

/* Encrypts a file, or bytes, into the home; *a says what a message needs to
 * say. *path (in mem) is the encrypted copy. USAGE "no-such-file", "is-folder",
 * "file-too-large"; FAILED "unreadable-file", "disk-full", "file-changed". */
TACET_MUST_CHECK tacet_err client_file_encrypt(client *c, const char *plain,
                                               client_mem *mem,
                                               tacet_attachment *a,
                                               const char **path);
/* The same of `len` bytes of a file, from `at` on. */
TACET_MUST_CHECK tacet_err client_range_encrypt(client *c, const char *plain,
                                                uint64_t at, uint64_t len,
                                                client_mem *mem,
                                                tacet_attachment *a,
                                                const char **path);
TACET_MUST_CHECK tacet_err client_bytes_encrypt(client *c, tacet_span plain,
                                                client_mem *mem,
                                                tacet_attachment *a,
                                                const char **path);
/* Records it as waiting to be uploaded. `users`: how many parcels need it, each
 * of which releases it; the last one takes the record along. 0 where it goes
 * with a message. Within a transaction. */
TACET_MUST_CHECK tacet_err client_file_queue(client *c, tacet_span key,
                                             const tacet_attachment *a,
                                             const char *path, uint32_t users);
/* Within a transaction. */
TACET_MUST_CHECK tacet_err client_file_release(client *c, tacet_span key);
/* Uploads it, from where an earlier try stopped; nothing to do if it is there
 * already or was never queued. */
TACET_MUST_CHECK tacet_err client_file_upload(client *c, tacet_span key,
                                              const char *name);

/* ---- receiving ---- */

/* The whole of a small one, at most `max` bytes. KEYS "attachment-damaged",
 * REFUSED "expired". */
TACET_MUST_CHECK tacet_err client_blob_fetch(client *c,
                                             const tacet_attachment *a,
                                             size_t max, client_mem *mem,
                                             tacet_span *out);
/* Into folder `dir`, under a name made from `name`; *path lies in mem. */
TACET_MUST_CHECK tacet_err client_file_fetch(client *c,
                                             const tacet_attachment *a,
                                             const char *name, const char *dir,
                                             client_mem *mem,
                                             const char **path);
/* Into a file of the home, made if need be, from byte `at` on. */
TACET_MUST_CHECK tacet_err client_file_fetch_into(client *c,
                                                  const tacet_attachment *a,
                                                  const char *name,
                                                  const char *path,
                                                  uint64_t at);
/* Where a part was saved, or NULL. */
TACET_MUST_CHECK tacet_err client_file_saved(client *c, tacet_span message,
                                             size_t index, client_mem *mem,
                                             const char **path);
TACET_MUST_CHECK tacet_err client_file_set_saved(client *c, tacet_span message,
                                                 size_t index,
                                                 const char *path);

/* All files of a message: records and encrypted copies. Within a transaction.
 */
TACET_MUST_CHECK tacet_err client_files_forget(client *c, tacet_span message);
/* Deletes what lies in the home and belongs to no record. */
TACET_MUST_CHECK tacet_err client_files_sweep(client *c);

#endif
