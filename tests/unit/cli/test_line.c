/* SPDX-License-Identifier: Apache-2.0
 * The line that is being typed: keys, pastes, and what one row shows of it. */
#include "cli/line.h"

#include <locale.h>
#include <string.h>
#include <wchar.h>

#include "cli/cli.h"
#include "tests/support/support.h"

/* cli/text.c says things through these. */
int cli_fail(int code, const char *format, ...) {
  (void)format;
  return code;
}

static cli_line line;

static int setup(void **state) {
  (void)state;
  line = (cli_line){.max = 4096};
  return setlocale(LC_CTYPE, "C.UTF-8") == NULL;
}

static int teardown(void **state) {
  (void)state;
  cli_line_free(&line);
  return 0;
}

static cli_line_event type(const char *bytes) {
  cli_line_event last = CLI_LINE_MORE;
  for (; *bytes != '\0'; bytes++) {
    last = cli_line_feed(&line, (unsigned char)*bytes);
  }
  return last;
}

/* ---- keys ---- */

#define LEFT "\033[D"
#define RIGHT "\033[C"
#define WOMAN "\xf0\x9f\x91\xa9" /* wide */
#define ROCKET "\xf0\x9f\x9a\x80"
#define ZWJ "\xe2\x80\x8d"
#define ACUTE "\xcc\x81"               /* takes no column */
#define KANJI "\xe6\x97\xa5"           /* wide */
#define ASTRONAUT WOMAN ZWJ ROCKET     /* one sign of three code points */
#define TONED WOMAN "\xf0\x9f\x8f\xbd" /* with a colour of skin */

static void test_keys(void **state) {
  (void)state;
  static const struct {
    const char *typed, *text;
    size_t cursor;
  } rows[] = {
      {"abc", "abc", 3},
      {"abc" LEFT "X", "abXc", 3},
      {"abc" LEFT LEFT LEFT LEFT "X", "Xabc", 1},
      {"abc" LEFT RIGHT RIGHT "X", "abcX", 4},
      {"abc\x7f", "ab", 2},
      {"\x7f\x7f"
       "a",
       "a", 1},
      {"abc" LEFT "\x7f", "ac", 1},
      {"abc" LEFT "\033[3~", "ab", 2},
      {"abc\x01"
       "X",
       "Xabc", 1},
      {"abc\x01\x05X", "abcX", 4},
      {"abc\033[HX\033[FY", "XabcY", 5},
      {"abc\033OHX\033OFY", "XabcY", 5},
      {"abc\033[1~X\033[4~Y", "XabcY", 5},
      {"abc\033[7~X\033[8~Y", "XabcY", 5},
      {"abc\x02\x02\x0b", "a", 1},
      {"abc\x02\x02\x15", "bc", 0},
      {"one two  \x17", "one ", 4},
      {"one two\033b\033bX\033fY", "XoneY two", 5},
      {"one two\033[1;5DX", "one Xtwo", 5},
      {"ab\x02\x04", "a", 1}, /* Ctrl-D in a line deletes */
      {"a\tb", "a\tb", 3},
      {"a\033\rb", "a\nb", 3}, /* Alt-Enter */
      /* Signs are taken whole. */
      {"e" ACUTE "\x7f", "", 0},
      {"xe" ACUTE LEFT "\033[3~", "x", 1},
      {KANJI "b" LEFT LEFT "\033[3~", "b", 0},
      {"a" ASTRONAUT "\x7f", "a", 1},
      {"a" ASTRONAUT LEFT "X", "aX" ASTRONAUT, 2},
      {TONED "\x7f", "", 0},
      /* What is no text and no key leaves no trace. */
      {"a\x03\x07\x1c"
       "b",
       "ab", 2},
      {"a\xff\xfe\xc3(", "a(", 2},
      {"a\x80\x80"
       "b",
       "ab", 2},
      {"a\xed\xa0\x80"
       "b",
       "ab", 2}, /* a surrogate */
      {"a\xe6\x97"
       "b",
       "ab", 2},
      {"a\033[Ab\033[Bc\033[5~d\033[200;7Xe", "abcde", 5},
      {"a\033[99999999999999999999bc", "ac", 2}, /* no key is that long */
      {"a\033\033[D"
       "b",
       "ba", 1},
      /* A paste: nothing in it is a key, but its end. */
      {"\033[200~a\rb\nc\033[201~", "a\nb\nc", 5},
      {"\033[200~a\x01\x7f\x04\033[Db\033[201~", "a[Db", 4},
      {"\033[200~a\033[20b\033[201~c", "a[20bc", 6},
      {"xy" LEFT "\033[200~\t1\r2\033[201~", "x\t1\n2y", 5},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    cli_line_clear(&line);
    line.pasting = false;
    (void)type(rows[i].typed);
    size_t n = strlen(rows[i].text);
    if (line.len != n || (n > 0 && memcmp(line.text, rows[i].text, n) != 0) ||
        line.cursor != rows[i].cursor) {
      fail_msg("row %zu: \"%.*s\" with the cursor at %zu", i, (int)line.len,
               line.text == NULL ? "" : line.text, line.cursor);
    }
  }
}

static void test_what_ends_a_line(void **state) {
  (void)state;
  assert_int_equal(CLI_LINE_END, type("\x04"));
  assert_int_equal(CLI_LINE_MORE, type("a\x04"));
  assert_int_equal(CLI_LINE_ENTER, type("\n"));
  assert_int_equal(1, line.len); /* it is for the caller to take */
  cli_line_clear(&line);
  assert_int_equal(CLI_LINE_END, type("\x04"));
  assert_int_equal(CLI_LINE_REDRAW, type("\x0c"));
  assert_int_equal(CLI_LINE_MORE, type("\033[200~a\n\x04"));
}

static void test_what_does_not_fit(void **state) {
  (void)state;
  line.max = 4;
  (void)type("abc" KANJI);
  assert_int_equal(3, line.len); /* no half of a character */
  assert_true(line.full);
  (void)type("d");
  assert_int_equal(4, line.len);
  cli_line_clear(&line);
  assert_false(line.full);
  cli_line_set(&line, "back");
  assert_memory_equal("back", line.text, 4);
  assert_int_equal(4, line.cursor);
}

/* ---- the row ---- */

static void expect_row(size_t columns, const char *want) {
  char *shown = NULL;
  size_t n = 0;
  FILE *f = open_memstream(&shown, &n);
  assert_non_null(f);
  cli_line_draw(&line, "> ", columns, f);
  assert_int_equal(0, fclose(f));
  assert_string_equal(want, shown);
  free(shown);
}

static void test_rows(void **state) {
  (void)state;
  expect_row(80, "\r> \033[K\r\033[2C");
  (void)type("abc");
  expect_row(80, "\r> abc\033[K\r\033[5C");
  (void)type(LEFT LEFT);
  expect_row(80, "\r> abc\033[K\r\033[3C");
  cli_line_set(&line, KANJI "e" ACUTE "\n\t\xe2\x80\xae");
  /* The break is an arrow, the tab a space, what reorders a "?". */
  expect_row(80, "\r> " KANJI "e" ACUTE "\xe2\x86\xb5 ?\033[K\r\033[8C");
  cli_line_set(&line, "0123456789abcdefghij");
  expect_row(16, "\r> 789abcdefghij\033[K\r\033[15C");
  (void)type("\x01");
  expect_row(16, "\r> 0123456789abc\033[K\r\033[2C");
  /* Too narrow for the prompt. */
  expect_row(6, "\r01234\033[K\r");
  expect_row(1, "\r0\033[K\r");
  expect_row(0, "\r0\033[K\r");
  /* A wide one that would cross the edge is left out. */
  cli_line_set(&line, KANJI KANJI KANJI KANJI KANJI KANJI KANJI);
  expect_row(15, "\r> " KANJI KANJI KANJI KANJI KANJI KANJI "\033[K\r\033[14C");
  (void)type("\x01");
  expect_row(16, "\r> " KANJI KANJI KANJI KANJI KANJI KANJI "\033[K\r\033[2C");
}

/* ---- anything ---- */

/* Columns of a drawn row, and whether all of it is text and our sequences. */
static size_t measure(const char *p, size_t n) {
  size_t used = 0;
  for (size_t i = 0; i < n;) {
    uint32_t cp = 0;
    if (p[i] == '\r') {
      i++;
    } else if (p[i] == '\033') {
      i += 2 + strcspn(p + i + 2, "KC") + 1;
    } else {
      size_t len = cli_utf8_next(p + i, n - i, &cp);
      assert_true(len > 0 && cli_is_harmless(cp) && cp != '\n');
      used += (size_t)wcwidth((wchar_t)cp);
      i += len;
    }
  }
  return used;
}

static void test_any_bytes(void **state) {
  (void)state;
  static const char *const pieces[] = {
      "a",  KANJI,  ACUTE,  ZWJ,    WOMAN,       "\033",      "[",      "\xff",
      LEFT, RIGHT,  "\x7f", "\x17", "\033[200~", "\033[201~", "\xe6",   " ",
      "\n", "\x01", "\x05", "\x04", "\033[3~",   "\x15",      "\033[H", "7"};
  uint32_t seed = 1;
  line.max = 64;
  for (int round = 0; round < 20000; round++) {
    seed = seed * 1664525u + 1013904223u;
    (void)type(pieces[(seed >> 16) % (sizeof(pieces) / sizeof(pieces[0]))]);
    assert_true(line.len <= line.max && line.cursor <= line.len);
    assert_true(line.len == 0 || cli_is_utf8(line.text, line.len));
    assert_true(line.cursor == line.len ||
                ((unsigned char)line.text[line.cursor] & 0xc0) != 0x80);
    char *shown = NULL;
    size_t n = 0, columns = seed % 24;
    FILE *f = open_memstream(&shown, &n);
    assert_non_null(f);
    cli_line_draw(&line, "> ", columns, f);
    assert_int_equal(0, fclose(f));
    assert_true(measure(shown, n) <= (columns > 2 ? columns - 1 : 1));
    free(shown);
  }
}

/* As fast as a terminal can send it, also with something behind the cursor. */
static void test_a_long_paste(void **state) {
  (void)state;
  line.max = CLIENT_TEXT_MAX;
  (void)type("begin end" LEFT LEFT LEFT "\033[200~");
  for (int i = 0; i < 10000; i++) {
    (void)type("a line of the paste\r");
  }
  assert_int_equal(CLI_LINE_ENTER, type("\033[201~\n"));
  assert_int_equal(9 + 10000 * 20, line.len);
  assert_false(line.full);
  assert_memory_equal("\nend", line.text + line.len - 4, 4);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_keys, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_ends_a_line, setup, teardown),
      cmocka_unit_test_setup_teardown(test_what_does_not_fit, setup, teardown),
      cmocka_unit_test_setup_teardown(test_rows, setup, teardown),
      cmocka_unit_test_setup_teardown(test_any_bytes, setup, teardown),
      cmocka_unit_test_setup_teardown(test_a_long_paste, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
