/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/vectors/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tacet/codec.h"

void *vec_alloc(vec_context *c, size_t len) {
  void **blocks = realloc(c->blocks, (c->n_blocks + 1) * sizeof(*blocks));
  void *p = calloc(1, len == 0 ? 1 : len);
  if (blocks == NULL || p == NULL) {
    fprintf(stderr, "out of memory\n");
    exit(2);
  }
  blocks[c->n_blocks++] = p;
  c->blocks = blocks;
  return p;
}

static void malformed(vec_context *c, const char *key) {
  printf("%s: %s[%zu]: no usable \"%s\"\n", c->set, c->file, c->index, key);
  c->malformed = true;
}

bool vec_has(const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  return value != NULL && !json_is_null(value);
}

json_t *vec_get(vec_context *c, const json_t *object, const char *key) {
  json_t *value = json_object_get(object, key);
  if (value == NULL) {
    malformed(c, key);
  }
  return value;
}

json_t *vec_list(const json_t *object, const char *key) {
  json_t *value = json_object_get(object, key);
  return json_is_array(value) ? value : NULL; /* json_array_size(NULL) is 0 */
}

json_t *vec_array(vec_context *c, const json_t *object, const char *key) {
  json_t *value = json_object_get(object, key);
  if (!json_is_array(value)) {
    malformed(c, key);
    return NULL; /* json_array_size(NULL) is 0 */
  }
  return value;
}

tacet_span vec_hex_value(vec_context *c, const json_t *value) {
  size_t n = json_string_length(value);
  if (!json_is_string(value) || n % 2 != 0) {
    malformed(c, "(hex)");
    return TACET_SPAN_EMPTY;
  }
  /* Exactly as long as the bytes, so that ASan sees a read beyond them. */
  uint8_t *out = vec_alloc(c, n / 2);
  if (tacet_hex_read(json_string_value(value), n, out, n / 2) != TACET_OK) {
    malformed(c, "(hex)");
    return TACET_SPAN_EMPTY;
  }
  return (tacet_span){out, n / 2};
}

tacet_span vec_hex(vec_context *c, const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  if (!json_is_string(value)) {
    malformed(c, key);
    return TACET_SPAN_EMPTY;
  }
  return vec_hex_value(c, value);
}

uint64_t vec_uint(vec_context *c, const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  if (!json_is_integer(value) || json_integer_value(value) < 0) {
    malformed(c, key);
    return 0;
  }
  return (uint64_t)json_integer_value(value);
}

bool vec_bool(vec_context *c, const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  if (!json_is_boolean(value)) {
    malformed(c, key);
  }
  return json_is_true(value);
}

const char *vec_text(vec_context *c, const json_t *object, const char *key) {
  const json_t *value = json_object_get(object, key);
  if (!json_is_string(value)) {
    malformed(c, key);
    return "";
  }
  return json_string_value(value);
}

tacet_secret vec_secret(vec_context *c, const json_t *object, const char *key) {
  tacet_secret s = {.len = 0};
  if (tacet_secret_set(&s, vec_hex(c, object, key)) != TACET_OK) {
    malformed(c, key);
  }
  return s;
}

tacet_secret vec_private(vec_context *c, const json_t *object, const char *key,
                         size_t len) {
  tacet_span in = vec_hex(c, object, key);
  tacet_secret s = {.len = len};
  if (in.len > len || len > sizeof(s.b)) {
    malformed(c, key);
    return (tacet_secret){.len = 0};
  }
  if (in.len > 0) {
    memcpy(s.b + (len - in.len), in.p, in.len);
  }
  return s;
}

vec_outcome vec_not_offered(vec_context *c, const char *what, uint64_t number) {
  snprintf(c->unknown, sizeof(c->unknown), "%s 0x%04llX", what,
           (unsigned long long)number);
  return VEC_NOT_OFFERED;
}

const tacet_suite *vec_suite(vec_context *c, const json_t *object) {
  uint64_t number = vec_uint(c, object, "cipher_suite");
  const tacet_suite *s =
      number > UINT16_MAX
          ? NULL
          : tacet_suites_find(&tacet_suites_all, (uint16_t)number);
  if (s == NULL) {
    (void)vec_not_offered(c, "cipher suite", number);
  }
  return s;
}

void vec_complain(const vec_context *c, const char *what, const char *file,
                  int line) {
  printf("%s: %s[%zu]: %s (%s:%d)\n", c->set, c->file, c->index, what, file,
         line);
}
