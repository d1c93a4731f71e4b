/* SPDX-License-Identifier: Apache-2.0
 * desk/plan/snapshot.h -- one consistent view of the server's directory, of
 * which a plan is carried out; and what came of it.
 *
 * The server may be running. Nothing is written in its folder: the database is
 * opened read-only, its index of the write-ahead log too, and all statements
 * see one moment (a read transaction). Where no server runs and its log is
 * empty, the file alone is read, and looked at again at the end: if it has
 * changed meanwhile, all of it counts for nothing.
 *
 * Before anything is read the columns that the database really has are compared
 * with the inventory. Then an authorizer is set for good: a statement may read
 * the columns of its step, in the one table, and nothing else: no second
 * SELECT, no function, no rowid that is not listed, no PRAGMA, no ATTACH, no
 * schema. SQLite's limits are set to what plans need.
 */
#ifndef TACET_DESK_SNAPSHOT_H
#define TACET_DESK_SNAPSHOT_H

#include "desk/plan/plan.h"

typedef struct desk_snapshot desk_snapshot;

/* A value, and the column it came from as SQLite says; NULL if that is none of
 * the inventory's. */
typedef struct desk_extract_cell {
  const tacetd_inventory_row *from;
  bool is_bytes; /* else a number */
  bool is_other; /* NULL, text, floating point: no plan has such */
  int64_t number;
  tacet_bytes bytes;
} desk_extract_cell;

typedef struct desk_extract_row {
  size_t handle; /* number in the scope */
  desk_extract_cell *cells;
  size_t n_cells;
} desk_extract_row;

typedef struct desk_extract_table {
  const desk_query *step; /* the plan's */
  desk_extract_row *rows;
  size_t n_rows, cap;
} desk_extract_table;

/* What a plan gave: as many tables as it has steps; the first is empty. */
typedef struct desk_extract {
  desk_extract_table tables[DESK_QUERIES_MAX];
  size_t n_tables;
  bool *present; /* of each handle */
  size_t n_handles;
} desk_extract;
#define DESK_EXTRACT(name)                                                     \
  TACET_CLEANUP(desk_extract_free) desk_extract name = {.n_tables = 0}
void desk_extract_free(desk_extract *x); /* wipes */

/* Of the data folder of a tacetd. IO, BUSY (somebody writes to it all the
 * time), STATE (its columns are not those of the inventory), NOMEM, and a
 * sentence. `vfs`: SQLite's by name, NULL the system's; for tests. */
TACET_MUST_CHECK tacet_err desk_snapshot_open(const char *folder,
                                              const char *vfs,
                                              desk_trouble *why,
                                              desk_snapshot **out);
void desk_snapshot_close(desk_snapshot *s); /* NULL is fine */

/* Whether there is an account of that handle, made by `to`. */
TACET_MUST_CHECK tacet_err desk_snapshot_present(desk_snapshot *s,
                                                 const char *handle,
                                                 desk_day to, desk_trouble *why,
                                                 bool *present);
/* The same, and which account that is in a case (desk_plan_pin); zero for none.
 */
TACET_MUST_CHECK tacet_err desk_snapshot_pin(desk_snapshot *s,
                                             const char *case_id,
                                             const char *handle, desk_day to,
                                             desk_trouble *why, bool *present,
                                             uint8_t pin[DESK_HASH]);
/* Carries out the plan and compares what came with it, cell by cell
 * (desk_extract_check). On failure there is nothing. */
TACET_MUST_CHECK tacet_err desk_snapshot_run(desk_snapshot *s,
                                             const desk_plan *p,
                                             desk_trouble *why,
                                             desk_extract *out);
/* That what was read is still what the server's files say, where they are not
 * guarded by a transaction. BUSY. desk_snapshot_run() does it. */
TACET_MUST_CHECK tacet_err desk_snapshot_unchanged(desk_snapshot *s,
                                                   desk_trouble *why);

/* One step for one account, by itself: rows are added to `t`. STATE:
 * the statement was denied. */
TACET_MUST_CHECK tacet_err
desk_snapshot_query(desk_snapshot *s, const desk_query *step,
                    const desk_scope *scope, size_t handle, tacet_span account,
                    desk_trouble *why, desk_extract_table *t);

/* Compares without a database. STATE and a sentence if a table, a row or a cell
 * is there that the plan does not have, or an account that it said was (not)
 * there is not (is). */
TACET_MUST_CHECK tacet_err desk_extract_check(const desk_plan *p,
                                              const desk_extract *x,
                                              desk_trouble *why);

#endif
