/* SPDX-License-Identifier: Apache-2.0
 * Letters as PDF: the text is in them line by line, in Latin-1 and beyond it;
 * the same bytes every time; no date; what pdftotext reads, where there is
 * one. */
#include "tests/support/support.h"

#include "desk/pdf/pdf.h"

#include <string.h>
#include <unistd.h>

static const char *const no_fonts[] = {"/nonexistent/a.ttf", NULL};

static bool has_font(void) {
  for (size_t i = 0; desk_pdf_fonts[i] != NULL; i++) {
    if (access(desk_pdf_fonts[i], R_OK) == 0) {
      return true;
    }
  }
  return false;
}

static bool has(const tacet_bytes *b, const char *words) {
  return memmem(b->p, b->len, words, strlen(words)) != NULL;
}

static void write_pdf(const char *text, tacet_bytes *out) {
  desk_trouble why = {""};
  tacet_err e =
      desk_pdf_write(text, "Letter c0ffee", desk_pdf_fonts, &why, out);
  if (e != TACET_OK) {
    fail_msg("%s", why.text);
  }
  assert_true(out->len > 500 && memcmp(out->p, "%PDF-1.", 7) == 0);
  assert_true(has(out, "%%EOF"));
}

static void latin_needs_no_font(void **state) {
  (void)state;
  TACET_BYTES(pdf);
  desk_trouble why = {""};
  assert_ok(desk_pdf_write("First line (with \\ brackets)\n\nGr\xc3\xbc\xc3\x9f"
                           "e\n",
                           "Letter c0ffee", no_fonts, &why, &pdf));
  assert_true(has(&pdf, "(First line \\050with \\134 brackets\\051) Tj") ||
              has(&pdf, "(First line \\(with \\\\ brackets\\)) Tj"));
  assert_true(has(&pdf, "(Gr\\374\\337e) Tj") || has(&pdf, "(Gr\xfc\xdf"
                                                           "e) Tj"));
  assert_true(has(&pdf, "(Letter c0ffee)"));
  assert_true(has(&pdf, "/BaseFont /Courier"));
  assert_false(has(&pdf, "CreationDate"));
  assert_false(has(&pdf, "/ID"));
}

static void says_when_there_is_no_font(void **state) {
  (void)state;
  TACET_BYTES(pdf);
  desk_trouble why = {""};
  assert_err(TACET_ERR_STATE,
             desk_pdf_write("\xd0\x96\n", "x", no_fonts, &why, &pdf));
  assert_non_null(strstr(why.text, "fonts-dejavu-core"));
  assert_null(pdf.p);
}

/* "Ж" as the two bytes that the font's encoding has for it. */
static void takes_any_letter(void **state) {
  (void)state;
  if (!has_font()) {
    skip();
  }
  TACET_BYTES(pdf);
  write_pdf("\xd0\x96 \xe6\x9d\xb1 \xf0\x9f\x90\x99 \xe2\x80\x9c\n", &pdf);
  assert_true(has(&pdf, "<0416002067710020"));
  /* [U+1F419] */
  assert_true(has(&pdf, "005B0055002B00310046003400310039005D"));
  assert_true(has(&pdf, "/ToUnicode"));
  assert_false(has(&pdf, "CreationDate"));
}

static void is_the_same_every_time(void **state) {
  (void)state;
  static const char *const texts[] = {"a\nb\n", "\xd0\x96\n"};
  for (size_t i = 0; i < (has_font() ? 2 : 1); i++) {
    TACET_BYTES(one);
    TACET_BYTES(two);
    write_pdf(texts[i], &one);
    write_pdf(texts[i], &two);
    assert_int_equal(one.len, two.len);
    assert_memory_equal(one.p, two.p, one.len);
  }
}

static void breaks_pages(void **state) {
  (void)state;
  static const struct {
    size_t lines;
    const char *pages;
  } table[] = {{0, "/Count 1\n"},  {1, "/Count 1\n"},   {55, "/Count 1\n"},
               {56, "/Count 2\n"}, {110, "/Count 2\n"}, {111, "/Count 3\n"}};
  for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
    char text[400] = "";
    for (size_t k = 0; k < table[i].lines; k++) {
      memcpy(text + 2 * k, "x\n", 3);
    }
    TACET_BYTES(pdf);
    write_pdf(text, &pdf);
    if (!has(&pdf, table[i].pages)) {
      fail_msg("%zu lines: not %s", table[i].lines, table[i].pages);
    }
    size_t drawn = 0;
    for (const uint8_t *p = pdf.p;
         (p = memmem(p, (size_t)(pdf.p + pdf.len - p), "(x) Tj", 6)) != NULL;
         p++) {
      drawn++;
    }
    assert_int_equal(drawn, table[i].lines);
  }
}

/* Bytes that are no UTF-8, control characters, endless lines. */
static void takes_bad_text(void **state) {
  (void)state;
  char longest[3000];
  memset(longest, 'W', sizeof(longest) - 1);
  longest[sizeof(longest) - 1] = '\0';
  const char *const bad[] = {
      "\xff\xfe\n",     "\xc3", "\xe6\x9d", "\xf0\x9f\x90",   "\xc0\xaf\n",
      "\x01\x02\x7f\n", "\t\n", longest,    "no end of line", "\r\n\r\n"};
  if (!has_font()) { /* U+FFFD stands for what is none */
    skip();
  }
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    TACET_BYTES(pdf);
    write_pdf(bad[i], &pdf);
  }
}

static void can_be_read_again(void **state) {
  (void)state;
  if (system("command -v pdftotext >/dev/null 2>&1") != 0 || !has_font()) {
    skip();
  }
  static const char *const texts[] = {
      "Dear Sir,\n\n  1.  Gr\xc3\xbc\xc3\x9f"
      "e\n",
      "Dear Sir,\n\n  1.  \xd0\x96\xd1\x83\xd0\xba \xe6\x9d\xb1\xe4\xba\xac\n"};
  static const char *const words[] = {"Gr\xc3\xbc\xc3\x9f"
                                      "e",
                                      "\xd0\x96\xd1\x83\xd0\xba "
                                      "\xe6\x9d\xb1\xe4\xba\xac"};
  for (size_t i = 0; i < 2; i++) {
    char path[] = "/tmp/tacet-pdf-XXXXXX", command[200], read[1000];
    TACET_BYTES(pdf);
    write_pdf(texts[i], &pdf);
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, pdf.p, pdf.len), (ssize_t)pdf.len);
    assert_int_equal(close(fd), 0);
    (void)snprintf(command, sizeof(command), "pdftotext -layout %s - 2>&1",
                   path);
    FILE *f = popen(command, "r");
    assert_non_null(f);
    read[fread(read, 1, sizeof(read) - 1, f)] = '\0';
    assert_int_equal(pclose(f), 0);
    assert_int_equal(unlink(path), 0);
    assert_non_null(strstr(read, "Dear Sir,"));
    assert_non_null(strstr(read, words[i]));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(latin_needs_no_font),
      cmocka_unit_test(says_when_there_is_no_font),
      cmocka_unit_test(takes_any_letter),
      cmocka_unit_test(is_the_same_every_time),
      cmocka_unit_test(breaks_pages),
      cmocka_unit_test(takes_bad_text),
      cmocka_unit_test(can_be_read_again),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
