/* SPDX-License-Identifier: Apache-2.0
 * A handle passes to a new account, and is taken back, or is not. */
#include "tests/unit/server_directory/book.h"

#include "tacet/crypto.h"

#define HANDLE(name) TACET_SPAN_LIT(name "@" DOMAIN)

/* A link for a name, as the operator makes it. */
static tacet_err link_for(const char *name, uint8_t token[TACET_INVITE_LEN]) {
  sto_trouble why;
  int64_t again;
  bool there;
  assert_ok(tacet_random(token, TACET_INVITE_LEN));
  tacet_err e =
      dir_reset_invite(book_folder, name, token, sto_day_of(book_now_s()) + 7,
                       &there, &again, &why);
  return e == TACET_OK && !there ? TACET_ERR_NOT_FOUND : e;
}

static void reset(person *p, const char *name) {
  uint8_t token[TACET_INVITE_LEN];
  assert_ok(link_for(name, token));
  person_make(p, name);
  assert_int_equal(TACET_WIRE_OK, book_register(p, token));
}

static bool is_whole(void) {
  sto_trouble why;
  return dir_log_check(book_folder, DOMAIN, NULL, &why) == TACET_OK;
}

static bool has_handle(const char *name, const person *p, tacet_tlog_head *seen,
                       uint32_t version) {
  proven at = book_prove(name, seen);
  assert_int_equal(TACET_WIRE_OK, at.status);
  assert_int_equal(version, at.answer.version);
  return memcmp(at.newest.account_id, p->manifest.account_id, 32) == 0;
}

static tacet_wire_error look_account(const person *p, size_t *n) {
  bool more;
  return book_lookup(TACET_LOOKUP_ACCOUNT,
                     tacet_span_of(p->manifest.account_id, 32), 0, n, &more);
}

/* The handle's next version is the new account's number 0. */
static void test_it_is_logged_at_once(void **state) {
  (void)state;
  person old, fresh, carol;
  tacet_tlog_head seen = {0};
  tacet_manifest next;
  size_t n;
  person_register(&old, "alice");
  person_register(&carol, "carol");
  person_next(&old, 2, &next);
  assert_int_equal(TACET_WIRE_OK, book_manifest(&old));
  person_accept(&old, &next);
  assert_true(has_handle("alice", &old, &seen, 1));
  reset(&fresh, "alice");
  proven p = book_prove("alice", &seen);
  assert_int_equal(2, p.answer.version);
  assert_int_equal(0, p.newest.number);
  assert_memory_equal(p.newest.account_id, fresh.manifest.account_id, 32);
  /* Of an account without the handle there is nothing to prove. */
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, look_account(&old, &n));
  assert_int_equal(TACET_WIRE_OK, look_account(&fresh, &n));
  assert_int_equal(1, n);
  /* The new one's further devices go on counting. */
  person_next(&fresh, 2, &next);
  assert_int_equal(TACET_WIRE_OK, book_manifest(&fresh));
  person_accept(&fresh, &next);
  assert_true(has_handle("alice", &fresh, &seen, 3));
  assert_true(is_whole());
  book_reopen();
  assert_true(has_handle("alice", &fresh, &seen, 3));
  tacet_tlog_head whole;
  assert_int_equal(5, book_replay(&whole));
}

/* Who may not. */
static void test_links(void **state) {
  (void)state;
  person old, other, fresh, bob;
  uint8_t link[16], newer[16], plain[16];
  sto_trouble why;
  person_register(&old, "alice");
  person_register(&bob, "bob");
  assert_err(TACET_ERR_NOT_FOUND, link_for("nobody", link));
  invite_new(plain, 9, 7);
  person_make(&fresh, "alice");
  assert_int_equal(TACET_WIRE_HANDLE_TAKEN, book_register(&fresh, plain));
  assert_ok(link_for("alice", link));
  person_make(&other, "bob"); /* another one's handle, */
  assert_int_equal(TACET_WIRE_INVITE, book_register(&other, link));
  person_make(&other, "dave"); /* and nobody's */
  assert_int_equal(TACET_WIRE_INVITE, book_register(&other, link));
  assert_ok(link_for("alice", newer)); /* takes the older one's place */
  assert_int_equal(TACET_WIRE_INVITE, book_register(&fresh, link));
  book_days_pass(8);
  assert_int_equal(TACET_WIRE_INVITE, book_register(&fresh, newer));
  assert_ok(link_for("alice", newer));
  assert_int_equal(TACET_WIRE_OK, book_register(&fresh, newer));
  assert_int_equal(TACET_WIRE_OK, book_register(&fresh, newer)); /* answer lost
                                                                  */
  person_make(&other, "alice");
  assert_int_equal(TACET_WIRE_INVITE, book_register(&other, newer)); /* used */
  /* In open registration a link is still needed, and still for one handle. */
  book_options.open_registration = true;
  book_reopen();
  assert_ok(link_for("bob", link));
  person_make(&other, "dave");
  assert_int_equal(TACET_WIRE_INVITE, book_register(&other, link));
  person_make(&other, "bob");
  assert_int_equal(TACET_WIRE_HANDLE_TAKEN, book_register(&other, NULL));
  assert_int_equal(TACET_WIRE_OK, book_register(&other, link));
  /* Whose account was erased since cannot be reset. */
  person_register(&other, "erin");
  assert_ok(link_for("erin", link));
  assert_ok(dir_account_erase(book_folder, "erin", &why));
  person_make(&other, "erin");
  assert_int_equal(TACET_WIRE_HANDLE_RETIRED, book_register(&other, link));
}

static void test_one_at_a_time(void **state) {
  (void)state;
  person old, fresh, third;
  uint8_t first[16], second[16];
  tacet_tlog_head seen = {0};
  sto_trouble why;
  int64_t again = 0;
  bool there;
  person_register(&old, "alice");
  assert_ok(link_for("alice", first));
  person_make(&fresh, "alice");
  assert_int_equal(TACET_WIRE_OK, book_register(&fresh, first));
  for (int64_t day = 0; day <= TACETD_RESET_VETO_DAYS; day++) {
    assert_err(TACET_ERR_STATE, dir_reset_invite(book_folder, "alice", second,
                                                 30000, &there, &again, &why));
    assert_int_equal(20000 + TACETD_RESET_VETO_DAYS + 1, again);
    book_days_pass(1);
  }
  assert_ok(link_for("alice", second));
  person_make(&third, "alice");
  assert_int_equal(TACET_WIRE_OK, book_register(&third, second));
  assert_true(has_handle("alice", &third, &seen, 2));
  /* The one before that is gone for good, the last one can still object. */
  tacet_manifest next;
  person_next(&old, 2, &next);
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, book_manifest(&old));
  person_next(&fresh, 2, &next);
  assert_int_equal(TACET_WIRE_OK, book_manifest(&fresh));
  person_accept(&fresh, &next);
  assert_true(has_handle("alice", &fresh, &seen, 3));
  assert_true(is_whole());
}

/* Any next list that the old account signs takes the handle back. */
static void test_veto(void **state) {
  (void)state;
  person old, fresh, stranger;
  tacet_tlog_head seen = {0};
  tacet_manifest next;
  size_t n;
  person_register(&old, "alice");
  reset(&fresh, "alice");
  assert_true(has_handle("alice", &fresh, &seen, 1));
  person_make(&stranger, "alice");
  person_next(&stranger, 2, &next);
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, book_manifest(&stranger));
  person_next(&old, 1, &next);
  old.bytes[old.len - 70] ^= 1; /* in the signature */
  assert_int_equal(TACET_WIRE_MANIFEST, book_manifest(&old));
  old.bytes[old.len - 70] ^= 1;
  assert_int_equal(TACET_WIRE_OK, book_manifest(&old));
  assert_int_equal(TACET_WIRE_OK, book_manifest(&old)); /* answer lost */
  person_accept(&old, &next);
  proven p = book_prove("alice", &seen);
  assert_int_equal(2, p.answer.version);
  assert_int_equal(1, p.newest.number);
  assert_memory_equal(p.newest.account_id, old.manifest.account_id, 32);
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, look_account(&fresh, &n));
  assert_int_equal(TACET_WIRE_OK, look_account(&old, &n));
  assert_int_equal(2, n);
  /* What was taken back is not taken again, nor erased, by the new one. */
  person_next(&fresh, 2, &next);
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, book_manifest(&fresh));
  uint8_t link[16];
  assert_err(TACET_ERR_STATE, link_for("alice", link));
  assert_true(is_whole());
  book_days_pass(TACETD_RESET_VETO_DAYS + 1);
  assert_true(has_handle("alice", &old, &seen, 2));
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, look_account(&fresh, &n));
  /* And it goes on. */
  person_next(&old, 2, &next);
  assert_int_equal(TACET_WIRE_OK, book_manifest(&old));
  person_accept(&old, &next);
  assert_true(has_handle("alice", &old, &seen, 3));
  assert_true(is_whole());
}

static void test_too_late(void **state) {
  (void)state;
  person old, fresh;
  tacet_tlog_head seen = {0};
  tacet_manifest next;
  person_register(&old, "alice");
  reset(&fresh, "alice");
  person_next(&old, 1, &next);
  book_days_pass(TACETD_RESET_VETO_DAYS); /* the last day */
  person on_time = old;
  book_days_pass(1);
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, book_manifest(&on_time));
  assert_true(has_handle("alice", &fresh, &seen, 1));
  /* The same on the last day. */
  person_register(&old, "bob");
  reset(&fresh, "bob");
  person_next(&old, 1, &next);
  book_days_pass(TACETD_RESET_VETO_DAYS);
  assert_int_equal(TACET_WIRE_OK, book_manifest(&old));
  person_accept(&old, &next);
  assert_true(has_handle("bob", &old, &seen, 2));
}

/* What each of the two accounts can do meanwhile. */
static void test_meanwhile(void **state) {
  (void)state;
  person old, fresh;
  tacet_manifest next;
  size_t n;
  TACET_BUF(list, 32768);
  TACET_BUF(more, 32768);
  person_register(&old, "alice");
  published_add(&list, &old, 0, false);
  published_add(&list, &old, 0, true);
  assert_int_equal(TACET_WIRE_OK, book_publish(&old, 0, &list).status);
  reset(&fresh, "alice");
  tacet_token t = book_token(TACET_TOKEN_DIRECTORY);
  assert_int_equal(TACET_WIRE_NO_KEY_PACKAGE,
                   book_claim(old.manifest.account_id, &t).status);
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT,
                   book_publish(&old, 0, &list).status);
  published_add(&more, &fresh, 0, false);
  assert_int_equal(TACET_WIRE_OK, book_publish(&fresh, 0, &more).status);
  assert_int_equal(TACET_WIRE_OK,
                   book_claim(fresh.manifest.account_id, &t).status);
  /* Neither erases what is in dispute. */
  person_next(&fresh, 0, &next);
  assert_int_equal(TACET_WIRE_HANDLE_TAKEN, book_erase(&fresh, 0));
  person_next(&old, 0, &next);
  assert_int_equal(TACET_WIRE_HANDLE_TAKEN, book_erase(&old, 0));
  assert_int_equal(TACET_WIRE_MANIFEST, book_manifest(&old));
  book_days_pass(TACETD_RESET_VETO_DAYS + 1);
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, look_account(&old, &n));
  person_next(&fresh, 0, &next);
  assert_int_equal(TACET_WIRE_OK, book_erase(&fresh, 0));
  assert_true(is_whole());
}

static void test_the_operator_erases_both(void **state) {
  (void)state;
  person old, fresh;
  tacet_manifest next;
  sto_trouble why;
  person_register(&old, "alice");
  reset(&fresh, "alice");
  assert_ok(dir_account_erase(book_folder, "alice", &why));
  person_next(&old, 1, &next);
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, book_manifest(&old));
  person_next(&fresh, 1, &next);
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, book_manifest(&fresh));
  book_days_pass(1);
  book_reopen();
  assert_true(is_whole());
}

/* ---- which account that is ---- */

static bool is_named(const person *p, const char *want) {
  char name[TACETD_HANDLE_MAX + 1] = "untouched";
  bool there = true;
  sto_trouble why;
  assert_ok(dir_account_name(book_folder, p->manifest.account_id, name, &there,
                             &why));
  assert_string_equal(name, there ? want : "untouched");
  return there;
}

static bool is_id(const char *name, const person *p) {
  uint8_t id[TACET_ACCOUNT_ID_LEN];
  bool there = true;
  sto_trouble why;
  assert_ok(dir_account_id(book_folder, name, id, &there, &why));
  return there && memcmp(id, p->manifest.account_id, sizeof(id)) == 0;
}

/* An id that was taken down stays with its account, whatever becomes of the
 * handle. */
static void test_names_and_ids(void **state) {
  (void)state;
  person old, fresh, carol;
  sto_trouble why;
  person_register(&old, "alice");
  person_register(&carol, "carol");
  assert_true(is_id("alice", &old) && is_named(&old, "alice"));
  assert_false(is_id("alice", &carol) || is_id("nobody", &old));
  reset(&fresh, "alice");
  assert_true(is_id("alice", &fresh) && is_named(&fresh, "alice"));
  assert_false(is_named(&old, "alice"));
  assert_ok(dir_account_erase(book_folder, "carol", &why));
  assert_false(is_id("carol", &carol) || is_named(&carol, "carol"));
}

/* ---- with witnesses ---- */

static void publish_all(void) {
  TACET_BUF(note, TACET_NOTE_MAX);
  assert_ok(dir_log_next(book, true, &note));
  book_cosign(&note, 1, 1764000000);
  assert_ok(dir_log_publish(book, tacet_buf_span(&note)));
}

/* Answers are as of the published head at every step, and days count from when
 * the log shows it. */
static void test_published_heads(void **state) {
  (void)state;
  person old, fresh;
  tacet_manifest next;
  tacet_tlog_head seen = {0};
  size_t n;
  book_witnesses();
  person_register(&old, "alice");
  publish_all();
  reset(&fresh, "alice");
  assert_true(has_handle("alice", &old, &seen, 0));
  assert_int_equal(TACET_WIRE_OK, look_account(&old, &n));
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, look_account(&fresh, &n));
  book_days_pass(10); /* the witnesses are away */
  assert_true(has_handle("alice", &old, &seen, 0));
  publish_all();
  assert_true(has_handle("alice", &fresh, &seen, 1));
  book_days_pass(TACETD_RESET_VETO_DAYS);
  person_next(&old, 1, &next);
  assert_int_equal(TACET_WIRE_OK, book_manifest(&old));
  person_accept(&old, &next);
  book_days_pass(10);
  assert_true(has_handle("alice", &fresh, &seen, 1));
  book_reopen();
  assert_true(has_handle("alice", &fresh, &seen, 1));
  publish_all();
  assert_true(has_handle("alice", &old, &seen, 2));
  book_days_pass(TACETD_RESET_VETO_DAYS + 1);
  assert_true(has_handle("alice", &old, &seen, 2));
  assert_true(is_whole());
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, book_setup, book_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_it_is_logged_at_once),
      TEST(test_links),
      TEST(test_one_at_a_time),
      TEST(test_veto),
      TEST(test_too_late),
      TEST(test_meanwhile),
      TEST(test_the_operator_erases_both),
      TEST(test_names_and_ids),
      TEST(test_published_heads),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
