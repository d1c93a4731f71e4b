/* SPDX-License-Identifier: Apache-2.0
 * The test vectors of docs/protocol: what we invented, so that somebody else
 * can check his own. With an argument it writes them anew instead:
 *
 *   test_own_vectors --write FILE
 */
#include "tests/support/support.h"

#include <jansson.h>

#include "tacet/crypto.h"
#include "tacet/keytrans/manifest.h"
#include "tacet/wire.h"

#define VECTORS "docs/protocol/vectors/wire.json"

static void put(json_t *o, const char *key, const void *p, size_t len) {
  char *hex = malloc(2 * len + 1);
  tacet_hex_write(tacet_span_of(p, len), hex);
  json_object_set_new(o, key, json_string(hex));
  free(hex);
}

static tacet_span get(const json_t *o, const char *key) {
  const char *hex = json_string_value(json_object_get(o, key));
  if (hex == NULL) {
    fail_msg("%s has no %s", VECTORS, key);
  }
  return test_hex(hex);
}

/* Copies exactly len bytes of a member. */
static void take(const json_t *o, const char *key, void *out, size_t len) {
  tacet_span s = get(o, key);
  assert_int_equal(s.len, len);
  memcpy(out, s.p, len);
  test_hex_free(s);
}

/* ---- sealing ---- */

static json_t *make_sealing(void) {
  json_t *o = json_object();
  TACET_SECRET(key);
  uint8_t public_key[32], mailbox[16], sealed[64];
  static const char item[] = "an item that waits";
  uint32_t number = 0;
  tacet_sealer s;
  assert_ok(tacet_seal_key_new(&key, public_key));
  assert_ok(tacet_random(mailbox, 16));
  assert_ok(tacet_sealer_new(public_key, mailbox, &s));
  for (int i = 0; i < 3; i++) { /* the third: number 2 */
    assert_ok(tacet_sealer_seal(&s, TACET_SPAN_LIT("an item that waits"),
                                &number, sealed));
  }
  put(o, "private_key", key.b, key.len);
  put(o, "public_key", public_key, 32);
  put(o, "mailbox", mailbox, 16);
  put(o, "enc", s.enc, 32);
  json_object_set_new(o, "number", json_integer(number));
  put(o, "item", item, sizeof(item) - 1);
  put(o, "sealed", sealed, sizeof(item) - 1 + TACET_SEAL_TAG_LEN);
  tacet_sealer_wipe(&s);
  return o;
}

static void check_sealing(const json_t *o) {
  TACET_SECRET(key);
  uint8_t mailbox[16], enc[32], open[64];
  tacet_span k = get(o, "private_key"), item = get(o, "item"),
             sealed = get(o, "sealed");
  tacet_unsealer u;
  assert_ok(tacet_secret_set(&key, k));
  take(o, "mailbox", mailbox, 16);
  take(o, "enc", enc, 32);
  assert_ok(tacet_unsealer_new(&key, mailbox, enc, &u));
  uint32_t number = (uint32_t)json_integer_value(json_object_get(o, "number"));
  assert_ok(tacet_unsealer_open(&u, number, sealed, open));
  assert_span(item, tacet_span_of(open, item.len));
  tacet_unsealer_wipe(&u);
  test_hex_free(k);
  test_hex_free(item);
  test_hex_free(sealed);
}

/* ---- tokens ---- */

static json_t *make_token(void) {
  json_t *o = json_object();
  TACET_VOPRF_KEY(key);
  tacet_token_draw d;
  tacet_token t;
  uint8_t evaluated[32], proof[64];
  TACET_BUF(w, 256);
  assert_ok(tacet_voprf_key_generate(&key));
  assert_ok(
      tacet_token_draw_start(TACET_TOKEN_DELIVERY, key.public_key, 1, &d));
  assert_ok(tacet_voprf_blind_evaluate(&key, tacet_span_of(d.blinded, 32),
                                       evaluated, proof));
  assert_ok(tacet_token_draw_finish(&d, tacet_span_of(evaluated, 32),
                                    tacet_span_of(proof, 64), &t));
  tacet_token_write(&w, &t);
  json_object_set_new(o, "kind", json_integer(TACET_TOKEN_DELIVERY));
  put(o, "issuer_private_key", key.private_key.b, key.private_key.len);
  put(o, "issuer_public_key", key.public_key, 32);
  put(o, "nonce", d.nonces, 32);
  put(o, "blind", d.blinds, 32);
  put(o, "blinded", d.blinded, 32);
  put(o, "evaluated", evaluated, 32);
  put(o, "proof", proof, 64);
  put(o, "token", w.p, w.len);
  tacet_token_draw_wipe(&d);
  return o;
}

static void check_token(const json_t *o) {
  TACET_VOPRF_KEY(key);
  tacet_token_draw d = {.kind = TACET_TOKEN_DELIVERY, .n = 1};
  tacet_token t, made;
  tacet_span k = get(o, "issuer_private_key"), token = get(o, "token"),
             evaluated = get(o, "evaluated"), proof = get(o, "proof");
  assert_ok(tacet_voprf_key_load(k, &key));
  take(o, "issuer_public_key", d.public_key, 32);
  assert_memory_equal(d.public_key, key.public_key, 32);
  take(o, "nonce", d.nonces, 32);
  take(o, "blind", d.blinds, 32);
  take(o, "blinded", d.blinded, 32);
  assert_ok(tacet_token_draw_finish(&d, evaluated, proof, &made));
  assert_ok(tacet_token_parse(token, &t));
  assert_memory_equal(&made, &t, sizeof(t));
  assert_ok(tacet_token_redeem(TACET_TOKEN_DELIVERY, &key, &t));
  test_hex_free(k);
  test_hex_free(token);
  test_hex_free(evaluated);
  test_hex_free(proof);
}

/* ---- the keys of a week ---- */

/* Of two weeks, in the order in which a server lists them. */
static json_t *make_week(void) {
  json_t *o = json_object();
  const uint32_t first_day = 20006;
  tacet_issuers all = {.n = 4}, week;
  TACET_BUF(list, 1024);
  TACET_BUF(value, 1024);
  for (uint32_t i = 0; i < 4; i++) {
    tacet_issuer *k = &all.list[i];
    k->kind = (tacet_token_kind)(i / 2);
    memset(k->public_key, (int)i + 1, sizeof(k->public_key));
    k->first_day = first_day - i % 2 * TACET_ISSUER_DAYS;
    k->issue_until = k->first_day + TACET_ISSUER_DAYS - 1;
    k->accept_until = k->issue_until + TACET_ISSUER_DAYS;
  }
  assert_ok(tacet_issuers_week(&all, first_day, &week));
  tacet_issuers_write(&list, &all);
  tacet_issuers_write(&value, &week);
  json_object_set_new(o, "first_day", json_integer(first_day));
  put(o, "issuers", list.p, list.len);
  json_object_set_new(o, "label", json_string("i:20006"));
  put(o, "value", value.p, value.len);
  return o;
}

static void check_week(const json_t *o) {
  uint32_t first =
      (uint32_t)json_integer_value(json_object_get(o, "first_day"));
  tacet_span list = get(o, "issuers"), value = get(o, "value");
  tacet_issuers all, week;
  TACET_BUF(w, 1024);
  assert_ok(tacet_issuers_parse(list, &all));
  assert_ok(tacet_issuers_week(&all, first, &week));
  tacet_issuers_write(&w, &week);
  assert_span(value, tacet_buf_span(&w));
  test_hex_free(list);
  test_hex_free(value);
}

/* ---- manifests and the requests that their devices sign ---- */

static json_t *make_account(void) {
  json_t *o = json_object();
  TACET_SECRET(device);
  TACET_SECRET(recovery);
  TACET_SECRET(second);
  tacet_manifest m0 = {.handle = "alice@example.org", .n_devices = 1}, m1;
  assert_ok(tacet_sig_ed25519.generate(&device, m0.devices[0].key));
  assert_ok(tacet_sig_ed25519.generate(&recovery, m0.recovery_key));
  memset(m0.devices[0].id, 0x11, 16);
  tacet_manifest_signer s = {.private_key = &device};
  memset(s.device_id, 0x11, 16);
  const tacet_secret *first_keys[] = {&device}, *second_keys[] = {&second};
  TACET_BUF(b0, 4096);
  TACET_BUF(b1, 4096);
  assert_ok(tacet_manifest_sign(&m0, NULL, &s, first_keys, 1, &b0));
  m1 = m0;
  m1.n_devices = 2;
  assert_ok(tacet_sig_ed25519.generate(&second, m1.devices[1].key));
  memset(m1.devices[1].id, 0x22, 16);
  assert_ok(tacet_manifest_sign(&m1, &m0, &s, second_keys, 1, &b1));

  tacet_auth a = {.nonce = {7}};
  char text[TACET_AUTH_TEXT_MAX];
  memcpy(a.account_id, m0.account_id, 32);
  memset(a.device_id, 0x11, 16);
  tacet_auth_request r = {TACET_SPAN_LIT("example.org"), TACET_SPAN_LIT("POST"),
                          TACET_SPAN_LIT("/v1/tokens"), TACET_SPAN_LIT("body")};
  assert_ok(tacet_auth_sign(&a, &r, &device));
  tacet_auth_write(&a, text);

  put(o, "account_id", m0.account_id, 32);
  put(o, "manifest_0", b0.p, b0.len);
  put(o, "manifest_1", b1.p, b1.len);
  put(o, "device_private_key", device.b, device.len);
  json_object_set_new(o, "request_domain", json_string("example.org"));
  json_object_set_new(o, "request_method", json_string("POST"));
  json_object_set_new(o, "request_path", json_string("/v1/tokens"));
  json_object_set_new(o, "request_body", json_string("body"));
  json_object_set_new(o, "authorization", json_string(text));
  char code[61];
  uint8_t other[32];
  assert_ok(tacet_random(other, 32));
  assert_ok(tacet_safety_code(m0.account_id, other, code));
  put(o, "other_account_id", other, 32);
  json_object_set_new(o, "safety_code", json_string(code));
  return o;
}

static tacet_span text_of(const json_t *o, const char *key) {
  const char *text = json_string_value(json_object_get(o, key));
  if (text == NULL) {
    fail_msg("%s has no %s", VECTORS, key);
  }
  return tacet_span_str(text);
}

static void check_account(const json_t *o) {
  tacet_manifest m0, m1;
  uint8_t id[32], other[32];
  char code[61];
  tacet_span b0 = get(o, "manifest_0"), b1 = get(o, "manifest_1");
  assert_ok(tacet_manifest_first(b0, &m0));
  assert_ok(tacet_manifest_next(&m0, b1, &m1));
  take(o, "account_id", id, 32);
  assert_memory_equal(id, m0.account_id, 32);
  assert_int_equal(m1.n_devices, 2);
  take(o, "other_account_id", other, 32);
  assert_ok(tacet_safety_code(other, id, code));
  assert_string_equal(code,
                      json_string_value(json_object_get(o, "safety_code")));
  tacet_auth a;
  tacet_auth_request r = {
      text_of(o, "request_domain"), text_of(o, "request_method"),
      text_of(o, "request_path"), text_of(o, "request_body")};
  assert_ok(tacet_auth_parse(
      tacet_span_str(json_string_value(json_object_get(o, "authorization"))),
      &a));
  assert_ok(tacet_auth_verify(&a, &r, m1.devices[0].key));
  test_hex_free(b0);
  test_hex_free(b1);
}

/* ---- calls of delivery ---- */

static json_t *make_delivery(void) {
  json_t *o = json_object();
  TACET_BUF(list, 1024);
  TACET_BUF(w, 4096);
  tacet_token t = {.nonce = {2}};
  uint8_t token[TACET_TOKEN_LEN];
  tacet_token_write(&w, &t);
  memcpy(token, w.p, sizeof(token));
  tacet_buf_clear(&w);
  for (uint8_t i = 0; i < 2; i++) {
    tacet_new_mailbox_write(&list, &(tacet_new_mailbox){.id = {i},
                                                        .read_hash = {3},
                                                        .capability_hash = {4},
                                                        .sealing_key = {5},
                                                        .paid = i == 1});
  }
  tacet_create_mailboxes_write(
      &w, &(tacet_create_mailboxes){.token = t,
                                    .mailboxes = tacet_buf_span(&list)});
  put(o, "create_mailboxes", w.p, w.len);
  tacet_buf_clear(&list);
  tacet_buf_clear(&w);
  tacet_recipient_write(&list,
                        &(tacet_recipient){.mailbox = {1}, .capability = {6}});
  tacet_send_write(
      &w, &(tacet_send){.recipients = tacet_buf_span(&list),
                        .item = TACET_SPAN_LIT("item"),
                        .token = tacet_span_of(token, sizeof(token)),
                        .has_slot = true,
                        .slot = {.name = {7}, .body = TACET_SPAN_LIT("body")}});
  put(o, "send", w.p, w.len);
  return o;
}

static void check_delivery(const json_t *o) {
  tacet_span made = get(o, "create_mailboxes"), sent = get(o, "send");
  tacet_create_mailboxes c;
  tacet_new_mailbox m;
  tacet_send s;
  tacet_recipient r;
  assert_ok(tacet_create_mailboxes_parse(made, &c));
  assert_int_equal(c.n_mailboxes, 2);
  for (uint8_t i = 0; i < 2; i++) {
    assert_true(tacet_new_mailbox_next(&c.mailboxes, &m));
    assert_int_equal(m.id[0], i);
    assert_int_equal(m.paid, i == 1);
  }
  assert_ok(tacet_send_parse(sent, &s));
  assert_int_equal(s.n_recipients, 1);
  assert_true(tacet_recipient_next(&s.recipients, &r));
  assert_int_equal(r.mailbox[0], 1);
  assert_int_equal(r.capability[0], 6);
  assert_span(TACET_SPAN_LIT("item"), s.item);
  assert_false(s.ephemeral);
  assert_int_equal(s.token.len, TACET_TOKEN_LEN);
  assert_true(s.has_slot);
  assert_int_equal(s.slot.name[0], 7);
  assert_span(TACET_SPAN_LIT("body"), s.slot.body);
  test_hex_free(made);
  test_hex_free(sent);
}

static void the_published_vectors_hold(void **state) {
  (void)state;
  json_t *root = json_load_file(VECTORS, 0, NULL);
  assert_non_null(root);
  check_sealing(json_object_get(root, "sealing"));
  check_token(json_object_get(root, "token"));
  check_week(json_object_get(root, "week"));
  check_account(json_object_get(root, "account"));
  check_delivery(json_object_get(root, "delivery"));
  json_decref(root);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "--write") == 0) {
    json_t *root = json_object();
    json_object_set_new(root, "sealing", make_sealing());
    json_object_set_new(root, "token", make_token());
    json_object_set_new(root, "week", make_week());
    json_object_set_new(root, "account", make_account());
    json_object_set_new(root, "delivery", make_delivery());
    int r = json_dump_file(root, argv[2], JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(root);
    return r != 0;
  }
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_published_vectors_hold),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
