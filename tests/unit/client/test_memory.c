/* SPDX-License-Identifier: Apache-2.0
 * Memory runs out in the middle of things: the call says so, and the next one
 * goes on; nothing is lost, nothing comes twice, nothing leaks.
 *
 * Not every allocation is tried each time, there are thousands: a stride that
 * is no divisor of anything finds them all over the places.
 */
#include "tests/unit/client/people.h"

#define STRIDE 23

static size_t countdown; /* allocations until one fails; 0: none does */
static bool paused;

static void *alloc(void *user, size_t size) {
  (void)user;
  if (!paused && countdown > 0 && --countdown == 0) {
    return NULL;
  }
  return malloc(size);
}

static void release(void *user, void *p) {
  (void)user;
  free(p);
}

static void pause_counting(bool begins) {
  paused = begins;
}

static int setup(void **state) {
  static const tacet_allocator failing = {alloc, release, NULL};
  tacet_allocator_set(&failing);
  int rc = world_setup(state);
  ((world *)*state)->s->at_work = pause_counting;
  return rc;
}

static int teardown(void **state) {
  countdown = 0;
  int rc = world_teardown(state);
  tacet_allocator_set(NULL);
  return rc;
}

/* Runs step(ctx, n) with the n-th allocation failing, for growing n, until it
 * gives true without having met the failure. */
static void sweep(bool (*step)(void *ctx, size_t n), void *ctx) {
  for (size_t n = 1;; n += STRIDE) {
    assert_true(n < 100000);
    countdown = n;
    bool well = step(ctx, n);
    if (well && countdown > 0) {
      countdown = 0;
      assert_true(n > 10 * STRIDE);
      return;
    }
    countdown = 0;
  }
}

static void assert_out_of_memory(person *p, client_kind kind) {
  if (kind != CLIENT_OK &&
      (kind != CLIENT_FAILED || strcmp(p->err.code, "no-memory") != 0)) {
    fail_msg("%s: %d %s: %s", p->name, kind, p->err.code, p->err.text);
  }
}

typedef struct pair {
  person *a, *b;
} pair;

static bool send_one(void *ctx, size_t n) {
  pair *t = ctx;
  CLIENT_MEM(mem);
  const char *id = NULL;
  client_delivery d = CLIENT_QUEUED;
  char text[32];
  (void)snprintf(text, sizeof(text), "<%zu>", n);
  client_outgoing m = {.to = t->b->name, .text = text};
  client_kind kind = client_send(t->a->c, &m, &mem, &id, &t->a->err);
  assert_out_of_memory(t->a, kind);
  bool promised = kind == CLIENT_OK;
  if (promised) {
    kind = client_flush(t->a->c, id, 60000, &d, &t->a->err);
    assert_out_of_memory(t->a, kind);
  }
  bool well = kind == CLIENT_OK && d == CLIENT_SENT;
  size_t left = countdown;
  countdown = 0;
  gather(t->a);
  size_t got = heard(gather(t->b), text);
  if (got > 1 || (promised && got != 1)) {
    fail_msg("%zu: promised %d, heard %zu times", n, promised, got);
  }
  countdown = left;
  return well;
}

static void test_sending(void **state) {
  world *w = *state;
  pair t = {person_join(w, "alice"), person_join(w, "bob")};
  befriend(t.a, t.b);
  sweep(send_one, &t);
}

static bool receive_one(void *ctx, size_t n) {
  pair *t = ctx;
  CLIENT_MEM(mem);
  client_event e;
  client_wait wait = {.timeout_ms = 0, .fd = -1};
  char text[32];
  size_t left = countdown;
  (void)snprintf(text, sizeof(text), "<%zu>", n);
  countdown = 0;
  say(t->a, t->b->name, text);
  countdown = left;
  client_kind kind = client_next_event(t->b->c, &wait, &mem, &e, &t->b->err);
  assert_out_of_memory(t->b, kind);
  if (kind == CLIENT_OK) {
    assert_int_equal(e.type, CLIENT_EVENT_MESSAGE);
    assert_string_equal(e.u.message.text, text);
  }
  left = countdown;
  countdown = 0;
  const char *all = gather(t->b);
  if (heard(all, text) != 1) {
    fail_msg("%zu: %d, then heard\n%s", n, kind, all);
  }
  countdown = left;
  return kind == CLIENT_OK;
}

static void test_receiving(void **state) {
  world *w = *state;
  pair t = {person_join(w, "alice"), person_join(w, "bob")};
  befriend(t.a, t.b);
  sweep(receive_one, &t);
}

/* Registering and being invited for the first time. */
static bool begin_anew(void *ctx, size_t n) {
  world *w = ctx;
  char name[32], link[TACET_INVITE_LINK_MAX];
  size_t left = countdown;
  countdown = 0;
  (void)snprintf(name, sizeof(name), "p%zu", n);
  person *p = person_new(w, name), *bob = &w->people[0];
  fake_server_invite(w->s, link);
  CLIENT_MEM(mem);
  client_registration r;
  countdown = left * 7; /* there are many more of them */
  client_kind kind = client_register(p->c, name, link, "x", &mem, &r, &p->err);
  bool well = kind == CLIENT_OK && countdown > 0;
  assert_out_of_memory(p, kind);
  countdown = 0;
  if (kind != CLIENT_OK) {
    expect_ok(p, client_register(p->c, name, link, "x", &mem, &r, &p->err));
  }
  say(bob, name, "welcome");
  hear(p, "welcome");
  countdown = well ? 1 : 0;
  return well;
}

static void test_registering(void **state) {
  world *w = *state;
  (void)person_join(w, "bob");
  for (size_t n = 1; n < 60; n++) {
    countdown = 1 + n * n * 3;
    if (begin_anew(w, n)) {
      countdown = 0;
      return;
    }
  }
  fail_msg("registering takes more memory than was tried");
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_sending, setup, teardown),
      cmocka_unit_test_setup_teardown(test_receiving, setup, teardown),
      cmocka_unit_test_setup_teardown(test_registering, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
