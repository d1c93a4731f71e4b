/* SPDX-License-Identifier: Apache-2.0
 * The client and the key log: a directory that lies is refused by everybody who
 * can tell, with evidence, and nothing is sent; one that cannot be checked just
 * now is not accused. */
#include "tests/unit/client/people.h"

#include <dirent.h>
#include <stdio.h>

#include "client/core.h"
#include "client/keylog.h"
#include "client/labels.h"
#include "client/lookup.h"
#include "client/packages.h"
#include "client/watch.h"
#include "tests/unit/client/liar.h"

/* ---- helping ---- */

static fake_account *account_of(world *w, const char *name) {
  char handle[80];
  (void)snprintf(handle, sizeof(handle), "%s@" FAKE_DOMAIN, name);
  fake_account *a = fake_server_account(w->s, handle);
  assert_non_null(a);
  return a;
}

/* Files in the home that are evidence. */
static size_t evidence(const person *p) {
  char path[128];
  size_t n = 0;
  (void)snprintf(path, sizeof(path), "%s/evidence", p->home);
  DIR *d = opendir(path);
  for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
    n += strstr(e->d_name, ".txt") != NULL;
  }
  if (d != NULL) {
    (void)closedir(d);
  }
  return n;
}

static client_trust trust_in(person *p, const char *name) {
  client_code code;
  expect_ok(p, client_code_get(p->c, name, &code, &p->err));
  return code.trust;
}

/* Another log of the same keys in the place of the server's, which is given. */
static fake_log *swap(world *w, fake_log *other) {
  fake_log *before = w->s->log;
  w->s->log = other;
  return before;
}

/* Looks up somebody who is known already, as upkeep does now and then. */
static client_kind recheck(person *p, const char *name) {
  CLIENT_MEM(mem);
  client_person who;
  char handle[80];
  (void)snprintf(handle, sizeof(handle), "%s@" FAKE_DOMAIN, name);
  assert_ok(client_enter(p->c));
  assert_ok(client_person_by_handle(p->c, handle, &mem, &who));
  return client_report(
      &p->c->detail,
      client_lookup_account(p->c, client_id_span(who.account), &mem, &who),
      &p->err);
}

static client_kind look(person *p) {
  assert_ok(client_enter(p->c));
  return client_report(&p->c->detail, client_keylog_look(p->c), &p->err);
}

static client_kind look_at_self(person *p) {
  bool shown;
  assert_ok(client_enter(p->c));
  return client_report(&p->c->detail, client_lookup_self(p->c, &shown),
                       &p->err);
}

static client_kind first_contact(person *p, const char *name) {
  CLIENT_MEM(mem);
  const char *id;
  client_outgoing m = {.to = name, .text = "secret"};
  return client_send(p->c, &m, &mem, &id, &p->err);
}

/* ---- an honest one ---- */

static void test_transparent(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  assert_int_equal(trust_in(alice, "bob"), CLIENT_TRANSPARENT);
  expect_ok(alice, client_verify(alice->c, "bob", NULL, &alice->err));
  assert_int_equal(trust_in(alice, "bob"), CLIENT_VERIFIED);
  assert_int_equal(trust_in(bob, "alice"), CLIENT_TRANSPARENT);
  assert_int_equal(evidence(alice), 0);
  CLIENT_MEM(mem);
  client_status s;
  expect_ok(alice, client_status_get(alice->c, &mem, &s, &alice->err));
  assert_non_null(strstr(s.log.trust, "unwitnessed"));
  assert_string_equal(s.log.log, FAKE_DOMAIN "/keylog");
  assert_true(s.log.unwitnessed && s.log.size == w->s->log->frontier.size);
}

/* An invite that names no log, or none that can be read, makes no account. */
static void test_no_log(void **state) {
  world *w = *state;
  person *alice = person_new(w, "alice");
  char link[TACET_INVITE_LINK_MAX];
  CLIENT_MEM(mem);
  client_registration r;
  w->s->no_trust = true;
  fake_server_invite(w->s, link);
  expect_failure(
      alice,
      client_register(alice->c, "alice", link, "x", &mem, &r, &alice->err),
      CLIENT_USAGE, "no-trust");
  tacet_invite i;
  assert_ok(tacet_invite_parse(tacet_span_str(link), &i));
  memset(i.policy, 1, i.policy_len = 60);
  assert_ok(tacet_invite_write(&i, link));
  expect_failure(
      alice,
      client_register(alice->c, "alice", link, "x", &mem, &r, &alice->err),
      CLIENT_USAGE, "bad-invite");
  assert_int_equal(w->s->n_requests, 0);
}

/* ---- lies ---- */

typedef enum lie {
  OTHER_MANIFEST, /* a chain that the log does not have */
  NO_PROOF,
  OTHERS_PROOF,
  FLIPPED_BIT,
  FORKED_LOG,
  ROLLED_BACK,
  OTHER_KEYS, /* a log that somebody else signs */
  N_LIES
} lie;

static const char *const codes[N_LIES] = {
    "unlogged-manifest", "proof-missing", "unlogged-manifest", NULL,
    "log-fork",          "log-rollback",  "log-signature"};

/* Of the honest state: everybody has joined, and more happened after. */
static void tell(world *w, lie l, const char *about, fake_log **keep) {
  fake_log *log = w->s->log;
  TACET_BUF(chain, 1 << 16);
  switch (l) {
  case OTHER_MANIFEST: {
    person *p = NULL;
    for (size_t i = 0; i < w->n; i++) {
      p = strcmp(w->people[i].name, about) == 0 ? &w->people[i] : p;
    }
    lie_chain(p, 1, &chain);
    *keep = swap(w, fake_log_copy(log, log->n_updates));
    lie_publish(p, tacet_buf_span(&chain));
    fake_log_free(swap(w, *keep));
    *keep = NULL;
    break;
  }
  case NO_PROOF:
    w->s->no_proofs = true;
    break;
  case OTHERS_PROOF:
    w->s->proofs_of = "other@" FAKE_DOMAIN;
    break;
  case FLIPPED_BIT:
    w->s->flip_proof = 2400; /* of the note's base64 and behind */
    break;
  case FORKED_LOG: /* another history, as long and one longer */
    *keep = swap(w, fake_log_copy(log, log->n_updates - 1));
    fake_log_update(w->s->log, "x@y", TACET_SPAN_LIT("another"), w->s->now);
    break;
  case ROLLED_BACK:
    *keep = swap(w, fake_log_copy(log, log->n_updates - 1));
    break;
  case OTHER_KEYS:
    *keep = swap(w, fake_log_new());
    break;
  case N_LIES:
    break;
  }
}

static void take_back(world *w, fake_log *keep) {
  if (keep != NULL) {
    fake_log_free(swap(w, keep));
  }
  w->s->no_proofs = false;
  w->s->proofs_of = NULL;
  w->s->flip_proof = 0;
}

static void check_lie(person *p, lie l, client_kind got, const char *call) {
  check_failure(p, got, CLIENT_KEYS, codes[l], call, __FILE__, (int)l);
  assert_non_null(strstr(p->err.text, "/evidence/"));
  assert_true(evidence(p) > 0);
}

/* Each lie, told to somebody who never wrote to the other. */
static void test_lies_at_first(void **state) {
  world *w = *state;
  (void)person_join(w, "other");
  person *bob = person_join(w, "bob");
  (void)bob;
  person *alice = person_join(w, "alice");
  (void)person_join(w, "last");
  for (int l = 0; l < N_LIES; l++) {
    fake_log *keep = NULL;
    size_t sends = w->s->n_sends;
    expect_ok(alice, look(alice)); /* she has seen all there is */
    tell(w, (lie)l, "bob", &keep);
    check_lie(alice, (lie)l, first_contact(alice, "bob"), "first contact");
    assert_int_equal(w->s->n_sends, sends);
    take_back(w, keep);
    if (l == OTHER_MANIFEST) { /* bob really has that device now */
      fake_account *a = account_of(w, "bob");
      fake_log_update(w->s->log, a->handle,
                      tacet_span_of(a->manifests[1].p, a->manifests[1].len),
                      w->s->now);
    }
  }
  expect_ok(alice, first_contact(alice, "bob"));
  assert_int_equal(trust_in(alice, "bob"), CLIENT_TRANSPARENT);
}

/* Each lie about somebody whom one knows: from then on nothing is sent to
 * them, or to anybody where the log as a whole is wrong, until it is as it
 * was. */
static void test_lies_about_contacts(void **state) {
  world *w = *state;
  (void)person_join(w, "other");
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  (void)person_join(w, "last");
  for (int l = 1; l < N_LIES; l++) {
    fake_log *keep = NULL;
    CLIENT_MEM(mem);
    const char *id;
    client_delivery d;
    client_outgoing m = {.to = "bob", .text = "still there?"};
    expect_ok(alice, recheck(alice, "bob"));
    tell(w, (lie)l, "bob", &keep);
    size_t sends = w->s->n_sends;
    check_lie(alice, (lie)l, recheck(alice, "bob"), "recheck");
    if (l == FLIPPED_BIT) { /* once: the next look is fine */
      take_back(w, keep);
      gather(alice);
      continue;
    }
    client_kind kind = client_send(alice->c, &m, &mem, &id, &alice->err);
    if (kind == CLIENT_OK) { /* the log as a whole: found by whoever syncs */
      kind = client_flush(alice->c, id, 1000, &d, &alice->err);
    }
    assert_int_equal(kind, CLIENT_KEYS);
    assert_int_equal(w->s->n_sends, sends);
    take_back(w, keep);
    expect_ok(alice, recheck(alice, "bob")); /* an explanation was found */
    gather(alice);
    assert_true(codes[l] == NULL || warned(codes[l]) == 1);
    say(alice, "bob", "good");
    hear(bob, "good");
  }
}

/* Each lie about oneself. */
static void test_lies_about_oneself(void **state) {
  world *w = *state;
  (void)person_join(w, "other");
  person *alice = person_join(w, "alice");
  (void)person_join(w, "last");
  for (int l = 1; l < N_LIES; l++) {
    fake_log *keep = NULL;
    expect_ok(alice, look_at_self(alice));
    tell(w, (lie)l, "alice", &keep);
    check_lie(alice, (lie)l, look_at_self(alice), "self");
    take_back(w, keep);
    expect_ok(alice, look_at_self(alice));
  }
}

/* The directory gives one's handle to somebody else, in its log for all to
 * see. */
static void test_the_own_handle_moves(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *eve = person_join(w, "eve");
  expect_ok(alice, look_at_self(alice));
  fake_account *a = account_of(w, "alice");
  TACET_BUF(bytes, TACET_MANIFEST_MAX);
  tacet_manifest m = {.n_devices = 1};
  tacet_manifest_signer by = {.private_key = &eve->c->self.device_key};
  const tacet_secret *keys[] = {&eve->c->self.device_key};
  strcpy(m.handle, a->handle);
  memcpy(m.devices[0].id, eve->c->self.device, sizeof(by.device_id));
  memcpy(m.devices[0].key, eve->c->self.device_public, 32);
  memcpy(m.recovery_key, eve->c->self.device_public, 32);
  memcpy(by.device_id, eve->c->self.device, sizeof(by.device_id));
  assert_ok(tacet_manifest_sign(&m, NULL, &by, keys, 1, &bytes));
  assert_ok(tacet_manifest_parse(tacet_buf_span(&bytes), &m));
  free(a->manifests[--a->n_manifests].p);
  memcpy(a->id, m.account_id, sizeof(a->id));
  fake_manifest_add(w->s, a, tacet_buf_span(&bytes), &m);
  expect_failure(alice, look_at_self(alice), CLIENT_KEYS, "own-handle-moved");
  assert_true(evidence(alice) > 0);
}

/* Every byte of the proofs of a first contact, one bit of it: refused. */
static void test_every_byte(void **state) {
  world *w = *state;
  (void)person_join(w, "bob");
  person *alice = person_join(w, "alice");
  for (size_t bit = 1;; bit += 8) {
    w->s->flip_proof = bit + bit / 8 % 8;
    client_kind kind = first_contact(alice, "bob");
    if (w->s->flip_proof != 0) { /* behind the end */
      assert_int_equal(kind, CLIENT_OK);
      assert_true(bit > 8 * 400);
      return;
    }
    assert_int_equal(kind, CLIENT_KEYS);
  }
}

/* ---- a server that is set back ---- */

/* Who saw more notices at once, whatever they do; who did not never does. */
static void test_rollback(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  assert_int_equal(look(alice), CLIENT_OK);
  assert_int_equal(look(bob), CLIENT_OK);
  fake_log *backup = fake_log_copy(w->s->log, w->s->log->n_updates);
  (void)person_join(w, "carol");
  assert_int_equal(look(alice), CLIENT_OK); /* bob is away */
  fake_log *newer = swap(w, backup);
  (void)person_join(w, "dave"); /* as if nothing had been */
  CLIENT_MEM(mem);
  client_event e;
  client_wait now = {.fd = -1};
  size_t sends = w->s->n_sends;
  person_reopen(alice);
  client_kind kind;
  do { /* what is stored is shown, the warning last */
    kind = client_next_event(alice->c, &now, &mem, &e, &alice->err);
    if (kind == CLIENT_OK && e.type != CLIENT_EVENT_NONE) {
      expect_ok(alice, client_event_done(alice->c, e.id, &alice->err));
    }
  } while (kind == CLIENT_OK && e.type != CLIENT_EVENT_NONE);
  expect_failure(alice, kind, CLIENT_KEYS, "log-fork");
  const char *id;
  client_delivery d;
  client_outgoing m = {.to = "bob", .text = "careful"};
  expect_ok(alice, client_send(alice->c, &m, &mem, &id, &alice->err));
  expect_failure(alice, client_flush(alice->c, id, 1000, &d, &alice->err),
                 CLIENT_KEYS, "log-fork");
  assert_int_equal(w->s->n_sends, sends);
  person_reopen(bob);
  say(bob, "alice", "all is well here");
  gather(bob);
  assert_int_equal(evidence(bob), 0);
  /* The operator finds the newer disk again. */
  fake_log_free(swap(w, newer));
  expect_ok(alice, client_flush(alice->c, id, 60000, &d, &alice->err));
  assert_int_equal(d, CLIENT_SENT);
}

/* ---- outages ---- */

static void witnessed(world *w) {
  w->s->log->quorum = 2;
  w->s->log->n_cosign = 2;
}

/* Witnesses that are away, or whose word is old: nobody new can be checked, and
 * that is said; who is known is written to as ever. */
static void test_outages(void **state) {
  world *w = *state;
  witnessed(w);
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  (void)person_join(w, "carol");
  befriend(alice, bob);
  w->s->log->cosigned_at = w->s->now / 1000;
  w->s->now += (FAKE_MAX_AGE + 3600) * (uint64_t)1000;
  expect_failure(alice, first_contact(alice, "carol"), CLIENT_UNREACHABLE,
                 "stale-log");
  person_reopen(alice);
  say(alice, "bob", "carol has to wait");
  hear(bob, "carol has to wait");
  w->s->log->cosigned_at = 0;
  w->s->log->n_cosign = 1;
  expect_failure(alice, first_contact(alice, "carol"), CLIENT_UNREACHABLE,
                 "few-witnesses");
  person_reopen(alice);
  say(alice, "bob", "and wait");
  hear(bob, "and wait");
  w->s->log->n_cosign = 3;
  say(alice, "carol", "now then");
  gather(alice);
  assert_int_equal(evidence(alice), 0);
  assert_int_equal(trust_in(alice, "carol"), CLIENT_TRANSPARENT);
}

/* A clock that is a day off, either way, accuses nobody. */
static void test_clocks(void **state) {
  world *w = *state;
  witnessed(w);
  (void)person_join(w, "bob");
  (void)person_join(w, "carol");
  person *alice = person_join(w, "alice");
  alice->skew = -(int64_t)CLIENT_DAY;
  assert_int_equal(trust_in(alice, "bob"), CLIENT_TRANSPARENT);
  alice->skew = (int64_t)CLIENT_DAY + 60000;
  expect_failure(alice, first_contact(alice, "carol"), CLIENT_UNREACHABLE,
                 "stale-log");
  assert_int_equal(look(alice), CLIENT_OK);
  alice->skew = 0;
  say(alice, "carol", "I am here");
  assert_int_equal(evidence(alice), 0);
}

/* The directory does not show one's newest keys: told after an hour, once. */
static void test_withheld(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  gather(alice);
  strcpy(account_of(w, "alice")->handle, "hidden");
  w->s->now += 2 * CLIENT_DAY;
  gather(alice);
  assert_int_equal(warned("own-keys-withheld"), 0);
  for (int i = 0; i < 12; i++) {
    w->s->now += CLIENT_HOUR / 4;
    gather(alice);
  }
  assert_int_equal(warned("own-keys-withheld"), 1);
}

/* Key packages that name newer keys than the log has yet: waited for, and no
 * accusation. */
static void test_not_published(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  TACET_BUF(chain, 1 << 16);
  CLIENT_MEM(mem);
  const char *id;
  client_delivery d;
  client_outgoing m = {.to = "bob", .text = "soon"};
  fake_account *a = account_of(w, "bob");
  lie_chain(bob, 1, &chain);
  lie_learn(bob, tacet_buf_span(&chain));
  for (size_t i = 0; i < a->n_packages; i++) {
    free(a->packages[i].bytes.p);
  }
  a->n_packages = 0;
  assert_ok(client_packages_top_up(bob->c));
  expect_ok(alice, client_send(alice->c, &m, &mem, &id, &alice->err));
  expect_ok(alice, client_flush(alice->c, id, 1000, &d, &alice->err));
  assert_int_equal(d, CLIENT_QUEUED);
  assert_string_equal(alice->err.code, "not-published");
  lie_publish(bob, tacet_buf_span(&chain));
  w->s->now += CLIENT_HOUR;
  expect_ok(alice, client_flush(alice->c, id, 60000, &d, &alice->err));
  assert_int_equal(d, CLIENT_SENT);
  assert_int_equal(evidence(alice), 0);
}

/* ---- watching ---- */

/* Oneself daily, others monthly, one at a time. */
static void test_watching(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  person *carol = person_join(w, "carol");
  befriend(alice, bob);
  befriend(alice, carol);
  size_t lookups = w->s->n_lookups;
  for (int day = 0; day < 60; day++) {
    for (int hour = 0; hour < 24; hour += 6) {
      w->s->now += 6 * CLIENT_HOUR;
      gather(alice);
    }
  }
  size_t n = w->s->n_lookups - lookups;
  assert_true(n >= 60 + 2 * 2 && n < 75 + 2 * 5);
  assert_int_equal(evidence(alice), 0);
}

/* ---- dying ---- */

static bool meet(void *ctx, int n) {
  world *w = ctx;
  person *alice = &w->people[0];
  char name[32];
  (void)snprintf(name, sizeof(name), "friend%d", n);
  (void)person_join(w, name);
  client_kind kind = first_contact(alice, name);
  bool alive = !client_store_dead(alice->c->store);
  if (!alive) {
    person_reopen(alice);
    kind = first_contact(alice, name);
  }
  assert_int_equal(kind, CLIENT_OK);
  assert_int_equal(trust_in(alice, name), CLIENT_TRANSPARENT);
  return alive;
}

static void test_death(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  at_each_step(alice, meet, w);
  assert_int_equal(evidence(alice), 0);
}

int main(void) {
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      T(test_transparent),
      T(test_no_log),
      T(test_lies_at_first),
      T(test_lies_about_contacts),
      T(test_lies_about_oneself),
      T(test_the_own_handle_moves),
      T(test_every_byte),
      T(test_rollback),
      T(test_outages),
      T(test_clocks),
      T(test_withheld),
      T(test_not_published),
      T(test_watching),
      T(test_death),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
