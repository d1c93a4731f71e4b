/* SPDX-License-Identifier: Apache-2.0
 * Backups: the records, written and read. */
#include "tacet/content/attachment.h"
#include "tacet/content/backup.h"

#define ID_LEN 32
#define NAME_MAX 1024
#define REFERENCE_MAX 256

/* ---- writing ---- */

static void write_id(tacet_buf *w, const uint8_t id[ID_LEN]) {
  tacet_write_bytes(w, tacet_span_of(id, ID_LEN));
}

static void write_owner(tacet_buf *w, const tacet_backup_owner *o) {
  write_id(w, o->account);
  tacet_write_vec(w, o->handle);
  tacet_write_u64(w, o->made_at);
}

static void write_person(tacet_buf *w, const tacet_backup_person *p) {
  write_id(w, p->account);
  tacet_write_u8(w, p->flags);
  tacet_write_u64(w, p->met_at);
  tacet_write_vec(w, p->manifests);
}

static void write_talk(tacet_buf *w, const tacet_backup_talk *t) {
  write_id(w, t->id);
  tacet_write_u8(w, t->group);
  tacet_write_u8(w, t->state);
  write_id(w, t->peer);
  write_id(w, t->inviter);
  tacet_write_vec(w, t->name);
  tacet_write_u64(w, t->made_at);
  tacet_write_u64(w, t->active_at);
  tacet_write_vec(w, t->members);
}

void tacet_backup_part_write(tacet_buf *w, const tacet_backup_part *p) {
  tacet_write_vec(w, p->name);
  tacet_write_vec(w, p->type);
  tacet_write_u64(w, p->size);
  tacet_write_vec(w, p->reference);
}

static void write_message(tacet_buf *w, const tacet_backup_message *m) {
  write_id(w, m->id);
  write_id(w, m->account);
  tacet_write_bytes(w, tacet_span_of(m->device, sizeof(m->device)));
  tacet_write_u8(w, m->flags);
  tacet_write_u8(w, m->delivery);
  tacet_write_u64(w, m->sent_at);
  tacet_write_u64(w, m->received_at);
  tacet_write_u64(w, m->expires_at);
  tacet_write_u64(w, m->read_at);
  tacet_write_u32(w, m->expires_after);
  tacet_write_vec(w, m->text);
  tacet_write_vec(w, m->long_text);
  tacet_write_vec(w, m->reply_to);
  tacet_write_vec(w, m->parts);
}

static void write_end(tacet_buf *w, const tacet_backup_end *e) {
  tacet_write_u32(w, e->n_people);
  tacet_write_u32(w, e->n_talks);
  tacet_write_u64(w, e->n_messages);
  tacet_write_u32(w, e->manifest);
  tacet_write_bytes(w, tacet_span_of(e->device, sizeof(e->device)));
  tacet_write_bytes(w, tacet_span_of(e->signature, sizeof(e->signature)));
}

void tacet_backup_record_write(tacet_buf *w, const tacet_backup_record *r) {
  tacet_write_u8(w, (uint8_t)r->type);
  size_t at = tacet_write_open(w);
  switch (r->type) {
  case TACET_BACKUP_OWNER:
    write_owner(w, &r->u.owner);
    break;
  case TACET_BACKUP_PERSON:
    write_person(w, &r->u.person);
    break;
  case TACET_BACKUP_RIVAL:
    tacet_write_bytes(w, r->u.rival);
    break;
  case TACET_BACKUP_TALK:
    write_talk(w, &r->u.talk);
    break;
  case TACET_BACKUP_MESSAGE:
    write_message(w, &r->u.message);
    break;
  case TACET_BACKUP_END:
    write_end(w, &r->u.end);
    break;
  }
  tacet_write_close(w, at);
}

/* ---- reading ---- */

static tacet_span read_text(tacet_reader *r, size_t max) {
  tacet_span s = tacet_read_vec_max(r, max);
  if (!tacet_is_utf8(s)) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  return s;
}

static void read_id(tacet_reader *r, uint8_t id[ID_LEN]) {
  tacet_read_copy(r, id, ID_LEN);
}

/* At most `most`; what is beyond was written by no program of this version. */
static uint8_t read_bounded(tacet_reader *r, uint8_t least, uint8_t most) {
  uint8_t v = tacet_read_u8(r);
  if (v < least || v > most) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  return v;
}

static void read_owner(tacet_reader *r, tacet_backup_owner *o) {
  read_id(r, o->account);
  o->handle = read_text(r, NAME_MAX);
  o->made_at = tacet_read_u64(r);
}

static void read_person(tacet_reader *r, tacet_backup_person *p) {
  read_id(r, p->account);
  p->flags = read_bounded(r, 0, TACET_BACKUP_PERSON_FLAGS);
  p->met_at = tacet_read_u64(r);
  p->manifests = tacet_read_vec(r);
  if (p->manifests.len == 0) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  tacet_reader list = tacet_reader_over(p->manifests, r->err);
  while (tacet_more(&list)) {
    (void)tacet_read_vec(&list);
  }
}

static void read_talk(tacet_reader *r, tacet_backup_talk *t) {
  read_id(r, t->id);
  t->group = read_bounded(r, 0, 1) == 1;
  t->state = read_bounded(r, TACET_BACKUP_OPEN, TACET_BACKUP_STOPPED);
  read_id(r, t->peer);
  read_id(r, t->inviter);
  t->name = read_text(r, NAME_MAX);
  t->made_at = tacet_read_u64(r);
  t->active_at = tacet_read_u64(r);
  t->members = tacet_read_vec(r);
  if (t->members.len % ID_LEN != 0 ||
      (!t->group && (t->name.len > 0 || t->members.len > 0))) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
}

static void read_part(tacet_reader *r, tacet_backup_part *p) {
  p->name = read_text(r, NAME_MAX);
  p->type = read_text(r, NAME_MAX);
  p->size = tacet_read_u64(r);
  p->reference = tacet_read_vec_max(r, REFERENCE_MAX);
}

bool tacet_backup_part_next(tacet_span *list, tacet_backup_part *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(*list, &err);
  tacet_backup_part p;
  if (list->len == 0) {
    return false;
  }
  read_part(&r, &p);
  if (err != TACET_OK) {
    return false; /* not a list that was read as one */
  }
  list->p = r.p;
  list->len = tacet_read_left(&r);
  *out = p;
  return true;
}

static void read_parts(tacet_reader *r, tacet_backup_message *m) {
  tacet_backup_part p;
  m->parts = tacet_read_vec(r);
  tacet_reader list = tacet_reader_over(m->parts, r->err);
  for (m->n_parts = 0; tacet_more(&list); m->n_parts++) {
    read_part(&list, &p);
    if (m->n_parts == TACET_BACKUP_PARTS_MAX) {
      tacet_read_fail(r, TACET_ERR_LIMIT);
    }
  }
}

static void read_message(tacet_reader *r, tacet_backup_message *m) {
  read_id(r, m->id);
  read_id(r, m->account);
  tacet_read_copy(r, m->device, sizeof(m->device));
  m->flags = read_bounded(r, 0, TACET_BACKUP_MESSAGE_FLAGS);
  m->delivery = read_bounded(r, 0, 2);
  m->sent_at = tacet_read_u64(r);
  m->received_at = tacet_read_u64(r);
  m->expires_at = tacet_read_u64(r);
  m->read_at = tacet_read_u64(r);
  m->expires_after = tacet_read_u32(r);
  m->text = read_text(r, TACET_BACKUP_RECORD_MAX);
  m->long_text = tacet_read_vec_max(r, REFERENCE_MAX);
  m->reply_to = tacet_read_vec_max(r, ID_LEN);
  read_parts(r, m);
  if (m->reply_to.len != 0 && m->reply_to.len != ID_LEN) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
}

static void read_end(tacet_reader *r, tacet_backup_end *e) {
  e->n_people = tacet_read_u32(r);
  e->n_talks = tacet_read_u32(r);
  e->n_messages = tacet_read_u64(r);
  e->manifest = tacet_read_u32(r);
  tacet_read_copy(r, e->device, sizeof(e->device));
  tacet_read_copy(r, e->signature, sizeof(e->signature));
}

static void read_body(tacet_reader *r, tacet_backup_record *out) {
  switch (out->type) {
  case TACET_BACKUP_OWNER:
    read_owner(r, &out->u.owner);
    break;
  case TACET_BACKUP_PERSON:
    read_person(r, &out->u.person);
    break;
  case TACET_BACKUP_RIVAL:
    out->u.rival = tacet_read_bytes(r, tacet_read_left(r));
    break;
  case TACET_BACKUP_TALK:
    read_talk(r, &out->u.talk);
    break;
  case TACET_BACKUP_MESSAGE:
    read_message(r, &out->u.message);
    break;
  case TACET_BACKUP_END:
    read_end(r, &out->u.end);
    break;
  }
}

/* What ends too early within its own length is no record, however much comes.
 */
static tacet_err read_whole(tacet_span body, tacet_backup_record *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(body, &err);
  read_body(&r, out);
  tacet_read_end(&r);
  return err == TACET_ERR_TRUNCATED ? TACET_ERR_ENCODING : err;
}

tacet_err tacet_backup_record_read(tacet_span in, tacet_backup_record *out,
                                   size_t *used) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  uint8_t type = tacet_read_u8(&r);
  uint32_t len = tacet_read_varint(&r);
  if (err == TACET_OK &&
      (type < TACET_BACKUP_OWNER || type > TACET_BACKUP_END)) {
    return TACET_ERR_UNKNOWN_TYPE;
  }
  if (err == TACET_OK && len > TACET_BACKUP_RECORD_MAX) {
    return TACET_ERR_LIMIT;
  }
  tacet_span body = tacet_read_bytes(&r, len);
  TACET_TRY(err);
  tacet_backup_record record = {.type = (tacet_backup_type)type};
  TACET_TRY(read_whole(body, &record));
  *out = record;
  *used = in.len - tacet_read_left(&r);
  return TACET_OK;
}
