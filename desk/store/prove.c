/* SPDX-License-Identifier: Apache-2.0
 * One case, shown to somebody who may see no other: each event with its salt
 * and its path to the commitment of its day. Positions in a day say how far
 * apart two events were; of other events they show nothing but hashes. */
#include "desk/store/verify_private.h"

#include "tacet/codec.h"

#include <stdlib.h>

#define HEX_LEN (2 * DESK_HASH_LEN + 1)

typedef struct proving {
  desk_store *s;
  desk_trouble *why;
  const char *id;
  json_t *days;   /* "2026-11-24" -> {root, before, statement} */
  json_t *events; /* of the case, in committed days */
  json_int_t later;
  desk_hash head, before; /* of the chain; of the days */
  /* commitments of the day that is asked for */
  desk_day day;
  desk_hash *all;
  size_t n;
} proving;

static json_t *hex_of(tacet_span b) {
  char text[2 * 128 + 1];
  if (b.len > 128) {
    return NULL;
  }
  tacet_hex_write(b, text);
  return json_string(text);
}

static json_t *hash_text(const desk_hash *h) {
  return hex_of(tacet_span_of(h->b, DESK_HASH_LEN));
}

/* ---- days ---- */

static tacet_err take_day(void *user, const desk_event *e) {
  proving *p = user;
  desk_hash root, statement;
  json_t *body = json_loadb((const char *)e->body.p, e->body.len,
                            JSON_REJECT_DUPLICATES, NULL);
  const char *day = json_string_value(json_object_get(body, "day"));
  tacet_err err = TACET_ERR_IO;
  if (day != NULL && hash_of(body, "root", &root) &&
      hash_of(body, "statement", &statement)) {
    json_t *d =
        json_pack("{s:o, s:o, s:o}", "root", hash_text(&root), "before",
                  hash_text(&p->before), "statement", hash_text(&statement));
    err = d != NULL && json_object_set_new(p->days, day, d) == 0
              ? TACET_OK
              : TACET_ERR_NOMEM;
    p->before = statement;
  }
  json_decref(body);
  return err;
}

/* ---- events ---- */

static tacet_err day_of(proving *p, desk_day day) {
  if (p->all != NULL && p->day == day) {
    return TACET_OK;
  }
  free(p->all);
  p->all = NULL;
  p->day = day;
  return day_commitments(p->s->c, day, &p->all, &p->n);
}

static tacet_err path_of_event(proving *p, const desk_event *e, json_t *out) {
  tacet_tlog_proof proof;
  uint64_t index;
  size_t which = 0;
  TACET_TRY(day_of(p, e->day));
  while (which < p->n &&
         memcmp(p->all[which].b, e->commitment.p, DESK_HASH_LEN) != 0) {
    which++;
  }
  TACET_TRY(desk_day_prove(p->s->pad_key, e->day, p->all, p->n, which, &index,
                           &proof));
  json_t *path = json_array();
  for (size_t i = 0; i < proof.n; i++) {
    (void)json_array_append_new(path, hash_text(&proof.hashes[i]));
  }
  return json_object_set_new(out, "path", path) == 0 &&
                 json_object_set_new(out, "index",
                                     json_integer((json_int_t)index)) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

static tacet_err sign_parts(proving *p, const desk_event *e, json_t *out) {
  desk_officer o;
  if (e->signature.len == 0) {
    return TACET_OK;
  }
  TACET_TRY(officer_by_name(p->s->c, e->actor, &o));
  return json_object_set_new(out, "signature", hex_of(e->signature)) == 0 &&
                 json_object_set_new(out, "head_before", hash_text(&p->head)) ==
                     0 &&
                 json_object_set_new(
                     out, "officer_key",
                     hex_of(tacet_span_of(o.key, DESK_KEY_LEN))) == 0
             ? TACET_OK
             : TACET_ERR_NOMEM;
}

static tacet_err add_event(proving *p, const desk_event *e, const char *day) {
  json_t *out =
      json_pack("{s:s, s:I, s:s, s:s, s:s%, s:o}", "day", day, "time",
                (json_int_t)e->time, "actor", e->actor, "kind", e->kind, "body",
                (const char *)e->body.p, e->body.len, "salt", hex_of(e->salt));
  tacet_err err = out == NULL ? TACET_ERR_NOMEM : path_of_event(p, e, out);
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
  char day[DESK_DAY_TEXT];
  desk_hash commitment;
  if (e->commitment.len != DESK_HASH_LEN) {
    return TACET_ERR_IO;
  }
  desk_day_text(e->day, day);
  if (!e->erased && strcmp(e->case_id, p->id) == 0) {
    if (json_object_get(p->days, day) == NULL) {
      p->later++;
    } else {
      TACET_TRY(add_event(p, e, day));
    }
  }
  memcpy(commitment.b, e->commitment.p, DESK_HASH_LEN);
  return desk_chain_link(&p->head, e->number, e->day, &commitment, e->signature,
                         &p->head);
}

/* ---- the call ---- */

/* The days that the events are of, and no others. */
static tacet_err own_days(const proving *p, json_t *out) {
  size_t i;
  json_t *e;
  json_array_foreach(p->events, i, e) {
    const char *day = json_string_value(json_object_get(e, "day"));
    if (json_object_set(out, day, json_object_get(p->days, day)) != 0) {
      return TACET_ERR_NOMEM;
    }
  }
  return TACET_OK;
}

static tacet_err prove_all(proving *p, json_t **proof) {
  const desk_filter all = {.from = 0}, days = {.kind = "day-committed"};
  json_t *row = NULL, *own = json_object();
  tacet_err e = desk_case_get(p->s, p->id, p->why, &row);
  json_decref(row);
  if (e == TACET_OK) {
    e = desk_events_each(p->s, &days, take_day, p, p->why);
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
    e = own_days(p, own);
  }
  if (e == TACET_OK) {
    *proof = json_pack(
        "{s:i, s:o, s:s, s:O, s:O, s:I}", "version", 1, "desk",
        hex_of(tacet_span_of(p->s->key.public_key, DESK_KEY_LEN)), "case",
        p->id, "days", own, "events", p->events, "later", p->later);
    e = *proof != NULL ? TACET_OK : TACET_ERR_NOMEM;
  }
  json_decref(own);
  return e;
}

tacet_err desk_case_prove(desk_store *s, const char *id, desk_trouble *why,
                          json_t **proof) {
  proving p = {.s = s,
               .why = why,
               .id = id,
               .days = json_object(),
               .events = json_array()};
  why->text[0] = '\0';
  json_t *made = NULL;
  tacet_err e = p.days == NULL || p.events == NULL ? TACET_ERR_NOMEM
                                                   : prove_all(&p, &made);
  json_decref(p.days);
  json_decref(p.events);
  free(p.all);
  if (e == TACET_OK) {
    *proof = made;
  }
  return store_failed(e, why);
}
