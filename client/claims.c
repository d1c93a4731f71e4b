/* SPDX-License-Identifier: Apache-2.0
 * Claiming key packages. */
#include "client/claims.h"

#include "client/call.h"
#include "client/chain.h"
#include "client/clock.h"
#include "client/lacking.h"
#include "client/lookup.h"
#include "client/members.h"
#include "client/tokens.h"

#define TOKEN_TRIES 8
#define CLAIM_LIFE (20 * CLIENT_DAY) /* of 60; its mailbox waits for 30 */

static void parent_of(const uint8_t *talk, const uint8_t *account,
                      tacet_buf *w) {
  tacet_write_bytes(w, tacet_span_of(talk, CLIENT_ID_LEN));
  tacet_write_bytes(w, tacet_span_of(account, CLIENT_ID_LEN));
}

static tacet_err mismatch(client *c, const client_person *p) {
  return client_fail(&c->detail, CLIENT_KEYS, "keys-mismatch",
                     "The key package that the server gave for %s is not "
                     "theirs; nothing was sent: tell the operator, or them.",
                     p->handle);
}

/* ---- checking ---- */

/* Whose it is, held against the chain; *person is brought up to date where the
 * package names a newer manifest than is known. */
static tacet_err check(client *c, const tacet_claimed_package *claimed,
                       client_person *person, client_mem *mem) {
  tacet_mls_config config = client_mls_config();
  tacet_mls_key_package kp;
  client_leaf l;
  tacet_err e = tacet_mls_key_package_check(&config, claimed->key_package,
                                            client_now(c) / 1000, &kp);
  if (e == TACET_ERR_LIFETIME) {
    return client_fail(&c->detail, CLIENT_FAILED, "lifetime",
                       "The key package of %s is out of date by this device's "
                       "clock; check the clock, or try again tomorrow.",
                       person->handle);
  }
  if (e == TACET_ERR_NOMEM) {
    return e;
  }
  if (e != TACET_OK || client_leaf_read(c, &kp.member, &l) != TACET_OK ||
      memcmp(l.who.account, person->account, CLIENT_ID_LEN) != 0 ||
      memcmp(l.who.device, claimed->device_id, CLIENT_DEVICE_ID_LEN) != 0) {
    return mismatch(c, person);
  }
  if (l.who.manifest > person->number) {
    TACET_TRY(
        client_lookup_account(c, client_id_span(person->account), mem, person));
    TACET_TRY(client_person_may_hear(c, person));
    if (l.who.manifest > person->number) {
      return client_fail_unpublished(c, person->handle);
    }
  }
  tacet_manifest newest;
  TACET_TRY(client_chain_newest(c, client_id_span(person->account), &newest));
  e = client_leaf_check(c, &l);
  if (e == TACET_ERR_CREDENTIAL || e == TACET_ERR_NOT_FOUND ||
      (e == TACET_OK && tacet_manifest_device(&newest, l.who.device) == NULL)) {
    return mismatch(c, person);
  }
  return e;
}

static tacet_err save(client *c, const uint8_t *talk,
                      const tacet_claimed_package *p, const uint8_t *account) {
  TACET_BUF(parent, 128);
  TACET_BUF(key, 128);
  uint64_t order;
  client_claim r = {.message = p->key_package,
                    .last_resort = p->last_resort,
                    .claimed_at = client_now(c)};
  memcpy(r.account, account, sizeof(r.account));
  parent_of(talk, account, &parent);
  tacet_write_bytes(&key, tacet_buf_span(&parent));
  tacet_write_bytes(&key, tacet_span_of(p->device_id, sizeof(p->device_id)));
  TACET_TRY(key.err);
  TACET_TRY(client_store_next(c->store, &order));
  return client_put(c, CLIENT_T_CLAIM, tacet_buf_span(&key),
                    tacet_buf_span(&parent), order, client_claim_fields, &r);
}

/* ---- claiming ---- */

static tacet_err ask(client *c, client_person *person, client_mem *mem,
                     tacet_span *token, client_reply *out) {
  tacet_claim claim = {.token = TACET_SPAN_EMPTY};
  memcpy(claim.account_id, person->account, sizeof(claim.account_id));
  for (int n = 0; n < TOKEN_TRIES; n++) {
    TACET_TRY(client_tokens_pick(c, TACET_TOKEN_DIRECTORY, 0, mem, token));
    claim.token = *token;
    TACET_BUF(w, 1024);
    tacet_claim_write(&w, &claim);
    TACET_TRY(w.err);
    TACET_TRY(client_ask_plain(c, CLIENT_LOOKUP, "POST",
                               "/v1/keypackages/claim", tacet_buf_span(&w), mem,
                               out));
    if (!client_tokens_refused(out->code)) {
      return TACET_OK;
    }
    CLIENT_TX(tx); /* an earlier request spent it, and its answer was lost */
    TACET_TRY(client_tx_begin(c->store, &tx));
    TACET_TRY(client_tokens_spent(c, *token));
    TACET_TRY(client_tx_commit(&tx));
  }
  return TACET_OK;
}

static bool may_lack(const client *c, const client_person *person,
                     tacet_span packages) {
  /* Of own devices client/reconcile.c says so, if it stays like that. */
  return packages.len > 0 &&
         !client_is_self(c, client_id_span(person->account));
}

/* Devices there are no keys of may be listed no more. */
static tacet_err look_for_removals(client *c, client_person *person,
                                   tacet_span packages, client_mem *mem) {
  bool due = false;
  TACET_TRY(may_lack(c, person, packages)
                ? client_lacking_is_due(c, person, packages, &due)
                : TACET_OK);
  if (!due) {
    return TACET_OK;
  }
  TACET_TRY(
      client_lookup_account(c, client_id_span(person->account), mem, person));
  return client_person_may_hear(c, person);
}

static tacet_err claim(client *c, const uint8_t *talk, client_person *person) {
  CLIENT_MEM(mem);
  client_reply reply;
  tacet_claim_answer answer;
  tacet_claimed_package p;
  tacet_span token;
  client_tell(c, "claim", person->handle, 0, 0);
  TACET_TRY(ask(c, person, &mem, &token, &reply));
  if (reply.code == TACET_WIRE_UNKNOWN_ACCOUNT ||
      reply.code == TACET_WIRE_ERASED ||
      reply.code == TACET_WIRE_NO_KEY_PACKAGE) {
    return client_fail(&c->detail, CLIENT_REFUSED, "no-key-package",
                       "%s cannot be written to now: the server has no key "
                       "packages of theirs.",
                       person->handle);
  }
  TACET_TRY(client_expect_ok(c, &reply));
  TACET_TRY(tacet_claim_answer_parse(reply.body, &answer));
  CLIENT_TX(tx);
  /* Checked before it is kept: a look-up may be needed in between. */
  tacet_span all = answer.packages, list = all;
  while (tacet_claimed_package_next(&list, &p)) {
    TACET_TRY(check(c, &p, person, &mem));
  }
  TACET_TRY(look_for_removals(c, person, all, &mem));
  TACET_TRY(client_tx_begin(c->store, &tx));
  while (tacet_claimed_package_next(&answer.packages, &p)) {
    bool own = memcmp(p.device_id, c->self.device, CLIENT_DEVICE_ID_LEN) == 0;
    TACET_TRY(own ? TACET_OK : save(c, talk, &p, person->account));
  }
  TACET_TRY(client_tokens_spent(c, token));
  TACET_TRY(may_lack(c, person, all) ? client_lacking_note(c, talk, person, all)
                                     : TACET_OK);
  TACET_TRY(client_tx_commit(&tx));
  return answer.n_packages > 0 ? TACET_OK : mismatch(c, person);
}

tacet_err client_claims_get(client *c, const uint8_t *talk,
                            const uint8_t *account, client_mem *mem,
                            tacet_span **list, size_t *n) {
  TACET_BUF(parent, 128);
  const client_row *rows;
  size_t count;
  parent_of(talk, account, &parent);
  client_range range = {.parent = tacet_buf_span(&parent)};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_CLAIM, &range, mem, &rows, &count));
  tacet_span *all = client_mem_array(mem, *n + count, sizeof(*all));
  if (all == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (*n > 0) {
    memcpy(all, *list, *n * sizeof(*all));
  }
  for (size_t i = 0; i < count; i++) {
    client_claim r;
    TACET_TRY(
        client_parse(c, &rows[i], client_claim_fields, &r, sizeof(r), mem));
    if (client_since(c, r.claimed_at) < CLAIM_LIFE) {
      all[(*n)++] = r.message;
    }
  }
  *list = all;
  return TACET_OK;
}

tacet_err client_claims_ensure(client *c, const uint8_t *talk,
                               const client_person *p) {
  CLIENT_MEM(mem);
  tacet_span *list = NULL;
  size_t n = 0;
  TACET_TRY(client_person_may_hear(c, p));
  TACET_TRY(client_claims_get(c, talk, p->account, &mem, &list, &n));
  client_person person = *p;
  if (n > 0) {
    return TACET_OK;
  }
  /* With a wrong clock every package is out of date, and would be wasted. */
  TACET_TRY(client_clock_check(c));
  return claim(c, talk, &person);
}

tacet_err client_claims_renew(client *c, const uint8_t *talk,
                              const uint8_t *account) {
  CLIENT_MEM(mem);
  client_person p;
  TACET_TRY(client_person_any(c, client_id_span(account), &mem, &p));
  TACET_TRY(client_person_may_hear(c, &p));
  TACET_TRY(client_clock_check(c));
  return claim(c, talk, &p);
}

bool client_claim_is_hopeless(const client *c) {
  const client_error *d = &c->detail;
  return d->kind == CLIENT_KEYS || strcmp(d->code, "no-key-package") == 0 ||
         strcmp(d->code, "account-deleted") == 0;
}

bool client_package_identity(const client *c, tacet_span package,
                             tacet_identity *out) {
  tacet_mls_config config = client_mls_config();
  tacet_mls_key_package kp;
  return tacet_mls_key_package_check(&config, package, client_now(c) / 1000,
                                     &kp) == TACET_OK &&
         tacet_identity_parse(kp.member.identity, out) == TACET_OK;
}

tacet_err client_claims_drop(client *c, const uint8_t *talk,
                             const uint8_t *account) {
  TACET_BUF(parent, 128);
  parent_of(talk, account, &parent);
  return client_store_delete_of(c->store, CLIENT_T_CLAIM,
                                tacet_buf_span(&parent));
}
