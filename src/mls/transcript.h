/* SPDX-License-Identifier: Apache-2.0
 * The transcript hashes, which tie an epoch to every commit before it
 * (RFC 9420 8.2).
 */
#ifndef TACET_MLS_TRANSCRIPT_H
#define TACET_MLS_TRANSCRIPT_H

#include "tacet/crypto.h"

/* `content` is the encoded FramedContent of the commit. out: h->len bytes. */
TACET_MUST_CHECK tacet_err tacet_transcript_confirmed(
    const tacet_hash *h, tacet_span interim_before, uint16_t wire_format,
    tacet_span content, tacet_span signature, uint8_t *out);
TACET_MUST_CHECK tacet_err tacet_transcript_interim(const tacet_hash *h,
                                                    tacet_span confirmed,
                                                    tacet_span confirmation_tag,
                                                    uint8_t *out);
/* MAC(confirmation_key, confirmed_transcript_hash): h->len bytes (6.1). */
TACET_MUST_CHECK tacet_err tacet_confirmation_tag(
    const tacet_hash *h, const tacet_secret *confirmation_key,
    tacet_span confirmed, uint8_t *out);

#endif
