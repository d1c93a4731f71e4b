/* SPDX-License-Identifier: Apache-2.0
 * Reader and writer: known answers with the forbidden encodings, and what one
 * says of the other. */
#include "tests/support/support.h"

static const struct {
  const char *name, *hex;
  tacet_err err;
  uint32_t value;
} varints[] = {
    {"zero", "00", TACET_OK, 0},
    {"two bytes", "7bbd", TACET_OK, 15293}, /* RFC 9000 A.1 */
    {"four bytes", "9d7f3e7d", TACET_OK, 494878333},
    {"63", "3f", TACET_OK, 63}, /* the edges of each size */
    {"64", "4040", TACET_OK, 64},
    {"16383", "7fff", TACET_OK, 16383},
    {"16384", "80004000", TACET_OK, 16384},
    {"2^30-1", "bfffffff", TACET_OK, (1u << 30) - 1},
    {"37 in two bytes", "4025", TACET_ERR_ENCODING, 0}, /* RFC 9420 2.1.2 */
    {"63 in two bytes", "403f", TACET_ERR_ENCODING, 0},
    {"16383 in four bytes", "80003fff", TACET_ERR_ENCODING, 0},
    {"eight bytes", "c2197c5eff14e88c", TACET_ERR_ENCODING, 0},
    {"eight bytes, cut short", "c2", TACET_ERR_ENCODING, 0},
    {"empty", "", TACET_ERR_TRUNCATED, 0},
    {"two bytes, cut short", "7b", TACET_ERR_TRUNCATED, 0},
    {"four bytes, cut short", "9d7f3e", TACET_ERR_TRUNCATED, 0},
    {"one byte too many", "2500", TACET_ERR_TRAILING, 37},
};

static void varint_has_one_form(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(varints) / sizeof(varints[0]); i++) {
    tacet_span in = test_hex(varints[i].hex);
    tacet_err err = TACET_OK;
    tacet_reader r = tacet_reader_over(in, &err);
    uint32_t v = tacet_read_varint(&r);
    tacet_read_end(&r);
    if (err != varints[i].err || v != varints[i].value) {
      fail_msg("%s: %s, %u", varints[i].name, tacet_err_name(err), v);
    }
    if (err == TACET_OK) {
      TACET_BUF(w, 16);
      tacet_write_varint(&w, v);
      assert_span(in, tacet_buf_span(&w));
    }
    test_hex_free(in);
  }
  TACET_BUF(w, 16);
  tacet_write_varint(&w, TACET_VARINT_MAX + 1);
  assert_int_equal(w.err, TACET_ERR_LIMIT);
}

/* One of each field, nested vectors among them. */
static void write_sample(tacet_buf *w) {
  tacet_write_u8(w, 0xab);
  tacet_write_u16(w, 0x0102);
  tacet_write_u32(w, 0xdeadbeef);
  tacet_write_u64(w, 0x0123456789abcdef);
  tacet_write_optional(w, true);
  tacet_write_optional(w, false);
  tacet_write_vec(w, TACET_SPAN_LIT("hello"));
  size_t outer = tacet_write_open(w);
  for (int i = 0; i < 3; i++) {
    size_t inner = tacet_write_open(w);
    tacet_write_zeros(w, (size_t)i * 50);
    tacet_write_close(w, inner);
  }
  tacet_write_close(w, outer);
  tacet_write_bytes(w, TACET_SPAN_LIT("end"));
}

static tacet_err read_sample(tacet_span in) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  bool same = tacet_read_u8(&r) == 0xab;
  same &= tacet_read_u16(&r) == 0x0102;
  same &= tacet_read_u32(&r) == 0xdeadbeef;
  same &= tacet_read_u64(&r) == 0x0123456789abcdef;
  same &= tacet_read_optional(&r);
  same &= !tacet_read_optional(&r);
  same &= tacet_span_equal(tacet_read_vec_max(&r, 5), TACET_SPAN_LIT("hello"));
  tacet_reader inner = tacet_read_vec_of(&r);
  size_t n = 0;
  while (tacet_more(&inner)) {
    same &= tacet_read_vec(&inner).len == 50 * n++;
  }
  same &= n == 3;
  uint8_t end[3] = {1, 1, 1};
  tacet_read_copy(&r, end, 3);
  tacet_read_end(&r);
  TACET_TRY(err);
  same &= memcmp(end, "end", 3) == 0;
  return same ? TACET_OK : TACET_ERR_AUTH;
}

static void what_is_written_is_read_back(void **state) {
  (void)state;
  TACET_BUF(w, 4096);
  write_sample(&w);
  assert_int_equal(w.err, TACET_OK);
  assert_ok(read_sample(tacet_buf_span(&w)));
  /* Cut short anywhere: an error, never a wrong value that passes. */
  for (size_t n = 0; n < w.len; n++) {
    uint8_t *cut = malloc(n == 0 ? 1 : n);
    memcpy(cut, w.p, n);
    assert_err(TACET_ERR_TRUNCATED, read_sample(tacet_span_of(cut, n)));
    free(cut);
  }
  tacet_write_u8(&w, 0);
  assert_err(TACET_ERR_TRAILING, read_sample(tacet_buf_span(&w)));
}

static void the_first_error_sticks(void **state) {
  (void)state;
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(TACET_SPAN_LIT("\x02\x09"), &err);
  tacet_reader sub = tacet_read_vec_of(&r); /* two bytes promised, one there */
  assert_int_equal(err, TACET_ERR_TRUNCATED);
  assert_int_equal(tacet_read_u8(&sub), 0);
  tacet_read_fail(&r, TACET_ERR_LIMIT);
  assert_int_equal(err, TACET_ERR_TRUNCATED);
  assert_false(tacet_more(&r));
  uint8_t copy[2] = {9, 9};
  tacet_read_copy(&r, copy, 2);
  assert_int_equal(copy[0] | copy[1], 0);

  err = TACET_OK;
  r = tacet_reader_over(TACET_SPAN_LIT("\x02"), &err);
  assert_false(tacet_read_optional(&r));
  assert_int_equal(err, TACET_ERR_ENCODING);

  err = TACET_OK;
  r = tacet_reader_over(TACET_SPAN_LIT("\x03"
                                       "abc"),
                        &err);
  assert_int_equal(tacet_read_vec_max(&r, 2).len, 0);
  assert_int_equal(err, TACET_ERR_LIMIT);

  err = TACET_OK;
  r = tacet_reader_over(TACET_SPAN_EMPTY, &err);
  tacet_read_end(&r);
  assert_int_equal(err, TACET_OK);
}

static void a_buffer_stops_at_its_maximum(void **state) {
  (void)state;
  TACET_BUF(w, 100);
  tacet_write_zeros(&w, 100);
  assert_int_equal(w.err, TACET_OK);
  tacet_write_u8(&w, 1);
  assert_int_equal(w.err, TACET_ERR_LIMIT);
  tacet_span out = TACET_SPAN_LIT("untouched");
  assert_err(TACET_ERR_LIMIT, tacet_buf_done(&w, &out));
  assert_int_equal(out.len, 9);
  tacet_buf_clear(&w);
  tacet_write_u8(&w, 1);
  assert_ok(tacet_buf_done(&w, &out));
  assert_int_equal(out.len, 1);
  /* A header that outgrows its one byte must fit too. */
  TACET_BUF(tight, 65);
  size_t at = tacet_write_open(&tight);
  tacet_write_zeros(&tight, 64);
  tacet_write_close(&tight, at);
  assert_int_equal(tight.err, TACET_ERR_LIMIT);
}

static void vector_headers_grow_with_their_bodies(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, 63, 64, 16383, 16384, 70000};
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    TACET_BUF(w, 1 << 20);
    TACET_BUF(plain, 1 << 20);
    size_t at = tacet_write_open(&w);
    for (size_t n = 0; n < sizes[i]; n++) {
      tacet_write_u8(&w, (uint8_t)(n * 7));
      tacet_write_u8(&plain, (uint8_t)(n * 7));
    }
    tacet_write_close(&w, at);
    TACET_BUF(whole, 1 << 20);
    tacet_write_vec(&whole, tacet_buf_span(&plain));
    assert_span(tacet_buf_span(&whole), tacet_buf_span(&w));
  }
}

static tacet_err grow_and_take(void *ctx) {
  (void)ctx;
  TACET_BUF(w, 4096);
  write_sample(&w);
  TACET_BYTES(taken);
  TACET_TRY(tacet_buf_take(&w, &taken));
  TACET_TRY(read_sample(tacet_bytes_span(&taken)));
  return w.len == 0 ? TACET_OK : TACET_ERR_STATE;
}

static void a_failed_allocation_is_an_error(void **state) {
  (void)state;
  test_alloc_sweep(grow_and_take, NULL);
}

static void taking_from_an_empty_buffer_gives_nothing(void **state) {
  (void)state;
  TACET_BUF(w, 10);
  tacet_buf_reserve(&w, 5);
  TACET_BYTES(taken);
  assert_ok(tacet_buf_take(&w, &taken));
  assert_null(taken.p);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(varint_has_one_form),
      cmocka_unit_test(what_is_written_is_read_back),
      cmocka_unit_test(the_first_error_sticks),
      cmocka_unit_test(a_buffer_stops_at_its_maximum),
      cmocka_unit_test(vector_headers_grow_with_their_bodies),
      cmocka_unit_test(a_failed_allocation_is_an_error),
      cmocka_unit_test(taking_from_an_empty_buffer_gives_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
