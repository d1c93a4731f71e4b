/* SPDX-License-Identifier: Apache-2.0
 * HTML: no text gets out of where it was put. */
#include "tests/support/support.h"

#include "desk/web/html.h"

#include <stdlib.h>
#include <string.h>

static char *written(void (*write)(FILE *out, const void *what),
                     const void *what) {
  char *text = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&text, &len);
  assert_non_null(out);
  write(out, what);
  assert_int_equal(fclose(out), 0);
  return text;
}

static void write_text(FILE *out, const void *what) {
  html_text(out, what);
}

static void write_json(FILE *out, const void *what) {
  html_json(out, what);
}

static const struct {
  const char *in, *out;
} texts[] = {
    {"", ""},
    {"plain", "plain"},
    {"<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"},
    {"\" onload=\"x", "&quot; onload=&quot;x"},
    {"' x='", "&#39; x=&#39;"},
    {"&lt;", "&amp;lt;"},
    {"a\x01\x1b[31m\x7f"
     "b",
     "a\xef\xbf\xbd\xef\xbf\xbd[31m\xef\xbf\xbd"
     "b"},
    {"two\nlines\tand", "two\nlines\tand"},
    {"Zo\xc3\xab \xe6\x9d\xb1", "Zo\xc3\xab \xe6\x9d\xb1"},
};

static void texts_stay_texts(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    char *got = written(write_text, texts[i].in);
    assert_string_equal(got, texts[i].out);
    free(got);
  }
}

static void json_becomes_lists(void **state) {
  (void)state;
  json_t *v = json_pack("{s:s, s:[i, b, n], s:{s:s}, s:{}, s:[]}", "a", "<b>",
                        "list", 7, 1, "in", "<k>", "v", "none", "empty");
  assert_non_null(v);
  char *got = written(write_json, v);
  assert_non_null(strstr(got, "<dt>a</dt><dd><bdi>&lt;b&gt;</bdi></dd>"));
  assert_non_null(strstr(got, "<li>7</li>\n<li>yes</li>\n<li>&ndash;</li>"));
  assert_non_null(strstr(got, "<dt>&lt;k&gt;</dt><dd><bdi>v</bdi></dd>"));
  assert_non_null(strstr(got, "<dt>none</dt><dd>&ndash;</dd>"));
  assert_non_null(strstr(got, "<dt>empty</dt><dd>&ndash;</dd>"));
  assert_null(strstr(got, "<b>"));
  free(got);
  json_decref(v);
}

/* However deep it is, it ends, and every list that begins ends. */
static void depth_is_bounded(void **state) {
  (void)state;
  json_t *v = json_string("core");
  for (int i = 0; i < 1000; i++) {
    json_t *around = json_array();
    assert_int_equal(json_array_append_new(around, v), 0);
    v = around;
  }
  char *got = written(write_json, v);
  size_t begins = 0, ends = 0;
  for (const char *p = got; (p = strstr(p, "<ul>")) != NULL; p++) {
    begins++;
  }
  for (const char *p = got; (p = strstr(p, "</ul>")) != NULL; p++) {
    ends++;
  }
  assert_int_equal(begins, ends);
  assert_in_range(begins, 20, 40);
  assert_null(strstr(got, "core"));
  free(got);
  json_decref(v);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(texts_stay_texts),
                                     cmocka_unit_test(json_becomes_lists),
                                     cmocka_unit_test(depth_is_bounded)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
