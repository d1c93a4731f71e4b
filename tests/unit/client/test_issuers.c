/* SPDX-License-Identifier: Apache-2.0
 * Token keys and the key log: keys of one's own, of another week, or in a log
 * of one's own are refused before anything is drawn; an outage is none of it.
 */
#include "tests/unit/client/seer.h"

#include "client/core.h"
#include "client/tokens.h"

static client_kind draw(person *p, tacet_token_kind kind) {
  assert_ok(client_enter(p->c));
  return client_report(&p->c->detail, client_tokens_draw(p->c, kind), &p->err);
}

static size_t stock(person *p) {
  size_t n[2];
  for (int k = 0; k < 2; k++) {
    assert_ok(client_tokens_count(p->c, (tacet_token_kind)k, &n[k]));
  }
  return n[0] + n[1];
}

static void weeks_pass(world *w, uint32_t n) {
  w->s->now += (uint64_t)n * 7 * CLIENT_DAY;
}

/* Asked once a week, for both kinds. */
static void test_honest(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  for (uint32_t week = 0; week < 3; week++) {
    size_t before = w->s->n_weeks, had = stock(alice);
    expect_ok(alice, draw(alice, TACET_TOKEN_DIRECTORY));
    expect_ok(alice, draw(alice, TACET_TOKEN_DELIVERY));
    assert_int_equal(stock(alice), had + 2 * TACET_TOKEN_BATCH_MAX);
    assert_int_equal(w->s->n_weeks - before, week == 0 ? 0 : 1);
    person_reopen(alice);
    weeks_pass(w, 1);
  }
  assert_int_equal(seer_evidence(alice), 0);
}

static void lie(world *w, int which, bool on) {
  fake_server *s = w->s;
  uint32_t today = (uint32_t)(s->now / CLIENT_DAY), week = today - today % 7;
  s->issuer_for_you = on && which == 0;
  s->other_week = on && which == 1;
  s->issuer_day = !on          ? 0
                  : which == 2 ? week + 1  /* a week of one's own */
                  : which == 3 ? week - 70 /* that was never logged */
                               : 0;
}

static void test_keys_of_ones_own(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  for (int which = 0; which < 3; which++) {
    weeks_pass(w, 1); /* the last ones are not remembered for this */
    size_t had = stock(alice);
    lie(w, which, true);
    for (int again = 0; again < 2; again++) {
      expect_failure(alice, draw(alice, TACET_TOKEN_DIRECTORY), CLIENT_KEYS,
                     "token-keys");
    }
    assert_int_equal(stock(alice), had);
    lie(w, which, false);
    expect_ok(alice, draw(alice, TACET_TOKEN_DIRECTORY));
    assert_int_equal(stock(alice), had + TACET_TOKEN_BATCH_MAX);
  }
}

/* Remembered keys are no licence for others of that week. */
static void test_after_the_right_ones(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  expect_ok(alice, draw(alice, TACET_TOKEN_DIRECTORY));
  lie(w, 0, true);
  expect_failure(alice, draw(alice, TACET_TOKEN_DIRECTORY), CLIENT_KEYS,
                 "token-keys");
}

/* Two versions of a week are two answers. */
static void test_a_second_version(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  weeks_pass(w, 1);
  fake_log_issuers_again(w->s->log, (uint32_t)(w->s->now / CLIENT_DAY) -
                                        (uint32_t)(w->s->now / CLIENT_DAY) % 7);
  expect_failure(alice, draw(alice, TACET_TOKEN_DIRECTORY), CLIENT_KEYS,
                 "token-keys");
}

/* A log that was made for one: as any other fork. */
static void test_a_log_of_ones_own(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  weeks_pass(w, 1);
  fake_log *log = w->s->log;
  w->s->log = fake_log_copy(log, log->n_updates - 2);
  expect_failure(alice, draw(alice, TACET_TOKEN_DIRECTORY), CLIENT_KEYS,
                 "log-rollback");
  fake_log_free(w->s->log);
  w->s->log = log;
}

static void test_outages(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  weeks_pass(w, 1);
  w->s->no_weeks = true;
  assert_int_equal(draw(alice, TACET_TOKEN_DIRECTORY), CLIENT_UNREACHABLE);
  w->s->no_weeks = false;
  w->s->now += CLIENT_HOUR;
  expect_ok(alice, draw(alice, TACET_TOKEN_DIRECTORY));
  assert_int_equal(seer_evidence(alice), 0);
}

static bool draw_and_die(void *ctx, int n) {
  world *w = ctx;
  person *alice = &w->people[0];
  (void)n;
  weeks_pass(w, 1);
  (void)draw(alice, TACET_TOKEN_DIRECTORY);
  bool alive = !client_store_dead(alice->c->store);
  if (!alive) {
    person_reopen(alice);
    expect_ok(alice, draw(alice, TACET_TOKEN_DIRECTORY));
  }
  return alive;
}

static void test_death(void **state) {
  world *w = *state;
  at_each_step(person_join(w, "alice"), draw_and_die, w);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      T(test_honest),
      T(test_keys_of_ones_own),
      T(test_after_the_right_ones),
      T(test_a_second_version),
      T(test_a_log_of_ones_own),
      T(test_outages),
      T(test_death),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
