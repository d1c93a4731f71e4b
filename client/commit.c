/* SPDX-License-Identifier: Apache-2.0
 * Own commits: made, won, lost. */
#include "client/commit.h"

#include "client/chain.h"
#include "client/invite.h"
#include "client/jobs.h"
#include "client/mailboxes.h"
#include "client/outbox.h"
#include "client/packages.h"
#include "client/policy.h"
#include "client/reconcile.h"
#include "client/talks.h"
#include "tacet/content/envelope.h"
#include "tacet/wire/delivery.h"

#define MANIFESTS_MAX ((size_t)4 << 20)
#define OLD_MAILBOX_LIFE (7 * CLIENT_DAY)
#define RETRY_MAX ((uint64_t)30000)
#define RETRY_MIN ((uint64_t)250)

/* What one commit is made of, besides what was asked for. */
typedef struct plan {
  const client_change *ch;
  tacet_mls_proposal *proposals;
  size_t n_proposals, n_removed;
  tacet_span aad;       /* who leaves, in their words */
  tacet_span manifests; /* beside the commit */
  tacet_span leaf;      /* extensions of the own leaf, if fresh */
  client_mailbox fresh;
} plan;

/* ---- planning ---- */

static bool is_listed(const client_change *ch, uint32_t leaf) {
  for (size_t i = 0; i < ch->n_leaves; i++) {
    if (ch->leaves[i] == leaf) {
      return true;
    }
  }
  return false;
}

static void remove_leaf(plan *p, uint32_t leaf) {
  p->n_removed++;
  p->proposals[p->n_proposals++] =
      (tacet_mls_proposal){.type = TACET_MLS_REMOVE, .leaf = leaf};
}

/* Removals: those asked for, the leaves of who leaves, and devices that their
 * accounts have removed. */
static tacet_err plan_removals(client *c, client_session *s, plan *p,
                               client_mem *mem) {
  client_leaf *leaves;
  size_t n;
  TACET_BUF(aad, 16 * 1024);
  TACET_BUF(manifests, MANIFESTS_MAX);
  TACET_TRY(client_leaves(c, s->mls, mem, &leaves, &n));
  for (size_t i = 0; i < n; i++) {
    const uint8_t *account = leaves[i].who.account;
    bool leaving = client_is_leaving(&s->r, account);
    bool own = leaves[i].index == tacet_mls_own_leaf(s->mls);
    bool listed = is_listed(p->ch, leaves[i].index), stale, last = false;
    TACET_TRY(client_leaf_is_stale(c, s, &leaves[i], &stale));
    if (stale && !listed && !leaving) {
      TACET_TRY(client_leaf_is_last(c, s, leaves, n, i, p->ch->packages,
                                    p->ch->n_packages, &last));
    }
    if (own || (!leaving && (!stale || last) && !listed)) {
      continue;
    }
    remove_leaf(p, leaves[i].index);
    tacet_manifest m;
    TACET_TRY(client_chain_newest(c, client_id_span(account), &m));
    if (m.number > leaves[i].who.manifest) {
      TACET_TRY(client_chain_write(c, client_id_span(account), &manifests));
    }
  }
  for (size_t i = 0; i < s->r.n_leaving; i++) {
    if (client_leaver_check(c, s, CLIENT_WORD_LEAVE, &s->r.leaving[i]) ==
        TACET_OK) {
      client_leaver_write(&aad, &s->r.leaving[i]);
    }
  }
  for (size_t i = 0; i < s->r.n_returning; i++) {
    for (size_t k = 0; k < n; k++) {
      if (is_listed(p->ch, leaves[k].index) &&
          client_is_device(&leaves[k], &s->r.returning[i])) {
        client_leaver_write(&aad, &s->r.returning[i]);
      }
    }
  }
  TACET_TRY(client_mem_take(mem, &aad, &p->aad));
  return client_mem_take(mem, &manifests, &p->manifests);
}

static tacet_err plan_additions(client *c, plan *p, client_mem *mem) {
  TACET_BUF(manifests, MANIFESTS_MAX);
  tacet_write_bytes(&manifests, p->manifests);
  for (size_t i = 0; i < p->ch->n_packages; i++) {
    tacet_mls_config config = client_mls_config();
    tacet_mls_key_package kp;
    tacet_identity who;
    p->proposals[p->n_proposals++] = (tacet_mls_proposal){
        .type = TACET_MLS_ADD, .key_package = p->ch->packages[i]};
    TACET_TRY(tacet_mls_key_package_check(&config, p->ch->packages[i],
                                          client_now(c) / 1000, &kp));
    TACET_TRY(tacet_identity_parse(kp.member.identity, &who));
    TACET_TRY(client_chain_write(c, client_id_span(who.account), &manifests));
  }
  return client_mem_take(mem, &manifests, &p->manifests);
}

static tacet_err plan_leaf(client *c, const client_session *s, plan *p,
                           client_mem *mem) {
  tacet_mls_leaf_args args;
  client_mailbox own;
  if (p->ch->fresh) {
    TACET_TRY(client_mailbox_take(c, mem, &p->fresh));
    own = p->fresh;
  } else if (p->ch->update) {
    TACET_TRY(client_mailbox_get(
        c, tacet_span_of(s->r.mailbox, sizeof(s->r.mailbox)), mem, &own));
  } else {
    return TACET_OK;
  }
  TACET_TRY(client_leaf_args(c, &own, mem, &args));
  p->leaf = args.extensions;
  return TACET_OK;
}

static tacet_err plan_make(client *c, client_session *s, plan *p,
                           client_mem *mem) {
  size_t most = p->ch->n_packages + tacet_mls_n_members(s->mls) + 1;
  p->proposals = client_mem_array(mem, most, sizeof(*p->proposals));
  if (p->proposals == NULL) {
    return TACET_ERR_NOMEM;
  }
  TACET_TRY(plan_removals(c, s, p, mem));
  TACET_TRY(plan_additions(c, p, mem));
  TACET_TRY(plan_leaf(c, s, p, mem));
  if (p->ch->room != NULL) {
    tacet_mls_proposal *q = &p->proposals[p->n_proposals++];
    *q = (tacet_mls_proposal){.type = TACET_MLS_GROUP_CONTEXT_EXTENSIONS};
    TACET_TRY(client_room_extensions(p->ch->room, mem, &q->extensions));
  }
  return TACET_OK;
}

/* ---- making it ---- */

/* It holds some 600 new members, or with a path among 1,024 half as many. */
static tacet_err seal_body(client *c, const client_epoch *e,
                           const tacet_slot_body *body, tacet_buf *out) {
  TACET_BUF(plain, TACET_SLOT_BODY_MAX);
  tacet_slot_body_write(&plain, body);
  tacet_err err = plain.err;
  if (err == TACET_OK) {
    err = tacet_envelope_seal(tacet_secret_span(&e->envelope),
                              TACET_ENVELOPE_SLOT, tacet_buf_span(&plain), out);
  }
  return err == TACET_ERR_LIMIT
             ? client_fail(&c->detail, CLIENT_REFUSED, "change-too-large",
                           "That is too much for one change of this group; "
                           "add fewer people at once.")
             : err;
}

static tacet_err parcel_of_commit(client *c, client_session *s, const plan *p,
                                  const tacet_mls_commit_result *result,
                                  client_mem *mem, client_parcel *out) {
  client_epoch e;
  tacet_slot_body body = {p->manifests, tacet_bytes_span(&result->commit)};
  tacet_hint hint = {s->r.slot};
  client_parcel parcel = {.kind = CLIENT_PARCEL_COMMIT,
                          .group = s->r.id,
                          .epoch = s->r.epoch,
                          .made_at = client_now(c),
                          .job = p->ch->job};
  if (s->r.slot >= CLIENT_SLOTS) {
    return TACET_ERR_STATE;
  }
  TACET_TRY(client_epoch_get(c, s->r.id, s->r.epoch, mem, &e));
  memcpy(parcel.slot, e.slots[s->r.slot], sizeof(parcel.slot));
  TACET_BUF(plain, 64);
  TACET_BUF(sealed, TACET_SLOT_BODY_MAX);
  TACET_BUF(item, 4096);
  TACET_TRY(seal_body(c, &e, &body, &sealed));
  tacet_hint_write(&plain, &hint);
  TACET_TRY(tacet_envelope_seal(tacet_secret_span(&e.envelope),
                                TACET_ENVELOPE_HINT, tacet_buf_span(&plain),
                                &item));
  TACET_TRY(client_recipients(c, s, true, mem, &parcel.to, &parcel.n_to));
  TACET_TRY(client_parcel_add(c, &parcel, tacet_buf_span(&item),
                              tacet_buf_span(&sealed)));
  *out = parcel;
  return TACET_OK;
}

/* Should it turn up in a slot later, others can follow it and this device,
 * which let go of its keys, cannot: client/slots.c. */
static tacet_err remember(client_session *s, tacet_span commit) {
  uint8_t(*all)[CLIENT_ID_LEN] =
      client_mem_array(&s->mem, s->r.n_made + 1, sizeof(*all));
  if (all == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (s->r.n_made > 0) {
    memcpy(all, s->r.made, s->r.n_made * sizeof(*all));
  }
  TACET_TRY(tacet_hash_one(&tacet_hash_sha256, commit, all[s->r.n_made]));
  s->r.made = all;
  s->r.n_made++;
  return TACET_OK;
}

static tacet_err reserve_fresh(client *c, client_session *s, plan *p) {
  if (!p->ch->fresh) {
    return TACET_OK;
  }
  p->fresh.use = CLIENT_MAILBOX_GROUP;
  p->fresh.group = s->r.id;
  memcpy(s->r.next_mailbox, p->fresh.id, sizeof(s->r.next_mailbox));
  s->r.has_next = true;
  return client_mailbox_save(c, &p->fresh);
}

tacet_err client_commit_make(client *c, client_session *s,
                             const client_change *ch) {
  CLIENT_MEM(mem);
  plan p = {.ch = ch};
  TACET_TRY(client_may_invite(c, s, ch->n_packages));
  TACET_TRY(plan_make(c, s, &p, &mem));
  tacet_mls_commit_args args = {
      .proposals = p.proposals,
      .n_proposals = p.n_proposals,
      .force_path = p.leaf.len > 0,
      .update = {.extensions = p.leaf.len > 0 ? &p.leaf : NULL},
      .aad = p.aad};
  TACET_MLS_COMMIT_RESULT(result);
  TACET_TRY(tacet_mls_commit(s->mls, &args, client_now(c) / 1000, &result));
  client_invitations letters = {.packages = ch->packages,
                                .n_packages = ch->n_packages,
                                .result = &result,
                                .manifests = p.manifests};
  client_parcel parcel = {.number = 0};
  if (!ch->alone) {
    TACET_TRY(parcel_of_commit(c, s, &p, &result, &mem, &parcel));
    TACET_TRY(remember(s, tacet_bytes_span(&result.commit)));
    letters.after = parcel.number;
    s->r.commit = parcel.number;
  }
  s->r.updating = p.leaf.len > 0;
  TACET_TRY(p.n_removed > 0 && !s->r.updating ? client_update_soon(c, s)
                                              : TACET_OK);
  TACET_TRY(reserve_fresh(c, s, &p));
  TACET_TRY(client_invite(c, s, &letters));
  if (!ch->alone) {
    return client_session_save(c, s);
  }
  TACET_TRY(tacet_mls_pending_merge(s->mls, client_now(c) / 1000));
  TACET_TRY(client_session_enter(c, s));
  return client_commit_settle(c, s);
}

/* ---- its fate ---- */

/* The conversation moves to the mailbox that the commit announced. */
static tacet_err move_mailbox(client *c, client_session *s) {
  CLIENT_MEM(mem);
  client_mailbox old;
  if (!s->r.has_next) {
    return TACET_OK;
  }
  tacet_span id = tacet_span_of(s->r.mailbox, sizeof(s->r.mailbox));
  tacet_err e = client_mailbox_get(c, id, &mem, &old);
  if (e == TACET_OK && old.use == CLIENT_MAILBOX_GROUP) {
    old.use = CLIENT_MAILBOX_OLD;
    old.until = client_now(c) + OLD_MAILBOX_LIFE;
    TACET_TRY(client_mailbox_save(c, &old));
  } else if (e != TACET_ERR_NOT_FOUND) {
    TACET_TRY(e);
  }
  memcpy(s->r.mailbox, s->r.next_mailbox, sizeof(s->r.mailbox));
  s->r.has_next = false;
  s->r.fresh_due = false;
  return TACET_OK;
}

/* Who was added may have a device that there were no keys of: another time. */
static tacet_err job_done(client *c, client_session *s, uint64_t number) {
  CLIENT_MEM(mem);
  client_job job;
  tacet_err e = client_job_get(c, number, &mem, &job);
  if (e != TACET_OK) {
    return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
  }
  TACET_TRY(client_job_finish(c, number, NULL));
  return job.kind == CLIENT_JOB_ADD ? client_reconcile_group(c, s) : TACET_OK;
}

tacet_err client_commit_won(client *c, client_session *s,
                            const client_parcel *p) {
  TACET_TRY(move_mailbox(c, s));
  if (s->r.updating) {
    s->r.update_at = 0; /* in a week: client/upkeep.c */
  }
  s->r.updating = false;
  s->r.lost = 0;
  s->r.retry_at = 0;
  TACET_TRY(tacet_mls_pending_merge(s->mls, client_now(c) / 1000));
  TACET_TRY(client_session_enter(c, s));
  TACET_TRY(client_commit_settle(c, s));
  TACET_TRY(client_parcel_remove(c, p));
  return p->job != 0 ? job_done(c, s, p->job) : TACET_OK;
}

tacet_err client_commit_lost(client *c, client_session *s) {
  CLIENT_MEM(mem);
  client_parcel *list;
  size_t n;
  uint64_t wait;
  if (s->r.commit == 0) {
    return TACET_OK;
  }
  TACET_TRY(client_parcel_list(c, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    if (list[i].number == s->r.commit) {
      TACET_TRY(client_outbox_drop_after(c, list[i].number));
      TACET_TRY(client_parcel_remove(c, &list[i]));
    }
  }
  tacet_mls_pending_discard(s->mls);
  s->r.updating = false;
  if (s->r.has_next) { /* nobody has heard of it: for another time */
    client_mailbox m;
    TACET_TRY(client_mailbox_get(
        c, tacet_span_of(s->r.next_mailbox, CLIENT_MAILBOX_LEN), &mem, &m));
    m.use = CLIENT_MAILBOX_SPARE;
    m.group = TACET_SPAN_EMPTY;
    TACET_TRY(client_mailbox_save(c, &m));
    s->r.has_next = false;
  }
  uint32_t k = s->r.lost < 16 ? s->r.lost : 16;
  uint64_t most = RETRY_MIN << k;
  TACET_TRY(client_chance(c, most < RETRY_MAX ? most : RETRY_MAX, &wait));
  s->r.lost++;
  s->r.retry_at = client_now(c) + wait;
  s->r.commit = 0;
  return TACET_OK;
}

/* ---- a new epoch ---- */

static bool is_in(const client_leaf *leaves, size_t n, const uint8_t *account,
                  const uint8_t *device) {
  for (size_t i = 0; i < n; i++) {
    if ((account == NULL ||
         memcmp(leaves[i].who.account, account, CLIENT_ID_LEN) == 0) &&
        (device == NULL ||
         memcmp(leaves[i].who.device, device, CLIENT_DEVICE_ID_LEN) == 0)) {
      return true;
    }
  }
  return false;
}

tacet_err client_commit_settle(client *c, client_session *s) {
  CLIENT_MEM(mem);
  client_leaf *leaves;
  client_talk talk;
  tacet_room room;
  size_t n, kept = 0;
  TACET_TRY(client_leaves(c, s->mls, &mem, &leaves, &n));
  for (size_t i = 0; i < s->r.n_leaving; i++) {
    if (is_in(leaves, n, s->r.leaving[i].account, NULL)) {
      s->r.leaving[kept++] = s->r.leaving[i];
    }
  }
  s->r.n_leaving = kept;
  kept = 0;
  for (size_t i = 0; i < s->r.n_returning; i++) { /* who is back is not */
    if (client_leaver_check(c, s, CLIENT_WORD_RETURN, &s->r.returning[i]) ==
        TACET_OK) {
      s->r.returning[kept++] = s->r.returning[i];
    }
  }
  s->r.n_returning = kept;
  kept = 0;
  for (size_t i = 0; i < s->r.n_addresses; i++) {
    if (is_in(leaves, n, s->r.addresses[i].account, s->r.addresses[i].device)) {
      s->r.addresses[kept++] = s->r.addresses[i];
    }
  }
  s->r.n_addresses = kept;
  TACET_TRY(client_group_save(c, &s->r));
  TACET_TRY(client_room_of(c, s, &room));
  TACET_TRY(client_talk_get(c, s->r.talk, &mem, &talk));
  if (!talk.pair) {
    TACET_TRY(client_mem_text(&mem, room.name, &talk.name));
    TACET_TRY(client_talk_save(c, &talk));
  }
  return TACET_OK;
}

/* ---- after a removal ---- */

#define UPDATE_SPREAD ((uint64_t)10000) /* ms a member */

tacet_err client_update_soon(client *c, client_session *s) {
  uint64_t wait, most = UPDATE_SPREAD * tacet_mls_n_members(s->mls);
  TACET_TRY(client_chance(c, most < CLIENT_DAY ? most : CLIENT_DAY, &wait));
  s->r.update_at = client_now(c) + wait;
  return TACET_OK;
}

bool client_update_is_near(client *c, const client_group_record *r) {
  return r->update_at != 0 && r->update_at < client_now(c) + CLIENT_DAY;
}
