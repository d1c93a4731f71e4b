/* SPDX-License-Identifier: Apache-2.0
 * server/ops/log.h -- what the server says about itself: typed events from a
 * fixed list, one JSON object a line on stderr.
 *
 * An event carries numbers and names from fixed tables, and nothing else: there
 * is no field into which text from a request would fit, so no handle, id,
 * address or body can get into a log. `tacetd inventory` lists every event and
 * field, and a test compares that list with these tables.
 */
#ifndef TACETD_OPS_LOG_H
#define TACETD_OPS_LOG_H

#include "tacet/base.h"

#include <stdio.h>

/* X(name, "name", kind, "what it is"). Kinds: NUMBER prints the value; ERROR
 * the name of a tacet_err; SYSTEM that of an errno; PART that of a
 * tacetd_log_part. */
#define TACETD_LOG_FIELDS(X)                                                   \
  X(PORT, port, "port", NUMBER, "the TCP port that is listened on")            \
  X(COUNT, count, "count", NUMBER, "how many things the event is about")       \
  X(BYTES, bytes, "bytes", NUMBER, "how many bytes the event is about")        \
  X(MS, ms, "ms", NUMBER, "how long it took, in milliseconds")                 \
  X(DAYS, days, "days", NUMBER, "a distance in days")                          \
  X(SECONDS, seconds, "seconds", NUMBER, "a distance in seconds")              \
  X(WITNESS, witness, "witness", NUMBER,                                       \
    "which witness, as `tacetd witness list` counts them")                     \
  X(SIGNAL, signal, "signal", NUMBER, "the number of a signal")                \
  X(ERROR, error, "error", ERROR, "the name of one of Tacet's errors")         \
  X(SYSTEM, system, "errno", SYSTEM, "the name of an error of the system")     \
  X(PART, part, "part", PART, "which part of the server speaks")               \
  X(SKIPPED, skipped, "skipped", NUMBER,                                       \
    "like events that were left out since the last such line")

typedef enum tacetd_log_field {
#define X(name, member, text, kind, what) TACETD_FIELD_##name,
  TACETD_LOG_FIELDS(X)
#undef X
      TACETD_FIELD_N
} tacetd_log_field;

/* The values of an event: name the members that the event's row lists; the
 * others are not printed. */
typedef struct tacetd_log_values {
#define X(name, member, text, kind, what) int64_t member;
  TACETD_LOG_FIELDS(X)
#undef X
} tacetd_log_values;

#define TACETD_LOG_PARTS(X)                                                    \
  X(DIRECTORY, "directory")                                                    \
  X(DELIVERY, "delivery")                                                      \
  X(HTTP, "http")                                                              \
  X(NETWORK, "network")                                                        \
  X(CONFIG, "config")                                                          \
  X(WITNESSES, "witnesses")
typedef enum tacetd_log_part {
#define X(name, text) TACETD_PART_##name,
  TACETD_LOG_PARTS(X)
#undef X
      TACETD_PART_N
} tacetd_log_part;

typedef enum tacetd_log_level {
  TACETD_LOG_INFO,
  TACETD_LOG_WARNING,
  TACETD_LOG_ERROR
} tacetd_log_level;

/* X(name, "name", level, at most one a second, fields, "text"). What can be
 * caused from outside is limited to one line a second, so that nobody fills the
 * disk with it. */
#define TACETD_F(f) (1u << TACETD_FIELD_##f)
#define TACETD_LOG_EVENTS(X)                                                   \
  X(READY, "ready", INFO, false, TACETD_F(PORT),                               \
    "the server accepts connections")                                          \
  X(DRAINING, "draining", INFO, false, TACETD_F(SIGNAL) | TACETD_F(COUNT),     \
    "a signal asked the server to stop; open connections are let finish")      \
  X(STOPPED, "stopped", INFO, false, TACETD_F(MS),                             \
    "the server has stopped and everything acknowledged is on disk")           \
  X(DRAIN_CUT, "drain-cut", WARNING, false, TACETD_F(COUNT),                   \
    "connections did not finish in time and were closed")                      \
  X(HARDENING, "hardening", WARNING, false, TACETD_F(SYSTEM),                  \
    "a protection of the process could not be switched on")                    \
  X(CERTIFICATE, "certificate-expiry", WARNING, false, TACETD_F(DAYS),         \
    "the certificate ends in that many days; run tacetd doctor")               \
  X(STORAGE, "storage-failed", ERROR, true,                                    \
    TACETD_F(PART) | TACETD_F(ERROR) | TACETD_F(SKIPPED),                      \
    "the database refused; requests are answered with 503 or 507")             \
  X(DISK_LOW, "disk-low", ERROR, true, TACETD_F(BYTES) | TACETD_F(SKIPPED),    \
    "free disk is below the reserve; nothing new is stored")                   \
  X(DISK_OK, "disk-ok", INFO, false, TACETD_F(BYTES),                          \
    "free disk is above the reserve again")                                    \
  X(OVERLOAD, "overload", WARNING, true,                                       \
    TACETD_F(PART) | TACETD_F(COUNT) | TACETD_F(SKIPPED),                      \
    "new work is answered with 503 until the queue is shorter")                \
  X(CLOCK, "clock-jumped", WARNING, true, TACETD_F(DAYS) | TACETD_F(SKIPPED),  \
    "the clock left the server's own day; nothing expires until it is "        \
    "steady")                                                                  \
  X(CLOCK_OK, "clock-steady", INFO, false, 0,                                  \
    "the clock has been steady; things expire again")                          \
  X(EXPIRED, "expired", INFO, false,                                           \
    TACETD_F(PART) | TACETD_F(COUNT) | TACETD_F(MS),                           \
    "what was past its day was erased")                                        \
  X(KEYS, "issuer-keys-changed", INFO, false, TACETD_F(PART),                  \
    "a new weekly key for tokens is in use")                                   \
  X(WITNESS_AWAY, "witness-away", WARNING, false, TACETD_F(WITNESS),           \
    "a witness does not answer; the others go on")                             \
  X(WITNESS_CERTIFICATE, "witness-certificate", WARNING, false,                \
    TACETD_F(WITNESS),                                                         \
    "a witness has another certificate than its pin, or one that nobody "      \
    "vouches for")                                                             \
  X(WITNESS_REFUSES, "witness-refuses", WARNING, false, TACETD_F(WITNESS),     \
    "a witness does not know this log or its key; it needs tacet-witness log " \
    "add")                                                                     \
  X(WITNESS_GARBAGE, "witness-garbage", WARNING, false, TACETD_F(WITNESS),     \
    "a witness answers what is no cosignature of its key")                     \
  X(WITNESS_CLAIMS, "witness-claims", WARNING, false, TACETD_F(WITNESS),       \
    "a witness says that it has seen another log, and does not prove it")      \
  X(WITNESS_BACK, "witness-back", INFO, false, TACETD_F(WITNESS),              \
    "a witness cosigns again")                                                 \
  X(WITNESS_CLOCK, "witness-clock", WARNING, false,                            \
    TACETD_F(WITNESS) | TACETD_F(SECONDS),                                     \
    "the clocks of a witness and of this server differ; by more than an "      \
    "hour, it does not count")                                                 \
  X(QUORUM_MISSING, "quorum-missing", ERROR, false, TACETD_F(COUNT),           \
    "too few witnesses cosign: what is new is accepted and not visible yet; "  \
    "run tacetd doctor")                                                       \
  X(QUORUM_BACK, "quorum-back", INFO, false, 0,                                \
    "enough witnesses cosign again")                                           \
  X(LOG_FORKED, "log-forked", ERROR, false, TACETD_F(WITNESS),                 \
    "a witness has a head of this log that the log does not continue: "        \
    "nothing new is published; run tacetd doctor")                             \
  X(MEMORY, "out-of-memory", ERROR, true, TACETD_F(PART) | TACETD_F(SKIPPED),  \
    "the system gave no memory")                                               \
  X(INTERNAL, "internal", ERROR, true, TACETD_F(PART) | TACETD_F(SKIPPED),     \
    "something that should not happen; please report it")

typedef enum tacetd_log_event {
#define X(name, text, level, limited, fields, what) TACETD_LOG_##name,
  TACETD_LOG_EVENTS(X)
#undef X
      TACETD_LOG_N
} tacetd_log_event;

/* For the inventory: what can be logged. `fields` is a set of bits, 1 << f. */
typedef struct tacetd_log_event_info {
  const char *name, *text;
  uint32_t fields;
  bool limited;
} tacetd_log_event_info;
const tacetd_log_event_info *tacetd_log_event_at(size_t i); /* NULL past end */
typedef struct tacetd_log_field_info {
  const char *name, *what;
} tacetd_log_field_info;
const tacetd_log_field_info *tacetd_log_field_at(size_t i); /* NULL past end */

/* One line to stderr in one write. Any thread. */
void tacetd_log(tacetd_log_event event, tacetd_log_values values);
#define TACETD_LOG(event, ...)                                                 \
  tacetd_log(TACETD_LOG_##event, (tacetd_log_values){__VA_ARGS__})

/* The line without its end, as tacetd_log writes it at that time (Unix time in
 * milliseconds). Gives its length; `out` has TACETD_LOG_LINE_MAX. */
#define TACETD_LOG_LINE_MAX 512
size_t tacetd_log_format(tacetd_log_event event,
                         const tacetd_log_values *values, int64_t time_ms,
                         char *out);

#endif
