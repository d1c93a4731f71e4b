/* SPDX-License-Identifier: Apache-2.0
 * Problems: only what stands in the table of wire/errors.h, so that an answer
 * repeats nothing of a request. */
#include "server/http/problem.h"

#include <stdio.h>

size_t tacetd_problem_write(tacet_wire_error e, int status, char *out) {
  const char *code = tacet_wire_error_code(e);
  int n = snprintf(out, TACETD_PROBLEM_MAX,
                   "{\"type\":\"urn:tacet:error:%s\",\"title\":\"%s\","
                   "\"status\":%d,\"code\":\"%s\"}",
                   code, tacet_wire_error_title(e), status, code);
  TACET_ASSERT(n > 0 && n < TACETD_PROBLEM_MAX);
  return (size_t)n;
}

tacet_wire_error tacetd_problem_of_status(int status) {
  switch (status) {
  case 405:
  case 501:
    return TACET_WIRE_METHOD;
  case 408:
    return TACET_WIRE_TIMEOUT;
  case 411:
    return TACET_WIRE_LENGTH;
  case 413:
    return TACET_WIRE_TOO_LARGE;
  case 431:
    return TACET_WIRE_HEADERS;
  case 503:
    return TACET_WIRE_BUSY;
  case 500:
    return TACET_WIRE_INTERNAL;
  default:
    return TACET_WIRE_MALFORMED;
  }
}
