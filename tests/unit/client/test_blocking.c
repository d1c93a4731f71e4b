/* SPDX-License-Identifier: Apache-2.0
 * Not hearing somebody, and hearing them again: nothing of before it is heard,
 * nothing of after it is lost, and who writes to a mailbox that is gone knows.
 */
#include "tests/unit/client/people.h"

#include <string.h>

static void block(person *p, const char *who) {
  expect_ok(p, client_block(p->c, who, &p->err));
}

/* True if it has to wait for the server. */
static bool unblock(person *p, const char *who) {
  bool queued = false;
  expect_ok(p, client_unblock(p->c, who, &queued, &p->err));
  return queued;
}

static void test_blocked(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  block(bob, "alice");
  (void)try_say(alice, "bob", "can you hear me?");
  assert_string_equal(gather(bob), "");
  CLIENT_MEM(mem);
  const char *id;
  client_outgoing m = {.to = "alice", .text = "x"};
  expect_failure(bob, client_send(bob->c, &m, &mem, &id, &bob->err),
                 CLIENT_REFUSED, "blocked");
  assert_false(unblock(bob, "alice"));
  say(bob, "alice", "back again"); /* from a new mailbox */
  hear(alice, "back again");
  say(alice, "bob", "welcome");
  hear(bob, "welcome");
  assert_int_equal(warned("gap"), 0);
}

static void test_a_stranger_who_is_blocked(void **state) {
  world *w = *state;
  person *bob = person_join(w, "bob"), *eve = person_join(w, "eve");
  block(bob, "eve");
  say(eve, "bob", "hello?");
  assert_string_equal(gather(bob), "");
  CLIENT_MEM(mem);
  const client_request *list;
  size_t n;
  expect_ok(bob, client_requests(bob->c, &mem, &list, &n, &bob->err));
  assert_int_equal(n, 0);
}

/* She writes as soon as she may, without having listened. */
static void test_before_she_hears_of_it(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  block(bob, "alice");
  person_reopen(alice);
  say(alice, "bob", "while blocked");
  assert_false(unblock(bob, "alice"));
  say(alice, "bob", "after it");
  assert_string_equal(gather(bob), "after it\n");
  say(bob, "alice", "heard");
  assert_string_equal(gather(alice), "heard\n");
  say(alice, "bob", "good");
  assert_string_equal(gather(bob), "good\n");
  assert_int_equal(warned("gap"), 0);
}

/* Her keys change while she is blocked: what she wrote since does not open
 * before he has followed, and is of before it all the same. */
static void test_an_epoch_while_blocked(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  block(bob, "alice");
  w->s->now += 8 * (uint64_t)86400000; /* her weekly update */
  gather(alice);
  gather(alice);
  (void)try_say(alice, "bob", "while blocked");
  unblock(bob, "alice");
  assert_string_equal(gather(bob), "");
  say(alice, "bob", "after it");
  assert_string_equal(gather(bob), "after it\n");
}

/* The mailbox that she knows has been deleted: she looks for a newer one. */
static void test_a_mailbox_that_is_gone(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  gather(bob); /* his old mailboxes, too */
  w->s->now += 8 * (uint64_t)86400000;
  gather(bob);
  gather(alice);
  block(bob, "alice");
  w->s->now += 2 * (uint64_t)86400000;
  gather(bob);
  assert_int_equal(try_say(alice, "bob", "anybody?"), CLIENT_PARTLY);
  gather(alice);
  assert_int_equal(warned("unreachable"), 1);
  person_reopen(alice);
  assert_false(unblock(bob, "alice"));
  say(alice, "bob", "after it");
  assert_string_equal(gather(bob), "after it\n");
  assert_int_equal(warned("gap"), 0);
}

static void test_without_the_server(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  block(bob, "alice");
  say(alice, "bob", "while blocked");
  w->s->down = true;
  assert_true(unblock(bob, "alice"));
  assert_true(unblock(bob, "alice")); /* the same, not another one */
  w->s->down = false;
  w->s->now += 60000;
  assert_string_equal(gather(bob), "");
  say(alice, "bob", "after it");
  assert_string_equal(gather(bob), "after it\n");
  /* Blocking takes one back that waits. */
  block(bob, "alice");
  w->s->down = true;
  assert_true(unblock(bob, "alice"));
  block(bob, "alice");
  w->s->down = false;
  w->s->now += 60000;
  gather(bob);
  say(alice, "bob", "once more");
  assert_string_equal(gather(bob), "");
}

/* A mailbox of a member that is gone, in a group: nobody believes that the
 * message is with everybody; nor does one who is full hide one who moved. */
static void test_gone_from_a_group(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  person *carol = person_join(w, "carol");
  const char *names[] = {"bob", "carol"}, *id;
  bool queued;
  CLIENT_MEM(mem);
  befriend(alice, bob);
  befriend(alice, carol);
  expect_ok(alice, client_group_create(alice->c, "crew", names, 2, &mem, &id,
                                       &queued, &alice->err));
  gather(bob);
  gather(carol);
  say(alice, "crew", "all here?");
  hear(bob, "all here?");
  hear(carol, "all here?");
  size_t kept = w->s->n_mailboxes;
  fake_mailbox *of_carol = NULL; /* the one that something lies in */
  person_reopen(carol);
  say(alice, "crew", "for carol");
  for (size_t i = 0; i < kept; i++) {
    if (w->s->mailboxes[i]->n_items > 0) {
      of_carol = w->s->mailboxes[i];
      hear(bob, "for carol");
      break;
    }
  }
  assert_non_null(of_carol);
  hear(carol, "for carol");
  for (size_t i = 0; i < w->s->n_mailboxes; i++) { /* all that she has */
    w->s->mailboxes[i]->gone = w->s->mailboxes[i] == of_carol;
  }
  assert_int_equal(try_say(alice, "crew", "and now?"), CLIENT_PARTLY);
}

/* A stranger who was blocked before the first word: that stays unheard, and
 * what comes later is a request. */
static void test_a_stranger_unblocked(void **state) {
  world *w = *state;
  person *bob = person_join(w, "bob"), *eve = person_join(w, "eve");
  block(bob, "eve");
  say(eve, "bob", "before");
  assert_string_equal(gather(bob), "");
  assert_false(unblock(bob, "eve"));
  say(eve, "bob", "after");
  CLIENT_MEM(mem);
  client_event e;
  await(bob, CLIENT_EVENT_REQUEST, &mem, &e);
  assert_string_equal(gather(bob), "after\n");
  accept(bob, "eve");
  say(bob, "eve", "hello then");
  hear(eve, "hello then");
}

/* ---- dying on the way ---- */

typedef struct pair {
  person *a, *b;
} pair;

/* b unblocks a and dies; once it is through, a is heard. */
static bool unblock_one(void *ctx, int n) {
  pair *t = ctx;
  char before[32], after[32];
  bool queued;
  size_t die_at = t->b->die_at;
  (void)snprintf(before, sizeof(before), "<before %d>", n);
  (void)snprintf(after, sizeof(after), "<after %d>", n);
  t->b->die_at = 0;
  block(t->b, t->a->name);
  say(t->a, t->b->name, before);
  t->b->die_at = die_at;
  bool survived =
      client_unblock(t->b->c, t->a->name, &queued, &t->b->err) == CLIENT_OK;
  t->b->die_at = 0;
  person_reopen(t->b);
  assert_false(unblock(t->b, t->a->name));
  person_reopen(t->a); /* has not listened */
  say(t->a, t->b->name, after);
  const char *all = gather(t->b);
  if (heard(all, after) != 1 || heard(all, before) != 0) {
    fail_msg("step %d: heard\n%s", n, all);
  }
  gather(t->a);
  return survived;
}

static void test_dying(void **state) {
  world *w = *state;
  pair t = {person_join(w, "alice"), person_join(w, "bob")};
  befriend(t.a, t.b);
  at_each_step(t.b, unblock_one, &t);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_blocked),
      TEST(test_a_stranger_who_is_blocked),
      TEST(test_before_she_hears_of_it),
      TEST(test_an_epoch_while_blocked),
      TEST(test_a_mailbox_that_is_gone),
      TEST(test_without_the_server),
      TEST(test_gone_from_a_group),
      TEST(test_a_stranger_unblocked),
      TEST(test_dying),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
