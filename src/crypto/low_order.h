/* SPDX-License-Identifier: Apache-2.0
 * crypto/low_order.h -- the public keys of X25519 that give the all-zero secret
 * with every private key (RFC 7748 6.1), which HPKE refuses (RFC 9180 7.1.4).
 */
#ifndef TACET_CRYPTO_LOW_ORDER_H
#define TACET_CRYPTO_LOW_ORDER_H

#include "tacet/base.h"

/* key has 32 bytes. */
bool tacet_x25519_low_order(const uint8_t *key);

#endif
