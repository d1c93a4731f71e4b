/* SPDX-License-Identifier: Apache-2.0
 * ECDSA on P-256 with SHA-256, signatures in DER as TLS and MLS have them. The
 * nonce is OpenSSL's affair: drawn from its own generator and hashed together
 * with the key and the message, so that a weak generator does not give the key
 * away. tacet_random_source_set() does not reach it. */
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "crypto/openssl/p256.h"

#define SIG_MAX 72

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
static tacet_err import_key(work *w, const uint8_t *private_key,
                            const uint8_t *public_key) {
  ERR_set_mark();
  w->build = OSSL_PARAM_BLD_new();
  w->import = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
  w->md = EVP_MD_CTX_new();
  if (w->build == NULL || w->import == NULL || w->md == NULL) {
    return TACET_ERR_NOMEM;
  }
  int ok = OSSL_PARAM_BLD_push_utf8_string(w->build, OSSL_PKEY_PARAM_GROUP_NAME,
                                           "prime256v1", 0);
  ok &= OSSL_PARAM_BLD_push_octet_string(w->build, OSSL_PKEY_PARAM_PUB_KEY,
                                         public_key, P256_POINT_LEN);
  if (private_key != NULL) {
    /* In secure memory, so that OSSL_PARAM_BLD puts its copy there too. */
    w->scalar = BN_secure_new();
    if (w->scalar == NULL ||
        BN_bin2bn(private_key, P256_SCALAR_LEN, w->scalar) == NULL) {
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

static tacet_err public_of(tacet_span private_key, uint8_t *public_key) {
  return tacet_p256_public_key(private_key, public_key);
}

static tacet_err generate(tacet_secret *private_key, uint8_t *public_key) {
  return tacet_kem_p256.generate(private_key, public_key);
}

static tacet_err sign(tacet_span private_key, tacet_span message, uint8_t *sig,
                      size_t *sig_len) {
  uint8_t public_key[P256_POINT_LEN];
  TACET_TRY(tacet_p256_public_key(private_key, public_key));
  TACET_CLEANUP(work_done) work w = {NULL, NULL, NULL, NULL, NULL, NULL};
  TACET_TRY(import_key(&w, private_key.p, public_key));
  uint8_t made[SIG_MAX];
  size_t len = sizeof(made);
  if (EVP_DigestSignInit_ex(w.md, NULL, "SHA256", NULL, NULL, w.key, NULL) !=
          1 ||
      EVP_DigestSign(w.md, made, &len, message.p, message.len) != 1) {
    return TACET_ERR_PROVIDER;
  }
  memcpy(sig, made, len);
  *sig_len = len;
  return TACET_OK;
}

/* OpenSSL takes DER in its one form only (it encodes again and compares). */
static tacet_err verify(tacet_span public_key, tacet_span message,
                        tacet_span sig) {
  if (public_key.len != P256_POINT_LEN ||
      public_key.p[0] != POINT_CONVERSION_UNCOMPRESSED || sig.len > SIG_MAX) {
    return TACET_ERR_AUTH;
  }
  TACET_CLEANUP(work_done) work w = {NULL, NULL, NULL, NULL, NULL, NULL};
  tacet_err err = import_key(&w, NULL, public_key.p);
  if (err != TACET_OK) {
    return err == TACET_ERR_PROVIDER ? TACET_ERR_AUTH : err;
  }
  if (EVP_DigestVerifyInit_ex(w.md, NULL, "SHA256", NULL, NULL, w.key, NULL) !=
      1) {
    return TACET_ERR_PROVIDER;
  }
  return EVP_DigestVerify(w.md, sig.p, sig.len, message.p, message.len) == 1
             ? TACET_OK
             : TACET_ERR_AUTH;
}

const tacet_sig tacet_sig_p256 = {
    .id = 0x0403,
    .public_len = P256_POINT_LEN,
    .private_len = P256_SCALAR_LEN,
    .sig_max = SIG_MAX,
    .generate = generate,
    .public_key = public_of,
    .sign = sign,
    .verify = verify,
};
