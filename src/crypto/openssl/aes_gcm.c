/* SPDX-License-Identifier: Apache-2.0
 * AES-128-GCM and AES-256-GCM (NIST SP 800-38D, RFC 5116). The cipher is looked
 * up for each call: a fetched one kept for the process would save a quarter of
 * a microsecond, and be a global. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "tacet/crypto.h"

#define TAG_LEN 16
#define NONCE_LEN 12
#define IN_MAX ((size_t)0x40000000) /* lengths are int in this interface */

static void context_free(EVP_CIPHER_CTX **c) {
  EVP_CIPHER_CTX_free(*c); /* wipes the key schedule */
}

static tacet_err check(const EVP_CIPHER *cipher, tacet_span key,
                       tacet_span nonce, tacet_span aad, tacet_span in) {
  if (key.len != (size_t)EVP_CIPHER_get_key_length(cipher) ||
      nonce.len != NONCE_LEN) {
    return TACET_ERR_ARGUMENT;
  }
  return aad.len > IN_MAX || in.len > IN_MAX ? TACET_ERR_LIMIT : TACET_OK;
}

/* Whatever EVP wants to be told, in its order; `out` may be `in`. An update
 * without data means something else in EVP, so it is left out. */
static int process(EVP_CIPHER_CTX *c, const EVP_CIPHER *cipher, tacet_span key,
                   tacet_span nonce, tacet_span aad, tacet_span in,
                   uint8_t *out, int encrypt) {
  int n = 0;
  return EVP_CipherInit_ex(c, cipher, NULL, key.p, nonce.p, encrypt) == 1 &&
         (aad.len == 0 ||
          EVP_CipherUpdate(c, NULL, &n, aad.p, (int)aad.len) == 1) &&
         (in.len == 0 || EVP_CipherUpdate(c, out, &n, in.p, (int)in.len) == 1);
}

static tacet_err seal(const EVP_CIPHER *cipher, tacet_span key,
                      tacet_span nonce, tacet_span aad, tacet_span in,
                      uint8_t *out) {
  TACET_TRY(check(cipher, key, nonce, aad, in));
  TACET_CLEANUP(context_free) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
  uint8_t tag[TAG_LEN], none[TAG_LEN];
  int n = 0;
  if (c == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (!process(c, cipher, key, nonce, aad, in, out, 1) ||
      EVP_CipherFinal_ex(c, none, &n) != 1 ||
      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, TAG_LEN, tag) != 1) {
    tacet_wipe(out, in.len);
    return TACET_ERR_PROVIDER;
  }
  memcpy(out + in.len, tag, TAG_LEN);
  return TACET_OK;
}

static tacet_err open(const EVP_CIPHER *cipher, tacet_span key,
                      tacet_span nonce, tacet_span aad, tacet_span in,
                      uint8_t *out) {
  TACET_TRY(check(cipher, key, nonce, aad, in));
  if (in.len < TAG_LEN) {
    return TACET_ERR_AUTH;
  }
  TACET_CLEANUP(context_free) EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
  if (c == NULL) {
    return TACET_ERR_NOMEM;
  }
  uint8_t tag[TAG_LEN], none[TAG_LEN];
  tacet_span text = {in.p, in.len - TAG_LEN};
  memcpy(tag, in.p + text.len, TAG_LEN);
  int n = 0;
  if (!process(c, cipher, key, nonce, aad, text, out, 0)) {
    tacet_wipe(out, text.len);
    return TACET_ERR_PROVIDER;
  }
  ERR_set_mark(); /* a wrong tag is no entry in a queue that TLS reads too */
  int right =
      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, TAG_LEN, tag) == 1 &&
      EVP_CipherFinal_ex(c, none, &n) == 1;
  ERR_pop_to_mark();
  if (!right) {
    tacet_wipe(out, text.len);
    return TACET_ERR_AUTH;
  }
  return TACET_OK;
}

static tacet_err seal128(tacet_span key, tacet_span nonce, tacet_span aad,
                         tacet_span in, uint8_t *out) {
  return seal(EVP_aes_128_gcm(), key, nonce, aad, in, out);
}
static tacet_err open128(tacet_span key, tacet_span nonce, tacet_span aad,
                         tacet_span in, uint8_t *out) {
  return open(EVP_aes_128_gcm(), key, nonce, aad, in, out);
}
static tacet_err seal256(tacet_span key, tacet_span nonce, tacet_span aad,
                         tacet_span in, uint8_t *out) {
  return seal(EVP_aes_256_gcm(), key, nonce, aad, in, out);
}
static tacet_err open256(tacet_span key, tacet_span nonce, tacet_span aad,
                         tacet_span in, uint8_t *out) {
  return open(EVP_aes_256_gcm(), key, nonce, aad, in, out);
}

const tacet_aead tacet_aead_aes128gcm = {
    .id = 0x0001,
    .key_len = 16,
    .nonce_len = NONCE_LEN,
    .tag_len = TAG_LEN,
    .seal = seal128,
    .open = open128,
};

const tacet_aead tacet_aead_aes256gcm = {
    .id = 0x0002,
    .key_len = 32,
    .nonce_len = NONCE_LEN,
    .tag_len = TAG_LEN,
    .seal = seal256,
    .open = open256,
};
