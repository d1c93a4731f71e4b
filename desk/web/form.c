/* SPDX-License-Identifier: Apache-2.0
 * What a request brings: queries, forms, cookies. */
#include "desk/web/form.h"

#include "tacet/codec.h"

#include <string.h>

bool web_parameter(tacet_span list, const char *name, tacet_span *out) {
  size_t len = strlen(name);
  const uint8_t *p = list.p, *end = list.p + list.len;
  while (p < end) {
    const uint8_t *amp = memchr(p, '&', (size_t)(end - p));
    const uint8_t *stop = amp != NULL ? amp : end;
    if ((size_t)(stop - p) > len && memcmp(p, name, len) == 0 &&
        p[len] == '=') {
      *out = tacet_span_of(p + len + 1, (size_t)(stop - p) - len - 1);
      return true;
    }
    p = amp != NULL ? amp + 1 : end;
  }
  return false;
}

uint64_t web_page_of(tacet_span query) {
  tacet_span v = TACET_SPAN_EMPTY;
  uint64_t n = 0;
  if (!web_parameter(query, "page", &v) || v.len > 6) {
    return 0;
  }
  for (size_t i = 0; i < v.len; i++) {
    if (v.p[i] < '0' || v.p[i] > '9') {
      return 0;
    }
    n = n * 10 + (uint64_t)(v.p[i] - '0');
  }
  return n;
}

tacet_span web_cookie_of(const net_http_head *h, const char *name) {
  size_t len = strlen(name);
  tacet_span field = net_http_get(h, "Cookie");
  const uint8_t *p = field.p, *end = field.p + field.len;
  while (p != NULL && p < end) {
    while (p < end && (*p == ' ' || *p == ';')) {
      p++;
    }
    const uint8_t *stop = memchr(p, ';', (size_t)(end - p));
    stop = stop != NULL ? stop : end;
    if ((size_t)(stop - p) > len && memcmp(p, name, len) == 0 &&
        p[len] == '=') {
      return tacet_span_of(p + len + 1, (size_t)(stop - p) - len - 1);
    }
    p = stop;
  }
  return TACET_SPAN_EMPTY;
}

bool web_decoded(tacet_span body, const char *name, uint8_t *buffer, size_t cap,
                 tacet_span *out) {
  tacet_span text = TACET_SPAN_EMPTY;
  size_t len = 0;
  if (!web_parameter(body, name, &text) ||
      tacet_base64url_read((const char *)text.p, text.len, buffer, cap, &len) !=
          TACET_OK) {
    return false;
  }
  *out = tacet_span_of(buffer, len);
  return true;
}
