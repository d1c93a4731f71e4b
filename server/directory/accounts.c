/* SPDX-License-Identifier: Apache-2.0
 * Accounts and their chains of manifests: making, changing, erasing. */
#include "server/directory/private.h"

#include "tacet/crypto.h"

tacet_err dir_hash(tacet_span in, uint8_t out[DIR_HASH_LEN]) {
  return tacet_hash_one(&tacet_hash_sha256, in, out);
}

/* ---- rows ---- */

tacet_err dir_newest(sto_conn *c, const uint8_t account[32],
                     tacet_manifest *out, bool *found) {
  sto_query *q = sto_query_start(c, Q_MANIFEST_NEWEST);
  sto_bind_blob(q, tacet_span_of(account, TACET_ACCOUNT_ID_LEN));
  TACET_TRY(sto_step(q, found));
  tacet_err err = *found ? tacet_manifest_parse(sto_blob(q, 0), out) : TACET_OK;
  sto_query_end(q);
  return tacet_err_kind(err) == TACET_KIND_INPUT ? TACET_ERR_IO : err;
}

tacet_err dir_find_name(sto_conn *c, tacet_span name, uint8_t account[32],
                        bool *found) {
  sto_query *q = sto_query_start(c, Q_ACCOUNT_BY_NAME);
  sto_bind_text(q, name);
  TACET_TRY(sto_step(q, found));
  if (*found && sto_blob(q, 0).len == TACET_ACCOUNT_ID_LEN) {
    memcpy(account, sto_blob(q, 0).p, TACET_ACCOUNT_ID_LEN);
  }
  sto_query_end(q);
  return TACET_OK;
}

tacet_err dir_retired_hash(const tacet_secret *key, tacet_span name,
                           uint8_t out[DIR_HASH_LEN]) {
  return tacet_hash_sha256.hmac(tacet_secret_span(key), &name, 1, out);
}

tacet_err dir_is_retired(sto_conn *c, const tacet_secret *key, tacet_span name,
                         bool *out) {
  uint8_t hash[DIR_HASH_LEN];
  TACET_TRY(dir_retired_hash(key, name, hash));
  sto_query *q = sto_query_start(c, Q_RETIRED_HAS);
  sto_bind_blob(q, tacet_span_of(hash, sizeof(hash)));
  TACET_TRY(sto_step(q, out));
  sto_query_end(q);
  return TACET_OK;
}

tacet_err dir_newest_version(sto_conn *c, const uint8_t account[32],
                             uint32_t *out) {
  bool row;
  sto_query *q = sto_query_start(c, Q_MANIFEST_VERSION);
  sto_bind_blob(q, tacet_span_of(account, TACET_ACCOUNT_ID_LEN));
  TACET_TRY(sto_step(q, &row));
  *out = row ? (uint32_t)sto_int(q, 0) : 0;
  sto_query_end(q);
  return row ? TACET_OK : TACET_ERR_NOT_FOUND;
}

tacet_err dir_newest_shown(const dir_log *log, sto_conn *c,
                           const uint8_t account[32], tacet_manifest *out,
                           tacet_keylog_opening *opening, bool *found) {
  sto_query *q = sto_query_start(c, Q_MANIFEST_SHOWN);
  sto_bind_blob(q, tacet_span_of(account, TACET_ACCOUNT_ID_LEN));
  sto_bind_int(q, (int64_t)log->published.head.size);
  TACET_TRY(sto_step(q, found));
  if (!*found) {
    return TACET_OK;
  }
  tacet_err err = tacet_manifest_parse(sto_blob(q, 0), out);
  tacet_span o = sto_blob(q, 2);
  opening->index = (uint64_t)sto_int(q, 1);
  if (err == TACET_OK && o.len == sizeof(opening->opening)) {
    memcpy(opening->opening, o.p, sizeof(opening->opening));
  } else {
    err = err == TACET_OK ? TACET_ERR_IO : err;
  }
  sto_query_end(q);
  return tacet_err_kind(err) == TACET_KIND_INPUT ? TACET_ERR_IO : err;
}

tacet_err dir_manifest_add(dir_request *r, sto_conn *c, tacet_span bytes) {
  const tacet_manifest *m = &r->work->fresh;
  const dir_update *u = &r->work->update;
  uint64_t index;
  TACET_TRY(dir_update_append(&r->directory->log, c, u, &index));
  sto_query *q = sto_query_start(c, Q_MANIFEST_ADD);
  sto_bind_blob(q, tacet_span_of(m->account_id, sizeof(m->account_id)));
  sto_bind_int(q, m->number);
  sto_bind_blob(q, bytes);
  sto_bind_int(q, u->version);
  sto_bind_int(q, (int64_t)index);
  sto_bind_blob(q, tacet_span_of(u->opening, sizeof(u->opening)));
  return sto_exec(q);
}

/* The UPDATE of `fresh`, which follows `newest`. Whether that is the newest
 * still the writer looks, and then this is the version. */
static tacet_err make_next_update(dir_request *r, sto_conn *c,
                                  tacet_span bytes) {
  dir_work *w = r->work;
  uint32_t version;
  tacet_err err = dir_newest_version(c, w->newest.account_id, &version);
  if (err == TACET_ERR_NOT_FOUND) { /* erased just now */
    return dir_refuse(r, TACET_WIRE_MANIFEST_CONFLICT);
  }
  TACET_TRY(err);
  return dir_update_make(&r->directory->log.vrf, w->fresh.handle, version + 1,
                         bytes, &w->update);
}

tacet_span dir_name_of(const tacet_manifest *m) {
  tacet_span name = tacet_span_str(m->handle), domain;
  return tacet_handle_split(name, &name, &domain) == TACET_OK
             ? name
             : TACET_SPAN_EMPTY;
}

/* Which manifest has a number, if any: the same bytes? */
static tacet_err has_manifest(sto_conn *c, const tacet_manifest *m,
                              tacet_span bytes, bool *same) {
  bool row;
  sto_query *q = sto_query_start(c, Q_MANIFEST_FROM);
  sto_bind_blob(q, tacet_span_of(m->account_id, sizeof(m->account_id)));
  sto_bind_int(q, m->number);
  sto_bind_int(q, 1);
  TACET_TRY(sto_step(q, &row));
  *same = row && tacet_span_equal(sto_blob(q, 0), bytes);
  sto_query_end(q);
  return TACET_OK;
}

/* ---- signed requests ---- */

tacet_err dir_check_signature(dir_request *r, sto_conn *c) {
  tacet_manifest *m = &r->work->newest;
  bool found;
  TACET_TRY(dir_newest(c, r->auth.account_id, m, &found));
  if (!found) {
    return dir_refuse(r, TACET_WIRE_UNKNOWN_ACCOUNT);
  }
  const tacet_device *device = tacet_manifest_device(m, r->auth.device_id);
  tacet_auth_request what = {
      .domain = tacet_span_str(r->directory->domain),
      .method = tacet_span_str(dir_method_of(r->call)),
      .path = tacet_span_str(dir_path_of(r->call)),
      .body = tacet_bytes_span(&r->body),
  };
  if (device == NULL) {
    return dir_refuse(r, TACET_WIRE_AUTHORIZATION);
  }
  tacet_err err = tacet_auth_verify(&r->auth, &what, device->key);
  if (err != TACET_OK && tacet_err_kind(err) == TACET_KIND_LOCAL) {
    return err;
  }
  return err == TACET_OK ? TACET_OK : dir_refuse(r, TACET_WIRE_AUTHORIZATION);
}

tacet_err dir_is_newest(dir_request *r, sto_conn *c, bool *out) {
  tacet_manifest now;
  bool found;
  TACET_TRY(dir_newest(c, r->work->newest.account_id, &now, &found));
  *out = found && memcmp(now.hash, r->work->newest.hash, sizeof(now.hash)) == 0;
  return TACET_OK;
}

/* ---- POST /v1/accounts ---- */

static tacet_err use_invite(dir_request *r, sto_conn *c, bool *ok) {
  tacet_span hash = tacet_span_of(r->work->hash, sizeof(r->work->hash));
  sto_query *q = sto_query_start(c, Q_INVITE_GET);
  sto_bind_blob(q, hash);
  sto_bind_int(q, dir_today(r->directory));
  TACET_TRY(sto_step(q, ok));
  sto_query_end(q);
  return TACET_OK;
}

tacet_err dir_invite_use(dir_request *r, sto_conn *c) {
  sto_query *q = sto_query_start(c, Q_INVITE_USE);
  sto_bind_blob(q, tacet_span_of(r->work->hash, sizeof(r->work->hash)));
  return sto_exec(q);
}

/* An invite comes first: who has none learns nothing about handles here. */
static tacet_err check_register(dir_request *r, sto_conn *c) {
  tacet_span name = dir_name_of(&r->work->fresh);
  uint8_t other[TACET_ACCOUNT_ID_LEN];
  bool ok = true, taken, retired;
  if (!r->directory->open_registration) {
    TACET_TRY(use_invite(r, c, &ok));
  }
  if (!ok) {
    return dir_refuse(r, TACET_WIRE_INVITE);
  }
  TACET_TRY(dir_find_name(c, name, other, &taken));
  if (taken) {
    return dir_refuse(r, TACET_WIRE_HANDLE_TAKEN);
  }
  TACET_TRY(dir_is_retired(c, &r->directory->retired_key, name, &retired));
  return retired ? dir_refuse(r, TACET_WIRE_HANDLE_RETIRED) : TACET_OK;
}

tacet_err dir_account_add(dir_request *r, sto_conn *c) {
  const tacet_manifest *m = &r->work->fresh;
  sto_query *q = sto_query_start(c, Q_ACCOUNT_ADD);
  sto_bind_blob(q, tacet_span_of(m->account_id, sizeof(m->account_id)));
  sto_bind_text(q, dir_name_of(m));
  sto_bind_int(q, dir_today(r->directory));
  return sto_exec(q);
}

static tacet_err register_run(dir_request *r, sto_conn *c) {
  const tacet_manifest *m = &r->work->fresh;
  tacet_manifest newest;
  bool found;
  TACET_TRY(dir_newest(c, m->account_id, &newest, &found));
  if (found) { /* the answer to the same request was lost */
    return memcmp(newest.hash, m->hash, sizeof(m->hash)) == 0
               ? TACET_OK
               : dir_refuse(r, TACET_WIRE_HANDLE_TAKEN);
  }
  TACET_TRY(check_register(r, c));
  if (r->status != TACET_WIRE_OK) {
    return TACET_OK;
  }
  if (!r->directory->open_registration) {
    TACET_TRY(dir_invite_use(r, c));
  }
  TACET_TRY(dir_account_add(r, c));
  return dir_manifest_add(r, c, r->in.create.manifest);
}

static bool is_our_domain(const dir_request *r, const tacet_manifest *m) {
  tacet_span name, domain;
  return tacet_handle_split(tacet_span_str(m->handle), &name, &domain) ==
             TACET_OK &&
         tacet_span_equal(domain, tacet_span_str(r->directory->domain));
}

/* An error of the core about what came in. */
static tacet_err refuse_manifest(dir_request *r, tacet_err err) {
  return tacet_err_kind(err) == TACET_KIND_LOCAL && err != TACET_ERR_EXISTS
             ? err
             : dir_refuse(r, TACET_WIRE_MANIFEST);
}

tacet_err dir_register_start(dir_request *r, sto_conn *c) {
  dir_work *w = r->work;
  bool resets;
  tacet_err err = tacet_manifest_first(r->in.create.manifest, &w->fresh);
  if (err != TACET_OK) {
    return refuse_manifest(r, err);
  }
  if (!is_our_domain(r, &w->fresh)) {
    return dir_refuse(r, TACET_WIRE_HANDLE);
  }
  TACET_TRY(dir_hash(r->in.create.invite, w->hash));
  TACET_TRY(dir_reset_start(r, c, &resets));
  if (resets) {
    return TACET_OK;
  }
  TACET_TRY(dir_update_make(&r->directory->log.vrf, w->fresh.handle, 0,
                            r->in.create.manifest, &w->update));
  dir_then(r, DIR_WRITER, true, register_run);
  return TACET_OK;
}

/* ---- PUT /v1/manifests ---- */

/* Packages of devices that are not listed any more, or have another key. */
static tacet_err drop_packages(dir_request *r, sto_conn *c) {
  const dir_work *w = r->work;
  for (size_t i = 0; i < w->newest.n_devices; i++) {
    const tacet_device *was = &w->newest.devices[i];
    const tacet_device *is = tacet_manifest_device(&w->fresh, was->id);
    if (is != NULL && memcmp(is->key, was->key, sizeof(is->key)) == 0) {
      continue;
    }
    sto_query *q = sto_query_start(c, Q_PACKAGE_DELETE_DEVICE);
    sto_bind_blob(q, tacet_span_of(w->fresh.account_id, TACET_ACCOUNT_ID_LEN));
    sto_bind_blob(q, tacet_span_of(was->id, sizeof(was->id)));
    TACET_TRY(sto_exec(q));
  }
  return TACET_OK;
}

static tacet_err manifest_run(dir_request *r, sto_conn *c) {
  bool newest;
  TACET_TRY(dir_is_newest(r, c, &newest));
  if (!newest) {
    return dir_refuse(r, TACET_WIRE_MANIFEST_CONFLICT);
  }
  dir_directory *d = r->directory;
  if (!dir_hourly_take(&d->changes, &d->clock, r->work->fresh.account_id,
                       TACETD_CHANGES_PER_ACCOUNT_HOUR)) {
    return dir_refuse(r, TACET_WIRE_RATE);
  }
  TACET_TRY(drop_packages(r, c));
  return dir_manifest_add(r, c, r->in.put.manifest);
}

/* Checks the next manifest against r->work->newest. *ended: nothing is left to
 * do, r->status says what came of it. */
static tacet_err check_next(dir_request *r, sto_conn *c, bool *ended) {
  dir_work *w = r->work;
  tacet_span bytes = r->in.put.manifest;
  tacet_manifest form;
  bool same = false;
  *ended = true;
  tacet_err err = tacet_manifest_next(&w->newest, bytes, &w->fresh);
  if (err == TACET_OK) {
    *ended = false;
    return TACET_OK;
  }
  if (err == TACET_ERR_EXISTS) { /* the answer was lost */
    return TACET_OK;
  }
  if (err == TACET_ERR_FORK) {
    return dir_refuse(r, TACET_WIRE_MANIFEST_CONFLICT);
  }
  if (tacet_err_kind(err) != TACET_KIND_LOCAL &&
      tacet_manifest_parse(bytes, &form) == TACET_OK &&
      form.number < w->newest.number) {
    TACET_TRY(has_manifest(c, &form, bytes, &same));
    return same ? TACET_OK : dir_refuse(r, TACET_WIRE_MANIFEST_CONFLICT);
  }
  return refuse_manifest(r, err);
}

/* Signed by what it says itself: no signature of the request is needed. */
tacet_err dir_manifest_start(dir_request *r, sto_conn *c) {
  dir_work *w = r->work;
  bool found, ended, vetoes;
  tacet_err err = tacet_manifest_parse(r->in.put.manifest, &w->fresh);
  if (err != TACET_OK) {
    return refuse_manifest(r, err);
  }
  TACET_TRY(dir_newest(c, w->fresh.account_id, &w->newest, &found));
  if (!found) {
    return dir_refuse(r, TACET_WIRE_UNKNOWN_ACCOUNT);
  }
  TACET_TRY(check_next(r, c, &ended));
  if (ended) {
    return TACET_OK;
  }
  if (w->fresh.n_devices == 0) { /* that is DELETE, by a device */
    return dir_refuse(r, TACET_WIRE_MANIFEST);
  }
  TACET_TRY(dir_reset_veto(r, c, &vetoes));
  if (vetoes) {
    return TACET_OK;
  }
  dir_then(r, DIR_WRITER, true, manifest_run);
  return make_next_update(r, c, r->in.put.manifest);
}

/* ---- DELETE /v1/accounts ---- */

static tacet_err delete_by(sto_conn *c, unsigned statement,
                           const uint8_t account[32]) {
  sto_query *q = sto_query_start(c, statement);
  sto_bind_blob(q, tacet_span_of(account, TACET_ACCOUNT_ID_LEN));
  return sto_exec(q);
}

tacet_err dir_erase_rows(sto_conn *c, const tacet_secret *key,
                         const uint8_t account[32], tacet_span name) {
  uint8_t hash[DIR_HASH_LEN];
  TACET_TRY(dir_retired_hash(key, name, hash));
  sto_query *q = sto_query_start(c, Q_RETIRED_ADD);
  sto_bind_blob(q, tacet_span_of(hash, sizeof(hash)));
  TACET_TRY(sto_exec(q));
  TACET_TRY(dir_reset_forget(c, name));
  TACET_TRY(delete_by(c, Q_PACKAGE_DELETE_ALL, account));
  TACET_TRY(delete_by(c, Q_MANIFEST_DELETE_ALL, account));
  return delete_by(c, Q_ACCOUNT_DELETE, account);
}

/* While a handle may be taken back, neither account can end it for good. */
static tacet_err is_disputed(sto_conn *c, const tacet_manifest *m, bool *out) {
  dir_reset s;
  TACET_TRY(dir_reset_get(c, dir_name_of(m), &s));
  *out = s.there &&
         (!s.vetoed || memcmp(s.other, m->account_id, sizeof(s.other)) == 0);
  return TACET_OK;
}

/* The log keeps that there was a last version. What it says, and how to open
 * it, is gone with the rest. */
static tacet_err erase_run(dir_request *r, sto_conn *c) {
  const tacet_manifest *m = &r->work->newest;
  uint64_t index;
  bool newest, disputed;
  TACET_TRY(dir_is_newest(r, c, &newest));
  if (!newest) {
    return dir_refuse(r, TACET_WIRE_MANIFEST_CONFLICT);
  }
  TACET_TRY(is_disputed(c, m, &disputed));
  if (disputed) {
    return dir_refuse(r, TACET_WIRE_HANDLE_TAKEN);
  }
  TACET_TRY(dir_update_append(&r->directory->log, c, &r->work->update, &index));
  return dir_erase_rows(c, &r->directory->retired_key, m->account_id,
                        dir_name_of(m));
}

/* An account that is gone: by its owner, perhaps, whose answer was lost. */
static tacet_err erased_before(dir_request *r, sto_conn *c) {
  bool retired = false;
  if (tacet_manifest_parse(r->in.put.manifest, &r->work->fresh) == TACET_OK) {
    TACET_TRY(dir_is_retired(c, &r->directory->retired_key,
                             dir_name_of(&r->work->fresh), &retired));
  }
  return dir_refuse(r,
                    retired ? TACET_WIRE_ERASED : TACET_WIRE_UNKNOWN_ACCOUNT);
}

tacet_err dir_erase_start(dir_request *r, sto_conn *c) {
  bool ended;
  TACET_TRY(dir_check_signature(r, c));
  if (r->status == TACET_WIRE_UNKNOWN_ACCOUNT) {
    return erased_before(r, c);
  }
  if (r->status != TACET_WIRE_OK) {
    return TACET_OK;
  }
  TACET_TRY(check_next(r, c, &ended));
  if (r->status != TACET_WIRE_OK) {
    return TACET_OK;
  }
  /* `ended` without an error: an old manifest, which had devices. */
  if (ended || r->work->fresh.n_devices != 0) {
    return dir_refuse(r, TACET_WIRE_MANIFEST);
  }
  dir_then(r, DIR_WRITER, false, erase_run);
  return make_next_update(r, c, r->in.put.manifest);
}
