/* SPDX-License-Identifier: Apache-2.0
 * server/ops/inventory.h -- everything that the server holds: each column,
 * file, field of the log, metric and table in memory, with what it is, why it
 * is held, for how long and who can read it.
 *
 * The rows are written by hand, since they are promises; the code is compared
 * with them. A column that the database has and the inventory does not, or the
 * other way round, stops the server before it serves, and a test; so it is for
 * events and fields of the log and for metrics.
 */
#ifndef TACETD_OPS_INVENTORY_H
#define TACETD_OPS_INVENTORY_H

#include "server/ops/config.h"

#include <stdio.h>

typedef enum tacetd_inventory_kind {
  TACETD_HELD_DIRECTORY, /* table.column of directory.db */
  TACETD_HELD_DELIVERY,  /* table.column of delivery.db */
  TACETD_HELD_FILE,      /* a file or folder in the data folder */
  TACETD_HELD_MEMORY,    /* what a running server knows and writes nowhere */
  TACETD_HELD_EVENT,     /* an event of the log */
  TACETD_HELD_FIELD,     /* a field of such an event */
  TACETD_HELD_METRIC,
  TACETD_HELD_KINDS
} tacetd_inventory_kind;

/* Which kind of data a lawful request would call it. */
typedef enum tacetd_inventory_category {
  TACETD_CATEGORY_NONE, /* the server's own: about no user */
  TACETD_CATEGORY_SUBSCRIBER,
  TACETD_CATEGORY_IDENTIFICATION,
  TACETD_CATEGORY_TRAFFIC,
  TACETD_CATEGORY_CONTENT,
  TACETD_CATEGORIES
} tacetd_inventory_category;

/* How a value is written in an answer to a lawful demand. */
typedef enum tacetd_inventory_form {
  TACETD_FORM_NONE,
  TACETD_FORM_DAY, /* days since 1970 become 2026-11-24 */
  TACETD_FORM_NUMBER,
  TACETD_FORM_HEX
} tacetd_inventory_form;

typedef struct tacetd_inventory_row {
  tacetd_inventory_kind kind;
  const char *name;
  const char *what, *why, *how_long, *who;
  tacetd_inventory_category category;
  /* Readable as it is: neither a hash of a secret nor a ciphertext. */
  bool plaintext;
  /* A column that can be tied to an account has a name in answers to demands
   * that its category permits, and a form. A column with a category that no
   * answer has says why in `no_answer`. Both are NULL where the category is
   * NONE, and for what is no column: no plan can read it. */
  const char *answer;
  tacetd_inventory_form form;
  const char *no_answer;
} tacetd_inventory_row;

const tacetd_inventory_row *tacetd_inventory_at(size_t i); /* NULL past end */
const char *tacetd_inventory_kind_name(tacetd_inventory_kind k);
const char *tacetd_inventory_category_name(tacetd_inventory_category c);

/* Compares a database with the rows of its kind. STATE with the first
 * difference in *why; IO if it cannot be read. */
TACET_MUST_CHECK tacet_err tacetd_inventory_check_database(
    tacetd_inventory_kind kind, const char *path, tacetd_trouble *why);
/* Compares the tables of the log and of the metrics. STATE. */
TACET_MUST_CHECK tacet_err tacetd_inventory_check_lists(tacetd_trouble *why);
/* All of it for a data folder: what a start does. */
TACET_MUST_CHECK tacet_err tacetd_inventory_check(const char *folder,
                                                  tacetd_trouble *why);

/* For people: headings and paragraphs of at most 79 columns. */
void tacetd_inventory_print(FILE *out);
/* For programs: one JSON object with an array of rows. IO, NOMEM. */
TACET_MUST_CHECK tacet_err tacetd_inventory_print_json(FILE *out);

/* The parts of the list; inventory_*.c. */
typedef struct tacetd_inventory_part {
  const tacetd_inventory_row *rows;
  size_t n;
} tacetd_inventory_part;
extern const tacetd_inventory_part tacetd_inventory_directory,
    tacetd_inventory_delivery, tacetd_inventory_files, tacetd_inventory_memory,
    tacetd_inventory_log, tacetd_inventory_metrics;

#endif
