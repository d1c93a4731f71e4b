/* SPDX-License-Identifier: Apache-2.0
 * Hexadecimal, base64 and base64url. */
#include "tacet/codec.h"

static const char hex_digits[] = "0123456789abcdef";
/* The two alphabets differ in their last two digits (RFC 4648 4 and 5). */
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
static const char last_plain[] = "+/", last_url[] = "-_";

void tacet_hex_write(tacet_span in, char *out) {
  for (size_t i = 0; i < in.len; i++) {
    out[2 * i] = hex_digits[in.p[i] >> 4];
    out[2 * i + 1] = hex_digits[in.p[i] & 15];
  }
  out[2 * in.len] = '\0';
}

static int hex_value(char c) {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

tacet_err tacet_hex_read(const char *text, size_t text_len, uint8_t *out,
                         size_t len) {
  if (text_len / 2 != len || text_len % 2 != 0) {
    return TACET_ERR_ENCODING;
  }
  for (size_t i = 0; i < text_len; i++) {
    if (hex_value(text[i]) < 0) {
      return TACET_ERR_ENCODING;
    }
  }
  for (size_t i = 0; i < len; i++) {
    out[i] = (uint8_t)((unsigned)hex_value(text[2 * i]) << 4 |
                       (unsigned)hex_value(text[2 * i + 1]));
  }
  return TACET_OK;
}

static char digit(uint32_t v, const char *last) {
  if (v < 62) {
    return base64_digits[v];
  }
  return last[v - 62];
}

/* Gives the end of what was written, without a NUL. */
static char *base64_write(tacet_span in, const char *last, char *out) {
  uint32_t bits = 0;
  int n_bits = 0;
  for (size_t i = 0; i < in.len; i++) {
    bits = bits << 8 | in.p[i];
    n_bits += 8;
    while (n_bits >= 6) {
      n_bits -= 6;
      *out++ = digit(bits >> n_bits & 63, last);
    }
  }
  if (n_bits > 0) {
    *out++ = digit(bits << (6 - n_bits) & 63, last);
  }
  return out;
}

void tacet_base64url_write(tacet_span in, char *out) {
  *base64_write(in, last_url, out) = '\0';
}

void tacet_base64_write(tacet_span in, char *out) {
  char *end = base64_write(in, last_plain, out);
  while ((end - out) % 4 != 0) {
    *end++ = '=';
  }
  *end = '\0';
}

static int base64_value(char c, const char *last) {
  if (c >= 'A' && c <= 'Z') {
    return c - 'A';
  }
  if (c >= 'a' && c <= 'z') {
    return c - 'a' + 26;
  }
  if (c >= '0' && c <= '9') {
    return c - '0' + 52;
  }
  return c == last[0] ? 62 : c == last[1] ? 63 : -1;
}

/* Digits without padding. */
static tacet_err base64_read(const char *text, size_t text_len,
                             const char *last, uint8_t *out, size_t cap,
                             size_t *len) {
  size_t n = text_len / 4 * 3 + (text_len % 4 * 6) / 8;
  if (text_len % 4 == 1) {
    return TACET_ERR_ENCODING;
  }
  if (n > cap) {
    return TACET_ERR_LIMIT;
  }
  uint32_t bits = 0;
  for (size_t i = 0; i < text_len; i++) {
    int v = base64_value(text[i], last);
    if (v < 0) {
      return TACET_ERR_ENCODING;
    }
    bits = bits << 6 | (uint32_t)v;
  }
  size_t unused = text_len * 6 - n * 8;
  if ((bits & ((1u << unused) - 1)) != 0) {
    return TACET_ERR_ENCODING;
  }
  bits = 0;
  size_t written = 0;
  for (size_t i = 0, n_bits = 0; i < text_len; i++) {
    bits = bits << 6 | (uint32_t)base64_value(text[i], last);
    n_bits += 6;
    if (n_bits >= 8) {
      n_bits -= 8;
      out[written++] = (uint8_t)(bits >> n_bits);
    }
  }
  *len = n;
  return TACET_OK;
}

tacet_err tacet_base64url_read(const char *text, size_t text_len, uint8_t *out,
                               size_t cap, size_t *len) {
  return base64_read(text, text_len, last_url, out, cap, len);
}

tacet_err tacet_base64_read(const char *text, size_t text_len, uint8_t *out,
                            size_t cap, size_t *len) {
  if (text_len % 4 != 0) {
    return TACET_ERR_ENCODING;
  }
  size_t padding = 0;
  while (padding < 2 && padding < text_len &&
         text[text_len - padding - 1] == '=') {
    padding++;
  }
  return base64_read(text, text_len - padding, last_plain, out, cap, len);
}
