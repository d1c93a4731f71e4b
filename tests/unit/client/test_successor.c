/* SPDX-License-Identifier: Apache-2.0
 * What is accepted as the group that goes on in another's place, and what is
 * not; and several of them at once.
 */
#include "tests/unit/client/crew.h"
#include "tests/unit/client/forge.h"

#include <string.h>

#include "client/commit.h"
#include "client/recovery.h"
#include "client/successor.h"
#include "client/talks.h"

#define HOUR ((uint64_t)3600 * 1000)
#define N 4 /* alice, the admin; bob; carol, who judges; dave */

/* ---- the rules, one by one ---- */

typedef struct offered {
  person **p;
  client_session old; /* carol's */
  client_offer offer; /* bob's, as it should be */
  tacet_room room;
  client_leaf leaves[N + 1];
  uint8_t id[CLIENT_ID_LEN], creator[CLIENT_ID_LEN];
} offered;

static void made_by(offered *o, person *p) {
  memcpy(o->creator, p->c->self.account, CLIENT_ID_LEN);
  assert_ok(client_successor_id(&o->old, o->creator, o->id));
}

static void without(offered *o, person *p) {
  size_t kept = 0;
  for (size_t i = 0; i < o->offer.n_leaves; i++) {
    if (memcmp(o->leaves[i].who.account, p->c->self.account, CLIENT_ID_LEN) !=
        0) {
      o->leaves[kept++] = o->leaves[i];
    }
  }
  o->offer.n_leaves = kept;
}

static void by_a_member(offered *o) {
  (void)o;
}
static void by_the_admin(offered *o) {
  made_by(o, o->p[0]);
}
static void by_the_admin_without_one(offered *o) {
  made_by(o, o->p[0]);
  without(o, o->p[3]);
}
static void by_a_member_without_one(offered *o) {
  without(o, o->p[3]);
}
static void without_one_who_leaves(offered *o) {
  static client_leaver dave;
  memcpy(dave.account, o->p[3]->c->self.account, CLIENT_ID_LEN);
  o->old.r.leaving = &dave;
  o->old.r.n_leaving = 1;
  without(o, o->p[3]);
}
/* Who was removed knows authenticators of before, and who is in it. */
static void by_one_who_is_no_member(offered *o) {
  memset(o->creator, 7, sizeof(o->creator));
  assert_ok(client_successor_id(&o->old, o->creator, o->id));
}
static void of_another_epoch(offered *o) {
  uint8_t other[32];
  memset(other, 9, sizeof(other));
  assert_ok(tacet_successor_id(
      o->old.r.talk, tacet_span_of(other, sizeof(other)), o->creator, o->id));
}
static void of_another_conversation(offered *o) {
  uint8_t talk[CLIENT_ID_LEN];
  memset(talk, 9, sizeof(talk));
  assert_ok(tacet_successor_id(
      talk, tacet_secret_span(tacet_mls_epoch_authenticator(o->old.mls)),
      o->creator, o->id));
}
static void in_another_ones_name(offered *o) {
  memcpy(o->creator, o->p[3]->c->self.account, CLIENT_ID_LEN);
}
static void with_an_id_of_choice(offered *o) {
  memset(o->id, 0, sizeof(o->id));
}
static void with_another_name(offered *o) {
  o->room.name = TACET_SPAN_LIT("mine");
}
static void with_another_admin(offered *o) {
  o->room.admins = tacet_span_of(o->creator, sizeof(o->creator));
}
static void without_admins(offered *o) {
  o->room.admins = TACET_SPAN_EMPTY;
}
static void with_a_stranger(offered *o) {
  o->leaves[o->offer.n_leaves] = o->leaves[0];
  memset(o->leaves[o->offer.n_leaves].who.account, 5, CLIENT_ID_LEN);
  o->offer.n_leaves++;
}
static void that_has_gone_on(offered *o) {
  o->offer.epoch = 2;
}
static void of_one_that_is_whole(offered *o) {
  o->old.r.broken = false;
}
static void of_one_that_is_whole_by_the_admin(offered *o) {
  made_by(o, o->p[0]);
  o->old.r.broken = false;
}

static const struct {
  const char *what;
  void (*change)(offered *o);
  bool good;
} offers[] = {
    {"by a member", by_a_member, true},
    {"by the admin", by_the_admin, true},
    {"by the admin, without one", by_the_admin_without_one, true},
    {"without one who leaves", without_one_who_leaves, true},
    {"by a member, without one", by_a_member_without_one, false},
    {"by one who is no member", by_one_who_is_no_member, false},
    {"of another epoch", of_another_epoch, false},
    {"of another conversation", of_another_conversation, false},
    {"in another one's name", in_another_ones_name, false},
    {"with an id of choice", with_an_id_of_choice, false},
    {"with another name", with_another_name, false},
    {"with another admin", with_another_admin, false},
    {"without admins", without_admins, false},
    {"with a stranger", with_a_stranger, false},
    {"that has gone on", that_has_gone_on, false},
    {"of one that is whole", of_one_that_is_whole, false},
    {"of one that is whole, by the admin", of_one_that_is_whole_by_the_admin,
     false},
};

static void offered_close(offered *o) {
  client_session_close(&o->old);
}

static void offer_one(person **p, size_t i) {
  TACET_CLEANUP(offered_close) offered o = {.p = p};
  CLIENT_MEM(mem);
  CLIENT_TX(tx); /* never committed */
  client_leaf *leaves;
  client_succession s;
  size_t n;
  client *c = p[2]->c;
  crew_open(p[2], &o.old);
  o.old.r.broken = true;
  assert_ok(client_leaves(c, o.old.mls, &mem, &leaves, &n));
  assert_int_equal(n, N);
  memcpy(o.leaves, leaves, n * sizeof(*leaves));
  assert_ok(client_room_of(c, &o.old, &o.room));
  made_by(&o, p[1]);
  o.offer = (client_offer){.epoch = 1,
                           .room = &o.room,
                           .leaves = o.leaves,
                           .n_leaves = n,
                           .creator = o.creator,
                           .id = client_id_span(o.id)};
  offers[i].change(&o);
  assert_ok(client_tx_begin(c->store, &tx));
  assert_ok(client_group_save(c, &o.old.r));
  assert_ok(client_succession_judge(c, o.old.r.id, &o.offer, &mem, &s));
  if ((s.use == CLIENT_OFFER_FOLLOW) != offers[i].good) {
    fail_msg("%s: %d", offers[i].what, s.use);
  }
}

static void test_the_rules(void **state) {
  person *p[N];
  crew_new(*state, p, N);
  for (size_t i = 0; i < sizeof(offers) / sizeof(offers[0]); i++) {
    offer_one(p, i);
  }
}

/* ---- several at once ---- */

/* p notices that its crew is stuck, and makes a successor, whoever's turn it
 * is. */
static void make(person *p) {
  CLIENT_SESSION(s);
  bool made;
  uint8_t talk[CLIENT_ID_LEN];
  {
    CLIENT_TX(tx);
    crew_open(p, &s);
    memcpy(talk, s.r.talk, sizeof(talk));
    assert_ok(client_tx_begin(p->c->store, &tx));
    assert_ok(client_broken(p->c, &s, CLIENT_STUCK, "a test"));
    assert_ok(client_tx_commit(&tx));
  }
  assert_ok(client_successor_make(p->c, talk, &made));
  assert_true(made);
}

static void id_of(person *p, uint8_t out[CLIENT_ID_LEN]) {
  CLIENT_SESSION(s);
  crew_open(p, &s);
  memcpy(out, s.r.id.p, CLIENT_ID_LEN);
}

static void use_up(person *p) {
  for (uint32_t n = 0; n < CLIENT_SLOTS; n++) {
    crew_put(p, n, TACET_SPAN_LIT("no commit"));
  }
}

static void all_settle(person **p) {
  for (int turn = 0; turn < 3; turn++) {
    for (int i = 0; i < N; i++) {
      gather(p[i]);
    }
    p[0]->w->s->now += 1000;
  }
}

static void test_of_two_the_smaller(void **state) {
  person *p[N];
  uint8_t bob[CLIENT_ID_LEN], dave[CLIENT_ID_LEN], now[CLIENT_ID_LEN];
  crew_new(*state, p, N);
  use_up(p[0]);
  make(p[1]);
  make(p[3]);
  id_of(p[1], bob);
  id_of(p[3], dave);
  assert_memory_not_equal(bob, dave, sizeof(bob));
  bool first = memcmp(bob, dave, sizeof(bob)) < 0;
  crew_flush(p[first ? 3 : 1]); /* the worse one is out first */
  gather(p[2]);
  crew_flush(p[first ? 1 : 3]);
  all_settle(p);
  for (int i = 0; i < N; i++) {
    id_of(p[i], now);
    assert_memory_equal(now, first ? bob : dave, sizeof(now));
  }
  crew_talk(p, N, "in one");
}

static void test_an_admins_first(void **state) {
  person *p[N];
  uint8_t alice[CLIENT_ID_LEN], now[CLIENT_ID_LEN];
  crew_new(*state, p, N);
  use_up(p[0]);
  make(p[1]);
  make(p[3]);
  make(p[0]);
  id_of(p[0], alice);
  crew_flush(p[1]);
  gather(p[2]);
  crew_flush(p[3]);
  crew_flush(p[0]);
  all_settle(p);
  for (int i = 0; i < N; i++) {
    id_of(p[i], now);
    assert_memory_equal(now, alice, sizeof(now));
  }
  crew_talk(p, N, "the admin's");
}

/* ---- what is none ---- */

/* bob makes one of a crew in which nothing is wrong: to the others it is a
 * request, and they go on. */
static void test_one_of_a_whole_group(void **state) {
  person *p[N];
  uint8_t before[CLIENT_ID_LEN], now[CLIENT_ID_LEN];
  crew_new(*state, p, N);
  id_of(p[2], before);
  make(p[1]);
  crew_flush(p[1]);
  CLIENT_MEM(mem);
  client_event e;
  await(p[2], CLIENT_EVENT_REQUEST, &mem, &e);
  assert_string_equal(e.u.request.from, "bob@example.org");
  id_of(p[2], now);
  assert_memory_equal(before, now, sizeof(now));
  person *three[] = {p[0], p[2], p[3]};
  gather(p[3]);
  crew_talk(three, 3, "without bob");
}

/* ---- who breaks it for all ---- */

/* bob's commit is right for nobody: alice and carol, who can reach each other,
 * find that both stand where they stood, and go on without him. */
static void test_nobody_could_follow(void **state) {
  person *p[N];
  crew_new(*state, p, N);
  for (int i = 0; i < N; i++) {
    if (i != 1) {
      crew_edit(p[i], forge_deafness);
    }
  }
  crew_commit(p[1], &(client_change){.update = true});
  person *three[] = {p[0], p[2], p[3]};
  for (int turn = 0; turn < 4; turn++) {
    for (int i = 0; i < 3; i++) {
      gather(three[i]);
    }
    p[0]->w->s->now += 2000;
  }
  for (int i = 0; i < 3; i++) {
    CLIENT_SESSION(s);
    crew_open(three[i], &s);
    assert_false(s.r.broken);
  }
  crew_talk(three, 3, "without him");
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_the_rules),           TEST(test_of_two_the_smaller),
      TEST(test_an_admins_first),     TEST(test_one_of_a_whole_group),
      TEST(test_nobody_could_follow),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
