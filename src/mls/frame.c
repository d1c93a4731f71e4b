/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/frame.h"

static void body_write(tacet_buf *w, const tacet_framed_content *c) {
  if (c->content_type == TACET_CONTENT_TYPE_APPLICATION &&
      c->body.raw.len == 0) {
    tacet_write_vec(w, c->body.application_data);
  } else {
    tacet_write_bytes(w, c->body.raw);
  }
}

void tacet_frame_content_write(tacet_buf *w, const tacet_frame *f) {
  tacet_framed_content_head_write(w, &f->content);
  body_write(w, &f->content);
}

/* struct FramedContentTBS: a member, and one who joins by this commit, sign the
 * group's state too; strangers cannot know it. */
static void tbs_write(tacet_buf *w, const tacet_frame *f, tacet_span context) {
  tacet_write_u16(w, TACET_PROTOCOL_MLS10);
  tacet_write_u16(w, f->wire_format);
  tacet_frame_content_write(w, f);
  uint8_t sender = f->content.sender.type;
  if (sender == TACET_SENDER_MEMBER ||
      sender == TACET_SENDER_NEW_MEMBER_COMMIT) {
    tacet_write_bytes(w, context);
  }
}

/* SignContent (5.1.2), built here rather than by tacet_sign_with_label(): it
 * would take a copy of the message, and messages are the common case. */
static tacet_err sign_content(tacet_buf *w, const tacet_frame *f,
                              tacet_span context, tacet_span *out) {
  tacet_buf_clear(w);
  tacet_write_vec(w, TACET_SPAN_LIT(TACET_LABEL_MLS "FramedContentTBS"));
  size_t content = tacet_write_open(w);
  tbs_write(w, f, context);
  tacet_write_close(w, content);
  return tacet_buf_done(w, out);
}

tacet_err tacet_frame_sign(const tacet_suite *s, tacet_frame *f,
                           tacet_span context, const tacet_secret *key,
                           tacet_buf *work, uint8_t *sig) {
  tacet_span message;
  size_t len = 0;
  TACET_TRY(sign_content(work, f, context, &message));
  TACET_TRY(s->sig->sign(tacet_secret_span(key), message, sig, &len));
  f->auth.signature = tacet_span_of(sig, len);
  return TACET_OK;
}

tacet_err tacet_frame_verify(const tacet_suite *s, const tacet_frame *f,
                             tacet_span context, tacet_span public_key,
                             tacet_buf *work) {
  tacet_span message;
  TACET_TRY(sign_content(work, f, context, &message));
  return s->sig->verify(public_key, message, f->auth.signature);
}

/* ---- PublicMessage ---- */

/* AuthenticatedContentTBM (6.2) under the membership key. */
static tacet_err membership_tag(const tacet_suite *s, const tacet_frame *f,
                                tacet_span context, const tacet_secret *key,
                                tacet_buf *work, uint8_t *tag) {
  tacet_span tbm;
  tacet_buf_clear(work);
  tbs_write(work, f, context);
  tacet_framed_content_auth_write(work, f->content.content_type, &f->auth);
  TACET_TRY(tacet_buf_done(work, &tbm));
  return s->hash->hmac(tacet_secret_span(key), &tbm, 1, tag);
}

tacet_err tacet_frame_public_write(const tacet_suite *s, const tacet_frame *f,
                                   tacet_span context,
                                   const tacet_secret *membership,
                                   tacet_buf *work, tacet_buf *message) {
  uint8_t tag[TACET_HASH_MAX];
  size_t start = message->len;
  TACET_TRY(message->err);
  bool member = f->content.sender.type == TACET_SENDER_MEMBER;
  if (member) {
    TACET_TRY(membership_tag(s, f, context, membership, work, tag));
  }
  tacet_message_head_write(message, TACET_WIRE_FORMAT_PUBLIC_MESSAGE);
  tacet_frame_content_write(message, f);
  tacet_framed_content_auth_write(message, f->content.content_type, &f->auth);
  if (member) {
    tacet_write_vec(message, tacet_span_of(tag, s->hash->len));
  }
  tacet_err err = message->err;
  if (err != TACET_OK) {
    tacet_buf_cut(message, start);
  }
  return err;
}

tacet_err tacet_frame_membership_check(const tacet_suite *s,
                                       const tacet_frame *f, tacet_span context,
                                       const tacet_secret *membership,
                                       tacet_span tag, tacet_buf *work) {
  uint8_t want[TACET_HASH_MAX];
  TACET_TRY(membership_tag(s, f, context, membership, work, want));
  return tacet_equal_ct(tag, tacet_span_of(want, s->hash->len))
             ? TACET_OK
             : TACET_ERR_AUTH;
}
