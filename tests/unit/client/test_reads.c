/* SPDX-License-Identifier: Apache-2.0
 * What was read on one device is read on the others: in whatever order they
 * hear of the message and of its mark, whoever is away meanwhile, and never
 * more than was shown. And what own devices say of an account whose list of
 * devices is long, or not known yet.
 */
#include "tests/unit/client/fleet.h"

#include <stdio.h>

#include "client/chain.h"
#include "client/devsync.h"
#include "client/messages.h"
#include "client/people.h"
#include "client/reads.h"
#include "client/reconcile.h"
#include "client/sync.h"
#include "client/talks.h"
#include "tacet/wire/directory.h"

/* As the one who approved does. */
static void welcome(person *p) {
  CLIENT_TX(tx);
  assert_ok(client_enter(p->c));
  assert_ok(client_tx_begin(p->c->store, &tx));
  assert_ok(client_sync_everything(p->c));
  assert_ok(client_reconcile_account(p->c, p->c->self.account));
  assert_ok(client_tx_commit(&tx));
}

static person *another(person *old, const char *name, person **all, size_t n) {
  person *p = fleet_add(old, name);
  all[n] = p;
  fleet_look(old);
  welcome(old);
  fleet_settle(all, n + 1, 10);
  return p;
}

/* What p has of a message: when it was read, 0 where it was not; -1: nothing.
 */
static int64_t read_at(person *p, const char *with, const char *text) {
  CLIENT_MEM(mem);
  const client_message *list;
  size_t n;
  if (client_history(p->c, with, 0, &mem, &list, &n, &p->err) != CLIENT_OK) {
    return -1;
  }
  for (size_t i = 0; i < n; i++) {
    if (strcmp(list[i].text, text) == 0) {
      return (int64_t)list[i].read_at;
    }
  }
  return -1;
}

static tacet_err never(client *c, void *what, bool *yes) {
  (void)c;
  (void)what;
  *yes = false;
  return TACET_OK;
}

/* Sends and fetches what there is, and shows nothing. */
static void work(person *p) {
  client_end end;
  client_work w = {
      .until = never, .timeout_ms = 3000, .once = true, .link = true, .fd = -1};
  assert_ok(client_enter(p->c));
  assert_ok(client_work_until(p->c, &w, &end));
  client_rest(p->c);
}

/* Shows the message, and nothing else. */
static void show(person *p, const char *with, const char *text) {
  CLIENT_MEM(mem);
  const client_message *list;
  size_t n;
  expect_ok(p, client_history(p->c, with, 0, &mem, &list, &n, &p->err));
  for (size_t i = 0; i < n; i++) {
    if (strcmp(list[i].text, text) == 0) {
      expect_ok(p, client_event_done(p->c, list[i].id, &p->err));
      return;
    }
  }
  fail_msg("%s has no %s", p->name, text);
}

/* ---- one mark ---- */

static void test_read_on_the_other(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  person *all[3] = {alice, bob};
  person *phone = another(alice, "phone", all, 2);
  say(bob, "alice", "one");
  say(bob, "alice", "two");
  work(alice);
  work(phone);
  assert_int_equal(read_at(alice, "bob", "one"), 0);
  show(alice, "bob", "one");
  int64_t at = read_at(alice, "bob", "one");
  assert_true(at > 0 && at % 1000 == 0);
  w->s->now += 60000;
  work(alice);
  /* The phone still gets both as events, one of them read. */
  CLIENT_MEM(mem);
  client_event e;
  work(phone);
  assert_int_equal(read_at(phone, "bob", "one"), at);
  assert_int_equal(read_at(phone, "bob", "two"), 0);
  await(phone, CLIENT_EVENT_MESSAGE, &mem, &e);
  assert_string_equal(e.u.message.text, "one");
  assert_int_equal(e.u.message.read_at, at);
  await(phone, CLIENT_EVENT_MESSAGE, &mem, &e);
  assert_string_equal(e.u.message.text, "two");
  assert_int_equal(e.u.message.read_at, 0);
  await(phone, CLIENT_EVENT_READ, &mem, &e);
  assert_int_equal(e.u.read.n_messages, 1);
  /* Shown there too it stays what it was; what the phone showed comes here. */
  assert_int_equal(read_at(phone, "bob", "one"), at);
  work(phone);
  work(alice);
  assert_int_equal(read_at(alice, "bob", "one"), at);
  assert_true(read_at(alice, "bob", "two") > at);
  size_t n;
  assert_ok(
      client_store_count(alice->c->store, CLIENT_T_READ, TACET_SPAN_EMPTY, &n));
  assert_int_equal(n, 0);
}

/* With one device nothing is told or kept. */
static void test_alone(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  say(bob, "alice", "one");
  work(alice);
  show(alice, "bob", "one");
  assert_true(read_at(alice, "bob", "one") > 0);
  size_t n;
  assert_ok(
      client_store_count(alice->c->store, CLIENT_T_READ, TACET_SPAN_EMPTY, &n));
  assert_int_equal(n, 0);
  assert_ok(
      client_store_count(alice->c->store, CLIENT_T_JOB, TACET_SPAN_EMPTY, &n));
  assert_int_equal(n, 0);
}

/* ---- any order ---- */

static void take(person *p, const tacet_sync_entry *e, size_t n) {
  TACET_BUF(list, 1 << 16);
  TACET_BUF(w, 1 << 16);
  CLIENT_TX(tx);
  for (size_t i = 0; i < n; i++) {
    tacet_sync_entry_write(&list, &e[i]);
  }
  tacet_sync_write(&w, tacet_buf_span(&list));
  assert_ok(w.err);
  assert_ok(client_enter(p->c));
  assert_ok(client_tx_begin(p->c->store, &tx));
  assert_ok(client_sync_take(p->c, tacet_buf_span(&w)));
  assert_ok(client_tx_commit(&tx));
}

static size_t next_number(size_t below) { /* the same at each run */
  static uint64_t x = 88172645463325252u;
  x ^= x << 13;
  x ^= x >> 7;
  x ^= x << 17;
  return (size_t)(x % below);
}

/* The mark comes first, twice, out of order, for another conversation, from a
 * clock that is ahead. */
static void test_the_mark_comes_first(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  person *all[3] = {alice, bob};
  person *phone = another(alice, "phone", all, 2);
  say(bob, "alice", "one");
  say(bob, "alice", "two");
  work(alice); /* the phone does not look */
  CLIENT_MEM(mem);
  const client_message *list;
  size_t n;
  expect_ok(alice,
            client_history(alice->c, "bob", 2, &mem, &list, &n, &alice->err));
  uint8_t ids[2][32];
  tacet_sync_entry e[2] = {{.type = TACET_SYNC_READ, .stamp = 5000},
                           {.type = TACET_SYNC_READ, .stamp = UINT64_MAX}};
  for (size_t i = 0; i < 2; i++) {
    assert_ok(tacet_hex_read(list[i].id, 64, ids[i], 32));
    assert_ok(tacet_hex_read(list[i].conversation, 64, e[i].id, 32));
    e[i].messages = tacet_span_of(ids[i], 32);
  }
  tacet_sync_entry late = e[0], elsewhere = e[1];
  late.stamp = 9000;
  elsewhere.id[0] ^= 1;
  elsewhere.messages = tacet_span_of(ids[1], 32);
  take(phone, &late, 1);
  take(phone, e, 1);
  take(phone, &late, 1);
  take(phone, &elsewhere, 1);
  work(phone);
  assert_int_equal(read_at(phone, "bob", "one"), 5000);
  assert_int_equal(read_at(phone, "bob", "two"), 0);
  take(phone, e, 2);
  assert_int_equal(read_at(phone, "bob", "one"), 5000);
  assert_int_equal(read_at(phone, "bob", "two"), w->s->now / 1000 * 1000);
  assert_ok(
      client_store_count(phone->c->store, CLIENT_T_READ, TACET_SPAN_EMPTY, &n));
  assert_int_equal(n, 0);
  /* What never comes is forgotten after two months. */
  ids[0][5] ^= 1;
  take(phone, e, 1);
  CLIENT_TX(tx);
  w->s->now += (uint64_t)61 * 86400000;
  assert_ok(client_tx_begin(phone->c->store, &tx));
  assert_ok(client_reads_sweep(phone->c));
  assert_ok(client_tx_commit(&tx));
  assert_ok(
      client_store_count(phone->c->store, CLIENT_T_READ, TACET_SPAN_EMPTY, &n));
  assert_int_equal(n, 0);
}

/* A message that disappears does so everywhere once it was read somewhere. */
static void test_disappearing(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  person *all[3] = {alice, bob};
  person *phone = another(alice, "phone", all, 2);
  say(bob, "alice", "short");
  work(alice);
  work(phone);
  for (int i = 0; i < 2; i++) { /* none of ours sends such; others may */
    person *p = i == 0 ? alice : phone;
    CLIENT_MEM(mem);
    const client_message *list;
    client_message_record r;
    uint8_t id[32];
    size_t n;
    CLIENT_TX(tx);
    expect_ok(p, client_history(p->c, "bob", 1, &mem, &list, &n, &p->err));
    assert_ok(tacet_hex_read(list[0].id, 64, id, 32));
    assert_ok(client_message_get(p->c, client_id_span(id), &mem, &r));
    r.expires_after = 3600;
    assert_ok(client_tx_begin(p->c->store, &tx));
    assert_ok(client_message_save(p->c, &r));
    assert_ok(client_tx_commit(&tx));
  }
  show(alice, "bob", "short");
  work(alice);
  work(phone);
  assert_true(read_at(phone, "bob", "short") > 0);
  w->s->now += 3601000;
  assert_int_equal(read_at(alice, "bob", "short"), -1);
  assert_int_equal(read_at(phone, "bob", "short"), -1);
}

#define MESSAGES 40

/* Three devices show what they happen to show, one or two look for what came at
 * a time; in the end each knows the same, and nothing that nobody showed. */
static void test_three_converge(void **state) {
  world *w = *state;
  bool shown[MESSAGES] = {false};
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  person *own[3] = {alice};
  own[1] = another(alice, "phone", own, 1);
  own[2] = another(alice, "tablet", own, 2);
  person *with_bob[4] = {own[0], own[1], own[2], bob};
  fleet_settle(with_bob, 4, 6);
  for (int i = 0; i < MESSAGES; i++) {
    char text[16];
    (void)snprintf(text, sizeof(text), "m%d", i);
    say(bob, "alice", text);
  }
  for (int turn = 0; turn < 60; turn++) {
    person *p = own[next_number(3)];
    int which = (int)next_number(MESSAGES * 3 / 4);
    char text[16];
    (void)snprintf(text, sizeof(text), "m%d", which);
    if (next_number(3) == 0) {
      work(p);
    }
    if (read_at(p, "bob", text) >= 0) {
      show(p, "bob", text);
      shown[which] = true;
    }
    w->s->now += 700;
  }
  for (int i = 0; i < 6; i++) { /* two rounds each */
    work(own[i % 3]);
    work(own[(i + 1) % 3]);
  }
  size_t n_read = 0;
  for (int i = 0; i < MESSAGES; i++) {
    char text[16];
    (void)snprintf(text, sizeof(text), "m%d", i);
    int64_t at = read_at(alice, "bob", text);
    assert_true(at >= 0);
    assert_int_equal(at > 0, shown[i]);
    assert_int_equal(read_at(own[1], "bob", text), at);
    assert_int_equal(read_at(own[2], "bob", text), at);
    n_read += at > 0;
  }
  assert_true(n_read > 10 && n_read < MESSAGES);
}

/* ---- accounts that are not known here, or not wholly ---- */

#define CHAIN 150

/* A chain of CHAIN manifests, each with other devices; more than a message of
 * the self group holds. */
static void make_chain(tacet_buf *list, uint8_t account[32]) {
  tacet_secret keys[2] = {{0}, {0}};
  tacet_manifest m = {.n_devices = 1}, before = {.n_devices = 0};
  (void)snprintf(m.handle, sizeof(m.handle), "eve@%s", FAKE_DOMAIN);
  assert_ok(tacet_sig_ed25519.generate(&keys[0], m.recovery_key));
  for (size_t i = 0; i < 2; i++) {
    memset(m.devices[i].id, (int)i + 1, sizeof(m.devices[i].id));
    assert_ok(tacet_sig_ed25519.generate(&keys[i], m.devices[i].key));
  }
  for (int n = 0; n < CHAIN; n++) {
    const tacet_secret *fresh = &keys[n == 0 ? 0 : 1];
    TACET_BUF(w, TACET_MANIFEST_MAX);
    tacet_manifest_signer by = {.private_key = &keys[0]};
    memcpy(by.device_id, m.devices[0].id, sizeof(by.device_id));
    if (n > 0) { /* another second one */
      m.n_devices = 2;
      memset(m.devices[1].id, n + 2, sizeof(m.devices[1].id));
      assert_ok(tacet_sig_ed25519.generate(&keys[1], m.devices[1].key));
    }
    assert_ok(
        tacet_manifest_sign(&m, n == 0 ? NULL : &before, &by, &fresh, 1, &w));
    assert_ok(tacet_manifest_parse(tacet_buf_span(&w), &before));
    tacet_opaque_list_add(list, tacet_buf_span(&w));
  }
  assert_ok(list->err);
  memcpy(account, before.account_id, 32);
  tacet_wipe(keys, sizeof(keys));
}

static tacet_err known(person *p, const uint8_t *account, client_person *out) {
  static client_mem mem;
  client_mem_free(&mem);
  tacet_err e = client_person_get(p->c, client_id_span(account), &mem, out);
  if (e != TACET_OK) {
    client_mem_free(&mem);
  }
  return e;
}

static void test_a_long_chain(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  person *all[2] = {alice};
  person *phone = another(alice, "phone", all, 1);
  TACET_BUF(list, 1 << 20);
  uint8_t eve[32];
  client_person p;
  make_chain(&list, eve);
  assert_true(list.len > (size_t)48 * 1024);
  CLIENT_TX(tx);
  assert_ok(client_enter(alice->c));
  assert_ok(client_tx_begin(alice->c->store, &tx));
  assert_ok(client_chain_take(alice->c, tacet_buf_span(&list)));
  assert_ok(known(alice, eve, &p));
  p.accepted = p.verified = true;
  assert_ok(client_person_save(alice->c, &p));
  assert_ok(client_sync_person(alice->c, TACET_SYNC_ACCEPTED_PERSON, eve));
  assert_ok(client_sync_person(alice->c, TACET_SYNC_VERIFIED_PERSON, eve));
  assert_ok(client_tx_commit(&tx));
  work(alice);
  work(phone);
  assert_ok(known(phone, eve, &p));
  assert_true(p.accepted && p.verified);
  assert_int_equal(p.number, CHAIN - 1);
  (void)known(phone, phone->c->self.account, &p);
}

/* The register says nothing before the account is there. */
static void test_what_waits(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  person *all[2] = {alice};
  person *phone = another(alice, "phone", all, 1);
  TACET_BUF(list, 1 << 20);
  client_person p;
  CLIENT_MEM(mem);
  client_sync_record r;
  tacet_sync_entry e = {.type = TACET_SYNC_BLOCKED_PERSON,
                        .stamp = 1000,
                        .by = {9},
                        .value = true};
  make_chain(&list, e.id);
  tacet_sync_entry older = e, chain = {.type = TACET_SYNC_CHAIN};
  older.stamp = 999;
  older.value = false;
  take(phone, &e, 1);
  take(phone, &older, 1);
  assert_err(TACET_ERR_NOT_FOUND, known(phone, e.id, &p));
  assert_err(TACET_ERR_NOT_FOUND,
             client_sync_register(phone->c, (uint8_t)e.type, e.id, &mem, &r));
  chain.manifests = TACET_SPAN_LIT("\x05no..."); /* checks out nowhere */
  take(phone, &chain, 1);
  tacet_span all_of_it = tacet_buf_span(&list), one;
  TACET_BUF(first, 4096);
  assert_true(tacet_opaque_list_next(&all_of_it, &one));
  tacet_opaque_list_add(&first, one);
  chain.manifests = tacet_buf_span(&first);
  take(phone, &chain, 1);
  assert_ok(known(phone, e.id, &p));
  assert_true(p.blocked);
  assert_ok(client_sync_register(phone->c, (uint8_t)e.type, e.id, &mem, &r));
  assert_int_equal(r.stamp, 1000);
  take(phone, &older, 1);
  assert_ok(known(phone, e.id, &p));
  assert_true(p.blocked);
  size_t n;
  assert_ok(client_store_count(phone->c->store, CLIENT_T_SYNC,
                               TACET_SPAN_LIT("waits"), &n));
  assert_int_equal(n, 0);
  (void)known(phone, phone->c->self.account, &p);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_read_on_the_other),    TEST(test_alone),
      TEST(test_the_mark_comes_first), TEST(test_disappearing),
      TEST(test_three_converge),       TEST(test_a_long_chain),
      TEST(test_what_waits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
