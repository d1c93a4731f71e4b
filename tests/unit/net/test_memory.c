/* SPDX-License-Identifier: Apache-2.0
 * Memory that runs out at every single allocation of a connection's life: each
 * request, WebSocket and source ends exactly once, nothing leaks, and the next
 * connection is as good as new. */
#include "tests/support/support.h"

#include "tests/support/bare_conn.h"

#define H "Host: a\r\n"
#define POST(path, n, body)                                                    \
  "POST " path " HTTP/1.1\r\n" H "Content-Length: " n "\r\n\r\n" body
#define UPGRADE                                                                \
  "GET /w HTTP/1.1\r\n" H "Upgrade: websocket\r\nConnection: Upgrade\r\n"      \
  "Sec-WebSocket-Version: 13\r\n"                                              \
  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
/* Frames with a mask of zeros. */
#define FRAME(op, len, body) op len "\0\0\0\0" body

static const struct {
  const char *name, *bytes;
  size_t len;
  bool proxy;
} scenes[] = {
#define SCENE(name, bytes, proxy)                                              \
  { name, bytes, sizeof(bytes) - 1, proxy }
    SCENE("at once", POST("/a", "3", "one") POST("/e", "0", ""), false),
    SCENE("later", POST("/l", "3", "one") POST("/l", "3", "two"), false),
    SCENE("overlapping",
          POST("/o", "1", "1") POST("/o", "1", "2") POST("/o", "1", "3")
              POST("/a", "1", "4"),
          false),
    SCENE("streamed", POST("/s", "9", "123456789") POST("/p", "0", ""), false),
    SCENE("refused", "NONSENSE\r\n\r\n", false),
    SCENE("refused behind others", POST("/o", "1", "1") "NONSENSE\r\n\r\n",
          false),
    SCENE("frames",
          UPGRADE FRAME("\x82", "\x85", "hello") FRAME("\x89", "\x81", "p")
              FRAME("\x02", "\x82", "he") FRAME("\x80", "\x83", "llo")
                  FRAME("\x88", "\x82", "\x03\xe8"),
          false),
    SCENE("closed by the server",
          UPGRADE FRAME("\x82", "\x85", "close")
              FRAME("\x88", "\x82", "\x0f\xa0"),
          false),
    SCENE(
        "behind a proxy",
        "PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n" POST("/a", "1", "1"),
        true),
#undef SCENE
};

/* The calls and answers of a run that had all the memory it wanted. */
static void play(size_t i, size_t step, bare_trace *t) {
  bare_run(t, tacet_span_of(scenes[i].bytes, scenes[i].len), step,
           scenes[i].proxy);
}

static void memory_may_run_out_anywhere(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(scenes) / sizeof(scenes[0]); i++) {
    bare_trace good, t;
    play(i, 7, &good); /* and the loop has room for its timers now */
    assert_true(good.n_answers > 0);
    bool failed = true;
    for (size_t at = 0; failed; at++) {
      test_alloc_fail_at(at);
      play(i, 7, &t);
      failed = test_alloc_normal() > at;
      free(t.answers);
      play(i, 7, &t);
      if (t.calls != good.calls || t.n_answers != good.n_answers) {
        fail_msg("%s: other after allocation %zu failed", scenes[i].name, at);
      }
      free(t.answers);
    }
    free(good.answers);
  }
}

int main(void) {
  static const struct CMUnitTest tests[] = {
      cmocka_unit_test(memory_may_run_out_anywhere),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
