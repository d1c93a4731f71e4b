/* SPDX-License-Identifier: Apache-2.0
 * A clock that is years off, in each direction: said in a sentence, nothing
 * lost, and all goes on once it is right.
 */
#include "tests/unit/client/people.h"

#include <string.h>

#define YEARS ((int64_t)10 * 365 * 86400 * 1000)

static const int64_t directions[] = {YEARS, -YEARS};
enum { DIRECTIONS = 2 };

/* Another process, by a clock that is off so far. */
static void set_clock(person *p, int64_t skew) {
  p->skew = skew;
  person_reopen(p);
}

static void test_registering(void **state) {
  world *w = *state;
  static const char *const names[] = {"early", "late"};
  person *bob = person_join(w, "bob");
  for (int i = 0; i < DIRECTIONS; i++) {
    CLIENT_MEM(mem);
    client_registration r;
    char link[TACET_INVITE_LINK_MAX];
    person *p = person_new(w, names[i]);
    fake_server_invite(w->s, link);
    p->skew = directions[i];
    expect_failure(
        p, client_register(p->c, names[i], link, "x", &mem, &r, &p->err),
        CLIENT_FAILED, "clock");
    assert_non_null(strstr(p->err.text, i == 0 ? "2033-" : "2013-"));
    assert_non_null(strstr(p->err.text, "2023-"));
    set_clock(p, 0);
    expect_ok(p, client_register(p->c, names[i], link, "x", &mem, &r, &p->err));
    say(p, "bob", names[i]);
    hear(bob, names[i]);
  }
}

/* What is written to somebody new waits, and takes nothing of theirs. */
static void test_a_first_message(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  static const char *const names[] = {"bob", "carol"};
  for (int i = 0; i < DIRECTIONS; i++) {
    person *other = person_join(w, names[i]);
    char handle[40];
    (void)snprintf(handle, sizeof(handle), "%s@" FAKE_DOMAIN, names[i]);
    const fake_account *a = fake_server_account(w->s, handle);
    CLIENT_MEM(mem);
    const char *id;
    client_delivery d = CLIENT_SENT;
    client_outgoing m = {.to = names[i], .text = "hello"};
    set_clock(alice, directions[i]);
    size_t asked = w->s->n_requests;
    expect_ok(alice, client_send(alice->c, &m, &mem, &id, &alice->err));
    expect_ok(alice, client_flush(alice->c, id, 100, &d, &alice->err));
    assert_int_equal(d, CLIENT_QUEUED);
    assert_string_equal(alice->err.code, "clock");
    assert_int_equal(a->n_claims, 0);
    assert_true(w->s->n_requests - asked < 20); /* it does wait */
    set_clock(alice, 0);
    expect_ok(alice, client_flush(alice->c, id, 60000, &d, &alice->err));
    assert_int_equal(d, CLIENT_SENT);
    hear(other, "hello");
  }
}

static void test_a_conversation(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  for (int i = 0; i < DIRECTIONS; i++) {
    gather(alice);
    (void)warned("clock");
    set_clock(alice, directions[i]);
    say(bob, "alice", "what time is it?");
    hear(alice, "what time is it?");
    say(alice, "bob", "late");
    assert_string_equal(gather(bob), "late\n");
    assert_string_equal(gather(alice), "");
    w->s->now += 3 * 60000;
    gather(alice);
    assert_int_equal(warned("clock"), 1); /* once, not each minute */
    set_clock(alice, 0);
    say(bob, "alice", "and now?");
    assert_string_equal(gather(alice), "and now?\n"); /* and nothing twice */
    say(alice, "bob", "right");
    assert_string_equal(gather(bob), "right\n");
    assert_int_equal(warned("clock"), 0);
  }
  CLIENT_MEM(mem);
  const client_message *list;
  size_t n;
  expect_ok(alice,
            client_history(alice->c, "bob", 0, &mem, &list, &n, &alice->err));
  assert_int_equal(n, 2 + 4 * DIRECTIONS);
}

static void set_full(world *w, bool full) {
  for (size_t i = 0; i < w->s->n_mailboxes; i++) {
    w->s->mailboxes[i]->full = full;
  }
}

/* What waits for a mailbox with room is not given up by a clock that jumps, nor
 * stuck once that is right again. */
static void test_the_outbox(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  for (int i = 0; i < DIRECTIONS; i++) {
    CLIENT_MEM(mem);
    const char *id;
    client_delivery d = CLIENT_SENT;
    client_outgoing m = {.to = "bob", .text = "wait for it"};
    set_full(w, true);
    expect_ok(alice, client_send(alice->c, &m, &mem, &id, &alice->err));
    expect_ok(alice, client_flush(alice->c, id, 100, &d, &alice->err));
    assert_int_equal(d, CLIENT_QUEUED);
    set_clock(alice, directions[i]);
    gather(alice);
    gather(alice);
    assert_int_equal(warned("unreachable"), 0);
    set_clock(alice, 0);
    set_full(w, false);
    gather(alice);
    assert_string_equal(gather(bob), "wait for it\n");
  }
}

/* Nothing is deleted at the server by such a clock: every mailbox that was
 * there is, and letters come in as before. */
static void test_mailboxes_and_packages(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  static const char *const names[] = {"bob", "carol"};
  for (int i = 0; i < DIRECTIONS; i++) {
    size_t gone = 0, before = w->s->n_mailboxes;
    set_clock(alice, directions[i]);
    for (int turn = 0; turn < 5; turn++) {
      gather(alice);
      w->s->now += 60000;
    }
    for (size_t k = 0; k < before; k++) {
      gone += w->s->mailboxes[k]->gone;
    }
    assert_int_equal(gone, 0);
    person *other = person_join(w, names[i]);
    say(other, "alice", "a first letter");
    assert_string_equal(gather(alice), "a first letter\n");
    set_clock(alice, 0);
    accept(alice, names[i]);
    say(alice, names[i], "got it");
    assert_string_equal(gather(other), "got it\n");
  }
}

/* Weeks in a drawer are no wrong clock: the server says so, and what is old
 * goes. */
static void test_a_device_in_a_drawer(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  (void)warned("clock");
  w->s->now += 20 * (uint64_t)86400000;
  person_reopen(alice);
  say(bob, "alice", "still there?");
  assert_string_equal(gather(alice), "still there?\n");
  assert_int_equal(warned("clock"), 0);
  person *carol = person_join(w, "carol");
  say(alice, "carol", "and hello to you");
  hear(carol, "and hello to you");
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_registering),
      TEST(test_a_first_message),
      TEST(test_a_conversation),
      TEST(test_the_outbox),
      TEST(test_mailboxes_and_packages),
      TEST(test_a_device_in_a_drawer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
