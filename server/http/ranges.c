/* SPDX-License-Identifier: Apache-2.0
 * Ranges. */
#include "server/http/ranges.h"

#define DIGITS_MAX 18 /* always fits 64 bits */

/* Takes `text` off the front of *s. */
static bool skip(tacet_span *s, const char *text) {
  size_t len = strlen(text);
  if (s->len < len || memcmp(s->p, text, len) != 0) {
    return false;
  }
  *s = tacet_span_of(s->p + len, s->len - len);
  return true;
}

static bool take_number(tacet_span *s, uint64_t *out) {
  uint64_t n = 0;
  size_t i = 0;
  for (; i < s->len && s->p[i] >= '0' && s->p[i] <= '9'; i++) {
    if (i == DIGITS_MAX) {
      return false;
    }
    n = n * 10 + (uint64_t)(s->p[i] - '0');
  }
  if (i == 0 || (i > 1 && s->p[0] == '0')) {
    return false;
  }
  *s = tacet_span_of(s->p + i, s->len - i);
  *out = n;
  return true;
}

bool tacetd_content_range_parse(tacet_span text, tacetd_content_range *out) {
  tacetd_content_range r = {false, 0, 0, 0};
  if (!skip(&text, "bytes ")) {
    return false;
  }
  r.ask = skip(&text, "*");
  if (!r.ask && (!take_number(&text, &r.first) || !skip(&text, "-") ||
                 !take_number(&text, &r.last))) {
    return false;
  }
  if (!skip(&text, "/") || !take_number(&text, &r.total) || text.len > 0 ||
      (!r.ask && (r.first > r.last || r.last >= r.total))) {
    return false;
  }
  *out = r;
  return true;
}

bool tacetd_range_parse(tacet_span text, tacetd_range *out) {
  tacetd_range r = {false, 0, UINT64_MAX};
  if (!skip(&text, "bytes=") || !take_number(&text, &r.first) ||
      !skip(&text, "-")) {
    return false;
  }
  r.open = text.len == 0;
  if (!r.open &&
      (!take_number(&text, &r.last) || text.len > 0 || r.last < r.first)) {
    return false;
  }
  *out = r;
  return true;
}
