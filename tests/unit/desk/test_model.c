/* SPDX-License-Identifier: Apache-2.0
 * The desk's calendar and words: known days, every day there and back, and the
 * texts that are none. */
#include "tests/support/support.h"

#include "desk/model.h"

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

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(knows_days),
                                     cmocka_unit_test(refuses_what_is_no_day),
                                     cmocka_unit_test(agrees_with_another),
                                     cmocka_unit_test(words_are_their_own)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
