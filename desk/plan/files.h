/* SPDX-License-Identifier: Apache-2.0
 * desk/plan/files.h -- a few files in memory, and as a tar.
 *
 * The tar is POSIX ustar, and the same bytes for the same files: sorted by
 * name, mode 0644, owner and time zero, no padding beyond the two final blocks.
 * Reading takes that one form and no other, so that a bundle has one encoding:
 * no links, no folders, no paths that lead out.
 */
#ifndef TACET_DESK_FILES_H
#define TACET_DESK_FILES_H

#include "tacet/base.h"

#define DESK_FILE_NAME 100 /* with the NUL */
#define DESK_FILES_MAX 64
#define DESK_TAR_MAX ((size_t)64 * 1024 * 1024)

typedef struct desk_file {
  char name[DESK_FILE_NAME]; /* "data/account.csv" */
  tacet_bytes bytes;
} desk_file;
typedef struct desk_files {
  desk_file list[DESK_FILES_MAX]; /* sorted by name, each once */
  size_t n;
} desk_files;
#define DESK_FILES(name)                                                       \
  TACET_CLEANUP(desk_files_free) desk_files name = {.n = 0}
void desk_files_free(desk_files *f); /* wipes */

/* Copies. ENCODING for a name that has none of the form a-z A-Z 0-9 . _ -, with
 * single slashes within; EXISTS, LIMIT, NOMEM. */
TACET_MUST_CHECK tacet_err desk_files_add(desk_files *f, const char *name,
                                          tacet_span bytes);
const desk_file *desk_files_find(const desk_files *f, const char *name);

/* LIMIT, NOMEM. */
TACET_MUST_CHECK tacet_err desk_tar_write(const desk_files *f,
                                          tacet_bytes *out);
/* ENCODING, TRUNCATED or TRAILING for all that desk_tar_write() does not make;
 * LIMIT, NOMEM. */
TACET_MUST_CHECK tacet_err desk_tar_read(tacet_span tar, desk_files *out);

#endif
