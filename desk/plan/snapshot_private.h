/* SPDX-License-Identifier: Apache-2.0
 * desk/plan/snapshot_private.h -- an open snapshot. Within the module only. */
#ifndef TACET_DESK_SNAPSHOT_PRIVATE_H
#define TACET_DESK_SNAPSHOT_PRIVATE_H

#include "desk/plan/snapshot.h"
#include "server/ops/folder.h"

#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

struct desk_snapshot {
  char *schema; /* the statements that make its tables */
  sqlite3 *db;
  char path[TACETD_PATH_MAX];
  bool alone;             /* no server, no log: the file is all there is */
  struct stat was;        /* then; the file as it was */
  const desk_query *step; /* being prepared; else nothing may be read */
  unsigned selects;       /* of the statement being prepared */
  unsigned looks;         /* at the statement that runs */
};

/* The same over a database in memory, which is copied: of a preserved copy. */
TACET_MUST_CHECK tacet_err snapshot_of_bytes(tacet_span database,
                                             desk_trouble *why,
                                             desk_snapshot **out);
/* An error of SQLite as one of ours, with its sentence. */
TACET_MUST_CHECK tacet_err snapshot_fail(desk_snapshot *s, int rc,
                                         desk_trouble *why);

#endif
