/* SPDX-License-Identifier: Apache-2.0
 * Reports of the desk: all forms over many cases, and the band checker over the
 * reports of many years.
 *
 *   bench_desk_report [CASES [YEARS]]      100000 20
 */
#include "bench/bench.h"

#include "desk/report/published.h"

#include <string.h>

static desk_count *counts;
static size_t n_counts;
static desk_day first;

static void fill(size_t n, unsigned years) {
  static const char *const instruments[] = {"subpoena", "search-warrant",
                                            "epoc", "nsl", "fisa-content"};
  static const char *const countries[] = {"US", "DE", "FR", "SE"};
  counts = calloc(n + 1, sizeof(*counts));
  n_counts = n;
  for (size_t i = 0; i < n && counts != NULL; i++) {
    size_t k = i % 5;
    counts[i] =
        (desk_count){.received = first + (desk_day)(i * 365 * years / n),
                     .kind = k >= 3 ? DESK_NATIONAL_SECURITY
                                    : (desk_kind)(i % 7 == 0 ? 2 : 0),
                     .instrument = instruments[k],
                     .authority = "",
                     .country = countries[i % 4],
                     .accounts = i % 9,
                     .with_data = i % 3 == 0 ? i % 9 : 0,
                     .outcome = (desk_outcome)(1 + i % 4)};
  }
}

static desk_report make(desk_form form, desk_day from, desk_day to) {
  desk_report_input in = {.counts = counts,
                          .n = n_counts,
                          .form = form,
                          .from = from,
                          .to = to,
                          .today = to + 400,
                          .previous = DESK_NO_DAY,
                          .provider = "bench",
                          .home = "US"};
  desk_report r = {0};
  desk_trouble why;
  BENCH_OK(desk_report_make(&in, &r, &why));
  return r;
}

static double seconds(uint64_t since) {
  return (double)(bench_cpu_ns() - since) / 1e9;
}

static void forms(void) {
  for (unsigned f = 0; f < DESK_FORMS; f++) {
    uint64_t start = bench_cpu_ns();
    desk_report r = make((desk_form)f, first + 730,
                         first + 730 + (f == DESK_FORM_A4 ? 364 : 181));
    for (unsigned o = 0; o < DESK_FORMATS; o++) {
      char *text = NULL;
      size_t len = 0;
      BENCH_OK(desk_report_render(r.json, (desk_format)o, NULL, &text, &len));
      free(text);
    }
    printf("report %-6s of %zu cases, four formats: %.3f s\n",
           desk_form_name((desk_form)f), n_counts, seconds(start));
    desk_report_free(&r);
  }
}

/* The first day of a half-year; halves begin in December and in June. */
static desk_day half_year(unsigned n) {
  char text[40];
  desk_day d = 0;
  (void)snprintf(text, sizeof(text), "%u-%s-01", 2012 + (n + 1) / 2,
                 n % 2 == 0 ? "12" : "06");
  (void)desk_day_read(text, &d);
  return d;
}

static void add(desk_published *p, desk_form form, desk_day from, desk_day to) {
  desk_report r = make(form, from, to);
  json_t *body = desk_published_body(&r, to + 400, "00");
  BENCH_OK(desk_published_add(p, p->n_sources + 1, body));
  json_decref(body);
  desk_report_free(&r);
}

static void check(const desk_published *p, unsigned halves, desk_form form,
                  const char *what) {
  desk_leak why = {""};
  desk_report r = make(form, half_year(halves), half_year(halves + 1) - 1);
  uint64_t start = bench_cpu_ns();
  tacet_err err = desk_published_check(p, &r, &why);
  printf("band checker, %u years, %s: %zu reports, %zu statements: %.3f s%s\n",
         halves / 2, what, p->n_sources, p->n, seconds(start),
         err == TACET_OK ? "" : ", refused");
  desk_report_free(&r);
}

/* Half-years in six numbers, with the tables of the DSA and of GitHub for
 * periods that are shifted against them by two and three months. */
static void checker(unsigned years) {
  desk_published p = {0};
  for (unsigned h = 0; h < 2 * years; h++) {
    desk_day d = half_year(h), end = half_year(h + 1) - 1;
    add(&p, DESK_FORM_A2, d, end);
    add(&p, DESK_FORM_DSA, d + 60, end + 60);
    add(&p, DESK_FORM_GITHUB, d + 91, end + 91);
  }
  check(&p, 2 * years, DESK_FORM_A2, "a2, dsa, github");
  desk_published_free(&p);
}

/* The form of 2013 first, then exact numbers: totals have more to be asked. */
static void totals(unsigned years) {
  desk_published p = {0};
  for (unsigned h = 0; h < 2 * years; h++) {
    desk_day d = half_year(h), end = half_year(h + 1) - 1;
    add(&p, h < years ? DESK_FORM_2013 : DESK_FORM_A3, d, end);
    if (h >= years) {
      add(&p, DESK_FORM_GITHUB, d + 91, end + 91);
    }
  }
  check(&p, 2 * years, DESK_FORM_A3, "2013 at first");
  desk_published_free(&p);
}

int main(int argc, char **argv) {
  size_t cases = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
  unsigned years = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 10) : 20;
  first = 15675; /* 2012-12-01 */
  fill(cases, years);
  if (counts == NULL) {
    return 1;
  }
  forms();
  checker(years);
  totals(years);
  free(counts);
  return 0;
}
