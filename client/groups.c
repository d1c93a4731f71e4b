/* SPDX-License-Identifier: Apache-2.0
 * Groups, begun. */
#include "client/groups.h"

#include "client/claims.h"
#include "client/mailboxes.h"
#include "client/packages.h"
#include "client/talks.h"

#define ID_TRIES 256

/* ---- making ---- */

/* Random; below that of a broken group before it, so that of the two everybody
 * takes this one (the smaller id wins). */
static tacet_err draw_id(client *c, tacet_span before, client_mem *mem,
                         tacet_span *out) {
  uint8_t id[CLIENT_GROUP_ID_LEN];
  (void)c;
  for (int n = 0; n < ID_TRIES; n++) {
    TACET_TRY(tacet_random(id, sizeof(id)));
    if (before.len == 0 ||
        tacet_span_compare(tacet_span_of(id, sizeof(id)), before) < 0) {
      break;
    }
  }
  return client_mem_copy(mem, tacet_span_of(id, sizeof(id)), out);
}

static tacet_err mls_make(client *c, client_session *s, const tacet_room *room,
                          const client_mailbox *m, client_mem *mem) {
  tacet_mls_config config = client_mls_config();
  tacet_mls_leaf_args leaf;
  tacet_span extensions;
  TACET_TRY(client_leaf_args(c, m, mem, &leaf));
  TACET_TRY(client_room_extensions(room, mem, &extensions));
  return tacet_mls_group_new(&config, CLIENT_SUITE, s->r.id, &leaf, extensions,
                             &s->mls);
}

tacet_err client_group_begin(client *c, client_talk *talk,
                             const tacet_room *room, const tacet_span *packages,
                             size_t n_packages) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  client_mailbox m;
  TACET_TRY(client_mailbox_take(c, &mem, &m));
  TACET_TRY(draw_id(c, talk->group, &s.mem, &s.r.id));
  memcpy(s.r.talk, talk->id, sizeof(s.r.talk));
  memcpy(s.r.mailbox, m.id, sizeof(s.r.mailbox));
  s.r.looked_at = client_now(c);
  TACET_TRY(mls_make(c, &s, room, &m, &mem));
  m.use = CLIENT_MAILBOX_GROUP;
  m.group = s.r.id;
  TACET_TRY(client_mailbox_save(c, &m));
  talk->group = s.r.id;
  TACET_TRY(client_talk_save(c, talk));
  if (n_packages == 0) {
    TACET_TRY(client_session_enter(c, &s));
  } else {
    client_change ch = {
        .packages = packages, .n_packages = n_packages, .alone = true};
    TACET_TRY(client_commit_make(c, &s, &ch));
  }
  talk->group = TACET_SPAN_EMPTY; /* lives no longer than s */
  return TACET_OK;
}

tacet_err client_pair_begin(client *c, client_talk *talk) {
  CLIENT_MEM(mem);
  client_person p;
  tacet_span *packages = NULL;
  size_t n = 0;
  TACET_TRY(client_person_get(c, client_id_span(talk->peer), &mem, &p));
  TACET_TRY(client_claims_ensure(c, talk->id, &p));
  TACET_TRY(client_claims_get(c, talk->id, talk->peer, &mem, &packages, &n));
  TACET_TRY(client_mailboxes_ensure(c, 1));
  tacet_room room = {.kind = TACET_ROOM_PAIR,
                     .slot_server = tacet_span_str(c->self.domain)};
  memcpy(room.conversation, talk->id, sizeof(room.conversation));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_group_begin(c, talk, &room, packages, n));
  TACET_TRY(client_claims_drop(c, talk->id, talk->peer));
  return client_tx_commit(&tx);
}

/* ---- changing ---- */

bool client_may_commit(client *c, const client_group_record *r,
                       uint64_t *next) {
  if (r->broken || r->commit != 0 || r->look_due) {
    return false;
  }
  if (client_now(c) < r->retry_at) {
    *next = r->retry_at < *next ? r->retry_at : *next;
    return false;
  }
  return true;
}

static tacet_err begin(client *c, tacet_span group, const client_change *ch,
                       uint64_t *next) {
  CLIENT_SESSION(s);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_session_load(c, group, &s));
  TACET_TRY(client_commit_make(c, &s, ch));
  TACET_TRY(client_tx_commit(&tx));
  *next = 0;
  return TACET_OK;
}

tacet_err client_fresh_begin(client *c, tacet_span group, uint64_t *next) {
  CLIENT_MEM(mem);
  client_group_record r;
  client_change ch = {.fresh = true};
  TACET_TRY(client_group_get(c, group, &mem, &r));
  if (!client_may_commit(c, &r, next)) {
    return TACET_OK;
  }
  TACET_TRY(client_mailboxes_ensure(c, 1));
  return begin(c, group, &ch, next);
}

tacet_err client_update_begin(client *c, tacet_span group, uint64_t *next) {
  CLIENT_MEM(mem);
  client_group_record r;
  client_mailbox m;
  client_change ch = {.update = true};
  TACET_TRY(client_group_get(c, group, &mem, &r));
  if (!client_may_commit(c, &r, next)) {
    return TACET_OK;
  }
  tacet_err e = client_mailbox_get(
      c, tacet_span_of(r.mailbox, sizeof(r.mailbox)), &mem, &m);
  if (e == TACET_ERR_NOT_FOUND || (e == TACET_OK && m.last_resort)) {
    return client_fresh_begin(c, group, next);
  }
  TACET_TRY(e);
  /* A commit that was lost has said nothing of it: the one before serves. */
  TACET_TRY(r.lost == 0 ? client_mailbox_rotate(c, &m) : TACET_OK);
  return begin(c, group, &ch, next);
}
