/* SPDX-License-Identifier: Apache-2.0
 * Linking: codes that are wrong, old, used, mistyped; whoever saw one; lists of
 * devices that change meanwhile.
 */
#include "tests/unit/client/scene.h"

#include "client/chain.h"
#include "client/content.h"
#include "client/jobs.h"
#include "client/linking.h"
#include "client/talks.h"

static void test_linking(void **state) {
  scene t;
  scene_set(&t, *state, true);
  fleet_forget();
  expect_ok(t.fresh, scene_link(&t));
  scene_check(&t, "x");
  CLIENT_MEM(mem);
  const client_device *list;
  size_t n, named = 0;
  expect_ok(t.old, client_devices(t.old->c, &mem, &list, &n, &t.old->err));
  for (size_t i = 0; i < n; i++) {
    named += list[i].name != NULL && strcmp(list[i].name, "phone") == 0;
  }
  assert_int_equal(named, 1);
}

/* ---- codes ---- */

static void expect_code(scene *t, client_kind kind, const char *code) {
  for (int i = 0; i < 90 && t->err.kind == CLIENT_OK; i++) {
    t->w->s->now += 1000;
    scene_turn(t);
  }
  assert_int_equal(t->err.kind, kind);
  assert_string_equal(t->err.code, code);
  assert_int_equal(scene_devices(t->old), 1);
  t->err = (client_error){.kind = CLIENT_OK};
  t->begun = false;
  t->job = 0;
}

static void code_at(uint64_t now, char out[TACET_LINKING_TEXT_LEN + 1]) {
  tacet_linking_code code = {.minute = (uint16_t)(now / 60000)};
  assert_ok(tacet_random(code.secret, sizeof(code.secret)));
  assert_ok(tacet_linking_code_write(&code, out));
}

static void test_codes(void **state) {
  scene t;
  scene_set(&t, *state, true);
  t.w->s->meanwhile = NULL;
  code_at(t.w->s->now, t.code); /* nobody has it */
  expect_code(&t, CLIENT_REFUSED, "nobody-waits");
  t.code[3] = t.code[3] == 'A' ? 'B' : 'A'; /* mistyped */
  expect_code(&t, CLIENT_USAGE, "bad-code");
  (void)snprintf(t.code, sizeof(t.code), "hello");
  expect_code(&t, CLIENT_USAGE, "bad-code");
  code_at(t.w->s->now - (uint64_t)11 * 60000, t.code);
  expect_code(&t, CLIENT_REFUSED, "code-expired");
  code_at(t.w->s->now + (uint64_t)3600 * 1000, t.code);
  expect_code(&t, CLIENT_FAILED, "clock");
  t.code[0] = '\0';
  t.w->s->meanwhile = scene_turn;
  expect_ok(t.fresh, scene_link(&t));
  t.w->s->meanwhile = NULL;
  t.w->s->now += 60000;
  person *both[] = {t.old, t.fresh};
  fleet_settle(both, 2, 6);
  t.begun = false;
  for (int i = 0; i < 3; i++) {
    scene_turn(&t); /* the same code again */
  }
  assert_string_equal(t.err.code, "code-used");
}

static void test_nobody_approves(void **state) {
  scene t;
  scene_set(&t, *state, true);
  t.w->s->meanwhile = NULL;
  expect_failure(t.fresh, scene_link(&t), CLIENT_REFUSED, "code-expired");
  t.w->s->down = true;
  expect_failure(t.fresh, scene_link(&t), CLIENT_UNREACHABLE, NULL);
  assert_int_equal(scene_devices(t.old), 1);
}

/* Somebody has seen the code, and is faster: it is not his key that the code is
 * about. */
static void test_the_code_was_seen(void **state) {
  scene t;
  scene_set(&t, *state, true);
  t.w->s->meanwhile = NULL;
  code_at(t.w->s->now, t.code);
  tacet_linking_code code;
  assert_ok(tacet_linking_code_read(tacet_span_str(t.code), &code));
  assert_ok(client_enter(t.old->c));
  assert_ok(client_offer_begin(t.old->c, tacet_span_str(t.code), false,
                               &t.job));
  t.begun = true;
  scene_turn(&t);
  CLIENT_MEM(mem);
  client_offer_record r;
  assert_ok(client_get(t.old->c, CLIENT_T_SELF, TACET_SPAN_LIT("offer"),
                       client_offer_fields, &r, sizeof(r), &mem));
  assert_int_equal(r.step, CLIENT_OFFER_HELLO);
  client_mailbox m;
  assert_ok(
      client_mailbox_get(t.old->c, tacet_span_of(r.mailbox, 16), &mem, &m));
  tacet_linking_hello h = {.name = TACET_SPAN_LIT("thief")};
  memset(h.device, 7, sizeof(h.device));
  TACET_BUF(body, 1024);
  TACET_BUF(item, 4096);
  tacet_linking_hello_write(&body, &h);
  assert_ok(tacet_linking_seal(&code, TACET_LINKING_HELLO,
                               tacet_buf_span(&body), &item));
  CLIENT_TX(tx);
  assert_ok(client_tx_begin(t.old->c->store, &tx));
  assert_ok(client_offer_take(t.old->c, &m, tacet_buf_span(&item)));
  assert_ok(client_offer_take(t.old->c, &m, TACET_SPAN_LIT("no envelope")));
  assert_ok(client_tx_commit(&tx));
  assert_ok(client_get(t.old->c, CLIENT_T_SELF, TACET_SPAN_LIT("offer"),
                       client_offer_fields, &r, sizeof(r), &mem));
  assert_int_equal(r.step, CLIENT_OFFER_HELLO);
  expect_code(&t, CLIENT_REFUSED, "nobody-waits");
}

/* ---- the other device changes the list at the same time ---- */

static void change_the_list(void *user) {
  scene *t = user;
  CLIENT_MEM(mem);
  client_offer_record r;
  scene_turn(t);
  tacet_err e = client_get(t->old->c, CLIENT_T_SELF, TACET_SPAN_LIT("offer"),
                           client_offer_fields, &r, sizeof(r), &mem);
  if (e == TACET_OK && r.step == CLIENT_OFFER_POSSESSION && !t->again) {
    t->again = true;
    (void)fleet_add(t->old, "tablet"); /* the old one knows nothing of it */
  }
}

static void test_a_race_of_manifests(void **state) {
  scene t;
  scene_set(&t, *state, true);
  t.w->s->meanwhile = change_the_list;
  expect_failure(t.fresh, scene_link(&t), CLIENT_REFUSED, "manifest-conflict");
  t.w->s->meanwhile = NULL;
  for (int i = 0; i < 5; i++) {
    scene_turn(&t);
  }
  assert_string_equal(t.err.code, "manifest-conflict");
  fleet_look(t.old);
  assert_int_equal(scene_devices(t.old), 2);
}

int main(void) {
#define TEST(name)                                                             \
  cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_linking),
      TEST(test_codes),
      TEST(test_nobody_approves),
      TEST(test_the_code_was_seen),
      TEST(test_a_race_of_manifests),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
