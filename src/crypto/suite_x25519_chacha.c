/* SPDX-License-Identifier: Apache-2.0
 * RFC 9420 17.1, suite 3. */
#include "tacet/crypto.h"

const tacet_suite tacet_suite_x25519_chacha = {
    .id = TACET_SUITE_X25519_CHACHA,
    .name = "MLS_128_DHKEMX25519_CHACHA20POLY1305_SHA256_Ed25519",
    .hash = &tacet_hash_sha256,
    .aead = &tacet_aead_chacha20poly1305,
    .kem = &tacet_kem_x25519,
    .sig = &tacet_sig_ed25519,
};
