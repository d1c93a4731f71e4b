/* SPDX-License-Identifier: Apache-2.0
 * Carrying out a plan on a snapshot. */
#include "desk/plan/snapshot_private.h"

#include <stdlib.h>
#include <string.h>

/* ---- one statement ---- */

/* Where SQLite took the value from: not what the statement calls it. */
static const tacetd_inventory_row *origin(sqlite3_stmt *q, int column) {
  const char *database = sqlite3_column_database_name(q, column);
  const char *table = sqlite3_column_table_name(q, column);
  const char *name = sqlite3_column_origin_name(q, column);
  return database == NULL || table == NULL || name == NULL ||
                 strcmp(database, "main") != 0
             ? NULL
             : desk_column_find(table, name);
}

/* What it will give is what the step gives, before a row is read. The first
 * step gives the key that accounts are found by, to the next ones alone. */
static bool gives_planned(sqlite3_stmt *q, const desk_query *step) {
  bool first = step->n_columns == 0;
  size_t n = first ? 1 : step->n_columns;
  if (sqlite3_column_count(q) != (int)n) {
    return false;
  }
  for (size_t i = 0; i < n; i++) {
    if (origin(q, (int)i) != (first ? step->keys[0] : step->columns[i])) {
      return false;
    }
  }
  return true;
}

static int prepare(desk_snapshot *s, const desk_query *step, sqlite3_stmt **q) {
  const char *tail = NULL;
  s->step = step;
  s->selects = 0;
  s->looks = 0;
  int rc = sqlite3_prepare_v2(s->db, step->sql, -1, q, &tail);
  s->step = NULL;
  if (rc == SQLITE_OK &&
      (*q == NULL || tail == NULL || *tail != '\0' ||
       !sqlite3_stmt_readonly(*q) || !gives_planned(*q, step) ||
       sqlite3_bind_parameter_count(*q) != (int)step->n_binds)) {
    (void)sqlite3_finalize(*q);
    *q = NULL;
    rc = SQLITE_AUTH; /* two statements, or one that writes, or another's */
  }
  return rc;
}

static int bind(sqlite3_stmt *q, const desk_query *step,
                const desk_scope *scope, size_t handle, tacet_span account) {
  int rc = SQLITE_OK;
  for (size_t i = 0; rc == SQLITE_OK && i < step->n_binds; i++) {
    int at = (int)i + 1;
    switch (step->binds[i]) {
    case DESK_BIND_HANDLE:
      rc = sqlite3_bind_text(q, at, scope->handles[handle], -1, SQLITE_STATIC);
      break;
    case DESK_BIND_ACCOUNT:
      rc = sqlite3_bind_blob(q, at, account.p, (int)account.len, SQLITE_STATIC);
      break;
    case DESK_BIND_FROM:
      rc = sqlite3_bind_int64(q, at, scope->from);
      break;
    case DESK_BIND_TO:
      rc = sqlite3_bind_int64(q, at, scope->to);
      break;
    }
  }
  return rc;
}

static tacet_err read_cell(sqlite3_stmt *q, int column, desk_extract_cell *c) {
  c->from = origin(q, column);
  switch (sqlite3_column_type(q, column)) {
  case SQLITE_INTEGER:
    c->number = sqlite3_column_int64(q, column);
    return TACET_OK;
  case SQLITE_BLOB: {
    const void *p = sqlite3_column_blob(q, column);
    c->is_bytes = true;
    return tacet_bytes_set(
        &c->bytes, tacet_span_of(p, (size_t)sqlite3_column_bytes(q, column)));
  }
  default:
    c->is_other = true;
    return TACET_OK;
  }
}

static desk_extract_row *new_row(desk_extract_table *t, size_t n_cells) {
  if (t->n_rows == t->cap) {
    size_t cap = t->cap == 0 ? 4 : 2 * t->cap;
    desk_extract_row *rows = realloc(t->rows, cap * sizeof(*rows));
    if (rows == NULL) {
      return NULL;
    }
    t->rows = rows;
    t->cap = cap;
  }
  desk_extract_row row = {
      .cells = tacet_alloc_array(n_cells, sizeof(desk_extract_cell)),
      .n_cells = n_cells};
  if (row.cells == NULL) {
    return NULL;
  }
  t->rows[t->n_rows] = row;
  return &t->rows[t->n_rows++];
}

static tacet_err read_row(sqlite3_stmt *q, size_t handle,
                          desk_extract_table *t) {
  int n = sqlite3_column_count(q);
  desk_extract_row *row = new_row(t, (size_t)n);
  if (row == NULL) {
    return TACET_ERR_NOMEM;
  }
  row->handle = handle;
  for (int c = 0; c < n; c++) {
    TACET_TRY(read_cell(q, c, &row->cells[c]));
  }
  return TACET_OK;
}

static tacet_err read_rows(desk_snapshot *s, sqlite3_stmt *q, size_t handle,
                           desk_trouble *why, desk_extract_table *t) {
  int rc;
  while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
    if (read_row(q, handle, t) != TACET_OK) {
      return snapshot_fail(s, SQLITE_NOMEM, why);
    }
  }
  return rc == SQLITE_DONE ? TACET_OK : snapshot_fail(s, rc, why);
}

/* A prepared statement for one account. */
static tacet_err run_prepared(desk_snapshot *s, sqlite3_stmt *q,
                              const desk_query *step, const desk_scope *scope,
                              size_t handle, tacet_span account,
                              desk_trouble *why, desk_extract_table *t) {
  s->looks = 0;
  int rc = bind(q, step, scope, handle, account);
  tacet_err err = rc == SQLITE_OK ? read_rows(s, q, handle, why, t)
                                  : snapshot_fail(s, rc, why);
  (void)sqlite3_reset(q);
  (void)sqlite3_clear_bindings(q);
  return err;
}

tacet_err desk_snapshot_query(desk_snapshot *s, const desk_query *step,
                              const desk_scope *scope, size_t handle,
                              tacet_span account, desk_trouble *why,
                              desk_extract_table *t) {
  sqlite3_stmt *q = NULL;
  int rc = prepare(s, step, &q);
  tacet_err err = rc == SQLITE_OK
                      ? run_prepared(s, q, step, scope, handle, account, why, t)
                      : snapshot_fail(s, rc, why);
  (void)sqlite3_finalize(q);
  return err;
}

/* ---- a plan ---- */

/* The first step, for every handle: the ids of those that there are. What it
 * found is for the other steps alone, and wiped with them. */
static tacet_err locate(desk_snapshot *s, const desk_query *step,
                        const desk_scope *scope, desk_trouble *why,
                        desk_extract *found) {
  sqlite3_stmt *q = NULL;
  desk_extract_table *t = &found->tables[0];
  int rc = prepare(s, step, &q);
  tacet_err err = rc == SQLITE_OK ? TACET_OK : snapshot_fail(s, rc, why);
  found->n_tables = 1;
  for (size_t h = 0; err == TACET_OK && h < scope->n_handles; h++) {
    size_t before = t->n_rows;
    err = run_prepared(s, q, step, scope, h, TACET_SPAN_EMPTY, why, t);
    if (err == TACET_OK &&
        (t->n_rows > before + 1 ||
         (t->n_rows > before && !t->rows[before].cells[0].is_bytes))) {
      desk_trouble_set(why, "a handle has more than one account; nothing was "
                            "handed out: look at tacetd doctor");
      err = TACET_ERR_STATE;
    }
  }
  (void)sqlite3_finalize(q);
  return err;
}

tacet_err desk_snapshot_pin(desk_snapshot *s, const char *case_id,
                            const char *handle, desk_day to, desk_trouble *why,
                            bool *present, uint8_t pin[DESK_HASH]) {
  uint8_t made[DESK_HASH] = {0};
  DESK_EXTRACT(found);
  desk_query step;
  desk_scope scope = {
      .handles = &handle, .n_handles = 1, .from = DESK_NO_DAY, .to = to};
  TACET_TRY(desk_query_locate(to, &step));
  TACET_TRY(locate(s, &step, &scope, why, &found));
  TACET_TRY(desk_snapshot_unchanged(s, why));
  bool there = found.tables[0].n_rows == 1;
  if (there) {
    const tacet_bytes *id = &found.tables[0].rows[0].cells[0].bytes;
    TACET_TRY(desk_plan_pin(case_id, tacet_bytes_span(id), made));
  }
  *present = there;
  memcpy(pin, made, sizeof(made));
  return TACET_OK;
}

tacet_err desk_snapshot_present(desk_snapshot *s, const char *handle,
                                desk_day to, desk_trouble *why, bool *present) {
  uint8_t unused[DESK_HASH];
  return desk_snapshot_pin(s, "", handle, to, why, present, unused);
}

/* That a handle still is the account's that it was when it was planned. */
static tacet_err is_still(const desk_plan *p, const desk_extract_row *row,
                          desk_trouble *why) {
  uint8_t pin[DESK_HASH];
  const char *handle = p->scope.handles[row->handle];
  if (p->in.pins == NULL || !p->in.present[row->handle]) {
    return TACET_OK; /* or said by desk_extract_check() */
  }
  TACET_TRY(desk_plan_pin(p->scope.case_id,
                          tacet_bytes_span(&row->cells[0].bytes), pin));
  if (memcmp(pin, p->in.pins[row->handle], sizeof(pin)) == 0) {
    return TACET_OK;
  }
  desk_trouble_set(why,
                   "the handle %.64s has passed to another account since it "
                   "was planned; nothing was handed out: plan it again",
                   handle);
  return TACET_ERR_STATE;
}

/* One of the other steps, for every account that was found. */
static tacet_err run_step(desk_snapshot *s, const desk_plan *p,
                          const desk_extract_table *found, desk_trouble *why,
                          desk_extract_table *t) {
  sqlite3_stmt *q = NULL;
  int rc = prepare(s, t->step, &q);
  tacet_err err = rc == SQLITE_OK ? TACET_OK : snapshot_fail(s, rc, why);
  for (size_t i = 0; err == TACET_OK && i < found->n_rows; i++) {
    const desk_extract_row *row = &found->rows[i];
    err = run_prepared(s, q, t->step, &p->scope, row->handle,
                       tacet_bytes_span(&row->cells[0].bytes), why, t);
  }
  (void)sqlite3_finalize(q);
  return err;
}

static tacet_err run_steps(desk_snapshot *s, const desk_plan *p,
                           desk_trouble *why, desk_extract *x) {
  DESK_EXTRACT(found);
  const desk_extract_table *accounts = &found.tables[0];
  TACET_TRY(locate(s, &p->steps[0], &p->scope, why, &found));
  for (size_t i = 0; i < accounts->n_rows; i++) {
    TACET_TRY(is_still(p, &accounts->rows[i], why));
    x->present[accounts->rows[i].handle] = true;
  }
  for (size_t i = 1; i < p->n_steps; i++) {
    TACET_TRY(run_step(s, p, accounts, why, &x->tables[i]));
  }
  return desk_snapshot_unchanged(s, why);
}

tacet_err desk_snapshot_run(desk_snapshot *s, const desk_plan *p,
                            desk_trouble *why, desk_extract *out) {
  DESK_EXTRACT(x);
  x.present = calloc(p->scope.n_handles, sizeof(*x.present));
  x.n_handles = p->scope.n_handles;
  if (x.present == NULL) {
    return snapshot_fail(s, SQLITE_NOMEM, why);
  }
  x.n_tables = p->n_steps;
  for (size_t i = 0; i < p->n_steps; i++) {
    x.tables[i].step = &p->steps[i];
  }
  TACET_TRY(run_steps(s, p, why, &x));
  TACET_TRY(desk_extract_check(p, &x, why));
  *out = x;
  x = (desk_extract){.n_tables = 0};
  return TACET_OK;
}
