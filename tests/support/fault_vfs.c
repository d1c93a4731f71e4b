/* SPDX-License-Identifier: Apache-2.0
 * A file system for SQLite that fails on demand. */
#include "tests/support/fault_vfs.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sqlite3.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* Ours, with the system's file right behind it. */
typedef struct fault_file {
  sqlite3_file base;
  bool is_log;
  sqlite3_file *real;
} fault_file;

static sqlite3_vfs *real_vfs;
static atomic_int kind;
static atomic_ullong n_writes, n_syncs, n_log_syncs, n_failed;
static atomic_ullong left_before, left_to_fail; /* of matching calls */
static atomic_bool for_ever;
static atomic_uint sync_delay;
static struct {
  pthread_mutex_t lock;
  pthread_cond_t changed;
  bool hold;
  unsigned n; /* that stand still */
} standing = {.lock = PTHREAD_MUTEX_INITIALIZER,
              .changed = PTHREAD_COND_INITIALIZER};

static sqlite3_file *real(sqlite3_file *f) {
  return ((fault_file *)(void *)f)->real;
}

/* Whether this call, of a kind that may fail, is one that does. */
static bool fails(bool matches) {
  if (!matches) {
    return false;
  }
  unsigned long long before = atomic_load(&left_before);
  while (before > 0) {
    if (atomic_compare_exchange_weak(&left_before, &before, before - 1)) {
      return false;
    }
  }
  unsigned long long left = atomic_load(&left_to_fail);
  while (!atomic_load(&for_ever) && left > 0) {
    if (atomic_compare_exchange_weak(&left_to_fail, &left, left - 1)) {
      break;
    }
  }
  if (!atomic_load(&for_ever) && left == 0) {
    return false;
  }
  atomic_fetch_add(&n_failed, 1);
  return true;
}

static int fault_close(sqlite3_file *f) {
  return real(f)->pMethods->xClose(real(f));
}
static int fault_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at) {
  return real(f)->pMethods->xRead(real(f), p, n, at);
}
static void die(void) {
  for (;;) {
    (void)raise(SIGKILL);
  }
}

static int fault_write(sqlite3_file *f, const void *p, int n,
                       sqlite3_int64 at) {
  atomic_fetch_add(&n_writes, 1);
  int k = atomic_load(&kind);
  if (fails(k == FAULT_KILL || k == FAULT_TEAR)) {
    if (k == FAULT_TEAR) {
      (void)real(f)->pMethods->xWrite(real(f), p, n / 2, at);
    }
    die();
  }
  if (fails(k == FAULT_FULL || k == FAULT_WRITE || k == FAULT_READ_ONLY)) {
    errno = k == FAULT_FULL ? ENOSPC : k == FAULT_WRITE ? EIO : EROFS;
    return k == FAULT_FULL    ? SQLITE_FULL
           : k == FAULT_WRITE ? SQLITE_IOERR_WRITE
                              : SQLITE_READONLY;
  }
  return real(f)->pMethods->xWrite(real(f), p, n, at);
}
static int fault_truncate(sqlite3_file *f, sqlite3_int64 size) {
  return real(f)->pMethods->xTruncate(real(f), size);
}
static void stand_still(void) {
  (void)pthread_mutex_lock(&standing.lock);
  standing.n++;
  (void)pthread_cond_broadcast(&standing.changed);
  while (standing.hold) {
    (void)pthread_cond_wait(&standing.changed, &standing.lock);
  }
  standing.n--;
  (void)pthread_mutex_unlock(&standing.lock);
}

void fault_vfs_hold(void) {
  (void)pthread_mutex_lock(&standing.lock);
  standing.hold = true;
  (void)pthread_mutex_unlock(&standing.lock);
}

void fault_vfs_until_held(void) {
  (void)pthread_mutex_lock(&standing.lock);
  while (!standing.hold || standing.n == 0) {
    (void)pthread_cond_wait(&standing.changed, &standing.lock);
  }
  (void)pthread_mutex_unlock(&standing.lock);
}

void fault_vfs_go_on(void) {
  (void)pthread_mutex_lock(&standing.lock);
  standing.hold = false;
  (void)pthread_cond_broadcast(&standing.changed);
  (void)pthread_mutex_unlock(&standing.lock);
}

static int fault_sync(sqlite3_file *f, int flags) {
  atomic_fetch_add(&n_syncs, 1);
  if (((fault_file *)(void *)f)->is_log) {
    atomic_fetch_add(&n_log_syncs, 1);
  }
  if (((fault_file *)(void *)f)->is_log) {
    stand_still();
  }
  unsigned delay = atomic_load(&sync_delay);
  if (delay > 0) {
    (void)usleep(delay);
  }
  if (fails(atomic_load(&kind) == FAULT_KILL)) {
    die();
  }
  if (fails(atomic_load(&kind) == FAULT_SYNC)) {
    errno = EIO;
    return SQLITE_IOERR_FSYNC;
  }
  return real(f)->pMethods->xSync(real(f), flags);
}
static int fault_size(sqlite3_file *f, sqlite3_int64 *size) {
  return real(f)->pMethods->xFileSize(real(f), size);
}
static int fault_lock(sqlite3_file *f, int level) {
  return real(f)->pMethods->xLock(real(f), level);
}
static int fault_unlock(sqlite3_file *f, int level) {
  return real(f)->pMethods->xUnlock(real(f), level);
}
static int fault_reserved(sqlite3_file *f, int *out) {
  return real(f)->pMethods->xCheckReservedLock(real(f), out);
}
static int fault_control(sqlite3_file *f, int op, void *arg) {
  return real(f)->pMethods->xFileControl(real(f), op, arg);
}
static int fault_sector(sqlite3_file *f) {
  return real(f)->pMethods->xSectorSize(real(f));
}
static int fault_device(sqlite3_file *f) {
  return real(f)->pMethods->xDeviceCharacteristics(real(f));
}
static int fault_shm_map(sqlite3_file *f, int page, int size, int extend,
                         void volatile **out) {
  return real(f)->pMethods->xShmMap(real(f), page, size, extend, out);
}
static int fault_shm_lock(sqlite3_file *f, int offset, int n, int flags) {
  return real(f)->pMethods->xShmLock(real(f), offset, n, flags);
}
static void fault_shm_barrier(sqlite3_file *f) {
  real(f)->pMethods->xShmBarrier(real(f));
}
static int fault_shm_unmap(sqlite3_file *f, int remove) {
  return real(f)->pMethods->xShmUnmap(real(f), remove);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2, /* not 3: no memory-mapped reads to look after */
    .xClose = fault_close,
    .xRead = fault_read,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_size,
    .xLock = fault_lock,
    .xUnlock = fault_unlock,
    .xCheckReservedLock = fault_reserved,
    .xFileControl = fault_control,
    .xSectorSize = fault_sector,
    .xDeviceCharacteristics = fault_device,
    .xShmMap = fault_shm_map,
    .xShmLock = fault_shm_lock,
    .xShmBarrier = fault_shm_barrier,
    .xShmUnmap = fault_shm_unmap,
};

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
                      int flags, int *out_flags) {
  (void)vfs;
  fault_file *ours = (fault_file *)(void *)f;
  ours->base.pMethods = NULL;
  ours->is_log = (flags & SQLITE_OPEN_WAL) != 0;
  ours->real = (sqlite3_file *)(void *)(ours + 1);
  memset(ours->real, 0, (size_t)real_vfs->szOsFile);
  if (atomic_load(&kind) == FAULT_READ_ONLY) {
    if ((flags & SQLITE_OPEN_MAIN_DB) == 0) {
      return SQLITE_CANTOPEN;
    }
    flags &= ~(SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    flags |= SQLITE_OPEN_READONLY;
  }
  int rc = real_vfs->xOpen(real_vfs, name, ours->real, flags, out_flags);
  if (ours->real->pMethods != NULL) {
    ours->base.pMethods = &methods;
  }
  return rc;
}

void fault_vfs_register(void) {
  static sqlite3_vfs vfs;
  if (real_vfs != NULL) {
    return;
  }
  real_vfs = sqlite3_vfs_find(NULL);
  vfs = *real_vfs; /* paths, time, randomness, libraries: the system's */
  vfs.pNext = NULL;
  vfs.zName = FAULT_VFS;
  vfs.szOsFile = (int)sizeof(fault_file) + real_vfs->szOsFile;
  vfs.xOpen = fault_open;
  (void)sqlite3_vfs_register(&vfs, 0);
}

void fault_vfs_heal(void) {
  atomic_store(&kind, FAULT_NONE);
}

void fault_vfs_reset(void) {
  fault_vfs_heal();
  fault_vfs_go_on();
  atomic_store(&n_writes, 0);
  atomic_store(&n_syncs, 0);
  atomic_store(&n_log_syncs, 0);
  atomic_store(&n_failed, 0);
  atomic_store(&sync_delay, 0);
}

void fault_vfs_fail(fault_kind k, uint64_t n, uint64_t n_failures) {
  atomic_store(&kind, FAULT_NONE);
  atomic_store(&left_before, n);
  atomic_store(&left_to_fail, n_failures);
  atomic_store(&for_ever, n_failures == 0);
  atomic_store(&kind, (int)k);
}

uint64_t fault_vfs_failed(void) {
  return atomic_load(&n_failed);
}

fault_counts fault_vfs_counts(void) {
  return (fault_counts){atomic_load(&n_writes), atomic_load(&n_syncs),
                        atomic_load(&n_log_syncs)};
}

void fault_vfs_slow_sync(uint32_t microseconds) {
  atomic_store(&sync_delay, microseconds);
}

bool fault_vfs_sql(const char *path, const char *sql) {
  sqlite3 *db = NULL;
  bool ok = sqlite3_open(path, &db) == SQLITE_OK &&
            sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
  return sqlite3_close(db) == SQLITE_OK && ok;
}
