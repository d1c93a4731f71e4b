/* SPDX-License-Identifier: Apache-2.0
 * What the files of this folder share: a connection and its statements.
 */
#ifndef TACETD_STORAGE_SQLITE_PRIVATE_H
#define TACETD_STORAGE_SQLITE_PRIVATE_H

#include "server/storage/storage.h"

#include <sqlite3.h>

/* Above 1,000 bytes a row would spill from a page of 4 KiB in an index b-tree;
 * 8 KiB pages also hold the largest usual item in one leaf. */
#define PAGE_SIZE "8192"
/* How long to wait for another process (tacetd invite). */
#define BUSY_MS 5000

struct sto_query {
  sto_conn *c;
  sqlite3_stmt *stmt;
  int bound;
  tacet_err err;
};

struct sto_conn {
  sqlite3 *db;
  const sto_schema *schema;
  sto_query *queries; /* schema->n_statements of them */
  int wal_pages;      /* in the log after the last commit of this connection */
  bool wrote;         /* that commit had something to write */
};

enum conn_kind { CONN_WRITER, CONN_READER, CONN_LOOK };

/* Opens and configures one connection; says nothing of schemas. CONN_LOOK reads
 * and leaves the file as it is. */
TACET_MUST_CHECK tacet_err conn_open(const sto_schema *schema, const char *path,
                                     const char *vfs, enum conn_kind kind,
                                     bool create, sto_trouble *why,
                                     sto_conn **out);
void conn_close(sto_conn *c);

/* Ours for SQLite's result of this thread's last call. */
tacet_err conn_error(int rc);
/* Statements that take and give nothing. */
TACET_MUST_CHECK tacet_err conn_run(sto_conn *c, const char *sql);
/* One number, as from a pragma. */
TACET_MUST_CHECK tacet_err conn_number(sto_conn *c, const char *sql,
                                       int64_t *out);
/* Prepares every statement of the schema, so that a mistake in one shows at
 * the start. */
TACET_MUST_CHECK tacet_err conn_prepare_all(sto_conn *c, sto_trouble *why);
/* The sentence for an error of a file. */
void conn_trouble(const sto_schema *schema, const char *path, tacet_err err,
                  int rc, sto_trouble *why);

/* Takes back whatever is open. Never fails: what cannot be taken back is gone
 * already. */
void conn_rollback(sto_conn *c);

/* Is it ours, of a version that we know, and whole? Brings it to the newest
 * version if `migrate`, else STATE for an older one. */
TACET_MUST_CHECK tacet_err schema_prepare(sto_conn *c, const char *path,
                                          bool migrate, sto_trouble *why);

#endif
