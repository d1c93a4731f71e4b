/* SPDX-License-Identifier: Apache-2.0
 * Forms of texts. */
#include "desk/rules/fields_text.h"

#include <string.h>

uint32_t rules_code_point(const char **p) {
  unsigned char b = (unsigned char)*(*p)++;
  if (b < 0x80) {
    return b;
  }
  int more = b >= 0xf0 ? 3 : b >= 0xe0 ? 2 : 1;
  uint32_t c = b & (0x3fu >> more);
  for (; more > 0 && **p != '\0'; more--) {
    c = c << 6 | ((unsigned char)*(*p)++ & 0x3fu);
  }
  return c;
}

/* Unicode's Bidi_Control and the separators of lines and paragraphs. */
static bool turns_or_breaks(uint32_t c) {
  return c == 0x061c || (c >= 0x200e && c <= 0x200f) ||
         (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) ||
         c == 0xfeff;
}

bool rules_is_line(const char *s) {
  while (*s != '\0') {
    uint32_t c = rules_code_point(&s);
    if (c < 0x20 || (c >= 0x7f && c < 0xa0) || turns_or_breaks(c)) {
      return false;
    }
  }
  return true;
}

static bool is_lower_or_digit(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool rules_is_code(const char *s) {
  size_t n = strlen(s);
  if (n < 1 || n > 64 || s[0] == '-' || s[n - 1] == '-') {
    return false;
  }
  for (size_t i = 0; i < n; i++) {
    if (!is_lower_or_digit(s[i]) && !(s[i] == '-' && s[i - 1] != '-')) {
      return false;
    }
  }
  return true;
}

bool rules_is_letters(const char *s, size_t n) {
  if (strlen(s) != n || n == 0) {
    return false;
  }
  char first = s[0] >= 'a' ? 'a' : 'A';
  for (size_t i = 0; i < n; i++) {
    if (s[i] < first || s[i] > first + 25) {
      return false;
    }
  }
  return true;
}

bool rules_is_country(const char *s) {
  return rules_is_letters(s, 2) && s[0] <= 'Z';
}

bool rules_is_sha256(const char *s) {
  size_t i = 0;
  while ((s[i] >= '0' && s[i] <= '9') || (s[i] >= 'a' && s[i] <= 'f')) {
    i++;
  }
  return i == 64 && s[i] == '\0';
}
