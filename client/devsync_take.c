/* SPDX-License-Identifier: Apache-2.0
 * What own devices are told, carried out. A register goes forward in the
 * transaction that carries out what it says, and not before: what speaks of an
 * account or a request that is not known here waits, itself one register a
 * thing, until it is. */
#include "client/api.h"
#include "client/blocking.h"
#include "client/chain.h"
#include "client/devices.h"
#include "client/devsync.h"
#include "client/history.h"
#include "client/people.h"
#include "client/reads.h"

#define WAITS TACET_SPAN_LIT("waits")
#define WAITS_MAX 1024 /* a bound; own devices wrote them */

/* ---- what waits ---- */

/* As it came, by type and id. */
static void waiting_key(const tacet_sync_entry *e, tacet_buf *w) {
  tacet_write_bytes(w, WAITS);
  tacet_write_u8(w, (uint8_t)e->type);
  tacet_write_bytes(w, client_id_span(e->id));
}

static bool parse_waiting(tacet_span bytes, tacet_sync_entry *out) {
  return tacet_sync_next(&bytes, out);
}

static tacet_err wait_for_it(client *c, const tacet_sync_entry *e) {
  CLIENT_MEM(mem);
  tacet_span known;
  tacet_sync_entry before;
  size_t n;
  TACET_BUF(key, 64);
  TACET_BUF(w, 256);
  waiting_key(e, &key);
  TACET_TRY(key.err);
  tacet_err err = client_store_get(c->store, CLIENT_T_SYNC,
                                   tacet_buf_span(&key), &mem, &known);
  TACET_TRY(err == TACET_ERR_NOT_FOUND ? TACET_OK : err);
  if (err == TACET_OK && parse_waiting(known, &before) &&
      !tacet_sync_is_later(e->stamp, e->by, before.stamp, before.by)) {
    return TACET_OK;
  }
  TACET_TRY(client_store_count(c->store, CLIENT_T_SYNC, WAITS, &n));
  if (err == TACET_ERR_NOT_FOUND && n >= WAITS_MAX) {
    return TACET_OK;
  }
  tacet_sync_entry_write(&w, e);
  TACET_TRY(w.err);
  return client_store_put(c->store, CLIENT_T_SYNC, tacet_buf_span(&key), WAITS,
                          0, tacet_buf_span(&w));
}

static tacet_err waits_no_more(client *c, const tacet_sync_entry *e) {
  TACET_BUF(key, 64);
  waiting_key(e, &key);
  TACET_TRY(key.err);
  return client_store_delete(c->store, CLIENT_T_SYNC, tacet_buf_span(&key));
}

/* ---- one thing each ---- */

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

static tacet_err take_person(client *c, const tacet_sync_entry *e,
                             bool *known) {
  CLIENT_MEM(mem);
  client_person p;
  uint8_t pair[CLIENT_ID_LEN];
  tacet_span account = client_id_span(e->id);
  tacet_err err = client_person_get(c, account, &mem, &p);
  *known = err != TACET_ERR_NOT_FOUND;
  if (!*known) { /* its chain has not come, or did not check out */
    return TACET_OK;
  }
  TACET_TRY(err);
  TACET_TRY(set_person(c, e, &p));
  TACET_TRY(client_pair_id(client_id_span(c->self.account), account, pair));
  return e->type == TACET_SYNC_ACCEPTED_PERSON && e->value
             ? accept_talk(c, pair)
             : TACET_OK;
}

/* The account has left: the others take its devices out, and until they do this
 * one hears nothing more of it either. */
static tacet_err leave_talk(client *c, client_talk *t) {
  if (t->pair ||
      (t->state != CLIENT_TALK_OPEN && t->state != CLIENT_TALK_REQUEST &&
       t->state != CLIENT_TALK_REMOVED)) {
    return TACET_OK;
  }
  t->state = CLIENT_TALK_LEFT;
  return client_talk_save(c, t);
}

/* What was left long ago need not be known; a request has to come first. */
static tacet_err take_talk(client *c, const tacet_sync_entry *e, bool *known) {
  CLIENT_MEM(mem);
  client_talk t;
  tacet_err err = client_talk_get(c, e->id, &mem, &t);
  *known = err != TACET_ERR_NOT_FOUND || e->state == TACET_SYNC_LEFT;
  if (err != TACET_OK) {
    return err == TACET_ERR_NOT_FOUND ? TACET_OK : err;
  }
  switch (e->state) {
  case TACET_SYNC_ACCEPTED:
    return accept_talk(c, e->id);
  case TACET_SYNC_REFUSED:
    return t.state == CLIENT_TALK_REQUEST ? client_talk_erase(c, &t) : TACET_OK;
  case TACET_SYNC_LEFT:
    break;
  }
  return leave_talk(c, &t);
}

static tacet_err carry_out(client *c, const tacet_sync_entry *e, bool *known) {
  *known = true;
  return e->type == TACET_SYNC_DEVICE       ? take_device(c, e)
         : tacet_sync_is_of_person(e->type) ? take_person(c, e, known)
                                            : take_talk(c, e, known);
}

/* Of one thing: what is later than all that is known of it. */
static tacet_err take_register(client *c, const tacet_sync_entry *e) {
  CLIENT_MEM(mem);
  client_sync_record r = {.type = (uint8_t)e->type,
                          .stamp = e->stamp,
                          .state = (uint8_t)e->state},
                     before;
  bool known;
  memcpy(r.id, e->id, sizeof(r.id));
  memcpy(r.by, e->by, sizeof(r.by));
  tacet_err err = client_sync_register(c, r.type, r.id, &mem, &before);
  TACET_TRY(err == TACET_ERR_NOT_FOUND ? TACET_OK : err);
  if (err == TACET_OK &&
      !tacet_sync_is_later(e->stamp, e->by, before.stamp, before.by)) {
    return waits_no_more(c, e);
  }
  TACET_TRY(carry_out(c, e, &known));
  if (!known) {
    return wait_for_it(c, e);
  }
  TACET_TRY(waits_no_more(c, e));
  return client_sync_register_put(c, &r, false);
}

/* By its own rules; one that does not check out says nothing. */
static tacet_err take_chain(client *c, const tacet_sync_entry *e) {
  tacet_err err = client_chain_take(c, e->manifests);
  return err == TACET_OK || tacet_err_kind(err) != TACET_KIND_LOCAL ||
                 err == TACET_ERR_NOT_FOUND
             ? TACET_OK
             : err;
}

static tacet_err take_entry(client *c, tacet_sync_entry *e) {
  if (e->type == TACET_SYNC_CHAIN) {
    return take_chain(c, e);
  }
  if (e->type == TACET_SYNC_READ) {
    return client_read_elsewhere(c, e);
  }
  if (e->type == TACET_SYNC_HISTORY) {
    return client_history_take(c, e);
  }
  if (e->type == TACET_SYNC_DEVICE) {
    memcpy(e->id, e->device, sizeof(e->device)); /* zeros behind it */
  }
  if (tacet_sync_is_of_person(e->type) &&
      client_is_self(c, client_id_span(e->id))) {
    return TACET_OK;
  }
  return take_register(c, e);
}

tacet_err client_sync_met(client *c) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range range = {.parent = WAITS};
  TACET_TRY(
      client_store_list(c->store, CLIENT_T_SYNC, &range, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    tacet_sync_entry e;
    TACET_TRY(parse_waiting(rows[i].value, &e) ? take_register(c, &e)
                                               : TACET_OK);
  }
  return TACET_OK;
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
  return client_sync_met(c);
}
