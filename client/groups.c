/* SPDX-License-Identifier: Apache-2.0
 * Groups, begun. */
#include "client/groups.h"

#include "client/claims.h"
#include "client/clock.h"
#include "client/devsync.h"
#include "client/mailboxes.h"
#include "client/packages.h"
#include "client/reconcile.h"
#include "client/successor.h"
#include "client/talks.h"

#define HEAD_LEN 8 /* bytes of an id that are made smaller */

/* ---- making ---- */

static uint64_t head_of(const uint8_t *id) {
  uint64_t v = 0;
  for (int i = 0; i < HEAD_LEN; i++) {
    v = v << 8 | id[i];
  }
  return v;
}

/* Random; below that of a broken group before it, so that of the two everybody
 * takes this one (the smaller id wins). About halved each time: enough for more
 * breaks than anybody lives to see. */
static tacet_err draw_id(client *c, tacet_span before, client_mem *mem,
                         tacet_span *out) {
  uint8_t id[CLIENT_GROUP_ID_LEN];
  uint64_t most = before.len >= HEAD_LEN ? head_of(before.p) : 0, head;
  TACET_TRY(tacet_random(id, sizeof(id)));
  if (most > 0 && head_of(id) >= most) {
    TACET_TRY(client_chance(c, most, &head));
    for (int i = HEAD_LEN; i-- > 0; head >>= 8) {
      id[i] = (uint8_t)head;
    }
  }
  return client_mem_copy(mem, tacet_span_of(id, sizeof(id)), out);
}

static tacet_err extensions_of(const client_founding *f, client_mem *mem,
                               tacet_span *out) {
  tacet_span room;
  TACET_BUF(list, 16 * 1024);
  TACET_TRY(client_room_extensions(f->room, mem, &room));
  tacet_write_bytes(&list, room);
  if (f->word.len > 0) {
    tacet_mls_extensions_add(&list, TACET_EXTENSION_RETURN, f->word);
  }
  return client_mem_take(mem, &list, out);
}

static tacet_err mls_make(client *c, client_session *s,
                          const client_founding *f, const client_mailbox *m,
                          client_mem *mem) {
  tacet_mls_config config = client_mls_config();
  tacet_mls_leaf_args leaf;
  tacet_span extensions;
  TACET_TRY(client_leaf_args(c, m, mem, &leaf));
  TACET_TRY(extensions_of(f, mem, &extensions));
  return tacet_mls_group_new(&config, CLIENT_SUITE, s->r.id, &leaf, extensions,
                             &s->mls);
}

tacet_err client_group_found(client *c, const client_founding *f,
                             client_session *s) {
  CLIENT_MEM(mem);
  client_mailbox m;
  client_change ch = {
      .packages = f->packages, .n_packages = f->n_packages, .alone = true};
  TACET_TRY(client_mailbox_take(c, &mem, &m));
  TACET_TRY(client_mem_copy(&s->mem, f->id, &s->r.id));
  memcpy(s->r.talk, f->talk, sizeof(s->r.talk));
  memcpy(s->r.mailbox, m.id, sizeof(s->r.mailbox));
  s->r.looked_at = client_now(c);
  TACET_TRY(mls_make(c, s, f, &m, &mem));
  m.use = CLIENT_MAILBOX_GROUP;
  m.group = s->r.id;
  TACET_TRY(client_mailbox_save(c, &m));
  return f->n_packages == 0 ? client_session_enter(c, s)
                            : client_commit_make(c, s, &ch);
}

tacet_err client_group_begin(client *c, client_talk *talk,
                             const tacet_room *room, const tacet_span *packages,
                             size_t n_packages) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  client_founding f = {.talk = talk->id,
                       .room = room,
                       .packages = packages,
                       .n_packages = n_packages};
  TACET_TRY(draw_id(c, talk->group, &mem, &f.id));
  if (talk->group.len > 0) {
    TACET_TRY(client_group_superseded(c, talk->group));
  }
  talk->group = f.id;
  TACET_TRY(client_talk_save(c, talk));
  TACET_TRY(client_group_found(c, &f, &s));
  TACET_TRY(client_reconcile_group(c, &s)); /* own other devices */
  talk->group = TACET_SPAN_EMPTY;           /* lives no longer than mem */
  return TACET_OK;
}

tacet_err client_pair_begin(client *c, client_talk *talk) {
  CLIENT_MEM(mem);
  client_person p;
  tacet_span *packages = NULL;
  size_t n = 0;
  if (client_is_self_talk(c, talk)) {
    return client_self_group_begin(c);
  }
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
  if (!client_is_due(c, r->retry_at, CLIENT_MINUTE)) {
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
