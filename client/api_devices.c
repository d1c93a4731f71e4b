/* SPDX-License-Identifier: Apache-2.0
 * The calls about the account's devices. */
#include "client/account.h"
#include "client/api.h"
#include "client/chain.h"
#include "client/devices.h"
#include "client/jobs.h"
#include "client/linking.h"
#include "client/lookup.h"
#include "client/reconcile.h"
#include "client/sync.h"

#define LINK_MS ((uint64_t)300000)
#define READY_MS ((uint64_t)60000) /* for the new device to publish */
#define REST_MS ((uint64_t)60000)  /* for what a change brings about */

/* ---- the list ---- */

static tacet_err show(client *c, const uint8_t *id, client_mem *mem,
                      client_device *out) {
  client_device d = {
      .this_one = memcmp(id, c->self.device, sizeof(c->self.device)) == 0};
  TACET_TRY(
      client_mem_hex(mem, tacet_span_of(id, CLIENT_DEVICE_ID_LEN), &d.id));
  TACET_TRY(client_device_name(c, id, mem, &d.name));
  *out = d;
  return TACET_OK;
}

static tacet_err list_devices(client *c, client_mem *mem, client_device **list,
                              size_t *n) {
  tacet_manifest m;
  TACET_TRY(client_chain_newest(c, client_id_span(c->self.account), &m));
  client_device *found = client_mem_array(mem, m.n_devices, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < m.n_devices; i++) {
    TACET_TRY(show(c, m.devices[i].id, mem, &found[i]));
  }
  *list = found;
  *n = m.n_devices;
  return TACET_OK;
}

static tacet_err do_devices(client *c, client_mem *mem,
                            const client_device **list, size_t *n) {
  client_device *found;
  TACET_TRY(client_enter(c));
  TACET_TRY(list_devices(c, mem, &found, n));
  *list = found;
  return TACET_OK;
}

client_kind client_devices(client *c, client_mem *mem,
                           const client_device **list, size_t *n,
                           client_error *err) {
  return client_leave(c, do_devices(c, mem, list, n), err);
}

/* ---- linking ---- */

static tacet_err do_link(client *c, const char *server, const char *name,
                         client_code_fn show_code, void *user, client_mem *mem,
                         client_registration *out) {
  client_registration r = {.words = NULL};
  bool going;
  TACET_TRY(client_self_load(c));
  TACET_TRY(client_is_joining(c, &going));
  if (c->has_self && c->self.stage != CLIENT_STAGE_NONE && !going) {
    return client_fail(&c->detail, CLIENT_REFUSED, "registered",
                       "This home has an account already, %s; to link a device "
                       "choose another home with --home.",
                       c->self.handle);
  }
  if (!client_lock_try(&c->lock)) {
    return TACET_ERR_BUSY;
  }
  TACET_TRY(client_joining_run(c, server, name, show_code, user));
  TACET_TRY(client_mem_text(mem, tacet_span_str(c->self.handle), &r.handle));
  TACET_TRY(client_mem_hex(mem, client_id_span(c->self.account), &r.account));
  *out = r;
  return TACET_OK;
}

client_kind client_link(client *c, const char *server, const char *device_name,
                        client_code_fn show_code, void *user, client_mem *mem,
                        client_registration *out, client_error *err) {
  client_error_clear(&c->detail);
  return client_leave(
      c, do_link(c, server, device_name, show_code, user, mem, out), err);
}

/* ---- approving ---- */

typedef struct awaited {
  uint64_t job;
  client_error why;
} awaited;

static tacet_err is_linked(client *c, void *what, bool *yes) {
  CLIENT_MEM(mem);
  awaited *a = what;
  client_job job;
  tacet_err e = client_job_get(c, a->job, &mem, &job);
  *yes = e == TACET_ERR_NOT_FOUND || (e == TACET_OK && job.done);
  if (e == TACET_OK && job.done && job.why != NULL) {
    (void)client_fail(&a->why, (client_kind)job.kind_of_failure, job.code, "%s",
                      job.why);
  }
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

static tacet_err is_welcome(client *c, void *what, bool *yes) {
  bool going;
  (void)what;
  TACET_TRY(client_store_has(c->store, CLIENT_T_SELF, TACET_SPAN_LIT("offer"),
                             &going));
  *yes = !going;
  return TACET_OK;
}

static tacet_err never(client *c, void *what, bool *yes) {
  (void)c;
  (void)what;
  *yes = false;
  return TACET_OK;
}

/* What has to be done now is done, as far as the server can be reached. */
static tacet_err do_the_rest(client *c, client_until_fn until, uint64_t ms,
                             bool link) {
  client_end how;
  client_work w = {.until = until,
                   .timeout_ms = ms,
                   .link = link,
                   .once = until == never,
                   .fd = -1};
  tacet_err e = client_work_until(c, &w, &how);
  if (client_is_unreachable(&c->detail, e)) {
    client_error_clear(&c->detail);
    return TACET_OK;
  }
  return e;
}

static tacet_err give_up(client *c) {
  CLIENT_TX(tx);
  client_error why = c->detail;
  client_error_clear(&c->detail);
  TACET_TRY(client_tx_begin(c->store, &tx));
  if (client_offer_abandon(c) == TACET_OK) {
    TACET_TRY(client_tx_commit(&tx));
  }
  c->detail = why;
  return TACET_OK;
}

static tacet_err wait_for_linking(client *c, uint64_t job) {
  awaited a = {.job = job};
  client_end how = CLIENT_END_TIME;
  client_work w = {.until = is_linked,
                   .what = &a,
                   .timeout_ms = LINK_MS,
                   .link = true,
                   .fd = -1};
  tacet_err e = client_work_until(c, &w, &how);
  if (e != TACET_OK) {
    TACET_TRY(client_is_unreachable(&c->detail, e) ? give_up(c) : TACET_OK);
    return e;
  }
  if (how != CLIENT_END_DONE) {
    return client_fail(&c->detail, CLIENT_UNREACHABLE, "timeout",
                       "It is not done yet; it goes on when tacet runs here.");
  }
  TACET_TRY(client_job_forget(c, job));
  return a.why.kind == CLIENT_OK ? TACET_OK
                                 : client_fail(&c->detail, a.why.kind,
                                               a.why.code, "%s", a.why.text);
}

static tacet_err newest_device(client *c, const client_device *before,
                               size_t n_before, client_mem *mem,
                               client_device *out) {
  client_device *now;
  size_t n;
  *out = (client_device){.id = ""};
  TACET_TRY(list_devices(c, mem, &now, &n));
  for (size_t i = 0; i < n; i++) {
    bool old = false;
    for (size_t k = 0; k < n_before; k++) {
      old = old || strcmp(now[i].id, before[k].id) == 0;
    }
    *out = old ? *out : now[i];
  }
  return TACET_OK;
}

static tacet_err do_approve(client *c, const char *code, bool history,
                            client_mem *mem, client_device *out) {
  uint64_t job;
  client_device *before;
  size_t n;
  TACET_TRY(client_enter(c));
  TACET_TRY(list_devices(c, mem, &before, &n));
  TACET_TRY(client_offer_begin(c, tacet_span_str(code), history, &job));
  client_ring(c);
  TACET_TRY(wait_for_linking(c, job));
  TACET_TRY(newest_device(c, before, n, mem, out));
  TACET_TRY(do_the_rest(c, is_welcome, READY_MS, true));
  return do_the_rest(c, never, REST_MS, false);
}

client_kind client_device_approve(client *c, const char *code, bool history,
                                  client_mem *mem, client_device *out,
                                  client_error *err) {
  return client_leave(c, do_approve(c, code, history, mem, out), err);
}

/* ---- removing ---- */

static tacet_err find_device(client *c, const char *what, client_mem *mem,
                             client_device *out) {
  client_device *list;
  size_t n, found = 0;
  TACET_TRY(list_devices(c, mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    bool named = list[i].name != NULL && strcmp(list[i].name, what) == 0;
    bool begun =
        strlen(what) >= 4 && strncmp(list[i].id, what, strlen(what)) == 0;
    if (named || begun) {
      *out = list[i];
      found++;
    }
  }
  if (found == 1) {
    return TACET_OK;
  }
  return found == 0
             ? client_fail(&c->detail, CLIENT_USAGE, "no-such-device",
                           "The account has no device of that name or id; "
                           "tacet devices lists those it has.")
             : client_fail(&c->detail, CLIENT_USAGE, "ambiguous",
                           "Several devices are meant by that; write the id of "
                           "one (tacet devices).");
}

static tacet_err sign_without(client *c, const char *id, tacet_buf *out) {
  tacet_manifest last, next;
  uint8_t device[CLIENT_DEVICE_ID_LEN];
  TACET_TRY(tacet_hex_read(id, strlen(id), device, sizeof(device)));
  TACET_TRY(client_chain_newest(c, client_id_span(c->self.account), &last));
  next = last;
  next.n_devices = 0;
  for (size_t i = 0; i < last.n_devices; i++) {
    if (memcmp(last.devices[i].id, device, sizeof(device)) != 0) {
      next.devices[next.n_devices++] = last.devices[i];
    }
  }
  tacet_manifest_signer signer = {.private_key = &c->self.device_key};
  memcpy(signer.device_id, c->self.device, sizeof(signer.device_id));
  return tacet_manifest_sign(&next, &last, &signer, NULL, 0, out);
}

static tacet_err publish(client *c, tacet_span manifest) {
  bool conflict;
  TACET_TRY(client_account_put(c, manifest, &conflict));
  if (conflict) {
    return client_fail(&c->detail, CLIENT_REFUSED, "manifest-conflict",
                       "Another of your devices changed the list of devices at "
                       "the same moment; nothing was changed. Try again.");
  }
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_chain_keep_own(c, manifest));
  TACET_TRY(client_reconcile_account(c, c->self.account));
  return client_tx_commit(&tx);
}

static tacet_err do_remove(client *c, const char *what, client_mem *mem,
                           client_device *out) {
  TACET_TRY(client_enter(c));
  if (!client_lock_try(&c->lock)) {
    return client_fail(&c->detail, CLIENT_FAILED, "busy",
                       "Another program is using this home; end it first.");
  }
  c->quiet_until = 0;
  TACET_TRY(client_lookup_own(c));
  TACET_TRY(client_self_is_listed(c));
  TACET_TRY(find_device(c, what, mem, out));
  if (out->this_one) {
    return client_fail(&c->detail, CLIENT_USAGE, "this-device",
                       "That is this device; remove it from another one, or "
                       "end the account with tacet delete-account.");
  }
  TACET_BUF(manifest, TACET_MANIFEST_MAX);
  TACET_TRY(sign_without(c, out->id, &manifest));
  TACET_TRY(publish(c, tacet_buf_span(&manifest)));
  return do_the_rest(c, never, REST_MS, false);
}

client_kind client_device_remove(client *c, const char *device, client_mem *mem,
                                 client_device *out, client_error *err) {
  return client_leave(c, do_remove(c, device, mem, out), err);
}
