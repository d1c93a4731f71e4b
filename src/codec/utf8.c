/* SPDX-License-Identifier: Apache-2.0
 * Text that is UTF-8, and text that is not. */
#include "tacet/codec.h"

/* Unicode 15, table 3-7: the second byte's range depends on the first. */
size_t tacet_utf8_at(const uint8_t *p, size_t left) {
  uint8_t a = p[0];
  if (a < 0x80) {
    return a != 0 ? 1 : 0;
  }
  size_t n = a >= 0xc2 && a <= 0xdf   ? 2
             : a >= 0xe0 && a <= 0xef ? 3
             : a >= 0xf0 && a <= 0xf4 ? 4
                                      : 0;
  if (n == 0 || left < n) {
    return 0;
  }
  uint8_t low = a == 0xe0 ? 0xa0 : a == 0xf0 ? 0x90 : 0x80;
  uint8_t high = a == 0xed ? 0x9f : a == 0xf4 ? 0x8f : 0xbf;
  if (p[1] < low || p[1] > high) {
    return 0;
  }
  for (size_t i = 2; i < n; i++) {
    if (p[i] < 0x80 || p[i] > 0xbf) {
      return 0;
    }
  }
  return n;
}

bool tacet_is_utf8(tacet_span text) {
  for (size_t i = 0; i < text.len;) {
    size_t n = tacet_utf8_at(text.p + i, text.len - i);
    if (n == 0) {
      return false;
    }
    i += n;
  }
  return true;
}
