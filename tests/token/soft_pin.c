/* SPDX-License-Identifier: Apache-2.0
 * The PIN of the token in software. */
#include "tests/token/soft_pin.h"

#include "tacet/codec/cbor.h"
#include "tacet/crypto.h"
#include "tests/token/soft_token.h"

#include <fido/err.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

static EVP_PKEY *agreement; /* of this run; new after each wrong PIN */
static uint8_t token[32];

static EVP_PKEY *agreement_key(void) {
  if (agreement == NULL) {
    agreement = EVP_EC_gen("P-256");
  }
  return agreement;
}

static void agreement_forget(void) {
  EVP_PKEY_free(agreement);
  agreement = NULL;
}

uint8_t soft_pin_agree(tacet_buf *w) {
  uint8_t point[65];
  size_t len = 0;
  if (EVP_PKEY_get_octet_string_param(agreement_key(), OSSL_PKEY_PARAM_PUB_KEY,
                                      point, sizeof(point), &len) != 1 ||
      len != sizeof(point)) {
    abort();
  }
  tacet_cbor_write_map(w, 1);
  tacet_cbor_write_uint(w, 1);
  tacet_cbor_write_map(w, 5);
  tacet_cbor_write_uint(w, 1);
  tacet_cbor_write_uint(w, 2);
  tacet_cbor_write_uint(w, 3);
  tacet_write_u8(w, 0x38); /* -25: ECDH-ES with HKDF-256 */
  tacet_write_u8(w, 24);
  tacet_write_u8(w, 0x20);
  tacet_cbor_write_uint(w, 1);
  tacet_write_u8(w, 0x21);
  tacet_cbor_write_bytes(w, tacet_span_of(point + 1, 32));
  tacet_write_u8(w, 0x22);
  tacet_cbor_write_bytes(w, tacet_span_of(point + 33, 32));
  return FIDO_OK;
}

/* x and y stand at the end of {1, 3, -1, -2: x, -3: y}. */
static EVP_PKEY *peer_of(tacet_span cose) {
  uint8_t point[65] = {4};
  EVP_PKEY *peer = EVP_PKEY_new();
  if (cose.len < 70 || peer == NULL) {
    abort();
  }
  memcpy(point + 1, cose.p + cose.len - 67, 32);
  memcpy(point + 33, cose.p + cose.len - 32, 32);
  if (EVP_PKEY_copy_parameters(peer, agreement_key()) != 1 ||
      EVP_PKEY_set1_encoded_public_key(peer, point, sizeof(point)) != 1) {
    abort();
  }
  return peer;
}

/* SHA-256 of the shared point's x. */
static void shared_secret(tacet_span cose, uint8_t out[32]) {
  uint8_t x[32];
  size_t len = sizeof(x);
  EVP_PKEY *peer = peer_of(cose);
  EVP_PKEY_CTX *c = EVP_PKEY_CTX_new(agreement_key(), NULL);
  if (c == NULL || EVP_PKEY_derive_init(c) != 1 ||
      EVP_PKEY_derive_set_peer(c, peer) != 1 ||
      EVP_PKEY_derive(c, x, &len) != 1 ||
      tacet_hash_one(&tacet_hash_sha256, tacet_span_of(x, len), out) !=
          TACET_OK) {
    abort();
  }
  EVP_PKEY_CTX_free(c);
  EVP_PKEY_free(peer);
}

static void aes(const uint8_t key[32], bool encrypts, tacet_span in,
                uint8_t *out) {
  static const uint8_t iv[16];
  int len = 0;
  EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
  if (c == NULL ||
      EVP_CipherInit_ex(c, EVP_aes_256_cbc(), NULL, key, iv, encrypts) != 1 ||
      EVP_CIPHER_CTX_set_padding(c, 0) != 1 ||
      EVP_CipherUpdate(c, out, &len, in.p, (int)in.len) != 1) {
    abort();
  }
  EVP_CIPHER_CTX_free(c);
}

static uint8_t wrong(void) {
  agreement_forget();
  soft.retries--;
  soft.tries++;
  return soft.retries == 0 ? FIDO_ERR_PIN_BLOCKED
         : soft.tries >= 3 ? FIDO_ERR_PIN_AUTH_BLOCKED
                           : FIDO_ERR_PIN_INVALID;
}

uint8_t soft_pin_token(tacet_span cose, tacet_span encrypted, tacet_buf *w) {
  uint8_t key[32], hash[32], given[16], sealed[32];
  if (soft.retries == 0) {
    return FIDO_ERR_PIN_BLOCKED;
  }
  if (soft.pin[0] == '\0') {
    return FIDO_ERR_PIN_NOT_SET;
  }
  if (encrypted.len != sizeof(given)) {
    return FIDO_ERR_INVALID_LENGTH;
  }
  shared_secret(cose, key);
  aes(key, false, encrypted, given);
  if (tacet_hash_one(&tacet_hash_sha256, tacet_span_str(soft.pin), hash) !=
          TACET_OK ||
      tacet_random(token, sizeof(token)) != TACET_OK) {
    abort();
  }
  if (memcmp(given, hash, sizeof(given)) != 0) {
    return wrong();
  }
  soft.retries = 8;
  soft.tries = 0;
  aes(key, true, tacet_span_of(token, sizeof(token)), sealed);
  agreement_forget();
  tacet_cbor_write_map(w, 1);
  tacet_cbor_write_uint(w, 2);
  tacet_cbor_write_bytes(w, tacet_span_of(sealed, sizeof(sealed)));
  return FIDO_OK;
}

bool soft_pin_fits(tacet_span client_hash, tacet_span pin_auth) {
  uint8_t mac[32];
  unsigned len = 0;
  return HMAC(EVP_sha256(), token, sizeof(token), client_hash.p,
              client_hash.len, mac, &len) != NULL &&
         pin_auth.len == 16 && memcmp(mac, pin_auth.p, 16) == 0;
}
