/* SPDX-License-Identifier: Apache-2.0
 * tacet/crypto/pwhash.h -- a key from a passphrase: Argon2id 1.3 (RFC 9106).
 */
#ifndef TACET_CRYPTO_PWHASH_H
#define TACET_CRYPTO_PWHASH_H

#include "tacet/base.h"

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

#define TACET_PWHASH_SALT 16 /* bytes, random */
/* What is accepted, so that a forged header cannot make a program ask for all
 * the memory there is. */
#define TACET_PWHASH_PASSES_MAX 16
#define TACET_PWHASH_MEMORY_MAX ((uint32_t)1 << 20) /* KiB: 1 GiB */
/* RFC 9106 4, the second recommended option, with one lane: some 0.2 s. */
#define TACET_PWHASH_PASSES 3
#define TACET_PWHASH_MEMORY ((uint32_t)64 << 10) /* KiB: 64 MiB */

/* 32 bytes. LIMIT: cost parameters outside what is accepted (passes 1 and up,
 * memory 8 KiB and up), or a salt of another length. NOMEM: the memory is not
 * there. */
TACET_MUST_CHECK tacet_err tacet_pwhash(tacet_span passphrase, tacet_span salt,
                                        uint32_t passes, uint32_t memory_kib,
                                        tacet_secret *key);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
