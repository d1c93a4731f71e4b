/* SPDX-License-Identifier: Apache-2.0
 * Invited into a group that one is in: letters that come in another order than
 * what they tell of, and one that tells of nothing.
 */
#include "tests/unit/client/liar.h"

#include "client/talks.h"

static const char *const carol_alone[] = {"carol"};

/* alice and bob are in it; carol knows alice. */
static void setup_crew(world *w, person *p[3]) {
  CLIENT_MEM(mem);
  const char *bob[] = {"bob"}, *id;
  bool queued;
  p[0] = person_join(w, "alice");
  p[1] = person_join(w, "bob");
  p[2] = person_join(w, "carol");
  befriend(p[0], p[1]);
  befriend(p[0], p[2]);
  expect_ok(p[0], client_group_create(p[0]->c, "crew", bob, 1, &mem, &id,
                                      &queued, &p[0]->err));
  gather(p[1]);
  (void)warned("none");
}

static void add(person *p, const char *const *who) {
  bool queued;
  expect_ok(p, client_group_add(p->c, "crew", who, 1, &queued, &p->err));
  assert_false(queued);
}

static void put_out(person *p, const char *const *who) {
  bool queued;
  expect_ok(p, client_group_remove(p->c, "crew", who, 1, &queued, &p->err));
  assert_false(queued);
}

/* carol comes back, is told of nothing strange, and is in it as others are. */
static void expect_in(person *p[3], const char *said) {
  say(p[0], "crew", said);
  assert_int_equal(heard(gather(p[2]), said), 1);
  assert_int_equal(warned("undecryptable"), 0);
  say(p[2], "crew", "thank you");
  assert_int_equal(heard(gather(p[0]), "thank you"), 1);
  assert_int_equal(heard(gather(p[1]), "thank you"), 1);
  gather(p[2]);
  assert_int_equal(warned("undecryptable"), 0);
  assert_int_equal(warned("gap"), 0);
}

/* Two letters into one group wait for her, and nothing says which is older. */
static void added_twice(world *w, bool newest_first) {
  person *p[3];
  setup_crew(w, p);
  add(p[0], carol_alone);
  put_out(p[0], carol_alone);
  add(p[0], carol_alone);
  w->s->last_mailbox_first = newest_first;
  expect_in(p, "welcome");
}

static void test_added_twice_while_away(void **state) {
  added_twice(*state, false);
}

static void test_the_second_letter_first(void **state) {
  added_twice(*state, true);
}

/* The same for who was in it before: both letters wait for the news that she
 * was put out, and the second of them for the news after the first. */
static void put_out_twice(world *w, bool newest_first) {
  person *p[3];
  setup_crew(w, p);
  add(p[0], carol_alone);
  expect_in(p, "hello");
  put_out(p[0], carol_alone);
  add(p[0], carol_alone);
  put_out(p[0], carol_alone);
  add(p[0], carol_alone);
  w->s->last_mailbox_first = newest_first;
  expect_in(p, "here again");
}

static void test_put_out_twice_while_away(void **state) {
  put_out_twice(*state, false);
}

static void test_put_out_twice_the_other_way(void **state) {
  put_out_twice(*state, true);
}

/* ---- a mailbox that several groups share ---- */

static void create(person *p, const char *name, const char *const *who) {
  CLIENT_MEM(mem);
  const char *id;
  bool queued;
  expect_ok(
      p, client_group_create(p->c, name, who, 1, &mem, &id, &queued, &p->err));
  assert_false(queued);
}

/* carol's packages have run out, so all groups reach her at one mailbox. That
 * one of them puts her out, and takes her in again, is no matter to the others.
 */
static void test_put_out_of_one_of_several(void **state) {
  world *w = *state;
  person *p[3];
  setup_crew(w, p);
  w->s->last_resort_only = true;
  add(p[0], carol_alone);
  create(p[0], "band", carol_alone);
  gather(p[2]);
  put_out(p[0], carol_alone);
  add(p[0], carol_alone);
  gather(p[2]); /* the second letter makes her look */
  say(p[0], "crew", "back again");
  assert_int_equal(heard(gather(p[2]), "back again"), 1);
  say(p[0], "band", "to those who stay");
  assert_int_equal(heard(gather(p[2]), "to those who stay"), 1);
  create(p[0], "choir", carol_alone); /* and new ones come there */
  say(p[0], "choir", "welcome");
  assert_int_equal(heard(gather(p[2]), "welcome"), 1);
}

static void test_what_was_said_without_her(void **state) {
  world *w = *state;
  person *p[3];
  setup_crew(w, p);
  for (int last = 0; last < 2; last++) {
    w->s->last_resort_only = last != 0;
    add(p[0], carol_alone);
    say(p[0], "crew", "hello");
    gather(p[2]);
    for (int turn = 0; turn < 3; turn++) {
      put_out(p[0], carol_alone);
      for (int i = 0; i < 4; i++) {
        say(p[0], "crew", "not for carol");
      }
      add(p[0], carol_alone);
      say(p[0], "crew", "for carol");
      w->s->last_mailbox_first = turn == 1;
      assert_int_equal(heard(gather(p[2]), "for carol"), 1);
      w->s->now += 120000;
      gather(p[2]);
      assert_int_equal(warned("gap"), 0);
    }
    put_out(p[0], carol_alone);
    w->s->now += (uint64_t)26 * 3600000;
    gather(p[2]);
    assert_int_equal(warned("gap"), 0);
  }
}

static void id_of(person *p, const char *to, client_mem *mem, tacet_span *out) {
  client_talk t;
  assert_ok(client_enter(p->c));
  assert_ok(client_resolve_talk(p->c, to, mem, &t));
  *out = t.group;
}

/* eve has learned the id of the group, and makes another of that id, which has
 * gone on further than the one that carol is in. */
static void test_a_group_that_calls_itself_this_one(void **state) {
  world *w = *state;
  CLIENT_MEM(mem);
  person *p[3], *eve;
  tacet_room room;
  tacet_span id;
  const char *dave[] = {"dave"}, *erin[] = {"erin"};
  bool queued;
  setup_crew(w, p);
  eve = person_join(w, "eve");
  (void)person_join(w, "dave");
  (void)person_join(w, "erin");
  add(p[0], carol_alone);
  expect_in(p, "hello");
  id_of(p[0], "crew", &mem, &id);
  lie_room_of(p[0], "crew", &room);
  room.name = TACET_SPAN_LIT("forged");
  room.admins = client_id_span(eve->c->self.account);
  lie_group_with_id(eve, id, &room, dave, 1);
  for (int i = 0; i < 8; i++) {
    expect_ok(eve,
              client_group_add(eve->c, "forged", erin, 1, &queued, &eve->err));
    expect_ok(eve, client_group_remove(eve->c, "forged", erin, 1, &queued,
                                       &eve->err));
  }
  expect_ok(eve, client_group_add(eve->c, "forged", carol_alone, 1, &queued,
                                  &eve->err));
  gather(p[2]);
  assert_int_equal(warned("undecryptable"), 1);
  expect_in(p, "still here");
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_added_twice_while_away),
      TEST(test_the_second_letter_first),
      TEST(test_put_out_twice_while_away),
      TEST(test_put_out_twice_the_other_way),
      TEST(test_put_out_of_one_of_several),
      TEST(test_what_was_said_without_her),
      TEST(test_a_group_that_calls_itself_this_one),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
