/* SPDX-License-Identifier: Apache-2.0
 * PrivateMessage (RFC 9420 6.3): content under a ratchet's key, and under the
 * epoch's sender data key who sent it and which key that was.
 */
#include "mls/frame.h"

static tacet_span nonce_of(const tacet_suite *s, const tacet_message_key *k) {
  return tacet_span_of(k->nonce, s->aead->nonce_len);
}

/* A copy with the reuse guard in its nonce (6.3.1): that is what saves a sender
 * whose state was restored from a copy. */
static tacet_err guarded(const tacet_message_key *key,
                         const uint8_t *reuse_guard, tacet_message_key *out) {
  memcpy(out->nonce, key->nonce, sizeof(out->nonce));
  for (size_t i = 0; i < 4; i++) {
    out->nonce[i] ^= reuse_guard[i];
  }
  return tacet_secret_set(&out->key, tacet_secret_span(&key->key));
}

static tacet_err sender_data_aad(tacet_buf *w, const tacet_private_message *m,
                                 tacet_span *out) {
  tacet_buf_clear(w);
  tacet_sender_data_aad_write(w, m);
  return tacet_buf_done(w, out);
}

static tacet_err content_aad(tacet_buf *w, const tacet_private_message *m,
                             tacet_span *out) {
  tacet_buf_clear(w);
  tacet_private_content_aad_write(w, m);
  return tacet_buf_done(w, out);
}

/* ---- reading ---- */

tacet_err tacet_private_sender(const tacet_suite *s,
                               const tacet_private_message *m,
                               const tacet_secret *sender_data, tacet_buf *work,
                               tacet_sender_data *out) {
  uint8_t plain[TACET_SENDER_DATA_LEN];
  if (m->encrypted_sender_data.len != sizeof(plain) + s->aead->tag_len) {
    return TACET_ERR_ENCODING;
  }
  TACET_MESSAGE_KEY(k);
  tacet_span aad;
  TACET_TRY(tacet_sender_data_key(s, sender_data, m->ciphertext, &k));
  TACET_TRY(sender_data_aad(work, m, &aad));
  TACET_TRY(s->aead->open(tacet_secret_span(&k.key), nonce_of(s, &k), aad,
                          m->encrypted_sender_data, plain));
  return tacet_sender_data_parse(tacet_span_of(plain, sizeof(plain)), out);
}

static tacet_err content_parse(const tacet_private_message *m,
                               const tacet_sender_data *sender,
                               tacet_span plain, tacet_frame *out) {
  tacet_private_message_content c;
  TACET_TRY(tacet_private_message_content_parse(plain, m->content_type, &c));
  out->wire_format = TACET_WIRE_FORMAT_PRIVATE_MESSAGE;
  out->content = (tacet_framed_content){
      .group_id = m->group_id,
      .epoch = m->epoch,
      .sender = {TACET_SENDER_MEMBER, sender->leaf_index},
      .authenticated_data = m->authenticated_data,
      .content_type = m->content_type,
      .body = c.body};
  out->auth = c.auth;
  return TACET_OK;
}

tacet_err tacet_private_open(const tacet_suite *s,
                             const tacet_private_message *m,
                             const tacet_sender_data *sender,
                             const tacet_message_key *key, tacet_buf *work,
                             tacet_buf *plain, tacet_frame *out) {
  tacet_buf_clear(plain);
  if (m->ciphertext.len < s->aead->tag_len) {
    return TACET_ERR_AUTH;
  }
  TACET_MESSAGE_KEY(k);
  tacet_span aad;
  TACET_TRY(guarded(key, sender->reuse_guard, &k));
  TACET_TRY(content_aad(work, m, &aad));
  uint8_t none = 0; /* an empty plaintext is malformed, but may be authentic */
  uint8_t *into =
      tacet_write_space(plain, m->ciphertext.len - s->aead->tag_len);
  TACET_TRY(plain->err);
  tacet_err err = s->aead->open(tacet_secret_span(&k.key), nonce_of(s, &k), aad,
                                m->ciphertext, into == NULL ? &none : into);
  if (err == TACET_OK) {
    err = content_parse(m, sender, tacet_buf_span(plain), out);
  }
  if (err != TACET_OK) {
    tacet_buf_clear(plain);
  }
  return err;
}

/* ---- writing ---- */

/* PrivateMessageContent with room for the tag behind it. */
static void content_write(tacet_buf *w, const tacet_suite *s,
                          const tacet_frame *f, size_t padding) {
  const tacet_framed_content *c = &f->content;
  if (c->content_type == TACET_CONTENT_TYPE_APPLICATION &&
      c->body.raw.len == 0) {
    tacet_write_vec(w, c->body.application_data);
  } else {
    tacet_write_bytes(w, c->body.raw);
  }
  tacet_framed_content_auth_write(w, c->content_type, &f->auth);
  tacet_write_zeros(w, padding);
  tacet_write_zeros(w, s->aead->tag_len);
}

/* Seals n bytes at p in place; the last tag_len of them are the tag's. */
static tacet_err seal_in_place(const tacet_suite *s, const tacet_message_key *k,
                               tacet_span aad, uint8_t *p, size_t n) {
  return s->aead->seal(tacet_secret_span(&k->key), nonce_of(s, k), aad,
                       tacet_span_of(p, n - s->aead->tag_len), p);
}

/* PrivateMessage in the clear, the room for the sender data empty: where that
 * and the content stand in the buffer. */
static tacet_err write_plain(const tacet_suite *s, const tacet_frame *f,
                             size_t padding, tacet_buf *message,
                             size_t *sender_at, size_t *content_len) {
  size_t sender_len = TACET_SENDER_DATA_LEN + s->aead->tag_len;
  tacet_message_head_write(message, TACET_WIRE_FORMAT_PRIVATE_MESSAGE);
  tacet_write_vec(message, f->content.group_id);
  tacet_write_u64(message, f->content.epoch);
  tacet_write_u8(message, f->content.content_type);
  tacet_write_vec(message, f->content.authenticated_data);
  tacet_write_varint(message, (uint32_t)sender_len);
  *sender_at = message->len;
  tacet_write_zeros(message, sender_len);
  size_t ciphertext = tacet_write_open(message);
  size_t before = message->len;
  content_write(message, s, f, padding);
  *content_len = message->len - before;
  tacet_write_close(message, ciphertext);
  return message->err;
}

static tacet_err seal_sender(const tacet_suite *s,
                             const tacet_private_message *m,
                             const tacet_sender_data *sender,
                             const tacet_secret *sender_data, tacet_buf *work,
                             uint8_t *p) {
  TACET_MESSAGE_KEY(k);
  tacet_span aad, plain;
  tacet_buf_clear(work);
  tacet_sender_data_write(work, sender);
  TACET_TRY(tacet_buf_done(work, &plain));
  memcpy(p, plain.p, plain.len);
  TACET_TRY(tacet_sender_data_key(s, sender_data, m->ciphertext, &k));
  TACET_TRY(sender_data_aad(work, m, &aad));
  return seal_in_place(s, &k, aad, p, TACET_SENDER_DATA_LEN + s->aead->tag_len);
}

static tacet_err write_sealed(const tacet_suite *s, const tacet_frame *f,
                              const tacet_private_keys *keys, size_t padding,
                              tacet_buf *work, tacet_buf *message) {
  size_t sender_at = 0, content_len = 0;
  TACET_MESSAGE_KEY(k);
  tacet_sender_data sender = {.leaf_index = f->content.sender.index,
                              .generation = keys->generation};
  TACET_TRY(tacet_random(sender.reuse_guard, sizeof(sender.reuse_guard)));
  TACET_TRY(guarded(keys->key, sender.reuse_guard, &k));
  TACET_TRY(write_plain(s, f, padding, message, &sender_at, &content_len));
  uint8_t *p = message->p + message->len - content_len;
  tacet_private_message m = {.group_id = f->content.group_id,
                             .epoch = f->content.epoch,
                             .content_type = f->content.content_type,
                             .authenticated_data =
                                 f->content.authenticated_data,
                             .ciphertext = tacet_span_of(p, content_len)};
  tacet_span aad;
  TACET_TRY(content_aad(work, &m, &aad));
  TACET_TRY(seal_in_place(s, &k, aad, p, content_len));
  return seal_sender(s, &m, &sender, keys->sender_data, work,
                     message->p + sender_at);
}

tacet_err tacet_private_write(const tacet_suite *s, const tacet_frame *f,
                              const tacet_private_keys *keys, size_t padding,
                              tacet_buf *work, tacet_buf *message) {
  size_t start = message->len;
  TACET_TRY(message->err);
  tacet_err err = write_sealed(s, f, keys, padding, work, message);
  if (err != TACET_OK) {
    tacet_buf_cut(message, start);
  }
  return err;
}
