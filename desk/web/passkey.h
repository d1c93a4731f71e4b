/* SPDX-License-Identifier: Apache-2.0
 * desk/web/passkey.h -- signing in with a passkey (W3C Web Authentication,
 * level 2), for officers who read daily.
 *
 * A passkey is made by the page and means nothing until its officer says so at
 * a terminal: `tacet-desk passkey add LINE --key FILE` appends the event
 * "passkey-added", signed with the officer's key. So who steals a session does
 * not keep it. Passkeys open sessions and sign nothing.
 *
 *   LINE = tacet-passkey-v1.ALGORITHM.CREDENTIAL.KEY
 *     ALGORITHM   ES256 or EdDSA
 *     CREDENTIAL  its id, base64url
 *     KEY         SubjectPublicKeyInfo, base64url
 *
 * The relying party is "localhost": an address is none, so passkeys work at
 * http://localhost:PORT/ alone. The user has to be verified (PIN, finger) by
 * the authenticator. Counters of signatures are not looked at: passkeys that
 * are synchronised have none.
 */
#ifndef TACET_DESK_WEB_PASSKEY_H
#define TACET_DESK_WEB_PASSKEY_H

#include "desk/store/store.h"

#define WEB_CHALLENGE_LEN 32
#define WEB_CHALLENGE_TEXT 44
#define WEB_CREDENTIAL_MAX 1366 /* of 1,023 bytes, as base64url, and a NUL */
#define WEB_RELYING_PARTY "localhost"

typedef struct web_passkey {
  char credential[WEB_CREDENTIAL_MAX]; /* base64url */
  bool is_ed25519;
  uint8_t key[65]; /* Ed25519: 32 bytes; P-256: an uncompressed point */
  size_t key_len;
  char officer[DESK_NAME_MAX + 1];
} web_passkey;

/* ---- what the desk's log says of them ---- */

/* Reads a LINE. ENCODING and a sentence. */
TACET_MUST_CHECK tacet_err web_passkey_read(const char *line, desk_trouble *why,
                                            web_passkey *out);
/* Appends "passkey-added". EXISTS: somebody has it. */
TACET_MUST_CHECK tacet_err web_passkey_add(desk_store *s, const web_passkey *p,
                                           const desk_officer *officer,
                                           const desk_key *key,
                                           desk_trouble *why);
/* Appends "passkey-removed". NOT_FOUND: this officer has none of that id. */
TACET_MUST_CHECK tacet_err web_passkey_remove(desk_store *s,
                                              const char *credential,
                                              const desk_officer *officer,
                                              const desk_key *key,
                                              desk_trouble *why);
/* The one with that id that was added and not removed. NOT_FOUND. */
TACET_MUST_CHECK tacet_err web_passkey_find(desk_store *s,
                                            const char *credential,
                                            desk_trouble *why,
                                            web_passkey *out);
/* All that open the desk now, in the order in which they were added. */
TACET_MUST_CHECK tacet_err web_passkeys_each(
    desk_store *s, tacet_err (*visit)(void *user, const web_passkey *p),
    void *user, desk_trouble *why);

/* ---- signing in ---- */

/* Challenges that were given out and not answered; the oldest makes room. */
typedef struct web_challenges web_challenges;
TACET_MUST_CHECK tacet_err web_challenges_new(web_challenges **out);
void web_challenges_free(web_challenges *c); /* NULL is fine */
TACET_MUST_CHECK tacet_err web_challenge_make(web_challenges *c, int64_t now,
                                              char out[WEB_CHALLENGE_TEXT]);

/* What a browser gives for a challenge. */
typedef struct web_assertion {
  tacet_span client_data; /* JSON */
  tacet_span authenticator_data, signature;
} web_assertion;
/* AUTH for anything that is wrong with it: not this passkey's, not for this
 * page, not an open challenge (which is used up by this), nobody verified.
 * origin: "http://localhost:8480". */
TACET_MUST_CHECK tacet_err web_passkey_verify(web_challenges *c, int64_t now,
                                              const web_passkey *p,
                                              const char *origin,
                                              const web_assertion *a);

#endif
