/* SPDX-License-Identifier: Apache-2.0
 * Log lines: their form, and that every event of the table can be written. */
#include "tests/support/support.h"

#include "server/ops/log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>
#include <unistd.h>

static void test_form(void **state) {
  (void)state;
  char line[TACETD_LOG_LINE_MAX + 1] = {0};
  tacetd_log_values v = {.part = TACETD_PART_DELIVERY,
                         .error = TACET_ERR_FULL,
                         .count = 7 /* not a field of this event */};
  size_t n = tacetd_log_format(TACETD_LOG_STORAGE, &v, 1700000000123, line);
  assert_int_equal(n, strlen(line));
  assert_string_equal(
      line, "{\"time\":\"2023-11-14T22:13:20Z\",\"level\":\"error\",\"event\":"
            "\"storage-failed\",\"error\":\"FULL\",\"part\":\"delivery\","
            "\"text\":\"the database refused; requests are answered with 503 "
            "or 507\"}");
}

/* Every event, with the widest values, is one JSON object whose keys are the
 * fixed ones and the fields that its row lists. */
static void test_every_event(void **state) {
  (void)state;
  const int64_t widest[] = {INT64_MIN, INT64_MAX, 0, -1, EPERM};
  for (size_t i = 0; tacetd_log_event_at(i) != NULL; i++) {
    const tacetd_log_event_info *info = tacetd_log_event_at(i);
    for (size_t w = 0; w < sizeof(widest) / sizeof(widest[0]); w++) {
      tacetd_log_values v;
#define X(name, member, text, kind, what) v.member = widest[w];
      TACETD_LOG_FIELDS(X)
#undef X
      char line[TACETD_LOG_LINE_MAX + 1];
      size_t n = tacetd_log_format((tacetd_log_event)i, &v, INT64_MAX, line);
      assert_true(n <= TACETD_LOG_LINE_MAX);
      json_t *o = json_loadb(line, n, JSON_REJECT_DUPLICATES, NULL);
      assert_non_null(o);
      size_t fields = 4; /* time, level, event, text */
      for (size_t f = 0; tacetd_log_field_at(f) != NULL; f++) {
        const char *name = tacetd_log_field_at(f)->name;
        bool listed = (info->fields & 1u << f) != 0;
        bool there = json_object_get(o, name) != NULL;
        assert_true(listed || !there);
        fields += there;
      }
      assert_int_equal(json_object_size(o), fields);
      json_decref(o);
    }
  }
}

/* A flood of one event is one line a second, and says how many were left out.
 */
static void test_flood(void **state) {
  (void)state;
  char path[] = "/tmp/tacetd-log-XXXXXX";
  int file = mkstemp(path), saved = dup(STDERR_FILENO);
  assert_true(file >= 0 && saved >= 0);
  (void)unlink(path);
  (void)fflush(stderr);
  assert_true(dup2(file, STDERR_FILENO) >= 0);
  for (int i = 0; i < 1000; i++) {
    TACETD_LOG(OVERLOAD, .part = TACETD_PART_HTTP, .count = i);
  }
  TACETD_LOG(READY, .port = 1);
  assert_true(dup2(saved, STDERR_FILENO) >= 0);
  (void)close(saved);
  char text[4096] = {0};
  ssize_t n = pread(file, text, sizeof(text) - 1, 0);
  (void)close(file);
  assert_true(n > 0);
  size_t lines = 0;
  for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++) {
    lines++;
  }
  /* One more where the second changed in between. */
  assert_in_range(lines, 2, 3);
  assert_non_null(strstr(text, "\"event\":\"ready\",\"port\":1"));
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_form),
      cmocka_unit_test(test_every_event),
      cmocka_unit_test(test_flood),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
