/* SPDX-License-Identifier: Apache-2.0
 * A token signs a challenge. */
#include "desk/token/private.h"

#include "tacet/codec/cbor.h"

#include <fido/err.h>

typedef struct signing {
  device_call call;
  fido_assert_t *assert;
} signing;

static void assert_cleanup(fido_assert_t **a) {
  fido_assert_free(a);
}

static int get_assertion(device_call *c, fido_dev_t *dev, const char *pin,
                         bool uv) {
  const signing *s = (signing *)c;
  int e = uv ? fido_assert_set_uv(s->assert, FIDO_OPT_TRUE) : FIDO_OK;
  return e == FIDO_OK ? fido_dev_get_assert(dev, s->assert, pin) : e;
}

static bool prepare(fido_assert_t *a, const desk_key *key,
                    const uint8_t challenge[DESK_CLIENT_HASH]) {
  return a != NULL && fido_assert_set_rp(a, DESK_TOKEN_PARTY) == FIDO_OK &&
         fido_assert_set_clientdata_hash(a, challenge, DESK_CLIENT_HASH) ==
             FIDO_OK &&
         fido_assert_allow_cred(a, key->credential, key->credential_len) ==
             FIDO_OK &&
         fido_assert_set_up(a, FIDO_OPT_TRUE) == FIDO_OK;
}

/* libfido2 gives authenticatorData as a byte string of CBOR. */
static tacet_span authenticator_data(const fido_assert_t *a) {
  tacet_err err = TACET_OK;
  tacet_span all = {fido_assert_authdata_ptr(a, 0),
                    fido_assert_authdata_len(a, 0)};
  tacet_reader r = tacet_reader_over(all, &err);
  tacet_span data = tacet_cbor_read_bytes(&r);
  tacet_read_end(&r);
  return err == TACET_OK ? data : TACET_SPAN_EMPTY;
}

static tacet_err take(const fido_assert_t *a, const desk_key *key,
                      const uint8_t challenge[DESK_CLIENT_HASH],
                      desk_trouble *why, desk_signature *out) {
  tacet_err e = TACET_ERR_AUTH;
  if (fido_assert_count(a) == 1) {
    const desk_assertion given = {
        authenticator_data(a), challenge,
        tacet_span_of(fido_assert_sig_ptr(a, 0), fido_assert_sig_len(a, 0))};
    e = desk_token_signature(&key->token, &given, out);
  }
  if (e == TACET_ERR_AUTH) {
    desk_trouble_set(why, "what the token gave is not its signature for this "
                          "act, with a touch and all that the key wants; "
                          "nothing was written: is it the right token?");
  }
  return e;
}

tacet_err desk_token_sign(void *user, const desk_key *key,
                          const uint8_t challenge[DESK_CLIENT_HASH],
                          desk_trouble *why, desk_signature *out) {
  desk_reader *r = user;
  TACET_CLEANUP(device_close) fido_dev_t *dev = NULL;
  TACET_CLEANUP(assert_cleanup) fido_assert_t *a = fido_assert_new();
  signing s = {{get_assertion, (key->token.b[1] & DESK_FLAG_VERIFIED) != 0,
                "touch the token"},
               a};
  if (!prepare(a, key, challenge)) {
    return TACET_ERR_NOMEM;
  }
  TACET_TRY(device_open(r, why, &dev));
  TACET_TRY(device_do(r, dev, &s.call, why));
  return take(a, key, challenge, why, out);
}
