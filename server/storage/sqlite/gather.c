/* SPDX-License-Identifier: Apache-2.0
 * Writes to the write-ahead log, gathered. */
#include "server/storage/sqlite/gather.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Seven pages of 8 KiB and their heads: what a small commit has, and little
 * enough to stay in the processor's cache. */
#define GATHER_MAX ((size_t)64 * 1024)

int gather_flush(gather *g, sqlite3_file *below) {
  size_t n = g->n;
  g->n = 0;
  return n == 0 ? SQLITE_OK
                : below->pMethods->xWrite(below, g->bytes, (int)n, g->at);
}

int gather_write(gather *g, sqlite3_file *below, const void *p, int n,
                 sqlite3_int64 at) {
  size_t len = (size_t)n;
  bool follows = at == g->at + (sqlite3_int64)g->n;
  if (g->n > 0 && (!follows || len > GATHER_MAX - g->n)) {
    int rc = gather_flush(g, below);
    if (rc != SQLITE_OK) {
      return rc;
    }
  }
  if (g->bytes == NULL) {
    g->bytes = malloc(GATHER_MAX);
  }
  if (g->bytes == NULL || len > GATHER_MAX) {
    return below->pMethods->xWrite(below, p, n, at);
  }
  if (g->n == 0) {
    g->at = at;
  }
  memcpy(g->bytes + g->n, p, len);
  g->n += len;
  return SQLITE_OK;
}

void gather_free(gather *g) {
  free(g->bytes);
  *g = (gather){NULL, 0, 0};
}
