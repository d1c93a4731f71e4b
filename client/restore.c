/* SPDX-License-Identifier: Apache-2.0
 * What a backup says, put into the home, as far as it is not there: what the
 * home knows itself is newer, and stays. Doing it twice does nothing. */
#include <stdlib.h>

#include "client/api.h"
#include "client/backup.h"
#include "client/blocking.h"
#include "client/chain.h"
#include "client/jobs.h"
#include "client/members.h"
#include "client/messages.h"
#include "client/regain.h"
#include "client/talks.h"
#include "tacet/content/room.h"

/* ---- people ---- */

/* The directory once named that account for the handle; or it only claimed it,
 * and nobody else does. */
static tacet_err name_person(client *c, const client_person *p, uint8_t flags) {
  CLIENT_MEM(mem);
  client_person other;
  if ((flags & TACET_BACKUP_NAMED) == 0) {
    return TACET_OK;
  }
  if ((flags & TACET_BACKUP_CONFIRMED) != 0) {
    return client_chain_confirm(c, client_id_span(p->account));
  }
  tacet_err e = client_person_by_handle(c, p->handle, &mem, &other);
  return e == TACET_ERR_NOT_FOUND ? client_person_name(c, p) : e;
}

tacet_err client_restore_person(client *c, client_restore *to,
                                const tacet_backup_person *in) {
  CLIENT_MEM(mem);
  client_person p;
  bool fresh;
  tacet_span account = client_id_span(in->account);
  if (client_is_self(c, account)) {
    return client_backup_damaged(to->r);
  }
  TACET_TRY(client_chain_restore(c, account, in->manifests, &fresh));
  TACET_TRY(client_person_get(c, account, &mem, &p));
  bool stranger = !p.accepted && !p.blocked;
  bool block = stranger && (in->flags & TACET_BACKUP_BLOCKED) != 0;
  p.met_at = fresh || in->met_at < p.met_at ? in->met_at : p.met_at;
  p.forked = p.forked || (in->flags & TACET_BACKUP_FORKED) != 0;
  p.verified =
      !p.forked && (p.verified || (in->flags & TACET_BACKUP_VERIFIED) != 0);
  p.accepted =
      p.accepted || (stranger && (in->flags & TACET_BACKUP_ACCEPTED) != 0);
  to->counts.people += stranger && (p.accepted || block);
  TACET_TRY(client_person_save(c, &p));
  TACET_TRY(fresh || !p.confirmed ? name_person(c, &p, in->flags) : TACET_OK);
  if (!block) {
    return TACET_OK;
  }
  TACET_TRY(client_person_get(c, account, &mem, &p));
  return client_block_person(c, &p);
}

tacet_err client_restore_rival(client *c, tacet_span bytes) {
  return client_store_put(c->store, CLIENT_T_SELF, bytes, CLIENT_RIVALS, 0,
                          bytes);
}

/* ---- conversations ---- */

static const uint8_t states[] = {
    [TACET_BACKUP_OPEN] = CLIENT_TALK_OPEN,
    [TACET_BACKUP_LEFT] = CLIENT_TALK_LEFT,
    [TACET_BACKUP_REMOVED] = CLIENT_TALK_REMOVED,
    [TACET_BACKUP_STOPPED] = CLIENT_TALK_BLOCKED,
};

static bool is_member(const tacet_backup_talk *in, const uint8_t *account) {
  for (size_t i = 0; i < in->members.len; i += CLIENT_ID_LEN) {
    if (memcmp(in->members.p + i, account, CLIENT_ID_LEN) == 0) {
      return true;
    }
  }
  return false;
}

/* One that this device was taken into as a stranger, before it knew. */
static tacet_err accept_known(client *c, client_talk *t,
                              const tacet_backup_talk *in) {
  bool known = t->pair || is_member(in, t->inviter);
  return t->state == CLIENT_TALK_REQUEST && in->state == TACET_BACKUP_OPEN &&
                 known
             ? client_talk_accept(c, t)
             : TACET_OK;
}

static tacet_err check_talk(client *c, client_restore *to,
                            const tacet_backup_talk *in) {
  CLIENT_MEM(mem);
  uint8_t id[CLIENT_ID_LEN];
  client_person p;
  if (in->group) {
    return client_is_name(in->name, TACET_ROOM_NAME_MAX)
               ? TACET_OK
               : client_backup_damaged(to->r);
  }
  TACET_TRY(client_pair_id(client_id_span(c->self.account),
                           client_id_span(in->peer), id));
  tacet_err e = client_person_get(c, client_id_span(in->peer), &mem, &p);
  return e == TACET_ERR_NOT_FOUND || memcmp(id, in->id, sizeof(id)) != 0
             ? client_backup_damaged(to->r)
             : e;
}

/* In no group until somebody takes this device into it: client/joining.c. */
static tacet_err make_talk(client *c, const tacet_backup_talk *in) {
  CLIENT_MEM(mem);
  client_talk t = {.pair = !in->group,
                   .state = states[in->state],
                   .made_at = in->made_at,
                   .active_at = in->active_at};
  memcpy(t.id, in->id, sizeof(t.id));
  memcpy(t.peer, in->peer, sizeof(t.peer));
  memcpy(t.inviter, in->inviter, sizeof(t.inviter));
  if (in->group) {
    TACET_TRY(client_mem_text(&mem, in->name, &t.name));
  }
  TACET_TRY(client_talk_save(c, &t));
  size_t n = in->members.len / CLIENT_ID_LEN;
  uint8_t(*members)[CLIENT_ID_LEN] =
      client_mem_array(&mem, n, sizeof(*members));
  if (members == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (t.pair && t.state == CLIENT_TALK_OPEN) {
    TACET_TRY(client_greet_later(c, t.id));
  }
  if (n == 0) {
    return TACET_OK;
  }
  memcpy(members, in->members.p, in->members.len);
  return client_members_remember_list(c, t.id, members, n);
}

tacet_err client_restore_talk(client *c, client_restore *to,
                              const tacet_backup_talk *in) {
  CLIENT_MEM(mem);
  client_talk t;
  size_t n;
  TACET_TRY(check_talk(c, to, in));
  memcpy(to->talk, in->id, sizeof(to->talk));
  to->n_new = 0;
  to->mixed = false;
  to->in_talk = true;
  tacet_err e = client_talk_get(c, in->id, &mem, &t);
  if (e == TACET_ERR_NOT_FOUND) {
    to->counts.conversations++;
    return make_talk(c, in);
  }
  TACET_TRY(e);
  to->in_talk = t.pair == !in->group;
  TACET_TRY(client_store_count(c->store, CLIENT_T_MESSAGE,
                               client_id_span(in->id), &n));
  to->mixed = n > 0;
  return to->in_talk ? accept_known(c, &t, in) : TACET_OK;
}

/* ---- messages ---- */

static tacet_err text_of(client_mem *mem, tacet_span in, const char **out) {
  *out = NULL;
  return in.len > 0 ? client_mem_text(mem, in, out) : TACET_OK;
}

static tacet_err read_parts(const tacet_backup_message *in, client_mem *mem,
                            client_message_record *r) {
  tacet_span list = in->parts;
  tacet_backup_part part;
  r->parts = client_mem_array(mem, in->n_parts, sizeof(*r->parts));
  if (r->parts == NULL) {
    return TACET_ERR_NOMEM;
  }
  while (tacet_backup_part_next(&list, &part)) {
    client_part *p = &r->parts[r->n_parts++];
    *p = (client_part){.size = part.size, .reference = part.reference};
    TACET_TRY(text_of(mem, part.name, &p->name));
    TACET_TRY(text_of(mem, part.type, &p->type));
  }
  return TACET_OK;
}

/* A text that lies on the server still, perhaps. */
static tacet_err fetch_later(client *c, const client_message_record *r) {
  uint8_t id[1][CLIENT_ID_LEN];
  client_job job = {.kind = CLIENT_JOB_FETCH, .accounts = id, .n_accounts = 1};
  memcpy(id[0], r->id, CLIENT_ID_LEN);
  memcpy(job.talk, r->talk, sizeof(job.talk));
  return client_job_add(c, &job);
}

static tacet_err put_message(client *c, const client_restore *to,
                             const tacet_backup_message *in) {
  CLIENT_MEM(mem);
  client_message_record r = {.own = (in->flags & TACET_BACKUP_OWN) != 0,
                             .delivery = in->delivery,
                             .sent_at = in->sent_at,
                             .received_at = in->received_at,
                             .expires_at = in->expires_at,
                             .read_at = in->read_at,
                             .expires_after = in->expires_after,
                             .long_text = in->long_text,
                             .reply_to = in->reply_to};
  memcpy(r.id, in->id, sizeof(r.id));
  memcpy(r.talk, to->talk, sizeof(r.talk));
  memcpy(r.account, in->account, sizeof(r.account));
  memcpy(r.device, in->device, sizeof(r.device));
  if (r.expires_after > 0 && r.expires_at == 0) { /* it is read from now on */
    r.expires_at = client_now(c) + (uint64_t)r.expires_after * 1000;
  }
  if ((in->flags & TACET_BACKUP_UNSENT) != 0) {
    r.failed = true;
    r.fail_kind = CLIENT_REFUSED;
    r.fail_code = "not-sent";
    r.fail_text = "It had not left the device when the backup was made.";
  }
  TACET_TRY(text_of(&mem, in->text, &r.text));
  TACET_TRY(read_parts(in, &mem, &r));
  TACET_TRY(client_message_save(c, &r));
  return r.long_text.len > 0 ? fetch_later(c, &r) : TACET_OK;
}

tacet_err client_restore_message(client *c, client_restore *to,
                                 const tacet_backup_message *in) {
  bool there;
  bool own = client_is_self(c, client_id_span(in->account));
  if (own != ((in->flags & TACET_BACKUP_OWN) != 0)) {
    return client_backup_damaged(to->r);
  }
  bool over = in->expires_at != 0 && in->expires_at <= client_now(c);
  if (!to->in_talk || over) {
    return TACET_OK;
  }
  TACET_TRY(client_store_has(c->store, CLIENT_T_MESSAGE, client_id_span(in->id),
                             &there));
  if (there) {
    to->counts.known++;
    return TACET_OK;
  }
  TACET_TRY(put_message(c, to, in));
  to->counts.messages++;
  to->n_new++;
  return TACET_OK;
}

/* ---- order ---- */

static int by_time(const void *a, const void *b) {
  const client_message_record *const *x = a, *const *y = b;
  uint64_t p = (*x)->received_at, q = (*y)->received_at;
  if (p == q) {
    p = (*x)->order;
    q = (*y)->order;
  }
  return p < q ? -1 : p > q;
}

/* What came from the backup was put behind what was there; now each gets the
 * place that its time gives it. */
static tacet_err put_in_order(client *c, const uint8_t *talk) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range range = {.parent = client_id_span(talk)};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_MESSAGE, &range, &mem, &rows, &n));
  client_message_record *all = client_mem_array(&mem, n, sizeof(*all));
  client_message_record **sorted = client_mem_array(&mem, n, sizeof(*sorted));
  if (all == NULL || sorted == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(client_parse(c, &rows[i], client_message_fields, &all[i],
                           sizeof(all[i]), &mem));
    sorted[i] = &all[i];
  }
  qsort(sorted, n, sizeof(*sorted), by_time);
  for (size_t i = 0; i < n; i++) {
    if (sorted[i]->order != rows[i].order) {
      sorted[i]->order = rows[i].order;
      TACET_TRY(client_message_save(c, sorted[i]));
    }
  }
  return TACET_OK;
}

tacet_err client_restore_talk_end(client *c, client_restore *to) {
  bool mixed = to->in_talk && to->mixed && to->n_new > 0;
  to->in_talk = false;
  return mixed ? put_in_order(c, to->talk) : TACET_OK;
}
