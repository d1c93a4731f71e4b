/* SPDX-License-Identifier: Apache-2.0
 * Making, changing and deleting mailboxes, and what it takes. */
#include "tests/unit/server_delivery/post.h"

static void test_create(void **state) {
  (void)state;
  owner list[64];
  owners_new(list, 64);
  for (size_t i = 0; i < 64; i++) {
    assert_int_equal(TACET_DELIVERY_STORED,
                     post_send_one(&list[i], TACET_SPAN_LIT("hello")));
  }
  post_reopen();
  assert_int_equal(1, post_count(&list[63]));
}

static void test_tokens(void **state) {
  (void)state;
  owner a[2];
  owner_make(&a[0]);
  owner_make(&a[1]);
  tacet_token good = post_token(TACET_TOKEN_DELIVERY);
  tacet_token forged = good, other = post_token(TACET_TOKEN_DIRECTORY);
  forged.output[5] ^= 1;
  tacet_token stranger = good;
  stranger.key_id[0] ^= 1;
  assert_int_equal(TACET_WIRE_TOKEN, post_create(a, 1, &forged));
  assert_int_equal(TACET_WIRE_TOKEN, post_create(a, 1, &stranger));
  assert_int_equal(TACET_WIRE_TOKEN, post_create(a, 1, &other));
  assert_int_equal(TACET_WIRE_OK, post_create(a, 1, &good));
  /* The same request again: its answer was lost. */
  assert_int_equal(TACET_WIRE_OK, post_create(a, 1, &good));
  assert_int_equal(TACET_WIRE_TOKEN_SPENT, post_create(&a[1], 1, &good));
  post_reopen();
  assert_int_equal(TACET_WIRE_TOKEN_SPENT, post_create(&a[1], 1, &good));
  assert_int_equal(TACET_DELIVERY_GONE,
                   post_send_one(&a[1], TACET_SPAN_LIT("x")));
}

/* A key issues for a week and is taken for one more. */
static void test_token_ages(void **state) {
  (void)state;
  owner a[3];
  for (int i = 0; i < 3; i++) {
    owner_make(&a[i]);
  }
  tacet_token t[3];
  for (int i = 0; i < 3; i++) {
    t[i] = post_token(TACET_TOKEN_DELIVERY);
  }
  /* Day 20,000 is the second day of its week: 12 days later it is the last on
   * which the key is taken. */
  assert_int_equal(1, 20000 % 7);
  post_days_pass(12);
  assert_int_equal(TACET_WIRE_OK, post_create(&a[0], 1, &t[0]));
  assert_int_equal(TACET_WIRE_TOKEN_SPENT, post_create(&a[1], 1, &t[0]));
  post_days_pass(1);
  assert_int_equal(TACET_WIRE_TOKEN, post_create(&a[1], 1, &t[1]));
  tacet_token fresh = post_token(TACET_TOKEN_DELIVERY);
  assert_int_equal(TACET_WIRE_OK, post_create(&a[1], 1, &fresh));
}

static void test_ids_are_taken_once(void **state) {
  (void)state;
  owner a, thief, near;
  owners_new(&a, 1);
  owner_make(&thief);
  memcpy(thief.box.id, a.box.id, 16);
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  assert_int_equal(TACET_WIRE_MAILBOX_EXISTS, post_create(&thief, 1, &t));
  /* Ids that share the half that rows are found by do not mix either. */
  owner_make(&near);
  memcpy(near.box.id, a.box.id, 8);
  assert_int_equal(TACET_WIRE_MAILBOX_EXISTS, post_create(&near, 1, &t));
  tacet_recipient r = to(&a);
  r.mailbox[15] ^= 1;
  tacet_send m = {.item = TACET_SPAN_LIT("x")};
  assert_int_equal(TACET_DELIVERY_GONE, post_send(&m, &r, 1).outcomes[0]);
  /* Twice in one list. */
  owner twice[2];
  owner_make(&twice[0]);
  owner_make(&twice[1]);
  memcpy(twice[1].box.id, twice[0].box.id, 16);
  assert_int_equal(TACET_WIRE_MAILBOX_EXISTS, post_create(twice, 2, &t));
  /* One that is taken stops the whole list, and the token is still good. */
  owner mixed[2] = {twice[0], thief};
  assert_int_equal(TACET_WIRE_MAILBOX_EXISTS, post_create(mixed, 2, &t));
  assert_int_equal(TACET_WIRE_OK, post_create(&twice[0], 1, &t));
}

static void test_sealing_key_must_be_one(void **state) {
  (void)state;
  owner a;
  owner_make(&a);
  memset(a.box.sealing_key, 0, 32); /* the neutral element */
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  assert_int_equal(TACET_WIRE_MALFORMED, post_create(&a, 1, &t));
}

static void test_change(void **state) {
  (void)state;
  owner a, before, wrong;
  uint8_t fresh[32], third[32];
  owners_open(&a, 1);
  before = a;
  fill_random(fresh, 32);
  fill_random(third, 32);
  wrong = a;
  wrong.read_secret[0] ^= 1;
  assert_int_equal(TACET_WIRE_MAILBOX, post_change(&wrong, fresh, false));
  assert_int_equal(TACET_DELIVERY_STORED,
                   post_send_one(&before, TACET_SPAN_LIT("x")));
  assert_int_equal(TACET_WIRE_OK, post_change(&a, fresh, false));
  memcpy(a.capability, fresh, 32);
  assert_int_equal(TACET_DELIVERY_STORED,
                   post_send_one(&a, TACET_SPAN_LIT("new")));
  assert_int_equal(TACET_DELIVERY_STORED,
                   post_send_one(&before, TACET_SPAN_LIT("old")));
  /* The same change again leaves the old one alone. */
  assert_int_equal(TACET_WIRE_OK, post_change(&a, fresh, false));
  assert_int_equal(TACET_DELIVERY_STORED,
                   post_send_one(&before, TACET_SPAN_LIT("old")));
  /* Only the one before counts. */
  assert_int_equal(TACET_WIRE_OK, post_change(&a, third, false));
  assert_int_equal(TACET_DELIVERY_STALE,
                   post_send_one(&before, TACET_SPAN_LIT("old")));
  assert_int_equal(TACET_DELIVERY_STORED,
                   post_send_one(&a, TACET_SPAN_LIT("old")));
  post_reopen();
  assert_int_equal(TACET_DELIVERY_STORED,
                   post_send_one(&a, TACET_SPAN_LIT("old")));
  assert_int_equal(TACET_DELIVERY_STALE,
                   post_send_one(&before, TACET_SPAN_LIT("old")));
  /* Dropped at once, also when it is the current one that is named again. */
  assert_int_equal(TACET_WIRE_OK, post_change(&a, third, true));
  assert_int_equal(TACET_DELIVERY_STALE,
                   post_send_one(&a, TACET_SPAN_LIT("old")));
}

static void test_old_capability_64_items(void **state) {
  (void)state;
  owner a;
  uint8_t fresh[32];
  owners_open(&a, 1);
  fill_random(fresh, 32);
  assert_int_equal(TACET_WIRE_OK, post_change(&a, fresh, false));
  /* Twice in one request counts twice. */
  tacet_recipient both[2] = {to(&a), to(&a)};
  tacet_send m = {.item = TACET_SPAN_LIT("x")};
  for (int i = 0; i < 31; i++) {
    sent s = post_send(&m, both, 2);
    assert_int_equal(TACET_DELIVERY_STORED, s.outcomes[1]);
  }
  post_reopen();
  assert_int_equal(TACET_DELIVERY_STORED,
                   post_send_one(&a, TACET_SPAN_LIT("63rd")));
  sent s = post_send(&m, both, 2);
  assert_int_equal(TACET_DELIVERY_STORED, s.outcomes[0]);
  assert_int_equal(TACET_DELIVERY_STALE, s.outcomes[1]);
}

static void test_old_capability_7_days(void **state) {
  (void)state;
  owner a;
  uint8_t fresh[32];
  owners_open(&a, 1);
  fill_random(fresh, 32);
  assert_int_equal(TACET_WIRE_OK, post_change(&a, fresh, false));
  post_days_pass(7);
  assert_int_equal(TACET_DELIVERY_STORED,
                   post_send_one(&a, TACET_SPAN_LIT("x")));
  post_days_pass(1);
  assert_int_equal(TACET_DELIVERY_STALE,
                   post_send_one(&a, TACET_SPAN_LIT("x")));
  post_settle(); /* and its hash is gone */
  assert_int_equal(0, post_count_raw(tacet_span_of(a.box.capability_hash, 32)));
}

static void test_delete(void **state) {
  (void)state;
  owner a[3], wrong;
  owners_new(a, 3);
  assert_int_equal(TACET_DELIVERY_STORED,
                   post_send_one(&a[0], TACET_SPAN_LIT("x")));
  wrong = a[1];
  wrong.read_secret[3] ^= 1;
  owner mixed[2] = {a[0], wrong};
  assert_int_equal(TACET_WIRE_MAILBOX, post_delete(mixed, 2));
  assert_int_equal(1, post_count(&a[0])); /* all or none */
  assert_int_equal(0, post_n_gone);
  assert_int_equal(TACET_WIRE_OK, post_delete(a, 2));
  assert_int_equal(2, post_n_gone);
  assert_memory_equal(a[1].box.id, post_last_gone, 16);
  assert_int_equal(TACET_WIRE_OK, post_delete(a, 2)); /* gone already: fine */
  assert_int_equal(2, post_n_gone);
  assert_int_equal(TACET_DELIVERY_GONE,
                   post_send_one(&a[0], TACET_SPAN_LIT("x")));
  assert_false(post_subscribe(&a[0]).known);
  assert_int_equal(TACET_WIRE_MAILBOX,
                   post_change(&a[0], a[0].capability, false));
  assert_int_equal(TACET_DELIVERY_STORED,
                   post_send_one(&a[2], TACET_SPAN_LIT("x")));
}

static void test_bodies(void **state) {
  (void)state;
  static const uint8_t nonsense[] = {1, 2, 3, 4, 5};
  static const dlv_call calls[] = {DLV_CREATE, DLV_CHANGE, DLV_DELETE, DLV_SEND,
                                   DLV_SLOTS};
  for (size_t i = 0; i < 5; i++) {
    tacet_bytes body = {NULL, 0};
    dlv_request *r = NULL;
    assert_ok(tacet_bytes_set(&body, tacet_span_of(nonsense, 5)));
    assert_int_equal(TACET_WIRE_MALFORMED,
                     dlv_request_new(calls[i], &body, &r));
    assert_null(body.p);
    assert_null(r);
  }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, post_setup, post_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_create),
      TEST(test_tokens),
      TEST(test_token_ages),
      TEST(test_ids_are_taken_once),
      TEST(test_sealing_key_must_be_one),
      TEST(test_change),
      TEST(test_old_capability_64_items),
      TEST(test_old_capability_7_days),
      TEST(test_delete),
      TEST(test_bodies),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
