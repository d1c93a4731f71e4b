/* SPDX-License-Identifier: Apache-2.0
 * The test vectors of docs/protocol for what is inside. With --write FILE it
 * makes them anew. */
#include "tests/support/support.h"

#include <jansson.h>

#include "tacet/content.h"
#include "tacet/content/envelope.h"
#include "tacet/content/room.h"
#include "tacet/crypto.h"

#define VECTORS "docs/protocol/vectors/content.json"

static void put(json_t *o, const char *key, tacet_span s) {
  char *hex = malloc(2 * s.len + 1);
  tacet_hex_write(s, hex);
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

/* Whose message the content is, and where: fixed, for its id. */
static const uint8_t sender[32] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                   1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                   1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
static const uint8_t device[16] = {2, 2, 2, 2, 2, 2, 2, 2,
                                   2, 2, 2, 2, 2, 2, 2, 2};
static const uint8_t talk[32] = {3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
                                 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3,
                                 3, 3, 3, 3, 3, 3, 3, 3, 3, 3};

static json_t *make(void) {
  json_t *o = json_object();
  uint8_t envelope_key[32], box[16] = {9}, public_key[32];
  TACET_SECRET(letter_key);
  TACET_BUF(content, 4096);
  TACET_BUF(envelope, 4096);
  TACET_BUF(letter, 4096);
  TACET_BUF(file, 4096);
  tacet_attachment a;
  tacet_attachment_state s = {.next = 0};
  uint8_t sealed[512];
  size_t len;
  uint8_t log[TACET_CONTENT_LOG_LEN];
  assert_ok(tacet_random(envelope_key, sizeof(envelope_key)));
  assert_ok(tacet_random(log, sizeof(log)));
  assert_ok(tacet_attachment_new(11, &a));
  assert_ok(tacet_attachment_seal(&a, &s, TACET_SPAN_LIT("eleven byte"), sealed,
                                  &len));
  memcpy(a.hash, s.hash, 32);
  tacet_attachment_write(&file, &a);
  tacet_content_file f = {TACET_SPAN_LIT("text/plain"),
                          TACET_SPAN_LIT("eleven.txt"), &a};
  assert_ok(tacet_content_make(
      &content, &(tacet_content_args){.text = TACET_SPAN_LIT("hello"),
                                      .files = &f,
                                      .n_files = 1,
                                      .log = tacet_span_of(log, sizeof(log)),
                                      .counter = 5}));
  assert_ok(tacet_envelope_seal(tacet_span_of(envelope_key, 32),
                                TACET_ENVELOPE_MESSAGE,
                                tacet_buf_span(&content), &envelope));
  assert_ok(tacet_kem_x25519.generate(&letter_key, public_key));
  assert_ok(
      tacet_letter_seal(public_key, box,
                        &(tacet_letter){.welcome = TACET_SPAN_LIT("welcome"),
                                        .kind = TACET_LETTER_BLOB,
                                        .parts = a},
                        &letter));
  put(o, "envelope_key", tacet_span_of(envelope_key, 32));
  put(o, "envelope", tacet_buf_span(&envelope));
  uint8_t id[TACET_MESSAGE_ID_LEN];
  assert_ok(
      tacet_message_id(sender, device, talk, tacet_buf_span(&content), id));
  put(o, "content", tacet_buf_span(&content));
  put(o, "content_log", tacet_span_of(log, sizeof(log)));
  put(o, "content_account", tacet_span_of(sender, sizeof(sender)));
  put(o, "content_device", tacet_span_of(device, sizeof(device)));
  put(o, "content_conversation", tacet_span_of(talk, sizeof(talk)));
  put(o, "message_id", tacet_span_of(id, sizeof(id)));
  put(o, "attachment", tacet_buf_span(&file));
  put(o, "sealed_file", tacet_span_of(sealed, len));
  put(o, "file", TACET_SPAN_LIT("eleven byte"));
  put(o, "letter_private_key", tacet_secret_span(&letter_key));
  put(o, "letter_mailbox", tacet_span_of(box, 16));
  put(o, "letter", tacet_buf_span(&letter));
  tacet_letter_parts parts = {TACET_SPAN_LIT("\x08manifest"),
                              TACET_SPAN_LIT("tree")};
  tacet_buf_clear(&letter);
  assert_ok(tacet_letter_seal(public_key, box,
                              &(tacet_letter){
                                  .welcome = TACET_SPAN_LIT("welcome"),
                                  .kind = TACET_LETTER_INLINE,
                                  .manifests = parts.manifests,
                                  .tree = parts.tree,
                              },
                              &letter));
  put(o, "letter_inline", tacet_buf_span(&letter));
  tacet_buf_clear(&letter);
  tacet_letter_parts_write(&letter, &parts);
  put(o, "letter_parts", tacet_buf_span(&letter));
  return o;
}

static void check_id(const json_t *o, tacet_span content) {
  tacet_span account = get(o, "content_account"), by = get(o, "content_device"),
             in = get(o, "content_conversation"), want = get(o, "message_id");
  uint8_t id[TACET_MESSAGE_ID_LEN];
  assert_int_equal(account.len, 32);
  assert_int_equal(by.len, 16);
  assert_int_equal(in.len, 32);
  assert_ok(tacet_message_id(account.p, by.p, in.p, content, id));
  assert_span(want, tacet_span_of(id, sizeof(id)));
  test_hex_free(account);
  test_hex_free(by);
  test_hex_free(in);
  test_hex_free(want);
}

static void check_letters(const json_t *o, const tacet_attachment *file) {
  tacet_span box = get(o, "letter_mailbox"), letter = get(o, "letter"),
             small = get(o, "letter_inline"), parts = get(o, "letter_parts"),
             key = get(o, "letter_private_key");
  TACET_BYTES(plain);
  TACET_SECRET(k);
  tacet_letter l;
  tacet_letter_parts p;
  TACET_BUF(want, 256);
  TACET_BUF(got, 256);
  assert_ok(tacet_secret_set(&k, key));
  assert_ok(tacet_letter_open(&k, box.p, letter, &plain, &l));
  assert_span(TACET_SPAN_LIT("welcome"), l.welcome);
  assert_int_equal(l.kind, TACET_LETTER_BLOB);
  tacet_attachment_write(&want, file);
  tacet_attachment_write(&got, &l.parts);
  assert_span(tacet_buf_span(&want), tacet_buf_span(&got));
  assert_ok(tacet_letter_parts_parse(parts, &p));
  assert_span(TACET_SPAN_LIT("\x08manifest"), p.manifests);
  assert_span(TACET_SPAN_LIT("tree"), p.tree);
  assert_ok(tacet_letter_open(&k, box.p, small, &plain, &l));
  assert_int_equal(l.kind, TACET_LETTER_INLINE);
  assert_span(p.manifests, l.manifests);
  assert_span(p.tree, l.tree);
  tacet_span all[] = {box, letter, small, parts, key};
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    test_hex_free(all[i]);
  }
}

static void the_published_vectors_hold(void **state) {
  (void)state;
  json_t *o = json_load_file(VECTORS, 0, NULL);
  assert_non_null(o);
  tacet_span key = get(o, "envelope_key"), envelope = get(o, "envelope"),
             content = get(o, "content"), file = get(o, "attachment"),
             sealed = get(o, "sealed_file"), text = get(o, "file");
  TACET_BYTES(plain);
  tacet_envelope_type type;
  tacet_span body;
  assert_ok(tacet_envelope_open(key, envelope, &plain, &type, &body));
  assert_span(content, body);
  tacet_content c;
  tacet_part p;
  size_t at = 0, len;
  assert_ok(tacet_content_parse(content, &c));
  assert_int_equal(c.counter, 5);
  tacet_span log = get(o, "content_log");
  assert_span(log, c.log);
  test_hex_free(log);
  check_id(o, content);
  assert_true(tacet_content_part(&c, &at, &p));
  assert_span(TACET_SPAN_LIT("hello"), p.body);
  assert_true(tacet_content_part(&c, &at, &p));
  TACET_BUF(again, 256);
  tacet_attachment_write(&again, &p.reference);
  assert_span(file, tacet_buf_span(&again));
  uint8_t out[512];
  tacet_attachment_state s = {.next = 0};
  assert_ok(tacet_attachment_open(&p.reference, &s, sealed, out, &len));
  assert_span(text, tacet_span_of(out, len));
  check_letters(o, &p.reference);
  tacet_span all[] = {key, envelope, content, file, sealed, text};
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    test_hex_free(all[i]);
  }
  json_decref(o);
}

int main(int argc, char **argv) {
  if (argc == 3 && strcmp(argv[1], "--write") == 0) {
    json_t *o = make();
    int r = json_dump_file(o, argv[2], JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(o);
    return r != 0;
  }
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(the_published_vectors_hold),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
