/* SPDX-License-Identifier: Apache-2.0
 * net/http.h -- HTTP/1.1 heads (RFC 9112), in and out, without I/O.
 *
 * Strict on purpose: where two readers of one message could disagree, it is
 * refused. No line folding, no bare CR or LF, no space before a colon, no
 * second Content-Length, no Content-Length beside Transfer-Encoding, no
 * HTTP/1.0 keep-alive. Requests have no chunked bodies at all (411): our
 * clients know the length, and that half of request smuggling is gone.
 */
#ifndef TACET_NET_HTTP_H
#define TACET_NET_HTTP_H

#include "tacet/base.h"
#include "tacet/codec.h"

#define NET_HEADERS_MAX 48       /* fields of one head */
#define NET_HEAD_MAX (16 * 1024) /* bytes of one head */

typedef struct net_header {
  tacet_span name, value; /* value without space around it */
} net_header;

/* A head. Spans point into the input. */
typedef struct net_http_head {
  tacet_span method, target; /* request */
  tacet_span path, query;    /* of the target, not percent-decoded */
  int status;                /* response */
  uint64_t content_length;
  bool has_length;
  bool chunked;    /* responses only */
  bool keep_alive; /* HTTP/1.1 without "Connection: close" */
  bool websocket;  /* a well-formed upgrade request, or the answer to one */
  bool expects_continue;
  size_t n_headers;
  net_header headers[NET_HEADERS_MAX]; /* those after n_headers are not set */
} net_http_head;

/* What the parsers give: a head; not all there yet; or the status code with
 * which such a request is answered (400, 411, 431, 501, 505; for a response
 * any of them means: not HTTP). */
typedef enum net_parse {
  NET_PARSE_OK = 0,
  NET_PARSE_MORE = 1,
  NET_PARSE_BAD = 400,
  NET_PARSE_LENGTH = 411,
  NET_PARSE_TOO_LARGE = 431,
  NET_PARSE_METHOD = 501,
  NET_PARSE_VERSION = 505
} net_parse;

/* Parses one head off the beginning of `in`; *used is its length with the empty
 * line. On anything but OK the outputs are untouched. */
net_parse net_http_request(tacet_span in, net_http_head *out, size_t *used);
/* Whether a body follows is for who asked: none does after a HEAD, 204, 304. */
net_parse net_http_response(tacet_span in, net_http_head *out, size_t *used);
/* The bytes of a head that are set: copy these. */
static inline size_t net_http_head_size(const net_http_head *h) {
  return offsetof(net_http_head, headers) + h->n_headers * sizeof(net_header);
}
/* The value of a field (name in any case), or an empty span with p NULL. */
tacet_span net_http_get(const net_http_head *h, const char *name);
/* True if the comma-separated list `value` has `token` (any case). */
bool net_http_has_token(tacet_span value, const char *token);
const char *net_http_reason(int status);

/* ---- chunked bodies of responses (RFC 9112 7.1) ---- */

typedef struct net_chunked {
  uint64_t left;
  int state;
  size_t line;
} net_chunked;
/* Takes some of `in`: *data is a piece of the body (maybe empty), *used what
 * was read. OK at the end of the body, MORE before, BAD. Start zeroed. */
net_parse net_chunked_read(net_chunked *c, tacet_span in, tacet_span *data,
                           size_t *used);

#endif
