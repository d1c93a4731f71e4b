/* SPDX-License-Identifier: Apache-2.0
 * Letters: what each kind says, 79 columns whatever stands in a demand, the
 * same text every time. */
#include "tests/unit/desk_rules/corpus.h"

#include "desk/rules/fields_text.h"
#include "desk/rules/letter.h"
#include "desk/rules/prose.h"

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

typedef struct judged {
  desk_request r;
  desk_question q;
  desk_findings f;
  desk_narrowing n;
  desk_letter l;
} judged;

static bool judge(const json_t *request, judged *j) {
  char *text = json_dumps(request, 0);
  desk_trouble why;
  tacet_err e = desk_request_read(tacet_span_str(text), &j->r, &why);
  free(text);
  if (e != TACET_OK) {
    return false;
  }
  j->q = (desk_question){.request = &j->r,
                         .tables = &tables,
                         .today = corpus_day(CORPUS_TODAY),
                         .holdings = corpus_holdings,
                         .n_holdings = corpus_holdings_count()};
  assert_ok(desk_evaluate(&j->q, &j->f));
  assert_ok(desk_narrow(&j->q, "c3f09a1b2c4d5", NULL, 0, &j->n));
  j->l = (desk_letter){.case_id = "c3f09a1b2c4d5",
                       .day = corpus_day(CORPUS_TODAY),
                       .question = &j->q,
                       .findings = &j->f,
                       .narrowing = &j->n};
  return true;
}

static void done(judged *j) {
  desk_narrowing_free(&j->n);
  desk_findings_free(&j->f);
  desk_request_free(&j->r);
}

/* Lines of at most 79 columns of printable text, the last one ended. */
static void check_form(const char *text) {
  size_t column = 0;
  const char *p = text;
  while (*p != '\0') {
    uint32_t c = rules_code_point(&p);
    if (c == '\n') {
      column = 0;
      continue;
    }
    column += rules_width(c);
    if (c < ' ' || column > DESK_LETTER_COLUMNS) {
      fail_msg("U+%04X at column %zu:\n%s", c, column, text);
    }
  }
  assert_true(p > text && p[-1] == '\n');
}

/* Of one or several lines: white space does not matter. */
static bool says(const char *text, const char *words) {
  for (; *text != '\0'; text++) {
    const char *a = text, *b = words;
    while (*b != '\0') {
      if ((*a == ' ' || *a == '\n') && *b == ' ') {
        a += strspn(a, " \n");
        b++;
      } else if (*a == *b) {
        a++;
        b++;
      } else {
        break;
      }
    }
    if (*b == '\0') {
      return true;
    }
  }
  return false;
}

static char *write_kind(const char *instrument, const char *path,
                        const char *value, desk_letter_kind kind, judged *j) {
  json_t *request =
      corpus_clean(&tables, desk_instrument_find(&tables, instrument));
  assert_true(path == NULL || corpus_set(request, path, value));
  assert_true(judge(request, j));
  json_decref(request);
  char *text = NULL;
  desk_trouble why = {""};
  j->l.kind = kind;
  tacet_err e = desk_letter_write(&j->l, &why, &text);
  if (e != TACET_OK) {
    fail_msg("%s", why.text);
  }
  check_form(text);
  return text;
}

static void has_a_head(void **state) {
  (void)state;
  judged j;
  char *t = write_kind("subpoena", NULL, NULL, DESK_LETTER_COVER, &j);
  static const char *const lines[] = {
      ("Example Messenger Ltd\n1 Example Street\nlegal@example.org\n\n"
       "2026-11-10\n\n"),
      "\nTo:              The Authority of Example\n",
      "\n                 A. Example\n",
      "\nYour reference:  1:26-mj-00123\n",
      "\nOur reference:   c3f09a1b2c4d5\n",
      "\nYour document:   a subpoena\n",
      "\n  dated          2026-11-02\n",
      "\n  received       2026-11-03\n"};
  for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
    if (strstr(t, lines[i]) == NULL) {
      fail_msg("no \"%s\" in\n%s", lines[i], t);
    }
  }
  assert_ptr_equal(strstr(t, "Example Messenger Ltd"), t);
  tacet_free(t);
  done(&j);
}

static void a_cover_lists_what_there_is_and_is_not(void **state) {
  (void)state;
  judged j;
  char *t = write_kind("subpoena", NULL, NULL, DESK_LETTER_COVER, &j);
  assert_true(says(t, "- the subscriber's name = Nobody is "
                      "asked for a name."));
  assert_true(says(t, "- the day on which the account was made = handed over. "
                      "The day is held."));
  assert_true(says(t, "forbidden us to tell the user until 2027-05-02"));
  assert_false(says(t, "Annex III"));
  tacet_free(t);
  done(&j);
}

static void narrowing_says_why(void **state) {
  (void)state;
  judged j;
  char *t = write_kind("nsl", "demands", "[\"created\",\"account-id\"]",
                       DESK_LETTER_NARROW, &j);
  assert_true(says(t, "You ask for: the account's id. That is more than a "
                      "national security letter can order"));
  assert_true(says(t, "[V10 category-too-strong;"));
  assert_true(says(t, "- the account's id = not handed over."));
  tacet_free(t);
  done(&j);
}

static void what_is_not_held_is_said_so(void **state) {
  (void)state;
  judged j;
  char *t = write_kind("search-warrant", "demands", "[\"messages\",\"keys\"]",
                       DESK_LETTER_NOT_HELD, &j);
  assert_true(says(t, "Nothing of what it asks for exists with us"));
  assert_true(says(t, "- the contents of messages = They "
                      "are encrypted from device to device."));
  assert_false(says(t, "handed over"));
  tacet_free(t);
  done(&j);
}

static void a_refusal_says_all_reasons(void **state) {
  (void)state;
  judged j;
  char *t = write_kind("subpoena", "demands",
                       "[\"all-users\",\"decrypt\",\"messages\"]",
                       DESK_LETTER_REFUSE, &j);
  assert_true(says(t, "searches among everybody for somebody to suspect"));
  assert_true(says(t, "The document asks us to decrypt, or to help to."));
  assert_true(says(t, "the following does not exist with us in any case: - the "
                      "contents of messages"));
  for (size_t i = 0; i < j.f.n; i++) {
    bool tells = j.f.items[i].rule->answer >= DESK_ANSWER_NARROW;
    if (tells != says(t, j.f.items[i].paragraph)) {
      fail_msg("%s", j.f.items[i].paragraph);
    }
  }
  /* Reasons to refuse stand before questions. */
  assert_true(strstr(t, "reverse-search") < strstr(t, "category-too-strong"));
  tacet_free(t);
  done(&j);
}

static void questions_ask_alone(void **state) {
  (void)state;
  judged j;
  char *t = write_kind("subpoena", "dated", NULL, DESK_LETTER_CLARIFY, &j);
  assert_true(says(t, "1. The document does not say when it was issued."));
  assert_false(says(t, "handed over"));
  tacet_free(t);
  done(&j);
  t = write_kind("subpoena", "instrument", "\"foreign-order\"",
                 DESK_LETTER_OBJECT, &j);
  assert_true(says(t, "served through the authorities of the state"));
  tacet_free(t);
  done(&j);
}

static void a_certificate_gets_annex_3(void **state) {
  (void)state;
  judged j;
  char *t = write_kind("epoc", "pages[1].case_number", "\"2\"",
                       DESK_LETTER_CLARIFY, &j);
  assert_true(says(t, "under Annex III of Regulation (EU) 2023/1543"));
  assert_true(says(t, "[x] it contains manifest errors"));
  assert_true(says(t, "[x] it cannot be carried out: de facto impossibility"));
  assert_true(says(t, "[ ] it is incomplete"));
  assert_true(says(t, "within five days"));
  tacet_free(t);
  done(&j);
  t = write_kind("epoc", "privileges", "[\"press\"]", DESK_LETTER_OBJECT, &j);
  assert_true(says(t, "[x] it could interfere with immunities"));
  tacet_free(t);
  done(&j);
}

static void says_nothing_without_a_reason(void **state) {
  (void)state;
  static const desk_letter_kind kinds[] = {
      DESK_LETTER_CLARIFY, DESK_LETTER_OBJECT, DESK_LETTER_REFUSE};
  for (size_t i = 0; i < 3; i++) {
    judged j;
    desk_trouble why = {""};
    char *text = NULL;
    json_t *request =
        corpus_clean(&tables, desk_instrument_find(&tables, "subpoena"));
    assert_true(judge(request, &j));
    json_decref(request);
    j.l.kind = kinds[i];
    assert_err(TACET_ERR_STATE, desk_letter_write(&j.l, &why, &text));
    assert_null(text);
    assert_non_null(strstr(why.text, desk_letter_kind_name(kinds[i])));
    done(&j);
  }
}

static void needs_a_name_to_sign(void **state) {
  (void)state;
  static const desk_tables unknown = {0};
  judged j;
  desk_trouble why = {""};
  char *text = NULL;
  json_t *request =
      corpus_clean(&tables, desk_instrument_find(&tables, "subpoena"));
  assert_true(judge(request, &j));
  json_decref(request);
  j.q.tables = &unknown;
  assert_err(TACET_ERR_STATE, desk_letter_write(&j.l, &why, &text));
  assert_non_null(strstr(why.text, "--operator"));
  j.l.operator_name = "Operator by Option";
  assert_ok(desk_letter_write(&j.l, &why, &text));
  assert_ptr_equal(strstr(text, "Operator by Option\n"), text);
  tacet_free(text);
  done(&j);
}

/* ---- whatever stands in it ---- */

static const char *const paths[] = {
    "authority.name", "case_number",   "officer.name",
    "addressee",      "statute",       "other_demands[0]",
    "identifiers[0]", "pages[1].name", "gag.basis"};

static void keeps_its_form(void **state) {
  (void)state;
  char longest[DESK_TEXT_MAX + 3];
  memset(longest, 'W', sizeof(longest));
  longest[0] = longest[sizeof(longest) - 2] = '"';
  longest[sizeof(longest) - 1] = '\0';
  const char *const values[] = {
      longest,
      "\"\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd\xe8\xad\xa6\xe5\xaf\x9f"
      "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd\xe8\xad\xa6\xe5\xaf\x9f"
      "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd\xe8\xad\xa6\xe5\xaf\x9f"
      "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd\xe8\xad\xa6\xe5\xaf\x9f"
      "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd\xe8\xad\xa6\xe5\xaf\x9f"
      "\xe6\x9d\xb1\xe4\xba\xac\xe9\x83\xbd\xe8\xad\xa6\xe5\xaf\x9f\"",
      "\"\xf0\x9f\x90\x99 e\xcc\x81\xcc\x81\xcc\x81 \xd8\xb3\xd9\x84\xd8\xa7\"",
      "\"%s%n%100000d\"",
      "\"'; DROP TABLE account; --\"",
      "\"   a    b   \"",
      "\" \""};
  for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
    for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
      json_t *request =
          corpus_clean(&tables, desk_instrument_find(&tables, "subpoena"));
      judged j;
      desk_trouble why;
      char *text = NULL, *again = NULL;
      assert_true(corpus_set(request, "other_demands", "[\"x\"]"));
      assert_true(corpus_set(request, "demands", "[\"decrypt\"]"));
      assert_true(corpus_set(request, paths[i], values[k]));
      assert_true(judge(request, &j));
      j.l.kind = DESK_LETTER_REFUSE;
      assert_ok(desk_letter_write(&j.l, &why, &text));
      check_form(text);
      assert_ok(desk_letter_write(&j.l, &why, &again));
      assert_string_equal(text, again);
      tacet_free(text);
      tacet_free(again);
      done(&j);
      json_decref(request);
    }
  }
}

static void breaks_paragraphs(void **state) {
  (void)state;
  static const struct {
    const char *first, *text, *out;
  } table[] = {
      {"", "", "\n"},
      {"1.  ", "a  b", "1.  a b\n"},
      {"", "  a", "a\n"},
      {"- ",
       "aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa "
       "aaaaaaa",
       "- aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa "
       "aaaaaaaaa aaaaaaa\n"},
      {"- ",
       "aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa "
       "aaaaaaaa",
       "- aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa aaaaaaaaa "
       "aaaaaaaaa\n  aaaaaaaa\n"},
      {"- ",
       "x "
       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
       "aa"
       "aaaaaaaaa y",
       "- x\n  "
       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
       "aa"
       "aaaa\n  aaaaa y\n"},
  };
  for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
    rules_prose t = {NULL, 0, 0, TACET_OK};
    rules_prose_paragraph(&t, table[i].first, table[i].text);
    assert_string_equal(t.p, table[i].out);
    tacet_free(t.p);
  }
}

static tacet_err write_once(void *ctx) {
  judged *j = ctx;
  desk_trouble why;
  char *text;
  TACET_TRY(desk_letter_write(&j->l, &why, &text));
  tacet_free(text);
  return TACET_OK;
}

static void takes_no_memory(void **state) {
  (void)state;
  judged j;
  char *t = write_kind("subpoena", "demands", "[\"decrypt\"]",
                       DESK_LETTER_REFUSE, &j);
  tacet_free(t);
  test_alloc_sweep(write_once, &j);
  done(&j);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(has_a_head),
      cmocka_unit_test(a_cover_lists_what_there_is_and_is_not),
      cmocka_unit_test(narrowing_says_why),
      cmocka_unit_test(what_is_not_held_is_said_so),
      cmocka_unit_test(a_refusal_says_all_reasons),
      cmocka_unit_test(questions_ask_alone),
      cmocka_unit_test(a_certificate_gets_annex_3),
      cmocka_unit_test(says_nothing_without_a_reason),
      cmocka_unit_test(needs_a_name_to_sign),
      cmocka_unit_test(keeps_its_form),
      cmocka_unit_test(breaks_paragraphs),
      cmocka_unit_test(takes_no_memory),
  };
  return cmocka_run_group_tests(tests, read_tables, free_tables);
}
