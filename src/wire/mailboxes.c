/* SPDX-License-Identifier: Apache-2.0
 * Making, changing and deleting mailboxes. */
#include "tacet/wire/delivery.h"

#include "wire/fields.h"

void tacet_new_mailbox_write(tacet_buf *w, const tacet_new_mailbox *m) {
  wire_write_fixed(w, m->id, sizeof(m->id));
  wire_write_fixed(w, m->read_hash, sizeof(m->read_hash));
  wire_write_fixed(w, m->capability_hash, sizeof(m->capability_hash));
  wire_write_fixed(w, m->sealing_key, sizeof(m->sealing_key));
  tacet_write_optional(w, m->paid);
}

static void read_new(tacet_reader *r, tacet_new_mailbox *out) {
  tacet_read_copy(r, out->id, sizeof(out->id));
  tacet_read_copy(r, out->read_hash, sizeof(out->read_hash));
  tacet_read_copy(r, out->capability_hash, sizeof(out->capability_hash));
  tacet_read_copy(r, out->sealing_key, sizeof(out->sealing_key));
  out->paid = wire_read_bool(r);
}

static void check_new(tacet_reader *r) {
  tacet_new_mailbox m;
  read_new(r, &m);
}

bool tacet_new_mailbox_next(tacet_span *list, tacet_new_mailbox *out) {
  WIRE_NEXT(list, read_new, out);
}

void tacet_create_mailboxes_write(tacet_buf *w,
                                  const tacet_create_mailboxes *m) {
  tacet_token_write(w, &m->token);
  tacet_write_vec(w, m->mailboxes);
}

tacet_err tacet_create_mailboxes_parse(tacet_span in,
                                       tacet_create_mailboxes *out) {
  WIRE_READ(in);
  tacet_create_mailboxes m;
  tacet_span token = tacet_read_bytes(&r, TACET_TOKEN_LEN);
  if (err == TACET_OK) {
    err = tacet_token_parse(token, &m.token);
  }
  m.mailboxes =
      wire_read_list(&r, TACET_MAILBOXES_MAX, check_new, &m.n_mailboxes);
  if (m.n_mailboxes == 0) {
    tacet_read_fail(&r, TACET_ERR_LIMIT);
  }
  WIRE_END(out, m);
}

void tacet_change_mailbox_write(tacet_buf *w, const tacet_change_mailbox *m) {
  wire_write_fixed(w, m->id, sizeof(m->id));
  wire_write_fixed(w, m->read_secret, sizeof(m->read_secret));
  wire_write_fixed(w, m->capability_hash, sizeof(m->capability_hash));
  tacet_write_optional(w, m->drop_old);
}

tacet_err tacet_change_mailbox_parse(tacet_span in, tacet_change_mailbox *out) {
  WIRE_READ(in);
  tacet_change_mailbox m;
  tacet_read_copy(&r, m.id, sizeof(m.id));
  tacet_read_copy(&r, m.read_secret, sizeof(m.read_secret));
  tacet_read_copy(&r, m.capability_hash, sizeof(m.capability_hash));
  m.drop_old = wire_read_bool(&r);
  WIRE_END(out, m);
}

void tacet_mailbox_key_write(tacet_buf *w, const tacet_mailbox_key *m) {
  wire_write_fixed(w, m->id, sizeof(m->id));
  wire_write_fixed(w, m->read_secret, sizeof(m->read_secret));
}

static void read_key(tacet_reader *r, tacet_mailbox_key *out) {
  tacet_read_copy(r, out->id, sizeof(out->id));
  tacet_read_copy(r, out->read_secret, sizeof(out->read_secret));
}

bool tacet_mailbox_key_next(tacet_span *list, tacet_mailbox_key *out) {
  WIRE_NEXT(list, read_key, out);
}

void tacet_delete_mailboxes_write(tacet_buf *w,
                                  const tacet_delete_mailboxes *m) {
  tacet_write_vec(w, m->mailboxes);
}

tacet_err tacet_delete_mailboxes_parse(tacet_span in,
                                       tacet_delete_mailboxes *out) {
  WIRE_READ(in);
  tacet_delete_mailboxes m;
  m.mailboxes = wire_read_array(&r, sizeof(tacet_mailbox_key), 1,
                                TACET_MAILBOXES_MAX, &m.n_mailboxes);
  WIRE_END(out, m);
}
