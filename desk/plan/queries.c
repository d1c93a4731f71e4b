/* SPDX-License-Identifier: Apache-2.0
 * The statements. What a table's rows are found by is written here; what is
 * taken from them comes from the inventory.
 *
 * The period: an account that was made after its last day is none that was
 * asked for, and the day of the last use is given if it lies within. Manifests
 * and key packages have no day: they are as they are. */
#include "desk/plan/queries.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MANIFESTS_MAX 100000 /* the server takes 16 changes an hour */
#define PACKAGES_MAX 10000

typedef enum found_by { BY_HANDLE, BY_ACCOUNT } found_by;

/* A file of an answer. Of `account` there are two: what is true of it for good,
 * and what its last use was. */
typedef struct source {
  const char *name, *table;
  found_by by;
  bool of_use;
  const char *order; /* a column, or NULL */
  uint32_t rows_max;
} source;

static const source sources[] = {
    {"account", "account", BY_HANDLE, false, NULL, 1},
    {"last-use", "account", BY_HANDLE, true, NULL, 1},
    {"manifests", "manifest", BY_ACCOUNT, false, "number", MANIFESTS_MAX},
    {"key-packages", "package", BY_ACCOUNT, false, "hash", PACKAGES_MAX},
};
#define N_SOURCES (sizeof(sources) / sizeof(sources[0]))
_Static_assert(N_SOURCES + 1 <= DESK_QUERIES_MAX, "room for the steps");

/* Columns that say when an account was used last, and how much. */
static bool is_of_use(const tacetd_inventory_row *row) {
  return strncmp(row->name, "account.drawn", sizeof("account.drawn") - 1) == 0;
}

static bool belongs(const tacetd_inventory_row *row, const source *s,
                    const desk_scope *scope) {
  size_t len = strlen(s->table);
  desk_category c;
  return row->answer != NULL && desk_column_category(row, &c) &&
         (scope->categories >> c & 1u) != 0 &&
         desk_column_answers(row, scope->things) &&
         strncmp(row->name, s->table, len) == 0 && row->name[len] == '.' &&
         is_of_use(row) == s->of_use;
}

/* ---- building one statement ---- */

typedef struct builder {
  desk_query *step;
  size_t len;
  tacet_err err;
} builder;

__attribute__((format(printf, 2, 3))) static void add(builder *b,
                                                      const char *format, ...) {
  va_list list;
  size_t room = sizeof(b->step->sql) - b->len;
  va_start(list, format);
  int n = vsnprintf(b->step->sql + b->len, room, format, list);
  va_end(list);
  if (n < 0 || (size_t)n >= room) {
    b->err = TACET_ERR_LIMIT;
    return;
  }
  b->len += (size_t)n;
}

static void add_key(builder *b, const char *column) {
  desk_query *s = b->step;
  const tacetd_inventory_row *row = desk_column_find(s->table, column);
  if (row == NULL || s->n_keys == DESK_QUERY_KEYS) {
    b->err = TACET_ERR_STATE;
    return;
  }
  s->keys[s->n_keys++] = row;
}

/* " WHERE column = ?1", " AND column <= ?2" */
static void add_condition(builder *b, const char *column, const char *op,
                          desk_bind bind) {
  desk_query *s = b->step;
  TACET_ASSERT(s->n_binds < DESK_QUERY_BINDS);
  s->binds[s->n_binds++] = bind;
  add(b, "%s%s %s ?%zu", s->n_binds == 1 ? " WHERE " : " AND ", column, op,
      s->n_binds);
  for (size_t i = 0; i < s->n_keys; i++) {
    if (strcmp(desk_column_name(s->keys[i]), column) == 0) {
      return;
    }
  }
  add_key(b, column);
}

static void add_account(builder *b, desk_day to) {
  add_condition(b, "name", "=", DESK_BIND_HANDLE);
  if (to != DESK_NO_DAY) {
    add_condition(b, "created", "<=", DESK_BIND_TO);
  }
}

/* -1 is an account that was never used. */
static void add_use(builder *b, desk_day from, desk_day to) {
  if (from != DESK_NO_DAY) {
    add_condition(b, "drawn", ">=", DESK_BIND_FROM);
  } else {
    add(b, " AND drawn >= 0");
    add_key(b, "drawn");
  }
  if (to != DESK_NO_DAY) {
    add_condition(b, "drawn", "<=", DESK_BIND_TO);
  }
}

static tacet_err make_step(const source *s, const desk_scope *scope,
                           desk_query *step) {
  builder b = {.step = step, .err = TACET_OK};
  *step =
      (desk_query){.name = s->name, .table = s->table, .rows_max = s->rows_max};
  add(&b, "SELECT ");
  for (size_t i = 0; i < tacetd_inventory_directory.n; i++) {
    const tacetd_inventory_row *row = &tacetd_inventory_directory.rows[i];
    if (belongs(row, s, scope)) {
      if (step->n_columns == DESK_QUERY_COLUMNS) {
        return TACET_ERR_STATE;
      }
      add(&b, "%s%s", step->n_columns == 0 ? "" : ", ", desk_column_name(row));
      step->columns[step->n_columns++] = row;
    }
  }
  add(&b, " FROM %s", s->table);
  if (s->by == BY_HANDLE) {
    add_account(&b, scope->to);
  } else {
    add_condition(&b, "account", "=", DESK_BIND_ACCOUNT);
  }
  if (s->of_use) {
    add_use(&b, scope->from, scope->to);
  }
  if (s->order != NULL) {
    add(&b, " ORDER BY %s", s->order);
    add_key(&b, s->order);
  }
  /* One more than may be: so that it is seen. */
  add(&b, " LIMIT %u", s->rows_max + 1);
  return b.err;
}

tacet_err desk_query_locate(desk_day to, desk_query *out) {
  desk_query step = {.table = "account", .rows_max = 1};
  builder b = {.step = &step, .err = TACET_OK};
  add(&b, "SELECT id FROM account");
  add_key(&b, "id");
  add_account(&b, to);
  add(&b, " LIMIT 2");
  if (b.err == TACET_OK) {
    *out = step;
  }
  return b.err;
}

tacet_err desk_queries_make(const desk_scope *scope, desk_query *steps,
                            size_t *n) {
  size_t made = 1;
  TACET_TRY(desk_query_locate(scope->to, &steps[0]));
  for (size_t i = 0; i < N_SOURCES; i++) {
    TACET_TRY(make_step(&sources[i], scope, &steps[made]));
    made += steps[made].n_columns > 0 ? 1 : 0;
  }
  *n = made;
  return TACET_OK;
}

static bool holds(const tacetd_inventory_row *const *rows, size_t n,
                  const char *table, const char *column) {
  size_t len = strlen(table);
  for (size_t i = 0; i < n; i++) {
    if (strncmp(rows[i]->name, table, len) == 0 && rows[i]->name[len] == '.' &&
        strcmp(rows[i]->name + len + 1, column) == 0) {
      return true;
    }
  }
  return false;
}

bool desk_query_reads(const desk_query *s, const char *table,
                      const char *column) {
  return holds(s->keys, s->n_keys, table, column) ||
         holds(s->columns, s->n_columns, table, column);
}
