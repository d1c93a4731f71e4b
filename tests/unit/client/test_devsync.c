/* SPDX-License-Identifier: Apache-2.0
 * The self group: what one device of an account is told, the others know: who
 * is accepted, blocked, verified, what became of a request, names. Three of
 * them, each away at times, come to the same, in whatever order they hear of
 * it.
 */
#include "tests/unit/client/fleet.h"

#include <stdio.h>

#include "client/devices.h"
#include "client/devsync.h"
#include "client/people.h"
#include "client/reconcile.h"

/* As the one who approved does. */
static void welcome(person *p) {
  CLIENT_TX(tx);
  assert_ok(client_enter(p->c));
  assert_ok(client_tx_begin(p->c->store, &tx));
  assert_ok(client_sync_everything(p->c));
  assert_ok(client_reconcile_account(p->c, p->c->self.account));
  assert_ok(client_tx_commit(&tx));
}

static client_contact contact(person *p, const char *name) {
  static client_mem mem;
  const client_contact *list;
  size_t n;
  client_mem_free(&mem);
  expect_ok(p, client_contacts(p->c, &mem, &list, &n, &p->err));
  for (size_t i = 0; i < n; i++) {
    if (strncmp(list[i].handle, name, strlen(name)) == 0) {
      return list[i];
    }
  }
  client_mem_free(&mem);
  return (client_contact){.handle = NULL};
}

static size_t requests(person *p) {
  CLIENT_MEM(mem);
  const client_request *list;
  size_t n;
  expect_ok(p, client_requests(p->c, &mem, &list, &n, &p->err));
  return n;
}

static void test_a_new_device_is_told(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  person *carol = person_join(w, "carol");
  befriend(alice, bob);
  say(alice, "carol", "hello");
  expect_ok(alice, client_verify(alice->c, "bob", NULL, &alice->err));
  expect_ok(alice, client_block(alice->c, "carol", &alice->err));
  person *phone = fleet_add(alice, "phone");
  person *all[] = {alice, phone, bob, carol};
  fleet_look(alice);
  welcome(alice);
  fleet_settle(all, 4, 12);
  assert_non_null(contact(phone, "bob").handle);
  assert_int_equal(contact(phone, "bob").trust, CLIENT_VERIFIED);
  assert_true(contact(phone, "carol").blocked);
  CLIENT_MEM(mem);
  const client_group *groups;
  const char *name;
  client_status status;
  size_t n;
  expect_ok(phone, client_groups(phone->c, &mem, &groups, &n, &phone->err));
  assert_int_equal(n, 0); /* the self group is nothing to see */
  expect_ok(phone, client_status_get(phone->c, &mem, &status, &phone->err));
  assert_int_equal(status.n_conversations, 1);
  assert_ok(client_device_name(phone->c, alice->c->self.device, &mem, &name));
  assert_string_equal(name, "laptop");
  /* And the other way round. */
  bool queued;
  expect_ok(phone, client_unblock(phone->c, "carol", &queued, &phone->err));
  expect_ok(phone, client_block(phone->c, "bob", &phone->err));
  fleet_settle(all, 4, 12);
  assert_false(contact(alice, "carol").blocked);
  assert_true(contact(alice, "bob").blocked);
}

static void test_requests(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  person *carol = person_join(w, "carol");
  person *phone = fleet_add(alice, "phone");
  person *both[] = {alice, phone}, *all[] = {alice, phone, bob, carol};
  fleet_look(alice);
  welcome(alice);
  fleet_settle(both, 2, 8);
  say(bob, "alice", "let me in");
  say(carol, "alice", "buy this");
  fleet_settle(both, 2, 6);
  assert_int_equal(requests(alice), 2);
  assert_int_equal(requests(phone), 2);
  accept(alice, "bob");
  expect_ok(phone, client_request_refuse(phone->c, "carol", &phone->err));
  fleet_settle(all, 4, 8);
  assert_int_equal(requests(alice), 0);
  assert_int_equal(requests(phone), 0);
  fleet_forget();
  say(phone, "bob", "welcome");
  fleet_settle(all, 4, 4);
  assert_true(fleet_heard_once(bob, "welcome"));
  assert_true(fleet_heard_once(alice, "welcome"));
}

static void take(person *p, const tacet_sync_entry *e) {
  TACET_BUF(list, 4096);
  TACET_BUF(w, 4096);
  CLIENT_TX(tx);
  tacet_sync_entry_write(&list, e);
  tacet_sync_write(&w, tacet_buf_span(&list));
  assert_ok(w.err);
  assert_ok(client_enter(p->c));
  assert_ok(client_tx_begin(p->c->store, &tx));
  assert_ok(client_sync_take(p->c, tacet_buf_span(&w)));
  assert_ok(client_tx_commit(&tx));
}

static client_group crew(person *p) {
  static client_mem mem;
  const client_group *list;
  size_t n;
  client_mem_free(&mem);
  expect_ok(p, client_groups(p->c, &mem, &list, &n, &p->err));
  if (n == 0) {
    client_mem_free(&mem);
    return (client_group){.name = NULL};
  }
  assert_int_equal(n, 1);
  client_group out = list[0];
  static char id[65];
  (void)snprintf(id, sizeof(id), "%s", out.conversation);
  out.conversation = id;
  client_mem_free(&mem);
  return out;
}

static void invite(person *who, const char *whom) {
  CLIENT_MEM(mem);
  const char *id;
  bool queued;
  expect_ok(who, client_group_create(who->c, "crew", &whom, 1, &mem, &id,
                                     &queued, &who->err));
}

/* Another device has accepted, or refused, what has not come here yet. */
static void test_before_the_request(void **state) {
  world *w = *state;
  for (int refuse = 0; refuse < 2; refuse++) {
    person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
    person *phone = fleet_add(alice, "phone");
    person *both[] = {alice, phone}, *all[] = {alice, phone, bob};
    fleet_look(alice);
    welcome(alice);
    fleet_settle(both, 2, 8);
    invite(bob, "alice");
    fleet_settle(&alice, 1, 1);
    tacet_sync_entry e = {.type = TACET_SYNC_CONVERSATION,
                          .stamp = w->s->now,
                          .by = {7},
                          .state = refuse ? TACET_SYNC_REFUSED
                                          : TACET_SYNC_ACCEPTED};
    assert_true(crew(alice).request);
    assert_ok(tacet_hex_read(crew(alice).conversation, 64, e.id, 32));
    take(phone, &e); /* which has not heard of it */
    CLIENT_MEM(mem);
    client_sync_record r;
    assert_null(crew(phone).name);
    assert_err(TACET_ERR_NOT_FOUND,
               client_sync_register(phone->c, (uint8_t)e.type, e.id, &mem, &r));
    fleet_settle(all, 3, 2);
    assert_ok(client_sync_register(phone->c, (uint8_t)e.type, e.id, &mem, &r));
    if (refuse) {
      assert_null(crew(phone).name);
    } else {
      assert_non_null(crew(phone).name);
      assert_false(crew(phone).request);
    }
    world_renew(w);
  }
}

/* What one device has left the others have left, whatever they heard of it in
 * the group itself; and who is taken in again is in it on all of them. */
static void test_left(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  person *carol = person_join(w, "carol");
  befriend(alice, bob);
  befriend(carol, bob);
  person *phone = fleet_add(alice, "phone");
  person *both[] = {alice, phone}, *all[] = {alice, phone, bob, carol};
  const char *names[] = {"alice", "carol"};
  CLIENT_MEM(mem);
  const char *id;
  bool queued;
  fleet_look(alice);
  welcome(alice);
  fleet_settle(both, 2, 8);
  expect_ok(bob, client_group_create(bob->c, "crew", names, 2, &mem, &id,
                                     &queued, &bob->err));
  fleet_settle(all, 4, 6);
  assert_false(crew(phone).left);
  tacet_sync_entry e = {.type = TACET_SYNC_CONVERSATION,
                        .stamp = w->s->now,
                        .by = {7},
                        .state = TACET_SYNC_LEFT};
  assert_ok(tacet_hex_read(id, 64, e.id, 32));
  expect_ok(alice, client_group_leave(alice->c, "crew", &queued, &alice->err));
  take(phone, &e);
  assert_true(crew(phone).left);
  fleet_settle(all, 4, 8);
  assert_true(crew(alice).left);
  assert_true(crew(phone).left);
  expect_ok(bob,
            client_group_add(bob->c, "crew", names, 1, &queued, &bob->err));
  fleet_settle(all, 4, 10);
  assert_false(crew(alice).left);
  assert_false(crew(phone).left);
  e.stamp = 5; /* heard late */
  take(phone, &e);
  assert_false(crew(phone).left);
}

/* Three devices change the same things while two of them are away, and hear of
 * each other in different orders. */
static void test_three_converge(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  const char *const names[] = {"bob", "carol", "dave", "erin"};
  person *others[4];
  for (int i = 0; i < 4; i++) {
    others[i] = person_join(w, names[i]);
    befriend(alice, others[i]);
  }
  person *p[3] = {alice, NULL, NULL};
  p[1] = fleet_add(alice, "phone");
  fleet_look(alice);
  welcome(alice);
  fleet_settle(p, 2, 8);
  p[2] = fleet_add(alice, "tablet");
  fleet_look(alice);
  welcome(alice);
  fleet_settle(p, 3, 12);
  for (int round = 0; round < 12; round++) {
    person *one = p[(round * 7 + 1) % 3];
    const char *who = names[(round * 5) % 4];
    bool queued;
    if (round % 3 != 2) {
      expect_ok(one, client_block(one->c, who, &one->err));
    } else {
      expect_ok(one, client_unblock(one->c, who, &queued, &one->err));
    }
    w->s->now += 1000;
    fleet_settle(&p[round % 2], 1 + (size_t)round % 2, 1); /* who is there */
  }
  fleet_settle(p, 3, 20);
  for (int i = 0; i < 4; i++) {
    bool blocked = contact(p[0], names[i]).blocked;
    assert_int_equal(contact(p[1], names[i]).blocked, blocked);
    assert_int_equal(contact(p[2], names[i]).blocked, blocked);
  }
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_a_new_device_is_told), TEST(test_requests),
      TEST(test_before_the_request),   TEST(test_left),
      TEST(test_three_converge),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
