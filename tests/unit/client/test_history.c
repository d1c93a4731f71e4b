/* SPDX-License-Identifier: Apache-2.0
 * History follows a device that was linked, where that was wished: whole, in
 * its order, once; cut off anywhere, on either side, it goes on.
 */
#include "tests/unit/client/scene.h"

#include <stdio.h>

#include "client/core.h"

#define SAID 30

static void settle(scene *t, int turns) {
  person *all[] = {t->old, t->fresh, t->bob};
  t->w->s->meanwhile = NULL;
  fleet_settle(all, 3, turns);
}

/* alice and bob have said things, in a group too, and one she has not read. */
static void speak(scene *t, int said, bool group) {
  CLIENT_MEM(mem);
  const char *id, *names[] = {"bob"};
  bool queued;
  char text[32];
  person *both[] = {t->old, t->bob};
  for (int i = 0; i < said; i++) {
    (void)snprintf(text, sizeof(text), "m%d", i);
    say(i % 2 == 0 ? t->old : t->bob, i % 2 == 0 ? "bob" : "alice", text);
    t->w->s->now += 1000;
  }
  if (group) {
    expect_ok(t->old, client_group_create(t->old->c, "crew", names, 1, &mem,
                                          &id, &queued, &t->old->err));
    fleet_settle(both, 2, 4);
    say(t->bob, "crew", "in the crew");
    fleet_settle(both, 2, 2);
    expect_ok(t->bob, client_group_create(t->bob->c, "left behind",
                                          (const char *[]){"alice"}, 1, &mem,
                                          &id, &queued, &t->bob->err));
    fleet_settle(both, 2, 4);
    expect_ok(t->old, client_group_leave(t->old->c, "left behind", &queued,
                                         &t->old->err));
    fleet_settle(both, 2, 4);
  }
  fleet_settle(both, 2, 2);
}

static void set(scene *t, world *w, int said, bool group) {
  scene_set(t, w, true);
  t->history = true;
  speak(t, said, group);
  fleet_forget();
}

/* All that alice has stands at her phone, in the same order, once. */
static void check_same(scene *t, const char *with) {
  CLIENT_MEM(mem);
  const client_message *a, *b;
  size_t n, m;
  expect_ok(t->old,
            client_history(t->old->c, with, 0, &mem, &a, &n, &t->old->err));
  expect_ok(t->fresh,
            client_history(t->fresh->c, with, 0, &mem, &b, &m, &t->fresh->err));
  assert_int_equal(n, m);
  assert_true(n > 0);
  for (size_t i = 0; i < n; i++) {
    assert_string_equal(a[i].id, b[i].id);
    assert_string_equal(a[i].text, b[i].text);
    assert_int_equal(a[i].read_at, b[i].read_at);
    assert_int_equal(a[i].own, b[i].own);
  }
}

static size_t n_messages(person *p, const char *with) {
  CLIENT_MEM(mem);
  const client_message *list;
  size_t n = 0;
  client_kind kind = client_history(p->c, with, 0, &mem, &list, &n, &p->err);
  return kind == CLIENT_OK ? n : 0;
}

static bool has_left(person *p, const char *name) {
  CLIENT_MEM(mem);
  const client_group *list;
  size_t n;
  expect_ok(p, client_groups(p->c, &mem, &list, &n, &p->err));
  for (size_t i = 0; i < n; i++) {
    if (strcmp(list[i].name, name) == 0) {
      return list[i].left;
    }
  }
  return false;
}

/* What is nobody's any more was swept or forgotten. */
static void check_clean(person *p) {
  size_t n;
  assert_ok(
      client_store_count(p->c->store, CLIENT_T_FILE, TACET_SPAN_EMPTY, &n));
  assert_int_equal(n, 0);
  assert_ok(client_store_count(p->c->store, CLIENT_T_SELF,
                               TACET_SPAN_LIT("history out"), &n));
  assert_int_equal(n, 0);
}

static void test_it_follows(void **state) {
  scene t;
  set(&t, *state, SAID, true);
  size_t before = n_messages(t.old, "bob");
  assert_true(before >= SAID);
  expect_ok(t.fresh, scene_link(&t));
  settle(&t, 12);
  check_same(&t, "bob");
  check_same(&t, "crew");
  assert_true(has_left(t.fresh, "left behind"));
  check_clean(t.old);
  check_clean(t.fresh);
  /* And what is said from now on comes as to any device. */
  scene_check(&t, "after");
  assert_int_equal(n_messages(t.fresh, "bob"), before + 2);
  check_same(&t, "bob");
}

static void test_not_wished(void **state) {
  scene t;
  scene_set(&t, *state, true);
  speak(&t, 4, false);
  expect_ok(t.fresh, scene_link(&t));
  settle(&t, 12);
  assert_int_equal(n_messages(t.fresh, "bob"), 0);
  check_clean(t.old);
}

/* What is written while it is on its way stands behind it, once. */
static void test_while_it_comes(void **state) {
  scene t;
  set(&t, *state, 12, false);
  t.old->env.history_part = 700;
  expect_ok(t.fresh, scene_link(&t));
  t.w->s->meanwhile = NULL;
  person *two[] = {t.old, t.bob};
  fleet_settle(two, 2, 6); /* the phone hears of nothing yet */
  say(t.bob, "alice", "meanwhile");
  settle(&t, 12);
  check_same(&t, "bob");
  assert_true(fleet_heard_once(t.fresh, "meanwhile"));
}

/* The server gives something else: nothing is taken in, which is said. */
static void test_a_damaged_file(void **state) {
  scene t;
  set(&t, *state, 12, false);
  size_t n_blobs = t.w->s->n_blobs;
  expect_ok(t.fresh, scene_link(&t));
  t.w->s->meanwhile = NULL;
  person *one[] = {t.old};
  fleet_settle(one, 1, 8);
  assert_true(t.w->s->n_blobs > n_blobs);
  for (size_t i = n_blobs; i < t.w->s->n_blobs; i++) {
    t.w->s->blobs[i].data.p[t.w->s->blobs[i].received / 2] ^= 1;
  }
  settle(&t, 12);
  assert_int_equal(n_messages(t.fresh, "bob"), 0);
  assert_true(fleet_heard_once(t.fresh, "history-not-taken"));
  check_clean(t.fresh);
  scene_check(&t, "all the same");
}

/* The device is removed before it got it. */
static void test_removed_meanwhile(void **state) {
  scene t;
  set(&t, *state, 12, false);
  CLIENT_MEM(mem);
  client_device d;
  expect_ok(t.fresh, scene_link(&t));
  t.w->s->meanwhile = NULL;
  expect_ok(t.old,
            client_device_remove(t.old->c, "phone", &mem, &d, &t.old->err));
  person *two[] = {t.old, t.bob};
  fleet_settle(two, 2, 8);
  check_clean(t.old);
}

/* ---- killed, and cut off ---- */

/* What both have left to do, whoever dies: the victim does once. */
static void go_on(scene *t, person *victim, size_t n, bool before) {
  person *both[] = {t->old, t->fresh};
  victim->die_before = before;
  victim->die_at = n;
  for (int i = 0; i < 16; i++) {
    for (int k = 0; k < 2; k++) {
      CLIENT_MEM(mem);
      client_event e;
      client_wait wait = {.timeout_ms = 0, .fd = -1};
      person *p = both[k];
      client_kind kind = client_next_event(p->c, &wait, &mem, &e, &p->err);
      if (kind == CLIENT_OK && e.type != CLIENT_EVENT_NONE) {
        kind = client_event_done(p->c, e.id, &p->err);
      }
      if (kind == CLIENT_FAILED) {
        assert_ptr_equal(p, victim);
        p->die_at = 0;
        person_reopen(p);
      }
    }
    t->w->s->now += 5000;
  }
}

static void dying(world *w, bool old) {
  for (size_t n = 1;; n += n < 6 ? 1 : 7) {
    scene t;
    assert_true(n < 400);
    set(&t, w, 4, false);
    t.old->env.history_part = 1200;
    expect_ok(t.fresh, scene_link(&t));
    t.w->s->meanwhile = NULL;
    person *victim = old ? t.old : t.fresh;
    go_on(&t, victim, n, n % 2 == 0);
    bool died = victim->die_at == 0;
    victim->die_at = 0;
    settle(&t, 8);
    check_same(&t, "bob");
    check_clean(t.old);
    check_clean(t.fresh);
    world_renew(w);
    if (!died) {
      assert_true(n > 15);
      return;
    }
  }
}

static void test_the_old_one_dies(void **state) {
  dying(*state, true);
}

static void test_the_new_one_dies(void **state) {
  dying(*state, false);
}

static void test_requests_are_lost(void **state) {
  world *w = *state;
  for (size_t n = 1; n < 44; n += 9) {
    scene t;
    set(&t, w, 4, false);
    t.old->env.history_part = 1200;
    expect_ok(t.fresh, scene_link(&t));
    w->s->meanwhile = NULL;
    w->s->lose_at = n;
    w->s->lose_answer = n % 2 == 0;
    for (int i = 0; i < 8; i++) {
      person *both[] = {t.old, t.fresh};
      for (int k = 0; k < 2; k++) {
        CLIENT_MEM(mem);
        client_event e;
        client_wait wait = {.timeout_ms = 0, .fd = -1};
        client_kind kind =
            client_next_event(both[k]->c, &wait, &mem, &e, &both[k]->err);
        assert_true(kind == CLIENT_OK || kind == CLIENT_UNREACHABLE);
      }
      w->s->now += 5000;
    }
    w->s->lose_at = 0;
    settle(&t, 10);
    check_same(&t, "bob");
    check_clean(t.old);
    world_renew(w);
  }
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_it_follows),        TEST(test_not_wished),
      TEST(test_while_it_comes),    TEST(test_a_damaged_file),
      TEST(test_removed_meanwhile), TEST(test_the_old_one_dies),
      TEST(test_the_new_one_dies),  TEST(test_requests_are_lost),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
