/* SPDX-License-Identifier: Apache-2.0
 * P-256: DHKEM(P-256, HKDF-SHA256) of RFC 9180 7.1, and ECDSA with SHA-256. */
#include <openssl/obj_mac.h>

#include "crypto/openssl/nist.h"

#define SCALAR_LEN 32
#define POINT_LEN 65
#define SIG_MAX 72

static const uint8_t order[SCALAR_LEN] = {
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa, 0xad, 0xa7, 0x17,
    0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51};

static const tacet_nist_curve curve = {
    .group = "prime256v1",
    .digest = "SHA256",
    .nid = NID_X9_62_prime256v1,
    .scalar_len = SCALAR_LEN,
    .point_len = POINT_LEN,
    .sig_max = SIG_MAX,
    .order = order,
};

NIST_TABLES(p256, 0x0010, tacet_hash_sha256, 32, 0xff, 0x0403);
