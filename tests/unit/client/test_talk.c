/* SPDX-License-Identifier: Apache-2.0
 * Two people: the first letter, answers, being away, being refused. */
#include "tests/unit/client/people.h"

static void test_first_words(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  say(alice, "bob", "is this you?");
  CLIENT_MEM(mem);
  client_event e;
  await(bob, CLIENT_EVENT_REQUEST, &mem, &e);
  assert_string_equal(e.u.request.from, "alice@example.org");
  assert_null(e.u.request.group);
  await(bob, CLIENT_EVENT_MESSAGE, &mem, &e);
  assert_string_equal(e.u.message.text, "is this you?");
  assert_string_equal(e.u.message.from, "alice@example.org");
  assert_true(e.u.message.request);
  say(bob, "alice", "yes"); /* answering accepts */
  await(alice, CLIENT_EVENT_MESSAGE, &mem, &e);
  assert_string_equal(e.u.message.text, "yes");
  assert_false(e.u.message.request);
  say(alice, "BOB", "good");
  await(bob, CLIENT_EVENT_MESSAGE, &mem, &e);
  assert_string_equal(e.u.message.text, "good");
  assert_false(e.u.message.request);
  assert_int_equal(fake_server_waiting(w->s), 0);
}

static void test_arrives_whole_once_in_order(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  char want[4000] = "";
  for (int i = 0; i < 20; i++) {
    char text[64];
    (void)snprintf(text, sizeof(text), "line %d", i);
    say(alice, "bob", text);
    (void)snprintf(want + strlen(want), sizeof(want) - strlen(want), "%s\n",
                   text);
    if (i % 7 == 3) {
      say(bob, "alice", "so?");
    }
  }
  assert_string_equal(gather(bob), want);
  assert_string_equal(gather(alice), "so?\nso?\nso?\n");
  CLIENT_MEM(mem);
  const client_message *list;
  size_t n;
  expect_ok(bob,
            client_history(bob->c, "alice", 5, &mem, &list, &n, &bob->err));
  assert_int_equal(n, 5);
  assert_string_equal(list[4].text, "line 19");
  expect_ok(bob,
            client_history(bob->c, "alice", 0, &mem, &list, &n, &bob->err));
  assert_int_equal(n, 25);
  assert_string_equal(list[0].text, "hello");
  assert_true(list[1].own);
  assert_int_equal(list[1].delivery, CLIENT_SENT);
}

static void test_queued_while_the_server_is_away(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  w->s->down = true;
  assert_int_equal(try_say(alice, "bob", "one"), CLIENT_QUEUED);
  assert_int_equal(alice->err.kind, CLIENT_UNREACHABLE);
  assert_int_equal(try_say(alice, "bob", "two"), CLIENT_QUEUED);
  client_outgoing m = {.to = "carol", .text = "hi"};
  CLIENT_MEM(mem);
  const char *id;
  expect_failure(alice, client_send(alice->c, &m, &mem, &id, &alice->err),
                 CLIENT_UNREACHABLE, "unreachable");
  client_event e;
  client_wait wait = {.timeout_ms = 3000, .fd = -1};
  expect_failure(bob, client_next_event(bob->c, &wait, &mem, &e, &bob->err),
                 CLIENT_UNREACHABLE, NULL);
  person_reopen(alice);
  w->s->down = false;
  gather(alice); /* any command that reaches the server sends it */
  assert_string_equal(gather(bob), "one\ntwo\n");
  client_status status;
  expect_ok(alice, client_status_get(alice->c, &mem, &status, &alice->err));
  assert_int_equal(status.n_queued, 0);
  assert_true(status.reachable);
  assert_string_equal(status.handle, "alice@example.org");
  assert_int_equal(status.n_contacts, 1);
}

static void test_replies(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  say(alice, "bob", "which door?");
  CLIENT_MEM(mem);
  client_event e;
  await(bob, CLIENT_EVENT_MESSAGE, &mem, &e);
  char asked[80];
  (void)snprintf(asked, sizeof(asked), "%s", e.u.message.id);
  const char *id;
  client_delivery d;
  client_outgoing m = {.to = "alice", .text = "blue", .reply_to = asked};
  expect_ok(bob, client_send(bob->c, &m, &mem, &id, &bob->err));
  expect_ok(bob, client_flush(bob->c, id, 1000, &d, &bob->err));
  await(alice, CLIENT_EVENT_MESSAGE, &mem, &e);
  assert_string_equal(e.u.message.reply_to, asked);
  m.reply_to = "00";
  expect_failure(bob, client_send(bob->c, &m, &mem, &id, &bob->err),
                 CLIENT_USAGE, "no-such-message");
}

static void test_what_disappears(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  CLIENT_MEM(mem);
  const char *id;
  client_delivery d;
  const client_message *list;
  size_t n;
  client_outgoing m = {.to = "bob", .text = "burn this", .expires_ms = 60000};
  expect_ok(alice, client_send(alice->c, &m, &mem, &id, &alice->err));
  expect_ok(alice, client_flush(alice->c, id, 1000, &d, &alice->err));
  w->s->now += 3600 * 1000; /* unread, it stays */
  hear(bob, "burn this");
  expect_ok(bob,
            client_history(bob->c, "alice", 1, &mem, &list, &n, &bob->err));
  assert_int_equal(n, 1);
  assert_string_equal(list[0].text, "burn this");
  w->s->now += 2 * 3600 * 1000;
  gather(bob);
  gather(alice);
  expect_ok(bob,
            client_history(bob->c, "alice", 1, &mem, &list, &n, &bob->err));
  assert_string_not_equal(list[0].text, "burn this");
  expect_ok(alice,
            client_history(alice->c, "bob", 1, &mem, &list, &n, &alice->err));
  assert_string_not_equal(list[0].text, "burn this");
}

static void test_a_long_text(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  size_t len = 240000;
  char *text = malloc(len + 1);
  for (size_t i = 0; i < len; i++) {
    text[i] = (char)('a' + i % 26);
  }
  text[len] = '\0';
  say(alice, "bob", text);
  say(alice, "bob", "after it");
  hear(bob, text);
  CLIENT_MEM(mem);
  const char *id;
  char *longer = calloc(1, CLIENT_TEXT_MAX + 2);
  memset(longer, 'x', CLIENT_TEXT_MAX + 1);
  client_outgoing m = {.to = "bob", .text = longer};
  expect_failure(alice, client_send(alice->c, &m, &mem, &id, &alice->err),
                 CLIENT_USAGE, "too-long");
  m.text = "\xff\xfe";
  expect_failure(alice, client_send(alice->c, &m, &mem, &id, &alice->err),
                 CLIENT_USAGE, "not-utf8");
  m.text = "";
  expect_failure(alice, client_send(alice->c, &m, &mem, &id, &alice->err),
                 CLIENT_USAGE, "empty");
  free(longer);
  free(text);
}

static void test_refused(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  say(alice, "bob", "buy this");
  hear(bob, "buy this");
  CLIENT_MEM(mem);
  const client_request *list;
  size_t n;
  expect_ok(bob, client_requests(bob->c, &mem, &list, &n, &bob->err));
  assert_int_equal(n, 1);
  assert_int_equal(list[0].n_messages, 1);
  size_t sends = w->s->n_sends;
  expect_ok(bob, client_request_refuse(bob->c, "alice", &bob->err));
  expect_failure(bob, client_request_refuse(bob->c, "alice", &bob->err),
                 CLIENT_USAGE, "no-such-request");
  (void)try_say(alice, "bob", "buy that");
  assert_string_equal(gather(bob), "");
  assert_int_equal(w->s->n_sends, sends + 1); /* nothing but alice's own */
  const client_contact *contacts;
  expect_ok(bob, client_contacts(bob->c, &mem, &contacts, &n, &bob->err));
  assert_int_equal(n, 0);
  w->s->now += 3 * (uint64_t)86400000; /* the mailbox is deleted by then */
  gather(bob);
  assert_int_equal(try_say(alice, "bob", "anybody?"), CLIENT_PARTLY);
  gather(alice);
  assert_int_equal(warned("unreachable"), 1);
}

static void test_both_write_at_once(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  say(alice, "bob", "me first");
  say(bob, "alice", "no, me"); /* without having listened */
  hear(alice, "no, me");
  hear(bob, "me first");
  for (int i = 0; i < 3; i++) {
    say(alice, "bob", "ping");
    hear(bob, "ping");
    say(bob, "alice", "pong");
    hear(alice, "pong");
  }
  CLIENT_MEM(mem);
  const client_request *list;
  size_t n;
  expect_ok(bob, client_requests(bob->c, &mem, &list, &n, &bob->err));
  assert_int_equal(n, 0); /* both wanted it: nobody is a stranger */
}

static void test_twice_is_once_and_missing_shows(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  w->s->repeat_items = 2;
  say(alice, "bob", "one");
  say(alice, "bob", "two");
  assert_string_equal(gather(bob), "one\ntwo\n");
  (void)warned("gap");
  w->s->drop_items = 1;
  say(alice, "bob", "lost");
  assert_string_equal(gather(bob), "");
  assert_int_equal(warned("gap"), 0); /* nothing later has come */
  say(alice, "bob", "three");
  hear(bob, "three");
  w->s->now += 61 * 1000;
  gather(bob);
  assert_int_equal(warned("gap"), 1);
  gather(bob);
  assert_int_equal(warned("gap"), 0); /* told once */
}

/* A lost answer: the same bytes again, and still only one message. */
static void test_lost_answers(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  for (int answer = 0; answer < 2; answer++) {
    w->s->lose_at = 1;
    w->s->lose_answer = answer != 0;
    assert_int_equal(try_say(alice, "bob", "hm"), CLIENT_QUEUED);
    w->s->now += 60000;
    gather(alice);
    assert_string_equal(gather(bob), "hm\n");
  }
}

static void test_the_server_sees_nothing(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  say(alice, "bob", "canary in a first letter");
  hear(bob, "canary in a first letter");
  say(bob, "alice", "canary in an answer");
  assert_false(fake_server_holds(w->s, TACET_SPAN_LIT("canary")));
  assert_true(fake_server_waiting(w->s) > 0);
  hear(alice, "canary in an answer");
}

static void test_whom_one_can_write_to(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice");
  static const struct {
    const char *to, *code;
    client_kind kind;
  } rows[] = {
      {"zelda", "unknown-handle", CLIENT_REFUSED},
      {"\xd0\xb0lice", "no-such-conversation", CLIENT_USAGE},
      {"-bob", "no-such-conversation", CLIENT_USAGE},
      {"", "no-such-conversation", CLIENT_USAGE},
      {"bob@elsewhere.example", "other-server", CLIENT_USAGE},
      {"alice", "self", CLIENT_USAGE},
      {"00", "unknown-handle", CLIENT_REFUSED},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    CLIENT_MEM(mem);
    const char *id;
    client_outgoing m = {.to = rows[i].to, .text = "x"};
    expect_failure(alice, client_send(alice->c, &m, &mem, &id, &alice->err),
                   rows[i].kind, rows[i].code);
  }
}

static void test_a_changed_certificate(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  CLIENT_MEM(mem);
  const char *id;
  client_delivery d;
  client_outgoing m = {.to = "bob", .text = "secret"};
  w->s->certificate = "The certificate is another one.";
  expect_ok(alice, client_send(alice->c, &m, &mem, &id, &alice->err));
  expect_failure(alice, client_flush(alice->c, id, 1000, &d, &alice->err),
                 CLIENT_KEYS, "certificate-changed");
  w->s->certificate = NULL;
  gather(alice); /* it was not lost */
  hear(bob, "secret");
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_first_words),
      TEST(test_arrives_whole_once_in_order),
      TEST(test_queued_while_the_server_is_away),
      TEST(test_replies),
      TEST(test_what_disappears),
      TEST(test_a_long_text),
      TEST(test_refused),
      TEST(test_both_write_at_once),
      TEST(test_twice_is_once_and_missing_shows),
      TEST(test_lost_answers),
      TEST(test_the_server_sees_nothing),
      TEST(test_whom_one_can_write_to),
      TEST(test_a_changed_certificate),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
