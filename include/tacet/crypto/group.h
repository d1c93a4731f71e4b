/* SPDX-License-Identifier: Apache-2.0
 * tacet/crypto/group.h -- a group of prime order as a table, for protocols that
 * calculate with points themselves (VOPRF, and proofs like it).
 *
 * Elements and scalars are their canonical encodings, of element_len and
 * scalar_len bytes; there is no other form of them in memory. Functions take
 * them by pointer; the lengths are the caller's to have checked. `out` may be
 * an input. add and mul refuse an input that is no element; a scalar from
 * outside must have passed scalar_check, for nothing else looks at it.
 *
 * No function gives the neutral element: where that would be the result it is
 * ENCODING, as for an input that is no element. In these protocols it never
 * comes up but by forgery.
 */
#ifndef TACET_CRYPTO_GROUP_H
#define TACET_CRYPTO_GROUP_H

#include "tacet/base.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define TACET_GROUP_ELEMENT_MAX 32
#define TACET_GROUP_SCALAR_MAX 32
#define TACET_GROUP_UNIFORM_MAX 64

typedef struct tacet_group {
  size_t element_len, scalar_len;
  size_t uniform_len; /* random bytes that give a scalar or element evenly */
  /* ENCODING unless it is the canonical encoding of an element other than the
   * neutral one. */
  tacet_err (*element_check)(const uint8_t *element);
  /* One-way map (RFC 9496 4.3.4 for ristretto255). */
  tacet_err (*element_from_uniform)(const uint8_t *uniform, uint8_t *out);
  tacet_err (*add)(const uint8_t *a, const uint8_t *b, uint8_t *out);
  /* Constant-time in the scalar. */
  tacet_err (*mul)(const uint8_t *scalar, const uint8_t *element, uint8_t *out);
  tacet_err (*mul_base)(const uint8_t *scalar, uint8_t *out);
  /* ENCODING unless reduced; zero is allowed. */
  tacet_err (*scalar_check)(const uint8_t *scalar);
  bool (*scalar_is_zero)(const uint8_t *scalar);
  void (*scalar_from_uniform)(const uint8_t *uniform, uint8_t *out);
  void (*scalar_sub)(const uint8_t *a, const uint8_t *b, uint8_t *out);
  void (*scalar_mul)(const uint8_t *a, const uint8_t *b, uint8_t *out);
  /* ARGUMENT for zero. */
  tacet_err (*scalar_invert)(const uint8_t *a, uint8_t *out);
} tacet_group;

extern const tacet_group tacet_group_ristretto255; /* RFC 9496 */

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
