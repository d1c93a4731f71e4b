/* SPDX-License-Identifier: Apache-2.0
 * Ways in, and the way out: ports, UNIX sockets, the PROXY protocol, draining,
 * the end. */
#include "tests/unit/net/rig.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define GET_ECHO "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n"

/* ---- ways in ---- */

static const uint8_t v2_signature[] = {13, 10,   13,   10,   0,    13,
                                       10, 0x51, 0x55, 0x49, 0x54, 10};

/* A header of version 2 for the address 198.51.100.7, with `extra` bytes of
 * what may follow an address. */
static size_t v2_header(uint8_t *out, uint8_t command, uint8_t family,
                        size_t extra) {
  size_t len = 12 + extra;
  memcpy(out, v2_signature, 12);
  out[12] = (uint8_t)(0x20 | command);
  out[13] = (uint8_t)(family << 4 | 1);
  out[14] = (uint8_t)(len >> 8);
  out[15] = (uint8_t)len;
  memset(out + 16, 0, len);
  memcpy(out + 16, "\xc6\x33\x64\x07", 4);
  return 16 + len;
}

static const uint8_t mapped[16] = {0, 0, 0,    0,    0,    0,    0,    0,
                                   0, 0, 0xff, 0xff, 0xc6, 0x33, 0x64, 0x07};

/* In pieces of `piece` bytes, so that each boundary is met once. */
static void enter(const uint8_t *header, size_t len, size_t piece,
                  bool with_tls, bool known) {
  int before = atomic_load(&the.accepted);
  peer *p = peer_open_raw();
  for (size_t at = 0; at < len; at += piece) {
    peer_send_bytes(p, header + at, len - at < piece ? len - at : piece);
    if (len > piece) {
      poll(NULL, 0, 1); /* else the kernel puts them together again */
    }
  }
  if (with_tls) {
    peer_start_tls(p);
  }
  peer_send(p, GET_ECHO);
  assert_int_equal(peer_answer(p, NULL), 200);
  assert_int_equal(atomic_load(&the.accepted), before + 1);
  if (known) {
    assert_memory_equal(the.address, mapped, 16);
  }
  peer_close(p);
}

static void proxies_say_who_comes(void **state) {
  (void)state;
  static const char v1[] = "PROXY TCP4 198.51.100.7 192.0.2.1 50000 443\r\n";
  static const char v6[] = "PROXY TCP6 2001:db8::1 2001:db8::2 50000 443\r\n";
  static const char unknown[] = "PROXY UNKNOWN\r\n";
  uint8_t v2[600];
  for (int way = 0; way < 3; way++) { /* UNIX, plain, TLS */
    net_server_config config = {.proxy_protocol = true, .n_loops = 2};
    bool tls = way == 2;
    config.path = way == 0 ? rig_file("socket") : NULL;
    rig_open(config, tls);
    enter((const uint8_t *)v1, sizeof(v1) - 1, 100, tls, true);
    enter((const uint8_t *)v1, sizeof(v1) - 1, 1, tls, true);
    enter((const uint8_t *)v6, sizeof(v6) - 1, 100, tls, false);
    assert_memory_equal(the.address, "\x20\x01\x0d\xb8", 4);
    assert_int_equal(the.address[15], 1);
    enter((const uint8_t *)unknown, sizeof(unknown) - 1, 100, tls, false);
    enter(v2, v2_header(v2, 1, 1, 0), 600, tls, true);
    enter(v2, v2_header(v2, 1, 1, 0), 1, tls, true);
    enter(v2, v2_header(v2, 1, 1, 500), 7, tls, true);
    enter(v2, v2_header(v2, 0, 0, 0), 600, tls, false); /* LOCAL */
    rig_close();
  }
}

static void bad_proxies_are_shut_out(void **state) {
  (void)state;
  static const char *const lines[] = {
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "PROXY TCP4 1.2.3.4.5 1.2.3.4 1 1\r\n",
      "PROXY TCP4 2001:db8::1 1.2.3.4 1 1\r\n",
      "PROXY TCP5 1.2.3.4 1.2.3.4 1 1\r\n",
      "PROXY TCP4 1.2.3.4\r\n",
      "PROXY TCP4 1.2.3.4 1.2.3.4 1 1\n",
      ("PROXY TCP4 1.2.3.4 1.2.3.4 1 1 this line is longer than any that there "
       "may be, which is 107 bytes with its end, so it is no header\r\n"),
      "\r\n\r\n\r\n"};
  rig_open((net_server_config){.proxy_protocol = true, .handshake_ms = 60000},
           false);
  for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
    peer *p = peer_open();
    peer_send(p, lines[i]);
    peer_expect_any_end(p);
    assert_int_equal(p->n, 0);
    peer_close(p);
  }
  uint8_t v2[600];
  for (int i = 0; i < 3; i++) {
    size_t n = v2_header(v2, 1, 1, i == 0 ? 520 : 0);
    v2[12] = i == 1 ? 0x11 : i == 2 ? 0x22 : v2[12]; /* version, command */
    peer *p = peer_open();
    peer_send_bytes(p, v2, n < 560 ? n : 560);
    peer_expect_any_end(p);
    peer_close(p);
  }
  rig_until_connections(0);
  assert_int_equal(atomic_load(&the.accepted), 0);
  atomic_store(&the.refuse_all, true);
  peer *p = peer_open();
  peer_send(p, "PROXY TCP4 198.51.100.7 192.0.2.1 50000 443\r\n");
  peer_expect_any_end(p);
  peer_close(p);
  rig_until_connections(0);
  rig_close();
}

static void silence_instead_of_a_proxy_ends(void **state) {
  (void)state;
  rig_open((net_server_config){.proxy_protocol = true, .handshake_ms = 100},
           false);
  peer *p = peer_open();
  peer_send(p, "PROXY TCP4 198.51.");
  peer_expect_any_end(p);
  peer_close(p);
  rig_until_connections(0);
  rig_close();
}

static const net_handler nobody = {.user = NULL};

static void a_place_is_taken_once(void **state) {
  (void)state;
  net_server *s;
  struct stat st;
  char text[200];
  const char *path = rig_file("socket");
  rig_open((net_server_config){.path = path}, false);
  assert_int_equal(stat(path, &st), 0);
  assert_int_equal(st.st_mode & 0777, 0660);
  net_server_config config = {.path = path};
  assert_err(TACET_ERR_EXISTS, net_server_start(&config, &nobody, &s));
  peer *p = peer_open(); /* it is not in the way of the first */
  peer_send(p, GET_ECHO);
  assert_int_equal(peer_answer(p, NULL), 200);
  peer_close(p);
  rig_close();
  assert_int_equal(stat(path, &st), -1);
  /* What a killed server left behind is no obstacle. */
  struct sockaddr_un a = {.sun_family = AF_UNIX};
  snprintf(a.sun_path, sizeof(a.sun_path), "%s", path);
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
  close(fd);
  rig_open((net_server_config){.path = path}, false);
  rig_close();
  /* What is no socket is not removed. */
  FILE *f = fopen(path, "w");
  fclose(f);
  assert_err(TACET_ERR_EXISTS, net_server_start(&config, &nobody, &s));
  assert_int_equal(unlink(path), 0);
  memset(text, 'x', sizeof(text) - 1);
  text[sizeof(text) - 1] = '\0';
  config.path = text;
  assert_err(TACET_ERR_ARGUMENT, net_server_start(&config, &nobody, &s));
  rig_open((net_server_config){.n_loops = 1}, false);
  config = (net_server_config){.host = "127.0.0.1", .port = the.port};
  assert_err(TACET_ERR_EXISTS, net_server_start(&config, &nobody, &s));
  config.host = "no such host.invalid";
  assert_err(TACET_ERR_ARGUMENT, net_server_start(&config, &nobody, &s));
  rig_close();
}

/* ---- the way out ---- */

static void *drain(void *ms) {
  net_server_drain(the.server, *(uint32_t *)ms);
  return NULL;
}

static void draining_answers_what_was_asked(void **state) {
  (void)state;
  for (int with_tls = 0; with_tls < 2; with_tls++) {
    rig_open((net_server_config){.n_loops = 2, .linger_ms = 5000},
             with_tls != 0);
    uint8_t got[64];
    size_t n;
    uint32_t ms = 20000;
    pthread_t t;
    peer *idle = peer_open(), *held = peer_open(), *ws = peer_open(),
         *half = peer_open(), *begun = peer_open_raw();
    peer_send(idle, GET_ECHO);
    assert_int_equal(peer_answer(idle, NULL), 200);
    peer_ws_open(ws);
    peer_send(held, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n" GET_ECHO);
    peer_send(half,
              "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
    peer_send(half, "a");
    rig_until(&the.held, 1);
    rig_until_requests(4);
    assert_int_equal(pthread_create(&t, NULL, drain, &ms), 0);
    peer_expect_end(idle);
    assert_int_equal(peer_ws_read(ws, got, sizeof(got), &n), NET_WS_CLOSE);
    assert_int_equal(got[0] << 8 | got[1], NET_WS_GOING_AWAY);
    peer_ws_send(ws, NET_WS_CLOSE, got, 2);
    peer_expect_end(ws);
    peer_send(half, "b");
    char *body;
    assert_int_equal(peer_answer(half, &body), 200);
    assert_string_equal(body, "ab");
    free(body);
    peer_expect_end(half);
    /* More than was asked for is still on its way: that must eat nothing. */
    peer_send(held, GET_ECHO GET_ECHO);
    net_reply_send(the.reply, &(net_response){.status = 200});
    assert_int_equal(peer_answer(held, NULL), 200);
    peer_expect_end(held);
    peer_close(idle);
    peer_close(held);
    peer_close(ws);
    peer_close(half);
    peer_close(begun);
    pthread_join(t, NULL);
    assert_int_equal(rig_stats().connections, 0);
    assert_int_equal(rig_stats().requests, 4);
    assert_null(peer_try_open()); /* nobody comes in any more */
    rig_close();
  }
}

/* It is over when no loop accepts any more, not when there happens to be no
 * connection. */
static void draining_waits_for_each_loop(void **state) {
  (void)state;
  rig_open((net_server_config){.n_loops = 1}, false);
  uint32_t ms = 20000;
  pthread_t t;
  rig_stop_loop();
  peer *p = peer_open(); /* the kernel connects it */
  assert_int_equal(pthread_create(&t, NULL, drain, &ms), 0);
  struct timespec soon;
  clock_gettime(CLOCK_REALTIME, &soon);
  soon.tv_nsec += 100000000;
  soon.tv_sec += soon.tv_nsec / 1000000000;
  soon.tv_nsec %= 1000000000;
  assert_int_equal(pthread_timedjoin_np(t, NULL, &soon), ETIMEDOUT);
  rig_go_loop();
  pthread_join(t, NULL);
  assert_int_equal(rig_stats().connections, 0);
  peer_expect_any_end(p);
  peer_close(p);
  rig_close();
}

static void draining_gives_up_in_time(void **state) {
  (void)state;
  rig_open((net_server_config){.n_loops = 2}, true);
  peer *held = peer_open(), *ws = peer_open();
  peer_ws_open(ws);
  peer_send(held, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  rig_until(&the.held, 1);
  net_server_drain(the.server, 50);
  assert_int_equal(atomic_load(&the.done), 1); /* of the upgrade */
  net_server_drain(the.server, 50);            /* twice is fine */
  net_reply_send(the.reply, &(net_response){.status = 200});
  assert_int_equal(peer_answer(held, NULL), 200);
  peer_close(held);
  peer_close(ws);
  rig_close();
}

/* Whoever is there when it ends is told so, each by its own callback. */
static void the_end_ends_everything(void **state) {
  (void)state;
  for (int round = 0; round < 10; round++) {
    rig_open((net_server_config){.n_loops = 2}, round % 2 != 0);
    peer *held = peer_open(), *ws = peer_open(), *paused = peer_open(),
         *big = peer_open(), *begun = peer_open_raw();
    peer_ws_open(ws);
    peer_send(held, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
    rig_until(&the.held, 1);
    peer_send(paused,
              "PUT /pause HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
    rig_until(&the.paused, 1);
    peer_send(big, "GET /big HTTP/1.1\r\nHost: a\r\n\r\n");
    assert_true(peer_fill(big) > 0);
    net_reply_send(the.reply, &(net_response){.status = 200});
    rig_end();
    peer_close(held);
    peer_close(ws);
    peer_close(paused);
    peer_close(big);
    peer_close(begun);
    assert_int_equal(atomic_load(&the.done), 4);
    assert_int_equal(atomic_load(&the.sources_done), 1);
  }
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(proxies_say_who_comes),
      cmocka_unit_test(bad_proxies_are_shut_out),
      cmocka_unit_test(silence_instead_of_a_proxy_ends),
      cmocka_unit_test(a_place_is_taken_once),
      cmocka_unit_test(draining_answers_what_was_asked),
      cmocka_unit_test(draining_waits_for_each_loop),
      cmocka_unit_test(draining_gives_up_in_time),
      cmocka_unit_test(the_end_ends_everything),
  };
  return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
