/* SPDX-License-Identifier: Apache-2.0
 * A key and a function in the place of a token, for tests of what is done with
 * the signatures: no libfido2, no frames, no PIN. */
#ifndef TACET_TESTS_TOUCH_H
#define TACET_TESTS_TOUCH_H

#include "desk/store/key.h"

typedef struct touch_token {
  tacet_secret private_key; /* Ed25519 */
  uint32_t counter, step;
  unsigned asked;
  tacet_err fails;                     /* nobody touches it: this */
  void (*meanwhile)(void);             /* while it waits; or NULL */
  uint8_t challenge[DESK_CLIENT_HASH]; /* the newest */
  desk_touch touch;
} touch_token;

/* A new one, and the officer's key that is on it: it stays where it is, since
 * the key points to it. */
void touch_make(touch_token *t, desk_key *key);

#endif
