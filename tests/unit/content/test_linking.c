/* SPDX-License-Identifier: Apache-2.0
 * docs/protocol/vectors/linking.json and sync.json, made apart from this code,
 * in another language, after docs/protocol; codes as people type them; bytes
 * cut and changed anywhere. */
#include "tests/support/support.h"

#include <jansson.h>

#include "tacet/content/envelope.h"
#include "tacet/content/linking.h"
#include "tacet/content/sync.h"
#include "tacet/crypto.h"

static json_t *linking, *syncs;

static tacet_span hex(const json_t *o, const char *key) {
  const char *text = json_string_value(json_object_get(o, key));
  assert_non_null(text);
  return test_hex(text);
}

static void fixed(const json_t *o, const char *key, uint8_t *out, size_t n) {
  tacet_span s = hex(o, key);
  assert_int_equal(s.len, n);
  memcpy(out, s.p, n);
  test_hex_free(s);
}

static tacet_span text(const json_t *o, const char *key) {
  const json_t *s = json_object_get(o, key);
  return tacet_span_of(json_string_value(s), json_string_length(s));
}

static bool flag(const json_t *o, const char *key) {
  return json_is_true(json_object_get(o, key));
}

static uint64_t number(const json_t *o, const char *key) {
  return (uint64_t)json_integer_value(json_object_get(o, key));
}

/* What was written is `want`; all that is shorter, or longer, is refused. */
static void check_form(const json_t *o, const tacet_buf *w,
                       tacet_err (*parse)(tacet_span)) {
  tacet_span want = hex(o, "bytes");
  assert_ok(w->err);
  assert_true(tacet_span_equal(tacet_buf_span(w), want));
  for (size_t n = 0; n < want.len; n++) {
    uint8_t *cut = malloc(n == 0 ? 1 : n);
    memcpy(cut, want.p, n);
    assert_int_equal(tacet_err_kind(parse(tacet_span_of(cut, n))),
                     TACET_KIND_INPUT);
    free(cut);
  }
  uint8_t *longer = calloc(1, want.len + 1);
  memcpy(longer, want.p, want.len);
  assert_int_equal(tacet_err_kind(parse(tacet_span_of(longer, want.len + 1))),
                   TACET_KIND_INPUT);
  free(longer);
  test_hex_free(want);
}

/* ---- the code ---- */

static void check_code(const json_t *o) {
  uint8_t device[16], key[32], salt[32], secret[16], derived[16], name[32];
  tacet_linking_code code = {.minute = (uint16_t)number(o, "minute")}, read;
  char written[TACET_LINKING_TEXT_LEN + 1];
  fixed(o, "device", device, 16);
  fixed(o, "device_key", key, 32);
  fixed(o, "salt", salt, 32);
  fixed(o, "secret", secret, 16);
  assert_ok(tacet_linking_secret(device, key, salt, derived));
  assert_memory_equal(secret, derived, 16);
  memcpy(code.secret, secret, 16);
  assert_ok(tacet_linking_code_write(&code, written));
  tacet_span want = text(o, "code");
  assert_true(tacet_span_equal(tacet_span_str(written), want));
  assert_ok(tacet_linking_code_read(want, &read));
  assert_memory_equal(read.secret, secret, 16);
  assert_int_equal(read.minute, code.minute);
  for (size_t n = 0; n < 6; n++) {
    tacet_span slot = test_hex(
        json_string_value(json_array_get(json_object_get(o, "slots"), n)));
    assert_ok(tacet_linking_slot(&code, (tacet_linking_step)n, name));
    assert_true(tacet_span_equal(slot, tacet_span_of(name, 32)));
    test_hex_free(slot);
    tacet_span k = test_hex(
        json_string_value(json_array_get(json_object_get(o, "keys"), n)));
    TACET_BUF(w, 4096);
    TACET_BYTES(plain);
    tacet_envelope_type type;
    tacet_span body;
    assert_ok(tacet_linking_seal(&code, (tacet_linking_step)n,
                                 TACET_SPAN_LIT("x"), &w));
    assert_ok(tacet_envelope_open(k, tacet_buf_span(&w), &plain, &type, &body));
    assert_int_equal(type, TACET_ENVELOPE_LINKING);
    assert_true(tacet_span_equal(body, TACET_SPAN_LIT("x")));
    test_hex_free(k);
  }
}

static void test_codes(void **state) {
  (void)state;
  const json_t *rows = json_object_get(linking, "codes");
  assert_true(json_array_size(rows) > 0);
  for (size_t i = 0; i < json_array_size(rows); i++) {
    check_code(json_array_get(rows, i));
  }
}

static void test_typed_codes(void **state) {
  (void)state;
  tacet_linking_code code = {.minute = 4321}, read;
  char written[TACET_LINKING_TEXT_LEN + 1], typed[128];
  memset(code.secret, 0x10, sizeof(code.secret)); /* with zeros and ones */
  assert_ok(tacet_linking_code_write(&code, written));
  size_t n = 0;
  for (const char *p = written; *p != '\0'; p++) {
    char c = *p == '0' ? 'o' : *p == '1' ? 'l' : *p;
    typed[n++] = (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
    if (c == '-') {
      typed[n - 1] = ' ';
      typed[n++] = ' ';
    }
  }
  assert_ok(tacet_linking_code_read(tacet_span_of(typed, n), &read));
  assert_memory_equal(read.secret, code.secret, sizeof(code.secret));
  /* Each letter in the place of each other, and each pair of neighbours. */
  for (size_t i = 0; i < strlen(written); i++) {
    for (const char *c = "0123456789ABCDEFGHJKMNPQRSTVWXYZU*"; *c; c++) {
      memcpy(typed, written, sizeof(written));
      if (typed[i] == '-' || typed[i] == *c) {
        continue;
      }
      typed[i] = *c;
      assert_err(TACET_ERR_ENCODING,
                 tacet_linking_code_read(tacet_span_str(typed), &read));
    }
    assert_err(TACET_ERR_ENCODING,
               tacet_linking_code_read(tacet_span_of(written, i), &read));
  }
  (void)snprintf(typed, sizeof(typed), "%s0", written);
  assert_err(TACET_ERR_ENCODING,
             tacet_linking_code_read(tacet_span_str(typed), &read));
}

static void test_ages(void **state) {
  (void)state;
  const uint64_t now = (uint64_t)1700000000;
  tacet_linking_code code = {.minute = (uint16_t)(now / 60)};
  assert_int_equal(tacet_linking_code_age(&code, now), 0);
  assert_int_equal(tacet_linking_code_age(&code, now + 660), 11);
  assert_int_equal(tacet_linking_code_age(&code, now - 660), -11);
  code.minute = 0xffff;
  assert_int_equal(tacet_linking_code_age(&code, (uint64_t)0x10001 * 60), 2);
}

static void test_other_keys(void **state) {
  (void)state;
  tacet_linking_code code = {.minute = 1}, other = {.minute = 1};
  other.secret[15] = 1;
  TACET_BUF(w, 4096);
  TACET_BYTES(plain);
  tacet_span body;
  assert_ok(
      tacet_linking_seal(&code, TACET_LINKING_HELLO, TACET_SPAN_LIT("x"), &w));
  assert_err(TACET_ERR_AUTH,
             tacet_linking_open(&code, TACET_LINKING_POSSESSION,
                                tacet_buf_span(&w), &plain, &body));
  assert_err(TACET_ERR_AUTH,
             tacet_linking_open(&other, TACET_LINKING_HELLO, tacet_buf_span(&w),
                                &plain, &body));
  w.p[w.len / 2] ^= 1;
  assert_err(TACET_ERR_AUTH,
             tacet_linking_open(&code, TACET_LINKING_HELLO, tacet_buf_span(&w),
                                &plain, &body));
}

/* ---- the messages ---- */

static tacet_err parse_offer(tacet_span in) {
  tacet_linking_offer o;
  return tacet_linking_offer_parse(in, &o);
}

static tacet_err parse_hello(tacet_span in) {
  tacet_linking_hello h;
  return tacet_linking_hello_parse(in, &h);
}

static tacet_err parse_outcome(tacet_span in) {
  tacet_linking_outcome o;
  return tacet_linking_outcome_parse(in, &o);
}

static tacet_err parse_sync(tacet_span in) {
  tacet_span list;
  return tacet_sync_parse(in, &list);
}

static void check_offer(const json_t *o) {
  tacet_linking_offer m = {.url = text(o, "url"),
                           .domain = text(o, "domain"),
                           .handle = text(o, "handle"),
                           .has_pin = flag(o, "has_pin")},
                      read;
  TACET_BUF(w, 4096);
  tacet_span policy = hex(o, "policy");
  m.policy = policy;
  fixed(o, "pin", m.pin, 32);
  fixed(o, "account", m.account, 32);
  fixed(o, "mailbox", m.mailbox, 16);
  fixed(o, "capability", m.capability, 32);
  tacet_linking_offer_write(&w, &m);
  check_form(o, &w, parse_offer);
  assert_ok(tacet_linking_offer_parse(tacet_buf_span(&w), &read));
  assert_true(tacet_span_equal(read.handle, m.handle));
  assert_memory_equal(read.capability, m.capability, 32);
  assert_int_equal(read.has_pin, m.has_pin);
  test_hex_free(policy);
}

static void check_hello(const json_t *o) {
  tacet_linking_hello m = {.name = text(o, "name")}, read;
  TACET_BUF(w, 4096);
  fixed(o, "device", m.device, 16);
  fixed(o, "device_key", m.device_key, 32);
  fixed(o, "salt", m.salt, 32);
  tacet_linking_hello_write(&w, &m);
  check_form(o, &w, parse_hello);
  assert_ok(tacet_linking_hello_parse(tacet_buf_span(&w), &read));
  assert_memory_equal(read.salt, m.salt, 32);
}

static void check_outcome(const json_t *o) {
  tacet_linking_outcome m = {.added = flag(o, "added"),
                             .number = (uint32_t)number(o, "number")},
                        read;
  TACET_BUF(w, 4096);
  m.tokens[0] = hex(o, "directory_tokens");
  m.tokens[1] = hex(o, "delivery_tokens");
  fixed(o, "hash", m.hash, 32);
  tacet_linking_outcome_write(&w, &m);
  check_form(o, &w, parse_outcome);
  assert_ok(tacet_linking_outcome_parse(tacet_buf_span(&w), &read));
  assert_int_equal(read.added, m.added);
  assert_int_equal(read.tokens[0].len, m.tokens[0].len);
  test_hex_free(m.tokens[0]);
  test_hex_free(m.tokens[1]);
}

static void each(const json_t *all, const char *list,
                 void (*check)(const json_t *o)) {
  const json_t *rows = json_object_get(all, list);
  assert_true(json_array_size(rows) > 0);
  for (size_t i = 0; i < json_array_size(rows); i++) {
    check(json_array_get(rows, i));
  }
}

static void test_messages(void **state) {
  (void)state;
  each(linking, "offers", check_offer);
  each(linking, "hellos", check_hello);
  each(linking, "outcomes", check_outcome);
}

static void test_bad_messages(void **state) {
  (void)state;
  tacet_linking_offer o = {.pin = {1}};
  tacet_linking_outcome r = {.added = true};
  static const uint8_t one[TACET_LINKING_TOKEN_LEN];
  TACET_BUF(w, 4096);
  TACET_BUF(v, 4096);
  TACET_BUF(x, 4096);
  tacet_linking_offer_write(&w, &o); /* a pin, and none */
  assert_err(TACET_ERR_ENCODING, parse_offer(tacet_buf_span(&w)));
  w.p[0] = 2;
  assert_err(TACET_ERR_UNKNOWN_TYPE, parse_offer(tacet_buf_span(&w)));
  r.tokens[0] = tacet_span_of(one, sizeof(one) - 1);
  tacet_linking_outcome_write(&v, &r);
  assert_err(TACET_ERR_ENCODING, parse_outcome(tacet_buf_span(&v)));
  r.tokens[0] = tacet_span_of(one, sizeof(one));
  tacet_linking_outcome_write(&x, &r);
  assert_ok(parse_outcome(tacet_buf_span(&x)));
  x.p[0] = 2;
  assert_err(TACET_ERR_ENCODING, parse_outcome(tacet_buf_span(&x)));
}

/* ---- sync ---- */

static tacet_sync_entry entry_of(const json_t *o, tacet_span *owned) {
  tacet_sync_entry e = {.type = (tacet_sync_type)number(o, "type"),
                        .stamp = number(o, "stamp")};
  fixed(o, "by", e.by, 16);
  *owned = TACET_SPAN_EMPTY;
  switch (e.type) {
  case TACET_SYNC_DEVICE:
    fixed(o, "device", e.device, 16);
    e.name = text(o, "name");
    break;
  case TACET_SYNC_ACCEPTED_PERSON:
  case TACET_SYNC_BLOCKED_PERSON:
  case TACET_SYNC_VERIFIED_PERSON:
    fixed(o, "account", e.id, 32);
    e.value = flag(o, "value");
    break;
  case TACET_SYNC_CONVERSATION:
    fixed(o, "conversation", e.id, 32);
    e.state = (tacet_sync_state)number(o, "state");
    break;
  case TACET_SYNC_CHAIN:
    e.manifests = *owned = hex(o, "manifests");
    break;
  case TACET_SYNC_READ:
    fixed(o, "conversation", e.id, 32);
    e.messages = *owned = hex(o, "messages");
    break;
  case TACET_SYNC_HISTORY:
    fixed(o, "device", e.device, 16);
    fixed(o, "secret", e.secret, 32);
    e.parts = *owned = hex(o, "parts");
    break;
  }
  return e;
}

/* An entry of a newer version stands among them, and is passed over. */
static void check_sync(const json_t *o) {
  tacet_span all = hex(o, "bytes"), list;
  const json_t *rows = json_object_get(o, "entries");
  assert_ok(tacet_sync_parse(all, &list));
  tacet_sync_entry e;
  size_t n = 0;
  while (tacet_sync_next(&list, &e)) {
    tacet_span owned;
    tacet_sync_entry want = entry_of(json_array_get(rows, n++), &owned);
    TACET_BUF(a, 4096);
    TACET_BUF(b, 4096);
    tacet_sync_entry_write(&a, &e);
    tacet_sync_entry_write(&b, &want);
    assert_true(tacet_span_equal(tacet_buf_span(&a), tacet_buf_span(&b)));
    test_hex_free(owned);
  }
  assert_int_equal(n, json_array_size(rows));
  TACET_BUF(w, 4096);
  tacet_write_bytes(&w, all);
  check_form(o, &w, parse_sync);
  test_hex_free(all);
}

static void test_sync(void **state) {
  (void)state;
  each(syncs, "syncs", check_sync);
  uint8_t a[16] = {1}, b[16] = {2};
  assert_true(tacet_sync_is_later(2, a, 1, b));
  assert_true(tacet_sync_is_later(1, b, 1, a));
  assert_false(tacet_sync_is_later(1, a, 1, a));
  assert_false(tacet_sync_is_later(1, b, 2, a));
  TACET_BUF(w, 4096);
  TACET_BUF(list, 4096);
  tacet_sync_entry e = {.type = TACET_SYNC_CONVERSATION,
                        .state = (tacet_sync_state)4};
  tacet_sync_entry_write(&list, &e);
  tacet_sync_write(&w, tacet_buf_span(&list));
  assert_err(TACET_ERR_ENCODING, parse_sync(tacet_buf_span(&w)));
}

static tacet_err read_of(size_t n) {
  static const uint8_t ids[64] = {1};
  TACET_BUF(w, 4096);
  TACET_BUF(list, 4096);
  tacet_sync_entry e = {.type = TACET_SYNC_READ,
                        .messages = tacet_span_of(ids, n)};
  tacet_sync_entry_write(&list, &e);
  tacet_sync_write(&w, tacet_buf_span(&list));
  return parse_sync(tacet_buf_span(&w));
}

static tacet_err history_of(size_t n) {
  TACET_BYTES(zeros);
  TACET_BUF(w, 16384);
  TACET_BUF(list, 16384);
  assert_ok(tacet_bytes_new(&zeros, n));
  tacet_sync_entry e = {.type = TACET_SYNC_HISTORY,
                        .parts = tacet_span_of(zeros.p, n)};
  tacet_sync_entry_write(&list, &e);
  tacet_sync_write(&w, tacet_buf_span(&list));
  return parse_sync(tacet_buf_span(&w));
}

static void test_histories(void **state) {
  (void)state;
  assert_ok(history_of(123));
  assert_ok(history_of((size_t)64 * 123));
  assert_err(TACET_ERR_ENCODING, history_of(0));
  assert_err(TACET_ERR_ENCODING, history_of(124));
  assert_err(TACET_ERR_LIMIT, history_of((size_t)65 * 123));
}

static void test_read_ids(void **state) {
  (void)state;
  assert_ok(read_of(32));
  assert_ok(read_of(64));
  assert_err(TACET_ERR_ENCODING, read_of(0));
  assert_err(TACET_ERR_ENCODING, read_of(31));
  assert_err(TACET_ERR_ENCODING, read_of(33));
}

static int setup(void **state) {
  (void)state;
  json_error_t why;
  assert_ok(tacet_crypto_init());
  linking = json_load_file("docs/protocol/vectors/linking.json", 0, &why);
  syncs = json_load_file("docs/protocol/vectors/sync.json", 0, &why);
  return linking == NULL || syncs == NULL;
}

static int teardown(void **state) {
  (void)state;
  json_decref(linking);
  json_decref(syncs);
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_codes),     cmocka_unit_test(test_typed_codes),
      cmocka_unit_test(test_ages),      cmocka_unit_test(test_other_keys),
      cmocka_unit_test(test_messages),  cmocka_unit_test(test_bad_messages),
      cmocka_unit_test(test_sync),      cmocka_unit_test(test_read_ids),
      cmocka_unit_test(test_histories),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
