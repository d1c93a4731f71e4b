/* SPDX-License-Identifier: Apache-2.0
 * What own devices are told: registers that changed, and what was read, in
 * messages of the self group. A message is full at 32 KiB; what does not fit
 * goes on in the next one, and all of a turn leave together or not at all. */
#include "client/chain.h"
#include "client/devices.h"
#include "client/devsync.h"
#include "client/history.h"
#include "client/outbox.h"
#include "client/people.h"
#include "client/reads.h"
#include "tacet/content.h"
#include "tacet/wire/directory.h"

#define ENTRIES_MAX ((size_t)32 * 1024) /* in one message */
#define PIECE_MAX ((size_t)16 * 1024)   /* of a chain; one manifest at least */
#define ROWS 64                         /* at a turn */
#define READS 512

/* The message that is being filled. */
typedef struct batch {
  client *c;
  client_session *s;
  tacet_buf *entries;
  uint8_t told[ROWS][CLIENT_ID_LEN]; /* whose chain stands in this turn */
  size_t n_told;
} batch;

static tacet_err flush(batch *b) {
  CLIENT_MEM(mem);
  client_talk t;
  uint8_t id[CLIENT_ID_LEN];
  TACET_BUF(body, TACET_SYNC_MAX);
  TACET_BUF(content, TACET_CONTENT_MAX);
  if (b->entries->len == 0) {
    return TACET_OK;
  }
  tacet_sync_write(&body, tacet_buf_span(b->entries));
  TACET_TRY(body.err);
  TACET_TRY(client_self_talk_id(b->c, id));
  TACET_TRY(client_talk_get(b->c, id, &mem, &t));
  tacet_content_args args = {.text = tacet_buf_span(&body),
                             .text_type = TACET_SPAN_LIT(TACET_TYPE_SYNC),
                             .counter = t.counter++};
  TACET_TRY(tacet_content_make(&content, &args));
  TACET_TRY(client_talk_save(b->c, &t));
  tacet_buf_clear(b->entries);
  return client_outbox_encrypt(b->c, b->s, tacet_buf_span(&content),
                               TACET_SPAN_EMPTY, TACET_SPAN_EMPTY);
}

static tacet_err add(batch *b, const tacet_sync_entry *e) {
  TACET_BUF(one, ENTRIES_MAX);
  tacet_sync_entry_write(&one, e);
  TACET_TRY(one.err);
  if (b->entries->len + one.len > ENTRIES_MAX) {
    TACET_TRY(flush(b));
  }
  tacet_write_bytes(b->entries, tacet_buf_span(&one));
  return b->entries->err;
}

/* ---- chains ---- */

static tacet_err add_piece(batch *b, tacet_buf *piece) {
  tacet_sync_entry e = {.type = TACET_SYNC_CHAIN,
                        .manifests = tacet_buf_span(piece)};
  memcpy(e.by, b->c->self.device, sizeof(e.by));
  TACET_TRY(piece->len > 0 ? add(b, &e) : TACET_OK);
  tacet_buf_clear(piece);
  return TACET_OK;
}

/* However long it is, in pieces that fit; before what is said of the account.
 */
static tacet_err add_chain(batch *b, const uint8_t *account) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  TACET_BUF(piece, PIECE_MAX + TACET_MANIFEST_MAX + 8);
  client_range range = {.parent = client_id_span(account)};
  for (size_t i = 0; i < b->n_told; i++) {
    if (memcmp(b->told[i], account, CLIENT_ID_LEN) == 0) {
      return TACET_OK;
    }
  }
  memcpy(b->told[b->n_told++], account, CLIENT_ID_LEN);
  TACET_TRY(client_store_list(b->c->store, CLIENT_T_MANIFEST, &range, &mem,
                              &rows, &n));
  for (size_t i = 0; i < n; i++) {
    if (piece.len + rows[i].value.len > PIECE_MAX) {
      TACET_TRY(add_piece(b, &piece));
    }
    tacet_opaque_list_add(&piece, rows[i].value);
    TACET_TRY(piece.err);
  }
  return add_piece(b, &piece);
}

/* ---- registers ---- */

static tacet_err add_device(batch *b, tacet_sync_entry *e) {
  CLIENT_MEM(mem);
  const char *name;
  memcpy(e->device, e->id, sizeof(e->device));
  TACET_TRY(client_device_name(b->c, e->device, &mem, &name));
  if (name == NULL) {
    return TACET_OK;
  }
  e->name = tacet_span_str(name);
  return add(b, e);
}

static tacet_err add_person(batch *b, tacet_sync_entry *e) {
  CLIENT_MEM(mem);
  client_person p;
  tacet_err err = client_person_get(b->c, client_id_span(e->id), &mem, &p);
  if (err != TACET_OK) {
    return err == TACET_ERR_NOT_FOUND ? TACET_OK : err;
  }
  e->value = e->type == TACET_SYNC_ACCEPTED_PERSON  ? p.accepted
             : e->type == TACET_SYNC_BLOCKED_PERSON ? p.blocked
                                                    : p.verified;
  TACET_TRY(add_chain(b, p.account));
  return add(b, e);
}

/* The thing as it is here; nothing where there is nothing to say. */
static tacet_err add_register(batch *b, const client_sync_record *r) {
  tacet_sync_entry e = {.type = (tacet_sync_type)r->type,
                        .stamp = r->stamp,
                        .state = (tacet_sync_state)r->state};
  memcpy(e.by, r->by, sizeof(e.by));
  memcpy(e.id, r->id, sizeof(e.id));
  return e.type == TACET_SYNC_DEVICE       ? add_device(b, &e)
         : tacet_sync_is_of_person(e.type) ? add_person(b, &e)
                                           : add(b, &e);
}

static tacet_err add_registers(batch *b, bool *left) {
  CLIENT_MEM(mem);
  const client_row *rows;
  size_t n;
  client_range range = {.parent = CLIENT_SYNC_DIRTY, .limit = ROWS};
  TACET_TRY(
      client_store_list(b->c->store, CLIENT_T_SYNC, &range, &mem, &rows, &n));
  for (size_t i = 0; i < n; i++) {
    client_sync_record r;
    TACET_TRY(
        client_parse(b->c, &rows[i], client_sync_fields, &r, sizeof(r), &mem));
    TACET_TRY(add_register(b, &r));
    TACET_TRY(client_sync_register_put(b->c, &r, false));
  }
  *left = n == ROWS;
  return TACET_OK;
}

/* ---- what was read ---- */

/* Those of one conversation that were shown within one second stand in one
 * entry. */
static tacet_err add_reads(batch *b, bool *left) {
  CLIENT_MEM(mem);
  client_read_record *list;
  size_t n;
  TACET_TRY(client_reads_untold(b->c, READS, &mem, &list, &n));
  for (size_t i = 0, k; i < n; i = k) {
    TACET_BUF(ids, READS * CLIENT_ID_LEN);
    tacet_sync_entry e = {.type = TACET_SYNC_READ, .stamp = list[i].at};
    memcpy(e.by, list[i].by, sizeof(e.by));
    memcpy(e.id, list[i].talk, sizeof(e.id));
    for (k = i; k < n && list[k].at == list[i].at &&
                memcmp(list[k].talk, list[i].talk, CLIENT_ID_LEN) == 0;
         k++) {
      tacet_write_bytes(&ids, client_id_span(list[k].message));
      TACET_TRY(client_read_told(b->c, list[k].message));
    }
    e.messages = tacet_buf_span(&ids);
    TACET_TRY(add(b, &e));
  }
  *left = *left || n == READS;
  return TACET_OK;
}

/* ---- history ---- */

static tacet_err add_history(batch *b, bool *left) {
  CLIENT_MEM(mem);
  tacet_sync_entry e;
  bool any;
  TACET_TRY(client_history_next(b->c, b->s, &mem, &e, &any));
  *left = *left || any;
  tacet_err err = any ? add(b, &e) : TACET_OK;
  tacet_wipe(&e, sizeof(e));
  return err;
}

tacet_err client_sync_tell(client *c, tacet_span group, bool *left) {
  CLIENT_SESSION(s);
  TACET_BUF(entries, ENTRIES_MAX);
  batch b = {.c = c, .s = &s, .entries = &entries};
  bool more;
  CLIENT_TX(tx);
  TACET_TRY(client_tx_begin(c->store, &tx));
  TACET_TRY(client_session_load(c, group, &s));
  TACET_TRY(add_registers(&b, &more));
  TACET_TRY(add_reads(&b, &more));
  TACET_TRY(add_history(&b, &more));
  TACET_TRY(flush(&b));
  TACET_TRY(client_tx_commit(&tx));
  *left = more;
  return TACET_OK;
}
