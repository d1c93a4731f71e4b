/* SPDX-License-Identifier: Apache-2.0
 * TBD2 of draft-ietf-mls-pq-ciphersuites-06. */
#include "tacet/crypto.h"

const tacet_suite tacet_suite_xwing_aes256 = {
    .id = TACET_SUITE_XWING_AES256,
    .name = "MLS_128_MLKEM768X25519_AES256GCM_SHA384_Ed25519",
    .hash = &tacet_hash_sha384,
    .aead = &tacet_aead_aes256gcm,
    .kem = &tacet_kem_xwing,
    .sig = &tacet_sig_ed25519,
};
