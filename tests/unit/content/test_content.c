/* SPDX-License-Identifier: Apache-2.0
 * MIMI content: what we make, what others may make, what is refused. */
#include "tests/support/support.h"

#include "tacet/codec/cbor.h"
#include "tacet/content.h"
#include "tacet/content/envelope.h"

/* ---- content ---- */

static void assert_same(const tacet_attachment *want,
                        const tacet_attachment *got) {
  TACET_BUF(a, 256);
  TACET_BUF(b, 256);
  tacet_attachment_write(&a, want); /* the structs have padding */
  tacet_attachment_write(&b, got);
  assert_span(tacet_buf_span(&a), tacet_buf_span(&b));
}

static void what_is_made_is_read(void **state) {
  (void)state;
  tacet_attachment a = {
      .blob = {1}, .key = {2}, .prefix = {3}, .hash = {4}, .size = 12345};
  tacet_content_file files[2] = {
      {TACET_SPAN_LIT("image/png"), TACET_SPAN_LIT("a.png"), &a},
      {TACET_SPAN_LIT("text/csv"), TACET_SPAN_LIT("b.csv"), &a}};
  uint8_t id[32] = {1, 9};
  tacet_content_args args = {.text = TACET_SPAN_LIT("hello"),
                             .files = files,
                             .n_files = 2,
                             .in_reply_to = tacet_span_of(id, 32),
                             .expires_seconds = 3600,
                             .counter = 77};
  TACET_BUF(w, 1 << 16);
  TACET_BUF(again, 1 << 16);
  tacet_content c;
  tacet_part p;
  size_t at = 0;
  assert_ok(tacet_content_make(&w, &args));
  assert_ok(tacet_content_parse(tacet_buf_span(&w), &c));
  assert_true(c.has_counter && c.counter == 77);
  assert_true(c.has_expires && c.expires_relative && c.expires == 3600);
  assert_span(args.in_reply_to, c.in_reply_to);
  assert_true(tacet_content_part(&c, &at, &p));
  assert_int_equal(p.kind, TACET_PART_SINGLE);
  assert_span(TACET_SPAN_LIT("hello"), p.body);
  assert_span(TACET_SPAN_LIT(TACET_TYPE_TEXT), p.type);
  for (int i = 0; i < 2; i++) {
    assert_true(tacet_content_part(&c, &at, &p));
    assert_int_equal(p.kind, TACET_PART_EXTERNAL);
    assert_true(p.reference_ok);
    assert_same(&a, &p.reference);
    assert_span(files[i].filename, p.filename);
    assert_int_equal(p.disposition, TACET_DISPOSITION_ATTACHMENT);
  }
  assert_false(tacet_content_part(&c, &at, &p));
  tacet_content_write(&again, &c);
  assert_span(tacet_buf_span(&w), tacet_buf_span(&again));
}

/* Of others: salt, null, h'', null, null, {}, then a part. */
#define HEAD "87 50000102030405060708090a0b0c0d0e0f f6 40 f6 f6 "
#define EXTERNAL(expires, alg, hash_alg)                                       \
  "8f 01 60 02 60 60 " expires " 00 " alg " 40 40 40 " hash_alg " 40 60 60"
static const struct {
  const char *name, *hex;
  tacet_err err;
  size_t parts;
} contents[] = {
    {"empty part", HEAD "a0 83 00 60 00", TACET_OK, 1},
    {"text", HEAD "a0 85 01 60 01 6a746578742f706c61696e 426869", TACET_OK, 1},
    {"unknown cardinality", HEAD "a0 85 01 60 09 01 8102", TACET_OK, 1},
    {"unknown extension", HEAD "a1 6466757a7a 820102 83 00 60 00", TACET_OK, 1},
    {"counter and other", HEAD "a2 01 02 19f0a0 05 83 00 60 00", TACET_OK, 1},
    {"multi",
     HEAD
     "a0 85 01 60 03 02 82 83 00 60 00 85 01 60 03 00 82 83 00 60 00 83 00 "
     "60 00",
     TACET_OK, 3},
    {"extensions out of order", HEAD "a2 19f0a0 05 01 02 83 00 60 00",
     TACET_ERR_ENCODING, 0},
    {"extension twice", HEAD "a2 01 02 01 02 83 00 60 00", TACET_ERR_ENCODING,
     0},
    {"counter twice", HEAD "a2 19f0a0 05 19f0a0 06 83 00 60 00",
     TACET_ERR_ENCODING, 0},
    {"extension with a negative key", HEAD "a1 20 02 83 00 60 00", TACET_OK, 1},
    {"extension with an array as its key", HEAD "a1 80 02 83 00 60 00",
     TACET_ERR_ENCODING, 0},
    {"extension with bytes as its key", HEAD "a1 4101 02 83 00 60 00",
     TACET_ERR_ENCODING, 0},
    {"extension without a name", HEAD "a1 60 02 83 00 60 00",
     TACET_ERR_ENCODING, 0},
    {"multi of unknown semantics",
     HEAD "a0 85 01 60 03 03 82 83 00 60 00 83 00 60 00", TACET_ERR_ENCODING,
     0},
    {"disposition 255", HEAD "a0 83 18ff 60 00", TACET_OK, 1},
    {"disposition 256", HEAD "a0 83 190100 60 00", TACET_ERR_LIMIT, 0},
    {"external", HEAD "a0 " EXTERNAL("1affffffff", "19ffff", "18ff"), TACET_OK,
     1},
    {"external that expires after 2^32 s",
     HEAD "a0 " EXTERNAL("1b0000000100000000", "00", "00"), TACET_ERR_LIMIT, 0},
    {"external under algorithm 65536",
     HEAD "a0 " EXTERNAL("00", "1a00010000", "00"), TACET_ERR_LIMIT, 0},
    {"external with hash 256", HEAD "a0 " EXTERNAL("00", "00", "190100"),
     TACET_ERR_LIMIT, 0},
    {"expires after 2^32 s",
     "87 50000102030405060708090a0b0c0d0e0f f6 40 82 f4 1b0000000100000000 f6 "
     "a0 83 00 60 00",
     TACET_ERR_LIMIT, 0},
    {"multi of one", HEAD "a0 85 01 60 03 02 81 83 00 60 00",
     TACET_ERR_ENCODING, 0},
    {"multi of nothing", HEAD "a0 85 01 60 03 02 80", TACET_ERR_ENCODING, 0},
    {"single with too few", HEAD "a0 84 01 60 01 60", TACET_ERR_ENCODING, 0},
    {"short salt", "87 4100 f6 40 f6 f6 a0 83 00 60 00", TACET_ERR_ENCODING, 0},
    {"six members", "86 50000102030405060708090a0b0c0d0e0f f6 40 f6 f6 a0",
     TACET_ERR_ENCODING, 0},
    {"reply to half an id",
     "87 50000102030405060708090a0b0c0d0e0f f6 40 f6 4101 a0 83 00 60 00",
     TACET_ERR_ENCODING, 0},
    {"left over", HEAD "a0 83 00 60 00 00", TACET_ERR_TRAILING, 0},
};

static void others_are_read(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
    tacet_span in = test_hex(contents[i].hex);
    tacet_content c;
    tacet_err err = tacet_content_parse(in, &c);
    if (err != contents[i].err) {
      fail_msg("%s: %s", contents[i].name, tacet_err_name(err));
    }
    if (err == TACET_OK) {
      TACET_BUF(w, 4096);
      tacet_part p;
      size_t at = 0, n = 0;
      while (tacet_content_part(&c, &at, &p)) {
        n++;
      }
      assert_int_equal(n, contents[i].parts);
      tacet_content_write(&w, &c);
      assert_span(in, tacet_buf_span(&w));
    }
    for (size_t n = 0; err == TACET_OK && n < in.len; n++) {
      uint8_t *cut = malloc(n == 0 ? 1 : n);
      memcpy(cut, in.p, n);
      assert_int_equal(
          tacet_err_kind(tacet_content_parse(tacet_span_of(cut, n), &c)),
          TACET_KIND_INPUT);
      free(cut);
    }
    test_hex_free(in);
  }
}

static void extensions_are_bounded(void **state) {
  (void)state;
  static const uint8_t value[4097];
  for (size_t n = 4096; n <= sizeof(value); n++) {
    TACET_BUF(w, 1 << 16);
    tacet_content c;
    tacet_span head = test_hex(HEAD "a1 05"), part = test_hex("83 00 60 00");
    tacet_write_bytes(&w, head);
    tacet_cbor_write_bytes(&w, tacet_span_of(value, n));
    tacet_write_bytes(&w, part);
    assert_err(n > 4096 ? TACET_ERR_LIMIT : TACET_OK,
               tacet_content_parse(tacet_buf_span(&w), &c));
    test_hex_free(head);
    test_hex_free(part);
  }
}

static void nesting_is_bounded(void **state) {
  (void)state;
  TACET_BUF(w, 1 << 16);
  tacet_span head = test_hex(HEAD "a0");
  tacet_write_bytes(&w, head);
  test_hex_free(head);
  for (int i = 0; i < 50; i++) { /* multi parts within multi parts */
    tacet_cbor_write_array(&w, 5);
    tacet_cbor_write_uint(&w, 1);
    tacet_cbor_write_text(&w, TACET_SPAN_EMPTY);
    tacet_cbor_write_uint(&w, TACET_PART_MULTI);
    tacet_cbor_write_uint(&w, 2);
    tacet_cbor_write_array(&w, 2);
  }
  tacet_content c;
  assert_err(TACET_ERR_LIMIT, tacet_content_parse(tacet_buf_span(&w), &c));
}

static void write_multi(tacet_buf *w, size_t n) {
  tacet_cbor_write_array(w, 5);
  tacet_cbor_write_uint(w, TACET_DISPOSITION_RENDER);
  tacet_cbor_write_text(w, TACET_SPAN_EMPTY);
  tacet_cbor_write_uint(w, TACET_PART_MULTI);
  tacet_cbor_write_uint(w, 2);
  tacet_cbor_write_array(w, n);
}

static void write_leaves(tacet_buf *w, size_t n) {
  for (size_t i = 0; i < n; i++) {
    tacet_cbor_write_array(w, 3);
    tacet_cbor_write_uint(w, TACET_DISPOSITION_RENDER);
    tacet_cbor_write_text(w, TACET_SPAN_EMPTY);
    tacet_cbor_write_uint(w, TACET_PART_NULL);
  }
}

/* Everything that parses is shown: a leaf too many is refused, not skipped,
 * also where no single multi part has too many. */
static void no_part_is_hidden(void **state) {
  (void)state;
  static const struct {
    size_t first, second;
    tacet_err err;
  } rows[] = {
      {2, 2, TACET_OK},         {16, 16, TACET_OK},
      {30, 2, TACET_OK},        {16, 17, TACET_ERR_LIMIT},
      {31, 2, TACET_ERR_LIMIT}, {32, 32, TACET_ERR_LIMIT},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    TACET_BUF(w, 1 << 16);
    tacet_span head = test_hex(HEAD "a0");
    tacet_write_bytes(&w, head);
    test_hex_free(head);
    write_multi(&w, 2);
    write_multi(&w, rows[i].first);
    write_leaves(&w, rows[i].first);
    write_multi(&w, rows[i].second);
    write_leaves(&w, rows[i].second);
    tacet_content c;
    tacet_part p;
    size_t at = 0, n = 0;
    assert_err(rows[i].err, tacet_content_parse(tacet_buf_span(&w), &c));
    while (rows[i].err == TACET_OK && tacet_content_part(&c, &at, &p)) {
      n++;
    }
    assert_int_equal(n, rows[i].err == TACET_OK ? rows[i].first + rows[i].second
                                                : 0);
  }
}

static void a_failure_leaves_nothing_behind(void **state) {
  (void)state;
  TACET_BUF(w, 60);
  tacet_write_u8(&w, 7);
  assert_err(TACET_ERR_LIMIT,
             tacet_content_make(
                 &w, &(tacet_content_args){
                         .text = TACET_SPAN_LIT("some text that is too long "
                                                "for what is left of it")}));
  assert_int_equal(w.len, 1);
  assert_int_equal(w.err, TACET_ERR_LIMIT); /* sticky, as of any write */
  for (size_t i = w.len; i < w.cap; i++) {
    assert_int_equal(w.p[i], 0);
  }
}

static tacet_err make_one(void *ctx) {
  (void)ctx;
  TACET_BUF(w, 4096);
  tacet_content c;
  TACET_TRY(tacet_content_make(
      &w, &(tacet_content_args){.text = TACET_SPAN_LIT("hello")}));
  return tacet_content_parse(tacet_buf_span(&w), &c);
}

static void a_failed_allocation_is_an_error(void **state) {
  (void)state;
  test_alloc_sweep(make_one, NULL);
}

static void an_id_is_of_one_message(void **state) {
  (void)state;
  uint8_t account[32] = {1}, device[16] = {2}, talk[32] = {3}, x[32], y[32];
  tacet_span text = TACET_SPAN_LIT("content");
  assert_ok(tacet_message_id(account, device, talk, text, x));
  assert_int_equal(x[0], 1);
  assert_ok(tacet_message_id(account, device, talk, text, y));
  assert_memory_equal(x, y, 32);
  talk[31] = 1;
  assert_ok(tacet_message_id(account, device, talk, text, y));
  assert_memory_not_equal(x, y, 32);
}

static void what_cannot_be_is_not_made(void **state) {
  (void)state;
  static const tacet_attachment a = {.size = 1};
  static tacet_content_file files[TACET_PARTS_MAX];
  for (size_t i = 0; i < TACET_PARTS_MAX; i++) {
    files[i].reference = &a;
  }
  const tacet_span some = TACET_SPAN_LIT("x");
  const tacet_content_args rows[] = {
      {.counter = 1},
      {.text = some, .in_reply_to = some},
      {.text = some, .control = some},
      {.files = files, .n_files = 1, .control = some},
      {.files = files, .n_files = TACET_PARTS_MAX},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    TACET_BUF(w, 1 << 16);
    assert_err(TACET_ERR_ARGUMENT, tacet_content_make(&w, &rows[i]));
    assert_int_equal(w.len, 0);
  }
}

static void a_text_may_be_markdown(void **state) {
  (void)state;
  TACET_BUF(w, 4096);
  tacet_content c;
  tacet_part p;
  size_t at = 0;
  uint8_t log[TACET_CONTENT_LOG_LEN] = {1, 2, 3};
  assert_err(TACET_ERR_ARGUMENT,
             tacet_content_make(
                 &w, &(tacet_content_args){.text = TACET_SPAN_LIT("hello"),
                                           .log = tacet_span_of(log, 40)}));
  assert_ok(tacet_content_make(
      &w,
      &(tacet_content_args){.text = TACET_SPAN_LIT("*hello*"),
                            .text_type = TACET_SPAN_LIT(TACET_TYPE_MARKDOWN),
                            .counter = 1,
                            .log = tacet_span_of(log, sizeof(log)),
                            .sent_at = 1700000000000}));
  assert_ok(tacet_content_parse(tacet_buf_span(&w), &c));
  assert_true(c.sent_at == 1700000000000);
  assert_span(tacet_span_of(log, sizeof(log)), c.log);
  assert_true(tacet_content_part(&c, &at, &p));
  assert_span(TACET_SPAN_LIT(TACET_TYPE_MARKDOWN), p.type);
  assert_false(tacet_content_part(&c, &at, &p));
}

/* Whatever is done to a content: it is refused, or has one form and parts that
 * can be walked. */
static bool still_sound(tacet_span in) {
  tacet_content c;
  tacet_part p;
  size_t at = 0;
  TACET_BUF(w, 4096);
  tacet_err err = tacet_content_parse(in, &c);
  if (err != TACET_OK) {
    assert_int_equal(tacet_err_kind(err), TACET_KIND_INPUT);
    return false;
  }
  while (tacet_content_part(&c, &at, &p)) {
  }
  assert_true(at >= 1 && at <= TACET_PARTS_MAX);
  tacet_content_write(&w, &c);
  assert_span(in, tacet_buf_span(&w));
  return true;
}

static void changed_bits_break_no_rule(void **state) {
  (void)state;
  size_t accepted = 0, refused = 0;
  for (size_t i = 0; i < sizeof(contents) / sizeof(contents[0]); i++) {
    tacet_span in = test_hex(contents[i].hex);
    uint8_t *copy = malloc(in.len);
    for (size_t bit = 0; bit < in.len * 8; bit++) {
      memcpy(copy, in.p, in.len);
      copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
      if (still_sound(tacet_span_of(copy, in.len))) {
        accepted++;
      } else {
        refused++;
      }
    }
    free(copy);
    test_hex_free(in);
  }
  assert_true(accepted > 100 && refused > 100); /* both happen */
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(what_is_made_is_read),
      cmocka_unit_test(others_are_read),
      cmocka_unit_test(extensions_are_bounded),
      cmocka_unit_test(nesting_is_bounded),
      cmocka_unit_test(no_part_is_hidden),
      cmocka_unit_test(a_failure_leaves_nothing_behind),
      cmocka_unit_test(a_failed_allocation_is_an_error),
      cmocka_unit_test(an_id_is_of_one_message),
      cmocka_unit_test(what_cannot_be_is_not_made),
      cmocka_unit_test(a_text_may_be_markdown),
      cmocka_unit_test(changed_bits_break_no_rule),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
