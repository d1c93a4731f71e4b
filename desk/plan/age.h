/* SPDX-License-Identifier: Apache-2.0
 * desk/plan/age.h -- files sealed to a key: the age format, version 1
 * (c2sp.org/age), with X25519 recipients. Who has the `age` program, or any
 * other that reads the format, opens them.
 *
 *   age-encryption.org/v1
 *   -> X25519 (ephemeral public key)
 *   (the file key, wrapped)
 *   --- (MAC of the lines above)
 *   nonce, then chunks of 64 KiB under ChaCha20-Poly1305
 *
 * Sealed whole in memory: what the desk hands out is small.
 */
#ifndef TACET_DESK_AGE_H
#define TACET_DESK_AGE_H

#include "tacet/base.h"
#include "tacet/codec.h"

#define DESK_AGE_KEY 32
/* Rooms for the texts, with their NUL. */
#define DESK_AGE_RECIPIENT_TEXT 63
#define DESK_AGE_IDENTITY_TEXT 75
#define DESK_AGE_FILE_MAX ((size_t)256 * 1024 * 1024)

/* "age1..." in its one form. ENCODING for anything else, and for the few keys
 * that would seal to everybody. */
TACET_MUST_CHECK tacet_err desk_age_recipient_read(const char *text,
                                                   uint8_t key[DESK_AGE_KEY]);
void desk_age_recipient_text(const uint8_t key[DESK_AGE_KEY],
                             char out[DESK_AGE_RECIPIENT_TEXT]);
/* "AGE-SECRET-KEY-1...". ENCODING. */
TACET_MUST_CHECK tacet_err desk_age_identity_read(const char *text,
                                                  tacet_secret *out);
/* The text is a secret: its owner wipes it. */
void desk_age_identity_text(const tacet_secret *identity,
                            char out[DESK_AGE_IDENTITY_TEXT]);
/* The recipient of an identity. ARGUMENT, PROVIDER. */
TACET_MUST_CHECK tacet_err desk_age_recipient_of(const tacet_secret *identity,
                                                 uint8_t key[DESK_AGE_KEY]);

/* A file that only the recipient's identity opens. Draws randomness: the same
 * input gives another file each time. LIMIT, RNG, NOMEM. */
TACET_MUST_CHECK tacet_err desk_age_seal(const uint8_t recipient[DESK_AGE_KEY],
                                         tacet_span plain, tacet_bytes *out);
/* ENCODING or TRUNCATED for what is no such file, LIMIT, NOMEM; AUTH if it was
 * sealed to others or was changed. */
TACET_MUST_CHECK tacet_err desk_age_open(const tacet_secret *identity,
                                         tacet_span sealed, tacet_bytes *out);

#endif
