/* SPDX-License-Identifier: Apache-2.0
 * Peers that are slow, silent, rude or too many. Time-outs are short here; what
 * must not depend on one has a long one, and must end before it. */
#include "tests/unit/net/rig.h"

#include <errno.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

static const uint8_t zeros[1 << 16];

static double cpu_seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- time-outs ---- */

static void a_slow_head_is_answered_408(void **state) {
  (void)state;
  rig_open((net_server_config){.head_ms = 150}, false);
  peer *p = peer_open();
  peer_send(p, "GET /echo HT");
  /* Each byte comes soon, the whole never. */
  while (!peer_readable(p, 20)) {
    peer_try_send(p, "x", 1);
  }
  assert_int_equal(peer_answer(p, NULL), 408);
  peer_expect_any_end(p);
  peer_close(p);
  assert_int_equal(rig_stats().timeouts, 1);
  rig_close();
}

static void a_slow_body_is_answered_408(void **state) {
  (void)state;
  rig_open((net_server_config){.body_ms = 200}, false);
  peer *p = peer_open();
  peer_send(p,
            "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n");
  int sent = 0;
  while (!peer_readable(p, 20) && sent < 500) {
    sent += peer_try_send(p, "x", 1);
  }
  assert_true(sent < 500);
  assert_int_equal(peer_answer(p, NULL), 408);
  peer_close(p);
  rig_close();
}

static void silence_ends_a_connection(void **state) {
  (void)state;
  rig_open((net_server_config){.idle_ms = 100, .handshake_ms = 150}, false);
  peer *p = peer_open(); /* never says anything */
  peer *q = peer_open(); /* nothing after its first request */
  peer_send(q, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(peer_answer(q, NULL), 200);
  peer_expect_end(p);
  peer_expect_end(q);
  peer_close(p);
  peer_close(q);
  rig_close();
}

static void half_a_handshake_ends(void **state) {
  (void)state;
  rig_open((net_server_config){.handshake_ms = 100}, true);
  peer *p = peer_open_raw();
  peer_send_bytes(p, "\x16\x03\x01\x02\x00\x01", 6);
  peer_expect_any_end(p);
  peer_close(p);
  rig_until_connections(0);
  rig_close();
}

static void what_is_no_tls_is_a_failed_handshake(void **state) {
  (void)state;
  rig_open((net_server_config){.handshake_ms = 60000}, true);
  peer *p = peer_open_raw();
  peer_send(p, "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  peer_expect_any_end(p);
  peer_close(p);
  rig_until_connections(0);
  assert_int_equal(rig_stats().handshakes_failed, 1);
  rig_close();
}

static void who_does_not_read_is_cut_off(void **state) {
  (void)state;
  rig_open((net_server_config){.write_ms = 200}, false);
  peer *p = peer_open();
  peer_send(p, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
  rig_until(&the.sources_done, 1);
  rig_until(&the.done, 1);
  rig_until_connections(0);
  peer_close(p);
  assert_int_equal(rig_stats().timeouts, 1);
  rig_close();
}

/* ---- ends that leave nothing to read ---- */

/* Neither a busy loop nor a wait for the time-out. */
static void an_end_within_a_proxy_header_ends(void **state) {
  (void)state;
  rig_open((net_server_config){.proxy_protocol = true, .handshake_ms = 60000},
           false);
  peer *p = peer_open();
  peer_send(p, "PROXY TCP4 ");
  peer_say_no_more(p);
  peer_expect_any_end(p);
  peer_close(p);
  rig_until_connections(0);
  rig_close();
}

static void a_reset_while_paused_ends(void **state) {
  (void)state;
  rig_open((net_server_config){.body_ms = 60000}, false);
  peer *p = peer_open();
  peer_send(p,
            "PUT /pause HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  rig_until(&the.paused, 1);
  peer_reset(p);
  rig_until(&the.done, 1);
  rig_until_connections(0);
  rig_close();
}

static void a_reset_while_held_ends(void **state) {
  (void)state;
  rig_open((net_server_config){.body_ms = 60000}, false);
  peer *p = peer_open();
  peer_send(p, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  rig_until(&the.held, 1);
  peer_reset(p);
  rig_until(&the.done, 1);
  rig_until_connections(0);
  net_reply_send(the.reply, &(net_response){.status = 200}); /* nobody there */
  rig_close();
}

/* Whoever has said everything may still wait for the answer; and waiting for it
 * costs no time of the processor. */
static void a_half_closed_connection_is_answered(void **state) {
  (void)state;
  for (int with_tls = 0; with_tls < 2; with_tls++) {
    rig_open((net_server_config){.idle_ms = 60000}, with_tls != 0);
    peer *p = peer_open();
    peer_send(p, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\nGET /ec");
    rig_until(&the.held, 1);
    if (p->ssl != NULL) {
      SSL_shutdown(p->ssl);
    }
    peer_say_no_more(p);
    double before = cpu_seconds();
    poll(NULL, 0, 200);
    assert_true(cpu_seconds() - before < 0.1);
    net_reply_send(the.reply, &(net_response){.status = 200,
                                              .body = TACET_SPAN_LIT("yes")});
    char *body;
    assert_int_equal(peer_answer(p, &body), 200);
    assert_string_equal(body, "yes");
    free(body);
    peer_expect_any_end(p);
    peer_close(p);
    rig_close();
  }
}

static void more_than_asked_for_costs_nothing(void **state) {
  (void)state;
  rig_open((net_server_config){.idle_ms = 60000}, false);
  peer *p = peer_open(), *q = peer_open();
  peer_send(p, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\nGET /echo HTTP/1.1\r\n");
  rig_until(&the.held, 1);
  net_reply *first = the.reply;
  /* What is not read stays in the kernel, and wakes nobody. */
  peer_send_bytes(p, zeros, 30000);
  peer_send(q,
            "PUT /pause HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n");
  peer_send_bytes(q, zeros, 30000);
  rig_until(&the.paused, 1);
  peer_send_bytes(q, zeros, 30000);
  double before = cpu_seconds();
  poll(NULL, 0, 200);
  assert_true(cpu_seconds() - before < 0.1);
  net_reply_send(first, &(net_response){.status = 200});
  assert_int_equal(peer_answer(p, NULL), 200);
  assert_int_equal(peer_answer(p, NULL), 400);
  peer_close(p);
  peer_reset(q);
  rig_close();
}

/* ---- answers that come before the body has ---- */

static void send_early(peer *p, const char *target, size_t length, int status) {
  char head[128];
  snprintf(head, sizeof(head),
           "PUT %s HTTP/1.1\r\nHost: a\r\nContent-Length: %zu\r\n\r\n", target,
           length);
  peer_send(p, head);
  /* The whole body goes out before anybody looks for an answer. */
  for (size_t sent = 0; sent < length; sent += sizeof(zeros)) {
    assert_true(peer_try_send(p, zeros, sizeof(zeros)));
  }
  assert_int_equal(peer_answer(p, NULL), status);
  peer_expect_end(p); /* not reset */
}

static void an_early_answer_is_not_lost(void **state) {
  (void)state;
  for (int with_tls = 0; with_tls < 2; with_tls++) {
    rig_open((net_server_config){.linger_ms = 5000}, with_tls != 0);
    peer *p = peer_open();
    send_early(p, "/early", 1 << 19, 403);
    peer_close(p);
    p = peer_open();
    send_early(p, "/echo", 1 << 19, 413);
    peer_close(p);
    rig_until_connections(0);
    rig_close();
  }
}

static void bad_bytes_are_answered_and_not_reset(void **state) {
  (void)state;
  rig_open((net_server_config){.linger_ms = 5000}, false);
  peer *p = peer_open();
  peer_send(p, "NOT HTTP\r\n\r\n");
  peer_send_bytes(p, zeros, sizeof(zeros));
  assert_int_equal(peer_answer(p, NULL), 400);
  peer_expect_end(p);
  peer_close(p);
  rig_close();
}

/* Politeness has its bounds: in time, and in bytes. */
static void nobody_lingers_for_ever(void **state) {
  (void)state;
  rig_open((net_server_config){.linger_ms = 150}, false);
  peer *p = peer_open();
  peer_send(p, "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 99\r\n\r\n");
  rig_until(&the.done, 1);
  rig_until_connections(0);
  peer_close(p);
  rig_close();
  rig_open((net_server_config){.linger_ms = 60000}, false);
  p = peer_open();
  peer_send(
      p, "PUT /early HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999\r\n\r\n");
  int sent = 0;
  while (peer_try_send(p, zeros, sizeof(zeros)) && sent < 10000) {
    sent++;
  }
  assert_true(sent < 10000);
  rig_until_connections(0);
  peer_close(p);
  rig_close();
}

/* ---- limits ---- */

static void long_heads_are_answered_431(void **state) {
  (void)state;
  rig_open((net_server_config){.linger_ms = 5000}, false);
  char text[512];
  peer *p = peer_open();
  peer_send(p, "GET /echo HTTP/1.1\r\nHost: a\r\nX: ");
  memset(text, 'x', sizeof(text));
  for (int i = 0; i < 33; i++) {
    peer_send_bytes(p, text, sizeof(text));
  }
  assert_int_equal(peer_answer(p, NULL), 431);
  peer_close(p);
  p = peer_open();
  peer_send(p, "GET /echo HTTP/1.1\r\nHost: a\r\n");
  for (int i = 0; i < NET_HEADERS_MAX; i++) {
    peer_send(p, "X: y\r\n");
  }
  peer_send(p, "\r\n");
  assert_int_equal(peer_answer(p, NULL), 431);
  peer_expect_end(p);
  peer_close(p);
  rig_close();
}

static void no_more_connections_than_allowed(void **state) {
  (void)state;
  rig_open((net_server_config){.max_connections = 5}, false);
  peer *p[5];
  for (int i = 0; i < 5; i++) {
    p[i] = peer_open();
    peer_send(p[i], "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_int_equal(peer_answer(p[i], NULL), 200);
  }
  peer *q = peer_open();
  peer_expect_any_end(q);
  peer_close(q);
  peer_close(p[0]);
  rig_until_connections(4);
  p[0] = peer_open();
  peer_send(p[0], "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(peer_answer(p[0], NULL), 200);
  assert_int_equal(rig_stats().refused, 1);
  atomic_store(&the.refuse_all, true);
  peer_close(p[0]);
  rig_until_connections(4);
  q = peer_open();
  peer_expect_any_end(q);
  peer_close(q);
  assert_int_equal(rig_stats().refused, 2);
  for (int i = 1; i < 5; i++) {
    peer_close(p[i]);
  }
  rig_close();
}

/* Without descriptors the listener rests, spins not, and comes back. */
static void no_descriptors_left_is_no_end(void **state) {
  (void)state;
  int filler[256], n = 0;
  struct rlimit old, low;
  rig_open((net_server_config){.n_loops = 2}, false);
  peer *first = peer_open();
  peer_send(first, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(peer_answer(first, NULL), 200);
  getrlimit(RLIMIT_NOFILE, &old);
  low = (struct rlimit){200, old.rlim_max};
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
  while (n < 256 && (filler[n] = dup(0)) >= 0) {
    n++;
  }
  assert_true(n > 1 && n < 256);
  close(filler[--n]);
  peer *p = peer_open(); /* takes the last one; the kernel connects it */
  peer_send(p, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  double before = cpu_seconds();
  assert_false(peer_readable(p, 200));
  assert_true(cpu_seconds() - before < 0.1);
  peer_send(first, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  assert_int_equal(peer_answer(first, NULL), 200); /* the others go on */
  while (n > 0) {
    close(filler[--n]);
  }
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
  assert_int_equal(peer_answer(p, NULL), 200);
  peer_close(first);
  peer_close(p);
  rig_close();
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_slow_head_is_answered_408),
      cmocka_unit_test(a_slow_body_is_answered_408),
      cmocka_unit_test(silence_ends_a_connection),
      cmocka_unit_test(half_a_handshake_ends),
      cmocka_unit_test(what_is_no_tls_is_a_failed_handshake),
      cmocka_unit_test(who_does_not_read_is_cut_off),
      cmocka_unit_test(an_end_within_a_proxy_header_ends),
      cmocka_unit_test(a_reset_while_paused_ends),
      cmocka_unit_test(a_reset_while_held_ends),
      cmocka_unit_test(a_half_closed_connection_is_answered),
      cmocka_unit_test(more_than_asked_for_costs_nothing),
      cmocka_unit_test(an_early_answer_is_not_lost),
      cmocka_unit_test(bad_bytes_are_answered_and_not_reset),
      cmocka_unit_test(nobody_lingers_for_ever),
      cmocka_unit_test(long_heads_are_answered_431),
      cmocka_unit_test(no_more_connections_than_allowed),
      cmocka_unit_test(no_descriptors_left_is_no_end),
  };
  return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
