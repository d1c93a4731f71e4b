/* SPDX-License-Identifier: Apache-2.0
 * Whose a file is, of which version, and whether it is whole. */
#include "server/storage/sqlite/private.h"

#include <stdlib.h>

/* A start reads databases up to this size from end to end; for larger ones
 * `tacetd doctor` does it. 64 MiB are some 0.3 s. */
#define CHECK_AT_START_MAX (64 * 1024 * 1024)

static tacet_err refuse_version(const sto_schema *s, const char *path,
                                int64_t version, sto_trouble *why) {
  sto_trouble_set(why,
                  "the %s database %s was written by a newer tacetd (form "
                  "%lld, this program knows forms up to %u); update tacetd",
                  s->name, path, (long long)version, s->n_steps);
  return TACET_ERR_VERSION;
}

static tacet_err refuse_stranger(const sto_schema *s, const char *path,
                                 sto_trouble *why) {
  sto_trouble_set(why,
                  "%s is not a %s database of tacetd; name the right data "
                  "folder, or move the file away",
                  path, s->name);
  return TACET_ERR_IO;
}

static tacet_err step(sto_conn *c, unsigned from) {
  char sql[96];
  TACET_TRY(conn_run(c, c->schema->steps[from]));
  (void)snprintf(sql, sizeof(sql),
                 "PRAGMA application_id=%lu;PRAGMA user_version=%u;",
                 (unsigned long)c->schema->application_id, from + 1);
  return conn_run(c, sql);
}

/* All steps in one transaction: a file is never between two versions. */
static tacet_err migrate_steps(sto_conn *c, unsigned from) {
  TACET_TRY(conn_run(c, "BEGIN IMMEDIATE"));
  tacet_err err = TACET_OK;
  for (unsigned v = from; err == TACET_OK && v < c->schema->n_steps; v++) {
    err = step(c, v);
  }
  if (err == TACET_OK) {
    err = conn_run(c, "COMMIT");
  }
  if (err != TACET_OK) {
    conn_rollback(c);
  }
  return err;
}

/* The first complaint of a check is enough. It names tables and pages only. */
static tacet_err check_pages(sto_conn *c, const char *path, const char *sql,
                             sto_trouble *why) {
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(c->db, sql, -1, &stmt, NULL);
  if (rc == SQLITE_OK) {
    rc = sqlite3_step(stmt);
  }
  tacet_err err = conn_error(rc);
  const char *said =
      rc == SQLITE_ROW ? (const char *)sqlite3_column_text(stmt, 0) : NULL;
  if (err != TACET_OK) {
    conn_trouble(c->schema, path, err, rc, why);
  } else if (said == NULL || strcmp(said, "ok") != 0) {
    conn_trouble(c->schema, path, TACET_ERR_IO, SQLITE_CORRUPT, why);
    err = TACET_ERR_IO;
  }
  (void)sqlite3_finalize(stmt);
  return err;
}

static tacet_err check_at_start(sto_conn *c, const char *path,
                                sto_trouble *why) {
  int64_t pages, size;
  tacet_err err = conn_number(c, "PRAGMA page_count", &pages);
  if (err == TACET_OK) {
    err = conn_number(c, "PRAGMA page_size", &size);
  }
  if (err != TACET_OK) {
    conn_trouble(c->schema, path, err, sqlite3_extended_errcode(c->db), why);
    return err;
  }
  return pages * size > CHECK_AT_START_MAX
             ? TACET_OK
             : check_pages(c, path, "PRAGMA quick_check(1)", why);
}

static tacet_err read_version(sto_conn *c, const char *path, int64_t *version,
                              sto_trouble *why) {
  int64_t v, id, tables;
  tacet_err err = conn_number(c, "PRAGMA user_version", &v);
  if (err == TACET_OK) {
    err = conn_number(c, "PRAGMA application_id", &id);
  }
  if (err == TACET_OK) {
    err = conn_number(c, "SELECT count(*) FROM sqlite_schema", &tables);
  }
  if (err != TACET_OK) {
    conn_trouble(c->schema, path, err, sqlite3_extended_errcode(c->db), why);
    return err;
  }
  bool fresh = v == 0 && id == 0 && tables == 0;
  if (!fresh && (uint32_t)id != c->schema->application_id) {
    return refuse_stranger(c->schema, path, why);
  }
  *version = v;
  return TACET_OK;
}

tacet_err schema_prepare(sto_conn *c, const char *path, bool migrate,
                         sto_trouble *why) {
  int64_t version;
  TACET_TRY(read_version(c, path, &version, why));
  if (version < 0 || version > (int64_t)c->schema->n_steps) {
    return refuse_version(c->schema, path, version, why);
  }
  if (version == (int64_t)c->schema->n_steps) {
    return migrate ? check_at_start(c, path, why) : TACET_OK;
  }
  if (!migrate) {
    sto_trouble_set(why,
                    "the %s database %s was written by an older tacetd; "
                    "start the server once, which brings it up to date",
                    c->schema->name, path);
    return TACET_ERR_STATE;
  }
  if (version > 0) {
    TACET_TRY(check_at_start(c, path, why));
  }
  tacet_err err = migrate_steps(c, (unsigned)version);
  if (err != TACET_OK) {
    conn_trouble(c->schema, path, err, sqlite3_extended_errcode(c->db), why);
  }
  return err;
}

/* ---- looking at a file from outside ---- */

static const sto_schema anything = {.name = "server's", .init = "tacetd init"};

tacet_err sto_check(const sto_schema *schema, const char *path,
                    sto_trouble *why) {
  sto_conn *c = NULL;
  TACET_TRY(conn_open(schema, path, NULL, CONN_LOOK, false, why, &c));
  int64_t version;
  tacet_err err = read_version(c, path, &version, why);
  if (err == TACET_OK && version > (int64_t)schema->n_steps) {
    err = refuse_version(schema, path, version, why);
  }
  if (err == TACET_OK) {
    err = check_pages(c, path, "PRAGMA integrity_check(1)", why);
  }
  conn_close(c);
  return err;
}

/* The tables of SQLite itself (statistics, sequences) hold content too, so they
 * are listed like all others; only the schema is not. */
static const char list_columns[] =
    "SELECT m.name, x.name FROM sqlite_schema m, pragma_table_xinfo(m.name) x "
    "WHERE m.type = 'table' ORDER BY m.name, x.name";

tacet_err sto_columns(const char *path,
                      tacet_err (*visit)(void *user, const char *table,
                                         const char *column),
                      void *user, sto_trouble *why) {
  sto_conn *c = NULL;
  TACET_TRY(conn_open(&anything, path, NULL, CONN_LOOK, false, why, &c));
  sqlite3_stmt *stmt = NULL;
  int rc = sqlite3_prepare_v2(c->db, list_columns, -1, &stmt, NULL);
  tacet_err err = TACET_OK;
  while (err == TACET_OK && rc != SQLITE_DONE) {
    if (rc == SQLITE_OK || rc == SQLITE_ROW) {
      rc = sqlite3_step(stmt);
    }
    if (rc == SQLITE_ROW) {
      err = visit(user, (const char *)sqlite3_column_text(stmt, 0),
                  (const char *)sqlite3_column_text(stmt, 1));
    } else if (rc != SQLITE_DONE) {
      err = conn_error(rc);
      conn_trouble(&anything, path, err, rc, why);
    }
  }
  (void)sqlite3_finalize(stmt);
  conn_close(c);
  return err;
}
