/* SPDX-License-Identifier: Apache-2.0
 * RFC 9420 17.1, suite 4. */
#include "tacet/crypto.h"

const tacet_suite tacet_suite_x448_aes256 = {
    .id = TACET_SUITE_X448_AES256,
    .name = "MLS_256_DHKEMX448_AES256GCM_SHA512_Ed448",
    .hash = &tacet_hash_sha512,
    .aead = &tacet_aead_aes256gcm,
    .kem = &tacet_kem_x448,
    .sig = &tacet_sig_ed448,
};
