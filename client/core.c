/* SPDX-License-Identifier: Apache-2.0
 * What every file of the client uses: time, chance, records. */
#include "client/core.h"

#include "client/packages.h"
#include "client/removal.h"

uint64_t client_now(const client *c) {
  return c->env->now(c->env->user);
}

uint64_t client_monotonic(const client *c) {
  return c->env->monotonic(c->env->user);
}

tacet_err client_chance(client *c, uint64_t below, uint64_t *out) {
  uint8_t b[8];
  if (c->env->random != NULL) {
    TACET_TRY(c->env->random(c->env->user, b, sizeof(b)));
  } else {
    TACET_TRY(tacet_random(b, sizeof(b)));
  }
  uint64_t v = 0;
  for (size_t i = 0; i < sizeof(b); i++) {
    v = v << 8 | b[i];
  }
  *out = v % below; /* for waiting times: the bias does not matter */
  return TACET_OK;
}

void client_tell(client *c, const char *what, const char *name, uint64_t done,
                 uint64_t total) {
  if (c->progress != NULL) {
    c->progress(c->progress_user, what, name, done, total);
  }
}

tacet_err client_check_interrupt(client *c) {
  if (!c->interrupted) {
    return TACET_OK;
  }
  return client_fail(&c->detail, CLIENT_FAILED, "interrupted",
                     "Interrupted; what was begun goes on next time.");
}

/* ---- records ---- */

/* A record that opened, and still cannot be read, was written by a newer
 * program or is a bug here. */
static tacet_err explain_record(client *c, tacet_err e) {
  if (tacet_err_kind(e) == TACET_KIND_INPUT) {
    return client_fail(&c->detail, CLIENT_FAILED, "corrupt",
                       "The store in %s is damaged (a record cannot be read); "
                       "keep a copy of the folder and report this.",
                       client_store_home(c->store));
  }
  return e;
}

tacet_err client_get(client *c, client_table t, tacet_span key,
                     client_fields_fn fn, void *record, size_t size,
                     client_mem *mem) {
  tacet_span value;
  TACET_TRY(client_store_get(c->store, t, key, mem, &value));
  return explain_record(c, client_fields_read(value, fn, record, size, mem));
}

tacet_err client_put(client *c, client_table t, tacet_span key,
                     tacet_span parent, uint64_t order, client_fields_fn fn,
                     void *record) {
  TACET_BUF(w, CLIENT_RECORD_MAX);
  TACET_TRY(client_fields_write(&w, fn, record));
  return client_store_put(c->store, t, key, parent, order, tacet_buf_span(&w));
}

tacet_err client_parse(client *c, const client_row *row, client_fields_fn fn,
                       void *record, size_t size, client_mem *mem) {
  return explain_record(c,
                        client_fields_read(row->value, fn, record, size, mem));
}

tacet_err client_self_load(client *c) {
  CLIENT_MEM(mem);
  client_self self;
  tacet_err e = client_get(c, CLIENT_T_SELF, TACET_SPAN_LIT("account"),
                           client_self_fields, &self, sizeof(self), &mem);
  if (e == TACET_ERR_NOT_FOUND) {
    c->has_self = false;
    return TACET_OK;
  }
  TACET_TRY(e);
  client_mem_free(&c->self_mem);
  tacet_wipe(&c->self, sizeof(c->self));
  c->self_mem = mem;
  mem = (client_mem){NULL};
  c->self = self;
  tacet_wipe(&self, sizeof(self));
  c->has_self = true;
  return TACET_OK;
}

tacet_err client_self_save(client *c, client_self *self) {
  return client_put(c, CLIENT_T_SELF, TACET_SPAN_LIT("account"),
                    TACET_SPAN_EMPTY, 0, client_self_fields, self);
}

tacet_err client_upkeep_load(client *c, client_upkeep *out) {
  CLIENT_MEM(mem);
  client_upkeep r;
  tacet_err e = client_get(c, CLIENT_T_SELF, TACET_SPAN_LIT("upkeep"),
                           client_upkeep_fields, &r, sizeof(r), &mem);
  if (e == TACET_ERR_NOT_FOUND) {
    r = (client_upkeep){0};
    e = TACET_OK;
  }
  TACET_TRY(e);
  *out = r;
  return TACET_OK;
}

tacet_err client_upkeep_save(client *c, client_upkeep *r) {
  return client_put(c, CLIENT_T_SELF, TACET_SPAN_LIT("upkeep"),
                    TACET_SPAN_EMPTY, 0, client_upkeep_fields, r);
}

/* ---- groups ---- */

tacet_mls_config client_mls_config(void) {
  static const tacet_suite *const list[] = {CLIENT_SUITE};
  static const tacet_suites offered = {list, 1};
  tacet_mls_config config = TACET_MLS_CONFIG(&offered);
  config.max_lifetime = (CLIENT_PACKAGE_LIFE + CLIENT_DAY) / 1000;
  return config;
}

/* ---- entry ---- */

tacet_err client_enter_past(client *c) {
  client_error_clear(&c->detail);
  TACET_TRY(client_self_load(c));
  if (!c->has_self || c->self.stage != CLIENT_STAGE_REGISTERED) {
    return client_fail(&c->detail, CLIENT_USAGE, "not-registered",
                       "There is no account in %s yet; `tacet register` makes "
                       "one, `tacet link` or `tacet recover` takes yours here.",
                       client_store_home(c->store));
  }
  return TACET_OK;
}

tacet_err client_enter(client *c) {
  TACET_TRY(client_enter_past(c));
  return client_self_is_listed(c);
}

tacet_err client_self_is_listed(client *c) {
  client_removal r;
  TACET_TRY(client_removal_get(c, &r));
  return client_removal_fail(c, &r);
}
