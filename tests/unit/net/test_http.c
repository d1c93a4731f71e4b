/* SPDX-License-Identifier: Apache-2.0
 * HTTP heads and chunks: what is taken, and all the ways in which two readers
 * could disagree about a message. */
#include "tests/support/support.h"

#include "net/http.h"

#define H "Host: x\r\n"
static const struct {
  const char *name, *text;
  net_parse want;
} requests[] = {
    {"plain", "GET / HTTP/1.1\r\n" H "\r\n", NET_PARSE_OK},
    {"length", "POST /a?b HTTP/1.1\r\n" H "Content-Length: 5\r\n\r\n",
     NET_PARSE_OK},
    {"cut", "GET / HTTP/1.1\r\n" H "\r", NET_PARSE_MORE},
    {"no host", "GET / HTTP/1.1\r\n\r\n", NET_PARSE_BAD},
    {"two hosts", "GET / HTTP/1.1\r\n" H H "\r\n", NET_PARSE_BAD},
    {"two lengths",
     "POST / HTTP/1.1\r\n" H "Content-Length: 5\r\nContent-Length: 5\r\n\r\n",
     NET_PARSE_BAD},
    {"list of lengths",
     "POST / HTTP/1.1\r\n" H "Content-Length: 5, 5\r\n\r\n", NET_PARSE_BAD},
    {"signed length", "POST / HTTP/1.1\r\n" H "Content-Length: +5\r\n\r\n",
     NET_PARSE_BAD},
    {"hex length", "POST / HTTP/1.1\r\n" H "Content-Length: 0x5\r\n\r\n",
     NET_PARSE_BAD},
    {"empty length", "POST / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n",
     NET_PARSE_BAD},
    {"huge length",
     "POST / HTTP/1.1\r\n" H "Content-Length: 9999999999999999999\r\n\r\n",
     NET_PARSE_BAD},
    {"chunked", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n",
     NET_PARSE_LENGTH},
    {"chunked and length",
     "POST / HTTP/1.1\r\n" H
     "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n",
     NET_PARSE_BAD},
    {"other coding", "POST / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n",
     NET_PARSE_METHOD},
    {"chunked in disguise",
     "POST / HTTP/1.1\r\n" H "Transfer-Encoding: xchunked\r\n\r\n",
     NET_PARSE_METHOD},
    {"space before colon",
     "POST / HTTP/1.1\r\n" H "Content-Length : 5\r\n\r\n", NET_PARSE_BAD},
    {"folded line", "GET / HTTP/1.1\r\n" H "A: b\r\n c\r\n\r\n",
     NET_PARSE_BAD},
    {"bare LF", "GET / HTTP/1.1\n" H "\r\n", NET_PARSE_BAD},
    {"bare LF in a value", "GET / HTTP/1.1\r\n" H "A: b\nC: d\r\n\r\n",
     NET_PARSE_BAD},
    {"bare CR", "GET / HTTP/1.1\r\n" H "A: b\rC: d\r\n\r\n", NET_PARSE_BAD},
    {"no name", "GET / HTTP/1.1\r\n" H ": b\r\n\r\n", NET_PARSE_BAD},
    {"no colon", "GET / HTTP/1.1\r\n" H "nonsense\r\n\r\n", NET_PARSE_BAD},
    {"control in value", "GET / HTTP/1.1\r\n" H "A: \x01\r\n\r\n",
     NET_PARSE_BAD},
    {"HTTP/1.0", "GET / HTTP/1.0\r\n" H "\r\n", NET_PARSE_VERSION},
    {"HTTP/2", "PRI * HTTP/2.0\r\n\r\n", NET_PARSE_BAD},
    {"no version", "GET /\r\n" H "\r\n", NET_PARSE_BAD},
    {"two spaces", "GET  / HTTP/1.1\r\n" H "\r\n", NET_PARSE_BAD},
    {"absolute form", "GET http://x/ HTTP/1.1\r\n" H "\r\n", NET_PARSE_BAD},
    {"fragment", "GET /#a HTTP/1.1\r\n" H "\r\n", NET_PARSE_BAD},
    {"not ASCII", "GET /\xc3\xa4 HTTP/1.1\r\n" H "\r\n", NET_PARSE_BAD},
    {"method with space", "G(T / HTTP/1.1\r\n" H "\r\n", NET_PARSE_BAD},
};

/* An exact-size block, so that ASan sees one byte of over-read. */
static net_parse parse(const char *text, size_t len, net_http_head *h,
                       size_t *used) {
  uint8_t *exact = malloc(len == 0 ? 1 : len);
  memcpy(exact, text, len);
  net_parse r = net_http_request(tacet_span_of(exact, len), h, used);
  free(exact);
  return r;
}

static void requests_have_one_reading(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
    net_http_head h;
    size_t used = 0, len = strlen(requests[i].text);
    net_parse r = parse(requests[i].text, len, &h, &used);
    if (r != requests[i].want) {
      fail_msg("%s: %d instead of %d", requests[i].name, r, requests[i].want);
    }
    if (r == NET_PARSE_OK) {
      assert_int_equal(used, len);
    }
    /* Byte by byte: never OK too early, never another verdict at the end. */
    for (size_t n = 0; n < len; n++) {
      net_parse early = parse(requests[i].text, n, &h, &used);
      assert_true(early == NET_PARSE_MORE || early == requests[i].want);
      assert_true(early != NET_PARSE_OK);
    }
  }
}

static void heads_are_bounded(void **state) {
  (void)state;
  net_http_head h;
  size_t used;
  char *big = malloc(NET_HEAD_MAX + 100);
  memset(big, 'a', NET_HEAD_MAX + 100);
  memcpy(big, "GET /", 5);
  assert_int_equal(parse(big, NET_HEAD_MAX - 1, &h, &used), NET_PARSE_MORE);
  assert_int_equal(parse(big, NET_HEAD_MAX + 100, &h, &used),
                   NET_PARSE_TOO_LARGE);
  free(big);
  TACET_BUF(w, 1 << 16);
  tacet_write_bytes(&w, TACET_SPAN_LIT("GET / HTTP/1.1\r\n" H));
  for (int i = 0; i < NET_HEADERS_MAX; i++) {
    tacet_write_bytes(&w, TACET_SPAN_LIT("A: b\r\n"));
  }
  tacet_write_bytes(&w, TACET_SPAN_LIT("\r\n"));
  assert_int_equal(net_http_request(tacet_buf_span(&w), &h, &used),
                   NET_PARSE_TOO_LARGE);
}

static void fields_are_found(void **state) {
  (void)state;
  static const char text[] =
      "POST /a/b?c=d HTTP/1.1\r\nhOsT: x\r\nContent-Length: 12\r\n"
      "Connection: foo , CLOSE\r\nTacet-Nonce: \t abc \r\n\r\nrest";
  net_http_head h;
  size_t used;
  tacet_span in = tacet_span_str(text);
  assert_int_equal(net_http_request(in, &h, &used), NET_PARSE_OK);
  assert_int_equal(used, in.len - 4);
  assert_span(TACET_SPAN_LIT("/a/b"), h.path);
  assert_span(TACET_SPAN_LIT("c=d"), h.query);
  assert_span(TACET_SPAN_LIT("abc"), net_http_get(&h, "tacet-nonce"));
  assert_int_equal(h.content_length, 12);
  assert_false(h.keep_alive);
  assert_null(net_http_get(&h, "x-none").p);
}

static const struct {
  const char *name, *text, *body;
  net_parse want;
} chunks[] = {
    {"two", "4\r\nWiki\r\n5\r\npedia\r\n0\r\n\r\n", "Wikipedia", NET_PARSE_OK},
    {"none", "0\r\n\r\n", "", NET_PARSE_OK},
    {"extension", "1;a=b\r\nx\r\n0\r\n\r\n", "x", NET_PARSE_OK},
    {"upper case", "A\r\n0123456789\r\n0\r\n\r\n", "0123456789", NET_PARSE_OK},
    {"cut", "4\r\nWi", "Wi", NET_PARSE_MORE},
    {"no size", "\r\nx\r\n0\r\n\r\n", "", NET_PARSE_BAD},
    {"sign", "-1\r\nx", "", NET_PARSE_BAD},
    {"longer than it says", "1\r\nxy\r\n0\r\n\r\n", "x", NET_PARSE_BAD},
    {"bare LF", "1\nx\n0\n\n", "", NET_PARSE_BAD},
    {"huge", "fffffffffffff\r\n", "", NET_PARSE_BAD},
    {"trailer", "0\r\nA: b\r\n\r\n", "", NET_PARSE_BAD},
};

static void chunks_have_one_reading(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(chunks) / sizeof(chunks[0]); i++) {
    for (size_t step = 1; step < 20; step++) {
      net_chunked c = {.left = 0};
      TACET_BUF(body, 1000);
      size_t at = 0, len = strlen(chunks[i].text);
      net_parse r = NET_PARSE_MORE;
      while (at < len && r == NET_PARSE_MORE) {
        size_t used = 0, n = len - at < step ? len - at : step;
        tacet_span data;
        r = net_chunked_read(&c, tacet_span_of(chunks[i].text + at, n), &data,
                             &used);
        if (r != NET_PARSE_BAD) {
          tacet_write_bytes(&body, data);
        }
        at += used;
      }
      if (r != chunks[i].want) {
        fail_msg("%s by %zu: %d", chunks[i].name, step, r);
      }
      assert_span(tacet_span_str(chunks[i].body), tacet_buf_span(&body));
    }
  }
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(requests_have_one_reading),
      cmocka_unit_test(heads_are_bounded),
      cmocka_unit_test(fields_are_found),
      cmocka_unit_test(chunks_have_one_reading),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
