/* SPDX-License-Identifier: Apache-2.0 */
#include "tacet/codec.h"

#include "codec/varint.h"

/* Empty readers point here, since NULL - NULL is undefined. */
static const uint8_t nothing[1];

tacet_reader tacet_reader_over(tacet_span in, tacet_err *err) {
  const uint8_t *p = in.p == NULL ? nothing : in.p;
  return (tacet_reader){p, p + in.len, err};
}

void tacet_read_fail(tacet_reader *r, tacet_err e) {
  if (*r->err == TACET_OK) {
    *r->err = e;
  }
}

void tacet_read_end(tacet_reader *r) {
  if (r->p != r->end) {
    tacet_read_fail(r, TACET_ERR_TRAILING);
  }
}

/* The one bounds check of the whole codec. */
tacet_span tacet_read_bytes(tacet_reader *r, size_t n) {
  if (*r->err == TACET_OK && tacet_read_left(r) < n) {
    *r->err = TACET_ERR_TRUNCATED;
  }
  if (*r->err != TACET_OK || n == 0) {
    return TACET_SPAN_EMPTY;
  }
  tacet_span out = {r->p, n};
  r->p += n;
  return out;
}

void tacet_read_copy(tacet_reader *r, uint8_t *dst, size_t n) {
  tacet_span s = tacet_read_bytes(r, n);
  if (s.len == n && n > 0) {
    memcpy(dst, s.p, n);
  } else if (n > 0) {
    memset(dst, 0, n);
  }
}

static uint64_t read_be(tacet_reader *r, size_t n) {
  tacet_span s = tacet_read_bytes(r, n);
  uint64_t v = 0;
  for (size_t i = 0; i < s.len; i++) {
    v = v << 8 | s.p[i];
  }
  return v;
}

uint8_t tacet_read_u8(tacet_reader *r) {
  return (uint8_t)read_be(r, 1);
}
uint16_t tacet_read_u16(tacet_reader *r) {
  return (uint16_t)read_be(r, 2);
}
uint32_t tacet_read_u32(tacet_reader *r) {
  return (uint32_t)read_be(r, 4);
}
uint64_t tacet_read_u64(tacet_reader *r) {
  return read_be(r, 8);
}

bool tacet_read_optional(tacet_reader *r) {
  uint8_t v = tacet_read_u8(r);
  if (v > 1) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  return *r->err == TACET_OK && v == 1;
}

/* RFC 9420 2.1.2: prefix 11 is invalid, and only the shortest form is one:
 * messages are signed and hashed, so they must have one encoding. */
uint32_t tacet_read_varint(tacet_reader *r) {
  uint8_t first = tacet_read_u8(r);
  size_t size = (size_t)1 << (first >> 6);
  if (size == 8) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
    return 0;
  }
  uint64_t rest = read_be(r, size - 1);
  uint32_t v = (uint32_t)((uint64_t)(first & 0x3f) << (8 * (size - 1)) | rest);
  if (*r->err == TACET_OK && varint_size(v) != size) {
    *r->err = TACET_ERR_ENCODING;
  }
  return *r->err == TACET_OK ? v : 0;
}

tacet_span tacet_read_vec(tacet_reader *r) {
  return tacet_read_bytes(r, tacet_read_varint(r));
}

tacet_span tacet_read_vec_max(tacet_reader *r, size_t max) {
  size_t len = tacet_read_varint(r);
  if (len > max) {
    tacet_read_fail(r, TACET_ERR_LIMIT);
  }
  return tacet_read_bytes(r, len);
}

tacet_reader tacet_read_vec_of(tacet_reader *r) {
  return tacet_reader_over(tacet_read_vec(r), r->err);
}
