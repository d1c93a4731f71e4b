/* SPDX-License-Identifier: Apache-2.0
 * Reports: the statements of June 2013 from data, each form in each format, and
 * what is refused. */
#include "tests/support/support.h"

#include "desk/report/report.h"

#include <stdio.h>
#include <stdlib.h>

enum { MOST = 12000 };
static desk_count counts[MOST];
static size_t n_counts;

static desk_day day(const char *text) {
  desk_day d = -1;
  assert_true(desk_day_read(text, &d));
  return d;
}

static desk_count *add(const char *received, desk_kind kind,
                       const char *instrument, uint64_t accounts) {
  assert_true(n_counts < MOST);
  desk_count *c = &counts[n_counts++];
  *c = (desk_count){.received = day(received),
                    .kind = kind,
                    .instrument = instrument,
                    .authority = "somebody",
                    .country = "US",
                    .accounts = accounts,
                    .with_data = accounts / 2,
                    .outcome = DESK_DISCLOSED};
  return c;
}

static desk_report_input input(desk_form form, const char *from,
                               const char *to) {
  return (desk_report_input){.counts = counts,
                             .n = n_counts,
                             .form = form,
                             .from = day(from),
                             .to = day(to),
                             .today = day("2026-11-24"),
                             .previous = DESK_NO_DAY,
                             .provider = "Example \"&\" <Sons>",
                             .home = "US"};
}

/* Demands spread over a half-year, with so many accounts in all. */
static void fill(size_t demands, uint64_t accounts) {
  static const desk_kind kinds[] = {DESK_CRIMINAL, DESK_CRIMINAL,
                                    DESK_EMERGENCY, DESK_NATIONAL_SECURITY};
  n_counts = 0;
  for (size_t i = 0; i < demands; i++) {
    desk_count *c =
        add("2012-12-01", kinds[i % 4], i % 4 == 3 ? "nsl" : "subpoena",
            i + 1 < demands ? 2 : 0);
    c->received += (desk_day)(i % 182);
    accounts -= c->accounts;
  }
  counts[n_counts - 1].accounts = accounts;
  /* Beside the period, and demands to preserve: none of them counts. */
  (void)add("2012-11-30", DESK_CRIMINAL, "subpoena", 5000);
  (void)add("2013-06-01", DESK_NATIONAL_SECURITY, "nsl", 5000);
  add("2013-01-01", DESK_CRIMINAL, "preservation", 5000)->preservation = true;
}

static char *made(const desk_report_input *in, desk_format format,
                  const char *table) {
  desk_report r = {0};
  desk_trouble why = {""};
  char *text = NULL;
  size_t len = 0;
  assert_err(TACET_OK, desk_report_make(in, &r, &why));
  assert_err(TACET_OK, desk_report_render(r.json, format, table, &text, &len));
  assert_int_equal(len, strlen(text));
  desk_report_free(&r);
  return text;
}

static void says(const char *text, const char *words) {
  if (strstr(text, words) == NULL) {
    fail_msg("does not say \"%s\":\n%s", words, text);
  }
}
static void says_not(const char *text, const char *words) {
  if (strstr(text, words) != NULL) {
    fail_msg("says \"%s\":\n%s", words, text);
  }
}

/* Without line breaks, so that wrapping does not matter. */
static char *flat(char *text) {
  for (char *c = text; *c != '\0'; c++) {
    *c = *c == '\n' ? ' ' : *c;
  }
  return text;
}

/* ---- 2013 ---- */

static void statements_of_june_2013(void **state) {
  (void)state;
  static const struct {
    size_t demands;
    uint64_t accounts;
    const char *requests, *specified;
  } cases[] = {
      {4321, 9876, "between 4,000 and 5,000 requests",
       "between 9,000 and 10,000 accounts or devices"},
      {6000, 31999, "between 6,000 and 7,000 requests",
       "between 31,000 and 32,000 accounts or devices"},
      {9999, 19999, "between 9,000 and 10,000 requests",
       "between 19,000 and 20,000 accounts or devices"},
      {9000, 18001, "between 9,000 and 10,000 requests",
       "between 18,000 and 19,000 accounts or devices"},
      {999, 1998, "between 0 and 1,000 requests",
       "between 1,000 and 2,000 accounts or devices"},
  };
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    fill(cases[i].demands, cases[i].accounts);
    desk_report_input in = input(DESK_FORM_2013, "2012-12-01", "2013-05-31");
    char *text = flat(made(&in, DESK_TEXT, NULL));
    says(text, "From December 1, 2012 to May 31, 2013");
    says(text, cases[i].requests);
    says(text, cases[i].specified);
    free(text);
  }
}

/* One statement in each unit, with the others apart, which is not in the
 * report. */
static void states_what_it_says(void **state) {
  (void)state;
  fill(4321, 9876);
  desk_report_input in = input(DESK_FORM_2013, "2012-12-01", "2013-05-31");
  desk_report r = {0};
  desk_trouble why;
  assert_err(TACET_OK, desk_report_make(&in, &r, &why));
  assert_int_equal(2, r.n);
  assert_int_equal(DESK_SAYS_TOTAL, r.statements[0].kind);
  assert_int_equal(4000, r.statements[0].low);
  assert_int_equal(4999, r.statements[0].high);
  assert_int_equal(3241, r.statements[0].others);
  assert_int_equal(9000, r.statements[1].low);
  assert_string_equal("this report (2013, 2012-12-01 to 2013-05-31)",
                      r.statements[1].source);
  char *json = json_dumps(r.json, 0);
  says_not(json, "3241");
  says_not(json, "4321");
  free(json);
  desk_report_free(&r);
}

/* ---- 1874 ---- */

static void bands(void **state) {
  (void)state;
  fill(4321, 9876);
  desk_report_input in = input(DESK_FORM_A3, "2012-12-01", "2013-05-31");
  char *csv = made(&in, DESK_CSV, "national-security");
  assert_string_equal(
      csv, "Kind of demand,From,To,Demands,Accounts\n"
           "All national-security demands,2012-12-01,2013-05-31,1000-1249,"
           "2000-2249\n");
  free(csv);
  csv = made(&in, DESK_CSV, "demands");
  says(csv, "\nCriminal,2161,");
  says(csv, "\nEmergency,1080,");
  says(csv, "\nCivil,0,0,0,,0\n");
  says(csv, "\nAll of these,3241,");
  free(csv);
  csv = made(&in, DESK_CSV, "preservation");
  says(csv, "Criminal, emergency and civil\",1,5000\n");
  free(csv);
}

/* Nothing is told as the lowest band is; exact numbers do not change with what
 * is protected. */
static void a_zero_is_not_told(void **state) {
  (void)state;
  n_counts = 0;
  (void)add("2013-02-01", DESK_CRIMINAL, "subpoena", 3);
  desk_report_input in = input(DESK_FORM_A3, "2013-01-01", "2013-06-30");
  char *without = made(&in, DESK_JSON, NULL);
  for (int i = 0; i < 249; i++) {
    (void)add("2013-02-01", DESK_NATIONAL_SECURITY, "nsl", 1);
    counts[n_counts - 1].preservation = false;
  }
  add("2013-02-01", DESK_NATIONAL_SECURITY, "nsl", 999)->preservation = true;
  in.n = n_counts;
  char *with = made(&in, DESK_JSON, NULL);
  assert_string_equal(without, with);
  says(with, "{\"high\":249,\"low\":0}");
  free(without);
  free(with);
}

/* Orders are told a half-year late, and the first on a new service 540 days
 * later; a1 and a2 have six numbers. */
static void orders_are_late(void **state) {
  (void)state;
  n_counts = 0;
  for (int i = 0; i < 600; i++) {
    (void)add("2014-02-01", DESK_NATIONAL_SECURITY, "nsl", 1);
    (void)add("2013-09-01", DESK_NATIONAL_SECURITY, "fisa-content", 2);
    (void)add("2014-02-01", DESK_NATIONAL_SECURITY, "fisa-content", 2);
    (void)add("2014-02-01", DESK_CRIMINAL, "subpoena", 3); /* in no band */
    (void)add("2013-09-01", DESK_EMERGENCY, "fisa-content", 3);
    /* 540 days later is 2013-09-01. */
    add("2012-03-10", DESK_NATIONAL_SECURITY, "fisa-non-content", 1)
        ->new_service = true;
    add("2013-09-01", DESK_NATIONAL_SECURITY, "fisa-non-content", 1)
        ->new_service = true;
  }
  desk_report_input in = input(DESK_FORM_A2, "2014-01-01", "2014-06-30");
  char *csv = made(&in, DESK_CSV, "national-security");
  assert_string_equal(
      csv,
      "Kind of demand,From,To,Demands,Accounts\n"
      "National security letters,2014-01-01,2014-06-30,500-999,500-999\n"
      "FISA orders for content,2013-07-01,2013-12-31,500-999,1000-1499\n"
      "FISA orders for other data,2013-07-01,2013-12-31,500-999,500-999\n");
  free(csv);
  in.form = DESK_FORM_A1;
  csv = made(&in, DESK_CSV, "national-security");
  says(csv, "National security letters,2014-01-01,2014-06-30,0-999,0-999\n");
  free(csv);
}

static void refused_periods(void **state) {
  (void)state;
  static const struct {
    desk_form form;
    const char *from, *to, *today;
    tacet_err err;
    const char *words;
  } rows[] = {
      {DESK_FORM_2013, "2013-05-31", "2012-12-01", "2026-11-24",
       TACET_ERR_ARGUMENT, "ends before it begins"},
      {DESK_FORM_2013, "9999-01-01", "9999-12-31", "2026-11-24",
       TACET_ERR_POLICY, "too early"},
      {DESK_FORM_2013, "2013-01-01", "2013-06-30", "2013-06-30",
       TACET_ERR_POLICY, "from 2013-07-01 on"},
      {DESK_FORM_2013, "2013-01-01", "2013-06-30", "2013-07-01", TACET_OK, ""},
      {DESK_FORM_DSA, "2013-01-01", "2013-06-30", "2013-06-29",
       TACET_ERR_POLICY, "too early"},
      {DESK_FORM_A3, "2013-01-01", "2013-06-29", "2026-11-24", TACET_OK, ""},
      {DESK_FORM_A3, "2013-01-01", "2013-06-28", "2026-11-24",
       TACET_ERR_ARGUMENT, "half a year"},
      {DESK_FORM_A1, "2013-01-01", "2013-12-31", "2026-11-24",
       TACET_ERR_ARGUMENT, "half a year"},
      {DESK_FORM_A1, "1970-01-01", "1970-06-30", "2026-11-24",
       TACET_ERR_ARGUMENT, "before 1970"},
      {DESK_FORM_A4, "2013-01-01", "2013-06-30", "2026-11-24",
       TACET_ERR_ARGUMENT, "a year"},
      {DESK_FORM_A4, "2013-01-01", "2013-12-31", "2014-12-30", TACET_ERR_POLICY,
       "from 2014-12-31 on"},
      {DESK_FORM_A4, "2013-01-01", "2013-12-31", "2014-12-31", TACET_OK, ""},
  };
  n_counts = 0;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    desk_report_input in = input(rows[i].form, rows[i].from, rows[i].to);
    desk_report r = {0};
    desk_trouble why = {""};
    in.today = day(rows[i].today);
    assert_err(rows[i].err, desk_report_make(&in, &r, &why));
    says(why.text, rows[i].words);
    desk_report_free(&r);
  }
}

static void absurd_counts(void **state) {
  (void)state;
  n_counts = 0;
  (void)add("2013-02-01", DESK_CRIMINAL, "subpoena", UINT64_MAX);
  for (unsigned f = 0; f < DESK_FORMS; f++) {
    desk_report_input in =
        input((desk_form)f, "2013-01-01",
              f == DESK_FORM_A4 ? "2013-12-31" : "2013-06-30");
    desk_report r = {0};
    desk_trouble why = {""};
    tacet_err err = desk_report_make(&in, &r, &why);
    /* The DSA's tables do not count what the United States asked for; a list
     * has no sums. */
    if (err != TACET_ERR_LIMIT && f != DESK_FORM_DSA && f != DESK_FORM_LIFTED) {
      fail_msg("form %u: %d", f, (int)err);
    }
    desk_report_free(&r);
  }
}

/* ---- what may be named ---- */

static void named_by_themselves(void **state) {
  (void)state;
  n_counts = 0;
  add("2012-01-05", DESK_NATIONAL_SECURITY, "nsl", 3)->lifted =
      day("2013-01-01");
  add("2012-02-05", DESK_NATIONAL_SECURITY, "fisa-content", 1)->lifted =
      day("2013-06-30");
  add("2012-03-05", DESK_NATIONAL_SECURITY, "nsl", 1)->lifted =
      day("2013-07-01"); /* a day too late */
  (void)add("2013-02-01", DESK_NATIONAL_SECURITY, "nsl", 9);
  add("2013-02-01", DESK_CRIMINAL, "subpoena", 9)->lifted = day("2013-02-02");
  desk_report_input in = input(DESK_FORM_LIFTED, "2013-01-01", "2013-06-30");
  char *csv = made(&in, DESK_CSV, NULL);
  assert_string_equal(csv, "Received,Paper,Accounts,May be named since\n"
                           "2012-01-05,nsl,3,2013-01-01\n"
                           "2012-02-05,fisa-content,1,2013-06-30\n");
  free(csv);
  /* It says nothing of the bands, and they nothing of it. */
  desk_report r = {0};
  desk_trouble why = {""};
  assert_ok(desk_report_make(&in, &r, &why));
  assert_int_equal(0, r.n);
  desk_report_free(&r);
  in = input(DESK_FORM_A3, "2013-01-01", "2013-06-30");
  char *before = made(&in, DESK_JSON, NULL);
  for (size_t i = 0; i < n_counts; i++) {
    counts[i].lifted = 0;
  }
  char *after = made(&in, DESK_JSON, NULL);
  assert_string_equal(before, after);
  free(before);
  free(after);
}

/* ---- github, dsa ---- */

static void shape_of_github(void **state) {
  (void)state;
  n_counts = 0;
  (void)add("2026-01-01", DESK_CRIMINAL, "subpoena", 2);
  add("2026-01-02", DESK_CRIMINAL, "search-warrant", 1)->with_data = 0;
  add("2026-02-01", DESK_CRIMINAL, "epoc", 4)->country = "DE";
  add("2026-02-01", DESK_CRIMINAL, "subpoena", 4)->country = "=cmd";
  add("2026-06-30", DESK_EMERGENCY, "emergency", 2)->notified = true;
  add("2026-03-01", DESK_CRIMINAL, "2703d", 2)->gagged = true;
  (void)add("2026-03-01", DESK_NATIONAL_SECURITY, "nsl", 2);
  desk_report_input in = input(DESK_FORM_GITHUB, "2026-01-01", "2026-06-30");
  char *csv = made(&in, DESK_CSV, "requests_received_and_disclosed");
  assert_string_equal(csv,
                      "year,half,type,count_requests_received,count_disclosed\n"
                      "2026,1,criminal or government agency subpoena,1,1\n"
                      "2026,1,criminal court order,1,1\n"
                      "2026,1,criminal search warrant,1,0\n"
                      "2026,1,cross-border request,2,2\n"
                      "2026,1,civil subpoena,0,0\n"
                      "2026,1,exigent circumstances,1,1\n"
                      "2026,1,other,0,0\n");
  free(csv);
  csv = made(&in, DESK_CSV, "cross_border_data_requests");
  assert_string_equal(csv, "year,half,government,government_iso2_code,count\n"
                           "2026,1,Germany,DE,1\n2026,1,other,,1\n");
  free(csv);
  csv = made(&in, DESK_TEXT, NULL); /* a year is no number */
  assert_non_null(strstr(csv, "2026"));
  assert_null(strstr(csv, "2,026"));
  free(csv);
  csv = made(&in, DESK_CSV, "user_notifications_of_legal_request_disclosures");
  assert_string_equal(csv, "year,half,type,count\n"
                           "2026,1,exigent circumstances,0\n"
                           "2026,1,notification,1\n2026,1,gag order,1\n");
  free(csv);
  csv = made(&in, DESK_CSV, "national_security_letters_and_orders");
  assert_string_equal(
      csv, "year,month_range,type,count\n"
           "2026,Jan-Jun,National security letters and orders received,0-249\n"
           "2026,Jan-Jun,Affected accounts,0-249\n");
  free(csv);
  in = input(DESK_FORM_GITHUB, "2025-01-01", "2025-12-31");
  csv = made(&in, DESK_CSV, NULL);
  says(csv, "year,type,count_requests_received,count_disclosed\n");
  says(csv, "\n2025,Jul-Dec,Affected accounts,0-249\n2025,Jan-Jun,");
  free(csv);
  in = input(DESK_FORM_GITHUB, "2012-12-01", "2013-05-31");
  csv = made(&in, DESK_CSV, NULL);
  says(csv, "\n2012-12-01/2013-05-31,other,0,0\n");
  says_not(csv, "0-249");
  free(csv);
}

static size_t lines_of(const char *text) {
  size_t n = 0;
  for (; *text != '\0'; text++) {
    n += *text == '\n' ? 1 : 0;
  }
  return n;
}

static void tables_of_the_dsa(void **state) {
  (void)state;
  static const char header[] =
      "Applicability,Service,Reporting period,Category of illegal content,"
      "\"Description of the sub-category \"\"Other\"\"\",Scope,Number of "
      "orders "
      "to act against illegal content received,Number of specific items of "
      "information included in the total number of orders to act against "
      "illegal content,Median time to inform the authority of the receipt of "
      "the order to act against illegal content,Median time to give effect to "
      "the order to act against illegal content,Number of orders to provide "
      "information,Median time to inform the authority of the receipt of the "
      "order to provide information,Median time to give effect to the order to "
      "provide information,Contextual information on number of orders to act "
      "against illegal content received,Contextual information on number of "
      "specific items of information included in the total number of orders to "
      "act against illegal content,Contextual information on Median time to "
      "inform the authority of the receipt of the order to act against illegal "
      "content,Contextual information on Median time to give effect to the "
      "order to act against illegal content,Contextual information on Number "
      "of orders to provide information,Contextual information on Median time "
      "to inform the authority of the receipt of the order to provide "
      "information,Contextual information on Median time to give effect to the "
      "order to provide information\n";
  n_counts = 0;
  (void)add("2025-07-01", DESK_CRIMINAL, "subpoena", 1);
  add("2025-07-01", DESK_NATIONAL_SECURITY, "nsl", 1)->country = "DE";
  desk_report_input in = input(DESK_FORM_DSA, "2025-07-01", "2025-12-31");
  char *csv = made(&in, DESK_CSV, "part_3_member_states_orders");
  assert_memory_equal(header, csv, sizeof(header) - 1);
  assert_int_equal(182, lines_of(csv)); /* nobody asked: as the template */
  says(csv, ",2025-07-01/2025-12-31,TOTAL,,TOTAL,,,,,0,,,");
  free(csv);
  add("2025-07-01", DESK_CRIMINAL, "epoc", 1)->country = "DE";
  add("2025-08-01", DESK_CRIMINAL, "epoc", 1)->country = "DE";
  add("2025-12-31", DESK_CRIMINAL, "epoc", 1)->country = "SE";
  in.n = n_counts;
  csv = made(&in, DESK_CSV, "part_3_member_states_orders");
  assert_int_equal(186, lines_of(csv));
  says(csv, ",TOTAL,,TOTAL,,,,,3,");
  says(csv, ",STATEMENT_CATEGORY_NOT_SPECIFIED_ORDER,,DE,,,,,2,");
  free(csv);
  csv = made(&in, DESK_CSV, "part_1_summary");
  says(csv, "Applicability,Service,Indicator,Value\n");
  says(csv, ",Starting date of reporting period,2025-07-01\n");
  says(csv, ",Date of the publication of the report,2026-11-24\n");
  free(csv);
}

/* ---- formats ---- */

static void formulas_are_defused(void **state) {
  (void)state;
  static const char *const hostile[] = {"=1+1", "+1", "-1", "@x", "\tx", "\rx"};
  n_counts = 0;
  for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
    desk_report_input in = input(DESK_FORM_DSA, "2025-07-01", "2025-12-31");
    char want[32];
    in.provider = hostile[i];
    (void)snprintf(want, sizeof(want), "\nAll,\"'%s\",", hostile[i]);
    char *csv = made(&in, DESK_CSV, "part_1_summary");
    says(csv, want);
    free(csv);
  }
}

/* Each form in each format, twice: the same bytes, and an HTML page that
 * fetches nothing, runs nothing and escapes names. */
static void rebuilt_as_it_was(void **state) {
  (void)state;
  fill(4321, 9876);
  counts[3].lifted = day("2013-02-01");
  for (unsigned f = 0; f < DESK_FORMS; f++) {
    for (unsigned o = 0; o < DESK_FORMATS; o++) {
      desk_report_input in =
          input((desk_form)f, "2012-12-01",
                f == DESK_FORM_A4 ? "2013-11-30" : "2013-05-31");
      char *one = made(&in, (desk_format)o, NULL);
      char *two = made(&in, (desk_format)o, NULL);
      assert_string_equal(one, two);
      assert_true(strlen(one) > 60);
      if (o == DESK_HTML) {
        says(one, "<html lang=\"en\">");
        says(one, "Example &quot;&amp;&quot; &lt;Sons&gt;");
        says(one, "<th scope=\"col\">");
        says(one, "<th scope=\"row\">");
        says(one, "<caption>");
        says_not(one, "<script");
        says_not(one, "http:");
        says_not(one, "https:");
      }
      free(one);
      free(two);
    }
  }
  desk_report_input in = input(DESK_FORM_A3, "2012-12-01", "2013-05-31");
  char *html = made(&in, DESK_HTML, NULL);
  says(html, "<svg role=\"img\" aria-labelledby=\"c0 d0\"");
  says(html, "<desc id=\"d0\">All national-security demands: 1,000-1,249.");
  free(html);
}

static void not_a_report(void **state) {
  (void)state;
  static const char *const texts[] = {
      "{}",
      "[]",
      "{\"version\":2,\"tables\":[]}",
      "{\"version\":1}",
      "{\"version\":1,\"tables\":[1]}",
      "{\"version\":1,\"tables\":[{\"columns\":[\"a\"],\"rows\":[[1,2]]}]}"};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    json_t *j = json_loads(texts[i], 0, NULL);
    char *text = NULL;
    size_t len;
    assert_non_null(j);
    assert_err(TACET_ERR_ENCODING,
               desk_report_render(j, DESK_TEXT, NULL, &text, &len));
    json_decref(j);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(statements_of_june_2013),
      cmocka_unit_test(states_what_it_says),
      cmocka_unit_test(bands),
      cmocka_unit_test(a_zero_is_not_told),
      cmocka_unit_test(orders_are_late),
      cmocka_unit_test(refused_periods),
      cmocka_unit_test(absurd_counts),
      cmocka_unit_test(named_by_themselves),
      cmocka_unit_test(shape_of_github),
      cmocka_unit_test(tables_of_the_dsa),
      cmocka_unit_test(formulas_are_defused),
      cmocka_unit_test(rebuilt_as_it_was),
      cmocka_unit_test(not_a_report),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
