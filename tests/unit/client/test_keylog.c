/* SPDX-License-Identifier: Apache-2.0
 * The client and the key log: a directory that lies is refused by everybody who
 * can tell, with evidence, and nothing is sent; one that cannot be checked just
 * now is not accused. */
#include "tests/unit/client/seer.h"

#include <stdio.h>

#include "client/core.h"
#include "client/keylog.h"
#include "client/labels.h"
#include "client/lookup.h"
#include "client/watch.h"
#include "tacet/keytrans/evidence.h"
#include "tests/unit/client/liar.h"

/* ---- helping ---- */

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

static client_kind look_at_self(person *p) {
  bool shown;
  assert_ok(client_enter(p->c));
  return client_report(&p->c->detail, client_lookup_self(p->c, &shown),
                       &p->err);
}

/* ---- an honest one ---- */

static void test_transparent(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  assert_int_equal(seer_trust(alice, "bob"), CLIENT_TRANSPARENT);
  expect_ok(alice, client_verify(alice->c, "bob", NULL, &alice->err));
  assert_int_equal(seer_trust(alice, "bob"), CLIENT_VERIFIED);
  assert_int_equal(seer_trust(bob, "alice"), CLIENT_TRANSPARENT);
  assert_int_equal(seer_evidence(alice), 0);
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
  assert_true(seer_evidence(p) > 0);
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
    expect_ok(alice, seer_look(alice)); /* she has seen all there is */
    tell(w, (lie)l, "bob", &keep);
    check_lie(alice, (lie)l, seer_write(alice, "bob"), "first contact");
    assert_int_equal(w->s->n_sends, sends);
    take_back(w, keep);
    if (l == OTHER_MANIFEST) { /* bob really has that device now */
      fake_account *a = seer_account(w, "bob");
      fake_log_update(w->s->log, a->handle,
                      tacet_span_of(a->manifests[1].p, a->manifests[1].len),
                      w->s->now);
    }
  }
  expect_ok(alice, seer_write(alice, "bob"));
  assert_int_equal(seer_trust(alice, "bob"), CLIENT_TRANSPARENT);
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
    say(alice, "bob", "good"); /* it is as it was: another try is one */
    gather(alice);
    assert_true(codes[l] == NULL || warned(codes[l]) == 1);
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
  fake_account *a = seer_account(w, "alice");
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
  expect_ok(alice, look_at_self(alice));
  gather(alice);
  assert_int_equal(warned("own-reset\n"), 1);
  assert_int_equal(seer_evidence(alice), 0); /* the log's rules allow it */
}

/* Every byte of the proofs of a first contact, one bit of it: refused. */
static void test_every_byte(void **state) {
  world *w = *state;
  (void)person_join(w, "bob");
  person *alice = person_join(w, "alice");
  for (size_t bit = 1;; bit += 8) {
    w->s->flip_proof = bit + bit / 8 % 8;
    client_kind kind = seer_write(alice, "bob");
    if (w->s->flip_proof != 0) { /* behind the end */
      assert_int_equal(kind, CLIENT_OK);
      assert_true(bit > 8 * 400);
      return;
    }
    assert_int_equal(kind, CLIENT_KEYS);
  }
}

/* ---- what was seen is named, and left out ---- */

#define LOOKS 200

/* bob has a second manifest in the log. */
static void change_devices(person *bob) {
  TACET_BUF(chain, 1 << 16);
  lie_chain(bob, 1, &chain);
  lie_publish(bob, tacet_buf_span(&chain));
}

/* Only what `from` tells as well: at version 0, or to who asks from the begin
 * on, nothing; and now and then nothing in any case. */
static void test_seen_is_named(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob"),
         *carol = person_join(w, "carol");
  befriend(alice, bob);
  for (int i = 0; i < 20; i++) {
    expect_ok(alice, recheck(alice, "bob"));
  }
  change_devices(bob);
  expect_ok(alice, recheck(alice, "bob")); /* she has seen version 0 */
  expect_ok(carol, seer_write(carol, "bob"));
  assert_int_equal(w->s->n_seen, 0);
  for (int i = 0; i < LOOKS; i++) {
    expect_ok(alice, recheck(alice, "bob"));
    expect_ok(alice, look_at_self(alice));
  }
  size_t n = w->s->n_seen; /* seven in eight of the former */
  assert_true(n > LOOKS / 2 && n < LOOKS);
  assert_int_equal(seer_evidence(alice), 0);
}

/* Who has other keys of somebody from a letter than the log was seen to have
 * does not tell by what is named. */
static void test_seen_is_not_named_of_others(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  TACET_BUF(longer, 1 << 16);
  TACET_BUF(logged, 1 << 16);
  lie_chain(bob, 2, &longer);
  tacet_span list = tacet_buf_span(&longer), one;
  for (int i = 0; i < 2; i++) {
    assert_true(tacet_opaque_list_next(&list, &one));
    tacet_opaque_list_add(&logged, one);
  }
  lie_publish(bob, tacet_buf_span(&logged));
  expect_ok(alice, recheck(alice, "bob"));
  lie_learn(alice, tacet_buf_span(&longer));
  size_t n = w->s->n_seen;
  for (int i = 0; i < 30; i++) {
    expect_failure(alice, recheck(alice, "bob"), CLIENT_UNREACHABLE,
                   "not-published");
  }
  assert_int_equal(w->s->n_seen, n);
}

/* A proof that leaves out what this reader never saw, true as it is, is no
 * proof for him. */
static void test_too_much_left_out(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  change_devices(bob);
  w->s->leave_out = 2;
  expect_failure(alice, seer_write(alice, "bob"), CLIENT_KEYS,
                 "unlogged-manifest");
  assert_true(seer_evidence(alice) > 0);
  w->s->leave_out = 0;
  expect_ok(alice, seer_write(alice, "bob"));
  w->s->leave_out = 2; /* she may have named it, or not */
  for (int i = 0, refused = 0; refused == 0; i++) {
    client_kind kind = recheck(alice, "bob");
    refused = kind == CLIENT_KEYS;
    assert_true(kind == CLIENT_OK || refused);
    assert_true(i < LOOKS);
  }
}

/* The file that the failure names. */
static tacet_evidence_kind kind_of_evidence(const person *p) {
  char path[256];
  static char text[TACET_EVIDENCE_MAX];
  const char *from = strstr(p->err.text, p->home), *to;
  assert_non_null(from);
  to = strstr(from, ".txt");
  assert_non_null(to);
  (void)snprintf(path, sizeof(path), "%.*s.txt", (int)(to - from), from);
  FILE *f = fopen(path, "rb");
  assert_non_null(f);
  size_t n = fread(text, 1, sizeof(text), f);
  assert_int_equal(fclose(f), 0);
  tacet_evidence_verdict v = {.kind = TACET_EVIDENCE_REPORT};
  assert_ok(tacet_evidence_verify(tacet_span_of(text, n), NULL, NULL, &v));
  return v.kind;
}

/* A list of devices that nobody signed, as the next version: what proves it is
 * in the proof whether something was left out or not. */
static void test_evidence_of_the_rest(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  TACET_BUF(chain, 1 << 16);
  TACET_BUF(logged, 1 << 16);
  lie_chain(bob, 2, &chain);
  tacet_span list = tacet_buf_span(&chain), one = TACET_SPAN_EMPTY;
  for (int i = 0; i < 2; i++) {
    assert_true(tacet_opaque_list_next(&list, &one));
    tacet_opaque_list_add(&logged, one);
  }
  lie_publish(bob, tacet_buf_span(&logged));
  expect_ok(alice, recheck(alice, "bob"));
  assert_true(tacet_opaque_list_next(&list, &one));
  chain.p[chain.len - 70] ^= 1; /* its signature is nobody's now */
  tacet_manifest forged;
  assert_ok(tacet_manifest_parse(one, &forged));
  fake_manifest_add(w->s, seer_account(w, "bob"), one, &forged);
  size_t n = w->s->n_seen;
  for (int i = 0; w->s->n_seen == n || w->s->n_seen - n == (size_t)i; i++) {
    assert_true(i < LOOKS); /* until it was both named and not */
    expect_failure(alice, recheck(alice, "bob"), CLIENT_KEYS,
                   "unsigned-manifest");
    assert_int_equal(kind_of_evidence(alice), TACET_EVIDENCE_UNSIGNED_MANIFEST);
  }
}

/* Every byte of a proof that leaves something out, one bit of it: refused, in
 * whatever is asked. */
static void test_every_byte_of_the_rest(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  change_devices(bob);
  expect_ok(alice, recheck(alice, "bob"));
  bool all = false;
  for (size_t bit = 1; !all; bit += 8) {
    w->s->flip_proof = bit + bit / 8 % 8;
    client_kind kind = recheck(alice, "bob");
    all = w->s->flip_proof != 0; /* behind the end */
    assert_int_equal(kind, all ? CLIENT_OK : CLIENT_KEYS);
    assert_true(!all || bit > 8 * 400);
  }
}

/* ---- a server that is set back ---- */

/* Who saw more notices at once, whatever they do; who did not never does. */
static void test_rollback(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  assert_int_equal(seer_look(alice), CLIENT_OK);
  assert_int_equal(seer_look(bob), CLIENT_OK);
  fake_log *backup = fake_log_copy(w->s->log, w->s->log->n_updates);
  (void)person_join(w, "carol");
  assert_int_equal(seer_look(alice), CLIENT_OK); /* bob is away */
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
  assert_int_equal(seer_evidence(bob), 0);
  /* The operator finds the newer disk again. */
  fake_log_free(swap(w, newer));
  expect_ok(alice, client_flush(alice->c, id, 60000, &d, &alice->err));
  assert_int_equal(d, CLIENT_SENT);
}

/* ---- dying ---- */

static bool meet(void *ctx, int n) {
  world *w = ctx;
  person *alice = &w->people[0];
  char name[32];
  (void)snprintf(name, sizeof(name), "friend%d", n);
  (void)person_join(w, name);
  client_kind kind = seer_write(alice, name);
  bool alive = !client_store_dead(alice->c->store);
  if (!alive) {
    person_reopen(alice);
    kind = seer_write(alice, name);
  }
  assert_int_equal(kind, CLIENT_OK);
  assert_int_equal(seer_trust(alice, name), CLIENT_TRANSPARENT);
  return alive;
}

static void test_death(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  at_each_step(alice, meet, w);
  assert_int_equal(seer_evidence(alice), 0);
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
      T(test_seen_is_named),
      T(test_seen_is_not_named_of_others),
      T(test_too_much_left_out),
      T(test_evidence_of_the_rest),
      T(test_every_byte_of_the_rest),
      T(test_rollback),
      T(test_death),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
