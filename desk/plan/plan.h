/* SPDX-License-Identifier: Apache-2.0
 * desk/plan/plan.h -- what of a demand is answered, as literal SELECTs.
 *
 * A plan follows from what may be handed over (desk_scope), from the inventory
 * and from which of the accounts exist, and from nothing else. Its columns are
 * found in the inventory, by category: a column that has no entry there, or one
 * without a name for answers, cannot come into a plan. Each statement reads one
 * table, for one account at a time.
 *
 * The plan is a text: JSON with sorted names and without spaces, the same bytes
 * for the same input. Its SHA-256 is what officers sign (plan/consent.h). What
 * is read back is made anew and compared: a plan of another inventory, another
 * program or another hand is refused, and no SQL is ever taken from a file.
 *
 * A handle can pass to another account, so the plan pins the account that had
 * it when it was planned: by a hash, since its id is not everybody's to be
 * given.
 *
 *   {"case":"...","categories":["subscriber"],"handles":[{"handle":"alice",
 *    "pin":"<SHA-256>","present":true}],"instrument":"subpoena","inventory":"<SHA-256>",
 *    "period":{"from":null,"to":"2013-05-31"},"purpose":"answer",
 *    "recipient":"age1...","steps":[{"gives":[{"as":"created","category":
 *    "subscriber","column":"account.created","form":"day"}],"name":"account",
 *    "parameters":["handle","to"],"reads":["account.name","account.created"],
 *    "rows_max":1,"sql":"SELECT created FROM account WHERE name = ?1 AND
 *    ..."}],"source":null,"things":["created"],"until":null,"version":1}
 */
#ifndef TACET_DESK_PLAN_H
#define TACET_DESK_PLAN_H

#include "desk/model.h"
#include "server/ops/inventory.h"

#define DESK_PLAN_VERSION 1
#define DESK_PLAN_MAX ((size_t)4 * 1024 * 1024) /* bytes of its text */
#define DESK_PLAN_HANDLES_MAX 10000
#define DESK_HASH 32
#define DESK_QUERIES_MAX 8
#define DESK_QUERY_COLUMNS 8
#define DESK_QUERY_KEYS 4
#define DESK_QUERY_BINDS 4
#define DESK_QUERY_SQL 512

typedef enum desk_purpose {
  DESK_ANSWER,   /* to be handed out, sealed to its recipient */
  DESK_PRESERVE, /* kept by the desk until a day, sealed to the desk */
  DESK_PURPOSES
} desk_purpose;

/* Where a parameter's value comes from. */
typedef enum desk_bind {
  DESK_BIND_HANDLE,  /* of the account that is asked for */
  DESK_BIND_ACCOUNT, /* its id, as the first step found it */
  DESK_BIND_FROM,    /* the period's first day */
  DESK_BIND_TO       /* and its last */
} desk_bind;

/* One statement, carried out once for each account. */
typedef struct desk_query {
  const char *name; /* data/NAME.csv; NULL for what gives nothing away */
  const char *table;
  char sql[DESK_QUERY_SQL];
  const tacetd_inventory_row *keys[DESK_QUERY_KEYS]; /* read to find rows */
  size_t n_keys;
  const tacetd_inventory_row *columns[DESK_QUERY_COLUMNS]; /* in order */
  size_t n_columns;
  desk_bind binds[DESK_QUERY_BINDS];
  size_t n_binds;
  uint32_t rows_max; /* for one account; more stops the run */
} desk_query;

/* What a plan is made of. All borrowed. */
typedef struct desk_plan_input {
  const desk_scope *scope;
  const bool *present; /* of each handle: whether there is such an account */
  /* Of each that there is: which one (desk_plan_pin). NULL: not said, as in
   * plans that were made before; the CLI always says it. */
  const uint8_t (*pins)[DESK_HASH];
  desk_purpose purpose;
  const char *recipient; /* ANSWER: "age1..."; PRESERVE: NULL */
  desk_day until;        /* PRESERVE: its last day; ANSWER: DESK_NO_DAY */
  /* ANSWER from a preserved copy: whose it is, and its SHA-256 in hexadecimal;
   * else both NULL. */
  const char *source_case, *source_hash;
} desk_plan_input;

typedef struct desk_plan {
  desk_plan_input in; /* into what follows */
  desk_scope scope;
  desk_query steps[DESK_QUERIES_MAX]; /* the first finds the account */
  size_t n_steps;
  uint8_t inventory[DESK_HASH];
  char *text; /* JSON */
  size_t text_len;
  uint8_t hash[DESK_HASH];
  void *json, *block; /* own handles and words */
} desk_plan;
#define DESK_PLAN(name)                                                        \
  TACET_CLEANUP(desk_plan_free) desk_plan name = {.text = NULL}
void desk_plan_free(desk_plan *p);

/* ARGUMENT and a sentence for a scope that cannot be planned: no account, no
 * category, too many, a period that ends before it begins, a recipient that is
 * no key. STATE if the inventory lacks what steps stand on. NOMEM. */
TACET_MUST_CHECK tacet_err desk_plan_make(const desk_plan_input *in,
                                          desk_trouble *why, desk_plan *out);
/* From its text. STATE unless the same text is made from it today. ENCODING,
 * NOMEM. */
TACET_MUST_CHECK tacet_err desk_plan_read(tacet_span text, desk_trouble *why,
                                          desk_plan *out);

/* The one step that every plan begins with: whether there is such an account,
 * and its id. `to` as in a scope. */
TACET_MUST_CHECK tacet_err desk_query_locate(desk_day to, desk_query *out);
/* Whether a step may read that column. */
bool desk_query_reads(const desk_query *s, const char *table,
                      const char *column);
/* The part of "table.column" behind the dot. */
const char *desk_column_name(const tacetd_inventory_row *row);
/* The row of directory.db's column, or NULL. */
const tacetd_inventory_row *desk_column_find(const char *table,
                                             const char *column);
/* The inventory's category as the desk has it; false for NONE. */
bool desk_column_category(const tacetd_inventory_row *row, desk_category *out);
/* Whether it answers one of these things; 0 are all. A column that answers none
 * of them by name is given to nobody who names what he asks for. */
bool desk_column_answers(const tacetd_inventory_row *row,
                         desk_thing_set things);
/* "day", "number", "hex". */
const char *desk_column_form(tacetd_inventory_form f);

/* SHA-256 over the case's id and the account's: the same account in the same
 * case, and nothing to whoever does not know its id. */
TACET_MUST_CHECK tacet_err desk_plan_pin(const char *case_id,
                                         tacet_span account,
                                         uint8_t out[DESK_HASH]);

/* SHA-256 over every row of the inventory, all that it says. */
TACET_MUST_CHECK tacet_err desk_inventory_hash(uint8_t out[DESK_HASH]);

#endif
