/* SPDX-License-Identifier: Apache-2.0
 * The own handle, given to another account; and taking it back. */
#include "client/reset.h"

#include "client/account.h"
#include "client/chain.h"
#include "client/events.h"
#include "client/keylog.h"
#include "client/labels.h"
#include "client/lookup.h"
#include "client/packages.h"
#include "client/people.h"

#define LOOK_AFTER (10 * CLIENT_MINUTE) /* witnesses may take a while */
#define OVER 1 /* reset_until of one that was told to be lost */

/* ---- noting ---- */

static tacet_err tell_lost(client *c, client_label *l, bool back) {
  if (l->reset_until == OVER) {
    return TACET_OK;
  }
  l->reset_until = OVER;
  return client_event_warn(
      c, NULL, "own-handle-lost",
      back ? "Your handle %s is again that of the account that had it before: "
             "one of its devices took it back. This home's account is nobody's "
             "any more; if that was not right, tell your contacts by another "
             "way, and ask the operator."
           : "Your handle %s belongs to another account for good: nobody took "
             "it back in time. Tell your contacts by another way who you are, "
             "and register another handle.",
      l->handle);
}

/* Daily, until somebody acts or the days are over. */
static tacet_err tell_taken(client *c, const client_label *l) {
  char day[16];
  client_reset_day(l->reset_until, day);
  return client_event_warn(
      c, NULL, "own-reset",
      "Your handle %s was given to another account, in the server's key log "
      "for all to see. If you did not ask the operator for that, take it back "
      "now: tacet recovery veto, before %s (UTC). And tell your contacts.",
      l->handle, day);
}

/* The server has dropped the key packages of the account. */
static tacet_err publish_soon(client *c) {
  client_upkeep u;
  TACET_TRY(client_upkeep_load(c, &u));
  u.next_packages = 0;
  u.next_last_resort = 0;
  c->next_upkeep = 0;
  return client_upkeep_save(c, &u);
}

static tacet_err note_mine(client *c, client_label *l,
                           const tacet_manifest *newest,
                           const tacet_keylog_answer *now) {
  bool apart =
      l->n_seen > 0 && now->version - newest->number != l->version - l->number;
  if (l->reset_until == 0 && !apart) {
    return TACET_OK;
  }
  l->reset_until = 0;
  TACET_TRY(publish_soon(c));
  return client_event_warn(
      c, NULL, "reset-vetoed",
      "Your handle %s is yours again: it had been given to another account, "
      "and one of your devices took it back. Ask the operator who that was.",
      l->handle);
}

tacet_err client_reset_note_own(client *c, client_label *l,
                                const tacet_manifest *newest,
                                const tacet_keylog_answer *now,
                                const tacet_keylog_head *head) {
  bool same = l->n_seen > 0 &&
              memcmp(l->account, newest->account_id, CLIENT_ID_LEN) == 0;
  bool back = l->n_seen > 0 && newest->number > 0 && !same &&
              now->version - newest->number <= l->version;
  if (client_is_self(c, client_id_span(newest->account_id))) {
    return note_mine(c, l, newest, now);
  }
  if (!same || l->reset_until == 0) {
    l->reset_until = client_reset_end(c, head);
  }
  return back || client_now(c) >= l->reset_until ? tell_lost(c, l, back)
                                                 : tell_taken(c, l);
}

tacet_err client_reset_fail_own(client *c) {
  return client_fail(&c->detail, CLIENT_KEYS, "own-reset",
                     "Your handle %s is another account's in the server's key "
                     "log; tacet recovery veto takes it back within the days "
                     "that the warning names.",
                     c->self.handle);
}

/* ---- taking it back ---- */

tacet_err client_reset_own(client *c, uint64_t *until) {
  CLIENT_MEM(mem);
  client_label l;
  tacet_err e = client_label_get(c, c->self.handle, &mem, &l);
  bool taken = e == TACET_OK && !client_is_self(c, client_id_span(l.account));
  *until = taken ? l.reset_until : 0;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

static tacet_err is_taken(client *c, bool *out) {
  uint64_t until;
  TACET_TRY(client_reset_own(c, &until));
  *out = until != 0;
  return TACET_OK;
}

/* The same devices again. What is signed is the same whenever it is signed, so
 * a call that was broken off goes on with it. */
static tacet_err sign(client *c, tacet_buf *out) {
  tacet_manifest last, next;
  tacet_manifest_signer signer = {.private_key = &c->self.device_key};
  TACET_TRY(client_chain_newest(c, client_id_span(c->self.account), &last));
  next = last;
  memcpy(signer.device_id, c->self.device, sizeof(signer.device_id));
  return tacet_manifest_sign(&next, &last, &signer, NULL, 0, out);
}

static tacet_err put(client *c, tacet_span manifest) {
  bool conflict;
  tacet_err e = client_account_put(c, manifest, &conflict);
  if (e != TACET_OK && strcmp(c->detail.code, "unknown-account") == 0) {
    client_error_clear(&c->detail);
    return client_fail(&c->detail, CLIENT_REFUSED, "too-late",
                       "The server says that it is too late to take %s back; "
                       "if the days were not over, tell your contacts by "
                       "another way: the key log shows when it was given away.",
                       c->self.handle);
  }
  TACET_TRY(e);
  return !conflict
             ? TACET_OK
             : client_fail(&c->detail, CLIENT_REFUSED, "manifest-conflict",
                           "Another of your devices did the same at this "
                           "moment, or changed the list of devices; try "
                           "again.");
}

/* What comes of it the next look at oneself tells, which is soon. */
static tacet_err look_soon(client *c) {
  CLIENT_KEYLOG(k);
  TACET_TRY(client_keylog_open(c, &k));
  k.r.next_self = client_now(c) + LOOK_AFTER;
  return client_keylog_save(c, &k.r);
}

static tacet_err note_veto(client *c, tacet_span manifest) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  if (manifest.len > 0) {
    TACET_TRY(client_chain_keep_own(c, manifest));
  }
  TACET_TRY(look_soon(c));
  return client_tx_commit(&tx);
}

static bool is_unknown_to_server(const client *c, tacet_err e) {
  return e != TACET_OK && strcmp(c->detail.code, "manifest") == 0;
}

/* The server has lost lists of devices that it had acknowledged: a veto among
 * them, perhaps, which it never carried out. Each that it is shown again is as
 * good a veto as a new one; *next is the first that it still lacks. */
static tacet_err put_lost(client *c, const tacet_span *lists, size_t n,
                          size_t *next) {
  tacet_err e = TACET_ERR_NOT_FOUND;
  for (size_t i = n; i-- > 1;) {
    client_error_clear(&c->detail);
    e = put(c, lists[i]);
    *next = i + 1;
    if (!is_unknown_to_server(c, e)) {
      return e;
    }
  }
  return e;
}

static tacet_err put_again(client *c) {
  TACET_BUF(all, (size_t)8 << 20);
  CLIENT_MEM(mem);
  size_t n = 0, next = 0;
  tacet_span list, one;
  TACET_TRY(client_chain_write(c, client_id_span(c->self.account), &all));
  list = tacet_buf_span(&all);
  while (tacet_opaque_list_next(&list, &one)) {
    n++;
  }
  tacet_span *lists = client_mem_array(&mem, n + 1, sizeof(*lists));
  if (lists == NULL) {
    return TACET_ERR_NOMEM;
  }
  list = tacet_buf_span(&all);
  for (n = 0; tacet_opaque_list_next(&list, &lists[n]);) {
    n++;
  }
  TACET_TRY(put_lost(c, lists, n, &next));
  for (; next < n; next++) {
    TACET_TRY(put(c, lists[next]));
  }
  return note_veto(c, TACET_SPAN_EMPTY);
}

static tacet_err put_next(client *c) {
  TACET_BUF(manifest, TACET_MANIFEST_MAX);
  TACET_TRY(sign(c, &manifest));
  tacet_err e = put(c, tacet_buf_span(&manifest));
  if (is_unknown_to_server(c, e)) {
    return put_again(c);
  }
  TACET_TRY(e);
  return note_veto(c, tacet_buf_span(&manifest));
}

tacet_err client_reset_veto(client *c) {
  bool shown, taken;
  TACET_TRY(client_self_is_listed(c));
  TACET_TRY(client_lookup_self(c, &shown));
  TACET_TRY(is_taken(c, &taken));
  if (!taken) {
    return client_fail(&c->detail, CLIENT_REFUSED, "no-reset",
                       "The key log has %s as your account's handle: there is "
                       "nothing to take back.",
                       c->self.handle);
  }
  TACET_TRY(put_next(c));
  if (client_packages_top_up(c) != TACET_OK) { /* then upkeep does it */
    client_error_clear(&c->detail);
  }
  return TACET_OK;
}
