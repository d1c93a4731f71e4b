/* SPDX-License-Identifier: Apache-2.0
 * crypto/voprf.h -- what the two files of the VOPRF share: hashing into the
 * group and its scalars, and the proof that a batch was evaluated under one key
 * (RFC 9497 2.2).
 */
#ifndef TACET_CRYPTO_VOPRF_PRIVATE_H
#define TACET_CRYPTO_VOPRF_PRIVATE_H

#include "tacet/crypto/group.h"
#include "tacet/crypto/voprf.h"

/* RFC 9497 3.1: "OPRFV1-" || I2OSP(1, 1) || "-" || identifier. */
#define VOPRF_CONTEXT "OPRFV1-\x01-ristretto255-SHA512"

#define ELEMENT_LEN TACET_VOPRF_ELEMENT_LEN
#define SCALAR_LEN TACET_VOPRF_SCALAR_LEN

/* HashToScalar under the domain separation tag dst. */
TACET_MUST_CHECK tacet_err tacet_voprf_hash_to_scalar(const tacet_span *parts,
                                                      size_t n_parts,
                                                      tacet_span dst,
                                                      uint8_t *scalar);
/* RandomScalar, never zero. */
TACET_MUST_CHECK tacet_err tacet_voprf_random_scalar(uint8_t *scalar);

/* GenerateProof(k, G, pk, blinded, evaluated). */
TACET_MUST_CHECK tacet_err tacet_voprf_prove(const tacet_voprf_key *k,
                                             tacet_span blinded,
                                             tacet_span evaluated,
                                             uint8_t *proof);
/* VerifyProof. ENCODING for what is no element, TOKEN if it does not hold. */
TACET_MUST_CHECK tacet_err tacet_voprf_verify(const uint8_t *public_key,
                                              tacet_span blinded,
                                              tacet_span evaluated,
                                              tacet_span proof);

#endif
