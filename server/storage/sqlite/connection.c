/* SPDX-License-Identifier: Apache-2.0
 * A connection: its settings, errors and statements. */
#include "server/storage/sqlite/private.h"
#include "server/storage/sqlite/scrub.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/statvfs.h>

void sto_trouble_set(sto_trouble *t, const char *format, ...) {
  if (t == NULL) {
    return;
  }
  va_list list;
  va_start(list, format);
  (void)vsnprintf(t->text, sizeof(t->text), format, list);
  va_end(list);
}

/* ---- errors ---- */

static tacet_err io_error(int rc) {
  /* SQLite calls ENOSPC full by itself. A quota and RLIMIT_FSIZE are the same
   * to whoever waits for space. */
  int e = scrub_errno();
  bool full = e == ENOSPC || e == EDQUOT || e == EFBIG;
  return full && rc == SQLITE_IOERR_WRITE ? TACET_ERR_FULL : TACET_ERR_IO;
}

tacet_err conn_error(int rc) {
  switch (rc & 0xff) {
  case SQLITE_OK:
  case SQLITE_ROW:
  case SQLITE_DONE:
    return TACET_OK;
  case SQLITE_FULL:
    return TACET_ERR_FULL;
  case SQLITE_NOMEM:
    return TACET_ERR_NOMEM;
  case SQLITE_BUSY:
  case SQLITE_LOCKED:
    return TACET_ERR_BUSY;
  case SQLITE_CONSTRAINT:
    return TACET_ERR_EXISTS;
  case SQLITE_IOERR:
    return io_error(rc);
  case SQLITE_CORRUPT:
  case SQLITE_NOTADB:
  case SQLITE_READONLY:
  case SQLITE_CANTOPEN:
  case SQLITE_PERM:
  case SQLITE_AUTH:
    return TACET_ERR_IO;
  default:
    return TACET_ERR_STATE; /* SQL that is wrong: ours, and tests find it */
  }
}

/* Where no page is left SQLite cannot make or grow its index of the write-ahead
 * log, and calls that a fault of the disk. */
static bool is_full(const char *path) {
  struct statvfs fs;
  return statvfs(path, &fs) == 0 && fs.f_blocks > 0 && fs.f_bavail == 0;
}

void conn_trouble(const sto_schema *schema, const char *path, tacet_err err,
                  int rc, sto_trouble *why) {
  int kind = rc & 0xff;
  if ((kind == SQLITE_IOERR || kind == SQLITE_CANTOPEN) && is_full(path)) {
    err = TACET_ERR_FULL;
    kind = SQLITE_FULL;
  }
  switch (kind) {
  case SQLITE_CORRUPT:
    sto_trouble_set(why,
                    "the %s database %s is damaged; restore it from a "
                    "copy, or move it away and run %s",
                    schema->name, path, schema->init);
    return;
  case SQLITE_NOTADB:
    sto_trouble_set(why,
                    "%s is not a database, or its first page is damaged; "
                    "restore it from a copy, or move it away and run %s",
                    path, schema->init);
    return;
  case SQLITE_READONLY:
  case SQLITE_PERM:
    sto_trouble_set(why,
                    "the %s database %s cannot be written; check its "
                    "owner and permissions and those of its folder, and that "
                    "the disk is not mounted read-only",
                    schema->name, path);
    return;
  case SQLITE_CANTOPEN:
    sto_trouble_set(why,
                    "the %s database %s cannot be opened; check the owner "
                    "and permissions of the file and its folder",
                    schema->name, path);
    return;
  default:
    break;
  }
  const char *next = err == TACET_ERR_FULL   ? "make room on the disk"
                     : err == TACET_ERR_BUSY ? "another program holds it"
                                             : "look at the system's log";
  sto_trouble_set(why, "the %s database %s: %s (%s); %s", schema->name, path,
                  tacet_err_text(err), sqlite3_errstr(rc), next);
}

/* ---- settings ---- */

tacet_err conn_run(sto_conn *c, const char *sql) {
  return conn_error(sqlite3_exec(c->db, sql, NULL, NULL, NULL));
}

tacet_err conn_number(sto_conn *c, const char *sql, int64_t *out) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(c->db, sql, -1, &stmt, NULL);
  if (rc == SQLITE_OK) {
    rc = sqlite3_step(stmt);
  }
  int64_t value = rc == SQLITE_ROW ? sqlite3_column_int64(stmt, 0) : 0;
  tacet_err err = rc == SQLITE_DONE ? TACET_ERR_NOT_FOUND : conn_error(rc);
  (void)sqlite3_finalize(stmt);
  if (err == TACET_OK) {
    *out = value;
  }
  return err;
}

/* secure_delete: what is deleted is overwritten. temp_store: nothing is ever
 * spilled into a file of its own. wal_autocheckpoint: the writer does it, and
 * truncates. cell_size_check: a damaged page is found before it is used. */
static const char settings[] = "PRAGMA secure_delete=ON;"
                               "PRAGMA temp_store=MEMORY;"
                               "PRAGMA trusted_schema=OFF;"
                               "PRAGMA cell_size_check=ON;"
                               "PRAGMA mmap_size=0;"
                               "PRAGMA synchronous=FULL;"
                               "PRAGMA max_page_count=" SCRUB_PAGES_MAX ";"
                               "PRAGMA wal_autocheckpoint=0;";

static int count_wal(void *user, sqlite3 *db, const char *name, int pages) {
  (void)db;
  (void)name;
  sto_conn *c = user;
  c->wal_pages = pages;
  c->wrote = true;
  return SQLITE_OK;
}

static tacet_err configure(sto_conn *c, enum conn_kind kind) {
  (void)sqlite3_busy_timeout(c->db, BUSY_MS);
  (void)sqlite3_db_config(c->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  TACET_TRY(conn_run(c, settings));
  if (kind == CONN_LOOK) {
    return TACET_OK;
  }
  if (kind == CONN_WRITER) {
    /* Counts for a file that is still empty, before it is made a WAL one. */
    TACET_TRY(conn_run(c, "PRAGMA page_size=" PAGE_SIZE ";"));
    TACET_TRY(conn_run(c, "PRAGMA cache_size=-16384;"));
    (void)sqlite3_wal_hook(c->db, count_wal, c);
  }
  return conn_run(c, "PRAGMA journal_mode=WAL;");
}

tacet_err conn_open(const sto_schema *schema, const char *path, const char *vfs,
                    enum conn_kind kind, bool create, sto_trouble *why,
                    sto_conn **out) {
  sto_conn *c = calloc(1, sizeof(*c));
  if (c == NULL) {
    return TACET_ERR_NOMEM;
  }
  c->schema = schema;
  c->queries = calloc(schema->n_statements + 1, sizeof(*c->queries));
  /* One thread uses a connection at a time: no mutex. */
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
              SQLITE_OPEN_PRIVATECACHE |
              (create ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                      : SQLITE_OPEN_READWRITE);
  const char *scrub = scrub_vfs(vfs);
  int rc = c->queries == NULL || scrub == NULL
               ? SQLITE_NOMEM
               : sqlite3_open_v2(path, &c->db, flags, scrub);
  tacet_err err = conn_error(rc);
  if (err == TACET_OK) {
    err = configure(c, kind);
    rc = sqlite3_extended_errcode(c->db);
  }
  if (err == TACET_OK && kind != CONN_LOOK &&
      sqlite3_db_readonly(c->db, "main") != 0) {
    err = TACET_ERR_IO; /* SQLite falls back to reading without a word */
    rc = SQLITE_READONLY;
  }
  if (err != TACET_OK) {
    conn_trouble(schema, path, err, rc, why);
    conn_close(c);
    return err;
  }
  *out = c;
  return TACET_OK;
}

void conn_close(sto_conn *c) {
  if (c == NULL) {
    return;
  }
  for (unsigned i = 0; c->queries != NULL && i < c->schema->n_statements; i++) {
    (void)sqlite3_finalize(c->queries[i].stmt);
  }
  free(c->queries);
  (void)sqlite3_close(c->db);
  free(c);
}

void conn_rollback(sto_conn *c) {
  for (unsigned i = 0; i < c->schema->n_statements; i++) {
    (void)sqlite3_reset(c->queries[i].stmt);
  }
  if (sqlite3_get_autocommit(c->db) == 0) {
    (void)sqlite3_exec(c->db, "ROLLBACK", NULL, NULL, NULL);
  }
}

/* ---- statements ---- */

static int prepare(sto_conn *c, unsigned n) {
  sto_query *q = &c->queries[n];
  if (q->stmt != NULL) {
    return SQLITE_OK;
  }
  q->c = c;
  return sqlite3_prepare_v3(c->db, c->schema->statements[n], -1,
                            SQLITE_PREPARE_PERSISTENT, &q->stmt, NULL);
}

tacet_err conn_prepare_all(sto_conn *c, sto_trouble *why) {
  for (unsigned i = 0; i < c->schema->n_statements; i++) {
    int rc = prepare(c, i);
    if (rc != SQLITE_OK) {
      sto_trouble_set(why, "the %s database does not take statement %u: %s",
                      c->schema->name, i, sqlite3_errmsg(c->db));
      return conn_error(rc);
    }
  }
  return TACET_OK;
}

sto_query *sto_query_start(sto_conn *c, unsigned n) {
  TACET_ASSERT(n < c->schema->n_statements);
  sto_query *q = &c->queries[n];
  int rc = prepare(c, n);
  q->c = c;
  q->bound = 0;
  q->err = conn_error(rc);
  if (q->err == TACET_OK) {
    (void)sqlite3_reset(q->stmt);
  }
  return q;
}

static void bound(sto_query *q, int rc) {
  if (q->err == TACET_OK) {
    q->err = conn_error(rc);
  }
}

void sto_bind_int(sto_query *q, int64_t v) {
  if (q->err == TACET_OK) {
    bound(q, sqlite3_bind_int64(q->stmt, ++q->bound, v));
  }
}

void sto_bind_blob(sto_query *q, tacet_span v) {
  if (q->err != TACET_OK) {
    return;
  }
  /* A NULL pointer would bind NULL, which is not the empty blob. */
  const void *p = v.len == 0 ? (const void *)"" : v.p;
  bound(q, sqlite3_bind_blob64(q->stmt, ++q->bound, p, v.len, SQLITE_STATIC));
}

void sto_bind_text(sto_query *q, tacet_span v) {
  if (q->err != TACET_OK) {
    return;
  }
  const char *p = v.len == 0 ? "" : (const char *)v.p;
  bound(q, sqlite3_bind_text64(q->stmt, ++q->bound, p, v.len, SQLITE_STATIC,
                               SQLITE_UTF8));
}

void sto_bind_null(sto_query *q) {
  if (q->err == TACET_OK) {
    bound(q, sqlite3_bind_null(q->stmt, ++q->bound));
  }
}

tacet_err sto_step(sto_query *q, bool *row) {
  *row = false;
  TACET_TRY(q->err);
  int rc = sqlite3_step(q->stmt);
  if (rc == SQLITE_ROW) {
    *row = true;
    return TACET_OK;
  }
  q->err = conn_error(rc);
  (void)sqlite3_reset(q->stmt);
  return q->err;
}

void sto_query_end(sto_query *q) {
  if (q->stmt != NULL) {
    (void)sqlite3_reset(q->stmt);
  }
}

int64_t sto_int(sto_query *q, int column) {
  return sqlite3_column_int64(q->stmt, column);
}

tacet_span sto_blob(sto_query *q, int column) {
  const void *p = sqlite3_column_blob(q->stmt, column);
  return tacet_span_of(p, (size_t)sqlite3_column_bytes(q->stmt, column));
}

tacet_span sto_text(sto_query *q, int column) {
  const void *p = sqlite3_column_text(q->stmt, column);
  return tacet_span_of(p, (size_t)sqlite3_column_bytes(q->stmt, column));
}

bool sto_is_null(sto_query *q, int column) {
  return sqlite3_column_type(q->stmt, column) == SQLITE_NULL;
}

tacet_err sto_exec(sto_query *q) {
  bool row;
  TACET_TRY(sto_step(q, &row));
  sto_query_end(q);
  return row ? TACET_ERR_STATE : TACET_OK;
}

int64_t sto_changes(const sto_conn *c) {
  return sqlite3_changes64(c->db);
}
