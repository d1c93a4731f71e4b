/* SPDX-License-Identifier: Apache-2.0
 * First letters through last-resort packages: each item costs a token, and
 * nobody notices but who has none.
 */
#include "tests/unit/client/crowd.h"

#include "client/core.h"
#include "client/tokens.h"

static size_t stock(person *p) {
  size_t n;
  assert_ok(client_tokens_count(p->c, TACET_TOKEN_DELIVERY, &n));
  return n;
}

static size_t n_paid(const world *w) {
  size_t n = 0;
  for (size_t i = 0; i < w->s->n_mailboxes; i++) {
    n += w->s->mailboxes[i]->paid;
  }
  return n;
}

/* The mailbox of the last-resort package is a paid one, the others are not. */
static void test_which_are_paid(void **state) {
  world *w = *state;
  (void)person_join(w, "bob");
  tacet_recipient to;
  uint8_t key[32];
  for (int last = 0; last <= 1; last++) {
    crowd_address(w, "bob@example.org", last == 1, &to, key);
    assert_int_equal(fake_mailbox_find(w->s, to.mailbox)->paid, last);
  }
  assert_in_range(n_paid(w), 1, 8);
}

static void test_nobody_notices(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  w->s->last_resort_only = true;
  say(alice, "bob", "hello");
  size_t before = stock(alice);
  say(alice, "bob", "are you there?"); /* he has not accepted: still there */
  assert_int_equal(stock(alice), before - 1);
  hear(bob, "hello");
  hear(bob, "are you there?");
  accept(bob, "alice");
  say(bob, "alice", "yes"); /* and has moved */
  hear(alice, "yes");
  before = stock(alice);
  say(alice, "bob", "good");
  hear(bob, "good");
  assert_int_equal(stock(alice), before);
}

/* Several in one group: each is paid for at once, and nobody waits for the
 * others. */
static void test_several_at_once(void **state) {
  world *w = *state;
  CLIENT_MEM(mem);
  person *alice = person_join(w, "alice"), *p[4];
  const char *names[] = {"bob", "carol", "dave", "erin"}, *id;
  bool queued;
  for (int i = 0; i < 4; i++) {
    p[i] = person_join(w, names[i]);
  }
  w->s->last_resort_only = true;
  expect_ok(alice, client_group_create(alice->c, "crew", names, 4, &mem, &id,
                                       &queued, &alice->err));
  assert_false(queued);
  uint64_t before = w->s->now;
  say(alice, "crew", "all of you");
  assert_in_range(w->s->now - before, 0, 1000);
  for (int i = 0; i < 4; i++) {
    hear(p[i], "all of you");
  }
}

/* What was written before it was heard that he moved arrives as well. */
static void test_written_to_the_old_address(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  w->s->last_resort_only = true;
  say(alice, "bob", "hello");
  hear(bob, "hello");
  accept(bob, "alice");
  w->s->drop_items = 2; /* his commit, and what he says in the new epoch */
  say(bob, "alice", "I have moved");
  assert_int_equal(w->s->drop_items, 0);
  size_t before = stock(alice);
  say(alice, "bob", "one more");
  assert_int_equal(stock(alice), before - 1); /* to where he was */
  hear(bob, "one more");
}

/* An answer is lost: the token may be spent, the item may be there. Neither is
 * lost nor comes twice. */
static void test_lost_answers(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  char name[16], text[32];
  w->s->last_resort_only = true;
  (void)warned("undecryptable");
  for (size_t n = 1; n <= 16; n++) {
    (void)snprintf(name, sizeof(name), "bob%zu", n);
    (void)snprintf(text, sizeof(text), "number %zu", n);
    person *bob = person_join(w, name);
    w->s->lose_at = (n + 1) / 2;
    w->s->lose_answer = n % 2 == 0;
    CLIENT_MEM(mem);
    const char *id;
    client_delivery d = CLIENT_QUEUED;
    client_outgoing m = {.to = name, .text = text};
    client_kind k = client_send(alice->c, &m, &mem, &id, &alice->err);
    if (k == CLIENT_OK) {
      (void)!client_flush(alice->c, id, 60000, &d, &alice->err);
    }
    w->s->lose_at = 0;
    if (k != CLIENT_OK) {
      say(alice, name, text);
    } else {
      expect_ok(alice, client_flush(alice->c, id, 600000, &d, &alice->err));
      assert_int_equal(d, CLIENT_SENT);
    }
    const char *heard = gather(bob);
    assert_int_equal(warned("undecryptable"), 0);
    size_t len = strlen(text);
    assert_int_equal(strncmp(heard, text, len), 0);
    assert_string_equal(heard + len, "\n");
  }
}

/* No tokens today: that conversation waits, others go on, and it goes out when
 * there are some again. */
static void test_without_tokens(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob"),
         *carol = person_join(w, "carol");
  befriend(alice, carol);
  while (stock(alice) > 0) {
    CLIENT_MEM(mem);
    CLIENT_TX(tx);
    tacet_span token;
    assert_ok(
        client_tokens_pick(alice->c, TACET_TOKEN_DELIVERY, 0, &mem, &token));
    assert_ok(client_tx_begin(alice->c->store, &tx));
    assert_ok(client_tokens_spent(alice->c, token));
    assert_ok(client_tx_commit(&tx));
  }
  w->s->no_delivery_tokens = true;
  w->s->last_resort_only = true;
  assert_int_equal(try_say(alice, "bob", "hello bob"), CLIENT_QUEUED);
  say(alice, "carol", "hello carol");
  hear(carol, "hello carol");
  assert_string_equal(gather(bob), "");
  w->s->no_delivery_tokens = false;
  for (int hours = 0; hours < 30; hours++) {
    gather(alice);
    w->s->now += (uint64_t)3600 * 1000;
  }
  assert_string_equal(gather(bob), "hello bob\n");
}

/* A group in which one was reached that way: everybody pays for him alone. */
static void test_in_a_group(void **state) {
  world *w = *state;
  person *p[4];
  const char *const names[] = {"alice", "bob", "carol", "dave"};
  for (size_t i = 0; i < 4; i++) {
    p[i] = person_join(w, names[i]);
  }
  befriend(p[0], p[1]);
  befriend(p[0], p[2]);
  CLIENT_MEM(mem);
  const char *id;
  bool queued;
  expect_ok(p[0], client_group_create(p[0]->c, "crew", names + 1, 2, &mem, &id,
                                      &queued, &p[0]->err));
  gather(p[1]);
  w->s->last_resort_only = true;
  expect_ok(p[0], client_group_add(p[0]->c, "crew", names + 3, 1, &queued,
                                   &p[0]->err));
  w->s->last_resort_only = false;
  say(p[0], "crew", "welcome dave");
  size_t spent = w->s->n_tokens_spent;
  say(p[1], "crew", "hello dave"); /* a commit, of which he gets no hint */
  assert_in_range(w->s->n_tokens_spent - spent, 1, 2);
  assert_string_equal(gather(p[3]), "welcome dave\nhello dave\n");
  hear(p[2], "hello dave");
}

/* A spammer without tokens leaves nothing there. */
static void test_a_spammer(void **state) {
  world *w = *state;
  person *bob = person_join(w, "bob");
  tacet_letter letter = {.welcome = TACET_SPAN_LIT("x")};
  (void)warned("undecryptable"); /* of other tests */
  for (int i = 0; i < 100; i++) {
    assert_int_equal(crowd_post(w, "bob@example.org", true, &letter),
                     TACET_DELIVERY_TOKEN_NEEDED);
  }
  assert_int_equal(fake_server_waiting(w->s), 0);
  assert_string_equal(gather(bob), "");
  assert_int_equal(warned("undecryptable"), 0);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_which_are_paid),  TEST(test_nobody_notices),
      TEST(test_several_at_once), TEST(test_written_to_the_old_address),
      TEST(test_lost_answers),    TEST(test_without_tokens),
      TEST(test_in_a_group),      TEST(test_a_spammer),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
