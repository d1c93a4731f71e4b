/* SPDX-License-Identifier: Apache-2.0
 * The rules of our groups. */
#include "client/policy.h"

#include "client/chain.h"
#include "tacet/wire/directory.h"

/* ---- words ---- */

static const char *label_of(client_word word) {
  return word == CLIENT_WORD_LEAVE ? "Leave" : "Return";
}

void client_leaver_write(tacet_buf *w, const client_leaver *l) {
  tacet_write_bytes(w, tacet_span_of(l->account, sizeof(l->account)));
  tacet_write_bytes(w, tacet_span_of(l->device, sizeof(l->device)));
  tacet_write_bytes(w, tacet_span_of(l->signature, sizeof(l->signature)));
}

bool client_leaver_next(tacet_span *list, client_leaver *out) {
  tacet_err e = TACET_OK;
  tacet_reader r = tacet_reader_over(*list, &e);
  client_leaver l;
  if (list->len == 0) {
    return false;
  }
  tacet_read_copy(&r, l.account, sizeof(l.account));
  tacet_read_copy(&r, l.device, sizeof(l.device));
  tacet_read_copy(&r, l.signature, sizeof(l.signature));
  if (e != TACET_OK) {
    return false;
  }
  *list = tacet_span_of(r.p, tacet_read_left(&r));
  *out = l;
  return true;
}

static tacet_err word_text(const client_session *s, const client_leaver *l,
                           const uint8_t *mailbox, tacet_buf *w) {
  tacet_write_vec(w, tacet_mls_group_id(s->mls));
  tacet_write_bytes(w, tacet_span_of(l->account, sizeof(l->account)));
  tacet_write_bytes(w, tacet_span_of(l->device, sizeof(l->device)));
  tacet_write_bytes(w, tacet_span_of(mailbox, CLIENT_MAILBOX_LEN));
  return w->err;
}

tacet_err client_leaver_sign(client *c, const client_session *s,
                             client_word word, client_leaver *out) {
  tacet_mls_member m;
  client_leaf own;
  if (!tacet_mls_member_at(s->mls, tacet_mls_own_leaf(s->mls), &m)) {
    return TACET_ERR_STATE;
  }
  TACET_TRY(client_leaf_read(c, &m, &own));
  client_leaver l = {.signature = {0}};
  memcpy(l.account, own.who.account, sizeof(l.account));
  memcpy(l.device, own.who.device, sizeof(l.device));
  TACET_BUF(text, 256);
  TACET_TRY(word_text(s, &l, own.address.mailbox, &text));
  size_t len;
  TACET_TRY(tacet_sign_with_label(&tacet_sig_ed25519,
                                  tacet_secret_span(&c->self.device_key),
                                  TACET_LABEL_TACET, label_of(word),
                                  tacet_buf_span(&text), l.signature, &len));
  *out = l;
  return TACET_OK;
}

tacet_err client_leaver_check(client *c, const client_session *s,
                              client_word word, const client_leaver *l) {
  uint32_t at = 0;
  tacet_mls_member m;
  while (tacet_mls_member_next(s->mls, &at, &m)) {
    client_leaf leaf;
    TACET_TRY(client_leaf_read(c, &m, &leaf));
    if (memcmp(leaf.who.account, l->account, CLIENT_ID_LEN) != 0 ||
        memcmp(leaf.who.device, l->device, CLIENT_DEVICE_ID_LEN) != 0) {
      continue;
    }
    TACET_BUF(text, 256);
    TACET_TRY(word_text(s, l, leaf.address.mailbox, &text));
    return tacet_verify_with_label(
        &tacet_sig_ed25519, leaf.signature_key, TACET_LABEL_TACET,
        label_of(word), tacet_buf_span(&text), tacet_span_of(l->signature, 64));
  }
  return TACET_ERR_AUTH;
}

/* ---- what stands beside the commit ---- */

typedef struct rules {
  client *c;
  client_session *s;
  tacet_span manifests, aad;
  tacet_room room; /* before the commit */
  bool admin;      /* the committer is one */
} rules;

static bool lists(const tacet_manifest *m, const client_leaf *l) {
  const tacet_device *d = tacet_manifest_device(m, l->who.device);
  return d != NULL && tacet_span_equal(l->signature_key,
                                       tacet_span_of(d->key, sizeof(d->key)));
}

/* Where the list leads to. */
typedef struct walk {
  tacet_manifest newest;
  bool any;   /* it has something to add */
  bool named; /* the manifest that the leaf names is in it, and lists it */
} walk;

/* Along the manifests of the leaf's account, from `known` (NULL: from number 0
 * on). */
static tacet_err walk_chain(const rules *r, const client_leaf *leaf,
                            const tacet_manifest *known, walk *out) {
  tacet_span list = r->manifests, one;
  tacet_manifest now, m;
  walk w = {.any = false};
  if (known != NULL) {
    now = *known;
  }
  while (tacet_opaque_list_next(&list, &one)) {
    TACET_TRY(tacet_manifest_parse(one, &m));
    if (memcmp(m.account_id, leaf->who.account, CLIENT_ID_LEN) != 0) {
      continue;
    }
    if (known == NULL && !w.any) {
      TACET_TRY(tacet_manifest_first(one, &now));
    } else if (m.number > now.number) {
      TACET_TRY(tacet_manifest_next(&now, one, &m));
      now = m;
    } else {
      continue;
    }
    w.any = true;
    w.named =
        w.named || (now.number == leaf->who.manifest && lists(&now, leaf));
  }
  w.newest = now;
  *out = w;
  return TACET_OK;
}

/* The device was in the manifest that its leaf names, and still is. */
static bool stands(const walk *w, const client_leaf *l) {
  return w->any && w->named && lists(&w->newest, l);
}

static bool is_member(const rules *r, const uint8_t *account) {
  uint32_t at = 0;
  tacet_mls_member m;
  while (tacet_mls_member_next(r->s->mls, &at, &m)) {
    client_leaf l;
    if (client_leaf_read(r->c, &m, &l) == TACET_OK &&
        memcmp(l.who.account, account, CLIENT_ID_LEN) == 0) {
      return true;
    }
  }
  return false;
}

/* ---- each kind of change ---- */

/* The whole chain of who is added must stand beside the commit: then nobody's
 * verdict depends on whom he knew before. */
static tacet_err check_added(const rules *r, const tacet_mls_change *ch) {
  client_leaf l;
  TACET_TRY(client_leaf_read(r->c, &ch->after, &l));
  if (!r->admin && !is_member(r, l.who.account)) {
    return TACET_ERR_POLICY;
  }
  walk w;
  TACET_TRY(walk_chain(r, &l, NULL, &w));
  return stands(&w, &l) ? TACET_OK : TACET_ERR_CREDENTIAL;
}

static bool has_said(const rules *r, const client_leaf *l, client_word word) {
  tacet_span list = r->aad;
  client_leaver said;
  while (client_leaver_next(&list, &said)) {
    bool whole = word == CLIENT_WORD_LEAVE; /* with all its devices */
    if (memcmp(said.account, l->who.account, CLIENT_ID_LEN) == 0 &&
        (whole ||
         memcmp(said.device, l->who.device, CLIENT_DEVICE_ID_LEN) == 0) &&
        client_leaver_check(r->c, r->s, word, &said) == TACET_OK) {
      return true;
    }
  }
  return false;
}

/* The device asked for it, and the same commit adds it again. */
static bool comes_back(const rules *r, const client_leaf *l) {
  tacet_mls_staged_info info;
  tacet_mls_staged_info_get(r->s->mls, &info);
  for (size_t i = 0; i < info.n_changes; i++) {
    tacet_mls_change ch;
    client_leaf added;
    tacet_mls_staged_change(r->s->mls, i, &ch);
    if (ch.kind == TACET_MLS_CHANGE_ADDED &&
        client_leaf_read(r->c, &ch.after, &added) == TACET_OK &&
        memcmp(added.who.account, l->who.account, CLIENT_ID_LEN) == 0 &&
        memcmp(added.who.device, l->who.device, CLIENT_DEVICE_ID_LEN) == 0) {
      return has_said(r, l, CLIENT_WORD_RETURN);
    }
  }
  return false;
}

static tacet_err check_removed(const rules *r, const tacet_mls_change *ch) {
  client_leaf l;
  TACET_TRY(client_leaf_read(r->c, &ch->before, &l));
  if (r->admin || has_said(r, &l, CLIENT_WORD_LEAVE) || comes_back(r, &l)) {
    return TACET_OK;
  }
  tacet_manifest known;
  walk w;
  TACET_TRY(client_chain_at(r->c, client_id_span(l.who.account), l.who.manifest,
                            &known));
  TACET_TRY(walk_chain(r, &l, &known, &w));
  return w.any && tacet_manifest_device(&w.newest, l.who.device) == NULL
             ? TACET_OK
             : TACET_ERR_POLICY;
}

static tacet_err check_committer(const rules *r, const tacet_mls_change *ch) {
  client_leaf before, after;
  TACET_TRY(client_leaf_read(r->c, &ch->before, &before));
  TACET_TRY(client_leaf_read(r->c, &ch->after, &after));
  if (memcmp(before.who.account, after.who.account, CLIENT_ID_LEN) != 0 ||
      memcmp(before.who.device, after.who.device, CLIENT_DEVICE_ID_LEN) != 0) {
    return TACET_ERR_CREDENTIAL;
  }
  if (before.who.manifest == after.who.manifest) {
    return tacet_span_equal(before.signature_key, after.signature_key)
               ? TACET_OK
               : TACET_ERR_CREDENTIAL;
  }
  tacet_manifest known;
  walk w;
  TACET_TRY(client_chain_at(r->c, client_id_span(before.who.account),
                            before.who.manifest, &known));
  TACET_TRY(walk_chain(r, &after, &known, &w));
  return stands(&w, &after) ? TACET_OK : TACET_ERR_CREDENTIAL;
}

static tacet_err check_change(const rules *r, const tacet_mls_change *ch) {
  switch (ch->kind) {
  case TACET_MLS_CHANGE_ADDED:
    return check_added(r, ch);
  case TACET_MLS_CHANGE_REMOVED:
    return check_removed(r, ch);
  case TACET_MLS_CHANGE_COMMITTER:
    return check_committer(r, ch);
  case TACET_MLS_CHANGE_UPDATED: /* comes by standalone proposals alone */
    break;
  }
  return TACET_ERR_POLICY;
}

static tacet_err check_room(const rules *r, tacet_span extensions) {
  tacet_room after;
  TACET_TRY(client_room_read(r->c, extensions, &after));
  bool same = after.kind == r->room.kind &&
              memcmp(after.conversation, r->room.conversation,
                     sizeof(after.conversation)) == 0;
  return r->admin && same ? TACET_OK : TACET_ERR_POLICY;
}

static tacet_err check_proposals(const client_session *s, size_t n) {
  for (size_t i = 0; i < n; i++) {
    tacet_mls_proposal_view p;
    tacet_mls_staged_proposal(s->mls, i, &p);
    bool known = p.type == TACET_MLS_ADD || p.type == TACET_MLS_REMOVE ||
                 p.type == TACET_MLS_GROUP_CONTEXT_EXTENSIONS;
    if (p.by_reference || !known) {
      return TACET_ERR_POLICY;
    }
  }
  return TACET_OK;
}

/* ---- the whole ---- */

static bool is_admin(client *c, const client_session *s, const tacet_room *room,
                     uint32_t leaf) {
  tacet_mls_member m;
  client_leaf l;
  return tacet_mls_member_at(s->mls, leaf, &m) &&
         client_leaf_read(c, &m, &l) == TACET_OK &&
         tacet_room_is_admin(room, l.who.account);
}

tacet_err client_policy_check(client *c, client_session *s,
                              tacet_span manifests, tacet_span aad) {
  tacet_mls_staged_info info;
  tacet_mls_staged_info_get(s->mls, &info);
  if (info.external || info.reinit) {
    return TACET_ERR_POLICY;
  }
  rules r = {.c = c, .s = s, .manifests = manifests, .aad = aad};
  TACET_TRY(client_room_of(c, s, &r.room));
  r.admin = is_admin(c, s, &r.room, info.committer);
  TACET_TRY(check_proposals(s, info.n_proposals));
  for (size_t i = 0; i < info.n_changes; i++) {
    tacet_mls_change ch;
    tacet_mls_staged_change(s->mls, i, &ch);
    TACET_TRY(check_change(&r, &ch));
  }
  return info.changes_extensions ? check_room(&r, info.extensions) : TACET_OK;
}

tacet_err client_policy_may_admin(client *c, const client_session *s) {
  tacet_room room;
  TACET_TRY(client_room_of(c, s, &room));
  if (room.kind == TACET_ROOM_GROUP &&
      is_admin(c, s, &room, tacet_mls_own_leaf(s->mls))) {
    return TACET_OK;
  }
  return client_fail(&c->detail, CLIENT_REFUSED, "not-admin",
                     "Only an admin of the group may do that; ask one.");
}
