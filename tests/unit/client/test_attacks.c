/* SPDX-License-Identifier: Apache-2.0
 * A server that lies, a member that breaks the rules, a home that was copied:
 * noticed, and nothing sent. Some of it reaches into the library, since the
 * library would not do it.
 */
#include "tests/unit/client/people.h"

#include <sys/stat.h>
#include <unistd.h>

#include "client/commit.h"
#include "client/core.h"
#include "client/outbox.h"
#include "client/sync.h"
#include "client/talks.h"

/* ---- a server that lies ---- */

static void test_another_ones_key_package(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  (void)person_join(w, "bob");
  (void)person_join(w, "eve");
  CLIENT_MEM(mem);
  const char *id;
  client_delivery d;
  client_outgoing m = {.to = "bob", .text = "secret"};
  w->s->impostor = fake_server_account(w->s, "eve@example.org");
  expect_ok(alice, client_send(alice->c, &m, &mem, &id, &alice->err));
  expect_failure(alice, client_flush(alice->c, id, 1000, &d, &alice->err),
                 CLIENT_KEYS, "keys-mismatch");
  assert_int_equal(w->s->n_sends, 0);
  /* It stays so for that message, and another try is another try. */
  w->s->impostor = NULL;
  expect_failure(alice, client_flush(alice->c, id, 1000, &d, &alice->err),
                 CLIENT_KEYS, "keys-mismatch");
  say(alice, "bob", "again");
}

static void test_another_ones_manifest(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  (void)person_join(w, "bob");
  (void)person_join(w, "eve");
  CLIENT_MEM(mem);
  const char *id;
  client_outgoing m = {.to = "bob", .text = "secret"};
  w->s->impostor_chain = fake_server_account(w->s, "eve@example.org");
  expect_failure(alice, client_send(alice->c, &m, &mem, &id, &alice->err),
                 CLIENT_KEYS, "keys-mismatch");
  assert_int_equal(w->s->n_sends, 0);
}

/* Somebody who has the same handle: the server forgot who had it before. */
static person *usurp(world *w, const char *handle, const char *folder) {
  char full[64], link[TACET_INVITE_LINK_MAX];
  CLIENT_MEM(mem);
  client_registration r;
  (void)snprintf(full, sizeof(full), "%s@example.org", handle);
  strcpy(fake_server_account(w->s, full)->handle, "forgotten");
  person *p = person_new(w, folder);
  fake_server_invite(w->s, link);
  expect_ok(p, client_register(p->c, handle, link, "x", &mem, &r, &p->err));
  return p;
}

/* The server gives bob's handle to somebody else, who then writes to alice. */
static void test_a_handle_that_changes_hands(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  person *other = usurp(w, "bob", "bob2");
  say(other, "alice", "it is me, bob");
  CLIENT_MEM(mem);
  client_event e;
  await(alice, CLIENT_EVENT_REQUEST, &mem, &e);
  char talk[80];
  (void)snprintf(talk, sizeof(talk), "%s", e.conversation);
  gather(alice);
  assert_true(warned("impostor") > 0);
  size_t sends = w->s->n_sends;
  const char *id;
  client_outgoing m = {.to = talk, .text = "really?"};
  expect_failure(alice, client_send(alice->c, &m, &mem, &id, &alice->err),
                 CLIENT_KEYS, "keys-changed");
  assert_int_equal(w->s->n_sends, sends);
  say(alice, "bob", "somebody has your name"); /* to the one she knows */
  hear(bob, "somebody has your name");
  /* When she asks the directory about bob it is the directory that lies; and
   * who knows no other waits, since the log says that there was one. */
  person *carol = person_join(w, "carol");
  client_outgoing first = {.to = "bob", .text = "hello"};
  expect_failure(carol, client_send(carol->c, &first, &mem, &id, &carol->err),
                 CLIENT_KEYS, "reset");
  w->s->now += 4 * (uint64_t)86400000;
  say(carol, "bob", "hello");
  hear(other, "hello");
}

/* A stranger claims the handle of somebody whom alice has not met yet. */
static void test_an_impostor(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  person *eve = person_join(w, "carol");
  strcpy(eve->name, "eve");
  person *carol = usurp(w, "carol", "the-real-carol");
  say(eve, "alice", "trust me");
  CLIENT_MEM(mem);
  client_event e;
  await(alice, CLIENT_EVENT_REQUEST, &mem, &e);
  assert_string_equal(e.u.request.from, "carol@example.org");
  size_t sends = w->s->n_sends;
  expect_failure(alice, client_request_accept(alice->c, "carol", &alice->err),
                 CLIENT_KEYS, "impostor");
  assert_int_equal(w->s->n_sends, sends);
  gather(eve);
  w->s->now += 4 * (uint64_t)86400000; /* the log says that there was one before
                                        */
  say(alice, "carol", "is it you?");   /* the one the directory names */
  hear(carol, "is it you?");
  assert_string_equal(gather(eve), "");
}

static void test_codes(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  client_code a, b;
  expect_ok(alice, client_code_get(alice->c, "bob", &a, &alice->err));
  expect_ok(bob, client_code_get(bob->c, "alice", &b, &bob->err));
  assert_string_equal(a.digits, b.digits);
  assert_int_equal(a.trust, CLIENT_TRANSPARENT);
  char wrong[72];
  strcpy(wrong, a.digits);
  wrong[70] = wrong[70] == '0' ? '1' : '0';
  expect_failure(alice, client_verify(alice->c, "bob", wrong, &alice->err),
                 CLIENT_KEYS, "code-differs");
  expect_failure(alice, client_verify(alice->c, "bob", "123", &alice->err),
                 CLIENT_USAGE, "code-length");
  expect_ok(alice, client_verify(alice->c, "bob", b.digits, &alice->err));
  expect_ok(bob, client_verify(bob->c, "alice", a.qr_text, &bob->err));
  expect_ok(alice, client_code_get(alice->c, "bob", &a, &alice->err));
  assert_int_equal(a.trust, CLIENT_VERIFIED);
}

/* ---- a copied home ---- */

static void copy_file(const char *from, const char *to, const char *name) {
  char path[200], block[4096];
  (void)snprintf(path, sizeof(path), "%s/%s", from, name);
  FILE *in = fopen(path, "r");
  (void)snprintf(path, sizeof(path), "%s/%s", to, name);
  FILE *out = fopen(path, "w");
  assert_true(in != NULL && out != NULL);
  for (size_t n; (n = fread(block, 1, sizeof(block), in)) > 0;) {
    assert_int_equal(fwrite(block, 1, n, out), n);
  }
  fclose(in);
  fclose(out);
}

static void test_a_restored_home(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  client_free(bob->c);
  bob->c = NULL;
  char backup[120];
  (void)snprintf(backup, sizeof(backup), "%s-backup", bob->home);
  assert_int_equal(mkdir(backup, 0700), 0);
  copy_file(bob->home, backup, "store.db");
  copy_file(bob->home, backup, "store.key");
  person_reopen(bob);
  say(alice, "bob", "new");
  hear(bob, "new");
  client_free(bob->c);
  bob->c = NULL;
  copy_file(backup, bob->home, "store.db");
  person_reopen(bob);
  CLIENT_MEM(mem);
  client_event e;
  client_wait wait = {.timeout_ms = 0, .fd = -1};
  for (int i = 0; i < 2; i++) {
    expect_failure(bob, client_next_event(bob->c, &wait, &mem, &e, &bob->err),
                   CLIENT_KEYS, "copied-home");
  }
}

/* ---- members that break the rules ---- */

static void crew(world *w, person **p) {
  static const char *const names[] = {"alice", "bob", "carol"};
  for (int i = 0; i < 3; i++) {
    p[i] = person_join(w, names[i]);
    if (i > 0) {
      befriend(p[0], p[i]);
    }
  }
  CLIENT_MEM(mem);
  const char *id;
  bool queued;
  expect_ok(p[0], client_group_create(p[0]->c, "crew", names + 1, 2, &mem, &id,
                                      &queued, &p[0]->err));
  for (int i = 1; i < 3; i++) {
    gather(p[i]);
    say(p[i], "crew", "here");
  }
  for (int i = 0; i < 3; i++) {
    gather(p[i]);
  }
}

static size_t members(person *p) {
  CLIENT_MEM(mem);
  client_group g;
  expect_ok(p, client_group_show(p->c, "crew", &mem, &g, &p->err));
  return g.n_members;
}

/* The session of "crew" in p's store. */
static void open_crew(person *p, client_session *s) {
  CLIENT_MEM(mem);
  client_talk t;
  assert_ok(client_enter(p->c));
  assert_ok(client_resolve_group(p->c, "crew", &mem, &t));
  assert_ok(client_session_load(p->c, t.group, s));
}

static tacet_err outbox_empty(client *c, void *what, bool *yes) {
  size_t n;
  (void)what;
  assert_ok(
      client_store_count(c->store, CLIENT_T_OUTBOX, TACET_SPAN_EMPTY, &n));
  *yes = n == 0;
  return TACET_OK;
}

/* bob, who is no admin, throws carol out: his commit wins the slot, and nobody
 * follows it. */
static void test_a_commit_against_the_rules(void **state) {
  world *w = *state;
  person *p[3];
  crew(w, p);
  {
    CLIENT_SESSION(s);
    CLIENT_MEM(mem);
    CLIENT_TX(tx);
    client_leaf *leaves;
    size_t n;
    uint32_t carol = 0;
    open_crew(p[1], &s);
    assert_ok(client_leaves(p[1]->c, s.mls, &mem, &leaves, &n));
    for (size_t i = 0; i < n; i++) { /* neither he nor the admin at leaf 0 */
      if (leaves[i].index != tacet_mls_own_leaf(s.mls) && i > 0) {
        carol = leaves[i].index;
      }
    }
    client_change ch = {.leaves = &carol, .n_leaves = 1};
    assert_ok(client_tx_begin(p[1]->c->store, &tx));
    assert_ok(client_commit_make(p[1]->c, &s, &ch));
    assert_ok(client_tx_commit(&tx));
    client_end end;
    client_work work = {
        .until = outbox_empty, .timeout_ms = 10000, .once = true, .fd = -1};
    assert_ok(client_work_until(p[1]->c, &work, &end));
    client_rest(p[1]->c);
  }
  assert_int_equal(members(p[1]), 2); /* so he believes */
  assert_string_equal(gather(p[0]), "");
  assert_string_equal(gather(p[2]), "");
  assert_int_equal(members(p[0]), 3);
  assert_int_equal(members(p[2]), 3);
  bool queued;
  expect_ok(p[0], client_group_rename(p[0]->c, "crew", "crew", &queued,
                                      &p[0]->err)); /* in the next slot */
  say(p[0], "crew", "carol stays");
  hear(p[2], "carol stays");
  say(p[2], "crew", "thank you");
  hear(p[0], "thank you");
}

/* Bytes that open under no key stand in the slot. */
static void test_garbage_in_a_slot(void **state) {
  world *w = *state;
  person *p[3];
  bool queued;
  crew(w, p);
  for (int i = 0; i < 3; i++) {
    CLIENT_SESSION(s);
    CLIENT_MEM(mem);
    client_epoch e;
    open_crew(p[0], &s);
    assert_ok(client_epoch_get(p[0]->c, s.r.id, s.r.epoch, &mem, &e));
    w->s->slots = fake_grow(w->s->slots, &w->s->n_slots, sizeof(fake_slot));
    fake_slot *slot = &w->s->slots[w->s->n_slots - 1];
    memcpy(slot->name, e.slots[i], 32);
    slot->body = fake_copy(TACET_SPAN_LIT("this is no commit"));
  }
  expect_ok(p[0], client_group_rename(p[0]->c, "crew", "crew two", &queued,
                                      &p[0]->err));
  assert_false(queued);
  say(p[0], "crew two", "over it");
  hear(p[1], "over it");
  hear(p[2], "over it");
}

/* A slot that is all there was, and has expired: the device says that it cannot
 * follow, and why. What it does to get back is in test_recover.c. */
static void test_an_expired_slot(void **state) {
  world *w = *state;
  person *p[3];
  bool queued;
  crew(w, p);
  expect_ok(p[0],
            client_group_rename(p[0]->c, "crew", "new", &queued, &p[0]->err));
  for (size_t i = 0; i < w->s->n_slots; i++) {
    w->s->slots[i].expired = true;
  }
  say(p[0], "new", "unheard");
  assert_string_equal(gather(p[2]), "");
  assert_int_equal(warned("undecryptable"), 1);
  CLIENT_MEM(mem);
  const char *id;
  client_delivery d;
  client_outgoing m = {.to = "crew", .text = "later"};
  expect_ok(p[2], client_send(p[2]->c, &m, &mem, &id, &p[2]->err));
  expect_ok(p[2], client_flush(p[2]->c, id, 1000, &d, &p[2]->err));
  assert_int_equal(d, CLIENT_QUEUED);
  /* One to one is not touched by it. */
  say(p[2], "alice", "I am behind");
  hear(p[0], "I am behind");
}

/* ---- the end of an account ---- */

static void test_deleting_an_account(void **state) {
  world *w = *state;
  person *p[3];
  crew(w, p);
  expect_ok(p[1], client_delete_account(p[1]->c, &p[1]->err));
  assert_int_not_equal(access(p[1]->home, F_OK), 0);
  assert_true(fake_server_account(w->s, "bob@example.org")->erased);
  gather(p[0]);
  assert_true(warned("account-deleted") >= 1);
  gather(p[2]);
  CLIENT_MEM(mem);
  const char *id;
  client_outgoing m = {.to = "bob", .text = "hello?"};
  expect_failure(p[0], client_send(p[0]->c, &m, &mem, &id, &p[0]->err),
                 CLIENT_REFUSED, "account-deleted");
  w->s->now += (uint64_t)2 * 3600 * 1000; /* somebody has tidied up by then */
  gather(p[0]);
  gather(p[2]);
  assert_int_equal(members(p[0]), 2);
  assert_int_equal(members(p[2]), 2);
  say(p[2], "crew", "two of us");
  hear(p[0], "two of us");
}

/* ---- two processes on one home ---- */

static void test_two_processes(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  client *second = NULL;
  expect_ok(alice, client_open(alice->home, TACET_SPAN_EMPTY, &alice->env,
                               &second, &alice->err));
  gather(alice); /* the first one listens, and holds the lock */
  CLIENT_MEM(mem);
  const char *id;
  client_delivery d;
  client_status status;
  client_outgoing m = {.to = "bob", .text = "handed over"};
  expect_ok(alice, client_send(second, &m, &mem, &id, &alice->err));
  expect_ok(alice, client_flush(second, id, 100, &d, &alice->err));
  assert_int_equal(d, CLIENT_QUEUED);
  expect_ok(alice, client_status_get(second, &mem, &status, &alice->err));
  assert_true(status.sync_elsewhere);
  gather(alice);
  expect_ok(alice, client_flush(second, id, 100, &d, &alice->err));
  assert_int_equal(d, CLIENT_SENT);
  hear(bob, "handed over");
  /* The first one dies: the second takes over. */
  client_free(alice->c);
  alice->c = NULL;
  expect_ok(alice, client_send(second, &m, &mem, &id, &alice->err));
  expect_ok(alice, client_flush(second, id, 1000, &d, &alice->err));
  assert_int_equal(d, CLIENT_SENT);
  client_free(second);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_another_ones_key_package),
      TEST(test_another_ones_manifest),
      TEST(test_a_handle_that_changes_hands),
      TEST(test_an_impostor),
      TEST(test_codes),
      TEST(test_a_restored_home),
      TEST(test_a_commit_against_the_rules),
      TEST(test_garbage_in_a_slot),
      TEST(test_an_expired_slot),
      TEST(test_deleting_an_account),
      TEST(test_two_processes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
