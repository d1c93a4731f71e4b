/* SPDX-License-Identifier: Apache-2.0
 * server/ops/metrics.h -- numbers about the server as a whole, in Prometheus'
 * text form at /metrics.
 *
 * As with the log, there is one fixed list; labels take values from fixed
 * tables. No metric is about an account, a mailbox or an address, and none is
 * finer than the call it counts. `tacetd inventory` lists them all, and a test
 * compares that list with this table.
 */
#ifndef TACETD_OPS_METRICS_H
#define TACETD_OPS_METRICS_H

#include "server/ops/calls.h"
#include "tacet/codec.h"

/* Label sets. ANSWER is call and status class together. */
#define TACETD_METRICS(X)                                                      \
  X(REQUESTS, "tacetd_requests_total", COUNTER, ANSWER,                        \
    "requests answered, by call and class of status")                          \
  X(REFUSED, "tacetd_refused_total", COUNTER, REASON,                          \
    "requests and connections refused by a limit, by limit")                   \
  X(CONNECTIONS, "tacetd_connections", GAUGE, PLAIN, "open connections")       \
  X(ACCEPTED, "tacetd_connections_total", COUNTER, PLAIN,                      \
    "connections accepted")                                                    \
  X(SESSIONS, "tacetd_sessions", GAUGE, PLAIN,                                 \
    "open connections that receive over a WebSocket")                          \
  X(SUBSCRIPTIONS, "tacetd_subscriptions", GAUGE, PLAIN,                       \
    "mailboxes that open connections are subscribed to")                       \
  X(STORED, "tacetd_items_total", COUNTER, OUTCOME,                            \
    "copies of items that were sent, by what became of each")                  \
  X(PUSHED, "tacetd_items_pushed_total", COUNTER, PLAIN,                       \
    "items sent to open connections, again after a reconnect included")        \
  X(ACKNOWLEDGED, "tacetd_items_acknowledged_total", COUNTER, PLAIN,           \
    "items that a client has and the server has erased")                       \
  X(EPHEMERAL, "tacetd_ephemeral_total", COUNTER, PLAIN,                       \
    "ephemeral copies handed to open connections")                             \
  X(SLOW, "tacetd_slow_readers_total", COUNTER, PLAIN,                         \
    "times that a reader's window or buffer was full")                         \
  X(RESUMED, "tacetd_resumed_total", COUNTER, PLAIN,                           \
    "connections that took up a resume ticket")                                \
  X(EXPIRED, "tacetd_expired_total", COUNTER, PLAIN,                           \
    "rows erased because their day had come")                                  \
  X(COMMITS, "tacetd_commits_total", COUNTER, PART,                            \
    "database commits, by part")                                               \
  X(QUEUE, "tacetd_writer_queue", GAUGE, PART,                                 \
    "jobs that wait for the writer, by part")                                  \
  X(SEND_MS, "tacetd_send_milliseconds", HISTOGRAM, BUCKET,                    \
    "time from a whole send to its durable answer")                            \
  X(DISK_FREE, "tacetd_disk_free_bytes", GAUGE, PLAIN,                         \
    "free space where the data folder is")                                     \
  X(DISK_LOW, "tacetd_disk_low", GAUGE, PLAIN,                                 \
    "1 while free disk is below the reserve")                                  \
  X(CLOCK, "tacetd_clock_untrusted", GAUGE, PLAIN,                             \
    "1 while nothing expires because the clock jumped")                        \
  X(CERTIFICATE, "tacetd_certificate_days", GAUGE, PLAIN,                      \
    "days until the certificate ends")                                         \
  X(WITNESSES, "tacetd_witnesses", GAUGE, WITNESS,                             \
    "witnesses of the key log, by how they answer")                            \
  X(COSIGNATURES, "tacetd_cosignatures_total", COUNTER, PLAIN,                 \
    "cosignatures that witnesses gave")                                        \
  X(QUORUM_MISSING, "tacetd_quorum_missing", GAUGE, PLAIN,                     \
    "1 while nothing new is published for want of cosignatures")               \
  X(LOG_FORKED, "tacetd_log_forked", GAUGE, PLAIN,                             \
    "1 if a witness has a head that the key log does not continue")            \
  X(RSS, "tacetd_resident_bytes", GAUGE, PLAIN, "memory of the process")       \
  X(CPU_MS, "tacetd_cpu_milliseconds_total", COUNTER, PLAIN,                   \
    "processor time of the process")                                           \
  X(UPTIME, "tacetd_uptime_seconds", GAUGE, PLAIN, "since the start")

typedef enum tacetd_metric {
#define X(name, text, type, labels, what) TACETD_METRIC_##name,
  TACETD_METRICS(X)
#undef X
      TACETD_METRIC_N
} tacetd_metric;

/* Why something was refused. */
#define TACETD_REASONS(X)                                                      \
  X(RATE, "rate")                                                              \
  X(OVERLOAD, "overload")                                                      \
  X(CONNECTIONS, "connections")                                                \
  X(SIZE, "size")                                                              \
  X(QUOTA, "quota")                                                            \
  X(MALFORMED, "malformed")                                                    \
  X(AUTH, "auth")                                                              \
  X(TOKEN, "token")                                                            \
  X(DISK, "disk")
typedef enum tacetd_reason {
#define X(name, text) TACETD_REASON_##name,
  TACETD_REASONS(X)
#undef X
      TACETD_REASON_N
} tacetd_reason;

#define TACETD_OUTCOMES(X)                                                     \
  X(STORED, "stored")                                                          \
  X(STALE, "stale-capability")                                                 \
  X(GONE, "gone")                                                              \
  X(FULL, "full")                                                              \
  X(TOKEN, "token-needed")
typedef enum tacetd_outcome {
#define X(name, text) TACETD_OUTCOME_##name,
  TACETD_OUTCOMES(X)
#undef X
      TACETD_OUTCOME_N
} tacetd_outcome;

/* How a witness answers; in the order of wts_state. */
#define TACETD_WITNESSES(X)                                                    \
  X(NEW, "new")                                                                \
  X(WELL, "well")                                                              \
  X(AWAY, "away")                                                              \
  X(CERTIFICATE, "certificate")                                                \
  X(REFUSES, "refuses")                                                        \
  X(GARBAGE, "garbage")                                                        \
  X(CLAIMS, "claims")
enum {
#define X(name, text) TACETD_WITNESSES_##name,
  TACETD_WITNESSES(X)
#undef X
      TACETD_WITNESSES_N
};

enum { TACETD_METRIC_DIRECTORY, TACETD_METRIC_DELIVERY, TACETD_METRIC_PARTS };

/* For the inventory: what can be measured. */
typedef struct tacetd_metric_info {
  const char *name, *what, *type;
  const char *labels; /* names of the labels, "" for none */
} tacetd_metric_info;
const tacetd_metric_info *tacetd_metric_at(size_t i); /* NULL past the end */

/* Any thread. `label` is a member of the enum that belongs to the label set, 0
 * for PLAIN. */
void tacetd_count(tacetd_metric m, unsigned label, int64_t more);
void tacetd_gauge(tacetd_metric m, unsigned label, int64_t value);
int64_t tacetd_metric_value(tacetd_metric m, unsigned label);
/* A request to `call` was answered with `status`. */
void tacetd_count_answer(tacetd_call call, int status);
void tacetd_observe_send(int64_t ms);
static inline void tacetd_count_one(tacetd_metric m) {
  tacetd_count(m, 0, 1);
}
static inline void tacetd_count_refused(tacetd_reason r) {
  tacetd_count(TACETD_METRIC_REFUSED, r, 1);
}

/* Reads what the kernel knows of the process (memory, processor time) and of
 * the disk at `folder` into their gauges. */
void tacetd_metrics_sample(const char *folder);
/* Appends everything in Prometheus' text form 0.0.4. */
void tacetd_metrics_write(tacet_buf *out);

#endif
