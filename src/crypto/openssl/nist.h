/* SPDX-License-Identifier: Apache-2.0
 * crypto/openssl/nist.h -- what the KEM and the signature scheme on a curve of
 * NIST share: scalars big endian in full width, points uncompressed. Each curve
 * has a file of its own, so that a program links those it uses.
 */
#ifndef TACET_CRYPTO_OPENSSL_NIST_H
#define TACET_CRYPTO_OPENSSL_NIST_H

#include "crypto/dhkem.h"
#include "tacet/crypto.h"

#define NIST_SCALAR_MAX 66 /* P-521 */
#define NIST_POINT_MAX 133
#define NIST_SIG_MAX 139

typedef struct tacet_nist_curve {
  const char *group, *digest; /* OpenSSL's names; the digest is ECDSA's */
  int nid;
  size_t scalar_len, point_len;
  size_t sig_max;       /* an ECDSA signature in DER */
  const uint8_t *order; /* scalar_len bytes, big endian */
} tacet_nist_curve;

/* Whether 0 < scalar < group order, in constant time. */
bool tacet_nist_scalar_valid(const tacet_nist_curve *c, const uint8_t *scalar);
/* scalar * G. ARGUMENT if the scalar is not valid. */
TACET_MUST_CHECK tacet_err tacet_nist_public_key(const tacet_nist_curve *c,
                                                 tacet_span scalar,
                                                 uint8_t *point);
/* The x coordinate of scalar * point (RFC 9180 4.1). AUTH for what is no
 * uncompressed point of the curve; its length was checked. */
TACET_MUST_CHECK tacet_err tacet_nist_dh(const tacet_nist_curve *c,
                                         tacet_span scalar, tacet_span point,
                                         tacet_secret *out);
/* ENCODING for what is no uncompressed point of the curve. */
TACET_MUST_CHECK tacet_err tacet_nist_point_check(const tacet_nist_curve *c,
                                                  tacet_span point);
/* ECDSA, signatures in DER. */
TACET_MUST_CHECK tacet_err tacet_nist_sign(const tacet_nist_curve *c,
                                           tacet_span private_key,
                                           tacet_span message, uint8_t *sig,
                                           size_t *sig_len);
TACET_MUST_CHECK tacet_err tacet_nist_verify(const tacet_nist_curve *c,
                                             tacet_span public_key,
                                             tacet_span message,
                                             tacet_span sig);

/* What a curve's file defines besides `static const tacet_nist_curve curve`:
 * functions without the curve, for the tables of NIST_TABLES. */
#define NIST_FUNCTIONS(kem)                                                    \
  static bool scalar_valid(const uint8_t *scalar) {                            \
    return tacet_nist_scalar_valid(&curve, scalar);                            \
  }                                                                            \
  static tacet_err public_of(tacet_span private_key, uint8_t *public_key) {    \
    return tacet_nist_public_key(&curve, private_key, public_key);             \
  }                                                                            \
  static tacet_err dh(tacet_span private_key, tacet_span public_key,           \
                      tacet_secret *out) {                                     \
    return tacet_nist_dh(&curve, private_key, public_key, out);                \
  }                                                                            \
  static tacet_err point_check(tacet_span public_key) {                        \
    return tacet_nist_point_check(&curve, public_key);                         \
  }                                                                            \
  static tacet_err generate(tacet_secret *private_key, uint8_t *public_key) {  \
    return kem.generate(private_key, public_key);                              \
  }                                                                            \
  static tacet_err sign(tacet_span private_key, tacet_span message,            \
                        uint8_t *sig, size_t *sig_len) {                       \
    return tacet_nist_sign(&curve, private_key, message, sig, sig_len);        \
  }                                                                            \
  static tacet_err verify(tacet_span public_key, tacet_span message,           \
                          tacet_span sig) {                                    \
    return tacet_nist_verify(&curve, public_key, message, sig);                \
  }

/* The tables tacet_kem_NAME and tacet_sig_NAME of `curve`. kem_id: RFC
 * 9180 7.1; kdf: the hash of its HKDF; secret: that hash's length; mask: of the
 * first byte of a derived scalar; sig_id: TLS SignatureScheme. */
#define NIST_TABLES(name, kem_id, kdf, secret, mask, sig_id)                   \
  NIST_FUNCTIONS(tacet_kem_##name)                                             \
  static const tacet_dhkem dhkem = {                                           \
      .id = (kem_id),                                                          \
      .hash = &(kdf),                                                          \
      .dh_len = SCALAR_LEN,                                                    \
      .public_len = POINT_LEN,                                                 \
      .private_len = SCALAR_LEN,                                               \
      .public_key = public_of,                                                 \
      .dh = dh,                                                                \
      .private_valid = scalar_valid,                                           \
      .bitmask = (mask),                                                       \
  };                                                                           \
  TACET_DHKEM(dhkem)                                                           \
  const tacet_kem tacet_kem_##name = {                                         \
      .id = (kem_id),                                                          \
      .secret_len = (secret),                                                  \
      .enc_len = POINT_LEN,                                                    \
      .public_len = POINT_LEN,                                                 \
      .private_len = SCALAR_LEN,                                               \
      .public_check = point_check,                                             \
      TACET_DHKEM_MEMBERS,                                                     \
  };                                                                           \
  const tacet_sig tacet_sig_##name = {                                         \
      .id = (sig_id),                                                          \
      .public_len = POINT_LEN,                                                 \
      .private_len = SCALAR_LEN,                                               \
      .sig_max = SIG_MAX,                                                      \
      .generate = generate,                                                    \
      .public_key = public_of,                                                 \
      .sign = sign,                                                            \
      .verify = verify,                                                        \
  }

#endif
