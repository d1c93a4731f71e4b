/* SPDX-License-Identifier: Apache-2.0
 * Handles and safety codes: what people type and compare. */
#include "tacet/keytrans/manifest.h"

#include "tacet/crypto.h"

static bool is_alnum(uint8_t c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool tacet_name_valid(tacet_span name) {
  if (name.len == 0 || name.len > TACET_NAME_MAX || !is_alnum(name.p[0]) ||
      !is_alnum(name.p[name.len - 1])) {
    return false;
  }
  for (size_t i = 0; i < name.len; i++) {
    uint8_t c = name.p[i];
    if (!is_alnum(c) && c != '.' && c != '_' && c != '-') {
      return false;
    }
  }
  return true;
}

/* RFC 1035 2.3.1, with digits first as RFC 1123 2.1 allows. */
bool tacet_domain_valid(tacet_span domain) {
  if (domain.len == 0 || domain.len > TACET_DOMAIN_MAX) {
    return false;
  }
  size_t label = 0;
  for (size_t i = 0; i <= domain.len; i++) {
    uint8_t c = i < domain.len ? domain.p[i] : '.';
    if (c == '.') {
      if (label == 0 || label > 63 || domain.p[i - 1] == '-' ||
          domain.p[i - label] == '-') {
        return false;
      }
      label = 0;
    } else if (is_alnum(c) || c == '-') {
      label++;
    } else {
      return false;
    }
  }
  return true;
}

tacet_err tacet_handle_split(tacet_span handle, tacet_span *name,
                             tacet_span *domain) {
  size_t at = 0;
  while (at < handle.len && handle.p[at] != '@') {
    at++;
  }
  if (at == handle.len) {
    return TACET_ERR_ENCODING;
  }
  tacet_span n = {handle.p, at};
  tacet_span d = {handle.p + at + 1, handle.len - at - 1};
  if (!tacet_name_valid(n) || !tacet_domain_valid(d)) {
    return TACET_ERR_ENCODING;
  }
  *name = n;
  *domain = d;
  return TACET_OK;
}

tacet_err tacet_safety_code(const uint8_t a[32], const uint8_t b[32],
                            char out[TACET_SAFETY_DIGITS + 1]) {
  bool in_order = memcmp(a, b, 32) <= 0;
  uint8_t hash[64];
  tacet_span parts[] = {TACET_SPAN_LIT("Tacet 1.0 safety code"),
                        tacet_span_of(in_order ? a : b, 32),
                        tacet_span_of(in_order ? b : a, 32)};
  TACET_TRY(tacet_hash_sha512.digest(parts, 3, hash));
  /* 5 bytes to 5 digits: the bias is 10^5 / 2^40. 12 groups, 199 bits. */
  for (size_t group = 0; group < TACET_SAFETY_DIGITS / 5; group++) {
    uint64_t v = 0;
    for (size_t i = 0; i < 5; i++) {
      v = v << 8 | hash[group * 5 + i];
    }
    v %= 100000;
    for (size_t i = 5; i-- > 0; v /= 10) {
      out[group * 5 + i] = (char)('0' + v % 10);
    }
  }
  out[TACET_SAFETY_DIGITS] = '\0';
  return TACET_OK;
}
