/* SPDX-License-Identifier: Apache-2.0
 * Every call with every kind of bad input: each is answered with a problem of
 * its own, or the connection ends, and the server lives.
 *
 * A good request of each call is made first, so that what is spoilt would
 * otherwise be read whole. */
#include "tests/support/support.h"

#include "server/http/router.h"
#include "tests/e2e/server/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static host server;
static peer p;
static peer_mailbox box;

static int start(void **state) {
  static const char *const args[] = {"--requests-per-second",
                                     "100000",
                                     "--registrations-per-hour",
                                     "1000000",
                                     "--lookups-per-hour",
                                     "1000000",
                                     NULL};
  uint8_t invite[16];
  (void)state;
  host_make(&server, NULL);
  host_start(&server, args);
  host_invite(&server, invite);
  peer_open(&p, &server);
  peer_register(&p, "ida", invite);
  peer_mailboxes(&p, &box, 1);
  return 0;
}
static int stop(void **state) {
  (void)state;
  peer_close(&p);
  host_stop(&server);
  host_remove(&server);
  return 0;
}

/* ---- good bodies ---- */

static void good_body(tacetd_call call, tacet_buf *w) {
  TACET_BUF(inner, 8192);
  switch (call) {
  case TACETD_CALL_REGISTER: {
    peer q = p;
    TACET_BUF(manifest, TACET_MANIFEST_MAX);
    q.http = q.link = NULL;
    peer_make_account(&q, "igor", &manifest);
    const tacet_create_account m = {.invite =
                                        TACET_SPAN_LIT("0123456789abcdef"),
                                    .manifest = tacet_buf_span(&manifest)};
    tacet_create_account_write(w, &m);
    break;
  }
  case TACETD_CALL_ERASE:
  case TACETD_CALL_MANIFEST: {
    peer q = p;
    TACET_BUF(manifest, TACET_MANIFEST_MAX);
    q.http = q.link = NULL;
    peer_make_account(&q, "ida", &manifest);
    const tacet_put_manifest m = {.manifest = tacet_buf_span(&manifest)};
    tacet_put_manifest_write(w, &m);
    break;
  }
  case TACETD_CALL_LOOKUP: {
    const tacet_lookup m = {.kind = TACET_LOOKUP_HANDLE,
                            .key = TACET_SPAN_LIT("ida@localhost")};
    tacet_lookup_write(w, &m);
    break;
  }
  case TACETD_CALL_PUBLISH: {
    const tacet_published_package one = {
        .key_package = TACET_SPAN_LIT("this is no key package")};
    tacet_published_package_write(&inner, &one);
    const tacet_publish m = {.packages = tacet_buf_span(&inner),
                             .n_packages = 1};
    tacet_publish_write(w, &m);
    break;
  }
  case TACETD_CALL_CLAIM: {
    tacet_claim m = {.token = tacet_span_of(p.tokens[0].list, 104)};
    memcpy(m.account_id, p.account_id, 32);
    tacet_claim_write(w, &m);
    break;
  }
  case TACETD_CALL_LOG: {
    tacet_log_query m = {.size = 1};
    tacet_log_query_write(w, &m);
    break;
  }
  case TACETD_CALL_ISSUER_PROOF: {
    tacet_issuer_query m = {7, 1};
    tacet_issuer_query_write(w, &m);
    break;
  }
  case TACETD_CALL_TOKENS: {
    tacet_draw m = {.blinded = tacet_span_of(p.public_key, 32)};
    tacet_draw_write(w, &m);
    break;
  }
  case TACETD_CALL_MAILBOXES: {
    tacet_new_mailbox n;
    memset(&n, 5, sizeof(n));
    n.paid = false;
    tacet_new_mailbox_write(&inner, &n);
    const tacet_create_mailboxes m = {.mailboxes = tacet_buf_span(&inner),
                                      .n_mailboxes = 1};
    tacet_create_mailboxes_write(w, &m);
    break;
  }
  case TACETD_CALL_MAILBOX_CHANGE: {
    tacet_change_mailbox m = {.drop_old = true};
    memcpy(m.id, box.id, 16);
    tacet_change_mailbox_write(w, &m);
    break;
  }
  case TACETD_CALL_MAILBOX_DELETE: {
    tacet_mailbox_key k = {.id = {9}};
    tacet_mailbox_key_write(&inner, &k);
    const tacet_delete_mailboxes m = {.mailboxes = tacet_buf_span(&inner),
                                      .n_mailboxes = 1};
    tacet_delete_mailboxes_write(w, &m);
    break;
  }
  case TACETD_CALL_SEND: {
    tacet_recipient r;
    memcpy(r.mailbox, box.id, 16);
    memcpy(r.capability, box.capability, 32);
    tacet_recipient_write(&inner, &r);
    const tacet_send m = {.recipients = tacet_buf_span(&inner),
                          .n_recipients = 1,
                          .item = TACET_SPAN_LIT("item"),
                          .ephemeral = true};
    tacet_send_write(w, &m);
    break;
  }
  case TACETD_CALL_SLOTS: {
    const tacet_read_slots m = {
        .names = TACET_SPAN_LIT("0123456789abcdef0123456789abcdef")};
    tacet_read_slots_write(w, &m);
    break;
  }
  default:
    break;
  }
}

/* ---- sending something bad ---- */

static bool wants_signature(tacetd_call call) {
  return call == TACETD_CALL_ERASE || call == TACETD_CALL_PUBLISH ||
         call == TACETD_CALL_TOKENS;
}

/* The answer's status; signed where the call wants it, so that the body is
 * looked at. 0: the connection ended, which is an answer too. */
static int call_with(const tacetd_route *route, tacet_span body,
                     net_answer *a) {
  return wants_signature(route->call)
             ? peer_signed_call(&p, route->method, route->path, body, a)
             : peer_call(&p, route->method, route->path, NULL, body, a, NULL);
}

/* A refusal is a 4xx with a problem whose code is not "internal". */
static void check_refusal(const tacetd_route *route, const char *what,
                          int status, const net_answer *a) {
  char code[64];
  peer_problem(a, code);
  bool conflict = status == 409 && code[0] == '\0'; /* a typed body */
  if (status < 400 || status > 499 || (code[0] == '\0' && !conflict)) {
    fail_msg("%s %s, %s: %d \"%s\"", route->method, route->path, what, status,
             code);
  }
}

static void each_body_call(void (*fn)(const tacetd_route *, tacet_span)) {
  for (size_t i = 0; tacetd_route_at(i) != NULL; i++) {
    const tacetd_route *route = tacetd_route_at(i);
    TACET_BUF(good, 64 * 1024);
    if (route->body != TACETD_BODY_TACET) {
      continue;
    }
    good_body(route->call, &good);
    assert_int_equal(good.err, TACET_OK);
    assert_true(good.len > 0);
    fn(route, tacet_buf_span(&good));
    assert_true(host_is_alive(&server));
  }
}

static void truncate_it(const tacetd_route *route, tacet_span good) {
  /* Every length up to 64, then some: each is another place in the parser. */
  for (size_t n = 0; n < good.len; n += n < 64 ? 1 : good.len / 37 + 1) {
    NET_ANSWER(a);
    int status = call_with(route, tacet_span_of(good.p, n), &a);
    check_refusal(route, "truncated", status, &a);
  }
}

static void lengthen_it(const tacetd_route *route, tacet_span good) {
  TACET_BUF(w, 128 * 1024);
  NET_ANSWER(a);
  tacet_write_bytes(&w, good);
  tacet_write_u8(&w, 0);
  check_refusal(route, "one byte more",
                call_with(route, tacet_buf_span(&w), &a), &a);
}

static void fill_it(const tacetd_route *route, tacet_span good) {
  static const uint8_t fills[] = {0x00, 0xff, 0x80, 0x3f, 0x7f};
  for (size_t f = 0; f < sizeof(fills); f++) {
    uint8_t *bad = malloc(good.len);
    NET_ANSWER(a);
    memset(bad, fills[f], good.len);
    int status = call_with(route, tacet_span_of(bad, good.len), &a);
    /* Every eight bytes ask for the log. */
    if (route->call != TACETD_CALL_LOG || status != 200) {
      check_refusal(route, "filled", status, &a);
    }
    free(bad);
  }
}

/* A flipped bit may leave a valid request of a call that takes anything, so
 * only what is answered must have its form. */
static void flip_it(const tacetd_route *route, tacet_span good) {
  uint8_t *bad = malloc(good.len);
  for (size_t bit = 0; bit < good.len * 8; bit += good.len < 40 ? 3 : 29) {
    NET_ANSWER(a);
    memcpy(bad, good.p, good.len);
    bad[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    int status = call_with(route, tacet_span_of(bad, good.len), &a);
    if (status != 200 && status != 201) {
      check_refusal(route, "flipped", status, &a);
    }
  }
  free(bad);
}

static void oversize_it(const tacetd_route *route, tacet_span good) {
  uint8_t *big = calloc(1, (size_t)route->body_max + 1);
  NET_ANSWER(a);
  char code[64];
  net_result why;
  (void)good;
  int status =
      peer_call(&p, route->method, route->path, NULL,
                tacet_span_of(big, (size_t)route->body_max + 1), &a, &why);
  /* The server may answer and close while the body is still on its way. */
  if (status != 0) {
    peer_problem(&a, code);
    assert_int_equal(status, 413);
    assert_string_equal(code, "too-large");
  }
  peer_reconnect(&p);
  free(big);
}

static void mistype_it(const tacetd_route *route, tacet_span good) {
  NET_ANSWER(a);
  char code[64];
  const net_call call = {.method = route->method,
                         .target = route->path,
                         .content_type = "application/json",
                         .body = good,
                         .max_answer = 65536,
                         .timeout_ms = 60000};
  assert_int_equal(net_client_call(p.http, &call, &a), NET_OK);
  peer_problem(&a, code);
  assert_int_equal(a.status, 415);
  assert_string_equal(code, "content-type");
}

static void test_truncated(void **state) {
  (void)state;
  each_body_call(truncate_it);
}
static void test_too_long(void **state) {
  (void)state;
  each_body_call(lengthen_it);
}
static void test_filled(void **state) {
  (void)state;
  each_body_call(fill_it);
}
static void test_flipped(void **state) {
  (void)state;
  each_body_call(flip_it);
}
static void test_oversized(void **state) {
  (void)state;
  each_body_call(oversize_it);
}
static void test_mistyped(void **state) {
  (void)state;
  each_body_call(mistype_it);
}

/* Every path with every method that it does not have, and paths that are not
 * there. */
static void test_methods_and_paths(void **state) {
  static const char *const methods[] = {"GET",    "POST",    "PUT", "PATCH",
                                        "DELETE", "OPTIONS", "BREW"};
  static const char *const paths[] = {
      "/",        "/v1",       "/v1/",     "/v1/send/", "/v1/send?x=1",
      "/V1/send", "/v1/sendx", "/v2/send", "/i/",       "/metrics?"};
  (void)state;
  for (size_t i = 0; tacetd_route_at(i) != NULL; i++) {
    const char *path = tacetd_route_at(i)->path;
    for (size_t m = 0; m < sizeof(methods) / sizeof(methods[0]); m++) {
      bool has = false;
      NET_ANSWER(a);
      char code[64];
      for (size_t k = 0; tacetd_route_at(k) != NULL; k++) {
        has = has || (strcmp(tacetd_route_at(k)->path, path) == 0 &&
                      strcmp(tacetd_route_at(k)->method, methods[m]) == 0);
      }
      if (has) {
        continue;
      }
      int status =
          peer_call(&p, methods[m], path, NULL, TACET_SPAN_EMPTY, &a, NULL);
      peer_problem(&a, code);
      assert_true(status == 405 || status == 501);
      assert_string_equal(code, "method");
      if (status == 405) {
        assert_true(net_http_get(&a.parsed, "allow").len > 0);
      }
    }
  }
  for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
    NET_ANSWER(a);
    char code[64];
    assert_int_equal(
        peer_call(&p, "GET", paths[i], NULL, TACET_SPAN_EMPTY, &a, NULL), 404);
    peer_problem(&a, code);
    assert_string_equal(code, "not-found");
  }
}

/* Headers of blobs and of signatures. */
static void test_headers(void **state) {
  (void)state;
  static const struct {
    const char *method, *path, *headers;
    int status;
  } rows[] = {
      {"PUT", "/v1/blobs", NULL, 400},
      {"PUT", "/v1/blobs", "Tacet-Capability: AAAA\r\n", 400},
      {"PUT", "/v1/blobs",
       "Tacet-Capability: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n",
       400},
      {"PUT", "/v1/blobs",
       "Tacet-Capability: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"
       "Content-Range: bytes 0-3/2\r\n",
       400},
      {"PUT", "/v1/blobs",
       "Tacet-Capability: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"
       "Content-Range: bytes 0-4/9\r\n",
       400}, /* the body has four */
      {"PUT", "/v1/blobs",
       "Tacet-Capability: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"
       "Content-Range: bytes 00-3/9\r\n",
       400},
      {"PUT", "/v1/blobs",
       "Tacet-Capability: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"
       "Content-Range: bytes 18446744073709551612-18446744073709551615/9\r\n",
       400},
      {"PUT", "/v1/blobs",
       "Tacet-Capability: AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n"
       "Content-Range: bytes 0-3/4\r\nTacet-Token: AAAA\r\n",
       400},
      {"PUT", "/v1/keypackages", NULL, 401},
      {"PUT", "/v1/keypackages", "Tacet-Authorization: !\r\n", 401},
      {"PUT", "/v1/keypackages", "Tacet-Authorization: AAAA\r\n", 401},
      {"POST", "/v1/tokens", "Tacet-Authorization:\r\n", 401},
      {"GET", "/v1/blobs", NULL, 400},
      {"GET", "/v1/receive", NULL, 400}, /* not an upgrade */
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    NET_ANSWER(a);
    char code[64];
    bool get = strcmp(rows[i].method, "GET") == 0;
    int status = peer_call(&p, rows[i].method, rows[i].path, rows[i].headers,
                           get ? TACET_SPAN_EMPTY : TACET_SPAN_LIT("\0\0\0\0"),
                           &a, NULL);
    peer_problem(&a, code);
    if (status != rows[i].status || code[0] == '\0') {
      fail_msg("row %zu: %d \"%s\"", i, status, code);
    }
  }
}

/* ---- frames ---- */

static void test_frames(void **state) {
  (void)state;
  static const struct {
    const char *name, *hex;
  } rows[] = {
      {"empty", ""},
      {"unknown type", "00"},
      {"unknown type, with bytes", "ff0102"},
      {"a frame of the server", "14"},
      {"subscribe without a list", "01"},
      {"subscribe, list too short", "014030"},
      {"subscribe, half a key", "0101aa"},
      {"ack, too short", "03aabb"},
      {"ack, too long", "03000102030405060708090a0b0c0d0e0f"
                        "000000000000000100"},
      {"resume, too short", "04aa"},
      {"unsubscribe, half an id", "0201aa"},
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_frame f;
    bool closed = false;
    tacet_span bytes = test_hex(rows[i].hex);
    assert_true(peer_link(&p, NULL));
    assert_int_equal(net_client_ws_send(p.link, bytes, 60000), NET_OK);
    if (!peer_frame(&p, 60000, &f, &closed) || f.type != TACET_FRAME_REFUSED) {
      fail_msg("%s: not refused", rows[i].name);
    }
    assert_span(TACET_SPAN_LIT("malformed"), f.body);
    assert_false(peer_frame(&p, 60000, &f, &closed));
    assert_true(closed);
    test_hex_free(bytes);
  }
  assert_true(host_is_alive(&server));
}

/* More mailboxes than a connection may have, all at once. Those that do not
 * exist are dropped as they are looked up, so the server may keep up; what it
 * may not do is keep more than the limit. */
static void test_too_many_mailboxes(void **state) {
  (void)state;
  static peer_mailbox many[256];
  bool open = true;
  assert_true(peer_link(&p, NULL));
  for (size_t i = 0; open && i <= TACETD_SUBSCRIBE_MAX / 256; i++) {
    for (size_t k = 0; k < 256; k++) {
      memset(&many[k], 0, sizeof(many[k]));
      memcpy(many[k].id, &i, sizeof(i));
      memcpy(many[k].id + 8, &k, sizeof(k));
    }
    open = peer_subscribe(&p, many, 256);
  }
  for (size_t i = 0; open && i <= TACETD_SUBSCRIBE_MAX / 256;) {
    tacet_frame f;
    open = peer_frame(&p, 60000, &f, NULL) && f.type != TACET_FRAME_REFUSED;
    i += open && f.type == TACET_FRAME_SUBSCRIBED;
  }
  peer_unlink(&p);
  assert_true(host_is_alive(&server));
}

static void test_frame_too_long(void **state) {
  (void)state;
  tacet_frame f;
  uint8_t *big = calloc(1, TACETD_WS_FRAME_MAX + 1);
  assert_true(peer_link(&p, NULL));
  bool open =
      net_client_ws_send(p.link, tacet_span_of(big, TACETD_WS_FRAME_MAX + 1),
                         60000) == NET_OK;
  while (open && peer_frame(&p, 60000, &f, NULL)) {
    assert_int_not_equal(f.type, TACET_FRAME_SUBSCRIBED);
  }
  free(big);
  peer_unlink(&p);
  assert_true(host_is_alive(&server));
}

/* ---- bytes that are no HTTP, inside and outside of TLS ---- */

static int raw_connect(void) {
  struct sockaddr_in to = {.sin_family = AF_INET};
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  to.sin_port = htons((uint16_t)atoi(server.port));
  (void)inet_pton(AF_INET, server.host, &to.sin_addr);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
  return fd;
}

static void test_not_tls(void **state) {
  (void)state;
  static const char *const rows[] = {
      "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "\x16\x03\x01\xff\xff", /* a record that never ends */
      "PROXY TCP4 1.2.3.4 5.6.7.8 9 10\r\n",
      "\x00\x00\x00\x00\x00\x00\x00\x00",
  };
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    int fd = raw_connect();
    char got[256];
    (void)!write(fd, rows[i], strlen(rows[i]) + (i == 3 ? 8 : 0));
    (void)shutdown(fd, SHUT_WR);
    while (read(fd, got, sizeof(got)) > 0) {
    }
    (void)close(fd);
  }
  NET_ANSWER(a);
  assert_int_equal(
      peer_call(&p, "GET", "/v1/health", NULL, TACET_SPAN_EMPTY, &a, NULL),
      200);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_truncated),
      cmocka_unit_test(test_too_long),
      cmocka_unit_test(test_filled),
      cmocka_unit_test(test_flipped),
      cmocka_unit_test(test_oversized),
      cmocka_unit_test(test_mistyped),
      cmocka_unit_test(test_methods_and_paths),
      cmocka_unit_test(test_headers),
      cmocka_unit_test(test_frames),
      cmocka_unit_test(test_too_many_mailboxes),
      cmocka_unit_test(test_frame_too_long),
      cmocka_unit_test(test_not_tls),
  };
  (void)signal(SIGPIPE, SIG_IGN);
  if (tacet_crypto_init() != TACET_OK) {
    return 1;
  }
  return cmocka_run_group_tests(tests, start, stop);
}
