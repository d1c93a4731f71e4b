/* SPDX-License-Identifier: Apache-2.0
 * Slots: one wins, nothing is stored for the others, and what a claim costs. */
#include "tests/unit/server_delivery/post.h"

#include <pthread.h>

static tacet_send claim(uint8_t name, tacet_span body) {
  tacet_send m = {.item = TACET_SPAN_LIT("hint"), .has_slot = true};
  memset(m.slot.name, name, sizeof(m.slot.name));
  m.slot.body = body;
  return m;
}

static uint8_t token_bytes[TACET_TOKEN_LEN];
static void pay(tacet_send *m, const tacet_token *t) {
  TACET_BUF(w, 256);
  tacet_token_write(&w, t);
  assert_int_equal(TACET_TOKEN_LEN, w.len);
  memcpy(token_bytes, w.p, w.len);
  m->token = tacet_span_of(token_bytes, sizeof(token_bytes));
}

static dlv_request *read_slots(const uint8_t *names, size_t n) {
  TACET_BUF(list, 2048);
  TACET_BUF(w, 2048);
  for (size_t i = 0; i < n; i++) {
    uint8_t name[32];
    memset(name, names[i], sizeof(name));
    tacet_write_bytes(&list, tacet_span_of(name, 32));
  }
  tacet_read_slots m = {tacet_buf_span(&list)};
  tacet_read_slots_write(&w, &m);
  dlv_request *r = post_request(DLV_SLOTS, tacet_buf_span(&w));
  post_call(r);
  assert_int_equal(TACET_WIRE_OK, r->status);
  return r;
}

static void assert_slot(uint8_t name, tacet_slot_state want, tacet_span body) {
  dlv_request *r = read_slots(&name, 1);
  tacet_slots_answer a;
  tacet_slot s;
  assert_ok(tacet_slots_answer_parse(tacet_buf_span(&r->answer), &a));
  assert_true(tacet_slot_next(&a.slots, &s));
  assert_int_equal(want, s.state);
  assert_span(body, s.body);
  dlv_request_free(r);
}

static void test_one_wins(void **state) {
  (void)state;
  owner a;
  owners_open(&a, 1);
  tacet_recipient r = to(&a);
  assert_slot(1, TACET_SLOT_EMPTY, TACET_SPAN_EMPTY);
  tacet_send first = claim(1, TACET_SPAN_LIT("winner"));
  sent s = post_send(&first, &r, 1);
  assert_int_equal(TACET_WIRE_OK, s.status);
  assert_int_equal(TACET_DELIVERY_STORED, s.outcomes[0]);
  tacet_send second = claim(1, TACET_SPAN_LIT("loser"));
  s = post_send(&second, &r, 1);
  assert_int_equal(TACET_WIRE_SLOT_TAKEN, s.status);
  assert_int_equal(6, s.winner_len);
  assert_memory_equal("winner", s.winner, 6);
  assert_int_equal(1, post_count(&a)); /* no hint of the loser */
  /* The same again is a resend: success, and its hint once more. */
  assert_int_equal(TACET_WIRE_OK, post_send(&first, &r, 1).status);
  assert_int_equal(2, post_count(&a));
  post_reopen();
  assert_slot(1, TACET_SLOT_TAKEN, TACET_SPAN_LIT("winner"));
  assert_int_equal(TACET_WIRE_SLOT_TAKEN, post_send(&second, &r, 1).status);
  assert_int_equal(0, post_count_raw(tacet_span_of(first.slot.name, 32)));
}

static void test_who_may(void **state) {
  (void)state;
  owner a, nobody;
  owners_open(&a, 1);
  owner_make(&nobody);
  tacet_recipient list[2] = {to(&nobody), to(&a)};
  list[1].capability[0] ^= 1;
  tacet_send m = claim(2, TACET_SPAN_LIT("body"));
  assert_int_equal(TACET_WIRE_NO_RECIPIENT, post_send(&m, list, 2).status);
  assert_int_equal(TACET_WIRE_NO_RECIPIENT, post_send(&m, NULL, 0).status);
  assert_slot(2, TACET_SLOT_EMPTY, TACET_SPAN_EMPTY);
  tacet_token t = post_token(TACET_TOKEN_DELIVERY), forged = t;
  forged.nonce[0] ^= 1;
  pay(&m, &forged);
  assert_int_equal(TACET_WIRE_TOKEN, post_send(&m, list, 2).status);
  pay(&m, &t);
  sent s = post_send(&m, list, 2);
  assert_int_equal(TACET_WIRE_OK, s.status);
  assert_int_equal(TACET_DELIVERY_GONE, s.outcomes[0]);
  assert_int_equal(TACET_DELIVERY_STALE, s.outcomes[1]);
  /* A resend costs nothing; the token is spent for others. */
  assert_int_equal(TACET_WIRE_OK, post_send(&m, list, 2).status);
  tacet_send other = claim(3, TACET_SPAN_LIT("body"));
  pay(&other, &t);
  assert_int_equal(TACET_WIRE_TOKEN_SPENT, post_send(&other, list, 2).status);
  /* One right capability is enough; then a token that came along is kept. */
  list[1] = to(&a);
  tacet_token kept = post_token(TACET_TOKEN_DELIVERY);
  pay(&other, &kept);
  assert_int_equal(TACET_WIRE_OK, post_send(&other, list, 2).status);
  tacet_send third = claim(4, TACET_SPAN_LIT("body"));
  pay(&third, &kept);
  assert_int_equal(TACET_WIRE_OK, post_send(&third, NULL, 0).status);
}

static void test_large_bodies_cost(void **state) {
  (void)state;
  static uint8_t body[TACET_SLOT_BODY_MAX];
  owner a;
  owners_open(&a, 1);
  tacet_recipient r = to(&a);
  tacet_send m = claim(5, tacet_span_of(body, TACET_SLOT_FREE_MAX));
  assert_int_equal(TACET_WIRE_OK, post_send(&m, &r, 1).status);
  m = claim(6, tacet_span_of(body, TACET_SLOT_FREE_MAX + 1));
  assert_int_equal(TACET_WIRE_TOKEN_NEEDED, post_send(&m, &r, 1).status);
  m = claim(6, tacet_span_of(body, sizeof(body)));
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  pay(&m, &t);
  assert_int_equal(TACET_WIRE_OK, post_send(&m, &r, 1).status);
  assert_slot(6, TACET_SLOT_TAKEN, tacet_span_of(body, sizeof(body)));
  /* A loser pays nothing. */
  tacet_token kept = post_token(TACET_TOKEN_DELIVERY);
  tacet_send loser = claim(6, tacet_span_of(body, sizeof(body) - 1));
  pay(&loser, &kept);
  assert_int_equal(TACET_WIRE_SLOT_TAKEN, post_send(&loser, &r, 1).status);
  m = claim(7, tacet_span_of(body, sizeof(body)));
  pay(&m, &kept);
  assert_int_equal(TACET_WIRE_OK, post_send(&m, &r, 1).status);
}

static void test_sixty_an_hour(void **state) {
  (void)state;
  owner a[2];
  owners_open(a, 2);
  tacet_recipient r = to(&a[0]);
  tacet_send m;
  for (uint8_t i = 0; i < 60; i++) {
    m = claim((uint8_t)(10 + i), TACET_SPAN_LIT("b"));
    assert_int_equal(TACET_WIRE_OK, post_send(&m, &r, 1).status);
  }
  m = claim(100, TACET_SPAN_LIT("b"));
  assert_int_equal(TACET_WIRE_TOKEN_NEEDED, post_send(&m, &r, 1).status);
  /* A lost race counts for nothing, and is still told. */
  tacet_send lost = claim(10, TACET_SPAN_LIT("other"));
  assert_int_equal(TACET_WIRE_SLOT_TAKEN, post_send(&lost, &r, 1).status);
  /* A token overrides, so that nobody locks others out. */
  tacet_token t = post_token(TACET_TOKEN_DELIVERY);
  pay(&m, &t);
  assert_int_equal(TACET_WIRE_OK, post_send(&m, &r, 1).status);
  /* Another capability has its own sixty; so has the next hour. */
  tacet_recipient both[2] = {to(&a[0]), to(&a[1])};
  m = claim(101, TACET_SPAN_LIT("b"));
  assert_int_equal(TACET_WIRE_OK, post_send(&m, both, 2).status);
  post_seconds_pass(3600);
  m = claim(102, TACET_SPAN_LIT("b"));
  assert_int_equal(TACET_WIRE_OK, post_send(&m, &r, 1).status);
}

/* Reading several: in order, and no more than fits an answer. */
static void test_read_many(void **state) {
  (void)state;
  static uint8_t body[TACET_SLOT_BODY_MAX];
  static const uint8_t names[16] = {1, 2,  3,  4,  5,  6,  7,  8,
                                    9, 10, 11, 12, 13, 14, 15, 16};
  for (uint8_t i = 1; i <= 3; i++) {
    body[0] = i;
    tacet_send m = claim(i, tacet_span_of(body, sizeof(body)));
    tacet_token t = post_token(TACET_TOKEN_DELIVERY);
    pay(&m, &t);
    assert_int_equal(TACET_WIRE_OK, post_send(&m, NULL, 0).status);
  }
  dlv_request *r = read_slots(names, 16);
  tacet_slots_answer a;
  assert_ok(tacet_slots_answer_parse(tacet_buf_span(&r->answer), &a));
  assert_int_equal(2, a.n_slots); /* two of 2 MiB; ask again for the rest */
  assert_true(r->answer.len <= TACETD_SLOT_READ_BYTES_MAX + 4096);
  dlv_request_free(r);
  r = read_slots(names + 2, 14);
  assert_ok(tacet_slots_answer_parse(tacet_buf_span(&r->answer), &a));
  assert_int_equal(14, a.n_slots);
  dlv_request_free(r);
}

/* Ten at once for one slot: exactly one body wins, all the others see it. */
enum { RACERS = 10 };
static struct racer {
  uint8_t body;
  owner *box;
  sent s;
} racers[RACERS];
static void *race(void *arg) {
  struct racer *x = arg;
  tacet_recipient r = to(x->box);
  tacet_send m = claim(200, tacet_span_of(&x->body, 1));
  x->s = post_send(&m, &r, 1);
  return NULL;
}

static void test_race(void **state) {
  (void)state;
  owner a;
  owners_open(&a, 1);
  pthread_t threads[RACERS];
  (void)post_token(TACET_TOKEN_DELIVERY);
  for (int i = 0; i < RACERS; i++) {
    racers[i] = (struct racer){.body = (uint8_t)i, .box = &a};
    assert_int_equal(0, pthread_create(&threads[i], NULL, race, &racers[i]));
  }
  int winners = 0;
  uint8_t winner = 0;
  for (int i = 0; i < RACERS; i++) {
    assert_int_equal(0, pthread_join(threads[i], NULL));
    if (racers[i].s.status == TACET_WIRE_OK) {
      winners++;
      winner = racers[i].body;
    }
  }
  assert_int_equal(1, winners);
  for (int i = 0; i < RACERS; i++) {
    if (racers[i].s.status != TACET_WIRE_OK) {
      assert_int_equal(TACET_WIRE_SLOT_TAKEN, racers[i].s.status);
      assert_int_equal(winner, racers[i].s.winner[0]);
    }
  }
  assert_int_equal(1, post_count(&a));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, post_setup, post_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_one_wins),          TEST(test_who_may),
      TEST(test_large_bodies_cost), TEST(test_sixty_an_hour),
      TEST(test_read_many),         TEST(test_race),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
