/* SPDX-License-Identifier: Apache-2.0
 * P-521: DHKEM(P-521, HKDF-SHA512) of RFC 9180 7.1, and ECDSA with SHA-512. */
#include <openssl/obj_mac.h>

#include "crypto/dhkem.h"
#include "crypto/openssl/nist.h"

#define SCALAR_LEN 66
#define POINT_LEN 133
#define SIG_MAX 139

static const uint8_t order[SCALAR_LEN] = {
    0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xfa, 0x51, 0x86, 0x87, 0x83, 0xbf, 0x2f, 0x96, 0x6b, 0x7f, 0xcc,
    0x01, 0x48, 0xf7, 0x09, 0xa5, 0xd0, 0x3b, 0xb5, 0xc9, 0xb8, 0x89,
    0x9c, 0x47, 0xae, 0xbb, 0x6f, 0xb7, 0x1e, 0x91, 0x38, 0x64, 0x09};

static const tacet_nist_curve curve = {
    .group = "secp521r1",
    .digest = "SHA512",
    .nid = NID_secp521r1,
    .scalar_len = SCALAR_LEN,
    .point_len = POINT_LEN,
    .sig_max = SIG_MAX,
    .order = order,
};

NIST_FUNCTIONS(tacet_kem_p521)

static const tacet_dhkem dhkem = {
    .id = 0x0012,
    .hash = &tacet_hash_sha512,
    .dh_len = SCALAR_LEN,
    .public_len = POINT_LEN,
    .private_len = SCALAR_LEN,
    .public_key = public_of,
    .dh = dh,
    .private_valid = scalar_valid,
    .bitmask = 0x01,
};
TACET_DHKEM(dhkem)

const tacet_kem tacet_kem_p521 = {
    .id = 0x0012,
    .secret_len = 64,
    .enc_len = POINT_LEN,
    .public_len = POINT_LEN,
    .private_len = SCALAR_LEN,
    .public_check = point_check,
    TACET_DHKEM_MEMBERS,
};

const tacet_sig tacet_sig_p521 = {
    .id = 0x0603,
    .public_len = POINT_LEN,
    .private_len = SCALAR_LEN,
    .sig_max = SIG_MAX,
    .generate = generate,
    .public_key = public_of,
    .sign = sign,
    .verify = verify,
};
