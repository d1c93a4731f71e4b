/* SPDX-License-Identifier: Apache-2.0
 * What came out, against the plan: one cell too many stops it. This knows
 * nothing of SQL, and asks the inventory again. */
#include "desk/plan/snapshot.h"

#include <stdlib.h>
#include <string.h>

void desk_extract_free(desk_extract *x) {
  for (size_t t = 0; t < x->n_tables; t++) {
    desk_extract_table *table = &x->tables[t];
    for (size_t r = 0; r < table->n_rows; r++) {
      for (size_t c = 0; c < table->rows[r].n_cells; c++) {
        tacet_bytes_free(&table->rows[r].cells[c].bytes);
      }
      tacet_free_wiped(table->rows[r].cells,
                       table->rows[r].n_cells * sizeof(desk_extract_cell));
    }
    free(table->rows);
  }
  free(x->present);
  *x = (desk_extract){.n_tables = 0};
}

static tacet_err stop(desk_trouble *why, const desk_query *step,
                      const char *what) {
  desk_trouble_set(why,
                   "what came out of the database is not what was planned (%s: "
                   "%s); nothing was kept, and nothing is handed out",
                   step->name == NULL ? "accounts" : step->name, what);
  return TACET_ERR_STATE;
}

static bool has_form(const desk_extract_cell *c) {
  switch (c->from->form) {
  case TACETD_FORM_DAY:
  case TACETD_FORM_NUMBER:
    return !c->is_bytes && c->number >= 0;
  case TACETD_FORM_HEX:
    return c->is_bytes;
  case TACETD_FORM_NONE:
    break;
  }
  return false;
}

static bool in_period(const desk_scope *s, const desk_extract_cell *c) {
  if (c->from->form != TACETD_FORM_DAY) {
    return true;
  }
  bool is_use = strcmp(c->from->name, "account.drawn") == 0;
  return (s->to == DESK_NO_DAY || c->number <= s->to) &&
         (!is_use || s->from == DESK_NO_DAY || c->number >= s->from);
}

static tacet_err check_cell(const desk_plan *p, const desk_query *step,
                            const desk_extract_cell *c,
                            const tacetd_inventory_row *planned,
                            desk_trouble *why) {
  desk_category category;
  if (c->from == NULL || c->from != planned) {
    return stop(why, step, "a cell of another column");
  }
  if (planned->answer == NULL || !desk_column_category(planned, &category) ||
      (p->scope.categories >> category & 1u) == 0) {
    return stop(why, step, "a cell of a category that is not permitted");
  }
  if (!desk_column_answers(planned, p->scope.things)) {
    return stop(why, step, "a cell that was not asked for");
  }
  if (c->is_other || !has_form(c)) {
    return stop(why, step, "a cell of another form");
  }
  return in_period(&p->scope, c) ? TACET_OK
                                 : stop(why, step, "a day outside the period");
}

static tacet_err check_table(const desk_plan *p, const desk_extract *x,
                             const desk_extract_table *t, desk_trouble *why) {
  uint32_t in_a_row = 0;
  for (size_t r = 0; r < t->n_rows; r++) {
    const desk_extract_row *row = &t->rows[r];
    if (t->step->name == NULL || row->handle >= p->scope.n_handles ||
        !x->present[row->handle]) {
      return stop(why, t->step, "a row of an account that was not asked for");
    }
    if (r > 0 && row->handle < t->rows[r - 1].handle) {
      return stop(why, t->step, "rows out of order");
    }
    in_a_row = r > 0 && row->handle == t->rows[r - 1].handle ? in_a_row + 1 : 1;
    if (in_a_row > t->step->rows_max) {
      return stop(why, t->step, "more rows than an account can have");
    }
    if (row->n_cells != t->step->n_columns) {
      return stop(why, t->step, "another number of cells");
    }
    for (size_t c = 0; c < row->n_cells; c++) {
      TACET_TRY(
          check_cell(p, t->step, &row->cells[c], t->step->columns[c], why));
    }
  }
  return TACET_OK;
}

tacet_err desk_extract_check(const desk_plan *p, const desk_extract *x,
                             desk_trouble *why) {
  if (x->n_tables != p->n_steps || x->n_handles != p->scope.n_handles) {
    return stop(why, &p->steps[0], "another number of tables");
  }
  for (size_t i = 0; i < x->n_handles; i++) {
    if (x->present[i] != p->in.present[i]) {
      desk_trouble_set(why,
                       "account number %zu of the plan %s; nothing was "
                       "handed out: make the plan again",
                       i + 1,
                       x->present[i] ? "was made after it was planned"
                                     : "was erased after it was planned");
      return TACET_ERR_STATE;
    }
  }
  for (size_t t = 0; t < x->n_tables; t++) {
    if (x->tables[t].step != &p->steps[t]) {
      return stop(why, &p->steps[t], "a table of another step");
    }
    TACET_TRY(check_table(p, x, &x->tables[t], why));
  }
  return TACET_OK;
}
