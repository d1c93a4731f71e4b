/* SPDX-License-Identifier: Apache-2.0
 * The process dies at each durable step in turn, just before it and just after,
 * and another goes on: nothing is lost, nothing comes twice.
 *
 * Every test does the same thing again and again with death one step later,
 * until it is through without dying.
 */
#include "tests/unit/client/people.h"

#include <string.h>

static void again(person *p) {
  p->die_at = 0;
  person_reopen(p);
}

typedef struct pair {
  person *a, *b;
} pair;

/* ---- registering ---- */

static void test_registering(void **state) {
  world *w = *state;
  person *bob = person_join(w, "bob");
  char link[TACET_INVITE_LINK_MAX];
  fake_server_invite(w->s, link);
  for (int n = 1; n < 100; n++) {
    char name[16];
    (void)snprintf(name, sizeof(name), "p%d", n);
    person *p = person_new(w, name);
    CLIENT_MEM(mem);
    client_registration r, r2;
    p->die_before = n % 2 == 0;
    p->die_at = (size_t)(n + 1) / 2;
    client_kind kind =
        client_register(p->c, name, link, "x", &mem, &r, &p->err);
    bool survived = kind == CLIENT_OK && p->die_at > 0;
    again(p);
    if (!client_is_registered(p->c)) {
      expect_ok(p, client_register(p->c, name, link, "x", &mem, &r2, &p->err));
      person_reopen(p);
    }
    assert_true(client_is_registered(p->c));
    say(p, "bob", name);
    hear(bob, name);
    if (survived) {
      assert_true(n > 8);
      return;
    }
  }
  fail_msg("registering never ended");
}

/* ---- sending ---- */

static bool send_one(void *ctx, int n) {
  pair *t = ctx;
  CLIENT_MEM(mem);
  const char *id;
  client_delivery d;
  char text[32];
  (void)snprintf(text, sizeof(text), "<%d>", n);
  client_outgoing m = {.to = t->b->name, .text = text};
  client_kind kind = client_send(t->a->c, &m, &mem, &id, &t->a->err);
  bool promised = kind == CLIENT_OK;
  if (promised) {
    kind = client_flush(t->a->c, id, 60000, &d, &t->a->err);
  }
  bool survived = kind == CLIENT_OK;
  again(t->a);
  gather(t->a); /* the next command that reaches the server */
  size_t got = heard(gather(t->b), text);
  if (got > 1 || (promised && got != 1)) {
    fail_msg("step %d: promised %d, heard %zu times", n, promised, got);
  }
  return survived;
}

static void test_sending(void **state) {
  world *w = *state;
  pair t = {person_join(w, "alice"), person_join(w, "bob")};
  befriend(t.a, t.b);
  at_each_step(t.a, send_one, &t);
}

/* The first message to somebody: look-up, claim, group, letter. */
static bool first_letter(void *ctx, int n) {
  world *w = ctx;
  char name[32], text[32];
  (void)snprintf(name, sizeof(name), "q%d", n);
  (void)snprintf(text, sizeof(text), "<%d>", n);
  person *a = &w->people[0], *b = person_join(w, name);
  CLIENT_MEM(mem);
  const char *id;
  client_delivery d;
  client_outgoing m = {.to = name, .text = text};
  client_kind kind = client_send(a->c, &m, &mem, &id, &a->err);
  bool promised = kind == CLIENT_OK;
  if (promised) {
    kind = client_flush(a->c, id, 60000, &d, &a->err);
  }
  bool survived = kind == CLIENT_OK;
  again(a);
  gather(a);
  size_t got = heard(gather(b), text);
  if (got > 1 || (promised && got != 1)) {
    fail_msg("step %d: promised %d, heard %zu times", n, promised, got);
  }
  say(a, name, "on we go");
  hear(b, "on we go");
  return survived;
}

static void test_first_letter(void **state) {
  world *w = *state;
  at_each_step(person_join(w, "alice"), first_letter, w);
}

/* ---- receiving ---- */

/* b shows events until it dies; gives what it showed, by id, once. */
static bool receive_one(void *ctx, int n) {
  pair *t = ctx;
  char text[2][32], shown[4096] = "";
  bool survived = true;
  for (int i = 0; i < 2; i++) {
    (void)snprintf(text[i], sizeof(text[i]), "<%d.%d>", n, i);
    size_t kept = t->b->die_at;
    say(t->a, t->b->name, text[i]);
    t->b->die_at = kept;
  }
  for (int turn = 0; turn < 12; turn++) {
    CLIENT_MEM(mem);
    client_event e;
    client_wait wait = {.timeout_ms = 0, .fd = -1};
    client_kind kind = client_next_event(t->b->c, &wait, &mem, &e, &t->b->err);
    if (kind == CLIENT_OK && e.type == CLIENT_EVENT_MESSAGE &&
        strstr(shown, e.id) == NULL) {
      size_t at = strlen(shown);
      (void)snprintf(shown + at, sizeof(shown) - at, "%s %s\n", e.id,
                     e.u.message.text);
    }
    if (kind == CLIENT_OK && e.type != CLIENT_EVENT_NONE) {
      kind = client_event_done(t->b->c, e.id, &t->b->err);
    }
    if (kind != CLIENT_OK) {
      survived = false;
      again(t->b);
    }
  }
  t->b->die_at = 0;
  person_reopen(t->b);
  for (int i = 0; i < 2; i++) {
    if (heard(shown, text[i]) != 1) {
      fail_msg("step %d, %s: showed\n%s", n, text[i], shown);
    }
  }
  assert_string_equal(gather(t->b), "");
  return survived;
}

static void test_receiving(void **state) {
  world *w = *state;
  pair t = {person_join(w, "alice"), person_join(w, "bob")};
  befriend(t.a, t.b);
  at_each_step(t.b, receive_one, &t);
}

/* A letter and its message come while b dies; then b answers. */
static bool be_invited(void *ctx, int n) {
  world *w = ctx;
  char name[32], text[32];
  (void)snprintf(name, sizeof(name), "r%d", n);
  (void)snprintf(text, sizeof(text), "<%d>", n);
  person *b = &w->people[0];
  size_t die_at = b->die_at;
  b->die_at = 0;
  person *a = person_join(w, name);
  say(a, b->name, text);
  b->die_at = die_at;
  bool survived = true;
  for (int turn = 0; turn < 2; turn++) {
    CLIENT_MEM(mem);
    client_event e;
    client_wait wait = {.timeout_ms = 0, .fd = -1};
    if (client_next_event(b->c, &wait, &mem, &e, &b->err) != CLIENT_OK) {
      survived = false;
      again(b);
    }
  }
  survived = survived && b->die_at > 0;
  again(b);
  assert_int_equal(heard(gather(b), text), 1);
  CLIENT_MEM(mem);
  const char *id;
  client_outgoing m = {.to = name, .text = "yes"};
  expect_ok(b, client_send(b->c, &m, &mem, &id, &b->err));
  gather(b);
  hear(a, "yes");
  return survived;
}

static void test_being_invited(void **state) {
  world *w = *state;
  at_each_step(person_join(w, "bob"), be_invited, w);
}

/* The first answer: a commit to new keys and a new mailbox, then the message.
 */
static bool answer(void *ctx, int n) {
  world *w = ctx;
  char name[32], text[32];
  (void)snprintf(name, sizeof(name), "s%d", n);
  (void)snprintf(text, sizeof(text), "<%d>", n);
  person *b = &w->people[0];
  size_t die_at = b->die_at;
  b->die_at = 0;
  person *a = person_join(w, name);
  say(a, b->name, "hello");
  hear(b, "hello");
  b->die_at = die_at;
  CLIENT_MEM(mem);
  const char *id;
  client_delivery d;
  client_outgoing m = {.to = name, .text = text};
  client_kind kind = client_send(b->c, &m, &mem, &id, &b->err);
  bool promised = kind == CLIENT_OK;
  if (promised) {
    kind = client_flush(b->c, id, 60000, &d, &b->err);
  }
  bool survived = kind == CLIENT_OK;
  again(b);
  gather(b);
  size_t got = heard(gather(a), text);
  assert_true(got == 1 || (!promised && got == 0));
  say(a, b->name, "heard you");
  hear(b, "heard you");
  return survived;
}

static void test_answering(void **state) {
  world *w = *state;
  at_each_step(person_join(w, "bob"), answer, w);
}

/* ---- groups ---- */

static bool change_group(void *ctx, int n) {
  world *w = ctx;
  person *a = &w->people[0], *b = &w->people[1], *c = &w->people[2];
  const char *who[] = {c->name};
  bool queued, survived = true;
  CLIENT_MEM(mem);
  client_group g;
  char text[32];
  bool in = n % 2 == 1;
  client_kind kind =
      in ? client_group_add(a->c, "crew", who, 1, &queued, &a->err)
         : client_group_remove(a->c, "crew", who, 1, &queued, &a->err);
  survived = kind == CLIENT_OK && !queued;
  again(a);
  gather(a);
  /* What was begun is carried out; what was not is done now. */
  expect_ok(a,
            in ? client_group_add(a->c, "crew", who, 1, &queued, &a->err)
               : client_group_remove(a->c, "crew", who, 1, &queued, &a->err));
  gather(b);
  gather(c);
  expect_ok(b, client_group_show(b->c, "crew", &mem, &g, &b->err));
  assert_int_equal(g.n_members, in ? 3 : 2);
  (void)snprintf(text, sizeof(text), "<%d>", n);
  say(b, "crew", text);
  assert_int_equal(heard(gather(a), text), 1);
  assert_int_equal(heard(gather(c), text), in ? 1 : 0);
  return survived;
}

static void test_changing_a_group(void **state) {
  world *w = *state;
  person *a = person_join(w, "alice"), *b = person_join(w, "bob"),
         *c = person_join(w, "carol");
  befriend(a, b);
  befriend(a, c);
  CLIENT_MEM(mem);
  const char *id, *who[] = {"bob"};
  bool queued;
  expect_ok(a, client_group_create(a->c, "crew", who, 1, &mem, &id, &queued,
                                   &a->err));
  gather(b);
  say(b, "crew", "hi");
  at_each_step(a, change_group, w);
}

/* ---- the network breaks off at each request, before and after ---- */

static void test_lost_requests(void **state) {
  world *w = *state;
  person *bob = person_join(w, "bob");
  for (int n = 1;; n++) {
    char name[16], text[16];
    (void)snprintf(name, sizeof(name), "t%d", n);
    (void)snprintf(text, sizeof(text), "<%d>", n);
    assert_true(n < 60);
    person *a = person_join(w, name);
    w->s->lose_at = (size_t)(n + 1) / 2;
    w->s->lose_answer = n % 2 == 0;
    CLIENT_MEM(mem);
    const char *id;
    client_delivery d;
    client_outgoing m = {.to = "bob", .text = text};
    client_kind kind = client_send(a->c, &m, &mem, &id, &a->err);
    if (kind != CLIENT_OK) { /* the look-up */
      assert_int_equal(kind, CLIENT_UNREACHABLE);
      expect_ok(a, client_send(a->c, &m, &mem, &id, &a->err));
    }
    expect_ok(a, client_flush(a->c, id, 60000, &d, &a->err));
    bool survived = w->s->lose_at > 0;
    w->s->lose_at = 0;
    gather(a);
    assert_int_equal(heard(gather(bob), text), 1);
    say(bob, name, "yes"); /* with its commit */
    hear(a, "yes");
    if (survived) {
      assert_true(n > 5);
      return;
    }
  }
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_registering),      TEST(test_sending),
      TEST(test_first_letter),     TEST(test_receiving),
      TEST(test_being_invited),    TEST(test_answering),
      TEST(test_changing_a_group), TEST(test_lost_requests),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
