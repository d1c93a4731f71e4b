/* SPDX-License-Identifier: Apache-2.0
 * The calls about the 24 words: shown, checked, erased, used. */
#include "client/api.h"

#include "client/chain.h"
#include "client/regain.h"
#include "client/reset.h"
#include "client/words.h"

static tacet_err do_words(client *c, client_mem *mem, const char **words) {
  TACET_TRY(client_enter(c));
  if (c->self.recovery_key.len == 0) {
    return client_fail(&c->detail, CLIENT_REFUSED, "recovery-erased",
                       "The words are not on this device: they were checked, "
                       "and are on paper alone; tacet recovery check compares "
                       "a paper with this account.");
  }
  return client_words_write(&c->self.recovery_key, mem, words);
}

client_kind client_recovery_words(client *c, client_mem *mem,
                                  const char **words, client_error *err) {
  return client_leave(c, do_words(c, mem, words), err);
}

/* Held against the public key that others check signatures with, not against a
 * private one that may be here no more. */
static tacet_err check(client *c, const char *words) {
  TACET_SECRET(key);
  uint8_t public_key[CLIENT_KEY_LEN];
  tacet_manifest newest;
  tacet_err e = client_words_read(words, &key);
  if (e == TACET_ERR_ENCODING) {
    return client_fail(&c->detail, CLIENT_USAGE, "wrong-words",
                       "That is not 24 words of the list; look for a word that "
                       "is missing or misread.");
  }
  if (e == TACET_ERR_AUTH) {
    return client_fail(&c->detail, CLIENT_USAGE, "wrong-words",
                       "One of the words is misread, or two stand in the wrong "
                       "order; compare them with the paper.");
  }
  TACET_TRY(e);
  TACET_TRY(tacet_sig_ed25519.public_key(tacet_secret_span(&key), public_key));
  TACET_TRY(client_chain_newest(c, client_id_span(c->self.account), &newest));
  if (memcmp(public_key, newest.recovery_key, sizeof(public_key)) != 0) {
    return client_fail(&c->detail, CLIENT_USAGE, "wrong-words",
                       "Those are 24 words of a recovery key, but not of %s.",
                       c->self.handle);
  }
  return TACET_OK;
}

static tacet_err do_check(client *c, const char *words, bool *held) {
  TACET_TRY(client_enter(c));
  TACET_TRY(check(c, words));
  *held = c->self.recovery_key.len > 0;
  return TACET_OK;
}

client_kind client_recovery_check(client *c, const char *words, bool *held,
                                  client_error *err) {
  return client_leave(c, do_check(c, words, held), err);
}

static tacet_err do_confirm(client *c, const char *words) {
  CLIENT_TX(tx);
  TACET_TRY(client_enter(c));
  TACET_TRY(check(c, words));
  if (c->self.recovery_key.len == 0) {
    return TACET_OK;
  }
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_self_load(c)); /* as it is now */
  client_self self = c->self;
  tacet_secret_wipe(&self.recovery_key);
  tacet_err e = client_self_save(c, &self);
  tacet_wipe(&self, sizeof(self));
  TACET_TRY(e);
  TACET_TRY(client_tx_commit(&tx));
  client_store_checkpoint(c->store);
  return client_self_load(c);
}

client_kind client_recovery_confirm(client *c, const char *words,
                                    client_error *err) {
  return client_leave(c, do_confirm(c, words), err);
}

static tacet_err do_veto(client *c) {
  TACET_TRY(client_enter(c));
  if (!client_lock_try(&c->lock)) {
    return client_fail(&c->detail, CLIENT_FAILED, "busy",
                       "Another program is using this home; end it first.");
  }
  c->quiet_until = 0;
  return client_reset_veto(c);
}

client_kind client_recovery_veto(client *c, client_error *err) {
  return client_leave(c, do_veto(c), err);
}

static tacet_err do_recover(client *c, const client_recovering *in,
                            client_mem *mem, client_recovered *out) {
  client_recovered r;
  TACET_TRY(client_self_load(c));
  if (!client_lock_try(&c->lock)) {
    return TACET_ERR_BUSY;
  }
  c->quiet_until = 0;
  TACET_TRY(client_regain(c, in, &r.n_dropped));
  TACET_TRY(client_mem_text(mem, tacet_span_str(c->self.handle), &r.handle));
  TACET_TRY(client_mem_hex(mem, client_id_span(c->self.account), &r.account));
  *out = r;
  return TACET_OK;
}

client_kind client_recover(client *c, const client_recovering *in,
                           client_mem *mem, client_recovered *out,
                           client_error *err) {
  client_error_clear(&c->detail);
  return client_leave(c, do_recover(c, in, mem, out), err);
}
