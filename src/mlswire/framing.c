/* SPDX-License-Identifier: Apache-2.0
 * FramedContent, PublicMessage, PrivateMessage (RFC 9420 6). */
#include "mlswire/list.h"

/* ---- FramedContent ---- */

static void sender_read(tacet_reader *r, tacet_sender *out) {
  *out = (tacet_sender){.type = tacet_read_u8(r)};
  if (out->type == TACET_SENDER_MEMBER || out->type == TACET_SENDER_EXTERNAL) {
    out->index = tacet_read_u32(r);
  } else if (out->type != TACET_SENDER_NEW_MEMBER_PROPOSAL &&
             out->type != TACET_SENDER_NEW_MEMBER_COMMIT) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
}

static void sender_write(tacet_buf *w, const tacet_sender *s) {
  tacet_write_u8(w, s->type);
  if (s->type == TACET_SENDER_MEMBER || s->type == TACET_SENDER_EXTERNAL) {
    tacet_write_u32(w, s->index);
  }
}

static void body_read(tacet_reader *r, uint8_t content_type,
                      tacet_content_body *out) {
  const uint8_t *from = r->p;
  switch (content_type) {
  case TACET_CONTENT_TYPE_APPLICATION:
    out->application_data = tacet_read_vec(r);
    break;
  case TACET_CONTENT_TYPE_PROPOSAL:
    tacet_proposal_read(r, &out->proposal);
    break;
  case TACET_CONTENT_TYPE_COMMIT:
    tacet_commit_read(r, &out->commit);
    break;
  default:
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  out->raw = tacet_read_since(r, from);
}

static void body_write(tacet_buf *w, uint8_t content_type,
                       const tacet_content_body *body) {
  if (content_type == TACET_CONTENT_TYPE_APPLICATION) {
    tacet_write_vec(w, body->application_data);
  } else if (content_type == TACET_CONTENT_TYPE_PROPOSAL) {
    tacet_proposal_write(w, &body->proposal);
  } else {
    tacet_commit_write(w, &body->commit);
  }
}

void tacet_framed_content_read(tacet_reader *r, tacet_framed_content *out) {
  const uint8_t *from = r->p;
  out->group_id = tacet_read_vec(r);
  out->epoch = tacet_read_u64(r);
  sender_read(r, &out->sender);
  out->authenticated_data = tacet_read_vec(r);
  out->content_type = tacet_read_u8(r);
  body_read(r, out->content_type, &out->body);
  out->raw = tacet_read_since(r, from);
}

void tacet_framed_content_head_write(tacet_buf *w,
                                     const tacet_framed_content *c) {
  tacet_write_vec(w, c->group_id);
  tacet_write_u64(w, c->epoch);
  sender_write(w, &c->sender);
  tacet_write_vec(w, c->authenticated_data);
  tacet_write_u8(w, c->content_type);
}

void tacet_framed_content_write(tacet_buf *w, const tacet_framed_content *c) {
  tacet_framed_content_head_write(w, c);
  body_write(w, c->content_type, &c->body);
}

void tacet_framed_content_tbs_write(tacet_buf *w, uint16_t wire_format,
                                    tacet_span framed_content,
                                    tacet_span context) {
  tacet_write_u16(w, TACET_PROTOCOL_MLS10);
  tacet_write_u16(w, wire_format);
  tacet_write_bytes(w, framed_content);
  tacet_write_bytes(w, context);
}

void tacet_framed_content_auth_read(tacet_reader *r, uint8_t content_type,
                                    tacet_framed_content_auth *out) {
  const uint8_t *from = r->p;
  out->signature = tacet_read_vec(r);
  out->confirmation_tag = content_type == TACET_CONTENT_TYPE_COMMIT
                              ? tacet_read_vec(r)
                              : TACET_SPAN_EMPTY;
  out->raw = tacet_read_since(r, from);
}

void tacet_framed_content_auth_write(tacet_buf *w, uint8_t content_type,
                                     const tacet_framed_content_auth *a) {
  tacet_write_vec(w, a->signature);
  if (content_type == TACET_CONTENT_TYPE_COMMIT) {
    tacet_write_vec(w, a->confirmation_tag);
  }
}

/* ---- PublicMessage ---- */

void tacet_public_message_read(tacet_reader *r, tacet_public_message *out) {
  tacet_framed_content_read(r, &out->content);
  tacet_framed_content_auth_read(r, out->content.content_type, &out->auth);
  out->membership_tag = out->content.sender.type == TACET_SENDER_MEMBER
                            ? tacet_read_vec(r)
                            : TACET_SPAN_EMPTY;
}

void tacet_public_message_write(tacet_buf *w, const tacet_public_message *m) {
  tacet_framed_content_write(w, &m->content);
  tacet_framed_content_auth_write(w, m->content.content_type, &m->auth);
  if (m->content.sender.type == TACET_SENDER_MEMBER) {
    tacet_write_vec(w, m->membership_tag);
  }
}

/* ---- PrivateMessage ---- */

void tacet_private_message_read(tacet_reader *r, tacet_private_message *out) {
  out->group_id = tacet_read_vec(r);
  out->epoch = tacet_read_u64(r);
  out->content_type = tacet_read_u8(r);
  if (out->content_type < TACET_CONTENT_TYPE_APPLICATION ||
      out->content_type > TACET_CONTENT_TYPE_COMMIT) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
  out->authenticated_data = tacet_read_vec(r);
  out->encrypted_sender_data = tacet_read_vec(r);
  out->ciphertext = tacet_read_vec(r);
}

void tacet_sender_data_aad_write(tacet_buf *w, const tacet_private_message *m) {
  tacet_write_vec(w, m->group_id);
  tacet_write_u64(w, m->epoch);
  tacet_write_u8(w, m->content_type);
}

void tacet_private_content_aad_write(tacet_buf *w,
                                     const tacet_private_message *m) {
  tacet_sender_data_aad_write(w, m);
  tacet_write_vec(w, m->authenticated_data);
}

void tacet_private_message_write(tacet_buf *w, const tacet_private_message *m) {
  tacet_private_content_aad_write(w, m);
  tacet_write_vec(w, m->encrypted_sender_data);
  tacet_write_vec(w, m->ciphertext);
}

/* RFC 9420 6.3.1: padding MUST be all zero, or it would be a covert channel. */
tacet_err
tacet_private_message_content_parse(tacet_span in, uint8_t content_type,
                                    tacet_private_message_content *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_private_message_content c;
  body_read(&r, content_type, &c.body);
  tacet_framed_content_auth_read(&r, content_type, &c.auth);
  TACET_TRY(err);
  c.padding = tacet_read_left(&r);
  uint8_t any = 0;
  for (; r.p != r.end; r.p++) {
    any |= *r.p;
  }
  if (any != 0) {
    return TACET_ERR_PADDING;
  }
  *out = c;
  return TACET_OK;
}

void tacet_private_message_content_write(
    tacet_buf *w, uint8_t content_type,
    const tacet_private_message_content *c) {
  body_write(w, content_type, &c->body);
  tacet_framed_content_auth_write(w, content_type, &c->auth);
  tacet_write_zeros(w, c->padding);
}

tacet_err tacet_sender_data_parse(tacet_span in, tacet_sender_data *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_sender_data d;
  d.leaf_index = tacet_read_u32(&r);
  d.generation = tacet_read_u32(&r);
  tacet_read_copy(&r, d.reuse_guard, sizeof(d.reuse_guard));
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = d;
  return TACET_OK;
}

void tacet_sender_data_write(tacet_buf *w, const tacet_sender_data *d) {
  tacet_write_u32(w, d->leaf_index);
  tacet_write_u32(w, d->generation);
  tacet_write_bytes(w, tacet_span_of(d->reuse_guard, sizeof(d->reuse_guard)));
}
