/* SPDX-License-Identifier: Apache-2.0
 * Watching the directory: who is looked up when, what is an outage and not an
 * attack, and that neither holds up anything else. */
#include "tests/unit/client/seer.h"

#include <stdio.h>

#include "client/core.h"
#include "client/packages.h"
#include "tests/unit/client/liar.h"

/* ---- outages ---- */

static void witnessed(world *w) {
  w->s->log->quorum = 2;
  w->s->log->n_cosign = 2;
}

/* Witnesses that are away, or whose word is old: nobody new can be checked, and
 * that is said; who is known is written to as ever. */
static void test_outages(void **state) {
  world *w = *state;
  witnessed(w);
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  (void)person_join(w, "carol");
  befriend(alice, bob);
  w->s->log->cosigned_at = w->s->now / 1000;
  w->s->now += (FAKE_MAX_AGE + 3600) * (uint64_t)1000;
  expect_failure(alice, seer_write(alice, "carol"), CLIENT_UNREACHABLE,
                 "stale-log");
  person_reopen(alice);
  say(alice, "bob", "carol has to wait");
  hear(bob, "carol has to wait");
  w->s->log->cosigned_at = 0;
  w->s->log->n_cosign = 1;
  expect_failure(alice, seer_write(alice, "carol"), CLIENT_UNREACHABLE,
                 "few-witnesses");
  person_reopen(alice);
  say(alice, "bob", "and wait");
  hear(bob, "and wait");
  w->s->log->n_cosign = 3;
  say(alice, "carol", "now then");
  gather(alice);
  assert_int_equal(seer_evidence(alice), 0);
  assert_int_equal(seer_trust(alice, "carol"), CLIENT_TRANSPARENT);
}

/* A clock that is a day off, either way, accuses nobody. */
static void test_clocks(void **state) {
  world *w = *state;
  witnessed(w);
  (void)person_join(w, "bob");
  (void)person_join(w, "carol");
  person *alice = person_join(w, "alice");
  alice->skew = -(int64_t)CLIENT_DAY;
  assert_int_equal(seer_trust(alice, "bob"), CLIENT_TRANSPARENT);
  alice->skew = (int64_t)CLIENT_DAY + 60000;
  expect_failure(alice, seer_write(alice, "carol"), CLIENT_UNREACHABLE,
                 "stale-log");
  assert_int_equal(seer_look(alice), CLIENT_OK);
  alice->skew = 0;
  say(alice, "carol", "I am here");
  assert_int_equal(seer_evidence(alice), 0);
}

/* The directory does not show one's newest keys: told after an hour, once. */
static void test_withheld(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  gather(alice);
  strcpy(seer_account(w, "alice")->handle, "hidden");
  w->s->now += 2 * CLIENT_DAY;
  gather(alice);
  assert_int_equal(warned("own-keys-withheld"), 0);
  for (int i = 0; i < 12; i++) {
    w->s->now += CLIENT_HOUR / 4;
    gather(alice);
  }
  assert_int_equal(warned("own-keys-withheld"), 1);
}

/* Key packages that name newer keys than the log has yet: waited for, and no
 * accusation. */
static void test_not_published(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  TACET_BUF(chain, 1 << 16);
  CLIENT_MEM(mem);
  const char *id;
  client_delivery d;
  client_outgoing m = {.to = "bob", .text = "soon"};
  fake_account *a = seer_account(w, "bob");
  lie_chain(bob, 1, &chain);
  lie_learn(bob, tacet_buf_span(&chain));
  for (size_t i = 0; i < a->n_packages; i++) {
    free(a->packages[i].bytes.p);
  }
  a->n_packages = 0;
  assert_ok(client_packages_top_up(bob->c));
  expect_ok(alice, client_send(alice->c, &m, &mem, &id, &alice->err));
  expect_ok(alice, client_flush(alice->c, id, 1000, &d, &alice->err));
  assert_int_equal(d, CLIENT_QUEUED);
  assert_string_equal(alice->err.code, "not-published");
  lie_publish(bob, tacet_buf_span(&chain));
  w->s->now += CLIENT_HOUR;
  expect_ok(alice, client_flush(alice->c, id, 60000, &d, &alice->err));
  assert_int_equal(d, CLIENT_SENT);
  assert_int_equal(seer_evidence(alice), 0);
}

/* What cannot be looked at now holds up nothing: not the log, nor oneself. */
static void test_holds_up_nothing(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  for (int i = 0; i < 2; i++) {
    w->s->now += 2 * CLIENT_DAY;
    w->s->no_lookups = true;
    w->s->no_log = i == 1;
    person_reopen(alice);
    say(alice, "bob", i == 0 ? "no look-ups" : "nothing at all");
    hear(bob, i == 0 ? "no look-ups" : "nothing at all");
  }
}

/* ---- watching ---- */

/* Oneself daily, others monthly, one at a time. */
static void test_watching(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  person *carol = person_join(w, "carol");
  befriend(alice, bob);
  befriend(alice, carol);
  size_t lookups = w->s->n_lookups;
  for (int day = 0; day < 60; day++) {
    for (int hour = 0; hour < 24; hour += 6) {
      w->s->now += 6 * CLIENT_HOUR;
      gather(alice);
    }
  }
  size_t n = w->s->n_lookups - lookups;
  assert_true(n >= 60 + 2 * 2 && n < 75 + 2 * 5);
  assert_int_equal(seer_evidence(alice), 0);
}

/* Contacts who are due while the log cannot be checked for weeks, and one whom
 * the server does not know any more: asked about now and then, no more. */
static void test_a_long_outage(void **state) {
  world *w = *state;
  witnessed(w);
  person *alice = person_join(w, "alice");
  static const char *const names[] = {"bob", "carol", "dave"};
  for (int i = 0; i < 3; i++) {
    befriend(alice, person_join(w, names[i]));
  }
  fake_account *dave = seer_account(w, "dave");
  strcpy(dave->handle, "gone");
  memset(dave->id, 1, sizeof(dave->id));
  w->s->now += 30 * CLIENT_DAY;
  w->s->log->cosigned_at = w->s->now / 1000 - 2 * FAKE_MAX_AGE;
  size_t before = w->s->n_lookups;
  for (int hour = 0; hour < 240; hour++) {
    w->s->now += CLIENT_HOUR;
    gather(alice);
  }
  size_t n = w->s->n_lookups - before; /* one job, and oneself, an hour */
  assert_true(n > 10 && n < 2 * 240 + 20);
  w->s->log->cosigned_at = 0;
  for (int hour = 0; hour < 72; hour++) {
    w->s->now += CLIENT_HOUR;
    gather(alice);
  }
  before = w->s->n_lookups;
  for (int hour = 0; hour < 72; hour++) {
    w->s->now += CLIENT_HOUR;
    gather(alice);
  }
  assert_true(w->s->n_lookups - before < 12); /* oneself, and dave, daily */
  assert_int_equal(seer_evidence(alice), 0);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      T(test_outages),       T(test_clocks),           T(test_withheld),
      T(test_not_published), T(test_holds_up_nothing), T(test_watching),
      T(test_a_long_outage),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
