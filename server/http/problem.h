/* SPDX-License-Identifier: Apache-2.0
 * server/http/problem.h -- errors as problem+json (RFC 9457).
 */
#ifndef TACETD_HTTP_PROBLEM_H
#define TACETD_HTTP_PROBLEM_H

#include "tacet/wire/errors.h"

#define TACETD_PROBLEM_TYPE "application/problem+json"
#define TACETD_PROBLEM_MAX 384

/* {"type":"urn:tacet:error:CODE","title":...,"status":N,"code":"CODE"} into
 * out (TACETD_PROBLEM_MAX bytes); gives its length. */
size_t tacetd_problem_write(tacet_wire_error e, int status, char *out);

/* The error that stands for a refusal of the transport (net/server.h). */
tacet_wire_error tacetd_problem_of_status(int status);

#endif
