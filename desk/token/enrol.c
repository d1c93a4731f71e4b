/* SPDX-License-Identifier: Apache-2.0
 * A new key on a token. */
#include "desk/token/private.h"

#include "tacet/crypto.h"

#include <fido/err.h>
#include <fido/param.h>
#include <string.h>

#define USER_ID 32

typedef struct enrolling {
  device_call call;
  fido_cred_t *made;
  uint8_t user_id[USER_ID], client_hash[DESK_CLIENT_HASH];
} enrolling;

static bool prepare(const enrolling *x, fido_cred_t *c, int type) {
  return c != NULL && fido_cred_set_type(c, type) == FIDO_OK &&
         fido_cred_set_rp(c, DESK_TOKEN_PARTY, "tacet-desk") == FIDO_OK &&
         fido_cred_set_user(c, x->user_id, USER_ID, "officer", NULL, NULL) ==
             FIDO_OK &&
         fido_cred_set_clientdata_hash(c, x->client_hash, DESK_CLIENT_HASH) ==
             FIDO_OK;
}

static int make(enrolling *x, fido_dev_t *dev, int type, const char *pin,
                bool uv) {
  fido_cred_t *c = fido_cred_new();
  int e = prepare(x, c, type) ? FIDO_OK : FIDO_ERR_INTERNAL;
  if (e == FIDO_OK && uv) {
    e = fido_cred_set_uv(c, FIDO_OPT_TRUE);
  }
  if (e == FIDO_OK) {
    e = fido_dev_make_cred(dev, c, pin);
  }
  if (e == FIDO_OK) {
    x->made = c;
  } else {
    fido_cred_free(&c);
  }
  return e;
}

/* EdDSA first. A token without it says so before it wants a touch; one that
 * speaks U2F alone says that it is an option it does not have. */
static int make_credential(device_call *c, fido_dev_t *dev, const char *pin,
                           bool uv) {
  enrolling *x = (enrolling *)c;
  int e = make(x, dev, COSE_EDDSA, pin, uv);
  return e == FIDO_ERR_UNSUPPORTED_ALGORITHM || e == FIDO_ERR_UNSUPPORTED_OPTION
             ? make(x, dev, COSE_ES256, pin, uv)
             : e;
}

static bool take_key(const fido_cred_t *c, bool verified, desk_key *out) {
  bool eddsa = fido_cred_type(c) == COSE_EDDSA;
  const uint8_t *p = fido_cred_pubkey_ptr(c);
  size_t len = fido_cred_pubkey_len(c), id_len = fido_cred_id_len(c);
  uint8_t bytes[DESK_PUBLIC_MAX] = {
      eddsa ? DESK_TOKEN_EDDSA : DESK_TOKEN_ES256,
      DESK_FLAG_PRESENT | (verified ? DESK_FLAG_VERIFIED : 0), 4};
  size_t head = eddsa ? 2 : 3; /* libfido2 leaves the 04 of a point out */
  if (p == NULL || len != (eddsa ? 32U : 64U) || id_len == 0 ||
      id_len > DESK_CREDENTIAL_MAX) {
    return false;
  }
  memcpy(bytes + head, p, len);
  memcpy(out->credential, fido_cred_id_ptr(c), id_len);
  out->credential_len = id_len;
  return desk_public_take(tacet_span_of(bytes, head + len), &out->token) ==
         TACET_OK;
}

/* Signs for nothing once: a token whose signatures do not verify, or that was
 * exchanged in between, is found now and not at the first act. */
static tacet_err try_key(desk_reader *r, const desk_key *key,
                         desk_trouble *why) {
  uint8_t challenge[DESK_CLIENT_HASH];
  desk_signature s;
  TACET_TRY(tacet_random(challenge, sizeof(challenge)));
  return desk_token_sign(r, key, challenge, why, &s);
}

static tacet_err enrol(desk_reader *r, enrolling *x, desk_trouble *why) {
  TACET_CLEANUP(device_close) fido_dev_t *dev = NULL;
  TACET_TRY(tacet_random(x->user_id, USER_ID));
  TACET_TRY(tacet_random(x->client_hash, DESK_CLIENT_HASH));
  TACET_TRY(device_open(r, why, &dev));
  if (x->call.verified && !fido_dev_has_pin(dev) && !fido_dev_has_uv(dev)) {
    desk_trouble_set(why, "that token has no PIN: set one (`fido2-token -S "
                          "PATH`, or its maker's program), or make a key with "
                          "which a touch alone signs: --no-pin");
    return TACET_ERR_STATE;
  }
  return device_do(r, dev, &x->call, why);
}

tacet_err desk_token_enrol(desk_reader *r, bool verified, desk_trouble *why,
                           desk_key *out) {
  DESK_KEY(k);
  enrolling x = {.call = {make_credential, verified,
                          "touch the token, to make a key on it"}};
  TACET_TRY(enrol(r, &x, why));
  bool fits = take_key(x.made, verified, &k);
  fido_cred_free(&x.made);
  if (!fits) {
    desk_trouble_set(why, "what the token gave is no key that it was asked "
                          "for; use another token");
    return TACET_ERR_UNSUPPORTED;
  }
  TACET_TRY(try_key(r, &k, why));
  *out = k;
  return TACET_OK;
}
