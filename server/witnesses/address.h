/* SPDX-License-Identifier: Apache-2.0
 * server/witnesses/address.h -- where a witness is asked: the URL of its line
 * in the policy, https://HOST[:PORT][/PREFIX][#sha256=HEX].
 *
 * The fragment, which is never sent, pins the certificate's key; without one
 * the system's authorities decide. http:// is for this machine alone (a tunnel,
 * a proxy).
 */
#ifndef TACETD_WITNESSES_ADDRESS_H
#define TACETD_WITNESSES_ADDRESS_H

#include "net/tls.h"
#include "server/ops/url.h"

#define WTS_URL_MAX 512 /* bytes of a URL */

typedef struct wts_address {
  char host[TACETD_CONFIG_TEXT_MAX], port[TACETD_PORT_TEXT_MAX];
  char prefix[WTS_URL_MAX]; /* "" or "/..." without a slash at its end */
  bool tls, pinned;
  uint8_t pin[NET_PIN_LEN];
} wts_address;

/* ENCODING if it is no such address. */
TACET_MUST_CHECK tacet_err wts_address_read(tacet_span url, wts_address *out);

#endif
