/* SPDX-License-Identifier: Apache-2.0
 * tacet/wire/auth.h -- how a device signs a request to the directory.
 *
 *   Tacet-Authorization: base64url(DeviceAuth)
 *
 *   struct {
 *     opaque account_id[32]; opaque device_id[16]; opaque nonce[16];
 *     opaque signature[64];
 *   } DeviceAuth;
 *
 *   signature = SignWithLabel(device key, "Tacet 1.0 DirectoryRequest", struct
 * { opaque domain<V>;       the server's configured name, not the Host field
 *     opaque method<V>; opaque path<V>;
 *     opaque body_hash[32];   SHA-256 of the body
 *     opaque nonce[16];       from the server, used once
 *   })
 *
 * Nonces come from POST /v1/nonce, and with each answer of the directory in
 * Tacet-Nonce (base64url).
 */
#ifndef TACET_WIRE_AUTH_H
#define TACET_WIRE_AUTH_H

#include "tacet/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_NONCE_LEN 16
#define TACET_AUTH_LEN 128      /* bytes of DeviceAuth */
#define TACET_AUTH_TEXT_MAX 172 /* its base64url with a NUL */

typedef struct tacet_auth {
  uint8_t account_id[32], device_id[16], nonce[TACET_NONCE_LEN], signature[64];
} tacet_auth;

/* What is signed. */
typedef struct tacet_auth_request {
  tacet_span domain, method, path, body;
} tacet_auth_request;

/* Fills signature; the other members are set. private_key: a seed. */
TACET_MUST_CHECK tacet_err tacet_auth_sign(tacet_auth *a,
                                           const tacet_auth_request *r,
                                           const tacet_secret *private_key);
/* AUTH if it is not the signature of that key over that request and nonce. */
TACET_MUST_CHECK tacet_err tacet_auth_verify(const tacet_auth *a,
                                             const tacet_auth_request *r,
                                             const uint8_t device_key[32]);
void tacet_auth_write(const tacet_auth *a, char out[TACET_AUTH_TEXT_MAX]);
TACET_MUST_CHECK tacet_err tacet_auth_parse(tacet_span text, tacet_auth *out);

#ifdef __cplusplus
}
#endif
#endif
