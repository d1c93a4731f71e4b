/* SPDX-License-Identifier: Apache-2.0
 * The inventory against the databases that the server really makes, its log
 * and its metrics; and that a difference on either side is found. */
#include "server/delivery/delivery.h"
#include "server/directory/directory.h"
#include "server/ops/inventory.h"
#include "tests/support/folder.h"
#include "tests/support/support.h"

#include <dirent.h>
#include <jansson.h>
#include <sqlite3.h>

static char folder[TEST_PATH_MAX];

static int setup(void **state) {
  (void)state;
  sto_trouble why;
  test_folder_make(folder);
  return dir_create(folder, "localhost", &why) == TACET_OK &&
                 dlv_create(folder, &why) == TACET_OK
             ? 0
             : -1;
}
static int teardown(void **state) {
  (void)state;
  test_folder_remove(folder);
  return 0;
}

static void expect_difference(const char *words) {
  tacetd_trouble why = {""};
  assert_err(TACET_ERR_STATE, tacetd_inventory_check(folder, &why));
  if (strstr(why.text, words) == NULL) {
    fail_msg("\"%s\" does not say \"%s\"", why.text, words);
  }
}

static void change(const char *database, const char *sql) {
  char path[TEST_PATH_MAX];
  sqlite3 *s = NULL;
  test_folder_path(folder, database, path);
  assert_int_equal(SQLITE_OK, sqlite3_open(path, &s));
  assert_int_equal(SQLITE_OK, sqlite3_exec(s, sql, NULL, NULL, NULL));
  assert_int_equal(SQLITE_OK, sqlite3_close(s));
}

static void test_agrees(void **state) {
  (void)state;
  tacetd_trouble why = {""};
  tacet_err err = tacetd_inventory_check(folder, &why);
  if (err != TACET_OK) {
    fail_msg("%s", why.text);
  }
}

static void test_undeclared_column(void **state) {
  (void)state;
  change("directory.db", "ALTER TABLE account ADD COLUMN address TEXT");
  expect_difference("account.address");
}
static void test_undeclared_table(void **state) {
  (void)state;
  change("delivery.db", "CREATE TABLE sender(item INTEGER, account BLOB)");
  expect_difference("sender.account");
}
static void test_statistics_are_content(void **state) {
  (void)state;
  change("directory.db", "INSERT INTO meta VALUES('x', 1); ANALYZE");
  expect_difference("sqlite_stat");
}
static void test_missing_column(void **state) {
  (void)state;
  change("delivery.db", "ALTER TABLE mailbox DROP COLUMN expired");
  expect_difference("mailbox.expired");
}
static void test_no_database(void **state) {
  (void)state;
  tacetd_trouble why = {""};
  test_folder_remove(folder);
  assert_err(TACET_ERR_IO, tacetd_inventory_check(folder, &why));
}

/* Every file that init and a running server leave is declared. */
static void test_files(void **state) {
  (void)state;
  sto_trouble why;
  const dlv_options o = {.folder = folder};
  dlv_delivery *d = NULL;
  assert_ok(dlv_open(&o, &why, &d));
  DIR *list = opendir(folder);
  assert_non_null(list);
  for (struct dirent *e; (e = readdir(list)) != NULL;) {
    bool declared = e->d_name[0] == '.';
    const tacetd_inventory_row *row;
    for (size_t i = 0; (row = tacetd_inventory_at(i)) != NULL; i++) {
      size_t len = strlen(row->name);
      len -= row->name[len - 1] == '/' ? 1 : 0;
      declared = declared ||
                 (row->kind == TACETD_HELD_FILE && strlen(e->d_name) == len &&
                  memcmp(row->name, e->d_name, len) == 0);
    }
    if (!declared) {
      fail_msg("%s is not in the inventory", e->d_name);
    }
  }
  assert_int_equal(0, closedir(list));
  dlv_close(d);
}

/* Each row says all that it has to, once. */
static void test_rows(void **state) {
  (void)state;
  const tacetd_inventory_row *a, *b;
  for (size_t i = 0; (a = tacetd_inventory_at(i)) != NULL; i++) {
    assert_true(strlen(a->what) > 3 && strlen(a->why) > 2);
    assert_true(strlen(a->how_long) > 3 && strlen(a->who) > 3);
    for (size_t k = 0; k < i; k++) {
      b = tacetd_inventory_at(k);
      assert_false(a->kind == b->kind && strcmp(a->name, b->name) == 0);
    }
  }
}

/* A column is in answers, or says why not; nothing else can be in one. */
static void test_answers(void **state) {
  (void)state;
  const tacetd_inventory_row *row;
  size_t n = 0;
  for (size_t i = 0; (row = tacetd_inventory_at(i)) != NULL; i++) {
    bool column =
        row->kind == TACETD_HELD_DIRECTORY || row->kind == TACETD_HELD_DELIVERY;
    bool about = column && row->category != TACETD_CATEGORY_NONE;
    assert_int_equal(about ? 1 : 0, (row->answer != NULL ? 1 : 0) +
                                        (row->no_answer != NULL ? 1 : 0));
    assert_true((row->answer != NULL) == (row->form != TACETD_FORM_NONE));
    assert_true(row->answer == NULL || row->plaintext);
    assert_false(row->answer != NULL && row->kind == TACETD_HELD_DELIVERY);
    n += row->answer != NULL && row->category == TACETD_CATEGORY_SUBSCRIBER;
  }
  assert_int_equal(2, n); /* of an account: two dates */
}

/* The promise of two halves: no column of one says what one of the other says,
 * but for what every table needs. */
static void test_halves_share_nothing(void **state) {
  (void)state;
  const tacetd_inventory_row *row;
  for (size_t i = 0; (row = tacetd_inventory_at(i)) != NULL; i++) {
    if (row->kind == TACETD_HELD_DELIVERY) {
      assert_null(strstr(row->name, "account"));
      assert_null(strstr(row->name, "device"));
      assert_null(strstr(row->name, "name."));
    } else if (row->kind == TACETD_HELD_DIRECTORY) {
      assert_null(strstr(row->name, "mailbox"));
      assert_null(strstr(row->name, "item"));
    }
  }
}

static void test_print(void **state) {
  (void)state;
  char *text = NULL;
  size_t len = 0;
  FILE *f = open_memstream(&text, &len);
  assert_non_null(f);
  tacetd_inventory_print(f);
  assert_int_equal(0, fclose(f));
  assert_non_null(strstr(text, "item.sealed"));
  size_t column = 0;
  for (size_t i = 0; i < len; i++) {
    column = text[i] == '\n' ? 0 : column + 1;
    assert_true(column <= 79);
  }
  free(text);
}

static void test_print_json(void **state) {
  (void)state;
  char *text = NULL;
  size_t len = 0, n = 0;
  FILE *f = open_memstream(&text, &len);
  assert_non_null(f);
  assert_ok(tacetd_inventory_print_json(f));
  assert_int_equal(0, fclose(f));
  json_t *all = json_loadb(text, len, 0, NULL);
  assert_non_null(all);
  const json_t *held = json_object_get(all, "held");
  while (tacetd_inventory_at(n) != NULL) {
    n++;
  }
  assert_int_equal(n, json_array_size(held));
  assert_string_equal("account.id", json_string_value(json_object_get(
                                        json_array_get(held, 0), "name")));
  json_decref(all);
  free(text);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_agrees),
      TEST(test_undeclared_column),
      TEST(test_undeclared_table),
      TEST(test_statistics_are_content),
      TEST(test_missing_column),
      TEST(test_no_database),
      TEST(test_files),
      cmocka_unit_test(test_rows),
      cmocka_unit_test(test_answers),
      cmocka_unit_test(test_halves_share_nothing),
      cmocka_unit_test(test_print),
      cmocka_unit_test(test_print_json),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
