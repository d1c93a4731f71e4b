/* SPDX-License-Identifier: Apache-2.0
 * RFC 9380 5.3.1. */
#include "crypto/expand_message.h"

/* b_0 = H(Z_pad || msg || I2OSP(len, 2) || 0 || DST || I2OSP(len(DST), 1)). */
static tacet_err first_block(const tacet_hash *h, const tacet_span *message,
                             size_t n_message, tacet_span dst, size_t len,
                             uint8_t *b0) {
  static const uint8_t zeros[128];
  uint8_t after[3] = {(uint8_t)(len >> 8), (uint8_t)len, 0};
  uint8_t dst_len = (uint8_t)dst.len;
  tacet_span parts[TACET_EXPAND_PARTS_MAX + 4] = {{zeros, h->block_len}};
  size_t n = 1;
  for (size_t i = 0; i < n_message; i++) {
    parts[n++] = message[i];
  }
  parts[n++] = tacet_span_of(after, sizeof(after));
  parts[n++] = dst;
  parts[n++] = tacet_span_of(&dst_len, 1);
  return h->digest(parts, n, b0);
}

/* b_i = H((b_0 xor b_(i-1)) || I2OSP(i, 1) || DST_prime), b_1 without the xor:
 * `previous` starts as zeros. */
static tacet_err later_blocks(const tacet_hash *h, const uint8_t *b0,
                              tacet_span dst, size_t len, uint8_t *out) {
  TACET_SECRET(previous);
  uint8_t dst_len = (uint8_t)dst.len;
  for (uint8_t i = 1; len > 0; i++) {
    TACET_SECRET(mixed);
    for (size_t j = 0; j < h->len; j++) {
      mixed.b[j] = b0[j] ^ previous.b[j];
    }
    tacet_span parts[] = {
        {mixed.b, h->len}, {&i, 1}, dst, tacet_span_of(&dst_len, 1)};
    TACET_TRY(h->digest(parts, 4, previous.b));
    size_t n = len < h->len ? len : h->len;
    memcpy(out, previous.b, n);
    out += n;
    len -= n;
  }
  return TACET_OK;
}

tacet_err tacet_expand_message(const tacet_hash *h, const tacet_span *message,
                               size_t n_message, tacet_span dst, size_t len,
                               uint8_t *out) {
  TACET_ASSERT(n_message <= TACET_EXPAND_PARTS_MAX && dst.len <= 255 &&
               h->block_len <= 128 && len <= 255 * h->len);
  TACET_SECRET(b0);
  TACET_TRY(first_block(h, message, n_message, dst, len, b0.b));
  tacet_err err = later_blocks(h, b0.b, dst, len, out);
  if (err != TACET_OK) {
    tacet_wipe(out, len);
  }
  return err;
}
