/* SPDX-License-Identifier: Apache-2.0
 * The inventory: events and fields of the log, and metrics. All of them are
 * about the server as a whole. */
#include "server/ops/inventory.h"

#define KEPT "as long as the operator keeps the log"
#define EVENT(name, what)                                                      \
  {                                                                            \
    TACETD_HELD_EVENT, name, what, "the operator sees how the server is",      \
        KEPT, "the operator", TACETD_CATEGORY_NONE, true, NULL,                \
        TACETD_FORM_NONE, NULL                                                 \
  }
#define FIELD(name, what)                                                      \
  {                                                                            \
    TACETD_HELD_FIELD, name, what, "it says more about an event", KEPT,        \
        "the operator", TACETD_CATEGORY_NONE, true, NULL, TACETD_FORM_NONE,    \
        NULL                                                                   \
  }
#define METRIC(name, what)                                                     \
  {                                                                            \
    TACETD_HELD_METRIC, name, what, "the operator sees how the server does",   \
        "since the start, in memory; as long as the operator collects it",     \
        "who may read /metrics", TACETD_CATEGORY_NONE, true, NULL,             \
        TACETD_FORM_NONE, NULL                                                 \
  }

static const tacetd_inventory_row log_rows[] = {
    EVENT("ready", "the server accepts connections"),
    EVENT("draining", "it was told to stop"),
    EVENT("stopped", "it has stopped"),
    EVENT("drain-cut", "connections were closed that did not end in time"),
    EVENT("hardening", "a protection of the process could not be switched on"),
    EVENT("certificate-expiry", "the certificate ends soon"),
    EVENT("storage-failed", "a database refused a transaction"),
    EVENT("disk-low", "free disk is below the reserve"),
    EVENT("disk-ok", "free disk is above it again"),
    EVENT("overload", "requests are turned away"),
    EVENT("clock-jumped", "the clock is not trusted and nothing expires"),
    EVENT("clock-steady", "the clock is trusted again"),
    EVENT("expired", "rows whose day had come were erased"),
    EVENT("issuer-keys-changed", "the keys of a new week issue tokens"),
    EVENT("witness-away", "a witness of the key log does not answer"),
    EVENT("witness-certificate", "its certificate is not the one expected"),
    EVENT("witness-refuses", "it does not know this log"),
    EVENT("witness-garbage", "its answers are no cosignatures"),
    EVENT("witness-claims", "it says that it has seen another log"),
    EVENT("witness-back", "it cosigns again"),
    EVENT("witness-clock", "its clock and the server's differ"),
    EVENT("quorum-missing", "too few witnesses cosign"),
    EVENT("quorum-back", "enough of them cosign again"),
    EVENT("log-forked", "a witness has a head that the log does not continue"),
    EVENT("out-of-memory", "the system gave no memory"),
    EVENT("internal", "an error that should not happen"),

    FIELD("port", "the TCP port that is listened on"),
    FIELD("count", "how many things an event is about"),
    FIELD("bytes", "how many bytes it is about"),
    FIELD("ms", "how long something took"),
    FIELD("days", "a distance in days"),
    FIELD("seconds", "a distance in seconds"),
    FIELD("witness", "the number of a witness in the policy"),
    FIELD("signal", "the number of a signal"),
    FIELD("error", "the name of one of Tacet's errors"),
    FIELD("errno", "the name of an error of the system"),
    FIELD("part", "which part of the server speaks"),
    FIELD("skipped", "how many like events were left out"),
};

static const tacetd_inventory_row metrics[] = {
    METRIC("tacetd_requests_total",
           "requests answered, by call and class of status"),
    METRIC("tacetd_refused_total",
           "requests and connections refused by a limit, by limit"),
    METRIC("tacetd_connections", "open connections"),
    METRIC("tacetd_connections_total", "connections accepted"),
    METRIC("tacetd_sessions", "open connections that receive"),
    METRIC("tacetd_subscriptions", "mailboxes that open connections read"),
    METRIC("tacetd_items_total",
           "copies of items that were sent, by what became of each"),
    METRIC("tacetd_items_pushed_total", "items sent to open connections"),
    METRIC("tacetd_items_acknowledged_total", "items that were acknowledged"),
    METRIC("tacetd_ephemeral_total",
           "ephemeral copies handed to open connections"),
    METRIC("tacetd_slow_readers_total",
           "times that a reader's window or buffer was full"),
    METRIC("tacetd_resumed_total", "connections that used a resume ticket"),
    METRIC("tacetd_expired_total", "rows erased because their day had come"),
    METRIC("tacetd_commits_total", "transactions, by half"),
    METRIC("tacetd_writer_queue", "jobs that wait for the writer, by half"),
    METRIC("tacetd_send_milliseconds",
           "how long sends took, in classes, over all of them"),
    METRIC("tacetd_disk_free_bytes", "free space where the data folder is"),
    METRIC("tacetd_disk_low", "1 while that is below the reserve"),
    METRIC("tacetd_clock_untrusted", "1 while nothing expires"),
    METRIC("tacetd_certificate_days", "days until the certificate ends"),
    METRIC("tacetd_witnesses", "witnesses of the key log, by how they answer"),
    METRIC("tacetd_cosignatures_total", "cosignatures that witnesses gave"),
    METRIC("tacetd_quorum_missing", "1 while too few witnesses cosign"),
    METRIC("tacetd_log_forked",
           "1 if a witness has a head that the key log does not continue"),
    METRIC("tacetd_resident_bytes", "memory of the process"),
    METRIC("tacetd_cpu_milliseconds_total", "processor time of the process"),
    METRIC("tacetd_uptime_seconds", "time since the start"),
};

const tacetd_inventory_part tacetd_inventory_log = {
    log_rows, sizeof(log_rows) / sizeof(log_rows[0])};
const tacetd_inventory_part tacetd_inventory_metrics = {
    metrics, sizeof(metrics) / sizeof(metrics[0])};
