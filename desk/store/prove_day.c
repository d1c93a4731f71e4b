/* SPDX-License-Identifier: Apache-2.0
 * What shows that an event stands in the commitment of its day: its words, its
 * salt, and its path to the root that the day's statement has. */
#include "desk/store/verify_private.h"

#include "tacet/codec.h"

#include <stdlib.h>

enum { HEX_MAX = 128 };

json_t *prove_hex(tacet_span b) {
  char text[2 * HEX_MAX + 1];
  if (b.len > HEX_MAX) {
    return NULL;
  }
  tacet_hex_write(b, text);
  return json_string(text);
}

static json_t *hash_text(const desk_hash *h) {
  return prove_hex(tacet_span_of(h->b, DESK_HASH_LEN));
}

void prove_days_free(prove_days *p) {
  json_decref(p->days);
  free(p->all);
  *p = (prove_days){.s = p->s};
}

/* ---- days ---- */

static tacet_err take_day(void *user, const desk_event *e) {
  prove_days *p = user;
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

tacet_err prove_days_read(prove_days *p, desk_trouble *why) {
  const desk_filter days = {.kind = "day-committed"};
  p->days = json_object();
  return p->days == NULL ? TACET_ERR_NOMEM
                         : desk_events_each(p->s, &days, take_day, p, why);
}

bool prove_day_is_there(const prove_days *p, desk_day day) {
  char text[DESK_DAY_TEXT];
  desk_day_text(day, text);
  return json_object_get(p->days, text) != NULL;
}

tacet_err prove_own_days(const prove_days *p, const json_t *events,
                         json_t *out) {
  size_t i;
  json_t *e;
  json_array_foreach(events, i, e) {
    const char *day = json_string_value(json_object_get(e, "day"));
    if (json_object_set(out, day, json_object_get(p->days, day)) != 0) {
      return TACET_ERR_NOMEM;
    }
  }
  return TACET_OK;
}

/* ---- events ---- */

static tacet_err day_of(prove_days *p, desk_day day) {
  if (p->all != NULL && p->day == day) {
    return TACET_OK;
  }
  free(p->all);
  p->all = NULL;
  p->day = day;
  return day_commitments(p->s->c, day, &p->all, &p->n);
}

static tacet_err path_of(prove_days *p, const desk_event *e, json_t *out) {
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

tacet_err prove_event(prove_days *p, const desk_event *e, json_t **out) {
  char day[DESK_DAY_TEXT];
  if (e->commitment.len != DESK_HASH_LEN) {
    return TACET_ERR_IO;
  }
  desk_day_text(e->day, day);
  json_t *v = json_pack("{s:s, s:I, s:s, s:s, s:s%, s:o}", "day", day, "time",
                        (json_int_t)e->time, "actor", e->actor, "kind", e->kind,
                        "body", (const char *)e->body.p, e->body.len, "salt",
                        prove_hex(e->salt));
  tacet_err err = v == NULL ? TACET_ERR_NOMEM : path_of(p, e, v);
  if (err == TACET_OK) {
    *out = v;
  } else {
    json_decref(v);
  }
  return err;
}
