/* SPDX-License-Identifier: Apache-2.0
 * The token keys of each week in the key log, so that nobody is given keys of
 * his own. A week's are there a week before they are used: witnesses may be
 * away for as long.
 */
#include "server/directory/private.h"

static tacet_err find_week(sto_conn *c, uint32_t first_day, uint64_t *index,
                           bool *found) {
  sto_query *q = sto_query_start(c, Q_WEEK_GET);
  sto_bind_int(q, first_day);
  TACET_TRY(sto_step(q, found));
  *index = *found ? (uint64_t)sto_int(q, 0) : 0;
  sto_query_end(q);
  return TACET_OK;
}

tacet_err dir_week_make(tok_issuer *const issuers[2], const tacet_vrf_key *vrf,
                        uint32_t first_day, dir_update *out) {
  tacet_keylog_label label;
  tacet_issuers keys = {.n = 2};
  TACET_BUF(value, 1024);
  for (int kind = 0; kind < 2; kind++) {
    TACET_TRY(tok_issuer_week(issuers[kind], first_day, &keys.list[kind]));
  }
  tacet_issuers_write(&value, &keys);
  TACET_TRY(value.err);
  tacet_keylog_label_issuers(first_day, &label);
  return dir_update_make_public(vrf, &label, tacet_buf_span(&value), out);
}

static tacet_err log_week(dir_directory *d, sto_conn *c, uint32_t first_day) {
  dir_update u;
  uint64_t index;
  bool found;
  TACET_TRY(find_week(c, first_day, &index, &found));
  if (found) {
    return TACET_OK;
  }
  TACET_TRY(dir_week_make(d->issuers, &d->log.vrf, first_day, &u));
  TACET_TRY(dir_update_append(&d->log, c, &u, &index));
  sto_query *q = sto_query_start(c, Q_WEEK_ADD);
  sto_bind_int(q, first_day);
  sto_bind_int(q, (int64_t)index);
  return sto_exec(q);
}

tacet_err dir_weeks_flush(dir_directory *d, sto_conn *c) {
  int64_t today = dir_today(d);
  int64_t week = today - today % TACET_ISSUER_DAYS;
  if (!d->log.serving || !d->keys_known || week < 0 || week == d->week) {
    return TACET_OK;
  }
  TACET_TRY(log_week(d, c, (uint32_t)week));
  TACET_TRY(log_week(d, c, (uint32_t)week + TACET_ISSUER_DAYS));
  d->week = week;
  return TACET_OK;
}

void dir_weeks_undo(dir_directory *d) {
  d->week = -1;
}

/* ---- POST /v1/tokens/proof ---- */

/* Weeks whose keys are logged, or about to be: this one and the next. */
static bool is_awaited(const dir_directory *d, uint32_t first_day) {
  int64_t today = dir_today(d);
  int64_t week = today - today % TACET_ISSUER_DAYS;
  return first_day == week || first_day == week + TACET_ISSUER_DAYS;
}

/* Under the lock of the log. What is not published yet is waited for; what
 * never will be is not. */
static tacet_err prove_week(dir_request *r, sto_conn *c) {
  const tacet_issuer_query *in = &r->in.week;
  dir_log *log = &r->directory->log;
  tacet_keylog_label label;
  tacet_keylog_opening o = {.index = 0};
  bool found;
  TACET_TRY(find_week(c, in->first_day, &o.index, &found));
  if (!found && !is_awaited(r->directory, in->first_day)) {
    return dir_refuse(r, TACET_WIRE_MALFORMED);
  }
  if (!found || o.index >= log->published.head.size) {
    return dir_refuse(r, TACET_WIRE_BUSY);
  }
  tacet_keylog_label_issuers(in->first_day, &label);
  return dir_log_prove(log, in->log_size, &label, 0, &o, NULL, &r->answer);
}

tacet_err dir_week_start(dir_request *r, sto_conn *c) {
  dir_log_read_begin(&r->directory->log);
  tacet_err err = prove_week(r, c);
  dir_log_read_end(&r->directory->log);
  return err;
}
