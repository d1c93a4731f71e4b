/* SPDX-License-Identifier: Apache-2.0
 * The order of things: pipelines, answers from other threads, streams that are
 * paused, WebSocket queues, and callbacks that come at their own time only. */
#include "tests/unit/net/rig.h"

#include <openssl/err.h>
#include <poll.h>
#include <sys/socket.h>

#include "net/conn.h"

static void expect_answer(peer *p, int status, const char *want) {
  char *body;
  assert_int_equal(peer_answer(p, &body), status);
  assert_string_equal(body, want);
  free(body);
}

/* ---- requests ---- */

static void pipelined_requests_are_answered_in_order(void **state) {
  (void)state;
  for (int with_tls = 0; with_tls < 2; with_tls++) {
    rig_open((net_server_config){.n_loops = 2}, with_tls != 0);
    peer *p = peer_open();
    for (int round = 0; round < 5; round++) {
      char text[8192] = "", one[128];
      for (int i = 0; i < 50; i++) {
        snprintf(one, sizeof(one),
                 "POST %s HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\n%04d",
                 i % 3 == 0 ? "/later" : "/echo", i);
        strcat(text, one);
      }
      /* Cut where it hurts. */
      size_t half = strlen(text) / 2 + (size_t)round;
      peer_send_bytes(p, text, half);
      peer_send(p, text + half);
      for (int i = 0; i < 50; i++) {
        snprintf(one, sizeof(one), "%04d", i);
        expect_answer(p, 200, one);
      }
    }
    peer_close(p);
    rig_close();
  }
}

static void a_head_alone_has_no_body(void **state) {
  (void)state;
  rig_open((net_server_config){.n_loops = 1}, false);
  peer *p = peer_open();
  peer_send(p, "HEAD /big HTTP/1.1\r\nHost: a\r\n\r\n"
               "HEAD /later HTTP/1.1\r\nHost: a\r\n\r\n"
               "GET /none HTTP/1.1\r\nHost: a\r\n\r\n"
               "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  static const char *const starts[] = {"HTTP/1.1 200 ", "HTTP/1.1 200 ",
                                       "HTTP/1.1 204 ", "HTTP/1.1 200 "};
  for (size_t i = 0; i < 4; i++) {
    net_http_head h;
    size_t used;
    while (net_http_response(tacet_span_of(p->in, p->n), &h, &used) ==
           NET_PARSE_MORE) {
      assert_true(peer_fill(p) > 0);
    }
    assert_memory_equal(p->in, starts[i], 13);
    assert_int_equal(net_http_response(tacet_span_of(p->in, p->n), &h, &used),
                     NET_PARSE_OK);
    memmove(p->in, p->in + used, p->n - used);
    p->n -= used;
  }
  peer_close(p);
  rig_until(&the.sources_done, 1);
  rig_close();
}

static void expectations_are_met(void **state) {
  (void)state;
  rig_open((net_server_config){.linger_ms = 5000}, false);
  peer *p = peer_open();
  peer_send(p, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
               "Expect: 100-continue\r\n\r\n");
  assert_int_equal(peer_answer(p, NULL), 100);
  peer_send(p, "abc");
  expect_answer(p, 200, "abc");
  peer_send(p, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n"
               "Expect: 100-continue\r\n\r\n");
  assert_int_equal(peer_answer(p, NULL), 413);
  peer_expect_end(p);
  peer_close(p);
  rig_close();
}

static void an_empty_stream_ends_too(void **state) {
  (void)state;
  rig_open((net_server_config){.n_loops = 1}, false);
  peer *p = peer_open();
  peer_send(p, "PUT /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n"
               "PUT /nothing HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n"
               "\x01");
  expect_answer(p, 200, "0 0");
  expect_answer(p, 200, "1 1");
  peer_close(p);
  rig_close();
}

static void streams_pause_and_resume(void **state) {
  (void)state;
  for (int with_tls = 0; with_tls < 2; with_tls++) {
    rig_open((net_server_config){.n_loops = 2}, with_tls != 0);
    peer *p = peer_open();
    size_t n = 3000000;
    uint8_t *body = malloc(n);
    for (size_t i = 0; i < n; i++) {
      body[i] = rig_byte(i);
    }
    for (int round = 0; round < 2; round++) {
      peer_send(
          p,
          "PUT /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
      peer_send_bytes(p, body, n);
      expect_answer(p, 200, "3000000 0");
    }
    /* One that breaks off while it is paused, or just after. */
    peer_send(
        p,
        "PUT /stream HTTP/1.1\r\nHost: a\r\nContent-Length: 3000000\r\n\r\n");
    peer_send_bytes(p, body, 200000);
    peer_reset(p);
    rig_until(&the.done, 3);
    free(body);
    rig_close();
  }
}

/* A pause is the server's own slowness: no time-out of the client's. */
static void a_pause_is_no_slow_body(void **state) {
  (void)state;
  rig_open((net_server_config){.body_ms = 100}, false);
  peer *p = peer_open();
  peer_send(p,
            "PUT /pause HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nabc");
  rig_until(&the.paused, 1);
  assert_false(peer_readable(p, 400));
  assert_int_equal(rig_stats().timeouts, 0);
  peer_reset(p);
  rig_close();
}

/* What somebody left in OpenSSL's queue is nobody's connection's end. */
static void errors_of_others_do_no_harm(void **state) {
  (void)state;
  rig_open((net_server_config){.n_loops = 1}, true);
  peer *p = peer_open(), *q = peer_open();
  for (int i = 0; i < 3; i++) {
    peer_send(p, "GET /taint HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_answer(p, 200, "tainted");
    peer_send(q, "GET /taint HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_answer(q, 200, "tainted");
    peer *r = peer_open();
    peer_close(r);
  }
  peer_close(p);
  peer_close(q);
  rig_close();
}

/* ---- nothing is called from inside a call ---- */

static void answer_held(void *user) {
  (void)user;
  net_respond(the.request, &(net_response){.status = 200});
}

static void answering_calls_nobody(void **state) {
  (void)state;
  rig_open((net_server_config){.n_loops = 1}, false);
  peer *p = peer_open();
  peer_send(p, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n"
               "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  rig_until(&the.held, 1);
  net_reply *reply = the.reply;
  rig_on_loop(answer_held, NULL);
  net_reply_drop(reply); /* too late: does nothing */
  expect_answer(p, 200, "");
  expect_answer(p, 200, "");
  peer_close(p);
  rig_until(&the.done, 2);
  rig_close(); /* looks at the.reentered */
}

static void respond_big(void *user) {
  static uint8_t much[8 << 20];
  (void)user;
  net_respond(the.request,
              &(net_response){.status = 200,
                              .body = tacet_span_of(much, sizeof(much))});
}

/* Nor may it when the first answer is still on its way. */
static void a_second_answer_does_nothing(void **state) {
  (void)state;
  rig_open((net_server_config){.n_loops = 1}, false);
  peer *p = peer_open();
  peer_send(p, "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  rig_until(&the.held, 1);
  rig_on_loop(respond_big, NULL);
  net_reply_drop(the.reply);
  size_t left =
      strlen("HTTP/1.1 200 OK\r\nContent-Length: 8388608\r\n\r\n") + (8u << 20);
  while (left > 0) {
    assert_true(peer_fill(p) > 0);
    left -= p->n;
    p->n = 0;
  }
  peer_send(p, "GET /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  expect_answer(p, 200, "");
  peer_close(p);
  rig_close();
}

/* ---- answers that are made on the loop ---- */

static atomic_int asked, asked_for_nobody;

static void make_answer(void *user, net_request *r) {
  assert_ptr_equal(user, &asked);
  if (r != NULL) {
    net_respond(r,
                &(net_response){.status = 200, .body = TACET_SPAN_LIT("made")});
  }
  rig_count(r != NULL ? &asked : &asked_for_nobody);
}

static void an_answer_is_asked_for_on_the_loop(void **state) {
  (void)state;
  static const char get[] = "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n";
  atomic_store(&asked, 0);
  atomic_store(&asked_for_nobody, 0);
  rig_open((net_server_config){.n_loops = 1}, true);
  peer *p = peer_open(), *q = peer_open();
  for (int i = 1; i <= 3; i++) {
    peer_send(p, get);
    rig_until(&the.held, i);
    net_reply_call(the.reply, make_answer, &asked);
    expect_answer(p, 200, "made");
  }
  peer_send(q, get); /* who is gone by then, and who was answered already */
  rig_until(&the.held, 4);
  peer_reset(q);
  rig_until_connections(1);
  net_reply_call(the.reply, make_answer, &asked);
  rig_until(&asked_for_nobody, 1);
  peer_send(p, get);
  rig_until(&the.held, 5);
  rig_on_loop(respond_big, NULL);
  net_reply_call(the.reply, make_answer, &asked);
  rig_until(&asked_for_nobody, 2);
  assert_int_equal(atomic_load(&asked), 3);
  peer_reset(p);
  rig_close();
}

static void send_one(void *user) {
  assert_true(net_ws_send(the.ws, tacet_span_str(user)));
}
static void close_it(void *user) {
  (void)user;
  net_ws_close(the.ws, 4001);
  net_ws_close(the.ws, 4002); /* the first counts */
}

static void sending_calls_nobody(void **state) {
  (void)state;
  uint8_t got[64];
  size_t n;
  rig_open((net_server_config){.n_loops = 1}, true);
  peer *p = peer_open();
  peer_ws_open(p);
  static char text[] = "pushed";
  for (int i = 0; i < 10; i++) {
    rig_stop_loop();
    peer_ws_send(p, NET_WS_BINARY, "hi", 2);
    assert_ok(net_loop_post(net_server_loop(the.server, 0), send_one, text));
    rig_go_loop();
    rig_on_loop(send_one, text);
    for (int k = 0; k < 3; k++) {
      assert_int_equal(peer_ws_read(p, got, sizeof(got), &n), NET_WS_BINARY);
    }
  }
  rig_on_loop(close_it, NULL);
  assert_int_equal(peer_ws_read(p, got, sizeof(got), &n), NET_WS_CLOSE);
  assert_int_equal(got[0] << 8 | got[1], 4001);
  peer_close(p);
  rig_until(&the.ws_closed, 1);
  assert_int_equal(atomic_load(&the.ws_code), 4001);
  rig_close();
}

/* ---- WebSocket ---- */

/* The queue is refilled from on_ws_writable alone: the client says nothing. */
static void a_queue_is_refilled_as_it_empties(void **state) {
  (void)state;
  for (int with_tls = 0; with_tls < 2; with_tls++) {
    uint8_t got[2000];
    size_t n;
    rig_open((net_server_config){.write_ms = 20000}, with_tls != 0);
    peer *p = peer_open();
    peer_ws_open(p);
    peer_ws_send(p, NET_WS_BINARY, "flood 20000", 11);
    for (int i = 0; i < 20000; i++) {
      assert_int_equal(peer_ws_read(p, got, sizeof(got), &n), NET_WS_BINARY);
      assert_int_equal(n, 1000);
    }
    assert_true(atomic_load(&the.writable) > 0);
    peer_close(p);
    rig_close();
  }
}

static void narrow(void *user) {
  (void)user;
  int small = 8192;
  setsockopt(the.ws->c->watch.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
}

static void look_at_queue(void *user) {
  size_t *cap = user;
  *cap = the.ws->c->out.cap;
}

/* A reader that never catches up holds no more than its queue. */
static void a_slow_reader_costs_no_more_than_its_queue(void **state) {
  (void)state;
  uint8_t got[2000];
  size_t n, most = 0;
  rig_open((net_server_config){.write_ms = 20000}, false);
  peer *p = peer_open();
  peer_ws_open(p);
  rig_until(&the.ws_opened, 1);
  rig_on_loop(narrow, NULL);
  peer_ws_send(p, NET_WS_BINARY, "flood 30000", 11);
  for (int i = 0; i < 30000; i++) {
    assert_int_equal(peer_ws_read(p, got, sizeof(got), &n), NET_WS_BINARY);
    if (i % 1000 == 999) {
      size_t cap = 0;
      rig_on_loop(look_at_queue, &cap);
      most = cap > most ? cap : most;
    }
  }
  peer_close(p);
  assert_true(most > 0);
  assert_true(most <= 4 * (1 << 16));
  rig_close();
}

static void who_never_reads_is_given_up(void **state) {
  (void)state;
  rig_open((net_server_config){.write_ms = 300, .ping_ms = 60000}, false);
  the.max_queue = 1 << 20;
  peer *p = peer_open();
  peer_ws_open(p);
  peer_ws_send(p, NET_WS_BINARY, "flood 100000", 12);
  rig_until(&the.ws_closed, 1);
  assert_int_equal(atomic_load(&the.ws_code), 1006);
  peer_close(p);
  rig_close();
}

/* Nor does it help to keep talking. */
static void talking_is_not_reading(void **state) {
  (void)state;
  rig_open((net_server_config){.write_ms = 300, .ping_ms = 60000}, false);
  peer *p = peer_open();
  peer_ws_open(p);
  peer_ws_send(p, NET_WS_BINARY, "flood 100000", 12);
  for (int i = 0; i < 400 && atomic_load(&the.ws_closed) == 0; i++) {
    uint8_t frame[] = {0x82, 0x84, 0, 0, 0, 0, 'd', 'r', 'o', 'p'};
    if (!peer_try_send(p, frame, sizeof(frame))) {
      break;
    }
    poll(NULL, 0, 10);
  }
  rig_until(&the.ws_closed, 1);
  peer_close(p);
  rig_close();
}

static void look_at_reader(void *user) {
  size_t *cap = user;
  *cap = the.ws->reader.body.cap + the.ws->c->in.cap + the.ws->c->out.cap;
}

static void an_idle_websocket_holds_no_buffers(void **state) {
  (void)state;
  uint8_t big[20000] = {0}, got[20000];
  size_t n, held = 1;
  rig_open((net_server_config){.n_loops = 1}, true);
  peer *p = peer_open();
  peer_ws_open(p);
  peer_ws_send(p, NET_WS_BINARY, big, sizeof(big));
  assert_int_equal(peer_ws_read(p, got, sizeof(got), &n), NET_WS_BINARY);
  rig_on_loop(look_at_reader, &held);
  assert_int_equal(held, 0);
  peer_close(p);
  rig_close();
}

static void quiet_websockets_are_asked(void **state) {
  (void)state;
  uint8_t got[64];
  size_t n;
  rig_open((net_server_config){.ping_ms = 150}, true);
  peer *p = peer_open(), *q = peer_open();
  peer_ws_open(p);
  peer_ws_open(q);
  for (int i = 0; i < 5; i++) { /* p answers, and stays */
    assert_int_equal(peer_ws_read(p, got, sizeof(got), &n), NET_WS_PING);
    peer_ws_send(p, NET_WS_PONG, got, n);
  }
  rig_until(&the.ws_closed, 1); /* q did not */
  assert_int_equal(rig_stats().websockets, 1);
  assert_int_equal(rig_stats().timeouts, 1);
  assert_int_equal(peer_ws_read(q, got, sizeof(got), &n), NET_WS_PING);
  peer_expect_any_end(q);
  peer_close(p);
  peer_close(q);
  rig_close();
}

static void closes_are_answered(void **state) {
  (void)state;
  uint8_t got[64];
  size_t n;
  static const struct {
    const char *said;
    size_t len;
    int want;
  } cases[] = {
      {"", 0, 1000},         {"\x03\xe8", 2, 1000}, {"\x0f\xa0 bye", 6, 4000},
      {"\x03\xe7", 2, 1002}, {"\x03\xec", 2, 1002}, {"\x03\xed", 2, 1002},
      {"\x03\xee", 2, 1002}, {"\x03\xf7", 2, 1002}, {"\x13\x88", 2, 1002},
      {"\x00\x00", 2, 1002}, {"\x03", 1, 1002},     {"\x0b\xb8", 2, 3000},
  };
  rig_open((net_server_config){.linger_ms = 5000}, false);
  for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
    peer *p = peer_open();
    peer_ws_open(p);
    peer_ws_send(p, NET_WS_CLOSE, cases[i].said, cases[i].len);
    assert_int_equal(peer_ws_read(p, got, sizeof(got), &n), NET_WS_CLOSE);
    assert_int_equal(n, 2);
    assert_int_equal(got[0] << 8 | got[1], cases[i].want);
    peer_expect_end(p);
    peer_close(p);
    rig_until(&the.ws_closed, (int)i + 1);
  }
  rig_close();
}

/* The goodbye arrives, whatever the client was still sending. */
static void a_close_is_not_lost(void **state) {
  (void)state;
  uint8_t got[64], noise[1 << 16] = {0};
  size_t n;
  rig_open((net_server_config){.linger_ms = 5000}, false);
  peer *p = peer_open();
  peer_ws_open(p);
  rig_stop_loop();
  peer_ws_send(p, NET_WS_BINARY, "close", 5);
  for (int i = 0; i < 4; i++) {
    peer_ws_send(p, NET_WS_BINARY, noise, sizeof(noise));
  }
  rig_go_loop();
  assert_int_equal(peer_ws_read(p, got, sizeof(got), &n), NET_WS_CLOSE);
  assert_int_equal(got[0] << 8 | got[1], 4000);
  peer_expect_end(p);
  peer_close(p);
  rig_close();
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(pipelined_requests_are_answered_in_order),
      cmocka_unit_test(a_head_alone_has_no_body),
      cmocka_unit_test(expectations_are_met),
      cmocka_unit_test(an_empty_stream_ends_too),
      cmocka_unit_test(streams_pause_and_resume),
      cmocka_unit_test(a_pause_is_no_slow_body),
      cmocka_unit_test(errors_of_others_do_no_harm),
      cmocka_unit_test(answering_calls_nobody),
      cmocka_unit_test(a_second_answer_does_nothing),
      cmocka_unit_test(an_answer_is_asked_for_on_the_loop),
      cmocka_unit_test(sending_calls_nobody),
      cmocka_unit_test(a_queue_is_refilled_as_it_empties),
      cmocka_unit_test(a_slow_reader_costs_no_more_than_its_queue),
      cmocka_unit_test(who_never_reads_is_given_up),
      cmocka_unit_test(talking_is_not_reading),
      cmocka_unit_test(an_idle_websocket_holds_no_buffers),
      cmocka_unit_test(quiet_websockets_are_asked),
      cmocka_unit_test(closes_are_answered),
      cmocka_unit_test(a_close_is_not_lost),
  };
  return cmocka_run_group_tests(tests, rig_set_up, rig_tear_down);
}
