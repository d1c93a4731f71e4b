/* SPDX-License-Identifier: Apache-2.0
 * Linking, on the device that has the account. */
#include "client/linking.h"

#include "client/account.h"
#include "client/chain.h"
#include "client/devices.h"
#include "client/devsync.h"
#include "client/history.h"
#include "client/jobs.h"
#include "client/lookup.h"
#include "client/reconcile.h"
#include "client/tokens.h"

#define RECORD TACET_SPAN_LIT("offer")
#define ANSWER_WAIT (CLIENT_MINUTE / 2) /* of the new device */
#define READY_WAIT CLIENT_HOUR
#define SIGN_MINUTES (12 * 60)
#define SLOT_MAX ((size_t)64 * 1024)
#define TOKEN_TRIES 8
#define GIFT 12 /* tokens of each kind */

void client_offer_fields(client_fields *f, void *record) {
  client_offer_record *r = record;
  client_field_version(f, 1);
  client_field_fixed(f, r->secret, sizeof(r->secret));
  client_field_u16(f, &r->minute);
  client_field_u8(f, &r->step);
  client_field_u64(f, &r->job);
  client_field_fixed(f, r->mailbox, sizeof(r->mailbox));
  client_field_fixed(f, r->device, sizeof(r->device));
  client_field_fixed(f, r->device_key, sizeof(r->device_key));
  client_field_text(f, &r->name);
  client_field_span(f, &r->body);
  client_field_span(f, &r->possession);
  client_field_span(f, &r->manifest);
  client_field_span(f, &r->sealed);
  client_field_bool(f, &r->refused);
  client_field_bool(f, &r->history);
}

tacet_err client_offer_load(client *c, client_mem *mem,
                            client_offer_record *out) {
  return client_get(c, CLIENT_T_SELF, RECORD, client_offer_fields, out,
                    sizeof(*out), mem);
}

tacet_err client_offer_save(client *c, client_offer_record *r) {
  return client_put(c, CLIENT_T_SELF, RECORD, TACET_SPAN_EMPTY, 0,
                    client_offer_fields, r);
}

static tacet_err save_alone(client *c, client_offer_record *r) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_offer_save(c, r));
  return client_tx_commit(&tx);
}

/* ---- beginning and ending ---- */

static tacet_err read_code(client *c, tacet_span text,
                           tacet_linking_code *out) {
  tacet_err e = tacet_linking_code_read(text, out);
  if (e == TACET_ERR_ENCODING) {
    return client_fail(&c->detail, CLIENT_USAGE, "bad-code",
                       "That is not the code: a letter of it is wrong or "
                       "missing. Compare it with the new device's screen.");
  }
  TACET_TRY(e);
  int age = tacet_linking_code_age(out, client_now(c) / 1000);
  if (age > TACET_LINKING_LIFE_MINUTES) {
    return client_fail(&c->detail, CLIENT_REFUSED, "code-expired",
                       "That code is too old: it holds for %d minutes. Run "
                       "tacet link again on the new device.",
                       TACET_LINKING_LIFE_MINUTES);
  }
  if (age < -TACET_LINKING_LIFE_MINUTES) {
    return client_fail(&c->detail, CLIENT_FAILED, "clock",
                       "By this device's clock that code was made in %d "
                       "minutes from now; set the clocks of both devices "
                       "right, and run tacet link again.",
                       -age);
  }
  return TACET_OK;
}

static tacet_err end(client *c, const client_offer_record *r) {
  TACET_TRY(
      client_mailbox_condemn(c, tacet_span_of(r->mailbox, sizeof(r->mailbox))));
  return client_store_delete(c->store, CLIENT_T_SELF, RECORD);
}

tacet_err client_offer_abandon(client *c) {
  CLIENT_MEM(mem);
  client_offer_record r;
  tacet_err e = client_offer_load(c, &mem, &r);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  if (r.step >= CLIENT_OFFER_PUBLISH) {
    return client_fail(&c->detail, CLIENT_FAILED, "busy",
                       "Another device is being linked at this moment; try "
                       "again in a minute.");
  }
  TACET_TRY(client_job_forget(c, r.job));
  return end(c, &r);
}

/* The conversations are gone through, and history follows, if that was wished.
 */
static tacet_err take_up(client *c, const client_offer_record *r) {
  TACET_TRY(client_job_forget(c, r->job));
  TACET_TRY(end(c, r));
  TACET_TRY(client_sync_everything(c)); /* makes the self group, too */
  TACET_TRY(client_reconcile_account(c, c->self.account));
  return r->history ? client_history_give(c, r->device) : TACET_OK;
}

tacet_err client_offer_begin(client *c, tacet_span text, bool history,
                             uint64_t *number) {
  CLIENT_MEM(mem);
  tacet_linking_code code;
  client_offer_record r, before;
  TACET_TRY(read_code(c, text, &code));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  tacet_err e = client_offer_load(c, &mem, &before);
  if (e == TACET_OK &&
      memcmp(before.secret, code.secret, sizeof(code.secret)) == 0) {
    *number = before.job; /* goes on */
    return TACET_OK;
  }
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  if (e == TACET_OK && before.step == CLIENT_OFFER_READY) {
    TACET_TRY(take_up(c, &before));
  } else {
    TACET_TRY(client_offer_abandon(c));
  }
  client_job job = {.kind = CLIENT_JOB_LINK};
  TACET_TRY(client_job_add(c, &job));
  r = (client_offer_record){.minute = code.minute,
                            .step = CLIENT_OFFER_BEGIN,
                            .job = job.number,
                            .history = history};
  memcpy(r.secret, code.secret, sizeof(r.secret));
  TACET_TRY(client_offer_save(c, &r));
  TACET_TRY(client_tx_commit(&tx));
  *number = job.number;
  return TACET_OK;
}

/* It came to nothing: nobody is waited for, nothing was changed. */
static tacet_err give_up(client *c, const client_offer_record *r) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(end(c, r));
  return client_tx_commit(&tx);
}

/* ---- slots ---- */

static tacet_err ask_slot(client *c, const uint8_t name[32], tacet_span body,
                          client_mem *mem, client_reply *out) {
  for (int tries = 0; tries < TOKEN_TRIES; tries++) {
    tacet_send ask = {.has_slot = true, .slot = {.body = body}};
    memcpy(ask.slot.name, name, sizeof(ask.slot.name));
    TACET_TRY(client_tokens_pick(c, TACET_TOKEN_DELIVERY, 0, mem, &ask.token));
    TACET_BUF(w, 2 * SLOT_MAX);
    tacet_send_write(&w, &ask);
    TACET_TRY(w.err);
    TACET_TRY(client_ask_plain(c, CLIENT_DELIVERY, "POST", "/v1/send",
                               tacet_buf_span(&w), mem, out));
    CLIENT_TX(tx);
    TACET_TRY(client_tx_begin(c->store, &tx));
    TACET_TRY(client_tokens_spent(c, ask.token));
    TACET_TRY(client_tx_commit(&tx));
    if (!client_tokens_refused(out->code)) {
      return TACET_OK;
    }
  }
  return TACET_OK;
}

/* USED in *taken: something else stands there. */
static tacet_err write_slot(client *c, const client_offer_record *r,
                            tacet_linking_step step, bool *taken) {
  CLIENT_MEM(mem);
  tacet_linking_code code = client_offer_code(r);
  uint8_t name[32];
  client_reply reply;
  TACET_TRY(tacet_linking_slot(&code, step, name));
  TACET_TRY(ask_slot(c, name, r->sealed, &mem, &reply));
  *taken = reply.code == TACET_WIRE_SLOT_TAKEN ||
           reply.code == TACET_WIRE_SLOT_EXPIRED;
  return *taken ? TACET_OK : client_expect_ok(c, &reply);
}

static tacet_err seal(const client_offer_record *r, tacet_linking_step step,
                      tacet_span body, client_mem *mem, tacet_span *out) {
  tacet_linking_code code = client_offer_code(r);
  TACET_BUF(w, SLOT_MAX);
  TACET_TRY(tacet_linking_seal(&code, step, body, &w));
  return client_mem_take(mem, &w, out);
}

/* ---- the steps ---- */

static tacet_err make_offer(client *c, client_offer_record *r,
                            client_mem *mem) {
  client_server_record server;
  client_mailbox m;
  TACET_TRY(client_mailboxes_ensure(c, 1));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_get(c, CLIENT_T_SELF, TACET_SPAN_LIT("server"),
                       client_server_fields, &server, sizeof(server), mem));
  TACET_TRY(client_mailbox_take(c, mem, &m));
  tacet_linking_offer offer = {.url = tacet_span_str(server.url),
                               .domain = tacet_span_str(c->self.domain),
                               .policy = server.trust,
                               .handle = tacet_span_str(c->self.handle),
                               .has_pin = server.has_pin};
  memcpy(offer.pin, server.pin, sizeof(offer.pin));
  memcpy(offer.account, c->self.account, sizeof(offer.account));
  memcpy(offer.mailbox, m.id, sizeof(offer.mailbox));
  memcpy(offer.capability, m.capability.b, sizeof(offer.capability));
  TACET_BUF(body, SLOT_MAX);
  tacet_linking_offer_write(&body, &offer);
  TACET_TRY(body.err);
  TACET_TRY(
      seal(r, TACET_LINKING_OFFER, tacet_buf_span(&body), mem, &r->sealed));
  m.use = CLIENT_MAILBOX_LINKING;
  TACET_TRY(client_mailbox_save(c, &m));
  memcpy(r->mailbox, m.id, sizeof(r->mailbox));
  r->step = CLIENT_OFFER_OFFER;
  TACET_TRY(client_offer_save(c, r));
  return client_tx_commit(&tx);
}

static tacet_err send_offer(client *c, client_offer_record *r) {
  bool taken;
  TACET_TRY(write_slot(c, r, TACET_LINKING_OFFER, &taken));
  if (taken) {
    TACET_TRY(give_up(c, r));
    return client_fail(&c->detail, CLIENT_REFUSED, "code-used",
                       "That code was used already; run `tacet link` again "
                       "on the new device for a new one.");
  }
  r->step = CLIENT_OFFER_HELLO;
  return save_alone(c, r);
}

static void insert(tacet_manifest *m, const client_offer_record *r) {
  size_t i = m->n_devices++;
  for (; i > 0 &&
         memcmp(m->devices[i - 1].id, r->device, CLIENT_DEVICE_ID_LEN) > 0;
       i--) {
    m->devices[i] = m->devices[i - 1];
  }
  memcpy(m->devices[i].id, r->device, sizeof(m->devices[i].id));
  memcpy(m->devices[i].key, r->device_key, sizeof(m->devices[i].key));
}

/* What comes after the newest manifest there is, as the directory knows it. */
static tacet_err make_proposal(client *c, client_offer_record *r,
                               client_mem *mem) {
  tacet_manifest last, next;
  TACET_TRY(client_lookup_own(c));
  TACET_TRY(client_self_is_listed(c));
  TACET_TRY(client_chain_newest(c, client_id_span(c->self.account), &last));
  if (last.n_devices >= TACET_DEVICES_MAX ||
      tacet_manifest_device(&last, r->device) != NULL) {
    TACET_TRY(give_up(c, r));
    return client_fail(&c->detail, CLIENT_REFUSED, "too-many-devices",
                       "The account has %d devices, and cannot have more; "
                       "remove one with tacet devices remove.",
                       TACET_DEVICES_MAX);
  }
  next = last;
  insert(&next, r);
  TACET_BUF(body, TACET_MANIFEST_MAX);
  TACET_TRY(tacet_manifest_body(&next, &last, &body));
  TACET_TRY(client_mem_take(mem, &body, &r->body));
  TACET_TRY(seal(r, TACET_LINKING_PROPOSAL, r->body, mem, &r->sealed));
  r->step = CLIENT_OFFER_PROPOSAL;
  return save_alone(c, r);
}

static tacet_err disturbed(client *c, const client_offer_record *r) {
  TACET_TRY(give_up(c, r));
  return client_fail(&c->detail, CLIENT_KEYS, "linking-disturbed",
                     "Somebody else has used this code at the same time; "
                     "nothing was changed. Run tacet link again, and show the "
                     "new code to nobody.");
}

static tacet_err send_proposal(client *c, client_offer_record *r) {
  bool taken;
  TACET_TRY(write_slot(c, r, TACET_LINKING_PROPOSAL, &taken));
  if (taken) {
    return disturbed(c, r);
  }
  r->step = CLIENT_OFFER_POSSESSION;
  return save_alone(c, r);
}

/* The new device is told what came of it, and gets a few tokens: those of the
 * day may be drawn. */
static tacet_err make_outcome(client *c, client_offer_record *r, bool added,
                              client_mem *mem) {
  tacet_manifest newest;
  TACET_BUF(directory, SLOT_MAX);
  TACET_BUF(delivery, SLOT_MAX);
  TACET_BUF(body, SLOT_MAX);
  TACET_TRY(client_chain_newest(c, client_id_span(c->self.account), &newest));
  if (added) {
    TACET_TRY(client_tokens_give(c, TACET_TOKEN_DIRECTORY, GIFT, &directory));
    TACET_TRY(client_tokens_give(c, TACET_TOKEN_DELIVERY, GIFT, &delivery));
  }
  tacet_linking_outcome o = {
      .added = added,
      .number = newest.number,
      .tokens = {tacet_buf_span(&directory), tacet_buf_span(&delivery)}};
  memcpy(o.hash, newest.hash, sizeof(o.hash));
  tacet_linking_outcome_write(&body, &o);
  TACET_TRY(body.err);
  TACET_TRY(
      seal(r, TACET_LINKING_OUTCOME, tacet_buf_span(&body), mem, &r->sealed));
  r->refused = !added;
  r->step = CLIENT_OFFER_OUTCOME;
  return client_offer_save(c, r);
}

static tacet_err refuse(client *c, client_offer_record *r, client_mem *mem) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(make_outcome(c, r, false, mem));
  return client_tx_commit(&tx);
}

/* The new device gives up after a day; long before that nothing is signed or
 * published any more. */
static tacet_err check_age(client *c, const client_offer_record *r) {
  tacet_linking_code code = client_offer_code(r);
  if (tacet_linking_code_age(&code, client_now(c) / 1000) < SIGN_MINUTES) {
    return TACET_OK;
  }
  TACET_TRY(give_up(c, r));
  return client_fail(&c->detail, CLIENT_REFUSED, "code-expired",
                     "Linking was interrupted and is too old to go on; "
                     "nothing was changed. Run tacet link again on the new "
                     "device.");
}

/* Its own signature is the last thing that is made, and leaves for the
 * directory alone. */
static tacet_err sign(client *c, client_offer_record *r, client_mem *mem) {
  tacet_manifest last, next;
  TACET_TRY(check_age(c, r));
  TACET_TRY(client_chain_newest(c, client_id_span(c->self.account), &last));
  TACET_TRY(tacet_manifest_body_parse(r->body, &next));
  if (next.number != last.number + 1 ||
      memcmp(next.previous_hash, last.hash, sizeof(last.hash)) != 0) {
    return refuse(c, r, mem); /* another device was faster */
  }
  tacet_manifest_signer signer = {.private_key = &c->self.device_key};
  memcpy(signer.device_id, c->self.device, sizeof(signer.device_id));
  TACET_BUF(w, TACET_MANIFEST_MAX);
  TACET_TRY(tacet_manifest_sign_with(&next, &last, &signer, r->possession, &w));
  TACET_TRY(client_mem_take(mem, &w, &r->manifest));
  r->step = CLIENT_OFFER_PUBLISH;
  return save_alone(c, r);
}

static tacet_err publish(client *c, client_offer_record *r, client_mem *mem) {
  bool conflict;
  TACET_TRY(check_age(c, r));
  TACET_TRY(client_account_put(c, r->manifest, &conflict));
  if (conflict) {
    return refuse(c, r, mem);
  }
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_chain_keep_own(c, r->manifest));
  TACET_TRY(client_device_name_set(c, r->device, r->name));
  TACET_TRY(make_outcome(c, r, true, mem));
  return client_tx_commit(&tx);
}

static tacet_err finish(client *c, client_job *job, client_offer_record *r) {
  client_job later = {.kind = CLIENT_JOB_LINKED,
                      .due = client_now(c) + READY_WAIT};
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_job_finish(c, job->number, NULL));
  TACET_TRY(client_job_add(c, &later));
  r->step = CLIENT_OFFER_READY;
  r->job = later.number;
  TACET_TRY(client_offer_save(c, r));
  return client_tx_commit(&tx);
}

static tacet_err send_outcome(client *c, client_job *job,
                              client_offer_record *r) {
  bool taken;
  TACET_TRY(write_slot(c, r, TACET_LINKING_OUTCOME, &taken));
  if (!r->refused) {
    return finish(c, job, r); /* `taken`: it looks the account up by itself */
  }
  TACET_TRY(give_up(c, r));
  return client_fail(&c->detail, CLIENT_REFUSED, "manifest-conflict",
                     "Another of your devices changed the list of devices at "
                     "the same moment; nothing was changed here. Run tacet "
                     "link again on the new device.");
}

/* ---- the job ---- */

static tacet_err wait_until(client *c, client_job *job, uint64_t wait,
                            uint64_t *next) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  job->due = client_now(c) + wait;
  job->tries = 1; /* the next time it is due nobody came */
  *next = job->due < *next ? job->due : *next;
  TACET_TRY(client_job_save(c, job));
  return client_tx_commit(&tx);
}

static tacet_err nobody(client *c, const client_offer_record *r) {
  bool hello = r->step == CLIENT_OFFER_HELLO;
  TACET_TRY(give_up(c, r));
  return hello ? client_fail(&c->detail, CLIENT_REFUSED, "nobody-waits",
                             "No device waits with that code. It may be of "
                             "another server, or have run out; nothing was "
                             "changed. Run tacet link again on the new "
                             "device.")
               : client_fail(&c->detail, CLIENT_REFUSED, "nobody-waits",
                             "The new device stopped answering; nothing was "
                             "changed. Run tacet link again on it.");
}

/* Ready, or not within the hour. */
static tacet_err welcome(client *c, const client_offer_record *r) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(take_up(c, r));
  return client_tx_commit(&tx);
}

static tacet_err step(client *c, client_job *job, client_offer_record *r,
                      client_mem *mem, uint64_t *next, bool *more) {
  *more = true;
  switch ((client_offer_step)r->step) {
  case CLIENT_OFFER_BEGIN:
    return make_offer(c, r, mem);
  case CLIENT_OFFER_OFFER:
    return send_offer(c, r);
  case CLIENT_OFFER_PROPOSE:
    return make_proposal(c, r, mem);
  case CLIENT_OFFER_PROPOSAL:
    return send_proposal(c, r);
  case CLIENT_OFFER_SIGN:
    return sign(c, r, mem);
  case CLIENT_OFFER_PUBLISH:
    return publish(c, r, mem);
  case CLIENT_OFFER_OUTCOME:
    *more = false;
    return send_outcome(c, job, r);
  case CLIENT_OFFER_HELLO:
  case CLIENT_OFFER_POSSESSION:
    *more = false;
    return job->tries > 0 ? nobody(c, r)
                          : wait_until(c, job, ANSWER_WAIT, next);
  case CLIENT_OFFER_READY:
    break;
  }
  *more = false;
  *next = 0;
  return welcome(c, r);
}

tacet_err client_offer_run(client *c, client_job *job, uint64_t *next) {
  bool more = true;
  while (more) {
    CLIENT_MEM(mem);
    client_offer_record r;
    tacet_err e = client_offer_load(c, &mem, &r);
    if (e == TACET_ERR_NOT_FOUND || (e == TACET_OK && r.job != job->number)) {
      CLIENT_TX(tx);
      TACET_TRY(client_tx_begin(c->store, &tx));
      TACET_TRY(client_job_finish(c, job->number, NULL));
      return client_tx_commit(&tx);
    }
    TACET_TRY(e);
    TACET_TRY(step(c, job, &r, &mem, next, &more));
    job->tries = 0; /* as what comes changes the step, it changes this */
  }
  return TACET_OK;
}
