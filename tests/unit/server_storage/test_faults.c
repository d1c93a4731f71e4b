/* SPDX-License-Identifier: Apache-2.0
 * The disk fills up, fails, turns read-only; the process is killed at any
 * moment. What was acknowledged is there afterwards, what failed says so, and
 * once the cause is gone everything works again. */
#include "tests/unit/server_storage/words.h"

#include <signal.h>
#include <sys/wait.h>
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
  fault_vfs_reset();
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

static const struct {
  const char *name;
  fault_kind kind;
  tacet_err want;
} faults[] = {
    {"full", FAULT_FULL, TACET_ERR_FULL},
    {"write fails", FAULT_WRITE, TACET_ERR_IO},
    {"sync fails", FAULT_SYNC, TACET_ERR_IO},
    {"read-only", FAULT_READ_ONLY, TACET_ERR_IO},
};
#define N_FAULTS (sizeof(faults) / sizeof(faults[0]))

/* From call number n on everything fails, for every n: each answer that said
 * OK is in the database afterwards, and none that did not. */
static void sweep(fault_kind kind, tacet_err want) {
  int added = 0;
  bool reached = true;
  for (uint64_t n = 0; reached && n < 60; n++) {
    sto_db *db = open_words();
    int64_t before = words_count(db);
    assert_int_equal(added, before);
    fault_vfs_fail(kind, n, 0);
    bool failed = false;
    for (int i = 0; i < 4; i++) {
      char text[32];
      (void)snprintf(text, sizeof(text), "word %d", added);
      tacet_err err = words_add(db, (int64_t)n, text);
      if (err == TACET_OK) {
        assert_false(failed); /* what is broken stays so */
        added++;
      } else {
        assert_err(want, err);
        failed = true;
      }
    }
    reached = fault_vfs_failed() > 0;
    /* Reading goes on meanwhile. */
    assert_int_equal(added, words_count(db));
    fault_vfs_heal();
    assert_ok(words_add(db, 99, "works again"));
    added++;
    assert_int_equal(added, words_count(db));
    sto_close(db);
    fault_vfs_reset();
  }
  assert_false(reached);
}

static void test_faults_sweep(void **state) {
  (void)state;
  for (size_t i = 0; i < N_FAULTS; i++) {
    sweep(faults[i].kind, faults[i].want);
    test_folder_remove(folder);
    test_folder_make(folder);
    test_folder_path(folder, "words.db", path);
  }
}

/* One failure that passes: the job is told, or the one-by-one attempt made it
 * good; never anything in between. */
static void test_single_failures(void **state) {
  (void)state;
  sto_db *db = open_words();
  int64_t sure = 0;
  for (uint64_t n = 0; n < 200; n++) {
    fault_vfs_fail(n % 2 == 0 ? FAULT_FULL : FAULT_SYNC, n % 7, 1);
    char text[32];
    (void)snprintf(text, sizeof(text), "word %d", (int)n);
    if (words_add(db, 1, text) == TACET_OK) {
      sure++;
      assert_true(words_has(db, text));
    } else {
      assert_false(words_has(db, text));
    }
    fault_vfs_heal();
  }
  assert_in_range(sure, 1, 199);
  assert_int_equal(sure, words_count(db));
  sto_close(db);
}

static void test_opening_on_faults(void **state) {
  (void)state;
  sto_close(open_words());
  static const struct {
    fault_kind kind;
    tacet_err want;
    const char *words;
  } rows[] = {
      {FAULT_READ_ONLY, TACET_ERR_IO, "cannot be"},
      {FAULT_FULL, TACET_OK, ""}, /* nothing has to be written yet */
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    fault_vfs_fail(rows[i].kind, 0, 0);
    sto_db *db = NULL;
    sto_trouble why = {{0}};
    tacet_err err = words_open(folder, &words_schema, true, &why, &db);
    assert_err(rows[i].want, err);
    if (err != TACET_OK && strstr(why.text, rows[i].words) == NULL) {
      fail_msg("\"%s\"", why.text);
    }
    sto_close(db);
    fault_vfs_reset();
  }
  /* A new one cannot be made on a full disk, and says so. */
  test_folder_remove(folder);
  test_folder_make(folder);
  test_folder_path(folder, "words.db", path);
  fault_vfs_fail(FAULT_FULL, 0, 0);
  sto_db *db = NULL;
  sto_trouble why = {{0}};
  assert_err(TACET_ERR_FULL,
             words_open(folder, &words_schema, true, &why, &db));
  assert_non_null(strstr(why.text, "make room"));
  fault_vfs_reset();
  sto_close(open_words());
}

/* ---- killed ---- */

/* Adds words and says on a pipe which are durable, until it is killed. */
static void child(int to, int64_t from) {
  sto_db *db = open_words();
  enum { AT_ONCE = 8 };
  static word_job jobs[AT_ONCE];
  static char text[AT_ONCE][600];
  for (int64_t n = from;; n += AT_ONCE) {
    for (int i = 0; i < AT_ONCE; i++) {
      memset(text[i], 'x', sizeof(text[i]));
      (void)snprintf(text[i], 32, "%lld", (long long)(n + i));
      word_job_init(&jobs[i], WORD_ADD, n + i,
                    tacet_span_of(text[i], sizeof(text[i])));
      if (sto_write(db, &jobs[i].job) != TACET_OK) {
        _exit(1);
      }
    }
    for (int i = 0; i < AT_ONCE; i++) {
      word_job_wait(&jobs[i]);
      int64_t box = n + i;
      if (jobs[i].err != TACET_OK ||
          write(to, &box, sizeof(box)) != (ssize_t)sizeof(box)) {
        _exit(1);
      }
    }
  }
}

static void test_kill(void **state) {
  (void)state;
  int64_t next = 0, known = 0;
  sto_close(open_words());
  for (int round = 0; round < 12; round++) {
    int ends[2];
    assert_int_equal(0, pipe(ends));
    pid_t pid = fork();
    if (pid == 0) {
      (void)close(ends[0]);
      child(ends[1], next);
    }
    (void)close(ends[1]);
    /* The moment is counted in acknowledgements and a few microseconds, so
     * that it falls anywhere in a commit. */
    int64_t box, last = -1;
    for (int i = 0; i < 20 + round * 3; i++) {
      if (read(ends[0], &box, sizeof(box)) == (ssize_t)sizeof(box)) {
        last = box;
        known++;
      }
    }
    (void)usleep((unsigned)round * 130);
    (void)kill(pid, SIGKILL);
    while (read(ends[0], &box, sizeof(box)) == (ssize_t)sizeof(box)) {
      last = box;
      known++;
    }
    (void)close(ends[0]);
    assert_int_equal(pid, waitpid(pid, NULL, 0));
    sto_db *db = open_words();
    int64_t there = words_count(db);
    assert_true(there >= known); /* stored and not yet said so: fine */
    assert_true(last >= 0);
    sto_trouble why;
    assert_ok(sto_check(&words_schema, path, &why));
    sto_close(db);
    known = there;
    next = last + 1000;
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_faults_sweep, setup, teardown),
      cmocka_unit_test_setup_teardown(test_single_failures, setup, teardown),
      cmocka_unit_test_setup_teardown(test_opening_on_faults, setup, teardown),
      cmocka_unit_test_setup_teardown(test_kill, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
