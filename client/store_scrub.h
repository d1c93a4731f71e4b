/* SPDX-License-Identifier: Apache-2.0
 * client/store_scrub.h -- private to the store: what secure_delete leaves.
 *
 * SQLite overwrites cells and pages that are freed. But when it balances a
 * b-tree it copies cells to another page and leaves the old copies in the
 * unallocated part of the first; erasing the record later overwrites only the
 * copy that counts. So a sealed record whose keys are still in the home could
 * be found after it was erased. The VFS made here is the system's, but for one
 * thing: it zeroes the unallocated part of each b-tree page as that goes into
 * the database file, where no checksum covers it and SQLite never reads it.
 */
#ifndef TACET_CLIENT_STORE_SCRUB_H
#define TACET_CLIENT_STORE_SCRUB_H

#include "tacet/base.h"

/* Pages of a database at most (of 4 KiB: 128 GiB). With fewer than 2^25 the
 * first byte of an overflow or free-list page, the high byte of a page number,
 * is never that of a b-tree page. */
#define CLIENT_STORE_PAGES_MAX "33554430"

/* The name of the VFS, registered when first asked for; NULL: it cannot be. Any
 * thread. */
const char *client_store_vfs(void);

#endif
