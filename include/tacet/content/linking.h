/* SPDX-License-Identifier: Apache-2.0
 * tacet/content/linking.h -- how a new device becomes one of an account's: the
 * code that its owner carries to an old one, and the messages that the two then
 * exchange over a server that neither has to trust (docs/protocol/linking.md).
 *
 *   secret = first 16 bytes of SHA-256("Tacet 1.0 linking code" || device_id ||
 *            device_key || salt)
 *   minute = minutes of Unix time when it was made, modulo 2^16
 *   check  = first 2 bytes of SHA-256("Tacet 1.0 linking check" || secret ||
 *            uint16 minute)
 *   code   = secret || uint16 minute || check, in Crockford's base32, by fours
 *
 * The secret commits to the new device's key, so who has only seen the code
 * cannot take its place; and it is known to the two alone, so nobody else can
 * read or write what follows: envelopes of type linking, one key a message.
 *
 *   prk    = HKDF-Extract(SHA-256, "Tacet 1.0 linking", secret)
 *   key(n) = HKDF-Expand(prk, "key" || uint8 n, 32)
 *   slot(n)= HKDF-Expand(prk, "slot" || uint8 n, 32)
 *
 * 0 offer, 2 proposal, 4 outcome: the old device's, in slot(n). 1 hello, 3
 * possession, 5 ready: the new one's, items to the mailbox of the offer.
 */
#ifndef TACET_CONTENT_LINKING_H
#define TACET_CONTENT_LINKING_H

#include "tacet/codec.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- the code ---- */

#define TACET_LINKING_SECRET_LEN 16
#define TACET_LINKING_TEXT_LEN 39 /* 8 groups of 4, by hyphens */
#define TACET_LINKING_LIFE_MINUTES 10

typedef struct tacet_linking_code {
  uint8_t secret[TACET_LINKING_SECRET_LEN];
  uint16_t minute;
} tacet_linking_code;

TACET_MUST_CHECK tacet_err
tacet_linking_secret(const uint8_t device_id[16], const uint8_t device_key[32],
                     const uint8_t salt[32],
                     uint8_t out[TACET_LINKING_SECRET_LEN]);
/* With a NUL. */
TACET_MUST_CHECK tacet_err tacet_linking_code_write(
    const tacet_linking_code *code, char out[TACET_LINKING_TEXT_LEN + 1]);
/* As typed: case, spaces and hyphens do not matter; O is 0, I and L are 1.
 * ENCODING: not such a text, or a letter of it is wrong. */
TACET_MUST_CHECK tacet_err tacet_linking_code_read(tacet_span text,
                                                   tacet_linking_code *out);
/* How many minutes ago, by this clock (seconds of Unix time), it was made: from
 * -32768 (in the future) to 32767. */
int tacet_linking_code_age(const tacet_linking_code *code, uint64_t now);

/* ---- the channel ---- */

typedef enum tacet_linking_step {
  TACET_LINKING_OFFER = 0,
  TACET_LINKING_HELLO = 1,
  TACET_LINKING_PROPOSAL = 2,
  TACET_LINKING_POSSESSION = 3,
  TACET_LINKING_OUTCOME = 4,
  TACET_LINKING_READY = 5
} tacet_linking_step;

/* Name of the slot of a message of the old device. */
TACET_MUST_CHECK tacet_err tacet_linking_slot(const tacet_linking_code *code,
                                              tacet_linking_step step,
                                              uint8_t out[32]);
/* Appends an envelope. A failure appends nothing. */
TACET_MUST_CHECK tacet_err tacet_linking_seal(const tacet_linking_code *code,
                                              tacet_linking_step step,
                                              tacet_span body, tacet_buf *out);
/* AUTH: not that message under this code. *plain owns what *body points into. */
TACET_MUST_CHECK tacet_err tacet_linking_open(const tacet_linking_code *code,
                                              tacet_linking_step step,
                                              tacet_span in, tacet_bytes *plain,
                                              tacet_span *body);

/* ---- the messages ---- */

#define TACET_LINKING_URL_MAX 300
#define TACET_LINKING_POLICY_MAX 4096
#define TACET_LINKING_NAME_MAX 128

/* struct { uint8 version = 1; opaque url<V>; uint8 has_pin; opaque pin[32];
 *          opaque domain<V>; opaque policy<V>; opaque handle<V>;
 *          opaque account[32]; opaque mailbox[16]; opaque capability[32]; } Offer;
 * Where the account lives, how its server is known, whose it is; and where the
 * new device's messages go. pin: zero without one. */
typedef struct tacet_linking_offer {
  tacet_span url, domain, policy, handle;
  bool has_pin;
  uint8_t pin[32], account[32], mailbox[16], capability[32];
} tacet_linking_offer;
void tacet_linking_offer_write(tacet_buf *w, const tacet_linking_offer *o);
/* UNKNOWN_TYPE: of a newer version. */
TACET_MUST_CHECK tacet_err
tacet_linking_offer_parse(tacet_span in, tacet_linking_offer *out);

/* struct { opaque device[16]; opaque device_key[32]; opaque salt[32];
 *          opaque name<V>; } Hello;
 * What the code commits to: tacet_linking_secret() of it must be the secret. */
typedef struct tacet_linking_hello {
  uint8_t device[16], device_key[32], salt[32];
  tacet_span name;
} tacet_linking_hello;
void tacet_linking_hello_write(tacet_buf *w, const tacet_linking_hello *h);
TACET_MUST_CHECK tacet_err
tacet_linking_hello_parse(tacet_span in, tacet_linking_hello *out);

/* Proposal: the ManifestBody that lists the new device, and nothing else.
 * Possession: the 64 bytes of its signature over that. Ready: nothing; the new
 * device has published its key packages. */

/* enum { added(0), refused(1) } LinkingResult;
 * struct { LinkingResult result; uint32 number; opaque hash[32];
 *          opaque directory_tokens<V>; opaque delivery_tokens<V>; } Outcome;
 * Of the manifest that is in force now. The tokens, 104 bytes each, are a gift:
 * the account's may be drawn for the day. */
#define TACET_LINKING_TOKENS_MAX 16 /* of each kind */
#define TACET_LINKING_TOKEN_LEN 104
typedef struct tacet_linking_outcome {
  bool added;
  uint32_t number;
  uint8_t hash[32];
  tacet_span tokens[2]; /* directory, delivery */
} tacet_linking_outcome;
void tacet_linking_outcome_write(tacet_buf *w, const tacet_linking_outcome *o);
TACET_MUST_CHECK tacet_err
tacet_linking_outcome_parse(tacet_span in, tacet_linking_outcome *out);

#ifdef __cplusplus
}
#endif
#endif
