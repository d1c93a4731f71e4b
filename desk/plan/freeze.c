/* SPDX-License-Identifier: Apache-2.0
 * Preserved copies. A row that the tables need and that the plan did not give
 * gets what means nothing: an id that is the handle's hash, days of zero. No
 * later plan can give those away, since it may have no other categories. */
#include "desk/plan/freeze.h"
#include "desk/plan/snapshot_private.h"
#include "tacet/crypto.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SQL_MAX 1024

typedef struct freezing {
  const desk_plan *p;
  const desk_extract *x;
  sqlite3 *db;
  size_t packages;
} freezing;

/* ---- one row ---- */

static const desk_extract_cell *cell_of(const desk_extract_table *t,
                                        const desk_extract_row *row,
                                        const char *column) {
  for (size_t c = 0; c < row->n_cells; c++) {
    if (strcmp(t->step->columns[c]->name, column) == 0) {
      return &row->cells[c];
    }
  }
  return NULL;
}

static int bind_cell(sqlite3_stmt *q, int at, const desk_extract_cell *c,
                     int64_t otherwise) {
  if (c == NULL) {
    return sqlite3_bind_int64(q, at, otherwise);
  }
  return c->is_bytes ? sqlite3_bind_blob64(q, at, c->bytes.p, c->bytes.len,
                                           SQLITE_STATIC)
                     : sqlite3_bind_int64(q, at, c->number);
}

/* The only row of a table for one handle, or NULL. */
static const desk_extract_row *row_of(const desk_extract *x, const char *name,
                                      size_t handle,
                                      const desk_extract_table **table) {
  for (size_t t = 1; t < x->n_tables; t++) {
    *table = &x->tables[t];
    for (size_t r = 0; r < (*table)->n_rows; r++) {
      if (strcmp((*table)->step->name, name) == 0 &&
          (*table)->rows[r].handle == handle) {
        return &(*table)->rows[r];
      }
    }
  }
  return NULL;
}

/* The account's id, if it was given; else the handle's hash. */
static tacet_err id_of(const freezing *f, size_t handle, uint8_t out[32]) {
  const desk_extract_table *t;
  const desk_extract_row *row = row_of(f->x, "account", handle, &t);
  const desk_extract_cell *c =
      row == NULL ? NULL : cell_of(t, row, "account.id");
  if (c != NULL && c->bytes.len == 32) {
    memcpy(out, c->bytes.p, 32);
    return TACET_OK;
  }
  return tacet_hash_one(&tacet_hash_sha256,
                        tacet_span_str(f->p->scope.handles[handle]), out);
}

static tacet_err done(sqlite3_stmt *q, int rc) {
  rc = rc == SQLITE_OK ? sqlite3_step(q) : rc;
  (void)sqlite3_finalize(q);
  return rc == SQLITE_DONE ? TACET_OK : TACET_ERR_IO;
}

static tacet_err add_account(freezing *f, size_t handle) {
  static const char sql[] = "INSERT INTO account(id, name, created, drawn,"
                            " drawn_directory, drawn_delivery)"
                            " VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
  static const struct {
    const char *table, *column;
    int64_t otherwise;
  } rest[] = {{"account", "account.created", 0},
              {"last-use", "account.drawn", -1},
              {"last-use", "account.drawn_directory", 0},
              {"last-use", "account.drawn_delivery", 0}};
  uint8_t id[32];
  sqlite3_stmt *q = NULL;
  TACET_TRY(id_of(f, handle, id));
  int rc = sqlite3_prepare_v2(f->db, sql, -1, &q, NULL);
  if (rc == SQLITE_OK) {
    (void)sqlite3_bind_blob(q, 1, id, 32, SQLITE_STATIC);
    rc =
        sqlite3_bind_text(q, 2, f->p->scope.handles[handle], -1, SQLITE_STATIC);
  }
  for (int i = 0; rc == SQLITE_OK && i < 4; i++) {
    const desk_extract_table *t;
    const desk_extract_row *row = row_of(f->x, rest[i].table, handle, &t);
    rc = bind_cell(q, 3 + i,
                   row == NULL ? NULL : cell_of(t, row, rest[i].column),
                   rest[i].otherwise);
  }
  return done(q, rc);
}

static tacet_err add_manifest(freezing *f, const desk_extract_table *t,
                              const desk_extract_row *row) {
  static const char sql[] = "INSERT INTO manifest(account, number, body,"
                            " version, log_index, opening)"
                            " VALUES(?1, ?2, ?3, ?4, ?5, ?6)";
  static const char *const columns[] = {
      "manifest.number", "manifest.body", "manifest.version",
      "manifest.log_index", "manifest.opening"};
  uint8_t id[32];
  sqlite3_stmt *q = NULL;
  TACET_TRY(id_of(f, row->handle, id));
  int rc = sqlite3_prepare_v2(f->db, sql, -1, &q, NULL);
  if (rc == SQLITE_OK) {
    rc = sqlite3_bind_blob(q, 1, id, 32, SQLITE_STATIC);
  }
  for (int i = 0; rc == SQLITE_OK && i < 5; i++) {
    rc = bind_cell(q, 2 + i, cell_of(t, row, columns[i]), 0);
  }
  return done(q, rc);
}

static tacet_err add_package(freezing *f, const desk_extract_table *t,
                             const desk_extract_row *row) {
  static const char sql[] = "INSERT INTO package(account, device, last_resort,"
                            " last_day, hash, message)"
                            " VALUES(?1, ?2, 0, 0, ?3, ?4)";
  uint8_t id[32], hash[8];
  sqlite3_stmt *q = NULL;
  TACET_TRY(id_of(f, row->handle, id));
  for (size_t i = 0; i < sizeof(hash); i++) { /* keeps their order */
    hash[i] = (uint8_t)(f->packages >> 8 * (7 - i));
  }
  f->packages++;
  int rc = sqlite3_prepare_v2(f->db, sql, -1, &q, NULL);
  if (rc == SQLITE_OK) {
    (void)sqlite3_bind_blob(q, 1, id, 32, SQLITE_STATIC);
    (void)sqlite3_bind_blob(q, 3, hash, sizeof(hash), SQLITE_STATIC);
    (void)bind_cell(q, 2, cell_of(t, row, "package.device"), 0);
    rc = bind_cell(q, 4, cell_of(t, row, "package.message"), 0);
  }
  return done(q, rc);
}

/* ---- the copy ---- */

static tacet_err add_rows(freezing *f) {
  for (size_t h = 0; h < f->x->n_handles; h++) {
    if (f->x->present[h]) {
      TACET_TRY(add_account(f, h));
    }
  }
  for (size_t t = 1; t < f->x->n_tables; t++) {
    const desk_extract_table *table = &f->x->tables[t];
    bool manifests = strcmp(table->step->table, "manifest") == 0;
    bool packages = strcmp(table->step->table, "package") == 0;
    for (size_t r = 0; (manifests || packages) && r < table->n_rows; r++) {
      TACET_TRY(manifests ? add_manifest(f, table, &table->rows[r])
                          : add_package(f, table, &table->rows[r]));
    }
  }
  return TACET_OK;
}

static tacet_err add_database(freezing *f, desk_files *files) {
  sqlite3_int64 len = 0;
  unsigned char *bytes = sqlite3_serialize(f->db, "main", &len, 0);
  tacet_err err =
      bytes == NULL
          ? TACET_ERR_NOMEM
          : desk_files_add(files, "copy.db", tacet_span_of(bytes, (size_t)len));
  if (bytes != NULL) {
    tacet_wipe(bytes, (size_t)len);
  }
  sqlite3_free(bytes);
  return err;
}

static tacet_err fill(freezing *f, const char *schema, desk_files *files) {
  if (sqlite3_open_v2(":memory:", &f->db,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY |
                          SQLITE_OPEN_PRIVATECACHE,
                      NULL) != SQLITE_OK ||
      sqlite3_exec(f->db, schema, NULL, NULL, NULL) != SQLITE_OK) {
    return TACET_ERR_IO;
  }
  TACET_TRY(add_rows(f));
  TACET_TRY(desk_files_add(files, "plan.json",
                           tacet_span_of(f->p->text, f->p->text_len)));
  return add_database(f, files);
}

tacet_err desk_freeze(const desk_snapshot *s, const desk_plan *p,
                      const desk_extract *x, desk_trouble *why,
                      tacet_bytes *out) {
  DESK_FILES(files);
  freezing f = {.p = p, .x = x};
  tacet_err err = fill(&f, s->schema, &files);
  (void)sqlite3_close(f.db);
  if (err == TACET_OK) {
    err = desk_tar_write(&files, out);
  }
  if (err != TACET_OK) {
    desk_trouble_set(why, "the copy could not be made (%s); nothing was kept",
                     tacet_err_text(err));
  }
  return err;
}

/* ---- reading it ---- */

static bool has_handle(const json_t *plan, const char *handle) {
  const json_t *list = json_object_get(plan, "handles");
  for (size_t i = 0; i < json_array_size(list); i++) {
    const char *text =
        json_string_value(json_object_get(json_array_get(list, i), "handle"));
    if (text != NULL && strcmp(text, handle) == 0) {
      return true;
    }
  }
  return false;
}

/* An empty list is all things, in a copy as in a demand. */
static bool has_things(const json_t *plan, desk_thing_set wanted) {
  const json_t *list = json_object_get(plan, "things");
  desk_thing_set kept = 0;
  for (size_t i = 0; i < json_array_size(list); i++) {
    desk_thing thing;
    const char *word = json_string_value(json_array_get(list, i));
    if (word != NULL && desk_thing_read(word, &thing)) {
      kept |= 1u << thing;
    }
  }
  return json_array_size(list) == 0 || (wanted != 0 && (wanted & ~kept) == 0);
}

static tacet_err covers(const json_t *plan, const desk_scope *scope,
                        desk_trouble *why) {
  const json_t *list = json_object_get(plan, "categories");
  desk_category_set kept = 0;
  for (size_t i = 0; i < json_array_size(list); i++) {
    desk_category c;
    const char *word = json_string_value(json_array_get(list, i));
    if (word != NULL && desk_category_read(word, &c)) {
      kept |= 1u << c;
    }
  }
  if ((scope->categories & ~kept) != 0) {
    desk_trouble_set(why,
                     "the preserved copy has fewer categories of data than "
                     "this demand permits; plan on the server instead");
    return TACET_ERR_POLICY;
  }
  if (!has_things(plan, scope->things)) {
    desk_trouble_set(why, "the preserved copy has not all that this demand "
                          "asks for; plan on the server instead");
    return TACET_ERR_POLICY;
  }
  for (size_t i = 0; i < scope->n_handles; i++) {
    if (!has_handle(plan, scope->handles[i])) {
      desk_trouble_set(why,
                       "account number %zu of the demand is not in the "
                       "preserved copy; plan on the server instead",
                       i + 1);
      return TACET_ERR_POLICY;
    }
  }
  return TACET_OK;
}

static tacet_err check_cover(const desk_file *f, const desk_scope *scope,
                             desk_trouble *why) {
  json_t *plan = json_loadb((const char *)f->bytes.p, f->bytes.len,
                            JSON_REJECT_DUPLICATES, NULL);
  tacet_err err = scope == NULL ? TACET_OK : covers(plan, scope, why);
  json_decref(plan);
  return err;
}

tacet_err desk_thaw(tacet_span copy, const desk_scope *scope, desk_trouble *why,
                    desk_snapshot **out) {
  DESK_FILES(files);
  tacet_err err = desk_tar_read(copy, &files);
  const desk_file *plan = desk_files_find(&files, "plan.json");
  const desk_file *db = desk_files_find(&files, "copy.db");
  if (err != TACET_OK || plan == NULL || db == NULL) {
    desk_trouble_set(why, "this is no preserved copy of tacet-desk");
    return err != TACET_OK ? err : TACET_ERR_ENCODING;
  }
  TACET_TRY(check_cover(plan, scope, why));
  return snapshot_of_bytes(tacet_bytes_span(&db->bytes), why, out);
}
