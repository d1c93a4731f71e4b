/* SPDX-License-Identifier: Apache-2.0
 * Slots: what won is applied, or skipped by everybody alike. */
#include "client/slots.h"

#include "client/call.h"
#include "client/chain.h"
#include "client/commit.h"
#include "client/deliver.h"
#include "client/events.h"
#include "client/jobs.h"
#include "client/mailboxes.h"
#include "client/outbox.h"
#include "client/policy.h"
#include "client/receive.h"
#include "client/recovery.h"
#include "client/talks.h"
#include "tacet/content/envelope.h"

#define STEPS_MAX 4096 /* commits followed in one go */

/* ---- giving up ---- */

/* Every member refuses this body: the next slot of the same epoch decides. */
static tacet_err skip(client *c, client_session *s) {
  TACET_TRY(client_commit_lost(c, s));
  s->r.slot++;
  if (s->r.slot >= CLIENT_SLOTS) {
    return client_broken(c, s, CLIENT_STUCK,
                         "too many invalid changes in a row");
  }
  return client_session_save(c, s);
}

/* ---- judging ---- */

/* Failures that only this member may see. No other depends on who looks:
 * receivers spend handshake keys of nobody (client/receive.c), so REPLAY and
 * GENERATION come out alike; nobody keeps proposals or has PSKs that the rules
 * allow; and no lifetime is looked at. */
static bool is_own_failure(tacet_err e) {
  return e == TACET_ERR_PATH_SECRET || e == TACET_ERR_CONFIRMATION;
}

/* A commit of this very epoch, by its header: all else is skipped unseen. */
static bool is_commit(const client_session *s, tacet_span message) {
  tacet_mls_header h;
  return tacet_mls_peek(message, &h) == TACET_OK &&
         h.wire_format == TACET_MLS_PRIVATE_MESSAGE &&
         h.content_type == TACET_MLS_CONTENT_COMMIT && h.epoch == s->r.epoch &&
         tacet_span_equal(h.group_id, s->r.id);
}

/* Anybody can name this device as the sender of what it never sent: the others
 * see that the signature is wrong. Only what it did make they may follow. */
static tacet_err was_made_here(const client_session *s, tacet_span commit,
                               bool *out) {
  uint8_t hash[CLIENT_ID_LEN];
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, commit, hash));
  *out = false;
  for (size_t i = 0; i < s->r.n_made; i++) {
    *out = *out || memcmp(s->r.made[i], hash, sizeof(hash)) == 0;
  }
  return TACET_OK;
}

static bool is_trouble_here(tacet_err e) {
  return tacet_err_kind(e) == TACET_KIND_LOCAL && e != TACET_ERR_NOT_FOUND;
}

/* POLICY: every member refuses what is staged now. */
static tacet_err check_rules(client *c, client_session *s, tacet_span manifests,
                             tacet_span aad) {
  tacet_err e = client_policy_check(c, s, manifests, aad);
  return e == TACET_OK || is_trouble_here(e) ? e : TACET_ERR_POLICY;
}

/* Would those who can open their part follow it? Else it is skipped here too,
 * whatever its author wrote into this member's part. */
static tacet_err others_follow(client *c, client_session *s,
                               const tacet_slot_body *body, bool *out) {
  tacet_mls_process_args args = {.public_only = true};
  tacet_mls_event event;
  TACET_BUF(content, TACET_MLS_MESSAGE_LIMIT);
  *out = false;
  tacet_err e =
      tacet_mls_process(s->mls, body->commit, &args, &content, &event);
  if (e != TACET_OK || event.kind != TACET_MLS_EVENT_COMMIT) {
    return e != TACET_OK && is_trouble_here(e) ? e : TACET_OK;
  }
  e = check_rules(c, s, body->manifests, event.aad);
  tacet_mls_staged_drop(s->mls);
  *out = e == TACET_OK;
  return e == TACET_ERR_POLICY ? TACET_OK : e;
}

/* ---- telling ---- */

typedef struct told {
  uint8_t (*added)[CLIENT_ID_LEN];
  uint8_t (*removed)[CLIENT_ID_LEN];
  size_t n_added, n_removed;
  uint8_t by[CLIENT_ID_LEN];
  bool renamed;
} told;

static size_t without(uint8_t (*list)[CLIENT_ID_LEN], size_t n,
                      const uint8_t *account) {
  size_t kept = 0;
  for (size_t i = 0; i < n; i++) {
    if (memcmp(list[i], account, CLIENT_ID_LEN) != 0) {
      memmove(list[kept++], list[i], CLIENT_ID_LEN);
    }
  }
  return kept;
}

static size_t count_of(uint8_t (*list)[CLIENT_ID_LEN], size_t n,
                       const uint8_t *account) {
  size_t count = 0;
  for (size_t i = 0; i < n; i++) {
    count += memcmp(list[i], account, CLIENT_ID_LEN) == 0;
  }
  return count;
}

static tacet_err devices_now(client *c, client_session *s,
                             const uint8_t *account, size_t *out) {
  CLIENT_MEM(mem);
  client_leaf *leaves;
  size_t n;
  *out = 0;
  TACET_TRY(client_leaves(c, s->mls, &mem, &leaves, &n));
  for (size_t i = 0; i < n; i++) {
    *out += memcmp(leaves[i].who.account, account, CLIENT_ID_LEN) == 0;
  }
  return TACET_OK;
}

/* Who had a device in it before, and has one after, neither came nor went. */
static tacet_err forget_devices(client *c, client_session *s, told *t) {
  for (size_t i = t->n_added + t->n_removed; i-- > 0;) {
    uint8_t account[CLIENT_ID_LEN];
    if (i >= t->n_added + t->n_removed) {
      continue; /* one that stood behind was forgotten with another */
    }
    memcpy(account, i < t->n_added ? t->added[i] : t->removed[i - t->n_added],
           sizeof(account));
    size_t before, added = count_of(t->added, t->n_added, account);
    TACET_TRY(devices_now(c, s, account, &before));
    size_t removed = count_of(t->removed, t->n_removed, account);
    if (before > 0 && before + added > removed) {
      t->n_removed = without(t->removed, t->n_removed, account);
      t->n_added = without(t->added, t->n_added, account);
    }
  }
  return TACET_OK;
}

static tacet_err note(client *c, client_session *s, client_mem *mem,
                      told *out) {
  tacet_mls_staged_info info;
  tacet_mls_staged_info_get(s->mls, &info);
  told t = {.renamed = info.changes_extensions};
  t.added = client_mem_array(mem, info.n_changes, CLIENT_ID_LEN);
  t.removed = client_mem_array(mem, info.n_changes, CLIENT_ID_LEN);
  if (t.added == NULL || t.removed == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < info.n_changes; i++) {
    tacet_mls_change ch;
    client_leaf l;
    tacet_mls_staged_change(s->mls, i, &ch);
    bool removed = ch.kind == TACET_MLS_CHANGE_REMOVED;
    TACET_TRY(client_leaf_read(c, removed ? &ch.before : &ch.after, &l));
    if (ch.kind == TACET_MLS_CHANGE_COMMITTER) {
      memcpy(t.by, l.who.account, CLIENT_ID_LEN);
    } else if (removed && !client_is_leaving(&s->r, l.who.account)) {
      memcpy(t.removed[t.n_removed++], l.who.account, CLIENT_ID_LEN);
    } else if (!removed) {
      memcpy(t.added[t.n_added++], l.who.account, CLIENT_ID_LEN);
    }
  }
  TACET_TRY(forget_devices(c, s, &t));
  tacet_mls_member m;
  client_leaf by;
  if (tacet_mls_member_at(s->mls, info.committer, &m)) {
    TACET_TRY(client_leaf_read(c, &m, &by));
    memcpy(t.by, by.who.account, CLIENT_ID_LEN);
  }
  *out = t;
  return TACET_OK;
}

static tacet_err tell(client *c, client_session *s, const char *name_before,
                      const told *t) {
  CLIENT_MEM(mem);
  client_talk talk;
  tacet_span by = client_id_span(t->by);
  TACET_TRY(client_talk_get(c, s->r.talk, &mem, &talk));
  if (talk.pair) {
    return TACET_OK;
  }
  if (t->n_added > 0) {
    TACET_TRY(client_event_group(c, talk.id, "added", talk.name, by, t->added,
                                 t->n_added));
  }
  if (t->n_removed > 0) {
    TACET_TRY(client_event_group(c, talk.id, "removed", talk.name, by,
                                 t->removed, t->n_removed));
  }
  bool renamed = t->renamed && name_before != NULL && talk.name != NULL &&
                 strcmp(name_before, talk.name) != 0;
  return renamed
             ? client_event_group(c, talk.id, "renamed", talk.name, by, NULL, 0)
             : TACET_OK;
}

static tacet_err is_admin_here(client *c, const client_session *s, bool *out) {
  tacet_room room;
  TACET_TRY(client_room_of(c, s, &room));
  *out = tacet_room_is_admin(&room, c->self.account);
  return TACET_OK;
}

static tacet_err tell_appointed(client *c, const client_session *s,
                                bool before) {
  CLIENT_MEM(mem);
  client_talk talk;
  bool now;
  TACET_TRY(is_admin_here(c, s, &now));
  if (before || !now) {
    return TACET_OK;
  }
  TACET_TRY(client_talk_get(c, s->r.talk, &mem, &talk));
  return client_event_warn(c, talk.id, "now-admin",
                           "You are an admin of %s now: whoever made you one "
                           "leaves it. You can add, remove and rename.",
                           talk.name != NULL ? talk.name : "the group");
}

/* ---- applying ---- */

/* The commit removes this device: nothing of the group stays but its past. */
static tacet_err apply_removal(client *c, client_session *s, const told *t) {
  CLIENT_MEM(mem);
  client_talk talk;
  uint8_t self[1][CLIENT_ID_LEN];
  TACET_TRY(client_talk_get(c, s->r.talk, &mem, &talk));
  TACET_TRY(client_mailbox_leave(
      c, tacet_span_of(s->r.mailbox, sizeof(s->r.mailbox))));
  TACET_TRY(client_outbox_drop_group(c, s->r.id));
  TACET_TRY(client_members_remember(c, s));
  TACET_TRY(client_session_delete(c, s->r.id));
  /* What is said meanwhile is no gap, should this device come back. */
  TACET_TRY(client_store_delete_of(c->store, CLIENT_T_DEVICE,
                                   client_id_span(talk.id)));
  bool left = talk.state == CLIENT_TALK_LEFT;
  if (!left && talk.state != CLIENT_TALK_BLOCKED) {
    talk.state = CLIENT_TALK_REMOVED;
  }
  talk.group = TACET_SPAN_EMPTY;
  TACET_TRY(client_talk_save(c, &talk));
  memcpy(self[0], c->self.account, CLIENT_ID_LEN);
  return left ? TACET_OK
              : client_event_group(c, talk.id, "removed", talk.name,
                                   client_id_span(t->by), self, 1);
}

/* Leaves that the commit changed say where they are: what messages said before
 * is out of date. */
static void forget_address(client_session *s, const tacet_identity *who) {
  size_t kept = 0;
  for (size_t i = 0; i < s->r.n_addresses; i++) {
    const client_address *a = &s->r.addresses[i];
    if (memcmp(a->account, who->account, CLIENT_ID_LEN) != 0 ||
        memcmp(a->device, who->device, CLIENT_DEVICE_ID_LEN) != 0) {
      s->r.addresses[kept++] = *a;
    }
  }
  s->r.n_addresses = kept;
}

static tacet_err forget_addresses(client *c, client_session *s) {
  tacet_mls_staged_info info;
  tacet_mls_staged_info_get(s->mls, &info);
  for (size_t i = 0; i < info.n_changes; i++) {
    tacet_mls_change ch;
    client_leaf l;
    tacet_mls_staged_change(s->mls, i, &ch);
    if (ch.kind == TACET_MLS_CHANGE_COMMITTER) {
      TACET_TRY(client_leaf_read(c, &ch.after, &l));
      forget_address(s, &l.who);
    }
  }
  return TACET_OK;
}

static tacet_err apply(client *c, client_session *s) {
  CLIENT_MEM(mem);
  client_talk talk;
  told t;
  bool was_admin;
  tacet_mls_staged_info info;
  tacet_mls_staged_info_get(s->mls, &info);
  TACET_TRY(client_talk_get(c, s->r.talk, &mem, &talk));
  TACET_TRY(note(c, s, &mem, &t));
  TACET_TRY(is_admin_here(c, s, &was_admin));
  if (info.removes_self) {
    return apply_removal(c, s, &t);
  }
  TACET_TRY(forget_addresses(c, s));
  TACET_TRY(client_commit_lost(c, s));
  TACET_TRY(tacet_mls_staged_apply(s->mls, client_now(c) / 1000));
  TACET_TRY(client_session_enter(c, s));
  TACET_TRY(t.n_removed > 0 ? client_update_soon(c, s) : TACET_OK);
  TACET_TRY(client_commit_settle(c, s));
  TACET_TRY(tell(c, s, talk.name, &t));
  TACET_TRY(tell_appointed(c, s, was_admin));
  if (t.n_added > 0) {
    TACET_TRY(client_members_compare(c, s, t.added, t.n_added));
  }
  return client_unopened_retry(c, s);
}

/* What stands beside a commit is taken as far as it verifies here: the verdict
 * on the commit does not hang on it (client/policy.h). Each for itself, so that
 * one that does not verify hides none of those that the commit rests on. */
static tacet_err take_manifests(client *c, tacet_span manifests) {
  tacet_span one;
  while (tacet_opaque_list_next(&manifests, &one)) {
    TACET_BUF(alone, 2 * TACET_MANIFEST_MAX);
    tacet_opaque_list_add(&alone, one);
    tacet_err e = alone.err != TACET_OK
                      ? alone.err
                      : client_chain_take(c, tacet_buf_span(&alone));
    if (e != TACET_OK && tacet_err_kind(e) == TACET_KIND_LOCAL) {
      return e;
    }
  }
  return TACET_OK;
}

/* This member cannot process it. Can the others? */
static tacet_err failed(client *c, client_session *s,
                        const tacet_slot_body *body, tacet_err why) {
  bool lost = false;
  if (why == TACET_ERR_OWN_MESSAGE) {
    TACET_TRY(was_made_here(s, body->commit, &lost));
  } else if (is_own_failure(why)) {
    TACET_TRY(others_follow(c, s, body, &lost));
  } else if (is_trouble_here(why)) {
    return why;
  }
  return lost ? client_broken(c, s, CLIENT_BEHIND, tacet_err_text(why))
              : skip(c, s);
}

static tacet_err process(client *c, client_session *s,
                         const tacet_slot_body *body) {
  tacet_mls_process_args args = {.now = 0}; /* as it was when it was made */
  tacet_mls_event event;
  TACET_BUF(content, TACET_MLS_MESSAGE_LIMIT);
  if (!is_commit(s, body->commit)) {
    return skip(c, s);
  }
  tacet_err e =
      tacet_mls_process(s->mls, body->commit, &args, &content, &event);
  if (e != TACET_OK) {
    return failed(c, s, body, e);
  }
  if (event.kind != TACET_MLS_EVENT_COMMIT) { /* PSKs: nobody has any */
    return skip(c, s);
  }
  e = check_rules(c, s, body->manifests, event.aad);
  if (e == TACET_ERR_POLICY) {
    tacet_mls_staged_drop(s->mls);
    return skip(c, s);
  }
  TACET_TRY(e);
  TACET_TRY(take_manifests(c, body->manifests));
  return apply(c, s);
}

/* The parcel of the commit that waits, if there is one. */
static tacet_err own_parcel(client *c, const client_session *s, client_mem *mem,
                            client_parcel *out) {
  client_parcel *list;
  size_t n;
  TACET_TRY(client_parcel_list(c, mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    if (s->r.commit != 0 && list[i].number == s->r.commit) {
      *out = list[i];
      return TACET_OK;
    }
  }
  return TACET_ERR_NOT_FOUND;
}

/* The own commit stands there: just as it was sent, or with other manifests
 * beside it, which the others judge it by. */
static tacet_err own(client *c, client_session *s, tacet_span bytes,
                     client_mem *mem) {
  client_parcel p;
  client_payload sent;
  TACET_TRY(own_parcel(c, s, mem, &p));
  TACET_TRY(client_payload_get(c, &p, mem, &sent));
  if (!tacet_span_equal(sent.body, bytes)) {
    return client_broken(c, s, CLIENT_BEHIND,
                         "its own change came back altered");
  }
  TACET_TRY(client_commit_won(c, s, &p));
  return client_unopened_retry(c, s);
}

static tacet_err open_and_process(client *c, client_session *s,
                                  tacet_span bytes) {
  CLIENT_MEM(mem);
  client_epoch epoch;
  TACET_BYTES(plain);
  tacet_envelope_type type;
  tacet_span inside;
  tacet_slot_body body;
  TACET_TRY(client_epoch_get(c, s->r.id, s->r.epoch, &mem, &epoch));
  tacet_err e = tacet_envelope_open(tacet_secret_span(&epoch.envelope), bytes,
                                    &plain, &type, &inside);
  if (e == TACET_ERR_NOMEM) {
    return e;
  }
  if (e != TACET_OK || type != TACET_ENVELOPE_SLOT ||
      tacet_slot_body_parse(inside, &body) != TACET_OK) {
    return skip(c, s);
  }
  return tacet_mls_pending_matches(s->mls, body.commit) ? own(c, s, bytes, &mem)
                                                        : process(c, s, &body);
}

tacet_err client_slot_apply(client *c, tacet_span group, tacet_span body) {
  CLIENT_TX(tx);
  CLIENT_SESSION(s);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_session_load(c, group, &s));
  TACET_TRY(open_and_process(c, &s, body));
  return client_tx_commit(&tx);
}

/* ---- reading ---- */

static tacet_err read_slot(client *c, tacet_span group, client_mem *mem,
                           tacet_slot *out) {
  client_group_record r;
  client_epoch epoch;
  TACET_TRY(client_group_get(c, group, mem, &r));
  TACET_TRY(client_epoch_get(c, group, r.epoch, mem, &epoch));
  tacet_read_slots ask = {
      tacet_span_of(epoch.slots[r.slot % CLIENT_SLOTS], CLIENT_KEY_LEN)};
  TACET_BUF(w, 256);
  tacet_read_slots_write(&w, &ask);
  TACET_TRY(w.err);
  client_reply reply;
  tacet_slots_answer answer;
  TACET_TRY(client_ask_plain(c, CLIENT_DELIVERY, "POST", "/v1/slots",
                             tacet_buf_span(&w), mem, &reply));
  TACET_TRY(client_expect_ok(c, &reply));
  TACET_TRY(tacet_slots_answer_parse(reply.body, &answer));
  return tacet_slot_next(&answer.slots, out) ? TACET_OK : TACET_ERR_ENCODING;
}

static tacet_err looked(client *c, tacet_span group, bool due) {
  CLIENT_MEM(mem);
  CLIENT_TX(tx);
  client_group_record r;
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_group_get(c, group, &mem, &r));
  r.looked_at = client_now(c);
  r.look_due = due;
  TACET_TRY(client_group_save(c, &r));
  return client_tx_commit(&tx);
}

tacet_err client_slots_look(client *c, tacet_span group, bool *taken) {
  CLIENT_MEM(mem);
  tacet_slot slot;
  TACET_TRY(read_slot(c, group, &mem, &slot));
  *taken = slot.state != TACET_SLOT_EMPTY;
  return looked(c, group, *taken);
}

static tacet_err slot_expired(client *c, tacet_span group) {
  CLIENT_TX(tx);
  CLIENT_SESSION(s);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_session_load(c, group, &s));
  TACET_TRY(client_broken(c, &s, CLIENT_BEHIND,
                          "it was away for more than five weeks"));
  return client_tx_commit(&tx);
}

tacet_err client_slots_walk(client *c, tacet_span group) {
  for (int n = 0; n < STEPS_MAX; n++) {
    CLIENT_MEM(mem);
    client_group_record r;
    tacet_slot slot;
    TACET_TRY(client_check_interrupt(c));
    tacet_err e = client_group_get(c, group, &mem, &r);
    if (e == TACET_ERR_NOT_FOUND || (e == TACET_OK && r.broken)) {
      return TACET_OK; /* removed on the way, or lost */
    }
    TACET_TRY(e);
    TACET_TRY(read_slot(c, group, &mem, &slot));
    if (slot.state == TACET_SLOT_EMPTY) {
      return looked(c, group, false);
    }
    TACET_TRY(slot.state == TACET_SLOT_EXPIRED
                  ? slot_expired(c, group)
                  : client_slot_apply(c, group, slot.body));
  }
  return TACET_OK;
}
