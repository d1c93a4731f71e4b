/* SPDX-License-Identifier: Apache-2.0
 * HTTP heads, chunked bodies, PROXY headers and WebSocket frames: what a
 * stranger's bytes reach first. What is taken whole must be taken alike in
 * pieces; a head that parses ends with an empty line. */
#include <stdlib.h>

#include "net/http.h"
#include "net/proxy.h"
#include "net/ws.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void heads(tacet_span in, bool request) {
  net_http_head h;
  size_t used = 0;
  net_parse r = request ? net_http_request(in, &h, &used)
                        : net_http_response(in, &h, &used);
  if (r != NET_PARSE_OK) {
    return;
  }
  if (used < 4 || used > in.len || memcmp(in.p + used - 4, "\r\n\r\n", 4) != 0) {
    abort();
  }
  for (size_t n = 0; n < used; n++) {
    net_http_head early;
    size_t k;
    tacet_span cut = {in.p, n};
    net_parse e = request ? net_http_request(cut, &early, &k)
                          : net_http_response(cut, &early, &k);
    if (e != NET_PARSE_MORE) {
      abort();
    }
  }
}

/* A hash of the events, payloads and the last code. */
static uint64_t frames(tacet_span in, size_t step, bool server) {
  net_ws_reader r = {.server = server, .max = 5000};
  uint64_t sum = 1469598103934665603u;
  net_ws_event e = NET_WS_MORE;
  for (size_t at = 0; at < in.len && e != NET_WS_ERROR;) {
    size_t used, n = in.len - at < step ? in.len - at : step;
    tacet_span payload;
    e = net_ws_read(&r, tacet_span_of(in.p + at, n), &used, &payload);
    at += used;
    if (e != NET_WS_MORE) {
      sum = (sum ^ (uint64_t)e) * 1099511628211u;
      for (size_t i = 0; i < payload.len; i++) {
        sum = (sum ^ payload.p[i]) * 1099511628211u;
      }
    }
  }
  sum ^= e == NET_WS_ERROR ? r.code : 0u;
  net_ws_reader_free(&r);
  return sum;
}

static void chunks(tacet_span in) {
  net_chunked c = {.left = 0};
  net_parse r = NET_PARSE_MORE;
  for (size_t at = 0, used; at < in.len && r == NET_PARSE_MORE; at += used) {
    tacet_span data;
    used = 0;
    r = net_chunked_read(&c, tacet_span_of(in.p + at, in.len - at), &data,
                         &used);
    if (data.len > used || (r == NET_PARSE_MORE && used == 0)) {
      abort();
    }
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0) {
    return 0;
  }
  tacet_span in = {data + 1, size - 1};
  uint8_t address[16];
  bool known, server = (data[0] & 8) != 0;
  size_t used;
  switch (data[0] % 5) {
  case 0:
    heads(in, true);
    break;
  case 1:
    heads(in, false);
    break;
  case 2:
    chunks(in);
    break;
  case 3:
    if (frames(in, in.len + 1, server) != frames(in, 1, server)) {
      abort();
    }
    break;
  default:
    if (net_proxy_read(in, address, &known, &used) == NET_PARSE_OK &&
        used > in.len) {
      abort();
    }
    break;
  }
  return 0;
}
