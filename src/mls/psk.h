/* SPDX-License-Identifier: Apache-2.0
 * Pre-shared keys: their identifiers and the secret that a list of them makes
 * (RFC 9420 8.4).
 */
#ifndef TACET_MLS_PSK_H
#define TACET_MLS_PSK_H

#include "tacet/mls.h"
#include "tacet/mlswire.h"

/* More PSKs than this in one commit or Welcome are LIMIT. */
#define TACET_MLS_PSKS_MAX 64

/* Between the caller's form and the wire's. */
tacet_mls_psk_id tacet_psk_id_of(const tacet_pre_shared_key_id *wire);
tacet_pre_shared_key_id tacet_psk_id_wire(const tacet_mls_psk_id *id);
/* The same key? The nonce does not count. */
bool tacet_psk_id_same(const tacet_mls_psk_id *a, const tacet_mls_psk_id *b);
/* The same PreSharedKeyID, nonce included? */
bool tacet_psk_id_equal(const tacet_mls_psk_id *a, const tacet_mls_psk_id *b);
/* The key of an id, or NULL. */
const tacet_span *tacet_psks_find(tacet_mls_psks psks,
                                  const tacet_mls_psk_id *id);
/* psk_secret of n keys in the order of their ids; Nh zeros for n == 0. */
TACET_MUST_CHECK tacet_err tacet_psk_secret(const tacet_hash *h,
                                            const tacet_mls_psk *psks, size_t n,
                                            tacet_secret *out);

#endif
