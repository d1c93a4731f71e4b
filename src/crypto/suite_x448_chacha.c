/* SPDX-License-Identifier: Apache-2.0
 * RFC 9420 17.1, suite 6. */
#include "tacet/crypto.h"

const tacet_suite tacet_suite_x448_chacha = {
    .id = TACET_SUITE_X448_CHACHA,
    .name = "MLS_256_DHKEMX448_CHACHA20POLY1305_SHA512_Ed448",
    .hash = &tacet_hash_sha512,
    .aead = &tacet_aead_chacha20poly1305,
    .kem = &tacet_kem_x448,
    .sig = &tacet_sig_ed448,
};
