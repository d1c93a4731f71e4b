/* SPDX-License-Identifier: Apache-2.0
 * Bech32: five bits a character and a checksum that finds every error of up to
 * four characters. */
#include "desk/plan/bech32.h"

#include <string.h>

#define SYMBOLS 52 /* 256 bits in fives, the last with four zeros */
#define CHECKSUM 6

static const char alphabet[] = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/* BIP 173: one step of the BCH code's polynomial division. */
static uint32_t polymod_step(uint32_t chk, uint8_t value) {
  static const uint32_t generator[5] = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa,
                                        0x3d4233dd, 0x2a1462b3};
  uint32_t top = chk >> 25;
  chk = (chk & 0x1ffffff) << 5 ^ value;
  for (unsigned i = 0; i < 5; i++) {
    chk ^= (top >> i & 1) != 0 ? generator[i] : 0;
  }
  return chk;
}

/* Over the prefix, spread as BIP 173 says, and then n values. */
static uint32_t polymod(const char *prefix, const uint8_t *values, size_t n) {
  uint32_t chk = 1;
  for (const char *p = prefix; *p != '\0'; p++) {
    chk = polymod_step(chk, (uint8_t)((uint8_t)*p >> 5));
  }
  chk = polymod_step(chk, 0);
  for (const char *p = prefix; *p != '\0'; p++) {
    chk = polymod_step(chk, (uint8_t)((uint8_t)*p & 31));
  }
  for (size_t i = 0; i < n; i++) {
    chk = polymod_step(chk, values[i]);
  }
  return chk;
}

/* Bit number i of the bytes, from the top; zero past their end. */
static unsigned bit_at(const uint8_t *bytes, size_t i) {
  return i < DESK_BECH32_BYTES * 8
             ? (unsigned)(bytes[i / 8] >> (7 - i % 8)) & 1u
             : 0;
}

static void split(const uint8_t *bytes, uint8_t *values) {
  for (size_t s = 0; s < SYMBOLS; s++) {
    unsigned v = 0;
    for (size_t b = 0; b < 5; b++) {
      v = v << 1 | bit_at(bytes, s * 5 + b);
    }
    values[s] = (uint8_t)v;
  }
}

void desk_bech32_write(const char *prefix, const uint8_t bytes[32], char *out) {
  uint8_t values[DESK_BECH32_DATA] = {0};
  split(bytes, values);
  uint32_t chk = polymod(prefix, values, DESK_BECH32_DATA) ^ 1;
  for (unsigned i = 0; i < CHECKSUM; i++) {
    values[SYMBOLS + i] = (uint8_t)(chk >> 5 * (CHECKSUM - 1 - i) & 31);
  }
  size_t len = strlen(prefix);
  memcpy(out, prefix, len);
  out[len++] = '1';
  for (size_t i = 0; i < DESK_BECH32_DATA; i++) {
    out[len++] = alphabet[values[i]];
  }
  out[len] = '\0';
  tacet_wipe(values, sizeof(values));
}

/* ASCII, folded from the one case that is allowed; 0 for the other. */
static char folded(char c, bool upper) {
  bool is_upper = c >= 'A' && c <= 'Z', is_lower = c >= 'a' && c <= 'z';
  if (upper ? is_lower : is_upper) {
    return 0;
  }
  return is_upper ? (char)(c - 'A' + 'a') : c;
}

static tacet_err join(const uint8_t *values, uint8_t *bytes) {
  memset(bytes, 0, DESK_BECH32_BYTES);
  for (size_t i = 0; i < (size_t)SYMBOLS * 5; i++) {
    unsigned bit = (unsigned)(values[i / 5] >> (4 - i % 5)) & 1u;
    if (i < DESK_BECH32_BYTES * 8) {
      bytes[i / 8] = (uint8_t)(bytes[i / 8] | bit << (7 - i % 8));
    } else if (bit != 0) {
      return TACET_ERR_ENCODING;
    }
  }
  return TACET_OK;
}

tacet_err desk_bech32_read(const char *text, const char *prefix, bool upper,
                           uint8_t bytes[32]) {
  size_t len = strlen(prefix);
  if (strlen(text) != len + 1 + DESK_BECH32_DATA || text[len] != '1') {
    return TACET_ERR_ENCODING;
  }
  for (size_t i = 0; i < len; i++) {
    if (folded(text[i], upper) != prefix[i]) {
      return TACET_ERR_ENCODING;
    }
  }
  uint8_t values[DESK_BECH32_DATA], got[DESK_BECH32_BYTES];
  for (size_t i = 0; i < DESK_BECH32_DATA; i++) {
    char c = folded(text[len + 1 + i], upper);
    const char *at = c == 0 ? NULL : strchr(alphabet, c);
    if (at == NULL) {
      return TACET_ERR_ENCODING;
    }
    values[i] = (uint8_t)(at - alphabet);
  }
  bool good = polymod(prefix, values, DESK_BECH32_DATA) == 1 &&
              join(values, got) == TACET_OK;
  if (good) {
    memcpy(bytes, got, sizeof(got));
  }
  tacet_wipe(values, sizeof(values));
  tacet_wipe(got, sizeof(got));
  return good ? TACET_OK : TACET_ERR_ENCODING;
}
