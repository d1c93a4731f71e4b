/* SPDX-License-Identifier: Apache-2.0
 * Preserved copies: what was planned is in them and nothing else, a later plan
 * reads them as it would have read the server, and only what they cover. */
#include "desk/plan/freeze.h"
#include "tacet/crypto.h"
#include "tests/unit/desk_plan/desk_folder.h"

#include <stdlib.h>

#define RECIPIENT                                                              \
  "age1k2dslpec7tcuuqn7k360v27npxw7lrw8ypcqvenkzxqgxwvxlf6s6px7jh"
#define HASH "0000000000000000000000000000000000000000000000000000000000000000"
#define ALL ((1u << DESK_CATEGORIES) - 1)

static char folder[TEST_PATH_MAX];
static const char *const handles[] = {"user3", "user7", "nobody"};
static const bool present[] = {true, true, false};

static int setup(void **state) {
  (void)state;
  test_folder_make(folder);
  folder_create(folder);
  sqlite3 *db = folder_database(folder);
  for (size_t i = 0; i < 10; i++) {
    folder_account a = folder_account_of(i);
    folder_add(db, &a);
  }
  return sqlite3_close(db) == SQLITE_OK ? 0 : -1;
}
static int teardown(void **state) {
  (void)state;
  test_folder_remove(folder);
  return 0;
}

static desk_thing_set things; /* of the scopes that follow */

static desk_scope scope_of(desk_category_set set) {
  return (desk_scope){.case_id = "c",
                      .instrument = "i",
                      .categories = set,
                      .things = things,
                      .handles = handles,
                      .n_handles = 3,
                      .from = DESK_NO_DAY,
                      .to = DESK_NO_DAY};
}

static void plan_of(const desk_scope *scope, desk_purpose purpose,
                    desk_plan *p) {
  desk_trouble why = {""};
  bool answer = purpose == DESK_ANSWER;
  const desk_plan_input in = {.scope = scope,
                              .present = present,
                              .purpose = purpose,
                              .recipient = answer ? RECIPIENT : NULL,
                              .until = answer ? DESK_NO_DAY : 20000,
                              .source_case = answer ? "c" : NULL,
                              .source_hash = answer ? HASH : NULL};
  if (desk_plan_make(&in, &why, p) != TACET_OK) {
    fail_msg("%s", why.text);
  }
}

static void freeze(desk_category_set set, tacet_bytes *copy) {
  DESK_PLAN(p);
  DESK_EXTRACT(x);
  desk_trouble why = {""};
  desk_snapshot *s = NULL;
  desk_scope scope = scope_of(set);
  plan_of(&scope, DESK_PRESERVE, &p);
  assert_ok(desk_snapshot_open(folder, NULL, &why, &s));
  assert_ok(desk_snapshot_run(s, &p, &why, &x));
  if (desk_freeze(s, &p, &x, &why, copy) != TACET_OK) {
    fail_msg("%s", why.text);
  }
  desk_snapshot_close(s);
}

static void same_extract(const desk_extract *a, const desk_extract *b) {
  assert_int_equal(a->n_tables, b->n_tables);
  for (size_t t = 0; t < a->n_tables; t++) {
    assert_int_equal(a->tables[t].n_rows, b->tables[t].n_rows);
    for (size_t r = 0; r < a->tables[t].n_rows; r++) {
      const desk_extract_row *x = &a->tables[t].rows[r];
      const desk_extract_row *y = &b->tables[t].rows[r];
      assert_int_equal(x->n_cells, y->n_cells);
      for (size_t c = 0; c < x->n_cells; c++) {
        assert_ptr_equal(x->cells[c].from, y->cells[c].from);
        assert_int_equal(x->cells[c].number, y->cells[c].number);
        assert_span(tacet_bytes_span(&x->cells[c].bytes),
                    tacet_bytes_span(&y->cells[c].bytes));
      }
    }
  }
}

/* For every permitted subset of what was kept: as if the server were still as
 * it was, though its accounts are gone. */
static void test_as_it_was(void **state) {
  (void)state;
  TACET_BYTES(copy);
  desk_extract before[ALL + 1] = {{.n_tables = 0}};
  desk_plan plans[ALL + 1] = {{.text = NULL}};
  desk_trouble why = {""};
  desk_snapshot *s = NULL;
  desk_scope scopes[ALL + 1];
  assert_ok(desk_snapshot_open(folder, NULL, &why, &s));
  for (desk_category_set set = 1; set <= ALL; set++) {
    scopes[set] = scope_of(set);
    plan_of(&scopes[set], DESK_ANSWER, &plans[set]);
    assert_ok(desk_snapshot_run(s, &plans[set], &why, &before[set]));
  }
  desk_snapshot_close(s);
  freeze(ALL, &copy);
  sqlite3 *db = folder_database(folder);
  folder_run(db, "DELETE FROM account; DELETE FROM manifest;"
                 "DELETE FROM package");
  assert_int_equal(SQLITE_OK, sqlite3_close(db));
  for (desk_category_set set = 1; set <= ALL; set++) {
    DESK_EXTRACT(x);
    if (desk_thaw(tacet_bytes_span(&copy), &scopes[set], &why, &s) !=
            TACET_OK ||
        desk_snapshot_run(s, &plans[set], &why, &x) != TACET_OK) {
      fail_msg("%s", why.text);
    }
    same_extract(&before[set], &x);
    desk_snapshot_close(s);
    desk_extract_free(&before[set]);
    desk_plan_free(&plans[set]);
  }
}

static size_t count(tacet_span in, tacet_span what) {
  size_t n = 0;
  for (size_t i = 0; i + what.len <= in.len; i++) {
    n += memcmp(in.p + i, what.p, what.len) == 0 ? 1 : 0;
  }
  return n;
}

static void test_nothing_else(void **state) {
  (void)state;
  TACET_BYTES(some);
  TACET_BYTES(all);
  freeze(1u << DESK_SUBSCRIBER, &some);
  freeze(ALL, &all);
  for (size_t i = 0; i < 10; i++) {
    folder_account a = folder_account_of(i);
    bool asked = i == 3 || i == 7;
    uint8_t body[24];
    folder_blob(&a, 'm', 0, body);
    tacet_span manifest = tacet_span_of(body, 24);
    assert_int_equal(0, count(tacet_bytes_span(&some), manifest));
    assert_int_equal(asked ? 1 : 0, count(tacet_bytes_span(&all), manifest));
    tacet_span name = tacet_span_str(a.name);
    assert_int_equal(asked, count(tacet_bytes_span(&some), name) > 0);
    tacet_span id = tacet_span_of(a.id, 32);
    assert_int_equal(0, count(tacet_bytes_span(&some), id));
    assert_int_equal(asked, count(tacet_bytes_span(&all), id) > 0);
  }
}

static void test_not_covered(void **state) {
  (void)state;
  TACET_BYTES(copy);
  desk_trouble why = {""};
  desk_snapshot *s = NULL;
  freeze(1u << DESK_SUBSCRIBER, &copy);
  desk_scope scope = scope_of(ALL);
  assert_err(TACET_ERR_POLICY,
             desk_thaw(tacet_bytes_span(&copy), &scope, &why, &s));
  assert_non_null(strstr(why.text, "fewer categories"));
  static const char *const other[] = {"user3", "user4"};
  scope = scope_of(1u << DESK_SUBSCRIBER);
  scope.handles = other;
  scope.n_handles = 2;
  assert_err(TACET_ERR_POLICY,
             desk_thaw(tacet_bytes_span(&copy), &scope, &why, &s));
  assert_non_null(strstr(why.text, "number 2"));
  assert_null(s);
  for (size_t i = 0; i < copy.len; i += 97) {
    assert_true(desk_thaw(tacet_span_of(copy.p, i), NULL, &why, &s) !=
                TACET_OK);
  }
  assert_ok(desk_thaw(tacet_bytes_span(&copy), NULL, &why, &s));
  desk_snapshot_close(s);
}

/* A copy of one thing is not given for another, nor for all. */
static void test_things(void **state) {
  (void)state;
  static const desk_thing_set more[] = {0, 1u << DESK_THING_LAST_SEEN,
                                        1u << DESK_THING_CREATED |
                                            1u << DESK_THING_LAST_SEEN};
  TACET_BYTES(copy);
  desk_trouble why = {""};
  desk_snapshot *s = NULL;
  things = 1u << DESK_THING_CREATED;
  freeze(1u << DESK_SUBSCRIBER, &copy);
  desk_scope scope = scope_of(1u << DESK_SUBSCRIBER);
  things = 0;
  for (size_t i = 0; i < sizeof(more) / sizeof(more[0]); i++) {
    desk_scope other = scope;
    other.things = more[i];
    assert_err(TACET_ERR_POLICY,
               desk_thaw(tacet_bytes_span(&copy), &other, &why, &s));
    assert_non_null(strstr(why.text, "not all that this demand asks for"));
    assert_null(s);
  }
  assert_ok(desk_thaw(tacet_bytes_span(&copy), &scope, &why, &s));
  desk_snapshot_close(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void) {
  const struct CMUnitTest tests[] = {TEST(test_as_it_was),
                                     TEST(test_nothing_else),
                                     TEST(test_not_covered), TEST(test_things)};
  return tacet_crypto_init() != TACET_OK
             ? 1
             : cmocka_run_group_tests(tests, NULL, NULL);
}
