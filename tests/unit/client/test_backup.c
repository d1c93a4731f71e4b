/* SPDX-License-Identifier: Apache-2.0
 * Backups: what goes out comes in again, once, in order, also into a home that
 * has some of it.
 */
#include "tests/unit/client/attic.h"

#include <unistd.h>

#include "tacet/content/backup.h"

/* ---- the same again ---- */

static void test_round_trip(void **state) {
  world *w = *state;
  person *q, *p = attic_alice(w, &q);
  const char *path = attic_path(w, "backup");
  client_backup_counts out = attic_export(p, path), in = attic_import(q, path);
  assert_true(out.messages > 8);
  assert_int_equal(out.messages, in.messages);
  assert_int_equal(out.conversations, 3);
  assert_int_equal(in.conversations, 3);
  assert_int_equal(out.people, 2); /* bob, and dave, blocked */
  assert_int_equal(in.people, 2);
  assert_int_equal(in.known, 0);
  const char *was = attic_dump(p, ATTIC_TALKS, attic_dumps[0]);
  assert_string_equal(was, attic_dump(q, ATTIC_TALKS, attic_dumps[1]));
  assert_non_null(strstr(was, "[plan.txt text/plain 7]"));
  assert_non_null(strstr(was, " blocked"));
  /* What it does once it does once. */
  in = attic_import(q, path);
  assert_int_equal(in.messages + in.conversations + in.people, 0);
  assert_int_equal(in.known, out.messages);
  assert_string_equal(was, attic_dump(q, ATTIC_TALKS, attic_dumps[1]));
  in = attic_import(p, path); /* where it came from */
  assert_int_equal(in.messages + in.conversations + in.people, 0);
  assert_string_equal(was, attic_dump(p, ATTIC_TALKS, attic_dumps[1]));
  /* And again from there. */
  const char *second = attic_path(w, "backup2");
  attic_export(q, second);
  person_reopen(q);
  assert_string_equal(was, attic_dump(q, ATTIC_TALKS, attic_dumps[1]));
}

/* What was never sent is not sent from a copy either. */
static void test_unsent_stays_unsent(void **state) {
  world *w = *state;
  person *q, *p = attic_alice(w, &q);
  const char *path = attic_path(w, "backup");
  attic_export(p, path);
  attic_import(q, path);
  CLIENT_MEM(mem);
  client_status s;
  expect_ok(q, client_status_get(q->c, &mem, &s, &q->err));
  assert_int_equal(s.n_queued, 0);
  assert_int_equal(s.n_verified, 1);
  assert_int_equal(s.n_events, 0);
  assert_int_equal(s.n_requests, 0);
}

/* ---- into a home that has some of it ---- */

static void test_gaps_are_filled_in_order(void **state) {
  world *w = *state;
  person *b = person_join(w, "bob"), *a = person_join(w, "alice");
  const char *path = attic_path(w, "backup");
  attic_cheap(a);
  befriend(a, b);
  for (int i = 0; i < 10; i++) {
    char text[16];
    w->s->now += 1000;
    (void)snprintf(text, sizeof(text), "%d", i);
    say(i % 2 == 0 ? a : b, i % 2 == 0 ? "bob" : "alice", text);
    gather(a);
    gather(b);
  }
  attic_export(a, path);
  const char *was = attic_dump(a, "bob", attic_dumps[0]);
  static const size_t holes[] = {0, 5, 5, 8, 0};
  for (size_t i = 0; i < sizeof(holes) / sizeof(holes[0]); i++) {
    attic_forget(a, "bob", holes[i]);
  }
  assert_string_not_equal(was, attic_dump(a, "bob", attic_dumps[1]));
  client_backup_counts in = attic_import(a, path);
  assert_int_equal(in.messages, 5);
  assert_string_equal(was, attic_dump(a, "bob", attic_dumps[1]));
  /* The conversation goes on where it was. */
  say(b, "alice", "still there?");
  hear(a, "still there?");
  say(a, "bob", "yes");
  hear(b, "yes");
}

static void test_expired_stays_away(void **state) {
  world *w = *state;
  person *q, *p = attic_alice(w, &q);
  const char *path = attic_path(w, "backup");
  attic_export(p, path);
  w->s->now += 2 * 86400000;
  attic_import(q, path);
  assert_null(strstr(attic_dump(q, "bob", attic_dumps[0]), "vanishes"));
  assert_non_null(strstr(attic_dumps[0], "last"));
}

/* What the home decided itself is newer than the backup. */
static void test_own_decisions_stay(void **state) {
  world *w = *state;
  person *b = person_join(w, "bob"), *a = person_join(w, "alice");
  const char *path = attic_path(w, "backup");
  bool queued;
  attic_cheap(a);
  befriend(a, b);
  expect_ok(a, client_block(a->c, "bob", &a->err));
  attic_export(a, path);
  expect_ok(a, client_unblock(a->c, "bob", &queued, &a->err));
  assert_false(queued);
  attic_import(a, path);
  assert_null(strstr(attic_dump(a, "bob", attic_dumps[0]), " blocked"));
  say(b, "alice", "hear me");
  hear(a, "hear me");
  attic_export(a, path);
  expect_ok(a, client_block(a->c, "bob", &a->err));
  attic_import(a, path);
  assert_non_null(strstr(attic_dump(a, "bob", attic_dumps[0]), " blocked"));
}

/* ---- files ---- */

/* The file that is there stays until the new one is whole. */
static void test_export_replaces_whole(void **state) {
  world *w = *state;
  person *a = person_join(w, "alice");
  client_backup_counts n;
  char path[160], part[170];
  attic_cheap(a);
  (void)snprintf(path, sizeof(path), "%s", attic_path(w, "backup"));
  (void)snprintf(part, sizeof(part), "%s.part", path);
  attic_write(path, "what was there");
  client_interrupt(a->c);
  expect_failure(a, client_export(a->c, path, ATTIC_PASS, &n, &a->err),
                 CLIENT_FAILED, "interrupted");
  assert_int_equal(attic_slurp(path), strlen("what was there"));
  assert_int_not_equal(access(part, F_OK), 0);
  attic_write(part,
              "left by one that was killed, and longer than what follows");
  attic_export(a, path);
  attic_import(a, path);
  assert_int_not_equal(access(part, F_OK), 0);
  expect_failure(a, client_export(a->c, w->folder, ATTIC_PASS, &n, &a->err),
                 CLIENT_USAGE, "is-folder");
  expect_failure(a, client_export(a->c, path, TACET_SPAN_EMPTY, &n, &a->err),
                 CLIENT_USAGE, "passphrase-needed");
}

/* Many chunks, and a size that ends on one. */
static void test_large(void **state) {
  world *w = *state;
  person *b = person_join(w, "bob"), *a = person_join(w, "alice");
  const char *path = attic_path(w, "backup");
  static char text[30001];
  attic_cheap(a);
  befriend(a, b);
  w->s->down = true;
  for (int i = 0; i < 20; i++) {
    CLIENT_MEM(mem);
    const char *id;
    memset(text, 'a' + i, sizeof(text) - 1);
    client_outgoing m = {.to = "bob", .text = text};
    expect_ok(a, client_send(a->c, &m, &mem, &id, &a->err));
  }
  client_backup_counts out = attic_export(a, path);
  assert_true(attic_slurp(path) > 9 * TACET_BACKUP_CHUNK);
  for (int i = 0; i < 5; i++) {
    attic_forget(a, "bob", 3);
  }
  client_backup_counts in = attic_import(a, path);
  assert_int_equal(in.messages, 5);
  assert_int_equal(in.known + 5, out.messages);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_round_trip),
      TEST(test_unsent_stays_unsent),
      TEST(test_gaps_are_filled_in_order),
      TEST(test_expired_stays_away),
      TEST(test_own_decisions_stay),
      TEST(test_export_replaces_whole),
      TEST(test_large),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
