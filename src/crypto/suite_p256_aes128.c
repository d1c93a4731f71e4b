/* SPDX-License-Identifier: Apache-2.0
 * RFC 9420 17.1, suite 2. */
#include "tacet/crypto.h"

const tacet_suite tacet_suite_p256_aes128 = {
    .id = TACET_SUITE_P256_AES128,
    .name = "MLS_128_DHKEMP256_AES128GCM_SHA256_P256",
    .hash = &tacet_hash_sha256,
    .aead = &tacet_aead_aes128gcm,
    .kem = &tacet_kem_p256,
    .sig = &tacet_sig_p256,
};
