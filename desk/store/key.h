/* SPDX-License-Identifier: Apache-2.0
 * desk/store/key.h -- the keys of officers and of the desk: Ed25519 in files,
 * or an officer's on a FIDO2 token, of which the file says which it is.
 *
 *   FILE.pub   tacet-desk-key v1 <base64url of 32 bytes>\n
 *   FILE       tacet-desk-secret v1 plain <base64url of the seed>\n
 *          or  tacet-desk-secret v1 wrapped <passes> <KiB> <salt> <sealed>\n
 *
 *   FILE.pub   tacet-desk-token-key v1 <base64url of the public key>\n
 *   FILE       tacet-desk-token v1 <public key> <base64url of the credential>\n
 *
 * Wrapped by a passphrase: Argon2id gives the key, XChaCha20-Poly1305 seals the
 * seed under a nonce of zeros (the salt is new each time, so the key is).
 */
#ifndef TACET_DESK_KEY_H
#define TACET_DESK_KEY_H

#include "desk/keys/token.h"
#include "desk/model.h"

#define DESK_KEY_TEXT (sizeof("tacet-desk-key v1 ") + 43 + 1)
#define DESK_CREDENTIAL_MAX 1023

struct desk_key;
/* Has a token sign a challenge: asks its owner for a touch, and waits. AUTH,
 * NOT_FOUND (no token), STATE (nobody touched it), IO, and a sentence. What it
 * gives verifies. */
typedef struct desk_touch {
  tacet_err (*sign)(void *user, const struct desk_key *key,
                    const uint8_t challenge[DESK_CLIENT_HASH],
                    desk_trouble *why, desk_signature *out);
  void *user;
} desk_touch;

/* Wiped by scope with DESK_KEY(name). */
typedef struct desk_key {
  uint8_t public_key[DESK_KEY_LEN];
  tacet_secret private_key; /* expanded; empty: public half alone */
  /* Instead of both, on a token: */
  desk_public_key token; /* len 0: in a file */
  uint8_t credential[DESK_CREDENTIAL_MAX];
  size_t credential_len;
  const desk_touch *touch; /* borrowed; whoever loads the key sets it */
} desk_key;
#define DESK_KEY(name)                                                         \
  TACET_CLEANUP(desk_key_wipe) desk_key name = {.private_key.len = 0}
void desk_key_wipe(desk_key *k);
static inline bool desk_key_is_token(const desk_key *k) {
  return k->token.len > 0;
}
desk_public_key desk_key_public(const desk_key *k);

TACET_MUST_CHECK tacet_err desk_key_generate(desk_key *out);
/* Asks for the passphrase of a wrapped key. NULL or false: there is none. */
typedef struct desk_passphrase {
  bool (*ask)(void *user, char *out, size_t cap);
  void *user;
} desk_passphrase;
/* Writes FILE (for its owner alone) and FILE.pub. EXISTS if either is there.
 * passphrase empty, as it is for tokens: plain. */
TACET_MUST_CHECK tacet_err desk_key_write(const desk_key *k, const char *path,
                                          tacet_span passphrase,
                                          desk_trouble *why);
/* A secret file. AUTH: the passphrase is wrong. */
TACET_MUST_CHECK tacet_err desk_key_load(const char *path,
                                         const desk_passphrase *passphrase,
                                         desk_trouble *why, desk_key *out);
/* A .pub file of either kind, as officers have them. */
TACET_MUST_CHECK tacet_err desk_public_load(const char *path, desk_trouble *why,
                                            desk_public_key *out);
/* A .pub file of a key in a file, as desks have them. */
TACET_MUST_CHECK tacet_err desk_key_load_public(const char *path,
                                                desk_trouble *why,
                                                uint8_t out[DESK_KEY_LEN]);
/* The line of a .pub file, without its newline. */
void desk_key_text(const uint8_t public_key[DESK_KEY_LEN],
                   char out[DESK_KEY_TEXT]);

/* An officer's signature, by a file or a token: desk_signature_verify() takes
 * it with desk_key_public(). For a token this waits for a touch. */
TACET_MUST_CHECK tacet_err desk_officer_sign(const desk_key *k,
                                             const char *label,
                                             tacet_span content,
                                             desk_trouble *why,
                                             desk_signature *out);
/* RFC 9420 5.1.2 with the prefix "Tacet 1.0 ": labels begin with "Desk". For
 * keys in files alone: the desk's own is one. */
TACET_MUST_CHECK tacet_err desk_key_sign(const desk_key *k, const char *label,
                                         tacet_span content,
                                         uint8_t out[DESK_SIGNATURE_LEN]);
/* AUTH. */
TACET_MUST_CHECK tacet_err
desk_key_verify(const uint8_t public_key[DESK_KEY_LEN], const char *label,
                tacet_span content, tacet_span signature);

#endif
