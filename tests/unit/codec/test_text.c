/* SPDX-License-Identifier: Apache-2.0
 * Hexadecimal, base64url, base64, and UTF-8. */
#include "tests/support/support.h"

typedef struct row {
  const char *text;
  tacet_err err;
  const char *hex;
} row;

static const row url_rows[] = {
    {"", TACET_OK, ""}, /* RFC 4648 10, without padding */
    {"Zg", TACET_OK, "66"},
    {"Zm8", TACET_OK, "666f"},
    {"Zm9v", TACET_OK, "666f6f"},
    {"Zm9vYg", TACET_OK, "666f6f62"},
    {"Zm9vYmE", TACET_OK, "666f6f6261"},
    {"-_-_", TACET_OK, "fbffbf"},
    {"Zg==", TACET_ERR_ENCODING, NULL}, /* padding */
    {"+/+/", TACET_ERR_ENCODING, NULL}, /* the other alphabet */
    {"Zh", TACET_ERR_ENCODING, NULL},   /* unused bits that are not zero */
    {"Zm9", TACET_ERR_ENCODING, NULL},
    {"Z", TACET_ERR_ENCODING, NULL}, /* no such length */
    {"Zm9vY", TACET_ERR_ENCODING, NULL},
    {"Zm 9v", TACET_ERR_ENCODING, NULL},
};

static const row plain_rows[] = {
    {"", TACET_OK, ""}, /* RFC 4648 10 */
    {"Zg==", TACET_OK, "66"},
    {"Zm8=", TACET_OK, "666f"},
    {"Zm9v", TACET_OK, "666f6f"},
    {"Zm9vYg==", TACET_OK, "666f6f62"},
    {"+/+/", TACET_OK, "fbffbf"},
    {"Zg", TACET_ERR_ENCODING, NULL}, /* no padding, or not enough, or more */
    {"Zg=", TACET_ERR_ENCODING, NULL},
    {"Zm9v=", TACET_ERR_ENCODING, NULL},
    {"Zm9v====", TACET_ERR_ENCODING, NULL},
    {"Z===", TACET_ERR_ENCODING, NULL},
    {"====", TACET_ERR_ENCODING, NULL},
    {"Zg==Zg==", TACET_ERR_ENCODING, NULL},
    {"-_-_", TACET_ERR_ENCODING, NULL}, /* the other alphabet */
    {"Zh==", TACET_ERR_ENCODING, NULL}, /* unused bits that are not zero */
    {"Zm9v\n", TACET_ERR_ENCODING, NULL},
};

typedef tacet_err reading(const char *text, size_t text_len, uint8_t *out,
                          size_t cap, size_t *len);

static void has_one_form(const row *rows, size_t n, reading *read,
                         void (*write)(tacet_span in, char *out)) {
  for (size_t i = 0; i < n; i++) {
    uint8_t out[16];
    char text[32];
    size_t len = 99;
    tacet_err err =
        read(rows[i].text, strlen(rows[i].text), out, sizeof(out), &len);
    if (err != rows[i].err) {
      fail_msg("\"%s\": %s", rows[i].text, tacet_err_name(err));
    }
    if (err != TACET_OK) {
      assert_int_equal(len, 99);
      continue;
    }
    tacet_span want = test_hex(rows[i].hex);
    assert_span(want, tacet_span_of(out, len));
    write(want, text);
    assert_string_equal(text, rows[i].text);
    test_hex_free(want);
  }
  uint8_t small[2];
  size_t len;
  assert_err(TACET_ERR_LIMIT, read("Zm9v", 4, small, 2, &len));
}

static void base64url_has_one_form(void **state) {
  (void)state;
  has_one_form(url_rows, sizeof(url_rows) / sizeof(url_rows[0]),
               tacet_base64url_read, tacet_base64url_write);
}

static void base64_has_one_form(void **state) {
  (void)state;
  has_one_form(plain_rows, sizeof(plain_rows) / sizeof(plain_rows[0]),
               tacet_base64_read, tacet_base64_write);
}

static void all_bytes_survive(void **state) {
  (void)state;
  uint8_t all[257], back[257];
  char text[600];
  for (size_t i = 0; i < sizeof(all); i++) {
    all[i] = (uint8_t)(i * 167 + 13);
  }
  for (size_t n = 0; n <= sizeof(all); n++) {
    size_t len;
    tacet_base64url_write(tacet_span_of(all, n), text);
    assert_ok(tacet_base64url_read(text, strlen(text), back, n, &len));
    assert_span(tacet_span_of(all, n), tacet_span_of(back, len));
    assert_int_equal(strlen(text), TACET_BASE64_LEN(n));
    tacet_base64_write(tacet_span_of(all, n), text);
    assert_ok(tacet_base64_read(text, strlen(text), back, n, &len));
    assert_span(tacet_span_of(all, n), tacet_span_of(back, len));
    assert_int_equal(strlen(text), TACET_BASE64_PADDED_LEN(n));
    tacet_hex_write(tacet_span_of(all, n), text);
    assert_ok(tacet_hex_read(text, strlen(text), back, n));
    assert_span(tacet_span_of(all, n), tacet_span_of(back, n));
  }
}

static void hex_is_exact(void **state) {
  (void)state;
  uint8_t out[2] = {9, 9};
  assert_err(TACET_ERR_ENCODING, tacet_hex_read("abc", 3, out, 1));
  assert_err(TACET_ERR_ENCODING, tacet_hex_read("ab", 2, out, 2));
  assert_err(TACET_ERR_ENCODING, tacet_hex_read("0g", 2, out, 1));
  assert_err(TACET_ERR_ENCODING, tacet_hex_read(" 1", 2, out, 1));
  assert_int_equal(out[0], 9);
  assert_ok(tacet_hex_read("aBCd", 4, out, 2));
  assert_int_equal(out[1], 0xcd);
}

static void utf8_is_unicodes(void **state) {
  (void)state;
  static const struct {
    const char *bytes;
    bool ok;
  } rows[] = {
      {"plain", true},
      {"na\xc3\xafve \xf0\x9f\x98\x80", true},
      {"\xc0\xaf", false},         /* overlong slash */
      {"\xe0\x9f\xbf", false},     /* overlong */
      {"\xed\xa0\x80", false},     /* surrogate */
      {"\xf4\x90\x80\x80", false}, /* above U+10FFFF */
      {"\xf5\x80\x80\x80", false},
      {"\x80", false},
      {"\xc3", false},
      {"\xe2\x82", false},
      {"\xff", false},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_int_equal(tacet_is_utf8(tacet_span_str(rows[i].bytes)), rows[i].ok);
  }
  assert_false(tacet_is_utf8(TACET_SPAN_LIT("a\0b")));
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(base64url_has_one_form),
      cmocka_unit_test(base64_has_one_form),
      cmocka_unit_test(all_bytes_survive),
      cmocka_unit_test(hex_is_exact),
      cmocka_unit_test(utf8_is_unicodes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
