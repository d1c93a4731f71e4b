/* SPDX-License-Identifier: Apache-2.0
 * Sending, slots, the state of a blob. */
#include "tacet/wire/delivery.h"

#include "wire/fields.h"

void tacet_recipient_write(tacet_buf *w, const tacet_recipient *m) {
  wire_write_fixed(w, m->mailbox, sizeof(m->mailbox));
  wire_write_fixed(w, m->capability, sizeof(m->capability));
}

static void read_recipient(tacet_reader *r, tacet_recipient *out) {
  tacet_read_copy(r, out->mailbox, sizeof(out->mailbox));
  tacet_read_copy(r, out->capability, sizeof(out->capability));
}

bool tacet_recipient_next(tacet_span *list, tacet_recipient *out) {
  WIRE_NEXT(list, read_recipient, out);
}

void tacet_send_write(tacet_buf *w, const tacet_send *m) {
  tacet_write_vec(w, m->recipients);
  tacet_write_vec(w, m->item);
  tacet_write_optional(w, m->ephemeral);
  tacet_write_vec(w, m->token);
  tacet_write_optional(w, m->has_slot);
  if (m->has_slot) {
    wire_write_fixed(w, m->slot.name, sizeof(m->slot.name));
    tacet_write_vec(w, m->slot.body);
  }
}

tacet_err tacet_send_parse(tacet_span in, tacet_send *out) {
  WIRE_READ(in);
  tacet_send m = {.has_slot = false};
  m.recipients = wire_read_array(&r, sizeof(tacet_recipient), 0,
                                 TACET_RECIPIENTS_MAX, &m.n_recipients);
  m.item = tacet_read_vec_max(&r, TACET_ITEM_MAX);
  m.ephemeral = wire_read_bool(&r);
  m.token = wire_read_maybe(&r, TACET_TOKEN_LEN);
  m.has_slot = tacet_read_optional(&r);
  if (m.has_slot) {
    tacet_read_copy(&r, m.slot.name, sizeof(m.slot.name));
    m.slot.body = tacet_read_vec_max(&r, TACET_SLOT_BODY_MAX);
  }
  if ((!m.has_slot && m.n_recipients == 0) ||
      (m.ephemeral && (m.has_slot || m.token.len > 0))) {
    tacet_read_fail(&r, TACET_ERR_ENCODING);
  } else if (m.item.len * m.n_recipients > TACET_SEND_BYTES_MAX) {
    tacet_read_fail(&r, TACET_ERR_LIMIT);
  }
  WIRE_END(out, m);
}

void tacet_send_answer_write(tacet_buf *w, const tacet_send_answer *m) {
  tacet_write_vec(w, m->deliveries);
}

tacet_err tacet_send_answer_parse(tacet_span in, tacet_send_answer *out) {
  WIRE_READ(in);
  tacet_send_answer m = {tacet_read_vec_max(&r, TACET_RECIPIENTS_MAX)};
  for (size_t i = 0; i < m.deliveries.len; i++) {
    if (m.deliveries.p[i] >= TACET_DELIVERIES) {
      tacet_read_fail(&r, TACET_ERR_UNKNOWN_TYPE);
    }
  }
  WIRE_END(out, m);
}

void tacet_slot_conflict_write(tacet_buf *w, const tacet_slot_conflict *m) {
  tacet_write_vec(w, m->body);
}

tacet_err tacet_slot_conflict_parse(tacet_span in, tacet_slot_conflict *out) {
  WIRE_READ(in);
  tacet_slot_conflict m = {tacet_read_vec_max(&r, TACET_SLOT_BODY_MAX)};
  WIRE_END(out, m);
}

/* ---- reading slots ---- */

void tacet_read_slots_write(tacet_buf *w, const tacet_read_slots *m) {
  tacet_write_vec(w, m->names);
}

tacet_err tacet_read_slots_parse(tacet_span in, tacet_read_slots *out) {
  WIRE_READ(in);
  size_t n;
  tacet_read_slots m = {
      wire_read_array(&r, TACET_SLOT_NAME_LEN, 1, TACET_SLOTS_MAX, &n)};
  WIRE_END(out, m);
}

void tacet_slot_write(tacet_buf *w, const tacet_slot *s) {
  tacet_write_u8(w, (uint8_t)s->state);
  tacet_write_vec(w, s->body);
}

static void read_slot(tacet_reader *r, tacet_slot *out) {
  uint8_t state = tacet_read_u8(r);
  out->state = (tacet_slot_state)state;
  out->body = tacet_read_vec_max(r, TACET_SLOT_BODY_MAX);
  if (state > TACET_SLOT_EXPIRED) {
    tacet_read_fail(r, TACET_ERR_UNKNOWN_TYPE);
  } else if (state != TACET_SLOT_TAKEN && out->body.len != 0) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
}

static void check_slot(tacet_reader *r) {
  tacet_slot s;
  read_slot(r, &s);
}

bool tacet_slot_next(tacet_span *list, tacet_slot *out) {
  WIRE_NEXT(list, read_slot, out);
}

void tacet_slots_answer_write(tacet_buf *w, const tacet_slots_answer *m) {
  tacet_write_vec(w, m->slots);
}

tacet_err tacet_slots_answer_parse(tacet_span in, tacet_slots_answer *out) {
  WIRE_READ(in);
  tacet_slots_answer m;
  m.slots = wire_read_list(&r, TACET_SLOTS_MAX, check_slot, &m.n_slots);
  WIRE_END(out, m);
}

/* ---- blobs ---- */

void tacet_blob_state_write(tacet_buf *w, const tacet_blob_state *m) {
  tacet_write_u64(w, m->received);
  tacet_write_u64(w, m->total);
}

tacet_err tacet_blob_state_parse(tacet_span in, tacet_blob_state *out) {
  WIRE_READ(in);
  tacet_blob_state m;
  m.received = tacet_read_u64(&r);
  m.total = tacet_read_u64(&r);
  if (m.received > m.total) {
    tacet_read_fail(&r, TACET_ERR_ENCODING);
  }
  WIRE_END(out, m);
}
