/* SPDX-License-Identifier: Apache-2.0
 * Own devices tell each other things while one of them, this one or that one,
 * is killed at every durable step: nothing is lost, nothing comes twice, and
 * all come to the same.
 */
#include "tests/unit/client/fleet.h"

#include <stdio.h>

#include "client/devsync.h"
#include "client/reconcile.h"

typedef struct trio {
  world *w;
  person *own[2], *bob;
  person *all[3];
  person *victim;
} trio;

static void trio_set(trio *t, world *w) {
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  const char *others[] = {"carol", "dave"};
  befriend(alice, bob);
  for (int i = 0; i < 2; i++) {
    befriend(alice, person_join(w, others[i]));
  }
  person *phone = fleet_add(alice, "phone");
  *t = (trio){.w = w, .own = {alice, phone}, .bob = bob};
  t->all[0] = alice;
  t->all[1] = phone;
  t->all[2] = bob;
  fleet_look(alice);
  CLIENT_TX(tx);
  assert_ok(client_enter(alice->c));
  assert_ok(client_tx_begin(alice->c->store, &tx));
  assert_ok(client_sync_everything(alice->c));
  assert_ok(client_reconcile_account(alice->c, alice->c->self.account));
  assert_ok(client_tx_commit(&tx));
  fleet_settle(t->all, 3, 12);
}

static bool is_blocked(person *p, const char *name) {
  CLIENT_MEM(mem);
  const client_contact *list;
  size_t n;
  expect_ok(p, client_contacts(p->c, &mem, &list, &n, &p->err));
  for (size_t i = 0; i < n; i++) {
    if (strncmp(list[i].handle, name, strlen(name)) == 0) {
      return list[i].blocked;
    }
  }
  fail_msg("%s does not know %s", p->name, name);
  return false;
}

static uint64_t read_at(person *p, const char *text) {
  CLIENT_MEM(mem);
  const client_message *list;
  size_t n;
  uint64_t at = 0, times = 0;
  expect_ok(p, client_history(p->c, "bob", 40, &mem, &list, &n, &p->err));
  for (size_t i = 0; i < n; i++) {
    if (strcmp(list[i].text, text) == 0) {
      at = list[i].read_at;
      times++;
    }
  }
  assert_int_equal(times, 1);
  return at;
}

/* The victim died: what stands in its store is all that is left. */
static bool revived(trio *t, person *p, client_kind kind) {
  if (kind != CLIENT_FAILED) {
    return false;
  }
  assert_ptr_equal(p, t->victim);
  p->die_at = 0;
  person_reopen(p);
  return true;
}

static void set_blocked(trio *t, person *p, const char *name, bool blocked) {
  bool queued;
  client_kind kind;
  do {
    kind = blocked ? client_block(p->c, name, &p->err)
                   : client_unblock(p->c, name, &queued, &p->err);
  } while (revived(t, p, kind));
  assert_int_equal(kind, CLIENT_OK);
}

/* Takes and shows what there is, dying or not. */
static void look(trio *t, person *p) {
  for (;;) {
    CLIENT_MEM(mem);
    client_event e;
    client_wait wait = {.timeout_ms = 0, .fd = -1};
    client_kind kind = client_next_event(p->c, &wait, &mem, &e, &p->err);
    if (kind == CLIENT_OK && e.type == CLIENT_EVENT_NONE) {
      return;
    }
    if (kind == CLIENT_OK) {
      kind = client_event_done(p->c, e.id, &p->err);
    }
    assert_true(kind == CLIENT_OK || revived(t, p, kind));
  }
}

/* One round of things to tell, both ways. True if nobody died. */
static bool round_of(trio *t, size_t n, bool before) {
  char text[64];
  bool blocked = n % 2 == 0;
  (void)snprintf(text, sizeof(text), "m%zu%d%s", n, before, t->victim->name);
  say(t->bob, "alice", text);
  t->victim->die_before = before;
  t->victim->die_at = n;
  look(t, t->own[0]); /* it is read there */
  set_blocked(t, t->own[0], "carol", blocked);
  set_blocked(t, t->own[1], "dave", !blocked);
  for (int i = 0; i < 4; i++) {
    look(t, t->own[i % 2]);
    t->w->s->now += 3000;
  }
  bool survived = t->victim->die_at > 0;
  t->victim->die_at = 0;
  for (int i = 0; i < 6; i++) {
    look(t, t->own[i % 2]);
    t->w->s->now += 3000;
  }
  for (int i = 0; i < 2; i++) {
    assert_int_equal(is_blocked(t->own[i], "carol"), blocked);
    assert_int_equal(is_blocked(t->own[i], "dave"), !blocked);
  }
  assert_true(read_at(t->own[0], text) > 0);
  assert_int_equal(read_at(t->own[0], text), read_at(t->own[1], text));
  return survived;
}

static void dying(world *w, size_t which) {
  for (int before = 0; before < 2; before++) {
    trio t;
    trio_set(&t, w);
    t.victim = t.own[which];
    size_t n = 1;
    while (!round_of(&t, n, before != 0)) {
      n += before != 0 ? 3 : 1;
      assert_true(n < 200);
    }
    assert_true(n > 12);
    world_renew(w);
  }
}

static void test_who_tells_most_dies(void **state) {
  dying(*state, 0);
}

static void test_the_other_one_dies(void **state) {
  dying(*state, 1);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_who_tells_most_dies),
      TEST(test_the_other_one_dies),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
