/* SPDX-License-Identifier: Apache-2.0
 * What is erased, claimed or expired is gone from the raw bytes; and what no
 * row may hold is in none. */
#include "tests/unit/server_directory/book.h"

static size_t raw(const uint8_t *p, size_t len) {
  return book_count_raw(tacet_span_of(p, len));
}

static void test_erased_account(void **state) {
  (void)state;
  person people[12];
  char name[32];
  tacet_manifest last;
  for (size_t i = 0; i < 12; i++) { /* among others, so that pages are shared */
    TACET_BUF(list, 32768);
    (void)snprintf(name, sizeof(name), "person-%02d-marker", (int)i);
    person_register(&people[i], name);
    for (int k = 0; k < 3; k++) {
      published_add(&list, &people[i], 0, k == 0);
    }
    assert_int_equal(3, book_publish(&people[i], 0, &list).n_held);
  }
  book_settle();
  assert_true(raw(people[3].manifest.account_id, 32) > 0);
  assert_true(book_count_raw(TACET_SPAN_LIT("person-03-marker")) > 0);
  for (size_t i = 0; i < 12; i += 3) {
    person_next(&people[i], 0, &last);
    assert_int_equal(TACET_WIRE_OK, book_erase(&people[i], 0));
  }
  book_settle();
  for (size_t i = 0; i < 12; i++) {
    const tacet_manifest *m = &people[i].manifest;
    (void)snprintf(name, sizeof(name), "person-%02d-marker", (int)i);
    bool there = i % 3 != 0;
    assert_true((raw(m->account_id, 32) > 0) == there);
    assert_true((book_count_raw(tacet_span_str(name)) > 0) == there);
    assert_true((raw(m->devices[0].key, 32) > 0) == there);
    assert_true((raw(m->devices[0].id, 16) > 0) == there);
    assert_true((raw(m->recovery_key, 32) > 0) == there);
  }
}

static void test_packages(void **state) {
  (void)state;
  person alice;
  TACET_BUF(kept, 8192);
  TACET_BUF(list, 16384);
  person_register(&alice, "alice");
  package_wish wish = package_good; /* 40 days by itself */
  package_write(&kept, &alice, 0, &wish);
  const tacet_published_package p = {.key_package = tacet_buf_span(&kept)};
  tacet_published_package_write(&list, &p);
  assert_int_equal(1, book_publish(&alice, 0, &list).n_held);
  book_settle();
  const uint8_t *middle = kept.p + kept.len / 2;
  assert_int_equal(1, raw(middle, 32));
  /* Claimed. */
  tacet_token t = book_token(TACET_TOKEN_DIRECTORY);
  assert_int_equal(1, book_claim(alice.manifest.account_id, &t).n);
  book_settle();
  assert_int_equal(0, raw(middle, 32));
  /* Expired by itself, or after 60 days whatever it says. */
  static const struct {
    int64_t seconds, last_day;
  } rows[] = {{10 * 86400, 10}, {300 * 86400, 60}};
  TACET_BUF(none, 16);
  for (size_t i = 0; i < 2; i++) {
    tacet_buf_clear(&kept);
    tacet_buf_clear(&list);
    wish.not_after = rows[i].seconds;
    package_write(&kept, &alice, 0, &wish);
    const tacet_published_package q = {.key_package = tacet_buf_span(&kept)};
    tacet_published_package_write(&list, &q);
    assert_int_equal(1, book_publish(&alice, 0, &list).n_held);
    book_days_pass(rows[i].last_day);
    assert_int_equal(1, book_publish(&alice, 0, &none).n_held);
    book_days_pass(1);
    assert_int_equal(0, book_publish(&alice, 0, &none).n_held);
    book_settle();
    assert_int_equal(0, raw(kept.p + kept.len / 2, 32));
  }
}

static void test_invites_and_tokens(void **state) {
  (void)state;
  uint8_t used[16], unused[16], hash[32];
  person alice;
  invite_new(used, 1, 7);
  invite_new(unused, 1, 7);
  person_make(&alice, "alice");
  assert_int_equal(TACET_WIRE_OK, book_register(&alice, used));
  TACET_BUF(list, 8192);
  published_add(&list, &alice, 0, false);
  assert_int_equal(1, book_publish(&alice, 0, &list).n_held);
  tacet_token t = book_token(TACET_TOKEN_DIRECTORY);
  assert_int_equal(1, book_claim(alice.manifest.account_id, &t).n);
  book_settle();
  assert_int_equal(0, raw(used, 16)); /* only ever its hash */
  assert_int_equal(0, raw(t.nonce, 32));
  assert_int_equal(0, raw(t.output, 64));
  assert_ok(dir_hash(tacet_span_of(unused, 16), hash));
  assert_true(raw(hash, 32) > 0);
  uint8_t spent[32];
  assert_ok(tacet_token_hash(&t, spent));
  assert_true(raw(spent, 32) > 0);
  book_days_pass(8);
  book_settle();
  assert_int_equal(0, raw(hash, 32));
  assert_ok(dir_hash(tacet_span_of(used, 16), hash));
  assert_int_equal(0, raw(hash, 32));
  assert_true(raw(spent, 32) > 0);
  book_days_pass(5); /* its key is past */
  book_settle();
  assert_int_equal(0, raw(spent, 32));
}

/* Signatures, nonces and blinded elements of requests are stored nowhere. */
static void test_requests_leave_nothing(void **state) {
  (void)state;
  person alice;
  person_register(&alice, "alice");
  uint8_t public_key[32];
  tacet_issuers keys = {.n = 0};
  static tacet_token_draw d;
  tok_issuer_list(book->issuers[0], &keys);
  memcpy(public_key, keys.list[0].public_key, 32);
  assert_ok(tacet_token_draw_start(TACET_TOKEN_DIRECTORY, public_key, 4, &d));
  TACET_BUF(w, 4096);
  tacet_draw m = {.kind = TACET_TOKEN_DIRECTORY,
                  .blinded = tacet_span_of(d.blinded, 4 * 32)};
  tacet_token_key_id(public_key, m.key_id);
  tacet_draw_write(&w, &m);
  assert_int_equal(TACET_WIRE_OK,
                   status_of_call(book_call_as(&alice, 0, DIR_DRAW, &w)));
  book_settle();
  for (size_t i = 0; i < 4; i++) {
    assert_int_equal(0, raw(d.blinded + 32 * i, 32));
  }
}

/* A clock that jumps erases nothing. */
static void test_days_stand_still(void **state) {
  (void)state;
  person alice;
  dir_stats stats;
  person_register(&alice, "alice");
  TACET_BUF(list, 8192);
  TACET_BUF(none, 16);
  published_add(&list, &alice, 0, false);
  assert_int_equal(1, book_publish(&alice, 0, &list).n_held);
  book_close();
  sto_trouble why;
  const dir_options real = {.folder = book_folder, .domain = DOMAIN};
  assert_ok(dir_open(&real, &why, &book)); /* the real day is after 20,000 */
  sto_keeper_now(&book->keeper);
  dir_stats_get(book, &stats);
  assert_false(stats.clock_trusted);
  assert_int_equal(20000, stats.day);
  assert_int_equal(0, stats.expired);
  assert_int_equal(1, book_publish(&alice, 0, &none).n_held);
  /* ... until the operator says that it is right. */
  book_close();
  assert_ok(dir_clock_confirm(book_folder, &why));
  assert_ok(dir_open(&real, &why, &book));
  sto_keeper_now(&book->keeper);
  dir_stats_get(book, &stats);
  assert_true(stats.clock_trusted);
  assert_true(stats.day > 20000);
  assert_int_equal(0, book_publish(&alice, 0, &none).n_held);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, book_setup, book_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_erased_account),     TEST(test_packages),
      TEST(test_invites_and_tokens), TEST(test_requests_leave_nothing),
      TEST(test_days_stand_still),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
