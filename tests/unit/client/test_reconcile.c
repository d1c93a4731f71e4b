/* SPDX-License-Identifier: Apache-2.0
 * Groups follow the device lists of their members: a device that an account
 * gained is added by its own others, or by its contacts; one that it dropped
 * goes, and hears nothing more.
 */
#include "tests/unit/client/fleet.h"

#include "client/lookup.h"
#include "client/members.h"
#include "client/talks.h"

static size_t devices_in(person *p, const char *to, person *of) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  client_talk t;
  client_leaf *leaves;
  size_t n, count = 0;
  assert_ok(client_enter(p->c));
  assert_ok(client_resolve_talk(p->c, to, &mem, &t));
  assert_ok(client_session_load(p->c, t.group, &s));
  assert_ok(client_leaves(p->c, s.mls, &mem, &leaves, &n));
  for (size_t i = 0; i < n; i++) {
    count +=
        memcmp(leaves[i].who.account, of->c->self.account, CLIENT_ID_LEN) == 0;
  }
  return count;
}

static void make_group(person *p, const char *name, const char *with) {
  CLIENT_MEM(mem);
  const char *id;
  bool queued;
  expect_ok(p, client_group_create(p->c, name, &with, 1, &mem, &id, &queued,
                                   &p->err));
}

/* Alice has two devices in a pair and a group; everybody hears everything. */
static void test_own_device_adds(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  make_group(alice, "crew", "bob");
  gather(bob);
  fleet_forget();
  person *phone = fleet_add(alice, "phone");
  person *all[] = {alice, bob, phone};
  fleet_look(alice);
  fleet_settle(all, 3, 12);
  assert_int_equal(devices_in(bob, "alice", alice), 2);
  assert_int_equal(devices_in(bob, "crew", alice), 2);
  say(bob, "alice", "to both");
  say(phone, "bob", "from the phone");
  say(alice, "bob", "from the laptop");
  say(phone, "crew", "to the crew");
  fleet_settle(all, 3, 8);
  assert_true(fleet_heard_once(alice, "to both"));
  assert_true(fleet_heard_once(phone, "to both"));
  assert_true(fleet_heard_once(bob, "from the phone"));
  assert_true(fleet_heard_once(alice, "from the phone"));
  assert_true(fleet_heard_once(phone, "from the laptop"));
  assert_true(fleet_heard_once(bob, "from the laptop"));
  assert_true(fleet_heard_once(alice, "to the crew"));
  CLIENT_MEM(mem);
  const client_message *list;
  size_t n;
  expect_ok(alice,
            client_history(alice->c, "bob", 0, &mem, &list, &n, &alice->err));
  size_t own = 0;
  for (size_t i = 0; i < n; i++) {
    own += strcmp(list[i].text, "from the phone") == 0 && list[i].own;
  }
  assert_int_equal(own, 1);
}

/* The only device that was in it is gone: a contact adds the new one. */
static void test_contact_adds(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  make_group(alice, "crew", "bob");
  gather(bob);
  fleet_forget();
  person *phone = fleet_add(alice, "phone");
  CLIENT_MEM(mem);
  client_person p;
  assert_ok(client_enter(bob->c));
  assert_ok(client_lookup_account(
      bob->c, client_id_span(phone->c->self.account), &mem, &p));
  person *two[] = {bob, phone};
  for (int i = 0; i < 3; i++) {
    w->s->now += 30 * 60000;
    fleet_settle(two, 2, 3);
  }
  assert_int_equal(devices_in(bob, "alice", phone), 2);
  assert_int_equal(devices_in(bob, "crew", phone), 2);
  say(phone, "bob", "it is me again");
  fleet_settle(two, 2, 4);
  assert_true(fleet_heard_once(bob, "it is me again"));
}

static void test_new_conversations(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  person *phone = fleet_add(alice, "phone");
  fleet_look(alice);
  fleet_forget();
  person *all[] = {alice, bob, phone};
  say(alice, "bob", "a first letter");
  fleet_settle(all, 3, 8);
  assert_true(fleet_heard_once(phone, "a first letter") ||
              devices_in(alice, "bob", alice) == 2);
  accept(bob, "alice");
  say(bob, "alice", "an answer");
  fleet_settle(all, 3, 8);
  assert_true(fleet_heard_once(alice, "an answer"));
  assert_true(fleet_heard_once(phone, "an answer"));
  make_group(phone, "crew", "bob");
  fleet_settle(all, 3, 8);
  say(alice, "crew", "in a group of the phone's");
  fleet_settle(all, 3, 8);
  assert_true(fleet_heard_once(phone, "in a group of the phone's"));
  assert_true(fleet_heard_once(bob, "in a group of the phone's"));
}

static void test_removed(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  fleet_forget();
  person *phone = fleet_add(alice, "phone");
  person *all[] = {alice, bob, phone};
  fleet_look(alice);
  fleet_settle(all, 3, 10);
  assert_int_equal(devices_in(bob, "alice", alice), 2);
  fleet_drop(alice, phone);
  fleet_settle(all, 2, 4);
  assert_int_equal(devices_in(bob, "alice", alice), 1);
  say(bob, "alice", "not for the phone");
  fleet_settle(all, 3, 4);
  assert_true(fleet_heard_once(alice, "not for the phone"));
  assert_false(fleet_heard_once(phone, "not for the phone"));
  CLIENT_MEM(mem);
  const char *id;
  client_outgoing m = {.to = "bob", .text = "from a thief"};
  expect_failure(phone, client_send(phone->c, &m, &mem, &id, &phone->err),
                 CLIENT_REFUSED, "device-removed");
  fleet_settle(all, 3, 4);
  assert_false(fleet_heard_once(bob, "from a thief"));
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_own_device_adds),
      TEST(test_contact_adds),
      TEST(test_new_conversations),
      TEST(test_removed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
