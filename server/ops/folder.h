/* SPDX-License-Identifier: Apache-2.0
 * server/ops/folder.h -- the data folder: its files, its lock, and the note
 * that a running server leaves for `tacetd invite`.
 */
#ifndef TACETD_OPS_FOLDER_H
#define TACETD_OPS_FOLDER_H

#include "server/ops/config.h"

#define TACETD_PATH_MAX 4096
#define TACETD_DIRECTORY_DB "directory.db"
#define TACETD_DELIVERY_DB "delivery.db"
#define TACETD_BLOBS_FOLDER "blobs"
#define TACETD_LOCK_NAME "lock"
#define TACETD_READY_NAME "ready"
#define TACETD_POLICY_NAME "log-policy"
#define TACETD_NOTICES_NAME "notices-account"

/* folder/name into out (TACETD_PATH_MAX bytes); an absolute name stays as it
 * is. LIMIT if it is too long. */
TACET_MUST_CHECK tacet_err tacetd_folder_path(const char *folder,
                                              const char *name, char *out);

/* Takes the lock that keeps a second server out, until the process ends. BUSY
 * if somebody has it, NOT_FOUND if there is no such folder; *why says so. */
TACET_MUST_CHECK tacet_err tacetd_folder_lock(const char *folder,
                                              tacetd_trouble *why);
/* Whether a server runs on it. */
bool tacetd_folder_is_locked(const char *folder);

/* The address that clients use, written when the server accepts and removed
 * when it stops: with port 0 or --url only the running server knows it. The
 * file of a server that was killed counts for nothing, since the lock is free.
 */
TACET_MUST_CHECK tacet_err tacetd_folder_ready_write(const char *folder,
                                                     const char *url);
void tacetd_folder_ready_remove(const char *folder);
/* NOT_FOUND unless a server runs. */
TACET_MUST_CHECK tacet_err tacetd_folder_ready_read(const char *folder,
                                                    char *url, size_t cap);

/* A whole small file, written aside and renamed, for its owner alone. */
TACET_MUST_CHECK tacet_err tacetd_file_write(const char *path, tacet_span text);
/* At most cap bytes; LIMIT if it has more. *len gets how many. */
TACET_MUST_CHECK tacet_err tacetd_file_read(const char *path, uint8_t *out,
                                            size_t cap, size_t *len);

#endif
