/* SPDX-License-Identifier: Apache-2.0
 * Chains of manifests: taken and kept. */
#include "client/chain.h"

#include "client/events.h"
#include "client/reconcile.h"
#include "client/removal.h"
#include "client/reset.h"
#include "client/watch.h"
#include "tacet/wire/directory.h"

#define KEY_LEN (CLIENT_ID_LEN + 4)

static void key_of(tacet_span account, uint32_t number, uint8_t out[KEY_LEN]) {
  memcpy(out, account.p, CLIENT_ID_LEN);
  for (size_t i = 0; i < 4; i++) {
    out[CLIENT_ID_LEN + i] = (uint8_t)(number >> (24 - 8 * i));
  }
}

static tacet_err bytes_at(client *c, tacet_span account, uint32_t number,
                          client_mem *mem, tacet_span *out) {
  uint8_t key[KEY_LEN];
  key_of(account, number, key);
  return client_store_get(c->store, CLIENT_T_MANIFEST,
                          tacet_span_of(key, sizeof(key)), mem, out);
}

tacet_err client_chain_at(client *c, tacet_span account, uint32_t number,
                          tacet_manifest *out) {
  CLIENT_MEM(mem);
  tacet_span bytes;
  TACET_TRY(bytes_at(c, account, number, &mem, &bytes));
  return tacet_manifest_parse(bytes, out);
}

tacet_err client_chain_newest_own(client *c, client_mem *mem,
                                  tacet_manifest *out, tacet_span *bytes) {
  const client_row *rows;
  size_t n;
  client_range range = {
      .parent = client_id_span(c->self.account), .limit = 1, .last = true};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_MANIFEST, &range, mem, &rows, &n));
  if (n == 0) {
    return TACET_ERR_NOT_FOUND;
  }
  TACET_TRY(tacet_manifest_parse(rows[0].value, out));
  *bytes = rows[0].value;
  return TACET_OK;
}

static tacet_err newest_own(client *c, tacet_manifest *out) {
  CLIENT_MEM(mem);
  tacet_span bytes;
  return client_chain_newest_own(c, &mem, out, &bytes);
}

tacet_err client_chain_newest(client *c, tacet_span account,
                              tacet_manifest *out) {
  if (client_is_self(c, account)) {
    return newest_own(c, out);
  }
  CLIENT_MEM(mem);
  client_person p;
  TACET_TRY(client_person_get(c, account, &mem, &p));
  return client_chain_at(c, account, p.number, out);
}

tacet_err client_chain_check(client *c, tacet_span account, uint32_t number,
                             tacet_span device, tacet_span key) {
  tacet_manifest m;
  TACET_TRY(client_chain_at(c, account, number, &m));
  if (device.len != TACET_DEVICE_ID_LEN) {
    return TACET_ERR_CREDENTIAL;
  }
  const tacet_device *d = tacet_manifest_device(&m, device.p);
  return d != NULL &&
                 tacet_span_equal(key, tacet_span_of(d->key, sizeof(d->key)))
             ? TACET_OK
             : TACET_ERR_CREDENTIAL;
}

tacet_err client_chain_write(client *c, tacet_span account, tacet_buf *list) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range range = {.parent = account};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_MANIFEST, &range, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    tacet_opaque_list_add(list, rows[i].value);
  }
  return list->err;
}

/* ---- taking ---- */

static tacet_err keep(client *c, const tacet_manifest *m, tacet_span bytes) {
  uint8_t key[KEY_LEN];
  tacet_span account = client_id_span(m->account_id);
  key_of(account, m->number, key);
  return client_store_put(c->store, CLIENT_T_MANIFEST,
                          tacet_span_of(key, sizeof(key)), account, m->number,
                          bytes);
}

tacet_err client_chain_keep_own(client *c, tacet_span bytes) {
  tacet_manifest m;
  TACET_TRY(tacet_manifest_parse(bytes, &m));
  return keep(c, &m, bytes);
}

/* Two manifests for one number: the first stays in force, both are kept. */
static tacet_err keep_rival(client *c, client_person *p, tacet_span bytes) {
  if (p->forked) {
    return TACET_OK;
  }
  TACET_TRY(client_store_put(c->store, CLIENT_T_SELF, bytes, CLIENT_RIVALS, 0,
                             bytes));
  p->forked = true;
  p->verified = false;
  TACET_TRY(client_person_save(c, p));
  return client_event_warn(
      c, NULL, "keys-changed",
      "Two different sets of keys claim to be %s. Nothing is sent to them any "
      "more; ask them, by another way, what happened.",
      p->handle);
}

/* Anybody can sign a manifest that claims a handle. So one that comes along
 * never disputes what is known: it is the newcomer that nothing is sent to,
 * until the directory is asked (client/lookup.c). */
static tacet_err take_first(client *c, tacet_span bytes, bool asked) {
  tacet_manifest m;
  CLIENT_MEM(mem);
  client_person before;
  TACET_TRY(tacet_manifest_first(bytes, &m));
  TACET_TRY(keep(c, &m, bytes));
  client_person p = {.handle = m.handle, .met_at = client_now(c)};
  memcpy(p.account, m.account_id, sizeof(p.account));
  if (asked) {
    return client_person_save(c, &p);
  }
  tacet_err e = client_person_by_handle(c, m.handle, &mem, &before);
  if (e == TACET_ERR_NOT_FOUND && strcmp(m.handle, c->self.handle) != 0) {
    TACET_TRY(client_person_save(c, &p));
    return client_person_name(c, &p);
  }
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  p.forked = true;
  TACET_TRY(client_person_save(c, &p));
  if (e == TACET_OK && before.accepted) { /* or was the handle given to it? */
    TACET_TRY(client_watch_soon(c, client_id_span(before.account)));
  }
  return client_event_warn(
      c, NULL, "impostor",
      "Somebody with other keys claims to be %s. It is not the account that "
      "you know, and nothing is sent to it; compare codes if in doubt.",
      m.handle);
}

/* Is it valid in its place, whatever else is known for that number? Else
 * anybody could make an account look forked. */
static tacet_err verify_alone(client *c, const tacet_manifest *m,
                              tacet_span bytes) {
  tacet_manifest before, out;
  if (m->number == 0) {
    return tacet_manifest_first(bytes, &out);
  }
  tacet_err e =
      client_chain_at(c, client_id_span(m->account_id), m->number - 1, &before);
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_ERR_MANIFEST : e);
  return tacet_manifest_next(&before, bytes, &out);
}

static tacet_err take_known(client *c, client_person *p,
                            const tacet_manifest *m, tacet_span bytes,
                            bool asked) {
  CLIENT_MEM(mem);
  if (m->number <= p->number) {
    tacet_span known;
    TACET_TRY(bytes_at(c, client_id_span(p->account), m->number, &mem, &known));
    if (tacet_span_equal(known, bytes)) {
      return TACET_OK;
    }
    TACET_TRY(verify_alone(c, m, bytes));
    return keep_rival(c, p, bytes);
  }
  if (m->number != p->number + 1) {
    return TACET_ERR_MANIFEST;
  }
  TACET_TRY(verify_alone(c, m, bytes));
  TACET_TRY(keep(c, m, bytes));
  p->number = m->number;
  p->erased = m->n_devices == 0;
  TACET_TRY(client_person_save(c, p));
  if (!asked && p->accepted) {
    TACET_TRY(client_watch_soon(c, client_id_span(p->account)));
  }
  return client_reconcile_account(c, p->account);
}

/* Another device of this account made it: nobody else could. Of two for one
 * number the one that was seen first stays in force. */
static tacet_err take_own(client *c, const tacet_manifest *m,
                          tacet_span bytes) {
  CLIENT_MEM(mem);
  tacet_span known;
  tacet_manifest newest;
  tacet_err e =
      bytes_at(c, client_id_span(m->account_id), m->number, &mem, &known);
  if (e == TACET_OK && tacet_span_equal(known, bytes)) {
    return TACET_OK;
  }
  if (e != TACET_OK && e != TACET_ERR_NOT_FOUND) {
    return e;
  }
  TACET_TRY(verify_alone(c, m, bytes));
  e = newest_own(c, &newest);
  bool first = e == TACET_ERR_NOT_FOUND && m->number == 0;
  TACET_TRY(first ? TACET_OK : e);
  if (first || m->number == newest.number + 1) {
    TACET_TRY(keep(c, m, bytes));
    TACET_TRY(first ? TACET_OK : client_removal_note(c, &newest, m));
    return client_reconcile_account(c, m->account_id);
  }
  return client_event_warn(
      c, NULL, "own-keys-changed",
      "There is a second device list of your account besides the one that "
      "this device knows. One of your devices was used by somebody else: see "
      "tacet devices, and tell your contacts.");
}

static tacet_err take_one(client *c, tacet_span bytes, bool asked) {
  tacet_manifest m;
  TACET_TRY(tacet_manifest_parse(bytes, &m));
  tacet_span account = client_id_span(m.account_id);
  if (client_is_self(c, account)) {
    return take_own(c, &m, bytes);
  }
  CLIENT_MEM(mem);
  client_person p;
  tacet_err e = client_person_get(c, account, &mem, &p);
  if (e == TACET_ERR_NOT_FOUND) {
    return take_first(c, bytes, asked);
  }
  TACET_TRY(e);
  return take_known(c, &p, &m, bytes, asked);
}

static tacet_err take_all(client *c, tacet_span manifests, bool asked) {
  size_t n;
  TACET_TRY(
      tacet_opaque_list_check(manifests, SIZE_MAX, TACET_MANIFEST_MAX, &n));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  tacet_span one;
  while (tacet_opaque_list_next(&manifests, &one)) {
    TACET_TRY(take_one(c, one, asked));
  }
  return client_tx_commit(&tx);
}

tacet_err client_chain_take(client *c, tacet_span manifests) {
  return take_all(c, manifests, false);
}

tacet_err client_chain_take_asked(client *c, tacet_span manifests) {
  return take_all(c, manifests, true);
}

static tacet_err restore_all(client *c, tacet_span account,
                             tacet_span manifests) {
  tacet_manifest m, next;
  tacet_span one;
  bool first = true;
  while (tacet_opaque_list_next(&manifests, &one)) {
    TACET_TRY(first ? tacet_manifest_first(one, &next)
                    : tacet_manifest_next(&m, one, &next));
    m = next;
    first = false;
    TACET_TRY(keep(c, &m, one));
  }
  if (first || !tacet_span_equal(client_id_span(m.account_id), account)) {
    return TACET_ERR_MANIFEST;
  }
  client_person p = {.handle = m.handle,
                     .number = m.number,
                     .erased = m.n_devices == 0,
                     .met_at = client_now(c)};
  memcpy(p.account, m.account_id, sizeof(p.account));
  return client_person_save(c, &p);
}

tacet_err client_chain_restore(client *c, tacet_span account,
                               tacet_span manifests, bool *fresh) {
  CLIENT_MEM(mem);
  client_person p;
  size_t n;
  TACET_TRY(
      tacet_opaque_list_check(manifests, SIZE_MAX, TACET_MANIFEST_MAX, &n));
  tacet_err e = client_person_get(c, account, &mem, &p);
  *fresh = e == TACET_ERR_NOT_FOUND;
  if (*fresh) {
    return restore_all(c, account, manifests);
  }
  return e == TACET_OK ? client_chain_take(c, manifests) : e;
}

/* ---- whose handle it is ---- */

tacet_err client_chain_confirm(client *c, tacet_span account) {
  CLIENT_MEM(mem);
  client_person p, before;
  bool waits, in_use;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_person_get(c, account, &mem, &p));
  tacet_err e = client_person_by_handle(c, p.handle, &mem, &before);
  bool rival =
      e == TACET_OK && memcmp(before.account, p.account, CLIENT_ID_LEN) != 0;
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  TACET_TRY(client_reset_waits(c, p.handle, account, &waits, &in_use));
  if (rival && in_use) { /* its time comes */
    return client_tx_commit(&tx);
  }
  if (rival && !waits &&
      (before.confirmed || before.accepted || before.verified)) {
    TACET_TRY(keep_rival(c, &before, account));
    return client_tx_commit(&tx);
  }
  if (rival) { /* it had only claimed the handle */
    before.forked = true;
    TACET_TRY(client_person_save(c, &before));
    p.forked = false;
  }
  p.confirmed = true;
  TACET_TRY(client_person_save(c, &p));
  TACET_TRY(client_person_name(c, &p));
  return client_tx_commit(&tx);
}
