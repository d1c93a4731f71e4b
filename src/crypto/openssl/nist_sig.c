/* SPDX-License-Identifier: Apache-2.0
 * ECDSA, signatures in DER as TLS and MLS have them. The nonce is OpenSSL's
 * affair: drawn from its own generator and hashed together with the key and the
 * message, so that a weak generator does not give the key away.
 * tacet_random_source_set() does not reach it. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "crypto/openssl/nist.h"

typedef struct work {
  BIGNUM *scalar;
  OSSL_PARAM_BLD *build;
  OSSL_PARAM *params;
  EVP_PKEY_CTX *import;
  EVP_PKEY *key;
  EVP_MD_CTX *md;
} work;

static void work_done(work *w) {
  EVP_MD_CTX_free(w->md);
  EVP_PKEY_free(w->key);
  EVP_PKEY_CTX_free(w->import);
  OSSL_PARAM_free(w->params);
  OSSL_PARAM_BLD_free(w->build);
  BN_clear_free(w->scalar);
  ERR_pop_to_mark(); /* TLS reads the same error queue */
}

/* private_key NULL: a public key. PROVIDER if OpenSSL does not take it. */
static tacet_err import_key(const tacet_nist_curve *c, work *w,
                            const uint8_t *private_key,
                            const uint8_t *public_key) {
  ERR_set_mark();
  w->build = OSSL_PARAM_BLD_new();
  w->import = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
  w->md = EVP_MD_CTX_new();
  if (w->build == NULL || w->import == NULL || w->md == NULL) {
    return TACET_ERR_NOMEM;
  }
  int ok = OSSL_PARAM_BLD_push_utf8_string(w->build, OSSL_PKEY_PARAM_GROUP_NAME,
                                           c->group, 0);
  ok &= OSSL_PARAM_BLD_push_octet_string(w->build, OSSL_PKEY_PARAM_PUB_KEY,
                                         public_key, c->point_len);
  if (private_key != NULL) {
    /* In secure memory, so that OSSL_PARAM_BLD puts its copy there too. */
    w->scalar = BN_secure_new();
    if (w->scalar == NULL ||
        BN_bin2bn(private_key, (int)c->scalar_len, w->scalar) == NULL) {
      return TACET_ERR_NOMEM;
    }
    ok &= OSSL_PARAM_BLD_push_BN(w->build, OSSL_PKEY_PARAM_PRIV_KEY, w->scalar);
  }
  w->params = ok == 1 ? OSSL_PARAM_BLD_to_param(w->build) : NULL;
  int kind = private_key != NULL ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY;
  if (w->params == NULL || EVP_PKEY_fromdata_init(w->import) != 1 ||
      EVP_PKEY_fromdata(w->import, &w->key, kind, w->params) != 1) {
    return TACET_ERR_PROVIDER;
  }
  return TACET_OK;
}

tacet_err tacet_nist_sign(const tacet_nist_curve *c, tacet_span private_key,
                          tacet_span message, uint8_t *sig, size_t *sig_len) {
  uint8_t public_key[NIST_POINT_MAX];
  TACET_TRY(tacet_nist_public_key(c, private_key, public_key));
  TACET_CLEANUP(work_done) work w = {0};
  TACET_TRY(import_key(c, &w, private_key.p, public_key));
  uint8_t made[NIST_SIG_MAX];
  size_t len = c->sig_max;
  if (EVP_DigestSignInit_ex(w.md, NULL, c->digest, NULL, NULL, w.key, NULL) !=
          1 ||
      EVP_DigestSign(w.md, made, &len, message.p, message.len) != 1) {
    return TACET_ERR_PROVIDER;
  }
  memcpy(sig, made, len);
  *sig_len = len;
  return TACET_OK;
}

/* OpenSSL takes DER in its one form only (it encodes again and compares), and
 * refuses r and s that are not in 1 ... order - 1. */
tacet_err tacet_nist_verify(const tacet_nist_curve *c, tacet_span public_key,
                            tacet_span message, tacet_span sig) {
  if (public_key.len != c->point_len ||
      public_key.p[0] != POINT_CONVERSION_UNCOMPRESSED ||
      sig.len > c->sig_max) {
    return TACET_ERR_AUTH;
  }
  TACET_CLEANUP(work_done) work w = {0};
  tacet_err err = import_key(c, &w, NULL, public_key.p);
  if (err != TACET_OK) {
    return err == TACET_ERR_PROVIDER ? TACET_ERR_AUTH : err;
  }
  if (EVP_DigestVerifyInit_ex(w.md, NULL, c->digest, NULL, NULL, w.key, NULL) !=
      1) {
    return TACET_ERR_PROVIDER;
  }
  return EVP_DigestVerify(w.md, sig.p, sig.len, message.p, message.len) == 1
             ? TACET_OK
             : TACET_ERR_AUTH;
}
