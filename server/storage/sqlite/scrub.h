/* SPDX-License-Identifier: Apache-2.0
 * What secure_delete leaves behind.
 *
 * PRAGMA secure_delete overwrites cells and pages that are freed. But when
 * SQLite balances a b-tree it copies cells from one page to another and leaves
 * the old copies in the unallocated part of the first; erasing the row later
 * overwrites only the copy that counts. (A test of tests/unit/server_storage
 * found bodies of erased rows that way.) This VFS lies over another one and
 * zeroes the unallocated part of each b-tree page as a checkpoint writes it
 * into the database, where no checksum covers it and SQLite never reads it. It
 * also gathers what is written to the log (gather.h).
 */
#ifndef TACETD_STORAGE_SQLITE_SCRUB_H
#define TACETD_STORAGE_SQLITE_SCRUB_H

#include "tacet/base.h"

/* Pages of a database at most (of 8 KiB: 256 GiB). With fewer than 2^25 the
 * first byte of an overflow or free-list page, the high byte of a page number,
 * is never that of a b-tree page. */
#define SCRUB_PAGES_MAX "33554430"

/* The name of the VFS over `base` (NULL: the system's), registered when first
 * asked for. NULL if there is no memory or no such base. Any thread. */
const char *scrub_vfs(const char *base);

/* The system's error at the last write or sync of this thread that failed.
 * SQLite itself has forgotten it by the time it reports a failure of its log.
 */
int scrub_errno(void);

/* Zeroes the unallocated part of a page of `len` bytes, `first` being the page
 * with the file's header. What is no b-tree page stays as it is. */
void scrub_page(uint8_t *page, size_t len, bool first);

#endif
