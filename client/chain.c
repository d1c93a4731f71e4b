/* SPDX-License-Identifier: Apache-2.0
 * Chains of manifests: taken, kept, looked up. */
#include "client/chain.h"

#include "client/call.h"
#include "client/directory_check.h"
#include "client/events.h"
#include "client/tokens.h"

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

tacet_err client_chain_newest(client *c, tacet_span account,
                              tacet_manifest *out) {
  if (client_is_self(c, account)) {
    return client_chain_at(c, account, c->self.manifest_number, out);
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

/* Two manifests for one number: the first stays in force, both are kept. */
static tacet_err keep_rival(client *c, client_person *p, tacet_span bytes) {
  if (p->forked) {
    return TACET_OK;
  }
  TACET_TRY(client_store_put(c->store, CLIENT_T_SELF, bytes,
                             TACET_SPAN_LIT("rival manifests"), 0, bytes));
  p->forked = true;
  p->verified = false;
  TACET_TRY(client_person_save(c, p));
  return client_event_warn(
      c, NULL, "keys-changed",
      "Two different sets of keys claim to be %s. Nothing is sent to them any "
      "more; ask them, by another way, what happened.",
      p->handle);
}

static tacet_err take_first(client *c, tacet_span bytes) {
  tacet_manifest m;
  TACET_TRY(tacet_manifest_first(bytes, &m));
  TACET_TRY(keep(c, &m, bytes));
  client_person p = {.handle = m.handle, .met_at = client_now(c)};
  memcpy(p.account, m.account_id, sizeof(p.account));
  /* Anybody can sign a manifest that claims a handle, so one that comes along
   * never disputes what is known: it is the newcomer that nothing is sent to. */
  CLIENT_MEM(mem);
  client_person before;
  tacet_err e = client_person_by_handle(c, m.handle, &mem, &before);
  if (e == TACET_OK || (c->has_self && strcmp(m.handle, c->self.handle) == 0)) {
    p.forked = true;
    TACET_TRY(client_put(c, CLIENT_T_PERSON, client_id_span(p.account),
                         TACET_SPAN_EMPTY, p.met_at, client_person_fields,
                         &p));
    return client_event_warn(
        c, NULL, "impostor",
        "Somebody with other keys claims to be %s. It is not the account that "
        "you know, and nothing is sent to it; compare codes if in doubt.",
        m.handle);
  }
  return e == TACET_ERR_NOT_FOUND ? client_person_save(c, &p) : e;
}

/* Is it valid in its place, whatever else is known for that number? Else anybody
 * could make an account look forked. */
static tacet_err verify_alone(client *c, const tacet_manifest *m,
                              tacet_span bytes) {
  tacet_manifest before, out;
  if (m->number == 0) {
    return tacet_manifest_first(bytes, &out);
  }
  tacet_err e = client_chain_at(c, client_id_span(m->account_id),
                                m->number - 1, &before);
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_ERR_MANIFEST : e);
  return tacet_manifest_next(&before, bytes, &out);
}

static tacet_err take_known(client *c, client_person *p,
                            const tacet_manifest *m, tacet_span bytes) {
  CLIENT_MEM(mem);
  if (m->number <= p->number) {
    tacet_span known;
    TACET_TRY(
        bytes_at(c, client_id_span(p->account), m->number, &mem, &known));
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
  return client_person_save(c, p);
}

static tacet_err take_own(client *c, const tacet_manifest *m,
                          tacet_span bytes) {
  CLIENT_MEM(mem);
  tacet_span known;
  tacet_err e =
      bytes_at(c, client_id_span(m->account_id), m->number, &mem, &known);
  if (e == TACET_OK && tacet_span_equal(known, bytes)) {
    return TACET_OK;
  }
  if (e != TACET_OK && e != TACET_ERR_NOT_FOUND) {
    return e;
  }
  TACET_TRY(verify_alone(c, m, bytes));
  return client_event_warn(
      c, NULL, "own-keys-changed",
      "Somebody shows a device list of your account that this device did not "
      "make. If that was not you on another device, tell your contacts.");
}

static tacet_err take_one(client *c, tacet_span bytes) {
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
    return take_first(c, bytes);
  }
  TACET_TRY(e);
  return take_known(c, &p, &m, bytes);
}

tacet_err client_chain_take(client *c, tacet_span manifests) {
  size_t n;
  TACET_TRY(tacet_opaque_list_check(manifests, SIZE_MAX, TACET_MANIFEST_MAX,
                                    &n));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  tacet_span one;
  while (tacet_opaque_list_next(&manifests, &one)) {
    TACET_TRY(take_one(c, one));
  }
  return client_tx_commit(&tx);
}

/* ---- asking ---- */

static tacet_err mismatch(client *c, const char *who) {
  return client_fail(&c->detail, CLIENT_KEYS, "keys-mismatch",
                     "The server's answer about %s does not check out; nothing "
                     "was sent: tell the operator, or whom you wanted to write "
                     "to.",
                     who);
}

static tacet_err ask_once(client *c, const tacet_lookup *l, client_mem *mem,
                          client_reply *out) {
  TACET_BUF(w, 1024);
  tacet_lookup_write(&w, l);
  TACET_TRY(w.err);
  return client_ask_plain(c, CLIENT_LOOKUP, "POST", "/v1/lookup",
                          tacet_buf_span(&w), mem, out);
}

/* One look-up. Some an hour are free; above that each costs a token. */
static tacet_err ask(client *c, const tacet_lookup *l, const char *who,
                     client_mem *mem, tacet_lookup_answer *out) {
  client_reply reply;
  TACET_TRY(ask_once(c, l, mem, &reply));
  if (reply.code == TACET_WIRE_TOKEN_NEEDED) {
    tacet_lookup paid = *l;
    TACET_TRY(
        client_tokens_pick(c, TACET_TOKEN_DIRECTORY, 0, mem, &paid.token));
    TACET_TRY(ask_once(c, &paid, mem, &reply));
    CLIENT_TX(tx);
    TACET_TRY(client_tx_begin(c->store, &tx));
    TACET_TRY(client_tokens_spent(c, paid.token));
    TACET_TRY(client_tx_commit(&tx));
  }
  if (reply.code == TACET_WIRE_UNKNOWN_ACCOUNT ||
      reply.code == TACET_WIRE_ERASED) {
    return client_fail(&c->detail, CLIENT_REFUSED, "unknown-handle",
                       "Nobody here is called %s; check the spelling.", who);
  }
  TACET_TRY(client_expect_ok(c, &reply));
  return tacet_lookup_answer_parse(reply.body, out);
}

/* The whole answer, taken piece by piece. */
static tacet_err ask_and_take(client *c, tacet_lookup *l, const char *who) {
  bool more = true;
  while (more) {
    CLIENT_MEM(mem);
    tacet_lookup_answer a;
    TACET_TRY(ask(c, l, who, &mem, &a));
    tacet_span list = a.manifests, one;
    while (tacet_opaque_list_next(&list, &one)) {
      tacet_manifest m;
      TACET_TRY(tacet_manifest_parse(one, &m));
      bool right = l->kind == TACET_LOOKUP_HANDLE
                       ? strcmp(m.handle, who) == 0
                       : tacet_span_equal(l->key, client_id_span(m.account_id));
      if (!right || m.number != l->from) {
        return mismatch(c, who);
      }
      l->from++;
    }
    TACET_TRY(client_directory_check(c, l->key, a.manifests, a.proofs));
    tacet_err e = client_chain_take(c, a.manifests);
    if (tacet_err_kind(e) == TACET_KIND_PEER ||
        tacet_err_kind(e) == TACET_KIND_INPUT) {
      return mismatch(c, who);
    }
    TACET_TRY(e);
    more = a.more && a.n_manifests > 0;
  }
  return TACET_OK;
}

tacet_err client_lookup_handle(client *c, const char *handle, client_mem *mem,
                               client_person *out) {
  tacet_lookup l = {.kind = TACET_LOOKUP_HANDLE, .key = tacet_span_str(handle)};
  TACET_TRY(ask_and_take(c, &l, handle));
  tacet_err e = client_person_by_handle(c, handle, mem, out);
  return e == TACET_ERR_NOT_FOUND ? mismatch(c, handle) : e;
}

tacet_err client_lookup_account(client *c, tacet_span account, client_mem *mem,
                                client_person *out) {
  client_person p;
  TACET_TRY(client_person_get(c, account, mem, &p));
  tacet_lookup l = {
      .kind = TACET_LOOKUP_ACCOUNT, .key = account, .from = p.number};
  TACET_TRY(ask_and_take(c, &l, p.handle));
  return client_person_get(c, account, mem, out);
}
