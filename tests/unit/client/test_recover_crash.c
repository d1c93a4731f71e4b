/* SPDX-License-Identifier: Apache-2.0
 * The process dies at each durable step of a recovery, and another goes on:
 * everybody is together again, and what was written is heard once.
 */
#include "tests/unit/client/crew.h"
#include "tests/unit/client/forge.h"

#include <string.h>

#include "client/commit.h"

typedef struct trial {
  person *p[3];
  person *victim;
  void (*break_it)(person **p);
  char heard[3][4096]; /* events by id, with their texts */
} trial;

static void queue(person *p, const char *text) {
  CLIENT_MEM(mem);
  const char *id;
  client_outgoing m = {.to = "crew", .text = text};
  expect_ok(p, client_send(p->c, &m, &mem, &id, &p->err));
}

static void again(person *p) {
  p->die_at = 0;
  person_reopen(p);
}

/* Takes events until there are none for some turns. An event that was shown
 * when it died comes again, with the same id. */
static void listen(person *p, char *heard, size_t size) {
  for (int turn = 0; turn < 3; turn++) {
    CLIENT_MEM(mem);
    client_event e;
    client_wait wait = {.timeout_ms = 0, .fd = -1};
    client_kind kind = client_next_event(p->c, &wait, &mem, &e, &p->err);
    if (kind == CLIENT_OK && e.type != CLIENT_EVENT_NONE) {
      size_t at = strlen(heard);
      if (e.type == CLIENT_EVENT_MESSAGE && strstr(heard, e.id) == NULL) {
        (void)snprintf(heard + at, size - at, "%s %s\n", e.id,
                       e.u.message.text);
      }
      turn = -1;
      kind = client_event_done(p->c, e.id, &p->err);
    }
    if (kind != CLIENT_OK) {
      again(p);
    }
    p->w->s->now += 1000;
  }
}

static void use_up(person **p) {
  for (uint32_t n = 0; n < CLIENT_SLOTS; n++) {
    crew_put(p[1], n, TACET_SPAN_LIT("no commit"));
  }
}

static void leave_carol_behind(person **p) {
  crew_edit(p[2], forge_deafness);
  crew_commit(p[1], &(client_change){.update = true});
}

static void find_out(trial *t) {
  bool queued;
  person *alice = t->p[0];
  client_kind kind =
      client_group_rename(alice->c, "crew", "crew", &queued, &alice->err);
  if (kind != CLIENT_OK) {
    again(alice);
  }
}

static size_t count(const char *all, const char *text) {
  size_t n = 0;
  for (const char *at = all; (at = strstr(at, text)) != NULL; at++) {
    n++;
  }
  return n;
}

static void check(trial *t, char text[3][32]) {
  for (int i = 0; i < 3; i++) {
    CLIENT_SESSION(s);
    crew_open(t->p[i], &s);
    assert_false(s.r.broken);
    for (int k = 0; k < 3; k++) {
      bool lost =
          t->break_it == leave_carol_behind && i == 2; /* gone for her */
      size_t n = count(t->heard[i], text[k]);
      if (lost ? n > 1 : n != (size_t)(i != k)) {
        fail_msg("%s, of %s: heard\n%s", t->p[i]->name, text[k], t->heard[i]);
      }
    }
  }
}

/* One recovery, with death at the n-th step; false if that was not reached. */
static bool recover(trial *t, int n) {
  char text[3][32];
  t->break_it(t->p);
  for (int i = 0; i < 3; i++) {
    (void)snprintf(text[i], sizeof(text[i]), "<%d.%d>", n, i);
    t->heard[i][0] = '\0';
    queue(t->p[i], text[i]);
  }
  t->victim->die_at = (size_t)n;
  if (t->break_it == use_up) {
    find_out(t);
  }
  for (int turn = 0; turn < 5; turn++) {
    for (int i = 0; i < 3; i++) {
      listen(t->p[i], t->heard[i], sizeof(t->heard[i]));
    }
    t->p[0]->w->s->now += 10000;
  }
  bool died = t->victim->die_at == 0;
  again(t->victim);
  check(t, text);
  return died;
}

static void sweep(world *w, size_t victim, void (*break_it)(person **p)) {
  trial *t = calloc(1, sizeof(*t));
  assert_non_null(t);
  crew_new(w, t->p, 3);
  t->victim = t->p[victim];
  t->break_it = break_it;
  int n = 1;
  while (recover(t, n)) {
    n++;
    assert_true(n < 100);
  }
  assert_true(n > 5);
  free(t);
}

static void test_the_maker_dies(void **state) {
  sweep(*state, 0, use_up);
}

static void test_a_follower_dies(void **state) {
  sweep(*state, 2, use_up);
}

static void test_the_caller_dies(void **state) {
  sweep(*state, 2, leave_carol_behind);
}

static void test_the_helper_dies(void **state) {
  sweep(*state, 0, leave_carol_behind);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_the_maker_dies),
      TEST(test_a_follower_dies),
      TEST(test_the_caller_dies),
      TEST(test_the_helper_dies),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
