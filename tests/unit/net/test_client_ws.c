/* SPDX-License-Identifier: Apache-2.0
 * The client's WebSocket against a server whose frames are made by hand. */
#include "tests/unit/net/script.h"

#include <sys/socket.h>
#include <unistd.h>

#include "net/ws.h"

static const char upgraded[] =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
    "Connection: Upgrade\r\nSec-WebSocket-Accept: ";

/* A raw server's side, by hand: the key must be computed. */
typedef struct raw {
  script *s;
  net_client *c;
  int fd;
} raw;

static void *open_ws(void *arg) {
  raw *r = arg;
  int status;
  net_result e = net_client_ws_open(r->c, "/", NULL, 8 << 20, 10000, &status);
  return e == NET_OK ? r : NULL;
}

static const line nothing[] = {{END, NULL, 0}};

static raw ws_pair(void) {
  raw r = {.s = script_start(nothing)};
  pthread_t t;
  void *result;
  char text[4096], answer[256], key[29];
  size_t n = 0;
  r.c = script_client(r.s);
  assert_int_equal(pthread_create(&t, NULL, open_ws, &r), 0);
  r.fd = accept(r.s->listener, NULL, NULL);
  do {
    ssize_t got = recv(r.fd, text + n, sizeof(text) - 1 - n, 0);
    assert_true(got > 0);
    n += (size_t)got;
    text[n] = '\0';
  } while (strstr(text, "\r\n\r\n") == NULL);
  char *at = strstr(text, "Sec-WebSocket-Key: ");
  assert_non_null(at);
  assert_ok(
      net_ws_accept_key(tacet_span_of((const uint8_t *)at + 19, 24), key));
  int len = snprintf(answer, sizeof(answer), "%s%s\r\n\r\n", upgraded, key);
  assert_int_equal(send(r.fd, answer, (size_t)len, 0), len);
  pthread_join(t, &result);
  assert_non_null(result);
  return r;
}

static void end_pair(raw *r) {
  net_client_free(r->c);
  close(r->fd);
  script_finish(r->s);
}

static void read_exactly(int fd, uint8_t *out, size_t n) {
  while (n > 0) {
    ssize_t got = recv(fd, out, n, 0);
    assert_true(got > 0);
    out += got;
    n -= (size_t)got;
  }
}

/* One masked frame of less than 126 bytes. */
static size_t read_frame(int fd, int opcode, uint8_t *out) {
  uint8_t head[6];
  read_exactly(fd, head, 6);
  assert_int_equal(head[0], 0x80 | opcode);
  assert_true((head[1] & 0x80) != 0);
  size_t n = head[1] & 127;
  read_exactly(fd, out, n);
  for (size_t i = 0; i < n; i++) {
    out[i] ^= head[2 + (i & 3)];
  }
  return n;
}

static void pings_and_closes_are_answered(void **state) {
  (void)state;
  raw r = ws_pair();
  uint8_t got[128];
  tacet_span message;
  uint16_t code;
  assert_int_equal(send(r.fd, "\x89\x02hi\x82\x03yes\x88\x02\x0f\xa0", 13, 0),
                   13);
  assert_int_equal(net_client_ws_recv(r.c, 10000, -1, NULL, &message, &code),
                   NET_OK);
  assert_span(TACET_SPAN_LIT("yes"), message);
  assert_int_equal(read_frame(r.fd, NET_WS_PONG, got), 2);
  assert_memory_equal(got, "hi", 2);
  assert_int_equal(net_client_ws_recv(r.c, 10000, -1, NULL, &message, &code),
                   NET_CLOSED);
  assert_int_equal(code, 4000);
  assert_int_equal(read_frame(r.fd, NET_WS_CLOSE, got), 2);
  assert_int_equal(got[0] << 8 | got[1], 4000);
  assert_int_equal(recv(r.fd, got, 1, 0), 0);
  end_pair(&r);
}

static void *send_end(void *arg) {
  raw *r = arg;
  return net_client_ws_send(r->c, TACET_SPAN_LIT("end"), 10000) == NET_OK
             ? r
             : NULL;
}

/* Whoever floods a client with pings and reads no pongs stops nothing: neither
 * what it receives nor, when it reads again, what it is sent. */
static void pings_without_end_block_nobody(void **state) {
  (void)state;
  raw r = ws_pair();
  static const uint8_t ping[127] = {0x89, 125};
  tacet_span message;
  uint16_t code;
  int small = 4096;
  setsockopt(net_client_fd(r.c), SOL_SOCKET, SO_SNDBUF, &small, sizeof(small));
  for (int i = 0; i < 10000; i++) {
    assert_int_equal(send(r.fd, ping, sizeof(ping), 0), sizeof(ping));
    if (i % 100 == 99) {
      assert_int_equal(net_client_ws_recv(r.c, 0, -1, NULL, &message, &code),
                       NET_TIMEOUT);
    }
  }
  assert_int_equal(send(r.fd, "\x82\x03yes", 5, 0), 5);
  assert_int_equal(net_client_ws_recv(r.c, 10000, -1, NULL, &message, &code),
                   NET_OK);
  /* What is sent now comes after the pongs, and all are whole frames. */
  pthread_t t;
  void *result;
  uint8_t got[128];
  size_t n_pongs = 0;
  assert_int_equal(pthread_create(&t, NULL, send_end, &r), 0);
  for (;;) {
    uint8_t first;
    assert_int_equal(recv(r.fd, &first, 1, MSG_PEEK), 1);
    if (first != (0x80 | NET_WS_PONG)) {
      break;
    }
    assert_int_equal(read_frame(r.fd, NET_WS_PONG, got), 125);
    n_pongs++;
  }
  assert_true(n_pongs > 100 && n_pongs < 10000);
  assert_int_equal(read_frame(r.fd, NET_WS_BINARY, got), 3);
  pthread_join(t, &result);
  assert_non_null(result);
  end_pair(&r);
}

static void *send_much(void *arg) {
  raw *r = arg;
  uint8_t *p = calloc(1, 4 << 20);
  net_result e = net_client_ws_send(r->c, tacet_span_of(p, 4 << 20), 10000);
  free(p);
  return e == NET_OK ? r : NULL;
}

/* A server that stops listening until it has been listened to. */
static void sending_goes_on_while_receiving(void **state) {
  (void)state;
  raw r = ws_pair();
  pthread_t t;
  void *result;
  assert_int_equal(pthread_create(&t, NULL, send_much, &r), 0);
  uint8_t *much = calloc(1, 3000000);
  memcpy(much, "\x82\x7f\x00\x00\x00\x00\x00\x2d\xc6\xb6", 10); /* 2999990 */
  script *s = r.s;
  s->fd = r.fd;
  assert_true(script_give(s, (char *)much, 3000000));
  assert_true(script_eat(s, (4 << 20) + 14));
  pthread_join(t, &result);
  assert_non_null(result);
  tacet_span message;
  uint16_t code;
  assert_int_equal(net_client_ws_recv(r.c, 10000, -1, NULL, &message, &code),
                   NET_OK);
  assert_int_equal(message.len, 2999990);
  free(much);
  end_pair(&r);
}

static void a_broken_frame_is_a_protocol_error(void **state) {
  (void)state;
  raw r = ws_pair();
  uint8_t got[128];
  tacet_span message;
  uint16_t code;
  assert_int_equal(send(r.fd, "\x82\x81zzzzz", 7, 0), 7); /* masked */
  assert_int_equal(net_client_ws_recv(r.c, 10000, -1, NULL, &message, &code),
                   NET_PROTOCOL);
  assert_int_equal(read_frame(r.fd, NET_WS_CLOSE, got), 2);
  assert_int_equal(got[0] << 8 | got[1], 1002);
  end_pair(&r);
}
int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(pings_and_closes_are_answered),
      cmocka_unit_test(pings_without_end_block_nobody),
      cmocka_unit_test(sending_goes_on_while_receiving),
      cmocka_unit_test(a_broken_frame_is_a_protocol_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
