/* SPDX-License-Identifier: Apache-2.0
 * tacet/wire/invite.h -- the invite link: how a new client finds its server,
 * knows it again, and may register there.
 *
 *   https://HOST[:PORT]/i#<base64url of Invite>
 *
 *   struct {
 *     uint8  version = 1;
 *     opaque token[16];      random; the server keeps its hash
 *     opaque domain<V>;      the part of handles after @; in every signature
 *     opaque pin<V>;         SHA-256 of the certificate's public key
 *                            (SubjectPublicKeyInfo), or empty: the certificate
 *                            is checked against the system's authorities
 *     opaque policy<V>;      Trust (tacet/keytrans/trust.h): whose key log is
 *                            believed, whose notices are shown unasked; empty:
 *                            the server has no log
 *     opaque check[4];       the first bytes of SHA-256 of what precedes, and
 *                            of the part of the link before the #
 *   } Invite;
 *
 * All that matters is in the fragment, which a browser does not send. The check
 * finds a link that was cut or mistyped, before anybody is asked anything.
 */
#ifndef TACET_WIRE_INVITE_H
#define TACET_WIRE_INVITE_H

#include "tacet/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_INVITE_TOKEN_LEN 16
#define TACET_INVITE_PIN_LEN 32
#define TACET_INVITE_URL_MAX 272    /* https:// and a host of DNS and a port */
#define TACET_INVITE_DOMAIN_MAX 253 /* RFC 1035 */
#define TACET_INVITE_POLICY_MAX 1024
#define TACET_INVITE_LINK_MAX 2304 /* bytes of a link with its NUL */

typedef struct tacet_invite {
  char url[TACET_INVITE_URL_MAX + 1]; /* https://HOST[:PORT], no slash behind */
  char domain[TACET_INVITE_DOMAIN_MAX + 1];
  uint8_t token[TACET_INVITE_TOKEN_LEN];
  bool has_pin;
  uint8_t pin[TACET_INVITE_PIN_LEN];
  uint8_t policy[TACET_INVITE_POLICY_MAX];
  size_t policy_len;
} tacet_invite;

/* The link with a NUL; out has TACET_INVITE_LINK_MAX bytes. ARGUMENT for a url
 * or domain that could not be parsed back. */
TACET_MUST_CHECK tacet_err tacet_invite_write(const tacet_invite *invite,
                                              char *out);
/* White space around it is ignored. Fails with an error of TACET_KIND_INPUT,
 * VERSION for one that a newer program made. */
TACET_MUST_CHECK tacet_err tacet_invite_parse(tacet_span link,
                                              tacet_invite *out);

#ifdef __cplusplus
}
#endif
#endif
