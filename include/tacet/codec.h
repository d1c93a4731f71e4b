/* SPDX-License-Identifier: Apache-2.0
 * tacet/codec.h -- one reader and one writer for the TLS presentation language
 * (RFC 8446 3, with the variable-size vectors of RFC 9420 2.1.2), hexadecimal,
 * base64 and base64url.
 *
 * Both have sticky errors: a parser or serialiser is a straight list of fields,
 * and the error is looked at once, at its end. After an error every read gives
 * zero or an empty span and moves nothing; every write does nothing.
 */
#ifndef TACET_CODEC_H
#define TACET_CODEC_H

#include "tacet/base.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* ---- reader ---- */

/* A cursor. Sub-readers share the error cell of the reader they came from, so
 * a failure anywhere inside fails the whole message. */
typedef struct tacet_reader {
  const uint8_t *p, *end;
  tacet_err *err;
} tacet_reader;

#define TACET_VARINT_MAX ((uint32_t)0x3fffffff)

tacet_reader tacet_reader_over(tacet_span in, tacet_err *err);
/* Keeps the first error; later ones are ignored. */
void tacet_read_fail(tacet_reader *r, tacet_err e);
static inline size_t tacet_read_left(const tacet_reader *r) {
  return (size_t)(r->end - r->p);
}
/* True while there is something left to read and no error: loop condition for
 * the elements of a vector. */
static inline bool tacet_more(const tacet_reader *r) {
  return *r->err == TACET_OK && r->p != r->end;
}
/* TRAILING unless everything was read. */
void tacet_read_end(tacet_reader *r);

uint8_t tacet_read_u8(tacet_reader *r);
uint16_t tacet_read_u16(tacet_reader *r);
uint32_t tacet_read_u32(tacet_reader *r);
uint64_t tacet_read_u64(tacet_reader *r);
/* The presence byte of optional<T>: 0 or 1, anything else is ENCODING. */
bool tacet_read_optional(tacet_reader *r);
/* n bytes, borrowed from the input. TRUNCATED if there are fewer. */
tacet_span tacet_read_bytes(tacet_reader *r, size_t n);
/* Copies n bytes; zeroes dst on error. */
void tacet_read_copy(tacet_reader *r, uint8_t *dst, size_t n);
/* A length of at most 30 bits in its shortest form (RFC 9420 2.1.2). */
uint32_t tacet_read_varint(tacet_reader *r);
tacet_span tacet_read_vec(tacet_reader *r);      /* opaque x<V> */
tacet_reader tacet_read_vec_of(tacet_reader *r); /* T x<V>: reader of elements */
/* opaque x<V> of at most max bytes; LIMIT if longer. */
tacet_span tacet_read_vec_max(tacet_reader *r, size_t max);
/* What was read since `from` (a saved r->p): what a signature covers. */
static inline tacet_span tacet_read_since(const tacet_reader *r,
                                          const uint8_t *from) {
  return (tacet_span){from, (size_t)(r->p - from)};
}

/* ---- writer ---- */

/* A growing buffer that owns its bytes and wipes them when it lets go of them,
 * also when it grows. `max` bounds it: pass the limit of the thing written. */
typedef struct tacet_buf {
  uint8_t *p;
  size_t len, cap, max;
  tacet_err err;
} tacet_buf;
#define TACET_BUF(name, limit)                                                 \
  TACET_CLEANUP(tacet_buf_free) tacet_buf name = {.max = (limit)}

void tacet_buf_init(tacet_buf *w, size_t max);
void tacet_buf_free(tacet_buf *w); /* wipes; *w can be used again, same max */
/* Empties it and clears the error; the memory stays (wiped). */
void tacet_buf_clear(tacet_buf *w);
/* Takes back all but the first len bytes (wiped) and clears the error. */
void tacet_buf_cut(tacet_buf *w, size_t len);
/* Makes room for n more bytes now, so that the next n cannot fail. */
void tacet_buf_reserve(tacet_buf *w, size_t n);
/* The sticky error, or a view of what was written (valid until the next write
 * or free). */
TACET_MUST_CHECK tacet_err tacet_buf_done(const tacet_buf *w, tacet_span *out);
/* Hands the bytes over to *out (freed with tacet_bytes_free) and empties *w. */
TACET_MUST_CHECK tacet_err tacet_buf_take(tacet_buf *w, tacet_bytes *out);
static inline tacet_span tacet_buf_span(const tacet_buf *w) {
  return (tacet_span){w->p, w->len};
}
/* Sets the sticky error, if there is none yet. */
void tacet_write_fail(tacet_buf *w, tacet_err e);

void tacet_write_u8(tacet_buf *w, uint8_t v);
void tacet_write_u16(tacet_buf *w, uint16_t v);
void tacet_write_u32(tacet_buf *w, uint32_t v);
void tacet_write_u64(tacet_buf *w, uint64_t v);
void tacet_write_optional(tacet_buf *w, bool present);
void tacet_write_bytes(tacet_buf *w, tacet_span bytes);
void tacet_write_zeros(tacet_buf *w, size_t n);
/* n bytes for the caller to fill at once; NULL after an error or for n == 0. */
uint8_t *tacet_write_space(tacet_buf *w, size_t n);
void tacet_write_varint(tacet_buf *w, uint32_t v); /* LIMIT above 30 bits */
void tacet_write_vec(tacet_buf *w, tacet_span bytes); /* opaque x<V> */
/* Everything written between open and close becomes the body of a vector<V>;
 * they nest. Pass what open gave to close. */
size_t tacet_write_open(tacet_buf *w);
void tacet_write_close(tacet_buf *w, size_t at);

/* ---- text forms: public data only, none of them is constant-time ---- */

/* Writes 2 * in.len lower-case digits and a NUL; out must have that room. */
void tacet_hex_write(tacet_span in, char *out);
/* Exactly len bytes from 2 * len digits of either case; ENCODING otherwise. */
TACET_MUST_CHECK tacet_err tacet_hex_read(const char *text, size_t text_len,
                                          uint8_t *out, size_t len);
/* RFC 4648 5, without padding. Room: TACET_BASE64_LEN(in.len) + 1 for the NUL. */
#define TACET_BASE64_LEN(n) (((n) * 4 + 2) / 3)
void tacet_base64url_write(tacet_span in, char *out);
/* Refuses padding, other alphabets, and unused bits that are not zero, so that
 * one value has one text. LIMIT if it would not fit cap. */
TACET_MUST_CHECK tacet_err tacet_base64url_read(const char *text,
                                                size_t text_len, uint8_t *out,
                                                size_t cap, size_t *len);
/* RFC 4648 4, with its padding: the form of c2sp.org's texts. As strict. Room:
 * TACET_BASE64_PADDED_LEN(in.len) + 1. */
#define TACET_BASE64_PADDED_LEN(n) (((n) + 2) / 3 * 4)
void tacet_base64_write(tacet_span in, char *out);
TACET_MUST_CHECK tacet_err tacet_base64_read(const char *text, size_t text_len,
                                             uint8_t *out, size_t cap,
                                             size_t *len);
/* UTF-8 as of Unicode: no surrogates, nothing overlong, no NUL. */
bool tacet_is_utf8(tacet_span text);
/* Length of the sequence at p, of which `left` > 0 bytes are there; 0 if there
 * is none. */
size_t tacet_utf8_at(const uint8_t *p, size_t left);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
