/* SPDX-License-Identifier: Apache-2.0
 * crypto/hkdf.h -- HKDF (RFC 5869) over scattered input, and the labelled forms
 * of RFC 9180 4, which HPKE and its DHKEMs share. Nothing here allocates: a
 * group of a thousand members derives tens of thousands of keys a commit.
 */
#ifndef TACET_CRYPTO_HKDF_H
#define TACET_CRYPTO_HKDF_H

#include "tacet/crypto.h"

#define TACET_HKDF_PARTS_MAX 8 /* more is a bug of the caller and traps */

/* `ikm` in n_ikm parts. */
TACET_MUST_CHECK tacet_err tacet_hkdf_extract_parts(const tacet_hash *h,
                                                    tacet_span salt,
                                                    const tacet_span *ikm,
                                                    size_t n_ikm,
                                                    tacet_secret *prk);
/* `info` in n_info parts. `out` may not overlap any input; it is wiped on
 * failure. */
TACET_MUST_CHECK tacet_err tacet_hkdf_expand_parts(const tacet_hash *h,
                                                   tacet_span prk,
                                                   const tacet_span *info,
                                                   size_t n_info, size_t len,
                                                   uint8_t *out);

/* LabeledExtract(salt, label, ikm) under suite_id. */
TACET_MUST_CHECK tacet_err
tacet_labeled_extract(const tacet_hash *h, tacet_span suite_id, tacet_span salt,
                      const char *label, tacet_span ikm, tacet_secret *prk);
/* LabeledExpand(prk, label, info, len) with info in at most 3 parts. */
TACET_MUST_CHECK tacet_err tacet_labeled_expand(
    const tacet_hash *h, tacet_span suite_id, const tacet_secret *prk,
    const char *label, const tacet_span *info, size_t n_info, size_t len,
    tacet_secret *out);

#endif
