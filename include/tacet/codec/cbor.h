/* SPDX-License-Identifier: Apache-2.0
 * tacet/codec/cbor.h -- CBOR (RFC 8949) in its deterministic form (4.2.1) alone:
 * shortest heads, definite lengths, ascending keys. Floats are only taken whole
 * (tacet_cbor_read_any), in the shortest form that keeps their value; a NaN may
 * have any payload. Errors are sticky, in the cells of tacet_reader and
 * tacet_buf. Nothing here recurses or allocates.
 */
#ifndef TACET_CODEC_CBOR_H
#define TACET_CODEC_CBOR_H

#include "tacet/codec.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define TACET_CBOR_DEPTH_MAX 8 /* arrays, maps and tags within each other */

typedef enum tacet_cbor_type {
  TACET_CBOR_UINT = 0,
  TACET_CBOR_NEGATIVE = 1,
  TACET_CBOR_BYTES = 2,
  TACET_CBOR_TEXT = 3,
  TACET_CBOR_ARRAY = 4,
  TACET_CBOR_MAP = 5,
  TACET_CBOR_TAG = 6,
  TACET_CBOR_SIMPLE = 7
} tacet_cbor_type;

/* Type of the next item, without taking it. UINT at the end or after an error:
 * reading then fails. */
tacet_cbor_type tacet_cbor_peek(const tacet_reader *r);
/* Each fails with ENCODING if something else comes, or not in its one form. */
uint64_t tacet_cbor_read_uint(tacet_reader *r);
tacet_span tacet_cbor_read_bytes(tacet_reader *r);
tacet_span tacet_cbor_read_text(tacet_reader *r); /* UTF-8 is not checked */
bool tacet_cbor_read_bool(tacet_reader *r);
/* True, and taken, if null comes; false and nothing taken otherwise. */
bool tacet_cbor_read_null(tacet_reader *r);
/* Number of elements, of pairs; LIMIT above max. */
size_t tacet_cbor_read_array(tacet_reader *r, size_t max);
size_t tacet_cbor_read_map(tacet_reader *r, size_t max);
/* Takes one whole item, whatever it is, and gives its bytes. LIMIT if it nests
 * deeper than TACET_CBOR_DEPTH_MAX. Keys of maps in it must be in order. */
tacet_span tacet_cbor_read_any(tacet_reader *r);

void tacet_cbor_write_uint(tacet_buf *w, uint64_t v);
void tacet_cbor_write_bytes(tacet_buf *w, tacet_span s);
void tacet_cbor_write_text(tacet_buf *w, tacet_span s);
void tacet_cbor_write_bool(tacet_buf *w, bool v);
void tacet_cbor_write_null(tacet_buf *w);
void tacet_cbor_write_array(tacet_buf *w, size_t n);
/* Pairs follow, by ascending encoded key: that is the caller's to do. */
void tacet_cbor_write_map(tacet_buf *w, size_t n);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
