/* SPDX-License-Identifier: Apache-2.0
 * The account that an invite names for the operator's notices: shown without
 * having been asked for, and special in nothing else. */
#include "tests/unit/client/seer.h"

#include <stdio.h>
#include <string.h>

#include "client/core.h"
#include "client/people.h"
#include "tests/unit/client/liar.h"

#define NOTICE "We were served with a warrant."

/* The server's invites name this account from now on. */
static void name_account(world *w, const char *name) {
  fake_account *a = seer_account(w, name);
  w->s->log->has_notices = true;
  memcpy(w->s->log->notices, a->id, sizeof(a->id));
}

static size_t requests(person *p) {
  CLIENT_MEM(mem);
  const client_request *list;
  size_t n;
  client_status s;
  expect_ok(p, client_requests(p->c, &mem, &list, &n, &p->err));
  expect_ok(p, client_status_get(p->c, &mem, &s, &p->err));
  assert_int_equal(s.n_requests, n);
  return n;
}

/* Takes events: the message with this text must be there, a request only if
 * there has to be one. */
static void expect_message(person *p, const char *text, bool notice,
                           bool request) {
  CLIENT_MEM(mem);
  client_event e = {.type = CLIENT_EVENT_NONE};
  client_wait wait = {.timeout_ms = 0, .fd = -1};
  bool asked = false, found = false;
  for (int turn = 0; turn < 40 && !found; turn++) {
    do {
      expect_ok(p, client_next_event(p->c, &wait, &mem, &e, &p->err));
      asked = asked || e.type == CLIENT_EVENT_REQUEST;
      if (e.type == CLIENT_EVENT_MESSAGE &&
          strcmp(e.u.message.text, text) == 0) {
        found = true;
        assert_int_equal(e.u.message.notice, notice);
        assert_int_equal(e.u.message.request, request);
      }
      if (e.type != CLIENT_EVENT_NONE) {
        expect_ok(p, client_event_done(p->c, e.id, &p->err));
      }
    } while (e.type != CLIENT_EVENT_NONE);
    p->w->s->now += 500;
  }
  assert_true(found);
  assert_int_equal(asked, request);
}

/* As history shows the last one. */
static void expect_shown(person *p, const char *with, bool notice,
                         bool request) {
  CLIENT_MEM(mem);
  const client_message *list;
  size_t n;
  expect_ok(p, client_history(p->c, with, 1, &mem, &list, &n, &p->err));
  assert_int_equal(n, 1);
  assert_int_equal(list[0].notice, notice);
  assert_int_equal(list[0].request, request);
}

static void expect_named(person *p, const char *name, const char *from) {
  CLIENT_MEM(mem);
  client_status s;
  char hex[65];
  expect_ok(p, client_status_get(p->c, &mem, &s, &p->err));
  fake_account *a = seer_account(p->w, name);
  tacet_hex_write(tacet_span_of(a->id, sizeof(a->id)), hex);
  assert_string_equal(s.log.notices, hex);
  if (from == NULL) {
    assert_null(s.log.notices_from);
  } else {
    assert_string_equal(s.log.notices_from, from);
  }
}

/* ---- shown, and nothing else ---- */

static void test_shown_without_a_request(void **state) {
  world *w = *state;
  person *legal = person_join(w, "legal");
  name_account(w, "legal");
  person *bob = person_join(w, "bob");
  expect_named(bob, "legal", NULL);
  say(legal, "bob", NOTICE);
  expect_message(bob, NOTICE, true, false);
  assert_int_equal(requests(bob), 0);
  expect_named(bob, "legal", "legal@" FAKE_DOMAIN);
  /* What was shown is no receipt: bob sends nothing, and claims no slot. */
  gather(legal); /* what is left of her own making */
  size_t sends = w->s->n_sends, slots = w->s->n_slots;
  for (int day = 0; day < 3; day++) {
    w->s->now += CLIENT_DAY;
    assert_string_equal(gather(bob), "");
  }
  assert_int_equal(w->s->n_sends, sends);
  assert_int_equal(w->s->n_slots, slots);
  say(legal, "bob", "A second one.");
  expect_message(bob, "A second one.", true, false);
  /* No contact either, until he answers. */
  CLIENT_MEM(mem);
  const client_contact *list;
  size_t n;
  expect_ok(bob, client_contacts(bob->c, &mem, &list, &n, &bob->err));
  assert_int_equal(n, 0);
  say(bob, "legal", "Which one?");
  expect_message(legal, "Which one?", false, false);
  say(legal, "bob", "The first.");
  expect_message(bob, "The first.", true, false);
  expect_shown(bob, "legal", true, false);
}

/* Its own home shows nothing strange. */
static void test_the_account_itself(void **state) {
  world *w = *state;
  person *legal = person_join(w, "legal");
  person *bob = person_join(w, "bob");
  char link[TACET_INVITE_LINK_MAX];
  bool forgets;
  name_account(w, "legal");
  fake_server_invite(w->s, link);
  expect_ok(legal, client_trust_accept(legal->c, link, &forgets, &legal->err));
  expect_named(legal, "legal", "legal@" FAKE_DOMAIN);
  say(bob, "legal", "hello");
  expect_message(legal, "hello", false, true);
}

static void test_files_wait_for_an_answer(void **state) {
  world *w = *state;
  person *legal = person_join(w, "legal");
  name_account(w, "legal");
  person *bob = person_join(w, "bob");
  CLIENT_MEM(mem);
  const char *id, *path;
  char file[128], dir[128];
  (void)snprintf(file, sizeof(file), "%s/warrant.txt", w->folder);
  (void)snprintf(dir, sizeof(dir), "%s/saved", w->folder);
  FILE *f = fopen(file, "w");
  assert_non_null(f);
  fputs("the paper", f);
  assert_int_equal(fclose(f), 0);
  const char *files[] = {file};
  client_delivery d;
  client_outgoing m = {
      .to = "bob", .text = "It:", .files = files, .n_files = 1};
  expect_ok(legal, client_send(legal->c, &m, &mem, &id, &legal->err));
  expect_ok(legal, client_flush(legal->c, id, 60000, &d, &legal->err));
  expect_message(bob, "It:", true, false);
  size_t given = w->s->n_blob_bytes;
  expect_failure(
      bob, client_attachment_save(bob->c, id, 0, dir, &mem, &path, &bob->err),
      CLIENT_REFUSED, "not-accepted");
  assert_int_equal(w->s->n_blob_bytes, given);
  accept(bob, "legal");
  expect_ok(bob,
            client_attachment_save(bob->c, id, 0, dir, &mem, &path, &bob->err));
}

/* ---- nobody else ---- */

static void test_look_alikes_are_strangers(void **state) {
  world *w = *state;
  (void)person_join(w, "legal");
  name_account(w, "legal");
  person *bob = person_join(w, "bob");
  person *other = person_join(w, "legal.notices");
  say(other, "bob", NOTICE);
  expect_message(bob, NOTICE, false, true);
  assert_int_equal(requests(bob), 1);
}

/* Who has its handle, and not its id. */
static void test_the_handle_is_not_enough(void **state) {
  world *w = *state;
  person *legal = person_join(w, "legal");
  name_account(w, "legal");
  person *bob = person_join(w, "bob");
  say(legal, "bob", NOTICE);
  expect_message(bob, NOTICE, true, false);
  char link[TACET_INVITE_LINK_MAX];
  CLIENT_MEM(mem);
  client_registration r;
  person *heir = person_new(w, "heir");
  fake_server_reset_link(w->s, link);
  expect_ok(heir,
            client_register(heir->c, "legal", link, "x", &mem, &r, &heir->err));
  say(heir, "bob", "We need your words.");
  expect_message(bob, "We need your words.", false, true);
  assert_int_equal(requests(bob), 1);
}

static void test_its_groups_are_a_strangers(void **state) {
  world *w = *state;
  person *legal = person_join(w, "legal");
  name_account(w, "legal");
  person *bob = person_join(w, "bob");
  CLIENT_MEM(mem);
  const char *id, *who[] = {"bob"};
  bool queued;
  client_event e;
  expect_ok(legal, client_group_create(legal->c, "all users", who, 1, &mem, &id,
                                       &queued, &legal->err));
  say(legal, "all users", "join us");
  await(bob, CLIENT_EVENT_REQUEST, &mem, &e);
  assert_string_equal(e.u.request.group, "all users");
  await(bob, CLIENT_EVENT_MESSAGE, &mem, &e);
  assert_true(e.u.message.request);
  assert_false(e.u.message.notice);
  assert_int_equal(requests(bob), 1);
}

static void test_it_can_be_blocked(void **state) {
  world *w = *state;
  person *legal = person_join(w, "legal");
  name_account(w, "legal");
  person *bob = person_join(w, "bob");
  say(legal, "bob", NOTICE);
  expect_message(bob, NOTICE, true, false);
  expect_ok(bob, client_block(bob->c, "legal", &bob->err));
  (void)try_say(legal, "bob", "And this.");
  assert_string_equal(gather(bob), "");
  assert_int_equal(requests(bob), 0);
}

static void test_it_can_be_refused(void **state) {
  world *w = *state;
  person *legal = person_join(w, "legal");
  name_account(w, "legal");
  person *bob = person_join(w, "bob");
  say(legal, "bob", NOTICE);
  expect_message(bob, NOTICE, true, false);
  CLIENT_MEM(mem);
  const client_message *list;
  size_t n;
  expect_ok(bob, client_request_refuse(bob->c, "legal", &bob->err));
  expect_failure(bob,
                 client_history(bob->c, "legal", 0, &mem, &list, &n, &bob->err),
                 CLIENT_USAGE, "no-such-conversation");
}

/* ---- keys that do not check out ---- */

/* The server gives out a next list of their devices that its log does not have.
 */
static void publish_unlogged(world *w, person *p) {
  TACET_BUF(chain, 1 << 16);
  fake_log *log = w->s->log;
  lie_chain(p, 1, &chain);
  w->s->log = fake_log_copy(log, log->n_updates);
  lie_publish(p, tacet_buf_span(&chain));
  fake_log_free(w->s->log);
  w->s->log = log;
}

/* Its next devices are in no log: told, and from then on nobody speaks for the
 * operator. */
static void test_keys_that_fail_the_proofs(void **state) {
  world *w = *state;
  person *legal = person_join(w, "legal");
  name_account(w, "legal");
  person *bob = person_join(w, "bob");
  say(legal, "bob", NOTICE);
  expect_message(bob, NOTICE, true, false);
  publish_unlogged(w, legal);
  size_t sends = w->s->n_sends;
  expect_failure(bob, seer_write(bob, "legal"), CLIENT_KEYS,
                 "unlogged-manifest");
  assert_int_equal(w->s->n_sends, sends);
  assert_true(seer_evidence(bob) > 0);
  expect_shown(bob, "legal", false, true);
  assert_int_equal(requests(bob), 1);
}

/* The log is asked about it as about a contact, without anybody writing. */
static void test_it_is_watched_as_contacts_are(void **state) {
  world *w = *state;
  person *legal = person_join(w, "legal");
  name_account(w, "legal");
  person *bob = person_join(w, "bob");
  say(legal, "bob", NOTICE);
  expect_message(bob, NOTICE, true, false);
  size_t before = w->s->n_lookups;
  for (int hour = 0; hour < 3; hour++) { /* the first time: who is that? */
    w->s->now += CLIENT_HOUR;
    gather(bob);
  }
  assert_true(w->s->n_lookups > before);
  assert_int_equal(seer_trust(bob, "legal"), CLIENT_TRANSPARENT);
  publish_unlogged(w, legal);
  bool told = false;
  for (int day = 0; day < 40 && !told; day++) {
    w->s->now += CLIENT_DAY;
    gather(bob);
    w->s->now += CLIENT_HOUR;
    gather(bob);
    CLIENT_MEM(mem);
    const client_message *list;
    size_t n;
    expect_ok(bob,
              client_history(bob->c, "legal", 1, &mem, &list, &n, &bob->err));
    told = !list[0].notice;
  }
  assert_true(told);
  assert_int_equal(requests(bob), 1);
}

/* Somebody writes as that account, with keys that its list of devices does not
 * have: the letter is refused before anything of it is shown. */
static void test_forged_keys_are_refused(void **state) {
  world *w = *state;
  person *legal = person_join(w, "legal");
  name_account(w, "legal");
  person *bob = person_join(w, "bob");
  person *eve = person_join(w, "eve");
  befriend(eve, legal); /* so that she has its chain to send along */
  befriend(eve, bob);   /* and tokens, and his keys */
  tacet_room room = {.kind = TACET_ROOM_PAIR,
                     .slot_server = TACET_SPAN_LIT(FAKE_DOMAIN)};
  const char *who[] = {"bob"};
  uint8_t pair[CLIENT_ID_LEN];
  CLIENT_MEM(mem);
  client_person b;
  assert_ok(client_enter(eve->c));
  assert_ok(client_person_by_handle(eve->c, "bob@" FAKE_DOMAIN, &mem, &b));
  assert_ok(client_pair_id(client_id_span(legal->c->self.account),
                           client_id_span(b.account), pair));
  memcpy(room.conversation, pair, sizeof(pair));
  (void)warned("\n");
  lie_group_as(eve, legal, &room, who, 1);
  assert_string_equal(gather(bob), "");
  assert_int_equal(warned("keys-mismatch"), 1);
  assert_int_equal(requests(bob), 0);
}

/* ---- invites with and without it ---- */

static void test_who_registered_before_takes_it_by_a_link(void **state) {
  world *w = *state;
  person *legal = person_join(w, "legal");
  person *bob = person_join(w, "bob");
  CLIENT_MEM(mem);
  client_status s;
  expect_ok(bob, client_status_get(bob->c, &mem, &s, &bob->err));
  assert_null(s.log.notices);
  say(legal, "bob", NOTICE);
  expect_message(bob, NOTICE, false, true);
  assert_int_equal(requests(bob), 1);

  char link[TACET_INVITE_LINK_MAX], plain[TACET_INVITE_LINK_MAX];
  client_trust_change t;
  bool forgets = true;
  fake_server_invite(w->s, plain);
  name_account(w, "legal");
  fake_server_invite(w->s, link);
  expect_ok(bob, client_trust_compare(bob->c, link, &mem, &t, &bob->err));
  assert_false(t.same);
  assert_false(t.forgets);
  assert_string_equal(t.notices_from, "legal@" FAKE_DOMAIN);
  expect_ok(bob, client_trust_accept(bob->c, link, &forgets, &bob->err));
  assert_false(forgets);
  assert_int_equal(requests(bob), 0);
  expect_shown(bob, "legal", true, false);
  say(legal, "bob", "Another.");
  expect_message(bob, "Another.", true, false);
  expect_ok(bob, client_trust_compare(bob->c, link, &mem, &t, &bob->err));
  assert_true(t.same);
  /* And loses it by one. */
  expect_ok(bob, client_trust_compare(bob->c, plain, &mem, &t, &bob->err));
  assert_false(t.same);
  assert_null(t.notices);
  expect_ok(bob, client_trust_accept(bob->c, plain, &forgets, &bob->err));
  assert_int_equal(requests(bob), 1);
  expect_shown(bob, "legal", false, true);
}

/* Another account takes its place: the first is a stranger again. */
static void test_another_account(void **state) {
  world *w = *state;
  person *legal = person_join(w, "legal");
  person *second = person_join(w, "notices");
  name_account(w, "legal");
  person *bob = person_join(w, "bob");
  say(legal, "bob", NOTICE);
  expect_message(bob, NOTICE, true, false);
  name_account(w, "notices");
  char link[TACET_INVITE_LINK_MAX];
  CLIENT_MEM(mem);
  client_trust_change t;
  bool forgets;
  fake_server_invite(w->s, link);
  expect_ok(bob, client_trust_compare(bob->c, link, &mem, &t, &bob->err));
  assert_false(t.same);
  expect_ok(bob, client_trust_accept(bob->c, link, &forgets, &bob->err));
  expect_shown(bob, "legal", false, true);
  say(second, "bob", "From here, now.");
  expect_message(bob, "From here, now.", true, false);
  assert_int_equal(requests(bob), 1);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_shown_without_a_request),
      TEST(test_the_account_itself),
      TEST(test_files_wait_for_an_answer),
      TEST(test_look_alikes_are_strangers),
      TEST(test_the_handle_is_not_enough),
      TEST(test_its_groups_are_a_strangers),
      TEST(test_it_can_be_blocked),
      TEST(test_it_can_be_refused),
      TEST(test_keys_that_fail_the_proofs),
      TEST(test_it_is_watched_as_contacts_are),
      TEST(test_forged_keys_are_refused),
      TEST(test_who_registered_before_takes_it_by_a_link),
      TEST(test_another_account),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
