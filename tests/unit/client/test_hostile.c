/* SPDX-License-Identifier: Apache-2.0
 * Strangers who are not whom they say, and groups that are not what they say.
 */
#include "tests/unit/client/people.h"

#include "client/people.h"
#include "client/talks.h"

/* The letter checks out, but the directory knows no such account: anybody can
 * sign a chain that claims a handle. */
static void test_a_letter_of_nobody(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  say(alice, "bob", "it is me");
  assert_string_equal(gather(bob), "it is me\n");
  fake_account *a = fake_server_account(w->s, "alice@example.org");
  assert_non_null(a);
  a->handle[0] = 'x'; /* the directory knows nobody by that name */
  size_t waiting = fake_server_waiting(w->s);
  CLIENT_MEM(mem);
  const char *id;
  client_outgoing m = {.to = "alice", .text = "who?"};
  expect_failure(bob, client_request_accept(bob->c, "alice", &bob->err),
                 CLIENT_REFUSED, "unknown-handle");
  expect_failure(bob, client_send(bob->c, &m, &mem, &id, &bob->err),
                 CLIENT_REFUSED, "unknown-handle");
  assert_int_equal(fake_server_waiting(w->s), waiting);
  w->s->down = true; /* nor when nobody can say */
  expect_failure(bob, client_request_accept(bob->c, "alice", &bob->err),
                 CLIENT_UNREACHABLE, "unreachable");
  w->s->down = false;
  w->s->now += 120000;
  a->handle[0] = 'a';
  say(bob, "alice", "so it is you");
  hear(alice, "so it is you");
}

/* As a letter into a group with the id of a pair would have left it. */
static void claim_pair(person *p, const char *other) {
  CLIENT_MEM(mem);
  client_person peer;
  client_talk t = {.state = CLIENT_TALK_REQUEST, .name = "trap"};
  assert_int_equal(client_person_by_handle(p->c, other, &mem, &peer), TACET_OK);
  assert_int_equal(client_pair_id(client_id_span(p->c->self.account),
                                  client_id_span(peer.account), t.id),
                   TACET_OK);
  memcpy(t.inviter, peer.account, sizeof(t.inviter));
  CLIENT_TX(tx);
  assert_int_equal(client_tx_begin(p->c->store, &tx), TACET_OK);
  assert_int_equal(client_talk_save(p->c, &t), TACET_OK);
  assert_int_equal(client_tx_commit(&tx), TACET_OK);
}

static void test_a_group_claims_a_pair(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  client_code code;
  expect_ok(alice, client_code_get(alice->c, "bob", &code, &alice->err));
  claim_pair(alice, "bob@example.org");
  say(alice, "bob", "for you alone");
  CLIENT_MEM(mem);
  client_event e;
  await(bob, CLIENT_EVENT_REQUEST, &mem, &e);
  assert_null(e.u.request.group); /* a conversation of two */
  hear(bob, "for you alone");
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_a_letter_of_nobody),
      TEST(test_a_group_claims_a_pair),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
