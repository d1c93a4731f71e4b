/* SPDX-License-Identifier: Apache-2.0
 * P-384: DHKEM(P-384, HKDF-SHA384) of RFC 9180 7.1, and ECDSA with SHA-384. */
#include <openssl/obj_mac.h>

#include "crypto/dhkem.h"
#include "crypto/openssl/nist.h"

#define SCALAR_LEN 48
#define POINT_LEN 97
#define SIG_MAX 104

static const uint8_t order[SCALAR_LEN] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xc7, 0x63, 0x4d, 0x81, 0xf4, 0x37, 0x2d, 0xdf, 0x58, 0x1a, 0x0d, 0xb2,
    0x48, 0xb0, 0xa7, 0x7a, 0xec, 0xec, 0x19, 0x6a, 0xcc, 0xc5, 0x29, 0x73};

static const tacet_nist_curve curve = {
    .group = "secp384r1",
    .digest = "SHA384",
    .nid = NID_secp384r1,
    .scalar_len = SCALAR_LEN,
    .point_len = POINT_LEN,
    .sig_max = SIG_MAX,
    .order = order,
};

NIST_FUNCTIONS(tacet_kem_p384)

static const tacet_dhkem dhkem = {
    .id = 0x0011,
    .hash = &tacet_hash_sha384,
    .dh_len = SCALAR_LEN,
    .public_len = POINT_LEN,
    .private_len = SCALAR_LEN,
    .public_key = public_of,
    .dh = dh,
    .private_valid = scalar_valid,
    .bitmask = 0xff,
};
TACET_DHKEM(dhkem)

const tacet_kem tacet_kem_p384 = {
    .id = 0x0011,
    .secret_len = 48,
    .enc_len = POINT_LEN,
    .public_len = POINT_LEN,
    .private_len = SCALAR_LEN,
    .public_check = point_check,
    TACET_DHKEM_MEMBERS,
};

const tacet_sig tacet_sig_p384 = {
    .id = 0x0503,
    .public_len = POINT_LEN,
    .private_len = SCALAR_LEN,
    .sig_max = SIG_MAX,
    .generate = generate,
    .public_key = public_of,
    .sign = sign,
    .verify = verify,
};
