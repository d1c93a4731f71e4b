/* SPDX-License-Identifier: Apache-2.0
 * server/ops/url.h -- the address that clients use.
 */
#ifndef TACETD_OPS_URL_H
#define TACETD_OPS_URL_H

#include "server/ops/config.h"

#define TACETD_PORT_TEXT_MAX 8

/* Host (without brackets) and port of https://HOST[:PORT]; 443 if it names
 * none. False if it is none. */
bool tacetd_url_split(const char *url, char *host, size_t cap,
                      char port[TACETD_PORT_TEXT_MAX]);
/* https://HOST:PORT of what is listened on, with the real port. */
TACET_MUST_CHECK tacet_err tacetd_url_of_listen(const char *listen,
                                                uint16_t port, char *out,
                                                size_t cap);

#endif
