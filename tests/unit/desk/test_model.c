/* SPDX-License-Identifier: Apache-2.0
 * The desk's calendar and words: known days, every day there and back, and the
 * texts that are none. */
#include "tests/support/support.h"

#include "desk/model.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
  const char *text;
  desk_day day;
} known[] = {{"1970-01-01", 0},     {"1972-02-29", 789},
             {"2000-02-29", 11016}, {"2000-03-01", 11017},
             {"2012-12-01", 15675}, {"2013-05-31", 15856},
             {"2100-03-01", 47541}, {"9999-12-31", 2932896}};

static const char *const none[] = {
    "",           "2013",        "2013-5-31",   "2013-05-31 ", " 2013-05-31",
    "2013-02-29", "2100-02-29",  "2013-13-01",  "2013-00-10",  "2013-01-00",
    "2013-04-31", "1969-12-31",  "2013/05/31",  "2013-05-3a",  "+013-05-31",
    "13-05-2013", "10000-01-01", "2013-05-31Z", "-201-05-31"};

static void knows_days(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
    desk_day d = -1;
    char text[DESK_DAY_TEXT];
    assert_true(desk_day_read(known[i].text, &d));
    assert_int_equal(d, known[i].day);
    desk_day_text(d, text);
    assert_string_equal(text, known[i].text);
  }
}

static void refuses_what_is_no_day(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
    desk_day d = 7;
    assert_false(desk_day_read(none[i], &d));
    assert_int_equal(d, 7);
  }
}

/* Against the C library's calendar. */
static void agrees_with_another(void **state) {
  (void)state;
  for (desk_day d = 0; d < 200000; d++) {
    char mine[DESK_DAY_TEXT], theirs[32];
    struct tm tm;
    time_t t = (time_t)d * 86400;
    desk_day again = -1;
    assert_non_null(gmtime_r(&t, &tm));
    assert_true(strftime(theirs, sizeof(theirs), "%Y-%m-%d", &tm) > 0);
    desk_day_text(d, mine);
    assert_string_equal(mine, theirs);
    assert_true(desk_day_read(mine, &again));
    assert_int_equal(again, d);
  }
}

static void words_are_their_own(void **state) {
  (void)state;
  for (unsigned i = 0; i < DESK_KINDS; i++) {
    desk_kind k = DESK_KINDS;
    assert_true(desk_kind_read(desk_kind_name((desk_kind)i), &k));
    assert_int_equal(k, i);
  }
  for (unsigned i = 0; i < DESK_OUTCOMES; i++) {
    desk_outcome o = DESK_OUTCOMES;
    assert_true(desk_outcome_read(desk_outcome_name((desk_outcome)i), &o));
    assert_int_equal(o, i);
  }
  for (unsigned i = 0; i < DESK_CATEGORIES; i++) {
    desk_category c = DESK_CATEGORIES;
    assert_true(desk_category_read(desk_category_name((desk_category)i), &c));
    assert_int_equal(c, i);
  }
  desk_kind k;
  assert_null(desk_kind_name(DESK_KINDS));
  assert_null(desk_outcome_name(DESK_OUTCOMES));
  assert_null(desk_category_name(DESK_CATEGORIES));
  assert_false(desk_kind_read("Criminal", &k));
  assert_false(desk_kind_read("", &k));
}

static void tells_times(void **state) {
  (void)state;
  static const struct {
    int64_t seconds;
    const char *text;
  } rows[] = {{0, "1970-01-01T00:00:00Z"},
              {951827696, "2000-02-29T12:34:56Z"},
              {253402300799, "9999-12-31T23:59:59Z"},
              {INT64_MAX, "9223372036854775807"}, /* no year has it */
              {INT64_MIN, "-9223372036854775808"}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    char text[DESK_TIME_TEXT];
    desk_time_text(rows[i].seconds, text);
    assert_string_equal(rows[i].text, text);
  }
}

static void text_is_no_markup(void **state) {
  (void)state;
  char *got = NULL;
  size_t len = 0;
  FILE *out = open_memstream(&got, &len);
  assert_non_null(out);
  desk_html_text(out, "<a b='\"'>&amp;\x01\x7f\t\n\xc3\xa4");
  assert_int_equal(0, fclose(out));
  assert_string_equal("&lt;a b=&#39;&quot;&#39;&gt;&amp;amp;\xef\xbf\xbd"
                      "\xef\xbf\xbd\t\n\xc3\xa4",
                      got);
  free(got);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(knows_days),
                                     cmocka_unit_test(refuses_what_is_no_day),
                                     cmocka_unit_test(agrees_with_another),
                                     cmocka_unit_test(tells_times),
                                     cmocka_unit_test(text_is_no_markup),
                                     cmocka_unit_test(words_are_their_own)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
