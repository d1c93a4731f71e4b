/* SPDX-License-Identifier: Apache-2.0
 * Asking the directory who somebody is. */
#include "client/lookup.h"

#include "client/call.h"
#include "client/directory_check.h"
#include "client/people.h"
#include "client/tokens.h"

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
  if (reply.code == TACET_WIRE_ERASED) {
    return client_fail_erased(c, who);
  }
  if (reply.code == TACET_WIRE_UNKNOWN_ACCOUNT) {
    return client_fail(&c->detail, CLIENT_REFUSED, "unknown-handle",
                       "Nobody here is called %s; check the spelling.", who);
  }
  TACET_TRY(client_expect_ok(c, &reply));
  return tacet_lookup_answer_parse(reply.body, out);
}

/* The whole answer, taken piece by piece; whose it is. */
static tacet_err ask_and_take(client *c, tacet_lookup *l, const char *who,
                              uint8_t account[CLIENT_ID_LEN]) {
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
      memcpy(account, m.account_id, CLIENT_ID_LEN);
      l->from++;
    }
    TACET_TRY(client_directory_check(c, l->key, a.manifests, a.proofs));
    tacet_err e = client_chain_take_asked(c, a.manifests);
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
  uint8_t account[CLIENT_ID_LEN] = {0};
  tacet_lookup l = {.kind = TACET_LOOKUP_HANDLE, .key = tacet_span_str(handle)};
  TACET_TRY(ask_and_take(c, &l, handle, account));
  if (l.from == 0 || client_is_self(c, client_id_span(account))) {
    return mismatch(c, handle);
  }
  TACET_TRY(client_chain_confirm(c, client_id_span(account)));
  return client_person_by_handle(c, handle, mem, out);
}

tacet_err client_lookup_account(client *c, tacet_span account, client_mem *mem,
                                client_person *out) {
  client_person p;
  uint8_t same[CLIENT_ID_LEN];
  TACET_TRY(client_person_any(c, account, mem, &p));
  tacet_lookup l = {
      .kind = TACET_LOOKUP_ACCOUNT, .key = account, .from = p.number};
  TACET_TRY(ask_and_take(c, &l, p.handle, same));
  return client_person_any(c, account, mem, out);
}

tacet_err client_lookup_confirm(client *c, client_person *p, client_mem *mem) {
  client_person named;
  if (p->forked || p->confirmed || p->verified) {
    return client_person_may_hear(c, p);
  }
  TACET_TRY(client_lookup_handle(c, p->handle, mem, &named));
  if (memcmp(named.account, p->account, CLIENT_ID_LEN) != 0) {
    return client_fail(&c->detail, CLIENT_KEYS, "impostor",
                       "Whoever wrote to you as %s is not the account that the "
                       "server knows by that name; nothing was sent to them.",
                       p->handle);
  }
  *p = named;
  return client_person_may_hear(c, p);
}
