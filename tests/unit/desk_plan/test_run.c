/* SPDX-License-Identifier: Apache-2.0
 * Carrying out plans: what comes, what is denied, what stops a run, and that
 * the server's folder stays as it was. */
#include "desk/plan/snapshot.h"
#include "tacet/crypto.h"
#include "tests/unit/desk_plan/desk_folder.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define RECIPIENT                                                              \
  "age1k2dslpec7tcuuqn7k360v27npxw7lrw8ypcqvenkzxqgxwvxlf6s6px7jh"
#define ALL ((1u << DESK_CATEGORIES) - 1)
#define ACCOUNTS 40

static char folder[TEST_PATH_MAX];

static int setup(void **state) {
  (void)state;
  test_folder_make(folder);
  folder_create(folder);
  sqlite3 *db = folder_database(folder);
  for (size_t i = 0; i < ACCOUNTS; i++) {
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

static desk_snapshot *open_snapshot(void) {
  desk_trouble why = {""};
  desk_snapshot *s = NULL;
  if (desk_snapshot_open(folder, NULL, &why, &s) != TACET_OK) {
    fail_msg("%s", why.text);
  }
  return s;
}

static const uint8_t (*pin_as)[DESK_HASH]; /* of the next plans */

static void plan_for(const char *const *handles, const bool *present, size_t n,
                     desk_category_set set, desk_plan *p) {
  desk_scope scope = {.case_id = "c",
                      .instrument = "warrant",
                      .categories = set,
                      .handles = handles,
                      .n_handles = n,
                      .from = DESK_NO_DAY,
                      .to = DESK_NO_DAY};
  desk_plan_input in = {.scope = &scope,
                        .present = present,
                        .pins = pin_as,
                        .recipient = RECIPIENT,
                        .until = DESK_NO_DAY};
  desk_trouble why = {""};
  if (desk_plan_make(&in, &why, p) != TACET_OK) {
    fail_msg("%s", why.text);
  }
}

static const char *const handles[] = {"user3", "user7", "nobody"};
static const bool present[] = {true, true, false};

static void run_ok(desk_snapshot *s, const desk_plan *p, desk_extract *x) {
  desk_trouble why = {""};
  if (desk_snapshot_run(s, p, &why, x) != TACET_OK) {
    fail_msg("%s", why.text);
  }
}

/* ---- what comes ---- */

static void test_two_dates(void **state) {
  (void)state;
  DESK_PLAN(p);
  DESK_EXTRACT(x);
  desk_snapshot *s = open_snapshot();
  plan_for(handles, present, 3, 1u << DESK_SUBSCRIBER, &p);
  run_ok(s, &p, &x);
  assert_int_equal(3, x.n_tables);
  for (size_t t = 1; t < 3; t++) {
    assert_int_equal(2, x.tables[t].n_rows);
    for (size_t r = 0; r < 2; r++) {
      folder_account a = folder_account_of(r == 0 ? 3 : 7);
      assert_int_equal(r, x.tables[t].rows[r].handle);
      assert_int_equal(1, x.tables[t].rows[r].n_cells);
      assert_int_equal(t == 1 ? a.created : a.drawn,
                       x.tables[t].rows[r].cells[0].number);
    }
  }
  desk_snapshot_close(s);
}

/* Another process, as a server is: it makes a change that stays in its log,
 * then one for each byte that it is sent, and says when it is done. */
typedef struct server {
  pid_t pid;
  int to, from;
} server;

static void serve(int in, int out) {
  sqlite3 *db = folder_database(folder);
  folder_run(db, "UPDATE account SET created = 15555 WHERE name = 'user3'");
  char c = 0;
  while (write(out, &c, 1) == 1 && read(in, &c, 1) == 1) {
    folder_run(db, "DELETE FROM account; DELETE FROM manifest");
  }
  _exit(0);
}

static void server_wait(const server *v) {
  char c;
  assert_int_equal(1, read(v->from, &c, 1));
}
static server server_start(void) {
  int to[2], from[2];
  assert_int_equal(0, pipe(to));
  assert_int_equal(0, pipe(from));
  server v = {.pid = fork(), .to = to[1], .from = from[0]};
  if (v.pid == 0) {
    serve(to[0], from[1]);
  }
  assert_true(v.pid > 0);
  (void)close(to[0]);
  (void)close(from[1]);
  server_wait(&v);
  return v;
}
static void server_kill(const server *v) {
  assert_int_equal(0, kill(v->pid, SIGKILL));
  assert_int_equal(v->pid, waitpid(v->pid, NULL, 0));
  (void)close(v->to);
  (void)close(v->from);
}

/* What is in the server's log is seen, what comes after the moment is not, and
 * not one byte of its folder is changed. */
static void test_live(void **state) {
  (void)state;
  DESK_PLAN(p);
  DESK_EXTRACT(x);
  uint8_t before[32], after[32];
  plan_for(handles, present, 3, ALL, &p);
  server v = server_start();
  folder_state(folder, before);
  desk_snapshot *s = open_snapshot();
  run_ok(s, &p, &x);
  assert_int_equal(15555, x.tables[1].rows[0].cells[1].number);
  desk_snapshot_close(s);
  folder_state(folder, after);
  assert_memory_equal(before, after, 32);
  s = open_snapshot();
  assert_int_equal(1, write(v.to, "x", 1));
  server_wait(&v);
  desk_extract_free(&x);
  run_ok(s, &p, &x);
  assert_int_equal(15555, x.tables[1].rows[0].cells[1].number);
  desk_snapshot_close(s);
  server_kill(&v);
}

/* Its log and its index are left over, and nobody is there. */
static void test_after_kill(void **state) {
  (void)state;
  DESK_PLAN(p);
  DESK_EXTRACT(x);
  uint8_t before[32], after[32];
  plan_for(handles, present, 3, ALL, &p);
  server v = server_start();
  server_kill(&v);
  folder_state(folder, before);
  desk_snapshot *s = open_snapshot();
  run_ok(s, &p, &x);
  assert_int_equal(15555, x.tables[1].rows[0].cells[1].number);
  desk_snapshot_close(s);
  folder_state(folder, after);
  assert_memory_equal(before, after, 32);
}

static void test_at_rest(void **state) {
  (void)state;
  DESK_PLAN(p);
  DESK_EXTRACT(x);
  uint8_t before[32], after[32];
  folder_state(folder, before);
  assert_int_equal(0, chmod(folder, 0500));
  desk_snapshot *s = open_snapshot();
  plan_for(handles, present, 3, ALL, &p);
  run_ok(s, &p, &x);
  desk_snapshot_close(s);
  assert_int_equal(0, chmod(folder, 0700));
  folder_state(folder, after);
  assert_memory_equal(before, after, 32);
}

/* It is started in the midst of it. */
static void test_server_starts(void **state) {
  (void)state;
  DESK_PLAN(p);
  DESK_EXTRACT(x);
  desk_trouble why;
  desk_snapshot *s = open_snapshot();
  plan_for(handles, present, 3, ALL, &p);
  sqlite3 *db = folder_database(folder);
  folder_run(db, "UPDATE account SET created = 15555 WHERE name = 'user3'");
  assert_err(TACET_ERR_BUSY, desk_snapshot_run(s, &p, &why, &x));
  assert_int_equal(0, x.n_tables);
  desk_snapshot_close(s);
  assert_int_equal(SQLITE_OK, sqlite3_close(db));
}

/* ---- what is denied ---- */

static void test_overreach(void **state) {
  (void)state;
  static const char *const attempts[] = {
      "SELECT created, drawn FROM account WHERE name = ?1",
      "SELECT * FROM account WHERE name = ?1",
      "SELECT draw_hash FROM account WHERE name = ?1",
      "SELECT created FROM account WHERE name = ?1 OR drawn > 0",
      "SELECT created FROM account WHERE name = ?1 ORDER BY drawn",
      "SELECT created FROM account WHERE name = ?1 GROUP BY drawn",
      "SELECT account.created FROM account, manifest WHERE name = ?1",
      "SELECT a.created FROM account a JOIN account b WHERE a.name = ?1"
      " AND b.drawn > 0",
      "SELECT created FROM account WHERE name = ?1"
      " AND EXISTS (SELECT 1 FROM account)",
      "SELECT (SELECT created FROM account) FROM account WHERE name = ?1",
      "SELECT created FROM (SELECT * FROM account) WHERE name = ?1",
      "SELECT created FROM account WHERE name IN (SELECT ?1)",
      "SELECT created FROM account WHERE name = ?1 UNION"
      " SELECT created FROM account",
      "SELECT created FROM account WHERE name = ?1 UNION ALL SELECT 1",
      "SELECT body FROM manifest WHERE account = ?1",
      "SELECT rowid FROM package WHERE hash = ?1",
      "SELECT _rowid_ FROM log_entry WHERE id = ?1",
      "SELECT name FROM sqlite_schema WHERE name = ?1",
      "SELECT sql FROM sqlite_master WHERE name = ?1",
      "SELECT name FROM pragma_table_info('account') WHERE name = ?1",
      "SELECT * FROM pragma_database_list WHERE name = ?1",
      "SELECT count(*) FROM account WHERE name = ?1",
      "SELECT max(created) FROM account WHERE name = ?1",
      "SELECT hex(created) FROM account WHERE name = ?1",
      "SELECT created FROM account WHERE name = lower(?1)",
      "SELECT created FROM account WHERE name LIKE ?1",
      "SELECT created FROM account WHERE name GLOB ?1",
      "SELECT load_extension(?1)",
      "SELECT randomblob(?1)",
      "WITH r(x) AS (SELECT 1 UNION ALL SELECT x FROM r) SELECT x FROM r"
      " WHERE x = ?1",
      "VALUES(?1)",
      "SELECT created FROM account WHERE name = ?1; SELECT 1",
      "SELECT created FROM account WHERE name = 'user3'",
      "SELECT created FROM main.account WHERE name = ?1 AND 1 = ?2",
      "SELECT ?1 FROM temp.account",
      "PRAGMA table_info(account)",
      "PRAGMA user_version = 9",
      "PRAGMA query_only = OFF",
      "ATTACH ?1 AS other",
      "ATTACH '/tmp/x' AS other",
      "DETACH main",
      "BEGIN",
      "COMMIT",
      "ROLLBACK",
      "SAVEPOINT x",
      "VACUUM INTO ?1",
      "INSERT INTO account(name) VALUES(?1)",
      "UPDATE account SET created = 0 WHERE name = ?1",
      "DELETE FROM account WHERE name = ?1",
      "CREATE TEMP TABLE t(x)",
      "CREATE TEMP VIEW v AS SELECT * FROM account",
      "DROP TABLE account",
      "ANALYZE",
      "REINDEX",
      "EXPLAIN SELECT created FROM account WHERE name = ?1 AND drawn = 1",
      "SELECT created FROM account NATURAL JOIN manifest WHERE name = ?1",
      "",
      "garbage",
  };
  uint8_t before[32], after[32];
  DESK_PLAN(p);
  plan_for(handles, present, 3, 1u << DESK_SUBSCRIBER, &p);
  folder_state(folder, before);
  desk_snapshot *s = open_snapshot();
  desk_query step = p.steps[1]; /* created, by name */
  for (size_t i = 0; i < sizeof(attempts) / sizeof(attempts[0]); i++) {
    desk_trouble why = {""};
    DESK_EXTRACT(x);
    x.n_tables = 1;
    (void)snprintf(step.sql, sizeof(step.sql), "%s", attempts[i]);
    if (desk_snapshot_query(s, &step, &p.scope, 0, TACET_SPAN_EMPTY, &why,
                            &x.tables[0]) == TACET_OK) {
      fail_msg("was not denied: %s", attempts[i]);
    }
    assert_int_equal(0, x.tables[0].n_rows);
    assert_true(strlen(why.text) > 20);
  }
  /* The one that was planned goes on working. */
  DESK_EXTRACT(x);
  run_ok(s, &p, &x);
  desk_snapshot_close(s);
  folder_state(folder, after);
  assert_memory_equal(before, after, 32);
}

/* Handles are values: SQL in one of them finds nobody. */
static void test_hostile_handles(void **state) {
  (void)state;
  static const char *const hostile[] = {
      "' OR 1=1 --", "user3'; DROP TABLE account; --",
      "%",           "*",
      "user3\"",     "\xd1\x83ser3",
      "USER3",       "user3 ",
      "?1"};
  enum { N = sizeof(hostile) / sizeof(hostile[0]) };
  bool none[N] = {false};
  DESK_PLAN(p);
  DESK_EXTRACT(x);
  desk_snapshot *s = open_snapshot();
  plan_for(hostile, none, N, ALL, &p);
  run_ok(s, &p, &x);
  for (size_t t = 0; t < x.n_tables; t++) {
    assert_int_equal(0, x.tables[t].n_rows);
  }
  desk_snapshot_close(s);
}

/* ---- what stops a run ---- */

static void test_vanished(void **state) {
  (void)state;
  static const bool all_there[] = {true, true, true};
  DESK_PLAN(p);
  DESK_EXTRACT(x);
  desk_trouble why;
  desk_snapshot *s = open_snapshot();
  plan_for(handles, all_there, 3, 1u << DESK_SUBSCRIBER, &p);
  assert_err(TACET_ERR_STATE, desk_snapshot_run(s, &p, &why, &x));
  assert_non_null(strstr(why.text, "number 3 of the plan was erased"));
  desk_plan_free(&p);
  static const bool none_there[] = {true, false, false};
  plan_for(handles, none_there, 3, 1u << DESK_SUBSCRIBER, &p);
  assert_err(TACET_ERR_STATE, desk_snapshot_run(s, &p, &why, &x));
  assert_non_null(strstr(why.text, "number 2 of the plan was made"));
  assert_int_equal(0, x.n_tables);
  bool is = true;
  assert_ok(desk_snapshot_present(s, "nobody", DESK_NO_DAY, &why, &is));
  assert_false(is);
  assert_ok(desk_snapshot_present(s, "user3", DESK_NO_DAY, &why, &is));
  assert_true(is);
  assert_ok(desk_snapshot_present(s, "user3", 100, &why, &is));
  assert_false(is); /* it was made later */
  desk_snapshot_close(s);
}

static void change(const char *sql) {
  sqlite3 *db = folder_database(folder);
  folder_run(db, sql);
  assert_int_equal(SQLITE_OK, sqlite3_close(db));
}

/* Planned of one account, and run when another one has its handle. */
static void test_a_handle_that_passed_on(void **state) {
  (void)state;
  DESK_PLAN(p);
  DESK_EXTRACT(x);
  desk_trouble why = {""};
  uint8_t pins[3][DESK_HASH];
  bool there = false;
  desk_snapshot *s = open_snapshot();
  for (size_t i = 0; i < 3; i++) {
    assert_ok(desk_snapshot_pin(s, "c", handles[i], DESK_NO_DAY, &why, &there,
                                pins[i]));
    assert_int_equal(there, present[i]);
  }
  pin_as = (const uint8_t(*)[DESK_HASH])pins;
  plan_for(handles, present, 3, 1u << DESK_SUBSCRIBER, &p);
  pin_as = NULL;
  run_ok(s, &p, &x);
  desk_extract_free(&x);
  desk_snapshot_close(s);
  change("UPDATE account SET id = zeroblob(32) WHERE name = 'user7'");
  s = open_snapshot();
  assert_err(TACET_ERR_STATE, desk_snapshot_run(s, &p, &why, &x));
  assert_non_null(strstr(why.text, "user7 has passed to another account"));
  assert_int_equal(0, x.n_tables);
  desk_snapshot_close(s);
}

static void refuse_schema(const char *sql, const char *words) {
  desk_trouble why = {""};
  desk_snapshot *s = NULL;
  sqlite3 *db = folder_database(folder);
  folder_run(db, sql);
  assert_int_equal(SQLITE_OK, sqlite3_close(db));
  assert_err(TACET_ERR_STATE, desk_snapshot_open(folder, NULL, &why, &s));
  assert_null(s);
  if (strstr(why.text, words) == NULL) {
    fail_msg("%s", why.text);
  }
}

/* A column without an entry of the inventory: the server does not start, no
 * plan can name it, and nothing at all is read beside it. */
static void test_undeclared_column(void **state) {
  (void)state;
  tacetd_trouble trouble = {""};
  DESK_PLAN(p);
  refuse_schema("ALTER TABLE account ADD COLUMN address TEXT",
                "account.address");
  char path[TEST_PATH_MAX];
  test_folder_path(folder, "directory.db", path);
  assert_err(TACET_ERR_STATE, tacetd_inventory_check_database(
                                  TACETD_HELD_DIRECTORY, path, &trouble));
  assert_non_null(strstr(trouble.text, "account.address"));
  plan_for(handles, present, 3, ALL, &p);
  assert_null(strstr(p.text, "address"));
  for (size_t i = 0; i < p.n_steps; i++) {
    assert_false(desk_query_reads(&p.steps[i], "account", "address"));
  }
}
static void test_other_schemas(void **state) {
  (void)state;
  refuse_schema("CREATE VIEW everything AS SELECT * FROM account",
                "everything.id");
}
static void test_missing_column(void **state) {
  (void)state;
  refuse_schema("ALTER TABLE account DROP COLUMN draw_hash", "lacks columns");
}

static void test_no_folder(void **state) {
  (void)state;
  desk_trouble why = {""};
  desk_snapshot *s = NULL;
  assert_err(TACET_ERR_IO, desk_snapshot_open("/nowhere", NULL, &why, &s));
  assert_non_null(strstr(why.text, "/nowhere/directory.db"));
  char path[TEST_PATH_MAX];
  test_folder_path(folder, "directory.db", path);
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_true(fputs("this is no database at all, but a text", f) >= 0);
  assert_int_equal(0, fclose(f));
  assert_err(TACET_ERR_IO, desk_snapshot_open(folder, NULL, &why, &s));
  assert_null(s);
}

/* The disk gives other bytes in the midst of a run: whatever was read is gone.
 */
static void test_damaged_midway(void **state) {
  (void)state;
  sqlite3 *db = folder_database(folder);
  folder_run(db, "UPDATE manifest SET body = zeroblob(200000)"
                 " WHERE number = 0; PRAGMA wal_checkpoint(TRUNCATE)");
  assert_int_equal(SQLITE_OK, sqlite3_close(db));
  char path[TEST_PATH_MAX];
  test_folder_path(folder, "directory.db", path);
  size_t size = test_file_size(path);
  static const uint8_t bad[4096] = {0};
  for (size_t at = size / 2; at + 4096 <= size; at += 4096) {
    test_file_patch(path, at / 4096 * 4096, bad, sizeof(bad));
  }
  DESK_PLAN(p);
  DESK_EXTRACT(x);
  desk_trouble why = {""};
  desk_snapshot *s = open_snapshot();
  plan_for(handles, present, 3, ALL, &p);
  assert_err(TACET_ERR_IO, desk_snapshot_run(s, &p, &why, &x));
  assert_int_equal(0, x.n_tables);
  assert_non_null(strstr(why.text, "nothing was handed out"));
  desk_snapshot_close(s);
}

/* ---- comparing ---- */

typedef struct fixture {
  desk_plan plan;
  desk_extract x;
} fixture;

static void one_cell_more(fixture *f) {
  f->x.tables[1].rows[0].n_cells--;
}
static void another_column(fixture *f) {
  f->x.tables[1].rows[0].cells[0].from =
      desk_column_find("account", "drawn_delivery");
}
static void no_column(fixture *f) {
  f->x.tables[1].rows[0].cells[0].from = NULL;
}
static void another_handle(fixture *f) {
  f->x.tables[2].rows[1].handle = 2;
}
static void no_handle(fixture *f) {
  f->x.tables[2].rows[1].handle = 99;
}
static void two_rows(fixture *f) {
  f->x.tables[1].rows[1].handle = 0;
}
static void wrong_order(fixture *f) {
  f->x.tables[1].rows[0].handle = 1;
  f->x.tables[1].rows[1].handle = 0;
}
static void text_cell(fixture *f) {
  f->x.tables[1].rows[0].cells[0].is_other = true;
}
static void bytes_cell(fixture *f) {
  f->x.tables[1].rows[0].cells[0].is_bytes = true;
}
static void negative_day(fixture *f) {
  f->x.tables[2].rows[0].cells[0].number = -1;
}
static void late_day(fixture *f) {
  f->plan.scope.to = 14000;
}
static void early_use(fixture *f) {
  f->plan.scope.from = 90000;
}
static void less_permitted(fixture *f) {
  f->plan.scope.categories = 1u << DESK_CONTENT;
}
static void a_table_less(fixture *f) {
  f->plan.n_steps++;
}
static void tables_swapped(fixture *f) {
  f->x.tables[1].step = &f->plan.steps[2];
}
static void rows_of_locating(fixture *f) {
  desk_extract_table t = f->x.tables[0];
  f->x.tables[0].rows = f->x.tables[1].rows;
  f->x.tables[0].n_rows = f->x.tables[1].n_rows;
  f->x.tables[1].rows = t.rows;
  f->x.tables[1].n_rows = t.n_rows;
}

static void test_compare(void **state) {
  (void)state;
  static void (*const changes[])(fixture * f) = {
      one_cell_more,  another_column, no_column,      another_handle,
      no_handle,      two_rows,       wrong_order,    text_cell,
      bytes_cell,     negative_day,   late_day,       early_use,
      less_permitted, a_table_less,   tables_swapped, rows_of_locating};
  desk_snapshot *s = open_snapshot();
  for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
    fixture f = {.plan = {.text = NULL}};
    desk_trouble why = {""};
    plan_for(handles, present, 3, 1u << DESK_SUBSCRIBER, &f.plan);
    run_ok(s, &f.plan, &f.x);
    assert_ok(desk_extract_check(&f.plan, &f.x, &why));
    changes[i](&f);
    if (desk_extract_check(&f.plan, &f.x, &why) != TACET_ERR_STATE) {
      fail_msg("change %zu was not seen", i);
    }
    assert_non_null(strstr(why.text, "nothing"));
    desk_extract_free(&f.x);
    desk_plan_free(&f.plan);
  }
  desk_snapshot_close(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void) {
  const struct CMUnitTest tests[] = {TEST(test_two_dates),
                                     TEST(test_live),
                                     TEST(test_after_kill),
                                     TEST(test_at_rest),
                                     TEST(test_server_starts),
                                     TEST(test_overreach),
                                     TEST(test_hostile_handles),
                                     TEST(test_vanished),
                                     TEST(test_a_handle_that_passed_on),
                                     TEST(test_undeclared_column),
                                     TEST(test_other_schemas),
                                     TEST(test_missing_column),
                                     TEST(test_no_folder),
                                     TEST(test_damaged_midway),
                                     TEST(test_compare)};
  return tacet_crypto_init() != TACET_OK
             ? 1
             : cmocka_run_group_tests(tests, NULL, NULL);
}
