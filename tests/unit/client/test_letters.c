/* SPDX-License-Identifier: Apache-2.0
 * First letters into groups that outgrow an item: one blob for all of them,
 * which may come late, damaged or never; and what strangers may make of that.
 */
#include "tests/unit/client/crowd.h"

#include <time.h>

#include "client/commit.h"
#include "client/core.h"

#define HOUR ((uint64_t)3600 * 1000)
#define DAY (24 * HOUR)
#define LARGEST 1024 /* devices */

static void create(person *p, const char *name, const char *const *who,
                   size_t n) {
  CLIENT_MEM(mem);
  const char *id;
  bool queued = true;
  expect_ok(
      p, client_group_create(p->c, name, who, n, &mem, &id, &queued, &p->err));
  assert_false(queued);
}

static size_t members(person *p, const char *group) {
  CLIENT_MEM(mem);
  client_group g;
  expect_ok(p, client_group_show(p->c, group, &mem, &g, &p->err));
  return g.n_members;
}

/* alice, bob who knows her, and a group of both with n others that nobody
 * reads; bob has not heard of it. */
static void crowded(world *w, size_t n, person **alice, person **bob) {
  const char *who[CROWD_MAX];
  *alice = person_join(w, "alice");
  *bob = person_join(w, "bob");
  befriend(*alice, *bob);
  crowd_join(w, n);
  memcpy(who, crowd_names(n), n * sizeof(*who));
  who[n] = "bob";
  create(*alice, "crowd", who, n + 1);
}

/* Some days on which bob looks now and then. */
static size_t live(person *p, uint64_t ms) {
  size_t warnings = 0;
  for (uint64_t end = p->w->s->now + ms; p->w->s->now < end;) {
    gather(p);
    warnings += warned("undecryptable");
    p->w->s->now += HOUR;
  }
  return warnings;
}

/* ---- sizes ---- */

static void test_a_small_group_needs_no_blob(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  crowd_join(w, 5);
  const char *who[6] = {"bob"};
  memcpy(who + 1, crowd_names(5), 5 * sizeof(*who));
  create(alice, "few", who, 6);
  say(alice, "few", "hello");
  hear(bob, "hello");
  assert_int_equal(w->s->n_blobs, 0);
}

static double seconds(void) {
  struct timespec t;
  (void)clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* The largest group there can be is made, joined, written to, and another
 * device finds no room in it. */
static void test_the_largest_group(void **state) {
  world *w = *state;
  person *alice, *bob, *carol;
  bool queued;
  double start = seconds();
  crowded(w, LARGEST - 3, &alice, &bob);
  assert_int_equal(w->s->n_blobs, 1); /* one for all letters */
  print_message("made with %d: %.1f s, parts %zu KiB\n", LARGEST - 1,
                seconds() - start, w->s->blobs[0].data.len / 1024);
  say(alice, "crowd", "hello all");
  hear(bob, "hello all");
  assert_int_equal(members(bob, "crowd"), LARGEST - 1);
  print_message("joined: %.1f s\n", seconds() - start);
  /* Into the large group that exists. */
  carol = person_join(w, "carol");
  const char *more[] = {"carol"};
  befriend(alice, carol);
  size_t blobs = w->s->n_blobs;
  expect_ok(alice,
            client_group_add(alice->c, "crowd", more, 1, &queued, &alice->err));
  assert_false(queued);
  assert_int_equal(w->s->n_blobs, blobs + 1);
  say(alice, "crowd", "welcome");
  hear(carol, "welcome");
  hear(bob, "welcome");
  assert_int_equal(members(carol, "crowd"), LARGEST);
  print_message("another one added: %.1f s\n", seconds() - start);
  (void)person_join(w, "dave");
  more[0] = "dave";
  expect_failure(
      alice, client_group_add(alice->c, "crowd", more, 1, &queued, &alice->err),
      CLIENT_REFUSED, "group-too-large");
  say(bob, "crowd", "thank you"); /* with his first commit */
  hear(carol, "thank you");
  hear(alice, "thank you");
  print_message("and written to: %.1f s\n", seconds() - start);
}

/* As a path in a large group and new members together might. */
static void commit_too_much(person *p, size_t n) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  CLIENT_TX(tx);
  const fake_server *f = p->w->s;
  client_group_record *groups;
  size_t n_groups;
  tacet_span *packages = client_mem_array(&mem, n, sizeof(*packages));
  for (size_t i = 0; i < n; i++) {
    const fake_bytes *b = &f->accounts[f->n_accounts - n + i].packages[0].bytes;
    packages[i] = tacet_span_of(b->p, b->len);
  }
  assert_ok(client_group_list(p->c, NULL, &mem, &groups, &n_groups));
  assert_ok(client_tx_begin(p->c->store, &tx));
  assert_ok(client_session_load(p->c, groups[0].id, &s));
  client_change ch = {.packages = packages, .n_packages = n};
  assert_int_not_equal(client_commit_make(p->c, &s, &ch), TACET_OK);
  assert_string_equal(p->c->detail.code, "change-too-large");
  client_error_clear(&p->c->detail);
}

/* What does not fit a slot is refused with a sentence, and fewer at once do. */
static void test_many_at_once(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  const char *who[] = {"bob"}, *id;
  bool queued;
  CLIENT_MEM(mem);
  befriend(alice, bob);
  create(alice, "crew", who, 1);
  crowd_join(w, 800);
  size_t lookups = w->s->n_lookups;
  expect_failure(alice,
                 client_group_add(alice->c, "crew", crowd_names(700), 700,
                                  &queued, &alice->err),
                 CLIENT_REFUSED, "change-too-large");
  expect_failure(alice,
                 client_group_create(alice->c, "huge", crowd_names(LARGEST),
                                     LARGEST, &mem, &id, &queued, &alice->err),
                 CLIENT_REFUSED, "group-too-large");
  assert_int_equal(w->s->n_lookups, lookups);
  commit_too_much(alice, 800);
  say(alice, "crew", "still two");
  hear(bob, "still two");
  expect_ok(alice, client_group_add(alice->c, "crew", crowd_names(400), 400,
                                    &queued, &alice->err));
  say(alice, "crew", "more of us");
  hear(bob, "more of us");
  assert_int_equal(members(bob, "crew"), 402);
}

/* ---- blobs that do not come ---- */

#define ENOUGH 120 /* for a letter with a blob */

/* The blob cannot be read for a while, also by another process: what came
 * behind the letter is not lost. */
static void test_a_blob_that_comes_late(void **state) {
  world *w = *state;
  person *alice, *bob;
  crowded(w, ENOUGH, &alice, &bob);
  fake_blob *blob = &w->s->blobs[0];
  assert_int_equal(w->s->n_blobs, 1);
  say(alice, "crowd", "first");
  for (int how = 0; how < 3; how++) {
    size_t whole = blob->data.len;
    blob->id[0] ^= how == 0;                    /* unknown */
    blob->data.p[whole / 2] ^= (how == 1);      /* damaged */
    blob->data.len -= how == 2 ? whole / 2 : 0; /* cut short */
    blob->received = blob->data.len;
    assert_int_equal(live(bob, 2 * HOUR), 0);
    CLIENT_MEM(mem);
    client_group g;
    expect_failure(bob, client_group_show(bob->c, "crowd", &mem, &g, &bob->err),
                   CLIENT_USAGE, NULL);
    person_reopen(bob);
    blob->id[0] ^= how == 0;
    blob->data.p[whole / 2] ^= (how == 1);
    blob->data.len = blob->received = whole;
  }
  say(alice, "crowd", "second");
  uint64_t end = w->s->now + DAY;
  const char *heard = "";
  while (w->s->now < end && *heard == '\0') {
    heard = gather(bob);
    w->s->now += HOUR;
  }
  assert_string_equal(heard, "first\nsecond\n");
  assert_int_equal(members(bob, "crowd"), ENOUGH + 2);
}

/* It never comes: said once, after three days; nothing else suffers. */
static void test_a_blob_that_never_comes(void **state) {
  world *w = *state;
  person *alice, *bob;
  crowded(w, ENOUGH, &alice, &bob);
  say(alice, "crowd", "first");
  w->s->blobs[0].id[0] ^= 1;
  assert_int_equal(live(bob, 2 * DAY), 0);
  say(alice, "bob", "did you get it?");
  hear(bob, "did you get it?");
  size_t requests = w->s->n_requests;
  assert_int_equal(live(bob, 2 * DAY), 1);
  assert_true(w->s->n_requests - requests < 400);
  w->s->blobs[0].id[0] ^= 1;
  assert_int_equal(live(bob, 2 * DAY), 0); /* it is over */
  say(bob, "alice", "no: once more, please");
  hear(alice, "no: once more, please");
}

/* A commit that loses the race takes its letters and their blob along. */
static void test_what_is_left_of_letters(void **state) {
  world *w = *state;
  person *alice, *bob;
  crowded(w, ENOUGH, &alice, &bob);
  gather(bob);
  size_t n = w->s->n_blobs;
  person *carol = person_join(w, "carol");
  const char *more[] = {"carol"};
  bool queued;
  befriend(alice, carol);
  say(bob, "crowd", "I am here"); /* commits: alice has not seen it */
  expect_ok(alice,
            client_group_add(alice->c, "crowd", more, 1, &queued, &alice->err));
  hear(alice, "I am here");
  say(alice, "crowd", "and carol");
  hear(carol, "and carol");
  hear(bob, "and carol");
  assert_true(w->s->n_blobs <= n + 2);
}

/* ---- strangers ---- */

static tacet_letter stranger(const tacet_attachment *a) {
  return (tacet_letter){.welcome = TACET_SPAN_LIT("welcome"),
                        .kind = TACET_LETTER_BLOB,
                        .parts = *a};
}

/* Into the last-resort mailbox, as if it had been paid for. */
static void post_paid(world *w, const tacet_letter *letter) {
  tacet_recipient to;
  uint8_t key[32];
  crowd_address(w, "bob@example.org", true, &to, key);
  fake_mailbox_find(w->s, to.mailbox)->paid = false;
  assert_int_equal(crowd_post(w, "bob@example.org", true, letter),
                   TACET_DELIVERY_STORED);
}

/* More than may be fetched: not a byte is. What is fetched and is nonsense is
 * dropped with a warning. */
static void test_a_stranger_offers_too_much(void **state) {
  world *w = *state;
  person *bob = person_join(w, "bob");
  tacet_attachment a = {.size = TACET_LETTER_PARTS_MAX + 1};
  tacet_letter letter = stranger(&a);
  assert_int_equal(crowd_post(w, "bob@example.org", false, &letter),
                   TACET_DELIVERY_STORED);
  size_t requests = w->s->n_requests;
  assert_string_equal(gather(bob), "");
  assert_int_equal(warned("undecryptable"), 1);
  assert_int_equal(w->s->n_requests, requests);
  const tacet_span nonsense[] = {TACET_SPAN_EMPTY, TACET_SPAN_LIT("\x7f"),
                                 TACET_SPAN_LIT("\x01m\x01t")};
  for (size_t i = 0; i < 3; i++) {
    crowd_blob(w, nonsense[i], &a);
    letter = stranger(&a);
    post_paid(w, &letter);
    gather(bob);
    assert_true(warned("undecryptable") == 1);
  }
}

/* Letters without end: what a day may cost is bounded, and the others wait. */
static void test_a_stranger_offers_without_end(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  size_t size = (size_t)5 << 20;
  uint8_t *zeros = calloc(1, size);
  tacet_attachment a;
  crowd_blob(w, tacet_span_of(zeros, size), &a);
  free(zeros);
  for (size_t i = 0; i < 20; i++) {
    tacet_letter letter = stranger(&a);
    post_paid(w, &letter);
  }
  gather(bob);
  size_t pieces = w->s->n_blob_bytes;
  assert_in_range(pieces, (size_t)40 << 20, (size_t)64 << 20);
  assert_in_range(warned("undecryptable"), 8, 13);
  say(alice, "bob", "hello"); /* nobody else is held up */
  hear(bob, "hello");
  assert_in_range(live(bob, 2 * DAY), 7, 12);
  assert_int_equal(w->s->n_blob_bytes / (pieces / 12), 20);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_a_small_group_needs_no_blob),
      TEST(test_the_largest_group),
      TEST(test_many_at_once),
      TEST(test_a_blob_that_comes_late),
      TEST(test_a_blob_that_never_comes),
      TEST(test_what_is_left_of_letters),
      TEST(test_a_stranger_offers_too_much),
      TEST(test_a_stranger_offers_without_end),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
