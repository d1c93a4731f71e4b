/* SPDX-License-Identifier: Apache-2.0
 * The router: every call is found by its own method and path and by nothing
 * else, and problems are JSON with the codes of the table. */
#include "tests/support/support.h"

#include "server/http/problem.h"
#include "server/http/router.h"

#include <jansson.h>
#include <string.h>

static net_http_head head(const char *method, const char *target,
                          const char *type, uint64_t length) {
  net_http_head h;
  memset(&h, 0, sizeof(h));
  h.method = tacet_span_str(method);
  h.target = h.path = tacet_span_str(target);
  h.content_length = length;
  if (type != NULL) {
    h.headers[0] =
        (net_header){TACET_SPAN_LIT("content-type"), tacet_span_str(type)};
    h.n_headers = 1;
  }
  return h;
}

static void test_every_call(void **state) {
  (void)state;
  for (size_t i = 0; tacetd_route_at(i) != NULL; i++) {
    const tacetd_route *want = tacetd_route_at(i), *got = NULL;
    char allow[TACETD_ALLOW_MAX];
    net_http_head h =
        head(want->method, want->path, "application/tacet", want->body_max);
    assert_int_equal(tacetd_route_find(&h, &got, allow), TACET_WIRE_OK);
    assert_ptr_equal(got, want);
    h.content_length = want->body_max + 1;
    assert_int_equal(tacetd_route_find(&h, &got, allow), TACET_WIRE_TOO_LARGE);
    h = head(want->method, want->path, "application/tacet; x=1", 0);
    assert_int_equal(tacetd_route_find(&h, &got, allow),
                     want->body == TACETD_BODY_TACET ? TACET_WIRE_TYPE
                                                     : TACET_WIRE_OK);
  }
}

static const struct {
  const char *name, *method, *target;
  tacet_wire_error error;
  const char *allow;
} rows[] = {
    {"root", "GET", "/", TACET_WIRE_NOT_FOUND, ""},
    {"empty", "GET", "", TACET_WIRE_NOT_FOUND, ""},
    {"a query", "POST", "/v1/send?a=b", TACET_WIRE_NOT_FOUND, ""},
    {"an empty query", "POST", "/v1/send?", TACET_WIRE_NOT_FOUND, ""},
    {"a slash more", "POST", "/v1/send/", TACET_WIRE_NOT_FOUND, ""},
    {"upper case", "POST", "/V1/SEND", TACET_WIRE_NOT_FOUND, ""},
    {"escaped", "POST", "/v1/%73end", TACET_WIRE_NOT_FOUND, ""},
    {"dots", "POST", "/v1/../v1/send", TACET_WIRE_NOT_FOUND, ""},
    {"absolute", "POST", "https://a/v1/send", TACET_WIRE_NOT_FOUND, ""},
    {"a folder without its slash", "GET", "/log", TACET_WIRE_NOT_FOUND, ""},
    {"beside a folder", "GET", "/logs/x", TACET_WIRE_NOT_FOUND, ""},
    {"in a folder", "POST", "/log/checkpoint", TACET_WIRE_METHOD,
     "Allow: GET\r\n"},
    {"another method", "GET", "/v1/send", TACET_WIRE_METHOD, "Allow: POST\r\n"},
    {"method in lower case", "post", "/v1/send", TACET_WIRE_METHOD,
     "Allow: POST\r\n"},
    {"three methods", "GET", "/v1/mailboxes", TACET_WIRE_METHOD,
     "Allow: POST, PATCH, DELETE\r\n"},
    {"the head alone", "HEAD", "/v1/blobs", TACET_WIRE_METHOD,
     "Allow: PUT, GET\r\n"},
};

static void test_others(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    const tacetd_route *got = tacetd_route_at(0);
    char allow[TACETD_ALLOW_MAX] = "";
    net_http_head h =
        head(rows[i].method, rows[i].target, "application/tacet", 0);
    tacet_wire_error e = tacetd_route_find(&h, &got, allow);
    if (e != rows[i].error || strcmp(allow, rows[i].allow) != 0 ||
        got != NULL) {
      fail_msg("%s: %s, \"%s\"", rows[i].name, tacet_wire_error_code(e), allow);
    }
  }
}

static void test_problems(void **state) {
  (void)state;
  static const tacet_wire_error all[] = {
#define X(name, code, status, title) TACET_WIRE_##name,
      TACET_WIRE_ERRORS(X)
#undef X
  };
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    char text[TACETD_PROBLEM_MAX], type[96];
    size_t len = tacetd_problem_write(all[i], 418, text);
    json_t *o = json_loadb(text, len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(o);
    assert_int_equal(json_object_size(o), 4);
    const char *code = tacet_wire_error_code(all[i]);
    assert_string_equal(json_string_value(json_object_get(o, "code")), code);
    assert_int_equal(json_integer_value(json_object_get(o, "status")), 418);
    (void)snprintf(type, sizeof(type), "urn:tacet:error:%s", code);
    assert_string_equal(json_string_value(json_object_get(o, "type")), type);
    assert_string_equal(json_string_value(json_object_get(o, "title")),
                        tacet_wire_error_title(all[i]));
    json_decref(o);
  }
}

/* What the transport refuses has a code of the same class. */
static void test_mappings(void **state) {
  (void)state;
  static const int statuses[] = {400, 405, 408, 411, 413,
                                 431, 500, 501, 503, 505};
  for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
    tacet_wire_error e = tacetd_problem_of_status(statuses[i]);
    assert_int_equal(
        tacet_wire_error_status(e) / 100,
        statuses[i] == 501 || statuses[i] == 505 ? 4 : statuses[i] / 100);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_call),
      cmocka_unit_test(test_others),
      cmocka_unit_test(test_problems),
      cmocka_unit_test(test_mappings),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
