/* SPDX-License-Identifier: Apache-2.0 */
#include "net/http.h"

/* RFC 9110 5.6.2 */
static bool is_tchar(uint8_t c) {
  if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
      (c >= 'A' && c <= 'Z')) {
    return true;
  }
  return c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL;
}

static uint8_t lower(uint8_t c) {
  return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

static bool same_word(tacet_span s, const char *word) {
  size_t n = strlen(word);
  if (s.len != n) {
    return false;
  }
  for (size_t i = 0; i < n; i++) {
    if (lower(s.p[i]) != lower((uint8_t)word[i])) {
      return false;
    }
  }
  return true;
}

static bool same_text(tacet_span s, const char *text) {
  return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

/* ---- lines ---- */

typedef struct lines {
  const uint8_t *p, *end;
} lines;

/* One line without its CRLF. MORE if there is no CRLF yet; BAD for a CR or LF
 * of its own, or a NUL. */
static net_parse next_line(lines *l, tacet_span *line) {
  for (const uint8_t *p = l->p; p < l->end; p++) {
    if (*p == '\n' || *p == '\0') {
      return NET_PARSE_BAD;
    }
    if (*p == '\r') {
      if (p + 1 == l->end) {
        return NET_PARSE_MORE;
      }
      if (p[1] != '\n') {
        return NET_PARSE_BAD;
      }
      *line = (tacet_span){l->p, (size_t)(p - l->p)};
      l->p = p + 2;
      return NET_PARSE_OK;
    }
  }
  return NET_PARSE_MORE;
}

static tacet_span trim(tacet_span s) {
  while (s.len > 0 && (s.p[0] == ' ' || s.p[0] == '\t')) {
    s.p++;
    s.len--;
  }
  while (s.len > 0 && (s.p[s.len - 1] == ' ' || s.p[s.len - 1] == '\t')) {
    s.len--;
  }
  return s;
}

static bool split(tacet_span s, uint8_t at, tacet_span *a, tacet_span *b) {
  for (size_t i = 0; i < s.len; i++) {
    if (s.p[i] == at) {
      *a = (tacet_span){s.p, i};
      *b = (tacet_span){s.p + i + 1, s.len - i - 1};
      return true;
    }
  }
  return false;
}

/* ---- fields ---- */

static bool decimal(tacet_span s, uint64_t *out) {
  uint64_t v = 0;
  if (s.len == 0 || s.len > 18) {
    return false;
  }
  for (size_t i = 0; i < s.len; i++) {
    if (s.p[i] < '0' || s.p[i] > '9') {
      return false;
    }
    v = v * 10 + (uint64_t)(s.p[i] - '0');
  }
  *out = v;
  return true;
}

bool net_http_has_token(tacet_span value, const char *token) {
  while (value.len > 0) {
    tacet_span item = value, rest = TACET_SPAN_EMPTY;
    (void)split(value, ',', &item, &rest);
    if (same_word(trim(item), token)) {
      return true;
    }
    value = rest;
  }
  return false;
}

/* What one field means for the framing of the message. */
static net_parse note_field(net_http_head *h, const net_header *f) {
  if (same_word(f->name, "content-length")) {
    if (h->has_length || !decimal(f->value, &h->content_length)) {
      return NET_PARSE_BAD;
    }
    h->has_length = true;
  } else if (same_word(f->name, "transfer-encoding")) {
    if (h->chunked || !same_word(f->value, "chunked")) {
      return NET_PARSE_METHOD;
    }
    h->chunked = true;
  } else if (same_word(f->name, "connection")) {
    if (net_http_has_token(f->value, "close")) {
      h->keep_alive = false;
    }
  } else if (same_word(f->name, "expect")) {
    h->expects_continue = same_word(f->value, "100-continue");
  }
  return NET_PARSE_OK;
}

static net_parse take_field(net_http_head *h, tacet_span line) {
  net_header f;
  if (h->n_headers == NET_HEADERS_MAX) {
    return NET_PARSE_TOO_LARGE;
  }
  if (!split(line, ':', &f.name, &f.value) || f.name.len == 0) {
    return NET_PARSE_BAD;
  }
  for (size_t i = 0; i < f.name.len; i++) {
    if (!is_tchar(f.name.p[i])) { /* a leading space would be line folding */
      return NET_PARSE_BAD;
    }
  }
  f.value = trim(f.value);
  for (size_t i = 0; i < f.value.len; i++) {
    if ((f.value.p[i] < 0x20 && f.value.p[i] != '\t') || f.value.p[i] == 0x7f) {
      return NET_PARSE_BAD;
    }
  }
  h->headers[h->n_headers++] = f;
  return note_field(h, &f);
}

static net_parse take_fields(lines *l, net_http_head *h) {
  for (;;) {
    tacet_span line;
    net_parse r = next_line(l, &line);
    if (r != NET_PARSE_OK) {
      return r;
    }
    if (line.len == 0) {
      return h->chunked && h->has_length ? NET_PARSE_BAD : NET_PARSE_OK;
    }
    r = take_field(h, line);
    if (r != NET_PARSE_OK) {
      return r;
    }
  }
}

tacet_span net_http_get(const net_http_head *h, const char *name) {
  for (size_t i = 0; i < h->n_headers; i++) {
    if (same_word(h->headers[i].name, name)) {
      return h->headers[i].value;
    }
  }
  return TACET_SPAN_EMPTY;
}

static size_t count(const net_http_head *h, const char *name) {
  size_t n = 0;
  for (size_t i = 0; i < h->n_headers; i++) {
    n += same_word(h->headers[i].name, name);
  }
  return n;
}

/* ---- start lines ---- */

/* origin-form only: what proxies and CONNECT use is nobody's business here. */
static net_parse take_request_line(net_http_head *h, tacet_span line) {
  tacet_span rest, version;
  if (!split(line, ' ', &h->method, &rest) ||
      !split(rest, ' ', &h->target, &version) || h->method.len == 0) {
    return NET_PARSE_BAD;
  }
  for (size_t i = 0; i < h->method.len; i++) {
    if (!is_tchar(h->method.p[i])) {
      return NET_PARSE_BAD;
    }
  }
  if (h->target.len == 0 || h->target.p[0] != '/') {
    return NET_PARSE_BAD;
  }
  for (size_t i = 0; i < h->target.len; i++) {
    if (h->target.p[i] <= 0x20 || h->target.p[i] >= 0x7f ||
        h->target.p[i] == '#') {
      return NET_PARSE_BAD;
    }
  }
  if (!same_text(version, "HTTP/1.1")) {
    return version.len == 8 && memcmp(version.p, "HTTP/", 5) == 0
               ? NET_PARSE_VERSION
               : NET_PARSE_BAD;
  }
  h->path = h->target;
  h->query = TACET_SPAN_EMPTY;
  (void)split(h->target, '?', &h->path, &h->query);
  return NET_PARSE_OK;
}

static net_parse take_status_line(net_http_head *h, tacet_span line) {
  uint64_t status;
  if (line.len < 12 || memcmp(line.p, "HTTP/1.1 ", 9) != 0 ||
      !decimal((tacet_span){line.p + 9, 3}, &status) || status < 100 ||
      status > 599 || (line.len > 12 && line.p[12] != ' ')) {
    return NET_PARSE_BAD;
  }
  h->status = (int)status;
  return NET_PARSE_OK;
}

/* RFC 6455 4.2.1 */
static bool is_upgrade(const net_http_head *h) {
  return same_text(h->method, "GET") &&
         net_http_has_token(net_http_get(h, "upgrade"), "websocket") &&
         net_http_has_token(net_http_get(h, "connection"), "upgrade") &&
         same_text(net_http_get(h, "sec-websocket-version"), "13") &&
         net_http_get(h, "sec-websocket-key").len == 24;
}

static net_parse parse(tacet_span in, bool request, net_http_head *out,
                       size_t *used) {
  net_http_head h;
  memset(&h, 0, offsetof(net_http_head, headers));
  h.keep_alive = true;
  size_t len = in.len < NET_HEAD_MAX ? in.len : NET_HEAD_MAX;
  lines l = {in.p, in.p + len};
  tacet_span line;
  net_parse r = next_line(&l, &line);
  if (r == NET_PARSE_OK) {
    r = request ? take_request_line(&h, line) : take_status_line(&h, line);
  }
  if (r == NET_PARSE_OK) {
    r = take_fields(&l, &h);
  }
  if (r == NET_PARSE_MORE && in.len >= NET_HEAD_MAX) {
    r = NET_PARSE_TOO_LARGE;
  }
  if (r != NET_PARSE_OK) {
    return r;
  }
  if (request && count(&h, "host") != 1) { /* RFC 9112 3.2 */
    return NET_PARSE_BAD;
  }
  if (request && h.chunked) {
    return NET_PARSE_LENGTH;
  }
  h.websocket = request
                    ? is_upgrade(&h)
                    : h.status == 101 &&
                          same_word(net_http_get(&h, "upgrade"), "websocket");
  memcpy(out, &h, net_http_head_size(&h));
  *used = (size_t)(l.p - in.p);
  return NET_PARSE_OK;
}

net_parse net_http_request(tacet_span in, net_http_head *out, size_t *used) {
  return in.len == 0 ? NET_PARSE_MORE : parse(in, true, out, used);
}

net_parse net_http_response(tacet_span in, net_http_head *out, size_t *used) {
  return in.len == 0 ? NET_PARSE_MORE : parse(in, false, out, used);
}

const char *net_http_reason(int status) {
  switch (status) {
  case 101:
    return "Switching Protocols";
  case 200:
    return "OK";
  case 201:
    return "Created";
  case 204:
    return "No Content";
  case 206:
    return "Partial Content";
  case 303:
    return "See Other";
  case 304:
    return "Not Modified";
  case 400:
    return "Bad Request";
  case 401:
    return "Unauthorized";
  case 403:
    return "Forbidden";
  case 404:
    return "Not Found";
  case 405:
    return "Method Not Allowed";
  case 408:
    return "Request Timeout";
  case 409:
    return "Conflict";
  case 410:
    return "Gone";
  case 411:
    return "Length Required";
  case 413:
    return "Content Too Large";
  case 415:
    return "Unsupported Media Type";
  case 416:
    return "Range Not Satisfiable";
  case 421:
    return "Misdirected Request";
  case 422:
    return "Unprocessable Content";
  case 429:
    return "Too Many Requests";
  case 431:
    return "Request Header Fields Too Large";
  case 500:
    return "Internal Server Error";
  case 501:
    return "Not Implemented";
  case 503:
    return "Service Unavailable";
  case 505:
    return "HTTP Version Not Supported";
  case 507:
    return "Insufficient Storage";
  default:
    return "Status";
  }
}

/* ---- chunks ---- */

enum {
  SIZE,
  EXTENSION,
  SIZE_LF,
  DATA,
  DATA_CR,
  DATA_LF,
  LAST_CR,
  LAST_LF,
  END
};

static int hex_digit(uint8_t c) {
  c = lower(c);
  return c >= '0' && c <= '9'   ? c - '0'
         : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                : -1;
}

/* One byte that is no data; false if it may not stand there. Trailers are not
 * accepted: nobody here sends any. */
static bool chunk_byte(net_chunked *c, uint8_t b) {
  int digit = hex_digit(b);
  switch (c->state) {
  case SIZE:
    if (digit >= 0 && c->line++ < 12) {
      c->left = c->left << 4 | (uint64_t)digit;
      return true;
    }
    c->state = b == '\r' ? SIZE_LF : EXTENSION;
    return c->line > 0 && digit < 0 && (b == '\r' || b == ';');
  case EXTENSION:
    c->state = b == '\r' ? SIZE_LF : EXTENSION;
    return b != '\n' && c->line++ < 1024;
  case SIZE_LF:
    c->state = c->left == 0 ? LAST_CR : DATA;
    c->line = 0;
    return b == '\n';
  case DATA_CR:
    c->state = DATA_LF;
    return b == '\r';
  case DATA_LF:
    c->state = SIZE;
    return b == '\n';
  case LAST_CR:
    c->state = LAST_LF;
    return b == '\r';
  default:
    c->state = END;
    return b == '\n';
  }
}

net_parse net_chunked_read(net_chunked *c, tacet_span in, tacet_span *data,
                           size_t *used) {
  *data = TACET_SPAN_EMPTY;
  size_t at = 0;
  while (at < in.len && c->state != END) {
    if (c->state == DATA) {
      size_t n = in.len - at < c->left ? in.len - at : (size_t)c->left;
      *data = (tacet_span){in.p + at, n};
      c->left -= n;
      c->state = c->left == 0 ? DATA_CR : DATA;
      *used = at + n;
      return NET_PARSE_MORE;
    }
    if (!chunk_byte(c, in.p[at++])) {
      return NET_PARSE_BAD;
    }
  }
  *used = at;
  return c->state == END ? NET_PARSE_OK : NET_PARSE_MORE;
}
