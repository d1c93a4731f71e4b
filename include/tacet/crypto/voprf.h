/* SPDX-License-Identifier: Apache-2.0
 * tacet/crypto/voprf.h -- VOPRF(ristretto255, SHA-512) of RFC 9497, mode 1.
 *
 * What anonymous tokens are made of. The client draws a random input and sends
 * it blinded; the issuer evaluates it under its key without learning it, with
 * one proof for the batch that it used that very key; the client takes the
 * blinding off and has an output that nobody but the issuer could compute. To
 * redeem, it shows input and output; the issuer computes the output again. The
 * issuer cannot tell which evaluation a redeemed token came from.
 *
 *   client                              issuer
 *   tacet_voprf_blind()   -- blinded -->
 *                                       tacet_voprf_blind_evaluate()
 *                   <-- evaluated, proof --
 *   tacet_voprf_finalize()
 *        ... later, unlinkably ...
 *                   -- input, output -->
 *                                       tacet_voprf_redeem()
 *
 * Batches lie end to end: n elements are 32 * n bytes. All that comes from the
 * other side is checked here (canonical, not the neutral element).
 */
#ifndef TACET_CRYPTO_VOPRF_H
#define TACET_CRYPTO_VOPRF_H

#include "tacet/base.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define TACET_VOPRF_ELEMENT_LEN 32 /* blinded, evaluated, public key */
#define TACET_VOPRF_SCALAR_LEN 32  /* private key, blind */
#define TACET_VOPRF_PROOF_LEN 64
#define TACET_VOPRF_OUTPUT_LEN 64
#define TACET_VOPRF_SEED_LEN 32
#define TACET_VOPRF_INPUT_MAX 65535 /* RFC 9497 1.2 */
#define TACET_VOPRF_BATCH_MAX 256   /* ours; the RFC allows 65535 */

/* An issuer's key. Wiped by scope with TACET_VOPRF_KEY(name). */
typedef struct tacet_voprf_key {
  tacet_secret private_key;
  uint8_t public_key[TACET_VOPRF_ELEMENT_LEN];
} tacet_voprf_key;
#define TACET_VOPRF_KEY(name)                                                  \
  TACET_CLEANUP(tacet_voprf_key_wipe) tacet_voprf_key name = {.public_key = {0}}
void tacet_voprf_key_wipe(tacet_voprf_key *k);

/* A fresh random key. */
TACET_MUST_CHECK tacet_err tacet_voprf_key_generate(tacet_voprf_key *k);
/* DeriveKeyPair (3.2.1). seed has TACET_VOPRF_SEED_LEN bytes (else ARGUMENT);
 * info is public, at most 65535 bytes. */
TACET_MUST_CHECK tacet_err tacet_voprf_key_derive(tacet_span seed,
                                                  tacet_span info,
                                                  tacet_voprf_key *k);
/* From a stored private key. ARGUMENT if it is none. */
TACET_MUST_CHECK tacet_err tacet_voprf_key_load(tacet_span private_key,
                                                tacet_voprf_key *k);

/* Blinds n inputs. blinds gets n scalars: secret until the tokens are spent,
 * and needed to finalize. blinded gets n elements. LIMIT if n is 0 or over
 * TACET_VOPRF_BATCH_MAX, or an input is too long. */
TACET_MUST_CHECK tacet_err tacet_voprf_blind(const tacet_span *inputs, size_t n,
                                             uint8_t *blinds, uint8_t *blinded);

/* Evaluates a batch with one proof. evaluated gets as many bytes as blinded
 * has; proof TACET_VOPRF_PROOF_LEN. ENCODING unless blinded is a whole number
 * of elements, LIMIT for a batch of 0 or too many. */
TACET_MUST_CHECK tacet_err tacet_voprf_blind_evaluate(const tacet_voprf_key *k,
                                                      tacet_span blinded,
                                                      uint8_t *evaluated,
                                                      uint8_t *proof);

/* What an answer to a batch is checked against and made tokens with. */
typedef struct tacet_voprf_batch {
  const tacet_span *inputs; /* n of them, as given to tacet_voprf_blind() */
  size_t n;
  tacet_span blinds, blinded; /* as it gave them */
} tacet_voprf_batch;

/* Checks the proof against the issuer's published key, then gives n outputs of
 * TACET_VOPRF_OUTPUT_LEN bytes. TOKEN if the proof does not verify: the issuer
 * used another key, which would mark this client. ENCODING for what is not an
 * element, or for lengths that do not fit n. */
TACET_MUST_CHECK tacet_err tacet_voprf_finalize(const tacet_voprf_batch *batch,
                                                tacet_span public_key,
                                                tacet_span evaluated,
                                                tacet_span proof,
                                                uint8_t *outputs);

/* The output for an input, computed by the issuer (Evaluate, 3.3.1). */
TACET_MUST_CHECK tacet_err tacet_voprf_evaluate(const tacet_voprf_key *k,
                                                tacet_span input,
                                                uint8_t *output);
/* Whether output belongs to input under this key, in constant time. TOKEN if it
 * does not. That it was not spent before is the caller's to know. */
TACET_MUST_CHECK tacet_err tacet_voprf_redeem(const tacet_voprf_key *k,
                                              tacet_span input,
                                              tacet_span output);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
