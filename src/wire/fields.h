/* SPDX-License-Identifier: Apache-2.0
 * Fields that the messages share: private to src/wire.
 *
 * Every parser here has the same shape: a reader over the whole input, the
 * fields in order, the end, then the struct is assigned if nothing failed. */
#ifndef TACET_WIRE_FIELDS_H
#define TACET_WIRE_FIELDS_H

#include "tacet/codec.h"
#include "tacet/wire/token.h"

#define WIRE_READ(in)                                                          \
  tacet_err err = TACET_OK;                                                    \
  tacet_reader r = tacet_reader_over((in), &err)
/* Ends a parser: `m` into *out, or the error. */
#define WIRE_END(out, m)                                                       \
  do {                                                                         \
    tacet_read_end(&r);                                                        \
    if (err == TACET_OK) {                                                     \
      *(out) = (m);                                                            \
    }                                                                          \
    return err;                                                                \
  } while (0)

/* uint8 that is 0 or 1. */
bool wire_read_bool(tacet_reader *r);
/* UNKNOWN_TYPE for a kind that is none. */
tacet_token_kind wire_read_token_kind(tacet_reader *r);
/* opaque<V> of nothing or of exactly len bytes. */
tacet_span wire_read_maybe(tacet_reader *r, size_t len);
/* opaque<V> of n fixed-size elements, min <= n <= max (LIMIT). */
tacet_span wire_read_array(tacet_reader *r, size_t size, size_t min, size_t max,
                           size_t *n);
/* T list<V>: reads every element with `element` to check it, gives the bytes
 * and the count, at most max (LIMIT). */
tacet_span wire_read_list(tacet_reader *r, size_t max,
                          void (*element)(tacet_reader *e), size_t *n);
static inline void wire_write_fixed(tacet_buf *w, const uint8_t *p, size_t n) {
  tacet_write_bytes(w, tacet_span_of(p, n));
}

/* Takes one element off *list with `element` (whose form was checked when the
 * list was parsed). False at the end, or for a list of another making. */
#define WIRE_NEXT(list, element, out)                                          \
  do {                                                                         \
    tacet_err err = TACET_OK;                                                  \
    tacet_reader r = tacet_reader_over(*(list), &err);                         \
    if ((list)->len == 0) {                                                    \
      return false;                                                            \
    }                                                                          \
    element(&r, out);                                                          \
    if (err != TACET_OK) {                                                     \
      return false;                                                            \
    }                                                                          \
    *(list) = (tacet_span){r.p, tacet_read_left(&r)};                          \
    return true;                                                               \
  } while (0)

#endif
