/* SPDX-License-Identifier: Apache-2.0
 * Recovering an account with its words. */
#include "client/regain.h"

#include <stdio.h>

#include "client/account.h"
#include "client/call.h"
#include "client/chain.h"
#include "client/groups.h"
#include "client/jobs.h"
#include "client/labels.h"
#include "client/linking.h"
#include "client/lookup.h"
#include "client/people.h"
#include "client/talks.h"
#include "client/words.h"

#define TRIES 4 /* somebody else may take the number meanwhile */
#define GREET_MIN CLIENT_MINUTE
#define GREET_MAX CLIENT_HOUR
#define PENDING TACET_SPAN_LIT("manifest")

/* ---- where the account is ---- */

static tacet_err bad_server(client *c, const char *url) {
  return client_fail(&c->detail, CLIENT_USAGE, "bad-server",
                     "%.200s is not the address of a server: https://HOST, or "
                     "https://HOST:PORT.",
                     url);
}

/* What stands behind the host: nothing, or a colon and a number. */
static bool is_port(const char *text) {
  size_t digits = text[0] == ':' ? strspn(text + 1, "0123456789") : 0;
  return text[0] == '\0' ||
         (digits >= 1 && digits <= 5 && text[1 + digits] == '\0');
}

static const char *behind_host(const char *host) {
  const char *end = strchr(host, ']'); /* of an IPv6 address */
  return end != NULL ? end + 1 : host + strcspn(host, ":/");
}

/* An address that somebody typed, and the domain of handles there: that of the
 * handle, or the host. */
static tacet_err server_typed(client *c, const char *url, const char *at,
                              tacet_invite *out) {
  static const char scheme[] = "https://";
  tacet_invite i = {.has_pin = false};
  char link[TACET_INVITE_LINK_MAX];
  size_t len = strlen(url), prefix = sizeof(scheme) - 1;
  while (len > prefix && url[len - 1] == '/') {
    len--;
  }
  if (len <= prefix || memcmp(url, scheme, prefix) != 0 ||
      len >= sizeof(i.url)) {
    return bad_server(c, url);
  }
  memcpy(i.url, url, len);
  const char *domain = at != NULL ? at + 1 : i.url + prefix;
  size_t n = at != NULL ? strlen(domain) : strcspn(domain, ":/");
  if (n == 0 || n >= sizeof(i.domain)) {
    return bad_server(c, url);
  }
  memcpy(i.domain, domain, n);
  tacet_err e = tacet_invite_write(&i, link); /* it has the rules */
  if (e == TACET_ERR_NOMEM) {
    return e;
  }
  if (!is_port(behind_host(i.url + prefix)) || e != TACET_OK) {
    return bad_server(c, url);
  }
  *out = i;
  return TACET_OK;
}

/* An invite says most, even one that was used up: the certificate and whose key
 * log is believed. Without one, https://DOMAIN of the handle. */
static tacet_err find_server(client *c, const client_recovering *in,
                             tacet_invite *out) {
  char url[TACET_INVITE_URL_MAX + 1];
  const char *at = strchr(in->name, '@');
  if (in->invite != NULL) {
    return client_invite_typed(c, in->invite, out);
  }
  if (in->server != NULL) {
    return server_typed(c, in->server, at, out);
  }
  if (at == NULL) {
    return client_fail(&c->detail, CLIENT_USAGE, "server-needed",
                       "Which server? Type the whole handle (name@domain), "
                       "name the server with --server, or give an invite link "
                       "of it, an old one too, with --invite.");
  }
  (void)snprintf(url, sizeof(url), "https://%s", at + 1);
  return server_typed(c, url, at, out);
}

/* ---- the words ---- */

static tacet_err words_read(client *c, const char *words, tacet_secret *key) {
  tacet_err e = client_words_read(words, key);
  if (e != TACET_ERR_ENCODING && e != TACET_ERR_AUTH) {
    return e;
  }
  return client_fail(
      &c->detail, CLIENT_USAGE, "wrong-words",
      e == TACET_ERR_AUTH
          ? "One of the words is misread, or two stand in the wrong order; "
            "compare them with the paper."
          : "That is not 24 words of the list; look for a word that is missing "
            "or misread.");
}

/* ---- steps ---- */

static void self_wipe(client_self *s) {
  tacet_wipe(s, sizeof(*s));
}

/* Whom this home is to be, and where that is known. */
static tacet_err begin(client *c, const client_recovering *in,
                       const char *handle, const tacet_invite *i) {
  TACET_CLEANUP(self_wipe)
  client_self self = {.stage = CLIENT_STAGE_REGAINING,
                      .handle = handle,
                      .domain = i->domain,
                      .device_name = in->device_name};
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_server_save(c, i));
  TACET_TRY(client_store_delete(c->store, CLIENT_T_SELF, PENDING));
  TACET_TRY(client_self_save(c, &self));
  TACET_TRY(client_tx_commit(&tx));
  if (c->net != NULL) { /* perhaps to another server */
    c->net->calls->free(c->net);
    c->net = NULL;
  }
  return client_self_load(c);
}

/* The account's newest list, as the directory has it, checked from number 0 on.
 * Until this home is that account it is somebody that was met, like others. */
static tacet_err look_up(client *c, tacet_manifest *out) {
  CLIENT_MEM(mem);
  client_person p;
  TACET_TRY(
      client_has_account(c)
          ? client_lookup_account(c, client_id_span(c->self.account), &mem, &p)
          : client_lookup_handle(c, c->self.handle, &mem, &p));
  TACET_TRY(client_chain_newest(c, client_id_span(p.account), out));
  return out->n_devices > 0 ? TACET_OK : client_fail_erased(c, c->self.handle);
}

static bool is_listed(const client *c, const tacet_manifest *m) {
  const tacet_device *d = tacet_manifest_device(m, c->self.device);
  return client_has_account(c) && d != NULL &&
         memcmp(d->key, c->self.device_public, sizeof(d->key)) == 0;
}

static tacet_err add_device(client *c, tacet_manifest *m,
                            const client_self *self, bool keep) {
  if (!keep) {
    m->n_devices = 0;
  } else if (m->n_devices == TACET_DEVICES_MAX) {
    return client_fail(&c->detail, CLIENT_REFUSED, "too-many-devices",
                       "The account has %d devices already, and no more fit; "
                       "recover it without --keep-devices.",
                       TACET_DEVICES_MAX);
  }
  size_t i = m->n_devices++;
  for (; i > 0 &&
         memcmp(m->devices[i - 1].id, self->device, sizeof(self->device)) > 0;
       i--) {
    m->devices[i] = m->devices[i - 1];
  }
  memcpy(m->devices[i].id, self->device, sizeof(self->device));
  memcpy(m->devices[i].key, self->device_public, sizeof(self->device_public));
  return TACET_OK;
}

/* From here on this home is the account: what was looked up is its own chain,
 * not somebody's. The words are not kept. */
static tacet_err become(client *c, client_self *self, tacet_span manifest) {
  tacet_span account = client_id_span(self->account);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_store_delete(c->store, CLIENT_T_PERSON, account));
  TACET_TRY(client_store_delete(c->store, CLIENT_T_HANDLE,
                                tacet_span_str(self->handle)));
  TACET_TRY(client_store_put(c->store, CLIENT_T_SELF, PENDING, TACET_SPAN_EMPTY,
                             0, manifest));
  TACET_TRY(client_self_save(c, self));
  TACET_TRY(client_tx_commit(&tx));
  return client_self_load(c);
}

/* Did the handle belong to another account before, whose words these may be? */
static tacet_err other_words(client *c) {
  CLIENT_MEM(mem);
  client_label l;
  bool passed = client_label_get(c, c->self.handle, &mem, &l) == TACET_OK &&
                l.version > l.number;
  return client_fail(
      &c->detail, CLIENT_USAGE, "wrong-words",
      "Those are 24 words of a recovery key, but not of %s%s.", c->self.handle,
      passed
          ? ", which was given to another account (a reset): a device of the "
            "old one can take it back within days, with tacet recovery veto"
          : "");
}

/* The next list of devices, with fresh keys for this one: an earlier try's may
 * have been revoked since. */
static tacet_err sign_next(client *c, const tacet_manifest *newest,
                           const tacet_secret *key, bool keep) {
  TACET_CLEANUP(self_wipe) client_self self = c->self;
  tacet_manifest next = *newest;
  uint8_t public_key[CLIENT_KEY_LEN];
  TACET_BUF(bytes, TACET_MANIFEST_MAX);
  TACET_TRY(tacet_sig_ed25519.public_key(tacet_secret_span(key), public_key));
  if (memcmp(public_key, newest->recovery_key, sizeof(public_key)) != 0) {
    return other_words(c);
  }
  memcpy(self.account, newest->account_id, sizeof(self.account));
  memcpy(self.recovery_public, public_key, sizeof(self.recovery_public));
  TACET_TRY(tacet_random(self.device, sizeof(self.device)));
  TACET_TRY(tacet_sig_ed25519.generate(&self.device_key, self.device_public));
  TACET_TRY(add_device(c, &next, &self, keep));
  tacet_manifest_signer signer = {.recovery = true, .private_key = key};
  const tacet_secret *keys[] = {&self.device_key};
  TACET_TRY(tacet_manifest_sign(&next, newest, &signer, keys, 1, &bytes));
  return become(c, &self, tacet_buf_span(&bytes));
}

/* Is there one that was signed before, and still follows? */
static tacet_err is_signed(client *c, const tacet_manifest *newest, bool *out) {
  CLIENT_MEM(mem);
  tacet_span bytes;
  tacet_manifest next;
  tacet_err e =
      client_store_get(c->store, CLIENT_T_SELF, PENDING, &mem, &bytes);
  *out = e == TACET_OK && tacet_manifest_next(newest, bytes, &next) == TACET_OK;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

/* *done false: another list was faster. */
static tacet_err put(client *c, bool *done) {
  CLIENT_MEM(mem);
  tacet_put_manifest ask;
  client_reply reply;
  TACET_BUF(w, 2 * TACET_MANIFEST_MAX);
  TACET_TRY(
      client_store_get(c->store, CLIENT_T_SELF, PENDING, &mem, &ask.manifest));
  tacet_put_manifest_write(&w, &ask);
  TACET_TRY(w.err);
  TACET_TRY(client_ask_plain(c, CLIENT_ACCOUNT, "PUT", "/v1/manifests",
                             tacet_buf_span(&w), &mem, &reply));
  *done = reply.code != TACET_WIRE_MANIFEST_CONFLICT;
  if (!*done) {
    return TACET_OK;
  }
  TACET_TRY(client_expect_ok(c, &reply));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_chain_keep_own(c, ask.manifest));
  TACET_TRY(client_store_delete(c->store, CLIENT_T_SELF, PENDING));
  return client_tx_commit(&tx);
}

/* The list that this device was put into is in force, and not in the log yet.
 */
static bool is_on_its_way(client *c, tacet_err e) {
  tacet_manifest own;
  return client_is_unreachable(&c->detail, e) &&
         strcmp(c->detail.code, "not-published") == 0 &&
         client_has_account(c) &&
         client_chain_newest(c, client_id_span(c->self.account), &own) ==
             TACET_OK &&
         is_listed(c, &own);
}

static tacet_err enlist(client *c, const tacet_secret *key, bool keep) {
  tacet_manifest newest;
  bool done = false, ready;
  for (int n = 0; n < TRIES && !done; n++) {
    tacet_err e = look_up(c, &newest);
    if (is_on_its_way(c, e)) {
      client_error_clear(&c->detail);
      return TACET_OK;
    }
    TACET_TRY(e);
    done = is_listed(c, &newest);
    if (done) {
      break;
    }
    TACET_TRY(is_signed(c, &newest, &ready));
    TACET_TRY(ready ? TACET_OK : sign_next(c, &newest, key, keep));
    TACET_TRY(put(c, &done));
  }
  return done ? TACET_OK
              : client_fail(&c->detail, CLIENT_REFUSED, "manifest-conflict",
                            "Another device keeps changing the device list; "
                            "try again.");
}

/* How many devices the list before that of this device had that are not in it.
 */
static tacet_err count_dropped(client *c, size_t *out) {
  tacet_manifest now, before;
  tacet_span account = client_id_span(c->self.account);
  size_t n = 0;
  *out = 0;
  TACET_TRY(client_chain_newest(c, account, &now));
  while (now.number > 0) {
    TACET_TRY(client_chain_at(c, account, now.number - 1, &before));
    if (tacet_manifest_device(&before, c->self.device) == NULL) {
      break;
    }
    now = before;
  }
  for (size_t i = 0; now.number > 0 && i < before.n_devices; i++) {
    n += tacet_manifest_device(&now, before.devices[i].id) == NULL;
  }
  *out = n;
  return TACET_OK;
}

/* ---- the whole ---- */

/* Something else was begun in this home. */
static tacet_err check_home(client *c, const char *handle) {
  bool joining;
  TACET_TRY(client_is_joining(c, &joining));
  if (joining) {
    return client_fail(&c->detail, CLIENT_REFUSED, "linking",
                       "This home is being linked to an account: go on with "
                       "tacet link, or choose another home with --home.");
  }
  if (!c->has_self || c->self.stage == CLIENT_STAGE_NONE) {
    return TACET_OK;
  }
  bool regaining = c->self.stage == CLIENT_STAGE_REGAINING;
  if (regaining &&
      (!client_has_account(c) || strcmp(handle, c->self.handle) == 0)) {
    return TACET_OK;
  }
  return client_fail(&c->detail, CLIENT_REFUSED, "registered",
                     "This home is already that of %s; for another account "
                     "choose another home with --home.",
                     c->self.handle);
}

tacet_err client_regain(client *c, const client_recovering *in,
                        size_t *n_dropped) {
  CLIENT_MEM(mem);
  TACET_SECRET(key);
  tacet_invite server;
  const char *handle;
  TACET_TRY(words_read(c, in->words, &key));
  TACET_TRY(find_server(c, in, &server));
  TACET_TRY(client_account_handle(c, in->name, server.domain, &mem, &handle));
  TACET_TRY(check_home(c, handle));
  if (!c->has_self || c->self.stage == CLIENT_STAGE_NONE ||
      !client_has_account(c)) {
    TACET_TRY(begin(c, in, handle, &server));
  }
  TACET_TRY(enlist(c, &key, in->keep_devices));
  TACET_TRY(count_dropped(c, n_dropped));
  return client_account_publish(c);
}

/* ---- being known again ---- */

tacet_err client_greet_later(client *c, const uint8_t *talk) {
  uint64_t wait;
  TACET_TRY(client_chance(c, GREET_MAX - GREET_MIN, &wait));
  client_job job = {.kind = CLIENT_JOB_GREET,
                    .due = client_now(c) + GREET_MIN + wait};
  memcpy(job.talk, talk, sizeof(job.talk));
  return client_job_add(c, &job);
}

tacet_err client_greet_run(client *c, const client_job *job) {
  CLIENT_MEM(mem);
  client_talk t;
  client_person p;
  tacet_err e = client_talk_get(c, job->talk, &mem, &t);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  if (!t.pair || t.state != CLIENT_TALK_OPEN || t.group.len > 0) {
    return TACET_OK; /* it came about by itself */
  }
  TACET_TRY(client_person_get(c, client_id_span(t.peer), &mem, &p));
  return p.erased || p.forked ? TACET_OK : client_pair_begin(c, &t);
}
