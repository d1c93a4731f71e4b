/* SPDX-License-Identifier: Apache-2.0
 * Metrics: one array of atomic numbers and the tables that name them. */
#include "server/ops/metrics.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum labels { PLAIN, ANSWER, REASON, OUTCOME, PART, WITNESS, BUCKET };
enum type { COUNTER, GAUGE, HISTOGRAM };

#define CLASSES 4 /* 2xx to 5xx */
static const int64_t bucket_ms[] = {1,   2,   5,   10,   20,  50,
                                    100, 200, 500, 1000, 5000};
#define BUCKETS (sizeof(bucket_ms) / sizeof(bucket_ms[0]))
/* The widest label set. A histogram has its buckets, +Inf, and the sum. */
#define CELLS ((unsigned)TACETD_CALL_N * CLASSES)

static _Atomic int64_t cells[TACETD_METRIC_N][CELLS];

static const struct {
  tacetd_metric_info shown;
  enum type type;
  enum labels labels;
} infos[TACETD_METRIC_N] = {
#define LABELS_PLAIN ""
#define LABELS_ANSWER "call,status"
#define LABELS_REASON "reason"
#define LABELS_OUTCOME "outcome"
#define LABELS_PART "part"
#define LABELS_WITNESS "state"
#define LABELS_BUCKET "le"
#define TYPE_COUNTER "counter"
#define TYPE_GAUGE "gauge"
#define TYPE_HISTOGRAM "histogram"
#define X(name, text, type, labels, what)                                      \
  {{text, what, TYPE_##type, LABELS_##labels}, type, labels},
    TACETD_METRICS(X)
#undef X
};

static const char *const call_names[TACETD_CALL_N] = {
#define X(name, text, method, path, body) text,
    TACETD_CALLS(X)
#undef X
        "none"};
static const char *const reason_names[] = {
#define X(name, text) text,
    TACETD_REASONS(X)
#undef X
};
static const char *const outcome_names[] = {
#define X(name, text) text,
    TACETD_OUTCOMES(X)
#undef X
};
static const char *const witness_names[] = {
#define X(name, text) text,
    TACETD_WITNESSES(X)
#undef X
};
static const char *const part_names[] = {"directory", "delivery"};

const char *tacetd_call_name(tacetd_call call) {
  return call < TACETD_CALL_N ? call_names[call] : "none";
}

const tacetd_metric_info *tacetd_metric_at(size_t i) {
  return i < TACETD_METRIC_N ? &infos[i].shown : NULL;
}

static unsigned cells_of(tacetd_metric m) {
  switch (infos[m].labels) {
  case ANSWER:
    return CELLS;
  case REASON:
    return TACETD_REASON_N;
  case OUTCOME:
    return TACETD_OUTCOME_N;
  case PART:
    return TACETD_METRIC_PARTS;
  case WITNESS:
    return TACETD_WITNESSES_N;
  case BUCKET:
    return BUCKETS + 2;
  case PLAIN:
    break;
  }
  return 1;
}

void tacetd_count(tacetd_metric m, unsigned label, int64_t more) {
  TACET_ASSERT(label < cells_of(m));
  atomic_fetch_add_explicit(&cells[m][label], more, memory_order_relaxed);
}

void tacetd_gauge(tacetd_metric m, unsigned label, int64_t value) {
  TACET_ASSERT(label < cells_of(m));
  atomic_store_explicit(&cells[m][label], value, memory_order_relaxed);
}

int64_t tacetd_metric_value(tacetd_metric m, unsigned label) {
  TACET_ASSERT(label < cells_of(m));
  return atomic_load_explicit(&cells[m][label], memory_order_relaxed);
}

void tacetd_count_answer(tacetd_call call, int status) {
  unsigned class = status < 300 ? 0u : (unsigned)(status / 100 - 2);
  TACET_ASSERT(call < TACETD_CALL_N && class < CLASSES);
  tacetd_count(TACETD_METRIC_REQUESTS, (unsigned)call * CLASSES + class, 1);
}

void tacetd_observe_send(int64_t ms) {
  unsigned b = 0;
  while (b < BUCKETS && ms > bucket_ms[b]) {
    b++;
  }
  tacetd_count(TACETD_METRIC_SEND_MS, b, 1);
  tacetd_count(TACETD_METRIC_SEND_MS, BUCKETS + 1, ms);
}

/* ---- what the kernel knows ---- */

static int64_t resident_bytes(void) {
  long pages = 0, resident = 0;
  FILE *f = fopen("/proc/self/statm", "re");
  if (f == NULL) {
    return 0;
  }
  int n = fscanf(f, "%ld %ld", &pages, &resident);
  (void)fclose(f);
  return n == 2 ? (int64_t)resident * sysconf(_SC_PAGESIZE) : 0;
}

void tacetd_metrics_sample(const char *folder) {
  struct rusage usage;
  struct statvfs disk;
  static _Atomic int64_t started;
  struct timespec now = {0};
  tacetd_gauge(TACETD_METRIC_RSS, 0, resident_bytes());
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    int64_t ms =
        (int64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
        (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
    tacetd_gauge(TACETD_METRIC_CPU_MS, 0, ms);
  }
  if (statvfs(folder, &disk) == 0) {
    tacetd_gauge(TACETD_METRIC_DISK_FREE, 0,
                 (int64_t)disk.f_bavail * (int64_t)disk.f_frsize);
  }
  (void)clock_gettime(CLOCK_MONOTONIC, &now);
  int64_t zero = 0;
  (void)atomic_compare_exchange_strong(&started, &zero, (int64_t)now.tv_sec);
  tacetd_gauge(TACETD_METRIC_UPTIME, 0,
               (int64_t)now.tv_sec - atomic_load(&started));
}

/* ---- the text form ---- */

__attribute__((format(printf, 2, 3))) static void put(tacet_buf *out,
                                                      const char *format, ...) {
  char line[256];
  va_list list;
  va_start(list, format);
  int n = vsnprintf(line, sizeof(line), format, list);
  va_end(list);
  TACET_ASSERT(n >= 0 && (size_t)n < sizeof(line));
  tacet_write_bytes(out, tacet_span_of(line, (size_t)n));
}

static void write_answers(tacet_buf *out, const char *name) {
  for (unsigned i = 0; i < CELLS; i++) {
    int64_t v = tacetd_metric_value(TACETD_METRIC_REQUESTS, i);
    if (v != 0) {
      put(out, "%s{call=\"%s\",status=\"%uxx\"} %" PRId64 "\n", name,
          call_names[i / CLASSES], i % CLASSES + 2, v);
    }
  }
}

/* Buckets of a histogram are cumulative. */
static void write_histogram(tacet_buf *out, tacetd_metric m, const char *name) {
  int64_t sum = 0;
  for (unsigned i = 0; i <= BUCKETS; i++) {
    sum += tacetd_metric_value(m, i);
    if (i < BUCKETS) {
      put(out, "%s_bucket{le=\"%" PRId64 "\"} %" PRId64 "\n", name,
          bucket_ms[i], sum);
    } else {
      put(out, "%s_bucket{le=\"+Inf\"} %" PRId64 "\n", name, sum);
    }
  }
  put(out, "%s_sum %" PRId64 "\n%s_count %" PRId64 "\n", name,
      tacetd_metric_value(m, BUCKETS + 1), name, sum);
}

static void write_named(tacet_buf *out, tacetd_metric m, const char *name,
                        const char *label, const char *const *values) {
  for (unsigned i = 0; i < cells_of(m); i++) {
    put(out, "%s{%s=\"%s\"} %" PRId64 "\n", name, label, values[i],
        tacetd_metric_value(m, i));
  }
}

void tacetd_metrics_write(tacet_buf *out) {
  for (unsigned i = 0; i < TACETD_METRIC_N; i++) {
    tacetd_metric m = (tacetd_metric)i;
    const tacetd_metric_info *info = &infos[m].shown;
    put(out, "# HELP %s %s\n# TYPE %s %s\n", info->name, info->what, info->name,
        info->type);
    switch (infos[m].labels) {
    case PLAIN:
      put(out, "%s %" PRId64 "\n", info->name, tacetd_metric_value(m, 0));
      break;
    case ANSWER:
      write_answers(out, info->name);
      break;
    case REASON:
      write_named(out, m, info->name, "reason", reason_names);
      break;
    case OUTCOME:
      write_named(out, m, info->name, "outcome", outcome_names);
      break;
    case PART:
      write_named(out, m, info->name, "part", part_names);
      break;
    case WITNESS:
      write_named(out, m, info->name, "state", witness_names);
      break;
    case BUCKET:
      write_histogram(out, m, info->name);
      break;
    }
  }
}
