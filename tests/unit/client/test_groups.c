/* SPDX-License-Identifier: Apache-2.0
 * Groups: who is in, who is out, and many who want the next epoch. */
#include "tests/unit/client/liar.h"

static const char *const names[] = {"alice", "bob",   "carol", "dave",
                                    "erin",  "frank", "grace", "heidi",
                                    "ivan",  "judy",  "karl"};

/* alice knows the others; they have accepted her. */
static void friends(world *w, person **p, size_t n) {
  for (size_t i = 0; i < n; i++) {
    p[i] = person_join(w, names[i]);
    if (i > 0) {
      befriend(p[0], p[i]);
    }
  }
}

static void create_unheard(person *p, const char *name, size_t n_others) {
  CLIENT_MEM(mem);
  const char *id;
  bool queued = true;
  expect_ok(p, client_group_create(p->c, name, names + 1, n_others, &mem, &id,
                                   &queued, &p->err));
  assert_false(queued);
}

/* q[0] makes it with the next n_others, who hear of it. */
static void create(person **q, const char *name, size_t n_others) {
  create_unheard(q[0], name, n_others);
  for (size_t i = 1; i <= n_others; i++) {
    gather(q[i]);
  }
}

static size_t members(person *p, const char *group) {
  CLIENT_MEM(mem);
  client_group g;
  expect_ok(p, client_group_show(p->c, group, &mem, &g, &p->err));
  return g.n_members;
}

static uint64_t epoch(person *p, const char *group) {
  CLIENT_MEM(mem);
  client_group g;
  expect_ok(p, client_group_show(p->c, group, &mem, &g, &p->err));
  return g.epoch;
}

/* Everybody hears what everybody says. */
static void round_of_talk(person **p, size_t n, const char *group,
                          const char *tag) {
  char text[64];
  for (size_t i = 0; i < n; i++) {
    (void)snprintf(text, sizeof(text), "%s of %s", tag, p[i]->name);
    say(p[i], group, text);
  }
  for (size_t i = 0; i < n; i++) {
    const char *heard = gather(p[i]);
    for (size_t k = 0; k < n; k++) {
      (void)snprintf(text, sizeof(text), "%s of %s\n", tag, p[k]->name);
      const char *at = strstr(heard, text);
      if ((at != NULL) != (i != k)) {
        fail_msg("%s, of '%s': heard\n%s", p[i]->name, text, heard);
      }
      if (at != NULL && strstr(at + 1, text) != NULL) {
        fail_msg("%s heard twice: %s", p[i]->name, text);
      }
    }
  }
}

static void test_everybody_hears_everybody(void **state) {
  world *w = *state;
  person *p[10];
  friends(w, p, 10);
  create_unheard(p[0], "crew", 9);
  CLIENT_MEM(mem);
  client_event e;
  for (size_t i = 1; i < 10; i++) {
    await(p[i], CLIENT_EVENT_GROUP, &mem, &e);
    assert_string_equal(e.u.group.action, "created");
    assert_string_equal(e.u.group.name, "crew");
    assert_string_equal(e.u.group.by, "alice@example.org");
    assert_int_equal(e.u.group.n_members, 10);
  }
  round_of_talk(p, 10, "crew", "first");
  round_of_talk(p, 10, "crew", "second");
  for (size_t i = 0; i < 10; i++) {
    assert_int_equal(members(p[i], "crew"), 10);
    assert_int_equal(epoch(p[i], "crew"), epoch(p[0], "crew"));
  }
  assert_false(fake_server_holds(w->s, TACET_SPAN_LIT("crew")));
}

static void test_added_and_removed(void **state) {
  world *w = *state;
  person *p[4];
  bool queued;
  friends(w, p, 4);
  create(p, "crew", 2);
  say(p[0], "crew", "before");
  hear(p[1], "before");
  expect_ok(p[0], client_group_add(p[0]->c, "crew", &names[3], 1, &queued,
                                   &p[0]->err));
  assert_false(queued);
  CLIENT_MEM(mem);
  client_event e;
  await(p[3], CLIENT_EVENT_GROUP, &mem, &e);
  assert_string_equal(e.u.group.action, "added");
  await(p[1], CLIENT_EVENT_GROUP, &mem, &e);
  assert_string_equal(e.u.group.action, "added");
  assert_string_equal(e.u.group.members[0], "dave@example.org");
  hear(p[2], "before");
  round_of_talk(p, 4, "crew", "four");
  expect_ok(p[0], client_group_remove(p[0]->c, "crew", &names[2], 1, &queued,
                                      &p[0]->err));
  say(p[0], "crew", "without carol");
  hear(p[1], "without carol");
  say(p[1], "crew", "agreed");
  hear(p[3], "agreed");
  await(p[2], CLIENT_EVENT_GROUP, &mem, &e);
  assert_string_equal(e.u.group.action, "removed");
  assert_string_equal(e.u.group.by, "alice@example.org");
  assert_string_equal(gather(p[2]), "");
  const char *id;
  client_outgoing m = {.to = "crew", .text = "let me in"};
  expect_failure(p[2], client_send(p[2]->c, &m, &mem, &id, &p[2]->err),
                 CLIENT_REFUSED, "not-member");
  assert_int_equal(members(p[1], "crew"), 3);
  /* And back again, under the same name and with what came before. */
  expect_ok(p[0], client_group_add(p[0]->c, "crew", &names[2], 1, &queued,
                                   &p[0]->err));
  await(p[2], CLIENT_EVENT_GROUP, &mem, &e);
  assert_string_equal(e.u.group.action, "added");
  round_of_talk(p, 4, "crew", "again");
}

/* Who was removed and has not heard of it, or does not care, has keys that the
 * others keep for a while: what comes after the removal is not shown. What was
 * sent before is. */
static void test_a_removed_member_writes(void **state) {
  world *w = *state;
  person *p[3];
  bool queued;
  friends(w, p, 3);
  create(p, "crew", 2);
  round_of_talk(p, 3, "crew", "all");
  say(p[2], "crew", "just in time");
  TACET_BUF(content, 4096);
  tacet_content_args args = {
      .text = TACET_SPAN_LIT("too late"), .counter = 100, .sent_at = w->s->now};
  assert_ok(tacet_content_make(&content, &args));
  lie_encrypt(p[2], "crew", tacet_buf_span(&content));
  expect_ok(p[0], client_group_remove(p[0]->c, "crew", &names[2], 1, &queued,
                                      &p[0]->err));
  assert_string_equal(gather(p[1]), "just in time\n");
  (void)warned("removed-sender");
  lie_post_unheard(p[2]);
  assert_string_equal(gather(p[1]), "");
  assert_int_equal(warned("removed-sender"), 1);
  assert_string_equal(gather(p[0]), "just in time\n");
}

/* Removed and added again while away: both are waiting when she comes. */
static void test_removed_and_added_while_away(void **state) {
  world *w = *state;
  person *p[3];
  bool queued;
  friends(w, p, 3);
  create(p, "crew", 2);
  round_of_talk(p, 3, "crew", "all");
  expect_ok(p[0], client_group_remove(p[0]->c, "crew", &names[2], 1, &queued,
                                      &p[0]->err));
  say(p[0], "crew", "not for carol");
  expect_ok(p[0], client_group_add(p[0]->c, "crew", &names[2], 1, &queued,
                                   &p[0]->err));
  say(p[0], "crew", "for carol too");
  assert_string_equal(gather(p[2]), "for carol too\n");
  round_of_talk(p, 3, "crew", "after");
}

static void test_only_an_admin(void **state) {
  world *w = *state;
  person *p[3];
  bool queued;
  friends(w, p, 3);
  create(p, "crew", 2);
  gather(p[1]);
  gather(p[2]);
  expect_failure(
      p[1],
      client_group_remove(p[1]->c, "crew", &names[2], 1, &queued, &p[1]->err),
      CLIENT_REFUSED, "not-admin");
  expect_failure(
      p[1], client_group_rename(p[1]->c, "crew", "mine", &queued, &p[1]->err),
      CLIENT_REFUSED, "not-admin");
  expect_failure(
      p[0], client_group_rename(p[0]->c, "crew", "a\nb", &queued, &p[0]->err),
      CLIENT_USAGE, "bad-name");
  expect_failure(p[0],
                 client_group_rename(p[0]->c, "nope", "x", &queued, &p[0]->err),
                 CLIENT_USAGE, "no-such-group");
  expect_ok(p[0], client_group_rename(p[0]->c, "crew", "night shift", &queued,
                                      &p[0]->err));
  CLIENT_MEM(mem);
  client_event e;
  await(p[2], CLIENT_EVENT_GROUP, &mem, &e);
  assert_string_equal(e.u.group.action, "renamed");
  assert_string_equal(e.u.group.name, "night shift");
  say(p[0], "night shift", "hi");
  hear(p[1], "hi");
}

static void test_leaving(void **state) {
  world *w = *state;
  person *p[4];
  bool queued;
  friends(w, p, 4);
  create(p, "crew", 3);
  for (int i = 1; i < 4; i++) {
    gather(p[i]);
  }
  expect_ok(p[1], client_group_leave(p[1]->c, "crew", &queued, &p[1]->err));
  CLIENT_MEM(mem);
  client_event e;
  await(p[2], CLIENT_EVENT_GROUP, &mem, &e);
  assert_string_equal(e.u.group.action, "left");
  assert_string_equal(e.u.group.by, "bob@example.org");
  assert_int_equal(members(p[2], "crew"), 3); /* shown as gone at once */
  gather(p[3]);
  gather(p[0]);
  person *rest[] = {p[0], p[2], p[3]};
  uint64_t before = epoch(p[2], "crew");
  w->s->now += 10000; /* ... and it is carol's turn at the latest */
  gather(p[2]);
  assert_true(epoch(p[2], "crew") > before);
  round_of_talk(rest, 3, "crew", "three");
  assert_string_equal(gather(p[1]), "");
  const char *id;
  client_outgoing m = {.to = "crew", .text = "x"};
  expect_failure(p[1], client_send(p[1]->c, &m, &mem, &id, &p[1]->err),
                 CLIENT_REFUSED, "not-member");
}

/* The only admin leaves: somebody else is one before he is out. */
static void test_the_last_admin_leaves(void **state) {
  world *w = *state;
  person *p[3];
  bool queued;
  friends(w, p, 3);
  create(p, "crew", 2);
  round_of_talk(p, 3, "crew", "all");
  (void)warned("gap");
  expect_ok(p[0], client_group_leave(p[0]->c, "crew", &queued, &p[0]->err));
  assert_false(queued);
  for (int turn = 0; turn < 2; turn++) {
    gather(p[1]);
    gather(p[2]);
    w->s->now += 10000;
  }
  assert_int_equal(warned("now-admin"), 1);
  CLIENT_MEM(mem);
  client_group g;
  person *admin = NULL, *other = NULL;
  expect_ok(p[1], client_group_show(p[1]->c, "crew", &mem, &g, &p[1]->err));
  assert_int_equal(g.n_members, 2);
  for (size_t i = 0; i < 2; i++) {
    admin = g.members[i].admin ? p[g.members[i].self ? 1 : 2] : admin;
  }
  assert_non_null(admin);
  other = admin == p[1] ? p[2] : p[1];
  expect_ok(admin, client_group_rename(admin->c, "crew", "ours", &queued,
                                       &admin->err));
  person *two[] = {admin, other};
  gather(other);
  round_of_talk(two, 2, "ours", "without alice");
  assert_string_equal(gather(p[0]), "");
}

/* Ten members join at once and each wants to say something: each has to change
 * its keys first, so ten commits race for every epoch. */
static void test_a_race(void **state) {
  world *w = *state;
  person *p[11];
  friends(w, p, 11);
  create_unheard(p[0], "crew", 10);
  CLIENT_MEM(mem);
  const char *ids[11];
  char texts[11][32];
  for (int i = 1; i < 11; i++) {
    gather(p[i]);
    (void)snprintf(texts[i], sizeof(texts[i]), "%s was first", names[i]);
    client_outgoing m = {.to = "crew", .text = texts[i]};
    expect_ok(p[i], client_send(p[i]->c, &m, &mem, &ids[i], &p[i]->err));
  }
  /* None has heard of the others' commits when it makes its own. */
  for (int i = 1; i < 11; i++) {
    client_delivery d = CLIENT_QUEUED;
    expect_ok(p[i], client_flush(p[i]->c, ids[i], 600000, &d, &p[i]->err));
    assert_int_equal(d, CLIENT_SENT);
  }
  for (int i = 0; i < 11; i++) {
    const char *heard = gather(p[i]);
    for (int k = 1; k < 11; k++) {
      const char *at = strstr(heard, texts[k]);
      assert_int_equal(at != NULL, i != k);
      assert_true(at == NULL || strstr(at + 1, texts[k]) == NULL);
    }
    assert_int_equal(epoch(p[i], "crew"), 11);
  }
}

static void test_invited_by_a_stranger(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  create_unheard(alice, "crew", 1);
  say(alice, "crew", "welcome");
  CLIENT_MEM(mem);
  client_event e;
  await(bob, CLIENT_EVENT_REQUEST, &mem, &e);
  assert_string_equal(e.u.request.from, "alice@example.org");
  assert_string_equal(e.u.request.group, "crew");
  await(bob, CLIENT_EVENT_MESSAGE, &mem, &e);
  assert_true(e.u.message.request);
  assert_string_equal(e.u.message.group, "crew");
  size_t stored = w->s->n_stored;
  w->s->now += 3 * (uint64_t)86400000;
  gather(bob);
  assert_int_equal(w->s->n_stored, stored); /* nothing leaves a request */
  accept(bob, "crew");
  say(bob, "crew", "thanks");
  hear(alice, "thanks");
}

static void test_away_for_long(void **state) {
  world *w = *state;
  person *p[3];
  bool queued;
  friends(w, p, 3);
  create(p, "crew", 2);
  round_of_talk(p, 3, "crew", "start");
  char name[32], want[1024] = "";
  for (int i = 0; i < 12; i++) { /* more epochs than are remembered */
    (void)snprintf(name, sizeof(name), "epoch %d", i);
    expect_ok(p[0], client_group_rename(p[0]->c, i == 0 ? "crew" : want, name,
                                        &queued, &p[0]->err));
    (void)snprintf(want, sizeof(want), "%s", name);
    say(p[0], name, name);
    gather(p[1]);
  }
  const char *heard = gather(p[2]);
  for (int i = 0; i < 12; i++) {
    (void)snprintf(name, sizeof(name), "epoch %d\n", i);
    assert_non_null(strstr(heard, name));
  }
  assert_int_equal(warned("undecryptable"), 0);
  round_of_talk(p, 3, "epoch 11", "end");
}

/* A hint is lost: what does not open makes the device look for itself. */
static void test_a_lost_hint(void **state) {
  world *w = *state;
  person *p[3];
  bool queued;
  friends(w, p, 3);
  create(p, "crew", 2);
  round_of_talk(p, 3, "crew", "start");
  w->s->drop_items = 2;
  expect_ok(p[0],
            client_group_rename(p[0]->c, "crew", "quiet", &queued, &p[0]->err));
  say(p[0], "quiet", "still there?");
  hear(p[1], "still there?");
  hear(p[2], "still there?");
  assert_int_equal(warned("gap"), 0);
}

/* So much comes that does not open yet that some of it has to stay at the
 * server for the moment. */
static void test_more_than_can_be_kept(void **state) {
  world *w = *state;
  person *p[3];
  bool queued;
  friends(w, p, 3);
  create(p, "crew", 2);
  round_of_talk(p, 3, "crew", "start");
  w->s->drop_items = 2;
  expect_ok(p[0],
            client_group_rename(p[0]->c, "crew", "loud", &queued, &p[0]->err));
  CLIENT_MEM(mem);
  const char *id = NULL;
  client_delivery d;
  for (int i = 0; i < 300; i++) {
    client_outgoing m = {.to = "loud", .text = "blah"};
    expect_ok(p[0], client_send(p[0]->c, &m, &mem, &id, &p[0]->err));
  }
  expect_ok(p[0], client_flush(p[0]->c, id, 600000, &d, &p[0]->err));
  assert_int_equal(strlen(gather(p[1])), 300 * 5);
  assert_int_equal(warned("gap"), 0);
}

static void test_a_change_while_offline(void **state) {
  world *w = *state;
  person *p[3];
  bool queued = false;
  friends(w, p, 3);
  create(p, "crew", 1);
  w->s->down = true;
  expect_ok(p[0], client_group_add(p[0]->c, "crew", &names[2], 1, &queued,
                                   &p[0]->err));
  assert_true(queued);
  w->s->down = false;
  gather(p[0]);
  gather(p[2]);
  round_of_talk(p, 3, "crew", "three");
}

/* Keys are renewed within a week, and with them the capability of the mailbox.
 * Who slept through it is told that his is stale, and finds the new one. */
/* Who was removed knows where the others are written to: each has that changed
 * before its next message, and soon in any case. */
static void test_new_addresses_after_a_removal(void **state) {
  world *w = *state;
  person *p[3];
  const char *who[] = {"carol"};
  uint8_t before[3][32];
  bool queued;
  friends(w, p, 3);
  create(p, "crew", 2);
  round_of_talk(p, 3, "crew", "before");
  for (int i = 0; i < 3; i++) {
    memcpy(before[i], lie_mailbox_of(p[i], "crew")->capability_hash, 32);
  }
  expect_ok(p[0],
            client_group_remove(p[0]->c, "crew", who, 1, &queued, &p[0]->err));
  gather(p[1]);
  say(p[1], "crew", "without her");
  assert_memory_not_equal(before[1],
                          lie_mailbox_of(p[1], "crew")->capability_hash, 32);
  hear(p[0], "without her");
  w->s->now += 5 * (uint64_t)60000; /* alice writes nothing */
  gather(p[0]);
  gather(p[0]);
  assert_memory_not_equal(before[0],
                          lie_mailbox_of(p[0], "crew")->capability_hash, 32);
  say(p[0], "crew", "still here");
  hear(p[1], "still here");
}

static void test_new_keys_every_week(void **state) {
  world *w = *state;
  person *p[3];
  friends(w, p, 3);
  create(p, "crew", 2);
  round_of_talk(p, 3, "crew", "start");
  uint64_t before = epoch(p[0], "crew");
  for (int day = 0; day < 16; day++) {
    w->s->now += (uint64_t)86400000;
    gather(p[0]);
    gather(p[1]); /* carol is away */
  }
  gather(p[0]);
  assert_true(epoch(p[0], "crew") >= before + 4); /* two, twice */
  assert_int_equal(epoch(p[0], "crew"), epoch(p[1], "crew"));
  for (size_t i = 0; i < w->s->n_mailboxes; i++) {
    w->s->mailboxes[i]->has_old = false; /* a week is over */
  }
  say(p[2], "crew", "I was asleep");
  hear(p[0], "I was asleep");
  hear(p[1], "I was asleep");
  say(p[2], "alice", "you too");
  hear(p[0], "you too");
  round_of_talk(p, 3, "crew", "end");
  (void)gather(p[2]);
  assert_int_equal(warned("undecryptable"), 0);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_everybody_hears_everybody),
      TEST(test_added_and_removed),
      TEST(test_a_removed_member_writes),
      TEST(test_removed_and_added_while_away),
      TEST(test_only_an_admin),
      TEST(test_leaving),
      TEST(test_the_last_admin_leaves),
      TEST(test_a_race),
      TEST(test_invited_by_a_stranger),
      TEST(test_away_for_long),
      TEST(test_a_lost_hint),
      TEST(test_more_than_can_be_kept),
      TEST(test_a_change_while_offline),
      TEST(test_new_addresses_after_a_removal),
      TEST(test_new_keys_every_week),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
