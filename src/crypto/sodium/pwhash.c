/* SPDX-License-Identifier: Apache-2.0
 * Argon2id of libsodium. */
#include "tacet/crypto/pwhash.h"

#include <sodium.h>

_Static_assert(TACET_PWHASH_SALT == crypto_pwhash_argon2id_SALTBYTES, "salt");

tacet_err tacet_pwhash(tacet_span passphrase, tacet_span salt, uint32_t passes,
                       uint32_t memory_kib, tacet_secret *key) {
  if (salt.len != TACET_PWHASH_SALT || passes < 1 ||
      passes > TACET_PWHASH_PASSES_MAX || memory_kib < 8 ||
      memory_kib > TACET_PWHASH_MEMORY_MAX) {
    return TACET_ERR_LIMIT;
  }
  TACET_SECRET(out);
  out.len = 32;
  static const char empty[1] = "";
  const char *text = passphrase.len > 0 ? (const char *)passphrase.p : empty;
  if (crypto_pwhash_argon2id(out.b, out.len, text, passphrase.len, salt.p,
                             passes, (size_t)memory_kib * 1024,
                             crypto_pwhash_argon2id_ALG_ARGON2ID13) != 0) {
    return TACET_ERR_NOMEM; /* its only failure once the limits hold */
  }
  return tacet_secret_set(key, tacet_secret_span(&out));
}
