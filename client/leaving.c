/* SPDX-License-Identifier: Apache-2.0
 * Leaving. */
#include "client/leaving.h"

#include "client/content.h"
#include "client/devsync.h"
#include "client/groups.h"
#include "client/people.h"
#include "client/policy.h"
#include "client/talks.h"

/* ---- an admin for those who stay ---- */

static tacet_err can_be_admin(client *c, const uint8_t *account, bool *out) {
  CLIENT_MEM(mem);
  client_person p;
  *out = false;
  if (client_is_self(c, client_id_span(account))) {
    return TACET_OK;
  }
  TACET_TRY(client_person_get(c, client_id_span(account), &mem, &p));
  *out = !p.erased;
  return TACET_OK;
}

/* Who takes over, if somebody has to: this account is an admin, and the only
 * one of those who are in the group. NULL otherwise. `list` is in the order of
 * the tree. */
static tacet_err find_heir(client *c, const tacet_room *room,
                           uint8_t (*list)[CLIENT_ID_LEN], size_t n,
                           const uint8_t **heir) {
  const uint8_t *first = NULL;
  *heir = NULL;
  if (room->kind != TACET_ROOM_GROUP ||
      !tacet_room_is_admin(room, c->self.account)) {
    return TACET_OK;
  }
  for (size_t i = 0; i < n; i++) {
    bool can;
    TACET_TRY(can_be_admin(c, list[i], &can));
    if (can && tacet_room_is_admin(room, list[i])) {
      return TACET_OK;
    }
    first = can && first == NULL ? list[i] : first;
  }
  *heir = first;
  return TACET_OK;
}

/* True in *wait while somebody is being appointed. */
static tacet_err appoint(client *c, tacet_span group, bool *wait,
                         uint64_t *next) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  CLIENT_TX(tx);
  tacet_room room;
  uint8_t(*list)[CLIENT_ID_LEN];
  size_t n;
  const uint8_t *heir;
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_session_load(c, group, &s));
  TACET_TRY(client_room_of(c, &s, &room));
  TACET_TRY(client_accounts(c, &s, &mem, &list, &n));
  TACET_TRY(find_heir(c, &room, list, n, &heir));
  *wait = heir != NULL;
  if (heir == NULL || !client_may_commit(c, &s.r, next)) {
    return TACET_OK;
  }
  room.admins = tacet_span_of(heir, CLIENT_ID_LEN); /* in place of this one */
  client_change ch = {.room = &room};
  TACET_TRY(client_commit_make(c, &s, &ch));
  TACET_TRY(client_tx_commit(&tx));
  *next = 0;
  return TACET_OK;
}

/* ---- leaving ---- */

static tacet_err say_so(client *c, client_session *s) {
  client_leaver word;
  tacet_control control = {.type = TACET_CONTROL_LEAVE};
  TACET_BUF(aad, 256);
  TACET_TRY(client_leaver_sign(c, s, CLIENT_WORD_LEAVE, &word));
  client_leaver_write(&aad, &word);
  return client_control_send(c, s, &control, tacet_buf_span(&aad));
}

static tacet_err leave(client *c, const client_job *job, bool in_it) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  client_talk talk;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_talk_get(c, job->talk, &mem, &talk));
  if (in_it) {
    TACET_TRY(client_session_load(c, talk.group, &s));
    TACET_TRY(say_so(c, &s));
    TACET_TRY(client_talk_get(c, job->talk, &mem, &talk));
  }
  talk.state = CLIENT_TALK_LEFT;
  TACET_TRY(client_talk_save(c, &talk));
  TACET_TRY(client_sync_talk(c, talk.id, TACET_SYNC_LEFT));
  TACET_TRY(client_job_finish(c, job->number, NULL));
  return client_tx_commit(&tx);
}

tacet_err client_leaving_run(client *c, const client_job *job, uint64_t *next) {
  CLIENT_MEM(mem);
  client_talk talk;
  client_group_record r;
  bool wait = false;
  TACET_TRY(client_talk_get(c, job->talk, &mem, &talk));
  tacet_err e = talk.group.len == 0 ? TACET_ERR_NOT_FOUND
                                    : client_group_get(c, talk.group, &mem, &r);
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  bool in_it = e == TACET_OK && !r.broken && talk.state == CLIENT_TALK_OPEN;
  TACET_TRY(in_it ? appoint(c, talk.group, &wait, next) : TACET_OK);
  if (wait) {
    return TACET_OK;
  }
  *next = 0;
  return leave(c, job, in_it);
}
