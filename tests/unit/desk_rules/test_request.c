/* SPDX-License-Identifier: Apache-2.0
 * Demands as files: the example of docs/protocol/desk-request.md, every way in
 * which a file has not the form, every truncation, no memory. */
#include "tests/support/support.h"

#include "desk/rules/demands.h"
#include "desk/rules/request.h"

#include <jansson.h>
#include <string.h>

#define PAGE "docs/protocol/desk-request.md"

static char page[64 * 1024];
static tacet_span example;

static int find_example(void **state) {
  (void)state;
  FILE *f = fopen(PAGE, "rb");
  assert_non_null(f);
  size_t n = fread(page, 1, sizeof(page) - 1, f);
  (void)fclose(f);
  page[n] = '\0';
  char *begin = strstr(page, "```json\n");
  assert_non_null(begin);
  begin += strlen("```json\n");
  char *end = strstr(begin, "```");
  assert_non_null(end);
  example = tacet_span_of(begin, (size_t)(end - begin));
  return 0;
}

static desk_day day(const char *text) {
  desk_day d;
  assert_true(desk_day_read(text, &d));
  return d;
}

static void reads_the_example(void **state) {
  (void)state;
  desk_request r;
  desk_trouble why;
  assert_ok(desk_request_read(example, &r, &why));
  assert_string_equal(r.addressee, "Example Messenger Ltd");
  assert_string_equal(r.authority.code, "us-federal-court");
  assert_string_equal(r.authority.state, "");
  assert_string_equal(r.instrument, "search-warrant");
  assert_int_equal(r.kind, DESK_CRIMINAL);
  assert_int_equal(r.pages.n, 2);
  assert_string_equal(r.pages.items[1].name, "Attachment A");
  assert_string_equal(r.pages.items[1].identifiers.items[0],
                      "mallory@example.org");
  assert_int_equal(r.received, day("2026-11-03"));
  assert_int_equal(r.period.to, day("2026-10-31"));
  assert_int_equal(r.offence.max_years, 20);
  assert_int_equal(r.demands.n, 6);
  assert_string_equal(r.demands.items[3], "ip-history");
  assert_int_equal(r.signature.kind, DESK_SIGNATURE_PADES);
  assert_int_equal(r.signature.checked, DESK_VALID);
  assert_true(r.officer.callback.given);
  assert_string_equal(r.officer.callback.by, "erin");
  assert_int_equal(r.gag.until, day("2027-05-02"));
  assert_false(r.emergency.given || r.cost.given || r.translated);
  assert_string_equal(r.emergency.who, "");
  desk_request_free(&r);
}

static void what_is_not_there_is_absent(void **state) {
  (void)state;
  desk_request r;
  desk_trouble why;
  assert_ok(desk_request_read(
      TACET_SPAN_LIT("{\"version\":1,\"instrument\":\"x\",\"kind\":\"civil\","
                     "\"received\":\"2026-01-01\"}"),
      &r, &why));
  assert_string_equal(r.case_number, "");
  assert_string_equal(r.officer.callback.by, "");
  assert_int_equal(r.dated, DESK_NO_DAY);
  assert_int_equal(r.period.from, DESK_NO_DAY);
  assert_int_equal(r.officer.callback.on, DESK_NO_DAY);
  assert_int_equal(r.identifiers.n + r.pages.n + r.demands.n, 0);
  assert_false(r.authority.given || r.period.given || r.signature.given);
  desk_request_free(&r);
  desk_request_free(&r); /* again is nothing */
}

static void is_written_as_one_text(void **state) {
  (void)state;
  desk_request r, again;
  desk_trouble why;
  assert_ok(desk_request_read(example, &r, &why));
  char *text = desk_request_text(&r);
  assert_ok(desk_request_read(tacet_span_str(text), &again, &why));
  char *second = desk_request_text(&again);
  assert_string_equal(text, second);
  assert_null(strchr(text, '\n'));
  assert_non_null(strstr(text, "\"notes\":{\"came\":\"by courier\"}"));
  free(text);
  free(second);
  desk_request_free(&again);
  desk_request_free(&r);
}

#define START                                                                  \
  "{\"version\":1,\"instrument\":\"x\",\"kind\":\"civil\","                    \
  "\"received\":\"2026-01-01\""
#define HEX64 "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
  const char *text;
  tacet_err e;
  const char *says; /* must stand in the sentence */
} refused[] = {
    {"", TACET_ERR_ENCODING, "not JSON"},
    {"[]", TACET_ERR_ENCODING, "object in braces"},
    {"7", TACET_ERR_ENCODING, "not JSON"},
    {START, TACET_ERR_ENCODING, "not JSON"},
    {START "} x", TACET_ERR_ENCODING, "not JSON"},
    {START ",}", TACET_ERR_ENCODING, "not JSON"},
    {START ",\"statute\":\"\\u0000\"}", TACET_ERR_ENCODING, "not JSON"},
    {START ",\"statute\":\"\\ud800\"}", TACET_ERR_ENCODING, "not JSON"},
    {START ",\"statute\":\"\xff\"}", TACET_ERR_ENCODING, "not JSON"},
    {START ",\"statute\":\"\xc0\xaf\"}", TACET_ERR_ENCODING, "not JSON"},
    {"{}", TACET_ERR_ENCODING, "\"version\": 1"},
    {"{\"version\":\"1\"}", TACET_ERR_ENCODING, "\"version\": 1"},
    {"{\"version\":0}", TACET_ERR_ENCODING, "\"version\": 1"},
    {"{\"version\":-1}", TACET_ERR_ENCODING, "\"version\": 1"},
    {"{\"version\":1.0}", TACET_ERR_ENCODING, "\"version\": 1"},
    {"{\"version\":2}", TACET_ERR_VERSION, "newer version"},
    {"{\"version\":1}", TACET_ERR_ENCODING, "lacks \"instrument\""},
    {"{\"version\":1,\"instrument\":\"x\"}", TACET_ERR_ENCODING, "\"kind\""},
    {"{\"version\":1,\"instrument\":\"x\",\"kind\":\"civil\"}",
     TACET_ERR_ENCODING, "\"received\""},
    {START ",\"kind\":\"civil\"}", TACET_ERR_ENCODING, "twice"},
    {START ",\"colour\":\"red\"}", TACET_ERR_ENCODING, "\"colour\""},
    {START ",\"\":1}", TACET_ERR_ENCODING, "no name of its form"},
    {START ",\"\\u001b[2J\":1}", TACET_ERR_ENCODING, "?[2J"},
    {START ",\"\\u0440eriod\":1}", TACET_ERR_ENCODING, "??eriod"},
    {START ",\"officer\":{\"rank\":\"x\"}}", TACET_ERR_ENCODING,
     "\"officer.rank\""},
    {START ",\"officer\":{\"callback\":{\"at\":\"x\"}}}", TACET_ERR_ENCODING,
     "\"officer.callback.at\""},
    {START ",\"pages\":[{},{\"text\":\"x\"}]}", TACET_ERR_ENCODING,
     "\"pages[1].text\""},
    {START ",\"pages\":{}}", TACET_ERR_ENCODING, "list of objects"},
    {START ",\"pages\":[7]}", TACET_ERR_ENCODING, "pages[0] must be an object"},
    {START ",\"officer\":[]}", TACET_ERR_ENCODING, "officer must be an object"},
    {START ",\"officer\":null}", TACET_ERR_ENCODING, "officer must be"},
    {START ",\"statute\":null}", TACET_ERR_ENCODING, "statute must be a text"},
    {START ",\"statute\":1}", TACET_ERR_ENCODING, "statute must be a text"},
    {START ",\"statute\":\"a\\nb\"}", TACET_ERR_ENCODING, "one line"},
    {START ",\"statute\":\"a\\tb\"}", TACET_ERR_ENCODING, "one line"},
    {START ",\"statute\":\"a\\u007fb\"}", TACET_ERR_ENCODING, "one line"},
    {START ",\"statute\":\"a\\u0085b\"}", TACET_ERR_ENCODING, "one line"},
    {START ",\"statute\":\"a\\u202eb\"}", TACET_ERR_ENCODING, "one line"},
    {START ",\"statute\":\"a\\u2028b\"}", TACET_ERR_ENCODING, "one line"},
    {START ",\"authority\":{\"code\":\"US Court\"}}", TACET_ERR_ENCODING,
     "authority.code must be a code"},
    {START ",\"authority\":{\"code\":\"-x\"}}", TACET_ERR_ENCODING, "a code"},
    {START ",\"authority\":{\"code\":\"x--y\"}}", TACET_ERR_ENCODING, "a code"},
    {START ",\"authority\":{\"country\":\"us\"}}", TACET_ERR_ENCODING,
     "two upper-case letters"},
    {START ",\"authority\":{\"country\":\"USA\"}}", TACET_ERR_ENCODING,
     "two upper-case letters"},
    {START ",\"dated\":\"2026-02-30\"}", TACET_ERR_ENCODING,
     "dated must be a day"},
    {START ",\"dated\":\"02/03/2026\"}", TACET_ERR_ENCODING, "a day"},
    {START ",\"dated\":20260203}", TACET_ERR_ENCODING, "dated must be a text"},
    {START ",\"dated\":\"10000-01-01\"}", TACET_ERR_ENCODING, "a day"},
    {START ",\"period\":{\"to\":\"\"}}", TACET_ERR_ENCODING, "period.to"},
    {START ",\"signature\":{\"checked\":\"valid\"}}", TACET_ERR_ENCODING,
     "\"signature.kind\""},
    {START ",\"signature\":{\"kind\":\"wax\"}}", TACET_ERR_ENCODING,
     "one of none, ink, seal, pades, s-mime, detached"},
    {START ",\"translated\":\"yes\"}", TACET_ERR_ENCODING, "true or false"},
    {START ",\"language\":\"eng\"}", TACET_ERR_ENCODING, "two letters"},
    {START ",\"language\":\"e1\"}", TACET_ERR_ENCODING, "two letters"},
    {START ",\"cost\":{\"currency\":\"dollar\"}}", TACET_ERR_ENCODING,
     "three letters"},
    {START ",\"cost\":{\"amount\":-5}}", TACET_ERR_ENCODING, "not negative"},
    {START ",\"cost\":{\"amount\":1.5}}", TACET_ERR_ENCODING, "whole number"},
    {START ",\"cost\":{\"amount\":99999999999999}}", TACET_ERR_LIMIT,
     "cost.amount"},
    {START ",\"cost\":{\"amount\":1e400}}", TACET_ERR_ENCODING, "not JSON"},
    {START ",\"document\":{\"sha256\":\"" HEX64 "0\"}}", TACET_ERR_ENCODING,
     "document.sha256"},
    {START ",\"document\":{\"sha256\":\"0123\"}}", TACET_ERR_ENCODING,
     "SHA-256"},
    {START ",\"document\":{\"sha256\":\"0123456789ABCDEF\"}}",
     TACET_ERR_ENCODING, "lower-case"},
    {START ",\"identifiers\":\"alice\"}", TACET_ERR_ENCODING, "list of texts"},
    {START ",\"identifiers\":[\"a\",7]}", TACET_ERR_ENCODING,
     "identifiers[1] must be a text"},
    {START ",\"demands\":[\"soul\"]}", TACET_ERR_ENCODING,
     "demands[0] must be one of the codes"},
    {START ",\"demands\":[\"Messages\"]}", TACET_ERR_ENCODING, "demands[0]"},
    {"{\"version\":1,\"instrument\":\"x\",\"kind\":\"criminals\","
     "\"received\":\"2026-01-01\"}",
     TACET_ERR_ENCODING, "one of criminal, national-security"},
};

static void refuses_what_has_not_the_form(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
    desk_request r = {.addressee = "untouched"};
    desk_trouble why = {""};
    tacet_err e = desk_request_read(tacet_span_str(refused[i].text), &r, &why);
    if (e != refused[i].e || strstr(why.text, refused[i].says) == NULL ||
        strchr(why.text, '\n') != NULL) {
      fail_msg("%s: %s, \"%s\"", refused[i].text, tacet_err_name(e), why.text);
    }
    assert_string_equal(r.addressee, "untouched");
    assert_null(r.json);
  }
}

static void refuses_what_is_too_much(void **state) {
  (void)state;
  desk_request r;
  desk_trouble why;
  char *big = malloc(DESK_REQUEST_MAX + 2);
  assert_non_null(big);
  memset(big, ' ', DESK_REQUEST_MAX + 1);
  assert_err(
      TACET_ERR_LIMIT,
      desk_request_read(tacet_span_of(big, DESK_REQUEST_MAX + 1), &r, &why));
  for (size_t n = DESK_TEXT_MAX; n <= DESK_TEXT_MAX + 1; n++) {
    size_t at = (size_t)sprintf(big, START ",\"statute\":\"");
    memset(big + at, 'a', n);
    (void)sprintf(big + at + n, "\"}");
    tacet_err e = desk_request_read(tacet_span_str(big), &r, &why);
    assert_int_equal(e, n <= DESK_TEXT_MAX ? TACET_OK : TACET_ERR_LIMIT);
    if (e == TACET_OK) {
      desk_request_free(&r);
    }
  }
  for (size_t n = DESK_PAGES_MAX; n <= DESK_PAGES_MAX + 1; n++) {
    size_t at = (size_t)sprintf(big, START ",\"pages\":[{}");
    for (size_t i = 1; i < n; i++) {
      at += (size_t)sprintf(big + at, ",{}");
    }
    (void)sprintf(big + at, "]}");
    tacet_err e = desk_request_read(tacet_span_str(big), &r, &why);
    assert_int_equal(e, n <= DESK_PAGES_MAX ? TACET_OK : TACET_ERR_LIMIT);
    if (e == TACET_OK) {
      desk_request_free(&r);
    }
  }
  free(big);
}

static void refuses_every_truncation(void **state) {
  (void)state;
  for (size_t n = 0; n + 2 < example.len; n++) { /* without "}\n" */
    desk_request r;
    desk_trouble why;
    uint8_t *copy = malloc(n + 1);
    assert_non_null(copy);
    memcpy(copy, example.p, n);
    assert_err(TACET_ERR_ENCODING,
               desk_request_read(tacet_span_of(copy, n), &r, &why));
    free(copy);
  }
}

/* ---- no memory: jansson's allocations and ours, one after the other ---- */

static size_t fails_in, blocks_left;

static void *failing_malloc(size_t size) {
  if (fails_in > 0 && --fails_in == 0) {
    return NULL;
  }
  blocks_left++;
  return malloc(size);
}
static void counting_free(void *p) {
  blocks_left -= p != NULL ? 1 : 0;
  free(p);
}
static void *for_core(void *user, size_t size) {
  (void)user;
  return failing_malloc(size);
}
static void from_core(void *user, void *p) {
  (void)user;
  counting_free(p);
}

/* jansson does without some blocks, and with them without some letters: what
 * is read must be the same request. */
static void says_when_there_is_no_memory(void **state) {
  (void)state;
  const tacet_allocator mine = {for_core, from_core, NULL};
  json_set_alloc_funcs(failing_malloc, counting_free);
  tacet_allocator_set(&mine);
  char *whole = NULL;
  bool reached = true;
  for (size_t at = 0; reached; at++) {
    desk_request r = {0};
    desk_trouble why = {""};
    fails_in = at; /* 0: none */
    blocks_left = 0;
    tacet_err e = desk_request_read(example, &r, &why);
    reached = at == 0 || fails_in == 0;
    fails_in = 0;
    if (e == TACET_OK) {
      char *text = desk_request_text(&r);
      whole = whole == NULL ? strdup(text) : whole;
      assert_string_equal(text, whole);
      counting_free(text);
    } else {
      assert_true(reached && why.text[0] != '\0');
    }
    desk_request_free(&r);
    assert_int_equal(blocks_left, 0);
  }
  free(whole);
  json_set_alloc_funcs(malloc, free);
  tacet_allocator_set(NULL);
}

/* The page lists the codes that there are, and no others. */
static void the_page_lists_all_codes(void **state) {
  (void)state;
  const char *list = strstr(page, "## What is asked for");
  assert_non_null(list);
  const char *end = strstr(list, "## In the log");
  assert_non_null(end);
  size_t n = 0, listed = 0;
  for (const desk_demand *d; (d = desk_demand_at(n)) != NULL; n++) {
    char quoted[80];
    (void)snprintf(quoted, sizeof(quoted), "`%s`", d->code);
    if (strstr(list, quoted) == NULL) {
      fail_msg("%s lacks %s", PAGE, quoted);
    }
  }
  for (const char *p = list; p < end; p++) {
    listed += *p == '`' ? 1 : 0;
  }
  assert_int_equal(listed, 2 * n);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(reads_the_example),
      cmocka_unit_test(what_is_not_there_is_absent),
      cmocka_unit_test(is_written_as_one_text),
      cmocka_unit_test(refuses_what_has_not_the_form),
      cmocka_unit_test(refuses_what_is_too_much),
      cmocka_unit_test(refuses_every_truncation),
      cmocka_unit_test(says_when_there_is_no_memory),
      cmocka_unit_test(the_page_lists_all_codes),
  };
  return cmocka_run_group_tests(tests, find_example, NULL);
}
