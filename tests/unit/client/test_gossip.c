/* SPDX-License-Identifier: Apache-2.0
 * Two logs of one directory, and people who write to each other: whoever hears
 * of the other one stops, with proof; nobody can be made to stop by a lie. */
#include "tests/unit/client/people.h"

#include <dirent.h>
#include <stdio.h>

#include "client/core.h"
#include "client/evidence.h"
#include "client/gossip.h"
#include "client/heads.h"
#include "client/keylog.h"
#include "tacet/content.h"
#include "tacet/keytrans/evidence.h"
#include "tests/unit/client/liar.h"

/* ---- helping ---- */

static client_kind look(person *p) {
  assert_ok(client_enter(p->c));
  return client_report(&p->c->detail, client_keylog_look(p->c), &p->err);
}

static uint64_t size_seen(person *p) {
  CLIENT_KEYLOG(k);
  assert_ok(client_enter(p->c));
  assert_ok(client_keylog_open(p->c, &k));
  return k.r.size;
}

static void grow(fake_log *l, const char *handle) {
  fake_log_update(l, handle, TACET_SPAN_LIT("somebody"), FAKE_START);
}

/* What p has heard of the head that the other's device saw. */
static uint8_t state_of(person *p, size_t *n) {
  CLIENT_MEM(mem);
  client_gossip *list;
  assert_ok(client_enter(p->c));
  assert_ok(client_gossip_list(p->c, &mem, &list, n));
  return *n > 0 ? list[0].state : 0;
}

/* Everything that waits is taken; how it ended. */
static client_kind take(person *p) {
  client_wait now = {.fd = -1};
  client_kind kind = CLIENT_OK;
  for (bool more = true; more && kind == CLIENT_OK;) {
    CLIENT_MEM(mem);
    client_event e;
    kind = client_next_event(p->c, &now, &mem, &e, &p->err);
    more = kind == CLIENT_OK && e.type != CLIENT_EVENT_NONE;
    if (more) {
      expect_ok(p, client_event_done(p->c, e.id, &p->err));
    }
  }
  return kind;
}

/* The only evidence in the home stands against the server's log. */
static void check_evidence(person *p) {
  char path[400] = "", folder[128];
  uint8_t bytes[1 << 16];
  tacet_evidence_verdict v;
  (void)snprintf(folder, sizeof(folder), "%s/evidence", p->home);
  DIR *d = opendir(folder);
  assert_non_null(d);
  for (struct dirent *e; (e = readdir(d)) != NULL;) {
    if (strstr(e->d_name, ".txt") != NULL) {
      assert_string_equal(path, "");
      (void)snprintf(path, sizeof(path), "%s/%s", folder, e->d_name);
    }
  }
  (void)closedir(d);
  assert_non_null(strstr(p->err.text, path));
  FILE *f = fopen(path, "r");
  assert_non_null(f);
  size_t n = fread(bytes, 1, sizeof(bytes), f);
  (void)fclose(f);
  assert_ok(tacet_evidence_verify(tacet_span_of(bytes, n),
                                  &p->w->s->log->log_name, NULL, &v));
  assert_int_equal(v.kind, TACET_EVIDENCE_SPLIT_VIEW);
}

/* ---- one log ---- */

static void test_one_log(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  size_t n;
  (void)person_join(w, "carol"); /* the log goes on */
  assert_int_equal(look(bob), CLIENT_OK);
  say(bob, "alice", "seen more");
  assert_int_equal(take(alice), CLIENT_OK);
  assert_int_equal(take(alice), CLIENT_OK);
  assert_int_equal(state_of(alice, &n), CLIENT_GOSSIP_FITS);
  assert_int_equal(n, 1);
  /* An older one than is known here. */
  (void)person_join(w, "dave");
  assert_int_equal(look(alice), CLIENT_OK);
  (void)person_join(w, "erin");
  assert_int_equal(look(bob), CLIENT_OK);
  assert_int_equal(look(alice), CLIENT_OK);
  say(alice, "bob", "equal");
  assert_int_equal(take(bob), CLIENT_OK);
  assert_int_equal(take(bob), CLIENT_OK);
  assert_int_equal(state_of(bob, &n), CLIENT_GOSSIP_FITS);
}

/* ---- two logs ---- */

/* alice is shown one log, bob another, which is as long, longer or shorter. */
static void split(world *w, int longer, bool patient) {
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  (void)take(alice);
  (void)take(bob);
  fake_log *a = w->s->log, *b = fake_log_copy(a, a->n_updates);
  for (int i = 0; i < 2; i++) {
    grow(a, "x@" FAKE_DOMAIN);
    grow(b, "y@" FAKE_DOMAIN);
  }
  for (int i = 0; i < (longer > 0 ? longer : -longer); i++) {
    grow(longer > 0 ? b : a, "z@" FAKE_DOMAIN);
  }
  assert_int_equal(look(alice), CLIENT_OK);
  w->s->log = b;
  assert_int_equal(look(bob), CLIENT_OK);
  say(bob, "alice", "what do you see?");
  w->s->log = a;
  client_kind kind = take(alice);
  if (patient) { /* it may just not have been published everywhere */
    for (int i = 0; i < 8 && kind == CLIENT_OK; i++) {
      w->s->now += 10 * CLIENT_MINUTE;
      kind = take(alice);
    }
  }
  expect_failure(alice, kind, CLIENT_KEYS, "log-split");
  assert_non_null(strstr(alice->err.text, "bob@" FAKE_DOMAIN));
  const char *id;
  client_delivery d;
  CLIENT_MEM(mem);
  client_outgoing m = {.to = "bob", .text = "not that"};
  size_t sends = w->s->n_sends;
  person_reopen(alice);
  expect_ok(alice, client_send(alice->c, &m, &mem, &id, &alice->err));
  expect_failure(alice, client_flush(alice->c, id, 1000, &d, &alice->err),
                 CLIENT_KEYS, "log-split");
  assert_int_equal(w->s->n_sends, sends);
  if (!patient) {
    check_evidence(alice);
  }
  w->s->log = a;
  fake_log_free(b);
}

static void test_as_long(void **state) {
  split(*state, 0, false);
}

static void test_shorter(void **state) {
  split(*state, -1, false);
}

static void test_longer(void **state) {
  split(*state, 1, true);
}

/* ---- questions that are not answered ---- */

/* The head of bob's log, and nothing that shows that it is not alice's. */
static void evaded(world *w, unsigned evasion, int grown) {
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  (void)take(alice);
  (void)take(bob);
  fake_log *a = w->s->log, *b = fake_log_copy(a, a->n_updates);
  grow(b, "y@" FAKE_DOMAIN);
  for (int i = 0; i < 3; i++) {
    grow(a, "x@" FAKE_DOMAIN);
  }
  assert_int_equal(look(alice), CLIENT_OK);
  w->s->log = b;
  assert_int_equal(look(bob), CLIENT_OK);
  say(bob, "alice", "what do you see?");
  w->s->evade_from = size_seen(bob);
  w->s->evasion = evasion;
  w->s->other_log = b;
  w->s->log = a;
  for (int i = 0; i < grown; i++) {
    grow(b, "y@" FAKE_DOMAIN);
  }
  client_kind kind = take(alice);
  assert_int_equal(kind, CLIENT_OK); /* who knows */
  for (int i = 0; i < 8 && kind == CLIENT_OK; i++) {
    w->s->now += 10 * CLIENT_MINUTE;
    kind = take(alice);
  }
  expect_failure(alice, kind, CLIENT_KEYS, "log-split");
  person_reopen(alice);
  expect_failure(alice, take(alice), CLIENT_KEYS, "log-split");
  w->s->log = a;
  fake_log_free(b);
}

static void test_not_found(void **state) {
  evaded(*state, FAKE_NONE, 0);
}

static void test_too_many(void **state) {
  evaded(*state, FAKE_RATE, 0);
}

static void test_half(void **state) {
  evaded(*state, FAKE_HALF, 0);
}

static void test_other_log_shorter(void **state) {
  evaded(*state, FAKE_OTHER, 0);
}

static void test_other_log_longer(void **state) {
  evaded(*state, FAKE_OTHER, 5);
}

/* However quickly two logs grow, one question is about one of them. */
static void test_both_grow(void **state) {
  evaded(*state, FAKE_GROW, 5);
}

/* ---- heads that were seen ---- */

#define HEAD_LEN 104

/* Some are kept, the rarer the older; they show what a server does that goes
 * back and on from there, long before it is where it was. */
static void test_gone_back(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  for (int i = 0; i < 100; i++) {
    grow(w->s->log, "x@" FAKE_DOMAIN);
    assert_int_equal(look(alice), CLIENT_OK);
  }
  {
    CLIENT_KEYLOG(k);
    uint64_t last = 0;
    assert_ok(client_enter(alice->c));
    assert_ok(client_keylog_open(alice->c, &k));
    assert_int_equal(k.r.heads.len, 32 * HEAD_LEN);
    for (size_t i = 0; i < 32; i++) {
      tacet_err e = TACET_OK;
      tacet_reader r = tacet_reader_over(
          tacet_span_of(k.r.heads.p + i * HEAD_LEN, HEAD_LEN), &e);
      uint64_t size = tacet_read_u64(&r);
      assert_true(size > last);
      last = size;
    }
    assert_int_equal(last, k.r.size);
  }
  fake_log *a = w->s->log, *b = fake_log_copy(a, 60);
  w->s->log = b;
  expect_failure(alice, look(alice), CLIENT_KEYS, "log-rollback");
  assert_non_null(strstr(alice->err.text, "A report is in"));
  for (int i = 0; i < 10; i++) {
    grow(b, "y@" FAKE_DOMAIN);
  }
  expect_failure(alice, look(alice), CLIENT_KEYS, "log-fork");
  assert_non_null(strstr(alice->err.text, "The evidence is in"));
  w->s->log = a;
  assert_int_equal(look(alice), CLIENT_OK);
  fake_log_free(b);
}

/* From a power of two on, a proof does not tell the root that it claims. */
static void test_wider(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  for (int i = 0; i < 8; i++) {
    grow(w->s->log, "x@" FAKE_DOMAIN);
  }
  for (uint64_t from = 1; from < 17; from++) {
    CLIENT_MEM(mem);
    TACET_BUF(head, 1 << 16);
    fake_log_head(w->s->log, from, w->s->now, &head);
    client_finding f = {.head = tacet_buf_span(&head), .from = from};
    assert_ok(client_enter(alice->c));
    assert_ok(client_heads_widen(alice->c, &mem, &f));
    uint64_t size;
    assert_ok(client_evidence_size(tacet_buf_span(&head), &size));
    bool power = from == 2 || from == 4 || from == 8 || from == 16;
    bool wider = power && size > 2 * from;
    assert_int_equal(f.from, from + (wider ? 1 : 0));
    assert_int_equal(f.head.p != head.p, wider);
  }
}

/* ---- lies of members ---- */

/* A head that no log has signed accuses nobody. */
static void test_a_made_up_head(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  (void)take(alice);
  uint8_t log[TACET_CONTENT_LOG_LEN] = {0, 0, 0, 0, 0, 0, 0, 3, 1};
  for (size_t len = 103; len <= 104; len++) {
    TACET_BUF(content, 4096);
    tacet_content_args args = {.text = TACET_SPAN_LIT("look"),
                               .counter = 1000 + len,
                               .sent_at = w->s->now,
                               .log = tacet_span_of(log, sizeof(log))};
    assert_ok(tacet_content_make(&content, &args));
    lie_content(bob, "alice", tacet_buf_span(&content));
    assert_int_equal(take(alice), CLIENT_OK);
    log[7]++;
  }
  size_t n;
  assert_int_equal(state_of(alice, &n), CLIENT_GOSSIP_UNSIGNED);
  say(alice, "bob", "nice try");
  hear(bob, "nice try");
}

/* Told once in a conversation, as long as nothing changes. */
static void test_told_once(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  CLIENT_MEM(mem);
  tacet_span told;
  uint8_t talk[32] = {7};
  for (int i = 0; i < 3; i++) {
    CLIENT_TX(tx);
    assert_ok(client_enter(alice->c));
    assert_ok(client_tx_begin(alice->c->store, &tx));
    assert_ok(client_gossip_tell(alice->c, talk, &mem, &told));
    assert_ok(client_tx_commit(&tx));
    assert_int_equal(told.len, i == 1 ? 0 : TACET_CONTENT_LOG_LEN);
    if (i == 1) {
      grow(w->s->log, "z@" FAKE_DOMAIN);
      assert_int_equal(look(alice), CLIENT_OK);
    }
  }
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      T(test_one_log),
      T(test_as_long),
      T(test_shorter),
      T(test_longer),
      T(test_not_found),
      T(test_too_many),
      T(test_half),
      T(test_other_log_shorter),
      T(test_other_log_longer),
      T(test_both_grow),
      T(test_gone_back),
      T(test_wider),
      T(test_a_made_up_head),
      T(test_told_once),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
