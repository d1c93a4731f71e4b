/* SPDX-License-Identifier: Apache-2.0
 * The key log that the directory publishes: proofs of every answer, its files,
 * who is erased. */
#include "tests/unit/server_directory/book.h"

#include <stdlib.h>

#define HANDLE(name) TACET_SPAN_LIT(name "@" DOMAIN)

static void change(person *p, size_t n_devices) {
  tacet_manifest next;
  person_next(p, n_devices, &next);
  assert_int_equal(TACET_WIRE_OK, book_manifest(p));
  person_accept(p, &next);
}

static void test_it_begins_empty(void **state) {
  (void)state;
  tacet_tlog_head head;
  assert_int_equal(0, book_replay(&head));
  assert_int_equal(3, head.size); /* two weeks, and an EPOCH */
  book_reopen();                  /* and an EPOCH is not made again */
  assert_int_equal(0, book_replay(&head));
  assert_int_equal(3, head.size);
}

static void test_every_answer_is_proven(void **state) {
  (void)state;
  person alice, bob;
  tacet_tlog_head seen = {0};
  person_register(&alice, "alice");
  proven p = book_prove("alice", &seen);
  assert_int_equal(p.answer.version, 0);
  assert_int_equal(p.head.day, 20000);
  uint64_t first = p.answer.index;
  person_register(&bob, "bob");
  p = book_prove("alice", &seen); /* the log goes on, the answer stays */
  assert_int_equal(p.answer.index, first);
  for (uint32_t n = 1; n <= 6; n++) {
    change(&alice, 1 + n % 2);
    p = book_prove("alice", &seen);
    assert_int_equal(p.answer.version, n);
    assert_int_equal(p.newest.number, n);
    assert_memory_equal(p.newest.hash, alice.manifest.hash, 32);
    if (n % 3 == 0) {
      book_reopen();
    }
  }
  assert_int_equal(0, book_prove("bob", &seen).answer.version);
  tacet_tlog_head whole;
  assert_int_equal(8, book_replay(&whole));
  assert_int_equal(whole.size, seen.size);
}

/* Whatever a reader says that he has seen, he can check what he gets; who has
 * seen much gets less, and who says that he saw more than there is gets all. */
static void test_what_was_seen_is_left_out(void **state) {
  (void)state;
  person alice;
  person_register(&alice, "alice");
  for (uint32_t n = 1; n <= 5; n++) {
    change(&alice, 1 + n % 2);
  }
  static const uint32_t more[] = {7, 8, 1000, UINT32_MAX};
  size_t all = 0, least = SIZE_MAX;
  for (uint32_t i = 0; i < 7 + 4; i++) {
    tacet_tlog_head seen = {0};
    proven p = book_prove_rest("alice", &seen, i < 7 ? i : more[i - 7]);
    assert_int_equal(TACET_WIRE_OK, p.status);
    assert_int_equal(5, p.answer.version);
    all = i == 0 ? p.label_len : all;
    least = p.label_len < least ? p.label_len : least;
    assert_true(i < 7 || p.label_len == all);
  }
  assert_true(least < all / 2 + 100);
}

/* The manifests that a client knows are not sent again, the proofs are. */
static void test_nothing_new_is_proven_too(void **state) {
  (void)state;
  person alice;
  TACET_BUF(w, 1024);
  tacet_lookup_answer found;
  tacet_key_proofs proofs;
  person_register(&alice, "alice");
  const tacet_lookup m = {.kind = TACET_LOOKUP_ACCOUNT,
                          .key = tacet_span_of(alice.manifest.account_id, 32),
                          .from = 1};
  tacet_lookup_write(&w, &m);
  answer a = book_call(DIR_LOOKUP, &w, false);
  assert_int_equal(TACET_WIRE_OK, a.status);
  assert_ok(tacet_lookup_answer_parse(tacet_bytes_span(&a.body), &found));
  assert_int_equal(0, found.n_manifests);
  assert_ok(tacet_key_proofs_parse(found.proofs, &proofs));
  assert_true(proofs.head.len > 0 && proofs.label.len > 0);
  answer_free(&a);
}

/* POST /v1/log, also for one who saw more than there is. */
static void test_the_head_alone(void **state) {
  (void)state;
  person alice;
  static const uint64_t sizes[] = {0, 1, 3, 4, UINT64_MAX};
  TACET_BYTES(text);
  sto_trouble why;
  tacet_policy *policy = NULL;
  size_t line;
  person_register(&alice, "alice");
  assert_ok(dir_log_policy_read(book_folder, &text, &why));
  assert_ok(tacet_policy_read(tacet_bytes_span(&text), &policy, &line));
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    TACET_BUF(w, 16);
    tacet_tlog_head seen = {.size = sizes[i]};
    tacet_keylog_head head;
    tacet_tlog_source source = dir_tree_source(&book->log.tree);
    if (sizes[i] > 0 && sizes[i] <= 3) {
      assert_ok(tacet_tlog_root(&source, sizes[i], &seen.root));
    }
    tacet_log_query_write(&w, &(tacet_log_query){.size = sizes[i]});
    answer a = book_call(DIR_HEAD, &w, false);
    assert_int_equal(TACET_WIRE_OK, a.status);
    assert_err(sizes[i] <= 3 ? TACET_OK : TACET_ERR_FORK,
               tacet_keylog_head_verify(policy, &seen, UINT64_MAX,
                                        tacet_bytes_span(&a.body), &head));
    answer_free(&a);
  }
  tacet_policy_free(policy);
}

/* ---- files ---- */

static void test_names_of_files(void **state) {
  (void)state;
  static const struct {
    const char *path;
    uint64_t index;
    unsigned level, width; /* width 0: no name */
  } rows[] = {
      {"checkpoint", 0, 0, 256},
      {"checkpoint/", 0, 0, 0},
      {"", 0, 0, 0},
      {"tile/", 0, 0, 0},
      {"tile/0/000", 0, 0, 256},
      {"tile/0/000.p/1", 0, 0, 1},
      {"tile/0/000.p/255", 0, 0, 255},
      {"tile/0/000.p/256", 0, 0, 0},
      {"tile/0/000.p/0", 0, 0, 0},
      {"tile/0/000.p/01", 0, 0, 0},
      {"tile/0/000.p/", 0, 0, 0},
      {"tile/0/000.p/1/", 0, 0, 0},
      {"tile/00/000", 0, 0, 0},
      {"tile/7/999", 999, 7, 256},
      {"tile/8/000", 0, 0, 0},
      {"tile/-1/000", 0, 0, 0},
      {"tile/0/00", 0, 0, 0},
      {"tile/0/0000", 0, 0, 0},
      {"tile/0/x000/000", 0, 0, 0},
      {"tile/0/x001/000", 1000, 0, 256},
      {"tile/1/x001/x234/067", 1234067, 1, 256},
      {"tile/1/x001/x234/067.p/8", 1234067, 1, 8},
      {"tile/1/x001/234/067", 0, 0, 0},
      {"tile/1/x001/x234", 0, 0, 0},
      {"tile/0/x999/x999/x999/x999/x999/x999/x999/x999/000", 0, 0, 0},
      {"tile/entries/000", 0, 0, 256},
      {"tile/entries/x001/001.p/9", 1001, 0, 9},
      {"tile/entries/", 0, 0, 0},
      {"tile/entries/0/000", 0, 0, 0},
      {"tile/0/%30%30%30", 0, 0, 0},
      {"../directory.db", 0, 0, 0},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    dir_file f = {.width = 0};
    tacet_err err = dir_file_parse(tacet_span_str(rows[i].path), &f);
    if (err != (rows[i].width == 0 ? TACET_ERR_NOT_FOUND : TACET_OK) ||
        f.width != rows[i].width || f.index != rows[i].index ||
        f.level != rows[i].level) {
      fail_msg("%s: %s, level %u, %lu, width %u", rows[i].path,
               tacet_err_name(err), f.level, (unsigned long)f.index, f.width);
    }
  }
}

/* More than one tile, over several batches, and after a restart. */
static void test_a_mirror_has_all_of_it(void **state) {
  (void)state;
  person p;
  tacet_tlog_head head;
  book_options.open_registration = true;
  book_reopen();
  for (int i = 0; i < 140; i++) {
    char name[16];
    (void)snprintf(name, sizeof(name), "p%d", i);
    person_make(&p, name);
    assert_int_equal(TACET_WIRE_OK, book_register(&p, NULL));
  }
  assert_int_equal(140, book_replay(&head));
  assert_int_equal(283, head.size);
  assert_true(book_replay_has("p139", 0));
  assert_false(book_replay_has("p140", 0));
  book_reopen();
  tacet_tlog_head again;
  assert_int_equal(140, book_replay(&again));
  assert_memory_equal(&again, &head, sizeof(head));
}

/* ---- who is erased ---- */

/* The log keeps that there was one more version, and nothing opens it. */
static void test_erasing(void **state) {
  (void)state;
  person alice;
  tacet_manifest last;
  tacet_tlog_head seen = {0}, head;
  uint8_t opening[TACET_KEYLOG_OPENING_LEN];
  person_register(&alice, "alice");
  (void)book_prove("alice", &seen);
  sto_conn *c = NULL;
  sto_trouble why;
  char path[TEST_PATH_MAX];
  test_folder_path(book_folder, DIR_DATABASE, path);
  assert_ok(sto_conn_open(&dir_schema, path, &why, &c));
  tacet_keylog_opening o;
  tacet_manifest m;
  bool found;
  assert_ok(dir_newest_shown(&book->log, c, alice.manifest.account_id, &m, &o,
                             &found));
  sto_conn_close(c);
  memcpy(opening, o.opening, sizeof(opening));
  assert_true(book_count_raw(tacet_span_of(opening, sizeof(opening))) > 0);
  person_next(&alice, 0, &last);
  assert_int_equal(TACET_WIRE_OK, book_erase(&alice, 0));
  assert_int_equal(TACET_WIRE_ERASED, book_prove("alice", &seen).status);
  assert_int_equal(2, book_replay(&head));
  assert_true(book_replay_has("alice", 1));
  assert_false(book_replay_has("alice", 2));
  book_settle();
  assert_int_equal(0, book_count_raw(tacet_span_of(opening, sizeof(opening))));
  assert_int_equal(0, book_count_raw(TACET_SPAN_LIT("alice@")));
}

/* The operator's command beside the server, which finds the entry. */
static void test_the_operator_erases(void **state) {
  (void)state;
  person alice, bob;
  tacet_tlog_head head, seen = {0};
  sto_trouble why = {""};
  person_register(&alice, "alice");
  person_register(&bob, "bob");
  change(&alice, 2);
  assert_ok(dir_account_erase(book_folder, "alice", &why));
  assert_int_equal(TACET_WIRE_ERASED, book_prove("alice", &seen).status);
  sto_keeper_now(&book->keeper);
  assert_int_equal(4, book_replay(&head));
  assert_true(book_replay_has("alice", 2));
  assert_err(TACET_ERR_NOT_FOUND,
             dir_account_erase(book_folder, "alice", &why));
  /* And where it does not run: at its next start. */
  book_close();
  assert_ok(dir_account_erase(book_folder, "bob", &why));
  book_reopen();
  assert_int_equal(5, book_replay(&head));
  assert_true(book_replay_has("bob", 1));
  book_settle();
  assert_int_equal(0, book_count_raw(TACET_SPAN_LIT("bob@")));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, book_setup, book_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_it_begins_empty),        TEST(test_every_answer_is_proven),
      TEST(test_what_was_seen_is_left_out),
      TEST(test_nothing_new_is_proven_too),
      TEST(test_the_head_alone),         cmocka_unit_test(test_names_of_files),
      TEST(test_a_mirror_has_all_of_it), TEST(test_erasing),
      TEST(test_the_operator_erases),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
