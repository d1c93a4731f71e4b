/* SPDX-License-Identifier: Apache-2.0
 * tacet/crypto/vrf.h -- a verifiable random function: ECVRF (RFC 9381 5) with
 * the suite ECVRF-RISTRETTO255-SHA512 of c2sp.org/vrf-r255.
 *
 * Whoever has the private key computes from any input one output that looks
 * random to all others, with a proof that it is the one output which belongs to
 * that input under the public key. The key directory puts the outputs into the
 * public log in the place of names: the log can be read by everybody and tells
 * nobody who has an account.
 *
 * The input is not secret from the timing of these calls where its holder is
 * the only one to measure; the private key is secret, and all that depends on
 * it is constant-time.
 */
#ifndef TACET_CRYPTO_VRF_H
#define TACET_CRYPTO_VRF_H

#include "tacet/base.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define TACET_VRF_PUBLIC_LEN 32
#define TACET_VRF_PRIVATE_LEN 32 /* a scalar, little endian, reduced, not 0 */
#define TACET_VRF_PROOF_LEN 80   /* pi: Gamma (32), c (16), s (32) */
#define TACET_VRF_OUTPUT_LEN 64  /* beta */

/* Wiped by scope with TACET_VRF_KEY(name). */
typedef struct tacet_vrf_key {
  tacet_secret private_key;
  uint8_t public_key[TACET_VRF_PUBLIC_LEN];
} tacet_vrf_key;
#define TACET_VRF_KEY(name)                                                    \
  TACET_CLEANUP(tacet_vrf_key_wipe) tacet_vrf_key name = {.public_key = {0}}
void tacet_vrf_key_wipe(tacet_vrf_key *k);

TACET_MUST_CHECK tacet_err tacet_vrf_key_generate(tacet_vrf_key *k);
/* From a stored private key. ARGUMENT if it is none. */
TACET_MUST_CHECK tacet_err tacet_vrf_key_load(tacet_span private_key,
                                              tacet_vrf_key *k);

/* ECVRF_prove and, at once, ECVRF_proof_to_hash. */
TACET_MUST_CHECK tacet_err tacet_vrf_prove(const tacet_vrf_key *k,
                                           tacet_span alpha,
                                           uint8_t pi[TACET_VRF_PROOF_LEN],
                                           uint8_t beta[TACET_VRF_OUTPUT_LEN]);
/* The output alone, at half the price. */
TACET_MUST_CHECK tacet_err
tacet_vrf_evaluate(const tacet_vrf_key *k, tacet_span alpha,
                   uint8_t beta[TACET_VRF_OUTPUT_LEN]);
/* ECVRF_verify with validate_key. AUTH unless pi proves it, whatever the
 * reason; ENCODING if public_key is none. */
TACET_MUST_CHECK tacet_err tacet_vrf_verify(tacet_span public_key,
                                            tacet_span alpha, tacet_span pi,
                                            uint8_t beta[TACET_VRF_OUTPUT_LEN]);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
