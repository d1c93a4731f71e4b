/* SPDX-License-Identifier: Apache-2.0
 * ChaCha20-Poly1305 (RFC 8439) and XChaCha20-Poly1305
 * (draft-irtf-cfrg-xchacha), whose nonce is long enough to be drawn at random.
 */
#include <sodium.h>

#include "tacet/crypto.h"

#define TAG_LEN 16
#define KEY_LEN 32
_Static_assert(crypto_aead_chacha20poly1305_ietf_ABYTES == TAG_LEN, "tag");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_ABYTES == TAG_LEN, "tag");
_Static_assert(crypto_aead_chacha20poly1305_ietf_KEYBYTES == KEY_LEN, "key");
_Static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES == KEY_LEN, "key");

/* libsodium traps above its maximum (256 GiB); an error is kinder. */
#define IN_MAX crypto_aead_chacha20poly1305_ietf_MESSAGEBYTES_MAX

static tacet_err check(tacet_span key, tacet_span nonce, size_t nonce_len,
                       tacet_span in) {
  if (key.len != KEY_LEN || nonce.len != nonce_len) {
    return TACET_ERR_ARGUMENT;
  }
  return in.len > IN_MAX ? TACET_ERR_LIMIT : TACET_OK;
}

/* Of `opened`, the provider's verdict. */
static tacet_err verdict(int opened, tacet_span in, uint8_t *out) {
  if (opened == 0) {
    return TACET_OK;
  }
  tacet_wipe(out, in.len - TAG_LEN);
  return TACET_ERR_AUTH;
}

static tacet_err chacha_seal(tacet_span key, tacet_span nonce, tacet_span aad,
                             tacet_span in, uint8_t *out) {
  TACET_TRY(check(key, nonce, crypto_aead_chacha20poly1305_ietf_NPUBBYTES, in));
  return crypto_aead_chacha20poly1305_ietf_encrypt(
             out, NULL, in.p, in.len, aad.p, aad.len, NULL, nonce.p, key.p) == 0
             ? TACET_OK
             : TACET_ERR_PROVIDER;
}

static tacet_err chacha_open(tacet_span key, tacet_span nonce, tacet_span aad,
                             tacet_span in, uint8_t *out) {
  TACET_TRY(check(key, nonce, crypto_aead_chacha20poly1305_ietf_NPUBBYTES, in));
  if (in.len < TAG_LEN) {
    return TACET_ERR_AUTH;
  }
  return verdict(
      crypto_aead_chacha20poly1305_ietf_decrypt(out, NULL, NULL, in.p, in.len,
                                                aad.p, aad.len, nonce.p, key.p),
      in, out);
}

static tacet_err xchacha_seal(tacet_span key, tacet_span nonce, tacet_span aad,
                              tacet_span in, uint8_t *out) {
  TACET_TRY(
      check(key, nonce, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, in));
  return crypto_aead_xchacha20poly1305_ietf_encrypt(
             out, NULL, in.p, in.len, aad.p, aad.len, NULL, nonce.p, key.p) == 0
             ? TACET_OK
             : TACET_ERR_PROVIDER;
}

static tacet_err xchacha_open(tacet_span key, tacet_span nonce, tacet_span aad,
                              tacet_span in, uint8_t *out) {
  TACET_TRY(
      check(key, nonce, crypto_aead_xchacha20poly1305_ietf_NPUBBYTES, in));
  if (in.len < TAG_LEN) {
    return TACET_ERR_AUTH;
  }
  return verdict(
      crypto_aead_xchacha20poly1305_ietf_decrypt(
          out, NULL, NULL, in.p, in.len, aad.p, aad.len, nonce.p, key.p),
      in, out);
}

const tacet_aead tacet_aead_chacha20poly1305 = {
    .id = 0x0003,
    .key_len = KEY_LEN,
    .nonce_len = crypto_aead_chacha20poly1305_ietf_NPUBBYTES,
    .tag_len = TAG_LEN,
    .seal = chacha_seal,
    .open = chacha_open,
};

const tacet_aead tacet_aead_xchacha20poly1305 = {
    .id = 0xFFF0,
    .key_len = KEY_LEN,
    .nonce_len = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES,
    .tag_len = TAG_LEN,
    .seal = xchacha_seal,
    .open = xchacha_open,
};
