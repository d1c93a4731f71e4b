/* SPDX-License-Identifier: Apache-2.0
 * Log lines: one event, its time, its numbers, its sentence. */
#include "server/ops/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum field_kind { NUMBER, ERROR, SYSTEM, PART };

static const enum field_kind field_kinds[TACETD_FIELD_N] = {
#define X(name, member, text, kind, what) kind,
    TACETD_LOG_FIELDS(X)
#undef X
};

static const tacetd_log_field_info field_infos[TACETD_FIELD_N] = {
#define X(name, member, text, kind, what) {text, what},
    TACETD_LOG_FIELDS(X)
#undef X
};

static const tacetd_log_event_info event_infos[TACETD_LOG_N] = {
#define X(name, text, level, limited, fields, what)                            \
  {text, what, fields, limited},
    TACETD_LOG_EVENTS(X)
#undef X
};

static const tacetd_log_level event_levels[TACETD_LOG_N] = {
#define X(name, text, level, limited, fields, what) TACETD_LOG_##level,
    TACETD_LOG_EVENTS(X)
#undef X
};

static const char *const level_names[] = {"info", "warning", "error"};
static const char *const part_names[TACETD_PART_N] = {
#define X(name, text) text,
    TACETD_LOG_PARTS(X)
#undef X
};

const tacetd_log_event_info *tacetd_log_event_at(size_t i) {
  return i < TACETD_LOG_N ? &event_infos[i] : NULL;
}
const tacetd_log_field_info *tacetd_log_field_at(size_t i) {
  return i < TACETD_FIELD_N ? &field_infos[i] : NULL;
}

static int64_t value_of(const tacetd_log_values *v, tacetd_log_field field) {
  switch (field) {
#define X(name, member, text, kind, what)                                      \
  case TACETD_FIELD_##name:                                                    \
    return v->member;
    TACETD_LOG_FIELDS(X)
#undef X
  case TACETD_FIELD_N:
    break;
  }
  return 0;
}

/* The name of an errno without strerror, whose text follows the locale. */
static const char *system_name(int64_t e) {
  const char *name = e > 0 && e < INT32_MAX ? strerrorname_np((int)e) : NULL;
  return name != NULL ? name : "?";
}

/* A value as JSON. Every name comes from a table of ours and needs no escape.
 */
static int put_value(char *out, size_t room, tacetd_log_field field,
                     int64_t value) {
  const char *key = field_infos[field].name;
  const char *name = NULL;
  switch (field_kinds[field]) {
  case NUMBER:
    return snprintf(out, room, ",\"%s\":%" PRId64, key, value);
  case ERROR:
    name = tacet_err_name((tacet_err)value);
    break;
  case SYSTEM:
    name = system_name(value);
    break;
  case PART:
    name = value >= 0 && value < TACETD_PART_N ? part_names[value] : "?";
    break;
  }
  return snprintf(out, room, ",\"%s\":\"%s\"", key, name);
}

size_t tacetd_log_format(tacetd_log_event event,
                         const tacetd_log_values *values, int64_t time_ms,
                         char *out) {
  const tacetd_log_event_info *info = &event_infos[event];
  time_t seconds = (time_t)(time_ms / 1000);
  struct tm tm = {0};
  char when[32] = "?";
  if (gmtime_r(&seconds, &tm) != NULL) {
    (void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
  }
  size_t cap = TACETD_LOG_LINE_MAX;
  int n =
      snprintf(out, cap, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"",
               when, level_names[event_levels[event]], info->name);
  size_t len = (size_t)n;
  for (unsigned f = 0; f < TACETD_FIELD_N; f++) {
    int64_t value = value_of(values, (tacetd_log_field)f);
    bool wanted = (info->fields & 1u << f) != 0 &&
                  (f != TACETD_FIELD_SKIPPED || value != 0);
    if (wanted) {
      n = put_value(out + len, cap - len, (tacetd_log_field)f, value);
      TACET_ASSERT(n > 0 && (size_t)n < cap - len);
      len += (size_t)n;
    }
  }
  n = snprintf(out + len, cap - len, ",\"text\":\"%s\"}", info->text);
  TACET_ASSERT(n > 0 && (size_t)n < cap - len);
  return len + (size_t)n;
}

/* At most one line a second and event of those that can be caused from outside;
 * counts the others. */
static bool may_pass(tacetd_log_event event, int64_t now_ms, int64_t *skipped) {
  static _Atomic int64_t last[TACETD_LOG_N], left_out[TACETD_LOG_N];
  int64_t before = atomic_load(&last[event]);
  if (now_ms - before < 1000 && now_ms >= before) {
    atomic_fetch_add(&left_out[event], 1);
    return false;
  }
  if (!atomic_compare_exchange_strong(&last[event], &before, now_ms)) {
    atomic_fetch_add(&left_out[event], 1);
    return false;
  }
  *skipped = atomic_exchange(&left_out[event], 0);
  return true;
}

void tacetd_log(tacetd_log_event event, tacetd_log_values values) {
  struct timespec now = {0};
  (void)clock_gettime(CLOCK_REALTIME, &now);
  int64_t ms = (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
  if (event_infos[event].limited && !may_pass(event, ms, &values.skipped)) {
    return;
  }
  char line[TACETD_LOG_LINE_MAX + 1];
  size_t len = tacetd_log_format(event, &values, ms, line);
  line[len++] = '\n';
  /* A log that cannot be written must not stop the server. */
  ssize_t n = write(STDERR_FILENO, line, len);
  (void)n;
}
