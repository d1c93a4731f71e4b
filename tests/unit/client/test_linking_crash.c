/* SPDX-License-Identifier: Apache-2.0
 * Linking, with either side killed at every durable step, and every request
 * lost once: it goes on, and the account has the device once.
 */
#include "tests/unit/client/scene.h"

#include <stdio.h>

/* ---- dying, and lost requests ---- */

/* The new device is started again and again; the old one is, when it dies. */
static void go_on(scene *t) {
  for (int tries = 0; tries < 8; tries++) {
    client_kind kind = scene_link(t);
    bool before = strcmp(t->fresh->err.code, "registered") == 0;
    if (kind == CLIENT_OK || before) {
      return;
    }
    if (kind == CLIENT_REFUSED) { /* begun anew, with a new code */
      t->begun = false;
    }
    t->fresh->die_at = 0;
    person_reopen(t->fresh);
  }
  fail_msg("never linked: %s", t->fresh->err.text);
}

static void dying(world *w, bool old) {
  for (int before = 0; before < 2; before++) {
    for (size_t n = 1;; n += before != 0 ? 6 : 1) {
      assert_true(n < 150);
      scene t;
      char tag[32];
      (void)snprintf(tag, sizeof(tag), "%d.%zu", before, n);
      bool whole = n % 17 == 1; /* with the conversation, now and then */
      scene_set(&t, w, whole);
      fleet_forget();
      person *victim = old ? t.old : t.fresh;
      victim->die_before = before != 0;
      victim->die_at = n;
      go_on(&t);
      bool died = victim->die_at == 0;
      victim->die_at = 0;
      for (int i = 0; i < 4; i++) { /* what the old one has left to do */
        scene_turn(&t);
        w->s->now += 1000;
      }
      person_reopen(victim);
      if (whole) {
        scene_check(&t, tag);
      }
      assert_int_equal(scene_devices(t.old), 2);
      assert_int_equal(scene_devices(t.fresh), 2);
      world_renew(w);
      if (!died) {
        break;
      }
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
  for (int answer = 0; answer < 2; answer++) {
    for (size_t n = 1; n<60; n += n> 8 ? 7 : 3) {
      scene t;
      scene_set(&t, w, false);
      w->s->lose_at = n;
      w->s->lose_answer = answer != 0;
      go_on(&t);
      w->s->lose_at = 0;
      for (int i = 0; i < 4; i++) {
        scene_turn(&t);
        w->s->now += 1000;
      }
      assert_int_equal(scene_devices(t.old), 2);
      assert_int_equal(scene_devices(t.fresh), 2);
      world_renew(w);
    }
  }
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_the_old_one_dies),
      TEST(test_the_new_one_dies),
      TEST(test_requests_are_lost),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
