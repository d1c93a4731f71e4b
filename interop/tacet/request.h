/* SPDX-License-Identifier: Apache-2.0
 * interop/tacet/request.h -- one line of the peer protocol (interop/README.md):
 * reading the fields of a request and filling its answer.
 *
 * Helpers never fail where they are called: a field that is missing or of
 * another type marks the request as malformed, which makes its answer an error,
 * and gives an empty value meanwhile. Memory lives until the answer is out.
 */
#ifndef INTEROP_TACET_REQUEST_H
#define INTEROP_TACET_REQUEST_H

#include <jansson.h>

#include "tacet/base.h"

typedef struct request {
  const json_t *in;
  json_t *out;
  const char *malformed; /* the field, or NULL */
  void **blocks;
  size_t n_blocks;
} request;

/* Zeroed memory until the request is over. Never NULL. */
void *request_alloc(request *r, size_t len);
void request_free(request *r);

bool request_has(const json_t *object, const char *key);
const char *request_text(request *r, const json_t *object, const char *key);
/* Absent is false. */
bool request_flag(const json_t *object, const char *key);
uint64_t request_number(request *r, const json_t *object, const char *key);
/* Absent is an empty array. */
const json_t *request_list(request *r, const json_t *object, const char *key);
tacet_span request_hex(request *r, const json_t *object, const char *key);
/* Absent is empty. */
tacet_span request_hex_maybe(request *r, const json_t *object, const char *key);
tacet_span request_hex_value(request *r, const json_t *value, const char *key);
/* Four hexadecimal digits. */
uint16_t request_suite(request *r, const json_t *object, const char *key);

void answer_hex(request *r, const char *key, tacet_span bytes);
void answer_number(request *r, const char *key, uint64_t n);
void answer_text(request *r, const char *key, const char *text);
void answer_flag(request *r, const char *key, bool yes);

#endif
