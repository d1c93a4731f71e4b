/* SPDX-License-Identifier: Apache-2.0
 * Columns of the inventory as plans see them. */
#include "desk/plan/plan.h"
#include "tacet/crypto.h"

#include <stdio.h>
#include <string.h>

const char *desk_column_name(const tacetd_inventory_row *row) {
  const char *dot = strchr(row->name, '.');
  TACET_ASSERT(dot != NULL);
  return dot + 1;
}

const tacetd_inventory_row *desk_column_find(const char *table,
                                             const char *column) {
  size_t len = strlen(table);
  for (size_t i = 0; i < tacetd_inventory_directory.n; i++) {
    const tacetd_inventory_row *row = &tacetd_inventory_directory.rows[i];
    if (strncmp(row->name, table, len) == 0 && row->name[len] == '.' &&
        strcmp(row->name + len + 1, column) == 0) {
      return row;
    }
  }
  return NULL;
}

bool desk_column_category(const tacetd_inventory_row *row, desk_category *out) {
  switch (row->category) {
  case TACETD_CATEGORY_SUBSCRIBER:
    *out = DESK_SUBSCRIBER;
    return true;
  case TACETD_CATEGORY_IDENTIFICATION:
    *out = DESK_IDENTIFICATION;
    return true;
  case TACETD_CATEGORY_TRAFFIC:
    *out = DESK_TRAFFIC;
    return true;
  case TACETD_CATEGORY_CONTENT:
    *out = DESK_CONTENT;
    return true;
  case TACETD_CATEGORY_NONE:
  case TACETD_CATEGORIES:
    break;
  }
  return false;
}

const char *desk_column_form(tacetd_inventory_form f) {
  switch (f) {
  case TACETD_FORM_DAY:
    return "day";
  case TACETD_FORM_NUMBER:
    return "number";
  case TACETD_FORM_HEX:
    return "hex";
  case TACETD_FORM_NONE:
    break;
  }
  return "none";
}

bool desk_column_answers(const tacetd_inventory_row *row,
                         desk_thing_set things) {
  static const struct {
    const char *table; /* "table." or a column */
    desk_thing_set things;
  } answers[] = {
      {"account.created", 1u << DESK_THING_CREATED},
      {"account.id", 1u << DESK_THING_ACCOUNT_ID},
      {"account.drawn", 1u << DESK_THING_LAST_SEEN},
      {"manifest.", 1u << DESK_THING_DEVICES | 1u << DESK_THING_PUBLIC_KEYS},
      {"package.", 1u << DESK_THING_PUBLIC_KEYS}};
  for (size_t i = 0; things != 0 && i < sizeof(answers) / sizeof(answers[0]);
       i++) {
    size_t len = strlen(answers[i].table);
    bool whole = answers[i].table[len - 1] != '.';
    if (strncmp(row->name, answers[i].table, len) == 0 &&
        (!whole || row->name[len] == '\0')) {
      return (answers[i].things & things) != 0;
    }
  }
  return things == 0;
}

/* A hash of one row's hash after the other: texts end in a zero byte, so that
 * no two rows are one. */
static tacet_err hash_row(const tacetd_inventory_row *row, uint8_t *hash) {
  const char *texts[] = {tacetd_inventory_kind_name(row->kind),
                         row->name,
                         row->what,
                         row->why,
                         row->how_long,
                         row->who,
                         tacetd_inventory_category_name(row->category),
                         row->plaintext ? "plaintext" : "",
                         row->answer == NULL ? "" : row->answer,
                         desk_column_form(row->form),
                         row->no_answer == NULL ? "" : row->no_answer};
  enum { N = sizeof(texts) / sizeof(texts[0]) };
  tacet_span parts[N + 1];
  uint8_t next[DESK_HASH];
  parts[0] = tacet_span_of(hash, DESK_HASH);
  for (size_t i = 0; i < N; i++) {
    parts[i + 1] = tacet_span_of(texts[i], strlen(texts[i]) + 1);
  }
  TACET_TRY(tacet_hash_sha256.digest(parts, N + 1, next));
  memcpy(hash, next, DESK_HASH);
  return TACET_OK;
}

tacet_err desk_inventory_hash(uint8_t out[DESK_HASH]) {
  uint8_t hash[DESK_HASH] = {0};
  const tacetd_inventory_row *row;
  for (size_t i = 0; (row = tacetd_inventory_at(i)) != NULL; i++) {
    TACET_TRY(hash_row(row, hash));
  }
  memcpy(out, hash, DESK_HASH);
  return TACET_OK;
}
