/* SPDX-License-Identifier: Apache-2.0
 * The key log and what goes wrong: several changes in one transaction, one that
 * is taken back, a process that ends at any step of it. There is one checkpoint
 * of a size, ever. */
#include "tests/unit/server_directory/book.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

static int setup(void **state) {
  if (book_setup(state) != 0) {
    return -1;
  }
  book_options.open_registration = true;
  book_reopen();
  return 0;
}

/* ---- every checkpoint that anybody saw ---- */

#define SIZES 8192
static tacet_tlog_hash roots[SIZES];
static bool seen[SIZES];

static void forget(void) {
  memset(seen, 0, sizeof(seen));
}

static void remember(const tacet_tlog_head *h) {
  assert_true(h->size < SIZES);
  if (seen[h->size]) {
    assert_memory_equal(roots[h->size].b, h->root.b, 32);
  }
  seen[h->size] = true;
  roots[h->size] = h->root;
}

/* What a client could see now, and that the log is whole behind it. */
static void look_whole(void) {
  tacet_tlog_head h;
  (void)book_replay(&h);
  remember(&h);
}

static tacet_tlog_head checkpoint(void) {
  tacet_note note;
  tacet_checkpoint c;
  answer a = book_file("checkpoint");
  assert_int_equal(a.status, TACET_WIRE_OK);
  assert_ok(tacet_note_parse(tacet_bytes_span(&a.body), &note));
  assert_ok(tacet_checkpoint_parse(note.text, &c));
  answer_free(&a);
  return (tacet_tlog_head){c.size, c.root};
}

/* ---- one transaction ---- */

enum { CROWD = 6 };
static person crowd[CROWD];
static tacet_wire_error came[CROWD];

static void *enrol(void *arg) {
  size_t i = (size_t)((person *)arg - crowd);
  came[i] = book_register(&crowd[i], NULL);
  return NULL;
}

/* The first holds the writer up; the others gather behind it. */
static void crowd_comes(fault_kind kind, uint64_t at, uint64_t n) {
  pthread_t threads[CROWD];
  fault_vfs_hold();
  for (int i = 0; i < CROWD; i++) {
    char name[16];
    (void)snprintf(name, sizeof(name), "c%d", i);
    person_make(&crowd[i], name);
    assert_int_equal(0, pthread_create(&threads[i], NULL, enrol, &crowd[i]));
    if (i == 0) {
      fault_vfs_until_held();
    }
  }
  dir_stats stats;
  do {
    (void)usleep(1000);
    dir_stats_get(book, &stats);
  } while (stats.storage.queue_jobs < CROWD - 1);
  if (kind != FAULT_NONE) {
    fault_vfs_fail(kind, at, n);
  }
  fault_vfs_go_on();
  for (int i = 0; i < CROWD; i++) {
    assert_int_equal(0, pthread_join(threads[i], NULL));
  }
  fault_vfs_heal();
}

static void test_one_epoch_for_all(void **state) {
  (void)state;
  tacet_tlog_head h, first = {0};
  uint64_t before = checkpoint().size;
  crowd_comes(FAULT_NONE, 0, 0);
  assert_int_equal(CROWD, book_replay(&h));
  assert_int_equal(h.size, before + 2 + CROWD - 1 + 1);
  for (int i = 0; i < CROWD; i++) {
    char name[16];
    (void)snprintf(name, sizeof(name), "c%d", i);
    assert_int_equal(TACET_WIRE_OK, came[i]);
    assert_int_equal(0, book_prove(name, &first).answer.version);
  }
}

/* A transaction that the disk refuses, after which each is tried alone: as if
 * the first attempt had never been. */
static void test_taken_back(void **state) {
  (void)state;
  static const fault_kind kinds[] = {FAULT_WRITE, FAULT_SYNC, FAULT_FULL};
  for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
    for (uint64_t at = 0; at < 12; at += 3) {
      tacet_tlog_head h, none = {0};
      unsigned registered = 0;
      (void)book_teardown(NULL);
      (void)setup(NULL);
      forget();
      look_whole();
      crowd_comes(kinds[k], at, 1 + at % 2 * 2);
      look_whole();
      for (int i = 0; i < CROWD; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "c%d", i);
        registered += came[i] == TACET_WIRE_OK ? 1 : 0;
        assert_int_equal(came[i] == TACET_WIRE_OK ? TACET_WIRE_OK
                                                  : TACET_WIRE_UNKNOWN_ACCOUNT,
                         book_prove(name, &none).status);
      }
      assert_int_equal(registered, book_replay(&h));
      book_reopen(); /* the disk says the same as memory did */
      look_whole();
    }
  }
}

/* ---- kill -9 at every step ---- */

static void tell(int to) {
  tacet_tlog_head h = checkpoint();
  if (write(to, &h, sizeof(h)) != (ssize_t)sizeof(h)) {
    _exit(1);
  }
}

/* Registers, changes and erases until it is killed, and tells each checkpoint
 * that it could have shown. */
static void live(int to, fault_kind kind, uint64_t at, unsigned round) {
  fault_vfs_fail(kind, at, 1);
  book_reopen(); /* the parent has none */
  tell(to);
  for (unsigned i = 0;; i++) {
    person p;
    tacet_manifest next;
    char name[32];
    (void)snprintf(name, sizeof(name), "k%u-%u", round, i);
    person_make(&p, name);
    if (book_register(&p, NULL) != TACET_WIRE_OK) {
      _exit(1);
    }
    tell(to);
    person_next(&p, i % 2 == 0 ? 2 : 0, &next);
    tacet_wire_error e = i % 2 == 0 ? book_manifest(&p) : book_erase(&p, 0);
    if (e != TACET_WIRE_OK) {
      _exit(1);
    }
    tell(to);
  }
}

static void one_life(fault_kind kind, uint64_t at, unsigned round) {
  int ends[2], status = 0;
  tacet_tlog_head h, last = {0};
  assert_int_equal(0, pipe(ends));
  pid_t pid = fork();
  if (pid == 0) {
    (void)close(ends[0]);
    live(ends[1], kind, at, round);
  }
  (void)close(ends[1]);
  while (read(ends[0], &h, sizeof(h)) == (ssize_t)sizeof(h)) {
    remember(&h);
    last = h;
  }
  (void)close(ends[0]);
  assert_int_equal(pid, waitpid(pid, &status, 0));
  assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  book_reopen();
  look_whole();
  assert_true(checkpoint().size >= last.size);
  book_close();
}

static void test_kill_at_every_step(void **state) {
  (void)state;
  unsigned round = 0;
  forget();
  book_close();
  for (uint64_t at = 0; at < 36; at++) {
    one_life(at % 3 == 2 ? FAULT_TEAR : FAULT_KILL, at, round++);
  }
}

/* ---- a folder that does not fit ---- */

static void run_sql(const char *sql) {
  char path[TEST_PATH_MAX];
  test_folder_path(book_folder, DIR_DATABASE, path);
  assert_true(fault_vfs_sql(path, sql));
}

static void opens_with(tacet_err want, const char *word) {
  sto_trouble why = {""};
  dir_directory *d = NULL;
  tacet_err err = dir_open(&book_options, &why, &d);
  dir_close(d);
  if (err != want || strstr(why.text, word) == NULL) {
    fail_msg("%s: %s", tacet_err_name(err), why.text);
  }
  why = (sto_trouble){""};
  assert_true(dir_log_check(book_folder, DOMAIN, NULL, &why) != TACET_OK);
  assert_non_null(strstr(why.text, word));
}

/* Entries 0 and 1 are token keys, 3 and 5 the two people; EPOCHs between. */
static void test_a_damaged_log(void **state) {
  static const struct {
    const char *sql, *word;
  } rows[] = {
      {"DELETE FROM log_entry WHERE id = 3", "missing"},
      {"DELETE FROM log_entry WHERE id = (SELECT max(id) FROM log_entry)",
       "head"},
      {"UPDATE log_entry SET bytes = x'07' WHERE id = 3", "none"},
      {"UPDATE log_entry SET bytes = (SELECT bytes FROM log_entry WHERE id = 3)"
       " WHERE id = 5",
       "twice"},
      {"UPDATE log_entry SET bytes = (SELECT bytes FROM log_entry WHERE id = 2)"
       " WHERE id = 4",
       "head"},
      {"UPDATE log_head SET root = zeroblob(32)", "head"},
      {"UPDATE log_head SET size = size + 1", "head"},
      {"DELETE FROM log_head", "head"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    person p;
    sto_trouble why = {""};
    (void)book_teardown(NULL);
    (void)setup(state);
    person_make(&p, "alice");
    assert_int_equal(TACET_WIRE_OK, book_register(&p, NULL));
    person_make(&p, "bob");
    assert_int_equal(TACET_WIRE_OK, book_register(&p, NULL));
    assert_ok(dir_log_check(book_folder, DOMAIN, NULL, &why));
    book_close();
    run_sql(rows[i].sql);
    opens_with(TACET_ERR_IO, rows[i].word);
  }
}

/* Entries that are whole, and manifests that do not open them. */
static void test_doctor_opens_commitments(void **state) {
  static const char *const rows[] = {
      "UPDATE manifest SET opening = zeroblob(16)",
      "UPDATE manifest SET log_index = 5 WHERE log_index = 3",
      "UPDATE manifest SET version = 1",
      "UPDATE manifest SET body = substr(body, 1, length(body) - 1) || x'00'",
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    person p;
    sto_trouble why = {""};
    (void)book_teardown(NULL);
    (void)setup(state);
    person_make(&p, "alice");
    assert_int_equal(TACET_WIRE_OK, book_register(&p, NULL));
    person_make(&p, "bob");
    assert_int_equal(TACET_WIRE_OK, book_register(&p, NULL));
    assert_ok(dir_log_check(book_folder, DOMAIN, NULL, &why));
    book_close();
    run_sql(rows[i]);
    assert_err(TACET_ERR_IO, dir_log_check(book_folder, DOMAIN, NULL, &why));
    assert_non_null(strstr(why.text, "key log"));
  }
}

/* Seeds that were lost and made anew. */
static void test_doctor_knows_other_issuers(void **state) {
  (void)state;
  static const char *const files[] = {"issuer-directory.key",
                                      "issuer-delivery.key"};
  for (size_t i = 0; i < 2; i++) {
    char path[TEST_PATH_MAX];
    sto_trouble why = {""};
    (void)book_teardown(NULL);
    (void)setup(state);
    assert_ok(dir_log_check(book_folder, DOMAIN, NULL, &why));
    book_close();
    test_folder_path(book_folder, files[i], path);
    assert_int_equal(0, remove(path));
    assert_ok(tok_issuer_create(book_folder, (tacet_token_kind)i, &why));
    assert_err(TACET_ERR_IO, dir_log_check(book_folder, DOMAIN, NULL, &why));
    assert_non_null(strstr(why.text, "clients draw no tokens"));
  }
}

static void test_keys_and_policy(void **state) {
  (void)state;
  char path[TEST_PATH_MAX], other[TEST_PATH_MAX];
  book_close();
  test_folder_path(book_folder, DIR_LOG_KEY, path);
  test_folder_path(book_folder, "elsewhere", other);
  assert_int_equal(0, rename(path, other));
  opens_with(TACET_ERR_NOT_FOUND, DIR_LOG_KEY);
  sto_trouble why;
  uint8_t wrong[32] = {7};
  assert_ok(sto_secret_write(path, tacet_span_of(wrong, 32), &why));
  opens_with(TACET_ERR_STATE, DIR_LOG_POLICY);
  assert_int_equal(0, rename(other, path));
  test_folder_path(book_folder, DIR_LOG_POLICY, path);
  FILE *f = fopen(path, "ab");
  assert_non_null(f);
  assert_true(fputs("witness x\n", f) >= 0);
  assert_int_equal(0, fclose(f));
  opens_with(TACET_ERR_ENCODING, "line 3");
  assert_int_equal(0, unlink(path));
  opens_with(TACET_ERR_NOT_FOUND, DIR_LOG_POLICY);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, book_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_one_epoch_for_all),
      TEST(test_taken_back),
      TEST(test_kill_at_every_step),
      TEST(test_a_damaged_log),
      TEST(test_doctor_opens_commitments),
      TEST(test_doctor_knows_other_issuers),
      TEST(test_keys_and_policy),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
