/* SPDX-License-Identifier: Apache-2.0
 * Opening the server's directory without touching it, and what SQLite is
 * forbidden to do there. */
#include "desk/plan/snapshot.h"
#include "desk/plan/snapshot_private.h"
#include "server/ops/folder.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define URI_MAX (3 * TACETD_PATH_MAX + 128)
#define VALUE_MAX (16 * 1024 * 1024) /* bytes of a cell */
#define OPERATIONS (1 << 20)         /* of SQLite's machine, between looks */

/* ---- opening ---- */

/* A path in a URI: what would end it or mean something else is escaped. */
static bool write_uri(const char *path, const char *tail, char out[URI_MAX]) {
  static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-~";
  size_t len = strlen("file:");
  memcpy(out, "file:", len);
  for (const char *p = path; *p != '\0'; p++) {
    if (len + 4 >= URI_MAX) {
      return false;
    }
    if (strchr(plain, *p) != NULL) {
      out[len++] = *p;
    } else {
      len += (size_t)snprintf(out + len, 4, "%%%02X", (unsigned)(uint8_t)*p);
    }
  }
  int n = snprintf(out + len, URI_MAX - len, "?%s", tail);
  return n > 0 && (size_t)n < URI_MAX - len;
}

/* Whether a log lies beside the database: a server runs, or did not end in
 * peace. */
static bool has_log(const char *path) {
  char name[TACETD_PATH_MAX + 8];
  struct stat st;
  (void)snprintf(name, sizeof(name), "%s-wal", path);
  return stat(name, &st) == 0;
}

tacet_err snapshot_fail(desk_snapshot *s, int rc, desk_trouble *why) {
  const char *words = sqlite3_errstr(rc);
  if (rc == SQLITE_AUTH) {
    desk_trouble_set(why, "a statement wanted to read what its step of the "
                          "plan does not permit; nothing was handed out");
    return TACET_ERR_STATE;
  }
  desk_trouble_set(why,
                   "the server's directory %s could not be read (%s); nothing "
                   "was handed out: try again, and look at tacetd doctor if it "
                   "stays",
                   s->path, words);
  return rc == SQLITE_NOMEM  ? TACET_ERR_NOMEM
         : rc == SQLITE_BUSY ? TACET_ERR_BUSY
                             : TACET_ERR_IO;
}

static int open_file(desk_snapshot *s, const char *vfs) {
  char uri[URI_MAX];
  /* The log's index is used as it is. Without a log the file is all there is,
   * and SQLite would make both. */
  bool live = has_log(s->path);
  s->alone = !live;
  if (stat(s->path, &s->was) != 0 ||
      !write_uri(s->path,
                 live ? "mode=ro&readonly_shm=1" : "mode=ro&immutable=1",
                 uri)) {
    return SQLITE_CANTOPEN;
  }
  return sqlite3_open_v2(uri, &s->db,
                         SQLITE_OPEN_READONLY | SQLITE_OPEN_URI |
                             SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_NOFOLLOW |
                             SQLITE_OPEN_EXRESCODE,
                         vfs);
}

static int run(desk_snapshot *s, const char *sql) {
  return sqlite3_exec(s->db, sql, NULL, NULL, NULL);
}

/* Everything that no plan needs is off or small. */
static void bound(sqlite3 *db) {
  (void)sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
  (void)sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
  (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
  (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL);
  (void)sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0, NULL);
  (void)sqlite3_limit(db, SQLITE_LIMIT_LENGTH, VALUE_MAX);
  (void)sqlite3_limit(db, SQLITE_LIMIT_SQL_LENGTH, DESK_QUERY_SQL);
  (void)sqlite3_limit(db, SQLITE_LIMIT_EXPR_DEPTH, 16);
  (void)sqlite3_limit(db, SQLITE_LIMIT_COMPOUND_SELECT, 1);
  (void)sqlite3_limit(db, SQLITE_LIMIT_VDBE_OP, 1000);
  (void)sqlite3_limit(db, SQLITE_LIMIT_FUNCTION_ARG, 0);
  (void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
  (void)sqlite3_limit(db, SQLITE_LIMIT_VARIABLE_NUMBER, DESK_QUERY_BINDS);
  (void)sqlite3_limit(db, SQLITE_LIMIT_TRIGGER_DEPTH, 0);
  (void)sqlite3_limit(db, SQLITE_LIMIT_WORKER_THREADS, 0);
}

/* ---- the columns that there really are ---- */

static const char columns_sql[] =
    "SELECT t.name, c.name FROM sqlite_schema t JOIN pragma_table_xinfo(t.name)"
    " c WHERE t.type IN ('table', 'view') ORDER BY t.name, c.cid";

static tacet_err refuse_column(desk_trouble *why, const char *table,
                               const char *column) {
  desk_trouble_set(why,
                   "the server's directory has a column that the inventory of "
                   "this tacet-desk does not list (%.64s.%.64s); nothing is "
                   "read from it: use the tacet-desk of the server's version",
                   table, column);
  return TACET_ERR_STATE;
}

static tacet_err count_columns(desk_snapshot *s, sqlite3_stmt *q, size_t *n,
                               desk_trouble *why) {
  int rc;
  while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
    const char *table = (const char *)sqlite3_column_text(q, 0);
    const char *column = (const char *)sqlite3_column_text(q, 1);
    if (table == NULL || column == NULL) {
      return snapshot_fail(s, SQLITE_NOMEM, why);
    }
    if (desk_column_find(table, column) == NULL) {
      return refuse_column(why, table, column);
    }
    ++*n;
  }
  return rc == SQLITE_DONE ? TACET_OK : snapshot_fail(s, rc, why);
}

static tacet_err check_columns(desk_snapshot *s, desk_trouble *why) {
  sqlite3_stmt *q = NULL;
  size_t n = 0;
  int rc = sqlite3_prepare_v2(s->db, columns_sql, -1, &q, NULL);
  if (rc != SQLITE_OK) {
    return snapshot_fail(s, rc, why);
  }
  tacet_err err = count_columns(s, q, &n, why);
  (void)sqlite3_finalize(q);
  /* Each was found, and none comes twice: as many means all. */
  if (err == TACET_OK && n != tacetd_inventory_directory.n) {
    desk_trouble_set(why,
                     "%s is no directory of this version of tacetd: it "
                     "lacks columns that the inventory lists",
                     s->path);
    err = TACET_ERR_STATE;
  }
  return err;
}

/* What makes the tables, for a copy of the same form. */
static int add_schema(void *user, int n, char **texts, char **names) {
  desk_snapshot *s = user;
  (void)n;
  (void)names;
  char *longer = NULL;
  if (asprintf(&longer, "%s%s;", s->schema == NULL ? "" : s->schema, texts[0]) <
      0) {
    return 1;
  }
  free(s->schema);
  s->schema = longer;
  return 0;
}

static tacet_err read_schema(desk_snapshot *s, desk_trouble *why) {
  int rc = sqlite3_exec(s->db,
                        "SELECT sql FROM sqlite_schema WHERE type = 'table'"
                        " ORDER BY name",
                        add_schema, s, NULL);
  return rc == SQLITE_OK ? TACET_OK : snapshot_fail(s, rc, why);
}

/* ---- the authorizer ---- */

/* Set for good. While a step is prepared s->step says what it may read. */
static int authorize(void *user, int action, const char *a, const char *b,
                     const char *database, const char *trigger) {
  desk_snapshot *s = user;
  if (s->step == NULL || trigger != NULL) {
    return SQLITE_DENY;
  }
  if (action == SQLITE_SELECT) {
    return s->selects++ == 0 ? SQLITE_OK : SQLITE_DENY;
  }
  return action == SQLITE_READ && a != NULL && b != NULL && database != NULL &&
                 strcmp(database, "main") == 0 &&
                 desk_query_reads(s->step, a, b)
             ? SQLITE_OK
             : SQLITE_DENY;
}

/* A statement that runs on and on is none of ours. */
static int too_long(void *user) {
  desk_snapshot *s = user;
  return ++s->looks > 1000;
}

/* ---- the whole ---- */

/* `rc`: of opening. */
static tacet_err begin(desk_snapshot *s, int rc, desk_trouble *why) {
  if (rc == SQLITE_OK) {
    bound(s->db);
    rc = run(s, "PRAGMA query_only=ON;PRAGMA cell_size_check=ON;"
                "PRAGMA mmap_size=0;PRAGMA temp_store=MEMORY;BEGIN");
  }
  if (rc != SQLITE_OK) {
    return snapshot_fail(s, rc, why);
  }
  (void)sqlite3_limit(s->db, SQLITE_LIMIT_FUNCTION_ARG, 1);
  TACET_TRY(check_columns(s, why)); /* the transaction's first read */
  TACET_TRY(read_schema(s, why));
  (void)sqlite3_limit(s->db, SQLITE_LIMIT_FUNCTION_ARG, 0);
  sqlite3_progress_handler(s->db, OPERATIONS, too_long, s);
  rc = sqlite3_set_authorizer(s->db, authorize, s);
  return rc == SQLITE_OK ? TACET_OK : snapshot_fail(s, rc, why);
}

tacet_err desk_snapshot_open(const char *folder, const char *vfs,
                             desk_trouble *why, desk_snapshot **out) {
  desk_snapshot *s = calloc(1, sizeof(*s));
  if (s == NULL) {
    desk_trouble_set(why, "there is not enough memory");
    return TACET_ERR_NOMEM;
  }
  tacet_err err = tacetd_folder_path(folder, TACETD_DIRECTORY_DB, s->path);
  if (err != TACET_OK) {
    desk_trouble_set(why, "the server's data folder has too long a path");
  } else if (access(s->path, R_OK) != 0) {
    desk_trouble_set(why,
                     "the server's directory %s cannot be read (%s): name the "
                     "data folder of tacetd, and let this user read it",
                     s->path, strerror(errno));
    err = TACET_ERR_IO;
  } else {
    err = begin(s, open_file(s, vfs), why);
  }
  if (err != TACET_OK) {
    desk_snapshot_close(s);
    return err;
  }
  *out = s;
  return TACET_OK;
}

static int open_bytes(desk_snapshot *s, tacet_span database) {
  unsigned char *copy = sqlite3_malloc64(database.len);
  if (copy == NULL) {
    return SQLITE_NOMEM;
  }
  memcpy(copy, database.p, database.len);
  int rc = sqlite3_open_v2(":memory:", &s->db,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY |
                               SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE,
                           NULL);
  if (rc != SQLITE_OK) {
    sqlite3_free(copy);
    return rc;
  }
  return sqlite3_deserialize(s->db, "main", copy, (sqlite3_int64)database.len,
                             (sqlite3_int64)database.len,
                             SQLITE_DESERIALIZE_FREEONCLOSE |
                                 SQLITE_DESERIALIZE_READONLY);
}

tacet_err snapshot_of_bytes(tacet_span database, desk_trouble *why,
                            desk_snapshot **out) {
  desk_snapshot *s = calloc(1, sizeof(*s));
  if (s == NULL) {
    desk_trouble_set(why, "there is not enough memory");
    return TACET_ERR_NOMEM;
  }
  (void)snprintf(s->path, sizeof(s->path), "of the preserved copy");
  tacet_err err = begin(s, open_bytes(s, database), why);
  if (err != TACET_OK) {
    desk_snapshot_close(s);
    return err;
  }
  *out = s;
  return TACET_OK;
}

void desk_snapshot_close(desk_snapshot *s) {
  if (s != NULL) {
    (void)sqlite3_close(s->db);
    free(s->schema);
    free(s);
  }
}

tacet_err desk_snapshot_unchanged(desk_snapshot *s, desk_trouble *why) {
  struct stat now;
  if (!s->alone) {
    return TACET_OK; /* one transaction saw it all */
  }
  if (stat(s->path, &now) == 0 && !has_log(s->path) &&
      now.st_ino == s->was.st_ino && now.st_size == s->was.st_size &&
      now.st_mtim.tv_sec == s->was.st_mtim.tv_sec &&
      now.st_mtim.tv_nsec == s->was.st_mtim.tv_nsec) {
    return TACET_OK;
  }
  desk_trouble_set(why,
                   "a server began to use %s while it was read; nothing "
                   "was handed out: try again",
                   s->path);
  return TACET_ERR_BUSY;
}
