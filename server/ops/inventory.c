/* SPDX-License-Identifier: Apache-2.0
 * The inventory: comparing it with what is really there. */
#include "server/ops/inventory.h"

#include "server/ops/folder.h"
#include "server/ops/log.h"
#include "server/ops/metrics.h"
#include "server/storage/storage.h"

#include <string.h>

static const tacetd_inventory_part *const parts[] = {
    &tacetd_inventory_directory, &tacetd_inventory_delivery,
    &tacetd_inventory_files,     &tacetd_inventory_memory,
    &tacetd_inventory_log,       &tacetd_inventory_metrics,
};
#define N_PARTS (sizeof(parts) / sizeof(parts[0]))

const tacetd_inventory_row *tacetd_inventory_at(size_t i) {
  for (size_t p = 0; p < N_PARTS; p++) {
    if (i < parts[p]->n) {
      return &parts[p]->rows[i];
    }
    i -= parts[p]->n;
  }
  return NULL;
}

const char *tacetd_inventory_kind_name(tacetd_inventory_kind k) {
  static const char *const names[TACETD_HELD_KINDS] = {
      "directory", "delivery",  "file",  "memory",
      "log-event", "log-field", "metric"};
  return k < TACETD_HELD_KINDS ? names[k] : "?";
}

const char *tacetd_inventory_category_name(tacetd_inventory_category c) {
  static const char *const names[TACETD_CATEGORIES] = {
      "none", "subscriber", "identification", "traffic", "content"};
  return c < TACETD_CATEGORIES ? names[c] : "?";
}

static const tacetd_inventory_row *find(tacetd_inventory_kind kind,
                                        const char *name) {
  const tacetd_inventory_row *row;
  for (size_t i = 0; (row = tacetd_inventory_at(i)) != NULL; i++) {
    if (row->kind == kind && strcmp(row->name, name) == 0) {
      return row;
    }
  }
  return NULL;
}

static size_t count(tacetd_inventory_kind kind) {
  const tacetd_inventory_row *row;
  size_t n = 0;
  for (size_t i = 0; (row = tacetd_inventory_at(i)) != NULL; i++) {
    n += row->kind == kind ? 1 : 0;
  }
  return n;
}

static tacet_err undeclared(const char *what, const char *name,
                            tacetd_trouble *why) {
  tacetd_trouble_set(why,
                     "%s %s is not in the inventory: this database or program "
                     "holds more than it says; use the tacetd that belongs to "
                     "it",
                     what, name);
  return TACET_ERR_STATE;
}

static tacet_err missing(const char *what, const char *name,
                         tacetd_trouble *why) {
  tacetd_trouble_set(why, "%s %s is in the inventory and does not exist", what,
                     name);
  return TACET_ERR_STATE;
}

/* ---- databases ---- */

#define COLUMNS_MAX 256

typedef struct seen {
  tacetd_inventory_kind kind;
  const tacetd_inventory_row *rows[COLUMNS_MAX];
  size_t n;
  tacetd_trouble *why;
} seen;

static tacet_err see_column(void *user, const char *table, const char *column) {
  seen *s = user;
  char name[128];
  int n = snprintf(name, sizeof(name), "%s.%s", table, column);
  const tacetd_inventory_row *row =
      n < (int)sizeof(name) ? find(s->kind, name) : NULL;
  if (row == NULL || s->n == COLUMNS_MAX) {
    return undeclared("column", name, s->why);
  }
  s->rows[s->n++] = row;
  return TACET_OK;
}

static bool was_seen(const seen *s, const tacetd_inventory_row *row) {
  for (size_t i = 0; i < s->n; i++) {
    if (s->rows[i] == row) {
      return true;
    }
  }
  return false;
}

tacet_err tacetd_inventory_check_database(tacetd_inventory_kind kind,
                                          const char *path,
                                          tacetd_trouble *why) {
  seen s = {.kind = kind, .why = why};
  sto_trouble trouble = {""};
  tacet_err err = sto_columns(path, see_column, &s, &trouble);
  if (err != TACET_OK) {
    if (trouble.text[0] != '\0') {
      tacetd_trouble_set(why, "%s", trouble.text);
    }
    return err;
  }
  const tacetd_inventory_row *row;
  for (size_t i = 0; (row = tacetd_inventory_at(i)) != NULL; i++) {
    if (row->kind == kind && !was_seen(&s, row)) {
      return missing("column", row->name, why);
    }
  }
  return TACET_OK;
}

/* ---- lists of the program ---- */

/* Every name of a list is declared; as many are declared as there are. */
static tacet_err check_list(tacetd_inventory_kind kind,
                            const char *(*name_at)(size_t i),
                            tacetd_trouble *why) {
  const char *what = tacetd_inventory_kind_name(kind);
  size_t n = 0;
  for (const char *name; (name = name_at(n)) != NULL; n++) {
    if (find(kind, name) == NULL) {
      return undeclared(what, name, why);
    }
  }
  return n == count(kind) ? TACET_OK : missing(what, "(one or more)", why);
}

static const char *event_at(size_t i) {
  const tacetd_log_event_info *e = tacetd_log_event_at(i);
  return e == NULL ? NULL : e->name;
}
static const char *field_at(size_t i) {
  const tacetd_log_field_info *f = tacetd_log_field_at(i);
  return f == NULL ? NULL : f->name;
}
static const char *metric_at(size_t i) {
  const tacetd_metric_info *m = tacetd_metric_at(i);
  return m == NULL ? NULL : m->name;
}

tacet_err tacetd_inventory_check_lists(tacetd_trouble *why) {
  TACET_TRY(check_list(TACETD_HELD_EVENT, event_at, why));
  TACET_TRY(check_list(TACETD_HELD_FIELD, field_at, why));
  return check_list(TACETD_HELD_METRIC, metric_at, why);
}

tacet_err tacetd_inventory_check(const char *folder, tacetd_trouble *why) {
  static const struct {
    tacetd_inventory_kind kind;
    const char *name;
  } databases[] = {{TACETD_HELD_DIRECTORY, TACETD_DIRECTORY_DB},
                   {TACETD_HELD_DELIVERY, TACETD_DELIVERY_DB}};
  TACET_TRY(tacetd_inventory_check_lists(why));
  for (size_t i = 0; i < 2; i++) {
    char path[TACETD_PATH_MAX];
    TACET_TRY(tacetd_folder_path(folder, databases[i].name, path));
    TACET_TRY(tacetd_inventory_check_database(databases[i].kind, path, why));
  }
  return TACET_OK;
}
