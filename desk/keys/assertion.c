/* SPDX-License-Identifier: Apache-2.0
 * Judging an assertion. Numbers are the steps of 7.2 of Web Authentication. */
#include "desk/keys/assertion.h"

#include "tacet/crypto.h"

#include <string.h>

#define FLAGS_AT 32

/* 15 to 17. */
static bool data_fits(tacet_span data, const char *relying_party,
                      uint8_t flags) {
  uint8_t hash[32];
  return data.len >= DESK_AUTHENTICATOR_MIN &&
         data.len <= DESK_AUTHENTICATOR_MAX &&
         tacet_hash_one(&tacet_hash_sha256, tacet_span_str(relying_party),
                        hash) == TACET_OK &&
         memcmp(data.p, hash, sizeof(hash)) == 0 &&
         (data.p[FLAGS_AT] & flags) == flags;
}

tacet_err desk_assertion_verify(const desk_credential_key *key,
                                const char *relying_party, uint8_t flags,
                                const desk_assertion *a) {
  uint8_t content[DESK_AUTHENTICATOR_MAX + DESK_CLIENT_HASH];
  size_t len = a->authenticator_data.len;
  if (!data_fits(a->authenticator_data, relying_party, flags)) {
    return TACET_ERR_AUTH;
  }
  memcpy(content, a->authenticator_data.p, len);
  memcpy(content + len, a->client_hash, DESK_CLIENT_HASH); /* 19 */
  const tacet_sig *sig = key->is_ed25519 ? &tacet_sig_ed25519 : &tacet_sig_p256;
  return sig->verify(key->key, tacet_span_of(content, len + DESK_CLIENT_HASH),
                     a->signature) == TACET_OK /* 20 */
             ? TACET_OK
             : TACET_ERR_AUTH;
}
