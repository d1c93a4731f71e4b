/* SPDX-License-Identifier: Apache-2.0
 * Reading the log. */
#include "desk/store/private.h"

#include <stdlib.h>

static sto_query *start(desk_store *s, const desk_filter *f) {
  bool of_case = f->case_id != NULL, of_kind = f->kind != NULL;
  sto_query *q = sto_query_start(s->c, of_case && of_kind ? Q_EVENT_OF_BOTH
                                       : of_case          ? Q_EVENT_OF_CASE
                                       : of_kind          ? Q_EVENT_OF_KIND
                                                          : Q_EVENT_ALL);
  sto_bind_int(q, (int64_t)f->from);
  if (of_case) {
    sto_bind_text(q, tacet_span_str(f->case_id));
  }
  if (of_kind) {
    sto_bind_text(q, tacet_span_str(f->kind));
  }
  return q;
}

/* SQLite ends texts with a NUL; NULL after a purge. */
static const char *text_at(sto_query *q, int column) {
  return sto_is_null(q, column) ? "" : (const char *)sto_text(q, column).p;
}

static void read_event(sto_query *q, desk_event *e) {
  *e = (desk_event){.number = (uint64_t)sto_int(q, 0),
                    .day = (desk_day)sto_int(q, 1),
                    .actor = text_at(q, 2),
                    .erased = sto_is_null(q, 3),
                    .time = sto_int(q, 3),
                    .kind = text_at(q, 4),
                    .case_id = text_at(q, 5),
                    .body = sto_text(q, 6),
                    .salt = sto_blob(q, 7),
                    .commitment = sto_blob(q, 8),
                    .signature = sto_blob(q, 9)};
}

tacet_err desk_events_each(desk_store *s, const desk_filter *filter,
                           tacet_err (*visit)(void *user, const desk_event *e),
                           void *user, desk_trouble *why) {
  sto_query *q = start(s, filter);
  for (;;) {
    bool row;
    desk_event e;
    tacet_err err = sto_step(q, &row);
    if (err != TACET_OK) {
      why->text[0] = '\0';
      return store_failed(err, why);
    }
    if (!row) {
      return TACET_OK;
    }
    read_event(q, &e);
    err = visit(user, &e);
    if (err != TACET_OK) {
      sto_query_end(q);
      return err;
    }
  }
}

tacet_err desk_event_newest(desk_store *s, const desk_filter *filter,
                            desk_trouble *why, json_t **body) {
  bool row = false;
  sto_query *q = sto_query_start(
      s->c, filter->case_id != NULL ? Q_EVENT_LAST_OF_CASE : Q_EVENT_LAST);
  if (filter->case_id != NULL) {
    sto_bind_text(q, tacet_span_str(filter->case_id));
  }
  TACET_ASSERT(filter->kind != NULL);
  sto_bind_text(q, tacet_span_str(filter->kind));
  tacet_err e = sto_step(q, &row);
  if (e != TACET_OK) {
    why->text[0] = '\0';
    return store_failed(e, why);
  }
  json_t *v = NULL;
  if (row) {
    tacet_span text = sto_text(q, 0);
    v = json_loadb((const char *)text.p, text.len, JSON_REJECT_DUPLICATES,
                   NULL);
  }
  sto_query_end(q);
  if (!row) {
    return TACET_ERR_NOT_FOUND;
  }
  if (v == NULL) {
    desk_trouble_set(why, "an event of the log is damaged; `tacet-desk log "
                          "verify` says where");
    return TACET_ERR_IO;
  }
  *body = v;
  return TACET_OK;
}
