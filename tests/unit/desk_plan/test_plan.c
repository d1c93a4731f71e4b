/* SPDX-License-Identifier: Apache-2.0
 * Plans: the text that is signed, what is refused, and that nothing but the
 * same input reads back. */
#include "desk/plan/plan.h"
#include "tacet/crypto.h"
#include "tests/support/support.h"

#include <stdlib.h>

#define RECIPIENT                                                              \
  "age1k2dslpec7tcuuqn7k360v27npxw7lrw8ypcqvenkzxqgxwvxlf6s6px7jh"

static const char *const two[] = {"alice", "bob"};
static const bool there[] = {true, false};

static desk_scope scope_of(desk_category_set categories) {
  return (desk_scope){.case_id = "2026-0001",
                      .instrument = "subpoena",
                      .categories = categories,
                      .handles = two,
                      .n_handles = 2,
                      .from = DESK_NO_DAY,
                      .to = DESK_NO_DAY};
}

static desk_plan_input input_of(const desk_scope *scope) {
  return (desk_plan_input){.scope = scope,
                           .present = there,
                           .purpose = DESK_ANSWER,
                           .recipient = RECIPIENT,
                           .until = DESK_NO_DAY};
}

static void make(const desk_plan_input *in, desk_plan *p) {
  desk_trouble why = {""};
  tacet_err err = desk_plan_make(in, &why, p);
  if (err != TACET_OK) {
    fail_msg("%s: %s", tacet_err_name(err), why.text);
  }
}

/* The whole text, but for the inventory's hash. */
static void test_text(void **state) {
  (void)state;
  DESK_PLAN(p);
  desk_scope scope = scope_of(1u << DESK_SUBSCRIBER);
  desk_plan_input in = input_of(&scope);
  static const char before[] =
      "{\"case\":\"2026-0001\",\"categories\":[\"subscriber\"],\"handles\":[{"
      "\"handle\":\"alice\",\"present\":true},{\"handle\":\"bob\",\"present\":"
      "false}],\"instrument\":\"subpoena\",\"inventory\":\"";
  static const char after[] =
      "\",\"period\":{\"from\":null,\"to\":\"2013-05-31\"},\"purpose\":"
      "\"answer\",\"recipient\":\"" RECIPIENT
      "\",\"source\":null,\"steps\":[{\"gives\":[],\"name\":null,"
      "\"parameters\":[\"handle\","
      "\"to\"],\"reads\":[\"account.id\",\"account.name\",\"account.created\"],"
      "\"rows_max\":1,\"sql\":\"SELECT id FROM account WHERE name = ?1 AND "
      "created <= ?2 LIMIT 2\"},{\"gives\":[{\"as\":\"created\",\"category\":"
      "\"subscriber\",\"column\":\"account.created\",\"form\":\"day\"}],"
      "\"name\":\"account\",\"parameters\":[\"handle\",\"to\"],\"reads\":["
      "\"account.name\",\"account.created\"],\"rows_max\":1,\"sql\":\"SELECT "
      "created FROM account WHERE name = ?1 AND created <= ?2 LIMIT 2\"},{"
      "\"gives\":[{\"as\":\"last_drew_tokens\",\"category\":\"subscriber\","
      "\"column\":\"account.drawn\",\"form\":\"day\"}],\"name\":\"last-use\","
      "\"parameters\":[\"handle\",\"to\",\"to\"],\"reads\":[\"account.name\","
      "\"account.created\",\"account.drawn\"],\"rows_max\":1,\"sql\":\"SELECT "
      "drawn FROM account WHERE name = ?1 AND created <= ?2 AND drawn >= 0 AND "
      "drawn <= ?3 LIMIT 2\"}],\"things\":[],\"until\":null,\"version\":1}";
  assert_true(desk_day_read("2013-05-31", &scope.to));
  make(&in, &p);
  assert_int_equal(strlen(before) + 64 + strlen(after), p.text_len);
  assert_memory_equal(p.text, before, strlen(before));
  assert_string_equal(p.text + strlen(before) + 64, after);
}

/* Two dates, and no other step, is what a subpoena gets. */
static void test_two_dates(void **state) {
  (void)state;
  DESK_PLAN(p);
  desk_scope scope = scope_of(1u << DESK_SUBSCRIBER);
  desk_plan_input in = input_of(&scope);
  make(&in, &p);
  size_t n = 0;
  for (size_t i = 0; i < p.n_steps; i++) {
    n += p.steps[i].n_columns;
    for (size_t c = 0; c < p.steps[i].n_columns; c++) {
      assert_int_equal(TACETD_FORM_DAY, p.steps[i].columns[c]->form);
    }
  }
  assert_int_equal(2, n);
}

/* Every column that answers may have is in exactly one step of the plan that
 * permits all, and in none of one that does not permit its category. */
static void test_every_answer(void **state) {
  (void)state;
  for (desk_category_set set = 1; set < 1u << DESK_CATEGORIES; set++) {
    DESK_PLAN(p);
    desk_scope scope = scope_of(set);
    desk_plan_input in = input_of(&scope);
    make(&in, &p);
    const tacetd_inventory_row *row;
    for (size_t i = 0; (row = tacetd_inventory_at(i)) != NULL; i++) {
      size_t n = 0;
      for (size_t s = 0; s < p.n_steps; s++) {
        for (size_t c = 0; c < p.steps[s].n_columns; c++) {
          n += p.steps[s].columns[c] == row ? 1 : 0;
        }
      }
      desk_category c;
      bool permitted = row->answer != NULL && desk_column_category(row, &c) &&
                       (set >> c & 1u) != 0;
      assert_int_equal(permitted ? 1 : 0, n);
    }
  }
}

static size_t columns_of(desk_thing_set things, const char *only) {
  DESK_PLAN(p);
  DESK_PLAN(again);
  desk_trouble why;
  desk_scope scope = scope_of((1u << DESK_CATEGORIES) - 1);
  desk_plan_input in = input_of(&scope);
  scope.things = things;
  make(&in, &p);
  size_t n = 0;
  for (size_t s = 0; s < p.n_steps; s++) {
    for (size_t c = 0; c < p.steps[s].n_columns; c++) {
      n++;
      if (strncmp(p.steps[s].columns[c]->name, only, strlen(only)) != 0) {
        fail_msg("%s comes as well", p.steps[s].columns[c]->name);
      }
    }
  }
  assert_ok(desk_plan_read(tacet_span_of(p.text, p.text_len), &why, &again));
  assert_int_equal(things, again.scope.things);
  return n;
}

/* Who asks for one day does not get the other, though the paper permits it. */
static void test_things(void **state) {
  (void)state;
  size_t all = columns_of(0, "");
  assert_int_equal(columns_of(1u << DESK_THING_HANDLE, "none"), 0);
  assert_int_equal(columns_of(1u << DESK_THING_CREATED, "account.created"), 1);
  assert_int_equal(columns_of(1u << DESK_THING_LAST_SEEN, "account.drawn"), 1);
  assert_int_equal(columns_of(1u << DESK_THING_ACCOUNT_ID, "account.id"), 1);
  assert_true(columns_of(1u << DESK_THING_DEVICES, "manifest.") > 0);
  assert_true(columns_of(1u << DESK_THING_PUBLIC_KEYS, "") > 0);
  /* How many tokens were drawn answers to no name: nobody asks for that. */
  assert_int_equal(columns_of((1u << DESK_THINGS) - 1, ""), all - 2);
}

static void test_read_back(void **state) {
  (void)state;
  desk_trouble why;
  for (desk_category_set set = 1; set < 1u << DESK_CATEGORIES; set++) {
    DESK_PLAN(p);
    DESK_PLAN(again);
    desk_scope scope = scope_of(set);
    desk_plan_input in = input_of(&scope);
    scope.from = set % 2 == 0 ? DESK_NO_DAY : 15000;
    scope.to = set % 3 == 0 ? DESK_NO_DAY : 16000;
    make(&in, &p);
    assert_ok(desk_plan_read(tacet_span_of(p.text, p.text_len), &why, &again));
    assert_memory_equal(p.hash, again.hash, DESK_HASH);
    assert_string_equal(again.scope.handles[1], "bob");
    assert_false(again.in.present[1]);
  }
}

/* A plan says which account a handle was, without saying its id. */
static void test_pins(void **state) {
  (void)state;
  DESK_PLAN(p);
  DESK_PLAN(again);
  desk_trouble why = {""};
  uint8_t pins[2][DESK_HASH] = {{0}}, other[DESK_HASH];
  uint8_t id[32];
  char hex[2 * DESK_HASH + 1], want[128];
  desk_scope scope = scope_of(1u << DESK_SUBSCRIBER);
  desk_plan_input in = input_of(&scope);
  memset(id, 7, sizeof(id));
  assert_ok(desk_plan_pin(scope.case_id, tacet_span_of(id, 32), pins[0]));
  assert_ok(desk_plan_pin("2026-0002", tacet_span_of(id, 32), other));
  assert_memory_not_equal(pins[0], other, DESK_HASH);
  id[31]++;
  assert_ok(desk_plan_pin(scope.case_id, tacet_span_of(id, 32), other));
  assert_memory_not_equal(pins[0], other, DESK_HASH);
  memset(pins[1], 9, DESK_HASH); /* of who is not there nothing is said */
  in.pins = (const uint8_t(*)[DESK_HASH])pins;
  make(&in, &p);
  tacet_hex_write(tacet_span_of(pins[0], DESK_HASH), hex);
  (void)snprintf(want, sizeof(want),
                 "[{\"handle\":\"alice\",\"pin\":\"%s\",\"present\":true},",
                 hex);
  assert_non_null(strstr(p.text, want));
  assert_non_null(strstr(p.text, "{\"handle\":\"bob\",\"present\":false}]"));
  assert_ok(desk_plan_read(tacet_span_of(p.text, p.text_len), &why, &again));
  assert_memory_equal(again.in.pins[0], pins[0], DESK_HASH);
  assert_memory_equal(p.hash, again.hash, DESK_HASH);
  /* A pin of who is not there, half of one, none for one of two. */
  static const struct {
    const char *was, *is;
    tacet_err err;
  } changes[] = {
      {"\"bob\",", "\"bob\",\"pin\":\"00\",", TACET_ERR_ENCODING},
      {"\"bob\",",
       "\"bob\",\"pin\":\""
       "0101010101010101010101010101010101010101010101010101010101010101\",",
       TACET_ERR_STATE},
      {"\"present\":false", "\"present\":true", TACET_ERR_STATE},
  };
  for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
    DESK_PLAN(bad);
    char text[8192];
    const char *at = strstr(p.text, changes[i].was);
    assert_non_null(at);
    int n = snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - p.text), p.text,
                     changes[i].is, at + strlen(changes[i].was));
    assert_err(changes[i].err,
               desk_plan_read(tacet_span_of(text, (size_t)n), &why, &bad));
  }
}

/* Whatever is changed: the SQL, a name, a day, one space. */
static void test_changed(void **state) {
  (void)state;
  static const struct {
    const char *was, *is;
  } changes[] = {
      {"SELECT drawn FROM", "SELECT draw_hash FROM"},
      {"LIMIT 2\"}],", "LIMIT 3\"}],"},
      {"\"account.created\",\"account.drawn\"]", "\"account.drawn\"]"},
      {"[\"subscriber\"]", "[\"identification\"]"},
      {"[\"subscriber\"]", "[\"subscriber\",\"subscriber\"]"},
      {"\"from\":null", "\"from\":\"2012-12-01\""},
      {"\"present\":false", "\"present\":true "},
      {"\"rows_max\":1", "\"rows_max\":2"},
      {"\"version\":1", "\"version\":2"},
      {"\"version\":1}", "\"version\":1,\"x\":1}"},
      {"{\"case\"", "{ \"case\""},
      {"\"version\":1}", "\"version\":1}\n"},
  };
  DESK_PLAN(p);
  desk_scope scope = scope_of(1u << DESK_SUBSCRIBER);
  desk_plan_input in = input_of(&scope);
  scope.to = 16000;
  make(&in, &p);
  for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
    DESK_PLAN(again);
    desk_trouble why = {""};
    char text[8192];
    const char *at = strstr(p.text, changes[i].was);
    assert_non_null(at);
    int n = snprintf(text, sizeof(text), "%.*s%s%s", (int)(at - p.text), p.text,
                     changes[i].is, at + strlen(changes[i].was));
    assert_err(TACET_ERR_STATE,
               desk_plan_read(tacet_span_of(text, (size_t)n), &why, &again));
    assert_true(strlen(why.text) > 20);
  }
  /* With another inventory's hash. */
  DESK_PLAN(again);
  desk_trouble why;
  char *at = strstr(p.text, "\"inventory\":\"") + strlen("\"inventory\":\"");
  *at = *at == '0' ? '1' : '0';
  assert_err(TACET_ERR_STATE,
             desk_plan_read(tacet_span_of(p.text, p.text_len), &why, &again));
}

static void test_no_plan(void **state) {
  (void)state;
  static const char *const texts[] = {
      "",
      "{}",
      "[]",
      "null",
      "{\"handles\":[]}",
      "{\"handles\":[{}]}",
      "{\"handles\":[{\"handle\":\"x\"}]}",
      "{\"handles\":[{\"handle\":\"x\"}],\"handles\":[]}",
      "{\"handles\":[{\"handle\":7}],\"version\":1}"};
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    DESK_PLAN(p);
    desk_trouble why;
    assert_err(TACET_ERR_ENCODING,
               desk_plan_read(tacet_span_str(texts[i]), &why, &p));
  }
}

static void expect_refused(const desk_plan_input *in, const char *words) {
  DESK_PLAN(p);
  desk_trouble why = {""};
  assert_err(TACET_ERR_ARGUMENT, desk_plan_make(in, &why, &p));
  assert_non_null(strstr(why.text, words));
  assert_null(p.text);
}

static void test_refused(void **state) {
  (void)state;
  desk_scope scope = scope_of(1u << DESK_SUBSCRIBER);
  desk_plan_input in = input_of(&scope);
#define WITH(change, words)                                                    \
  scope = scope_of(1u << DESK_SUBSCRIBER), in = input_of(&scope), change,      \
  expect_refused(&in, words)
  WITH(scope.n_handles = 0, "no account");
  WITH(scope.n_handles = DESK_PLAN_HANDLES_MAX + 1, "divide");
  WITH(scope.categories = 0, "no category");
  WITH(scope.categories = 1u << DESK_CATEGORIES, "no category");
  WITH(scope.things = 1u << DESK_THINGS, "a thing that is none");
  WITH((scope.from = 10, scope.to = 9), "before it begins");
  WITH(scope.case_id = "", "no id");
  WITH(scope.instrument = "\xff", "no id");
  WITH(in.recipient = NULL, "age1");
  WITH(in.recipient = "age1me", "age1");
  WITH(in.purpose = DESK_PRESERVE, "end date");
  WITH((in.purpose = DESK_PRESERVE, in.recipient = NULL), "end date");
#undef WITH
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_text),         cmocka_unit_test(test_two_dates),
      cmocka_unit_test(test_every_answer), cmocka_unit_test(test_things),
      cmocka_unit_test(test_read_back),    cmocka_unit_test(test_pins),
      cmocka_unit_test(test_changed),      cmocka_unit_test(test_no_plan),
      cmocka_unit_test(test_refused)};
  return tacet_crypto_init() != TACET_OK
             ? 1
             : cmocka_run_group_tests(tests, NULL, NULL);
}
