/* SPDX-License-Identifier: Apache-2.0
 * The self group, and what goes through it. */
#include "client/devsync.h"

#include "client/api.h"
#include "client/chain.h"
#include "client/devices.h"
#include "client/groups.h"
#include "client/jobs.h"
#include "client/mailboxes.h"
#include "client/people.h"

void client_sync_fields(client_fields *f, void *record) {
  client_sync_record *r = record;
  client_field_version(f, 1);
  client_field_u8(f, &r->type);
  client_field_fixed(f, r->id, sizeof(r->id));
  client_field_u64(f, &r->stamp);
  client_field_fixed(f, r->by, sizeof(r->by));
  client_field_u8(f, &r->state);
}

/* ---- the group ---- */

tacet_err client_self_talk_id(client *c, uint8_t out[CLIENT_ID_LEN]) {
  tacet_span parts[] = {TACET_SPAN_LIT("Tacet 1.0 self"),
                        client_id_span(c->self.account)};
  return tacet_hash_sha256.digest(parts, 2, out);
}

bool client_is_self_talk(const client *c, const client_talk *t) {
  return t->pair && client_is_self(c, client_id_span(t->peer));
}

static tacet_err self_talk(client *c, client_mem *mem, client_talk *out) {
  uint8_t id[CLIENT_ID_LEN];
  TACET_TRY(client_self_talk_id(c, id));
  return client_talk_get(c, id, mem, out);
}

tacet_err client_self_group_begin(client *c) {
  CLIENT_MEM(mem);
  client_talk t;
  tacet_room room = {.kind = TACET_ROOM_SELF,
                     .slot_server = tacet_span_str(c->self.domain)};
  TACET_TRY(client_mailboxes_ensure(c, 1));
  TACET_TRY(client_self_talk_id(c, room.conversation));
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  tacet_err e = client_talk_get(c, room.conversation, &mem, &t);
  if (e == TACET_ERR_NOT_FOUND) {
    t = (client_talk){
        .pair = true, .state = CLIENT_TALK_OPEN, .made_at = client_now(c)};
    memcpy(t.id, room.conversation, sizeof(t.id));
    memcpy(t.peer, c->self.account, sizeof(t.peer));
    memcpy(t.inviter, c->self.account, sizeof(t.inviter));
    e = TACET_OK;
  }
  TACET_TRY(e);
  TACET_TRY(client_group_begin(c, &t, &room, NULL, 0));
  return client_tx_commit(&tx);
}

/* ---- registers ---- */

static void key_of(uint8_t type, const uint8_t *id, tacet_buf *w) {
  tacet_write_u8(w, type);
  tacet_write_bytes(w, tacet_span_of(id, CLIENT_ID_LEN));
}

tacet_err client_sync_register(client *c, uint8_t type, const uint8_t *id,
                               client_mem *mem, client_sync_record *out) {
  TACET_BUF(key, 64);
  key_of(type, id, &key);
  TACET_TRY(key.err);
  return client_get(c, CLIENT_T_SYNC, tacet_buf_span(&key), client_sync_fields,
                    out, sizeof(*out), mem);
}

tacet_err client_sync_register_put(client *c, client_sync_record *r,
                                   bool dirty) {
  TACET_BUF(key, 64);
  key_of(r->type, r->id, &key);
  TACET_TRY(key.err);
  return client_put(c, CLIENT_T_SYNC, tacet_buf_span(&key),
                    dirty ? CLIENT_SYNC_DIRTY : TACET_SPAN_EMPTY, 0,
                    client_sync_fields, r);
}

tacet_err client_sync_has_others(client *c, bool *out) {
  tacet_manifest newest;
  TACET_TRY(client_chain_newest(c, client_id_span(c->self.account), &newest));
  *out = newest.n_devices > 1;
  return TACET_OK;
}

/* The job, unless it waits already. */
tacet_err client_sync_soon(client *c) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_job job = {.kind = CLIENT_JOB_SYNC};
  client_range range = {.parent = client_id_span(job.talk)};
  TACET_TRY(client_store_list(c->store, CLIENT_T_JOB, &range, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_job other;
    TACET_TRY(client_parse(c, &rows[i], client_job_fields, &other,
                           sizeof(other), &mem));
    if (other.kind == CLIENT_JOB_SYNC) {
      return TACET_OK;
    }
  }
  return client_job_add(c, &job);
}

static tacet_err change(client *c, tacet_sync_type type, const uint8_t *id,
                        size_t len, uint8_t state) {
  CLIENT_MEM(mem);
  client_sync_record r = {.stamp = 0}, before;
  bool others;
  TACET_TRY(client_sync_has_others(c, &others));
  if (!others) {
    return TACET_OK;
  }
  memcpy(r.id, id, len);
  tacet_err e = client_sync_register(c, (uint8_t)type, r.id, &mem, &before);
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  uint64_t now = client_now(c);
  bool behind = e == TACET_OK && before.stamp >= now;
  r.type = (uint8_t)type;
  r.state = state;
  r.stamp = behind ? before.stamp + 1 : now;
  memcpy(r.by, c->self.device, sizeof(r.by));
  TACET_TRY(client_sync_register_put(c, &r, true));
  return client_sync_soon(c);
}

tacet_err client_sync_person(client *c, tacet_sync_type what,
                             const uint8_t *account) {
  return change(c, what, account, CLIENT_ID_LEN, 0);
}

tacet_err client_sync_talk(client *c, const uint8_t *talk,
                           tacet_sync_state state) {
  return change(c, TACET_SYNC_CONVERSATION, talk, CLIENT_ID_LEN,
                (uint8_t)state);
}

tacet_err client_sync_device(client *c, const uint8_t *device) {
  return change(c, TACET_SYNC_DEVICE, device, CLIENT_DEVICE_ID_LEN, 0);
}

/* ---- everything ---- */

/* What was never told, since there was nobody to tell. */
static tacet_err begin_register(client *c, tacet_sync_type type,
                                const uint8_t *id, size_t len) {
  CLIENT_MEM(mem);
  client_sync_record r = {.stamp = 0};
  memcpy(r.id, id, len);
  tacet_err e = client_sync_register(c, (uint8_t)type, r.id, &mem, &r);
  if (e == TACET_ERR_NOT_FOUND) {
    return change(c, type, id, len, 0);
  }
  return e;
}

static tacet_err begin_person(client *c, const client_person *p) {
  const struct {
    tacet_sync_type type;
    bool value;
  } all[] = {{TACET_SYNC_ACCEPTED_PERSON, p->accepted},
             {TACET_SYNC_BLOCKED_PERSON, p->blocked},
             {TACET_SYNC_VERIFIED_PERSON, p->verified}};
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    TACET_TRY(all[i].value
                  ? begin_register(c, all[i].type, p->account, CLIENT_ID_LEN)
                  : TACET_OK);
  }
  return TACET_OK;
}

static tacet_err begin_registers(client *c) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  tacet_manifest newest;
  client_range all = {.limit = 0};
  TACET_TRY(client_chain_newest(c, client_id_span(c->self.account), &newest));
  for (size_t i = 0; i < newest.n_devices; i++) {
    const char *name;
    TACET_TRY(client_device_name(c, newest.devices[i].id, &mem, &name));
    TACET_TRY(name == NULL
                  ? TACET_OK
                  : begin_register(c, TACET_SYNC_DEVICE, newest.devices[i].id,
                                   CLIENT_DEVICE_ID_LEN));
  }
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_PERSON, &all, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_person p;
    TACET_TRY(
        client_parse(c, &rows[i], client_person_fields, &p, sizeof(p), &mem));
    TACET_TRY(begin_person(c, &p));
  }
  return TACET_OK;
}

tacet_err client_sync_everything(client *c) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range all = {.limit = 0};
  TACET_TRY(begin_registers(c));
  TACET_TRY(client_store_list(c->store, CLIENT_T_SYNC, &all, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_sync_record r;
    TACET_TRY(
        client_parse(c, &rows[i], client_sync_fields, &r, sizeof(r), &mem));
    TACET_TRY(client_sync_register_put(c, &r, true));
  }
  return client_sync_soon(c);
}

/* ---- the job ---- */

static tacet_err done(client *c, const client_job *job) {
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_job_finish(c, job->number, NULL));
  return client_tx_commit(&tx);
}

static tacet_err is_alone(client *c, tacet_span group, bool *out) {
  CLIENT_SESSION(s);
  TACET_TRY(client_session_load(c, group, &s));
  *out = tacet_mls_n_members(s.mls) < 2;
  return TACET_OK;
}

tacet_err client_sync_run(client *c, client_job *job, uint64_t *next) {
  CLIENT_MEM(mem);
  client_talk t;
  client_group_record r;
  bool others, alone, left = true;
  TACET_TRY(client_sync_has_others(c, &others));
  if (!others) {
    return done(c, job);
  }
  tacet_err e = self_talk(c, &mem, &t);
  if (e == TACET_OK && t.group.len > 0) {
    e = client_group_get(c, t.group, &mem, &r);
  }
  if (e == TACET_ERR_NOT_FOUND || (e == TACET_OK && t.group.len == 0)) {
    *next = 0;
    return client_self_group_begin(c);
  }
  TACET_TRY(e);
  if (r.broken || r.look_due || r.commit != 0) {
    return TACET_OK; /* client/recovery.h; commits first: they add somebody */
  }
  if (r.fresh_due) {
    return client_fresh_begin(c, r.id, next);
  }
  TACET_TRY(is_alone(c, r.id, &alone));
  if (alone) { /* whoever is added gets everything: client/jobs.c */
    return done(c, job);
  }
  while (left) {
    TACET_TRY(client_sync_tell(c, r.id, &left));
  }
  *next = 0; /* it goes out */
  return done(c, job);
}
