/* SPDX-License-Identifier: Apache-2.0
 * Holding the token keys against the key log. */
#include "client/issuers.h"

#include "client/call.h"
#include "client/keylog.h"

#include "tacet/crypto.h"

#define TRIES 4
#define CHECKED TACET_SPAN_LIT("issuers")

/* The keys that were found in the log last. */
typedef struct checked {
  uint8_t hash[32]; /* SHA-256 of what the log commits to */
} checked;

static void fields(client_fields *f, void *record) {
  checked *r = record;
  client_field_version(f, 1);
  client_field_fixed(f, r->hash, sizeof(r->hash));
}

static tacet_err was_checked(client *c, const checked *now, bool *out) {
  CLIENT_MEM(mem);
  checked before;
  tacet_err e = client_get(c, CLIENT_T_SELF, CHECKED, fields, &before,
                           sizeof(before), &mem);
  *out = e == TACET_OK && memcmp(before.hash, now->hash, 32) == 0;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

static tacet_err wrong(client *c) {
  return client_fail(&c->detail, CLIENT_KEYS, "token-keys",
                     "The server gives this account token keys that its key "
                     "log does not have for everybody, which could mark you; "
                     "no tokens were drawn. Ask the operator, by another way, "
                     "what happened.");
}

/* ---- asking ---- */

static tacet_err ask(client *c, const tacet_issuer_query *q, client_mem *mem,
                     tacet_key_proofs *out) {
  TACET_BUF(w, 64);
  client_reply reply;
  tacet_issuer_query_write(&w, q);
  TACET_TRY(w.err);
  TACET_TRY(client_ask_plain(c, CLIENT_LOOKUP, "POST", "/v1/tokens/proof",
                             tacet_buf_span(&w), mem, &reply));
  TACET_TRY(client_expect_ok(c, &reply));
  return tacet_key_proofs_parse(reply.body, out) == TACET_OK ? TACET_OK
                                                             : wrong(c);
}

/* There is one version of a week's keys for good, so all who look see these. */
static tacet_err check_label(client *c, const client_keylog *k,
                             const tacet_keylog_head *head, uint32_t first_day,
                             tacet_span value, tacet_span proof) {
  tacet_keylog_label label;
  tacet_keylog_answer a;
  tacet_keylog_label_issuers(first_day, &label);
  tacet_err e = tacet_keylog_label_verify(
      head, tacet_span_of(k->trust.vrf_key, sizeof(k->trust.vrf_key)), &label,
      0, value, proof, &a);
  if (tacet_err_kind(e) == TACET_KIND_LOCAL) {
    return e;
  }
  return e == TACET_OK && a.exists && a.version == 0 ? TACET_OK : wrong(c);
}

static tacet_err keep(client *c, client_keylog *k, tacet_span head_proof,
                      const tacet_keylog_head *head, checked *now) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_keylog_keep(c, k, head_proof, head));
  TACET_TRY(
      client_put(c, CLIENT_T_SELF, CHECKED, TACET_SPAN_EMPTY, 0, fields, now));
  return client_tx_commit(&tx);
}

/* BUSY where another process of this home has seen more of the log meanwhile.
 */
static tacet_err look(client *c, uint32_t first_day, tacet_span value,
                      checked *now) {
  CLIENT_KEYLOG(k);
  CLIENT_MEM(mem);
  tacet_key_proofs p;
  tacet_keylog_head head;
  TACET_TRY(client_keylog_open(c, &k));
  if (!k.has_trust) {
    return TACET_OK;
  }
  const tacet_issuer_query q = {.first_day = first_day, .log_size = k.r.size};
  TACET_TRY(ask(c, &q, &mem, &p));
  TACET_TRY(client_keylog_judge(c, &k, p.head, &head));
  TACET_TRY(client_keylog_fresh(c, &k, &head));
  TACET_TRY(check_label(c, &k, &head, first_day, value, p.label));
  return keep(c, &k, p.head, &head, now);
}

tacet_err client_issuers_check(client *c, const tacet_issuers *all,
                               const tacet_issuer *key) {
  tacet_issuers week;
  checked now;
  bool done;
  TACET_BUF(value, 1024);
  if (tacet_issuers_week(all, key->first_day, &week) != TACET_OK) {
    return wrong(c);
  }
  tacet_issuers_write(&value, &week);
  TACET_TRY(value.err);
  TACET_TRY(
      tacet_hash_one(&tacet_hash_sha256, tacet_buf_span(&value), now.hash));
  TACET_TRY(was_checked(c, &now, &done));
  tacet_err e = done ? TACET_OK : TACET_ERR_BUSY;
  for (int n = 0; n < TRIES && e == TACET_ERR_BUSY; n++) {
    e = look(c, key->first_day, tacet_buf_span(&value), &now);
  }
  return e;
}
