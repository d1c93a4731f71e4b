/* SPDX-License-Identifier: Apache-2.0
 * CBOR: one form for each value, everything else refused, the writer's inverse.
 */
#include "tests/support/support.h"

#include "tacet/codec/cbor.h"

/* ---- whole items: known answers of RFC 8949 appendix A, and what is wrong ---- */

static const struct {
  const char *hex;
  tacet_err err;
} items[] = {
    {"00", TACET_OK},
    {"17", TACET_OK},
    {"1818", TACET_OK},
    {"1903e8", TACET_OK},
    {"1a000f4240", TACET_OK},
    {"1bffffffffffffffff", TACET_OK},
    {"20", TACET_OK},
    {"3903e7", TACET_OK},
    {"3bffffffffffffffff", TACET_OK},
    {"40", TACET_OK},
    {"4401020304", TACET_OK},
    {"60", TACET_OK},
    {"6449455446", TACET_OK},
    {"80", TACET_OK},
    {"8301820203820405", TACET_OK},
    {"a0", TACET_OK},
    {"a201020304", TACET_OK},
    {"a26161016162820203", TACET_OK},
    {"a2820102008103f4", TACET_ERR_ENCODING}, /* 82.. sorts after 81.. */
    {"a28103f482010200", TACET_OK},           /* arrays as keys */
    {"c11a514b67b0", TACET_OK},
    {"d9d9f700", TACET_OK},
    {"f4", TACET_OK},
    {"f6", TACET_OK},
    {"f7", TACET_OK},
    {"f0", TACET_OK},
    {"f8ff", TACET_OK},
    /* not in the shortest form */
    {"1800", TACET_ERR_ENCODING},
    {"1817", TACET_ERR_ENCODING},
    {"1900ff", TACET_ERR_ENCODING},
    {"1a0000ffff", TACET_ERR_ENCODING},
    {"1b00000000ffffffff", TACET_ERR_ENCODING},
    {"5801ff", TACET_ERR_ENCODING},
    {"7800", TACET_ERR_ENCODING},
    {"9800", TACET_ERR_ENCODING},
    {"b800", TACET_ERR_ENCODING},
    {"d80100", TACET_ERR_ENCODING},
    {"f817", TACET_ERR_ENCODING},
    {"f81f", TACET_ERR_ENCODING},
    /* indefinite and reserved */
    {"5f42010243030405ff", TACET_ERR_ENCODING},
    {"7f6161ff", TACET_ERR_ENCODING},
    {"9fff", TACET_ERR_ENCODING},
    {"bfff", TACET_ERR_ENCODING},
    {"ff", TACET_ERR_ENCODING},
    {"1c", TACET_ERR_ENCODING},
    {"fc", TACET_ERR_ENCODING},
    /* keys */
    {"a203040102", TACET_ERR_ENCODING},
    {"a201020103", TACET_ERR_ENCODING},
    {"81a2616200616100", TACET_ERR_ENCODING},
    /* short, or more promised than there is */
    {"", TACET_ERR_TRUNCATED},
    {"18", TACET_ERR_TRUNCATED},
    {"1bffffffffffffff", TACET_ERR_TRUNCATED},
    {"4403", TACET_ERR_TRUNCATED},
    {"83", TACET_ERR_TRUNCATED},
    {"9affffffff", TACET_ERR_TRUNCATED},
    {"9bffffffffffffffff", TACET_ERR_TRUNCATED},
    {"bbffffffffffffffff", TACET_ERR_TRUNCATED},
    {"5bffffffffffffffff", TACET_ERR_TRUNCATED},
    {"a101", TACET_ERR_TRUNCATED},
    {"c1", TACET_ERR_TRUNCATED},
    /* depth */
    {"818181818181818100", TACET_OK},
    {"81818181818181818100", TACET_ERR_LIMIT},
    {"c1c1c1c1c1c1c1c1c100", TACET_ERR_LIMIT},
};

/* Floats: the same rule, value by value. */
static const struct {
  const char *hex;
  tacet_err err;
} floats[] = {
    {"f90000", TACET_OK},             /* 0 */
    {"f98000", TACET_OK},             /* -0 */
    {"f93c00", TACET_OK},             /* 1 */
    {"f97bff", TACET_OK},             /* 65504, the largest half */
    {"f90001", TACET_OK},             /* 2^-24, the smallest */
    {"f97c00", TACET_OK},             /* infinity */
    {"f97e00", TACET_OK},             /* NaN */
    {"fa47c35000", TACET_OK},         /* 100000 */
    {"fa477ff000", TACET_OK},         /* 65520 */
    {"fa33000000", TACET_OK},         /* 2^-25 */
    {"fa33800001", TACET_OK},         /* a little over 2^-24 */
    {"fa3dcccccd", TACET_OK},         /* about 0.1 */
    {"fa00000001", TACET_OK},         /* the smallest single */
    {"fa7fc00001", TACET_OK},         /* NaN with a long payload */
    {"fb3ff199999999999a", TACET_OK}, /* 1.1 */
    {"fb7e37e43c8800759c", TACET_OK}, /* 1e300 */
    {"fb3690000000000000", TACET_OK}, /* 2^-150 */
    {"fb0000000000000001", TACET_OK}, /* the smallest double */
    {"fa00000000", TACET_ERR_ENCODING},
    {"fa80000000", TACET_ERR_ENCODING},
    {"fa3f800000", TACET_ERR_ENCODING},
    {"fa477fe000", TACET_ERR_ENCODING}, /* 65504 */
    {"fa33800000", TACET_ERR_ENCODING}, /* 2^-24 */
    {"fa38800000", TACET_ERR_ENCODING}, /* 2^-14 */
    {"fa7f800000", TACET_ERR_ENCODING},
    {"fa7fc00000", TACET_ERR_ENCODING},
    {"fb0000000000000000", TACET_ERR_ENCODING},
    {"fb3ff0000000000000", TACET_ERR_ENCODING},
    {"fb36a0000000000000", TACET_ERR_ENCODING}, /* 2^-149 */
    {"fb40f86a0000000000", TACET_ERR_ENCODING}, /* 100000 */
    {"fb7ff0000000000000", TACET_ERR_ENCODING},
    {"fb7ff8000000000000", TACET_ERR_ENCODING},
};

static void take_one(const char *hex, tacet_err want) {
  tacet_span in = test_hex(hex);
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_span got = tacet_cbor_read_any(&r);
  if (err != want) {
    fail_msg("%s: %s", hex, tacet_err_name(err));
  }
  if (err == TACET_OK) {
    assert_span(in, got);
  } else {
    assert_int_equal(got.len, 0);
  }
  test_hex_free(in);
}

static void an_item_has_one_form(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
    take_one(items[i].hex, items[i].err);
  }
  for (size_t i = 0; i < sizeof(floats) / sizeof(floats[0]); i++) {
    take_one(floats[i].hex, floats[i].err);
  }
}

static void an_item_cut_short_is_none(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++) {
    tacet_span in = test_hex(items[i].hex);
    for (size_t n = 0; items[i].err == TACET_OK && n < in.len; n++) {
      uint8_t *cut = malloc(n == 0 ? 1 : n);
      memcpy(cut, in.p, n);
      tacet_err err = TACET_OK;
      tacet_reader r = tacet_reader_over(tacet_span_of(cut, n), &err);
      (void)tacet_cbor_read_any(&r);
      assert_int_equal(err, TACET_ERR_TRUNCATED);
      free(cut);
    }
    test_hex_free(in);
  }
}

/* ---- typed reads ---- */

/* What each typed read does with each item: which of them take it. */
static void a_type_is_no_other(void **state) {
  (void)state;
  static const struct {
    const char *hex;
    char takers[8]; /* of u(int) b(ytes) t(ext) a(rray) m(ap) f(alse) */
  } rows[] = {
      {"05", "u"},   {"24", ""},  {"4101", "b"}, {"6161", "t"}, {"80", "a"},
      {"a0", "m"},   {"c100", ""}, {"f4", "f"},  {"f5", "f"},   {"f6", ""},
      {"f93c00", ""}, {"", ""},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    static const char kinds[] = "ubtamf";
    for (const char *k = kinds; *k != '\0'; k++) {
      tacet_span in = test_hex(rows[i].hex);
      tacet_err err = TACET_OK;
      tacet_reader r = tacet_reader_over(in, &err);
      switch (*k) {
      case 'u': (void)tacet_cbor_read_uint(&r); break;
      case 'b': (void)tacet_cbor_read_bytes(&r); break;
      case 't': (void)tacet_cbor_read_text(&r); break;
      case 'a': (void)tacet_cbor_read_array(&r, 9); break;
      case 'm': (void)tacet_cbor_read_map(&r, 9); break;
      default: (void)tacet_cbor_read_bool(&r); break;
      }
      tacet_err want = strchr(rows[i].takers, *k) != NULL ? TACET_OK
                       : in.len == 0                      ? TACET_ERR_TRUNCATED
                                                          : TACET_ERR_ENCODING;
      if (err != want) {
        fail_msg("%s as %c: %s", rows[i].hex, *k, tacet_err_name(err));
      }
      test_hex_free(in);
    }
  }
}

static void counts_are_bounded(void **state) {
  (void)state;
  tacet_err err = TACET_OK;
  tacet_span in = test_hex("83000000");
  tacet_reader r = tacet_reader_over(in, &err);
  assert_int_equal(tacet_cbor_read_array(&r, 3), 3);
  assert_ok(err);
  r = tacet_reader_over(in, &err);
  assert_int_equal(tacet_cbor_read_array(&r, 2), 0);
  assert_int_equal(err, TACET_ERR_LIMIT);
  test_hex_free(in);
}

static void errors_stick(void **state) {
  (void)state;
  tacet_err err = TACET_OK;
  tacet_span in = test_hex("180005f6f5");
  tacet_reader r = tacet_reader_over(in, &err);
  assert_int_equal(tacet_cbor_read_uint(&r), 0);
  assert_int_equal(err, TACET_ERR_ENCODING);
  const uint8_t *at = r.p;
  assert_int_equal(tacet_cbor_read_uint(&r), 0);
  assert_false(tacet_cbor_read_null(&r));
  assert_false(tacet_cbor_read_bool(&r));
  assert_int_equal(tacet_cbor_read_any(&r).len, 0);
  assert_int_equal(tacet_cbor_peek(&r), TACET_CBOR_UINT);
  assert_ptr_equal(r.p, at);
  assert_int_equal(err, TACET_ERR_ENCODING);
  test_hex_free(in);
}

static void null_is_taken_only_where_it_is(void **state) {
  (void)state;
  tacet_err err = TACET_OK;
  tacet_span in = test_hex("00f6");
  tacet_reader r = tacet_reader_over(in, &err);
  assert_false(tacet_cbor_read_null(&r));
  assert_int_equal(tacet_cbor_read_uint(&r), 0);
  assert_true(tacet_cbor_read_null(&r));
  assert_false(tacet_cbor_read_null(&r)); /* the end: nothing, no error */
  assert_ok(err);
  test_hex_free(in);
}

/* ---- the writer ---- */

static void numbers_are_written_shortest(void **state) {
  (void)state;
  static const struct {
    uint64_t v;
    const char *hex;
  } rows[] = {
      {0, "00"},
      {23, "17"},
      {24, "1818"},
      {255, "18ff"},
      {256, "190100"},
      {65535, "19ffff"},
      {65536, "1a00010000"},
      {UINT32_MAX, "1affffffff"},
      {(uint64_t)UINT32_MAX + 1, "1b0000000100000000"},
      {UINT64_MAX, "1bffffffffffffffff"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    TACET_BUF(w, 16);
    tacet_span want = test_hex(rows[i].hex);
    tacet_cbor_write_uint(&w, rows[i].v);
    assert_span(want, tacet_buf_span(&w));
    tacet_err err = TACET_OK;
    tacet_reader r = tacet_reader_over(want, &err);
    assert_true(tacet_cbor_read_uint(&r) == rows[i].v);
    tacet_read_end(&r);
    assert_ok(err);
    test_hex_free(want);
  }
}

static tacet_err write_some(void *ctx) {
  TACET_BUF(own, 1 << 20);
  tacet_buf *w = ctx != NULL ? ctx : &own;
  tacet_cbor_write_array(w, 7);
  tacet_cbor_write_uint(w, 1000);
  tacet_cbor_write_bytes(w, TACET_SPAN_LIT("bytes"));
  tacet_cbor_write_text(w, TACET_SPAN_LIT("text"));
  tacet_cbor_write_bool(w, true);
  tacet_cbor_write_bool(w, false);
  tacet_cbor_write_null(w);
  tacet_cbor_write_map(w, 1);
  tacet_cbor_write_uint(w, 1);
  tacet_cbor_write_bytes(w, TACET_SPAN_EMPTY);
  return w->err;
}

static void what_is_written_is_read(void **state) {
  (void)state;
  TACET_BUF(w, 1 << 20);
  assert_ok(write_some(&w));
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(tacet_buf_span(&w), &err);
  assert_span(tacet_buf_span(&w), tacet_cbor_read_any(&r));
  r = tacet_reader_over(tacet_buf_span(&w), &err);
  assert_int_equal(tacet_cbor_read_array(&r, 7), 7);
  assert_int_equal(tacet_cbor_read_uint(&r), 1000);
  assert_span(TACET_SPAN_LIT("bytes"), tacet_cbor_read_bytes(&r));
  assert_int_equal(tacet_cbor_peek(&r), TACET_CBOR_TEXT);
  assert_span(TACET_SPAN_LIT("text"), tacet_cbor_read_text(&r));
  assert_true(tacet_cbor_read_bool(&r));
  assert_false(tacet_cbor_read_bool(&r));
  assert_true(tacet_cbor_read_null(&r));
  assert_int_equal(tacet_cbor_read_map(&r, 1), 1);
  assert_int_equal(tacet_cbor_read_uint(&r), 1);
  assert_int_equal(tacet_cbor_read_bytes(&r).len, 0);
  tacet_read_end(&r);
  assert_ok(err);
}

static void a_full_buffer_is_an_error(void **state) {
  (void)state;
  TACET_BUF(whole, 1 << 10);
  assert_ok(write_some(&whole));
  for (size_t max = 0; max < whole.len; max++) {
    TACET_BUF(w, max);
    assert_err(TACET_ERR_LIMIT, write_some(&w));
    assert_true(w.len <= max);
  }
  test_alloc_sweep(write_some, NULL);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(an_item_has_one_form),
      cmocka_unit_test(an_item_cut_short_is_none),
      cmocka_unit_test(a_type_is_no_other),
      cmocka_unit_test(counts_are_bounded),
      cmocka_unit_test(errors_stick),
      cmocka_unit_test(null_is_taken_only_where_it_is),
      cmocka_unit_test(numbers_are_written_shortest),
      cmocka_unit_test(what_is_written_is_read),
      cmocka_unit_test(a_full_buffer_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
