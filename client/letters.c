/* SPDX-License-Identifier: Apache-2.0
 * Being invited. */
#include "client/letters.h"

#include "client/api.h"
#include "client/attachments.h"
#include "client/chain.h"
#include "client/commit.h"
#include "client/devsync.h"
#include "client/events.h"
#include "client/joining.h"
#include "client/mailboxes.h"
#include "client/packages.h"
#include "client/people.h"
#include "client/returning.h"
#include "client/slots.h"
#include "client/talks.h"

void client_letter_close(client_letter *l) {
  tacet_bytes_free(&l->plain);
  client_mem_free(&l->mem);
}

bool client_is_letter(const client_mailbox *m, tacet_span item) {
  TACET_BYTES(plain);
  tacet_letter body;
  return tacet_letter_open(&m->sealing, m->id, item, &plain, &body) == TACET_OK;
}

tacet_err client_letter_open(client *c, const client_mailbox *m,
                             tacet_span item, client_letter *out) {
  (void)c;
  tacet_err e =
      tacet_letter_open(&m->sealing, m->id, item, &out->plain, &out->body);
  if (e != TACET_OK) {
    return e == TACET_ERR_NOMEM ? e : TACET_OK;
  }
  out->opened = true;
  out->manifests = out->body.manifests;
  out->tree = out->body.tree;
  if (out->body.kind != TACET_LETTER_BLOB) {
    return TACET_OK;
  }
  out->absent = out->body.parts.size <= TACET_LETTER_PARTS_MAX;
  out->useless = out->absent ? TACET_OK : TACET_ERR_LIMIT;
  return TACET_OK;
}

tacet_err client_letter_fetch(client *c, client_letter *l) {
  tacet_span plain;
  tacet_letter_parts parts;
  TACET_TRY(client_blob_fetch(c, &l->body.parts, TACET_LETTER_PARTS_MAX,
                              &l->mem, &plain));
  l->absent = false;
  l->useless = tacet_letter_parts_parse(plain, &parts);
  if (l->useless == TACET_OK) {
    l->manifests = parts.manifests;
    l->tree = parts.tree;
  }
  return TACET_OK;
}

/* ---- joining ---- */

static void joined_close(client_joined *j) {
  client_session_close(&j->s);
}

static void welcome_cleanup(tacet_mls_welcome **w) {
  tacet_mls_welcome_free(*w);
}

static tacet_err join(client *c, const client_mailbox *m,
                      const client_letter *l, client_mem *mem, client_joined *j,
                      uint32_t *signer) {
  client_package package;
  TACET_MLS_KEYS(keys);
  TACET_TRY(client_package_get(c, m->package, mem, &package));
  TACET_TRY(tacet_mls_keys_read(package.keys, &keys));
  tacet_mls_candidate candidate = {package.message, &keys};
  tacet_mls_config config = client_mls_config();
  TACET_CLEANUP(welcome_cleanup) tacet_mls_welcome *w = NULL;
  size_t index;
  TACET_TRY(tacet_mls_welcome_open(&config, l->body.welcome, &candidate, 1,
                                   &index, &w));
  if (tacet_mls_welcome_n_psks(w) > 0) {
    return TACET_ERR_PSK;
  }
  TACET_TRY(tacet_mls_welcome_unlock(w, (tacet_mls_psks){NULL, 0}));
  tacet_mls_group_info info;
  tacet_mls_welcome_info(w, &info);
  *signer = info.signer;
  return tacet_mls_welcome_join(w, l->tree, NULL, &j->s.mls);
}

/* Everybody in it is who the manifests say; the room is what it should be. */
static tacet_err examine(client *c, const client_mailbox *m, client_mem *mem,
                         uint32_t signer, client_joined *j) {
  bool self = false, found = false;
  TACET_TRY(client_room_of(c, &j->s, &j->room));
  TACET_TRY(client_leaves(c, j->s.mls, mem, &j->leaves, &j->n_leaves));
  for (size_t i = 0; i < j->n_leaves; i++) {
    const client_leaf *l = &j->leaves[i];
    tacet_err e = client_leaf_check(c, l);
    TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_ERR_CREDENTIAL : e);
    if (l->index == tacet_mls_own_leaf(j->s.mls)) {
      self = memcmp(l->who.device, c->self.device, CLIENT_DEVICE_ID_LEN) == 0 &&
             client_is_self(c, client_id_span(l->who.account)) &&
             memcmp(l->address.mailbox, m->id, CLIENT_MAILBOX_LEN) == 0;
    }
    if (l->index == signer) {
      j->inviter = l->who;
      found = true;
    }
  }
  bool same =
      memcmp(j->inviter.device, c->self.device, CLIENT_DEVICE_ID_LEN) == 0;
  j->own = client_is_self(c, client_id_span(j->inviter.account));
  if (!self || !found || (j->own && same)) {
    return TACET_ERR_CREDENTIAL;
  }
  TACET_TRY(client_person_any(c, client_id_span(j->inviter.account), mem,
                              &j->person));
  j->epoch = tacet_mls_epoch(j->s.mls);
  return TACET_OK;
}

/* The other account, if there is one: whoever invited, unless that was a device
 * of this account's own. */
static const uint8_t *peer_of(client *c, const client_joined *j) {
  for (size_t i = 0; j->own && i < j->n_leaves; i++) {
    if (!client_is_self(c, client_id_span(j->leaves[i].who.account))) {
      return j->leaves[i].who.account;
    }
  }
  return j->inviter.account;
}

/* One's own devices, and nobody else. */
static tacet_err examine_self(client *c, client_joined *j) {
  memcpy(j->peer, c->self.account, sizeof(j->peer));
  for (size_t i = 0; i < j->n_leaves; i++) {
    if (!client_is_self(c, client_id_span(j->leaves[i].who.account))) {
      return TACET_ERR_POLICY;
    }
  }
  return TACET_OK;
}

/* One to one: nobody else is in it, and its id is that of the two. A group has
 * no such id: what is written to a person would go to all of it. */
static tacet_err examine_pair(client *c, client_joined *j) {
  uint8_t id[CLIENT_ID_LEN];
  if (j->room.kind == TACET_ROOM_SELF) {
    return examine_self(c, j);
  }
  for (size_t i = 0; i < j->n_leaves && j->room.kind != TACET_ROOM_PAIR; i++) {
    TACET_TRY(client_pair_id(client_id_span(c->self.account),
                             client_id_span(j->leaves[i].who.account), id));
    if (memcmp(id, j->room.conversation, sizeof(id)) == 0) {
      return TACET_ERR_POLICY;
    }
  }
  if (j->room.kind != TACET_ROOM_PAIR) {
    return TACET_OK;
  }
  memcpy(j->peer, peer_of(c, j), sizeof(j->peer));
  TACET_TRY(client_pair_id(client_id_span(c->self.account),
                           client_id_span(j->peer), id));
  if (memcmp(id, j->room.conversation, sizeof(id)) != 0 ||
      client_is_self(c, client_id_span(j->peer))) {
    return TACET_ERR_POLICY;
  }
  if (j->own) { /* whom the conversation is with decides */
    CLIENT_MEM(mem);
    client_person p;
    TACET_TRY(client_person_get(c, client_id_span(j->peer), &mem, &p));
    j->person.blocked = p.blocked;
  }
  for (size_t i = 0; i < j->n_leaves; i++) {
    const uint8_t *account = j->leaves[i].who.account;
    if (memcmp(account, j->peer, CLIENT_ID_LEN) != 0 &&
        !client_is_self(c, client_id_span(account))) {
      return TACET_ERR_POLICY;
    }
  }
  return TACET_OK;
}

/* ---- what becomes of it ---- */

/* The mailbox of the package becomes that of the conversation. */
static tacet_err use_mailbox(client *c, const client_mailbox *m,
                             tacet_span group) {
  TACET_TRY(client_package_used(c, m->package));
  if (m->last_resort) {
    return TACET_OK;
  }
  client_mailbox now = *m;
  now.use = CLIENT_MAILBOX_GROUP;
  now.group = group;
  now.package = TACET_SPAN_EMPTY;
  return client_mailbox_save(c, &now);
}

/* Where the same group was read before this device lost it: nothing that comes
 * there opens, and nobody writes there any more. */
static tacet_err leave_mailbox(client *c, tacet_span group) {
  CLIENT_MEM(mem);
  client_group_record r;
  tacet_err e = client_group_get(c, group, &mem, &r);
  if (e != TACET_OK) {
    return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
  }
  return client_mailbox_leave(c, tacet_span_of(r.mailbox, sizeof(r.mailbox)));
}

static tacet_err keep(client *c, const client_mailbox *m, client_joined *j,
                      bool last, client_mem *mem) {
  client_talk talk;
  bool request;
  j->s.r.fresh_due = true;
  memcpy(j->s.r.mailbox, m->id, sizeof(j->s.r.mailbox));
  TACET_TRY(client_joined_place(c, j, last, mem, &talk, &request));
  TACET_TRY(leave_mailbox(c, j->s.r.id));
  memcpy(j->s.r.talk, talk.id, sizeof(j->s.r.talk));
  if (talk.state == CLIENT_TALK_OPEN) {
    uint64_t wait;
    TACET_TRY(client_chance(c, CLIENT_DAY, &wait));
    j->s.r.fresh_at = client_now(c) + wait;
  }
  j->s.r.looked_at = 0; /* commits may have come since it was written */
  TACET_TRY(use_mailbox(c, m, j->s.r.id));
  TACET_TRY(client_joined_tell(c, j, &talk, request));
  TACET_TRY(client_session_enter(c, &j->s));
  if (talk.state == CLIENT_TALK_BLOCKED) { /* for when they are unblocked */
    return m->last_resort ? TACET_OK
                          : client_mailbox_condemn(c, tacet_span_of(m->id, 16));
  }
  return client_members_compare(c, &j->s, NULL, 0);
}

/* ---- the letter ---- */

/* The package is used up, and nobody reads its mailbox any more. */
static tacet_err use_up(client *c, const client_mailbox *m) {
  if (m->last_resort) {
    return TACET_OK;
  }
  tacet_err e = client_package_used(c, m->package);
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  return client_mailbox_condemn(c, tacet_span_of(m->id, sizeof(m->id)));
}

static tacet_err refuse(client *c, const client_mailbox *m, tacet_err why) {
  TACET_TRY(use_up(c, m));
  bool keys = why == TACET_ERR_CREDENTIAL || why == TACET_ERR_MANIFEST ||
              why == TACET_ERR_FORK;
  return client_event_warn(
      c, NULL, keys ? "keys-mismatch" : "undecryptable",
      keys ? "An invitation was refused: the keys of somebody in it do not "
             "check out (%s)."
           : "An invitation could not be opened and was dropped (%s). Whoever "
             "sent it has to send it again.",
      tacet_err_text(why));
}

/* It leads into the very group that this device is in. One that was sent before
 * what the device knows of it is out of date: who was added, removed and added
 * again may get the second letter first. For one of an epoch to come the news
 * may be missing, that the device was removed; where there are none, no member
 * has made that epoch. */
static tacet_err take_again(client *c, const client_mailbox *m,
                            const client_joined *j,
                            const client_group_record *here, bool last) {
  if (tacet_mls_epoch(j->s.mls) <= here->epoch) {
    return use_up(c, m);
  }
  if (!last || !client_group_is_looked_at(here)) {
    return TACET_ERR_GROUP_ID;
  }
  TACET_TRY(use_up(c, m));
  return client_event_warn(
      c, here->talk, "undecryptable",
      "An invitation was dropped: it says that it leads here, and does not. "
      "This device is in already, and nothing is lost.");
}

static bool is_for_the_caller(tacet_err e) {
  return tacet_err_kind(e) == TACET_KIND_LOCAL && e != TACET_ERR_UNSUPPORTED;
}

/* The package is spent on it, and nothing of it stays. */
static tacet_err let_go(client *c, const client_mailbox *m, tacet_span group) {
  TACET_TRY(use_mailbox(c, m, group));
  return m->last_resort ? TACET_OK
                        : client_mailbox_condemn(c, tacet_span_of(m->id, 16));
}

static tacet_err take_call(client *c, const client_mailbox *m,
                           const client_joined *j, tacet_span word) {
  client_call_for_help call = {
      .from = &j->inviter, .room = &j->room, .id = j->s.r.id, .word = word};
  TACET_TRY(let_go(c, m, j->s.r.id));
  return client_call_take(c, &call);
}

static tacet_err take(client *c, const client_mailbox *m,
                      const client_letter *l, bool last, client_mem *mem) {
  tacet_span word;
  TACET_CLEANUP(joined_close) client_joined j = {.n_leaves = 0};
  uint32_t signer;
  client_group_record here;
  TACET_TRY(join(c, m, l, mem, &j, &signer));
  TACET_TRY(client_mem_copy(&j.s.mem, tacet_mls_group_id(j.s.mls), &j.s.r.id));
  tacet_err e = client_group_get(c, j.s.r.id, mem, &here);
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  if (e == TACET_OK && !here.broken) {
    return take_again(c, m, &j, &here, last);
  }
  TACET_TRY(client_chain_take(c, l->manifests));
  TACET_TRY(examine(c, m, mem, signer, &j));
  TACET_TRY(examine_pair(c, &j));
  if (tacet_mls_extensions_find(tacet_mls_group_extensions(j.s.mls),
                                TACET_EXTENSION_RETURN, &word)) {
    return take_call(c, m, &j, word);
  }
  return j.person.blocked && j.room.kind != TACET_ROOM_PAIR
             ? let_go(c, m, j.s.r.id)
             : keep(c, m, &j, last, mem);
}

tacet_err client_letter_take(client *c, const client_mailbox *m,
                             const client_letter *l, bool last) {
  CLIENT_MEM(mem);
  CLIENT_TX(tx);
  if (l->absent) {
    return TACET_ERR_STATE;
  }
  if (l->useless != TACET_OK) {
    return refuse(c, m, l->useless);
  }
  TACET_TRY(client_tx_begin(c->store, &tx));
  tacet_err e = take(c, m, l, last, &mem);
  if (e == TACET_ERR_NOT_FOUND) { /* the package was used: the same again */
    return TACET_OK;
  }
  if (e != TACET_OK && e != TACET_ERR_GROUP_ID && !is_for_the_caller(e)) {
    client_tx_end(&tx); /* without a trace but the refusal */
    return refuse(c, m, e);
  }
  TACET_TRY(e);
  TACET_TRY(client_sync_met(c));
  return client_tx_commit(&tx);
}

tacet_err client_letter_give_up(client *c, const client_mailbox *m) {
  TACET_TRY(use_up(c, m));
  return client_event_warn(
      c, NULL, "undecryptable",
      "An invitation was dropped: for three days the server did not give out "
      "the list of members that belongs to it. Whoever sent it has to send it "
      "again.");
}
