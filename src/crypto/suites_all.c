/* SPDX-License-Identifier: Apache-2.0
 * All suites of this release, the default first. A file of its own, as each
 * suite has: who does not name it does not link every adapter. */
#include "tacet/crypto.h"

static const tacet_suite *const all[] = {
    &tacet_suite_xwing_chacha, &tacet_suite_x25519_aes128,
    &tacet_suite_p256_aes128,  &tacet_suite_x25519_chacha,
    &tacet_suite_x448_aes256,  &tacet_suite_p521_aes256,
    &tacet_suite_x448_chacha,  &tacet_suite_p384_aes256,
    &tacet_suite_xwing_aes128, &tacet_suite_xwing_aes256,
};

const tacet_suites tacet_suites_all = {all, sizeof(all) / sizeof(all[0])};
