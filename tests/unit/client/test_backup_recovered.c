/* SPDX-License-Identifier: Apache-2.0
 * An account that was recovered with its words, and then a backup.
 */
#include "tests/unit/client/attic.h"

/* Lost, recovered with the words, a backup taken in: nobody does anything, and
 * within some hours everything goes on, the group too. */
static void test_recovered(void **state) {
  world *w = *state;
  CLIENT_MEM(mem);
  person *q, *p = attic_alice(w, &q), *bob = &w->people[1],
             *carol = &w->people[2];
  const char *path = attic_path(w, "backup"), *words;
  char link[TACET_INVITE_LINK_MAX];
  client_recovered r;
  client_status s;
  w->s->down = false;
  expect_ok(p, client_recovery_words(p->c, &mem, &words, &p->err));
  attic_export(p, path);
  const char *was = attic_dump(p, ATTIC_TALKS, attic_dumps[0]);
  client_free(p->c); /* the sea has it */
  p->c = NULL;
  person *n = person_new(w, "alice-again");
  attic_cheap(n);
  fake_server_invite(w->s, link);
  client_recovering in = {.name = "alice", .words = words, .invite = link};
  expect_ok(n, client_recover(n->c, &in, &mem, &r, &n->err));
  attic_import(n, path);
  assert_string_equal(was, attic_dump(n, ATTIC_TALKS, attic_dumps[1]));
  CLIENT_MEM(more);
  const char *id;
  client_outgoing m = {.to = "crew", .text = "can you hear me?"};
  expect_ok(n, client_send(n->c, &m, &more, &id, &n->err)); /* waits */
  size_t by_bob = 0, by_carol = 0;
  for (int i = 0; i < 40; i++) {
    w->s->now += 5 * 60000;
    (void)gather(n);
    by_bob += heard(gather(bob), "can you hear me?");
    by_carol += heard(gather(carol), "can you hear me?");
  }
  assert_int_equal(by_bob, 1);
  assert_int_equal(by_carol, 1);
  expect_ok(n, client_status_get(n->c, &more, &s, &n->err));
  assert_int_equal(s.n_requests, 0); /* nobody was asked anything */
  say(carol, "crew", "loud and clear");
  assert_int_equal(heard(gather(n), "loud and clear"), 1);
  say(bob, "alice", "good to have you back");
  assert_int_equal(heard(gather(n), "good to have you back"), 1);
  say(n, "bob", "thanks");
  assert_int_equal(heard(gather(bob), "thanks"), 1);
  const char *is = attic_dump(n, "bob", attic_dumps[2]);
  assert_non_null(strstr(is, "good to have you back"));
  assert_non_null(strstr(is, "hello back")); /* and what was */
}

/* The device was taken in as a stranger before the backup came: then it is none
 * any more. */
static void test_imported_late(void **state) {
  world *w = *state;
  CLIENT_MEM(mem);
  person *q, *p = attic_alice(w, &q), *bob = &w->people[1];
  const char *path = attic_path(w, "backup"), *words;
  char link[TACET_INVITE_LINK_MAX];
  client_recovered r;
  client_status s = {.n_requests = 0};
  w->s->down = false;
  expect_ok(p, client_recovery_words(p->c, &mem, &words, &p->err));
  attic_export(p, path);
  client_free(p->c);
  p->c = NULL;
  person *n = person_new(w, "alice-again");
  attic_cheap(n);
  fake_server_invite(w->s, link);
  client_recovering in = {.name = "alice", .words = words, .invite = link};
  expect_ok(n, client_recover(n->c, &in, &mem, &r, &n->err));
  for (int i = 0; i < 200 && s.n_requests < 2; i++) {
    w->s->now += 6 * 3600000;
    gather(bob);
    gather(n);
    expect_ok(n, client_status_get(n->c, &mem, &s, &n->err));
  }
  assert_int_equal(s.n_requests, 2); /* bob, and the group */
  attic_import(n, path);
  expect_ok(n, client_status_get(n->c, &mem, &s, &n->err));
  assert_int_equal(s.n_requests, 0);
  assert_int_equal(s.n_verified, 1);
  say(n, "bob", "I know you");
  assert_int_equal(heard(gather(bob), "I know you"), 1);
  say(bob, "crew", "all here");
  assert_int_equal(heard(gather(n), "all here"), 1);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_recovered),
      TEST(test_imported_late),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
