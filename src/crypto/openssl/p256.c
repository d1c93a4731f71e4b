/* SPDX-License-Identifier: Apache-2.0
 * P-256 and DHKEM(P-256, HKDF-SHA256), RFC 9180 7.1. */
#include "crypto/openssl/p256.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/obj_mac.h>

#include "crypto/dhkem.h"

bool tacet_p256_scalar_valid(const uint8_t *scalar) {
  static const uint8_t order[P256_SCALAR_LEN] = {
      0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
      0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
      0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};
  unsigned borrow = 0, bits = 0;
  for (size_t i = P256_SCALAR_LEN; i-- > 0;) {
    borrow = ((unsigned)scalar[i] - order[i] - borrow) >> 31;
    bits |= scalar[i];
  }
  return (borrow & (bits != 0)) == 1; /* scalar - order is negative */
}

/* The objects of one calculation. */
typedef struct work {
  EC_GROUP *group;
  BN_CTX *ctx;
  BIGNUM *scalar;
  EC_POINT *in, *out;
} work;

static void work_done(work *w) {
  EC_POINT_free(w->in);
  EC_POINT_clear_free(w->out);
  BN_clear_free(w->scalar);
  BN_CTX_free(w->ctx);
  EC_GROUP_free(w->group);
  ERR_pop_to_mark(); /* TLS reads the same error queue */
}

static tacet_err work_begin(work *w, tacet_span scalar) {
  ERR_set_mark();
  w->group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  w->ctx = BN_CTX_new();
  w->scalar = BN_bin2bn(scalar.p, P256_SCALAR_LEN, NULL);
  if (w->group == NULL || w->ctx == NULL || w->scalar == NULL) {
    return TACET_ERR_NOMEM;
  }
  BN_set_flags(w->scalar, BN_FLG_CONSTTIME);
  w->in = EC_POINT_new(w->group);
  w->out = EC_POINT_new(w->group);
  return w->in == NULL || w->out == NULL ? TACET_ERR_NOMEM : TACET_OK;
}

static tacet_err point_out(const work *w, uint8_t *point) {
  return EC_POINT_point2oct(w->group, w->out, POINT_CONVERSION_UNCOMPRESSED,
                            point, P256_POINT_LEN, w->ctx) == P256_POINT_LEN
             ? TACET_OK
             : TACET_ERR_PROVIDER;
}

tacet_err tacet_p256_public_key(tacet_span scalar, uint8_t *point) {
  if (scalar.len != P256_SCALAR_LEN || !tacet_p256_scalar_valid(scalar.p)) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_CLEANUP(work_done) work w = {NULL, NULL, NULL, NULL, NULL};
  TACET_TRY(work_begin(&w, scalar));
  if (EC_POINT_mul(w.group, w.out, w.scalar, NULL, NULL, w.ctx) != 1) {
    return TACET_ERR_PROVIDER;
  }
  return point_out(&w, point);
}

/* The x coordinate of the product (RFC 9180 4.1). Only the uncompressed form is
 * a public key here; OpenSSL checks that the point is on the curve, whose
 * cofactor is 1. */
static tacet_err diffie_hellman(tacet_span private_key, tacet_span public_key,
                                tacet_secret *out) {
  if (!tacet_p256_scalar_valid(private_key.p)) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_CLEANUP(work_done) work w = {NULL, NULL, NULL, NULL, NULL};
  TACET_TRY(work_begin(&w, private_key));
  if (public_key.p[0] != POINT_CONVERSION_UNCOMPRESSED ||
      EC_POINT_oct2point(w.group, w.in, public_key.p, public_key.len, w.ctx) !=
          1) {
    return TACET_ERR_AUTH;
  }
  if (EC_POINT_mul(w.group, w.out, NULL, w.in, w.scalar, w.ctx) != 1) {
    return TACET_ERR_PROVIDER;
  }
  TACET_SECRET(point); /* 0x04 || x || y: TACET_SECRET_MAX is enough */
  TACET_TRY(point_out(&w, point.b));
  point.len = P256_POINT_LEN;
  return tacet_secret_set(out, tacet_span_of(point.b + 1, P256_SCALAR_LEN));
}

static const tacet_dhkem dhkem = {
    .id = 0x0010,
    .hash = &tacet_hash_sha256,
    .dh_len = P256_SCALAR_LEN,
    .public_len = P256_POINT_LEN,
    .private_len = P256_SCALAR_LEN,
    .public_key = tacet_p256_public_key,
    .dh = diffie_hellman,
    .private_valid = tacet_p256_scalar_valid,
};

static tacet_err derive_key_pair(tacet_span ikm, tacet_secret *private_key,
                                 uint8_t *public_key) {
  return tacet_dhkem_derive_key_pair(&dhkem, ikm, private_key, public_key);
}

static tacet_err generate(tacet_secret *private_key, uint8_t *public_key) {
  return tacet_dhkem_generate(&dhkem, private_key, public_key);
}

static tacet_err public_of(tacet_span private_key, uint8_t *public_key) {
  return tacet_dhkem_public_key(&dhkem, private_key, public_key);
}

static tacet_err encap(tacet_span public_key, tacet_secret *shared,
                       uint8_t *enc) {
  return tacet_dhkem_encap(&dhkem, public_key, shared, enc);
}

static tacet_err encap_deterministic(tacet_span public_key,
                                     tacet_span randomness,
                                     tacet_secret *shared, uint8_t *enc) {
  return tacet_dhkem_encap_deterministic(&dhkem, public_key, randomness, shared,
                                         enc);
}

static tacet_err decap(tacet_span private_key, tacet_span enc,
                       tacet_secret *shared) {
  return tacet_dhkem_decap(&dhkem, private_key, enc, shared);
}

const tacet_kem tacet_kem_p256 = {
    .id = 0x0010,
    .secret_len = 32,
    .enc_len = P256_POINT_LEN,
    .public_len = P256_POINT_LEN,
    .private_len = P256_SCALAR_LEN,
    .derive_key_pair = derive_key_pair,
    .generate = generate,
    .public_key = public_of,
    .encap = encap,
    .decap = decap,
    .encap_deterministic = encap_deterministic,
};
