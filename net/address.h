/* SPDX-License-Identifier: Apache-2.0
 * net/address.h -- addresses as people write them.
 */
#ifndef TACET_NET_ADDRESS_H
#define TACET_NET_ADDRESS_H

#include "tacet/base.h"

/* HOST:PORT or [V6]:PORT. The host without brackets, as a text in `host`;
 * ARGUMENT. */
TACET_MUST_CHECK tacet_err net_host_port(const char *text, char *host,
                                         size_t cap, uint16_t *port);

#endif
