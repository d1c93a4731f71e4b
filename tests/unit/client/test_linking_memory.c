/* SPDX-License-Identifier: Apache-2.0
 * Memory runs out while a device is linked, listed or removed, on either side:
 * the call says so, the next one goes on, and the account has the device once;
 * nothing leaks. Of thousands of allocations the first are all tried, then
 * every STRIDE-th.
 */
#include "tests/unit/client/scene.h"

#include <stdio.h>

#include "client/core.h"
#include "tacet/content/linking.h"

#define ALL 12
#define STRIDE 401

static size_t countdown; /* allocations until one fails; 0: none does */
static size_t at_server; /* within its work, which is not counted */
static bool paused;

static void *alloc(void *user, size_t size) {
  (void)user;
  if (!paused && at_server == 0 && countdown > 0 && --countdown == 0) {
    return NULL;
  }
  return malloc(size);
}

static void release(void *user, void *p) {
  (void)user;
  free(p);
}

static void work(bool begins) {
  at_server += begins ? 1 : (size_t)-1;
}

static int setup(void **state) {
  static const tacet_allocator failing = {alloc, release, NULL};
  countdown = at_server = 0;
  paused = false;
  tacet_allocator_set(&failing);
  int rc = world_setup(state);
  ((world *)*state)->s->at_work = work;
  return rc;
}

static int teardown(void **state) {
  countdown = 0;
  int rc = world_teardown(state);
  tacet_allocator_set(NULL);
  return rc;
}

static size_t next(size_t n) {
  return n < ALL ? n + 1 : n + STRIDE;
}

static bool old_fails; /* else the new one */

/* The old device's turn, in the middle of a request of the new one. */
static void turn(void *user) {
  bool was = paused;
  size_t within = at_server;
  paused = !old_fails;
  at_server = 0;
  scene_turn(user);
  at_server = within;
  paused = was;
}

static void link_all(scene *t) {
  for (int tries = 0; tries < 4; tries++) {
    client_kind kind = scene_link(t);
    if (kind == CLIENT_OK || strcmp(t->fresh->err.code, "registered") == 0) {
      return;
    }
    if (kind == CLIENT_FAILED) {
      assert_string_equal(t->fresh->err.code, "no-memory");
    } else if (kind != CLIENT_REFUSED && kind != CLIENT_UNREACHABLE) {
      fail_msg("%d %s: %s", kind, t->fresh->err.code, t->fresh->err.text);
    } /* else the old one gave up, or was slow */
    if (kind == CLIENT_REFUSED) {
      t->begun = false;
    }
    paused = false;
    countdown = 0;
  }
  fail_msg("never linked: %s", t->fresh->err.text);
}

static void sweep_linking(world *w, bool old) {
  size_t met = 0;
  for (size_t n = 1;; n = next(n)) {
    scene t;
    assert_true(n < 100000);
    scene_set(&t, w, false);
    w->s->meanwhile = turn;
    old_fails = old;
    paused = old;
    countdown = n;
    link_all(&t);
    bool spared = countdown > 0;
    met += !spared;
    countdown = 0;
    paused = false;
    for (int i = 0; i < 4; i++) {
      scene_turn(&t);
      w->s->now += 1000;
    }
    assert_int_equal(scene_devices(t.old), 2);
    assert_int_equal(scene_devices(t.fresh), 2);
    world_renew(w);
    w->s->at_work = work;
    if (spared) {
      assert_true(met > ALL);
      return;
    }
  }
}

static void test_linking_new(void **state) {
  sweep_linking(*state, false);
}

static void test_linking_old(void **state) {
  sweep_linking(*state, true);
}

/* Nobody waits with that code: it says so, or that there is no memory, and has
 * changed nothing. */
static void test_approving(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  for (size_t n = 1;; n += n < ALL ? 1 : 41) {
    char text[TACET_LINKING_TEXT_LEN + 1];
    tacet_linking_code code = {.minute = (uint16_t)(w->s->now / 60000)};
    assert_ok(tacet_random(code.secret, sizeof(code.secret)));
    assert_ok(tacet_linking_code_write(&code, text));
    CLIENT_MEM(mem);
    client_device d;
    countdown = n;
    client_kind kind =
        client_device_approve(alice->c, text, true, &mem, &d, &alice->err);
    bool spared = countdown > 0;
    countdown = 0;
    if (kind == CLIENT_FAILED) {
      assert_string_equal(alice->err.code, "no-memory");
    } else {
      assert_int_equal(kind, CLIENT_REFUSED);
      assert_string_equal(alice->err.code, "nobody-waits");
    }
    assert_int_equal(scene_devices(alice), 1);
    if (spared) {
      assert_int_equal(kind, CLIENT_REFUSED);
      assert_true(n > ALL);
      return;
    }
  }
}

static void test_listing(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  (void)fleet_add(alice, "phone");
  fleet_look(alice);
  for (size_t n = 1;; n++) {
    CLIENT_MEM(mem);
    const client_device *list;
    size_t count;
    countdown = n;
    client_kind kind =
        client_devices(alice->c, &mem, &list, &count, &alice->err);
    bool spared = countdown > 0;
    countdown = 0;
    assert_true(kind == CLIENT_OK || kind == CLIENT_FAILED);
    if (kind == CLIENT_FAILED) {
      assert_string_equal(alice->err.code, "no-memory");
    }
    if (spared) {
      assert_int_equal(kind, CLIENT_OK);
      assert_int_equal(count, 2);
      assert_true(n > 10);
      return;
    }
  }
}

/* What failed has changed nothing, or is gone on with by the same call. */
static void test_removing(void **state) {
  world *w = *state;
  for (size_t n = 1;; n = next(n)) {
    char id[40];
    person *alice = person_join(w, "alice");
    person *phone = fleet_add(alice, "phone");
    fleet_look(alice);
    for (size_t i = 0; i < 16; i++) {
      (void)snprintf(id + 2 * i, 3, "%02x", phone->c->self.device[i]);
    }
    CLIENT_MEM(mem);
    client_device d;
    countdown = n;
    client_kind kind =
        client_device_remove(alice->c, id, &mem, &d, &alice->err);
    bool spared = countdown > 0;
    countdown = 0;
    if (kind != CLIENT_OK) {
      assert_int_equal(kind, CLIENT_FAILED);
      assert_string_equal(alice->err.code, "no-memory");
      kind = client_device_remove(alice->c, id, &mem, &d, &alice->err);
      assert_true(kind == CLIENT_OK || kind == CLIENT_USAGE);
    }
    assert_int_equal(scene_devices(alice), 1);
    world_renew(w);
    w->s->at_work = work;
    if (spared) {
      assert_true(n > ALL);
      return;
    }
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_linking_new, setup, teardown),
      cmocka_unit_test_setup_teardown(test_linking_old, setup, teardown),
      cmocka_unit_test_setup_teardown(test_approving, setup, teardown),
      cmocka_unit_test_setup_teardown(test_listing, setup, teardown),
      cmocka_unit_test_setup_teardown(test_removing, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
