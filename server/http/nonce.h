/* SPDX-License-Identifier: Apache-2.0
 * server/http/nonce.h -- the nonces under which devices sign requests: each
 * valid for a minute, each good for one request.
 *
 * Handing one out costs no memory: a nonce is a time and a number under a key
 * that is made at start, so that a flood of requests for nonces pushes nobody
 * else's out. Only those that were used are remembered, until they expire.
 */
#ifndef TACETD_HTTP_NONCE_H
#define TACETD_HTTP_NONCE_H

#include "tacet/wire/auth.h"

typedef struct tacetd_nonces tacetd_nonces;

TACET_MUST_CHECK tacet_err tacetd_nonces_new(tacetd_nonces **out);
void tacetd_nonces_free(tacetd_nonces *n); /* NULL is fine */

/* All of these: any thread; now_s is a monotonic time in seconds. */
TACET_MUST_CHECK tacet_err tacetd_nonce_make(tacetd_nonces *n, uint64_t now_s,
                                             uint8_t out[TACET_NONCE_LEN]);
/* Uses it up. REPLAY: not one of ours, too old, or used; BUSY: too many were
 * used in this minute. */
TACET_MUST_CHECK tacet_err tacetd_nonce_take(tacetd_nonces *n, uint64_t now_s,
                                             const uint8_t in[TACET_NONCE_LEN]);
/* The request turned out not to be signed by whom it names: it used nothing up,
 * so that a forger cannot spoil the nonces of others, or fill the memory. */
void tacetd_nonce_give_back(tacetd_nonces *n,
                            const uint8_t in[TACET_NONCE_LEN]);

#endif
