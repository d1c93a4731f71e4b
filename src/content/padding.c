/* SPDX-License-Identifier: Apache-2.0
 * How sizes are hidden. */
#include "tacet/content/envelope.h"

#define BUCKET_MIN 256
#define BUCKET_MAX (64 * 1024)

/* Padme (Nikitin et al., PURBs): keeps the leading bits of a size, as many as
 * its exponent has bits, and rounds the rest up. */
uint64_t tacet_padme(uint64_t size) {
  if (size < 2) {
    return size;
  }
  unsigned exponent = 63u - (unsigned)__builtin_clzll(size);
  unsigned bits = exponent == 0 ? 1
                                : 32u - (unsigned)__builtin_clz(exponent);
  if (bits >= exponent) {
    return size;
  }
  uint64_t mask = ((uint64_t)1 << (exponent - bits)) - 1;
  return (size + mask) & ~mask;
}

uint64_t tacet_bucket(uint64_t n) {
  uint64_t bucket = BUCKET_MIN;
  if (n > BUCKET_MAX) {
    return tacet_padme(n);
  }
  while (bucket < n) {
    bucket *= 2;
  }
  return bucket;
}
