/* SPDX-License-Identifier: Apache-2.0
 * tests/vectors/json.h -- reading one entry of a file of test vectors.
 *
 * Helpers never fail where they are called: a field that is missing or of
 * another type makes the whole entry fail (main.c looks at `malformed` after
 * it), and gives an empty value meanwhile. So a set reads like its format's
 * description. Memory belongs to the context and lives until the entry is over.
 */
#ifndef TESTS_VECTORS_JSON_H
#define TESTS_VECTORS_JSON_H

#include <jansson.h>

#include "tacet/base.h"
#include "tacet/crypto.h"

typedef enum vec_outcome {
  VEC_PASSED,
  VEC_FAILED,
  VEC_NOT_OFFERED /* of a suite or algorithm that this release has not */
} vec_outcome;

typedef struct vec_context {
  const char *set, *file;
  size_t index; /* of the entry in its file */
  bool malformed;
  char unknown[64]; /* what VEC_NOT_OFFERED was about */
  void **blocks;    /* freed after the entry */
  size_t n_blocks;
} vec_context;

/* Zeroed memory until the entry is over. Never NULL. */
void *vec_alloc(vec_context *c, size_t len);
bool vec_has(const json_t *object, const char *key); /* there and not null */
json_t *vec_get(vec_context *c, const json_t *object, const char *key);
/* The array at `key`, which may be missing or null: then empty. */
json_t *vec_list(const json_t *object, const char *key);
/* The array at `key`, which must be there. */
json_t *vec_array(vec_context *c, const json_t *object, const char *key);
tacet_span vec_hex(vec_context *c, const json_t *object, const char *key);
/* The same of a value itself, for arrays of hex strings. */
tacet_span vec_hex_value(vec_context *c, const json_t *value);
uint64_t vec_uint(vec_context *c, const json_t *object, const char *key);
bool vec_bool(vec_context *c, const json_t *object, const char *key);
const char *vec_text(vec_context *c, const json_t *object, const char *key);
/* A copy of the hex at `key` as a secret. */
tacet_secret vec_secret(vec_context *c, const json_t *object, const char *key);
/* The same for a private key of `len` bytes. Some writers leave out the zeros
 * that a scalar of P-521 begins with; they are put back. */
tacet_secret vec_private(vec_context *c, const json_t *object, const char *key,
                         size_t len);
/* The suite of number `cipher_suite`, or NULL if it is not offered: then the
 * entry is VEC_NOT_OFFERED, and its number is noted. */
const tacet_suite *vec_suite(vec_context *c, const json_t *object);
/* Notes what is not offered: "KEM 0x0041". */
vec_outcome vec_not_offered(vec_context *c, const char *what, uint64_t number);

/* Says what failed, and where; then the entry is VEC_FAILED. */
void vec_complain(const vec_context *c, const char *what, const char *file,
                  int line);
#define VEC_CHECK(c, cond)                                                     \
  do {                                                                         \
    if (!(cond)) {                                                             \
      vec_complain((c), #cond, __FILE__, __LINE__);                            \
      return VEC_FAILED;                                                       \
    }                                                                          \
  } while (0)
#define VEC_OK(c, call)                                                        \
  do {                                                                         \
    tacet_err vec_err = (call);                                                \
    if (vec_err != TACET_OK) {                                                 \
      vec_complain((c), tacet_err_name(vec_err), __FILE__, __LINE__);          \
      return VEC_FAILED;                                                       \
    }                                                                          \
  } while (0)

#endif
