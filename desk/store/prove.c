/* SPDX-License-Identifier: Apache-2.0
 * One case, shown to somebody who may see no other: each event with its salt
 * and its path to the commitment of its day. Positions in a day say how far
 * apart two events were; of other events they show nothing but hashes. */
#include "desk/store/verify_private.h"

#include "tacet/codec.h"

#include <stdlib.h>

typedef struct proving {
  desk_store *s;
  desk_trouble *why;
  const char *id;
  prove_days days;
  json_t *events; /* of the case, in committed days */
  json_int_t later;
  desk_hash head; /* of the chain */
} proving;

/* ---- events ---- */

static tacet_err sign_parts(proving *p, const desk_event *e, json_t *out) {
  desk_officer o;
  if (e->signature.len == 0) {
    return TACET_OK;
  }
  TACET_TRY(officer_by_name(p->s->c, e->actor, &o));
  return json_object_set_new(out, "signature", prove_hex(e->signature)) == 0 &&
                 json_object_set_new(
                     out, "head_before",
                     prove_hex(tacet_span_of(p->head.b, DESK_HASH_LEN))) == 0 &&
                 json_object_set_new(out, "officer_key",
                                     prove_hex(desk_public_span(&o.key))) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

static tacet_err add_event(proving *p, const desk_event *e) {
  json_t *out = NULL;
  tacet_err err = prove_event(&p->days, e, &out);
  if (err == TACET_OK) {
    err = sign_parts(p, e, out);
  }
  if (err == TACET_OK && json_array_append(p->events, out) != 0) {
    err = TACET_ERR_NOMEM;
  }
  json_decref(out);
  return err;
}

static tacet_err take_event(void *user, const desk_event *e) {
  proving *p = user;
  desk_hash commitment;
  if (e->commitment.len != DESK_HASH_LEN) {
    return TACET_ERR_IO;
  }
  if (!e->erased && strcmp(e->case_id, p->id) == 0) {
    if (prove_day_is_there(&p->days, e->day)) {
      TACET_TRY(add_event(p, e));
    } else {
      p->later++;
    }
  }
  memcpy(commitment.b, e->commitment.p, DESK_HASH_LEN);
  return desk_chain_link(&p->head, e->number, e->day, &commitment, e->signature,
                         &p->head);
}

/* ---- the call ---- */

static tacet_err prove_all(proving *p, json_t **proof) {
  const desk_filter all = {.from = 0};
  json_t *row = NULL, *own = json_object();
  tacet_err e = desk_case_get(p->s, p->id, p->why, &row);
  json_decref(row);
  if (e == TACET_OK) {
    e = prove_days_read(&p->days, p->why);
  }
  if (e == TACET_OK) {
    e = desk_chain_begin(p->s->key.public_key, &p->head);
  }
  if (e == TACET_OK) {
    e = desk_events_each(p->s, &all, take_event, p, p->why);
  }
  if (e == TACET_OK && json_array_size(p->events) == 0) {
    desk_trouble_set(p->why, "no event of that case is in a day that is over "
                             "and committed to; `tacet-desk log commit` does "
                             "that once a day");
    e = TACET_ERR_STATE;
  }
  if (e == TACET_OK) {
    e = prove_own_days(&p->days, p->events, own);
  }
  if (e == TACET_OK) {
    *proof = json_pack(
        "{s:i, s:o, s:s, s:O, s:O, s:I}", "version", 1, "desk",
        prove_hex(tacet_span_of(p->s->key.public_key, DESK_KEY_LEN)), "case",
        p->id, "days", own, "events", p->events, "later", p->later);
    e = *proof != NULL ? TACET_OK : TACET_ERR_NOMEM;
  }
  json_decref(own);
  return e;
}

tacet_err desk_case_prove(desk_store *s, const char *id, desk_trouble *why,
                          json_t **proof) {
  proving p = {
      .s = s, .why = why, .id = id, .days = {.s = s}, .events = json_array()};
  why->text[0] = '\0';
  json_t *made = NULL;
  tacet_err e = p.events == NULL ? TACET_ERR_NOMEM : prove_all(&p, &made);
  prove_days_free(&p.days);
  json_decref(p.events);
  if (e == TACET_OK) {
    *proof = made;
  }
  return store_failed(e, why);
}
