/* SPDX-License-Identifier: Apache-2.0
 * WebSocket clients that lie or flood: messages that never end, pings without
 * number, extensions that nobody agreed to. */
#include "tests/unit/net/rig.h"

#include <poll.h>

/* A message of the rig's may have 1 MiB, so it may take 17 times as long. */
#define BODY_MS 20
#define ALLOWED_MS (17 * BODY_MS)

/* The server says so, and ends; then so does the peer. */
static void expect_close(peer *p, int code) {
  uint8_t got[128];
  size_t n = 0;
  int opcode;
  do {
    opcode = peer_ws_read(p, got, sizeof(got), &n);
  } while (opcode == NET_WS_PONG);
  assert_int_equal(opcode, NET_WS_CLOSE);
  assert_int_equal(n, 2);
  assert_int_equal(got[0] << 8 | got[1], code);
  peer_expect_any_end(p);
  peer_close(p);
}

/* ---- messages without end ---- */

/* Sends `again` until the server has something to say, at most 10 seconds. */
static void trickle(peer *p, const void *first, size_t n_first,
                    const void *again, size_t n_again) {
  peer_send_bytes(p, first, n_first);
  for (int i = 0; i < 1000 && !peer_readable(p, 10); i++) {
    if (!peer_try_send(p, again, n_again)) {
      break;
    }
  }
  expect_close(p, 1008);
  rig_until(&the.ws_closed, 1);
  assert_int_equal(atomic_load(&the.ws_messages), 0);
  assert_int_equal(rig_stats().timeouts, 1);
}

static void a_message_must_end(void **state) {
  (void)state;
  static const struct {
    const char *name, *first, *again;
  } rows[] = {
      {"a head that is not whole", "82", ""},
      {"a frame, byte by byte", "82ff 0000000000020000 01020304", "aa"},
      {"fragments of nothing", "0281 00000000 41", "0080 00000000"},
      {"pings between fragments", "0281 00000000 41", "8980 00000000"},
  };
  for (int with_tls = 0; with_tls < 2; with_tls++) {
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
      tacet_span first = test_hex(rows[i].first),
                 again = test_hex(rows[i].again);
      rig_open((net_server_config){.body_ms = BODY_MS,
                                   .linger_ms = 5000,
                                   .max_controls = 100000},
               with_tls != 0);
      peer *p = peer_open();
      peer_ws_open(p);
      trickle(p, first.p, first.len, again.p, again.len);
      rig_close();
      test_hex_free(first);
      test_hex_free(again);
    }
  }
}

/* It is each message's time, not the connection's; and pings take none. */
static void whole_messages_may_go_on(void **state) {
  (void)state;
  uint8_t got[16];
  size_t n;
  rig_open((net_server_config){.body_ms = BODY_MS, .max_controls = 100000},
           true);
  peer *p = peer_open();
  peer_ws_open(p);
  for (int i = 0; i < 3 * ALLOWED_MS / 10; i++) {
    peer_ws_send(p, NET_WS_PING, "", 0);
    peer_ws_send(p, NET_WS_BINARY, "hello", 5);
    assert_int_equal(peer_ws_read(p, got, sizeof(got), &n), NET_WS_PONG);
    assert_int_equal(peer_ws_read(p, got, sizeof(got), &n), NET_WS_BINARY);
    (void)poll(NULL, 0, 10);
  }
  assert_int_equal(rig_stats().timeouts, 0);
  peer_close(p);
  rig_close();
}

/* ---- pings ---- */

/* All in one write, so that they come in one second. */
static void send_controls(peer *p, uint8_t first, size_t n) {
  uint8_t frames[6 * 64] = {0};
  assert_true(n <= 64);
  for (size_t i = 0; i < n; i++) {
    frames[6 * i] = first;
    frames[6 * i + 1] = 0x80;
  }
  peer_send_bytes(p, frames, 6 * n);
}

static void pings_are_counted(void **state) {
  (void)state;
  static const uint8_t kinds[] = {0x89, 0x8a};
  uint8_t got[16];
  size_t n;
  for (size_t i = 0; i < sizeof(kinds); i++) {
    rig_open((net_server_config){.max_controls = 20, .linger_ms = 5000}, true);
    peer *p = peer_open(), *q = peer_open();
    peer_ws_open(p);
    peer_ws_open(q);
    send_controls(p, kinds[i], 21);
    expect_close(p, 1008);
    rig_until(&the.ws_closed, 1);
    send_controls(q, kinds[i], 20); /* as many as there may be */
    peer_ws_send(q, NET_WS_BINARY, "still here", 10);
    for (int k = 0; kinds[i] == 0x89 && k < 20; k++) {
      assert_int_equal(peer_ws_read(q, got, sizeof(got), &n), NET_WS_PONG);
    }
    assert_int_equal(peer_ws_read(q, got, sizeof(got), &n), NET_WS_BINARY);
    peer_close(q);
    rig_close();
  }
}

/* ---- extensions ---- */

static void compression_is_not_agreed(void **state) {
  (void)state;
  rig_open((net_server_config){.linger_ms = 5000}, true);
  peer *p = peer_open();
  peer_send(p, "GET /ws HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n"
               "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Extensions: permessage-deflate; "
               "client_max_window_bits\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  while (memmem(p->in, p->n, "\r\n\r\n", 4) == NULL) {
    assert_true(peer_fill(p) > 0);
  }
  assert_memory_equal(p->in, "HTTP/1.1 101 ", 13);
  assert_null(memmem(p->in, p->n, "xtensions", 9));
  p->n = 0;
  /* "Hello" of RFC 7692 7.2.3.1, masked with zeros. */
  static const uint8_t hello[] = {0xc1, 0x87, 0,    0,    0,    0,   0xf2,
                                  0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00};
  peer_send_bytes(p, hello, sizeof(hello));
  expect_close(p, 1002);
  assert_int_equal(atomic_load(&the.ws_messages), 0);
  rig_close();
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_message_must_end),
      cmocka_unit_test(whole_messages_may_go_on),
      cmocka_unit_test(pings_are_counted),
      cmocka_unit_test(compression_is_not_agreed),
  };
  return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
