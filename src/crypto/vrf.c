/* SPDX-License-Identifier: Apache-2.0
 * ECVRF-RISTRETTO255-SHA512 (c2sp.org/vrf-r255, by RFC 9381 5). The group has
 * prime order, so the RFC's cofactor is 1 and its decompositions fall away. */
#include "tacet/crypto/vrf.h"

#include "tacet/crypto.h"
#include "tacet/crypto/group.h"

#define SUITE                                                                  \
  "\xff"                                                                       \
  "c2sp.org/vrf-r255" /* suite_string */
#define ELEMENT 32
#define SCALAR 32
#define C_LEN 16

static const tacet_group *const group = &tacet_group_ristretto255;
static const tacet_hash *const hash = &tacet_hash_sha512;

/* What stands after suite_string and parts a hash from every other. */
enum {
  CHALLENGE = 0x02, /* RFC 9381 5.4.3 */
  TO_HASH = 0x03,   /* 5.2 */
  NONCE = 0x81,     /* c2sp.org/vrf-r255, as the next */
  ENCODE = 0x82
};

typedef struct point {
  uint8_t b[ELEMENT];
} point;

static tacet_span point_span(const point *p) {
  return tacet_span_of(p->b, ELEMENT);
}

static tacet_err hash2(uint8_t separator, tacet_span a, tacet_span b,
                       uint8_t out[64]) {
  const tacet_span parts[] = {TACET_SPAN_LIT(SUITE),
                              tacet_span_of(&separator, 1), a, b};
  return hash->digest(parts, 4, out);
}

/* ECVRF_encode_to_curve, salted with the public key. */
static tacet_err encode_to_curve(tacet_span public_key, tacet_span alpha,
                                 point *h) {
  uint8_t string[64];
  TACET_TRY(hash2(ENCODE, public_key, alpha, string));
  return group->element_from_uniform(string, h->b);
}

/* ECVRF_challenge_generation (5.4.3): of Y, H, Gamma, U and V. `c` is a scalar
 * of which only the first 16 bytes are not zero. */
static tacet_err challenge(tacet_span y, const point *h, const point *gamma,
                           const point *u, const point *v, uint8_t c[SCALAR]) {
  const uint8_t front = CHALLENGE, back = 0;
  const tacet_span parts[] = {
      TACET_SPAN_LIT(SUITE), tacet_span_of(&front, 1), y,
      point_span(h),         point_span(gamma),        point_span(u),
      point_span(v),         tacet_span_of(&back, 1)};
  uint8_t string[64];
  TACET_TRY(hash->digest(parts, 8, string));
  memset(c, 0, SCALAR);
  memcpy(c, string, C_LEN);
  return TACET_OK;
}

/* ECVRF_proof_to_hash (5.2). */
static tacet_err to_hash(const point *gamma, uint8_t beta[64]) {
  const uint8_t front = TO_HASH, back = 0;
  const tacet_span parts[] = {TACET_SPAN_LIT(SUITE), tacet_span_of(&front, 1),
                              point_span(gamma), tacet_span_of(&back, 1)};
  return hash->digest(parts, 4, beta);
}

/* ---- keys ---- */

void tacet_vrf_key_wipe(tacet_vrf_key *k) {
  tacet_wipe(k, sizeof(*k));
}

tacet_err tacet_vrf_key_load(tacet_span private_key, tacet_vrf_key *k) {
  if (private_key.len != SCALAR ||
      group->scalar_check(private_key.p) != TACET_OK ||
      group->scalar_is_zero(private_key.p)) {
    return TACET_ERR_ARGUMENT;
  }
  point y;
  TACET_TRY(group->mul_base(private_key.p, y.b));
  TACET_TRY(tacet_secret_set(&k->private_key, private_key));
  memcpy(k->public_key, y.b, ELEMENT);
  return TACET_OK;
}

tacet_err tacet_vrf_key_generate(tacet_vrf_key *k) {
  TACET_SECRET(uniform);
  TACET_SECRET(scalar);
  uniform.len = group->uniform_len;
  scalar.len = SCALAR;
  TACET_TRY(tacet_random(uniform.b, uniform.len));
  group->scalar_from_uniform(uniform.b, scalar.b);
  /* One chance in 2^252 of zero, or a generator that gives zeros. */
  return group->scalar_is_zero(scalar.b)
             ? TACET_ERR_RNG
             : tacet_vrf_key_load(tacet_secret_span(&scalar), k);
}

/* ---- proving ---- */

/* out = k + c * x */
static void answer(const uint8_t *k, const uint8_t *c, const uint8_t *x,
                   uint8_t *out) {
  static const uint8_t zero[SCALAR];
  TACET_SECRET(cx);
  group->scalar_mul(c, x, cx.b);
  group->scalar_sub(zero, cx.b, cx.b);
  group->scalar_sub(k, cx.b, out);
}

/* ECVRF_nonce_generation: from the key and H, so that one input never meets
 * two nonces. */
static tacet_err nonce(const tacet_vrf_key *key, const point *h,
                       tacet_secret *k) {
  TACET_SECRET(string);
  string.len = 64;
  k->len = SCALAR;
  TACET_TRY(hash2(NONCE, tacet_secret_span(&key->private_key), point_span(h),
                  string.b));
  group->scalar_from_uniform(string.b, k->b);
  return TACET_OK;
}

tacet_err tacet_vrf_prove(const tacet_vrf_key *key, tacet_span alpha,
                          uint8_t pi[TACET_VRF_PROOF_LEN],
                          uint8_t beta[TACET_VRF_OUTPUT_LEN]) {
  const tacet_span y = tacet_span_of(key->public_key, ELEMENT);
  point h, gamma, u, v;
  uint8_t c[SCALAR], output[64];
  TACET_SECRET(k);
  TACET_TRY(encode_to_curve(y, alpha, &h));
  TACET_TRY(group->mul(key->private_key.b, h.b, gamma.b));
  TACET_TRY(nonce(key, &h, &k));
  TACET_TRY(group->mul_base(k.b, u.b));
  TACET_TRY(group->mul(k.b, h.b, v.b));
  TACET_TRY(challenge(y, &h, &gamma, &u, &v, c));
  TACET_TRY(to_hash(&gamma, output));
  memcpy(pi, gamma.b, ELEMENT);
  memcpy(pi + ELEMENT, c, C_LEN);
  answer(k.b, c, key->private_key.b, pi + ELEMENT + C_LEN);
  memcpy(beta, output, sizeof(output));
  return TACET_OK;
}

tacet_err tacet_vrf_evaluate(const tacet_vrf_key *key, tacet_span alpha,
                             uint8_t beta[TACET_VRF_OUTPUT_LEN]) {
  point h, gamma;
  TACET_TRY(
      encode_to_curve(tacet_span_of(key->public_key, ELEMENT), alpha, &h));
  TACET_TRY(group->mul(key->private_key.b, h.b, gamma.b));
  return to_hash(&gamma, beta);
}

/* ---- verifying ---- */

/* out = s * p - c * q, where p NULL is the base. */
static tacet_err commitment(const uint8_t *s, const point *p, const uint8_t *c,
                            const uint8_t *q, point *out) {
  static const uint8_t zero[SCALAR];
  uint8_t minus_c[SCALAR];
  point a, b;
  group->scalar_sub(zero, c, minus_c);
  TACET_TRY(p == NULL ? group->mul_base(s, a.b) : group->mul(s, p->b, a.b));
  TACET_TRY(group->mul(minus_c, q, b.b));
  return group->add(a.b, b.b, out->b);
}

/* Is pi a proof for H under Y? Anything else than OK is a refusal. */
static tacet_err check(tacet_span y, const point *h, const uint8_t *pi,
                       point *gamma) {
  uint8_t c[SCALAR] = {0}, expected[SCALAR];
  const uint8_t *s = pi + ELEMENT + C_LEN;
  point u, v;
  memcpy(gamma->b, pi, ELEMENT);
  memcpy(c, pi + ELEMENT, C_LEN);
  TACET_TRY(group->element_check(gamma->b));
  TACET_TRY(group->scalar_check(s));
  TACET_TRY(commitment(s, NULL, c, y.p, &u));
  TACET_TRY(commitment(s, h, c, gamma->b, &v));
  TACET_TRY(challenge(y, h, gamma, &u, &v, expected));
  return memcmp(c, expected, C_LEN) == 0 ? TACET_OK : TACET_ERR_AUTH;
}

tacet_err tacet_vrf_verify(tacet_span public_key, tacet_span alpha,
                           tacet_span pi, uint8_t beta[TACET_VRF_OUTPUT_LEN]) {
  point h, gamma;
  if (public_key.len != ELEMENT ||
      group->element_check(public_key.p) != TACET_OK) {
    return TACET_ERR_ENCODING;
  }
  TACET_TRY(encode_to_curve(public_key, alpha, &h));
  if (pi.len != TACET_VRF_PROOF_LEN ||
      check(public_key, &h, pi.p, &gamma) != TACET_OK) {
    return TACET_ERR_AUTH;
  }
  return to_hash(&gamma, beta);
}
