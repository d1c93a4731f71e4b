/* SPDX-License-Identifier: Apache-2.0
 * What becomes of a group that was joined. */
#include "client/joining.h"

#include "client/api.h"
#include "client/devsync.h"
#include "client/events.h"
#include "client/notices.h"
#include "client/people.h"
#include "client/talks.h"

#define SECOND_GROUP_LIFE (30 * CLIENT_DAY)

bool client_group_is_alive(client *c, tacet_span group) {
  CLIENT_MEM(mem);
  client_group_record r;
  return group.len > 0 && client_group_get(c, group, &mem, &r) == TACET_OK &&
         !r.broken;
}

bool client_group_is_looked_at(const client_group_record *r) {
  return !r->look_due && r->looked_at != 0;
}

/* In use, and its news may be unread. */
static bool may_have_news(client *c, tacet_span group) {
  CLIENT_MEM(mem);
  client_group_record r;
  return group.len > 0 && client_group_get(c, group, &mem, &r) == TACET_OK &&
         !r.broken && !client_group_is_looked_at(&r);
}

/* Which group a conversation goes on in. Of two of a pair, made at the same
 * time by both, the smaller id; the other is read for a while. */
static tacet_err choose_group(client *c, client_talk *t, client_joined *j) {
  CLIENT_MEM(mem);
  client_group_record other;
  uint64_t end = client_now(c) + SECOND_GROUP_LIFE;
  if (!client_group_is_alive(c, t->group)) {
    bool same = tacet_span_equal(t->group, j->s.r.id);
    TACET_TRY(same || t->group.len == 0 ? TACET_OK
                                        : client_group_superseded(c, t->group));
    t->group = j->s.r.id;
    return TACET_OK;
  }
  if (tacet_span_compare(t->group, j->s.r.id) < 0) {
    j->s.r.retire_at = end;
    return TACET_OK;
  }
  TACET_TRY(client_group_get(c, t->group, &mem, &other));
  other.retire_at = end;
  TACET_TRY(client_group_save(c, &other));
  t->group = j->s.r.id;
  return TACET_OK;
}

/* The group was lost to this device, and its user never left it: somebody who
 * was in it takes the device in again. */
static tacet_err is_taken_back(client *c, const client_talk *t, bool *out) {
  CLIENT_MEM(mem);
  client_group_record lost;
  *out = false;
  if (t->state != CLIENT_TALK_OPEN) {
    return TACET_OK;
  }
  if (t->group.len == 0) { /* known from a backup alone */
    *out = true;
    return TACET_OK;
  }
  tacet_err e = client_group_get(c, t->group, &mem, &lost);
  *out = e == TACET_OK && lost.broken;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

/* The conversation goes on in the group that was joined, or reads it for a
 * while; whose it is, and whether it is a request, stays. */
static tacet_err succeed(client *c, client_talk *t, client_joined *j,
                         client_mem *mem) {
  CLIENT_MEM(scratch);
  const char *who;
  j->s.r.replaces = j->succession.replaces;
  j->s.r.by_admin = j->succession.by_admin;
  if (j->succession.use == CLIENT_OFFER_SECOND) {
    j->s.r.retire_at = client_now(c) + CLIENT_EPOCH_MAX_AGE;
    return TACET_OK;
  }
  TACET_TRY(client_group_superseded(c, t->group));
  TACET_TRY(client_talk_get(c, t->id, mem, t));
  t->group = j->s.r.id;
  TACET_TRY(client_talk_save(c, t));
  TACET_TRY(
      client_handle_of(c, client_id_span(j->inviter.account), &scratch, &who));
  return client_event_warn(
      c, t->id, "made-anew",
      "%s could not go on where it was. %s made it anew, with the same members "
      "and name; everything goes on there.",
      t->name != NULL ? t->name : "The group", who);
}

/* Neither a successor nor an invitation to what this device is in: a request of
 * its own, whatever it calls itself. */
static void stand_apart(client *c, client_talk *t, const client_joined *j) {
  *t = (client_talk){.made_at = client_now(c)};
  memcpy(t->id, j->s.r.id.p, sizeof(t->id));
}

/* The conversation that it belongs to. GROUP_ID: this device has that one in
 * another group, which it has to look at first. */
static tacet_err find_talk(client *c, client_joined *j, bool last,
                           client_mem *mem, client_talk *t, bool *known) {
  bool pair = j->room.kind != TACET_ROOM_GROUP; /* or with oneself */
  tacet_err e = client_talk_get(c, j->room.conversation, mem, t);
  *known = e == TACET_OK;
  if (e == TACET_OK && pair && !t->pair) { /* a group that claimed this id */
    TACET_TRY(client_talk_erase(c, t));
    *known = false;
    e = TACET_ERR_NOT_FOUND;
  }
  if (e == TACET_ERR_NOT_FOUND) {
    *t = (client_talk){.pair = pair, .made_at = client_now(c)};
    memcpy(t->id, j->room.conversation, sizeof(t->id));
    return TACET_OK;
  }
  TACET_TRY(e);
  if (t->pair != pair) {
    return TACET_ERR_POLICY; /* somebody claims a conversation there is */
  }
  client_offer offer = {.id = j->s.r.id,
                        .epoch = j->epoch,
                        .room = &j->room,
                        .leaves = j->leaves,
                        .n_leaves = j->n_leaves,
                        .creator = j->inviter.account};
  TACET_TRY(pair ? TACET_OK
                 : client_succession_judge(c, t->group, &offer, &j->s.mem,
                                           &j->succession));
  if (pair || j->succession.use != CLIENT_OFFER_NONE ||
      !client_group_is_alive(c, t->group)) {
    return TACET_OK;
  }
  if (!last || may_have_news(c, t->group)) {
    return TACET_ERR_GROUP_ID;
  }
  *known = false;
  stand_apart(c, t, j);
  return TACET_OK;
}

/* Another device of this account writes with them, so they are no stranger. */
static tacet_err accept_peer(client *c, const client_joined *j,
                             const client_talk *t) {
  CLIENT_MEM(mem);
  client_person p;
  if (!j->own || !t->pair || t->state != CLIENT_TALK_OPEN ||
      client_is_self_talk(c, t)) {
    return TACET_OK;
  }
  TACET_TRY(client_person_get(c, client_id_span(t->peer), &mem, &p));
  if (p.accepted) {
    return TACET_OK;
  }
  p.accepted = true;
  return client_person_save(c, &p);
}

tacet_err client_joined_place(client *c, client_joined *j, bool last,
                              client_mem *mem, client_talk *out,
                              bool *request) {
  client_talk t;
  bool known, back = false;
  *request = false;
  TACET_TRY(find_talk(c, j, last, mem, &t, &known));
  bool left = known && t.state == CLIENT_TALK_LEFT;
  if (j->succession.use != CLIENT_OFFER_NONE) {
    TACET_TRY(succeed(c, &t, j, mem));
    *out = t;
    return TACET_OK;
  }
  bool own = memcmp(t.id, j->room.conversation, sizeof(t.id)) == 0;
  if (known && !t.pair && !j->own) {
    TACET_TRY(client_may_invite_again(c, &t, j->inviter.account));
    TACET_TRY(is_taken_back(c, &t, &back));
  }
  bool open = (own && j->person.accepted) || back ||
              (t.pair && known && t.state == CLIENT_TALK_OPEN);
  bool blocked = j->person.blocked;
  bool ask = !blocked && !open && !(known && t.state == CLIENT_TALK_REQUEST);
  t.state = blocked ? CLIENT_TALK_BLOCKED
            : open  ? CLIENT_TALK_OPEN
                    : CLIENT_TALK_REQUEST;
  memcpy(t.inviter, j->inviter.account, sizeof(t.inviter));
  if (t.pair) {
    memcpy(t.peer, j->peer, sizeof(t.peer));
  } else {
    TACET_TRY(client_mem_text(mem, j->room.name, &t.name));
  }
  TACET_TRY(choose_group(c, &t, j));
  t.active_at = client_now(c);
  TACET_TRY(client_talk_save(c, &t));
  TACET_TRY(accept_peer(c, j, &t));
  TACET_TRY(left && t.state == CLIENT_TALK_OPEN /* own devices heard of it */
                ? client_sync_talk(c, t.id, TACET_SYNC_ACCEPTED)
                : TACET_OK);
  TACET_TRY(ask ? client_is_request(c, &t, request) : TACET_OK);
  *out = t;
  return TACET_OK;
}

tacet_err client_joined_tell(client *c, const client_joined *j,
                             const client_talk *t, bool request) {
  tacet_span by = client_id_span(j->inviter.account);
  if (request) {
    return client_event_request(c, t->id, by, t->name);
  }
  if (j->own || t->pair || t->state != CLIENT_TALK_OPEN ||
      j->succession.use != CLIENT_OFFER_NONE) {
    return TACET_OK;
  }
  CLIENT_MEM(mem);
  bool created = j->epoch == 1;
  uint8_t(*list)[CLIENT_ID_LEN];
  size_t n = 0;
  list = client_mem_array(&mem, j->n_leaves + 1, sizeof(*list));
  if (list == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; created && i < j->n_leaves; i++) {
    memcpy(list[n++], j->leaves[i].who.account, CLIENT_ID_LEN);
  }
  if (!created) {
    memcpy(list[n++], c->self.account, CLIENT_ID_LEN);
  }
  return client_event_group(c, t->id, created ? "created" : "added", t->name,
                            by, list, n);
}
