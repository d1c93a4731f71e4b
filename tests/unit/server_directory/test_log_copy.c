/* SPDX-License-Identifier: Apache-2.0
 * What operators' commands read of the key log beside its server, and what
 * invites say of it. */
#include "tests/unit/server_directory/book.h"

#include <sqlite3.h>

#define NOW 1764000000

static int setup(void **state) {
  if (book_setup(state) != 0) {
    return -1;
  }
  book_options.open_registration = true;
  book_witnesses();
  return 0;
}

static void enrol(const char *name) {
  person p;
  person_make(&p, name);
  assert_int_equal(TACET_WIRE_OK, book_register(&p, NULL));
}

static dir_log_copy *copy_new(void) {
  dir_log_copy *c = NULL;
  sto_trouble why = {""};
  tacet_err e = dir_log_copy_new(book_folder, DOMAIN, &why, &c);
  if (e != TACET_OK) {
    fail_msg("%s", why.text);
  }
  return c;
}

static void same_proof(dir_log_copy *c, uint64_t old_size, uint64_t size) {
  tacet_tlog_proof a, b;
  assert_ok(dir_log_consistency(book, old_size, size, &a));
  assert_ok(dir_log_copy_consistency(c, old_size, size, &b));
  assert_int_equal(a.n, b.n);
  assert_memory_equal(a.hashes, b.hashes, a.n * sizeof(a.hashes[0]));
}

static void says_what_the_server_says(void **state) {
  (void)state;
  dir_log_state served, copied;
  TACET_BUF(a, TACET_NOTE_MAX);
  TACET_BUF(b, TACET_NOTE_MAX);
  enrol("alice");
  assert_ok(dir_log_next(book, true, &a));
  book_cosign(&a, 1, NOW);
  assert_ok(dir_log_publish(book, tacet_buf_span(&a)));
  for (int i = 0; i < 5; i++) {
    char name[] = "bob0";
    name[3] = (char)('0' + i);
    enrol(name);
  }
  dir_log_copy *c = copy_new();
  dir_log_state_get(book, &served);
  dir_log_copy_state(c, &copied);
  assert_memory_equal(&served.next, &copied.next, sizeof(served.next));
  assert_memory_equal(&served.published, &copied.published,
                      sizeof(served.published));
  assert_true(copied.published.size < copied.next.size);
  assert_int_equal(copied.n_witnesses, 1);
  assert_int_equal(copied.witnessed, NOW);
  assert_false(copied.unwitnessed);
  tacet_buf_clear(&a);
  assert_ok(dir_log_next(book, true, &a));
  assert_ok(dir_log_copy_next(c, &b));
  assert_span(tacet_buf_span(&a), tacet_buf_span(&b));
  for (uint64_t n = 1; n <= copied.next.size; n++) {
    same_proof(c, n, copied.next.size);
  }
  tacet_tlog_proof p;
  assert_err(TACET_ERR_ARGUMENT,
             dir_log_copy_consistency(c, 1, copied.next.size + 1, &p));
  dir_log_copy_free(c);
}

static void a_damaged_log_is_said(void **state) {
  (void)state;
  char path[TEST_PATH_MAX];
  sqlite3 *s = NULL;
  dir_log_copy *c = NULL;
  sto_trouble why = {""};
  enrol("alice");
  book_close();
  test_folder_path(book_folder, DIR_DATABASE, path);
  static const char *const harm[] = {
      "UPDATE log_entry SET bytes = zeroblob(65) WHERE id = 1",
      "UPDATE log_head SET root = zeroblob(31) WHERE id = 0",
      "DELETE FROM log_entry WHERE id = 1"};
  for (size_t i = 0; i < sizeof(harm) / sizeof(harm[0]); i++) {
    assert_int_equal(SQLITE_OK, sqlite3_open(path, &s));
    assert_int_equal(SQLITE_OK, sqlite3_exec(s, harm[i], NULL, NULL, NULL));
    assert_int_equal(SQLITE_OK, sqlite3_close(s));
    assert_err(TACET_ERR_IO, dir_log_copy_new(book_folder, DOMAIN, &why, &c));
    assert_non_null(strstr(why.text, "restore"));
  }
}

/* ---- invites ---- */

static void write_policy(const char *text) {
  char path[TEST_PATH_MAX];
  test_folder_path(book_folder, DIR_LOG_POLICY, path);
  FILE *f = fopen(path, "wb");
  assert_non_null(f);
  assert_int_equal(1, fwrite(text, strlen(text), 1, f));
  assert_int_equal(0, fclose(f));
}

static void invites_say_what_readers_need(void **state) {
  (void)state;
  sto_trouble why = {""};
  tacet_trust t;
  TACET_BUF(out, TACET_TRUST_MAX);
  write_policy("# our log\n\n  log  L+1+2 https://l.example \nwitness a\tA+1+2 "
               "https://a.example#sha256=00\n#witness x X\nwitness b B+1+2\n"
               "group g  any a b\nquorum g");
  assert_ok(dir_log_trust(book_folder, 77, &out, &why));
  assert_ok(tacet_trust_parse(tacet_buf_span(&out), &t));
  assert_span(TACET_SPAN_LIT("log L+1+2\nwitness a A+1+2\nwitness b B+1+2\n"
                             "group g any a b\nquorum g\n"),
              t.policy);
  assert_int_equal(t.max_age, 77);
}

static void invites_have_an_end(void **state) {
  (void)state;
  static char text[4096];
  sto_trouble why = {""};
  TACET_BUF(out, TACET_TRUST_MAX);
  memset(text, 'x', sizeof(text) - 1);
  memcpy(text, "log ", 4);
  write_policy(text);
  assert_err(TACET_ERR_LIMIT, dir_log_trust(book_folder, 1, &out, &why));
  assert_non_null(strstr(why.text, "fewer"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, book_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(says_what_the_server_says),
      TEST(a_damaged_log_is_said),
      TEST(invites_say_what_readers_need),
      TEST(invites_have_an_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
