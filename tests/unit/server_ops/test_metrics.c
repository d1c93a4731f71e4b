/* SPDX-License-Identifier: Apache-2.0
 * Metrics: the text form, its cumulative buckets, and every metric of the
 * table in it. */
#include "tests/support/support.h"

#include "server/ops/metrics.h"

#include <string.h>

static void text_of(char *out, size_t cap) {
  TACET_BUF(w, 256 * 1024);
  tacet_span s;
  tacetd_metrics_write(&w);
  assert_ok(tacet_buf_done(&w, &s));
  assert_true(s.len < cap);
  memcpy(out, s.p, s.len);
  out[s.len] = '\0';
}

static char text[256 * 1024];

static void test_every_metric_is_written(void **state) {
  (void)state;
  text_of(text, sizeof(text));
  for (size_t i = 0; tacetd_metric_at(i) != NULL; i++) {
    const tacetd_metric_info *m = tacetd_metric_at(i);
    char line[256];
    (void)snprintf(line, sizeof(line), "# HELP %s %s\n# TYPE %s %s\n", m->name,
                   m->what, m->name, m->type);
    assert_non_null(strstr(text, line));
    assert_true(strncmp(m->name, "tacetd_", 7) == 0);
  }
}

static void test_counting(void **state) {
  (void)state;
  tacetd_count_answer(TACETD_CALL_SEND, 200);
  tacetd_count_answer(TACETD_CALL_SEND, 101);
  tacetd_count_answer(TACETD_CALL_NONE, 404);
  tacetd_count_refused(TACETD_REASON_RATE);
  tacetd_gauge(TACETD_METRIC_QUEUE, TACETD_METRIC_DELIVERY, 42);
  tacetd_observe_send(1);
  tacetd_observe_send(30);
  tacetd_observe_send(999999);
  tacetd_metrics_sample("/");
  text_of(text, sizeof(text));
  static const char *const want[] = {
      "tacetd_requests_total{call=\"send\",status=\"2xx\"} 2\n",
      "tacetd_requests_total{call=\"none\",status=\"4xx\"} 1\n",
      "tacetd_refused_total{reason=\"rate\"} 1\n",
      "tacetd_writer_queue{part=\"delivery\"} 42\n",
      "tacetd_send_milliseconds_bucket{le=\"1\"} 1\n",
      "tacetd_send_milliseconds_bucket{le=\"20\"} 1\n",
      "tacetd_send_milliseconds_bucket{le=\"50\"} 2\n",
      "tacetd_send_milliseconds_bucket{le=\"5000\"} 2\n",
      "tacetd_send_milliseconds_bucket{le=\"+Inf\"} 3\n",
      "tacetd_send_milliseconds_sum 1000030\n",
      "tacetd_send_milliseconds_count 3\n",
  };
  for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
    if (strstr(text, want[i]) == NULL) {
      fail_msg("missing: %s", want[i]);
    }
  }
  assert_true(tacetd_metric_value(TACETD_METRIC_RSS, 0) > 100000);
  assert_true(tacetd_metric_value(TACETD_METRIC_DISK_FREE, 0) > 0);
}

/* Every line is a comment or `name[{label="value",...}] number`. */
static void test_every_line_has_the_form(void **state) {
  (void)state;
  text_of(text, sizeof(text));
  char *line = text;
  for (char *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
    *end = '\0';
    if (line[0] == '#') {
      continue;
    }
    char *space = strrchr(line, ' ');
    assert_non_null(space);
    char *stop;
    (void)strtoll(space + 1, &stop, 10);
    assert_true(*stop == '\0' && stop != space + 1);
    size_t name = strspn(line, "abcdefghijklmnopqrstuvwxyz_");
    assert_true(line[name] == ' ' || line[name] == '{');
  }
  assert_int_equal(strlen(line), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_every_metric_is_written),
      cmocka_unit_test(test_counting),
      cmocka_unit_test(test_every_line_has_the_form),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
