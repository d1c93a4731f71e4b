/* SPDX-License-Identifier: Apache-2.0
 * What reader and writer share: private to src/codec. */
#ifndef TACET_CODEC_VARINT_H
#define TACET_CODEC_VARINT_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the one form that a length has (RFC 9420 2.1.2). */
static inline size_t varint_size(uint32_t v) {
  return v < 0x40 ? 1 : v < 0x4000 ? 2 : 4;
}

#endif
