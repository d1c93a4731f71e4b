/* SPDX-License-Identifier: Apache-2.0
 * The account: its keys, its manifest, its registration, its end. */
#include "client/account.h"

#include <stdio.h>

#include "client/call.h"
#include "client/chain.h"
#include "client/keylog.h"
#include "client/linking.h"
#include "client/mailboxes.h"
#include "client/packages.h"
#include "client/people.h"
#include "client/tokens.h"
#include "client/watch.h"

/* ---- keys and manifest 0 ---- */

tacet_err client_invite_typed(client *c, const char *link, tacet_invite *out) {
  tacet_err e = tacet_invite_parse(tacet_span_str(link), out);
  if (e == TACET_OK) {
    e = client_trust_check(tacet_span_of(out->policy, out->policy_len));
  }
  if (e == TACET_ERR_VERSION || e == TACET_ERR_NOMEM) {
    return e;
  }
  if (e == TACET_OK && out->policy_len == 0) {
    return client_fail(&c->detail, CLIENT_USAGE, "no-trust",
                       "That invite does not say which key log to believe: the "
                       "server is of an older version; ask its operator to "
                       "update it, and for a new link.");
  }
  if (e != TACET_OK) {
    return client_fail(&c->detail, CLIENT_USAGE, "bad-invite",
                       "That is not a whole invite link; copy it again, from "
                       "https:// to its end.");
  }
  return TACET_OK;
}

tacet_err client_account_handle(client *c, const char *name, const char *domain,
                                client_mem *mem, const char **out) {
  tacet_err e = client_handle_read(name, domain, mem, out);
  if (e == TACET_ERR_ENCODING) {
    return client_fail(&c->detail, CLIENT_USAGE, "bad-handle",
                       "That is not a handle: 1 to 32 of a-z 0-9 . _ - that "
                       "begin and end with a letter or digit.");
  }
  TACET_TRY(e);
  if (!client_handle_in(*out, domain)) {
    return client_fail(&c->detail, CLIENT_USAGE, "other-server",
                       "The invite is for the server %s; a handle there ends "
                       "with @%s.",
                       domain, domain);
  }
  return TACET_OK;
}

static tacet_err manifest_sign(client_self *self, tacet_buf *out) {
  tacet_manifest m = {.n_devices = 1};
  (void)snprintf(m.handle, sizeof(m.handle), "%s", self->handle);
  memcpy(m.devices[0].id, self->device, sizeof(self->device));
  memcpy(m.devices[0].key, self->device_public, sizeof(self->device_public));
  memcpy(m.recovery_key, self->recovery_public, sizeof(m.recovery_key));
  tacet_manifest_signer signer = {.private_key = &self->device_key};
  memcpy(signer.device_id, self->device, sizeof(self->device));
  const tacet_secret *keys[] = {&self->device_key};
  TACET_TRY(tacet_manifest_sign(&m, NULL, &signer, keys, 1, out));
  memcpy(self->account, m.account_id, sizeof(self->account));
  return TACET_OK;
}

tacet_err client_server_save(client *c, const tacet_invite *i) {
  client_server_record r = {.url = i->url,
                            .has_pin = i->has_pin,
                            .trust = tacet_span_of(i->policy, i->policy_len),
                            .invite_token =
                                tacet_span_of(i->token, sizeof(i->token))};
  memcpy(r.pin, i->pin, sizeof(r.pin));
  return client_put(c, CLIENT_T_SELF, TACET_SPAN_LIT("server"),
                    TACET_SPAN_EMPTY, 0, client_server_fields, &r);
}

static void self_wipe(client_self *s) {
  tacet_wipe(s, sizeof(*s));
}

/* Fresh keys for a handle, durable before anybody hears of them. */
static tacet_err begin(client *c, const char *handle, const tacet_invite *i,
                       const char *device_name) {
  TACET_CLEANUP(self_wipe)
  client_self self = {.stage = CLIENT_STAGE_ASKED,
                      .handle = handle,
                      .domain = i->domain,
                      .device_name = device_name};
  TACET_TRY(tacet_random(self.device, sizeof(self.device)));
  TACET_TRY(tacet_sig_ed25519.generate(&self.device_key, self.device_public));
  TACET_TRY(
      tacet_sig_ed25519.generate(&self.recovery_key, self.recovery_public));
  TACET_BUF(manifest, TACET_MANIFEST_MAX);
  TACET_TRY(manifest_sign(&self, &manifest));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_server_save(c, i));
  TACET_TRY(client_store_put(c->store, CLIENT_T_SELF,
                             TACET_SPAN_LIT("manifest"), TACET_SPAN_EMPTY, 0,
                             tacet_buf_span(&manifest)));
  TACET_TRY(client_self_save(c, &self));
  TACET_TRY(client_tx_commit(&tx));
  if (c->net != NULL) { /* perhaps to another server */
    c->net->calls->free(c->net);
    c->net = NULL;
  }
  return client_self_load(c);
}

tacet_err client_self_stage(client *c, uint8_t stage) {
  client_self self = c->self;
  self.stage = stage;
  tacet_err e = client_self_save(c, &self);
  tacet_wipe(&self, sizeof(self));
  return e;
}

/* ---- asking the server ---- */

static tacet_err refused(client *c, const client_reply *reply) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_self_stage(c, CLIENT_STAGE_NONE));
  TACET_TRY(client_tx_commit(&tx));
  switch (reply->code) {
  case TACET_WIRE_HANDLE_TAKEN:
    return client_fail(&c->detail, CLIENT_REFUSED, "handle-taken",
                       "The handle %s is taken; choose another one.",
                       c->self.handle);
  case TACET_WIRE_HANDLE_RETIRED:
    return client_fail(&c->detail, CLIENT_REFUSED, "handle-retired",
                       "The handle %s belonged to somebody and is nobody's for "
                       "good; choose another one.",
                       c->self.handle);
  case TACET_WIRE_INVITE:
    return client_fail(&c->detail, CLIENT_REFUSED, "invite-used",
                       "The server does not take this invite: it is used up, "
                       "expired, replaced by a newer one, or for another "
                       "handle; ask for a new one.");
  default:
    return client_expect_ok(c, reply);
  }
}

static tacet_err create(client *c) {
  CLIENT_MEM(mem);
  client_server_record server;
  tacet_create_account ask;
  TACET_TRY(client_get(c, CLIENT_T_SELF, TACET_SPAN_LIT("server"),
                       client_server_fields, &server, sizeof(server), &mem));
  TACET_TRY(client_store_get(c->store, CLIENT_T_SELF,
                             TACET_SPAN_LIT("manifest"), &mem, &ask.manifest));
  ask.invite = server.invite_token;
  TACET_BUF(w, 2 * TACET_MANIFEST_MAX);
  tacet_create_account_write(&w, &ask);
  TACET_TRY(w.err);
  client_reply reply;
  TACET_TRY(client_ask_plain(c, CLIENT_ACCOUNT, "POST", "/v1/accounts",
                             tacet_buf_span(&w), &mem, &reply));
  if (reply.code != TACET_WIRE_OK) {
    return refused(c, &reply);
  }
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_chain_keep_own(c, ask.manifest));
  TACET_TRY(
      client_store_delete(c->store, CLIENT_T_SELF, TACET_SPAN_LIT("manifest")));
  TACET_TRY(client_self_stage(c, CLIENT_STAGE_ACCOUNT));
  TACET_TRY(client_tx_commit(&tx));
  return client_self_load(c);
}

tacet_err client_account_publish(client *c) {
  TACET_TRY(client_watch_run(c)); /* not into a log that does not check out */
  for (int k = 0; k < 2; k++) {
    size_t n;
    TACET_TRY(client_tokens_count(c, (tacet_token_kind)k, &n));
    if (n == 0) {
      TACET_TRY(client_tokens_draw(c, (tacet_token_kind)k));
    }
  }
  TACET_TRY(client_packages_top_up(c));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_self_stage(c, CLIENT_STAGE_REGISTERED));
  TACET_TRY(client_tx_commit(&tx));
  return client_self_load(c);
}

tacet_err client_account_put(client *c, tacet_span manifest, bool *conflict) {
  CLIENT_MEM(mem);
  tacet_put_manifest ask = {.manifest = manifest};
  TACET_BUF(w, 2 * TACET_MANIFEST_MAX);
  tacet_put_manifest_write(&w, &ask);
  TACET_TRY(w.err);
  client_reply reply;
  TACET_TRY(client_ask_plain(c, CLIENT_ACCOUNT, "PUT", "/v1/manifests",
                             tacet_buf_span(&w), &mem, &reply));
  *conflict = reply.code == TACET_WIRE_MANIFEST_CONFLICT;
  return *conflict ? TACET_OK : client_expect_ok(c, &reply);
}

/* Goes on with what an earlier call began. */
static tacet_err resume(client *c, const char *handle) {
  if (c->self.stage == CLIENT_STAGE_ASKED) {
    TACET_TRY(create(c));
  }
  if (strcmp(handle, c->self.handle) != 0) {
    return client_fail(&c->detail, CLIENT_REFUSED, "registered",
                       "An earlier try has registered this home already, as "
                       "%s; type that name, or use another home.",
                       c->self.handle);
  }
  return client_account_publish(c);
}

tacet_err client_account_register(client *c, const char *name,
                                  const char *invite_link,
                                  const char *device_name) {
  if (c->has_self && c->self.stage == CLIENT_STAGE_REGAINING) {
    return client_fail(&c->detail, CLIENT_REFUSED, "registered",
                       "This home is about to be that of %s again; go on with "
                       "tacet recover, or choose another home with --home.",
                       c->self.handle);
  }
  if (c->has_self && c->self.stage >= CLIENT_STAGE_REGISTERED) {
    return client_fail(&c->detail, CLIENT_REFUSED, "registered",
                       "This home is registered already, as %s; for another "
                       "account choose another home with --home.",
                       c->self.handle);
  }
  CLIENT_MEM(mem);
  tacet_invite invite;
  const char *handle;
  bool joining;
  TACET_TRY(client_is_joining(c, &joining));
  if (joining) {
    return client_fail(&c->detail, CLIENT_USAGE, "linking",
                       "This home is being linked to an account: go on with "
                       "tacet link, or choose another home with --home.");
  }
  TACET_TRY(client_invite_typed(c, invite_link, &invite));
  TACET_TRY(client_account_handle(c, name, invite.domain, &mem, &handle));
  bool under_way = c->has_self && c->self.stage != CLIENT_STAGE_NONE;
  if (!under_way) {
    TACET_TRY(begin(c, handle, &invite, device_name));
  }
  return resume(c, handle);
}

/* ---- the end ---- */

tacet_err client_account_end(client *c, client_mem *mem, tacet_span *manifest) {
  tacet_manifest last, end;
  CLIENT_MEM(scratch);
  tacet_span bytes;
  TACET_TRY(client_chain_newest_own(c, &scratch, &last, &bytes));
  if (last.n_devices == 0) { /* signed by an earlier try */
    return client_mem_copy(mem, bytes, manifest);
  }
  end = last;
  end.n_devices = 0;
  tacet_manifest_signer signer = {.private_key = &c->self.device_key};
  memcpy(signer.device_id, c->self.device, sizeof(c->self.device));
  TACET_BUF(w, TACET_MANIFEST_MAX);
  TACET_TRY(tacet_manifest_sign(&end, &last, &signer, NULL, 0, &w));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_chain_keep_own(c, tacet_buf_span(&w)));
  TACET_TRY(client_tx_commit(&tx));
  return client_mem_copy(mem, tacet_buf_span(&w), manifest);
}

tacet_err client_account_erase(client *c, tacet_span manifest) {
  CLIENT_MEM(mem);
  tacet_put_manifest ask = {.manifest = manifest};
  TACET_BUF(w, 2 * TACET_MANIFEST_MAX);
  tacet_put_manifest_write(&w, &ask);
  TACET_TRY(w.err);
  client_reply reply;
  TACET_TRY(client_ask_signed(c, "DELETE", "/v1/accounts", tacet_buf_span(&w),
                              &mem, &reply));
  if (reply.code == TACET_WIRE_ERASED ||
      reply.code == TACET_WIRE_UNKNOWN_ACCOUNT) {
    return TACET_OK; /* by an earlier try whose answer was lost */
  }
  return client_expect_ok(c, &reply);
}
