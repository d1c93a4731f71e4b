/* SPDX-License-Identifier: Apache-2.0
 * Writes to the write-ahead log, gathered.
 *
 * SQLite writes each page of a transaction as two pieces, 24 bytes and the page
 * behind them, each with a system call and a search for the pages of the cache
 * that it touches. Nobody else looks at these bytes before the transaction is
 * synced: readers find frames by the index of the log, which is written after
 * that (https://sqlite.org/walformat.html). So they may wait in memory until
 * the sync, or until somebody reads. An error then is the error of that call,
 * and SQLite takes the transaction back as if the write had failed.
 */
#ifndef TACETD_STORAGE_SQLITE_GATHER_H
#define TACETD_STORAGE_SQLITE_GATHER_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

/* Of one file; zero-initialise. */
typedef struct gather {
  uint8_t *bytes; /* NULL until something is written */
  size_t n;
  sqlite3_int64 at; /* where they belong */
} gather;

/* As xWrite of the file below. */
int gather_write(gather *g, sqlite3_file *below, const void *p, int n,
                 sqlite3_int64 at);
/* Writes what waits: before anything else is done with the file. What cannot be
 * written is dropped, and the error says so. */
int gather_flush(gather *g, sqlite3_file *below);
void gather_free(gather *g);

#endif
