/* SPDX-License-Identifier: Apache-2.0
 * That somebody works at the desk, shown to who has nothing but the desk's
 * statements of days: the events that added them, without the rest. */
#include "desk/store/verify_private.h"

typedef struct proving {
  prove_days days;
  const char *const *names;
  size_t n;
  json_t *events;
} proving;

static bool is_asked(const proving *p, const char *name) {
  for (size_t i = 0; i < p->n; i++) {
    if (strcmp(p->names[i], name) == 0) {
      return true;
    }
  }
  return false;
}

static tacet_err take_event(void *user, const desk_event *e) {
  proving *p = user;
  json_t *out = NULL;
  json_t *body = json_loadb((const char *)e->body.p, e->body.len,
                            JSON_REJECT_DUPLICATES, NULL);
  const char *name = json_string_value(json_object_get(body, "name"));
  bool shown =
      name != NULL && is_asked(p, name) && prove_day_is_there(&p->days, e->day);
  json_decref(body);
  if (!shown) {
    return TACET_OK;
  }
  TACET_TRY(prove_event(&p->days, e, &out));
  return json_array_append_new(p->events, out) == 0 ? TACET_OK
                                                    : TACET_ERR_NOMEM;
}

static tacet_err prove_all(proving *p, desk_trouble *why, json_t **proof) {
  const desk_filter added = {.kind = "officer-added"};
  const desk_store *s = p->days.s;
  json_t *own = json_object();
  tacet_err e = own == NULL || p->events == NULL
                    ? TACET_ERR_NOMEM
                    : prove_days_read(&p->days, why);
  if (e == TACET_OK) {
    e = desk_events_each(p->days.s, &added, take_event, p, why);
  }
  if (e == TACET_OK) {
    e = prove_own_days(&p->days, p->events, own);
  }
  if (e == TACET_OK) {
    *proof =
        json_pack("{s:i, s:o, s:O, s:O}", "version", 1, "desk",
                  prove_hex(tacet_span_of(s->key.public_key, DESK_KEY_LEN)),
                  "days", own, "events", p->events);
    e = *proof != NULL ? TACET_OK : TACET_ERR_NOMEM;
  }
  json_decref(own);
  return e;
}

tacet_err desk_officers_prove(desk_store *s, const char *const *names, size_t n,
                              desk_trouble *why, json_t **proof) {
  proving p = {
      .days = {.s = s}, .names = names, .n = n, .events = json_array()};
  json_t *made = NULL;
  why->text[0] = '\0';
  tacet_err e = prove_all(&p, why, &made);
  prove_days_free(&p.days);
  json_decref(p.events);
  if (e == TACET_OK) {
    *proof = made;
  }
  return store_failed(e, why);
}
