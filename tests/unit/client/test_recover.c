/* SPDX-License-Identifier: Apache-2.0
 * Groups that break: who is left behind is back without doing anything, and
 * what nobody can change any more goes on in a successor. What was said before,
 * meanwhile and afterwards comes once.
 */
#include "tests/unit/client/crew.h"
#include "tests/unit/client/forge.h"

#include <string.h>

#include "client/commit.h"
#include "client/outbox.h"
#include "client/policy.h"
#include "client/successor.h"
#include "client/talks.h"

#define HOUR ((uint64_t)3600 * 1000)

static size_t count(const char *all, const char *text) {
  size_t n = 0;
  for (const char *at = all; (at = strstr(at, text)) != NULL; at++) {
    n++;
  }
  return n;
}

/* Several turns of everybody: calls, answers and letters find their way. */
static void settle(person **p, size_t n) {
  for (int turn = 0; turn < 3; turn++) {
    for (size_t i = 0; i < n; i++) {
      gather(p[i]);
    }
    p[0]->w->s->now += 10000;
  }
}

static void rename_crew(person *p) {
  bool queued;
  expect_ok(p, client_group_rename(p->c, "crew", "crew", &queued, &p->err));
}

static const char *queue(person *p, const char *text, client_mem *mem) {
  const char *id;
  client_outgoing m = {.to = "crew", .text = text};
  expect_ok(p, client_send(p->c, &m, mem, &id, &p->err));
  return id;
}

/* All slots that there are have expired: who was away cannot follow. */
static void expire_slots(world *w) {
  for (size_t i = 0; i < w->s->n_slots; i++) {
    w->s->slots[i].expired = true;
  }
}

/* All slots of the epoch hold what is no commit. */
static void use_up(person *p) {
  for (uint32_t n = 0; n < CLIENT_SLOTS; n++) {
    crew_put(p, n, TACET_SPAN_LIT("no commit"));
  }
}

static bool is_broken(person *p) {
  CLIENT_SESSION(s);
  crew_open(p, &s);
  return s.r.broken;
}

/* ---- left behind ---- */

static void test_away_for_too_long(void **state) {
  world *w = *state;
  person *p[3];
  CLIENT_MEM(mem);
  crew_new(w, p, 3);
  rename_crew(p[0]);
  gather(p[1]);
  expire_slots(w);
  say(p[0], "crew", "unheard");
  w->s->now += 5 * HOUR;
  assert_string_equal(gather(p[2]), "");
  assert_int_equal(warned("undecryptable"), 1);
  (void)queue(p[2], "what have I missed?", &mem);
  gather(p[2]);
  settle(p, 3);
  assert_false(is_broken(p[2]));
  assert_int_equal(crew_members(p[0]), 3);
  assert_int_equal(crew_epoch(p[2]), crew_epoch(p[0]));
  crew_talk(p, 3, "again");
}

/* The admin is away: any member may take somebody in again who asks for it. */
static void test_taken_back_by_a_member(void **state) {
  world *w = *state;
  person *p[3];
  CLIENT_MEM(mem);
  crew_new(w, p, 3);
  crew_edit(p[2], forge_deafness);
  crew_commit(p[1], &(client_change){.update = true});
  gather(p[2]);
  assert_true(is_broken(p[2]));
  (void)queue(p[2], "from behind", &mem);
  gather(p[2]);
  person *two[] = {p[1], p[2]};
  for (int turn = 0; turn < 4; turn++) {
    const char *heard = gather(p[1]);
    if (strstr(heard, "from behind") != NULL) {
      break;
    }
    gather(p[2]);
    w->s->now += 10000;
  }
  assert_false(is_broken(p[2]));
  assert_int_equal(crew_epoch(two[1]), crew_epoch(two[0]));
  assert_int_equal(count(gather(p[0]), "from behind"), 1);
  crew_talk(p, 3, "again");
}

/* bob has carol's word, and only throws her out. */
static void test_a_word_is_not_for_removing(void **state) {
  world *w = *state;
  person *p[3];
  crew_new(w, p, 3);
  client_leaver word;
  {
    CLIENT_SESSION(s);
    crew_open(p[2], &s);
    assert_ok(client_leaver_sign(p[2]->c, &s, CLIENT_WORD_RETURN, &word));
  }
  uint32_t carol;
  {
    CLIENT_SESSION(s);
    CLIENT_TX(tx);
    crew_open(p[1], &s);
    carol = crew_leaf(p[1], &s, p[2]);
    s.r.returning = &word;
    s.r.n_returning = 1;
    assert_ok(client_tx_begin(p[1]->c->store, &tx));
    assert_ok(client_group_save(p[1]->c, &s.r));
    assert_ok(client_tx_commit(&tx));
  }
  crew_commit(p[1], &(client_change){.leaves = &carol, .n_leaves = 1});
  gather(p[0]);
  gather(p[2]);
  assert_int_equal(crew_members(p[0]), 3);
  assert_int_equal(crew_members(p[2]), 3);
}

/* A word of somebody else, or one of before a return, is none. */
static void test_words_that_do_not_count(void **state) {
  world *w = *state;
  person *p[3];
  crew_new(w, p, 3);
  client_leaver word, other;
  CLIENT_SESSION(alice);
  {
    CLIENT_SESSION(s);
    crew_open(p[2], &s);
    assert_ok(client_leaver_sign(p[2]->c, &s, CLIENT_WORD_RETURN, &word));
  }
  crew_open(p[0], &alice);
  client *c = p[0]->c;
  assert_ok(client_leaver_check(c, &alice, CLIENT_WORD_RETURN, &word));
  assert_err(TACET_ERR_AUTH,
             client_leaver_check(c, &alice, CLIENT_WORD_LEAVE, &word));
  other = word;
  memcpy(other.account, p[1]->c->self.account, CLIENT_ID_LEN);
  memcpy(other.device, p[1]->c->self.device, CLIENT_DEVICE_ID_LEN);
  assert_err(TACET_ERR_AUTH,
             client_leaver_check(c, &alice, CLIENT_WORD_RETURN, &other));
  crew_commit(p[2], &(client_change){.fresh = true}); /* another mailbox */
  gather(p[0]);
  CLIENT_SESSION(later);
  crew_open(p[0], &later);
  assert_err(TACET_ERR_AUTH,
             client_leaver_check(c, &later, CLIENT_WORD_RETURN, &word));
}

/* ---- stuck ---- */

static void test_a_successor(void **state) {
  world *w = *state;
  person *p[3];
  CLIENT_MEM(mem);
  uint8_t before[CLIENT_ID_LEN];
  crew_new(w, p, 3);
  {
    CLIENT_SESSION(s);
    crew_open(p[0], &s);
    memcpy(before, s.r.id.p, sizeof(before));
  }
  say(p[1], "crew", "before"); /* alice and carol read it later */
  use_up(p[1]);
  (void)queue(p[2], "meanwhile", &mem);
  rename_crew(p[0]); /* finds out, and is done in the successor */
  char heard[3][4096] = {"", "", ""};
  for (int turn = 0; turn < 4; turn++) {
    for (int i = 0; i < 3; i++) {
      strcat(heard[i], gather(p[i]));
    }
    w->s->now += 10000;
  }
  for (int i = 0; i < 3; i++) {
    CLIENT_SESSION(s);
    crew_open(p[i], &s);
    assert_memory_not_equal(before, s.r.id.p, sizeof(before));
    assert_int_equal(count(heard[i], "before"), i != 1);
    assert_int_equal(count(heard[i], "meanwhile"), i != 2);
    assert_int_equal(crew_members(p[i]), 3);
  }
  assert_int_equal(warned("made-anew"), 2);
  crew_talk(p, 3, "after");
  w->s->now += 49 * HOUR; /* then nothing of the old one is left */
  for (int i = 0; i < 3; i++) {
    client_group_record r;
    gather(p[i]);
    assert_err(TACET_ERR_NOT_FOUND,
               client_group_get(p[i]->c, client_id_span(before), &mem, &r));
  }
  crew_talk(p, 3, "later");
}

/* The admin is away: after an hour a member makes it. */
static void test_a_members_successor(void **state) {
  world *w = *state;
  person *p[3];
  crew_new(w, p, 3);
  use_up(p[1]);
  CLIENT_MEM(mem);
  crew_commit(p[1], &(client_change){.update = true});
  gather(p[1]);
  gather(p[2]);
  assert_true(is_broken(p[1]));
  (void)queue(p[1], "one", &mem);
  gather(p[1]);
  assert_string_equal(gather(p[2]), "");
  w->s->now += HOUR + 30000;
  gather(p[1]);
  assert_false(is_broken(p[1]));
  assert_int_equal(count(gather(p[2]), "one"), 1);
  assert_int_equal(count(gather(p[0]), "one"), 1);
  crew_talk(p, 3, "after");
}

/* There is no key package of carol's: an admin goes on without her, is told,
 * and adds her once there are some. */
static void test_one_who_cannot_be_reached(void **state) {
  world *w = *state;
  person *p[3];
  bool queued;
  crew_new(w, p, 3);
  fake_account *carol = fake_server_account(w->s, "carol@example.org");
  size_t n = carol->n_packages;
  carol->n_packages = 0;
  use_up(p[1]);
  rename_crew(p[0]);
  gather(p[1]);
  assert_int_equal(crew_members(p[0]), 2);
  (void)warned("gap");
  for (int minute = 0; minute < 3; minute++) {
    w->s->now += 60000;
    gather(p[0]);
  }
  assert_int_equal(warned("change-refused"), 1);
  crew_talk(p, 2, "the two of us");
  carol->n_packages = n;
  const char *who[] = {"carol"};
  expect_ok(p[0],
            client_group_add(p[0]->c, "crew", who, 1, &queued, &p[0]->err));
  settle(p, 3);
  assert_false(is_broken(p[2]));
  assert_int_equal(crew_members(p[1]), 3);
  crew_talk(p, 3, "the three of us");
}

/* ---- two people ---- */

/* bob was away for too long, and neither says anything: the conversation is
 * whole again when both have looked, and what was written waits for that. */
static void test_a_pair(void **state) {
  (void)warned("gap"); /* forget those of before */
  world *w = *state;
  person *p[2] = {person_join(w, "alice"), person_join(w, "bob")};
  CLIENT_MEM(mem);
  befriend(p[0], p[1]);
  for (int day = 0; day < 16; day++) { /* alice's weekly keys */
    w->s->now += 24 * HOUR;
    gather(p[0]);
  }
  expire_slots(w);
  gather(p[1]);
  assert_int_equal(warned("undecryptable"), 1);
  gather(p[0]);
  say(p[0], "bob", "are you back?");
  hear(p[1], "are you back?");
  say(p[1], "alice", "I am");
  hear(p[0], "I am");
  client_talk t;
  client_group_record *list;
  size_t n;
  for (int i = 0; i < 2; i++) {
    gather(p[i]);
    w->s->now += 49 * HOUR;
    gather(p[i]);
  }
  assert_ok(client_enter(p[1]->c));
  assert_ok(client_resolve_talk(p[1]->c, "alice", &mem, &t));
  assert_ok(client_group_list(p[1]->c, t.id, &mem, &list, &n));
  assert_int_equal(n, 1); /* nothing of the old one is left */
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_away_for_too_long),
      TEST(test_taken_back_by_a_member),
      TEST(test_a_word_is_not_for_removing),
      TEST(test_words_that_do_not_count),
      TEST(test_a_successor),
      TEST(test_a_members_successor),
      TEST(test_one_who_cannot_be_reached),
      TEST(test_a_pair),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
