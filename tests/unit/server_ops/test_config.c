/* SPDX-License-Identifier: Apache-2.0
 * tacetd.conf: each key, what each refuses, and that the manual lists them. */
#include "tests/support/support.h"

#include "net/address.h"
#include "server/ops/config.h"

#include <string.h>

static tacet_err parse(const char *text, tacetd_config *c,
                       tacetd_trouble *why) {
  tacetd_config_defaults(c);
  return tacetd_config_parse(c, tacet_span_str(text), "tacetd.conf", why);
}

static const struct {
  const char *name, *text;
  tacet_err err;
  const char *says; /* part of the sentence, for what is refused */
} rows[] = {
    {"empty", "", TACET_OK, NULL},
    {"comments and blanks", "# a\n\n  # b\r\n\t\n", TACET_OK, NULL},
    {"no end of line", "domain = a.example", TACET_OK, NULL},
    {"spaces", "  domain=\ta.example  \r\n", TACET_OK, NULL},
    {"unknown key", "\n\nfrobs = 3\n", TACET_ERR_ARGUMENT, "line 3"},
    {"unknown key is named", "frobs = 3", TACET_ERR_ARGUMENT, "\"frobs\""},
    {"twice", "threads = 1\nthreads = 2\n", TACET_ERR_ARGUMENT, "twice"},
    {"no equals", "threads 1\n", TACET_ERR_ARGUMENT, "key = value"},
    {"no key", "= 1\n", TACET_ERR_ARGUMENT, "no key"},
    {"listen", "listen = [::1]:0\n", TACET_OK, NULL},
    {"listen without port", "listen = 127.0.0.1\n", TACET_ERR_ARGUMENT,
     "HOST:PORT"},
    {"listen, bare v6", "listen = ::1:443\n", TACET_ERR_ARGUMENT, "HOST:PORT"},
    {"listen, port too big", "listen = a:65536\n", TACET_ERR_ARGUMENT,
     "HOST:PORT"},
    {"listen, port empty", "listen = a:\n", TACET_ERR_ARGUMENT, "HOST:PORT"},
    {"listen, sign", "listen = a:+1\n", TACET_ERR_ARGUMENT, "HOST:PORT"},
    {"domain in capitals", "domain = Example.org\n", TACET_ERR_ARGUMENT,
     "lower case"},
    {"domain with a dot at its end", "domain = a.\n", TACET_ERR_ARGUMENT, ""},
    {"domain with two dots", "domain = a..b\n", TACET_ERR_ARGUMENT, ""},
    {"domain in Cyrillic", "domain = \xd0\xb0.example\n", TACET_ERR_ARGUMENT,
     ""},
    {"url", "url = https://chat.example.org:8443\n", TACET_OK, NULL},
    {"url, v6", "url = https://[2001:db8::1]:8443\n", TACET_OK, NULL},
    {"url with http", "url = http://a\n", TACET_ERR_ARGUMENT, "https://"},
    {"url with a path", "url = https://a/b\n", TACET_ERR_ARGUMENT, "path"},
    {"url with a user", "url = https://me@a\n", TACET_ERR_ARGUMENT, "path"},
    {"proxy socket", "behind-proxy = /run/tacetd/http\n", TACET_OK, NULL},
    {"proxy on loopback", "behind-proxy = 127.0.0.1:8080\n", TACET_OK, NULL},
    {"proxy for the world", "behind-proxy = 0.0.0.0:80\n", TACET_ERR_ARGUMENT,
     "loopback"},
    {"proxy, relative", "behind-proxy = run/http\n", TACET_ERR_ARGUMENT,
     "absolute"},
    {"registration", "registration = open\n", TACET_OK, NULL},
    {"registration, other", "registration = Open\n", TACET_ERR_ARGUMENT,
     "invite|open"},
    {"number", "threads = 64\n", TACET_OK, NULL},
    {"number too big", "threads = 65\n", TACET_ERR_ARGUMENT, "from 0 to 64"},
    {"number with text", "threads = 4x\n", TACET_ERR_ARGUMENT, "number"},
    {"number, empty", "threads =\n", TACET_ERR_ARGUMENT, "number"},
    {"number, huge", "threads = 99999999999999999999\n", TACET_ERR_ARGUMENT,
     "number"},
    {"number, plus", "threads = +1\n", TACET_ERR_ARGUMENT, "number"},
    {"bytes", "disk-reserve = 2G\n", TACET_OK, NULL},
    {"bytes, two units", "disk-reserve = 2GB\n", TACET_ERR_ARGUMENT, "K, M"},
    {"bytes, overflow", "disk-reserve = 9999999T\n", TACET_ERR_ARGUMENT,
     "number"},
    {"bytes, negative", "disk-reserve = -1K\n", TACET_ERR_ARGUMENT, "number"},
    {"file, empty", "certificate =\n", TACET_ERR_ARGUMENT, "name of a file"},
};

static void test_rows(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacetd_config c;
    tacetd_trouble why = {""};
    tacet_err e = parse(rows[i].text, &c, &why);
    if (e != rows[i].err ||
        (rows[i].says != NULL && strstr(why.text, rows[i].says) == NULL)) {
      fail_msg("%s: %s, \"%s\"", rows[i].name, tacet_err_name(e), why.text);
    }
    /* Refused means untouched. */
    tacetd_config standard;
    tacetd_config_defaults(&standard);
    if (e != TACET_OK) {
      assert_memory_equal(&c, &standard, sizeof(c));
    }
  }
}

static void test_values(void **state) {
  (void)state;
  tacetd_config c;
  tacetd_trouble why;
  assert_ok(parse("listen = [::1]:9\ndisk-reserve = 2G\nregistration = open\n"
                  "tokens-delivery-per-day = 7\n",
                  &c, &why));
  assert_ok(tacetd_config_finish(&c, &why));
  assert_string_equal(c.url, "https://[::1]:9");
  assert_true(c.disk_reserve == (int64_t)2 << 30);
  assert_int_equal(c.registration, TACETD_REGISTRATION_OPEN);
  assert_int_equal(c.tokens_directory_per_day, TACETD_TOKENS_OPEN_PER_DAY);
  assert_int_equal(c.tokens_delivery_per_day, 7);
}

static void test_host_port(void **state) {
  (void)state;
  char host[16];
  uint16_t port;
  assert_ok(net_host_port("[::1]:443", host, sizeof(host), &port));
  assert_string_equal(host, "::1");
  assert_int_equal(port, 443);
  assert_err(TACET_ERR_ARGUMENT,
             net_host_port("a-host-of-16-ch.:1", host, sizeof(host), &port));
  assert_err(TACET_ERR_ARGUMENT,
             net_host_port("[::1:443", host, sizeof(host), &port));
  assert_err(TACET_ERR_ARGUMENT,
             net_host_port("[]:443", host, sizeof(host), &port));
}

/* What init writes reads back as the same. */
static void test_round_trip(void **state) {
  (void)state;
  tacetd_config c, back;
  tacetd_trouble why;
  char text[16384] = {0};
  assert_ok(parse("listen = 0.0.0.0:443\ndomain = example.org\nmetrics = off\n"
                  "behind-proxy = /run/s\nthreads = 3\n",
                  &c, &why));
  FILE *f = fmemopen(text, sizeof(text), "w");
  assert_non_null(f);
  assert_ok(tacetd_config_write(&c, f));
  (void)fclose(f);
  assert_ok(parse(text, &back, &why));
  assert_memory_equal(&c, &back, sizeof(c));
}

static void test_manual_lists_every_key(void **state) {
  (void)state;
  static char manual[65536];
  FILE *f = fopen("docs/man/tacetd.conf.5.scd", "r");
  assert_non_null(f);
  size_t n = fread(manual, 1, sizeof(manual) - 1, f);
  (void)fclose(f);
  assert_true(n > 0);
  for (size_t i = 0; tacetd_config_key_at(i) != NULL; i++) {
    char entry[96];
    const tacetd_config_key *k = tacetd_config_key_at(i);
    (void)snprintf(entry, sizeof(entry), "*%s* = _%s_", k->name, k->argument);
    if (strstr(manual, entry) == NULL) {
      fail_msg("docs/man/tacetd.conf.5.scd does not have %s", entry);
    }
  }
}

static void test_missing_file(void **state) {
  (void)state;
  tacetd_config c;
  tacetd_trouble why;
  tacetd_config_defaults(&c);
  assert_err(TACET_ERR_NOT_FOUND,
             tacetd_config_read(&c, "/nowhere/tacetd.conf", &why));
  assert_non_null(strstr(why.text, "tacetd init"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_rows),
      cmocka_unit_test(test_values),
      cmocka_unit_test(test_host_port),
      cmocka_unit_test(test_round_trip),
      cmocka_unit_test(test_manual_lists_every_key),
      cmocka_unit_test(test_missing_file),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
