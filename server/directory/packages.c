/* SPDX-License-Identifier: Apache-2.0
 * Key packages: the shelf of each device, and taking one of each. */
#include "server/directory/private.h"

#include <stdlib.h>

static void bind_device(sto_query *q, const uint8_t account[32],
                        const uint8_t device[16]) {
  sto_bind_blob(q, tacet_span_of(account, TACET_ACCOUNT_ID_LEN));
  sto_bind_blob(q, tacet_span_of(device, TACET_DEVICE_ID_LEN));
}

/* ---- PUT ---- */

static tacet_err add_package(dir_request *r, sto_conn *c,
                             const dir_package *p) {
  bool has;
  tacet_span hash = tacet_span_of(p->hash, sizeof(p->hash));
  sto_query *q;
  if (p->last_resort) {
    q = sto_query_start(c, Q_PACKAGE_DROP_LAST_RESORT);
    bind_device(q, r->auth.account_id, r->auth.device_id);
    sto_bind_blob(q, hash);
    TACET_TRY(sto_exec(q));
  }
  q = sto_query_start(c, Q_PACKAGE_HAS);
  sto_bind_blob(q, hash);
  TACET_TRY(sto_step(q, &has));
  sto_query_end(q);
  if (has) { /* the answer to the same request was lost */
    return TACET_OK;
  }
  q = sto_query_start(c, Q_PACKAGE_ADD);
  bind_device(q, r->auth.account_id, r->auth.device_id);
  sto_bind_int(q, p->last_resort);
  sto_bind_int(q, p->last_day);
  sto_bind_blob(q, hash);
  sto_bind_blob(q, p->message);
  return sto_exec(q);
}

static tacet_err answer_held(dir_request *r, sto_conn *c) {
  TACET_BUF(list, (TACETD_KEY_PACKAGES_PER_DEVICE_MAX + 1) * DIR_HASH_LEN);
  bool row = true;
  sto_query *q = sto_query_start(c, Q_PACKAGE_HELD);
  bind_device(q, r->auth.account_id, r->auth.device_id);
  sto_bind_int(q, dir_today(r->directory));
  while (row) {
    TACET_TRY(sto_step(q, &row));
    if (row) {
      tacet_write_bytes(&list, sto_blob(q, 0));
    }
  }
  TACET_TRY(list.err);
  tacet_publish_answer answer = {tacet_buf_span(&list)};
  tacet_publish_answer_write(&r->answer, &answer);
  return TACET_OK;
}

/* Those above a hundred fall off at the old end: a device that published more
 * than it keeps count of is not locked out for sixty days. */
static tacet_err publish_run(dir_request *r, sto_conn *c) {
  const dir_work *w = r->work;
  tacet_manifest now;
  bool found, hidden;
  TACET_TRY(dir_newest(c, r->auth.account_id, &now, &found));
  const tacet_device *device =
      found ? tacet_manifest_device(&now, r->auth.device_id) : NULL;
  const tacet_device *checked =
      tacet_manifest_device(&w->newest, r->auth.device_id);
  if (device == NULL || checked == NULL ||
      memcmp(device->key, checked->key, sizeof(device->key)) != 0) {
    return dir_refuse(r, TACET_WIRE_AUTHORIZATION); /* removed meanwhile */
  }
  TACET_TRY(dir_reset_hides(c, r->auth.account_id, &hidden));
  if (hidden) { /* nobody is to begin with these keys now */
    return dir_refuse(r, TACET_WIRE_UNKNOWN_ACCOUNT);
  }
  for (size_t i = 0; i < w->n_packages; i++) {
    TACET_TRY(add_package(r, c, &w->packages[i]));
  }
  sto_query *q = sto_query_start(c, Q_PACKAGE_DROP_OLDEST);
  bind_device(q, r->auth.account_id, r->auth.device_id);
  sto_bind_int(q, TACETD_KEY_PACKAGES_PER_DEVICE_MAX - 1);
  TACET_TRY(sto_exec(q));
  return answer_held(r, c);
}

static tacet_err check_package(dir_request *r, const tacet_published_package *p,
                               dir_package *out) {
  const dir_directory *d = r->directory;
  const tacet_manifest *m = &r->work->newest;
  int64_t last_second;
  TACET_TRY(dir_key_package_check(p->key_package, m,
                                  tacet_manifest_device(m, r->auth.device_id),
                                  d->clock.now_s(d->clock.user), &last_second));
  int64_t by_rule = dir_today(d) + TACETD_KEY_PACKAGE_DAYS;
  int64_t by_itself = sto_day_of(last_second);
  out->last_day = by_itself < by_rule ? by_itself : by_rule;
  out->last_resort = p->last_resort;
  out->message = p->key_package;
  return dir_hash(p->key_package, out->hash);
}

tacet_err dir_publish_start(dir_request *r, sto_conn *c) {
  dir_work *w = r->work;
  TACET_TRY(dir_check_signature(r, c));
  if (r->status != TACET_WIRE_OK) {
    return TACET_OK;
  }
  w->packages = calloc(r->in.publish.n_packages + 1, sizeof(*w->packages));
  if (w->packages == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_span list = r->in.publish.packages;
  for (tacet_published_package p; tacet_published_package_next(&list, &p);) {
    tacet_err err = check_package(r, &p, &w->packages[w->n_packages]);
    if (err != TACET_OK) {
      return tacet_err_kind(err) == TACET_KIND_LOCAL
                 ? err
                 : dir_refuse(r, TACET_WIRE_KEY_PACKAGE);
    }
    w->n_packages++;
  }
  /* An empty list only asks what is held: it takes no room. */
  dir_then(r, DIR_WRITER, w->n_packages > 0, publish_run);
  return TACET_OK;
}

/* ---- claim ---- */

typedef struct taken {
  int64_t ids[TACET_DEVICES_MAX]; /* rows to delete */
  size_t n_ids, n;
} taken;

static tacet_err take_from(dir_request *r, sto_conn *c, unsigned statement,
                           const uint8_t device[16], tacet_buf *list, taken *t,
                           bool *found) {
  sto_query *q = sto_query_start(c, statement);
  bind_device(q, r->in.claim.account_id, device);
  sto_bind_int(q, dir_today(r->directory));
  TACET_TRY(sto_step(q, found));
  if (*found) {
    tacet_claimed_package p = {.last_resort =
                                   statement == Q_PACKAGE_LAST_RESORT,
                               .key_package = sto_blob(q, 1)};
    memcpy(p.device_id, device, sizeof(p.device_id));
    tacet_claimed_package_write(list, &p);
    t->n++;
    if (!p.last_resort) {
      t->ids[t->n_ids++] = sto_int(q, 0);
    }
  }
  sto_query_end(q);
  return TACET_OK;
}

static tacet_err take_all(dir_request *r, sto_conn *c, const tacet_manifest *m,
                          tacet_buf *list, taken *t) {
  dir_directory *d = r->directory;
  bool many = !dir_hourly_take(&d->claims, &d->clock, r->in.claim.account_id,
                               TACETD_CLAIMS_PER_ACCOUNT_HOUR);
  for (size_t i = 0; i < m->n_devices; i++) {
    bool found = false;
    if (!many) {
      TACET_TRY(
          take_from(r, c, Q_PACKAGE_TAKE, m->devices[i].id, list, t, &found));
    }
    if (!found) {
      TACET_TRY(take_from(r, c, Q_PACKAGE_LAST_RESORT, m->devices[i].id, list,
                          t, &found));
    }
  }
  return list->err;
}

/* The token is spent only where there is something to be had for it. */
static tacet_err claim_run(dir_request *r, sto_conn *c) {
  tacet_manifest m;
  tacet_keylog_opening opening;
  bool found;
  taken t = {.n = 0};
  TACET_BUF(list, TACET_DEVICES_MAX * (TACETD_KEY_PACKAGE_MAX + 32));
  /* No device gets a letter that the log does not show. */
  TACET_TRY(dir_newest_shown(&r->directory->log, c, r->in.claim.account_id, &m,
                             &opening, &found));
  if (!found) {
    return dir_refuse(r, TACET_WIRE_UNKNOWN_ACCOUNT);
  }
  TACET_TRY(take_all(r, c, &m, &list, &t));
  if (t.n == 0) {
    return dir_refuse(r, TACET_WIRE_NO_KEY_PACKAGE);
  }
  TACET_TRY(dir_token_spend(r, c));
  if (r->status != TACET_WIRE_OK) {
    return TACET_OK;
  }
  for (size_t i = 0; i < t.n_ids; i++) {
    sto_query *q = sto_query_start(c, Q_PACKAGE_DELETE);
    sto_bind_int(q, t.ids[i]);
    TACET_TRY(sto_exec(q));
  }
  tacet_claim_answer answer = {.packages = tacet_buf_span(&list)};
  tacet_claim_answer_write(&r->answer, &answer);
  return TACET_OK;
}

tacet_err dir_claim_start(dir_request *r, sto_conn *c) {
  (void)c;
  if (r->in.claim.token.len == 0) {
    return dir_refuse(r, TACET_WIRE_TOKEN_NEEDED);
  }
  TACET_TRY(dir_token_check(r, r->in.claim.token));
  if (!r->work->has_spent) {
    return dir_refuse(r, TACET_WIRE_TOKEN);
  }
  dir_then(r, DIR_WRITER, true, claim_run);
  return TACET_OK;
}
