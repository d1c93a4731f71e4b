/* SPDX-License-Identifier: Apache-2.0
 * client_import(): a backup into the home, whole or not at all: one
 * transaction, which is committed once the last record was seen and its
 * signature checked. */
#include "client/api.h"
#include "client/backup.h"
#include "client/people.h"

static void reader_cleanup(client_backup_reader **r) {
  client_backup_reader_free(*r);
}

static tacet_err check_owner(client *c, client_restore *to) {
  tacet_backup_record r;
  TACET_TRY(client_backup_next(to->r, &r));
  if (r.type != TACET_BACKUP_OWNER) {
    return client_backup_damaged(to->r);
  }
  if (!client_is_self(c, client_id_span(r.u.owner.account))) {
    tacet_span h = r.u.owner.handle;
    return client_fail(&c->detail, CLIENT_REFUSED, "other-account",
                       "%.200s is a backup of another account (it calls itself "
                       "%.*s), and this home is %s; nothing was imported.",
                       client_backup_path(to->r), (int)h.len, (const char *)h.p,
                       c->self.handle);
  }
  return TACET_OK;
}

static tacet_err put(client *c, client_restore *to,
                     const tacet_backup_record *r) {
  switch (r->type) {
  case TACET_BACKUP_PERSON:
    return client_restore_person(c, to, &r->u.person);
  case TACET_BACKUP_RIVAL:
    return client_restore_rival(c, r->u.rival);
  case TACET_BACKUP_TALK:
    TACET_TRY(client_restore_talk_end(c, to));
    return client_restore_talk(c, to, &r->u.talk);
  case TACET_BACKUP_MESSAGE:
    return client_restore_message(c, to, &r->u.message);
  case TACET_BACKUP_OWNER: /* a second one */
  case TACET_BACKUP_END:
    break;
  }
  return client_backup_damaged(to->r);
}

static tacet_err put_all(client *c, client_restore *to) {
  tacet_backup_record r;
  uint64_t people = 0, talks = 0, messages = 0;
  for (;;) {
    TACET_TRY(client_backup_next(to->r, &r));
    if (r.type == TACET_BACKUP_END) {
      break;
    }
    people += r.type == TACET_BACKUP_PERSON;
    talks += r.type == TACET_BACKUP_TALK;
    messages += r.type == TACET_BACKUP_MESSAGE;
    TACET_TRY(put(c, to, &r));
  }
  if (people != r.u.end.n_people || talks != r.u.end.n_talks ||
      messages != r.u.end.n_messages) {
    return client_backup_damaged(to->r);
  }
  return client_restore_talk_end(c, to);
}

tacet_err client_home_read(client *c, const char *path, tacet_span passphrase,
                           client_backup_counts *out) {
  TACET_CLEANUP(reader_cleanup) client_backup_reader *r = NULL;
  TACET_TRY(client_backup_read(c, path, passphrase, &r));
  client_restore to = {.r = r};
  TACET_TRY(check_owner(c, &to));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  tacet_err e = put_all(c, &to);
  if (tacet_err_kind(e) == TACET_KIND_INPUT ||
      tacet_err_kind(e) == TACET_KIND_PEER) { /* unless it was explained */
    return client_backup_damaged(r);
  }
  TACET_TRY(e);
  TACET_TRY(client_tx_commit(&tx));
  *out = to.counts;
  return TACET_OK;
}

static tacet_err do_import(client *c, const char *path, tacet_span passphrase,
                           client_backup_counts *out) {
  TACET_TRY(client_enter(c));
  if (!client_lock_try(&c->lock)) {
    return client_fail(&c->detail, CLIENT_FAILED, "busy",
                       "Another program is using this home; end it first.");
  }
  return client_home_read(c, path, passphrase, out);
}

client_kind client_import(client *c, const char *path, tacet_span passphrase,
                          client_backup_counts *out, client_error *err) {
  return client_leave(c, do_import(c, path, passphrase, out), err);
}
