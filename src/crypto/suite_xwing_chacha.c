/* SPDX-License-Identifier: Apache-2.0
 * The default: post-quantum, and free of AES so that it runs in a browser too.
 */
#include "tacet/crypto.h"

const tacet_suite tacet_suite_xwing_chacha = {
    .id = TACET_SUITE_XWING_CHACHA,
    .name = "MLS_128_MLKEM768X25519_CHACHA20POLY1305_SHA256_Ed25519",
    .hash = &tacet_hash_sha256,
    .aead = &tacet_aead_chacha20poly1305,
    .kem = &tacet_kem_xwing,
    .sig = &tacet_sig_ed25519,
};
