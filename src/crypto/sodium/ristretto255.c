/* SPDX-License-Identifier: Apache-2.0
 * The group ristretto255 (RFC 9496). */
#include <sodium.h>

#include "tacet/base.h"
#include "tacet/crypto/group.h"

#define ELEMENT_LEN crypto_core_ristretto255_BYTES
#define SCALAR_LEN crypto_core_ristretto255_SCALARBYTES
#define UNIFORM_LEN crypto_core_ristretto255_HASHBYTES
_Static_assert(ELEMENT_LEN <= TACET_GROUP_ELEMENT_MAX, "fits a buffer");
_Static_assert(SCALAR_LEN <= TACET_GROUP_SCALAR_MAX, "fits a buffer");
_Static_assert(UNIFORM_LEN <= TACET_GROUP_UNIFORM_MAX, "fits a buffer");
_Static_assert(UNIFORM_LEN == crypto_core_ristretto255_NONREDUCEDSCALARBYTES,
               "one length for both maps");

/* The neutral element is encoded as zeros; libsodium takes it for valid. */
static tacet_err not_neutral(const uint8_t *element) {
  return sodium_is_zero(element, ELEMENT_LEN) ? TACET_ERR_ENCODING : TACET_OK;
}

/* Works in `made`, so that `out` may be an input and stays as it was. */
static tacet_err give(int status, uint8_t *made, uint8_t *out) {
  tacet_err err = status == 0 ? not_neutral(made) : TACET_ERR_ENCODING;
  if (err == TACET_OK) {
    memcpy(out, made, ELEMENT_LEN);
  }
  sodium_memzero(made, ELEMENT_LEN);
  return err;
}

static tacet_err element_check(const uint8_t *element) {
  return crypto_core_ristretto255_is_valid_point(element) == 1
             ? not_neutral(element)
             : TACET_ERR_ENCODING;
}

static tacet_err element_from_uniform(const uint8_t *uniform, uint8_t *out) {
  uint8_t made[ELEMENT_LEN];
  return give(crypto_core_ristretto255_from_hash(made, uniform), made, out);
}

static tacet_err add(const uint8_t *a, const uint8_t *b, uint8_t *out) {
  uint8_t made[ELEMENT_LEN];
  return give(crypto_core_ristretto255_add(made, a, b), made, out);
}

static tacet_err mul(const uint8_t *scalar, const uint8_t *element,
                     uint8_t *out) {
  uint8_t made[ELEMENT_LEN];
  return give(crypto_scalarmult_ristretto255(made, scalar, element), made, out);
}

static tacet_err mul_base(const uint8_t *scalar, uint8_t *out) {
  uint8_t made[ELEMENT_LEN];
  return give(crypto_scalarmult_ristretto255_base(made, scalar), made, out);
}

/* A scalar is reduced if reducing leaves it as it is. */
static tacet_err scalar_check(const uint8_t *scalar) {
  uint8_t wide[UNIFORM_LEN] = {0}, reduced[SCALAR_LEN];
  memcpy(wide, scalar, SCALAR_LEN);
  crypto_core_ristretto255_scalar_reduce(reduced, wide);
  int same = sodium_memcmp(reduced, scalar, SCALAR_LEN) == 0;
  sodium_memzero(wide, sizeof(wide));
  sodium_memzero(reduced, sizeof(reduced));
  return same ? TACET_OK : TACET_ERR_ENCODING;
}

static bool scalar_is_zero(const uint8_t *scalar) {
  return sodium_is_zero(scalar, SCALAR_LEN) == 1;
}

static void scalar_from_uniform(const uint8_t *uniform, uint8_t *out) {
  crypto_core_ristretto255_scalar_reduce(out, uniform);
}

static void scalar_sub(const uint8_t *a, const uint8_t *b, uint8_t *out) {
  crypto_core_ristretto255_scalar_sub(out, a, b);
}

static void scalar_mul(const uint8_t *a, const uint8_t *b, uint8_t *out) {
  crypto_core_ristretto255_scalar_mul(out, a, b);
}

static tacet_err scalar_invert(const uint8_t *a, uint8_t *out) {
  if (scalar_is_zero(a)) {
    return TACET_ERR_ARGUMENT;
  }
  return crypto_core_ristretto255_scalar_invert(out, a) == 0
             ? TACET_OK
             : TACET_ERR_ARGUMENT;
}

const tacet_group tacet_group_ristretto255 = {
    .element_len = ELEMENT_LEN,
    .scalar_len = SCALAR_LEN,
    .uniform_len = UNIFORM_LEN,
    .element_check = element_check,
    .element_from_uniform = element_from_uniform,
    .add = add,
    .mul = mul,
    .mul_base = mul_base,
    .scalar_check = scalar_check,
    .scalar_is_zero = scalar_is_zero,
    .scalar_from_uniform = scalar_from_uniform,
    .scalar_sub = scalar_sub,
    .scalar_mul = scalar_mul,
    .scalar_invert = scalar_invert,
};
