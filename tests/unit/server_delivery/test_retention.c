/* SPDX-License-Identifier: Apache-2.0
 * What is erased is gone from the raw bytes of the folder, and everything is
 * erased on its day and not before; never while the clock is not trusted. */
#include "tests/unit/server_delivery/post.h"

static size_t raw(const dlv_item *i) {
  return post_count_raw(tacet_span_of(i->sealed, i->len < 48 ? i->len : 48));
}

/* Items of many mailboxes, mixed, some of several pages; half the mailboxes
 * are acknowledged in an order that merges pages. */
static void test_acknowledged_is_gone(void **state) {
  (void)state;
  enum { BOXES = 16, ROUNDS = 40 };
  owner a[BOXES];
  static uint8_t item[20000];
  owners_open(a, BOXES);
  tacet_recipient list[BOXES];
  for (int i = 0; i < BOXES; i++) {
    list[i] = to(&a[i]);
  }
  for (int i = 0; i < ROUNDS; i++) {
    size_t len = i % 7 == 0 ? sizeof(item) : 200 + (size_t)i * 60;
    fill_random(item, len);
    tacet_send m = {.item = tacet_span_of(item, len)};
    assert_int_equal(TACET_WIRE_OK, post_send(&m, list, BOXES).status);
  }
  assert_int_equal(BOXES * ROUNDS, post_n_stored);
  post_settle();
  assert_int_equal(1, raw(post_stored[0]));
  for (int i = 0; i < BOXES; i += 2) {
    assert_int_equal(ROUNDS / 2, post_ack(&a[i], ROUNDS / 2));
  }
  assert_int_equal(TACET_WIRE_OK, post_delete(&a[1], 1));
  post_settle();
  size_t there = 0, gone = 0;
  for (size_t i = 0; i < post_n_stored; i += 5) { /* each takes a search */
    const dlv_item *x = post_stored[i];
    bool even = false, deleted = memcmp(x->mailbox, a[1].box.id, 16) == 0;
    for (int k = 0; k < BOXES; k += 2) {
      even = even || memcmp(x->mailbox, a[k].box.id, 16) == 0;
    }
    bool erased = deleted || (even && x->seq <= ROUNDS / 2);
    assert_int_equal(erased ? 0 : 1, raw(x));
    there += erased ? 0 : 1;
    gone += erased ? 1 : 0;
  }
  assert_true(there > 20 && gone > 20);
  /* Of the mailbox that was deleted nothing is left at all. */
  assert_int_equal(0, post_count_raw(tacet_span_of(a[1].box.id, 16)));
  assert_int_equal(0, post_count_raw(tacet_span_of(a[1].box.read_hash, 32)));
  assert_int_equal(0, post_count_raw(tacet_span_of(a[1].box.sealing_key, 32)));
}

static void test_items_30_days(void **state) {
  (void)state;
  owner a;
  owners_open(&a, 1);
  (void)post_send_one(&a, TACET_SPAN_LIT("thirty days to live"));
  (void)post_send_one(&a, TACET_SPAN_LIT("thirty days to live"));
  post_days_pass(1);
  (void)post_send_one(&a, TACET_SPAN_LIT("one day later"));
  post_days_pass(29);
  assert_int_equal(3, post_count(&a));
  post_days_pass(1);
  assert_int_equal(1, post_count(&a));
  tacet_subscription s = post_subscribe(&a);
  assert_int_equal(2, s.expired); /* told ... */
  assert_int_equal(0, s.acknowledged);
  post_settle();
  assert_int_equal(0, raw(post_stored[0]));
  assert_int_equal(1, raw(post_stored[2]));
  assert_int_equal(1, post_ack(&a, 3));
  assert_int_equal(0, post_subscribe(&a).expired); /* ... once */
  post_hooks_reset();
  (void)post_send_one(&a, TACET_SPAN_LIT("x"));
  assert_int_equal(4, post_stored[0]->seq);
  /* Numbers do not come back where all of a mailbox expired. */
  post_days_pass(31);
  assert_int_equal(0, post_count(&a));
  post_reopen();
  post_hooks_reset();
  (void)post_send_one(&a, TACET_SPAN_LIT("x"));
  assert_int_equal(5, post_stored[0]->seq);
  dlv_stats stats;
  dlv_stats_get(post, &stats);
  assert_true(stats.clock_trusted);
  assert_int_equal(20062, stats.day);
}

static void test_unread_100_days(void **state) {
  (void)state;
  owner a[2];
  owners_new(a, 2);
  post_days_pass(60);
  assert_true(post_subscribe(&a[0]).known);
  (void)post_send_one(&a[1], TACET_SPAN_LIT("x"));
  post_days_pass(40);
  assert_true(post_n_gone == 0);
  post_days_pass(1);
  assert_int_equal(1, post_n_gone);
  assert_memory_equal(a[1].box.id, post_last_gone, 16);
  assert_int_equal(TACET_DELIVERY_GONE,
                   post_send_one(&a[1], TACET_SPAN_LIT("x")));
  assert_int_equal(TACET_DELIVERY_STORED,
                   post_send_one(&a[0], TACET_SPAN_LIT("x")));
  post_settle();
  assert_int_equal(0, post_count_raw(tacet_span_of(a[1].box.id, 16)));
}

static sent claim(const char *body) {
  tacet_send m = {.item = TACET_SPAN_LIT("hint"), .has_slot = true};
  memset(m.slot.name, 7, sizeof(m.slot.name));
  m.slot.body = tacet_span_str(body);
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  TACET_BUF(w, 256);
  tacet_token_write(&w, &t);
  m.token = tacet_buf_span(&w);
  return post_send(&m, NULL, 0);
}

static void test_slots_35_and_400_days(void **state) {
  (void)state;
  uint8_t name[32], hash[32];
  memset(name, 7, sizeof(name));
  assert_ok(dlv_hash(name, 32, hash));
  assert_int_equal(TACET_WIRE_OK, claim("the body of a slot").status);
  post_days_pass(35);
  assert_int_equal(TACET_WIRE_OK, claim("the body of a slot").status);
  assert_int_equal(TACET_WIRE_SLOT_TAKEN, claim("another").status);
  post_days_pass(1);
  assert_int_equal(TACET_WIRE_SLOT_EXPIRED, claim("another").status);
  assert_int_equal(TACET_WIRE_SLOT_EXPIRED, claim("the body of a slot").status);
  post_settle();
  assert_int_equal(0, post_count_raw(TACET_SPAN_LIT("the body of a slot")));
  assert_true(post_count_raw(tacet_span_of(hash, 32)) > 0);
  post_days_pass(364);
  assert_int_equal(TACET_WIRE_SLOT_EXPIRED, claim("another").status);
  post_days_pass(1);
  post_settle();
  assert_int_equal(0, post_count_raw(tacet_span_of(hash, 32)));
}

static void test_spent_tokens(void **state) {
  (void)state;
  owner a;
  owner_make(&a);
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  uint8_t hash[32];
  assert_ok(tacet_token_hash(&t, hash));
  assert_int_equal(TACET_WIRE_OK, post_create(&a, 1, &t));
  post_settle();
  assert_true(post_count_raw(tacet_span_of(hash, 32)) > 0);
  assert_int_equal(0, post_count_raw(tacet_span_of(t.nonce, 32)));
  post_days_pass(12); /* the last day of its key */
  post_settle();
  assert_true(post_count_raw(tacet_span_of(hash, 32)) > 0);
  post_days_pass(1);
  post_settle();
  assert_int_equal(0, post_count_raw(tacet_span_of(hash, 32)));
}

/* A machine that boots in 2040 deletes no mail. */
static void test_clock_jumps(void **state) {
  (void)state;
  owner a;
  dlv_stats stats;
  owners_open(&a, 1);
  (void)post_send_one(&a, TACET_SPAN_LIT("must stay"));
  post_clock_jumps(5000);
  assert_int_equal(1, post_count(&a));
  dlv_stats_get(post, &stats);
  assert_false(stats.clock_trusted);
  assert_int_equal(5000, stats.clock_ahead);
  assert_int_equal(20000, stats.day);
  post_reopen(); /* a restart believes it no more */
  sto_keeper_now(&post->keeper);
  assert_int_equal(1, post_count(&a));
  (void)post_send_one(&a, TACET_SPAN_LIT("stamped with the server's day"));
  post_clock_jumps(-5000); /* the battery was changed */
  dlv_stats_get(post, &stats);
  assert_true(stats.clock_trusted);
  assert_int_equal(2, post_count(&a));
  post_clock_jumps(-3);
  dlv_stats_get(post, &stats);
  assert_false(stats.clock_trusted);
  assert_int_equal(-3, stats.clock_ahead);
  post_clock_jumps(3);
  /* The operator's word about a day that is not the clock's does not count. */
  post_clock_jumps(40);
  sto_trouble why;
  assert_ok(dlv_clock_confirm(post_folder, &why));
  post_seconds_pass(60);
  sto_keeper_now(&post->keeper);
  assert_int_equal(2, post_count(&a));
}

/* 24 hours of uptime beside the monotonic clock, and a new day is believed. */
static void test_steady_clock(void **state) {
  (void)state;
  owner a;
  owners_open(&a, 1);
  (void)post_send_one(&a, TACET_SPAN_LIT("old"));
  post_clock_jumps(40);
  assert_int_equal(1, post_count(&a));
  post_days_pass(1);
  assert_int_equal(0, post_count(&a));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, post_setup, post_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_acknowledged_is_gone), TEST(test_items_30_days),
      TEST(test_unread_100_days),      TEST(test_slots_35_and_400_days),
      TEST(test_spent_tokens),         TEST(test_clock_jumps),
      TEST(test_steady_clock),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
