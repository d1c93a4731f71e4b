/* SPDX-License-Identifier: Apache-2.0
 * What is published, there and back through the bodies of events. */
#include "tests/support/support.h"

#include "desk/report/published.h"

#include <stdio.h>
#include <stdlib.h>

static desk_day day(const char *text) {
  desk_day d = -1;
  assert_true(desk_day_read(text, &d));
  return d;
}

static desk_report make(desk_form form, const char *from, const char *to,
                        size_t letters) {
  static desk_count counts[300];
  for (size_t i = 0; i < letters; i++) {
    counts[i] = (desk_count){.received = day(from),
                             .kind = DESK_NATIONAL_SECURITY,
                             .instrument = "nsl",
                             .authority = "",
                             .country = "",
                             .accounts = 1};
  }
  desk_report_input in = {.counts = counts,
                          .n = letters,
                          .form = form,
                          .from = day(from),
                          .to = day(to),
                          .today = day("2026-11-24"),
                          .previous = DESK_NO_DAY,
                          .provider = "p",
                          .home = "US"};
  desk_report r = {0};
  desk_trouble why;
  assert_err(TACET_OK, desk_report_make(&in, &r, &why));
  return r;
}

static void add(desk_published *p, uint64_t number, desk_report *r) {
  json_t *body = desk_published_body(r, day("2026-11-24"), "00");
  assert_non_null(body);
  assert_err(TACET_OK, desk_published_add(p, number, body));
  json_decref(body);
}

static void there_and_back(void **state) {
  (void)state;
  desk_published p = {0};
  for (unsigned f = 0; f < DESK_FORMS; f++) {
    desk_report r = make((desk_form)f, "2013-01-01",
                         f == DESK_FORM_A4 ? "2013-12-31" : "2013-06-30", 251);
    size_t before = p.n;
    add(&p, f + 1, &r);
    assert_int_equal(r.n, p.n - before);
    for (size_t i = 0; i < r.n; i++) {
      desk_statement *a = &r.statements[i], *b = &p.statements[before + i];
      assert_true(a->kind == b->kind && a->what == b->what &&
                  a->unit == b->unit && a->structure == b->structure &&
                  a->from == b->from && a->to == b->to && a->low == b->low &&
                  a->high == b->high && a->others == b->others);
    }
    desk_report_free(&r);
  }
  assert_string_equal("report 4 (a3, 2013-01-01 to 2013-06-30)", p.sources[3]);
  desk_published_free(&p);
}

/* Every form but the exact ones beside every other, for one period. */
static void one_structure(void **state) {
  (void)state;
  for (unsigned f = 0; f <= DESK_FORM_A3; f++) {
    for (unsigned g = 0; g <= DESK_FORM_A3; g++) {
      desk_published p = {0};
      desk_leak why = {""};
      desk_report a = make((desk_form)f, "2013-01-01", "2013-06-30", 3);
      desk_report b = make((desk_form)g, "2013-01-01", "2013-06-30", 3);
      add(&p, 1, &a);
      assert_err(f == g ? TACET_OK : TACET_ERR_POLICY,
                 desk_published_check(&p, &b, &why));
      desk_published_free(&p);
      desk_report_free(&a);
      desk_report_free(&b);
    }
  }
}

/* Half-years one after another, in each form, pass. */
static void series(void **state) {
  (void)state;
  static const char *const halves[][2] = {{"2012-12-01", "2013-05-31"},
                                          {"2013-06-01", "2013-11-30"},
                                          {"2013-12-01", "2014-05-31"},
                                          {"2014-06-01", "2014-11-30"}};
  for (unsigned f = 0; f < DESK_FORMS; f++) {
    desk_published p = {0};
    for (size_t h = 0; h < 4 && f != DESK_FORM_A4; h++) {
      desk_leak why = {""};
      desk_report r = make((desk_form)f, halves[h][0], halves[h][1], h * 70);
      assert_err(TACET_OK, desk_published_check(&p, &r, &why));
      add(&p, h + 1, &r);
      desk_report_free(&r);
    }
    desk_published_free(&p);
  }
}

/* A body that is none: it is not known what is published. */
static void damaged_bodies(void **state) {
  (void)state;
  static const char *const texts[] = {
      "{}",
      "{\"statements\":{}}",
      "{\"statements\":[1]}",
      "{\"statements\":[{\"kind\":\"band\"}]}",
      "{\"statements\":[{\"kind\":\"band\",\"what\":\"letters\",\"unit\":"
      "\"requests\",\"structure\":\"a1\",\"from\":\"2013-01-01\",\"to\":"
      "\"2013-06-30\",\"low\":-1,\"high\":5,\"others\":0}]}",
      "{\"statements\":[{\"kind\":\"band\",\"what\":\"letters\",\"unit\":"
      "\"requests\",\"structure\":\"a9\",\"from\":\"2013-01-01\",\"to\":"
      "\"2013-06-30\",\"low\":0,\"high\":5,\"others\":0}]}"};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    desk_published p = {0};
    json_t *body = json_loads(texts[i], 0, NULL);
    assert_err(TACET_ERR_ENCODING, desk_published_add(&p, 1, body));
    assert_int_equal(0, p.n);
    json_decref(body);
    desk_published_free(&p);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(there_and_back), cmocka_unit_test(one_structure),
      cmocka_unit_test(series), cmocka_unit_test(damaged_bodies)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
