/* SPDX-License-Identifier: Apache-2.0
 * Commitments of days: made once the day is over, one after the other. */
#include "desk/store/verify_private.h"

#include "tacet/codec.h"

#include <stdlib.h>

/* ---- those that there are ---- */

typedef struct telling {
  desk_day from;
  void (*tell)(void *user, const desk_day_hash *d);
  void *user;
  desk_trouble *why;
} telling;

static tacet_err read_day(const desk_event *e, desk_day_hash *out) {
  json_t *body = json_loadb((const char *)e->body.p, e->body.len,
                            JSON_REJECT_DUPLICATES, NULL);
  const char *day = json_string_value(json_object_get(body, "day"));
  bool good = day != NULL && desk_day_read(day, &out->day) &&
              hash_of(body, "statement", &out->hash);
  json_decref(body);
  return good ? TACET_OK : TACET_ERR_IO;
}

static tacet_err tell_day(void *user, const desk_event *e) {
  telling *t = user;
  desk_day_hash d;
  tacet_err err = read_day(e, &d);
  if (err != TACET_OK) {
    return store_failed(err, t->why);
  }
  if (d.day >= t->from) {
    t->tell(t->user, &d);
  }
  return TACET_OK;
}

tacet_err desk_days_each(desk_store *s, desk_day from,
                         void (*tell)(void *user, const desk_day_hash *d),
                         void *user, desk_trouble *why) {
  const desk_filter f = {.kind = "day-committed"};
  telling t = {from, tell, user, why};
  why->text[0] = '\0';
  return desk_events_each(s, &f, tell_day, &t, why);
}

/* ---- the next one ---- */

typedef struct committing {
  sto_job job;
  desk_store *s;
  desk_trouble *why;
  bool made;
  desk_day_hash day; /* out */
} committing;

/* The day after the last commitment, or that of the first event; `before`: the
 * statement of the day before. */
static tacet_err next_day(sto_conn *c, desk_day *day, desk_hash *before) {
  bool row = false;
  sto_query *q = sto_query_start(c, Q_EVENT_LAST);
  sto_bind_text(q, TACET_SPAN_LIT("day-committed"));
  TACET_TRY(sto_step(q, &row));
  *before = (desk_hash){{0}};
  if (row) {
    desk_day_hash last;
    const desk_event e = {.body = sto_text(q, 0)};
    tacet_err err = read_day(&e, &last);
    sto_query_end(q);
    TACET_TRY(err);
    *before = last.hash;
    *day = last.day + 1;
    return TACET_OK;
  }
  q = sto_query_start(c, Q_DAY_FIRST);
  TACET_TRY(sto_step(q, &row));
  *day = row ? (desk_day)sto_int(q, 0) : DESK_NO_DAY;
  sto_query_end(q);
  return row ? TACET_OK : TACET_ERR_IO;
}

/* In an array of their number, freed with free(). */
tacet_err day_commitments(sto_conn *c, desk_day day, desk_hash **out,
                          size_t *n_out) {
  desk_hash *all = NULL;
  size_t n = 0, cap = 0;
  sto_query *q = sto_query_start(c, Q_DAY_COMMITMENTS);
  sto_bind_int(q, day);
  for (;;) {
    bool row;
    tacet_err e = sto_step(q, &row);
    if (e == TACET_OK && !row) {
      *out = all;
      *n_out = n;
      return TACET_OK;
    }
    if (e == TACET_OK && n == cap) {
      cap = cap > 0 ? 2 * cap : 256;
      desk_hash *more = realloc(all, cap * sizeof(*more));
      e = more == NULL ? TACET_ERR_NOMEM : TACET_OK;
      all = more != NULL ? more : all;
    }
    if (e == TACET_OK && sto_blob(q, 0).len != DESK_HASH_LEN) {
      e = TACET_ERR_IO;
    }
    if (e != TACET_OK) {
      sto_query_end(q);
      free(all);
      return e;
    }
    memcpy(all[n++].b, sto_blob(q, 0).p, DESK_HASH_LEN);
  }
}

static tacet_err append_day(committing *x, sto_conn *c, desk_day day,
                            const desk_hash *root, const desk_hash *before) {
  char text[DESK_STATEMENT_MAX], name[DESK_DAY_TEXT], r[2 * DESK_HASH_LEN + 1],
      h[2 * DESK_HASH_LEN + 1];
  size_t len =
      desk_day_statement(x->s->key.public_key, day, root, before, text);
  x->day.day = day;
  TACET_TRY(desk_statement_hash(tacet_span_of(text, len), &x->day.hash));
  desk_day_text(day, name);
  tacet_hex_write(tacet_span_of(root->b, DESK_HASH_LEN), r);
  tacet_hex_write(tacet_span_of(x->day.hash.b, DESK_HASH_LEN), h);
  json_t *body =
      json_pack("{s:s, s:s, s:s}", "day", name, "root", r, "statement", h);
  desk_item item = {
      .act = {
          .actor = "", .kind = "day-committed", .case_id = "", .body = body}};
  tacet_err e =
      body == NULL ? TACET_ERR_NOMEM : append_items(x->s, c, &item, 1, x->why);
  json_decref(body);
  return e;
}

static tacet_err commit_run(sto_job *job, sto_conn *c) {
  committing *x = (committing *)job;
  desk_day day;
  desk_hash before, root, *all = NULL;
  size_t n = 0;
  x->made = false;
  TACET_TRY(next_day(c, &day, &before));
  if (day >= desk_store_today(x->s)) {
    return TACET_OK;
  }
  TACET_TRY(day_commitments(c, day, &all, &n));
  tacet_err e = desk_day_root(x->s->pad_key, day, all, n, &root);
  free(all);
  TACET_TRY(e);
  TACET_TRY(append_day(x, c, day, &root, &before));
  x->made = true;
  return TACET_OK;
}

tacet_err desk_days_commit(desk_store *s,
                           void (*tell)(void *user, const desk_day_hash *d),
                           void *user, desk_trouble *why) {
  for (;;) {
    committing x = {.job.run = commit_run, .s = s, .why = why};
    TACET_TRY(store_transact(s, &x.job, why));
    if (!x.made) {
      return TACET_OK;
    }
    tell(user, &x.day);
  }
}
