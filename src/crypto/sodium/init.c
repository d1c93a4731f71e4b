/* SPDX-License-Identifier: Apache-2.0
 * libsodium's start and its generator. */
#include <sodium.h>

#include "crypto/provider.h"

tacet_err tacet_crypto_init(void) {
  /* Opens the generator and picks the code for this processor. 1: done
   * before. It is thread-safe by itself. */
  return sodium_init() < 0 ? TACET_ERR_RNG : TACET_OK;
}

/* libsodium aborts the process where the kernel gives no randomness; after
 * sodium_init() that no longer happens. */
tacet_err tacet_random_system(uint8_t *out, size_t len) {
  randombytes_buf(out, len);
  return TACET_OK;
}
