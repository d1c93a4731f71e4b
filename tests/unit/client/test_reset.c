/* SPDX-License-Identifier: Apache-2.0
 * A handle passes to a new account: what contacts, the old account's devices
 * and the new one make of it, with an honest server and with others. */
#include "tests/unit/client/seer.h"

#include <stdio.h>

#include "client/core.h"
#include "client/lookup.h"
#include "client/people.h"

#define DAYS(n) ((n)*CLIENT_DAY)

/* ---- steps ---- */

/* Somebody takes a handle; with a home of another name. */
static person *take_handle(world *w, const char *name, const char *home) {
  person *p = person_new(w, home);
  char link[TACET_INVITE_LINK_MAX];
  CLIENT_MEM(mem);
  client_registration r;
  fake_server_reset_link(w->s, link);
  expect_ok(p, client_register(p->c, name, link, "new", &mem, &r, &p->err));
  return p;
}

/* p looks somebody up, as a background job would. */
static void look_up(person *p, const char *name) {
  CLIENT_MEM(mem);
  client_person found;
  char handle[80];
  (void)snprintf(handle, sizeof(handle), "%s@" FAKE_DOMAIN, name);
  assert_ok(client_enter(p->c));
  expect_ok(p, client_report(&p->c->detail,
                             client_lookup_handle(p->c, handle, &mem, &found),
                             &p->err));
}

static client_contact contact(person *p, const char *name) {
  CLIENT_MEM(mem);
  const client_contact *list;
  size_t n;
  client_contact out = {.n_devices = 0};
  char handle[80];
  (void)snprintf(handle, sizeof(handle), "%s@" FAKE_DOMAIN, name);
  expect_ok(p, client_contacts(p->c, &mem, &list, &n, &p->err));
  for (size_t i = 0; i < n; i++) {
    if (strcmp(list[i].handle, handle) == 0) {
      assert_int_equal(out.n_devices, 0); /* once */
      out = list[i];
    }
  }
  out.handle = out.account = NULL;
  return out;
}

static void refused(person *p, const char *name) {
  expect_failure(p, seer_write(p, name), CLIENT_KEYS, "reset");
  assert_int_equal(seer_evidence(p), 0);
}

static size_t told(person *p, const char *code) {
  char line[64];
  (void)snprintf(line, sizeof(line), "%s\n", code);
  (void)warned("\n"); /* what was before */
  gather(p);
  return warned(line);
}

/* ---- the life of a reset ---- */

static void test_nobody_objects(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  person *fresh = take_handle(w, "bob", "fresh");
  /* Its first letter is a stranger's, and makes alice look. */
  say(fresh, "alice", "it is me, on a new phone");
  gather(alice);
  assert_int_equal(warned("impostor"), 1);
  w->s->now += CLIENT_HOUR;
  gather(alice);
  assert_int_equal(warned("reset\n"), 1);
  refused(alice, "bob");
  assert_int_equal(contact(alice, "bob").trust, CLIENT_RESET);
  uint64_t until = contact(alice, "bob").reset_until;
  assert_true(until >= w->s->now + DAYS(3) - 2 * CLIENT_HOUR);
  assert_true(until <= w->s->now + DAYS(4));
  while (w->s->now + DAYS(1) < until) { /* told once */
    w->s->now += DAYS(1);
    assert_int_equal(told(alice, "reset"), 0);
    refused(alice, "bob");
  }
  w->s->now = until + 1000;
  say(alice, "bob", "good to have you back");
  gather(alice);
  assert_int_equal(warned("keys-changed"), 1);
  assert_int_equal(contact(alice, "bob").trust, CLIENT_TRANSPARENT);
  assert_int_equal(contact(alice, "bob").reset_until, 0);
  hear(fresh, "good to have you back");
  say(fresh, "alice", "thanks");
  hear(alice, "thanks");
  assert_int_equal(seer_evidence(alice), 0);
}

/* By itself too, without anybody writing. */
static void test_in_the_background(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  (void)take_handle(w, "bob", "fresh");
  size_t reset = 0, changed = 0;
  for (int day = 0; day < 40 && changed == 0; day++) {
    w->s->now += DAYS(1);
    gather(alice);
    w->s->now += CLIENT_HOUR;
    gather(alice);
    client_contact b = contact(alice, "bob");
    reset += b.trust == CLIENT_RESET;
    changed += reset > 0 && b.trust == CLIENT_TRANSPARENT;
  }
  assert_true(reset >= 3 && reset <= 6);
  assert_int_equal(changed, 1);
}

/* ---- the veto ---- */

static void test_veto(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  expect_failure(bob, client_recovery_veto(bob->c, &bob->err), CLIENT_REFUSED,
                 "no-reset");
  person *thief = take_handle(w, "bob", "thief");
  gather(thief);
  look_up(alice, "bob");
  refused(alice, "bob");
  assert_int_equal(told(alice, "reset"), 1);
  for (int day = 0; day < 2; day++) { /* again each day */
    w->s->now += DAYS(1);
    assert_int_equal(told(bob, "own-reset"), 1);
  }
  expect_ok(bob, client_recovery_veto(bob->c, &bob->err));
  w->s->now += DAYS(1);
  assert_int_equal(told(bob, "reset-vetoed"), 1);
  gather(alice);
  w->s->now += CLIENT_HOUR;
  assert_int_equal(told(alice, "reset-vetoed"), 1);
  assert_int_equal(contact(alice, "bob").trust, CLIENT_TRANSPARENT);
  say(alice, "bob", "are you there");
  hear(bob, "are you there");
  say(bob, "alice", "I am");
  hear(alice, "I am");
  gather(thief); /* its clock has jumped, until the server says the same */
  w->s->now += CLIENT_HOUR;
  assert_int_equal(told(thief, "own-handle-lost"), 1);
  expect_failure(bob, client_recovery_veto(bob->c, &bob->err), CLIENT_REFUSED,
                 "no-reset");
  assert_int_equal(seer_evidence(alice) + seer_evidence(bob), 0);
}

/* Who looked at neither is told all the same, and never had to wait. */
static void test_veto_unseen(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  (void)take_handle(w, "bob", "thief");
  w->s->now += DAYS(1);
  gather(bob);
  expect_ok(bob, client_recovery_veto(bob->c, &bob->err));
  look_up(alice, "bob");
  assert_int_equal(told(alice, "reset-vetoed"), 1);
  say(alice, "bob", "what was that");
  hear(bob, "what was that");
  assert_int_equal(seer_evidence(alice), 0);
}

/* The server says that it is too late. */
static void test_veto_refused(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  (void)take_handle(w, "bob", "thief");
  w->s->no_veto = true;
  expect_failure(bob, client_recovery_veto(bob->c, &bob->err), CLIENT_REFUSED,
                 "too-late");
  assert_int_equal(told(bob, "own-reset"), 1);
  size_t lost = 0;
  for (int day = 0; day < 9; day++) { /* told once, when the days are over */
    w->s->now += DAYS(1);
    lost += told(bob, "own-handle-lost");
    assert_true(lost == 0 || day >= 3);
  }
  assert_int_equal(lost, 1);
}

/* The server has said "done" and done nothing, or was put back to a copy of
 * before: the same command takes the handle back all the same. */
static void test_veto_lost(void **state) {
  world *w = *state;
  for (uint32_t times = 1; times < 4; times++) {
    world_renew(w);
    person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
    befriend(alice, bob);
    (void)take_handle(w, "bob", "thief");
    w->s->swallows_veto = true;
    for (uint32_t n = 0; n < times; n++) {
      expect_ok(bob, client_recovery_veto(bob->c, &bob->err));
      w->s->now += CLIENT_HOUR;
      gather(bob);
    }
    w->s->swallows_veto = false;
    expect_ok(bob, client_recovery_veto(bob->c, &bob->err));
    assert_memory_equal(seer_account(w, "bob")->id, bob->c->self.account, 32);
    assert_int_equal(seer_account(w, "bob")->n_manifests, times + 1);
    w->s->now += CLIENT_HOUR;
    assert_int_equal(told(bob, "reset-vetoed"), 1);
    look_up(alice, "bob");
    say(alice, "bob", "you again");
    hear(bob, "you again");
    assert_int_equal(seer_evidence(alice) + seer_evidence(bob), 0);
  }
}

/* Whose list of devices has a greater number than the new one's notices as
 * well: the server has nothing to show from that number on. */
static void test_twice(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  for (int i = 0; i < 2; i++) {
    (void)take_handle(w, "bob", i == 0 ? "thief" : "thief again");
    w->s->now += DAYS(1);
    assert_int_equal(told(bob, "own-reset"), 1);
    assert_int_equal(told(bob, "own-keys-withheld"), 0);
    look_up(alice, "bob");
    refused(alice, "bob");
    expect_ok(bob, client_recovery_veto(bob->c, &bob->err));
    look_up(alice, "bob");
    assert_int_equal(told(alice, "reset-vetoed"), 1);
    w->s->now += CLIENT_HOUR;
    assert_int_equal(told(bob, "reset-vetoed"), 1);
  }
  say(alice, "bob", "what do they want");
  hear(bob, "what do they want");
}

/* Killed anywhere in it, the same command again ends it. */
static void test_veto_killed(void **state) {
  world *w = *state;
  for (int before = 0; before < 2; before++) {
    client_kind kind = CLIENT_FAILED;
    for (size_t n = 1; kind != CLIENT_OK; n++) {
      assert_true(n < 50);
      world_renew(w);
      person *bob = person_join(w, "bob");
      (void)take_handle(w, "bob", "thief");
      bob->die_before = before != 0;
      bob->die_at = n;
      kind = client_recovery_veto(bob->c, &bob->err);
      bob->die_at = 0;
      person_reopen(bob);
      client_kind again = client_recovery_veto(bob->c, &bob->err);
      assert_true(
          again == CLIENT_OK ||
          (again == CLIENT_REFUSED && strcmp(bob->err.code, "no-reset") == 0));
      assert_memory_equal(seer_account(w, "bob")->id, bob->c->self.account, 32);
      assert_int_equal(seer_account(w, "bob")->n_manifests, 2);
    }
  }
}

/* ---- meeting ---- */

static void test_meeting(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  client_code old, code, shown;
  befriend(alice, bob);
  expect_ok(alice, client_code_get(alice->c, "bob", &old, &alice->err));
  person *fresh = take_handle(w, "bob", "fresh");
  look_up(alice, "bob");
  refused(alice, "bob");
  expect_ok(fresh, client_code_get(fresh->c, "alice", &code, &fresh->err));
  expect_ok(alice, client_code_get(alice->c, "bob", &shown, &alice->err));
  assert_string_equal(shown.digits, code.digits);
  assert_int_equal(shown.trust, CLIENT_RESET);
  expect_failure(alice, client_verify(alice->c, "bob", old.digits, &alice->err),
                 CLIENT_KEYS, "code-differs");
  refused(alice, "bob");
  expect_ok(alice, client_verify(alice->c, "bob", code.digits, &alice->err));
  assert_int_equal(contact(alice, "bob").trust, CLIENT_VERIFIED);
  say(alice, "bob", "at once");
  hear(fresh, "at once");
  /* A thief with the old phone takes the handle back: alice waits again. */
  expect_ok(bob, client_recovery_veto(bob->c, &bob->err));
  look_up(alice, "bob");
  refused(alice, "bob");
  assert_int_equal(seer_evidence(alice), 0);
}

/* The paper turns up behind a reset: its words are not the new account's. */
static void test_words_of_the_old_one(void **state) {
  world *w = *state;
  person *bob = person_join(w, "bob"), *again = person_new(w, "again");
  char link[TACET_INVITE_LINK_MAX];
  CLIENT_MEM(mem);
  client_recovered r;
  client_recovering in = {.name = "bob", .invite = link, .device_name = "x"};
  fake_server_invite(w->s, link);
  expect_ok(bob, client_recovery_words(bob->c, &mem, &in.words, &bob->err));
  (void)take_handle(w, "bob", "fresh");
  expect_failure(again, client_recover(again->c, &in, &mem, &r, &again->err),
                 CLIENT_USAGE, "wrong-words");
  assert_non_null(strstr(again->err.text, "tacet recovery veto"));
}

/* ---- who never knew the handle ---- */

static void test_first_contact(void **state) {
  world *w = *state;
  (void)person_join(w, "bob");
  person *early = person_join(w, "early");
  (void)take_handle(w, "bob", "fresh");
  person *carol = person_join(w, "carol");
  refused(carol, "bob");
  refused(carol, "bob");
  assert_int_equal(contact(carol, "bob").n_devices, 0);
  w->s->now += DAYS(4);
  assert_int_equal(seer_write(carol, "bob"), CLIENT_OK);
  /* Who saw the log with it three days ago need not wait. */
  assert_int_equal(seer_look(early), CLIENT_OK);
  w->s->now += DAYS(3) + CLIENT_HOUR;
  assert_int_equal(seer_write(early, "bob"), CLIENT_OK);
  /* And who just came waits, however old it is. */
  person *late = person_join(w, "late");
  refused(late, "bob");
}

/* The old one, whom she never knew, takes it back while she waits. */
static void test_first_contact_and_veto(void **state) {
  world *w = *state;
  person *bob = person_join(w, "bob");
  (void)take_handle(w, "bob", "thief");
  person *carol = person_join(w, "carol");
  refused(carol, "bob");
  expect_ok(bob, client_recovery_veto(bob->c, &bob->err));
  look_up(carol, "bob");
  refused(carol, "bob");
  w->s->now += DAYS(5);
  say(carol, "bob", "hello");
  hear(bob, "hello");
  assert_int_equal(seer_evidence(carol), 0);
}

/* ---- servers that lie ---- */

/* It is kept from her until the days are over: hers begin when she sees it.
 * And however the log's days are set, they are three at least, and five at
 * most. */
static void test_days(void **state) {
  world *w = *state;
  static const int64_t dated[] = {-1000, -3, 0, 1, 100};
  for (size_t i = 0; i < sizeof(dated) / sizeof(dated[0]); i++) {
    person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
    befriend(alice, bob);
    w->s->log->dated = dated[i];
    (void)take_handle(w, "bob", "thief");
    w->s->now += DAYS(10);
    look_up(alice, "bob");
    uint64_t until = contact(alice, "bob").reset_until;
    assert_true(until >= w->s->now + DAYS(3));
    assert_true(until <= w->s->now + DAYS(5));
    w->s->now += DAYS(3) - CLIENT_HOUR;
    refused(alice, "bob");
    w->s->now += DAYS(2) + CLIENT_HOUR;
    assert_int_equal(seer_write(alice, "bob"), CLIENT_OK);
    world_renew(w);
  }
}

/* Its witnesses have to vouch for the head after the days, or a veto could be
 * kept from her. */
static void test_witnesses(void **state) {
  world *w = *state;
  w->s->log->quorum = w->s->log->n_cosign = 2;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  (void)take_handle(w, "bob", "fresh");
  look_up(alice, "bob");
  uint64_t until = contact(alice, "bob").reset_until;
  w->s->now = until + CLIENT_HOUR;
  w->s->log->cosigned_at = until / 1000 - 60;
  look_up(alice, "bob");
  refused(alice, "bob");
  w->s->log->n_cosign = 1;
  refused(alice, "bob"); /* an outage */
  w->s->log->n_cosign = 2;
  w->s->log->cosigned_at = until / 1000;
  assert_int_equal(seer_write(alice, "bob"), CLIENT_OK);
  assert_int_equal(told(alice, "keys-changed"), 1);
}

/* The reset is shown to one contact alone: the log that shows it cannot go on
 * as the others' does. */
static void test_shown_to_one(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  fake_log *others = fake_log_copy(w->s->log, w->s->log->n_updates);
  (void)take_handle(w, "bob", "thief");
  look_up(alice, "bob");
  refused(alice, "bob");
  fake_log *hers = w->s->log;
  w->s->log = others;
  (void)person_join(w, "carol");
  (void)person_join(w, "dave");
  (void)person_join(w, "erin");
  w->s->now += DAYS(1);
  person_reopen(alice);
  expect_failure(alice, seer_look(alice), CLIENT_KEYS, NULL);
  assert_true(seer_evidence(alice) > 0);
  w->s->log = hers;
  fake_log_free(others);
}

/* ---- groups ---- */

/* They go on; the old account is removed and the new one added by an admin. */
static void test_groups(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob"),
         *carol = person_join(w, "carol");
  CLIENT_MEM(mem);
  const char *members[] = {"bob", "carol"}, *group;
  bool queued;
  client_group g;
  befriend(alice, bob);
  befriend(alice, carol);
  expect_ok(alice, client_group_create(alice->c, "crew", members, 2, &mem,
                                       &group, &queued, &alice->err));
  gather(carol);
  person *fresh = take_handle(w, "bob", "fresh");
  look_up(alice, "bob");
  refused(alice, "bob");
  say(alice, "crew", "still here");
  hear(carol, "still here");
  w->s->now += DAYS(4);
  assert_int_equal(seer_write(alice, "bob"), CLIENT_OK);
  expect_ok(alice, client_group_remove(alice->c, "crew", members, 1, &queued,
                                       &alice->err));
  expect_ok(alice, client_group_show(alice->c, "crew", &mem, &g, &alice->err));
  assert_int_equal(g.n_members, 2);
  expect_ok(alice, client_group_add(alice->c, "crew", members, 1, &queued,
                                    &alice->err));
  gather(fresh);
  accept(fresh, "crew");
  say(alice, "crew", "welcome back");
  hear(fresh, "welcome back");
  hear(carol, "welcome back");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
int main(void) {
  const struct CMUnitTest tests[] = {
      TEST(test_nobody_objects), TEST(test_in_the_background),
      TEST(test_veto),           TEST(test_veto_unseen),
      TEST(test_veto_refused),   TEST(test_veto_lost),
      TEST(test_twice),          TEST(test_veto_killed),
      TEST(test_meeting),        TEST(test_words_of_the_old_one),
      TEST(test_first_contact),  TEST(test_first_contact_and_veto),
      TEST(test_days),           TEST(test_witnesses),
      TEST(test_shown_to_one),   TEST(test_groups),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
