/* SPDX-License-Identifier: Apache-2.0
 * A FIDO2 token in software: CTAP2 with PIN protocol one, behind libfido2's own
 * transport, so that everything of the program runs but the USB port. Honest,
 * or in one of many moods. For tests alone: nothing of it is in tacet-desk.
 */
#ifndef TACET_TESTS_SOFT_TOKEN_H
#define TACET_TESTS_SOFT_TOKEN_H

#include "desk/token/token.h"

#define SOFT_MOOD_MAP(X)                                                       \
  X(HONEST, "honest")                                                          \
  X(UNTOUCHED, "untouched")       /* waits in vain */                          \
  X(DENIED, "denied")             /* is told no */                             \
  X(UNPLUGGED, "unplugged")       /* taken out while it waits for a finger */  \
  X(NO_EDDSA, "no-eddsa")         /* P-256 alone */                            \
  X(NO_ALGORITHM, "no-algorithm") /* neither */                                \
  X(NOBODY, "nobody")             /* signs without a touch, and says so */     \
  X(UNVERIFIED, "unverified")     /* signs as if no PIN had been given */      \
  X(OTHER_PARTY, "other-party")   /* for another relying party */              \
  X(OTHER_ACT, "other-act")       /* another challenge */                      \
  X(OTHER_KEY, "other-key")       /* with another credential's key */          \
  X(REPLAY, "replay")             /* gives the signature before once more */   \
  X(EXTENSION, "extension")       /* something behind the counter */           \
  X(COUNTS_BACK, "counts-back")   /* as its copy would */                      \
  X(NO_CBOR, "no-cbor")           /* bytes that mean nothing */                \
  X(SELF_SERVICE, "self-service") /* verifies its owner itself: a finger */

typedef enum soft_mood {
#define X(id, name) SOFT_##id,
  SOFT_MOOD_MAP(X)
#undef X
      SOFT_MOODS
} soft_mood;

typedef struct soft_credential {
  uint8_t id[32], rp_hash[32];
  bool eddsa;
  tacet_secret private_key;
  uint8_t public_key[65];
} soft_credential;

/* All of it; a test sets what it wants. Fits into a file as it is. */
typedef struct soft_token {
  soft_mood mood;
  size_t n_plugged; /* how many are at the ports */
  char pin[64];     /* "": none set */
  int retries, tries;
  uint32_t counter;
  soft_credential credentials[8];
  size_t n_credentials;
  unsigned touches;               /* given so far */
  uint8_t last[256];              /* the signature before */
  size_t last_data, last_len;     /* authenticatorData, all */
  unsigned answers;               /* given since it was set to 0 */
  unsigned fails_at;              /* that answer does not come; 0: all do */
  unsigned garbles_at, garble_at; /* byte `at` of that answer is another */
  size_t longest;                 /* answer since it was set to 0 */
} soft_token;
extern soft_token soft;
void soft_token_new(const char *pin);

extern const desk_ports soft_ports;

#endif
