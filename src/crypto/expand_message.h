/* SPDX-License-Identifier: Apache-2.0
 * crypto/expand_message.h -- expand_message_xmd of RFC 9380 5.3.1: uniform
 * bytes from a message, for hashing into groups and scalars.
 */
#ifndef TACET_CRYPTO_EXPAND_MESSAGE_H
#define TACET_CRYPTO_EXPAND_MESSAGE_H

#include "tacet/crypto.h"

#define TACET_EXPAND_PARTS_MAX 4

/* The message in at most TACET_EXPAND_PARTS_MAX parts. len at most 255 hashes,
 * dst at most 255 bytes, both the caller's to know. `out` is wiped on failure
 * and overlaps no input. */
TACET_MUST_CHECK tacet_err tacet_expand_message(const tacet_hash *h,
                                                const tacet_span *message,
                                                size_t n_message,
                                                tacet_span dst, size_t len,
                                                uint8_t *out);

#endif
