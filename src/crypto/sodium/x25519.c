/* SPDX-License-Identifier: Apache-2.0
 * X25519, and DHKEM(X25519, HKDF-SHA256), RFC 9180 7.1. */
#include <sodium.h>

#include "crypto/dhkem.h"
#include "crypto/low_order.h"
#include "crypto/x25519.h"

#define X25519_LEN TACET_X25519_LEN

static tacet_err scalar_to_public(tacet_span private_key, uint8_t *public_key) {
  return crypto_scalarmult_base(public_key, private_key.p) == 0
             ? TACET_OK
             : TACET_ERR_PROVIDER;
}

/* libsodium refuses the all-zero result (RFC 9180 7.1.4, RFC 7748 6.1). */
static tacet_err diffie_hellman(tacet_span private_key, tacet_span public_key,
                                tacet_secret *out) {
  if (crypto_scalarmult(out->b, private_key.p, public_key.p) != 0) {
    tacet_secret_wipe(out);
    return TACET_ERR_AUTH;
  }
  out->len = X25519_LEN;
  return TACET_OK;
}

tacet_err tacet_x25519(tacet_span private_key, tacet_span public_key,
                       tacet_secret *out) {
  if (private_key.len != X25519_LEN) {
    return TACET_ERR_ARGUMENT;
  }
  return public_key.len != X25519_LEN
             ? TACET_ERR_ENCODING
             : diffie_hellman(private_key, public_key, out);
}

tacet_err tacet_x25519_public(tacet_span private_key, uint8_t *public_key) {
  return private_key.len != X25519_LEN
             ? TACET_ERR_ARGUMENT
             : scalar_to_public(private_key, public_key);
}

static tacet_err public_check(tacet_span public_key) {
  return public_key.len == X25519_LEN && !tacet_x25519_low_order(public_key.p)
             ? TACET_OK
             : TACET_ERR_ENCODING;
}

static const tacet_dhkem dhkem = {
    .id = 0x0020,
    .hash = &tacet_hash_sha256,
    .dh_len = X25519_LEN,
    .public_len = X25519_LEN,
    .private_len = X25519_LEN,
    .public_key = scalar_to_public,
    .dh = diffie_hellman,
    .private_valid = NULL, /* clamping makes a key of every string */
};
TACET_DHKEM(dhkem)

const tacet_kem tacet_kem_x25519 = {
    .id = 0x0020,
    .secret_len = 32,
    .enc_len = X25519_LEN,
    .public_len = X25519_LEN,
    .private_len = X25519_LEN,
    .public_check = public_check,
    TACET_DHKEM_MEMBERS,
};
