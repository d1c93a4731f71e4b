/* SPDX-License-Identifier: Apache-2.0
 * Invite links: there and back, a known one, and every way to spoil one. */
#include "tests/support/support.h"

#include "tacet/wire/invite.h"

#include <string.h>

static tacet_invite sample(void) {
  tacet_invite i;
  memset(&i, 0, sizeof(i));
  strcpy(i.url, "https://chat.example.org:8443");
  strcpy(i.domain, "example.org");
  memset(i.token, 0x11, sizeof(i.token));
  i.has_pin = true;
  memset(i.pin, 0x22, sizeof(i.pin));
  return i;
}

/* Made with another program from the struct in the header. */
static const char known[] =
    "https://chat.example.org:8443/i#ARERERERERERERERERERERELZXhhbXBsZS5vcmcg"
    "IiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIiIAp5sLyQ";

static void test_round_trip(void **state) {
  (void)state;
  char link[TACET_INVITE_LINK_MAX];
  tacet_invite in = sample(), out;
  assert_ok(tacet_invite_write(&in, link));
  assert_string_equal(link, known);
  assert_ok(tacet_invite_parse(tacet_span_str(link), &out));
  assert_memory_equal(&in, &out, sizeof(in));

  in.has_pin = false;
  memset(in.pin, 0, sizeof(in.pin));
  memset(in.url, 0, sizeof(in.url));
  strcpy(in.url, "https://[::1]:1");
  in.policy_len = sizeof(in.policy);
  memset(in.policy, 7, sizeof(in.policy));
  memset(in.domain, 'a', TACET_INVITE_DOMAIN_MAX);
  assert_ok(tacet_invite_write(&in, link));
  assert_ok(tacet_invite_parse(tacet_span_str(link), &out));
  assert_memory_equal(&in, &out, sizeof(in));
}

static void test_white_space(void **state) {
  (void)state;
  char link[TACET_INVITE_LINK_MAX], padded[TACET_INVITE_LINK_MAX + 8];
  tacet_invite in = sample(), out;
  assert_ok(tacet_invite_write(&in, link));
  (void)snprintf(padded, sizeof(padded), " \t%s\r\n", link);
  assert_ok(tacet_invite_parse(tacet_span_str(padded), &out));
  assert_memory_equal(&in, &out, sizeof(in));
}

/* Cut anywhere, or with one character more or another one, it is refused. */
static void test_spoiled(void **state) {
  (void)state;
  char link[TACET_INVITE_LINK_MAX];
  tacet_invite in = sample(), out, untouched;
  memset(&untouched, 0x5a, sizeof(untouched));
  assert_ok(tacet_invite_write(&in, link));
  size_t len = strlen(link);
  for (size_t n = 0; n < len; n++) {
    char *cut = malloc(n + 1); /* exact, for ASan */
    memcpy(cut, link, n);
    out = untouched;
    tacet_err e = tacet_invite_parse(tacet_span_of(cut, n), &out);
    assert_int_equal(tacet_err_kind(e), TACET_KIND_INPUT);
    assert_memory_equal(&out, &untouched, sizeof(out));
    free(cut);
  }
  for (size_t i = 0; i <= len; i++) {
    static const char others[] = "A_z#/ \0";
    for (size_t k = 0; k < sizeof(others) - 1; k++) {
      char bad[TACET_INVITE_LINK_MAX];
      memcpy(bad, link, len);
      bool same = i < len && link[i] == others[k];
      bool space = i == len && (others[k] == ' ' || others[k] == '\0');
      bad[i] = others[k];
      if (!same && !space &&
          tacet_invite_parse(tacet_span_of(bad, i == len ? len + 1 : len),
                             &out) == TACET_OK) {
        fail_msg("accepted with %02x at %zu", (unsigned)others[k], i);
      }
    }
  }
}

static const struct {
  const char *name, *link;
  tacet_err err;
} rows[] = {
    {"empty", "", TACET_ERR_ENCODING},
    {"no fragment", "https://a/i", TACET_ERR_ENCODING},
    {"another path", "https://a/j#AQ", TACET_ERR_ENCODING},
    {"no path", "https://a#AQ", TACET_ERR_ENCODING},
    {"http", "http://a/i#AQ", TACET_ERR_ENCODING},
    {"no host", "https:///i#AQ", TACET_ERR_ENCODING},
    {"a user", "https://good@evil/i#AQ", TACET_ERR_ENCODING},
    {"two paths", "https://a/i/i#AQ", TACET_ERR_ENCODING},
    {"empty fragment", "https://a/i#", TACET_ERR_TRUNCATED},
    {"not base64", "https://a/i#AQ==", TACET_ERR_ENCODING},
    {"newer", "https://a/i#AgAAAAAA", TACET_ERR_VERSION},
    {"older than any", "https://a/i#AAAAAAAA", TACET_ERR_ENCODING},
    {"only the fragment", "#AQAAAAAA", TACET_ERR_ENCODING},
};

static void test_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_invite out;
    tacet_err e = tacet_invite_parse(tacet_span_str(rows[i].link), &out);
    if (e != rows[i].err) {
      fail_msg("%s: %s", rows[i].name, tacet_err_name(e));
    }
  }
}

/* What is written can be read: bad urls and domains are refused at once. */
static void test_bad_arguments(void **state) {
  (void)state;
  char link[TACET_INVITE_LINK_MAX];
  static const char *const urls[] = {"",           "https://",    "http://a",
                                     "https://a/", "https://a b", "https://a#"};
  static const char *const domains[] = {"", "A", "a.", "-a", "a b"};
  for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
    tacet_invite in = sample();
    strcpy(in.url, urls[i]);
    assert_err(TACET_ERR_ARGUMENT, tacet_invite_write(&in, link));
  }
  for (size_t i = 0; i < sizeof(domains) / sizeof(domains[0]); i++) {
    tacet_invite in = sample();
    strcpy(in.domain, domains[i]);
    assert_err(TACET_ERR_ARGUMENT, tacet_invite_write(&in, link));
  }
}

static tacet_err write_step(void *ctx) {
  char link[TACET_INVITE_LINK_MAX];
  return tacet_invite_write(ctx, link);
}
static void test_allocations(void **state) {
  (void)state;
  tacet_invite in = sample();
  test_alloc_sweep(write_step, &in);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_round_trip),    cmocka_unit_test(test_white_space),
      cmocka_unit_test(test_spoiled),       cmocka_unit_test(test_rows),
      cmocka_unit_test(test_bad_arguments), cmocka_unit_test(test_allocations),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
