/* SPDX-License-Identifier: Apache-2.0
 * Asking the directory who somebody is. */
#include "client/lookup.h"

#include "client/call.h"
#include "client/directory_check.h"
#include "client/labels.h"
#include "client/people.h"
#include "client/tokens.h"

#define TRIES 4
#define MANIFESTS_MAX ((size_t)8 << 20) /* of one account */
#define WHOLE_ONE_IN 8                  /* look-ups that leave nothing out */

static tacet_err mismatch(client *c, const char *who) {
  return client_fail(&c->detail, CLIENT_KEYS, "keys-mismatch",
                     "The server's answer about %s does not check out; nothing "
                     "was sent: tell the operator, or whom you wanted to write "
                     "to.",
                     who);
}

tacet_err client_fail_unpublished(client *c, const char *who) {
  return client_fail(&c->detail, CLIENT_UNREACHABLE, "not-published",
                     "The server's key log does not show the newest keys of %s "
                     "yet; try again later, and ask the operator if it lasts.",
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
  if (reply.code == TACET_WIRE_TOKEN_NEEDED &&
      c->self.stage == CLIENT_STAGE_REGAINING) { /* it has no tokens yet */
    return client_fail(&c->detail, CLIENT_UNREACHABLE, "rate",
                       "The server answers no more questions from this "
                       "address for now; try again in an hour.");
  }
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

/* An answer as it grows, piece by piece. */
typedef struct inquiry {
  tacet_lookup ask;
  const char *who; /* the handle that it is about */
  client_mem mem;
  tacet_buf manifests;          /* all of them: opaque<V> each */
  client_directory_answer last; /* the newest, and the proofs beside it */
  bool any;
} inquiry;

static void inquiry_free(inquiry *q) {
  tacet_buf_free(&q->manifests);
  client_mem_free(&q->mem);
}
#define INQUIRY(name)                                                          \
  TACET_CLEANUP(inquiry_free)                                                  \
  inquiry name = {.manifests = {.max = MANIFESTS_MAX}}

/* Are they about whom was asked for, and in their order? */
static tacet_err add_piece(client *c, inquiry *q,
                           const tacet_lookup_answer *a) {
  tacet_span list = a->manifests, one;
  while (tacet_opaque_list_next(&list, &one)) {
    tacet_manifest *m = &q->last.newest;
    if (tacet_manifest_parse(one, m) != TACET_OK) {
      return mismatch(c, q->who);
    }
    bool right = strcmp(m->handle, q->who) == 0 &&
                 (q->ask.kind == TACET_LOOKUP_HANDLE ||
                  tacet_span_equal(q->ask.key, client_id_span(m->account_id)));
    if (!right || m->number != q->ask.from) {
      return mismatch(c, q->who);
    }
    tacet_opaque_list_add(&q->manifests, one);
    q->last.first = m->number == 0 ? one : q->last.first;
    q->last.previous = q->last.bytes;
    q->last.bytes = one;
    q->any = true;
    q->ask.from++;
  }
  if (q->manifests.err == TACET_ERR_LIMIT) {
    return mismatch(c, q->who);
  }
  q->last.proofs = a->proofs;
  return q->manifests.err;
}

static tacet_err ask_all(client *c, inquiry *q) {
  for (bool more = true; more;) {
    tacet_lookup_answer a;
    TACET_TRY(ask(c, &q->ask, q->who, &q->mem, &a));
    TACET_TRY(add_piece(c, q, &a));
    more = a.more && a.n_manifests > 0;
  }
  return q->any             ? TACET_OK
         : q->ask.from == 0 ? mismatch(c, q->who)
                            : client_fail_unpublished(c, q->who);
}

/* The manifests and what the log says of them, in one transaction. BUSY: to be
 * asked again. */
static tacet_err take(client *c, client_keylog *k, inquiry *q) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  tacet_err e = client_chain_take_asked(c, tacet_buf_span(&q->manifests));
  if (tacet_err_kind(e) == TACET_KIND_PEER ||
      tacet_err_kind(e) == TACET_KIND_INPUT) {
    client_tx_end(&tx);
    return k->has_trust ? client_directory_forged(c, k, &q->last)
                        : mismatch(c, q->who);
  }
  TACET_TRY(e);
  TACET_TRY(client_directory_keep(c, k, &q->last));
  return client_tx_commit(&tx);
}

/* What was verified of the label is named where it says no more than `from`
 * does: that is the number of the very manifest which it is about. Now and then
 * it is not, and the whole ladder comes: a map that has lost an old version is
 * found by a replay, but whoever does not wait for one may find it too. */
static tacet_err name_seen(client *c, inquiry *q) {
  CLIENT_MEM(mem);
  client_label l;
  uint64_t chance;
  tacet_err e = client_label_get(c, q->who, &mem, &l);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  TACET_TRY(client_chance(c, WHOLE_ONE_IN, &chance));
  tacet_span whose = q->ask.kind == TACET_LOOKUP_ACCOUNT
                         ? q->ask.key
                         : client_id_span(c->self.account);
  bool same = q->ask.from > 0 && l.n_seen > 0 && l.number == q->ask.from &&
              tacet_span_equal(whose, client_id_span(l.account));
  if (same && l.version < UINT32_MAX && chance != 0) {
    q->ask.seen = q->last.seen = l.version + 1;
  }
  return TACET_OK;
}

static tacet_err inquire_once(client *c, const tacet_lookup *l, const char *who,
                              uint8_t account[CLIENT_ID_LEN]) {
  CLIENT_KEYLOG(k);
  INQUIRY(q);
  TACET_TRY(client_keylog_open(c, &k));
  q.ask = *l;
  q.ask.log_size = k.r.size;
  q.who = q.last.handle = who;
  TACET_TRY(name_seen(c, &q));
  TACET_TRY(ask_all(c, &q));
  TACET_TRY(client_directory_check(c, &k, &q.last));
  if (client_has_account(c) && strcmp(who, c->self.handle) == 0 &&
      !client_is_self(c, client_id_span(q.last.newest.account_id))) {
    return client_directory_moved(c, &k, &q.last);
  }
  TACET_TRY(take(c, &k, &q));
  memcpy(account, q.last.newest.account_id, CLIENT_ID_LEN);
  return TACET_OK;
}

/* Asks, checks, and takes the whole answer; whose it is. Again where another
 * process of this home has seen more of the log meanwhile. */
static tacet_err inquire(client *c, const tacet_lookup *l, const char *who,
                         uint8_t account[CLIENT_ID_LEN]) {
  tacet_err e = TACET_ERR_BUSY;
  for (int n = 0; n < TRIES && e == TACET_ERR_BUSY; n++) {
    e = inquire_once(c, l, who, account);
  }
  return e;
}

tacet_err client_lookup_handle(client *c, const char *handle, client_mem *mem,
                               client_person *out) {
  uint8_t account[CLIENT_ID_LEN] = {0};
  tacet_lookup l = {.kind = TACET_LOOKUP_HANDLE, .key = tacet_span_str(handle)};
  TACET_TRY(inquire(c, &l, handle, account));
  TACET_TRY(client_chain_confirm(c, client_id_span(account)));
  return client_person_by_handle(c, handle, mem, out);
}

static bool is_unknown(const client *c, tacet_err e) {
  return e == TACET_ERR_POLICY && strcmp(c->detail.code, "unknown-handle") == 0;
}

tacet_err client_lookup_account(client *c, tacet_span account, client_mem *mem,
                                client_person *out) {
  client_person p;
  uint8_t same[CLIENT_ID_LEN];
  client_person named;
  TACET_TRY(client_person_any(c, account, mem, &p));
  tacet_lookup l = {
      .kind = TACET_LOOKUP_ACCOUNT, .key = account, .from = p.number};
  tacet_err e = inquire(c, &l, p.handle, same);
  if (is_unknown(c, e)) { /* its handle is another account's, perhaps */
    client_error_clear(&c->detail);
    e = client_lookup_handle(c, p.handle, mem, &named);
  }
  TACET_TRY(e);
  return client_person_any(c, account, mem, out);
}

/* From number 0 on, where a directory that has passed the handle on has nothing
 * to give from the own number on. */
static tacet_err ask_from_begin(client *c, tacet_lookup *ask,
                                uint8_t account[CLIENT_ID_LEN]) {
  ask->from = 0;
  TACET_TRY(inquire(c, ask, c->self.handle, account));
  return client_fail_unpublished(c, c->self.handle);
}

tacet_err client_lookup_self(client *c, bool *shown) {
  uint8_t account[CLIENT_ID_LEN] = {0};
  CLIENT_MEM(mem);
  client_person self;
  client_label l;
  TACET_TRY(client_person_any(c, client_id_span(c->self.account), &mem, &self));
  tacet_lookup ask = {.kind = TACET_LOOKUP_HANDLE,
                      .key = tacet_span_str(c->self.handle),
                      .from = self.number};
  tacet_err e = inquire(c, &ask, c->self.handle, account);
  if (e != TACET_OK && ask.from > 0 &&
      strcmp(c->detail.code, "not-published") == 0) {
    client_error_clear(&c->detail);
    e = ask_from_begin(c, &ask, account);
  }
  if (is_unknown(c, e)) {
    client_error_clear(&c->detail);
    return client_fail_unpublished(c, c->self.handle);
  }
  if (e != TACET_OK && strcmp(c->detail.code, "own-reset") == 0) {
    client_error_clear(&c->detail); /* it was told */
    *shown = true;
    return TACET_OK;
  }
  TACET_TRY(e);
  e = client_label_get(c, c->self.handle, &mem, &l);
  *shown = e == TACET_OK && l.number >= self.number;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

tacet_err client_lookup_own(client *c) {
  bool shown;
  tacet_err e = client_lookup_self(c, &shown);
  if (e != TACET_OK && strcmp(c->detail.code, "not-published") == 0) {
    client_error_clear(&c->detail); /* this device knows more than the log */
    return TACET_OK;
  }
  return e;
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
