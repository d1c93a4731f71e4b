/* SPDX-License-Identifier: Apache-2.0
 * What operators' commands read of the key log beside its server, and what
 * invites say of it. */
#include "tests/unit/server_directory/book.h"

#include "tacet/keytrans/inclusion.h"

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

/* ---- statements ---- */

static void hash_of(const char *text, uint8_t out[32]) {
  assert_ok(dir_hash(tacet_span_str(text), out));
}

static dir_statement add(const char *text) {
  uint8_t hash[32];
  dir_statement s;
  sto_trouble why = {""};
  hash_of(text, hash);
  assert_ok(dir_statement_add(book_folder, hash, &s, &why));
  assert_memory_equal(hash, s.hash, sizeof(hash));
  return s;
}

typedef struct seen {
  size_t n, waiting;
  dir_statement list[8];
} seen;
static void see(void *user, const dir_statement *s) {
  seen *all = user;
  assert_true(all->n < 8);
  all->waiting += !s->logged;
  all->list[all->n++] = *s;
}
static seen list(void) {
  seen all = {.n = 0};
  sto_trouble why = {""};
  assert_ok(dir_statement_list(book_folder, see, &all, &why));
  return all;
}

/* Left beside the server, once however often it is said. */
static void a_statement_is_said_once(void **state) {
  (void)state;
  dir_log_state before, after;
  enrol("alice");
  dir_log_state_get(book, &before);
  assert_false(add("one").logged);
  assert_false(add("two").logged);
  assert_false(add("one").logged);
  assert_int_equal(list().waiting, 2);
  sto_keeper_now(&book->keeper);
  dir_log_state_get(book, &after);
  assert_int_equal(after.next.size, before.next.size + 3); /* and an EPOCH */
  assert_int_equal(after.map_size, before.map_size);
  dir_statement s = add("one");
  assert_true(s.logged);
  assert_int_equal(s.index, before.next.size);
  assert_int_equal(s.day, 20000);
  seen all = list();
  assert_int_equal(all.n, 2);
  assert_int_equal(all.waiting, 0);
  assert_int_equal(all.list[0].index, s.index);
  assert_int_equal(all.list[1].index, s.index + 1);
  /* Another process may have left what the log has by now: it is dropped. */
  sto_conn *c = NULL;
  sto_trouble why = {""};
  char path[TEST_PATH_MAX];
  tacet_keylog_entry e = {.kind = TACET_KEYLOG_STATEMENT};
  hash_of("two", e.hash);
  test_folder_path(book_folder, DIR_DATABASE, path);
  assert_ok(sto_conn_open(&dir_schema, path, &why, &c));
  assert_ok(dir_entry_leave(c, &e));
  sto_conn_close(c);
  sto_keeper_now(&book->keeper);
  dir_log_state_get(book, &before);
  assert_int_equal(before.next.size, after.next.size);
  assert_int_equal(list().n, 2);
}

static tacet_err leave_many(sto_job *job, sto_conn *c) {
  (void)job;
  for (int i = 0; i < TACETD_STATEMENTS_WAITING_MAX; i++) {
    char text[16];
    tacet_keylog_entry e = {.kind = TACET_KEYLOG_STATEMENT};
    (void)snprintf(text, sizeof(text), "say %d", i);
    hash_of(text, e.hash);
    TACET_TRY(dir_entry_leave(c, &e));
  }
  return TACET_OK;
}

static void statements_wait_for_a_server(void **state) {
  (void)state;
  sto_job job = {.run = leave_many};
  uint8_t hash[32];
  dir_statement s;
  sto_trouble why = {""};
  book_close();
  assert_ok(dir_carry_out(book_folder, &job, &why));
  hash_of("too much", hash);
  assert_err(TACET_ERR_LIMIT, dir_statement_add(book_folder, hash, &s, &why));
  assert_non_null(strstr(why.text, "tacetd run"));
  assert_false(add("say 7").logged); /* is there already */
  assert_err(TACET_ERR_NOT_FOUND,
             dir_statement_find(book_folder, hash, &s, &why));
  book_reopen();
  sto_keeper_now(&book->keeper);
  assert_true(add("say 255").logged);
  assert_false(add("too much").logged);
}

/* As strangers check it; nothing is shown that no quorum vouched for. */
static void a_statement_is_proven(void **state) {
  (void)state;
  TACET_BUF(note, TACET_NOTE_MAX);
  TACET_BUF(text, TACET_INCLUSION_MAX);
  tacet_inclusion p;
  tacet_policy_verdict v;
  (void)add("one");
  sto_keeper_now(&book->keeper);
  dir_statement s = add("one");
  assert_true(s.logged);
  dir_log_copy *c = copy_new();
  assert_err(TACET_ERR_NOT_FOUND, dir_log_copy_prove(c, s.index, &text));
  dir_log_copy_free(c);
  assert_ok(dir_log_next(book, true, &note));
  book_cosign(&note, 1, NOW);
  assert_ok(dir_log_publish(book, tacet_buf_span(&note)));
  enrol("alice"); /* is not published */
  c = copy_new();
  assert_ok(dir_log_copy_prove(c, s.index, &text));
  assert_ok(tacet_inclusion_parse(tacet_buf_span(&text), &p));
  assert_int_equal(p.index, s.index);
  assert_ok(tacet_policy_judge(dir_log_copy_policy(c), p.note, UINT64_MAX, &v));
  assert_int_equal(v.n_witnesses, 1);
  uint8_t entry[33] = {TACET_KEYLOG_STATEMENT};
  const tacet_tlog_head head = {v.checkpoint.size, v.checkpoint.root};
  hash_of("one", entry + 1);
  assert_ok(tacet_inclusion_verify(&p, tacet_span_of(entry, 33), &head));
  entry[32] ^= 1;
  assert_err(TACET_ERR_AUTH,
             tacet_inclusion_verify(&p, tacet_span_of(entry, 33), &head));
  dir_log_copy_free(c);
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
  assert_ok(dir_log_trust(book_folder, 77, NULL, &out, &why));
  assert_ok(tacet_trust_parse(tacet_buf_span(&out), &t));
  assert_span(TACET_SPAN_LIT("log L+1+2\nwitness a A+1+2\nwitness b B+1+2\n"
                             "group g any a b\nquorum g\n"),
              t.policy);
  assert_int_equal(t.max_age, 77);
  assert_false(t.has_notices);
  uint8_t id[32];
  memset(id, 5, sizeof(id));
  tacet_buf_clear(&out);
  assert_ok(dir_log_trust(book_folder, 77, id, &out, &why));
  assert_ok(tacet_trust_parse(tacet_buf_span(&out), &t));
  assert_true(t.has_notices);
  assert_memory_equal(t.notices, id, sizeof(id));
}

/* What the keys of a log say of each other goes along where there is room. */
static void invites_tell_of_a_hand_over(void **state) {
  (void)state;
  static char text[4096];
  sto_trouble why = {""};
  tacet_trust t;
  TACET_BUF(out, TACET_TRUST_MAX);
  write_policy("log L+1+2 https://x\n# handover K+1+2 L+1+2 AA\nquorum none");
  assert_ok(dir_log_trust(book_folder, 77, NULL, &out, &why));
  assert_ok(tacet_trust_parse(tacet_buf_span(&out), &t));
  assert_span(TACET_SPAN_LIT("log L+1+2\n# handover K+1+2 L+1+2 AA\n"
                             "quorum none\n"),
              t.policy);
  (void)snprintf(text, sizeof(text), "# handover %01200d\nlog L+1+2\n%s", 0,
                 "quorum none\n");
  write_policy(text);
  tacet_buf_clear(&out);
  assert_ok(dir_log_trust(book_folder, 77, NULL, &out, &why));
  assert_ok(tacet_trust_parse(tacet_buf_span(&out), &t));
  assert_span(TACET_SPAN_LIT("log L+1+2\nquorum none\n"), t.policy);
}

static void invites_have_an_end(void **state) {
  (void)state;
  static char text[4096];
  sto_trouble why = {""};
  TACET_BUF(out, TACET_TRUST_MAX);
  memset(text, 'x', sizeof(text) - 1);
  memcpy(text, "log ", 4);
  write_policy(text);
  assert_err(TACET_ERR_LIMIT, dir_log_trust(book_folder, 1, NULL, &out, &why));
  assert_non_null(strstr(why.text, "fewer"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, book_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(says_what_the_server_says),    TEST(a_statement_is_said_once),
      TEST(statements_wait_for_a_server), TEST(a_statement_is_proven),
      TEST(a_damaged_log_is_said),        TEST(invites_say_what_readers_need),
      TEST(invites_tell_of_a_hand_over),  TEST(invites_have_an_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
