/* SPDX-License-Identifier: Apache-2.0
 * Devices that the server gives no keys of: those that are being linked are no
 * matter for a warning, those that stay without are, once.
 */
#include "tests/unit/client/fleet.h"

#include "client/members.h"
#include "client/talks.h"

#define MINUTES ((uint64_t)60 * 1000)
#define HOURS (60 * MINUTES)
#define CODE "device-missing"

/* bob's phone is listed, and its keys are at the server, or not. */
typedef struct pocket {
  world *w;
  person *alice, *bob, *phone;
  bool hidden;
} pocket;

/* Hides the phone's keys, or shows them again. */
static void turn(pocket *t) {
  fake_account *a = fake_server_account(t->w->s, "bob@" FAKE_DOMAIN);
  uint8_t other[CLIENT_DEVICE_ID_LEN];
  size_t n = 0;
  assert_non_null(a);
  memset(other, 0xee, sizeof(other));
  const uint8_t *from = t->hidden ? other : t->phone->c->self.device;
  const uint8_t *to = t->hidden ? t->phone->c->self.device : other;
  for (size_t i = 0; i < a->n_packages; i++) {
    if (memcmp(a->packages[i].device, from, sizeof(other)) == 0) {
      memcpy(a->packages[i].device, to, sizeof(other));
      n++;
    }
  }
  assert_true(n > 0);
  t->hidden = !t->hidden;
}

static void pocket_set(pocket *t, world *w) {
  *t = (pocket){.w = w};
  t->alice = person_join(w, "alice");
  t->bob = person_join(w, "bob");
  t->phone = fleet_add(t->bob, "phone");
  fleet_look(t->bob);
  (void)warned("none");
}

/* Warnings that p was shown in that time, in which it looks every half hour. */
static size_t told_in(person *p, uint64_t ms) {
  size_t n = 0;
  for (uint64_t end = p->w->s->now + ms; p->w->s->now < end;) {
    gather(p);
    n += warned(CODE);
    p->w->s->now += 30 * MINUTES;
  }
  gather(p);
  return n + warned(CODE);
}

static size_t devices_of_bob(const pocket *t, const char *talk) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  client_talk found;
  client_leaf *leaves;
  size_t n, count = 0;
  assert_ok(client_enter(t->alice->c));
  assert_ok(client_resolve_talk(t->alice->c, talk, &mem, &found));
  assert_ok(client_session_load(t->alice->c, found.group, &s));
  assert_ok(client_leaves(t->alice->c, s.mls, &mem, &leaves, &n));
  for (size_t i = 0; i < n; i++) {
    count += memcmp(leaves[i].who.account, t->bob->c->self.account,
                    CLIENT_ID_LEN) == 0;
  }
  return count;
}

static void group_with(pocket *t, const char *name, const char *who) {
  CLIENT_MEM(mem);
  const char *id;
  bool queued;
  expect_ok(t->alice, client_group_create(t->alice->c, name, &who, 1, &mem, &id,
                                          &queued, &t->alice->err));
}

/* It is in the list, and publishes a little later: nobody hears of it. */
static void test_while_it_is_linked(void **state) {
  pocket t;
  pocket_set(&t, *state);
  turn(&t);
  say(t.alice, "bob", "hello");
  gather(t.alice);
  t.w->s->now += 9 * MINUTES; /* the code still holds */
  gather(t.alice);
  assert_int_equal(devices_of_bob(&t, "bob"), 1);
  turn(&t);
  size_t told = told_in(t.alice, 12 * HOURS);
  assert_int_equal(told, 0);
  assert_int_equal(devices_of_bob(&t, "bob"), 2);
}

/* It never publishes anything: told in the next hours, and at the end of the
 * tries once more, and not at each of them. */
static void test_without_keys_for_good(void **state) {
  pocket t;
  pocket_set(&t, *state);
  turn(&t);
  say(t.alice, "bob", "hello");
  gather(t.alice);
  assert_int_equal(warned(CODE), 0);
  size_t soon = told_in(t.alice, 4 * HOURS);
  assert_int_equal(soon, 1);
  size_t later = told_in(t.alice, 120 * HOURS);
  assert_int_equal(later, 1);
}

/* The same for who was added to a group there was. */
static void test_added_to_a_group(void **state) {
  pocket t;
  bool queued;
  const char *bob[] = {"bob"};
  pocket_set(&t, *state);
  (void)person_join(t.w, "carol");
  group_with(&t, "crew", "carol");
  turn(&t);
  expect_ok(t.alice, client_group_add(t.alice->c, "crew", bob, 1, &queued,
                                      &t.alice->err));
  assert_false(queued);
  gather(t.alice);
  assert_int_equal(warned(CODE), 0);
  size_t told = told_in(t.alice, 4 * HOURS);
  assert_int_equal(told, 1);
  turn(&t);
  told = told_in(t.alice, 24 * HOURS);
  assert_int_equal(told, 0);
  assert_int_equal(devices_of_bob(&t, "crew"), 2);
}

/* Keys that were there go, and come back: each time it is told, once, in
 * whatever conversation it shows. */
static void test_keys_that_are_gone(void **state) {
  pocket t;
  size_t told;
  pocket_set(&t, *state);
  say(t.alice, "bob", "hello");
  assert_int_equal(devices_of_bob(&t, "bob"), 2);
  turn(&t);
  group_with(&t, "one", "bob");
  gather(t.alice);
  assert_int_equal(warned(CODE), 0);
  told = told_in(t.alice, 4 * HOURS);
  assert_int_equal(told, 1);
  group_with(&t, "two", "bob");
  told = told_in(t.alice, 4 * HOURS);
  assert_int_equal(told, 0);
  turn(&t);
  told = told_in(t.alice, 24 * HOURS);
  assert_int_equal(told, 0);
  assert_int_equal(devices_of_bob(&t, "two"), 2);
  turn(&t);
  group_with(&t, "three", "bob");
  told = told_in(t.alice, 4 * HOURS);
  assert_int_equal(told, 1);
}

/* The server drops the keys of a device that was removed; alice has an older
 * list, and nobody has to tell her of the new one. */
static void test_a_device_that_was_removed(void **state) {
  pocket t;
  pocket_set(&t, *state);
  say(t.alice, "bob", "hello");
  assert_int_equal(devices_of_bob(&t, "bob"), 2);
  turn(&t);
  group_with(&t, "crew", "bob"); /* before the list is shown */
  gather(t.alice);
  fleet_drop(t.bob, t.phone);
  size_t told = told_in(t.alice, 120 * HOURS);
  assert_int_equal(told, 0);
  assert_int_equal(devices_of_bob(&t, "bob"), 1);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_while_it_is_linked),        TEST(test_without_keys_for_good),
      TEST(test_added_to_a_group),          TEST(test_keys_that_are_gone),
      TEST(test_a_device_that_was_removed),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
