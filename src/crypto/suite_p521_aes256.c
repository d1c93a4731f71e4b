/* SPDX-License-Identifier: Apache-2.0
 * RFC 9420 17.1, suite 5. */
#include "tacet/crypto.h"

const tacet_suite tacet_suite_p521_aes256 = {
    .id = TACET_SUITE_P521_AES256,
    .name = "MLS_256_DHKEMP521_AES256GCM_SHA512_P521",
    .hash = &tacet_hash_sha512,
    .aead = &tacet_aead_aes256gcm,
    .kem = &tacet_kem_p521,
    .sig = &tacet_sig_p521,
};
