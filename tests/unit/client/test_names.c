/* SPDX-License-Identifier: Apache-2.0
 * Handles, codes, recovery words and file names: what people type and read. */
#include "tests/support/support.h"

#include "client/names.h"
#include "client/words.h"
#include "tacet/crypto.h"

static void test_handles(void **state) {
  (void)state;
  static const struct {
    const char *in, *out;
  } rows[] = {
      {"alice", "alice@example.org"},
      {"BOB", "bob@example.org"},
      {"a", "a@example.org"},
      {"a.b_c-d9", "a.b_c-d9@example.org"},
      {"Eve@Elsewhere.Example", "eve@elsewhere.example"},
      {"12345678901234567890123456789012",
       "12345678901234567890123456789012@example.org"},
      {"123456789012345678901234567890123", NULL},
      {"", NULL},
      {"@example.org", NULL},
      {"alice@", NULL},
      {"alice@a b", NULL},
      {"alice@b@c", NULL},
      {"-alice", NULL},
      {"alice.", NULL},
      {"_", NULL},
      {"al ice", NULL},
      {"al\tice", NULL},
      {"\xd0\xb0lice", NULL},       /* Cyrillic a */
      {"bob\xe2\x80\x8b", NULL},    /* zero width space */
      {"alice@\xd0\xb0.org", NULL}, /* and in the domain */
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    CLIENT_MEM(mem);
    const char *got = NULL;
    tacet_err e = client_handle_read(rows[i].in, "example.org", &mem, &got);
    if (rows[i].out == NULL) {
      assert_err(TACET_ERR_ENCODING, e);
    } else {
      assert_ok(e);
      assert_string_equal(got, rows[i].out);
    }
  }
  assert_true(client_handle_in("a@b.c", "b.c"));
  assert_false(client_handle_in("a@b.c", "c"));
}

static void test_one_line(void **state) {
  (void)state;
  assert_false(client_is_name(TACET_SPAN_LIT("a\nb"), 10));
  assert_false(client_is_name(TACET_SPAN_LIT(""), 10));
  assert_false(client_is_name(TACET_SPAN_LIT("\xc2\x85"), 10));
  assert_true(client_is_name(TACET_SPAN_LIT("night shift"), 20));
}

static void test_file_names(void **state) {
  (void)state;
  static const struct {
    const char *in, *out;
  } rows[] = {
      {"report.pdf", "report.pdf"},
      {"../../etc/passwd", "etcpasswd"},
      {"/etc/passwd", "etcpasswd"},
      {"..", "file"},
      {"", "file"},
      {".bashrc", "bashrc"},
      {"a\nb\x1b[31m", "ab[31m"},
      {"c:\\windows", "cwindows"},
      {"\xff\xfe", "file"},
      {"\xc3\xa9t\xc3\xa9.txt", "\xc3\xa9t\xc3\xa9.txt"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    CLIENT_MEM(mem);
    const char *got = NULL;
    assert_ok(client_file_name(tacet_span_str(rows[i].in), &mem, &got));
    assert_string_equal(got, rows[i].out);
  }
  char text[500];
  memset(text, 'x', sizeof(text));
  CLIENT_MEM(mem);
  const char *got = NULL;
  assert_ok(client_file_name(tacet_span_of(text, sizeof(text)), &mem, &got));
  assert_true(strlen(got) <= 200);
}

static void test_codes(void **state) {
  (void)state;
  uint8_t a[32] = {1}, b[32] = {2}, c[32] = {3};
  client_code ab = {0}, ba = {0}, ac = {0};
  assert_ok(client_code_of(tacet_span_of(a, 32), tacet_span_of(b, 32), &ab));
  assert_ok(client_code_of(tacet_span_of(b, 32), tacet_span_of(a, 32), &ba));
  assert_ok(client_code_of(tacet_span_of(a, 32), tacet_span_of(c, 32), &ac));
  assert_string_equal(ab.digits, ba.digits);
  assert_string_equal(ab.qr_text, ba.qr_text);
  assert_string_not_equal(ab.digits, ac.digits);
  assert_int_equal(strlen(ab.digits), 71);
  assert_true(client_code_matches(&ab, ba.digits));
  assert_true(client_code_matches(&ab, ba.qr_text));
  assert_false(client_code_matches(&ab, ac.digits));
  assert_false(client_code_matches(&ab, ac.qr_text));
  assert_false(client_code_matches(&ab, ""));
  char typed[100];
  size_t n = 0;
  for (const char *p = ab.digits; *p != '\0'; p++) {
    if (*p != ' ') {
      typed[n++] = *p;
    }
  }
  typed[n] = '\0';
  assert_true(client_code_matches(&ab, typed));
  typed[n - 1] = '\0'; /* one digit short */
  assert_false(client_code_matches(&ab, typed));
  uint8_t id1[32], id2[32];
  assert_ok(client_pair_id(tacet_span_of(a, 32), tacet_span_of(b, 32), id1));
  assert_ok(client_pair_id(tacet_span_of(b, 32), tacet_span_of(a, 32), id2));
  assert_memory_equal(id1, id2, 32);
}

static void test_word_list(void **state) {
  (void)state;
  for (size_t i = 0; i < CLIENT_WORD_COUNT; i++) {
    assert_in_range(strlen(client_words[i]), 4, CLIENT_WORD_MAX);
    if (i > 0) { /* in order, and the first four letters differ */
      assert_true(memcmp(client_words[i - 1], client_words[i], 4) < 0);
    }
  }
}

static void test_words(void **state) {
  (void)state;
  TACET_SECRET(key);
  TACET_SECRET(back);
  key.len = 32;
  for (unsigned round = 0; round < 20; round++) {
    CLIENT_MEM(mem);
    assert_ok(tacet_random(key.b, 32));
    const char *words;
    assert_ok(client_words_write(&key, &mem, &words));
    assert_ok(client_words_read(words, &back));
    assert_true(tacet_secret_equal(&key, &back));
  }
  memset(key.b, 0, 32);
  CLIENT_MEM(mem);
  const char *words;
  assert_ok(client_words_write(&key, &mem, &words));
  char typed[400];
  (void)snprintf(typed, sizeof(typed), "  %s\n", words);
  for (char *p = typed; *p != '\0'; p++) {
    *p = *p == ' ' ? '\t' : *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
  }
  assert_ok(client_words_read(typed, &back));
  (void)snprintf(typed, sizeof(typed), "%s zinc", words);
  assert_err(TACET_ERR_ENCODING, client_words_read(typed, &back));
  assert_err(TACET_ERR_ENCODING, client_words_read("", &back));
  assert_err(TACET_ERR_ENCODING, client_words_read("abc def", &back));
  /* One other word: 255 of 256 such slips are noticed. */
  (void)snprintf(typed, sizeof(typed), "zinc%s", strchr(words, ' '));
  assert_err(TACET_ERR_AUTH, client_words_read(typed, &back));
}

int main(void) {
  assert_ok(tacet_crypto_init());
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_handles),    cmocka_unit_test(test_one_line),
      cmocka_unit_test(test_file_names), cmocka_unit_test(test_codes),
      cmocka_unit_test(test_word_list),  cmocka_unit_test(test_words),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
