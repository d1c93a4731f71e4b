/* SPDX-License-Identifier: Apache-2.0
 * The calls about groups. */
#include "client/api.h"

#include "client/jobs.h"
#include "client/members.h"
#include "client/people.h"
#include "client/policy.h"
#include "client/reset.h"
#include "client/sync.h"
#include "client/talks.h"

/* ---- changing ---- */

static tacet_err check_name(client *c, const char *name) {
  if (!client_is_name(tacet_span_str(name), TACET_ROOM_NAME_MAX)) {
    return client_fail(&c->detail, CLIENT_USAGE, "bad-name",
                       "A group's name has 1 to %d bytes of text, on one line.",
                       TACET_ROOM_NAME_MAX);
  }
  return TACET_OK;
}

/* Said before anything is asked for, and paid. */
static tacet_err check_count(client *c, client_job_kind kind, size_t n) {
  if (kind == CLIENT_JOB_CREATE && n >= CLIENT_GROUP_MAX) {
    return client_fail(&c->detail, CLIENT_REFUSED, "group-too-large",
                       "That is too large a group: it can have %d devices.",
                       CLIENT_GROUP_MAX);
  }
  if (kind == CLIENT_JOB_ADD && n > CLIENT_ADD_MAX) {
    return client_fail(&c->detail, CLIENT_REFUSED, "change-too-large",
                       "So many cannot be added at once; add at most %d.",
                       CLIENT_ADD_MAX);
  }
  return TACET_OK;
}

static tacet_err record(client *c, client_job *job) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_job_add(c, job));
  TACET_TRY(client_tx_commit(&tx));
  client_ring(c);
  return TACET_OK;
}

static tacet_err do_create(client *c, const char *name,
                           const char *const *handles, size_t n,
                           client_mem *mem, const char **conversation,
                           bool *queued) {
  CLIENT_MEM(scratch);
  client_job job = {.kind = CLIENT_JOB_CREATE, .text = name, .n_accounts = n};
  client_talk talk = {.state = CLIENT_TALK_OPEN, .name = name};
  TACET_TRY(client_enter(c));
  TACET_TRY(check_name(c, name));
  TACET_TRY(check_count(c, CLIENT_JOB_CREATE, n));
  TACET_TRY(client_people_typed(c, handles, n, &scratch, &job.accounts));
  TACET_TRY(tacet_random(talk.id, sizeof(talk.id)));
  talk.made_at = talk.active_at = client_now(c);
  memcpy(talk.inviter, c->self.account, sizeof(talk.inviter));
  memcpy(job.talk, talk.id, sizeof(job.talk));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_talk_save(c, &talk));
  TACET_TRY(client_job_add(c, &job));
  TACET_TRY(client_tx_commit(&tx));
  client_ring(c);
  TACET_TRY(client_job_wait(c, job.number, queued));
  return client_mem_hex(mem, client_id_span(talk.id), conversation);
}

client_kind client_group_create(client *c, const char *name,
                                const char *const *handles, size_t n_handles,
                                client_mem *mem, const char **conversation,
                                bool *queued, client_error *err) {
  return client_leave(
      c, do_create(c, name, handles, n_handles, mem, conversation, queued),
      err);
}

/* What can be said at once is said at once: not an admin, not a member. */
static tacet_err may_change(client *c, const client_talk *talk, bool admin) {
  CLIENT_SESSION(s);
  TACET_TRY(client_talk_may_speak(c, talk));
  if (!admin || talk->group.len == 0) {
    return TACET_OK;
  }
  tacet_err e = client_session_load(c, talk->group, &s);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  return client_policy_may_admin(c, &s);
}

/* Whom a handle means in a group: who was replaced there by a reset, first. */
static tacet_err find_member(client *c, const char *handle,
                             uint8_t (*list)[CLIENT_ID_LEN], size_t n,
                             uint8_t out[CLIENT_ID_LEN]) {
  CLIENT_MEM(mem);
  client_person p;
  const char *full;
  TACET_TRY(client_handle_typed(c, handle, &mem, &full));
  for (size_t i = 0; i < n; i++) {
    tacet_err e = client_person_get(c, client_id_span(list[i]), &mem, &p);
    if (e == TACET_OK && p.replaced && strcmp(p.handle, full) == 0) {
      memcpy(out, p.account, sizeof(p.account));
      return TACET_OK;
    }
    TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  }
  TACET_TRY(client_person_typed(c, handle, &mem, &p));
  memcpy(out, p.account, sizeof(p.account));
  return TACET_OK;
}

static tacet_err members_typed(client *c, const client_talk *talk,
                               client_job *job, const char *const *handles,
                               client_mem *mem) {
  CLIENT_SESSION(s);
  uint8_t(*list)[CLIENT_ID_LEN] = NULL;
  size_t n = 0;
  uint8_t(*found)[CLIENT_ID_LEN] =
      client_mem_array(mem, job->n_accounts, sizeof(*found));
  tacet_err e = found == NULL ? TACET_ERR_NOMEM
                : talk->group.len == 0
                    ? TACET_ERR_NOT_FOUND
                    : client_session_load(c, talk->group, &s);
  if (e == TACET_OK) {
    e = client_accounts(c, &s, mem, &list, &n);
  }
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  for (size_t i = 0; i < job->n_accounts; i++) {
    TACET_TRY(find_member(c, handles[i], list, n, found[i]));
  }
  job->accounts = found;
  return TACET_OK;
}

static tacet_err do_change(client *c, const char *group, client_job *job,
                           const char *const *handles, bool *queued) {
  CLIENT_MEM(mem);
  client_talk talk;
  TACET_TRY(client_enter(c));
  TACET_TRY(check_count(c, (client_job_kind)job->kind, job->n_accounts));
  TACET_TRY(client_resolve_group(c, group, &mem, &talk));
  TACET_TRY(may_change(c, &talk, job->kind != CLIENT_JOB_LEAVE));
  if (job->text != NULL) {
    TACET_TRY(check_name(c, job->text));
  }
  TACET_TRY(job->kind == CLIENT_JOB_REMOVE
                ? members_typed(c, &talk, job, handles, &mem)
                : client_people_typed(c, handles, job->n_accounts, &mem,
                                      &job->accounts));
  memcpy(job->talk, talk.id, sizeof(job->talk));
  TACET_TRY(record(c, job));
  return client_job_wait(c, job->number, queued);
}

client_kind client_group_add(client *c, const char *group,
                             const char *const *handles, size_t n_handles,
                             bool *queued, client_error *err) {
  client_job job = {.kind = CLIENT_JOB_ADD, .n_accounts = n_handles};
  return client_leave(c, do_change(c, group, &job, handles, queued), err);
}

client_kind client_group_remove(client *c, const char *group,
                                const char *const *handles, size_t n_handles,
                                bool *queued, client_error *err) {
  client_job job = {.kind = CLIENT_JOB_REMOVE, .n_accounts = n_handles};
  return client_leave(c, do_change(c, group, &job, handles, queued), err);
}

client_kind client_group_rename(client *c, const char *group, const char *name,
                                bool *queued, client_error *err) {
  client_job job = {.kind = CLIENT_JOB_RENAME, .text = name};
  return client_leave(c, do_change(c, group, &job, NULL, queued), err);
}

client_kind client_group_leave(client *c, const char *group, bool *queued,
                               client_error *err) {
  client_job job = {.kind = CLIENT_JOB_LEAVE};
  return client_leave(c, do_change(c, group, &job, NULL, queued), err);
}

/* ---- looking ---- */

static tacet_err show_member(client *c, const tacet_room *room,
                             const uint8_t *account, client_mem *mem,
                             client_member *out) {
  client_person p;
  client_member m = {
      .admin = tacet_room_is_admin(room, account),
      .self = client_is_self(c, tacet_span_of(account, CLIENT_ID_LEN))};
  tacet_span id = tacet_span_of(account, CLIENT_ID_LEN);
  TACET_TRY(client_handle_of(c, id, mem, &m.handle));
  TACET_TRY(client_mem_hex(mem, id, &m.account));
  tacet_err e =
      m.self ? TACET_ERR_NOT_FOUND : client_person_get(c, id, mem, &p);
  m.verified = m.self || (e == TACET_OK && p.verified);
  if (!m.self && e == TACET_OK) {
    TACET_TRY(client_trust_of(c, &p, &m.trust));
    TACET_TRY(client_reset_until(c, &p, &m.reset_until));
  }
  *out = m;
  return e == TACET_ERR_NOT_FOUND ? TACET_OK : e;
}

static tacet_err show_members(client *c, const client_talk *t, client_mem *mem,
                              client_group *out) {
  CLIENT_SESSION(s);
  tacet_room room;
  uint8_t(*list)[CLIENT_ID_LEN];
  size_t n;
  tacet_err e = t->group.len == 0 ? TACET_ERR_NOT_FOUND
                                  : client_session_load(c, t->group, &s);
  if (e == TACET_ERR_NOT_FOUND) {
    return TACET_OK;
  }
  TACET_TRY(e);
  TACET_TRY(client_room_of(c, &s, &room));
  TACET_TRY(client_accounts(c, &s, mem, &list, &n));
  client_member *members = client_mem_array(mem, n, sizeof(*members));
  if (members == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < n; i++) {
    TACET_TRY(show_member(c, &room, list[i], mem, &members[i]));
  }
  out->members = members;
  out->n_members = n;
  out->epoch = s.r.epoch;
  return TACET_OK;
}

static tacet_err show(client *c, const client_talk *t, client_mem *mem,
                      client_group *out) {
  client_group g = {.name = t->name,
                    .request = t->state == CLIENT_TALK_REQUEST,
                    .left = t->state == CLIENT_TALK_LEFT ||
                            t->state == CLIENT_TALK_REMOVED};
  TACET_TRY(client_mem_hex(mem, client_id_span(t->id), &g.conversation));
  TACET_TRY(show_members(c, t, mem, &g));
  *out = g;
  return TACET_OK;
}

static tacet_err do_list(client *c, client_mem *mem, const client_group **list,
                         size_t *n) {
  client_talk *talks;
  size_t count, kept = 0;
  TACET_TRY(client_enter(c));
  TACET_TRY(client_talk_list(c, mem, &talks, &count));
  client_group *found = client_mem_array(mem, count, sizeof(*found));
  if (found == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < count; i++) {
    if (!talks[i].pair) {
      TACET_TRY(show(c, &talks[i], mem, &found[kept++]));
    }
  }
  *list = found;
  *n = kept;
  return TACET_OK;
}

client_kind client_groups(client *c, client_mem *mem, const client_group **list,
                          size_t *n, client_error *err) {
  return client_leave(c, do_list(c, mem, list, n), err);
}

static tacet_err do_show(client *c, const char *group, client_mem *mem,
                         client_group *out) {
  client_talk talk;
  TACET_TRY(client_enter(c));
  TACET_TRY(client_resolve_group(c, group, mem, &talk));
  return show(c, &talk, mem, out);
}

client_kind client_group_show(client *c, const char *group, client_mem *mem,
                              client_group *out, client_error *err) {
  return client_leave(c, do_show(c, group, mem, out), err);
}
