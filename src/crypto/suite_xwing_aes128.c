/* SPDX-License-Identifier: Apache-2.0
 * TBD1 of draft-ietf-mls-pq-ciphersuites-06. */
#include "tacet/crypto.h"

const tacet_suite tacet_suite_xwing_aes128 = {
    .id = TACET_SUITE_XWING_AES128,
    .name = "MLS_128_MLKEM768X25519_AES128GCM_SHA256_Ed25519",
    .hash = &tacet_hash_sha256,
    .aead = &tacet_aead_aes128gcm,
    .kem = &tacet_kem_xwing,
    .sig = &tacet_sig_ed25519,
};
