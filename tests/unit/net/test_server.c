/* SPDX-License-Identifier: Apache-2.0
 * Server and client against each other, over real sockets and TLS. */
#include "tests/support/support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "net/client.h"
#include "net/server.h"

static char folder[64], cert[96], key[96];
static net_certificate shown;

static int make_certificate(void **state) {
  (void)state;
  strcpy(folder, "/tmp/tacet-net-XXXXXX");
  if (mkdtemp(folder) == NULL) {
    return -1;
  }
  snprintf(cert, sizeof(cert), "%s/cert.pem", folder);
  snprintf(key, sizeof(key), "%s/key.pem", folder);
  return net_tls_make_certificate("127.0.0.1", 1800000000, 365, cert, key) ==
                     TACET_OK &&
                 net_tls_read_certificate(cert, &shown) == TACET_OK
             ? 0
             : -1;
}

static int remove_certificate(void **state) {
  (void)state;
  unlink(cert);
  unlink(key);
  return rmdir(folder);
}

/* ---- a server that echoes, in several ways ---- */

static void *answer_later(void *arg) {
  net_reply_send(
      arg, &(net_response){.status = 200, .body = TACET_SPAN_LIT("later")});
  return NULL;
}

static int64_t pull_pattern(void *user, uint8_t *out, size_t cap) {
  uint64_t *at = user;
  for (size_t i = 0; i < cap; i++) {
    out[i] = (uint8_t)((*at)++ % 251);
  }
  return (int64_t)cap;
}

static atomic_int n_done, n_ws_closed, n_sources_done;
static void source_done(void *user) {
  free(user);
  atomic_fetch_add(&n_sources_done, 1);
}

static bool path_is(net_request *r, const char *path) {
  return tacet_span_equal(net_request_head(r)->path, tacet_span_str(path));
}

typedef struct sum {
  uint64_t bytes, wrong;
} sum;

static net_body on_head(void *user, net_request *r, uint64_t *max_body) {
  (void)user;
  if (path_is(r, "/early")) {
    net_respond(r,
                &(net_response){.status = 403, .body = TACET_SPAN_LIT("no")});
    return NET_BODY_ANSWERED;
  }
  *max_body = path_is(r, "/stream") ? 64u << 20 : 100000;
  if (path_is(r, "/stream")) {
    net_request_set_user(r, calloc(1, sizeof(sum)));
    return NET_BODY_STREAM;
  }
  return NET_BODY_WHOLE;
}

static void on_request(void *user, net_request *r, tacet_span body) {
  (void)user;
  if (path_is(r, "/stream")) {
    return;
  }
  if (path_is(r, "/later")) {
    pthread_t t;
    pthread_create(&t, NULL, answer_later, net_request_defer(r));
    pthread_detach(t);
  } else if (path_is(r, "/source")) {
    net_source s = {.pull = pull_pattern,
                    .done = source_done,
                    .user = calloc(1, sizeof(uint64_t)),
                    .length = 10u << 20};
    net_respond(r, &(net_response){.status = 200, .source = &s});
  } else if (path_is(r, "/ws")) {
    assert_non_null(net_ws_accept(r, 1 << 20, 1 << 20, NULL, NULL));
  } else {
    net_respond(r, &(net_response){.status = 200,
                                   .content_type = "text/plain",
                                   .headers = "X-Test: yes\r\n",
                                   .body = body});
  }
}

static void on_body(void *user, net_request *r, tacet_span piece, bool last) {
  (void)user;
  sum *s = net_request_user(r);
  for (size_t i = 0; i < piece.len; i++) {
    s->wrong += piece.p[i] != (uint8_t)(s->bytes++ % 251);
  }
  if (last) {
    char text[64];
    snprintf(text, sizeof(text), "%llu %llu", (unsigned long long)s->bytes,
             (unsigned long long)s->wrong);
    net_respond(r,
                &(net_response){.status = 200, .body = tacet_span_str(text)});
  }
}

static void on_done(void *user, net_request *r) {
  (void)user;
  free(net_request_user(r));
  net_request_set_user(r, NULL);
  atomic_fetch_add(&n_done, 1);
}

static void on_ws_message(void *user, net_ws *w, tacet_span message) {
  (void)user;
  assert_true(net_ws_send(w, message));
}
static void on_ws_writable(void *user, net_ws *w) {
  (void)user;
  (void)w;
}
static void on_ws_close(void *user, net_ws *w, uint16_t code) {
  (void)user;
  (void)w;
  (void)code;
  atomic_fetch_add(&n_ws_closed, 1);
}

static const net_handler handler = {.on_head = on_head,
                                    .on_request = on_request,
                                    .on_body = on_body,
                                    .on_done = on_done,
                                    .on_ws_message = on_ws_message,
                                    .on_ws_writable = on_ws_writable,
                                    .on_ws_close = on_ws_close};

typedef struct pair {
  net_tls *server_tls, *client_tls;
  net_server *server;
  net_client *client;
  char port[8];
} pair;

static void open_pair(pair *p, const uint8_t *pin) {
  assert_ok(net_tls_server(cert, key, &p->server_tls));
  assert_ok(net_tls_client(pin, &p->client_tls));
  net_server_config config = {
      .host = "127.0.0.1", .port = "0", .tls = p->server_tls, .n_loops = 2};
  assert_ok(net_server_start(&config, &handler, &p->server));
  snprintf(p->port, sizeof(p->port), "%u", net_server_port(p->server));
  assert_int_equal(
      net_client_new("127.0.0.1", p->port, p->client_tls, &p->client), NET_OK);
}

static void close_pair(pair *p) {
  net_client_free(p->client);
  net_server_free(p->server);
  net_tls_free(p->server_tls);
  net_tls_free(p->client_tls);
}

static net_call call_of(const char *method, const char *target,
                        tacet_span body) {
  return (net_call){.method = method,
                    .target = target,
                    .body = body,
                    .max_answer = 32u << 20,
                    .timeout_ms = 20000};
}

static void requests_are_answered_in_order(void **state) {
  (void)state;
  pair p;
  open_pair(&p, shown.pin);
  for (int i = 0; i < 200; i++) {
    char text[32];
    NET_ANSWER(a);
    snprintf(text, sizeof(text), "body %d", i);
    net_call call =
        call_of("POST", i % 7 == 0 ? "/later" : "/echo", tacet_span_str(text));
    assert_int_equal(net_client_call(p.client, &call, &a), NET_OK);
    assert_int_equal(a.status, 200);
    assert_span(i % 7 == 0 ? TACET_SPAN_LIT("later") : tacet_span_str(text),
                tacet_bytes_span(&a.body));
  }
  net_server_stats stats;
  net_server_get_stats(p.server, &stats);
  assert_int_equal(stats.requests, 200);
  assert_int_equal(stats.accepted, 1); /* kept alive */
  close_pair(&p);
}

static int64_t give_pattern(void *user, uint8_t *out, size_t cap) {
  return pull_pattern(user, out, cap);
}
static bool take_pattern(void *user, tacet_span piece) {
  sum *s = user;
  for (size_t i = 0; i < piece.len; i++) {
    s->wrong += piece.p[i] != (uint8_t)(s->bytes++ % 251);
  }
  return true;
}

static void bodies_stream_both_ways(void **state) {
  (void)state;
  pair p;
  open_pair(&p, shown.pin);
  NET_ANSWER(a);
  uint64_t at = 0;
  net_call up = call_of("PUT", "/stream", TACET_SPAN_EMPTY);
  up.source = give_pattern;
  up.source_length = 10u << 20;
  up.user = &at;
  assert_int_equal(net_client_call(p.client, &up, &a), NET_OK);
  assert_span(TACET_SPAN_LIT("10485760 0"), tacet_bytes_span(&a.body));
  sum s = {0, 0};
  net_call down = call_of("GET", "/source", TACET_SPAN_EMPTY);
  down.sink = take_pattern;
  down.user = &s;
  assert_int_equal(net_client_call(p.client, &down, &a), NET_OK);
  assert_int_equal(s.bytes, 10u << 20);
  assert_int_equal(s.wrong, 0);
  close_pair(&p);
}

static void limits_are_answered(void **state) {
  (void)state;
  pair p;
  open_pair(&p, shown.pin);
  NET_ANSWER(a);
  uint8_t *big = calloc(1, 100001);
  net_call call = call_of("POST", "/echo", tacet_span_of(big, 100001));
  assert_int_equal(net_client_call(p.client, &call, &a), NET_OK);
  assert_int_equal(a.status, 413);
  call = call_of("POST", "/early", TACET_SPAN_LIT("x"));
  assert_int_equal(net_client_call(p.client, &call, &a), NET_OK);
  assert_int_equal(a.status, 403);
  call = call_of("POST", "/echo", tacet_span_of(big, 100000));
  assert_int_equal(net_client_call(p.client, &call, &a), NET_OK);
  assert_int_equal(a.status, 200);
  assert_int_equal(a.body.len, 100000);
  call.max_answer = 99999;
  assert_int_equal(net_client_call(p.client, &call, &a), NET_TOO_LARGE);
  free(big);
  close_pair(&p);
}

static void websockets_echo(void **state) {
  (void)state;
  pair p;
  open_pair(&p, shown.pin);
  int status;
  assert_int_equal(
      net_client_ws_open(p.client, "/ws", NULL, 1 << 20, 20000, &status),
      NET_OK);
  uint8_t *text = malloc(300000);
  for (size_t i = 0; i < 300000; i++) {
    text[i] = (uint8_t)(i * 7);
  }
  static const size_t sizes[] = {0, 1, 125, 126, 65535, 65536, 300000};
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    tacet_span got;
    uint16_t code;
    tacet_span sent = tacet_span_of(text, sizes[i]);
    assert_int_equal(net_client_ws_send(p.client, sent, 20000), NET_OK);
    assert_int_equal(net_client_ws_recv(p.client, 20000, -1, NULL, &got, &code),
                     NET_OK);
    assert_span(sent, got);
  }
  tacet_span got;
  uint16_t code;
  assert_int_equal(net_client_ws_recv(p.client, 0, -1, NULL, &got, &code),
                   NET_TIMEOUT);
  free(text);
  int before = atomic_load(&n_ws_closed);
  /* A drain says goodbye. */
  net_server_drain(p.server, 20000);
  assert_int_equal(net_client_ws_recv(p.client, 20000, -1, NULL, &got, &code),
                   NET_CLOSED);
  assert_int_equal(code, NET_WS_GOING_AWAY);
  assert_int_equal(atomic_load(&n_ws_closed), before + 1);
  close_pair(&p);
}

static void another_key_is_a_matter_of_keys(void **state) {
  (void)state;
  pair p;
  uint8_t other[NET_PIN_LEN];
  memcpy(other, shown.pin, sizeof(other));
  other[31] ^= 1;
  open_pair(&p, other);
  NET_ANSWER(a);
  net_call call = call_of("GET", "/echo", TACET_SPAN_EMPTY);
  assert_int_equal(net_client_call(p.client, &call, &a), NET_PIN);
  close_pair(&p);
  open_pair(&p, NULL); /* no pin: the system's authorities never signed it */
  assert_int_equal(net_client_call(p.client, &call, &a), NET_TLS);
  close_pair(&p);
}

static void nobody_there_is_unreachable(void **state) {
  (void)state;
  net_client *c;
  NET_ANSWER(a);
  assert_int_equal(net_client_new("127.0.0.1", "1", NULL, &c), NET_OK);
  net_call call = call_of("GET", "/", TACET_SPAN_EMPTY);
  assert_int_equal(net_client_call(c, &call, &a), NET_UNREACHABLE);
  net_client_free(c);
}

static void an_interrupt_ends_a_wait(void **state) {
  (void)state;
  pair p;
  open_pair(&p, shown.pin);
  int status;
  tacet_span got;
  uint16_t code;
  assert_int_equal(
      net_client_ws_open(p.client, "/ws", NULL, 1 << 20, 20000, &status),
      NET_OK);
  net_client_interrupt(p.client);
  assert_int_equal(net_client_ws_recv(p.client, 20000, -1, NULL, &got, &code),
                   NET_INTERRUPTED);
  int fds[2];
  bool ready = false;
  assert_int_equal(pipe(fds), 0);
  assert_int_equal(write(fds[1], "x", 1), 1);
  assert_int_equal(
      net_client_ws_recv(p.client, 20000, fds[0], &ready, &got, &code),
      NET_TIMEOUT);
  assert_true(ready);
  close(fds[0]);
  close(fds[1]);
  net_client_ws_close(p.client);
  close_pair(&p);
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(requests_are_answered_in_order),
      cmocka_unit_test(bodies_stream_both_ways),
      cmocka_unit_test(limits_are_answered),
      cmocka_unit_test(websockets_echo),
      cmocka_unit_test(another_key_is_a_matter_of_keys),
      cmocka_unit_test(nobody_there_is_unreachable),
      cmocka_unit_test(an_interrupt_ends_a_wait),
  };
  return cmocka_run_group_tests(tests, make_certificate, remove_certificate);
}
