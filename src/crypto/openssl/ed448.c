/* SPDX-License-Identifier: Apache-2.0
 * Ed448 (RFC 8032 5.2), with an empty context. OpenSSL refuses what a strict
 * verifier must: scalars that are not reduced, points that are not canonical or
 * of small order (tests/unit/crypto/test_448.c). */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "tacet/crypto.h"

#define KEY_LEN 57 /* private (seed) and public alike */
#define SIG_LEN 114

typedef struct work {
  EVP_PKEY *key;
  EVP_MD_CTX *md;
} work;

static void work_done(work *w) {
  EVP_MD_CTX_free(w->md);
  EVP_PKEY_free(w->key);
  ERR_pop_to_mark(); /* TLS reads the same error queue */
}

static tacet_err import_private(work *w, tacet_span private_key) {
  ERR_set_mark();
  if (private_key.len != KEY_LEN) {
    return TACET_ERR_ARGUMENT;
  }
  w->key = EVP_PKEY_new_raw_private_key_ex(NULL, "ED448", NULL, private_key.p,
                                           KEY_LEN);
  return w->key == NULL ? TACET_ERR_PROVIDER : TACET_OK;
}

static tacet_err public_of(tacet_span private_key, uint8_t *public_key) {
  TACET_CLEANUP(work_done) work w = {0};
  TACET_TRY(import_private(&w, private_key));
  size_t len = KEY_LEN;
  return EVP_PKEY_get_raw_public_key(w.key, public_key, &len) == 1 &&
                 len == KEY_LEN
             ? TACET_OK
             : TACET_ERR_PROVIDER;
}

static tacet_err generate(tacet_secret *private_key, uint8_t *public_key) {
  TACET_SECRET(seed);
  seed.len = KEY_LEN;
  TACET_TRY(tacet_random(seed.b, seed.len));
  TACET_TRY(public_of(tacet_secret_span(&seed), public_key));
  return tacet_secret_set(private_key, tacet_secret_span(&seed));
}

static tacet_err sign(tacet_span private_key, tacet_span message, uint8_t *sig,
                      size_t *sig_len) {
  TACET_CLEANUP(work_done) work w = {0};
  TACET_TRY(import_private(&w, private_key));
  w.md = EVP_MD_CTX_new();
  if (w.md == NULL) {
    return TACET_ERR_NOMEM;
  }
  uint8_t made[SIG_LEN];
  size_t len = SIG_LEN;
  if (EVP_DigestSignInit_ex(w.md, NULL, NULL, NULL, NULL, w.key, NULL) != 1 ||
      EVP_DigestSign(w.md, made, &len, message.p, message.len) != 1 ||
      len != SIG_LEN) {
    return TACET_ERR_PROVIDER;
  }
  memcpy(sig, made, SIG_LEN);
  *sig_len = SIG_LEN;
  return TACET_OK;
}

static tacet_err verify(tacet_span public_key, tacet_span message,
                        tacet_span sig) {
  if (public_key.len != KEY_LEN || sig.len != SIG_LEN) {
    return TACET_ERR_AUTH;
  }
  TACET_CLEANUP(work_done) work w = {0};
  ERR_set_mark();
  w.md = EVP_MD_CTX_new();
  w.key = EVP_PKEY_new_raw_public_key_ex(NULL, "ED448", NULL, public_key.p,
                                         KEY_LEN);
  if (w.md == NULL || w.key == NULL) {
    return TACET_ERR_NOMEM; /* any 57 bytes import */
  }
  if (EVP_DigestVerifyInit_ex(w.md, NULL, NULL, NULL, NULL, w.key, NULL) != 1) {
    return TACET_ERR_PROVIDER;
  }
  return EVP_DigestVerify(w.md, sig.p, sig.len, message.p, message.len) == 1
             ? TACET_OK
             : TACET_ERR_AUTH;
}

const tacet_sig tacet_sig_ed448 = {
    .id = 0x0808,
    .public_len = KEY_LEN,
    .private_len = KEY_LEN,
    .sig_max = SIG_LEN,
    .generate = generate,
    .public_key = public_of,
    .sign = sign,
    .verify = verify,
};
