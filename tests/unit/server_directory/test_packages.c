/* SPDX-License-Identifier: Apache-2.0
 * Key packages: which may be published, how many, and what a claim gets. */
#include "tests/unit/server_directory/book.h"

#define XWING 0xF04D

/* Each row differs from a good package in one thing. */
static const struct {
  const char *name;
  package_wish wish;
  tacet_wire_error want;
} rows[] = {
    {"good",
     {.suite = XWING, .not_before = -60, .not_after = 999},
     TACET_WIRE_OK},
    {"a clock half an hour ahead",
     {.suite = XWING, .not_before = 1800, .not_after = 9999},
     TACET_WIRE_OK},
    {"another suite",
     {.suite = 1, .not_before = -60, .not_after = 999},
     TACET_WIRE_KEY_PACKAGE},
    {"OpenMLS' number",
     {.suite = 0x004D, .not_before = -60, .not_after = 999},
     TACET_WIRE_KEY_PACKAGE},
    {"expired",
     {.suite = XWING, .not_before = -60, .not_after = 0},
     TACET_WIRE_KEY_PACKAGE},
    {"of tomorrow",
     {.suite = XWING, .not_before = 86400, .not_after = 99999},
     TACET_WIRE_KEY_PACKAGE},
    {"another account's",
     {.suite = XWING, .not_after = 999, .wrong_account = true},
     TACET_WIRE_KEY_PACKAGE},
    {"another device's",
     {.suite = XWING, .not_after = 999, .wrong_device = true},
     TACET_WIRE_KEY_PACKAGE},
    {"another device's key",
     {.suite = XWING, .not_after = 999, .wrong_key = true},
     TACET_WIRE_KEY_PACKAGE},
    {"a manifest that is not there yet",
     {.suite = XWING, .not_after = 999, .manifest = 1},
     TACET_WIRE_KEY_PACKAGE},
    {"one key twice",
     {.suite = XWING, .not_after = 999, .same_keys = true},
     TACET_WIRE_KEY_PACKAGE},
    {"leaf not signed",
     {.suite = XWING, .not_after = 999, .bad_leaf_signature = true},
     TACET_WIRE_KEY_PACKAGE},
    {"package not signed",
     {.suite = XWING, .not_after = 999, .bad_signature = true},
     TACET_WIRE_KEY_PACKAGE},
    {"no package",
     {.suite = XWING, .not_after = 999, .no_package = true},
     TACET_WIRE_KEY_PACKAGE},
};

static void test_which(void **state) {
  (void)state;
  person alice;
  size_t held = 0;
  person_register(&alice, "alice");
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    TACET_BUF(message, 8192);
    TACET_BUF(list, 16384);
    published_add(&list, &alice, 0, false); /* a good one beside it */
    package_write(&message, &alice, 0, &rows[i].wish);
    const tacet_published_package p = {.key_package = tacet_buf_span(&message)};
    tacet_published_package_write(&list, &p);
    shelf s = book_publish(&alice, 0, &list);
    if (s.status != rows[i].want) {
      fail_msg("%s: %d", rows[i].name, s.status);
    }
    if (s.status == TACET_WIRE_OK) { /* both or neither */
      held += 2;
      assert_int_equal(held, s.n_held);
    }
  }
}

static void test_who(void **state) {
  (void)state;
  person alice, bob;
  TACET_BUF(list, 8192);
  person_register(&alice, "alice");
  person_make(&bob, "bob"); /* not registered */
  published_add(&list, &alice, 0, false);
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT,
                   book_publish(&bob, 0, &list).status);
  assert_int_equal(TACET_WIRE_AUTHORIZATION, /* a device that is not listed */
                   book_publish(&alice, 1, &list).status);
  person thief = alice;
  thief.device_keys[0] = bob.device_keys[0];
  assert_int_equal(TACET_WIRE_AUTHORIZATION,
                   book_publish(&thief, 0, &list).status);
  assert_int_equal(TACET_WIRE_OK, book_publish(&alice, 0, &list).status);
}

static void test_same_again(void **state) {
  (void)state;
  person alice;
  TACET_BUF(list, 32768);
  TACET_BUF(none, 16);
  person_register(&alice, "alice");
  for (int i = 0; i < 3; i++) {
    published_add(&list, &alice, 0, i == 0);
  }
  assert_int_equal(3, book_publish(&alice, 0, &list).n_held);
  assert_int_equal(3, book_publish(&alice, 0, &list).n_held);
  assert_int_equal(3, book_publish(&alice, 0, &none).n_held); /* only asks */
  /* A new last resort takes the place of the old one. */
  TACET_BUF(fresh, 16384);
  published_add(&fresh, &alice, 0, true);
  assert_int_equal(3, book_publish(&alice, 0, &fresh).n_held);
}

static void test_hundred(void **state) {
  (void)state;
  person alice;
  person_register(&alice, "alice");
  for (int round = 0; round < 2; round++) {
    TACET_BUF(list, 400000);
    for (int i = 0; i < 60; i++) {
      published_add(&list, &alice, 0, i == 0);
    }
    shelf s = book_publish(&alice, 0, &list);
    assert_int_equal(TACET_WIRE_OK, s.status);
    /* 59 and a last resort; then 118 become 100. */
    assert_int_equal(round == 0 ? 60 : 101, s.n_held);
  }
}

static void publish_some(const person *p, size_t device, int n, bool last) {
  TACET_BUF(list, 100000);
  for (int i = 0; i < n; i++) {
    published_add(&list, p, device, false);
  }
  if (last) {
    published_add(&list, p, device, true);
  }
  assert_int_equal(TACET_WIRE_OK, book_publish(p, device, &list).status);
}

static void test_claim(void **state) {
  (void)state;
  person alice;
  tacet_manifest next;
  TACET_BUF(none, 16);
  person_register(&alice, "alice");
  const uint8_t *id = alice.manifest.account_id;
  tacet_token t = book_token(TACET_TOKEN_DIRECTORY), forged = t;
  forged.nonce[0] ^= 1;
  assert_int_equal(TACET_WIRE_TOKEN_NEEDED, book_claim(id, NULL).status);
  assert_int_equal(TACET_WIRE_TOKEN, book_claim(id, &forged).status);
  assert_int_equal(TACET_WIRE_NO_KEY_PACKAGE, book_claim(id, &t).status);
  uint8_t nobody[32] = {9};
  assert_int_equal(TACET_WIRE_UNKNOWN_ACCOUNT, book_claim(nobody, &t).status);
  /* Two devices: one of each, the token was still good. */
  person_next(&alice, 2, &next);
  assert_int_equal(TACET_WIRE_OK, book_manifest(&alice));
  person_accept(&alice, &next);
  publish_some(&alice, 0, 2, true);
  publish_some(&alice, 1, 1, false);
  claimed first = book_claim(id, &t);
  assert_int_equal(TACET_WIRE_OK, first.status);
  assert_int_equal(2, first.n);
  assert_int_equal(0, first.n_last_resort);
  assert_int_equal(TACET_WIRE_TOKEN_SPENT, book_claim(id, &t).status);
  /* Then the second device has none. */
  t = book_token(TACET_TOKEN_DIRECTORY);
  claimed second = book_claim(id, &t);
  assert_int_equal(1, second.n);
  assert_int_equal(0, second.n_last_resort);
  assert_memory_not_equal(first.hashes[0], second.hashes[0], 32);
  /* Then the last resort, as often as it takes. */
  claimed third = {.n = 0};
  for (int i = 0; i < 3; i++) {
    t = book_token(TACET_TOKEN_DIRECTORY);
    claimed more = book_claim(id, &t);
    assert_int_equal(1, more.n);
    assert_int_equal(1, more.n_last_resort);
    assert_true(i == 0 || memcmp(third.hashes[0], more.hashes[0], 32) == 0);
    third = more;
  }
  assert_int_equal(1, book_publish(&alice, 0, &none).n_held);
}

/* More than 60 an hour get the last resort, and the shelf stays full. */
static void test_sixty_an_hour(void **state) {
  (void)state;
  person alice;
  TACET_BUF(none, 16);
  person_register(&alice, "alice");
  const uint8_t *id = alice.manifest.account_id;
  for (int i = 0; i < 4; i++) {
    publish_some(&alice, 0, 20, i == 0);
  }
  for (int i = 0; i < 62; i++) {
    tacet_token t = book_token(TACET_TOKEN_DIRECTORY);
    claimed c = book_claim(id, &t);
    assert_int_equal(1, c.n);
    assert_int_equal(i < 60 ? 0 : 1, c.n_last_resort);
  }
  assert_int_equal(21, book_publish(&alice, 0, &none).n_held);
  book_hours_pass(1);
  tacet_token t = book_token(TACET_TOKEN_DIRECTORY);
  assert_int_equal(0, book_claim(id, &t).n_last_resort);
}

/* Packages of a device go with it. */
static void test_removed_device(void **state) {
  (void)state;
  person alice;
  tacet_manifest next;
  person_register(&alice, "alice");
  person_next(&alice, 2, &next);
  assert_int_equal(TACET_WIRE_OK, book_manifest(&alice));
  person_accept(&alice, &next);
  publish_some(&alice, 0, 1, false);
  publish_some(&alice, 1, 1, true);
  TACET_BUF(late, 8192);
  published_add(&late, &alice, 1, false);
  TACET_BUF(message, 8192);
  TACET_BUF(marked, 8192);
  package_write(&message, &alice, 1, &package_good);
  const tacet_published_package p = {.key_package = tacet_buf_span(&message)};
  tacet_published_package_write(&marked, &p);
  assert_int_equal(3, book_publish(&alice, 1, &marked).n_held);
  tacet_span middle = tacet_span_of(message.p + message.len / 2, 32);
  book_settle();
  assert_int_equal(1, book_count_raw(middle));
  person_next(&alice, 1, &next);
  assert_int_equal(TACET_WIRE_OK, book_manifest(&alice));
  book_settle();
  assert_int_equal(0, book_count_raw(middle));
  assert_int_equal(TACET_WIRE_AUTHORIZATION,
                   book_publish(&alice, 1, &late).status);
  tacet_token t = book_token(TACET_TOKEN_DIRECTORY);
  claimed c = book_claim(alice.manifest.account_id, &t);
  assert_int_equal(1, c.n);
  assert_int_equal(0, c.n_last_resort);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, book_setup, book_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_which),          TEST(test_who),   TEST(test_same_again),
      TEST(test_hundred),        TEST(test_claim), TEST(test_sixty_an_hour),
      TEST(test_removed_device),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
