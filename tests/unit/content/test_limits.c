/* SPDX-License-Identifier: Apache-2.0
 * What is just allowed, and what is one too much: rooms, addresses, control
 * messages, references to files. */
#include "tests/support/support.h"

#include "tacet/codec/cbor.h"
#include "tacet/content.h"
#include "tacet/content/envelope.h"
#include "tacet/content/room.h"

static const uint8_t many[16 * 1024 + 1];

/* ---- rooms and addresses ---- */

static tacet_err again(const tacet_room *room) {
  tacet_room got;
  TACET_BUF(w, 1 << 16);
  tacet_room_write(&w, room);
  TACET_TRY(w.err);
  return tacet_room_parse(tacet_buf_span(&w), &got);
}

static void a_room_is_bounded(void **state) {
  (void)state;
  uint8_t admins[(TACET_ROOM_ADMINS_MAX + 1) * 32] = {0};
  for (size_t i = 0; i <= TACET_ROOM_ADMINS_MAX; i++) {
    admins[i * 32] = (uint8_t)i;
  }
  const struct {
    size_t name, admins, server;
    tacet_err err;
  } rows[] = {
      {TACET_ROOM_NAME_MAX, TACET_ROOM_ADMINS_MAX * 32, TACET_SERVER_MAX,
       TACET_OK},
      {0, 0, 0, TACET_OK},
      {TACET_ROOM_NAME_MAX + 1, 0, 0, TACET_ERR_LIMIT},
      {0, TACET_ROOM_ADMINS_MAX * 32 + 32, 0, TACET_ERR_LIMIT},
      {0, 0, TACET_SERVER_MAX + 1, TACET_ERR_LIMIT},
      {0, 31, 0, TACET_ERR_ENCODING}, /* not a whole id */
      {0, 33, 0, TACET_ERR_ENCODING},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_room room = {.kind = TACET_ROOM_GROUP,
                       .name = tacet_span_of(many, rows[i].name),
                       .admins = tacet_span_of(admins, rows[i].admins),
                       .slot_server = tacet_span_of(many, rows[i].server)};
    assert_err(rows[i].err, again(&room));
  }
}

static void an_admin_is_listed_once(void **state) {
  (void)state;
  uint8_t admins[64] = {0};
  tacet_room room = {.kind = TACET_ROOM_GROUP,
                     .admins = tacet_span_of(admins, 64)};
  assert_err(TACET_ERR_ENCODING, again(&room));
  admins[63] = 1;
  assert_ok(again(&room));
  room.kind = TACET_ROOM_SELF;
  assert_err(TACET_ERR_ENCODING, again(&room));
}

static void an_address_is_bounded(void **state) {
  (void)state;
  for (size_t n = TACET_SERVER_MAX; n <= TACET_SERVER_MAX + 1; n++) {
    tacet_address a = {.server = tacet_span_of(many, n)}, got;
    TACET_BUF(w, 1 << 10);
    tacet_address_write(&w, &a);
    assert_err(n > TACET_SERVER_MAX ? TACET_ERR_LIMIT : TACET_OK,
               tacet_address_parse(tacet_buf_span(&w), &got));
  }
}

/* ---- control messages ---- */

static void a_control_is_bounded(void **state) {
  (void)state;
  const struct {
    tacet_control c;
    tacet_err err;
  } rows[] = {
      {{.type = TACET_CONTROL_ERASED,
        .manifest = tacet_span_of(many, 16 * 1024)},
       TACET_OK},
      {{.type = TACET_CONTROL_ERASED,
        .manifest = tacet_span_of(many, 16 * 1024 + 1)},
       TACET_ERR_LIMIT},
      {{.type = TACET_CONTROL_SUCCESSOR,
        .replaces = tacet_span_of(many, 64),
        .epoch_authenticator = tacet_span_of(many, 64)},
       TACET_OK},
      {{.type = TACET_CONTROL_SUCCESSOR, .replaces = tacet_span_of(many, 65)},
       TACET_ERR_LIMIT},
      {{.type = TACET_CONTROL_SUCCESSOR,
        .epoch_authenticator = tacet_span_of(many, 65)},
       TACET_ERR_LIMIT},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    TACET_BUF(w, 1 << 16);
    tacet_control got;
    tacet_control_write(&w, &rows[i].c);
    assert_err(rows[i].err, tacet_control_parse(tacet_buf_span(&w), &got));
  }
}

/* ---- references ---- */

static void a_reference_is_bounded(void **state) {
  (void)state;
  for (uint64_t over = 0; over <= 1; over++) {
    tacet_attachment a = {.size = TACET_ATTACHMENT_MAX + over}, got;
    TACET_BUF(w, 256);
    tacet_attachment_write(&w, &a);
    tacet_err err = TACET_OK;
    tacet_reader r = tacet_reader_over(tacet_buf_span(&w), &err);
    tacet_attachment_read(&r, &got);
    tacet_read_end(&r);
    assert_int_equal(err, over ? TACET_ERR_LIMIT : TACET_OK);
  }
}

typedef struct external {
  const char *what, *url;
  uint64_t size, alg, hash_alg;
  size_t key, nonce, aad, hash;
  bool ours;
} external;

static void write_external(tacet_buf *w, const external *e) {
  tacet_cbor_write_array(w, 15);
  tacet_cbor_write_uint(w, TACET_DISPOSITION_ATTACHMENT);
  tacet_cbor_write_text(w, TACET_SPAN_EMPTY);
  tacet_cbor_write_uint(w, TACET_PART_EXTERNAL);
  tacet_cbor_write_text(w, TACET_SPAN_LIT("image/png"));
  tacet_cbor_write_text(w, tacet_span_str(e->url));
  tacet_cbor_write_uint(w, 0);
  tacet_cbor_write_uint(w, e->size);
  tacet_cbor_write_uint(w, e->alg);
  tacet_cbor_write_bytes(w, tacet_span_of(many, e->key));
  tacet_cbor_write_bytes(w, tacet_span_of(many, e->nonce));
  tacet_cbor_write_bytes(w, tacet_span_of(many, e->aad));
  tacet_cbor_write_uint(w, e->hash_alg);
  tacet_cbor_write_bytes(w, tacet_span_of(many, e->hash));
  tacet_cbor_write_text(w, TACET_SPAN_EMPTY);
  tacet_cbor_write_text(w, TACET_SPAN_LIT("a.png"));
}

#define ID "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" /* 32 zeros */
#define BLOB "tacet-blob:" ID

/* Only what is exactly one of our files is fetched; the rest is carried. */
static void a_reference_is_ours_or_not(void **state) {
  (void)state;
  static const external rows[] = {
      {"ours", BLOB, 5, 0xfff0, 1, 32, 19, 0, 32, true},
      {"empty", BLOB, 0, 0xfff0, 1, 32, 19, 0, 32, true},
      {"largest", BLOB, TACET_ATTACHMENT_MAX, 0xfff0, 1, 32, 19, 0, 32, true},
      {"too large", BLOB, TACET_ATTACHMENT_MAX + 1, 0xfff0, 1, 32, 19, 0, 32,
       false},
      {"huge", BLOB, UINT64_MAX, 0xfff0, 1, 32, 19, 0, 32, false},
      {"web", "https://" ID, 5, 0xfff0, 1, 32, 19, 0, 32, false},
      {"no url", "", 5, 0xfff0, 1, 32, 19, 0, 32, false},
      {"no id", "tacet-blob:", 5, 0xfff0, 1, 32, 19, 0, 32, false},
      {"short id", "tacet-blob:AAAA", 5, 0xfff0, 1, 32, 19, 0, 32, false},
      {"long id", BLOB "AAAA", 5, 0xfff0, 1, 32, 19, 0, 32, false},
      {"padded id", BLOB "=", 5, 0xfff0, 1, 32, 19, 0, 32, false},
      {"other cipher", BLOB, 5, 1, 1, 32, 19, 0, 32, false},
      {"no cipher", BLOB, 5, 0, 1, 32, 19, 0, 32, false},
      {"short key", BLOB, 5, 0xfff0, 1, 31, 19, 0, 32, false},
      {"long nonce", BLOB, 5, 0xfff0, 1, 32, 24, 0, 32, false},
      {"aad", BLOB, 5, 0xfff0, 1, 32, 19, 1, 32, false},
      {"other hash", BLOB, 5, 0xfff0, 2, 32, 19, 0, 32, false},
      {"short hash", BLOB, 5, 0xfff0, 1, 32, 19, 0, 31, false},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    TACET_BUF(w, 4096);
    TACET_BUF(part, 4096);
    TACET_BUF(none, 16);
    write_external(&part, &rows[i]);
    tacet_cbor_write_map(&none, 0);
    tacet_content c = {.extensions = tacet_buf_span(&none),
                       .part = tacet_buf_span(&part)};
    tacet_part p;
    size_t at = 0;
    tacet_content_write(&w, &c);
    assert_ok(tacet_content_parse(tacet_buf_span(&w), &c));
    assert_true(tacet_content_part(&c, &at, &p));
    if (p.reference_ok != rows[i].ours) {
      fail_msg("%s: %d", rows[i].what, p.reference_ok);
    }
    assert_true(p.size == rows[i].size);
    assert_int_equal(p.reference.size, rows[i].ours ? rows[i].size : 0);
  }
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_room_is_bounded),
      cmocka_unit_test(an_admin_is_listed_once),
      cmocka_unit_test(an_address_is_bounded),
      cmocka_unit_test(a_control_is_bounded),
      cmocka_unit_test(a_reference_is_bounded),
      cmocka_unit_test(a_reference_is_ours_or_not),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
