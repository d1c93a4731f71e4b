/* SPDX-License-Identifier: Apache-2.0
 * Accounts that were met. */
#include "client/people.h"

#include "client/chain.h"
#include "client/labels.h"
#include "client/reset.h"

tacet_err client_person_get(client *c, tacet_span account, client_mem *mem,
                            client_person *out) {
  return client_get(c, CLIENT_T_PERSON, account, client_person_fields, out,
                    sizeof(*out), mem);
}

tacet_err client_person_any(client *c, tacet_span account, client_mem *mem,
                            client_person *out) {
  if (!client_is_self(c, account)) {
    return client_person_get(c, account, mem, out);
  }
  tacet_manifest newest;
  client_person p = {.confirmed = true, .accepted = true, .verified = true};
  tacet_err e = client_chain_newest(c, account, &newest);
  if (e == TACET_OK) { /* else this device has yet to ask for it */
    p.number = newest.number;
    p.erased = newest.n_devices == 0;
  }
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  TACET_TRY(client_mem_text(mem, tacet_span_str(c->self.handle), &p.handle));
  memcpy(p.account, c->self.account, sizeof(p.account));
  *out = p;
  return TACET_OK;
}

tacet_err client_person_by_handle(client *c, const char *handle,
                                  client_mem *mem, client_person *out) {
  tacet_span account;
  TACET_TRY(client_store_get(c->store, CLIENT_T_HANDLE, tacet_span_str(handle),
                             mem, &account));
  return client_person_get(c, account, mem, out);
}

tacet_err client_person_save(client *c, client_person *p) {
  return client_put(c, CLIENT_T_PERSON, client_id_span(p->account),
                    TACET_SPAN_EMPTY, p->met_at, client_person_fields, p);
}

tacet_err client_person_name(client *c, const client_person *p) {
  return client_store_put(c->store, CLIENT_T_HANDLE, tacet_span_str(p->handle),
                          TACET_SPAN_EMPTY, 0, client_id_span(p->account));
}

bool client_is_self(const client *c, tacet_span account) {
  return c->has_self &&
         tacet_span_equal(account, client_id_span(c->self.account));
}

bool client_has_account(const client *c) {
  static const uint8_t none[CLIENT_ID_LEN];
  return c->has_self && memcmp(c->self.account, none, sizeof(none)) != 0;
}

tacet_err client_handle_of(client *c, tacet_span account, client_mem *mem,
                           const char **out) {
  if (client_is_self(c, account)) {
    return client_mem_text(mem, tacet_span_str(c->self.handle), out);
  }
  client_person p;
  tacet_err e = client_person_get(c, account, mem, &p);
  if (e == TACET_OK) {
    *out = p.handle;
    return TACET_OK;
  }
  if (e != TACET_ERR_NOT_FOUND) {
    return e;
  }
  const char *hex;
  TACET_TRY(client_mem_hex(mem, tacet_span_of(account.p, 8), &hex));
  return client_mem_printf(mem, out, "account:%s", hex);
}

tacet_err client_trust_of(client *c, const client_person *p,
                          client_trust *out) {
  bool seen;
  uint64_t until;
  TACET_TRY(client_reset_until(c, p, &until));
  if (until != 0 || p->replaced) {
    *out = CLIENT_RESET;
    return TACET_OK;
  }
  TACET_TRY(client_label_covers(c, p->handle, client_id_span(p->account),
                                p->number, &seen));
  bool doubtful = client_label_is_well(c, p->handle) != TACET_OK;
  if (doubtful && c->detail.kind == CLIENT_KEYS) {
    client_error_clear(&c->detail);
  }
  *out = p->forked || doubtful ? CLIENT_CHANGED
         : p->verified         ? CLIENT_VERIFIED
         : seen                ? CLIENT_TRANSPARENT
                               : CLIENT_UNVERIFIED;
  return TACET_OK;
}

tacet_err client_fail_erased(client *c, const char *handle) {
  if (client_has_account(c) && strcmp(handle, c->self.handle) == 0) {
    return client_fail(&c->detail, CLIENT_REFUSED, "account-deleted",
                       "The server says that your account %s was deleted; its "
                       "handle is nobody's for good. If that was not you, ask "
                       "the operator, and tell your contacts by another way.",
                       handle);
  }
  return client_fail(&c->detail, CLIENT_REFUSED, "account-deleted",
                     "The account %s was deleted; there is nobody to write to.",
                     handle);
}

tacet_err client_person_may_hear(client *c, const client_person *p) {
  TACET_TRY(client_reset_allows(c, p));
  if (p->forked) {
    return client_fail(&c->detail, CLIENT_KEYS, "keys-changed",
                       "Two different sets of keys claim to be %s; nothing was "
                       "sent: ask them, by another way, what happened.",
                       p->handle);
  }
  TACET_TRY(client_label_is_well(c, p->handle));
  if (p->blocked) {
    return client_fail(&c->detail, CLIENT_REFUSED, "blocked",
                       "You blocked %s; use tacet unblock first.", p->handle);
  }
  if (p->erased) {
    return client_fail_erased(c, p->handle);
  }
  return TACET_OK;
}

tacet_err client_handle_typed(client *c, const char *text, client_mem *mem,
                              const char **out) {
  tacet_err e = client_handle_read(text, c->self.domain, mem, out);
  if (e == TACET_ERR_ENCODING) {
    return client_fail(&c->detail, CLIENT_USAGE, "bad-handle",
                       "That is not a handle: 1 to 32 of a-z 0-9 . _ - that "
                       "begin and end with a letter or digit.");
  }
  TACET_TRY(e);
  if (!client_handle_in(*out, c->self.domain)) {
    return client_fail(&c->detail, CLIENT_USAGE, "other-server",
                       "%s is on another server; only people of %s can be "
                       "reached from here.",
                       *out, c->self.domain);
  }
  return TACET_OK;
}
