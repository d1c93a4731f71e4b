/* SPDX-License-Identifier: Apache-2.0
 * The 24 words: compared, erased, and used when every device is lost. */
#include "tests/unit/client/people.h"

#include <string.h>

static person *with_words(world *w, const char *name, char words[300]) {
  CLIENT_MEM(mem);
  person *p = person_join(w, name);
  const char *text;
  expect_ok(p, client_recovery_words(p->c, &mem, &text, &p->err));
  (void)snprintf(words, 300, "%s", text);
  return p;
}

static void test_checking_words(void **state) {
  world *w = *state;
  char mine[300], other[300], changed[310];
  person *a = with_words(w, "alice", mine);
  (void)with_words(w, "bob", other);
  bool held = false;
  expect_ok(a, client_recovery_check(a->c, mine, &held, &a->err));
  assert_true(held);
  expect_failure(a, client_recovery_check(a->c, other, &held, &a->err),
                 CLIENT_USAGE, "wrong-words");
  expect_failure(a, client_recovery_confirm(a->c, other, &a->err), CLIENT_USAGE,
                 "wrong-words");
  (void)snprintf(changed, sizeof(changed), "%s abide", mine); /* 25 of them */
  expect_failure(a, client_recovery_check(a->c, changed, &held, &a->err),
                 CLIENT_USAGE, "wrong-words");
  *strrchr(changed, ' ') = '\0';
  *strrchr(changed, ' ') = '\0'; /* 23 */
  expect_failure(a, client_recovery_check(a->c, changed, &held, &a->err),
                 CLIENT_USAGE, "wrong-words");
  for (char *p = changed; *p != '\0'; p++) { /* as a paper may have it */
    *p = mine[p - changed] == ' ' ? '\n' : (char)(mine[p - changed] & ~0x20);
  }
  (void)snprintf(changed + strlen(changed), 20, " %s", strrchr(mine, ' ') + 1);
  expect_ok(a, client_recovery_check(a->c, changed, &held, &a->err));
}

static void test_erasing_words(void **state) {
  world *w = *state;
  CLIENT_MEM(mem);
  char mine[300];
  const char *words;
  client_status s;
  bool held = true;
  person *a = with_words(w, "alice", mine);
  expect_ok(a, client_status_get(a->c, &mem, &s, &a->err));
  assert_false(s.recovery_confirmed);
  expect_ok(a, client_recovery_confirm(a->c, mine, &a->err));
  person_reopen(a);
  expect_failure(a, client_recovery_words(a->c, &mem, &words, &a->err),
                 CLIENT_REFUSED, "recovery-erased");
  expect_ok(a, client_status_get(a->c, &mem, &s, &a->err));
  assert_true(s.recovery_confirmed);
  /* A paper can still be compared, years later. */
  expect_ok(a, client_recovery_check(a->c, mine, &held, &a->err));
  assert_false(held);
  expect_ok(a, client_recovery_confirm(a->c, mine, &a->err));
}

/* ---- the account again ---- */

typedef struct lost {
  world *w;
  person *p; /* the new device */
  char words[300], link[TACET_INVITE_LINK_MAX], name[32];
  bool keep;
} lost;

static client_kind try_recover(lost *l, person *p, client_recovered *out) {
  CLIENT_MEM(mem);
  client_recovering in = {.name = l->name,
                          .words = l->words,
                          .invite = l->link,
                          .device_name = "new",
                          .keep_devices = l->keep};
  client_recovered r = {.n_dropped = 99};
  client_kind kind = client_recover(p->c, &in, &mem, &r, &p->err);
  if (kind == CLIENT_OK) {
    assert_true(strncmp(r.handle, l->name, strlen(l->name)) == 0);
    *out = r;
  }
  return kind;
}

static lost lose(world *w, const char *name) {
  lost l = {.w = w};
  (void)snprintf(l.name, sizeof(l.name), "%s", name);
  (void)with_words(w, name, l.words);
  fake_server_invite(w->s, l.link);
  return l;
}

static fake_account *account_of(const lost *l) {
  char handle[64];
  (void)snprintf(handle, sizeof(handle), "%s@" FAKE_DOMAIN, l->name);
  return fake_server_account(l->w->s, handle);
}

static size_t n_requests(person *p) {
  CLIENT_MEM(mem);
  const client_request *list;
  size_t n;
  expect_ok(p, client_requests(p->c, &mem, &list, &n, &p->err));
  return n;
}

/* The old device is gone. Who is written to by the new one takes it in, and
 * what is written to the account from then on arrives there. */
static void test_recovering(void **state) {
  world *w = *state;
  lost l = lose(w, "alice");
  person *old = &w->people[0], *bob = person_join(w, "bob");
  client_recovered r;
  befriend(old, bob);
  person *p = person_new(w, "alice2");
  expect_ok(p, try_recover(&l, p, &r));
  assert_int_equal(r.n_dropped, 1);
  const fake_account *a = account_of(&l);
  assert_int_equal(a->n_manifests, 2);
  assert_int_equal(a->last.n_devices, 1);
  assert_true(a->last.by_recovery_key);
  assert_true(a->n_packages > 20);
  assert_true(client_is_registered(p->c));
  CLIENT_MEM(mem);
  client_status s;
  const char *words;
  expect_ok(p, client_status_get(p->c, &mem, &s, &p->err));
  assert_int_equal(s.n_conversations + s.n_contacts, 0);
  assert_true(s.recovery_confirmed); /* typed, and not kept */
  expect_failure(p, client_recovery_words(p->c, &mem, &words, &p->err),
                 CLIENT_REFUSED, "recovery-erased");
  say(p, "bob", "it is me again");
  assert_int_equal(heard(gather(bob), "it is me again"), 1);
  say(bob, "alice", "welcome back");
  assert_int_equal(heard(gather(p), "welcome back"), 1);
  say(bob, "alice", "still you?");
  assert_int_equal(heard(gather(p), "still you?"), 1);
  /* The old one reads nothing of it. */
  for (int i = 0; i < 20; i++) {
    client_wait wait = {.timeout_ms = 0, .fd = -1};
    client_event e;
    if (client_next_event(old->c, &wait, &mem, &e, &old->err) != CLIENT_OK ||
        e.type == CLIENT_EVENT_NONE) {
      break;
    }
    assert_true(e.type != CLIENT_EVENT_MESSAGE);
    expect_ok(old, client_event_done(old->c, e.id, &old->err));
  }
}

/* Nobody was written to: contacts find the new list by looking, as they do
 * anyway, and take the device in; it asks, since it knows nobody. */
static void test_found_by_contacts(void **state) {
  world *w = *state;
  lost l = lose(w, "alice");
  person *old = &w->people[0], *bob = person_join(w, "bob");
  client_recovered r;
  befriend(old, bob);
  person *p = person_new(w, "alice2");
  expect_ok(p, try_recover(&l, p, &r));
  for (int n = 0; n < 50 && n_requests(p) == 0; n++) {
    w->s->now += 24 * 3600000;
    gather(bob);
    gather(p);
  }
  assert_int_equal(n_requests(p), 1);
  say(bob, "alice", "are you there?");
  assert_int_equal(heard(gather(p), "are you there?"), 1);
  accept(p, "bob");
  say(p, "bob", "yes");
  assert_int_equal(heard(gather(bob), "yes"), 1);
  say(bob, "alice", "good");
  assert_int_equal(heard(gather(p), "good"), 1);
}

/* bob was never heard in the group, so that his first message there changes it,
 * which must not be the end of alice in it. */
static void test_group_keeps_the_account(void **state) {
  world *w = *state;
  lost l = lose(w, "alice");
  person *old = &w->people[0], *bob = person_join(w, "bob");
  client_recovered r;
  CLIENT_MEM(mem);
  const char *id, *who[] = {"bob"};
  bool queued;
  client_group g;
  befriend(old, bob);
  expect_ok(old, client_group_create(old->c, "crew", who, 1, &mem, &id, &queued,
                                     &old->err));
  gather(bob);
  person *p = person_new(w, "alice2");
  expect_ok(p, try_recover(&l, p, &r));
  say(p, "bob", "it is me");
  gather(bob);
  say(bob, "crew", "she is back");
  expect_ok(bob, client_group_show(bob->c, "crew", &mem, &g, &bob->err));
  assert_int_equal(g.n_members, 2);
  assert_int_equal(heard(gather(p), "she is back"), 1);
}

/* The list is in force, and nothing that could be written to was published yet:
 * what bob writes is not called sent, and when the device goes on it hears him.
 */
static void test_nobody_is_written_to(void **state) {
  world *w = *state;
  lost l = lose(w, "alice");
  person *old = &w->people[0], *bob = person_join(w, "bob");
  client_recovered r;
  befriend(old, bob);
  person *p = person_new(w, "alice2");
  expect_ok(p, try_recover(&l, p, &r));
  fake_account *a = account_of(&l);
  size_t n = a->n_packages;
  a->n_packages = 0;
  for (int i = 0; i < 40; i++) { /* bob looks, as he does anyway */
    w->s->now += 24 * 3600000;
    gather(bob);
  }
  CLIENT_MEM(mem);
  const char *id;
  client_delivery d = CLIENT_QUEUED;
  client_outgoing m = {.to = "alice", .text = "into the void?"};
  expect_ok(bob, client_send(bob->c, &m, &mem, &id, &bob->err));
  client_kind kind = client_flush(bob->c, id, 600000, &d, &bob->err);
  assert_true(d == CLIENT_QUEUED);
  if (kind != CLIENT_OK) {
    expect_failure(bob, kind, CLIENT_REFUSED, "no-key-package");
  }
  a->n_packages = n;
  say(bob, "alice", "there you are");
  assert_int_equal(heard(gather(p), "there you are"), 1);
}

/* Words that are wrong, of somebody else, for nobody; and the home stays of use
 * for the right ones. */
static void test_wrong_words(void **state) {
  world *w = *state;
  lost l = lose(w, "alice"), other = lose(w, "bob"), bad = l;
  client_recovered r;
  person *p = person_new(w, "new");
  *strrchr(bad.words, ' ') = '\0';
  expect_failure(p, try_recover(&bad, p, &r), CLIENT_USAGE, "wrong-words");
  (void)snprintf(bad.words, sizeof(bad.words), "%s", other.words);
  expect_failure(p, try_recover(&bad, p, &r), CLIENT_USAGE, "wrong-words");
  (void)snprintf(bad.name, sizeof(bad.name), "nobody");
  expect_failure(p, try_recover(&bad, p, &r), CLIENT_REFUSED, "unknown-handle");
  bad = l;
  bad.link[30] = '\0';
  expect_failure(p, try_recover(&bad, p, &r), CLIENT_USAGE, "bad-invite");
  assert_int_equal(account_of(&l)->n_manifests, 1);
  assert_int_equal(account_of(&other)->n_manifests, 1);
  w->s->down = true;
  expect_failure(p, try_recover(&l, p, &r), CLIENT_UNREACHABLE, NULL);
  w->s->down = false;
  expect_ok(p, try_recover(&l, p, &r));
  expect_failure(p, try_recover(&l, p, &r), CLIENT_REFUSED, "registered");
}

/* An address that was typed instead of an invite. */
static void test_servers(void **state) {
  world *w = *state;
  lost l = lose(w, "alice");
  static const struct {
    const char *name, *server, *code;
  } rows[] = {
      {"alice", NULL, "server-needed"},
      {"alice", "example.org", "bad-server"},
      {"alice", "http://example.org", "bad-server"},
      {"alice", "https://", "bad-server"},
      {"alice", "https://example.org/path", "bad-server"},
      {"alice@example.org", "https://example.org:http", "bad-server"},
      {"al ice", "https://example.org", "bad-handle"},
      {"alice", "https://example.org//", NULL},
      {"alice@example.org", "https://chat.example.net:8443", NULL},
      {"alice@example.org", NULL, NULL},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    char home[16];
    CLIENT_MEM(mem);
    client_recovered r;
    (void)snprintf(home, sizeof(home), "n%zu", i);
    person *p = person_new(w, home);
    client_recovering in = {
        .name = rows[i].name, .words = l.words, .server = rows[i].server};
    client_kind kind = client_recover(p->c, &in, &mem, &r, &p->err);
    check_failure(p, kind, rows[i].code == NULL ? CLIENT_OK : CLIENT_USAGE,
                  rows[i].code, rows[i].server == NULL ? "" : rows[i].server,
                  __FILE__, __LINE__);
  }
}

static void test_keeping_devices(void **state) {
  world *w = *state;
  lost l = lose(w, "alice");
  person *old = &w->people[0], *bob = person_join(w, "bob");
  client_recovered r;
  befriend(old, bob);
  l.keep = true;
  person *p = person_new(w, "alice2");
  expect_ok(p, try_recover(&l, p, &r));
  assert_int_equal(r.n_dropped, 0);
  assert_int_equal(account_of(&l)->last.n_devices, 2);
  /* The old one sees it at its daily look, or is told; it takes this one in. */
  say(p, "bob", "from the new one");
  assert_int_equal(heard(gather(bob), "from the new one"), 1);
}

/* Recovered, lost, recovered: the words stay good. */
static void test_again_and_again(void **state) {
  world *w = *state;
  lost l = lose(w, "alice");
  client_recovered r;
  person *bob = person_join(w, "bob");
  for (int i = 0; i < 3; i++) {
    char home[24], text[16];
    (void)snprintf(home, sizeof(home), "again%d", i);
    (void)snprintf(text, sizeof(text), "<%d>", i);
    person *p = person_new(w, home);
    expect_ok(p, try_recover(&l, p, &r));
    assert_int_equal(r.n_dropped, 1);
    assert_int_equal(account_of(&l)->n_manifests, i + 2);
    say(p, "bob", text);
    assert_int_equal(heard(gather(bob), text), 1);
  }
}

/* ---- death ---- */

static void test_death(void **state) {
  world *w = *state;
  person *bob = person_join(w, "bob");
  for (int n = 1; n < 100; n++) {
    char name[16], home[16], text[16];
    (void)snprintf(name, sizeof(name), "a%d", n);
    (void)snprintf(home, sizeof(home), "b%d", n);
    (void)snprintf(text, sizeof(text), "<%d>", n);
    w->n = 1; /* homes are forgotten one after the other */
    lost l = lose(w, name);
    client_recovered r;
    person *p = person_new(w, home);
    p->die_before = n % 2 == 0;
    p->die_at = (size_t)(n + 1) / 2;
    bool survived = try_recover(&l, p, &r) == CLIENT_OK && p->die_at > 0;
    p->die_at = 0;
    person_reopen(p);
    if (!client_is_registered(p->c)) {
      expect_ok(p, try_recover(&l, p, &r));
      assert_int_equal(r.n_dropped, 1);
      person_reopen(p);
    }
    assert_true(client_is_registered(p->c));
    assert_int_equal(account_of(&l)->n_manifests, 2); /* once, however often */
    say(p, "bob", text);
    assert_int_equal(heard(gather(bob), text), 1);
    client_free(w->people[1].c);
    client_free(p->c);
    w->people[1].c = p->c = NULL;
    if (survived) {
      assert_true(n > 10);
      return;
    }
  }
  fail_msg("recovering never ended");
}

/* Answers get lost, before and after the server did it. */
static void test_lost_answers(void **state) {
  world *w = *state;
  for (int n = 1;; n++) {
    char name[16], home[16];
    (void)snprintf(name, sizeof(name), "a%d", n);
    (void)snprintf(home, sizeof(home), "b%d", n);
    assert_true(n < 40);
    lost l = lose(w, name);
    client_recovered r;
    person *p = person_new(w, home);
    w->s->lose_at = (size_t)(n + 1) / 2;
    w->s->lose_answer = n % 2 == 0;
    client_kind kind = try_recover(&l, p, &r);
    bool survived = w->s->lose_at > 0;
    w->s->lose_at = 0;
    if (kind != CLIENT_OK) {
      expect_failure(p, kind, CLIENT_UNREACHABLE, NULL);
      expect_ok(p, try_recover(&l, p, &r));
    }
    assert_int_equal(account_of(&l)->n_manifests, 2);
    if (survived) {
      assert_true(n > 5);
      return;
    }
  }
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_checking_words),
      TEST(test_erasing_words),
      TEST(test_recovering),
      TEST(test_found_by_contacts),
      TEST(test_group_keeps_the_account),
      TEST(test_nobody_is_written_to),
      TEST(test_wrong_words),
      TEST(test_servers),
      TEST(test_keeping_devices),
      TEST(test_again_and_again),
      TEST(test_death),
      TEST(test_lost_answers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
