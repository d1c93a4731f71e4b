/* SPDX-License-Identifier: Apache-2.0
 * Keys and Diffie-Hellman on the curves of NIST (SP 800-186), as HPKE has them
 * (RFC 9180 7.1). */
#include "crypto/openssl/nist.h"

#include <openssl/ec.h>
#include <openssl/err.h>

bool tacet_nist_scalar_valid(const tacet_nist_curve *c, const uint8_t *scalar) {
  unsigned borrow = 0, bits = 0;
  for (size_t i = c->scalar_len; i-- > 0;) {
    borrow = ((unsigned)scalar[i] - c->order[i] - borrow) >> 31;
    bits |= scalar[i];
  }
  return (borrow & (bits != 0)) == 1; /* scalar - order is negative */
}

/* The objects of one calculation. */
typedef struct work {
  EC_GROUP *group;
  BN_CTX *ctx;
  BIGNUM *scalar, *x;
  EC_POINT *in, *out;
} work;

static void work_done(work *w) {
  EC_POINT_free(w->in);
  EC_POINT_clear_free(w->out);
  BN_clear_free(w->x);
  BN_clear_free(w->scalar);
  BN_CTX_free(w->ctx);
  EC_GROUP_free(w->group);
  ERR_pop_to_mark(); /* TLS reads the same error queue */
}

static tacet_err work_begin(const tacet_nist_curve *c, work *w,
                            tacet_span scalar) {
  ERR_set_mark();
  w->group = EC_GROUP_new_by_curve_name(c->nid);
  w->ctx = BN_CTX_new();
  w->scalar = BN_bin2bn(scalar.p, (int)c->scalar_len, NULL);
  w->x = BN_new();
  if (w->group == NULL || w->ctx == NULL || w->scalar == NULL || w->x == NULL) {
    return TACET_ERR_NOMEM;
  }
  BN_set_flags(w->scalar, BN_FLG_CONSTTIME);
  w->in = EC_POINT_new(w->group);
  w->out = EC_POINT_new(w->group);
  return w->in == NULL || w->out == NULL ? TACET_ERR_NOMEM : TACET_OK;
}

tacet_err tacet_nist_public_key(const tacet_nist_curve *c, tacet_span scalar,
                                uint8_t *point) {
  if (scalar.len != c->scalar_len || !tacet_nist_scalar_valid(c, scalar.p)) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_CLEANUP(work_done) work w = {0};
  TACET_TRY(work_begin(c, &w, scalar));
  if (EC_POINT_mul(w.group, w.out, w.scalar, NULL, NULL, w.ctx) != 1) {
    return TACET_ERR_PROVIDER;
  }
  return EC_POINT_point2oct(w.group, w.out, POINT_CONVERSION_UNCOMPRESSED,
                            point, c->point_len, w.ctx) == c->point_len
             ? TACET_OK
             : TACET_ERR_PROVIDER;
}

/* OpenSSL checks that the point is on the curve, whose cofactor is 1: with the
 * scalar in range the product is no point at infinity. */
tacet_err tacet_nist_dh(const tacet_nist_curve *c, tacet_span scalar,
                        tacet_span point, tacet_secret *out) {
  if (!tacet_nist_scalar_valid(c, scalar.p)) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_CLEANUP(work_done) work w = {0};
  TACET_TRY(work_begin(c, &w, scalar));
  if (point.p[0] != POINT_CONVERSION_UNCOMPRESSED ||
      EC_POINT_oct2point(w.group, w.in, point.p, point.len, w.ctx) != 1) {
    return TACET_ERR_AUTH;
  }
  TACET_SECRET(x);
  if (EC_POINT_mul(w.group, w.out, NULL, w.in, w.scalar, w.ctx) != 1 ||
      EC_POINT_get_affine_coordinates(w.group, w.out, w.x, NULL, w.ctx) != 1 ||
      BN_bn2binpad(w.x, x.b, (int)c->scalar_len) != (int)c->scalar_len) {
    return TACET_ERR_PROVIDER;
  }
  x.len = c->scalar_len;
  return tacet_secret_set(out, tacet_secret_span(&x));
}

tacet_err tacet_nist_point_check(const tacet_nist_curve *c, tacet_span point) {
  if (point.len != c->point_len ||
      point.p[0] != POINT_CONVERSION_UNCOMPRESSED) {
    return TACET_ERR_ENCODING;
  }
  static const uint8_t no_scalar[NIST_SCALAR_MAX];
  TACET_CLEANUP(work_done) work w = {0};
  TACET_TRY(work_begin(c, &w, tacet_span_of(no_scalar, c->scalar_len)));
  return EC_POINT_oct2point(w.group, w.in, point.p, point.len, w.ctx) == 1
             ? TACET_OK
             : TACET_ERR_ENCODING;
}
