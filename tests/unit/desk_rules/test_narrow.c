/* SPDX-License-Identifier: Apache-2.0
 * Narrowing: nothing is given that the paper cannot order or that there is not;
 * every demanded thing and every account has a reason. */
#include "tests/unit/desk_rules/corpus.h"

#include "desk/rules/narrow.h"

#include <string.h>

static desk_tables tables;

static int read_tables(void **state) {
  (void)state;
  corpus_tables(&tables);
  return 0;
}
static int free_tables(void **state) {
  (void)state;
  desk_tables_free(&tables);
  return 0;
}

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
static const desk_account known[] = {{"mallory", ID}};

typedef struct narrowed {
  desk_request r;
  desk_question q;
  desk_narrowing n;
} narrowed;

static void narrow_json(const json_t *request, narrowed *out) {
  char *text = json_dumps(request, 0);
  desk_trouble why;
  assert_ok(desk_request_read(tacet_span_str(text), &out->r, &why));
  free(text);
  out->q = (desk_question){.request = &out->r,
                           .tables = &tables,
                           .today = corpus_day(CORPUS_TODAY),
                           .holdings = corpus_holdings,
                           .n_holdings = corpus_holdings_count()};
  assert_ok(desk_narrow(&out->q, "c0ffee", known, 1, &out->n));
}

static void narrow(const char *instrument, const char *path, const char *value,
                   narrowed *out) {
  json_t *request =
      corpus_clean(&tables, desk_instrument_find(&tables, instrument));
  assert_true(path == NULL || corpus_set(request, path, value));
  narrow_json(request, out);
  json_decref(request);
}

static void done(narrowed *w) {
  desk_narrowing_free(&w->n);
  desk_request_free(&w->r);
}

static size_t count(const narrowed *w, desk_verdict v) {
  size_t n = 0;
  for (size_t i = 0; i < w->n.n_demands; i++) {
    n += w->n.demands[i].verdict == v ? 1 : 0;
  }
  return n;
}

/* What others were asked for in 2016 and 2021: two days, and for each other
 * thing that there is none. */
static void gives_two_days(void **state) {
  (void)state;
  narrowed w;
  narrow("subpoena", "demands",
         "[\"name\",\"address\",\"phone\",\"email\",\"payment\",\"ip-history\","
         "\"sessions\",\"contacts\",\"call-records\",\"message-records\","
         "\"messages\",\"created\",\"last-seen\"]",
         &w);
  assert_true(w.n.anything);
  assert_int_equal(w.n.scope.categories, 1 << DESK_SUBSCRIBER);
  assert_int_equal(count(&w, DESK_GIVEN), 2);
  assert_int_equal(count(&w, DESK_NOT_HELD), 11);
  assert_string_equal(w.n.demands[11].code, "created");
  assert_int_equal(w.n.demands[11].verdict, DESK_GIVEN);
  assert_string_equal(w.n.demands[5].words, "Addresses are not written down.");
  assert_int_equal(w.n.scope.things,
                   1 << DESK_THING_CREATED | 1 << DESK_THING_LAST_SEEN);
  assert_int_equal(w.n.scope.n_handles, 1);
  assert_string_equal(w.n.scope.handles[0], "mallory");
  assert_string_equal(w.n.scope.case_id, "c0ffee");
  assert_string_equal(w.n.scope.instrument, "subpoena");
  assert_int_equal(w.n.scope.from, corpus_day("2026-06-01"));
  assert_int_equal(w.n.scope.to, corpus_day("2026-10-31"));
  done(&w);
}

static void a_weak_paper_gives_less(void **state) {
  (void)state;
  narrowed w;
  narrow("nsl", "demands", "[\"created\",\"account-id\",\"devices\"]", &w);
  assert_int_equal(w.n.scope.categories, 1 << DESK_SUBSCRIBER);
  assert_int_equal(count(&w, DESK_NOT_PERMITTED), 2);
  done(&w);
}

static void nothing_is_nothing(void **state) {
  (void)state;
  static const struct {
    const char *instrument, *path, *value;
  } none[] = {
      {"search-warrant", "demands", "[\"messages\",\"keys\"]"},
      {"search-warrant", "demands", "[\"decrypt\",\"all-users\"]"},
      {"search-warrant", "demands", "[]"},
      {"search-warrant", "identifiers", "[]"},
      {"search-warrant", "identifiers", "[\"m\xd0\xb0llory\"]"},
      {"search-warrant", "identifiers", "[\"x' OR 1=1 --\",\"%\",\"*\"]"},
      {"search-warrant", "identifiers", "[\"mallory@example.com\"]"},
      {"search-warrant", "identifiers", "[\"+12025550100\",\"10.0.0.1\"]"},
      {"search-warrant", "period",
       "{\"from\":\"2026-07-02\",\"to\":\"2026-07-01\"}"},
      {"search-warrant", "period", "{\"from\":\"2026-11-04\"}"},
      {"search-warrant", "instrument", "\"letter-of-marque\""},
      {"search-warrant", "instrument", "\"pen-register\""},
      {"search-warrant", "instrument", "\"foreign-order\""},
      {"nsl", "demands", "[\"account-id\"]"},
  };
  for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
    narrowed w;
    narrow(none[i].instrument, none[i].path, none[i].value, &w);
    if (w.n.anything) {
      fail_msg("%s = %s leaves something", none[i].path, none[i].value);
    }
    assert_int_equal(w.n.scope.categories, 0);
    assert_int_equal(w.n.scope.n_handles, 0);
    assert_null(w.n.scope.handles);
    done(&w);
  }
}

static void accounts_are_told_apart(void **state) {
  (void)state;
  narrowed w;
  narrow("subpoena", "identifiers",
         "[\"Mallory@example.org\",\"@mallory\",\"" ID "\",\"trent\","
         "\"m\xd0\xb0llory\",\"mallory@example.com\","
         "\"1111111111111111111111111111111111111111111111111111111111111111\""
         "]",
         &w);
  assert_int_equal(w.n.scope.n_handles, 2);
  assert_string_equal(w.n.scope.handles[0], "mallory");
  assert_string_equal(w.n.scope.handles[1], "trent");
  assert_int_equal(w.n.n_accounts, 7);
  for (size_t i = 0; i < 7; i++) {
    assert_int_equal(w.n.accounts[i].verdict,
                     i < 4 ? DESK_GIVEN : DESK_NOT_KNOWN);
    assert_int_equal(w.n.accounts[i].words[0] == '\0', i < 4);
  }
  assert_non_null(strstr(w.n.accounts[4].words, "U+0430"));
  assert_string_equal(w.n.accounts[5].what, "mallory@example.com");
  done(&w);
}

static void the_future_is_cut_off(void **state) {
  (void)state;
  narrowed w;
  narrow("subpoena", "period.to", "\"9999-12-31\"", &w);
  assert_true(w.n.anything);
  assert_int_equal(w.n.scope.to, corpus_day("2026-11-03"));
  assert_int_equal(count(&w, DESK_CUT), 2);
  done(&w);
  narrow("subpoena", "period", NULL, &w);
  assert_int_equal(w.n.scope.to, corpus_day("2026-11-03"));
  assert_int_equal(w.n.scope.from, DESK_NO_DAY);
  assert_int_equal(count(&w, DESK_GIVEN), 2);
  done(&w);
}

static void others_are_not_known(void **state) {
  (void)state;
  narrowed w;
  narrow("subpoena", "other_demands", "[\"loyalty numbers\"]", &w);
  const desk_reason *last = &w.n.demands[w.n.n_demands - 1];
  assert_string_equal(last->what, "loyalty numbers");
  assert_int_equal(last->verdict, DESK_NOT_KNOWN);
  done(&w);
}

/* Were there everything: of every kind of data, on every paper, signed by
 * everybody, the scope is within what the table permits, and what needs a judge
 * is not there without one. */
static void judge_all_demands(const json_t *request, const desk_instrument *i,
                              const desk_authority *a) {
  static desk_holding all[64];
  narrowed w;
  for (size_t k = 0; k < corpus_holdings_count(); k++) {
    all[k] = (desk_holding){corpus_holdings[k].demand, true, "It is held."};
  }
  narrow_json(request, &w);
  desk_narrowing_free(&w.n);
  w.q.holdings = all;
  assert_ok(desk_narrow(&w.q, "c0ffee", known, 1, &w.n));
  desk_category_set got = w.n.scope.categories;
  assert_int_equal(got & ~i->permits, 0);
  assert_true(a->judge || (got & i->judge_for) == 0);
  for (size_t k = 0; k < w.n.n_demands; k++) {
    const desk_demand *d = desk_demand_find(w.n.demands[k].code);
    bool permitted = (got >> d->category & 1) != 0;
    assert_int_equal(w.n.demands[k].verdict, d->is != DESK_DEMAND_DATA
                                                 ? DESK_NO_DATA
                                             : permitted ? DESK_GIVEN
                                                         : DESK_NOT_PERMITTED);
  }
  assert_int_equal(w.n.anything, got != 0);
  done(&w);
}

static void no_paper_gives_more_than_its_row(void **state) {
  (void)state;
  const desk_instrument *i;
  const desk_authority *a;
  const desk_demand *d;
  json_t *request =
      corpus_clean(&tables, desk_instrument_find(&tables, "epoc"));
  json_t *demands = json_array();
  for (size_t k = 0; (d = desk_demand_at(k)) != NULL; k++) {
    json_array_append_new(demands, json_string(d->code));
  }
  json_object_set_new(request, "demands", demands);
  for (size_t k = 0; (i = desk_instrument_at(&tables, k)) != NULL; k++) {
    json_object_set_new(request, "instrument", json_string(i->code));
    for (size_t j = 0; (a = desk_authority_at(&tables, j)) != NULL; j++) {
      json_object_set_new(json_object_get(request, "authority"), "code",
                          json_string(a->code));
      judge_all_demands(request, i, a);
    }
  }
  json_decref(request);
}

static tacet_err narrow_once(void *ctx) {
  desk_narrowing n;
  TACET_TRY(desk_narrow(ctx, "c0ffee", known, 1, &n));
  desk_narrowing_free(&n);
  return TACET_OK;
}

static void takes_no_memory(void **state) {
  (void)state;
  narrowed w;
  narrow("subpoena", "other_demands", "[\"x\"]", &w);
  test_alloc_sweep(narrow_once, &w.q);
  done(&w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(gives_two_days),
      cmocka_unit_test(a_weak_paper_gives_less),
      cmocka_unit_test(nothing_is_nothing),
      cmocka_unit_test(accounts_are_told_apart),
      cmocka_unit_test(the_future_is_cut_off),
      cmocka_unit_test(others_are_not_known),
      cmocka_unit_test(no_paper_gives_more_than_its_row),
      cmocka_unit_test(takes_no_memory),
  };
  return cmocka_run_group_tests(tests, read_tables, free_tables);
}
