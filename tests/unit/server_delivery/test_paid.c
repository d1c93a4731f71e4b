/* SPDX-License-Identifier: Apache-2.0
 * Paid mailboxes: a token an item, or nothing. */
#include "tests/unit/server_delivery/post.h"

static owner paid_new(void) {
  owner o;
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  owner_make(&o);
  o.box.paid = true;
  assert_int_equal(TACET_WIRE_OK, post_create(&o, 1, &t));
  return o;
}

/* The token's bytes live until the next call. */
static void pay(tacet_send *m, const tacet_token *t) {
  static uint8_t bytes[TACET_TOKEN_LEN];
  TACET_BUF(w, 256);
  tacet_token_write(&w, t);
  memcpy(bytes, w.p, w.len);
  m->token = tacet_span_of(bytes, sizeof(bytes));
}

static void pay_new(tacet_send *m) {
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  pay(m, &t);
}

static void test_a_token_an_item(void **state) {
  (void)state;
  owner a = paid_new(), free_one;
  owners_new(&free_one, 1);
  tacet_recipient list[2] = {to(&a), to(&free_one)};
  tacet_send m = {.item = TACET_SPAN_LIT("hello")};
  /* Without: nothing, and nobody else suffers. */
  for (int i = 0; i < 100; i++) {
    sent s = post_send(&m, list, i % 2 == 0 ? 2 : 1);
    assert_int_equal(TACET_WIRE_OK, s.status);
    assert_int_equal(TACET_DELIVERY_TOKEN_NEEDED, s.outcomes[0]);
    post_reopen(); /* also where the row was read anew */
    assert_true(i % 2 != 0 || s.outcomes[1] == TACET_DELIVERY_STORED);
    i += i > 4 ? 40 : 0;
  }
  assert_int_equal(0, post_count(&a));
  pay_new(&m);
  assert_int_equal(TACET_DELIVERY_STORED, post_send(&m, list, 1).outcomes[0]);
  assert_int_equal(1, post_count(&a));
  /* Spent is spent, and then nothing of the request is done. */
  size_t others = post_count(&free_one);
  assert_int_equal(TACET_WIRE_TOKEN_SPENT, post_send(&m, list, 2).status);
  post_reopen();
  assert_int_equal(TACET_WIRE_TOKEN_SPENT, post_send(&m, list, 2).status);
  assert_int_equal(1, post_count(&a));
  assert_int_equal(others, post_count(&free_one));
  /* No good. */
  tacet_token t = post_token(TACET_TOKEN_DIRECTORY);
  pay(&m, &t);
  assert_int_equal(TACET_WIRE_TOKEN, post_send(&m, list, 2).status);
  t = post_token(TACET_TOKEN_DELIVERY);
  t.output[3] ^= 1;
  pay(&m, &t);
  assert_int_equal(TACET_WIRE_TOKEN, post_send(&m, list, 2).status);
  assert_int_equal(1, post_count(&a));
  assert_int_equal(others, post_count(&free_one));
}

static void test_one_token_pays_for_one(void **state) {
  (void)state;
  owner a = paid_new(), b = paid_new(), free_one;
  owners_new(&free_one, 1);
  tacet_recipient list[4] = {to(&free_one), to(&a), to(&b), to(&a)};
  tacet_send m = {.item = TACET_SPAN_LIT("hello")};
  pay_new(&m);
  sent s = post_send(&m, list, 4);
  static const uint8_t want[] = {TACET_DELIVERY_STORED, TACET_DELIVERY_STORED,
                                 TACET_DELIVERY_TOKEN_NEEDED,
                                 TACET_DELIVERY_TOKEN_NEEDED};
  assert_memory_equal(want, s.outcomes, 4);
  assert_int_equal(1, post_count(&a));
  assert_int_equal(0, post_count(&b));
}

/* What is not delivered costs nothing: the same token pays for another. */
static void test_unspent(void **state) {
  (void)state;
  owner a = paid_new(), b = paid_new(), nobody, free_one;
  owners_new(&free_one, 1);
  owner_make(&nobody);
  static uint8_t large[TACET_ITEM_MAX];
  tacet_send m = {.item = tacet_span_of(large, sizeof(large))};
  tacet_recipient r = to(&a);
  while (post_count(&a) < 15) { /* unread: at most 1 MiB */
    pay_new(&m);
    assert_int_equal(TACET_DELIVERY_STORED, post_send(&m, &r, 1).outcomes[0]);
  }
  pay_new(&m);
  assert_int_equal(TACET_DELIVERY_FULL, post_send(&m, &r, 1).outcomes[0]);
  tacet_recipient list[4] = {to(&a), to(&b), to(&nobody), to(&free_one)};
  list[1].capability[0] ^= 1;
  sent s = post_send(&m, list, 4);
  static const uint8_t want[] = {TACET_DELIVERY_FULL, TACET_DELIVERY_STALE,
                                 TACET_DELIVERY_GONE, TACET_DELIVERY_STORED};
  assert_memory_equal(want, s.outcomes, 4);
  r = to(&b);
  assert_int_equal(TACET_DELIVERY_STORED, post_send(&m, &r, 1).outcomes[0]);
  assert_int_equal(TACET_WIRE_TOKEN_SPENT, post_send(&m, &r, 1).status);
}

/* With a slot the token is for the slot, where that costs one; and a token that
 * is no good takes no slot. */
static void test_with_a_slot(void **state) {
  (void)state;
  owner a = paid_new();
  static uint8_t body[TACET_SLOT_FREE_MAX + 1];
  tacet_recipient r = to(&a);
  tacet_send m = {.item = TACET_SPAN_LIT("hint"), .has_slot = true};
  m.slot.name[0] = 1;
  m.slot.body = tacet_span_of(body, sizeof(body));
  assert_int_equal(TACET_WIRE_TOKEN_NEEDED, post_send(&m, &r, 1).status);
  pay_new(&m);
  sent s = post_send(&m, &r, 1);
  assert_int_equal(TACET_WIRE_OK, s.status);
  assert_int_equal(TACET_DELIVERY_TOKEN_NEEDED, s.outcomes[0]);
  /* A small one is free: the token is for the hint. */
  m.slot.name[0] = 2;
  m.slot.body = TACET_SPAN_LIT("small");
  assert_int_equal(TACET_WIRE_TOKEN_SPENT, post_send(&m, &r, 1).status);
  m.slot.body = TACET_SPAN_LIT("another"); /* nobody has that slot yet */
  pay_new(&m);
  s = post_send(&m, &r, 1);
  assert_int_equal(TACET_WIRE_OK, s.status);
  assert_int_equal(TACET_DELIVERY_STORED, s.outcomes[0]);
  assert_int_equal(1, post_count(&a));
  /* The loser of a race spends nothing. */
  m.slot.body = TACET_SPAN_LIT("loser");
  pay_new(&m);
  assert_int_equal(TACET_WIRE_SLOT_TAKEN, post_send(&m, &r, 1).status);
  m.has_slot = false;
  assert_int_equal(TACET_DELIVERY_STORED, post_send(&m, &r, 1).outcomes[0]);
}

static void test_ephemeral(void **state) {
  (void)state;
  owner a = paid_new();
  tacet_recipient r = to(&a);
  tacet_send m = {.item = TACET_SPAN_LIT("typing"), .ephemeral = true};
  assert_int_equal(TACET_DELIVERY_TOKEN_NEEDED,
                   post_send(&m, &r, 1).outcomes[0]);
  assert_int_equal(0, post_n_ephemeral);
}

/* It stays one: read, with another capability, made again. */
static void test_stays_paid(void **state) {
  (void)state;
  owner a = paid_new();
  assert_true(post_subscribe(&a).known);
  a.capability[0] ^= 1;
  assert_int_equal(TACET_WIRE_OK, post_change(&a, a.capability, true));
  assert_int_equal(TACET_DELIVERY_TOKEN_NEEDED,
                   post_send_one(&a, TACET_SPAN_LIT("x")));
  owner b = paid_new(), same = b;
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  assert_int_equal(TACET_WIRE_OK, post_create(&same, 1, &t));
  same.box.paid = false; /* under the same id, another one */
  assert_int_equal(TACET_WIRE_MAILBOX_EXISTS, post_create(&same, 1, &t));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, post_setup, post_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_a_token_an_item), TEST(test_one_token_pays_for_one),
      TEST(test_unspent),         TEST(test_with_a_slot),
      TEST(test_ephemeral),       TEST(test_stays_paid),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
