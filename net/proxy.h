/* SPDX-License-Identifier: Apache-2.0
 * The PROXY protocol, versions 1 and 2: what a reverse proxy says first. */
#ifndef TACET_NET_PROXY_H
#define TACET_NET_PROXY_H

#include "net/http.h"

#define NET_PROXY_MAX 536 /* bytes of a header that are looked at */

/* Parses the header at the beginning of `in`. *known: it named an address,
 * which is put into address (IPv4 mapped). OK, MORE or BAD. */
net_parse net_proxy_read(tacet_span in, uint8_t address[16], bool *known,
                         size_t *used);

#endif
