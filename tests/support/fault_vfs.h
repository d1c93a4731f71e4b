/* SPDX-License-Identifier: Apache-2.0
 * A file system for SQLite that fails on demand, stands still and counts: full
 * disk, errors of writing and syncing, read-only. It lies over the system's
 * own.
 */
#ifndef TACET_TESTS_FAULT_VFS_H
#define TACET_TESTS_FAULT_VFS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FAULT_VFS "fault"

typedef enum fault_kind {
  FAULT_NONE,
  FAULT_FULL,      /* ENOSPC at a write */
  FAULT_WRITE,     /* EIO at a write */
  FAULT_SYNC,      /* EIO at a sync */
  FAULT_READ_ONLY, /* the whole file system: opening for writing too */
  FAULT_KILL,      /* the process ends by SIGKILL before a write or sync */
  FAULT_TEAR,      /* the same in the middle of a write */
} fault_kind;

/* Calls since fault_vfs_reset(), by all files. */
typedef struct fault_counts {
  uint64_t writes, syncs, log_syncs; /* log_syncs: of write-ahead logs */
} fault_counts;

/* Registers it as FAULT_VFS; may be repeated. */
void fault_vfs_register(void);
/* Everything works and the counts are 0. */
void fault_vfs_reset(void);
/* From the n-th matching call from now on (0 is the next) `n_failures` of them
 * fail; 0 is all until fault_vfs_heal(). */
void fault_vfs_fail(fault_kind kind, uint64_t n, uint64_t n_failures);
void fault_vfs_heal(void);
/* How many calls failed so far. */
uint64_t fault_vfs_failed(void);
fault_counts fault_vfs_counts(void);
/* Every sync takes so much longer: gives jobs time to gather. */
void fault_vfs_slow_sync(uint32_t microseconds);
/* From now on whoever syncs a write-ahead log stands still there until
 * fault_vfs_go_on(); fault_vfs_until_held() waits for the first to come. */
void fault_vfs_hold(void);
void fault_vfs_until_held(void);
void fault_vfs_go_on(void);

/* Carries out SQL on a file that nobody has open: to damage it. False if it
 * could not. */
bool fault_vfs_sql(const char *path, const char *sql);

#endif
