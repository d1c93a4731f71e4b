/* SPDX-License-Identifier: Apache-2.0
 * Leaves as people, rooms as extensions. */
#include "client/members.h"

#include "client/chain.h"
#include "client/devsync.h"
#include "client/events.h"
#include "client/labels.h"
#include "client/people.h"
#include "client/reconcile.h"

/* ---- leaves ---- */

tacet_err client_leaf_read(client *c, const tacet_mls_member *m,
                           client_leaf *out) {
  client_leaf l = {.index = m->leaf, .signature_key = m->signature_key};
  tacet_span address;
  if (m->credential != TACET_MLS_CREDENTIAL_BASIC ||
      tacet_identity_parse(m->identity, &l.who) != TACET_OK) {
    return TACET_ERR_CREDENTIAL;
  }
  if (!tacet_mls_extensions_find(m->extensions, TACET_EXTENSION_DELIVERY,
                                 &address) ||
      tacet_address_parse(address, &l.address) != TACET_OK ||
      !tacet_span_equal(l.address.server, tacet_span_str(c->self.domain))) {
    return TACET_ERR_LEAF;
  }
  *out = l;
  return TACET_OK;
}

tacet_err client_leaves(client *c, const tacet_mls_group *g, client_mem *mem,
                        client_leaf **list, size_t *n) {
  client_leaf *found =
      client_mem_array(mem, tacet_mls_n_members(g), sizeof(*found));
  size_t count = 0;
  uint32_t at = 0;
  tacet_mls_member m;
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  while (tacet_mls_member_next(g, &at, &m)) {
    TACET_TRY(client_leaf_read(c, &m, &found[count++]));
  }
  *list = found;
  *n = count;
  return TACET_OK;
}

tacet_err client_leaf_check(client *c, const client_leaf *l) {
  return client_chain_check(c, client_id_span(l->who.account), l->who.manifest,
                            tacet_span_of(l->who.device, sizeof(l->who.device)),
                            l->signature_key);
}

/* ---- rooms ---- */

tacet_err client_room_read(client *c, tacet_span extensions, tacet_room *out) {
  tacet_span bytes;
  tacet_room room;
  if (!tacet_mls_extensions_find(extensions, TACET_EXTENSION_ROOM, &bytes)) {
    return TACET_ERR_POLICY;
  }
  TACET_TRY(tacet_room_parse(bytes, &room));
  bool named = room.kind == TACET_ROOM_GROUP;
  uint8_t self[CLIENT_ID_LEN];
  TACET_TRY(client_self_talk_id(c, self));
  bool own = memcmp(room.conversation, self, sizeof(self)) == 0;
  if ((room.kind == TACET_ROOM_SELF) != own ||
      !tacet_span_equal(room.slot_server, tacet_span_str(c->self.domain)) ||
      (named && !client_is_name(room.name, TACET_ROOM_NAME_MAX)) ||
      (!named && (room.name.len > 0 || room.admins.len > 0))) {
    return TACET_ERR_POLICY;
  }
  *out = room;
  return TACET_OK;
}

tacet_err client_room_of(client *c, const client_session *s, tacet_room *out) {
  return client_room_read(c, tacet_mls_group_extensions(s->mls), out);
}

tacet_err client_room_extensions(const tacet_room *room, client_mem *mem,
                                 tacet_span *out) {
  TACET_BUF(body, 8 * 1024);
  tacet_room_write(&body, room);
  TACET_TRY(body.err);
  TACET_BUF(list, 9 * 1024);
  tacet_mls_extensions_add(&list, TACET_EXTENSION_ROOM, tacet_buf_span(&body));
  return client_mem_take(mem, &list, out);
}

/* ---- who hears ---- */

bool client_is_device(const client_leaf *l, const client_leaver *who) {
  return memcmp(l->who.account, who->account, CLIENT_ID_LEN) == 0 &&
         memcmp(l->who.device, who->device, CLIENT_DEVICE_ID_LEN) == 0;
}

bool client_is_leaving(const client_group_record *r, const uint8_t *account) {
  for (size_t i = 0; i < r->n_leaving; i++) {
    if (memcmp(r->leaving[i].account, account, CLIENT_ID_LEN) == 0) {
      return true;
    }
  }
  return false;
}

/* Where a leaf is written to: as it says, unless a message said otherwise. */
static void recipient_of(const client_group_record *r, const client_leaf *l,
                         client_recipient *out) {
  *out = (client_recipient){.state = CLIENT_TO_SEND};
  memcpy(out->account, l->who.account, sizeof(out->account));
  memcpy(out->device, l->who.device, sizeof(out->device));
  memcpy(out->mailbox, l->address.mailbox, sizeof(out->mailbox));
  memcpy(out->capability, l->address.capability, sizeof(out->capability));
  for (size_t i = 0; i < r->n_addresses; i++) {
    const client_address *a = &r->addresses[i];
    if (memcmp(a->account, l->who.account, sizeof(a->account)) == 0 &&
        memcmp(a->device, l->who.device, sizeof(a->device)) == 0) {
      memcpy(out->mailbox, a->mailbox, sizeof(out->mailbox));
      memcpy(out->capability, a->capability, sizeof(out->capability));
    }
  }
}

tacet_err client_recipients(client *c, client_session *s, bool everybody,
                            client_mem *mem, client_recipient **list,
                            size_t *n) {
  client_leaf *leaves;
  size_t count, kept = 0;
  TACET_TRY(client_leaves(c, s->mls, mem, &leaves, &count));
  client_recipient *found = client_mem_array(mem, count, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    if (leaves[i].index != tacet_mls_own_leaf(s->mls) &&
        (everybody || !client_is_leaving(&s->r, leaves[i].who.account))) {
      recipient_of(&s->r, &leaves[i], &found[kept++]);
    }
  }
  *list = found;
  *n = kept;
  return TACET_OK;
}

tacet_err client_accounts(client *c, client_session *s, client_mem *mem,
                          uint8_t (**list)[CLIENT_ID_LEN], size_t *n) {
  client_leaf *leaves;
  size_t count, kept = 0;
  TACET_TRY(client_leaves(c, s->mls, mem, &leaves, &count));
  uint8_t(*found)[CLIENT_ID_LEN] = client_mem_array(mem, count, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    const uint8_t *account = leaves[i].who.account;
    bool seen = client_is_leaving(&s->r, account);
    for (size_t k = 0; k < kept; k++) {
      seen = seen || memcmp(found[k], account, CLIENT_ID_LEN) == 0;
    }
    if (!seen) {
      memcpy(found[kept++], account, CLIENT_ID_LEN);
    }
  }
  *list = found;
  *n = kept;
  return TACET_OK;
}

tacet_err client_members_may_hear(client *c, client_session *s) {
  CLIENT_MEM(mem);
  uint8_t(*list)[CLIENT_ID_LEN];
  size_t n;
  TACET_TRY(client_accounts(c, s, &mem, &list, &n));
  for (size_t i = 0; i < n; i++) {
    client_person p;
    if (client_is_self(c, client_id_span(list[i]))) {
      continue;
    }
    TACET_TRY(client_person_get(c, client_id_span(list[i]), &mem, &p));
    if (p.forked) {
      return client_person_may_hear(c, &p);
    }
    TACET_TRY(client_label_is_well(c, p.handle));
  }
  return TACET_OK;
}

/* ---- held against the newest manifests ---- */

tacet_err client_leaf_is_stale(client *c, const client_session *s,
                               const client_leaf *l, bool *out) {
  tacet_manifest newest;
  TACET_TRY(client_chain_newest(c, client_id_span(l->who.account), &newest));
  *out = l->index != tacet_mls_own_leaf(s->mls) &&
         tacet_manifest_device(&newest, l->who.device) == NULL;
  return TACET_OK;
}

tacet_err client_members_are_stale(client *c, client_session *s, bool *out) {
  CLIENT_MEM(mem);
  client_leaf *leaves;
  size_t n;
  *out = false;
  TACET_TRY(client_leaves(c, s->mls, &mem, &leaves, &n));
  for (size_t i = 0; i < n && !*out; i++) {
    TACET_TRY(client_leaf_is_stale(c, s, &leaves[i], out));
  }
  return TACET_OK;
}

static bool is_among(uint8_t (*list)[CLIENT_ID_LEN], size_t n,
                     const uint8_t *account) {
  bool found = list == NULL;
  for (size_t i = 0; i < n && !found; i++) {
    found = memcmp(list[i], account, CLIENT_ID_LEN) == 0;
  }
  return found;
}

static tacet_err tell_stale(client *c, client_session *s,
                            const uint8_t *account) {
  CLIENT_MEM(mem);
  const char *who;
  TACET_TRY(client_handle_of(c, client_id_span(account), &mem, &who));
  return client_event_warn(
      c, s->r.talk, "removed-device",
      "A device that %s had removed was put into this conversation. Nothing is "
      "sent here until it is out again, which is under way.",
      who);
}

tacet_err client_members_compare(client *c, client_session *s,
                                 uint8_t (*accounts)[CLIENT_ID_LEN], size_t n) {
  CLIENT_MEM(mem);
  client_leaf *leaves;
  size_t count;
  TACET_TRY(client_leaves(c, s->mls, &mem, &leaves, &count));
  for (size_t i = 0; i < count; i++) {
    bool stale;
    if (!is_among(accounts, n, leaves[i].who.account)) {
      continue;
    }
    TACET_TRY(client_leaf_is_stale(c, s, &leaves[i], &stale));
    TACET_TRY(stale ? tell_stale(c, s, leaves[i].who.account) : TACET_OK);
  }
  return client_reconcile_group(c, s);
}

/* ---- a group that came to its end ---- */

#define PAST TACET_SPAN_LIT("past members")

static void past_key(const uint8_t *talk, tacet_buf *w) {
  tacet_write_bytes(w, PAST);
  tacet_write_bytes(w, tacet_span_of(talk, CLIENT_ID_LEN));
}

tacet_err client_members_remember_list(client *c, const uint8_t *talk,
                                       uint8_t (*list)[CLIENT_ID_LEN],
                                       size_t n) {
  TACET_BUF(key, 64);
  past_key(talk, &key);
  TACET_TRY(key.err);
  return client_store_put(c->store, CLIENT_T_SELF, tacet_buf_span(&key), PAST,
                          0, tacet_span_of(list, n * sizeof(*list)));
}

tacet_err client_members_remember(client *c, client_session *s) {
  CLIENT_MEM(mem);
  uint8_t(*list)[CLIENT_ID_LEN];
  size_t n;
  TACET_TRY(client_accounts(c, s, &mem, &list, &n));
  return client_members_remember_list(c, s->r.talk, list, n);
}

static tacet_err members_in(client *c, tacet_span group, client_mem *mem,
                            uint8_t (**list)[CLIENT_ID_LEN], size_t *n) {
  CLIENT_SESSION(s);
  TACET_TRY(client_session_load(c, group, &s));
  return client_accounts(c, &s, mem, list, n);
}

tacet_err client_members_known(client *c, const client_talk *t, client_mem *mem,
                               uint8_t (**list)[CLIENT_ID_LEN], size_t *n) {
  tacet_span past;
  *n = 0;
  *list = NULL;
  tacet_err e = t->group.len == 0 ? TACET_ERR_NOT_FOUND
                                  : members_in(c, t->group, mem, list, n);
  if (e != TACET_ERR_NOT_FOUND) {
    return e;
  }
  TACET_BUF(key, 64);
  past_key(t->id, &key);
  TACET_TRY(key.err);
  e = client_store_get(c->store, CLIENT_T_SELF, tacet_buf_span(&key), mem,
                       &past);
  if (e != TACET_OK) {
    return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
  }
  size_t count = past.len / CLIENT_ID_LEN;
  uint8_t(*found)[CLIENT_ID_LEN] = client_mem_array(mem, count, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  memcpy(found, past.p, count * sizeof(*found));
  *list = found;
  *n = count;
  return TACET_OK;
}

tacet_err client_may_invite_again(client *c, const client_talk *t,
                                  const uint8_t *account) {
  CLIENT_MEM(mem);
  uint8_t(*list)[CLIENT_ID_LEN];
  size_t n;
  TACET_TRY(client_members_known(c, t, &mem, &list, &n));
  return n > 0 && is_among(list, n, account) ? TACET_OK : TACET_ERR_POLICY;
}
