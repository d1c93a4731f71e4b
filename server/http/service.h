/* SPDX-License-Identifier: Apache-2.0
 * server/http/service.h -- the server's interface: the calls over HTTP, the
 * sessions over WebSocket, and their start and stop.
 *
 *   tacetd_service_new()      makes the hub
 *   dlv_open(hooks = tacetd_service_hooks()), dir_open()
 *   tacetd_service_start()    accepts
 *   tacetd_service_drain()    the end; nothing is submitted afterwards
 *   dlv_close(), dir_close()  finish what was submitted
 *   tacetd_service_free()     ends the threads
 */
#ifndef TACETD_HTTP_SERVICE_H
#define TACETD_HTTP_SERVICE_H

#include "net/server.h"
#include "server/delivery/delivery.h"
#include "server/directory/directory.h"
#include "server/ops/config.h"

typedef struct tacetd_service tacetd_service;

typedef struct tacetd_service_options {
  const char *folder;          /* of the data; for free disk */
  const tacetd_config *config; /* all of these outlive the service */
  const net_tls *tls;          /* NULL: plain, as config->behind_proxy says */
} tacetd_service_options;

TACET_MUST_CHECK tacet_err tacetd_service_new(const tacetd_service_options *o,
                                              tacetd_service **out);
dlv_hooks tacetd_service_hooks(tacetd_service *s);
/* Errors as net_server_start(). */
TACET_MUST_CHECK tacet_err tacetd_service_start(tacetd_service *s,
                                                dir_directory *directory,
                                                dlv_delivery *delivery);
uint16_t tacetd_service_port(const tacetd_service *s);
/* Open connections now. */
uint64_t tacetd_service_connections(const tacetd_service *s);
/* No new connections; says goodbye to sessions, and lets requests finish for at
 * most `ms`. Gives how many connections are left, which free() cuts. */
uint64_t tacetd_service_drain(tacetd_service *s, uint32_t ms);
/* Drained, or never started; both halves are closed. NULL is fine. */
void tacetd_service_free(tacetd_service *s);

#endif
