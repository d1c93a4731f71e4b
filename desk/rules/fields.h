/* SPDX-License-Identifier: Apache-2.0
 * desk/rules/fields.h -- strict JSON into structs, by tables: which names an
 * object may have, what stands there, how much of it.
 *
 * Texts stay in the json_t and are borrowed from it; arrays are made anew and
 * belong to a list of blocks. Within the module only.
 */
#ifndef TACET_DESK_RULES_FIELDS_H
#define TACET_DESK_RULES_FIELDS_H

#include "desk/model.h"

#include <jansson.h>

typedef enum rules_type {
  RULES_TEXT,    /* const char *; one line of UTF-8 */
  RULES_CODE,    /* const char *; a-z, 0-9 and hyphens */
  RULES_COUNTRY, /* const char *; two upper-case letters */
  RULES_LETTERS, /* const char *; `max` letters of one case */
  RULES_SHA256,  /* const char *; 64 lower-case hexadecimal digits */
  RULES_DAY,     /* desk_day */
  RULES_WORD,    /* an enum; the words of `words` in its order */
  RULES_SET,     /* uint32_t; a list of those words: bit 1 << its place */
  RULES_COUNT,   /* uint64_t, at most `max` */
  RULES_FLAG,    /* bool */
  RULES_TEXTS,   /* desk_texts, at most `max` */
  RULES_CODES,   /* the same, of codes for which `known` holds */
  RULES_OBJECT,  /* a struct that begins with `bool given` */
  RULES_OBJECTS, /* {pointer, size_t n} of such structs, at most `max` */
  RULES_ANY      /* may be there, is not read */
} rules_type;

typedef struct rules_field {
  const char *key;
  rules_type type;
  size_t offset;
  size_t max;
  bool required;
  const struct rules_shape *shape;
  const char *(*words)(unsigned i); /* NULL past the end */
  bool (*known)(const char *code);
} rules_field;

typedef struct rules_shape {
  const rules_field *fields;
  size_t n;
  size_t size; /* of the struct, where there are several */
} rules_shape;

/* What was allocated for one file. */
typedef struct rules_block {
  struct rules_block *next;
  max_align_t bytes[];
} rules_block;
void rules_blocks_free(rules_block *list);

/* Reads `text` (at most `max` bytes) as an object of `shape` that has
 * "version": `version` besides, into `out`, which is set as if nothing had been
 * said (texts "", days none) and then filled. *json and *blocks own what `out`
 * points to. Errors as desk_request_read(); then all three are untouched but
 * for *out. `what` names the file: "request". */
TACET_MUST_CHECK tacet_err rules_read(tacet_span text, size_t max, int version,
                                      const char *what,
                                      const rules_shape *shape, void *out,
                                      json_t **json, rules_block **blocks,
                                      desk_trouble *why);

#endif
