/* SPDX-License-Identifier: Apache-2.0
 * The fields of a request and of its answer. */
#include "interop/tacet/request.h"

#include <stdlib.h>

#include "tacet/codec.h"

void *request_alloc(request *r, size_t len) {
  void *p = calloc(1, len + 1);
  void **blocks = realloc(r->blocks, (r->n_blocks + 1) * sizeof(*r->blocks));
  if (p == NULL || blocks == NULL) {
    abort();
  }
  r->blocks = blocks;
  r->blocks[r->n_blocks++] = p;
  return p;
}

void request_free(request *r) {
  for (size_t i = 0; i < r->n_blocks; i++) {
    free(r->blocks[i]);
  }
  free(r->blocks);
  r->blocks = NULL;
  r->n_blocks = 0;
}

static void malformed(request *r, const char *key) {
  if (r->malformed == NULL) {
    r->malformed = key;
  }
}

bool request_has(const json_t *object, const char *key) {
  const json_t *v = json_object_get(object, key);
  return v != NULL && !json_is_null(v);
}

const char *request_text(request *r, const json_t *object, const char *key) {
  const char *text = json_string_value(json_object_get(object, key));
  if (text == NULL) {
    malformed(r, key);
    return "";
  }
  return text;
}

bool request_flag(const json_t *object, const char *key) {
  return json_is_true(json_object_get(object, key));
}

uint64_t request_number(request *r, const json_t *object, const char *key) {
  const json_t *v = json_object_get(object, key);
  if (!json_is_integer(v) || json_integer_value(v) < 0) {
    malformed(r, key);
    return 0;
  }
  return (uint64_t)json_integer_value(v);
}

const json_t *request_list(request *r, const json_t *object, const char *key) {
  const json_t *v = json_object_get(object, key);
  if (v != NULL && !json_is_array(v)) {
    malformed(r, key);
    return NULL;
  }
  return v;
}

tacet_span request_hex_value(request *r, const json_t *value, const char *key) {
  const char *text = json_string_value(value);
  size_t len = json_string_length(value) / 2;
  if (text == NULL) {
    malformed(r, key);
    return TACET_SPAN_EMPTY;
  }
  uint8_t *p = request_alloc(r, len);
  if (tacet_hex_read(text, json_string_length(value), p, len) != TACET_OK) {
    malformed(r, key);
    return TACET_SPAN_EMPTY;
  }
  return tacet_span_of(p, len);
}

tacet_span request_hex(request *r, const json_t *object, const char *key) {
  return request_hex_value(r, json_object_get(object, key), key);
}

tacet_span request_hex_maybe(request *r, const json_t *object,
                             const char *key) {
  return request_has(object, key) ? request_hex(r, object, key)
                                  : TACET_SPAN_EMPTY;
}

uint16_t request_suite(request *r, const json_t *object, const char *key) {
  const char *text = request_text(r, object, key);
  char *end = NULL;
  unsigned long id = strtoul(text, &end, 16);
  if (*text == '\0' || *end != '\0' || id > UINT16_MAX) {
    malformed(r, key);
    return 0;
  }
  return (uint16_t)id;
}

void answer_hex(request *r, const char *key, tacet_span bytes) {
  char *text = request_alloc(r, 2 * bytes.len + 1);
  tacet_hex_write(bytes, text);
  json_object_set_new(r->out, key, json_string(text));
}

void answer_number(request *r, const char *key, uint64_t n) {
  json_object_set_new(r->out, key, json_integer((json_int_t)n));
}

void answer_text(request *r, const char *key, const char *text) {
  json_object_set_new(r->out, key, json_string(text));
}

void answer_flag(request *r, const char *key, bool yes) {
  json_object_set_new(r->out, key, json_boolean(yes));
}
