/* SPDX-License-Identifier: Apache-2.0
 * The table of calls, as a router. */
#include "server/http/router.h"

#include <stdio.h>

static const tacetd_route routes[] = {
#define X(name, text, method, path, max)                                       \
  {TACETD_CALL_##name, #method, path, (uint64_t)(max),                         \
   TACETD_CALL_##name == TACETD_CALL_BLOB_PUT ? TACETD_BODY_BYTES              \
   : (max) > 0                                ? TACETD_BODY_TACET              \
                                              : TACETD_BODY_NONE},
    TACETD_CALLS(X)
#undef X
};
#define N_ROUTES (sizeof(routes) / sizeof(routes[0]))

const tacetd_route *tacetd_route_at(size_t i) {
  return i < N_ROUTES ? &routes[i] : NULL;
}

static bool is(tacet_span s, const char *text) {
  return s.len == strlen(text) && memcmp(s.p, text, s.len) == 0;
}

/* A path that ends with a slash is a folder. */
static bool is_path(tacet_span s, const char *path) {
  size_t len = strlen(path);
  return path[len - 1] == '/' ? s.len >= len && memcmp(s.p, path, len) == 0
                              : is(s, path);
}

static void add_allow(char *allow, const char *method) {
  size_t len = strlen(allow);
  (void)snprintf(allow + len, TACETD_ALLOW_MAX - len, "%s%s",
                 len == 0 ? "Allow: " : ", ", method);
}

static tacet_wire_error check_body(const net_http_head *h,
                                   const tacetd_route *route) {
  if (h->content_length > route->body_max) {
    return TACET_WIRE_TOO_LARGE;
  }
  if (route->body == TACETD_BODY_TACET &&
      !is(net_http_get(h, "content-type"), "application/tacet")) {
    return TACET_WIRE_TYPE;
  }
  return TACET_WIRE_OK;
}

tacet_wire_error tacetd_route_find(const net_http_head *h,
                                   const tacetd_route **out, char *allow) {
  bool path = false;
  *out = NULL;
  allow[0] = '\0';
  /* The whole target: no call has a query, and a secret does not belong in
   * one. */
  for (size_t i = 0; i < N_ROUTES; i++) {
    if (!is_path(h->target, routes[i].path)) {
      continue;
    }
    path = true;
    if (is(h->method, routes[i].method)) {
      *out = &routes[i];
      return check_body(h, *out);
    }
    add_allow(allow, routes[i].method);
  }
  if (!path) {
    return TACET_WIRE_NOT_FOUND;
  }
  strcat(allow, "\r\n");
  return TACET_WIRE_METHOD;
}
