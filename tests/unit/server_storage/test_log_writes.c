/* SPDX-License-Identifier: Apache-2.0
 * What is written to the log: little at a time costs as much as much, so it is
 * gathered; and what waits to be written is there for whoever reads. */
#include "tests/unit/server_storage/words.h"

static char folder[TEST_PATH_MAX], path[TEST_PATH_MAX];
static sto_db *db;

static int setup(void **state) {
  sto_trouble why;
  (void)state;
  fault_vfs_register();
  fault_vfs_reset();
  test_folder_make(folder);
  test_folder_path(folder, "words.db", path);
  assert_ok(words_open(folder, &words_schema, true, &why, &db));
  return 0;
}
static int teardown(void **state) {
  (void)state;
  sto_close(db);
  fault_vfs_reset();
  test_folder_remove(folder);
  return 0;
}

/* The first transaction stands still, so that the second has all the rest. */
static void test_few_writes(void **state) {
  (void)state;
  enum { N = 200, LONG = 600 };
  static word_job jobs[N];
  static uint8_t text[N][LONG];
  fault_vfs_hold();
  for (size_t i = 0; i < N; i++) {
    memset(text[i], (int)(i + 1), LONG);
    word_job_init(&jobs[i], WORD_ADD, (int64_t)i, tacet_span_of(text[i], LONG));
    assert_ok(sto_write(db, &jobs[i].job));
    if (i == 0) {
      fault_vfs_until_held();
    }
  }
  fault_counts before = fault_vfs_counts();
  fault_vfs_go_on();
  for (size_t i = 0; i < N; i++) {
    word_job_wait(&jobs[i]);
    assert_ok(jobs[i].err);
  }
  fault_counts after = fault_vfs_counts();
  assert_int_equal(after.log_syncs - before.log_syncs, 1);
  /* At least 15 pages of 8 KiB, each with a head of its own. */
  assert_in_range(after.writes - before.writes, 1, 5);
  assert_int_equal(words_count(db), N);
}

/* ---- more than the cache holds: pages go to the log before the commit ---- */

enum { MANY = 2500, BIG = 10000 };
typedef struct big_job {
  word_job word; /* for its end */
  bool fails;
  int64_t counted;
} big_job;

static tacet_err add_many(sto_job *job, sto_conn *c) {
  big_job *b = (big_job *)(void *)job;
  static uint8_t text[BIG];
  bool row;
  for (int i = 0; i < MANY; i++) {
    memset(text, i % 256, sizeof(text));
    sto_query *q = sto_query_start(c, WORDS_ADD);
    sto_bind_int(q, i);
    sto_bind_blob(q, tacet_span_of(text, sizeof(text)));
    TACET_TRY(sto_exec(q));
  }
  /* Compares every one of them, so each page is read again. */
  memset(text, 7, sizeof(text));
  sto_query *q = sto_query_start(c, WORDS_HAS);
  sto_bind_blob(q, tacet_span_of(text, sizeof(text)));
  TACET_TRY(sto_step(q, &row));
  b->counted = row ? sto_int(q, 0) : -1;
  sto_query_end(q);
  return b->fails ? TACET_ERR_IO : TACET_OK;
}

static void test_more_than_the_cache(void **state) {
  (void)state;
  int64_t there = 0;
  for (int round = 0; round < 4; round++) {
    big_job b = {.fails = round % 2 == 0};
    word_job_init(&b.word, WORD_ADD, 0, TACET_SPAN_EMPTY);
    b.word.job.run = add_many;
    assert_ok(sto_write(db, &b.word.job));
    word_job_wait(&b.word);
    assert_err(b.fails ? TACET_ERR_IO : TACET_OK, b.word.err);
    there += b.fails ? 0 : MANY;
    /* Those of this transaction included, whatever becomes of it. */
    assert_true(b.counted >= MANY / 256);
    assert_int_equal(words_count(db), there);
    assert_ok(words_add(db, 1, "a little"));
    there++;
    assert_int_equal(words_count(db), there);
  }
  sto_trouble why;
  sto_close(db);
  db = NULL;
  assert_ok(sto_check(&words_schema, path, &why));
  assert_ok(words_open(folder, &words_schema, false, &why, &db));
  assert_int_equal(words_count(db), there);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_few_writes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_more_than_the_cache, setup,
                                      teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
