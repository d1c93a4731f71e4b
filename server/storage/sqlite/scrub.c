/* SPDX-License-Identifier: Apache-2.0
 * A VFS that zeroes the unallocated part of pages. */
#include "server/storage/sqlite/scrub.h"

#include "server/storage/sqlite/gather.h"

#include <errno.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#define PAGE_MAX 65536

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

void scrub_page(uint8_t *page, size_t len, bool first) {
  size_t at = first ? 100 : 0;
  uint8_t type = page[at];
  bool leaf = type == INDEX_LEAF || type == TABLE_LEAF;
  if (!leaf && type != INDEX_INTERIOR && type != TABLE_INTERIOR) {
    return;
  }
  size_t cells = get_u16(page + at + 3);
  size_t from = at + (leaf ? 8 : 12) + 2 * cells;
  size_t to = get_u16(page + at + 5);
  to = to == 0 ? 65536 : to;
  if (from < to && to <= len) {
    memset(page + from, 0, to - from);
  }
}

/* ---- files ---- */

static _Thread_local int last_errno;

int scrub_errno(void) {
  return last_errno;
}

static int remember(int rc) {
  if (rc != SQLITE_OK) {
    last_errno = errno;
  }
  return rc;
}

typedef struct scrub_file {
  sqlite3_file base;
  bool is_database; /* not a log of one */
  bool is_log;
  gather log;         /* what waits to be written to it */
  sqlite3_file *real; /* lies right behind */
} scrub_file;

static sqlite3_file *real(sqlite3_file *f) {
  return ((scrub_file *)(void *)f)->real;
}
/* Before a call that looks at the file. */
static int settle(sqlite3_file *f) {
  return remember(gather_flush(&((scrub_file *)(void *)f)->log, real(f)));
}

static int file_close(sqlite3_file *f) {
  int rc = settle(f);
  gather_free(&((scrub_file *)(void *)f)->log);
  int rc_close = real(f)->pMethods->xClose(real(f));
  return rc != SQLITE_OK ? rc : rc_close;
}
static int file_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) {
  int rc = settle(f);
  return rc != SQLITE_OK ? rc : real(f)->pMethods->xRead(real(f), p, n, at);
}
static int file_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at) {
  uint8_t page[PAGE_MAX];
  scrub_file *ours = (scrub_file *)(void *)f;
  if (ours->is_log) {
    return remember(gather_write(&ours->log, real(f), p, n, at));
  }
  /* SQLite writes whole pages: 512 bytes to 64 KiB, a power of two. */
  bool whole = ours->is_database && n >= 512 && n <= PAGE_MAX &&
               (n & (n - 1)) == 0 && at % n == 0;
  if (!whole) {
    return remember(real(f)->pMethods->xWrite(real(f), p, n, at));
  }
  memcpy(page, p, (size_t)n);
  scrub_page(page, (size_t)n, at == 0);
  return remember(real(f)->pMethods->xWrite(real(f), page, n, at));
}
static int file_truncate(sqlite3_file *f, sqlite3_int64 size) {
  int rc = settle(f);
  return rc != SQLITE_OK ? rc : real(f)->pMethods->xTruncate(real(f), size);
}
static int file_sync(sqlite3_file *f, int flags) {
  int rc = settle(f);
  return rc != SQLITE_OK ? rc
                         : remember(real(f)->pMethods->xSync(real(f), flags));
}
static int file_size(sqlite3_file *f, sqlite3_int64 *size) {
  int rc = settle(f);
  return rc != SQLITE_OK ? rc : real(f)->pMethods->xFileSize(real(f), size);
}
static int file_lock(sqlite3_file *f, int level) {
  return real(f)->pMethods->xLock(real(f), level);
}
static int file_unlock(sqlite3_file *f, int level) {
  return real(f)->pMethods->xUnlock(real(f), level);
}
static int file_reserved(sqlite3_file *f, int *out) {
  return real(f)->pMethods->xCheckReservedLock(real(f), out);
}
static int file_control(sqlite3_file *f, int op, void *arg) {
  return real(f)->pMethods->xFileControl(real(f), op, arg);
}
static int file_sector(sqlite3_file *f) {
  return real(f)->pMethods->xSectorSize(real(f));
}
static int file_device(sqlite3_file *f) {
  return real(f)->pMethods->xDeviceCharacteristics(real(f));
}
static int file_shm_map(sqlite3_file *f, int page, int size, int extend,
                        void volatile **out) {
  return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}
static int file_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
  return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}
static void file_shm_barrier(sqlite3_file *f) {
  real(f)->pMethods->xShmBarrier(real(f));
}
static int file_shm_unmap(sqlite3_file *f, int remove) {
  return real(f)->pMethods->xShmUnmap(real(f), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* not 3: nothing is mapped */
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_device,
    .xShmMap = file_shm_map,
    .xShmLock = file_shm_lock,
    .xShmBarrier = file_shm_barrier,
    .xShmUnmap = file_shm_unmap,
};

/* ---- the VFS ---- */

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
                    int flags, int *out_flags) {
  sqlite3_vfs *base = vfs->pAppData;
  scrub_file *ours = (scrub_file *)(void *)f;
  ours->is_database = (flags & SQLITE_OPEN_MAIN_DB) != 0;
  ours->is_log = (flags & SQLITE_OPEN_WAL) != 0;
  ours->log = (gather){NULL, 0, 0};
  ours->base.pMethods = NULL;
  ours->real = (sqlite3_file *)(void *)(ours + 1);
  memset(ours->real, 0, (size_t)base->szOsFile);
  int rc = base->xOpen(base, name, ours->real, flags, out_flags);
  if (ours->real->pMethods != NULL) {
    ours->base.pMethods = &methods;
  }
  return rc;
}
static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_folder) {
  sqlite3_vfs *base = vfs->pAppData;
  return base->xDelete(base, name, sync_folder);
}
static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out) {
  sqlite3_vfs *base = vfs->pAppData;
  return base->xAccess(base, name, flags, out);
}
static int vfs_full_path(sqlite3_vfs *vfs, const char *name, int n, char *out) {
  sqlite3_vfs *base = vfs->pAppData;
  return base->xFullPathname(base, name, n, out);
}
static int vfs_random(sqlite3_vfs *vfs, int n, char *out) {
  sqlite3_vfs *base = vfs->pAppData;
  return base->xRandomness(base, n, out);
}
static int vfs_sleep(sqlite3_vfs *vfs, int microseconds) {
  sqlite3_vfs *base = vfs->pAppData;
  return base->xSleep(base, microseconds);
}
static int vfs_last_error(sqlite3_vfs *vfs, int n, char *out) {
  sqlite3_vfs *base = vfs->pAppData;
  return base->xGetLastError(base, n, out);
}
static int vfs_time(sqlite3_vfs *vfs, sqlite3_int64 *out) {
  sqlite3_vfs *base = vfs->pAppData;
  return base->xCurrentTimeInt64(base, out);
}

/* Loading extensions is left out: the server loads none. */
static const sqlite3_vfs blank = {
    .iVersion = 2,
    .xOpen = vfs_open,
    .xDelete = vfs_delete,
    .xAccess = vfs_access,
    .xFullPathname = vfs_full_path,
    .xRandomness = vfs_random,
    .xSleep = vfs_sleep,
    .xGetLastError = vfs_last_error,
    .xCurrentTimeInt64 = vfs_time,
};

typedef struct scrub_vfs_entry {
  sqlite3_vfs vfs;
  char name[48];
} scrub_vfs_entry;

/* Lives as long as the process, as SQLite's list of them does. */
static const char *add(sqlite3_vfs *base, const char *name) {
  scrub_vfs_entry *e = calloc(1, sizeof(*e));
  if (e == NULL) {
    return NULL;
  }
  (void)snprintf(e->name, sizeof(e->name), "%s", name);
  e->vfs = blank;
  e->vfs.zName = e->name;
  e->vfs.mxPathname = base->mxPathname;
  e->vfs.szOsFile = (int)sizeof(scrub_file) + base->szOsFile;
  e->vfs.pAppData = base;
  if (sqlite3_vfs_register(&e->vfs, 0) != SQLITE_OK) {
    free(e);
    return NULL;
  }
  return e->name;
}

const char *scrub_vfs(const char *base_name) {
  static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
  char name[48];
  (void)pthread_mutex_lock(&lock);
  sqlite3_vfs *base = sqlite3_vfs_find(base_name);
  const char *out = NULL;
  if (base != NULL) {
    (void)snprintf(name, sizeof(name), "scrub-%s", base->zName);
    sqlite3_vfs *known = sqlite3_vfs_find(name);
    out = known != NULL ? known->zName : add(base, name);
  }
  (void)pthread_mutex_unlock(&lock);
  return out;
}
