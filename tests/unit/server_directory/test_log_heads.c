/* SPDX-License-Identifier: Apache-2.0
 * The two heads of the key log: what is shown while witnesses have not vouched
 * for it, and what publishing takes. */
#include "tests/unit/server_directory/book.h"

#define NOW 1764000000

static int grew;
static void count_growth(void *user) {
  (void)user;
  __atomic_fetch_add(&grew, 1, __ATOMIC_SEQ_CST);
}

static int setup(void **state) {
  if (book_setup(state) != 0) {
    return -1;
  }
  book_options.open_registration = true;
  book_options.log_grew = (dir_log_hook){NULL, count_growth};
  book_witnesses();
  grew = 0;
  return 0;
}

static void publish_all(void) {
  TACET_BUF(note, TACET_NOTE_MAX);
  assert_ok(dir_log_next(book, true, &note));
  book_cosign(&note, 1, NOW);
  assert_ok(dir_log_publish(book, tacet_buf_span(&note)));
}

static void enrol(person *p, const char *name) {
  person_make(p, name);
  assert_int_equal(TACET_WIRE_OK, book_register(p, NULL));
}

static dir_log_state heads(void) {
  dir_log_state s;
  dir_log_state_get(book, &s);
  return s;
}

/* Nothing leaves that no witness has seen. */
static void test_nothing_is_published_without_them(void **state) {
  (void)state;
  person alice;
  tacet_tlog_head seen = {0};
  TACET_BUF(w, 16);
  enrol(&alice, "alice");
  assert_int_equal(1, grew);
  assert_int_equal(0, heads().published.size);
  assert_int_equal(TACET_WIRE_BUSY, book_prove("alice", &seen).status);
  assert_int_equal(TACET_WIRE_NOT_FOUND,
                   status_of_call(book_file("checkpoint")));
  assert_int_equal(TACET_WIRE_NOT_FOUND,
                   status_of_call(book_file("tile/0/000.p/1")));
  assert_int_equal(TACET_WIRE_NOT_FOUND,
                   status_of_call(book_file("tile/entries/000.p/1")));
  tacet_log_query_write(&w, &(tacet_log_query){.size = 0});
  assert_int_equal(TACET_WIRE_BUSY,
                   status_of_call(book_call(DIR_HEAD, &w, false)));
  publish_all();
  assert_int_equal(0, book_prove("alice", &seen).answer.version);
  assert_int_equal(heads().published.size, heads().next.size);
  assert_int_equal(1, heads().n_witnesses);
  assert_int_equal(NOW, heads().witnessed);
}

/* What is new waits; what was published goes on. */
static void test_answers_are_as_of_the_published_head(void **state) {
  (void)state;
  person alice, bob;
  tacet_tlog_head seen = {0};
  tacet_manifest next;
  TACET_BUF(list, 32768);
  TACET_BUF(more, 32768);
  enrol(&alice, "alice");
  publish_all();
  published_add(&list, &alice, 0, false);
  published_add(&list, &alice, 0, false);
  assert_int_equal(2, book_publish(&alice, 0, &list).n_held);
  person_next(&alice, 2, &next);
  assert_int_equal(TACET_WIRE_OK, book_manifest(&alice));
  person_accept(&alice, &next);
  published_add(&more, &alice, 1, false);
  assert_int_equal(1, book_publish(&alice, 1, &more).n_held);
  enrol(&bob, "bob");
  assert_int_equal(0, book_prove("alice", &seen).newest.number);
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, book_prove("bob", &seen).status);
  tacet_token t[3] = {book_token(TACET_TOKEN_DIRECTORY),
                      book_token(TACET_TOKEN_DIRECTORY),
                      book_token(TACET_TOKEN_DIRECTORY)};
  assert_int_equal(1, book_claim(alice.manifest.account_id, &t[0]).n);
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT,
                   book_claim(bob.manifest.account_id, &t[1]).status);
  tacet_tlog_head whole;
  assert_int_equal(1, book_replay(&whole)); /* nor do its files tell more */
  publish_all();
  assert_int_equal(1, book_prove("alice", &seen).newest.number);
  assert_int_equal(0, book_prove("bob", &seen).newest.number);
  assert_int_equal(2, book_claim(alice.manifest.account_id, &t[2]).n);
  assert_int_equal(3, book_replay(&whole));
}

static void test_the_published_head_outlives_a_restart(void **state) {
  (void)state;
  person alice, bob;
  tacet_tlog_head seen = {0}, before;
  enrol(&alice, "alice");
  publish_all();
  assert_int_equal(1, book_replay(&before));
  enrol(&bob, "bob");
  book_reopen();
  tacet_tlog_head after;
  assert_int_equal(1, book_replay(&after));
  assert_memory_equal(&after, &before, sizeof(after));
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, book_prove("bob", &seen).status);
  assert_int_equal(0, book_prove("alice", &seen).newest.number);
  publish_all();
  assert_int_equal(TACET_WIRE_OK, book_prove("bob", &seen).status);
}

/* What is offered, and what is refused. */
static void test_what_publishing_takes(void **state) {
  (void)state;
  person alice, bob;
  dir_log_state was;
  TACET_BUF(none, TACET_NOTE_MAX);
  TACET_BUF(old, TACET_NOTE_MAX);
  TACET_BUF(newer, TACET_NOTE_MAX);
  TACET_BUF(again, TACET_NOTE_MAX);
  enrol(&alice, "alice");
  assert_ok(dir_log_next(book, false, &old));
  book_cosign(&old, 0, NOW);
  enrol(&bob, "bob");
  assert_ok(dir_log_next(book, false, &none));
  assert_err(TACET_ERR_POLICY, dir_log_publish(book, tacet_buf_span(&none)));
  tacet_write_bytes(&newer, tacet_buf_span(&none));
  book_cosign(&newer, 1, NOW);
  newer.p[newer.len - 5] ^= 1; /* in the base64 of the signature */
  assert_true(dir_log_publish(book, tacet_buf_span(&newer)) != TACET_OK);
  newer.p[newer.len - 5] ^= 1;
  was = heads();
  assert_int_equal(0, was.published.size);
  assert_ok(dir_log_publish(book, tacet_buf_span(&old)));
  assert_ok(dir_log_publish(book, tacet_buf_span(&newer)));
  assert_err(TACET_ERR_STATE, dir_log_publish(book, tacet_buf_span(&old)));
  assert_err(TACET_ERR_NOT_FOUND, dir_log_next(book, false, &again));
  /* The same head with a newer word of its witnesses. */
  assert_ok(dir_log_next(book, true, &again));
  book_cosign(&again, 0, NOW + 3600);
  assert_ok(dir_log_publish(book, tacet_buf_span(&again)));
  assert_int_equal(NOW + 3600, heads().witnessed);
}

/* A checkpoint that the log's key signed, of what is not this log. */
static void test_a_fork_is_not_published(void **state) {
  (void)state;
  person alice;
  enrol(&alice, "alice");
  for (int k = 0; k < 4; k++) {
    TACET_BUF(note, TACET_NOTE_MAX);
    tacet_tlog_head head = heads().next;
    head.root.b[3] ^= k == 0 ? 1 : 0;
    head.size += k == 1 ? 1 : 0;
    head.size = k == 2 ? 0 : head.size;
    if (k == 3) { /* in the middle of a transaction: no EPOCH ends it */
      tacet_tlog_source source = dir_tree_source(&book->log.tree);
      head.size--;
      assert_ok(tacet_tlog_root(&source, head.size, &head.root));
    }
    assert_ok(dir_log_sign(&book->log, &head, &note));
    book_cosign(&note, 0, NOW);
    tacet_err err = dir_log_publish(book, tacet_buf_span(&note));
    assert_true(err == TACET_ERR_FORK || (k == 2 && err != TACET_OK));
    assert_int_equal(0, heads().published.size);
  }
}

static void test_consistency(void **state) {
  (void)state;
  person p;
  tacet_tlog_head old, now;
  tacet_tlog_proof proof;
  enrol(&p, "p0");
  old = heads().next;
  for (int i = 1; i < 20; i++) {
    char name[16];
    (void)snprintf(name, sizeof(name), "p%d", i);
    enrol(&p, name);
    now = heads().next;
    assert_ok(dir_log_consistency(book, old.size, now.size, &proof));
    assert_ok(tacet_tlog_verify_consistency(old.size, &old.root, &proof,
                                            now.size, &now.root));
  }
  assert_err(TACET_ERR_ARGUMENT,
             dir_log_consistency(book, 1, now.size + 1, &proof));
  assert_err(TACET_ERR_ARGUMENT,
             dir_log_consistency(book, now.size, now.size - 1, &proof));
}

/* Who wants no quorum needs nobody to publish. */
static void test_unwitnessed(void **state) {
  (void)state;
  person alice;
  TACET_BUF(note, TACET_NOTE_MAX);
  book_options.open_registration = true;
  book_reopen();
  enrol(&alice, "alice");
  assert_int_equal(heads().published.size, heads().next.size);
  assert_true(heads().unwitnessed);
  assert_err(TACET_ERR_NOT_FOUND, dir_log_next(book, false, &note));
  assert_ok(dir_log_next(book, true, &note));
  assert_err(TACET_ERR_STATE, dir_log_publish(book, tacet_buf_span(&note)));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, book_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_nothing_is_published_without_them),
      TEST(test_answers_are_as_of_the_published_head),
      TEST(test_the_published_head_outlives_a_restart),
      TEST(test_what_publishing_takes),
      TEST(test_a_fork_is_not_published),
      TEST(test_consistency),
      cmocka_unit_test_setup_teardown(test_unwitnessed, book_setup,
                                      book_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
