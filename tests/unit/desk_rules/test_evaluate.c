/* SPDX-License-Identifier: Apache-2.0
 * Evaluation: demands without a fault are not refused; every planted fault is
 * found on every paper that it fits; every field matters; forged emergencies
 * do not pass. */
#include "tests/unit/desk_rules/corpus.h"

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

/* ---- clean ---- */

static void clean_ones_are_not_refused(void **state) {
  (void)state;
  const desk_instrument *i;
  size_t n = 0;
  for (size_t k = 0; (i = desk_instrument_at(&tables, k)) != NULL; k++) {
    json_t *request = corpus_clean(&tables, i);
    if (request == NULL) { /* nothing else is refused as a kind */
      assert_true(i->prospective || strcmp(i->code, "foreign-order") == 0);
      continue;
    }
    desk_findings f;
    corpus_evaluate(&tables, request, &f);
    for (size_t j = 0; j < f.n; j++) {
      const desk_rule *rule = f.items[j].rule;
      if (rule->automatic && rule->severity > DESK_NOTE) {
        fail_msg("%s: %s: %s", i->code, rule->code, f.items[j].paragraph);
      }
    }
    assert_int_equal(desk_findings_propose(&f), DESK_ANSWER_ACCEPT);
    desk_findings_free(&f);
    json_decref(request);
    n++;
  }
  assert_true(n >= 17);
}

/* ---- faults ---- */

#define CYRILLIC_A "\xd0\xb0"
#define SIXTY_FOUR                                                             \
  "\"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdee\""

/* Which papers a fault fits. */
enum {
  ANY = 0,
  SIGNED = 1,
  DATED = 2, /* asks for what needs a period */
  GAGGED = 4,
  EMERGENCY = 8,
  TONGUE = 16,
  CITED = 32,
  KNOWN_DOMAIN = 64,
  GRAVE = 128,
  NOT_NS = 256,
  HOME = 512 /* signed by an authority of a known state */
};

static const struct {
  const char *path, *value, *code;
  unsigned fits;
} faults[] = {
    {"addressee", "\"Other Messenger GmbH\"", "addressee-wrong", ANY},
    {"addressee", "\"Ex" CYRILLIC_A "mple Messenger Ltd\"", "addressee-wrong",
     ANY},
    {"addressee", NULL, "addressee-missing", ANY},
    {"instrument", "\"letter-of-marque\"", "instrument-unknown", ANY},
    {"authority.code", NULL, "authority-unknown", ANY},
    {"authority.code", "\"ministry-of-truth\"", "authority-unknown", ANY},
    {"authority.code", "\"foreign-authority\"", "authority-not-competent", ANY},
    {"authority.code", "\"us-party\"", "authority-not-competent", NOT_NS},
    {"authority.name", NULL, "authority-unnamed", ANY},
    {"authority", NULL, "authority-unknown", ANY},
    {"signature", NULL, "signature-missing", SIGNED},
    {"signature.kind", "\"none\"", "signature-missing", SIGNED},
    {"signature.checked", "\"invalid\"", "signature-invalid", ANY},
    {"signature.checked", "\"unchecked\"", "signature-unchecked", ANY},
    {"signature.checked", NULL, "signature-unchecked", ANY},
    {"dated", NULL, "date-missing", ANY},
    {"dated", "\"2026-11-04\"", "date-future", ANY},
    {"dated", "\"9999-12-31\"", "date-future", ANY},
    {"dated", "\"2026-05-31\"", "date-before-offence", ANY},
    {"expires", "\"2026-11-02\"", "date-expired", ANY},
    {"received", "\"2026-11-11\"", "received-future", ANY},
    {"received", "\"9999-12-31\"", "received-future", ANY},
    {"deadline", "\"2026-11-02\"", "deadline-past", ANY},
    {"period", "{\"from\":\"2026-07-02\",\"to\":\"2026-07-01\"}",
     "period-inverted", ANY},
    {"period", "{\"from\":\"9999-12-31\",\"to\":\"2026-07-01\"}",
     "period-inverted", ANY},
    {"period", "{\"from\":\"2025-10-31\",\"to\":\"2026-11-01\"}",
     "period-too-wide", DATED},
    {"period", "{\"from\":\"1970-01-01\",\"to\":\"9999-12-31\"}",
     "period-too-wide", DATED},
    {"period.to", "\"2026-11-04\"", "period-future", ANY},
    {"period.to", "\"9999-12-31\"", "period-future", ANY},
    {"period", "{\"from\":\"2025-10-31\",\"to\":\"2025-12-31\"}",
     "period-before-service", ANY},
    {"period", NULL, "period-missing", DATED},
    {"period.from", NULL, "period-missing", DATED},
    {"period.to", NULL, "period-missing", DATED},
    {"identifiers", NULL, "identifier-missing", ANY},
    {"identifiers", "[]", "identifier-missing", ANY},
    {"identifiers[0]", "\"m*\"", "identifier-malformed", ANY},
    {"identifiers[0]", "\"mallory'; DROP TABLE account;--\"",
     "identifier-malformed", ANY},
    {"identifiers[0]", "\"m" CYRILLIC_A "llory\"", "identifier-lookalike", ANY},
    {"identifiers[0]", "\"mallory@ex" CYRILLIC_A "mple.org\"",
     "identifier-lookalike", ANY},
    {"identifiers[0]", "\"mallory@example.com\"", "identifier-not-ours", ANY},
    {"identifiers[0]", "\"+1 202 555 0199\"", "identifier-not-ours", ANY},
    {"identifiers[0]", "\"10.0.0.1\"", "identifier-none-ours", ANY},
    {"identifiers", "[\"mallory\",\"trent\"]", "identifier-mismatch", ANY},
    {"pages[1].identifiers", "[\"ma11ory\"]", "identifier-mismatch", ANY},
    {"pages[1].identifiers", "[\"mallory\",\"trent\"]", "identifier-mismatch",
     ANY},
    {"case_number", NULL, "case-number-missing", ANY},
    {"case_number", "\"1:26-mj-00124\"", "case-number-differs", ANY},
    {"pages[1].case_number", "\"1:26-mj-0123\"", "case-number-differs", ANY},
    {"demands", "[\"created\",\"payment\"]", "not-held", ANY},
    {"demands", "[\"all-users\"]", "reverse-search", ANY},
    {"demands", "[\"created\",\"area\"]", "reverse-search", ANY},
    {"demands", "[\"keyword\"]", "reverse-search", ANY},
    {"demands", "[\"contact-of\",\"messages\"]", "reverse-search", ANY},
    {"demands", "[\"ip-user\"]", "reverse-search", ANY},
    {"demands", NULL, "demand-missing", ANY},
    {"demands", "[]", "demand-missing", ANY},
    {"other_demands", "[\"Any and all records\"]", "demand-overbroad", ANY},
    {"other_demands", "[\"numbers of loyalty programmes\"]", "demand-unclear",
     ANY},
    {"demands", "[\"decrypt\"]", "act-demanded", ANY},
    {"demands", "[\"created\",\"real-time\"]", "act-demanded", ANY},
    {"demands", "[\"collect\"]", "act-demanded", ANY},
    {"demands", "[\"change-system\"]", "act-demanded", ANY},
    {"instrument", "\"pen-register\"", "prospective", ANY},
    {"instrument", "\"pen-register\"", "nothing-permitted", ANY},
    {"instrument", "\"foreign-order\"", "foreign-order", ANY},
    {"authority.country", "\"KP\"", "authority-country", HOME},
    {"authority.country", NULL, "authority-country", ANY},
    {"gag", "{\"until\":\"2027-05-02\"}", "gag-no-basis", ANY},
    {"gag", "{\"basis\":\"\",\"until\":\"2027-05-02\"}", "gag-no-basis", ANY},
    {"gag", "{\"basis\":\"because we say so\",\"until\":\"2027-05-02\"}",
     "gag-basis-wrong", ANY},
    {"gag.until", NULL, "gag-no-end", GAGGED | NOT_NS},
    {"gag.until", "\"9999-12-31\"", "gag-no-end", GAGGED | NOT_NS},
    {"gag.until", "\"2026-11-09\"", "gag-past", GAGGED},
    {"document.sha256",
     "\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"",
     "duplicate", ANY},
    {"officer.name", NULL, "officer-unnamed", ANY},
    {"officer.mail", NULL, "officer-mail-missing", ANY},
    {"officer.mail", "\"a@agency-gov.example.com\"", "officer-domain",
     KNOWN_DOMAIN},
    {"officer.mail", "\"a@agency.gov.example.com\"", "officer-domain",
     KNOWN_DOMAIN},
    {"officer.mail", "\"a@notfbi.gov.evil\"", "officer-domain", KNOWN_DOMAIN},
    {"officer.mail", "\"a@b@agency.gov\"", "officer-domain", ANY},
    {"officer.mail", "\"a@" CYRILLIC_A "gency.gov\"", "officer-domain", ANY},
    {"officer.mail", "\"the usual address\"", "officer-domain", ANY},
    {"officer.mail_checked", "\"invalid\"", "mail-forged", ANY},
    {"officer.mail_checked", NULL, "mail-unchecked", ANY},
    {"officer", NULL, "officer-unnamed", ANY},
    {"officer.callback", NULL, "callback-missing", ANY},
    {"officer.callback.on", NULL, "callback-missing", ANY},
    {"officer.callback.by", NULL, "callback-missing", ANY},
    {"emergency", NULL, "emergency-facts", EMERGENCY},
    {"emergency.who", NULL, "emergency-facts", EMERGENCY},
    {"emergency.harm", "\"n/a\"", "emergency-facts", EMERGENCY},
    {"emergency.why", "\"urgent\"", "emergency-facts", EMERGENCY},
    {"emergency.when", "\"as soon as\"", "emergency-facts", EMERGENCY},
    {"officer.callback", NULL, "emergency-callback", EMERGENCY},
    {"language", NULL, "language-missing", TONGUE},
    {"language", "\"fi\"", "language-foreign", TONGUE},
    {"statute", NULL, "statute-missing", ANY},
    {"statute", "\"the law of the land\"", "statute-unknown", CITED},
    {"statute", "\"18 U.S.C. 3123\"", "statute-mismatch", CITED},
    {"kind", "\"civil\"", "kind-wrong", NOT_NS},
    {"kind", "\"national-security\"", "kind-wrong", NOT_NS},
    {"kind", "\"criminal\"", "kind-wrong", EMERGENCY},
    {"identifier_list", "{\"sha256\":" SIXTY_FOUR ",\"count\":2}",
     "list-differs", ANY},
    {"privileges", "[\"press\"]", "privilege", ANY},
    {"cost", "{\"amount\":5000,\"currency\":\"USD\"}", "cost-basis", ANY},
    {"offence.max_years", "2", "offence-too-light", GRAVE},
    {"offence", NULL, "offence-too-light", GRAVE},
    {"authority.code", "\"eu-prosecutor\"", "judge-needed", GRAVE},
};

/* What of `fits` a paper's clean demand has. */
static unsigned has(const desk_instrument *i, json_t *request) {
  const char *demands = json_dumps(json_object_get(request, "demands"), 0);
  static const char *const dated[] = {"messages", "message-records",
                                      "call-records", "ip-history", "sessions"};
  bool period = false;
  for (size_t k = 0; k < sizeof(dated) / sizeof(dated[0]); k++) {
    period = period || strstr(demands, dated[k]) != NULL;
  }
  bool grave = i->grave_years > 0 && strstr(demands, "messages") != NULL;
  free((void *)(uintptr_t)demands);
  const desk_authority *a = desk_authority_find(
      &tables, json_string_value(json_object_get(
                   json_object_get(request, "authority"), "code")));
  unsigned all = i->unsigned_ok ? 0 : SIGNED;
  all |= period ? DATED : 0;
  all |= i->gag_bases.n > 0 ? GAGGED : 0;
  all |= i->emergency ? EMERGENCY : 0;
  all |= i->language ? TONGUE : 0;
  all |= i->statutes.n > 0 ? CITED : 0;
  all |= a->domains.n > 0 ? KNOWN_DOMAIN : 0;
  all |= grave ? GRAVE : 0;
  all |= strcmp(a->code, "police") != 0 ? HOME : 0;
  all |= i->kind != DESK_NATIONAL_SECURITY ? NOT_NS : 0;
  return all;
}

/* Papers on which a fault cannot be told from another thing. */
static bool is_exempt(const desk_instrument *i, const char *code) {
  bool emergency = i->emergency && strcmp(code, "callback-missing") == 0;
  bool party = strcmp(i->code, "civil-subpoena") == 0 &&
               (strcmp(code, "authority-not-competent") == 0 ||
                strcmp(code, "kind-wrong") == 0);
  return emergency || party;
}

static const desk_earlier earlier = {
    .case_id = "c0ffee",
    .document =
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    .authority = "",
    .case_number = "",
    .instrument = "",
    .dated = DESK_NO_DAY};

static size_t plant(const desk_instrument *i, size_t k) {
  json_t *request = corpus_clean(&tables, i);
  if (request == NULL || (faults[k].fits & ~has(i, request)) != 0 ||
      is_exempt(i, faults[k].code) ||
      !corpus_set(request, faults[k].path, faults[k].value)) {
    json_decref(request);
    return 0;
  }
  desk_findings f;
  desk_trouble why = {""};
  if (!corpus_try(&tables, request, &earlier, 1, &f, &why)) {
    fail_msg("%s, %s: %s", i->code, faults[k].path, why.text);
  }
  if (corpus_find(&f, faults[k].code) == NULL) {
    fail_msg("%s: %s = %s: %s not found", i->code, faults[k].path,
             faults[k].value == NULL ? "nothing" : faults[k].value,
             faults[k].code);
  }
  desk_findings_free(&f);
  json_decref(request);
  return 1;
}

static void every_planted_fault_is_found(void **state) {
  (void)state;
  size_t n = 0;
  const desk_instrument *i;
  for (size_t k = 0; k < sizeof(faults) / sizeof(faults[0]); k++) {
    size_t before = n;
    for (size_t j = 0; (i = desk_instrument_at(&tables, j)) != NULL; j++) {
      n += plant(i, k);
    }
    if (n == before) {
      fail_msg("%s fits no paper", faults[k].code);
    }
  }
  print_message("%zu demands with a planted fault\n", n);
  assert_true(n >= 1000);
}

/* Codes that the table above does not plant need another demand or tables. */
static const char *const elsewhere[] = {
    "category-too-strong",  "holding-unknown",  "jurisdiction",
    "jurisdiction-unknown", "gag-review",       "officer-domain-unknown",
    "list-missing",         "conflict-of-laws", "date-expired"};

static void every_rule_has_a_fault(void **state) {
  (void)state;
  const desk_rule *rule;
  for (size_t i = 0; (rule = desk_rule_at(i)) != NULL; i++) {
    bool planted = false;
    for (size_t k = 0; k < sizeof(faults) / sizeof(faults[0]); k++) {
      planted = planted || strcmp(faults[k].code, rule->code) == 0;
    }
    for (size_t k = 0; k < sizeof(elsewhere) / sizeof(elsewhere[0]); k++) {
      planted = planted || strcmp(elsewhere[k], rule->code) == 0;
    }
    if (!planted) {
      fail_msg("%s is planted nowhere", rule->code);
    }
    assert_true(rule->number[0] == 'V' && strlen(rule->number) == 3);
    /* No law was held against its text yet: who changes that changes this. */
    bool law = strstr(rule->source, "U.S.C.") != NULL ||
               strstr(rule->source, "Regulation") != NULL ||
               strstr(rule->source, "treaties") != NULL;
    assert_int_equal(rule->confirmed, !law);
    for (size_t k = 0; k < i; k++) {
      assert_string_not_equal(desk_rule_at(k)->code, rule->code);
      assert_true(strcmp(desk_rule_at(k)->number, rule->number) <= 0);
    }
  }
}

/* With its number, for whoever gets a letter. */
static void the_manual_lists_every_code(void **state) {
  (void)state;
  static char page[128 * 1024];
  FILE *f = fopen("docs/man/tacet-desk.8.scd", "rb");
  assert_non_null(f);
  page[fread(page, 1, sizeof(page) - 1, f)] = '\0';
  (void)fclose(f);
  const desk_rule *rule;
  for (size_t i = 0; (rule = desk_rule_at(i)) != NULL; i++) {
    char number[16];
    (void)snprintf(number, sizeof(number), "|  %s\n", rule->number);
    const char *row = strstr(page, number);
    assert_non_null(row);
    const char *next = strstr(row + 1, "\n|");
    const char *code = strstr(row, rule->code);
    if (code == NULL || (next != NULL && code > next)) {
      fail_msg("the manual lacks %s at %s", rule->code, rule->number);
    }
  }
}

static void expect(const char *instrument, const char *path, const char *value,
                   const char *code, desk_severity severity) {
  json_t *request =
      corpus_clean(&tables, desk_instrument_find(&tables, instrument));
  desk_findings f;
  if (path != NULL) {
    assert_true(corpus_set(request, path, value));
  }
  corpus_evaluate(&tables, request, &f);
  const desk_finding *found = corpus_find(&f, code);
  if (found == NULL || found->rule->severity != severity) {
    fail_msg("%s: %s not found", instrument, code);
  }
  desk_findings_free(&f);
  json_decref(request);
}

static void finds_what_needs_other_demands(void **state) {
  (void)state;
  expect("subpoena", "demands", "[\"created\",\"messages\"]",
         "category-too-strong", DESK_WARN);
  expect("order-2703d", "demands", "[\"messages\"]", "nothing-permitted",
         DESK_BLOCK);
  expect("nsl", "demands", "[\"created\",\"ip-history\"]",
         "category-too-strong", DESK_WARN);
  expect("nsl", "gag.until", NULL, "gag-review", DESK_WARN);
  expect("fisa-content", "gag.until", "\"9999-12-31\"", "gag-review",
         DESK_WARN);
  expect("civil-subpoena", "gag",
         "{\"basis\":\"18 U.S.C. 2705(b)\",\"until\":\"2027-01-01\"}",
         "gag-basis-wrong", DESK_BLOCK);
  expect("search-warrant", "dated", "\"2026-10-19\"", "date-expired",
         DESK_BLOCK);
  expect("epoc", NULL, NULL, "conflict-of-laws", DESK_NOTE);
  expect("epoc", NULL, NULL, "officer-domain-unknown", DESK_WARN);
}

static void finds_what_needs_other_tables(void **state) {
  (void)state;
  static const desk_tables unknown = {0};
  json_t *request =
      corpus_clean(&tables, desk_instrument_find(&tables, "subpoena"));
  desk_findings f;
  corpus_evaluate(&unknown, request, &f);
  assert_non_null(corpus_find(&f, "jurisdiction-unknown"));
  assert_null(corpus_find(&f, "addressee-wrong")); /* cannot be known */
  desk_findings_free(&f);
  desk_tables eu;
  desk_trouble why;
  assert_ok(desk_tables_read(
      TACET_SPAN_LIT("{\"version\":1,\"operator\":{\"name\":\"Example "
                     "Messenger Ltd\",\"domain\":\"example.org\","
                     "\"jurisdictions\":[\"eu\"],\"list_from\":1}}"),
      &eu, &why));
  assert_true(corpus_set(request, "identifiers", "[\"a\",\"b\"]"));
  corpus_evaluate(&eu, request, &f);
  const desk_finding *j = corpus_find(&f, "jurisdiction");
  assert_non_null(j);
  assert_int_equal(j->rule->answer, DESK_ANSWER_OBJECT);
  assert_non_null(corpus_find(&f, "list-missing"));
  desk_findings_free(&f);
  desk_tables_free(&eu);
  json_decref(request);
}

static void asks_about_what_the_inventory_does_not_say(void **state) {
  (void)state;
  json_t *json =
      corpus_clean(&tables, desk_instrument_find(&tables, "subpoena"));
  char *text = json_dumps(json, 0);
  desk_request r;
  desk_trouble why;
  desk_findings f;
  assert_ok(desk_request_read(tacet_span_str(text), &r, &why));
  const desk_question q = {
      .request = &r, .tables = &tables, .today = corpus_day(CORPUS_TODAY)};
  assert_ok(desk_evaluate(&q, &f));
  assert_non_null(corpus_find(&f, "holding-unknown"));
  assert_null(corpus_find(&f, "not-held")); /* nothing is denied unseen */
  desk_findings_free(&f);
  desk_request_free(&r);
  free(text);
  json_decref(json);
}

static void a_corrected_paper_is_no_duplicate(void **state) {
  (void)state;
  json_t *request =
      corpus_clean(&tables, desk_instrument_find(&tables, "subpoena"));
  desk_earlier before = {.case_id = "c0ffee",
                         .document = "",
                         .authority = "THE AUTHORITY OF EXAMPLE",
                         .case_number = "1:26-mj-00123",
                         .instrument = "subpoena",
                         .dated = corpus_day("2026-11-02")};
  desk_findings f;
  desk_trouble why;
  assert_true(corpus_try(&tables, request, &before, 1, &f, &why));
  assert_non_null(corpus_find(&f, "duplicate"));
  desk_findings_free(&f);
  assert_true(corpus_set(request, "replaces", "\"c0ffee\""));
  assert_true(corpus_try(&tables, request, &before, 1, &f, &why));
  assert_null(corpus_find(&f, "duplicate"));
  desk_findings_free(&f);
  json_decref(request);
}

/* ---- every field ---- */

/* Fields that may be left out without anything to say about it. */
static const char *const optional[] = {"pages",
                                       "pages[0].name",
                                       "pages[0].case_number",
                                       "pages[0].identifiers",
                                       "pages[1].name",
                                       "pages[1].case_number",
                                       "pages[1].identifiers",
                                       "pages[0]",
                                       "pages[1]",
                                       "pages[0].identifiers[0]",
                                       "pages[1].identifiers[0]",
                                       "deadline",
                                       "offence",
                                       "offence.name",
                                       "offence.max_years",
                                       "offence.from",
                                       "document",
                                       "document.sha256",
                                       "document.name",
                                       "gag",
                                       "officer.phone",
                                       "language",
                                       "period",
                                       "period.from",
                                       "period.to",
                                       "demands[0]",
                                       "demands[1]",
                                       "demands[2]",
                                       "demands[3]",
                                       "authority.state",
                                       "signature"};

static bool is_optional(const char *path) {
  for (size_t i = 0; i < sizeof(optional) / sizeof(optional[0]); i++) {
    if (strcmp(optional[i], path) == 0) {
      return true;
    }
  }
  return false;
}

static const char *const odd[] = {NULL,
                                  "\"\"",
                                  "\"'; DROP TABLE account; --\"",
                                  "\"=HYPERLINK(1)\"",
                                  "\"9999-12-31\"",
                                  "\"1970-01-01\"",
                                  "\"\xf0\x9f\x90\x99\"",
                                  "\"%s%n%p\"",
                                  "0",
                                  "-1",
                                  "1e9",
                                  "true",
                                  "null",
                                  "[]",
                                  "{}",
                                  "[[]]",
                                  "\"\\u202ex\"",
                                  "\"\\n\""};

/* Refused in one sentence, or evaluated twice alike. */
static void mutate(json_t *clean, const char *path, const char *value) {
  json_t *request = json_deep_copy(clean);
  desk_findings f, again;
  desk_trouble why = {""};
  assert_true(corpus_set(request, path, value));
  if (!corpus_try(&tables, request, NULL, 0, &f, &why)) {
    assert_true(why.text[0] != '\0' && strchr(why.text, '\n') == NULL);
    json_decref(request);
    return;
  }
  corpus_evaluate(&tables, request, &again);
  assert_int_equal(f.n, again.n);
  size_t automatic = 0;
  for (size_t i = 0; i < f.n; i++) {
    assert_string_equal(f.items[i].paragraph, again.items[i].paragraph);
    assert_ptr_equal(f.items[i].rule, again.items[i].rule);
    assert_null(strchr(f.items[i].paragraph, '\n'));
    const desk_rule *rule = f.items[i].rule;
    automatic += rule->automatic && rule->severity > DESK_NOTE ? 1 : 0;
  }
  if (value == NULL && automatic == 0 && !is_optional(path)) {
    fail_msg("nobody notices that %s is not there", path);
  }
  desk_findings_free(&f);
  desk_findings_free(&again);
  json_decref(request);
}

/* n: how many of the odd values, of which the first is that it is not there. */
static void mutate_all(json_t *clean, json_t *in, const char *path, size_t n) {
  const char *key;
  json_t *member;
  size_t i;
  char next[200];
  if (path[0] != '\0') {
    for (size_t k = 0; k < n; k++) {
      mutate(clean, path, odd[k]);
    }
  }
  json_object_foreach(in, key, member) {
    (void)snprintf(next, sizeof(next), "%s%s%s", path, path[0] ? "." : "", key);
    mutate_all(clean, member, next, n);
  }
  json_array_foreach(in, i, member) {
    (void)snprintf(next, sizeof(next), "%s[%zu]", path, i);
    mutate_all(clean, member, next, n);
  }
}

static void every_field_matters(void **state) {
  (void)state;
  const desk_instrument *i;
  for (size_t k = 0; (i = desk_instrument_at(&tables, k)) != NULL; k++) {
    json_t *clean = corpus_clean(&tables, i);
    if (clean != NULL) {
      bool all = strcmp(i->code, "epoc-emergency") == 0;
      mutate_all(clean, clean, "", all ? sizeof(odd) / sizeof(odd[0]) : 1);
      json_decref(clean);
    }
  }
}

/* ---- forged emergencies ---- */

static const char *const callbacks[] = {
    NULL,
    "{}",
    "{\"by\":\"\",\"number\":\"directory\",\"on\":\"2026-11-03\"}",
    "{\"by\":\"erin\",\"number\":\"\",\"on\":\"2026-11-03\"}",
    "{\"by\":\"erin\",\"number\":\"directory\"}",
    "{\"by\":\"erin\",\"number\":\"directory\",\"on\":\"2026-11-02\"}",
    "{\"by\":\"erin\",\"number\":\"directory\",\"on\":\"2026-11-11\"}",
    "{\"by\":\"erin\",\"number\":\"directory\",\"on\":\"9999-12-31\"}",
    "{\"by\":\"erin\",\"number\":\"+1 (202) 555-0100\",\"on\":\"2026-11-03\"}",
    "{\"by\":\"erin\",\"number\":\"2025550100 (from their mail)\","
    "\"on\":\"2026-11-03\"}",
};

static const struct {
  const char *path, *value;
} stories[] = {
    {"officer.name", "\"Chief Inspector B. Example\""},
    {"officer.mail", "\"chief@fbi.gov\""},
    {"authority.code", "\"us-fbi\""},
    {"authority.name", "\"Federal Bureau of Investigation\""},
    {"emergency.harm", "\"a bomb in a school, with a timer that runs\""},
    {"signature", "{\"kind\":\"seal\",\"checked\":\"valid\"}"},
};

static void forged_emergencies_do_not_pass(void **state) {
  (void)state;
  static const char *const papers[] = {"emergency-disclosure",
                                       "epoc-emergency"};
  size_t n = 0;
  for (size_t p = 0; p < 2; p++) {
    for (size_t s = 0; s < sizeof(stories) / sizeof(stories[0]); s++) {
      for (size_t k = 0; k < sizeof(callbacks) / sizeof(callbacks[0]); k++) {
        json_t *request =
            corpus_clean(&tables, desk_instrument_find(&tables, papers[p]));
        desk_findings f;
        assert_true(corpus_set(request, stories[s].path, stories[s].value));
        assert_true(corpus_set(request, "officer.callback", callbacks[k]));
        corpus_evaluate(&tables, request, &f);
        assert_int_equal(desk_findings_worst(&f), DESK_BLOCK);
        assert_non_null(corpus_find(&f, "emergency-callback"));
        desk_findings_free(&f);
        json_decref(request);
        n++;
      }
    }
  }
  assert_true(n >= 50);
}

/* ---- no memory ---- */

static tacet_err evaluate_once(void *ctx) {
  desk_findings f;
  TACET_TRY(desk_evaluate(ctx, &f));
  desk_findings_free(&f);
  return TACET_OK;
}

static void takes_no_memory(void **state) {
  (void)state;
  desk_request r;
  desk_trouble why;
  assert_ok(desk_request_read(
      TACET_SPAN_LIT("{\"version\":1,\"instrument\":\"x\",\"kind\":\"civil\","
                     "\"received\":\"2026-01-01\",\"demands\":[\"messages\","
                     "\"decrypt\",\"area\"],\"identifiers\":[\"@\",\"+12345678"
                     "\"]}"),
      &r, &why));
  desk_question q = {
      .request = &r, .tables = &tables, .today = corpus_day(CORPUS_TODAY)};
  test_alloc_sweep(evaluate_once, &q);
  desk_request_free(&r);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(clean_ones_are_not_refused),
      cmocka_unit_test(every_planted_fault_is_found),
      cmocka_unit_test(every_rule_has_a_fault),
      cmocka_unit_test(the_manual_lists_every_code),
      cmocka_unit_test(finds_what_needs_other_demands),
      cmocka_unit_test(finds_what_needs_other_tables),
      cmocka_unit_test(asks_about_what_the_inventory_does_not_say),
      cmocka_unit_test(a_corrected_paper_is_no_duplicate),
      cmocka_unit_test(every_field_matters),
      cmocka_unit_test(forged_emergencies_do_not_pass),
      cmocka_unit_test(takes_no_memory),
  };
  return cmocka_run_group_tests(tests, read_tables, free_tables);
}
