/* SPDX-License-Identifier: Apache-2.0
 * The tables of law: that the program's rows hold together, the example of
 * docs/protocol/desk-tables.md, and every file that is refused. */
#include "tests/support/support.h"

#include "desk/rules/tables.h"

#include <jansson.h>
#include <string.h>

static const desk_tables own = {0};

static bool lists(desk_texts list, const char *text) {
  for (size_t i = 0; i < list.n; i++) {
    if (strcmp(list.items[i], text) == 0) {
      return true;
    }
  }
  return false;
}

static void rows_hold_together(void **state) {
  (void)state;
  const desk_instrument *row;
  for (size_t i = 0; (row = desk_instrument_at(&own, i)) != NULL; i++) {
    assert_ptr_equal(row, desk_instrument_find(&own, row->code));
    assert_true(row->source != NULL && row->source[0] != '\0');
    assert_true(row->words != NULL && row->authorities.n > 0);
    assert_non_null(desk_kind_name(row->kind));
    assert_int_equal(row->judge_for & ~row->permits, 0);
    assert_int_equal(row->grave_for & ~row->permits, 0);
    assert_int_equal(row->grave_for != 0, row->grave_years > 0);
    assert_int_equal(row->preservation, row->keep_days > 0);
    assert_false(row->prospective && row->permits != 0);
    for (size_t k = 0; k < row->authorities.n; k++) {
      const desk_authority *a =
          desk_authority_find(&own, row->authorities.items[k]);
      assert_non_null(a);
      /* Somebody of the same law signs it. */
      assert_true(strcmp(row->jurisdiction, "any") == 0 ||
                  strcmp(a->jurisdiction, row->jurisdiction) == 0);
    }
    /* A statute of one is not also another's, or none would say which. */
    const desk_instrument *other;
    for (size_t k = i + 1; (other = desk_instrument_at(&own, k)) != NULL; k++) {
      for (size_t s = 0; s < row->statutes.n; s++) {
        assert_true(!lists(other->statutes, row->statutes.items[s]) ||
                    strncmp(row->code, "epoc", 4) == 0);
      }
    }
  }
  const desk_authority *a;
  for (size_t i = 0; (a = desk_authority_at(&own, i)) != NULL; i++) {
    assert_ptr_equal(a, desk_authority_find(&own, a->code));
    assert_true(a->source != NULL && a->words != NULL);
  }
  assert_null(desk_instrument_find(&own, "letter-of-marque"));
}

/* What the desk must never let through, whatever else changes. */
static void weak_papers_permit_no_content(void **state) {
  (void)state;
  static const char *const weak[] = {
      "subpoena",      "order-2703d",         "pen-register",
      "nsl",           "civil-subpoena",      "dsa-10",
      "foreign-order", "fisa-non-content",    "in-it-rules",
      "uk-ipa-data",   "emergency-disclosure"};
  for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
    const desk_instrument *row = desk_instrument_find(&own, weak[i]);
    assert_non_null(row);
    assert_int_equal(row->permits >> DESK_CONTENT & 1, 0);
  }
  assert_int_equal(desk_instrument_find(&own, "nsl")->permits,
                   1 << DESK_SUBSCRIBER);
  assert_int_equal(desk_instrument_find(&own, "foreign-order")->permits, 0);
}

/* ---- citations ---- */

static const struct {
  const char *citation, *statute;
  bool has;
} citations[] = {
    {"18 U.S.C. 2703(d)", "18usc2703(d)", true},
    {"18 U.S.C. \xc2\xa7 2703(d)", "18usc2703(d)", true},
    {"18 U. S. C. \xc2\xa7\xc2\xa0"
     "2703 (D)",
     "18usc2703(d)", true},
    {"pursuant to 18 USC 2703(d) and Rule 41", "18usc2703(d)", true},
    {"18 U.S.C. 2703", "18usc2703(d)", false},
    {"18 U.S.C. 2703(a)", "18usc2703(d)", false},
    {"118 U.S.C. 2703(d)", "18usc2703(d)", false},
    {"18 U.S.C. 27090", "18usc2709", false},
    {"18 U.S.C. 2709(c)", "18usc2709", true},
    {"50 U.S.C. 1881aa", "50usc1881a", false},
    {"Regulation (EU) 2023/1543", "(eu)2023/1543", true},
    {"Art. 5, Regulation (EU) 2023/1543, Annex I", "(eu)2023/1543", true},
    {"Regulation (EU) 2023/15431", "(eu)2023/1543", false},
    {"\xd1\x81", "c", false}, /* a Cyrillic es */
    {"", "18usc2703(d)", false},
};

static void compares_citations(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(citations) / sizeof(citations[0]); i++) {
    if (desk_statute_has(citations[i].citation, citations[i].statute) !=
        citations[i].has) {
      fail_msg("%s, %s", citations[i].citation, citations[i].statute);
    }
  }
}

static void knows_countries(void **state) {
  (void)state;
  assert_true(desk_jurisdiction_has("us", "US"));
  assert_true(desk_jurisdiction_has("uk", "GB"));
  assert_true(desk_jurisdiction_has("eu", "DE"));
  assert_true(desk_jurisdiction_has("eu", "SE"));
  assert_true(desk_jurisdiction_has("any", "ZZ"));
  assert_true(desk_jurisdiction_has("ch", "CH"));
  assert_false(desk_jurisdiction_has("eu", "GB"));
  assert_false(desk_jurisdiction_has("eu", "E "));
  assert_false(desk_jurisdiction_has("eu", ""));
  assert_false(desk_jurisdiction_has("us", ""));
  assert_false(desk_jurisdiction_has("ch", "LI"));
}

/* ---- an operator's file ---- */

static void reads_the_example(void **state) {
  (void)state;
  char page[16 * 1024];
  FILE *f = fopen("docs/protocol/desk-tables.md", "rb");
  assert_non_null(f);
  page[fread(page, 1, sizeof(page) - 1, f)] = '\0';
  (void)fclose(f);
  char *begin = strstr(page, "```json\n");
  assert_non_null(begin);
  begin += strlen("```json\n");
  *strstr(begin, "```") = '\0';
  desk_tables t;
  desk_trouble why;
  assert_ok(desk_tables_read(tacet_span_str(begin), &t, &why));
  assert_string_equal(t.us.name, "Example Messenger Ltd");
  assert_int_equal(t.us.jurisdictions.n, 2);
  const desk_instrument *row = desk_instrument_find(&t, "ch-order");
  assert_non_null(row);
  assert_int_equal(row->permits, 1 << DESK_SUBSCRIBER);
  assert_int_equal(row->answer_days, 30);
  assert_non_null(desk_instrument_find(&t, "epoc"));
  assert_null(desk_instrument_find(&own, "ch-order"));
  char *text = desk_tables_text(&t), *less = desk_tables_text(&own);
  assert_non_null(strstr(text, "ch-prosecutor"));
  assert_non_null(strstr(text, "\"name\":\"Example Messenger Ltd\""));
  assert_string_not_equal(text, less);
  json_t *json = json_loads(less, 0, NULL);
  assert_non_null(json);
  assert_true(json_array_size(json_object_get(json, "instruments")) >= 19);
  json_decref(json);
  free(text);
  free(less);
  desk_tables_free(&t);
}

#define ROW                                                                    \
  "\"words\":\"x\",\"jurisdiction\":\"ch\",\"kind\":\"civil\","                \
  "\"authorities\":[\"us-fbi\"],\"source\":\"x\""
#define AUTHORITY "\"words\":\"x\",\"jurisdiction\":\"ch\",\"source\":\"x\""
#define INSTRUMENTS "{\"version\":1,\"instruments\":["
#define AUTHORITIES "{\"version\":1,\"authorities\":["

static const struct {
  const char *text, *says;
} refused[] = {
    {"", "not JSON"},
    {"{\"version\":9}", "newer version"},
    {"{\"version\":1,\"laws\":[]}", "\"laws\""},
    {"{\"version\":1,\"operator\":{}}", "\"operator.name\""},
    {"{\"version\":1,\"operator\":{\"name\":\"x\",\"logo\":1}}",
     "\"operator.logo\""},
    {INSTRUMENTS "{\"code\":\"x\"}]}", "lacks \"instruments[0].words\""},
    {INSTRUMENTS "{\"code\":\"subpoena\"," ROW "}]}", "there is already"},
    {INSTRUMENTS "{\"code\":\"x\"," ROW "},{\"code\":\"x\"," ROW "}]}",
     "instruments[1] has a code that there is already"},
    {INSTRUMENTS "{\"code\":\"x\"," ROW ",\"permits\":[\"everything\"]}]}",
     "permits[0] must be one of subscriber"},
    {INSTRUMENTS "{\"code\":\"x\"," ROW ",\"permits\":\"content\"}]}",
     "permits must be a list"},
    {INSTRUMENTS "{\"code\":\"x\"," ROW ",\"answer_days\":999999}]}",
     "more than"},
    {INSTRUMENTS "{\"code\":\"x\"," ROW ",\"statutes\":[\"18 USC 1\"]}]}",
     "lower case"},
    {INSTRUMENTS "{\"code\":\"x\"," ROW ",\"gag_bases\":[\"\"]}]}",
     "lower case"},
    {INSTRUMENTS "{\"code\":\"x\",\"words\":\"x\",\"jurisdiction\":\"mars\","
                 "\"kind\":\"civil\",\"authorities\":[\"us-fbi\"],"
                 "\"source\":\"x\"}]}",
     "names no jurisdiction"},
    {INSTRUMENTS "{\"code\":\"x\",\"words\":\"x\",\"jurisdiction\":\"ch\","
                 "\"kind\":\"civil\",\"authorities\":[\"king\"],"
                 "\"source\":\"x\"}]}",
     "an authority that is none"},
    {INSTRUMENTS "{\"code\":\"x\",\"words\":\"x\",\"jurisdiction\":\"ch\","
                 "\"kind\":\"civil\",\"authorities\":[],\"source\":\"x\"}]}",
     "nobody who may sign"},
    {INSTRUMENTS "{\"code\":\"x\",\"words\":\"x\",\"jurisdiction\":\"ch\","
                 "\"kind\":\"civil\",\"authorities\":[\"us-fbi\"],"
                 "\"source\":\"\"}]}",
     "names no source"},
    {AUTHORITIES "{\"code\":\"us-fbi\"," AUTHORITY "}]}", "there is already"},
    {AUTHORITIES "{\"code\":\"x\",\"words\":\"x\",\"jurisdiction\":\"CH\","
                 "\"source\":\"x\"}]}",
     "must be a code"},
    {AUTHORITIES "{\"code\":\"x\",\"words\":\"x\",\"jurisdiction\":\"ch\","
                 "\"source\":\"\"}]}",
     "names no source"},
};

static void refuses_bad_files(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
    desk_tables t = {.instruments = {.n = 7}};
    desk_trouble why = {""};
    tacet_err e = desk_tables_read(tacet_span_str(refused[i].text), &t, &why);
    if (e == TACET_OK || strstr(why.text, refused[i].says) == NULL) {
      fail_msg("%s: \"%s\"", refused[i].text, why.text);
    }
    assert_int_equal(t.instruments.n, 7);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(rows_hold_together),
      cmocka_unit_test(weak_papers_permit_no_content),
      cmocka_unit_test(compares_citations),
      cmocka_unit_test(knows_countries),
      cmocka_unit_test(reads_the_example),
      cmocka_unit_test(refuses_bad_files),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
