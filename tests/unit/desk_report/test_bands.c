/* SPDX-License-Identifier: Apache-2.0
 * The band checker: against every count that there could be, for small numbers;
 * lawful series, which pass whatever the counts are; and planted attacks. */
#include "tests/support/support.h"

#include "desk/report/bands.h"

#include <stdio.h>
#include <stdlib.h>

static desk_day day(const char *text) {
  desk_day d = -1;
  assert_true(desk_day_read(text, &d));
  return d;
}

static desk_statement band(desk_structure structure, desk_day from, desk_day to,
                           uint64_t count, uint64_t width) {
  uint64_t low = count / width * width;
  return (desk_statement){.kind = DESK_SAYS_BAND,
                          .what = DESK_NS_ALL,
                          .structure = structure,
                          .from = from,
                          .to = to,
                          .low = low,
                          .high = low + width - 1,
                          .source = "a band"};
}

static desk_statement total(desk_day from, desk_day to, uint64_t protected,
                            uint64_t others, uint64_t width) {
  desk_statement s =
      band(DESK_STRUCTURE_2013, from, to, protected + others, width);
  s.kind = DESK_SAYS_TOTAL;
  s.others = others;
  s.source = "a total";
  return s;
}

static desk_statement exact(desk_day from, desk_day to, uint64_t others) {
  return (desk_statement){.kind = DESK_SAYS_EXACT,
                          .from = from,
                          .to = to,
                          .low = others,
                          .high = others,
                          .others = others,
                          .source = "an exact number"};
}

/* ---- against brute force ---- */

enum { DAYS = 3, MOST = 5, VECTORS = 216, SAID = 4 };

typedef struct world {
  desk_statement s[SAID];
  size_t n;
  uint64_t low[DAYS][DAYS], high[DAYS][DAYS]; /* of what could be */
} world;

static uint32_t seed = 1;
static uint32_t dice(uint32_t sides) {
  seed = seed * 1664525u + 1013904223u;
  return (seed >> 8) % sides;
}

static uint64_t sum_of(unsigned vector, desk_day from, desk_day to) {
  uint64_t sum = 0;
  for (desk_day d = 0; d < DAYS; d++, vector /= MOST + 1) {
    sum += d >= from && d <= to ? vector % (MOST + 1) : 0;
  }
  return sum;
}

/* Is it so, with these protected counts and these others? */
static bool holds(const desk_statement *s, unsigned p, unsigned q) {
  uint64_t a = sum_of(p, s->from, s->to), b = sum_of(q, s->from, s->to);
  uint64_t n = s->kind == DESK_SAYS_BAND    ? a
               : s->kind == DESK_SAYS_TOTAL ? a + b
                                            : b;
  return n >= s->low && n <= s->high;
}

static bool possible(const world *w, unsigned p) {
  for (unsigned q = 0; q < VECTORS; q++) {
    bool all = true;
    for (size_t i = 0; i < w->n && all; i++) {
      all = holds(&w->s[i], p, q);
    }
    if (all) {
      return true;
    }
  }
  return false;
}

static void enumerate(world *w) {
  for (int a = 0; a < DAYS; a++) {
    for (int b = 0; b < DAYS; b++) {
      w->low[a][b] = UINT64_MAX;
      w->high[a][b] = 0;
    }
  }
  for (unsigned p = 0; p < VECTORS; p++) {
    if (!possible(w, p)) {
      continue;
    }
    for (int a = 0; a < DAYS; a++) {
      for (int b = a; b < DAYS; b++) {
        uint64_t n = sum_of(p, a, b);
        w->low[a][b] = n < w->low[a][b] ? n : w->low[a][b];
        w->high[a][b] = n > w->high[a][b] ? n : w->high[a][b];
      }
    }
  }
}

/* True statements of a random world, with numbers that stay below MOST + 1. */
static world random_world(bool totals) {
  world w = {.n = 1 + dice(SAID)};
  unsigned p = dice(VECTORS), q = dice(VECTORS);
  for (size_t i = 0; i < w.n;) {
    desk_day from = (desk_day)dice(DAYS);
    desk_day to = from + (desk_day)dice((uint32_t)(DAYS - from));
    uint64_t a = sum_of(p, from, to), b = sum_of(q, from, to);
    uint64_t width = 1 + dice(3);
    switch (totals ? dice(3) : 0) {
    case 0:
      w.s[i] = band(DESK_STRUCTURE_2013, from, to, a, width);
      break;
    case 1:
      w.s[i] = total(from, to, a, b, width);
      break;
    default:
      w.s[i] = exact(from, to, b);
      break;
    }
    if (w.s[i].high <= MOST) {
      i++;
    } else { /* another world, for this one counts too much */
      p = dice(VECTORS);
      q = dice(VECTORS);
      i = 0;
    }
  }
  return w;
}

/* Two totals that hang together are taken with all others known: then the
 * checker may think that more is known, never that less is. */
static bool hangs_together(const world *w) {
  size_t totals = 0;
  for (size_t i = 0; i < w->n; i++) {
    totals += w->s[i].kind == DESK_SAYS_TOTAL ? 1 : 0;
  }
  return totals > 1;
}

static bool covered(const world *w, unsigned set, int a, int b) {
  for (int d = a; d <= b; d++) {
    bool found = false;
    for (size_t i = 0; i < w->n; i++) {
      found = found || ((set >> i & 1) != 0 && w->s[i].from <= d &&
                        w->s[i].to >= d && w->s[i].kind != DESK_SAYS_EXACT);
    }
    if (!found) {
      return false;
    }
  }
  return true;
}

static uint64_t plain_high(const world *w, int a, int b) {
  uint64_t best = UINT64_MAX;
  for (unsigned set = 0; set < 1u << w->n; set++) {
    uint64_t sum = 0;
    for (size_t i = 0; i < w->n; i++) {
      sum += (set >> i & 1) != 0 && w->s[i].kind != DESK_SAYS_EXACT
                 ? w->s[i].high
                 : 0;
    }
    if (covered(w, set, a, b) && sum < best) {
      best = sum;
    }
  }
  return best;
}

static uint64_t plain_low(const world *w, int a, int b) {
  uint64_t best = 0;
  for (unsigned set = 0; set < 1u << w->n; set++) {
    uint64_t sum = 0;
    int used[DAYS] = {0};
    bool fits = true;
    for (size_t i = 0; i < w->n; i++) {
      if ((set >> i & 1) == 0) {
        continue;
      }
      fits = fits && w->s[i].kind == DESK_SAYS_BAND && w->s[i].from >= a &&
             w->s[i].to <= b;
      for (int d = w->s[i].from; d <= w->s[i].to; d++) {
        fits = fits && used[d]++ == 0;
      }
      sum += w->s[i].low;
    }
    best = fits && sum > best ? sum : best;
  }
  return best;
}

/* Does the world tell more than its bands do? By definition. */
static bool leaks(const world *w) {
  for (int a = 0; a < DAYS; a++) {
    for (int b = a; b < DAYS; b++) {
      uint64_t high = plain_high(w, a, b);
      if (w->low[a][b] != plain_low(w, a, b) ||
          (high != UINT64_MAX && w->high[a][b] != high)) {
        return true;
      }
    }
  }
  for (size_t i = 0; i < w->n; i++) {
    const desk_statement *s = &w->s[i];
    if (s->kind == DESK_SAYS_BAND && (w->low[s->from][s->to] != s->low ||
                                      w->high[s->from][s->to] != s->high)) {
      return true;
    }
  }
  return false;
}

static void compare_ranges(const world *w) {
  bool exactly = !hangs_together(w);
  for (int a = 0; a < DAYS; a++) {
    for (int b = a; b < DAYS; b++) {
      uint64_t low = 0, high = 0;
      assert_err(TACET_OK,
                 desk_bands_range(w->s, w->n, DESK_NS_ALL, DESK_UNIT_REQUESTS,
                                  a, b, &low, &high));
      bool bounded = high != UINT64_MAX;
      if (exactly) {
        assert_int_equal(w->low[a][b], low);
        assert_true(bounded ? w->high[a][b] == high : w->high[a][b] >= MOST);
      } else {
        assert_true(low >= w->low[a][b]);
        assert_true(!bounded || high <= w->high[a][b]);
      }
    }
  }
}

static void agrees_with_brute_force(void **state) {
  (void)state;
  unsigned refused = 0, passed = 0;
  for (unsigned i = 0; i < 2500; i++) {
    world w = random_world(i % 2 == 0);
    desk_leak why = {""};
    enumerate(&w);
    compare_ranges(&w);
    tacet_err err = desk_bands_check(w.s, w.n, &why);
    assert_true(err == TACET_OK || err == TACET_ERR_POLICY);
    assert_true((err == TACET_OK) == (why.text[0] == '\0'));
    if (err == TACET_OK) {
      assert_false(leaks(&w));
      passed++;
    } else {
      assert_true(leaks(&w) || hangs_together(&w));
      refused++;
    }
  }
  assert_true(passed > 100 && refused > 100); /* both were tried */
}

/* ---- series that pass ---- */

static const struct {
  desk_structure structure;
  uint64_t width;
} forms[] = {{DESK_STRUCTURE_A1, 1000},
             {DESK_STRUCTURE_A2, 500},
             {DESK_STRUCTURE_A3, 250},
             {DESK_STRUCTURE_A4, 100}};

/* Every count up to 3000 beside every other kind of neighbour: periods that
 * share no day never leak, whatever is in them. */
static void series_pass(void **state) {
  (void)state;
  for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
    for (uint64_t n = 0; n <= 3000; n++) {
      desk_statement s[8];
      desk_leak why = {""};
      size_t m = 0;
      for (desk_day h = 0; h < 4; h++) {
        s[m++] = band(forms[f].structure, 180 * h, 180 * h + 179,
                      h % 2 == 0 ? n : dice(3001), forms[f].width);
        s[m++] = exact(180 * h, 180 * h + 179, dice(5000));
      }
      assert_err(TACET_OK, desk_bands_check(s, m, &why));
      assert_true(s[0].low <= n && n <= s[0].high);
      assert_int_equal(0, s[0].low % forms[f].width);
    }
  }
}

static void lumped_series_pass(void **state) {
  (void)state;
  for (uint64_t n = 0; n <= 3000; n += 7) {
    desk_statement s[3] = {total(0, 181, n, 4000, 1000),
                           total(182, 364, dice(3001), 17, 1000),
                           total(365, 545, 0, n, 1000)};
    desk_leak why = {""};
    assert_err(TACET_OK, desk_bands_check(s, 3, &why));
  }
}

static void the_same_again_passes(void **state) {
  (void)state;
  desk_leak why = {""};
  desk_statement s[4] = {band(DESK_STRUCTURE_A3, 0, 180, 300, 250),
                         band(DESK_STRUCTURE_A3, 0, 180, 300, 250),
                         exact(0, 180, 12), exact(0, 180, 12)};
  assert_err(TACET_OK, desk_bands_check(s, 4, &why));
  assert_err(TACET_OK, desk_bands_check(s, 0, &why));
}

/* ---- attacks ---- */

static void refused(const desk_statement *s, size_t n, const char *words) {
  desk_leak why = {""};
  assert_err(TACET_ERR_POLICY, desk_bands_check(s, n, &why));
  if (strstr(why.text, words) == NULL) {
    fail_msg("\"%s\" does not say \"%s\"", why.text, words);
  }
}

/* The same half-year, a day later: one demand came on 1 July. */
static void a_day_of_difference(void **state) {
  (void)state;
  desk_statement s[2] = {
      band(DESK_STRUCTURE_A3, day("2013-01-01"), day("2013-06-30"), 249, 250),
      band(DESK_STRUCTURE_A3, day("2013-01-02"), day("2013-07-01"), 250, 250)};
  s[0].source = "report 1";
  s[1].source = "report 2";
  refused(s, 2, "on 2013-07-01 there were at least 1 national-security");
  refused(s, 2, "report 1 says at most 249 from 2013-01-01 to 2013-06-30");
  refused(s, 2, "report 2 says at least 250 from 2013-01-02 to 2013-07-01");
}

/* A year in hundreds cuts halves in two-hundred-and-fifties. */
static void a_year_and_its_halves(void **state) {
  (void)state;
  desk_statement s[3] = {
      band(DESK_STRUCTURE_A3, day("2013-01-01"), day("2013-06-30"), 20, 250),
      band(DESK_STRUCTURE_A3, day("2013-07-01"), day("2013-12-31"), 110, 250),
      band(DESK_STRUCTURE_A4, day("2013-01-01"), day("2013-12-31"), 130, 100)};
  refused(s, 3, "narrower than the band");
  /* And where the arithmetic tells nothing, the year has two structures. */
  s[2] = band(DESK_STRUCTURE_A4, s[0].from, s[1].to, 230, 100);
  refused(s, 3, "a day has one structure");
}

/* All kinds lumped, and the exact number of the others. */
static void a_total_and_the_rest(void **state) {
  (void)state;
  desk_statement s[2] = {
      total(day("2012-12-01"), day("2013-05-31"), 21, 4300, 1000),
      exact(day("2012-12-01"), day("2013-05-31"), 4300)};
  refused(s, 2, "at most 699 national-security demands");
  refused(s, 2, "the exact numbers of other kinds are in an exact number");
  /* Of a part of the days only. */
  s[1] = exact(day("2013-01-01"), day("2013-01-31"), 700);
  refused(s, 2, "at most 4299 national-security demands");
  /* Shifted beyond both ends it says nothing: June can have had them all. */
  desk_leak why = {""};
  s[1] = exact(day("2013-01-01"), day("2013-06-30"), 4300);
  assert_err(TACET_OK, desk_bands_check(s, 2, &why));
}

static void accounts_leak_as_requests_do(void **state) {
  (void)state;
  desk_statement s[2] = {total(0, 181, 21, 9800, 1000), exact(0, 181, 9800)};
  s[0].unit = s[1].unit = DESK_UNIT_ACCOUNTS;
  refused(s, 2, "at most 199 accounts in national-security demands");
  desk_leak why = {""};
  s[1].unit = DESK_UNIT_REQUESTS; /* of which nothing else is said */
  assert_err(TACET_OK, desk_bands_check(s, 2, &why));
}

static void bands_that_exclude_each_other(void **state) {
  (void)state;
  desk_statement s[2] = {band(DESK_STRUCTURE_A3, 0, 180, 249, 250),
                         band(DESK_STRUCTURE_A3, 0, 180, 250, 250)};
  refused(s, 2, "contradicts");
}

/* Late cases change what is exact; that matters where a total hangs on it, and
 * nowhere else. */
static void exact_numbers_that_changed(void **state) {
  (void)state;
  desk_leak why = {""};
  desk_statement s[3] = {total(0, 181, 21, 4300, 1000), exact(400, 500, 7),
                         exact(400, 500, 8)};
  assert_err(TACET_OK, desk_bands_check(s, 3, &why));
  s[0] = total(450, 600, 21, 4300, 1000);
  refused(s, 3, "contradict each other");
}

static void malformed_statements(void **state) {
  (void)state;
  desk_leak why = {""};
  const desk_statement good = band(DESK_STRUCTURE_A3, 0, 180, 0, 250);
  desk_statement s = good;
  s.to = -1;
  assert_err(TACET_ERR_ARGUMENT, desk_bands_check(&s, 1, &why));
  s = good;
  s.low = 300;
  assert_err(TACET_ERR_ARGUMENT, desk_bands_check(&s, 1, &why));
  s = good;
  s.high = DESK_COUNT_MAX + 1;
  assert_err(TACET_ERR_ARGUMENT, desk_bands_check(&s, 1, &why));
  s = good;
  s.from = -5;
  assert_err(TACET_ERR_ARGUMENT, desk_bands_check(&s, 1, &why));
  s = good;
  s.to = INT32_MAX;
  assert_err(TACET_ERR_ARGUMENT, desk_bands_check(&s, 1, &why));
}

static tacet_err check_attack(void *user) {
  (void)user;
  desk_leak why;
  desk_statement s[3] = {total(0, 181, 21, 4300, 1000), exact(0, 181, 4300),
                         band(DESK_STRUCTURE_A3, 200, 380, 1, 250)};
  tacet_err err = desk_bands_check(s, 3, &why);
  return err == TACET_ERR_POLICY ? TACET_OK : err;
}

static void no_memory(void **state) {
  (void)state;
  test_alloc_sweep(check_attack, NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(agrees_with_brute_force),
      cmocka_unit_test(series_pass),
      cmocka_unit_test(lumped_series_pass),
      cmocka_unit_test(the_same_again_passes),
      cmocka_unit_test(a_day_of_difference),
      cmocka_unit_test(a_year_and_its_halves),
      cmocka_unit_test(a_total_and_the_rest),
      cmocka_unit_test(accounts_leak_as_requests_do),
      cmocka_unit_test(bands_that_exclude_each_other),
      cmocka_unit_test(exact_numbers_that_changed),
      cmocka_unit_test(malformed_statements),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
