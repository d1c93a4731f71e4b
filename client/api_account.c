/* SPDX-License-Identifier: Apache-2.0
 * The calls about the account itself. */
#include "client/api.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "client/account.h"
#include "client/call.h"
#include "client/chain.h"
#include "client/devsync.h"
#include "client/content.h"
#include "client/keylog.h"
#include "client/lookup.h"
#include "client/mailboxes.h"
#include "client/notices.h"
#include "client/outbox.h"
#include "client/removal.h"
#include "client/reset.h"
#include "client/sync.h"
#include "client/talks.h"
#include "client/tokens.h"
#include "client/words.h"

/* ---- registering ---- */

static tacet_err do_register(client *c, const char *name, const char *link,
                             const char *device, client_mem *mem,
                             client_registration *out) {
  client_registration r;
  TACET_TRY(client_self_load(c));
  if (!client_lock_try(&c->lock)) {
    return TACET_ERR_BUSY;
  }
  c->quiet_until = 0;
  TACET_TRY(client_account_register(c, name, link, device));
  TACET_TRY(client_mem_text(mem, tacet_span_str(c->self.handle), &r.handle));
  TACET_TRY(client_mem_hex(mem, client_id_span(c->self.account), &r.account));
  TACET_TRY(client_words_write(&c->self.recovery_key, mem, &r.words));
  *out = r;
  return TACET_OK;
}

client_kind client_register(client *c, const char *name,
                            const char *invite_link, const char *device_name,
                            client_mem *mem, client_registration *out,
                            client_error *err) {
  client_error_clear(&c->detail);
  return client_leave(
      c, do_register(c, name, invite_link, device_name, mem, out), err);
}

/* ---- status ---- */

static tacet_err ask_health(client *c, bool *reachable) {
  CLIENT_MEM(mem);
  client_reply reply;
  c->quiet_until = 0;
  tacet_err e = client_ask_plain(c, CLIENT_LOOKUP, "GET", "/v1/health",
                                 TACET_SPAN_EMPTY, &mem, &reply);
  *reachable = e == TACET_OK;
  if (client_is_unreachable(&c->detail, e)) {
    client_error_clear(&c->detail);
    return TACET_OK;
  }
  return e;
}

/* That the server is not the one it was is part of the answer. */
static tacet_err look_at_server(client *c, client_status *s) {
  tacet_err e = ask_health(c, &s->reachable);
  if (c->detail.kind == CLIENT_KEYS) {
    (void)client_report(&c->detail, e, &s->trouble);
    return TACET_OK;
  }
  return e;
}

/* Whoever asks how things are wants to know it now. */
static tacet_err look_at_log(client *c, client_mem *mem, client_status *s) {
  tacet_err e = s->reachable ? client_keylog_look(c) : TACET_OK;
  if (c->detail.kind != CLIENT_OK) { /* an outage, or what is told below */
    client_error_clear(&c->detail);
    e = TACET_OK;
  }
  TACET_TRY(e == TACET_ERR_CLOSED ? TACET_OK : e);
  TACET_TRY(client_keylog_describe(c, mem, &s->log));
  if (s->trouble.kind == CLIENT_OK) {
    s->trouble = s->log.trouble;
  }
  return TACET_OK;
}

static tacet_err note_removal(client *c, client_status *s) {
  client_removal r;
  TACET_TRY(client_removal_get(c, &r));
  s->removed = r.kind != CLIENT_LISTED;
  s->removed_at = r.at;
  if (s->removed && s->trouble.kind == CLIENT_OK) {
    (void)client_report(&c->detail, client_removal_fail(c, &r), &s->trouble);
  }
  return TACET_OK;
}

/* Is it still one of the account's devices? What else is wrong with the answer
 * is told by the log. */
static tacet_err look_at_oneself(client *c, client_status *s) {
  tacet_err e = s->reachable ? client_lookup_own(c) : TACET_OK;
  if (strcmp(c->detail.code, "account-deleted") == 0 &&
      s->trouble.kind == CLIENT_OK) {
    (void)client_report(&c->detail, e, &s->trouble);
    e = TACET_OK;
  }
  if (c->detail.kind != CLIENT_OK) {
    client_error_clear(&c->detail);
    e = TACET_OK;
  }
  TACET_TRY(e == TACET_ERR_CLOSED ? TACET_OK : e);
  TACET_TRY(client_reset_own(c, &s->lost_until));
  return note_removal(c, s);
}

static tacet_err count_talks(client *c, client_mem *mem, client_status *s) {
  client_talk *list;
  size_t n;
  TACET_TRY(client_talk_list(c, mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    bool request;
    TACET_TRY(client_is_request(c, &list[i], &request));
    s->n_requests += request;
    s->n_conversations +=
        (list[i].state == CLIENT_TALK_OPEN ||
         (list[i].state == CLIENT_TALK_REQUEST && !request)) &&
        !client_is_self_talk(c, &list[i]);
  }
  return TACET_OK;
}

static tacet_err count_people(client *c, client_mem *mem, client_status *s) {
  const client_row *rows;
  size_t n;
  client_range all = {.limit = 0};
  TACET_TRY(client_store_list(c->store, CLIENT_T_PERSON, &all, mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_person p;
    TACET_TRY(
        client_parse(c, &rows[i], client_person_fields, &p, sizeof(p), mem));
    s->n_contacts += p.accepted && !p.blocked;
    s->n_verified += p.accepted && p.verified;
  }
  return TACET_OK;
}

/* What was read elsewhere is told to programs, and waits for nobody. */
static tacet_err count_events(client *c, size_t *out) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n, told = 0;
  client_range all = {.limit = 0};
  TACET_TRY(client_store_list(c->store, CLIENT_T_EVENT, &all, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_event_record r;
    TACET_TRY(
        client_parse(c, &rows[i], client_event_fields, &r, sizeof(r), &mem));
    told += r.type == CLIENT_EVENT_READ;
  }
  *out = n - told;
  return TACET_OK;
}

/* Messages, not parcels: those written, and those on their way. */
static tacet_err count_queued(client *c, client_mem *mem, size_t *out) {
  client_parcel *list;
  size_t n, pending, parcels = 0;
  TACET_TRY(client_store_count(c->store, CLIENT_T_PENDING, TACET_SPAN_EMPTY,
                               &pending));
  TACET_TRY(client_parcel_list(c, mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    parcels += list[i].message.len > 0;
  }
  *out = pending + parcels;
  return TACET_OK;
}

static tacet_err do_status(client *c, client_mem *mem, client_status *out) {
  client_server_record server;
  client_upkeep upkeep;
  TACET_TRY(client_enter_past(c));
  TACET_TRY(client_get(c, CLIENT_T_SELF, TACET_SPAN_LIT("server"),
                       client_server_fields, &server, sizeof(server), mem));
  TACET_TRY(client_upkeep_load(c, &upkeep));
  client_status s = {.server = server.url,
                     .passphrase = client_store_has_passphrase(c->store),
                     .recovery_confirmed = c->self.recovery_key.len == 0,
                     .post_quantum = true,
                     .last_sync = upkeep.last_sync,
                     .n_key_packages = upkeep.n_packages};
  TACET_TRY(client_mem_text(mem, tacet_span_str(c->self.handle), &s.handle));
  TACET_TRY(client_mem_text(mem, tacet_span_str(c->self.domain), &s.domain));
  TACET_TRY(client_mem_hex(mem, client_id_span(c->self.account), &s.account));
  TACET_TRY(client_mem_hex(
      mem, tacet_span_of(c->self.device, sizeof(c->self.device)), &s.device));
  if (c->self.device_name != NULL) {
    TACET_TRY(client_mem_text(mem, tacet_span_str(c->self.device_name),
                              &s.device_name));
  }
  bool held = c->lock.held;
  s.sync_elsewhere = !client_lock_try(&c->lock);
  if (!held) {
    client_lock_release(&c->lock);
  }
  TACET_TRY(note_removal(c, &s));
  TACET_TRY(s.removed ? TACET_OK : look_at_server(c, &s));
  TACET_TRY(s.removed ? TACET_OK : look_at_oneself(c, &s));
  TACET_TRY(look_at_log(c, mem, &s));
  TACET_TRY(count_queued(c, mem, &s.n_queued));
  TACET_TRY(count_events(c, &s.n_events));
  TACET_TRY(count_talks(c, mem, &s));
  TACET_TRY(count_people(c, mem, &s));
  TACET_TRY(
      client_tokens_count(c, TACET_TOKEN_DIRECTORY, &s.n_tokens_directory));
  TACET_TRY(client_tokens_count(c, TACET_TOKEN_DELIVERY, &s.n_tokens_delivery));
  *out = s;
  return TACET_OK;
}

client_kind client_status_get(client *c, client_mem *mem, client_status *out,
                              client_error *err) {
  return client_leave(c, do_status(c, mem, out), err);
}

/* ---- the end ---- */

/* Tells each conversation, so that the others need not take the server's word.
 */
static tacet_err say_goodbye(client *c, tacet_span manifest) {
  CLIENT_MEM(mem);
  client_talk *list;
  size_t n;
  TACET_TRY(client_talk_list(c, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    CLIENT_SESSION(s);
    CLIENT_TX(tx);
    if (list[i].state != CLIENT_TALK_OPEN || list[i].group.len == 0) {
      continue;
    }
    TACET_TRY(client_tx_begin(c->store, &tx));
    tacet_err e = client_session_load(c, list[i].group, &s);
    if (e == TACET_ERR_NOT_FOUND || (e == TACET_OK && s.r.broken)) {
      continue;
    }
    TACET_TRY(e);
    tacet_control control = {.type = TACET_CONTROL_ERASED,
                             .manifest = manifest};
    TACET_TRY(client_control_send(c, &s, &control, TACET_SPAN_EMPTY));
    TACET_TRY(client_tx_commit(&tx));
  }
  return TACET_OK;
}

static tacet_err is_empty(client *c, void *what, bool *yes) {
  size_t n;
  (void)what;
  TACET_TRY(
      client_store_count(c->store, CLIENT_T_OUTBOX, TACET_SPAN_EMPTY, &n));
  *yes = n == 0;
  return TACET_OK;
}

static tacet_err delete_mailboxes(client *c) {
  CLIENT_MEM(mem);
  client_mailbox *list;
  size_t n;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_mailbox_list(c, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    list[i].use = CLIENT_MAILBOX_CONDEMNED;
    list[i].until = 0;
    TACET_TRY(client_mailbox_save(c, &list[i]));
  }
  TACET_TRY(client_tx_commit(&tx));
  return client_mailboxes_upkeep(c);
}

static void delete_folder(const char *home, const char *name) {
  char path[4096];
  (void)snprintf(path, sizeof(path), "%s/%s", home, name);
  DIR *d = opendir(path);
  for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
    (void)snprintf(path, sizeof(path), "%s/%s/%s", home, name, e->d_name);
    (void)unlink(path);
  }
  if (d != NULL) {
    (void)closedir(d);
  }
  (void)snprintf(path, sizeof(path), "%s/%s", home, name);
  (void)rmdir(path);
}

/* The home's own files, and no others. */
static void delete_home(const char *home) {
  static const char *const names[] = {"store.db-wal", "store.db-shm",
                                      "store.db",     "store.key",
                                      "sync.lock",    "sync.bell"};
  char path[4096];
  delete_folder(home, "spool");
  delete_folder(home, "evidence");
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    (void)snprintf(path, sizeof(path), "%s/%s", home, names[i]);
    (void)unlink(path);
  }
  (void)rmdir(home);
}

static tacet_err do_delete(client *c) {
  CLIENT_MEM(mem);
  tacet_span manifest;
  client_end end;
  TACET_TRY(client_enter(c));
  if (!client_lock_try(&c->lock)) {
    return client_fail(&c->detail, CLIENT_FAILED, "busy",
                       "Another program is using this home; end it first.");
  }
  /* Not before the server answers: once the last manifest is signed there is no
   * way back, and half an end is none. */
  bool reachable = false;
  TACET_TRY(ask_health(c, &reachable));
  if (!reachable) {
    return client_fail(&c->detail, CLIENT_UNREACHABLE, "unreachable",
                       "The server cannot be reached; nothing was erased. Try "
                       "again later.");
  }
  TACET_TRY(client_account_end(c, &mem, &manifest));
  TACET_TRY(say_goodbye(c, manifest));
  client_work w = {
      .until = is_empty, .timeout_ms = 20000, .once = true, .fd = -1};
  TACET_TRY(client_work_until(c, &w, &end));
  TACET_TRY(client_account_erase(c, manifest));
  tacet_err e = delete_mailboxes(c); /* else they expire unread */
  if (client_is_unreachable(&c->detail, e)) {
    client_error_clear(&c->detail);
    e = TACET_OK;
  }
  TACET_TRY(e);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  client_self self = c->self;
  self.stage = CLIENT_STAGE_DELETED;
  tacet_secret_wipe(&self.device_key);
  e = client_self_save(c, &self);
  tacet_wipe(&self, sizeof(self));
  TACET_TRY(e);
  TACET_TRY(client_tx_commit(&tx));
  delete_home(client_store_home(c->store));
  return client_self_load(c);
}

client_kind client_delete_account(client *c, client_error *err) {
  return client_leave(c, do_delete(c), err);
}
