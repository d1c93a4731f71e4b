/* SPDX-License-Identifier: Apache-2.0
 * Groups and letters that are not what they claim: devices left out, devices
 * that were removed and come back, ids of groups that are no more.
 */
#include "tests/unit/client/liar.h"

#include <string.h>

#include "client/core.h"
#include "tacet/codec/cbor.h"

static void make_crew(person *admin, const char *const *names, size_t n) {
  CLIENT_MEM(mem);
  const char *id;
  bool queued;
  expect_ok(admin, client_group_create(admin->c, "crew", names, n, &mem, &id,
                                       &queued, &admin->err));
  assert_false(queued);
}

static size_t members(person *p, const char *group) {
  CLIENT_MEM(mem);
  client_group g;
  expect_ok(p, client_group_show(p->c, group, &mem, &g, &p->err));
  return g.n_members;
}

static size_t requests(person *p) {
  CLIENT_MEM(mem);
  const client_request *list;
  size_t n;
  expect_ok(p, client_requests(p->c, &mem, &list, &n, &p->err));
  return n;
}

/* ---- devices ---- */

static void test_a_claim_without_a_device(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  person *carol = person_join(w, "carol");
  say(alice, "carol", "hello");
  gather(alice);
  assert_int_equal(warned("device-missing"), 0);
  TACET_BUF(chain, 8 * TACET_MANIFEST_MAX);
  lie_chain(bob, 1, &chain);
  lie_publish(bob, tacet_buf_span(&chain));
  say(alice, "bob", "hello"); /* to the device there are keys of */
  gather(alice);
  assert_int_equal(warned("device-missing"), 0); /* client_lacking */
  hear(bob, "hello");
  hear(carol, "hello");
  /* Who was put into a group without it tries to add it, and says so only when
   * that was in vain for days. */
  accept(carol, "alice");
  accept(bob, "alice");
  const char *names[] = {"carol", "bob"};
  gather(carol);
  (void)warned("none");
  lie_learn(carol, tacet_buf_span(&chain));
  make_crew(alice, names, 2);
  gather(carol);
  assert_int_equal(warned("device-missing"), 0);
  say(carol, "crew", "accepted");
  size_t told = 0;
  for (int n = 0; n < 12; n++) {
    w->s->now += 6 * 3600000;
    gather(carol);
    told += warned("device-missing");
  }
  assert_true(told >= 1);
  say(alice, "crew", "all");
  hear(carol, "all");
}

/* bob has removed a device, as carol knows. alice, an admin, does not know or
 * does not care: she shows the chain up to where it was there. */
static void setup_removed(world *w, person *p[3]) {
  static const char *const names[] = {"alice", "bob", "carol"};
  for (int i = 0; i < 3; i++) {
    p[i] = person_join(w, names[i]);
  }
  befriend(p[0], p[1]);
  befriend(p[0], p[2]);
  TACET_BUF(chain, 8 * TACET_MANIFEST_MAX);
  lie_chain(p[1], 2, &chain);
  lie_learn(p[2], tacet_buf_span(&chain));
}

/* It was put out, and knows it. */
static void expect_removed(person *p) {
  CLIENT_MEM(mem);
  client_event e;
  client_wait wait = {.timeout_ms = 0, .fd = -1};
  client_kind kind;
  while ((kind = client_next_event(p->c, &wait, &mem, &e, &p->err)) ==
         CLIENT_OK) {
    assert_true(e.type != CLIENT_EVENT_NONE && e.type != CLIENT_EVENT_MESSAGE);
    expect_ok(p, client_event_done(p->c, e.id, &p->err));
  }
  expect_failure(p, kind, CLIENT_REFUSED, "device-removed");
}

static void expect_put_out(person *p[3]) {
  gather(p[2]);
  assert_int_equal(warned("removed-device"), 1);
  say(p[2], "crew", "between us"); /* waits until the device is out */
  hear(p[0], "between us");
  expect_removed(p[1]);
  assert_int_equal(members(p[2], "crew"), 2);
  assert_int_equal(members(p[0], "crew"), 2);
}

static void test_a_removed_device_is_added(void **state) {
  world *w = *state;
  person *p[3];
  const char *carol[] = {"carol"}, *bob[] = {"bob"};
  bool queued;
  setup_removed(w, p);
  make_crew(p[0], carol, 1);
  gather(p[2]);
  say(p[2], "crew", "here");
  gather(p[0]);
  (void)warned("none");
  expect_ok(p[0],
            client_group_add(p[0]->c, "crew", bob, 1, &queued, &p[0]->err));
  expect_put_out(p);
}

static void test_a_removed_device_in_a_letter(void **state) {
  world *w = *state;
  person *p[3];
  const char *both[] = {"carol", "bob"};
  setup_removed(w, p);
  (void)warned("none");
  make_crew(p[0], both, 2);
  expect_put_out(p);
}

/* One that nobody asks to write is put out all the same, within the hour. */
static void test_a_removed_device_and_silence(void **state) {
  world *w = *state;
  person *p[3];
  const char *both[] = {"carol", "bob"};
  setup_removed(w, p);
  make_crew(p[0], both, 2);
  gather(p[2]);
  w->s->now += (uint64_t)2 * 3600 * 1000;
  for (int i = 0; i < 4; i++) { /* another device of theirs is waited for */
    gather(p[2]);
    w->s->now += 30000;
  }
  assert_int_equal(members(p[2], "crew"), 2);
}

/* ---- groups that are no more ---- */

static void test_the_id_of_a_dead_group(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  person *eve = person_join(w, "eve");
  const char *names[] = {"bob", "eve"}, *one[] = {"bob"};
  bool queued;
  tacet_room room;
  befriend(alice, bob);
  befriend(alice, eve);
  make_crew(alice, one, 1);
  gather(bob);
  say(bob, "crew", "here");
  gather(alice);
  lie_room_of(alice, "crew", &room);
  room.name = TACET_SPAN_LIT("crew");
  expect_ok(alice, client_group_remove(alice->c, "crew", one, 1, &queued,
                                       &alice->err));
  gather(bob);
  /* eve has learned the id, by whatever way, and was never in it. */
  room.admins = client_id_span(eve->c->self.account);
  lie_group(eve, &room, one, 1);
  gather(bob);
  assert_int_equal(requests(bob), 0);
  assert_int_equal(warned("undecryptable"), 1);
  /* Another id is what any stranger may send. */
  room.conversation[0] ^= 1;
  lie_group(eve, &room, one, 1);
  gather(bob);
  assert_int_equal(requests(bob), 1);
  /* Who was in it may ask him back. */
  expect_ok(alice,
            client_group_add(alice->c, "crew", names, 2, &queued, &alice->err));
  gather(bob);
  say(alice, "crew", "back again");
  hear(bob, "back again");
}

/* ---- contents ---- */

static void write_single(tacet_buf *w, const char *type, tacet_span body) {
  tacet_cbor_write_array(w, 5);
  tacet_cbor_write_uint(w, TACET_DISPOSITION_RENDER);
  tacet_cbor_write_text(w, TACET_SPAN_EMPTY);
  tacet_cbor_write_uint(w, TACET_PART_SINGLE);
  tacet_cbor_write_text(w, tacet_span_str(type));
  tacet_cbor_write_bytes(w, body);
}

/* A content that holds a control message and, perhaps, a text. */
static void make_mixed(bool text, tacet_buf *w) {
  tacet_content_args args = {.text = TACET_SPAN_LIT("x")};
  tacet_control control = {.type = TACET_CONTROL_ADDRESS}; /* to nowhere */
  tacet_content c;
  TACET_BUF(body, 1024);
  TACET_BUF(plain, 4096);
  TACET_BUF(part, 4096);
  tacet_control_write(&body, &control);
  assert_ok(tacet_content_make(&plain, &args));
  assert_ok(tacet_content_parse(tacet_buf_span(&plain), &c));
  if (text) {
    tacet_cbor_write_array(&part, 5);
    tacet_cbor_write_uint(&part, TACET_DISPOSITION_RENDER);
    tacet_cbor_write_text(&part, TACET_SPAN_EMPTY);
    tacet_cbor_write_uint(&part, TACET_PART_MULTI);
    tacet_cbor_write_uint(&part, 2);
    tacet_cbor_write_array(&part, 2);
  }
  write_single(&part, TACET_TYPE_CONTROL, tacet_buf_span(&body));
  if (text) {
    write_single(&part, TACET_TYPE_TEXT, TACET_SPAN_LIT("look here"));
  }
  c.part = tacet_buf_span(&part);
  tacet_content_write(w, &c);
  assert_ok(w->err);
}

/* What is done must be the whole of what is said. */
static void test_a_control_beside_a_text(void **state) {
  world *w = *state;
  person *alice = person_join(w, "alice"), *bob = person_join(w, "bob");
  befriend(alice, bob);
  TACET_BUF(mixed, 8192);
  make_mixed(true, &mixed);
  lie_content(bob, "alice", tacet_buf_span(&mixed));
  assert_string_equal(gather(alice), "look here\n");
  say(alice, "bob", "where?"); /* his address is as before */
  assert_string_equal(gather(bob), "where?\n");
  /* Alone it is carried out: the address is gone. */
  TACET_BUF(alone, 8192);
  make_mixed(false, &alone);
  lie_content(bob, "alice", tacet_buf_span(&alone));
  assert_string_equal(gather(alice), "");
  assert_int_equal(try_say(alice, "bob", "hm"), CLIENT_PARTLY);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_a_claim_without_a_device),
      TEST(test_a_removed_device_is_added),
      TEST(test_a_removed_device_in_a_letter),
      TEST(test_a_removed_device_and_silence),
      TEST(test_the_id_of_a_dead_group),
      TEST(test_a_control_beside_a_text),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
