/* SPDX-License-Identifier: Apache-2.0
 * WebSocket frames: RFC 6455's examples, the rules of control frames, and what
 * is refused. PROXY headers. */
#include "tests/support/support.h"

#include "net/proxy.h"
#include "net/ws.h"

#define BIN "\x82"
static const struct {
  const char *name, *hex;
  bool server;
  net_ws_event want;
  int code; /* of ERROR and CLOSE */
  const char *payload;
} rows[] = {
    {"unmasked Hello", "820548656c6c6f", false, NET_WS_MESSAGE, 0, "Hello"},
    {"masked Hello", "828537fa213d7f9f4d5158", true, NET_WS_MESSAGE, 0,
     "Hello"},
    {"fragments", "020348656c 80026c6f", false, NET_WS_MESSAGE, 0, "Hello"},
    {"empty", "8200", false, NET_WS_MESSAGE, 0, ""},
    {"ping", "890548656c6c6f", false, NET_WS_GOT_PING, 0, "Hello"},
    {"pong", "8a00", false, NET_WS_GOT_PONG, 0, ""},
    {"close", "880203e8", false, NET_WS_GOT_CLOSE, 1000, NULL},
    {"close without code", "8800", false, NET_WS_GOT_CLOSE, 1005, NULL},
    {"close with half a code", "880103", false, NET_WS_ERROR, 1002, NULL},
    {"mask missing", "820548656c6c6f", true, NET_WS_ERROR, 1002, NULL},
    {"mask not wanted", "828537fa213d7f9f4d5158", false, NET_WS_ERROR, 1002,
     NULL},
    {"text", "810548656c6c6f", false, NET_WS_ERROR, 1003, NULL},
    {"reserved bit", "c20548656c6c6f", false, NET_WS_ERROR, 1002, NULL},
    {"reserved opcode", "8300", false, NET_WS_ERROR, 1002, NULL},
    {"reserved control", "8b00", false, NET_WS_ERROR, 1002, NULL},
    {"continuation of nothing", "8000", false, NET_WS_ERROR, 1002, NULL},
    {"message within a message", "020141 820142", false, NET_WS_ERROR, 1002,
     NULL},
    {"fragmented ping", "0900", false, NET_WS_ERROR, 1002, NULL},
    {"long ping", "897e007e", false, NET_WS_ERROR, 1002, NULL},
    {"5 in two bytes", "827e0005", false, NET_WS_ERROR, 1002, NULL},
    {"300 in eight bytes", "827f000000000000012c", false, NET_WS_ERROR, 1002,
     NULL},
    {"too long", "827e03e9", false, NET_WS_ERROR, 1009, NULL},
    {"endless", "827fffffffffffffffff", false, NET_WS_ERROR, 1009, NULL},
    {"too long in pieces", "027e0384 027e", false, NET_WS_MORE, 0, NULL},
    {"cut", "820548", false, NET_WS_MORE, 0, NULL},
};

static net_ws_event feed(net_ws_reader *r, tacet_span in, size_t step,
                         tacet_span *payload) {
  net_ws_event e = NET_WS_MORE;
  size_t at = 0;
  while (at < in.len && e == NET_WS_MORE) {
    size_t used, n = in.len - at < step ? in.len - at : step;
    e = net_ws_read(r, tacet_span_of(in.p + at, n), &used, payload);
    at += used;
  }
  return e;
}

static void frames_have_one_reading(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_span in = test_hex(rows[i].hex);
    for (size_t step = 1; step <= in.len; step++) {
      net_ws_reader r = {.server = rows[i].server, .max = 1000};
      tacet_span payload;
      net_ws_event e = feed(&r, in, step, &payload);
      if (e != rows[i].want) {
        fail_msg("%s by %zu: event %d", rows[i].name, step, e);
      }
      if (e == NET_WS_ERROR || e == NET_WS_GOT_CLOSE) {
        assert_int_equal(r.code, rows[i].code);
      }
      if (rows[i].payload != NULL) {
        assert_span(tacet_span_str(rows[i].payload), payload);
      }
      net_ws_reader_free(&r);
    }
    test_hex_free(in);
  }
}

static void a_ping_may_come_between_fragments(void **state) {
  (void)state;
  tacet_span in = test_hex("020348656c 8901aa 80026c6f");
  net_ws_reader r = {.max = 1000};
  tacet_span payload;
  size_t used, at;
  assert_int_equal(net_ws_read(&r, in, &at, &payload), NET_WS_GOT_PING);
  assert_int_equal(payload.len, 1);
  assert_int_equal(net_ws_read(&r, tacet_span_of(in.p + at, in.len - at), &used,
                               &payload),
                   NET_WS_MESSAGE);
  assert_span(TACET_SPAN_LIT("Hello"), payload);
  net_ws_reader_free(&r);
  test_hex_free(in);
}

static void what_is_written_is_read(void **state) {
  (void)state;
  static const size_t sizes[] = {0, 1, 125, 126, 65535, 65536, 70000};
  static const uint8_t mask[4] = {0x11, 0x22, 0x33, 0x44};
  uint8_t *text = malloc(70000);
  for (size_t i = 0; i < 70000; i++) {
    text[i] = (uint8_t)(i * 13);
  }
  for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
    for (int masked = 0; masked < 2; masked++) {
      TACET_BUF(w, 1 << 20);
      net_ws_reader r = {.server = masked == 1, .max = 70000};
      tacet_span payload;
      net_ws_write(&w, NET_WS_BINARY, tacet_span_of(text, sizes[i]),
                   masked ? mask : NULL);
      assert_int_equal(feed(&r, tacet_buf_span(&w), 977, &payload),
                       NET_WS_MESSAGE);
      assert_span(tacet_span_of(text, sizes[i]), payload);
      net_ws_reader_free(&r);
    }
  }
  free(text);
}

static void the_handshake_has_its_answer(void **state) {
  (void)state;
  char out[29]; /* RFC 6455 1.3 */
  assert_ok(net_ws_accept_key(TACET_SPAN_LIT("dGhlIHNhbXBsZSBub25jZQ=="), out));
  assert_string_equal(out, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
}

static const struct {
  const char *name, *text;
  size_t len;
  net_parse want;
  bool known;
  const char *address;
} proxies[] = {
    {"v1", "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\nGET", 48,
     NET_PARSE_OK, true, "00000000000000000000ffffc0000201"},
    {"v1 six", "PROXY TCP6 2001:db8::1 2001:db8::2 1 2\r\n", 40, NET_PARSE_OK,
     true, "20010db8000000000000000000000001"},
    {"v1 unknown", "PROXY UNKNOWN\r\n", 15, NET_PARSE_OK, false, NULL},
    {"v1 cut", "PROXY TCP4 192.0.2.1", 20, NET_PARSE_MORE, false, NULL},
    {"v1 no address", "PROXY TCP4 nonsense x 1 2\r\n", 27, NET_PARSE_BAD,
     false, NULL},
    {"none", "GET / HTTP/1.1\r\n", 16, NET_PARSE_BAD, false, NULL},
    {"v2",
     "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0\0\x02\x01\xc6\x33\x64\x01\xdc\x04"
     "\x01\xbb",
     28, NET_PARSE_OK, true, "00000000000000000000ffffc0000201"},
    {"v2 local", "\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16, NET_PARSE_OK, false,
     NULL},
    {"v2 cut", "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xc0", 17, NET_PARSE_MORE,
     false, NULL},
    {"v2 other version", "\r\n\r\n\0\r\nQUIT\n\x31\x11\0\0", 16, NET_PARSE_BAD,
     false, NULL},
    {"v2 too long", "\r\n\r\n\0\r\nQUIT\n\x21\x11\xff\xff", 16, NET_PARSE_BAD,
     false, NULL},
};

static void a_proxy_says_who_connects(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(proxies) / sizeof(proxies[0]); i++) {
    uint8_t address[16], *exact = malloc(proxies[i].len);
    bool known = false;
    size_t used;
    memcpy(exact, proxies[i].text, proxies[i].len);
    net_parse r = net_proxy_read(tacet_span_of(exact, proxies[i].len), address,
                                 &known, &used);
    free(exact);
    if (r != proxies[i].want || known != proxies[i].known) {
      fail_msg("%s: %d", proxies[i].name, r);
    }
    if (known) {
      tacet_span want = test_hex(proxies[i].address);
      assert_span(want, tacet_span_of(address, 16));
      test_hex_free(want);
    }
  }
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(frames_have_one_reading),
      cmocka_unit_test(a_ping_may_come_between_fragments),
      cmocka_unit_test(what_is_written_is_read),
      cmocka_unit_test(the_handshake_has_its_answer),
      cmocka_unit_test(a_proxy_says_who_connects),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
