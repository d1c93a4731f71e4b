/* SPDX-License-Identifier: Apache-2.0
 * Linking, on the new device. */
#include "client/linking.h"

#include "client/account.h"
#include "client/chain.h"
#include "client/keylog.h"
#include "client/link.h"
#include "client/lookup.h"
#include "client/people.h"
#include "client/tokens.h"
#include "tacet/wire/invite.h"

#define RECORD TACET_SPAN_LIT("joining")
#define LOOK_EVERY ((uint64_t)1000) /* at a slot, ms */
#define ANSWER_WAIT (2 * CLIENT_MINUTE)
#define LISTED_LOOKS 9 /* at the chain, a second later each time: 45 s */
#define ITEM_MAX ((size_t)16 * 1024)

void client_joining_fields(client_fields *f, void *record) {
  client_joining_record *r = record;
  client_field_version(f, 1);
  client_field_fixed(f, r->secret, sizeof(r->secret));
  client_field_u16(f, &r->minute);
  client_field_u8(f, &r->step);
  client_field_u64(f, &r->until);
  client_field_fixed(f, r->device, sizeof(r->device));
  client_field_fixed(f, r->salt, sizeof(r->salt));
  client_field_secret(f, &r->device_key);
  client_field_fixed(f, r->device_public, sizeof(r->device_public));
  client_field_text(f, &r->name);
  client_field_text(f, &r->url);
  client_field_text(f, &r->handle);
  client_field_text(f, &r->domain);
  client_field_bool(f, &r->has_pin);
  client_field_fixed(f, r->pin, sizeof(r->pin));
  client_field_fixed(f, r->account, sizeof(r->account));
  client_field_fixed(f, r->mailbox, sizeof(r->mailbox));
  client_field_fixed(f, r->capability, sizeof(r->capability));
  client_field_fixed(f, r->recovery_public, sizeof(r->recovery_public));
  client_field_span(f, &r->sealed);
}

static tacet_err load(client *c, client_mem *mem, client_joining_record *out) {
  return client_get(c, CLIENT_T_SELF, RECORD, client_joining_fields, out,
                    sizeof(*out), mem);
}

static tacet_err save(client *c, client_joining_record *r) {
  return client_put(c, CLIENT_T_SELF, RECORD, TACET_SPAN_EMPTY, 0,
                    client_joining_fields, r);
}

static tacet_err save_alone(client *c, client_joining_record *r) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(save(c, r));
  return client_tx_commit(&tx);
}

tacet_err client_is_joining(client *c, bool *out) {
  return client_store_has(c->store, CLIENT_T_SELF, RECORD, out);
}

static void record_wipe(client_joining_record *r) {
  tacet_wipe(r, sizeof(*r));
}

/* ---- beginning ---- */

static tacet_err begin(client *c, const char *server, const char *name,
                       client_mem *mem, client_joining_record *out) {
  TACET_CLEANUP(record_wipe)
  client_joining_record r = {.step = CLIENT_JOINING_CODE, .name = name};
  uint64_t now = client_now(c);
  TACET_TRY(client_joining_server(c, server, mem, &r));
  TACET_TRY(tacet_random(r.device, sizeof(r.device)));
  TACET_TRY(tacet_random(r.salt, sizeof(r.salt)));
  TACET_TRY(tacet_sig_ed25519.generate(&r.device_key, r.device_public));
  TACET_TRY(tacet_linking_secret(r.device, r.device_public, r.salt, r.secret));
  r.minute = (uint16_t)(now / CLIENT_MINUTE);
  r.until = now + TACET_LINKING_LIFE_MINUTES * CLIENT_MINUTE;
  TACET_TRY(save_alone(c, &r));
  *out = r;
  return TACET_OK;
}

static tacet_err forget(client *c) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_store_delete(c->store, CLIENT_T_SELF, RECORD));
  return client_tx_commit(&tx);
}

static tacet_err run_out(client *c) {
  TACET_TRY(forget(c));
  return client_fail(&c->detail, CLIENT_REFUSED, "code-expired",
                     "Nobody approved the code within %d minutes; run tacet "
                     "link again for a new one.",
                     TACET_LINKING_LIFE_MINUTES);
}

/* ---- messages ---- */

static tacet_err seal(const client_joining_record *r, tacet_linking_step step,
                      tacet_span body, client_mem *mem, tacet_span *out) {
  tacet_linking_code code = client_joining_code(r);
  TACET_BUF(w, ITEM_MAX);
  TACET_TRY(tacet_linking_seal(&code, step, body, &w));
  return client_mem_take(mem, &w, out);
}

/* ---- the offer ---- */

/* Only in the form in which invites name servers, and with a handle there. */
static tacet_err check_offer(const tacet_linking_offer *o) {
  tacet_invite invite = {.has_pin = o->has_pin};
  char link[TACET_INVITE_LINK_MAX];
  tacet_span name, domain;
  if (o->url.len >= sizeof(invite.url) ||
      o->domain.len >= sizeof(invite.domain) ||
      o->policy.len > sizeof(invite.policy)) {
    return TACET_ERR_LIMIT;
  }
  memcpy(invite.url, o->url.p, o->url.len);
  memcpy(invite.domain, o->domain.p, o->domain.len);
  TACET_TRY(tacet_invite_write(&invite, link));
  TACET_TRY(client_trust_check(o->policy));
  TACET_TRY(tacet_handle_split(o->handle, &name, &domain));
  return tacet_span_equal(domain, o->domain) ? TACET_OK : TACET_ERR_ENCODING;
}

static tacet_err keep_server(client *c, const tacet_linking_offer *o,
                             const char *url) {
  client_server_record server = {
      .url = url, .has_pin = o->has_pin, .trust = o->policy};
  memcpy(server.pin, o->pin, sizeof(server.pin));
  return client_put(c, CLIENT_T_SELF, TACET_SPAN_LIT("server"),
                    TACET_SPAN_EMPTY, 0, client_server_fields, &server);
}

static tacet_err write_hello(client_joining_record *r, client_mem *mem) {
  TACET_BUF(body, ITEM_MAX);
  tacet_linking_hello h = {.name = r->name == NULL ? TACET_SPAN_EMPTY
                                                   : tacet_span_str(r->name)};
  memcpy(h.device, r->device, sizeof(h.device));
  memcpy(h.device_key, r->device_public, sizeof(h.device_key));
  memcpy(h.salt, r->salt, sizeof(h.salt));
  tacet_linking_hello_write(&body, &h);
  TACET_TRY(body.err);
  return seal(r, TACET_LINKING_HELLO, tacet_buf_span(&body), mem, &r->sealed);
}

static tacet_err take_offer(client *c, client_joining_record *r,
                            tacet_span body, client_mem *mem) {
  tacet_linking_offer o;
  tacet_err e = tacet_linking_offer_parse(body, &o);
  e = e == TACET_OK ? check_offer(&o) : e;
  if (e == TACET_ERR_NOMEM) {
    return e;
  }
  if (e != TACET_OK) {
    return client_fail(&c->detail, CLIENT_FAILED, "newer-version",
                       "What your other device offers is not understood; "
                       "update both.");
  }
  if (r->has_pin && (!o.has_pin || memcmp(r->pin, o.pin, sizeof(o.pin)) != 0)) {
    return client_fail(&c->detail, CLIENT_KEYS, "certificate-changed",
                       "The link that you gave and your other device know the "
                       "server by different keys; nothing was sent. Ask the "
                       "operator which is right.");
  }
  TACET_TRY(client_mem_text(mem, o.url, &r->url));
  TACET_TRY(client_mem_text(mem, o.handle, &r->handle));
  TACET_TRY(client_mem_text(mem, o.domain, &r->domain));
  memcpy(r->account, o.account, sizeof(r->account));
  memcpy(r->mailbox, o.mailbox, sizeof(r->mailbox));
  memcpy(r->capability, o.capability, sizeof(r->capability));
  TACET_TRY(write_hello(r, mem));
  r->step = CLIENT_JOINING_HELLO;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(keep_server(c, &o, r->url));
  TACET_TRY(save(c, r));
  return client_tx_commit(&tx);
}

static tacet_err wait_for_offer(client *c, client_joining_record *r,
                                client_mem *mem) {
  TACET_BYTES(plain);
  tacet_span body;
  bool there;
  TACET_TRY(client_joining_connect(c, r));
  TACET_TRY(client_joining_wait(c, r, TACET_LINKING_OFFER, r->until, &plain,
                                &body, &there));
  if (!there) {
    return run_out(c);
  }
  TACET_TRY(take_offer(c, r, body, mem));
  client_joining_disconnect(
      c); /* from now on the server has to be who it should */
  return TACET_OK;
}

static tacet_err send_hello(client *c, client_joining_record *r) {
  TACET_TRY(client_joining_send(c, r));
  r->step = CLIENT_JOINING_PROPOSAL;
  r->until = client_now(c) + ANSWER_WAIT;
  return save_alone(c, r);
}

/* ---- the proposal ---- */

static tacet_err stopped(client *c) {
  TACET_TRY(forget(c));
  return client_fail(&c->detail, CLIENT_REFUSED, "linking-ended",
                     "Your other device stopped answering; nothing was "
                     "changed. Run tacet link again for a new code.");
}

/* The list of that account, with this device in it. */
static bool is_right(const client_joining_record *r, const tacet_manifest *m) {
  const tacet_device *d = tacet_manifest_device(m, r->device);
  return memcmp(m->account_id, r->account, sizeof(r->account)) == 0 &&
         strcmp(m->handle, r->handle) == 0 && d != NULL &&
         memcmp(d->key, r->device_public, sizeof(d->key)) == 0;
}

static tacet_err take_proposal(client *c, client_joining_record *r,
                               tacet_span body, client_mem *mem) {
  tacet_manifest m;
  uint8_t signature[64];
  if (tacet_manifest_body_parse(body, &m) != TACET_OK || !is_right(r, &m)) {
    return client_fail(&c->detail, CLIENT_FAILED, "newer-version",
                       "What your other device proposes is not understood; "
                       "update both.");
  }
  TACET_TRY(tacet_manifest_possess(body, &r->device_key, signature));
  TACET_TRY(seal(r, TACET_LINKING_POSSESSION,
                 tacet_span_of(signature, sizeof(signature)), mem, &r->sealed));
  memcpy(r->recovery_public, m.recovery_key, sizeof(r->recovery_public));
  r->step = CLIENT_JOINING_POSSESSION;
  return save_alone(c, r);
}

static tacet_err wait_for_proposal(client *c, client_joining_record *r,
                                   client_mem *mem) {
  TACET_BYTES(plain);
  tacet_span body;
  bool there;
  TACET_TRY(client_joining_wait(c, r, TACET_LINKING_PROPOSAL, r->until, &plain,
                                &body, &there));
  return there ? take_proposal(c, r, body, mem) : stopped(c);
}

static tacet_err send_possession(client *c, client_joining_record *r) {
  TACET_TRY(client_joining_send(c, r));
  r->step = CLIENT_JOINING_OUTCOME;
  r->until = client_now(c) + ANSWER_WAIT;
  return save_alone(c, r);
}

/* ---- the outcome ---- */

/* Who this device is, if it is anybody: the record with which the directory can
 * be asked about the account. */
static tacet_err become(client *c, client_joining_record *r) {
  client_self self = {.stage = CLIENT_STAGE_NONE,
                      .handle = r->handle,
                      .domain = r->domain,
                      .device_name = r->name};
  memcpy(self.account, r->account, sizeof(self.account));
  memcpy(self.device, r->device, sizeof(self.device));
  memcpy(self.device_public, r->device_public, sizeof(self.device_public));
  memcpy(self.recovery_public, r->recovery_public,
         sizeof(self.recovery_public));
  TACET_TRY(
      tacet_secret_set(&self.device_key, tacet_secret_span(&r->device_key)));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  tacet_err e = client_self_save(c, &self);
  tacet_wipe(&self, sizeof(self));
  TACET_TRY(e);
  TACET_TRY(client_tx_commit(&tx));
  return client_self_load(c);
}

/* The chain from the directory lists this device. */
static tacet_err is_listed_now(client *c, client_joining_record *r, bool *out) {
  tacet_manifest newest;
  TACET_TRY(client_lookup_own(c));
  tacet_err e = client_chain_newest(c, client_id_span(r->account), &newest);
  *out = e == TACET_OK && is_right(r, &newest);
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

/* The directory shows what its key log has, which may take a few seconds. */
static tacet_err is_listed(client *c, client_joining_record *r, bool wait,
                           bool *out) {
  TACET_TRY(become(c, r));
  for (uint64_t ms = LOOK_EVERY;; ms += LOOK_EVERY) {
    TACET_TRY(is_listed_now(c, r, out));
    if (*out || !wait || ms > LISTED_LOOKS * LOOK_EVERY) {
      return TACET_OK;
    }
    TACET_TRY(client_check_interrupt(c));
    TACET_TRY(client_joining_sleep(c, ms));
  }
}

static tacet_err added(client *c, client_joining_record *r,
                       const tacet_linking_outcome *o) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  for (int k = 0; k < 2; k++) {
    TACET_TRY(client_tokens_take(c, (tacet_token_kind)k, o->tokens[k]));
  }
  TACET_TRY(client_self_stage(c, CLIENT_STAGE_ACCOUNT));
  r->step = CLIENT_JOINING_ADDED;
  TACET_TRY(save(c, r));
  TACET_TRY(client_tx_commit(&tx));
  return client_self_load(c);
}

static tacet_err wait_for_outcome(client *c, client_joining_record *r) {
  TACET_BYTES(plain);
  tacet_span body;
  bool there, listed = false;
  tacet_linking_outcome o = {.added = true};
  TACET_TRY(client_joining_wait(c, r, TACET_LINKING_OUTCOME, r->until, &plain,
                                &body, &there));
  if (there && tacet_linking_outcome_parse(body, &o) != TACET_OK) {
    o = (tacet_linking_outcome){.added = true};
  }
  /* Where the other device died behind its last step, the directory knows. */
  TACET_TRY(o.added ? is_listed(c, r, there, &listed) : TACET_OK);
  if (listed) {
    return added(c, r, &o);
  }
  if (!there) { /* it has the signature, and may use it yet */
    return client_fail(&c->detail, CLIENT_UNREACHABLE, "linking-waits",
                       "Your other device has not finished. Start tacet there, "
                       "then run tacet link here again: it goes on.");
  }
  TACET_TRY(forget(c));
  return o.added
             ? client_fail(&c->detail, CLIENT_KEYS, "keys-mismatch",
                           "Your other device added this one, and the server "
                           "does not show that; tell the operator, then run "
                           "tacet link again.")
             : client_fail(&c->detail, CLIENT_REFUSED, "manifest-conflict",
                           "Another of your devices changed the list of "
                           "devices at the same moment; run tacet link again "
                           "for a new code.");
}

static tacet_err say_ready(client *c, client_joining_record *r,
                           client_mem *mem) {
  TACET_TRY(client_account_publish(c));
  TACET_TRY(seal(r, TACET_LINKING_READY, TACET_SPAN_EMPTY, mem, &r->sealed));
  tacet_err e = client_joining_send(c, r); /* else it finds out by itself */
  if (e != TACET_OK && c->detail.kind != CLIENT_REFUSED &&
      !client_is_unreachable(&c->detail, e)) {
    return e;
  }
  client_error_clear(&c->detail);
  return forget(c);
}

/* ---- the whole ---- */

static tacet_err step(client *c, client_joining_record *r, client_mem *mem) {
  switch ((client_joining_step)r->step) {
  case CLIENT_JOINING_CODE:
    return wait_for_offer(c, r, mem);
  case CLIENT_JOINING_HELLO:
    return send_hello(c, r);
  case CLIENT_JOINING_PROPOSAL:
    return wait_for_proposal(c, r, mem);
  case CLIENT_JOINING_POSSESSION:
    return send_possession(c, r);
  case CLIENT_JOINING_OUTCOME:
    return wait_for_outcome(c, r);
  case CLIENT_JOINING_ADDED:
    break;
  }
  return say_ready(c, r, mem);
}

/* What an earlier try left, if it can be gone on with. With another server, as
 * after an address that was mistyped, it cannot. */
static tacet_err resume(client *c, const char *server, client_mem *mem,
                        client_joining_record *r, bool *found) {
  client_joining_record now = {.step = 0};
  tacet_err e = load(c, mem, r);
  *found = false;
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  uint64_t most = r->step >= CLIENT_JOINING_POSSESSION ? CLIENT_DAY : 0;
  *found = r->step == CLIENT_JOINING_ADDED || client_now(c) < r->until + most;
  if (r->step == CLIENT_JOINING_CODE) {
    TACET_TRY(client_joining_server(c, server, mem, &now));
    *found = *found && strcmp(now.url, r->url) == 0;
  }
  if (*found && r->step == CLIENT_JOINING_OUTCOME) {
    r->until = client_now(c) + ANSWER_WAIT / 4;
  }
  return TACET_OK;
}

tacet_err client_joining_run(client *c, const char *server, const char *name,
                             client_code_fn show, void *user) {
  CLIENT_MEM(mem);
  TACET_CLEANUP(record_wipe) client_joining_record r = {.step = 0};
  char text[TACET_LINKING_TEXT_LEN + 1];
  bool found, going;
  TACET_TRY(resume(c, server, &mem, &r, &found));
  TACET_TRY(found ? TACET_OK : begin(c, server, name, &mem, &r));
  if (r.step == CLIENT_JOINING_CODE) {
    tacet_linking_code code = client_joining_code(&r);
    TACET_TRY(tacet_linking_code_write(&code, text));
    show(user, text);
  }
  do {
    c->quiet_until = 0;
    TACET_TRY(step(c, &r, &mem));
    TACET_TRY(client_is_joining(c, &going));
  } while (going);
  return TACET_OK;
}
