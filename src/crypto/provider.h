/* SPDX-License-Identifier: Apache-2.0
 * crypto/provider.h -- what the core of crypto asks of an adapter besides the
 * tables of tacet/crypto.h: the system's generator. One linked adapter defines
 * it (src/crypto/sodium does).
 */
#ifndef TACET_CRYPTO_PROVIDER_H
#define TACET_CRYPTO_PROVIDER_H

#include "tacet/crypto.h"

TACET_MUST_CHECK tacet_err tacet_random_system(uint8_t *out, size_t len);

#endif
