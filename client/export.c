/* SPDX-License-Identifier: Apache-2.0
 * client_export(): the home, record by record, into a backup. */
#include "client/api.h"
#include "client/backup.h"
#include "client/chain.h"
#include "client/devsync.h"
#include "client/members.h"
#include "client/talks.h"

#define PAGE 256 /* messages at a time */
#define CHAIN_MAX ((size_t)3 << 20)

typedef struct export {
  client *c;
  client_backup_writer *w;
  client_backup_counts counts;
  size_t total; /* messages there are */
}
export;

static void writer_cleanup(client_backup_writer **w) {
  client_backup_writer_free(*w);
}

/* ---- people ---- */

static tacet_err is_named(client *c, const client_person *p, bool *out) {
  CLIENT_MEM(mem);
  client_person named;
  tacet_err e = client_person_by_handle(c, p->handle, &mem, &named);
  *out = e == TACET_OK && memcmp(named.account, p->account, CLIENT_ID_LEN) == 0;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

static tacet_err put_person(export *x, const client_person *p) {
  bool named;
  TACET_BUF(chain, CHAIN_MAX);
  TACET_TRY(is_named(x->c, p, &named));
  TACET_TRY(client_chain_write(x->c, client_id_span(p->account), &chain));
  unsigned flags = (p->confirmed ? TACET_BACKUP_CONFIRMED : 0) |
                   (p->accepted ? TACET_BACKUP_ACCEPTED : 0) |
                   (p->blocked ? TACET_BACKUP_BLOCKED : 0) |
                   (p->verified ? TACET_BACKUP_VERIFIED : 0) |
                   (p->forked ? TACET_BACKUP_FORKED : 0) |
                   (named ? TACET_BACKUP_NAMED : 0);
  tacet_backup_record r = {.type = TACET_BACKUP_PERSON,
                           .u.person = {.flags = (uint8_t)flags,
                                        .met_at = p->met_at,
                                        .manifests = tacet_buf_span(&chain)}};
  memcpy(r.u.person.account, p->account, CLIENT_ID_LEN);
  x->counts.people += p->accepted || p->blocked;
  return client_backup_put(x->w, &r);
}

static tacet_err put_people(export *x, uint32_t *n_people) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range all = {.limit = 0};
  TACET_TRY(
      client_store_list(x->c->store, CLIENT_T_PERSON, &all, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_person p;
    TACET_TRY(client_parse(x->c, &rows[i], client_person_fields, &p, sizeof(p),
                           &mem));
    TACET_TRY(put_person(x, &p));
  }
  *n_people = (uint32_t)n;
  client_range rivals = {.parent = CLIENT_RIVALS};
  TACET_TRY(
      client_store_list(x->c->store, CLIENT_T_SELF, &rivals, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    tacet_backup_record r = {.type = TACET_BACKUP_RIVAL,
                             .u.rival = rows[i].value};
    TACET_TRY(client_backup_put(x->w, &r));
  }
  return TACET_OK;
}

/* ---- messages ---- */

static tacet_span text_of(const char *text) {
  return text != NULL ? tacet_span_str(text) : TACET_SPAN_EMPTY;
}

static tacet_err put_message(export *x, const client_message_record *m) {
  TACET_BUF(parts, TACET_BACKUP_RECORD_MAX);
  for (size_t i = 0; i < m->n_parts; i++) {
    tacet_backup_part part = {.name = text_of(m->parts[i].name),
                              .type = text_of(m->parts[i].type),
                              .size = m->parts[i].size,
                              .reference = m->parts[i].reference};
    tacet_backup_part_write(&parts, &part);
  }
  TACET_TRY(parts.err);
  bool unsent = m->own && m->delivery == CLIENT_QUEUED;
  tacet_backup_record r = {
      .type = TACET_BACKUP_MESSAGE,
      .u.message = {.flags = (uint8_t)((m->own ? TACET_BACKUP_OWN : 0) |
                                       (unsent ? TACET_BACKUP_UNSENT : 0)),
                    .delivery = m->delivery,
                    .sent_at = m->sent_at,
                    .received_at = m->received_at,
                    .expires_at = m->expires_at,
                    .read_at = m->read_at,
                    .expires_after = m->expires_after,
                    .text = text_of(m->text),
                    .long_text = m->long_text,
                    .reply_to = m->reply_to,
                    .parts = tacet_buf_span(&parts)}};
  memcpy(r.u.message.id, m->id, sizeof(m->id));
  memcpy(r.u.message.account, m->account, sizeof(m->account));
  memcpy(r.u.message.device, m->device, sizeof(m->device));
  x->counts.messages++;
  client_tell(x->c, "export", NULL, x->counts.messages, x->total);
  return client_backup_put(x->w, &r);
}

static tacet_err put_page(export *x, client_range *range, size_t *n) {
  CLIENT_MEM(mem);
  const client_row *rows;
  TACET_TRY(
      client_store_list(x->c->store, CLIENT_T_MESSAGE, range, &mem, &rows, n));
  for (size_t i = 0; i < *n; i++) {
    client_message_record m;
    TACET_TRY(client_parse(x->c, &rows[i], client_message_fields, &m, sizeof(m),
                           &mem));
    range->from = rows[i].order + 1;
    if (m.expires_at == 0 || m.expires_at > client_now(x->c)) {
      TACET_TRY(put_message(x, &m));
    }
  }
  return TACET_OK;
}

/* ---- conversations ---- */

static const uint8_t states[] = {
    [CLIENT_TALK_OPEN] = TACET_BACKUP_OPEN,
    [CLIENT_TALK_LEFT] = TACET_BACKUP_LEFT,
    [CLIENT_TALK_REMOVED] = TACET_BACKUP_REMOVED,
    [CLIENT_TALK_BLOCKED] = TACET_BACKUP_STOPPED,
};

static tacet_err put_talk(export *x, const client_talk *t) {
  CLIENT_MEM(mem);
  uint8_t(*members)[CLIENT_ID_LEN] = NULL;
  size_t n = 0;
  if (!t->pair) {
    TACET_TRY(client_members_known(x->c, t, &mem, &members, &n));
  }
  tacet_backup_record r = {
      .type = TACET_BACKUP_TALK,
      .u.talk = {.group = !t->pair,
                 .state = states[t->state],
                 .name = t->pair ? TACET_SPAN_EMPTY : text_of(t->name),
                 .made_at = t->made_at,
                 .active_at = t->active_at,
                 .members = tacet_span_of(members, n * CLIENT_ID_LEN)}};
  memcpy(r.u.talk.id, t->id, sizeof(t->id));
  memcpy(r.u.talk.peer, t->peer, sizeof(t->peer));
  memcpy(r.u.talk.inviter, t->inviter, sizeof(t->inviter));
  TACET_TRY(client_backup_put(x->w, &r));
  x->counts.conversations++;
  client_range range = {.parent = client_id_span(t->id), .limit = PAGE};
  do {
    TACET_TRY(put_page(x, &range, &n));
  } while (n == PAGE);
  return TACET_OK;
}

/* Requests stay behind: nothing of them was accepted. */
static tacet_err put_talks(export *x) {
  CLIENT_MEM(mem);
  client_talk *list;
  size_t n;
  TACET_TRY(client_talk_list(x->c, &mem, &list, &n));
  TACET_TRY(client_store_count(x->c->store, CLIENT_T_MESSAGE, TACET_SPAN_EMPTY,
                               &x->total));
  for (size_t i = 0; i < n; i++) {
    if (list[i].state != CLIENT_TALK_REQUEST &&
        !client_is_self_talk(x->c, &list[i])) {
      TACET_TRY(put_talk(x, &list[i]));
    }
  }
  return TACET_OK;
}

/* ---- all of it ---- */

static tacet_err put_all(export *x, tacet_backup_end *end) {
  tacet_backup_record owner = {
      .type = TACET_BACKUP_OWNER,
      .u.owner = {.handle = tacet_span_str(x->c->self.handle),
                  .made_at = client_now(x->c)}};
  CLIENT_TX(tx);
  memcpy(owner.u.owner.account, x->c->self.account, CLIENT_ID_LEN);
  TACET_TRY(client_snapshot_begin(x->c->store, &tx));
  TACET_TRY(client_backup_put(x->w, &owner));
  TACET_TRY(put_people(x, &end->n_people));
  return put_talks(x);
}

tacet_err client_home_write(client *c, const char *path, tacet_span passphrase,
                            bool is_key, client_backup_counts *out) {
  TACET_CLEANUP(writer_cleanup) client_backup_writer *w = NULL;
  tacet_backup_end end = {.n_people = 0};
  TACET_TRY(client_backup_create(c, path, passphrase, is_key, &w));
  export x = {.c = c, .w = w};
  TACET_TRY(put_all(&x, &end));
  end.n_talks = (uint32_t)x.counts.conversations;
  end.n_messages = x.counts.messages;
  TACET_TRY(client_backup_done(w, &end));
  *out = x.counts;
  return TACET_OK;
}

static tacet_err do_export(client *c, const char *path, tacet_span passphrase,
                           client_backup_counts *out) {
  TACET_TRY(client_enter(c));
  if (passphrase.len == 0) {
    return client_fail(&c->detail, CLIENT_USAGE, "passphrase-needed",
                       "A backup needs a passphrase.");
  }
  return client_home_write(c, path, passphrase, false, out);
}

client_kind client_export(client *c, const char *path, tacet_span passphrase,
                          client_backup_counts *out, client_error *err) {
  return client_leave(c, do_export(c, path, passphrase, out), err);
}
