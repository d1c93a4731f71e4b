/* SPDX-License-Identifier: Apache-2.0
 * desk/store/key.h -- the keys of officers and of the desk: Ed25519 in files.
 *
 *   FILE.pub   tacet-desk-key v1 <base64url of 32 bytes>\n
 *   FILE       tacet-desk-secret v1 plain <base64url of the seed>\n
 *          or  tacet-desk-secret v1 wrapped <passes> <KiB> <salt> <sealed>\n
 *
 * Wrapped by a passphrase: Argon2id gives the key, XChaCha20-Poly1305 seals the
 * seed under a nonce of zeros (the salt is new each time, so the key is).
 */
#ifndef TACET_DESK_KEY_H
#define TACET_DESK_KEY_H

#include "desk/model.h"

#define DESK_KEY_LEN 32
#define DESK_SIGNATURE_LEN 64
#define DESK_KEY_TEXT (sizeof("tacet-desk-key v1 ") + 43 + 1)

/* Wiped by scope with DESK_KEY(name). */
typedef struct desk_key {
  uint8_t public_key[DESK_KEY_LEN];
  tacet_secret private_key; /* expanded; empty: public half alone */
} desk_key;
#define DESK_KEY(name)                                                         \
  TACET_CLEANUP(desk_key_wipe) desk_key name = {.private_key.len = 0}
void desk_key_wipe(desk_key *k);

TACET_MUST_CHECK tacet_err desk_key_generate(desk_key *out);
/* Asks for the passphrase of a wrapped key. NULL or false: there is none. */
typedef struct desk_passphrase {
  bool (*ask)(void *user, char *out, size_t cap);
  void *user;
} desk_passphrase;
/* Writes FILE (for its owner alone) and FILE.pub. EXISTS if either is there.
 * passphrase empty: plain. */
TACET_MUST_CHECK tacet_err desk_key_write(const desk_key *k, const char *path,
                                          tacet_span passphrase,
                                          desk_trouble *why);
/* A secret file. AUTH: the passphrase is wrong. */
TACET_MUST_CHECK tacet_err desk_key_load(const char *path,
                                         const desk_passphrase *passphrase,
                                         desk_trouble *why, desk_key *out);
/* A .pub file. */
TACET_MUST_CHECK tacet_err desk_key_load_public(const char *path,
                                                desk_trouble *why,
                                                uint8_t out[DESK_KEY_LEN]);
/* The line of a .pub file, without its newline. */
void desk_key_text(const uint8_t public_key[DESK_KEY_LEN],
                   char out[DESK_KEY_TEXT]);

/* RFC 9420 5.1.2 with the prefix "Tacet 1.0 ": labels begin with "Desk". */
TACET_MUST_CHECK tacet_err desk_key_sign(const desk_key *k, const char *label,
                                         tacet_span content,
                                         uint8_t out[DESK_SIGNATURE_LEN]);
/* AUTH. */
TACET_MUST_CHECK tacet_err
desk_key_verify(const uint8_t public_key[DESK_KEY_LEN], const char *label,
                tacet_span content, tacet_span signature);

#endif
