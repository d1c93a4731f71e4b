/* SPDX-License-Identifier: Apache-2.0
 * Envelopes, letters, rooms, control messages. */
#include "tests/support/support.h"

#include "tacet/content.h"
#include "tacet/content/envelope.h"
#include "tacet/content/room.h"
#include "tacet/crypto.h"

static const uint8_t key_bytes[32] = {1, 2, 3};
#define KEY tacet_span_of(key_bytes, 32)

static void envelopes_come_in_buckets(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, 100, 212, 213, 214, 215, 5000, 70000};
  uint8_t *body = calloc(1, 70000);
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    TACET_BUF(w, 1 << 20);
    TACET_BYTES(plain);
    tacet_envelope_type type;
    tacet_span got;
    assert_ok(tacet_envelope_seal(KEY, TACET_ENVELOPE_MESSAGE,
                                  tacet_span_of(body, sizes[i]), &w));
    assert_int_equal(tacet_bucket(w.len), w.len);
    assert_ok(
        tacet_envelope_open(KEY, tacet_buf_span(&w), &plain, &type, &got));
    assert_int_equal(type, TACET_ENVELOPE_MESSAGE);
    assert_span(tacet_span_of(body, sizes[i]), got);
  }
  free(body);
}

static void an_envelope_opens_under_its_key_alone(void **state) {
  (void)state;
  TACET_BUF(w, 4096);
  TACET_BYTES(plain);
  tacet_envelope_type type;
  tacet_span got;
  uint8_t other[32] = {1, 2, 4};
  assert_ok(tacet_envelope_seal(KEY, TACET_ENVELOPE_HINT,
                                TACET_SPAN_LIT("hint"), &w));
  assert_err(TACET_ERR_AUTH,
             tacet_envelope_open(tacet_span_of(other, 32), tacet_buf_span(&w),
                                 &plain, &type, &got));
  for (size_t i = 1; i < w.len; i++) {
    w.p[i] ^= 0x40;
    assert_err(TACET_ERR_AUTH, tacet_envelope_open(KEY, tacet_buf_span(&w),
                                                   &plain, &type, &got));
    w.p[i] ^= 0x40;
  }
  w.p[0] = 2;
  assert_err(TACET_ERR_UNKNOWN_TYPE,
             tacet_envelope_open(KEY, tacet_buf_span(&w), &plain, &type, &got));
  w.p[0] = 1;
  for (size_t n = 0; n < w.len; n++) {
    assert_int_not_equal(
        tacet_envelope_open(KEY, tacet_span_of(w.p, n), &plain, &type, &got),
        TACET_OK);
  }
  assert_null(plain.p);
}

/* Under the right key, but not what an honest sender writes. */
static void the_inside_is_checked_too(void **state) {
  (void)state;
  static const struct {
    const char *hex;
    tacet_err err;
  } rows[] = {
      {"01 00", TACET_OK},
      {"01 03616263 0000", TACET_OK},
      {"01 03616263 0100", TACET_ERR_PADDING},
      {"09 00", TACET_ERR_UNKNOWN_TYPE},
      {"00 00", TACET_ERR_UNKNOWN_TYPE},
      {"01 05616263", TACET_ERR_TRUNCATED},
      {"01 4003616263", TACET_ERR_ENCODING},
      {"", TACET_ERR_TRUNCATED},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_span in = test_hex(rows[i].hex);
    uint8_t sealed[1 + 24 + 64] = {1};
    TACET_BYTES(plain);
    tacet_envelope_type type;
    tacet_span got;
    assert_ok(tacet_aead_xchacha20poly1305.seal(
        KEY, tacet_span_of(sealed + 1, 24), TACET_SPAN_EMPTY, in, sealed + 25));
    assert_err(rows[i].err,
               tacet_envelope_open(KEY, tacet_span_of(sealed, 25 + in.len + 16),
                                   &plain, &type, &got));
    test_hex_free(in);
  }
}

static void assert_same(const tacet_attachment *want,
                        const tacet_attachment *got) {
  TACET_BUF(a, 256);
  TACET_BUF(b, 256);
  tacet_attachment_write(&a, want); /* the structs have padding */
  tacet_attachment_write(&b, got);
  assert_span(tacet_buf_span(&a), tacet_buf_span(&b));
}

static void a_letter_is_for_one_mailbox(void **state) {
  (void)state;
  TACET_SECRET(key);
  uint8_t public_key[32], box[16] = {5}, other[16] = {6};
  assert_ok(tacet_kem_x25519.generate(&key, public_key));
  tacet_letter sent = {.welcome = TACET_SPAN_LIT("welcome"),
                       .manifests = TACET_SPAN_LIT("manifests"),
                       .tree = TACET_SPAN_LIT("tree"),
                       .parts = {.blob = {9}, .size = 77}};
  for (int kind = TACET_LETTER_INSIDE; kind <= TACET_LETTER_BLOB; kind++) {
    TACET_BUF(w, 1 << 16);
    TACET_BYTES(plain);
    tacet_letter got;
    sent.kind = (tacet_letter_kind)kind;
    assert_ok(tacet_letter_seal(public_key, box, &sent, &w));
    assert_int_equal(tacet_bucket(w.len), w.len);
    assert_int_equal(tacet_letter_size(&sent), w.len);
    assert_ok(tacet_letter_open(&key, box, tacet_buf_span(&w), &plain, &got));
    assert_span(sent.welcome, got.welcome);
    assert_int_equal(got.kind, kind);
    if (kind == TACET_LETTER_BLOB) {
      assert_same(&sent.parts, &got.parts);
      assert_int_equal(got.manifests.len, 0);
    } else {
      assert_span(sent.manifests, got.manifests);
    }
    assert_span(kind == TACET_LETTER_INLINE ? sent.tree : TACET_SPAN_EMPTY,
                got.tree);
    assert_err(
        TACET_ERR_AUTH,
        tacet_letter_open(&key, other, tacet_buf_span(&w), &plain, &got));
    for (size_t n = 0; n < w.len; n++) {
      assert_int_not_equal(
          tacet_letter_open(&key, box, tacet_span_of(w.p, n), &plain, &got),
          TACET_OK);
    }
  }
}

/* What does not fit an item is refused, by the byte, before it is sealed. */
static void a_letter_has_the_size_of_an_item(void **state) {
  (void)state;
  TACET_SECRET(key);
  uint8_t public_key[32], box[16] = {5};
  static uint8_t many[TACET_LETTER_MAX];
  /* version, enc, tag; three lengths, kind */
  const size_t around = 1 + 32 + 16 + 1 + 1 + 4 + 1;
  assert_ok(tacet_kem_x25519.generate(&key, public_key));
  for (int over = 0; over <= 1; over++) {
    TACET_BUF(w, 1 << 20);
    TACET_BYTES(plain);
    tacet_letter got,
        letter = {.kind = TACET_LETTER_INLINE,
                  .tree = tacet_span_of(many, TACET_LETTER_MAX - around +
                                                  (size_t)over)};
    bool fits = tacet_letter_size(&letter) <= TACET_LETTER_MAX;
    assert_int_equal(fits, over == 0);
    assert_err(fits ? TACET_OK : TACET_ERR_LIMIT,
               tacet_letter_seal(public_key, box, &letter, &w));
    assert_int_equal(w.len, fits ? TACET_LETTER_MAX : 0);
    if (fits) {
      assert_ok(tacet_letter_open(&key, box, tacet_buf_span(&w), &plain, &got));
      assert_int_equal(got.tree.len, letter.tree.len);
      tacet_write_u8(&w, 0);
      assert_err(
          TACET_ERR_LIMIT,
          tacet_letter_open(&key, box, tacet_buf_span(&w), &plain, &got));
    }
  }
}

static void parts_of_a_letter_have_one_form(void **state) {
  (void)state;
  tacet_letter_parts got, parts = {.manifests = TACET_SPAN_LIT("\x01m"),
                                   .tree = TACET_SPAN_LIT("tree")};
  TACET_BUF(w, 64);
  tacet_letter_parts_write(&w, &parts);
  assert_span(TACET_SPAN_LIT("\x02\x01m\x04tree"), tacet_buf_span(&w));
  assert_ok(tacet_letter_parts_parse(tacet_buf_span(&w), &got));
  assert_span(parts.manifests, got.manifests);
  assert_span(parts.tree, got.tree);
  for (size_t n = 0; n < w.len; n++) {
    assert_int_not_equal(tacet_letter_parts_parse(tacet_span_of(w.p, n), &got),
                         TACET_OK);
  }
  tacet_write_u8(&w, 0);
  assert_int_not_equal(tacet_letter_parts_parse(tacet_buf_span(&w), &got),
                       TACET_OK);
  uint8_t *big = calloc(1, TACET_LETTER_PARTS_MAX + 1);
  assert_err(TACET_ERR_LIMIT,
             tacet_letter_parts_parse(
                 tacet_span_of(big, TACET_LETTER_PARTS_MAX + 1), &got));
  free(big);
}

static void rooms_have_one_form(void **state) {
  (void)state;
  uint8_t admins[64] = {1};
  admins[32] = 2;
  tacet_room room = {.kind = TACET_ROOM_GROUP,
                     .conversation = {7},
                     .name = TACET_SPAN_LIT("night shift"),
                     .admins = tacet_span_of(admins, 64),
                     .slot_server = TACET_SPAN_LIT("localhost")},
             got;
  TACET_BUF(w, 4096);
  tacet_room_write(&w, &room);
  assert_ok(tacet_room_parse(tacet_buf_span(&w), &got));
  assert_span(room.name, got.name);
  assert_true(tacet_room_is_admin(&got, admins + 32));
  assert_false(tacet_room_is_admin(&got, room.conversation));
  for (size_t n = 0; n < w.len; n++) {
    assert_int_not_equal(tacet_room_parse(tacet_span_of(w.p, n), &got),
                         TACET_OK);
  }
  tacet_buf_clear(&w);
  admins[0] = 2; /* twice the same but for one byte: out of order */
  admins[32] = 1;
  tacet_room_write(&w, &room);
  assert_err(TACET_ERR_ENCODING, tacet_room_parse(tacet_buf_span(&w), &got));
  tacet_buf_clear(&w);
  admins[0] = 1;
  admins[32] = 2;
  room.kind = TACET_ROOM_PAIR;
  tacet_room_write(&w, &room);
  assert_err(TACET_ERR_ENCODING, tacet_room_parse(tacet_buf_span(&w), &got));
  tacet_buf_clear(&w);
  room.kind = (tacet_room_kind)9;
  tacet_room_write(&w, &room);
  assert_err(TACET_ERR_UNKNOWN_TYPE,
             tacet_room_parse(tacet_buf_span(&w), &got));
}

static void controls_survive(void **state) {
  (void)state;
  for (int type = TACET_CONTROL_LEAVE; type <= TACET_CONTROL_ERASED; type++) {
    tacet_control c = {.type = (tacet_control_type)type,
                       .mailbox = {1},
                       .capability = {2},
                       .sealing_key = {3},
                       .replaces = TACET_SPAN_LIT("group"),
                       .last_epoch = 9,
                       .epoch_authenticator = TACET_SPAN_LIT("auth"),
                       .reason = 2,
                       .manifest = TACET_SPAN_LIT("manifest")},
                  got;
    TACET_BUF(w, 4096);
    TACET_BUF(again, 4096);
    tacet_control_write(&w, &c);
    assert_ok(tacet_control_parse(tacet_buf_span(&w), &got));
    tacet_control_write(&again, &got);
    assert_span(tacet_buf_span(&w), tacet_buf_span(&again));
    tacet_write_u8(&w, 0);
    assert_err(TACET_ERR_TRAILING,
               tacet_control_parse(tacet_buf_span(&w), &got));
  }
  tacet_control got;
  assert_err(TACET_ERR_UNKNOWN_TYPE,
             tacet_control_parse(TACET_SPAN_LIT("\x77"), &got));
}

static void ids_are_the_same_from_both_sides(void **state) {
  (void)state;
  uint8_t a[32] = {1}, b[32] = {2}, x[32], y[32];
  assert_ok(tacet_conversation_pair(a, b, x));
  assert_ok(tacet_conversation_pair(b, a, y));
  assert_memory_equal(x, y, 32);
  assert_ok(tacet_successor_id(x, TACET_SPAN_LIT("auth"), a, y));
  assert_memory_not_equal(x, y, 32);
  tacet_identity i = {.account = {4}, .device = {5}, .manifest = 6}, j;
  TACET_BUF(w, 100);
  tacet_identity_write(&w, &i);
  assert_int_equal(w.len, TACET_IDENTITY_LEN);
  assert_ok(tacet_identity_parse(tacet_buf_span(&w), &j));
  assert_memory_equal(&i, &j, sizeof(i));
}

static tacet_err seal_and_open(void *ctx) {
  (void)ctx;
  TACET_BUF(w, 4096);
  TACET_BYTES(plain);
  tacet_envelope_type type;
  tacet_span body;
  TACET_TRY(tacet_envelope_seal(KEY, TACET_ENVELOPE_MESSAGE,
                                TACET_SPAN_LIT("body"), &w));
  return tacet_envelope_open(KEY, tacet_buf_span(&w), &plain, &type, &body);
}

typedef struct post {
  tacet_secret key;
  uint8_t public_key[32], box[16];
} post;

static tacet_err send_letter(void *ctx) {
  post *p = ctx;
  TACET_BUF(w, 4096);
  TACET_BYTES(plain);
  tacet_letter letter = {.welcome = TACET_SPAN_LIT("welcome"),
                         .kind = TACET_LETTER_INLINE,
                         .tree = TACET_SPAN_LIT("tree")},
               got;
  TACET_TRY(tacet_letter_seal(p->public_key, p->box, &letter, &w));
  return tacet_letter_open(&p->key, p->box, tacet_buf_span(&w), &plain, &got);
}

static void a_failed_allocation_is_an_error(void **state) {
  (void)state;
  post p = {.box = {5}};
  test_alloc_sweep(seal_and_open, NULL);
  assert_ok(tacet_kem_x25519.generate(&p.key, p.public_key));
  test_alloc_sweep(send_letter, &p);
  tacet_secret_wipe(&p.key);
}

/* A writer that is full, and a body that no envelope holds. */
static void a_failure_appends_nothing(void **state) {
  (void)state;
  post p = {.box = {5}};
  assert_ok(tacet_kem_x25519.generate(&p.key, p.public_key));
  tacet_letter letter = {.kind = TACET_LETTER_INSIDE};
  for (size_t max = 1; max <= 256; max += 5) { /* one byte is there already */
    TACET_BUF(w, max);
    tacet_write_u8(&w, 7);
    assert_err(TACET_ERR_LIMIT,
               tacet_envelope_seal(KEY, TACET_ENVELOPE_HINT,
                                   TACET_SPAN_LIT("hint"), &w));
    assert_int_equal(w.len, 1);
    assert_int_equal(w.err, TACET_ERR_LIMIT);
    tacet_buf_cut(&w, 1);
    assert_err(TACET_ERR_LIMIT,
               tacet_letter_seal(p.public_key, p.box, &letter, &w));
    assert_int_equal(w.len, 1);
    assert_int_equal(w.err, TACET_ERR_LIMIT);
  }
  TACET_BUF(w, 8u << 20);
  uint8_t *big = calloc(1, TACET_ENVELOPE_MAX);
  assert_err(TACET_ERR_LIMIT,
             tacet_envelope_seal(KEY, TACET_ENVELOPE_SLOT,
                                 tacet_span_of(big, TACET_ENVELOPE_MAX), &w));
  assert_int_equal(w.len, 0);
  free(big);
  tacet_secret_wipe(&p.key);
}

static void a_changed_letter_does_not_open(void **state) {
  (void)state;
  post p = {.box = {5}};
  TACET_BUF(w, 4096);
  TACET_BYTES(plain);
  tacet_letter letter = {.welcome = TACET_SPAN_LIT("welcome")}, got;
  assert_ok(tacet_kem_x25519.generate(&p.key, p.public_key));
  assert_ok(tacet_letter_seal(p.public_key, p.box, &letter, &w));
  for (size_t i = 1; i < w.len; i++) {
    uint8_t bit = (uint8_t)(1u << i % 7);
    w.p[i] ^= bit; /* not the unused top bit of X25519 */
    assert_err(
        TACET_ERR_AUTH,
        tacet_letter_open(&p.key, p.box, tacet_buf_span(&w), &plain, &got));
    w.p[i] ^= bit;
  }
  w.p[0] = 2;
  assert_err(
      TACET_ERR_UNKNOWN_TYPE,
      tacet_letter_open(&p.key, p.box, tacet_buf_span(&w), &plain, &got));
  assert_null(plain.p);
  tacet_secret_wipe(&p.key);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(envelopes_come_in_buckets),
      cmocka_unit_test(an_envelope_opens_under_its_key_alone),
      cmocka_unit_test(the_inside_is_checked_too),
      cmocka_unit_test(a_letter_is_for_one_mailbox),
      cmocka_unit_test(a_letter_has_the_size_of_an_item),
      cmocka_unit_test(parts_of_a_letter_have_one_form),
      cmocka_unit_test(rooms_have_one_form),
      cmocka_unit_test(controls_survive),
      cmocka_unit_test(ids_are_the_same_from_both_sides),
      cmocka_unit_test(a_failed_allocation_is_an_error),
      cmocka_unit_test(a_failure_appends_nothing),
      cmocka_unit_test(a_changed_letter_does_not_open),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
