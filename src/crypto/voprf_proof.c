/* SPDX-License-Identifier: Apache-2.0
 * The proof of RFC 9497 2.2: one key k with pk = k * G evaluated all of a
 * batch, shown by a discrete-logarithm equality over a random combination of
 * it. */
#include "crypto/voprf.h"
#include "tacet/crypto.h"

static const tacet_group *const group = &tacet_group_ristretto255;

/* What a hash is taken over: fields, most with a length of two bytes. Public.
 */
typedef struct transcript {
  uint8_t b[256];
  size_t len;
} transcript;

static void put(transcript *t, tacet_span bytes) {
  TACET_ASSERT(bytes.len <= sizeof(t->b) - t->len);
  memcpy(t->b + t->len, bytes.p, bytes.len);
  t->len += bytes.len;
}

static void put_u16(transcript *t, size_t v) {
  uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
  put(t, tacet_span_of(b, sizeof(b)));
}

static void put_field(transcript *t, tacet_span bytes) {
  put_u16(t, bytes.len);
  put(t, bytes);
}

static void put_element(transcript *t, const uint8_t *element) {
  put_field(t, tacet_span_of(element, ELEMENT_LEN));
}

static tacet_err scalar_of(const transcript *t, uint8_t *scalar) {
  tacet_span part = tacet_span_of(t->b, t->len);
  return tacet_voprf_hash_to_scalar(
      &part, 1, TACET_SPAN_LIT("HashToScalar-" VOPRF_CONTEXT), scalar);
}

static tacet_err composite_seed(const uint8_t *public_key, uint8_t *seed) {
  transcript t = {.len = 0};
  put_element(&t, public_key);
  put_field(&t, TACET_SPAN_LIT("Seed-" VOPRF_CONTEXT));
  return tacet_hash_one(&tacet_hash_sha512, tacet_span_of(t.b, t.len), seed);
}

/* *sum += scalar * element; the first term starts it. */
static tacet_err accumulate(bool first, const uint8_t *scalar,
                            const uint8_t *element, uint8_t *sum) {
  uint8_t term[ELEMENT_LEN];
  TACET_TRY(group->mul(scalar, element, first ? sum : term));
  return first ? TACET_OK : group->add(sum, term, sum);
}

/* ComputeComposites: m = sum of d_i * blinded_i, z = sum of d_i * evaluated_i.
 * With z NULL it is the first half of ComputeCompositesFast. */
static tacet_err composites(const uint8_t *public_key, tacet_span blinded,
                            tacet_span evaluated, uint8_t *m, uint8_t *z) {
  uint8_t seed[TACET_HASH_MAX];
  TACET_TRY(composite_seed(public_key, seed));
  for (size_t i = 0; i * ELEMENT_LEN < blinded.len; i++) {
    const uint8_t *c = blinded.p + i * ELEMENT_LEN;
    const uint8_t *d = evaluated.p + i * ELEMENT_LEN;
    uint8_t weight[SCALAR_LEN];
    transcript t = {.len = 0};
    put_field(&t, tacet_span_of(seed, tacet_hash_sha512.len));
    put_u16(&t, i);
    put_element(&t, c);
    put_element(&t, d);
    put(&t, TACET_SPAN_LIT("Composite"));
    TACET_TRY(scalar_of(&t, weight));
    TACET_TRY(accumulate(i == 0, weight, c, m));
    if (z != NULL) {
      TACET_TRY(accumulate(i == 0, weight, d, z));
    }
  }
  return TACET_OK;
}

typedef struct commitments {
  uint8_t m[ELEMENT_LEN], z[ELEMENT_LEN], t2[ELEMENT_LEN], t3[ELEMENT_LEN];
} commitments;

static tacet_err challenge(const uint8_t *public_key, const commitments *x,
                           uint8_t *c) {
  transcript t = {.len = 0};
  put_element(&t, public_key);
  put_element(&t, x->m);
  put_element(&t, x->z);
  put_element(&t, x->t2);
  put_element(&t, x->t3);
  put(&t, TACET_SPAN_LIT("Challenge"));
  return scalar_of(&t, c);
}

tacet_err tacet_voprf_prove(const tacet_voprf_key *k, tacet_span blinded,
                            tacet_span evaluated, uint8_t *proof) {
  commitments x;
  TACET_SECRET(r);
  TACET_SECRET(c_times_k);
  uint8_t c[SCALAR_LEN];
  /* ComputeCompositesFast: the issuer has z from m by its key. */
  TACET_TRY(composites(k->public_key, blinded, evaluated, x.m, NULL));
  TACET_TRY(group->mul(k->private_key.b, x.m, x.z));
  TACET_TRY(tacet_voprf_random_scalar(r.b));
  TACET_TRY(group->mul_base(r.b, x.t2));
  TACET_TRY(group->mul(r.b, x.m, x.t3));
  TACET_TRY(challenge(k->public_key, &x, c));
  group->scalar_mul(c, k->private_key.b, c_times_k.b);
  memcpy(proof, c, SCALAR_LEN);
  group->scalar_sub(r.b, c_times_k.b, proof + SCALAR_LEN); /* s = r - c * k */
  return TACET_OK;
}

/* out = s * a + c * b. */
static tacet_err combine(const uint8_t *s, const uint8_t *a, const uint8_t *c,
                         const uint8_t *b, uint8_t *out) {
  uint8_t left[ELEMENT_LEN], right[ELEMENT_LEN];
  if (a == NULL) {
    TACET_TRY(group->mul_base(s, left));
  } else {
    TACET_TRY(group->mul(s, a, left));
  }
  TACET_TRY(group->mul(c, b, right));
  return group->add(left, right, out);
}

tacet_err tacet_voprf_verify(const uint8_t *public_key, tacet_span blinded,
                             tacet_span evaluated, tacet_span proof) {
  const uint8_t *c = proof.p, *s = proof.p + SCALAR_LEN;
  commitments x;
  uint8_t expected[SCALAR_LEN];
  TACET_TRY(group->element_check(public_key));
  if (group->scalar_check(c) != TACET_OK ||
      group->scalar_check(s) != TACET_OK) {
    return TACET_ERR_TOKEN;
  }
  TACET_TRY(composites(public_key, blinded, evaluated, x.m, x.z));
  /* From here on a neutral element is a forgery's, not an encoding's. */
  if (combine(s, NULL, c, public_key, x.t2) != TACET_OK ||
      combine(s, x.m, c, x.z, x.t3) != TACET_OK) {
    return TACET_ERR_TOKEN;
  }
  TACET_TRY(challenge(public_key, &x, expected));
  return tacet_equal_ct(tacet_span_of(expected, SCALAR_LEN),
                        tacet_span_of(c, SCALAR_LEN))
             ? TACET_OK
             : TACET_ERR_TOKEN;
}
