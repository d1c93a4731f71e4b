/* SPDX-License-Identifier: Apache-2.0
 * Strict JSON into structs, by tables. Sentences name the place by its path
 * ("officer.callback.on", "pages[2].name") and never what stands there. */
#include "desk/rules/fields.h"
#include "desk/rules/fields_text.h"
#include "desk/rules/request.h"

#include <stdio.h>

enum { PATH_MAX_LENGTH = 200, DEPTH_MAX = 4 };

typedef struct reading {
  const char *what; /* the file, as a word */
  char path[PATH_MAX_LENGTH];
  rules_block *blocks;
  desk_trouble *why;
} reading;

void rules_blocks_free(rules_block *list) {
  while (list != NULL) {
    rules_block *next = list->next;
    tacet_free(list);
    list = next;
  }
}

static void *array_new(reading *r, size_t n, size_t size) {
  if (size != 0 && n > (SIZE_MAX - sizeof(rules_block)) / size) {
    return NULL;
  }
  rules_block *b = tacet_alloc(sizeof(rules_block) + n * size);
  if (b == NULL) {
    return NULL;
  }
  b->next = r->blocks;
  r->blocks = b;
  return b->bytes;
}

/* ---- sentences ---- */

static tacet_err no_memory(reading *r) {
  desk_trouble_set(r->why, "There is not enough memory to read the %s.",
                   r->what);
  return TACET_ERR_NOMEM;
}

static tacet_err wrong(reading *r, const char *should) {
  desk_trouble_set(r->why, "The %s's %s must be %s.", r->what, r->path, should);
  return TACET_ERR_ENCODING;
}

static tacet_err too_many(reading *r, size_t max, const char *of) {
  desk_trouble_set(r->why, "The %s's %s has more than %zu %s.", r->what,
                   r->path, max, of);
  return TACET_ERR_LIMIT;
}

/* Appends ".key" or "[3]"; gives the length to go back to. */
static size_t path_push(reading *r, const char *key, size_t index) {
  size_t n = strlen(r->path);
  if (key == NULL) {
    (void)snprintf(r->path + n, sizeof(r->path) - n, "[%zu]", index);
  } else {
    (void)snprintf(r->path + n, sizeof(r->path) - n, "%s%s", n > 0 ? "." : "",
                   key);
  }
  return n;
}

/* A name that should not be there, as far as it can be shown. */
static tacet_err unknown_key(reading *r, const char *key) {
  char shown[41];
  size_t i = 0;
  for (; i < sizeof(shown) - 1 && key[i] != '\0'; i++) {
    shown[i] = key[i] > ' ' && key[i] < 0x7f ? key[i] : '?';
  }
  shown[i] = '\0';
  (void)path_push(r, shown, 0);
  desk_trouble_set(r->why,
                   "The %s has \"%s\", which is no name of its form; what the "
                   "form does not have belongs into \"notes\".",
                   r->what, r->path);
  return TACET_ERR_ENCODING;
}

/* ---- one value ---- */

static const struct {
  bool (*is)(const char *s);
  const char *should;
} forms[] = {
    [RULES_TEXT] = {rules_is_line, "one line of text without control "
                                   "characters"},
    [RULES_CODE] = {rules_is_code, "a code: a-z, 0-9 and hyphens within"},
    [RULES_COUNTRY] = {rules_is_country,
                       "a country of ISO 3166-1: two upper-case letters"},
    [RULES_SHA256] = {rules_is_sha256,
                      "64 lower-case hexadecimal digits (a SHA-256)"},
};

static tacet_err text_of(reading *r, json_t *value, size_t max,
                         const char **out) {
  if (!json_is_string(value)) {
    return wrong(r, "a text in quotation marks");
  }
  if (json_string_length(value) > max) {
    return too_many(r, max, "bytes");
  }
  *out = json_string_value(value);
  return TACET_OK;
}

static tacet_err read_text(reading *r, const rules_field *f, json_t *value,
                           void *at) {
  const char *text;
  TACET_TRY(text_of(r, value, DESK_TEXT_MAX, &text));
  if (f->type == RULES_LETTERS) {
    if (!rules_is_letters(text, f->max)) {
      return wrong(r, f->max == 2 ? "two letters" : "three letters");
    }
  } else if (!forms[f->type].is(text)) {
    return wrong(r, forms[f->type].should);
  }
  memcpy(at, &text, sizeof(text));
  return TACET_OK;
}

static tacet_err read_day(reading *r, json_t *value, void *at) {
  const char *text;
  desk_day day;
  TACET_TRY(text_of(r, value, DESK_TEXT_MAX, &text));
  if (!desk_day_read(text, &day)) {
    return wrong(r, "a day of the years 1970 to 9999, as 2026-08-18");
  }
  memcpy(at, &day, sizeof(day));
  return TACET_OK;
}

static tacet_err word_of(reading *r, const rules_field *f, json_t *value,
                         unsigned *out) {
  const char *text;
  TACET_TRY(text_of(r, value, DESK_TEXT_MAX, &text));
  char list[200] = "one of";
  for (unsigned i = 0; f->words(i) != NULL; i++) {
    if (strcmp(f->words(i), text) == 0) {
      *out = i;
      return TACET_OK;
    }
    size_t n = strlen(list);
    (void)snprintf(list + n, sizeof(list) - n, "%s %s", i > 0 ? "," : "",
                   f->words(i));
  }
  return wrong(r, list);
}

static tacet_err read_word(reading *r, const rules_field *f, json_t *value,
                           void *at) {
  unsigned i;
  TACET_TRY(word_of(r, f, value, &i));
  memcpy(at, &i, sizeof(i));
  return TACET_OK;
}

static tacet_err read_set(reading *r, const rules_field *f, json_t *value,
                          void *at) {
  uint32_t set = 0;
  if (!json_is_array(value)) {
    return wrong(r, "a list of words in brackets");
  }
  for (size_t i = 0; i < json_array_size(value); i++) {
    unsigned word;
    size_t back = path_push(r, NULL, i);
    TACET_TRY(word_of(r, f, json_array_get(value, i), &word));
    set |= 1u << word;
    r->path[back] = '\0';
  }
  memcpy(at, &set, sizeof(set));
  return TACET_OK;
}

static tacet_err read_count(reading *r, const rules_field *f, json_t *value,
                            void *at) {
  if (!json_is_integer(value) || json_integer_value(value) < 0) {
    return wrong(r, "a whole number that is not negative");
  }
  uint64_t n = (uint64_t)json_integer_value(value);
  if (n > f->max) {
    desk_trouble_set(r->why, "The %s's %s is more than %zu.", r->what, r->path,
                     f->max);
    return TACET_ERR_LIMIT;
  }
  memcpy(at, &n, sizeof(n));
  return TACET_OK;
}

static tacet_err read_texts(reading *r, const rules_field *f, json_t *value,
                            void *at) {
  if (!json_is_array(value)) {
    return wrong(r, "a list of texts in brackets");
  }
  size_t n = json_array_size(value);
  if (n > f->max) {
    return too_many(r, f->max, "elements");
  }
  const char **items = array_new(r, n, sizeof(*items));
  if (items == NULL) {
    return no_memory(r);
  }
  const rules_field element = {.type = f->type == RULES_CODES ? RULES_CODE
                                                              : RULES_TEXT};
  for (size_t i = 0; i < n; i++) {
    size_t back = path_push(r, NULL, i);
    TACET_TRY(read_text(r, &element, json_array_get(value, i), &items[i]));
    if (f->type == RULES_CODES && !f->known(items[i])) {
      return wrong(r, "one of the codes that the form lists");
    }
    r->path[back] = '\0';
  }
  desk_texts texts = {items, n};
  memcpy(at, &texts, sizeof(texts));
  return TACET_OK;
}

/* ---- objects ---- */

/* As if nothing had been said. */
static void set_absent(const rules_shape *shape, void *out) {
  static const char *const empty = "";
  static const desk_day none = DESK_NO_DAY;
  for (size_t i = 0; i < shape->n; i++) {
    const rules_field *f = &shape->fields[i];
    char *at = (char *)out + f->offset;
    if (f->type <= RULES_SHA256) {
      memcpy(at, &empty, sizeof(empty));
    } else if (f->type == RULES_DAY) {
      memcpy(at, &none, sizeof(none));
    } else if (f->type == RULES_OBJECT) {
      set_absent(f->shape, at);
    }
  }
}

static const rules_field *field_of(const rules_shape *shape, const char *key) {
  for (size_t i = 0; i < shape->n; i++) {
    if (strcmp(shape->fields[i].key, key) == 0) {
      return &shape->fields[i];
    }
  }
  return NULL;
}

static tacet_err read_value(reading *r, const rules_field *f, json_t *value,
                            void *at, unsigned depth);

/* Known names are read in the order in which they stand, so that the first
 * fault of a file is the one that is told. */
static tacet_err read_object(reading *r, const rules_shape *shape,
                             json_t *value, void *out, unsigned depth) {
  const char *key;
  json_t *member;
  if (!json_is_object(value) || depth == 0) {
    return wrong(r, "an object in braces");
  }
  json_object_foreach(value, key, member) {
    const rules_field *f = field_of(shape, key);
    if (f == NULL) {
      return unknown_key(r, key);
    }
    size_t back = path_push(r, key, 0);
    TACET_TRY(read_value(r, f, member, (char *)out + f->offset, depth - 1));
    r->path[back] = '\0';
  }
  for (size_t i = 0; i < shape->n; i++) {
    const rules_field *f = &shape->fields[i];
    if (f->required && json_object_get(value, f->key) == NULL) {
      (void)path_push(r, f->key, 0);
      desk_trouble_set(r->why, "The %s lacks \"%s\".", r->what, r->path);
      return TACET_ERR_ENCODING;
    }
  }
  return TACET_OK;
}

static tacet_err read_part(reading *r, const rules_shape *shape, json_t *value,
                           void *out, unsigned depth) {
  static const bool given = true;
  TACET_TRY(read_object(r, shape, value, out, depth));
  memcpy(out, &given, sizeof(given));
  return TACET_OK;
}

static tacet_err read_objects(reading *r, const rules_field *f, json_t *value,
                              void *at, unsigned depth) {
  if (!json_is_array(value)) {
    return wrong(r, "a list of objects in brackets");
  }
  size_t n = json_array_size(value);
  if (n > f->max) {
    return too_many(r, f->max, "elements");
  }
  char *items = array_new(r, n, f->shape->size);
  if (items == NULL) {
    return no_memory(r);
  }
  for (size_t i = 0; i < n; i++) {
    size_t back = path_push(r, NULL, i);
    char *item = items + i * f->shape->size;
    set_absent(f->shape, item);
    TACET_TRY(read_part(r, f->shape, json_array_get(value, i), item, depth));
    r->path[back] = '\0';
  }
  struct {
    void *items;
    size_t n;
  } list = {items, n};
  memcpy(at, &list, sizeof(list));
  return TACET_OK;
}

static tacet_err read_value(reading *r, const rules_field *f, json_t *value,
                            void *at, unsigned depth) {
  switch (f->type) {
  case RULES_TEXT:
  case RULES_CODE:
  case RULES_COUNTRY:
  case RULES_LETTERS:
  case RULES_SHA256:
    return read_text(r, f, value, at);
  case RULES_DAY:
    return read_day(r, value, at);
  case RULES_WORD:
    return read_word(r, f, value, at);
  case RULES_SET:
    return read_set(r, f, value, at);
  case RULES_COUNT:
    return read_count(r, f, value, at);
  case RULES_FLAG:
    if (!json_is_boolean(value)) {
      return wrong(r, "true or false");
    }
    *(bool *)at = json_is_true(value);
    return TACET_OK;
  case RULES_TEXTS:
  case RULES_CODES:
    return read_texts(r, f, value, at);
  case RULES_OBJECT:
    return read_part(r, f->shape, value, at, depth);
  case RULES_OBJECTS:
    return read_objects(r, f, value, at, depth);
  case RULES_ANY:
    break;
  }
  return TACET_OK;
}

/* ---- a file ---- */

static tacet_err not_json(reading *r, const json_error_t *e) {
  switch (json_error_code(e)) {
  case json_error_out_of_memory:
    return no_memory(r);
  case json_error_duplicate_key:
    desk_trouble_set(r->why, "The %s says one name twice (line %d).", r->what,
                     e->line);
    return TACET_ERR_ENCODING;
  default:
    desk_trouble_set(r->why, "The %s is not JSON: look at line %d, column %d.",
                     r->what, e->line, e->column);
    return TACET_ERR_ENCODING;
  }
}

/* Twice, and compared: jansson's lexer goes on without a letter where there is
 * no memory for it, and a handle without a letter is another handle. */
static tacet_err load(reading *r, tacet_span text, size_t max, json_t **out) {
  json_error_t e;
  if (text.len > max) {
    desk_trouble_set(r->why, "The %s has more than %zu bytes.", r->what, max);
    return TACET_ERR_LIMIT;
  }
  const char *p = text.len > 0 ? (const char *)text.p : "";
  json_t *first = json_loadb(p, text.len, JSON_REJECT_DUPLICATES, &e);
  if (first == NULL) {
    return not_json(r, &e);
  }
  json_t *second = json_loadb(p, text.len, JSON_REJECT_DUPLICATES, &e);
  bool same = second != NULL && json_equal(first, second);
  json_decref(second);
  if (!same) {
    json_decref(first);
    return no_memory(r);
  }
  *out = first;
  return TACET_OK;
}

/* "version" says how to read the rest, so it is looked at before it. */
static tacet_err check_version(reading *r, json_t *json, int version) {
  json_t *v = json_object_get(json, "version");
  if (!json_is_object(json)) {
    desk_trouble_set(r->why, "The %s must be an object in braces.", r->what);
    return TACET_ERR_ENCODING;
  }
  if (json_is_integer(v) && json_integer_value(v) > version) {
    desk_trouble_set(r->why,
                     "The %s was written by a newer version: this one knows "
                     "version %d. Update the program.",
                     r->what, version);
    return TACET_ERR_VERSION;
  }
  if (!json_is_integer(v) || json_integer_value(v) != version) {
    desk_trouble_set(r->why, "The %s must say \"version\": %d.", r->what,
                     version);
    return TACET_ERR_ENCODING;
  }
  return TACET_OK;
}

tacet_err rules_read(tacet_span text, size_t max, int version, const char *what,
                     const rules_shape *shape, void *out, json_t **json,
                     rules_block **blocks, desk_trouble *why) {
  reading r = {.what = what, .why = why};
  json_t *root = NULL;
  TACET_TRY(load(&r, text, max, &root));
  tacet_err e = check_version(&r, root, version);
  if (e == TACET_OK) {
    set_absent(shape, out);
    e = read_object(&r, shape, root, out, DEPTH_MAX);
  }
  if (e != TACET_OK) {
    json_decref(root);
    rules_blocks_free(r.blocks);
    return e;
  }
  *json = root;
  *blocks = r.blocks;
  return TACET_OK;
}
