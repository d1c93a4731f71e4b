/* SPDX-License-Identifier: Apache-2.0
 * Identities, addresses, rooms. */
#include "tacet/content/room.h"

#include "tacet/crypto.h"

#define ID_LEN 32

static void put(tacet_buf *w, const uint8_t *p, size_t n) {
  tacet_write_bytes(w, tacet_span_of(p, n));
}

void tacet_identity_write(tacet_buf *w, const tacet_identity *i) {
  put(w, i->account, sizeof(i->account));
  put(w, i->device, sizeof(i->device));
  tacet_write_u32(w, i->manifest);
}

tacet_err tacet_identity_parse(tacet_span in, tacet_identity *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_identity i;
  tacet_read_copy(&r, i.account, sizeof(i.account));
  tacet_read_copy(&r, i.device, sizeof(i.device));
  i.manifest = tacet_read_u32(&r);
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = i;
  return TACET_OK;
}

void tacet_address_write(tacet_buf *w, const tacet_address *a) {
  tacet_write_vec(w, a->server);
  put(w, a->mailbox, sizeof(a->mailbox));
  put(w, a->capability, sizeof(a->capability));
  put(w, a->sealing_key, sizeof(a->sealing_key));
}

tacet_err tacet_address_parse(tacet_span in, tacet_address *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_address a;
  a.server = tacet_read_vec_max(&r, TACET_SERVER_MAX);
  tacet_read_copy(&r, a.mailbox, sizeof(a.mailbox));
  tacet_read_copy(&r, a.capability, sizeof(a.capability));
  tacet_read_copy(&r, a.sealing_key, sizeof(a.sealing_key));
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = a;
  return TACET_OK;
}

void tacet_room_write(tacet_buf *w, const tacet_room *m) {
  tacet_write_u8(w, (uint8_t)m->kind);
  put(w, m->conversation, sizeof(m->conversation));
  tacet_write_vec(w, m->name);
  tacet_write_vec(w, m->admins);
  tacet_write_vec(w, m->slot_server);
}

/* Ascending, so that a list has one form and nobody is listed twice. */
static bool in_order(tacet_span admins) {
  for (size_t at = ID_LEN; at < admins.len; at += ID_LEN) {
    if (memcmp(admins.p + at - ID_LEN, admins.p + at, ID_LEN) >= 0) {
      return false;
    }
  }
  return true;
}

tacet_err tacet_room_parse(tacet_span in, tacet_room *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_room m;
  uint8_t kind = tacet_read_u8(&r);
  tacet_read_copy(&r, m.conversation, sizeof(m.conversation));
  m.name = tacet_read_vec_max(&r, TACET_ROOM_NAME_MAX);
  m.admins = tacet_read_vec_max(&r, (size_t)TACET_ROOM_ADMINS_MAX * ID_LEN);
  m.slot_server = tacet_read_vec_max(&r, TACET_SERVER_MAX);
  tacet_read_end(&r);
  TACET_TRY(err);
  if (kind < TACET_ROOM_PAIR || kind > TACET_ROOM_SELF) {
    return TACET_ERR_UNKNOWN_TYPE;
  }
  m.kind = (tacet_room_kind)kind;
  if (m.admins.len % ID_LEN != 0 || !in_order(m.admins) ||
      (m.kind != TACET_ROOM_GROUP && m.admins.len != 0)) {
    return TACET_ERR_ENCODING;
  }
  *out = m;
  return TACET_OK;
}

bool tacet_room_is_admin(const tacet_room *r, const uint8_t account[32]) {
  for (size_t at = 0; at < r->admins.len; at += ID_LEN) {
    if (memcmp(r->admins.p + at, account, ID_LEN) == 0) {
      return true;
    }
  }
  return false;
}

tacet_err tacet_conversation_pair(const uint8_t a[32], const uint8_t b[32],
                                  uint8_t out[32]) {
  bool first = memcmp(a, b, ID_LEN) <= 0;
  tacet_span parts[] = {TACET_SPAN_LIT("Tacet 1.0 conversation"),
                        tacet_span_of(first ? a : b, ID_LEN),
                        tacet_span_of(first ? b : a, ID_LEN)};
  return tacet_hash_sha256.digest(parts, 3, out);
}

tacet_err tacet_successor_id(const uint8_t conversation[32],
                             tacet_span epoch_authenticator,
                             const uint8_t creator[32], uint8_t out[32]) {
  TACET_BUF(w, 128);
  tacet_write_vec(&w, epoch_authenticator);
  TACET_TRY(w.err);
  tacet_span parts[] = {TACET_SPAN_LIT("Tacet 1.0 successor"),
                        tacet_span_of(conversation, ID_LEN),
                        tacet_buf_span(&w), tacet_span_of(creator, ID_LEN)};
  return tacet_hash_sha256.digest(parts, 4, out);
}
