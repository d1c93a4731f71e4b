/* SPDX-License-Identifier: Apache-2.0
 * Plans: made from a scope, written as text, read back by making them anew. */
#include "desk/plan/plan.h"
#include "desk/plan/age.h"
#include "desk/plan/queries.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define CASE_MAX 128 /* bytes of a case's id, of an instrument's code */

static const char *const purposes[DESK_PURPOSES] = {"answer", "preservation"};
static const char *const bind_names[] = {"handle", "account-id", "from", "to"};

void desk_plan_free(desk_plan *p) {
  free(p->text);
  json_decref(p->json);
  free(p->block);
  *p = (desk_plan){.text = NULL};
}

/* ---- what may be planned ---- */

static bool is_code(const char *s) {
  size_t len = strlen(s);
  return len > 0 && len <= CASE_MAX && tacet_is_utf8(tacet_span_of(s, len));
}

static tacet_err refuse(desk_trouble *why, const char *words) {
  desk_trouble_set(why, "this cannot be planned: %s", words);
  return TACET_ERR_ARGUMENT;
}

static tacet_err check_scope(const desk_scope *s, desk_trouble *why) {
  if (!is_code(s->case_id) || !is_code(s->instrument)) {
    return refuse(why, "the case has no id or no instrument");
  }
  if (s->n_handles == 0) {
    return refuse(why, "it names no account of this server");
  }
  if (s->n_handles > DESK_PLAN_HANDLES_MAX) {
    return refuse(why, "it names too many accounts; divide it");
  }
  if (s->categories == 0 || s->categories >> DESK_CATEGORIES != 0) {
    return refuse(why, "no category of data is permitted");
  }
  if (s->things >> DESK_THINGS != 0) {
    return refuse(why, "it asks for a thing that is none");
  }
  if (s->from != DESK_NO_DAY && s->to != DESK_NO_DAY && s->to < s->from) {
    return refuse(why, "its period ends before it begins");
  }
  for (size_t i = 0; i < s->n_handles; i++) {
    if (!is_code(s->handles[i])) {
      return refuse(why, "one of the accounts is no handle");
    }
  }
  return TACET_OK;
}

static bool is_source(const desk_plan_input *in) {
  uint8_t hash[DESK_HASH];
  return in->purpose == DESK_ANSWER && in->source_case != NULL &&
         is_code(in->source_case) && in->source_hash != NULL &&
         tacet_hex_read(in->source_hash, strlen(in->source_hash), hash,
                        DESK_HASH) == TACET_OK;
}

static tacet_err check_input(const desk_plan_input *in, desk_trouble *why) {
  uint8_t key[DESK_AGE_KEY];
  TACET_TRY(check_scope(in->scope, why));
  if ((in->source_case != NULL || in->source_hash != NULL) && !is_source(in)) {
    return refuse(why, "a preserved copy is named by its case and its hash");
  }
  if (in->purpose == DESK_PRESERVE) {
    return in->recipient == NULL && in->until != DESK_NO_DAY
               ? TACET_OK
               : refuse(why, "a preservation has an end date and no recipient");
  }
  if (in->recipient == NULL ||
      desk_age_recipient_read(in->recipient, key) != TACET_OK) {
    return refuse(why, "the recipient's key is no \"age1...\" key; the officer "
                       "who asks makes one with age-keygen");
  }
  return TACET_OK;
}

/* ---- its text ---- */

static json_t *json_day(desk_day d) {
  char text[DESK_DAY_TEXT];
  if (d == DESK_NO_DAY) {
    return json_null();
  }
  desk_day_text(d, text);
  return json_string(text);
}

/* Appends, taking both; false and nothing left over where memory ran out. */
static bool append(json_t *list, json_t *item) {
  return json_array_append_new(list, item) == 0;
}

static json_t *json_reads(const desk_query *s) {
  json_t *list = json_array();
  for (size_t i = 0; i < s->n_keys; i++) {
    if (!append(list, json_string(s->keys[i]->name))) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *json_gives(const desk_query *s) {
  json_t *list = json_array();
  for (size_t i = 0; i < s->n_columns; i++) {
    const tacetd_inventory_row *row = s->columns[i];
    if (!append(list,
                json_pack("{s:s, s:s, s:s, s:s}", "column", row->name, "as",
                          row->answer, "form", desk_column_form(row->form),
                          "category",
                          tacetd_inventory_category_name(row->category)))) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *json_binds(const desk_query *s) {
  json_t *list = json_array();
  for (size_t i = 0; i < s->n_binds; i++) {
    if (!append(list, json_string(bind_names[s->binds[i]]))) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *json_steps(const desk_plan *p) {
  json_t *list = json_array();
  for (size_t i = 0; i < p->n_steps; i++) {
    const desk_query *s = &p->steps[i];
    /* s:o with NULL fails and takes the others. */
    if (!append(list, json_pack("{s:s?, s:s, s:o, s:o, s:o, s:i}", "name",
                                s->name, "sql", s->sql, "reads", json_reads(s),
                                "gives", json_gives(s), "parameters",
                                json_binds(s), "rows_max", (int)s->rows_max))) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

tacet_err desk_plan_pin(const char *case_id, tacet_span account,
                        uint8_t out[DESK_HASH]) {
  /* The case's id ends with its NUL, so no two inputs run together. */
  const tacet_span parts[] = {
      TACET_SPAN_LIT("tacet-desk account\n"),
      tacet_span_of((const uint8_t *)case_id, strlen(case_id) + 1), account};
  return tacet_hash_sha256.digest(parts, 3, out);
}

static bool is_pinned(const desk_plan_input *in, size_t i) {
  return in->pins != NULL && in->present[i];
}

static json_t *json_handles(const desk_plan_input *in) {
  json_t *list = json_array();
  char pin[2 * DESK_HASH + 1];
  for (size_t i = 0; i < in->scope->n_handles; i++) {
    bool pinned = is_pinned(in, i);
    if (pinned) {
      tacet_hex_write(tacet_span_of(in->pins[i], DESK_HASH), pin);
    }
    if (!append(list,
                json_pack("{s:s, s:b, s:s*}", "handle", in->scope->handles[i],
                          "present", (int)in->present[i], "pin",
                          pinned ? pin : NULL))) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *json_categories(desk_category_set set) {
  json_t *list = json_array();
  for (unsigned c = 0; c < DESK_CATEGORIES; c++) {
    if ((set >> c & 1u) != 0 &&
        !append(list, json_string(desk_category_name((desk_category)c)))) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

static json_t *json_source(const desk_plan_input *in) {
  return in->source_case == NULL
             ? json_null()
             : json_pack("{s:s, s:s}", "case", in->source_case, "sha256",
                         in->source_hash);
}

/* Empty: all things. */
static json_t *json_things(desk_thing_set set) {
  json_t *list = json_array();
  for (unsigned i = 0; i < DESK_THINGS; i++) {
    if ((set >> i & 1u) != 0 &&
        !append(list, json_string(desk_thing_name((desk_thing)i)))) {
      json_decref(list);
      return NULL;
    }
  }
  return list;
}

/* What the plan is made of: all of it but the steps. */
static json_t *json_input(const desk_plan_input *in) {
  const desk_scope *s = in->scope;
  return json_pack(
      "{s:i, s:s, s:s, s:s, s:o, s:o, s:o, s:o, s:{s:o, s:o}, s:s?, "
      "s:o}",
      "version", DESK_PLAN_VERSION, "case", s->case_id, "instrument",
      s->instrument, "purpose", purposes[in->purpose], "until",
      json_day(in->until), "categories", json_categories(s->categories),
      "things", json_things(s->things), "handles", json_handles(in), "period",
      "from", json_day(s->from), "to", json_day(s->to), "recipient",
      in->recipient, "source", json_source(in));
}

/* Texts and days of the plan's own, borrowed from its JSON. */
static tacet_err keep_input(desk_plan *p, json_t *json,
                            const desk_plan_input *in) {
  size_t n = in->scope->n_handles;
  /* One block: the pointers, then which account each is, and whether it is
   * there. */
  const char **handles =
      malloc(n * (sizeof(*handles) + DESK_HASH + sizeof(bool)));
  if (handles == NULL) {
    return TACET_ERR_NOMEM;
  }
  uint8_t(*pins)[DESK_HASH] = (uint8_t(*)[DESK_HASH])(void *)(handles + n);
  bool *present = (bool *)(void *)(pins + n);
  const json_t *list = json_object_get(json, "handles");
  for (size_t i = 0; i < n; i++) {
    handles[i] =
        json_string_value(json_object_get(json_array_get(list, i), "handle"));
    present[i] = in->present[i];
    memset(pins[i], 0, DESK_HASH);
    if (is_pinned(in, i)) {
      memcpy(pins[i], in->pins[i], DESK_HASH);
    }
  }
  p->block = handles;
  p->scope = *in->scope;
  p->scope.case_id = json_string_value(json_object_get(json, "case"));
  p->scope.instrument = json_string_value(json_object_get(json, "instrument"));
  p->scope.handles = handles;
  p->in = *in;
  p->in.present = present;
  p->in.pins = in->pins != NULL ? (const uint8_t(*)[DESK_HASH])pins : NULL;
  p->in.recipient = json_string_value(json_object_get(json, "recipient"));
  const json_t *source = json_object_get(json, "source");
  p->in.source_case = json_string_value(json_object_get(source, "case"));
  p->in.source_hash = json_string_value(json_object_get(source, "sha256"));
  return TACET_OK;
}

static tacet_err write_text(desk_plan *p, json_t *json) {
  char hex[2 * DESK_HASH + 1];
  tacet_hex_write(tacet_span_of(p->inventory, DESK_HASH), hex);
  if (json_object_set_new(json, "inventory", json_string(hex)) != 0 ||
      json_object_set_new(json, "steps", json_steps(p)) != 0) {
    return TACET_ERR_NOMEM;
  }
  p->text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
  if (p->text == NULL) {
    return TACET_ERR_NOMEM;
  }
  p->text_len = strlen(p->text);
  return tacet_hash_one(&tacet_hash_sha256, tacet_span_of(p->text, p->text_len),
                        p->hash);
}

tacet_err desk_plan_make(const desk_plan_input *in, desk_trouble *why,
                         desk_plan *out) {
  DESK_PLAN(p);
  TACET_TRY(check_input(in, why));
  TACET_TRY(desk_inventory_hash(p.inventory));
  tacet_err err = desk_queries_make(in->scope, p.steps, &p.n_steps);
  if (err != TACET_OK) {
    desk_trouble_set(why, "the inventory lacks a column by which rows are "
                          "found; use the tacet-desk of the server's version");
    return err;
  }
  json_t *json = json_input(in);
  p.json = json;
  if (json == NULL) {
    desk_trouble_set(why, "there is not enough memory for the plan");
    return TACET_ERR_NOMEM;
  }
  TACET_TRY(keep_input(&p, json, in));
  TACET_TRY(write_text(&p, json));
  *out = p;
  out->in.scope = &out->scope;
  p = (desk_plan){.text = NULL};
  return TACET_OK;
}

/* ---- reading ---- */

static bool read_day(const json_t *v, desk_day *out) {
  *out = DESK_NO_DAY;
  return json_is_null(v) ||
         (json_is_string(v) && desk_day_read(json_string_value(v), out));
}

static bool read_categories(const json_t *list, desk_category_set *out) {
  *out = 0;
  for (size_t i = 0; i < json_array_size(list); i++) {
    desk_category c;
    const char *word = json_string_value(json_array_get(list, i));
    if (word == NULL || !desk_category_read(word, &c)) {
      return false;
    }
    *out |= 1u << c;
  }
  return json_is_array(list);
}

static bool read_things(const json_t *list, desk_thing_set *out) {
  *out = 0;
  for (size_t i = 0; i < json_array_size(list); i++) {
    desk_thing thing;
    const char *word = json_string_value(json_array_get(list, i));
    if (word == NULL || !desk_thing_read(word, &thing)) {
      return false;
    }
    *out |= 1u << thing;
  }
  return json_is_array(list);
}

static bool read_purpose(const json_t *v, desk_purpose *out) {
  for (unsigned i = 0; json_is_string(v) && i < DESK_PURPOSES; i++) {
    if (strcmp(json_string_value(v), purposes[i]) == 0) {
      *out = (desk_purpose)i;
      return true;
    }
  }
  return false;
}

/* *pinned: one of them has a pin; that each has that is there shows when the
 * text is made again. */
static bool read_handles(const json_t *list, const char **handles,
                         bool *present, uint8_t (*pins)[DESK_HASH],
                         bool *pinned) {
  for (size_t i = 0; i < json_array_size(list); i++) {
    const json_t *item = json_array_get(list, i);
    handles[i] = json_string_value(json_object_get(item, "handle"));
    present[i] = json_is_true(json_object_get(item, "present"));
    const char *pin = json_string_value(json_object_get(item, "pin"));
    if (handles[i] == NULL ||
        (pin != NULL &&
         tacet_hex_read(pin, strlen(pin), pins[i], DESK_HASH) != TACET_OK)) {
      return false;
    }
    *pinned = *pinned || pin != NULL;
  }
  return true;
}

static bool read_scope(const json_t *json, desk_scope *s, desk_plan_input *in) {
  const json_t *period = json_object_get(json, "period");
  s->case_id = json_string_value(json_object_get(json, "case"));
  s->instrument = json_string_value(json_object_get(json, "instrument"));
  const json_t *source = json_object_get(json, "source");
  in->recipient = json_string_value(json_object_get(json, "recipient"));
  in->source_case = json_string_value(json_object_get(source, "case"));
  in->source_hash = json_string_value(json_object_get(source, "sha256"));
  return s->case_id != NULL && s->instrument != NULL &&
         read_day(json_object_get(period, "from"), &s->from) &&
         read_day(json_object_get(period, "to"), &s->to) &&
         read_day(json_object_get(json, "until"), &in->until) &&
         read_purpose(json_object_get(json, "purpose"), &in->purpose) &&
         read_things(json_object_get(json, "things"), &s->things) &&
         read_categories(json_object_get(json, "categories"), &s->categories);
}

static tacet_err remake(const json_t *json, const char **handles, bool *present,
                        uint8_t (*pins)[DESK_HASH], desk_trouble *why,
                        desk_plan *out) {
  bool pinned = false;
  const json_t *list = json_object_get(json, "handles");
  desk_scope scope = {.handles = handles, .n_handles = json_array_size(list)};
  desk_plan_input in = {.scope = &scope, .present = present};
  if (!read_handles(list, handles, present, pins, &pinned) ||
      !read_scope(json, &scope, &in)) {
    desk_trouble_set(why, "this is no plan of tacet-desk");
    return TACET_ERR_ENCODING;
  }
  in.pins = pinned ? (const uint8_t(*)[DESK_HASH])pins : NULL;
  return desk_plan_make(&in, why, out);
}

tacet_err desk_plan_read(tacet_span text, desk_trouble *why, desk_plan *out) {
  DESK_PLAN(p);
  json_t *json = text.len > DESK_PLAN_MAX
                     ? NULL
                     : json_loadb((const char *)text.p, text.len,
                                  JSON_REJECT_DUPLICATES, NULL);
  size_t n = json_array_size(json_object_get(json, "handles"));
  if (json == NULL || n == 0 || n > DESK_PLAN_HANDLES_MAX) {
    json_decref(json);
    desk_trouble_set(why, "this is no plan of tacet-desk");
    return TACET_ERR_ENCODING;
  }
  const char **handles = calloc(n, sizeof(*handles));
  bool *present = calloc(n, sizeof(*present));
  uint8_t(*pins)[DESK_HASH] = calloc(n, sizeof(*pins));
  tacet_err err = handles == NULL || present == NULL || pins == NULL
                      ? TACET_ERR_NOMEM
                      : remake(json, handles, present, pins, why, &p);
  free(pins);
  free(handles);
  free(present);
  json_decref(json);
  TACET_TRY(err);
  if (!tacet_span_equal(text, tacet_span_of(p.text, p.text_len))) {
    desk_trouble_set(why, "the plan is not what this program makes of it: the "
                          "inventory or the program has changed since, or "
                          "somebody changed the plan; make it again");
    return TACET_ERR_STATE;
  }
  *out = p;
  out->in.scope = &out->scope;
  p = (desk_plan){.text = NULL};
  return TACET_OK;
}
