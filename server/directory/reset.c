/* SPDX-License-Identifier: Apache-2.0
 * A reset: a handle passes to a new account, and for some days a device or the
 * recovery key of the old one can take it back (docs/protocol/reset.md).
 *
 * Both accounts have a row; the one that does not have the handle now has no
 * name there. The row `reset` of the handle says which one that is, and for how
 * long it is kept.
 */
#include "server/directory/private.h"

tacet_err dir_reset_get(sto_conn *c, tacet_span name, dir_reset *out) {
  dir_reset found = {.there = false};
  sto_query *q = sto_query_start(c, Q_RESET_GET);
  sto_bind_text(q, name);
  TACET_TRY(sto_step(q, &found.there));
  if (found.there && sto_blob(q, 0).len == sizeof(found.other)) {
    memcpy(found.other, sto_blob(q, 0).p, sizeof(found.other));
    found.day = sto_int(q, 1);
    found.vetoed = sto_int(q, 2) != 0;
  }
  sto_query_end(q);
  *out = found;
  return TACET_OK;
}

tacet_err dir_reset_hides(sto_conn *c, const uint8_t account[32], bool *out) {
  bool row;
  sto_query *q = sto_query_start(c, Q_ACCOUNT_GET);
  sto_bind_blob(q, tacet_span_of(account, TACET_ACCOUNT_ID_LEN));
  TACET_TRY(sto_step(q, &row));
  *out = row && sto_text(q, 0).len == 0;
  sto_query_end(q);
  return TACET_OK;
}

static tacet_err set_name(sto_conn *c, const uint8_t account[32],
                          tacet_span name) {
  sto_query *q = sto_query_start(c, Q_ACCOUNT_NAME);
  sto_bind_blob(q, tacet_span_of(account, TACET_ACCOUNT_ID_LEN));
  if (name.len == 0) {
    sto_bind_null(q);
  } else {
    sto_bind_text(q, name);
  }
  return sto_exec(q);
}

static tacet_err delete_by(sto_conn *c, unsigned statement,
                           const uint8_t account[32]) {
  sto_query *q = sto_query_start(c, statement);
  sto_bind_blob(q, tacet_span_of(account, TACET_ACCOUNT_ID_LEN));
  return sto_exec(q);
}

static tacet_err put_row(sto_conn *c, tacet_span name, const uint8_t other[32],
                         int64_t day, bool vetoed) {
  sto_query *q = sto_query_start(c, Q_RESET_PUT);
  sto_bind_text(q, name);
  sto_bind_blob(q, tacet_span_of(other, TACET_ACCOUNT_ID_LEN));
  sto_bind_int(q, day);
  sto_bind_int(q, vetoed);
  return sto_exec(q);
}

/* The account that lost the handle gets no letters any more. */
static tacet_err take_name(sto_conn *c, tacet_span name, const uint8_t from[32],
                           int64_t day, bool vetoed) {
  TACET_TRY(delete_by(c, Q_PACKAGE_DELETE_ALL, from));
  TACET_TRY(set_name(c, from, TACET_SPAN_EMPTY));
  return put_row(c, name, from, day, vetoed);
}

tacet_err dir_reset_forget(sto_conn *c, tacet_span name) {
  dir_reset s;
  TACET_TRY(dir_reset_get(c, name, &s));
  if (!s.there) {
    return TACET_OK;
  }
  TACET_TRY(delete_by(c, Q_PACKAGE_DELETE_ALL, s.other));
  TACET_TRY(delete_by(c, Q_MANIFEST_DELETE_ALL, s.other));
  TACET_TRY(delete_by(c, Q_ACCOUNT_DELETE, s.other));
  sto_query *q = sto_query_start(c, Q_RESET_DELETE);
  sto_bind_text(q, name);
  return sto_exec(q);
}

/* ---- taking the handle: POST /v1/accounts with a link for it ---- */

/* The handle that an invite is for; empty for one that is for any. */
static tacet_err is_for(dir_request *r, sto_conn *c, bool *bound, bool *same) {
  bool row;
  sto_query *q = sto_query_start(c, Q_INVITE_GET);
  sto_bind_blob(q, tacet_span_of(r->work->hash, sizeof(r->work->hash)));
  sto_bind_int(q, dir_today(r->directory));
  TACET_TRY(sto_step(q, &row));
  tacet_span name = row ? sto_text(q, 1) : TACET_SPAN_EMPTY;
  *bound = name.len > 0;
  *same = *bound && tacet_span_equal(name, dir_name_of(&r->work->fresh));
  sto_query_end(q);
  return TACET_OK;
}

/* What has changed since a reader looked; r->status says so. */
static tacet_err recheck(dir_request *r, sto_conn *c) {
  dir_work *w = r->work;
  dir_reset s;
  uint8_t holder[TACET_ACCOUNT_ID_LEN];
  bool bound, same, found, newest = false;
  tacet_span name = dir_name_of(&w->fresh);
  TACET_TRY(is_for(r, c, &bound, &same));
  TACET_TRY(dir_find_name(c, name, holder, &found));
  if (!same || !found) { /* used, or erased, just now */
    return dir_refuse(r, TACET_WIRE_INVITE);
  }
  TACET_TRY(dir_reset_get(c, name, &s));
  if (s.there) { /* one is under way, or was just vetoed */
    return dir_refuse(r, TACET_WIRE_HANDLE_TAKEN);
  }
  if (memcmp(holder, w->newest.account_id, sizeof(holder)) == 0) {
    TACET_TRY(dir_is_newest(r, c, &newest));
  }
  return newest ? TACET_OK : dir_refuse(r, TACET_WIRE_BUSY);
}

static tacet_err take_run(dir_request *r, sto_conn *c) {
  const tacet_manifest *m = &r->work->fresh;
  tacet_span name = dir_name_of(m);
  tacet_manifest now;
  bool found;
  TACET_TRY(dir_newest(c, m->account_id, &now, &found));
  if (found) { /* the same request, twice at once */
    return memcmp(now.hash, m->hash, sizeof(m->hash)) == 0
               ? TACET_OK
               : dir_refuse(r, TACET_WIRE_HANDLE_TAKEN);
  }
  TACET_TRY(recheck(r, c));
  if (r->status != TACET_WIRE_OK) {
    return TACET_OK;
  }
  TACET_TRY(dir_invite_use(r, c));
  TACET_TRY(take_name(c, name, r->work->newest.account_id,
                      dir_today(r->directory), false));
  TACET_TRY(dir_account_add(r, c));
  return dir_manifest_add(r, c, r->in.create.manifest);
}

tacet_err dir_reset_start(dir_request *r, sto_conn *c, bool *is_one) {
  dir_work *w = r->work;
  uint8_t holder[TACET_ACCOUNT_ID_LEN];
  uint32_t version;
  bool same, found;
  tacet_span name = dir_name_of(&w->fresh);
  TACET_TRY(is_for(r, c, is_one, &same));
  if (!*is_one) {
    return TACET_OK;
  }
  if (!same) {
    return dir_refuse(r, TACET_WIRE_INVITE);
  }
  TACET_TRY(dir_find_name(c, name, holder, &found));
  if (!found) { /* erased since the link was made */
    return dir_refuse(r, TACET_WIRE_HANDLE_RETIRED);
  }
  TACET_TRY(dir_newest(c, holder, &w->newest, &found));
  TACET_TRY(found ? dir_newest_version(c, holder, &version) : TACET_ERR_IO);
  TACET_TRY(dir_update_make(&r->directory->log.vrf, w->fresh.handle,
                            version + 1, r->in.create.manifest, &w->update));
  dir_then(r, DIR_WRITER, true, take_run);
  return TACET_OK;
}

/* ---- taking it back: PUT /v1/manifests of the old account ---- */

static bool may_veto(const dir_request *r, const dir_reset *s) {
  return !s->vetoed &&
         dir_today(r->directory) <= s->day + TACETD_RESET_VETO_DAYS;
}

/* The one that has the handle, and its version. */
static tacet_err holder_of(sto_conn *c, tacet_span name, uint8_t holder[32],
                           uint32_t *version) {
  bool found;
  TACET_TRY(dir_find_name(c, name, holder, &found));
  return found ? dir_newest_version(c, holder, version) : TACET_ERR_IO;
}

static bool is_about(const dir_reset *s, const dir_request *r) {
  return s->there &&
         memcmp(s->other, r->work->fresh.account_id, sizeof(s->other)) == 0;
}

static tacet_err veto_run(dir_request *r, sto_conn *c) {
  dir_work *w = r->work;
  tacet_span name = dir_name_of(&w->fresh);
  uint8_t holder[TACET_ACCOUNT_ID_LEN];
  dir_directory *d = r->directory;
  dir_reset s;
  bool newest;
  uint32_t version;
  TACET_TRY(dir_reset_get(c, name, &s));
  TACET_TRY(dir_is_newest(r, c, &newest));
  if (!is_about(&s, r) || !newest) {
    return dir_refuse(r, TACET_WIRE_MANIFEST_CONFLICT);
  }
  TACET_TRY(holder_of(c, name, holder, &version));
  if (!may_veto(r, &s) || version + 1 != w->update.version) {
    return dir_refuse(r, TACET_WIRE_BUSY); /* and then it is looked at anew */
  }
  if (!dir_hourly_take(&d->changes, &d->clock, w->fresh.account_id,
                       TACETD_CHANGES_PER_ACCOUNT_HOUR)) {
    return dir_refuse(r, TACET_WIRE_RATE);
  }
  TACET_TRY(take_name(c, name, holder, dir_today(d), true));
  TACET_TRY(set_name(c, w->fresh.account_id, name));
  return dir_manifest_add(r, c, r->in.put.manifest);
}

tacet_err dir_reset_veto(dir_request *r, sto_conn *c, bool *is_one) {
  dir_work *w = r->work;
  uint8_t holder[TACET_ACCOUNT_ID_LEN];
  uint32_t version;
  dir_reset s;
  TACET_TRY(dir_reset_get(c, dir_name_of(&w->fresh), &s));
  *is_one = is_about(&s, r);
  if (!*is_one) {
    return TACET_OK;
  }
  if (!may_veto(r, &s)) {
    return dir_refuse(r, TACET_WIRE_UNKNOWN_ACCOUNT);
  }
  TACET_TRY(holder_of(c, dir_name_of(&w->fresh), holder, &version));
  TACET_TRY(dir_update_make(&r->directory->log.vrf, w->fresh.handle,
                            version + 1, r->in.put.manifest, &w->update));
  dir_then(r, DIR_WRITER, true, veto_run);
  return TACET_OK;
}

/* ---- what look-ups show ---- */

/* Of the two accounts of a handle the log's published head has one last. */
tacet_err dir_reset_shown(const dir_log *log, sto_conn *c, tacet_span name,
                          uint8_t account[32]) {
  dir_reset s;
  tacet_manifest m;
  tacet_keylog_opening holder = {.index = 0}, other = {.index = 0};
  bool has, has_other;
  TACET_TRY(dir_reset_get(c, name, &s));
  TACET_TRY(dir_find_name(c, name, account, &has));
  if (!s.there || !has) {
    return has ? TACET_OK : TACET_ERR_NOT_FOUND;
  }
  TACET_TRY(dir_newest_shown(log, c, account, &m, &holder, &has));
  TACET_TRY(dir_newest_shown(log, c, s.other, &m, &other, &has_other));
  if (has_other && (!has || other.index > holder.index)) {
    memcpy(account, s.other, TACET_ACCOUNT_ID_LEN);
  }
  return TACET_OK;
}

/* ---- the end ---- */

typedef struct row {
  char name[TACET_HANDLE_MAX];
  size_t len;
  uint8_t other[TACET_ACCOUNT_ID_LEN];
  int64_t day;
  bool vetoed;
} row;

static tacet_err next_row(sto_conn *c, row *at, bool *found) {
  sto_query *q = sto_query_start(c, Q_RESET_NEXT);
  sto_bind_text(q, tacet_span_of((const uint8_t *)at->name, at->len));
  TACET_TRY(sto_step(q, found));
  tacet_span name = *found ? sto_text(q, 0) : TACET_SPAN_EMPTY;
  if (*found && name.len <= sizeof(at->name) &&
      sto_blob(q, 1).len == sizeof(at->other)) {
    memcpy(at->name, name.p, name.len);
    at->len = name.len;
    memcpy(at->other, sto_blob(q, 1).p, sizeof(at->other));
    at->day = sto_int(q, 2);
    at->vetoed = sto_int(q, 3) != 0;
  }
  sto_query_end(q);
  return TACET_OK;
}

/* Days count once the log shows it: while witnesses are away nobody can see
 * what there is to veto, and look-ups need the other account still. */
static tacet_err keep_row(dir_directory *d, sto_conn *c, int64_t day,
                          const row *at, uint64_t *erased) {
  tacet_span name = tacet_span_of((const uint8_t *)at->name, at->len);
  uint8_t holder[TACET_ACCOUNT_ID_LEN];
  tacet_manifest newest, shown;
  tacet_keylog_opening opening;
  bool found, has;
  TACET_TRY(dir_find_name(c, name, holder, &found));
  if (found) {
    TACET_TRY(dir_newest(c, holder, &newest, &found));
    TACET_TRY(dir_newest_shown(&d->log, c, holder, &shown, &opening, &has));
    if (found && (!has || (at->vetoed && shown.number != newest.number))) {
      return put_row(c, name, at->other, day, at->vetoed);
    }
  }
  if (day <= at->day + TACETD_RESET_VETO_DAYS) {
    return TACET_OK;
  }
  (*erased)++;
  return dir_reset_forget(c, name);
}

tacet_err dir_reset_keep(dir_directory *d, sto_conn *c, int64_t day,
                         uint64_t *erased) {
  row at = {.len = 0};
  for (;;) {
    bool found;
    TACET_TRY(next_row(c, &at, &found));
    if (!found) {
      return TACET_OK;
    }
    TACET_TRY(keep_row(d, c, day, &at, erased));
  }
}
