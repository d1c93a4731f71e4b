/* SPDX-License-Identifier: Apache-2.0
 * bench/limits.h -- what the asymmetric primitives of a suite take in this run:
 * the sum of those that an operation demands is what no implementation over the
 * same primitives can beat. Milliseconds of CPU time each.
 */
#ifndef BENCH_LIMITS_H
#define BENCH_LIMITS_H

#include "tacet/crypto.h"

typedef struct bench_limits {
  double sign, verify;             /* of 300 bytes, by an expanded key */
  double protect_1k, unprotect_1k; /* a message of 1 KiB, with AEAD and HKDF */
  double keygen, encap, decap;
} bench_limits;

void bench_limits_measure(const tacet_suite *s, bench_limits *out);

#endif
