/* SPDX-License-Identifier: Apache-2.0
 * The system's VFS with another way to write pages. */
#include "client/store_scrub.h"

#include <pthread.h>
#include <sqlite3.h>

#define PAGE_MAX 65536
#define NAME "tacet-scrub"

static struct {
  sqlite3_vfs vfs;
  sqlite3_vfs *base;
  sqlite3_io_methods ours; /* of a database file; as theirs, but for xWrite */
  const sqlite3_io_methods *theirs;
} scrub;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* ---- one page (https://sqlite.org/fileformat2.html, 1.6) ---- */

enum {
  INDEX_INTERIOR = 2,
  TABLE_INTERIOR = 5,
  INDEX_LEAF = 10,
  TABLE_LEAF = 13
};

static size_t get_u16(const uint8_t *p) {
  return (size_t)p[0] << 8 | p[1];
}

/* `first`: the page with the file's header. What is no b-tree page stays. */
static void scrub_page(uint8_t *page, size_t len, bool first) {
  size_t at = first ? 100 : 0;
  uint8_t type = page[at];
  bool leaf = type == INDEX_LEAF || type == TABLE_LEAF;
  if (!leaf && type != INDEX_INTERIOR && type != TABLE_INTERIOR) {
    return;
  }
  size_t from = at + (leaf ? 8 : 12) + 2 * get_u16(page + at + 3);
  size_t to = get_u16(page + at + 5);
  to = to == 0 ? PAGE_MAX : to;
  if (from < to && to <= len) {
    memset(page + from, 0, to - from);
  }
}

/* ---- files ---- */

/* SQLite writes a database in whole pages: 512 bytes to 64 KiB, a power of two.
 */
static int file_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) {
  uint8_t page[PAGE_MAX];
  bool whole = n >= 512 && n <= PAGE_MAX && (n & (n - 1)) == 0 && at % n == 0;
  if (!whole) {
    return scrub.theirs->xWrite(f, p, n, at);
  }
  memcpy(page, p, (size_t)n);
  scrub_page(page, (size_t)n, at == 0);
  return scrub.theirs->xWrite(f, page, n, at);
}

/* The methods are the system's for every file of one kind: one copy does. */
static bool adopt(const sqlite3_io_methods *theirs) {
  (void)pthread_mutex_lock(&lock);
  if (scrub.theirs == NULL) {
    scrub.ours = *theirs;
    scrub.ours.xWrite = file_write;
    scrub.theirs = theirs;
  }
  bool same = scrub.theirs == theirs;
  (void)pthread_mutex_unlock(&lock);
  return same;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
                    int flags, int *out_flags) {
  (void)vfs;
  int rc = scrub.base->xOpen(scrub.base, name, f, flags, out_flags);
  if (rc != SQLITE_OK || (flags & SQLITE_OPEN_MAIN_DB) == 0) {
    return rc;
  }
  if (!adopt(f->pMethods)) {
    (void)f->pMethods->xClose(f);
    f->pMethods = NULL;
    return SQLITE_CANTOPEN;
  }
  f->pMethods = &scrub.ours;
  return SQLITE_OK;
}

const char *client_store_vfs(void) {
  (void)pthread_mutex_lock(&lock);
  bool ok = scrub.base != NULL;
  sqlite3_vfs *base = ok ? NULL : sqlite3_vfs_find(NULL);
  if (base != NULL) {
    scrub.vfs = *base;
    scrub.vfs.pNext = NULL;
    scrub.vfs.zName = NAME;
    scrub.vfs.xOpen = vfs_open;
    ok = sqlite3_vfs_register(&scrub.vfs, 0) == SQLITE_OK;
    scrub.base = ok ? base : NULL;
  }
  (void)pthread_mutex_unlock(&lock);
  return ok ? NAME : NULL;
}
