/* SPDX-License-Identifier: Apache-2.0
 * Sync entries, written and read. */
#include "tacet/content/sync.h"

#define VERSION 1

static void write_body(tacet_buf *w, const tacet_sync_entry *e) {
  switch (e->type) {
  case TACET_SYNC_DEVICE:
    tacet_write_bytes(w, tacet_span_of(e->device, sizeof(e->device)));
    tacet_write_vec(w, e->name);
    break;
  case TACET_SYNC_ACCEPTED_PERSON:
  case TACET_SYNC_BLOCKED_PERSON:
  case TACET_SYNC_VERIFIED_PERSON:
    tacet_write_bytes(w, tacet_span_of(e->id, sizeof(e->id)));
    tacet_write_u8(w, e->value);
    break;
  case TACET_SYNC_CONVERSATION:
    tacet_write_bytes(w, tacet_span_of(e->id, sizeof(e->id)));
    tacet_write_u8(w, (uint8_t)e->state);
    break;
  case TACET_SYNC_CHAIN:
    tacet_write_vec(w, e->manifests);
    break;
  case TACET_SYNC_READ:
    tacet_write_bytes(w, tacet_span_of(e->id, sizeof(e->id)));
    tacet_write_vec(w, e->messages);
    break;
  case TACET_SYNC_HISTORY:
    tacet_write_bytes(w, tacet_span_of(e->device, sizeof(e->device)));
    tacet_write_bytes(w, tacet_span_of(e->secret, sizeof(e->secret)));
    tacet_write_vec(w, e->parts);
    break;
  }
}

void tacet_sync_entry_write(tacet_buf *w, const tacet_sync_entry *e) {
  tacet_write_u8(w, (uint8_t)e->type);
  tacet_write_u64(w, e->stamp);
  tacet_write_bytes(w, tacet_span_of(e->by, sizeof(e->by)));
  size_t at = tacet_write_open(w);
  write_body(w, e);
  tacet_write_close(w, at);
}

void tacet_sync_write(tacet_buf *w, tacet_span entries) {
  tacet_write_u8(w, VERSION);
  tacet_write_vec(w, entries);
}

static bool read_flag(tacet_reader *r) {
  uint8_t v = tacet_read_u8(r);
  if (v > 1) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  return v == 1;
}

/* One at least, of that length each. */
static tacet_span read_some(tacet_reader *r, size_t each) {
  tacet_span list = tacet_read_vec(r);
  if (list.len == 0 || list.len % each != 0) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  return list;
}

static void read_history(tacet_reader *r, tacet_sync_entry *e) {
  tacet_read_copy(r, e->device, sizeof(e->device));
  tacet_read_copy(r, e->secret, sizeof(e->secret));
  e->parts = read_some(r, TACET_SYNC_PART_LEN);
  if (e->parts.len > (size_t)TACET_SYNC_PARTS_MAX * TACET_SYNC_PART_LEN) {
    tacet_read_fail(r, TACET_ERR_LIMIT);
  }
}

static void read_body(tacet_reader *r, tacet_sync_entry *e) {
  switch (e->type) {
  case TACET_SYNC_DEVICE:
    tacet_read_copy(r, e->device, sizeof(e->device));
    e->name = tacet_read_vec_max(r, TACET_SYNC_NAME_MAX);
    break;
  case TACET_SYNC_ACCEPTED_PERSON:
  case TACET_SYNC_BLOCKED_PERSON:
  case TACET_SYNC_VERIFIED_PERSON:
    tacet_read_copy(r, e->id, sizeof(e->id));
    e->value = read_flag(r);
    break;
  case TACET_SYNC_CONVERSATION:
    tacet_read_copy(r, e->id, sizeof(e->id));
    e->state = (tacet_sync_state)tacet_read_u8(r);
    if (e->state < TACET_SYNC_ACCEPTED || e->state > TACET_SYNC_LEFT) {
      tacet_read_fail(r, TACET_ERR_ENCODING);
    }
    break;
  case TACET_SYNC_CHAIN:
    e->manifests = tacet_read_vec(r);
    break;
  case TACET_SYNC_READ:
    tacet_read_copy(r, e->id, sizeof(e->id));
    e->messages = read_some(r, TACET_SYNC_ID_LEN);
    break;
  case TACET_SYNC_HISTORY:
    read_history(r, e);
    break;
  }
  tacet_read_end(r);
}

/* One entry; *known: of a type that this version has. */
static void read_entry(tacet_reader *r, tacet_sync_entry *out, bool *known) {
  tacet_sync_entry e = {.stamp = 0};
  uint8_t type = tacet_read_u8(r);
  e.type = (tacet_sync_type)type;
  e.stamp = tacet_read_u64(r);
  tacet_read_copy(r, e.by, sizeof(e.by));
  tacet_reader body = tacet_read_vec_of(r);
  *known = type >= TACET_SYNC_DEVICE && type <= TACET_SYNC_HISTORY;
  if (*known && *r->err == TACET_OK) {
    read_body(&body, &e);
  }
  *out = e;
}

tacet_err tacet_sync_parse(tacet_span in, tacet_span *entries) {
  tacet_err err = in.len > TACET_SYNC_MAX ? TACET_ERR_LIMIT : TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  if (tacet_read_u8(&r) != VERSION) {
    tacet_read_fail(&r, TACET_ERR_UNKNOWN_TYPE);
  }
  tacet_span list = tacet_read_vec(&r);
  tacet_read_end(&r);
  TACET_TRY(err);
  tacet_reader each = tacet_reader_over(list, &err);
  while (tacet_more(&each)) {
    tacet_sync_entry e;
    bool known;
    read_entry(&each, &e, &known);
  }
  TACET_TRY(err);
  *entries = list;
  return TACET_OK;
}

bool tacet_sync_next(tacet_span *entries, tacet_sync_entry *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(*entries, &err);
  bool known = false;
  tacet_sync_entry e;
  while (!known && tacet_more(&r)) {
    read_entry(&r, &e, &known);
  }
  if (err != TACET_OK || !known) {
    return false;
  }
  *entries = tacet_span_of(r.p, tacet_read_left(&r));
  *out = e;
  return true;
}

bool tacet_sync_is_later(uint64_t stamp, const uint8_t by[16], uint64_t than,
                         const uint8_t than_by[16]) {
  return stamp > than || (stamp == than && memcmp(by, than_by, 16) > 0);
}
