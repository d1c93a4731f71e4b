/* SPDX-License-Identifier: Apache-2.0
 * A slot with what a hostile member put there: all members judge it alike, so
 * that none is left behind.
 */
#include "tests/unit/client/crew.h"
#include "tests/unit/client/forge.h"

#include <string.h>

#include "client/commit.h"
#include "tacet/content.h"
#include "tacet/content/envelope.h"

typedef struct scene {
  world *w;
  person *p[3]; /* alice, the admin; bob, who is hostile; carol */
} scene;

/* Everybody passes over it, and follows what alice does next. */
static void all_go_on(scene *t, const char *what) {
  bool queued;
  uint64_t before = crew_epoch(t->p[0]);
  expect_ok(t->p[0], client_group_rename(t->p[0]->c, "crew", "crew", &queued,
                                         &t->p[0]->err));
  for (int i = 0; i < 3; i++) {
    gather(t->p[i]);
  }
  for (int i = 0; i < 3; i++) {
    uint64_t now = crew_epoch(t->p[i]);
    if (now != crew_epoch(t->p[0]) || now == before) {
      fail_msg("%s: %s stayed behind", what, t->p[i]->name);
    }
  }
  crew_talk(t->p, 3, what);
}

/* A message that carol has read, and alice has not. */
static void an_application_message(scene *t, tacet_buf *out) {
  CLIENT_SESSION(s);
  CLIENT_TX(tx);
  tacet_mls_protect_args args = {.padding = 0};
  tacet_content_args said = {.text = TACET_SPAN_LIT("a trap"), .counter = 90};
  TACET_BUF(content, 4096);
  assert_ok(tacet_content_make(&content, &said));
  crew_open(t->p[1], &s);
  assert_ok(tacet_mls_protect(s.mls, tacet_buf_span(&content), &args, out));
  assert_ok(client_tx_begin(t->p[1]->c->store, &tx));
  assert_ok(client_session_save(t->p[1]->c, &s));
  assert_ok(client_tx_commit(&tx));
  crew_send(t->p[1], &s, tacet_buf_span(out));
  hear(t->p[2], "a trap");
}

/* What stood in the slot that led here: alice made it. */
static void a_commit_of_before(scene *t, tacet_buf *out) {
  CLIENT_SESSION(s);
  CLIENT_MEM(mem);
  bool queued;
  client_epoch e;
  TACET_BYTES(plain);
  tacet_envelope_type type;
  tacet_span inside;
  tacet_slot_body body;
  crew_open(t->p[1], &s);
  assert_ok(client_epoch_get(t->p[1]->c, s.r.id, s.r.epoch, &mem, &e));
  expect_ok(t->p[0], client_group_rename(t->p[0]->c, "crew", "crew", &queued,
                                         &t->p[0]->err));
  gather(t->p[1]);
  gather(t->p[2]);
  const fake_slot *slot = &t->w->s->slots[t->w->s->n_slots - 1];
  assert_ok(tacet_envelope_open(tacet_secret_span(&e.envelope),
                                tacet_span_of(slot->body.p, slot->body.len),
                                &plain, &type, &inside));
  assert_ok(tacet_slot_body_parse(inside, &body));
  tacet_write_bytes(out, body.commit);
}

static void a_commit_that_carol_never_made(scene *t, tacet_buf *out) {
  CLIENT_SESSION(s);
  crew_open(t->p[1], &s);
  forge_commit_of(s.mls, crew_leaf(t->p[1], &s, t->p[2]), out);
}

static void a_proposal(scene *t, tacet_buf *out) {
  CLIENT_SESSION(s);
  crew_open(t->p[1], &s);
  forge_proposal(s.mls, crew_leaf(t->p[1], &s, t->p[2]), out);
}

static void no_message_at_all(scene *t, tacet_buf *out) {
  (void)t;
  tacet_write_bytes(out, TACET_SPAN_LIT("this is no message"));
}

static const struct {
  const char *what;
  void (*make)(scene *t, tacet_buf *out);
} traps[] = {
    {"an application message", an_application_message},
    {"a commit of before", a_commit_of_before},
    {"a commit that carol never made", a_commit_that_carol_never_made},
    {"a proposal", a_proposal},
    {"no message at all", no_message_at_all},
};

static void test_all_skip_alike(void **state) {
  scene t = {.w = *state};
  crew_new(t.w, t.p, 3);
  for (size_t i = 0; i < sizeof(traps) / sizeof(traps[0]); i++) {
    TACET_BUF(trap, 1 << 20);
    traps[i].make(&t, &trap);
    assert_ok(trap.err);
    crew_put(t.p[1], 0, tacet_buf_span(&trap));
    all_go_on(&t, traps[i].what);
  }
  assert_int_equal(warned("undecryptable"), 0);
}

/* bob shows a proposal to carol alone, and then commits under the same key: if
 * she had spent it, his commit would not open for her. */
static void test_keys_spent_at_one_member(void **state) {
  scene t = {.w = *state};
  crew_new(t.w, t.p, 3);
  {
    CLIENT_SESSION(s);
    TACET_BUF(message, 4096);
    crew_open(t.p[1], &s);
    forge_proposal(s.mls, crew_leaf(t.p[1], &s, t.p[0]), &message);
    crew_send(t.p[1], &s, tacet_buf_span(&message)); /* s is not saved */
  }
  gather(t.p[2]);
  crew_commit(t.p[1], &(client_change){.update = true});
  all_go_on(&t, "the same key");
}

/* Nobody follows a commit against the rules, so nobody is left behind by what
 * it has, or has not, for him. */
static void test_the_rules_come_first(void **state) {
  scene t = {.w = *state};
  crew_new(t.w, t.p, 3);
  uint32_t alice;
  {
    CLIENT_SESSION(s);
    crew_open(t.p[1], &s);
    alice = crew_leaf(t.p[1], &s, t.p[0]);
  }
  crew_commit(t.p[1], &(client_change){.leaves = &alice, .n_leaves = 1});
  crew_edit(t.p[2], forge_deafness);
  gather(t.p[2]);
  assert_int_equal(warned("undecryptable"), 0);
  crew_edit(t.p[2], forge_deafness); /* she hears again */
  bool queued;
  expect_ok(t.p[0], client_group_rename(t.p[0]->c, "crew", "crew", &queued,
                                        &t.p[0]->err));
  gather(t.p[2]);
  assert_int_equal(crew_epoch(t.p[2]), crew_epoch(t.p[0]));
  assert_int_equal(crew_members(t.p[2]), 3);
}

/* What is right for the others and not for her, she cannot skip: they go on. */
static void test_what_is_her_own_failure(void **state) {
  scene t = {.w = *state};
  crew_new(t.w, t.p, 3);
  crew_edit(t.p[2], forge_deafness);
  crew_commit(t.p[1], &(client_change){.update = true});
  gather(t.p[2]);
  assert_int_equal(warned("undecryptable"), 1);
  gather(t.p[0]);
  assert_true(crew_epoch(t.p[2]) < crew_epoch(t.p[0]));
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_all_skip_alike),
      TEST(test_keys_spent_at_one_member),
      TEST(test_the_rules_come_first),
      TEST(test_what_is_her_own_failure),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
