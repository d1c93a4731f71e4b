/* SPDX-License-Identifier: Apache-2.0
 * DHKEM(X448, HKDF-SHA512), RFC 9180 7.1. */
#include <openssl/err.h>
#include <openssl/evp.h>

#include "crypto/dhkem.h"

#define X448_LEN 56

typedef struct work {
  EVP_PKEY *own, *peer;
  EVP_PKEY_CTX *derive;
} work;

static void work_done(work *w) {
  EVP_PKEY_CTX_free(w->derive);
  EVP_PKEY_free(w->peer);
  EVP_PKEY_free(w->own);
  ERR_pop_to_mark(); /* TLS reads the same error queue */
}

/* Of any 56 bytes: X448 clamps them, and so makes a key of every string. */
static tacet_err work_begin(work *w, tacet_span private_key) {
  ERR_set_mark();
  w->own = EVP_PKEY_new_raw_private_key_ex(NULL, "X448", NULL, private_key.p,
                                           X448_LEN);
  return w->own == NULL ? TACET_ERR_PROVIDER : TACET_OK;
}

static tacet_err scalar_to_public(tacet_span private_key, uint8_t *public_key) {
  TACET_CLEANUP(work_done) work w = {0};
  TACET_TRY(work_begin(&w, private_key));
  size_t len = X448_LEN;
  return EVP_PKEY_get_raw_public_key(w.own, public_key, &len) == 1 &&
                 len == X448_LEN
             ? TACET_OK
             : TACET_ERR_PROVIDER;
}

static bool all_zero(const tacet_secret *s) {
  uint8_t bits = 0;
  for (size_t i = 0; i < s->len; i++) {
    bits |= s->b[i];
  }
  return bits == 0;
}

/* OpenSSL fails on the all-zero result (RFC 9180 7.1.4, RFC 7748 6.2) and has
 * no other cause to once the objects are there; it is looked at all the same,
 * since that is not in its manual. */
static tacet_err diffie_hellman(tacet_span private_key, tacet_span public_key,
                                tacet_secret *out) {
  TACET_CLEANUP(work_done) work w = {0};
  TACET_TRY(work_begin(&w, private_key));
  w.peer = EVP_PKEY_new_raw_public_key_ex(NULL, "X448", NULL, public_key.p,
                                          X448_LEN);
  w.derive = EVP_PKEY_CTX_new_from_pkey(NULL, w.own, NULL);
  if (w.peer == NULL || w.derive == NULL ||
      EVP_PKEY_derive_init(w.derive) != 1 ||
      EVP_PKEY_derive_set_peer(w.derive, w.peer) != 1) {
    return TACET_ERR_PROVIDER;
  }
  TACET_SECRET(made);
  size_t len = X448_LEN;
  made.len = X448_LEN;
  if (EVP_PKEY_derive(w.derive, made.b, &len) != 1 || len != X448_LEN ||
      all_zero(&made)) {
    return TACET_ERR_AUTH;
  }
  return tacet_secret_set(out, tacet_secret_span(&made));
}

/* The points of low order are 0, 1 and -1 (orders 4, 1, 2), in either of their
 * encodings below 2^448: p itself and p + 1 too. p = 2^448 - 2^224 - 1. */
static tacet_err public_check(tacet_span public_key) {
  if (public_key.len != X448_LEN) {
    return TACET_ERR_ENCODING;
  }
  uint8_t low = public_key.p[0];
  uint8_t none = 0, ones = 0xff; /* of the other bytes */
  for (size_t i = 1; i < X448_LEN; i++) {
    none |= public_key.p[i];
    ones &=
        i == X448_LEN / 2 ? (uint8_t)(public_key.p[i] + 1) : public_key.p[i];
  }
  bool small = none == 0 && low <= 1;
  bool large = ones == 0xff && low >= 0xfe; /* p - 1, p */
  /* p + 1: the borrow has gone up to the middle. */
  bool wrapped = low == 0;
  for (size_t i = 1; i < X448_LEN; i++) {
    wrapped &= public_key.p[i] == (i < X448_LEN / 2 ? 0x00 : 0xff);
  }
  return small || large || wrapped ? TACET_ERR_ENCODING : TACET_OK;
}

static const tacet_dhkem dhkem = {
    .id = 0x0021,
    .hash = &tacet_hash_sha512,
    .dh_len = X448_LEN,
    .public_len = X448_LEN,
    .private_len = X448_LEN,
    .public_key = scalar_to_public,
    .dh = diffie_hellman,
    .private_valid = NULL,
};
TACET_DHKEM(dhkem)

const tacet_kem tacet_kem_x448 = {
    .id = 0x0021,
    .secret_len = 64,
    .enc_len = X448_LEN,
    .public_len = X448_LEN,
    .private_len = X448_LEN,
    .public_check = public_check,
    TACET_DHKEM_MEMBERS,
};
