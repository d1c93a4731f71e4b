/* SPDX-License-Identifier: Apache-2.0
 * What people and machines look at: /.well-known/tacet, health, metrics, and
 * the page behind an invite link. */
#include "server/http/private.h"

#include "server/ops/holdings.h"

#include <stdarg.h>
#include <stdio.h>

#define PAGE_MAX TACETD_HOLDINGS_MAX

/* No scripts, nothing from elsewhere, no address passed on: the fragment of an
 * invite link holds a secret, and this page must not be able to read it. */
static const char page_headers[] =
    "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "X-Content-Type-Options: nosniff\r\n";

static const char invite_page[] =
    "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>An invite to Tacet</title>\n"
    "<style>body{font:1.1em/1.5 sans-serif;max-width:38em;margin:3em auto;"
    "padding:0 1em}code{background:#eee;padding:.2em .4em}</style>\n"
    "</head>\n<body>\n<h1>You have an invite</h1>\n"
    "<p>This address lets you register on a Tacet server, where people write "
    "to each other end-to-end encrypted: the server carries what they write "
    "and cannot read it.</p>\n"
    "<p>Copy the whole address, with everything behind the #, and give it to "
    "the program:</p>\n"
    "<p><code>tacet register NAME --invite \"THE ADDRESS\"</code></p>\n"
    "<p>What is behind the # is the invite itself. Your browser has not sent "
    "it anywhere, and this page has no script that could read it. Whoever "
    "sees the address can use it, so pass it on with care.</p>\n"
    "</body>\n</html>\n";

__attribute__((format(printf, 2, 3))) static void put(tacet_buf *w,
                                                      const char *format, ...) {
  char text[512];
  va_list list;
  va_start(list, format);
  int n = vsnprintf(text, sizeof(text), format, list);
  va_end(list);
  TACET_ASSERT(n >= 0 && (size_t)n < sizeof(text));
  tacet_write_bytes(w, tacet_span_of(text, (size_t)n));
}

/* Domain and url come from the configuration, which takes no character that
 * JSON would want escaped. */
static void write_well_known(const tacetd_service *s, tacet_buf *w) {
  const tacetd_config *c = s->config;
  put(w, "{\"protocol\":1,\"domain\":\"%s\",\"registration\":\"%s\",",
      c->domain,
      c->registration == TACETD_REGISTRATION_OPEN ? "open" : "invite");
  put(w,
      "\"limits\":{\"item\":%d,\"recipients\":%d,\"mailbox_items\":%d,"
      "\"mailbox_bytes\":%d,\"slot\":%d,\"blob\":%d,\"blob_piece\":%d,"
      "\"subscriptions\":%d,\"item_days\":%d,\"blob_days\":%d}}\n",
      TACETD_ITEM_MAX, TACETD_SEND_RECIPIENTS_MAX, TACETD_MAILBOX_ITEMS_MAX,
      TACETD_MAILBOX_BYTES_MAX, TACETD_SLOT_BODY_MAX, TACETD_BLOB_MAX,
      TACETD_BLOB_PIECE_MAX, TACETD_SUBSCRIBE_MAX, TACETD_ITEM_DAYS,
      TACETD_BLOB_DAYS);
}

/* ---- health ---- */

/* "ok", or what is wrong with a half: for a person, and a monitor. */
static const char *state_of(const sto_stats *s) {
  return s->last_error == TACET_OK         ? "ok"
         : s->last_error == TACET_ERR_FULL ? "full"
                                           : "failing";
}

/* A quorum that is missing is no reason to take the server out of service. */
static const char *state_of_log(void) {
  return tacetd_metric_value(TACETD_METRIC_LOG_FORKED, 0) != 0       ? "forked"
         : tacetd_metric_value(TACETD_METRIC_QUORUM_MISSING, 0) != 0 ? "waiting"
                                                                     : "ok";
}

static int write_health(tacetd_service *s, tacet_buf *w) {
  dir_stats d;
  dlv_stats v;
  dir_stats_get(s->directory, &d);
  dlv_stats_get(s->delivery, &v);
  bool low = d.storage.disk_low || v.storage.disk_low;
  bool trusted = d.clock_trusted && v.clock_trusted;
  bool draining = atomic_load(&s->draining);
  bool well = d.storage.last_error == TACET_OK &&
              v.storage.last_error == TACET_OK && !low && !draining;
  put(w,
      "{\"status\":\"%s\",\"directory\":\"%s\",\"delivery\":\"%s\","
      "\"disk\":\"%s\",\"clock\":\"%s\",\"log\":\"%s\"}\n",
      draining ? "stopping"
      : well   ? "ok"
               : "failing",
      state_of(&d.storage), state_of(&v.storage), low ? "low" : "ok",
      trusted ? "ok" : "untrusted", state_of_log());
  return well ? 200 : 503;
}

/* ---- metrics ---- */

static bool may_read_metrics(const tacetd_service *s, net_peer peer) {
  static const uint8_t v6_loopback[16] = {[15] = 1};
  static const uint8_t v4_mapped[12] = {[10] = 0xff, [11] = 0xff};
  const uint8_t *a = peer.address;
  if (s->config->metrics != TACETD_METRICS_LOOPBACK) {
    return s->config->metrics == TACETD_METRICS_EVERYONE;
  }
  return memcmp(a, v6_loopback, 16) == 0 ||
         (memcmp(a, v4_mapped, 12) == 0 && a[12] == 127);
}

static void sample(tacetd_service *s) {
  dir_stats d;
  dlv_stats v;
  net_server_stats net;
  size_t n = 0, bytes = 0;
  dir_stats_get(s->directory, &d);
  dlv_stats_get(s->delivery, &v);
  net_server_get_stats(s->server, &net);
  tacetd_hub_size(s->hub, &n, &bytes);
  tacetd_metrics_sample(s->folder);
  tacetd_gauge(TACETD_METRIC_CONNECTIONS, 0, (int64_t)net.connections);
  tacetd_gauge(TACETD_METRIC_ACCEPTED, 0, (int64_t)net.accepted);
  tacetd_gauge(TACETD_METRIC_SUBSCRIPTIONS, 0, (int64_t)n);
  tacetd_gauge(TACETD_METRIC_EXPIRED, 0, (int64_t)(d.expired + v.expired));
  tacetd_gauge(TACETD_METRIC_COMMITS, TACETD_METRIC_DIRECTORY,
               (int64_t)d.storage.commits);
  tacetd_gauge(TACETD_METRIC_COMMITS, TACETD_METRIC_DELIVERY,
               (int64_t)v.storage.commits);
  tacetd_gauge(TACETD_METRIC_QUEUE, TACETD_METRIC_DIRECTORY,
               (int64_t)d.storage.queue_jobs);
  tacetd_gauge(TACETD_METRIC_QUEUE, TACETD_METRIC_DELIVERY,
               (int64_t)v.storage.queue_jobs);
  tacetd_gauge(TACETD_METRIC_DISK_LOW, 0,
               d.storage.disk_low || v.storage.disk_low);
  tacetd_gauge(TACETD_METRIC_CLOCK, 0, !d.clock_trusted || !v.clock_trusted);
}

/* ---- what the server can hand over ---- */

/* The same for everybody until another version runs: a day in caches. */
static void write_holdings(const tacetd_service *s, tacetd_call call,
                           tacet_buf *w, tacetd_answer *a) {
  bool html = call == TACETD_CALL_HOLDINGS;
  a->type = html ? "text/html; charset=utf-8" : "text/plain; charset=utf-8";
  a->headers = page_headers;
  a->cache = "public, max-age=86400";
  tacetd_holdings_write(w, html ? TACETD_HOLDINGS_HTML : TACETD_HOLDINGS_TEXT,
                        s->config->domain, tacetd_inventory_at);
}

/* ---- answering ---- */

void tacetd_page(tacetd_service *s, tacetd_call call, net_request *r) {
  TACET_BUF(w, PAGE_MAX);
  tacetd_answer a = {.status = 200, .type = "application/json"};
  switch (call) {
  case TACETD_CALL_NONCE:
    a.type = NULL; /* the nonce is in the header */
    break;
  case TACETD_CALL_ISSUERS:
    a.type = "application/tacet";
    if (dir_issuers(s->directory, &w) != TACET_OK) {
      tacetd_refuse(s, call, r, TACET_WIRE_INTERNAL, 0);
      return;
    }
    break;
  case TACETD_CALL_WELL_KNOWN:
    write_well_known(s, &w);
    break;
  case TACETD_CALL_HEALTH:
    a.status = write_health(s, &w);
    break;
  case TACETD_CALL_METRICS:
    if (!may_read_metrics(s, net_request_peer(r))) {
      tacetd_refuse(s, call, r, TACET_WIRE_NOT_FOUND, 0);
      return;
    }
    sample(s);
    a.type = "text/plain; version=0.0.4";
    tacetd_metrics_write(&w);
    break;
  case TACETD_CALL_HOLDINGS:
  case TACETD_CALL_HOLDINGS_TEXT:
    write_holdings(s, call, &w, &a);
    break;
  default:
    a.type = "text/html; charset=utf-8";
    a.headers = page_headers;
    tacet_write_bytes(&w, tacet_span_str(invite_page));
    break;
  }
  if (tacet_buf_done(&w, &a.body) != TACET_OK) {
    tacetd_refuse(s, call, r, TACET_WIRE_BUSY, TACETD_RETRY_AFTER_SECONDS);
    return;
  }
  tacetd_answer_now(s, call, r, &a);
}
