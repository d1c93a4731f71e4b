/* SPDX-License-Identifier: Apache-2.0
 * Checking what shows who works at the desk. Its bytes come from somebody else:
 * every member is looked at before it is used. */
#include "desk/store/verify_private.h"

#include "tacet/codec.h"

#include <stdlib.h>

static const char *text_of(const json_t *v, const char *name) {
  const char *t = json_string_value(json_object_get(v, name));
  return t != NULL ? t : "";
}

static const desk_day_hash *day_of(const proof_checking *c, const json_t *e) {
  desk_day day;
  if (desk_day_read(text_of(e, "day"), &day)) {
    for (size_t i = 0; i < c->out.n_days; i++) {
      if (c->out.days[i].day == day) {
        return &c->out.days[i];
      }
    }
  }
  return NULL;
}

static tacet_err read_officer(const json_t *body, desk_shown *out) {
  const char *name = text_of(body, "name");
  return desk_public_read(text_of(body, "key"), &out->key) == TACET_OK &&
                 *name != '\0' &&
                 store_copy(tacet_span_str(name), out->name, sizeof(out->name))
             ? TACET_OK
             : TACET_ERR_AUTH;
}

static tacet_err check_event(proof_checking *c, const json_t *e,
                             desk_shown *out) {
  desk_hash commitment;
  TACET_TRY(proof_event(c, e, &commitment));
  if (strcmp(text_of(e, "kind"), "officer-added") != 0) {
    return proof_bad(c, "it adds no officer");
  }
  const json_t *text = json_object_get(e, "body");
  json_t *body = json_loadb(json_string_value(text), json_string_length(text),
                            JSON_REJECT_DUPLICATES, NULL);
  tacet_err err = read_officer(body, out);
  json_decref(body);
  if (err != TACET_OK) {
    return proof_bad(c, "it adds an officer who is none");
  }
  out->day = *day_of(c, e); /* its path leads there */
  return TACET_OK;
}

static tacet_err check_all(proof_checking *c, const json_t *proof,
                           const uint8_t desk[DESK_KEY_LEN], desk_shown **out,
                           size_t *n) {
  size_t i;
  json_t *e;
  TACET_TRY(proof_begin(c, proof));
  if (memcmp(c->desk.b, desk, DESK_KEY_LEN) != 0 || *c->case_id != '\0') {
    desk_trouble_set(c->why, "what shows the officers is of another desk");
    return TACET_ERR_AUTH;
  }
  TACET_TRY(proof_days(c));
  *n = json_array_size(c->events);
  *out = calloc(*n + 1, sizeof(**out));
  if (*out == NULL) {
    return TACET_ERR_NOMEM;
  }
  json_array_foreach(c->events, i, e) {
    c->at = i + 1;
    TACET_TRY(check_event(c, e, &(*out)[i]));
  }
  return TACET_OK;
}

tacet_err desk_officers_check(const json_t *proof,
                              const uint8_t desk[DESK_KEY_LEN],
                              desk_trouble *why, desk_shown **out, size_t *n) {
  proof_checking c = {.why = why};
  desk_shown *list = NULL;
  size_t count = 0;
  why->text[0] = '\0';
  tacet_err e = check_all(&c, proof, desk, &list, &count);
  desk_audit_free(&c.out);
  if (e != TACET_OK) {
    free(list);
    return store_failed(e, why);
  }
  *out = list;
  *n = count;
  return TACET_OK;
}
