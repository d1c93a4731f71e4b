/* SPDX-License-Identifier: Apache-2.0
 * RFC 9420 17.1, suite 7. */
#include "tacet/crypto.h"

const tacet_suite tacet_suite_p384_aes256 = {
    .id = TACET_SUITE_P384_AES256,
    .name = "MLS_256_DHKEMP384_AES256GCM_SHA384_P384",
    .hash = &tacet_hash_sha384,
    .aead = &tacet_aead_aes256gcm,
    .kem = &tacet_kem_p384,
    .sig = &tacet_sig_p384,
};
