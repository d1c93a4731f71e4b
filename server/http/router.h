/* SPDX-License-Identifier: Apache-2.0
 * server/http/router.h -- which call a request is, and what it may bring.
 */
#ifndef TACETD_HTTP_ROUTER_H
#define TACETD_HTTP_ROUTER_H

#include "net/http.h"
#include "server/ops/calls.h"
#include "tacet/wire/errors.h"

/* What the body of a call is. */
typedef enum tacetd_body {
  TACETD_BODY_NONE,  /* nothing, or nothing that is looked at */
  TACETD_BODY_TACET, /* application/tacet */
  TACETD_BODY_BYTES  /* a piece of a blob */
} tacetd_body;

typedef struct tacetd_route {
  tacetd_call call;
  const char *method, *path;
  uint64_t body_max;
  tacetd_body body;
} tacetd_route;

const tacetd_route *tacetd_route_at(size_t i); /* NULL past the end */

/* Finds the call of a request and checks what its head says. OK, NOT_FOUND,
 * METHOD (`allow` then gets the field, TACETD_ALLOW_MAX bytes), TYPE,
 * TOO_LARGE. *out is the route where there is one, also for TYPE and
 * TOO_LARGE, else NULL. */
#define TACETD_ALLOW_MAX 64
TACET_MUST_CHECK tacet_wire_error tacetd_route_find(const net_http_head *h,
                                                    const tacetd_route **out,
                                                    char *allow);

#endif
