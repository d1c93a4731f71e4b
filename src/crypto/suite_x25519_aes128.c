/* SPDX-License-Identifier: Apache-2.0
 * RFC 9420 17.1, suite 1: the one that every implementation has. */
#include "tacet/crypto.h"

const tacet_suite tacet_suite_x25519_aes128 = {
    .id = TACET_SUITE_X25519_AES128,
    .name = "MLS_128_DHKEMX25519_AES128GCM_SHA256_Ed25519",
    .hash = &tacet_hash_sha256,
    .aead = &tacet_aead_aes128gcm,
    .kem = &tacet_kem_x25519,
    .sig = &tacet_sig_ed25519,
};
