/* SPDX-License-Identifier: Apache-2.0
 * Lines and numbers of c2sp.org's texts. */
#include "keytrans/line.h"

/* Cuts at the first `end`. */
static bool cut(tacet_span *rest, uint8_t end, tacet_span *out) {
  for (size_t i = 0; i < rest->len; i++) {
    if (rest->p[i] == end) {
      *out = tacet_span_of(rest->p, i);
      *rest = tacet_span_of(rest->p + i + 1, rest->len - i - 1);
      return true;
    }
  }
  return false;
}

bool line_next(tacet_span *rest, tacet_span *line) {
  return cut(rest, '\n', line);
}

bool line_word(tacet_span *rest, tacet_span *word) {
  if (!cut(rest, ' ', word)) {
    *word = *rest;
    *rest = TACET_SPAN_EMPTY;
  }
  return word->len > 0;
}

bool line_number(tacet_span text, uint64_t *out) {
  uint64_t v = 0;
  if (text.len == 0 || text.len > 19 || (text.len > 1 && text.p[0] == '0')) {
    return false;
  }
  for (size_t i = 0; i < text.len; i++) {
    if (text.p[i] < '0' || text.p[i] > '9') {
      return false;
    }
    v = v * 10 + (uint64_t)(text.p[i] - '0'); /* 19 digits fit 64 bits */
  }
  if (v > INT64_MAX) {
    return false;
  }
  *out = v;
  return true;
}

void line_write_number(uint64_t v, tacet_buf *out) {
  uint8_t digits[20];
  size_t n = sizeof(digits);
  do {
    digits[--n] = (uint8_t)('0' + v % 10);
    v /= 10;
  } while (v != 0);
  tacet_write_bytes(out, tacet_span_of(digits + n, sizeof(digits) - n));
}

bool line_hash(tacet_span text, uint8_t out[32]) {
  uint8_t bytes[32];
  size_t len = 0;
  if (tacet_base64_read((const char *)text.p, text.len, bytes, sizeof(bytes),
                        &len) != TACET_OK ||
      len != sizeof(bytes)) {
    return false;
  }
  memcpy(out, bytes, sizeof(bytes));
  return true;
}

void line_write_base64(tacet_span in, tacet_buf *out) {
  char text[TACET_BASE64_PADDED_LEN(1024) + 1];
  TACET_ASSERT(in.len <= 1024);
  tacet_base64_write(in, text);
  tacet_write_bytes(out, tacet_span_str(text));
}
