/* SPDX-License-Identifier: Apache-2.0
 * A key and a function in the place of a token. */
#include "tests/token/touch.h"

#include "tacet/crypto.h"
#include "tests/support/support.h"

#include <string.h>

static tacet_err sign(void *user, const desk_key *key,
                      const uint8_t challenge[DESK_CLIENT_HASH],
                      desk_trouble *why, desk_signature *out) {
  touch_token *t = user;
  uint8_t all[DESK_AUTHENTICATOR_MIN + DESK_CLIENT_HASH], sig[TACET_SIG_MAX];
  size_t len = 0;
  t->asked++;
  if (t->meanwhile != NULL) {
    t->meanwhile();
  }
  if (t->fails != TACET_OK) {
    desk_trouble_set(why, "nobody touched it");
    return t->fails;
  }
  t->counter += t->step;
  assert_ok(tacet_hash_one(&tacet_hash_sha256, TACET_SPAN_LIT(DESK_TOKEN_PARTY),
                           all));
  all[32] = DESK_FLAG_PRESENT;
  for (unsigned i = 0; i < 4; i++) {
    all[33 + i] = (uint8_t)(t->counter >> (24 - 8 * i));
  }
  memcpy(all + DESK_AUTHENTICATOR_MIN, challenge, DESK_CLIENT_HASH);
  memcpy(t->challenge, challenge, DESK_CLIENT_HASH);
  assert_ok(tacet_sig_ed25519.sign(tacet_secret_span(&t->private_key),
                                   tacet_span_of(all, sizeof(all)), sig, &len));
  const desk_assertion a = {tacet_span_of(all, DESK_AUTHENTICATOR_MIN),
                            challenge, tacet_span_of(sig, len)};
  return desk_token_signature(&key->token, &a, out);
}

void touch_make(touch_token *t, desk_key *key) {
  *t = (touch_token){.step = 1, .touch = {sign, t}};
  *key = (desk_key){.credential_len = 3, .credential = {1, 2, 3}};
  key->token =
      (desk_public_key){.len = 34, .b = {DESK_TOKEN_EDDSA, DESK_FLAG_PRESENT}};
  assert_ok(tacet_sig_ed25519.generate(&t->private_key, key->token.b + 2));
  key->touch = &t->touch;
}
