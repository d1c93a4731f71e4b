/* SPDX-License-Identifier: Apache-2.0
 * The self group, and what goes through it. */
#include "client/devsync.h"

#include "client/api.h"
#include "client/blocking.h"
#include "client/chain.h"
#include "client/devices.h"
#include "client/groups.h"
#include "client/jobs.h"
#include "client/mailboxes.h"
#include "client/outbox.h"
#include "client/people.h"
#include "tacet/content.h"

#define DIRTY TACET_SPAN_LIT("dirty")
#define ENTRIES_MAX ((size_t)32 * 1024) /* in one message */

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

static tacet_err get(client *c, uint8_t type, const uint8_t *id,
                     client_mem *mem, client_sync_record *out) {
  TACET_BUF(key, 64);
  key_of(type, id, &key);
  TACET_TRY(key.err);
  return client_get(c, CLIENT_T_SYNC, tacet_buf_span(&key), client_sync_fields,
                    out, sizeof(*out), mem);
}

static tacet_err put(client *c, client_sync_record *r, bool dirty) {
  TACET_BUF(key, 64);
  key_of(r->type, r->id, &key);
  TACET_TRY(key.err);
  return client_put(c, CLIENT_T_SYNC, tacet_buf_span(&key),
                    dirty ? DIRTY : TACET_SPAN_EMPTY, 0, client_sync_fields, r);
}

static tacet_err has_others(client *c, bool *out) {
  tacet_manifest newest;
  TACET_TRY(client_chain_newest(c, client_id_span(c->self.account), &newest));
  *out = newest.n_devices > 1;
  return TACET_OK;
}

/* The job, unless it waits already. */
static tacet_err soon(client *c) {
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
  TACET_TRY(has_others(c, &others));
  if (!others) {
    return TACET_OK;
  }
  memcpy(r.id, id, len);
  tacet_err e = get(c, (uint8_t)type, r.id, &mem, &before);
  TACET_TRY(e == TACET_ERR_NOT_FOUND ? TACET_OK : e);
  uint64_t now = client_now(c);
  bool behind = e == TACET_OK && before.stamp >= now;
  r.type = (uint8_t)type;
  r.state = state;
  r.stamp = behind ? before.stamp + 1 : now;
  memcpy(r.by, c->self.device, sizeof(r.by));
  TACET_TRY(put(c, &r, true));
  return soon(c);
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
  tacet_err e = get(c, (uint8_t)type, r.id, &mem, &r);
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
    TACET_TRY(put(c, &r, true));
  }
  return soon(c);
}

/* ---- telling ---- */

/* The thing as it is here; false in *any where there is nothing to say. */
static tacet_err entry_of(client *c, const client_sync_record *r,
                          client_mem *mem, tacet_sync_entry *out, bool *any) {
  tacet_sync_entry e = {.type = (tacet_sync_type)r->type, .stamp = r->stamp};
  client_person p;
  const char *name;
  TACET_BUF(chain, ENTRIES_MAX);
  memcpy(e.by, r->by, sizeof(e.by));
  memcpy(e.id, r->id, sizeof(e.id));
  *any = true;
  switch (e.type) {
  case TACET_SYNC_DEVICE:
    memcpy(e.device, r->id, sizeof(e.device));
    TACET_TRY(client_device_name(c, e.device, mem, &name));
    *any = name != NULL;
    e.name = name != NULL ? tacet_span_str(name) : TACET_SPAN_EMPTY;
    break;
  case TACET_SYNC_ACCEPTED_PERSON:
  case TACET_SYNC_BLOCKED_PERSON:
  case TACET_SYNC_VERIFIED_PERSON:
    TACET_TRY(client_person_get(c, client_id_span(r->id), mem, &p));
    e.value = e.type == TACET_SYNC_ACCEPTED_PERSON  ? p.accepted
              : e.type == TACET_SYNC_BLOCKED_PERSON ? p.blocked
                                                    : p.verified;
    *any = client_chain_write(c, client_id_span(r->id), &chain) == TACET_OK;
    TACET_TRY(*any ? client_mem_take(mem, &chain, &e.manifests) : TACET_OK);
    break;
  case TACET_SYNC_CONVERSATION:
    e.state = (tacet_sync_state)r->state;
    break;
  }
  *out = e;
  return TACET_OK;
}

static tacet_err send(client *c, client_session *s, client_talk *t,
                      tacet_span entries) {
  TACET_BUF(body, TACET_SYNC_MAX);
  TACET_BUF(content, TACET_CONTENT_MAX);
  tacet_sync_write(&body, entries);
  TACET_TRY(body.err);
  tacet_content_args args = {.text = tacet_buf_span(&body),
                             .text_type = TACET_SPAN_LIT(TACET_TYPE_SYNC),
                             .counter = t->counter++};
  TACET_TRY(tacet_content_make(&content, &args));
  TACET_TRY(client_talk_save(c, t));
  return client_outbox_encrypt(c, s, tacet_buf_span(&content), TACET_SPAN_EMPTY,
                               TACET_SPAN_EMPTY);
}

/* As much as one message holds; *left: there is more. */
static tacet_err tell_some(client *c, tacet_span group, bool *left) {
  CLIENT_MEM(mem);
  CLIENT_SESSION(s);
  client_talk t;
  const client_row *rows;
  size_t n, i = 0;
  client_range range = {.parent = DIRTY};
  TACET_BUF(entries, 2 * ENTRIES_MAX);
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_SYNC, &range, &mem, &rows, &n));
  for (; i < n && entries.len < ENTRIES_MAX / 2; i++) {
    client_sync_record r;
    tacet_sync_entry e;
    bool any;
    TACET_TRY(
        client_parse(c, &rows[i], client_sync_fields, &r, sizeof(r), &mem));
    TACET_TRY(entry_of(c, &r, &mem, &e, &any));
    TACET_BUF(one, 2 * ENTRIES_MAX);
    if (any) {
      tacet_sync_entry_write(&one, &e);
      TACET_TRY(one.err);
    }
    if (entries.len > 0 && entries.len + one.len > ENTRIES_MAX) {
      break; /* a long chain, which has a message of its own */
    }
    tacet_write_bytes(&entries, tacet_buf_span(&one));
    TACET_TRY(put(c, &r, false));
  }
  *left = i < n;
  TACET_TRY(entries.err);
  if (entries.len > 0) {
    TACET_TRY(client_session_load(c, group, &s));
    TACET_TRY(self_talk(c, &mem, &t));
    TACET_TRY(send(c, &s, &t, tacet_buf_span(&entries)));
  }
  return client_tx_commit(&tx);
}

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
  TACET_TRY(has_others(c, &others));
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
  if (r.broken || r.look_due) {
    return TACET_OK; /* client/recovery.h; commits first */
  }
  if (r.fresh_due) {
    return client_fresh_begin(c, r.id, next);
  }
  TACET_TRY(is_alone(c, r.id, &alone));
  if (alone) { /* whoever is added gets everything: client/jobs.c */
    return done(c, job);
  }
  while (left) {
    TACET_TRY(tell_some(c, r.id, &left));
  }
  *next = 0; /* it goes out */
  return done(c, job);
}

/* ---- being told ---- */

static tacet_err take_device(client *c, const tacet_sync_entry *e) {
  CLIENT_MEM(mem);
  client_device_record r = {.stamp = e->stamp};
  if (!client_is_name(e->name, TACET_SYNC_NAME_MAX)) {
    return TACET_OK;
  }
  memcpy(r.device, e->device, sizeof(r.device));
  memcpy(r.by, e->by, sizeof(r.by));
  TACET_TRY(client_mem_text(&mem, e->name, &r.name));
  return client_device_save(c, &r);
}

static tacet_err set_person(client *c, const tacet_sync_entry *e,
                            client_person *p) {
  uint64_t job;
  if (e->type == TACET_SYNC_BLOCKED_PERSON) {
    return e->value == p->blocked ? TACET_OK
           : e->value             ? client_block_person(c, p)
                                  : client_unblock_person(c, p, &job);
  }
  if (e->type == TACET_SYNC_ACCEPTED_PERSON) {
    p->accepted = e->value;
  } else {
    p->verified = e->value && !p->forked;
  }
  return client_person_save(c, p);
}

/* A first letter of theirs that came here too is no request any more. */
static tacet_err accept_talk(client *c, const uint8_t *id) {
  CLIENT_MEM(mem);
  client_talk t;
  tacet_err e = client_talk_get(c, id, &mem, &t);
  if (e == TACET_ERR_NOT_FOUND ||
      (e == TACET_OK && t.state != CLIENT_TALK_REQUEST)) {
    return TACET_OK;
  }
  TACET_TRY(e);
  return client_talk_accept(c, &t);
}

static tacet_err take_person(client *c, const tacet_sync_entry *e) {
  CLIENT_MEM(mem);
  client_person p;
  uint8_t pair[CLIENT_ID_LEN];
  tacet_span account = client_id_span(e->id);
  if (client_is_self(c, account)) {
    return TACET_OK;
  }
  tacet_err err = client_chain_take(c, e->manifests);
  if (err == TACET_OK) {
    err = client_person_get(c, account, &mem, &p);
  }
  if (err != TACET_OK) { /* a chain that does not check out says nothing */
    return tacet_err_kind(err) == TACET_KIND_LOCAL && err != TACET_ERR_NOT_FOUND
               ? err
               : TACET_OK;
  }
  TACET_TRY(set_person(c, e, &p));
  TACET_TRY(client_pair_id(client_id_span(c->self.account), account, pair));
  return e->type == TACET_SYNC_ACCEPTED_PERSON && e->value
             ? accept_talk(c, pair)
             : TACET_OK;
}

static tacet_err take_talk(client *c, const tacet_sync_entry *e) {
  CLIENT_MEM(mem);
  client_talk t;
  if (e->state == TACET_SYNC_ACCEPTED) {
    return accept_talk(c, e->id);
  }
  tacet_err err = client_talk_get(c, e->id, &mem, &t);
  if (err != TACET_OK) {
    return err == TACET_ERR_NOT_FOUND ? TACET_OK : err;
  }
  return e->state == TACET_SYNC_REFUSED && t.state == CLIENT_TALK_REQUEST
             ? client_talk_erase(c, &t)
             : TACET_OK;
}

static tacet_err take_entry(client *c, const tacet_sync_entry *e) {
  CLIENT_MEM(mem);
  client_sync_record r = {.stamp = 0}, before;
  bool device = e->type == TACET_SYNC_DEVICE;
  memcpy(r.id, device ? e->device : e->id,
         device ? sizeof(e->device) : sizeof(e->id));
  tacet_err err = get(c, (uint8_t)e->type, r.id, &mem, &before);
  TACET_TRY(err == TACET_ERR_NOT_FOUND ? TACET_OK : err);
  if (err == TACET_OK &&
      !tacet_sync_is_later(e->stamp, e->by, before.stamp, before.by)) {
    return TACET_OK;
  }
  r.type = (uint8_t)e->type;
  r.stamp = e->stamp;
  r.state = (uint8_t)e->state;
  memcpy(r.by, e->by, sizeof(r.by));
  TACET_TRY(put(c, &r, false));
  switch (e->type) {
  case TACET_SYNC_DEVICE:
    return take_device(c, e);
  case TACET_SYNC_ACCEPTED_PERSON:
  case TACET_SYNC_BLOCKED_PERSON:
  case TACET_SYNC_VERIFIED_PERSON:
    return take_person(c, e);
  case TACET_SYNC_CONVERSATION:
    break;
  }
  return take_talk(c, e);
}

tacet_err client_sync_take(client *c, tacet_span bytes) {
  tacet_span entries;
  tacet_sync_entry e;
  if (tacet_sync_parse(bytes, &entries) != TACET_OK) {
    return TACET_OK; /* of a newer version */
  }
  while (tacet_sync_next(&entries, &e)) {
    TACET_TRY(take_entry(c, &e));
  }
  return TACET_OK;
}
