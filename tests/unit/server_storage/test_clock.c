/* SPDX-License-Identifier: Apache-2.0
 * The server's day, as a table of looks at two clocks. */
#include "server/storage/clock.h"
#include "tests/support/support.h"

static int64_t now_s;
static uint64_t now_ms;

static int64_t fake_now(void *user) {
  (void)user;
  return now_s;
}
static uint64_t fake_monotonic(void *user) {
  (void)user;
  return now_ms;
}
static const sto_clock fake = {fake_now, fake_monotonic, NULL};

#define DAY 86400
#define HOUR 3600

static void test_day_of(void **state) {
  (void)state;
  static const struct {
    int64_t seconds, day;
  } rows[] = {{0, 0},       {86399, 0},   {86400, 1},         {-1, -1},
              {-86400, -1}, {-86401, -2}, {1795521600, 20781}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_int_equal(rows[i].day, sto_day_of(rows[i].seconds));
  }
}

/* Each row: the clock jumps to `day` (and `s` seconds in it), `up` seconds of
 * uptime after the row before; then what is expected. */
static const struct {
  const char *name;
  int64_t day, s;
  uint64_t up;
  int64_t expect_day;
  bool trusted, changed;
} looks[] = {
    {"the day goes on", 101, 5, DAY, 101, true, true},
    {"same day", 101, 65, 60, 101, true, false},
    {"a weekend off", 103, 0, 60, 103, true, true},
    {"three days ahead is a jump", 106, 0, 60, 103, false, false},
    {"still there an hour later", 106, HOUR, HOUR, 103, false, false},
    {"and after 23 hours", 106, 23 * HOUR, 22 * HOUR, 103, false, false},
    {"24 hours steady: believed", 107, 0, HOUR, 107, true, true},
    {"behind is a jump too", 100, 0, 60, 107, false, false},
    {"jumps again: the watch starts anew", 99, 0, 23 * HOUR, 107, false, false},
    {"23 hours after that", 99, 23 * HOUR, 23 * HOUR, 107, false, false},
    {"24 hours after that, backwards", 100, 0, HOUR, 100, true, true},
    {"2040", 25567, 0, 60, 100, false, false},
    {"and back: all is well", 100, HOUR, 60, 100, true, false},
    {"2040 again", 25567, 0, 60, 100, false, false},
    {"slewed by half a minute in an hour", 25567, HOUR + 30, HOUR, 100, false,
     false},
    {"24 hours", 25568, 30, 23 * HOUR, 25568, true, true},
};

static void test_looks(void **state) {
  (void)state;
  sto_day d;
  now_s = 100 * (int64_t)DAY;
  now_ms = 5000;
  sto_day_start(&d, -1, &fake);
  assert_int_equal(100, d.day);
  assert_true(d.trusted);
  for (size_t i = 0; i < sizeof(looks) / sizeof(looks[0]); i++) {
    now_s = looks[i].day * DAY + looks[i].s;
    now_ms += looks[i].up * 1000;
    bool changed = sto_day_tick(&d, &fake);
    if (changed != looks[i].changed || d.day != looks[i].expect_day ||
        d.trusted != looks[i].trusted) {
      fail_msg("%s: day %lld, trusted %d, changed %d", looks[i].name,
               (long long)d.day, d.trusted, changed);
    }
  }
}

/* A look every minute for a day must end in belief, however often one looks. */
static void test_many_looks(void **state) {
  (void)state;
  sto_day d;
  now_s = 200 * (int64_t)DAY;
  now_ms = 0;
  sto_day_start(&d, 100, &fake);
  assert_false(d.trusted);
  assert_int_equal(100, d.ahead);
  for (unsigned minute = 1; minute < 24 * 60; minute++) {
    now_s += 60;
    now_ms += 60000;
    assert_false(sto_day_tick(&d, &fake));
  }
  now_s += 60;
  now_ms += 60000;
  assert_true(sto_day_tick(&d, &fake));
  assert_int_equal(201, d.day);
}

static void test_confirm(void **state) {
  (void)state;
  sto_day d;
  now_s = 500 * (int64_t)DAY;
  now_ms = 0;
  sto_day_start(&d, 100, &fake);
  assert_int_equal(100, d.day);
  assert_true(sto_day_confirm(&d, &fake));
  assert_int_equal(500, d.day);
  assert_true(d.trusted);
  assert_false(sto_day_confirm(&d, &fake));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_day_of),
      cmocka_unit_test(test_looks),
      cmocka_unit_test(test_many_looks),
      cmocka_unit_test(test_confirm),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
