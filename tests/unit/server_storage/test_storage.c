/* SPDX-License-Identifier: Apache-2.0
 * Opening (and refusing), jobs, group commit, many submitters, and that what is
 * erased is gone from the raw bytes. */
#include "tests/unit/server_storage/words.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[TEST_PATH_MAX], path[TEST_PATH_MAX];

static int setup(void **state) {
  (void)state;
  fault_vfs_register();
  fault_vfs_reset();
  test_folder_make(folder);
  test_folder_path(folder, "words.db", path);
  return 0;
}
static int teardown(void **state) {
  (void)state;
  test_folder_remove(folder);
  return 0;
}

static sto_db *open_words(void) {
  sto_db *db = NULL;
  sto_trouble why;
  tacet_err err = words_open(folder, &words_schema, true, &why, &db);
  if (err != TACET_OK) {
    fail_msg("%s: %s", tacet_err_name(err), why.text);
  }
  return db;
}

static void expect_refusal(const sto_schema *schema, bool create,
                           tacet_err want, const char *words) {
  sto_db *db = NULL;
  sto_trouble why = {{0}};
  assert_err(want, words_open(folder, schema, create, &why, &db));
  assert_null(db);
  if (strstr(why.text, words) == NULL) {
    fail_msg("\"%s\" does not say \"%s\"", why.text, words);
  }
}

/* ---- opening ---- */

static void test_reopen(void **state) {
  (void)state;
  expect_refusal(&words_schema, false, TACET_ERR_NOT_FOUND, "words init");
  sto_db *db = open_words();
  assert_ok(words_add(db, 1, "first"));
  assert_int_equal(1, words_count(db));
  sto_close(db);
  db = open_words();
  assert_true(words_has(db, "first"));
  assert_int_equal(1, words_count(db));
  sto_close(db);
}

static void test_versions(void **state) {
  (void)state;
  sto_db *db = open_words();
  assert_ok(words_add(db, 1, "old"));
  sto_close(db);
  /* One process that does one thing does not migrate. */
  sto_conn *c = NULL;
  sto_trouble why;
  assert_err(TACET_ERR_STATE, sto_conn_open(&words_schema_2, path, &why, &c));
  /* A newer program does ... */
  assert_ok(words_open(folder, &words_schema_2, false, &why, &db));
  assert_true(words_has(db, "old"));
  sto_close(db);
  assert_ok(sto_conn_open(&words_schema_2, path, &why, &c));
  sto_conn_close(c);
  /* ... and then the older one must not touch it. */
  expect_refusal(&words_schema, true, TACET_ERR_VERSION, "newer tacetd");
  assert_err(TACET_ERR_VERSION, sto_conn_open(&words_schema, path, &why, &c));
}

/* A step that fails leaves the version before it. */
static void test_failed_step(void **state) {
  (void)state;
  sto_close(open_words());
  static const char *const bad_steps[] = {"", "CREATE TABLE more(x);",
                                          "CREATE TABLE word(x);"};
  sto_schema bad = words_schema;
  bad.steps = bad_steps;
  bad.n_steps = 3;
  expect_refusal(&bad, true, TACET_ERR_STATE, "words");
  sto_db *db = open_words();
  sto_close(db);
}

static void test_stranger(void **state) {
  (void)state;
  sqlite3 *s = NULL;
  assert_int_equal(SQLITE_OK, sqlite3_open(path, &s));
  assert_int_equal(SQLITE_OK,
                   sqlite3_exec(s, "CREATE TABLE a(b)", NULL, NULL, NULL));
  assert_int_equal(SQLITE_OK, sqlite3_close(s));
  expect_refusal(&words_schema, true, TACET_ERR_IO, "not a words database");
}

static void test_no_database(void **state) {
  (void)state;
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  for (int i = 0; i < 5000; i++) {
    assert_true(fputc("nonsense"[i % 8], f) != EOF);
  }
  assert_int_equal(0, fclose(f));
  expect_refusal(&words_schema, true, TACET_ERR_IO, "not a database");
}

static void test_damaged(void **state) {
  (void)state;
  sto_db *db = open_words();
  for (int i = 0; i < 200; i++) {
    assert_ok(words_add(db, i, "a word that takes some room on its page"));
  }
  sto_close(db);
  sto_trouble why;
  assert_ok(sto_check(&words_schema, path, &why));
  static const uint8_t garbage[600] = {0x5a, 0x5a, 0xff, 0x01};
  test_file_patch(path, 8192, garbage, sizeof(garbage));
  expect_refusal(&words_schema, true, TACET_ERR_IO, "is damaged");
  assert_err(TACET_ERR_IO, sto_check(&words_schema, path, &why));
  assert_non_null(strstr(why.text, "restore it from a copy"));
}

static void test_truncated_file(void **state) {
  (void)state;
  sto_db *db = open_words();
  assert_ok(words_add(db, 1, "x"));
  sto_close(db);
  assert_int_equal(0, truncate(path, 10000));
  expect_refusal(&words_schema, true, TACET_ERR_IO, "damaged");
}

static void test_no_folder(void **state) {
  (void)state;
  sto_db *db = NULL;
  sto_trouble why;
  sto_options o = words_options("/nonexistent/words.db", &words_schema);
  assert_err(TACET_ERR_IO, sto_open(&o, true, &why, &db));
  assert_non_null(strstr(why.text, "owner and permissions"));
}

static tacet_err collect(void *user, const char *table, const char *column) {
  char *all = user;
  size_t at = strlen(all);
  (void)snprintf(all + at, 256 - at, "%s.%s ", table, column);
  return TACET_OK;
}
static tacet_err refuse(void *user, const char *table, const char *column) {
  (void)user;
  (void)table;
  (void)column;
  return TACET_ERR_POLICY;
}

static void test_columns(void **state) {
  (void)state;
  sto_db *db = open_words();
  char all[256] = "";
  sto_trouble why;
  assert_ok(sto_columns(path, collect, all, &why)); /* while it is in use */
  assert_string_equal("word.box word.id word.text ", all);
  assert_err(TACET_ERR_POLICY, sto_columns(path, refuse, NULL, &why));
  sto_close(db);
  /* What SQLite keeps for itself is not hidden. */
  sqlite3 *s = NULL;
  assert_int_equal(SQLITE_OK, sqlite3_open(path, &s));
  assert_int_equal(SQLITE_OK, sqlite3_exec(s, "ANALYZE", NULL, NULL, NULL));
  assert_int_equal(SQLITE_OK, sqlite3_close(s));
  all[0] = '\0';
  assert_ok(sto_columns(path, collect, all, &why));
  assert_non_null(strstr(all, "sqlite_stat1.stat"));
}

/* ---- jobs ---- */

static void test_queue_bounds(void **state) {
  (void)state;
  sto_options o = words_options(path, &words_schema);
  o.queue_jobs_max = 2;
  o.queue_bytes_max = 1000;
  sto_db *db = NULL;
  sto_trouble why;
  assert_ok(sto_open(&o, true, &why, &db));
  fault_vfs_slow_sync(300000); /* so that jobs wait */
  word_job first, fits, jobs[2];
  word_job_init(&first, WORD_ADD, 1, TACET_SPAN_LIT("a"));
  assert_ok(sto_write(db, &first.job));
  sto_stats stats = {.queue_jobs = 1};
  while (stats.queue_jobs != 0) { /* until the writer has it */
    sto_stats_get(db, &stats);
    (void)usleep(1000);
  }
  word_job_init(&fits, WORD_ADD, 1, TACET_SPAN_LIT("b"));
  fits.job.bytes = 900;
  assert_ok(sto_write(db, &fits.job));
  word_job_init(&jobs[0], WORD_ADD, 1, TACET_SPAN_LIT("c"));
  jobs[0].job.bytes = 200;
  assert_err(TACET_ERR_BUSY, sto_write(db, &jobs[0].job)); /* bytes */
  jobs[0].job.bytes = 100;
  assert_ok(sto_write(db, &jobs[0].job));
  word_job_init(&jobs[1], WORD_ADD, 1, TACET_SPAN_LIT("d"));
  jobs[1].job.bytes = 0;
  assert_err(TACET_ERR_BUSY, sto_write(db, &jobs[1].job)); /* jobs */
  sto_write_unbounded(db, &jobs[1].job);
  word_job_wait(&first);
  word_job_wait(&fits);
  word_job_wait(&jobs[0]);
  word_job_wait(&jobs[1]);
  assert_int_equal(4, words_count(db));
  sto_close(db);
}

/* Many threads, each one job after the other: no more fsyncs than commits, and
 * fewer commits than jobs. */
enum { THREADS = 8, EACH = 40 };
static void *submitter(void *arg) {
  sto_db *db = arg;
  for (int i = 0; i < EACH; i++) {
    if (words_add(db, i, "together") != TACET_OK) {
      return arg;
    }
  }
  return NULL;
}

static void test_group_commit(void **state) {
  (void)state;
  sto_db *db = open_words();
  assert_ok(words_add(db, 0, "warm"));
  sto_stats before, after;
  sto_stats_get(db, &before);
  fault_vfs_slow_sync(2000);
  fault_counts from = fault_vfs_counts();
  pthread_t threads[THREADS];
  for (int i = 0; i < THREADS; i++) {
    assert_int_equal(0, pthread_create(&threads[i], NULL, submitter, db));
  }
  for (int i = 0; i < THREADS; i++) {
    void *failed;
    assert_int_equal(0, pthread_join(threads[i], &failed));
    assert_null(failed);
  }
  fault_counts to = fault_vfs_counts();
  sto_stats_get(db, &after);
  uint64_t commits = after.commits - before.commits;
  assert_int_equal(THREADS * EACH, after.jobs - before.jobs);
  /* Eight wait for each fsync: about one commit for eight jobs. */
  assert_in_range(commits, EACH, THREADS * EACH / 2);
  /* Each was synced before it was answered (checkpoints add some). */
  assert_true(to.log_syncs - from.log_syncs >= commits);
  assert_true(to.log_syncs - from.log_syncs <= commits + 16);
  assert_int_equal(THREADS * EACH + 1, words_count(db));
  sto_close(db);
}

/* One job that the database refuses does not take its neighbours with it. */
static void test_one_fails_alone(void **state) {
  (void)state;
  sto_db *db = open_words();
  fault_vfs_slow_sync(200000);
  word_job first, jobs[5];
  word_job_init(&first, WORD_ADD, 9, TACET_SPAN_LIT("first"));
  assert_ok(sto_write(db, &first.job));
  sto_stats stats = {.queue_jobs = 1};
  while (stats.queue_jobs != 0) {
    sto_stats_get(db, &stats);
    (void)usleep(1000);
  }
  for (int i = 0; i < 5; i++) { /* these wait, and become one batch */
    word_job_init(&jobs[i], i == 2 ? WORD_ADD_AND_FAIL : WORD_ADD, i,
                  TACET_SPAN_LIT("w"));
    assert_ok(sto_write(db, &jobs[i].job));
  }
  word_job_wait(&first);
  for (int i = 0; i < 5; i++) {
    word_job_wait(&jobs[i]);
    assert_err(i == 2 ? TACET_ERR_IO : TACET_OK, jobs[i].err);
  }
  assert_int_equal(2, jobs[0].runs); /* once with the others, once alone */
  assert_int_equal(5, words_count(db));
  sto_close(db);
}

static uint64_t no_space(void *user) {
  return *(uint64_t *)user;
}

static void test_disk_reserve(void **state) {
  (void)state;
  uint64_t left = 2000;
  sto_options o = words_options(path, &words_schema);
  o.disk_reserve = 1000;
  o.disk_free = no_space;
  o.disk_user = &left;
  sto_db *db = NULL;
  sto_trouble why;
  assert_ok(sto_open(&o, true, &why, &db));
  assert_ok(words_add(db, 1, "fits"));
  left = 999;
  assert_err(TACET_ERR_FULL, words_add(db, 1, "does not"));
  sto_stats stats;
  sto_stats_get(db, &stats);
  assert_true(stats.disk_low);
  assert_int_equal(1, words_count(db)); /* who reads ... */
  assert_ok(words_delete_box(db, 1));   /* ... and deletes still can */
  left = 1000;
  assert_ok(words_add(db, 1, "again"));
  sto_stats_get(db, &stats);
  assert_false(stats.disk_low);
  sto_close(db);
}

/* Another process writes while the server runs. */
static void test_beside_a_server(void **state) {
  (void)state;
  sto_db *db = open_words();
  sto_conn *c = NULL;
  sto_trouble why;
  assert_ok(sto_conn_open(&words_schema, path, &why, &c));
  for (int i = 0; i < 10; i++) {
    word_job w;
    word_job_init(&w, WORD_ADD, i, TACET_SPAN_LIT("from outside"));
    assert_ok(sto_conn_transact(c, &w.job));
    assert_ok(words_add(db, i, "from inside"));
  }
  word_job fails;
  word_job_init(&fails, WORD_ADD_AND_FAIL, 1, TACET_SPAN_LIT("never"));
  assert_err(TACET_ERR_IO, sto_conn_transact(c, &fails.job));
  assert_int_equal(20, words_count(db));
  sto_conn_close(c);
  sto_close(db);
}

/* ---- erasing ---- */

static void wait_for_empty_log(void) {
  char log[TEST_PATH_MAX];
  test_folder_path(folder, "words.db-wal", log);
  for (int i = 0; i < 500 && test_file_size(log) > 0; i++) {
    (void)usleep(10000);
  }
  assert_int_equal(0, test_file_size(log));
}

/* Words of many boxes and sizes lie mixed; boxes are erased in an order that
 * merges and splits pages. Every word of a box has its markers. */
enum { BOXES = 24, ROUNDS = 150 };

static void add_round(sto_db *db, int round, uint32_t *seed) {
  static char text[BOXES][9000];
  static word_job jobs[BOXES];
  for (int box = 0; box < BOXES; box++) {
    char from[32], to[32];
    *seed = *seed * 1664525u + 1013904223u;
    size_t len = 40 + (*seed >> 16) % (round % 10 == 0 ? 8000 : 1200);
    int n = snprintf(from, sizeof(from), "marker-%02d-%05d", box, round);
    (void)snprintf(to, sizeof(to), "ending-%02d-%05d", box, round);
    memset(text[box], '.', len);
    memcpy(text[box], from, (size_t)n);
    memcpy(text[box] + len - (size_t)n, to, (size_t)n);
    word_job_init(&jobs[box], WORD_ADD, box, tacet_span_of(text[box], len));
    assert_ok(sto_write(db, &jobs[box].job));
  }
  for (int box = 0; box < BOXES; box++) {
    word_job_wait(&jobs[box]);
    assert_ok(jobs[box].err);
  }
}

static size_t count_marker(const char *form, int box) {
  char marker[32];
  (void)snprintf(marker, sizeof(marker), "%s-%02d", form, box);
  return test_folder_count(folder, tacet_span_str(marker));
}

static void test_erased_is_gone(void **state) {
  (void)state;
  sto_db *db = open_words();
  uint32_t seed = 12345;
  for (int i = 0; i < ROUNDS; i++) {
    add_round(db, i, &seed);
    if (i % 10 == 9) {
      int box = (i / 10 * 7) % BOXES;
      assert_ok(words_delete_box(db, box));
      wait_for_empty_log();
      assert_int_equal(0, count_marker("marker", box));
      assert_int_equal(0, count_marker("ending", box));
    }
  }
  /* The search does find what is there. */
  assert_true(count_marker("marker", 23) > 0);
  sto_close(db);
}

/* The log is emptied under load, too, with readers in the way. */
static atomic_bool stop;
static void *load(void *arg) {
  sto_db *db = arg;
  while (!atomic_load(&stop)) {
    if (words_add(db, 1000, "load") != TACET_OK || words_count(db) < 1) {
      return arg;
    }
  }
  return NULL;
}

static void test_erased_under_load(void **state) {
  (void)state;
  sto_options o = words_options(path, &words_schema);
  o.truncate_ms = 100;
  sto_db *db = NULL;
  sto_trouble why;
  pthread_t threads[2];
  assert_ok(sto_open(&o, true, &why, &db));
  uint32_t seed = 1;
  add_round(db, 0, &seed);
  atomic_store(&stop, false);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(0, pthread_create(&threads[i], NULL, load, db));
  }
  assert_ok(words_delete_box(db, 7));
  int tries = 0;
  while (count_marker("marker", 7) > 0 && tries++ < 500) {
    (void)usleep(20000);
  }
  atomic_store(&stop, true);
  for (int i = 0; i < 2; i++) {
    void *failed;
    assert_int_equal(0, pthread_join(threads[i], &failed));
    assert_null(failed);
  }
  assert_true(tries < 500);
  assert_true(count_marker("marker", 8) > 0);
  sto_close(db);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_reopen, setup, teardown),
      cmocka_unit_test_setup_teardown(test_versions, setup, teardown),
      cmocka_unit_test_setup_teardown(test_failed_step, setup, teardown),
      cmocka_unit_test_setup_teardown(test_stranger, setup, teardown),
      cmocka_unit_test_setup_teardown(test_no_database, setup, teardown),
      cmocka_unit_test_setup_teardown(test_damaged, setup, teardown),
      cmocka_unit_test_setup_teardown(test_truncated_file, setup, teardown),
      cmocka_unit_test_setup_teardown(test_no_folder, setup, teardown),
      cmocka_unit_test_setup_teardown(test_columns, setup, teardown),
      cmocka_unit_test_setup_teardown(test_queue_bounds, setup, teardown),
      cmocka_unit_test_setup_teardown(test_group_commit, setup, teardown),
      cmocka_unit_test_setup_teardown(test_one_fails_alone, setup, teardown),
      cmocka_unit_test_setup_teardown(test_disk_reserve, setup, teardown),
      cmocka_unit_test_setup_teardown(test_beside_a_server, setup, teardown),
      cmocka_unit_test_setup_teardown(test_erased_is_gone, setup, teardown),
      cmocka_unit_test_setup_teardown(test_erased_under_load, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
