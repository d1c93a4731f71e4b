/* SPDX-License-Identifier: Apache-2.0
 * One symmetric ratchet of the secret tree (RFC 9420 9.1), with the keys of the
 * messages that it passed over. Only secret_tree.c drives it.
 */
#ifndef TACET_MLS_RATCHET_H
#define TACET_MLS_RATCHET_H

#include "mls/secret_tree.h"

void tacet_ratchet_free(tacet_ratchet *r); /* wipes; all zero is fine */
/* As tacet_secret_tree_key() and _spend(). */
TACET_MUST_CHECK tacet_err tacet_ratchet_key(const tacet_suite *s,
                                             const tacet_ratchet *r,
                                             uint32_t generation,
                                             uint32_t max_forward,
                                             tacet_message_key *out);
TACET_MUST_CHECK tacet_err tacet_ratchet_spend(const tacet_suite *s,
                                               tacet_ratchet *r,
                                               uint32_t generation,
                                               uint32_t max_forward,
                                               uint32_t max_kept);
void tacet_ratchet_write(tacet_buf *w, const tacet_suite *s,
                         const tacet_ratchet *r);
TACET_MUST_CHECK tacet_err tacet_ratchet_read(tacet_reader *in,
                                              const tacet_suite *s,
                                              tacet_ratchet *out);

#endif
