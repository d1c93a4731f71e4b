/* SPDX-License-Identifier: Apache-2.0
 * client/spool.h -- private to attachments: the folder `spool` of the home with
 * the encrypted copies of files on their way.
 */
#ifndef TACET_CLIENT_SPOOL_H
#define TACET_CLIENT_SPOOL_H

#include "client/core.h"
#include "tacet/content/attachment.h"

/* home/spool/name, in mem. Makes the folder. */
TACET_MUST_CHECK tacet_err client_spool_path(client *c, const char *name,
                                             client_mem *mem, const char **out);
/* A name for what is fetched with this reference: only this home can tell which
 * one it is. */
TACET_MUST_CHECK tacet_err client_spool_name(client *c,
                                             const tacet_attachment *a,
                                             client_mem *mem, const char **out);
/* FULL where the disk is, else FAILED "unreadable-file". From errno. */
tacet_err client_os_failed(client *c, const char *what, const char *path);

void client_fd_close(int *fd);
#define CLIENT_FD(name) TACET_CLEANUP(client_fd_close) int name = -1
TACET_MUST_CHECK tacet_err client_write_all(client *c, int fd, const char *path,
                                            tacet_span bytes);
/* Up to len bytes; fewer only at the end of the file. */
TACET_MUST_CHECK tacet_err client_read_some(client *c, int fd, const char *path,
                                            uint8_t *out, size_t len,
                                            size_t *got);

#endif
