/* SPDX-License-Identifier: Apache-2.0
 * message-protection.json (RFC 9420 6), transcript-hashes.json (8.2) and
 * welcome.json (12.4.3.1) of mlswg/mls-implementations. */
#include <stdio.h>

#include "mls/frame.h"
#include "mls/key_package.h"
#include "mls/key_schedule.h"
#include "mls/transcript.h"
#include "mls/welcome_make.h"
#include "tests/vectors/sets.h"

#define LIMIT ((size_t)1 << 20)

/* ---- message protection ---- */

/* An epoch as these vectors give it: two leaves, the sender is leaf 1. */
typedef struct epoch {
  vec_context *c;
  const json_t *v;
  const tacet_suite *s;
  tacet_span context;
  tacet_secret sender_data, membership, signature_key;
  tacet_secret_tree tree;
  tacet_buf work, plain, message;
} epoch;

static tacet_ratchet_type ratchet_of(uint8_t content_type) {
  return content_type == TACET_CONTENT_TYPE_APPLICATION
             ? TACET_RATCHET_APPLICATION
             : TACET_RATCHET_HANDSHAKE;
}

/* Opens a PrivateMessage; the frame points into it and into e->plain. */
static vec_outcome open_private(epoch *e, tacet_span message, tacet_frame *f) {
  tacet_message m;
  tacet_sender_data sender;
  tacet_message_key key;
  VEC_OK(e->c, tacet_message_parse(message, &m));
  VEC_CHECK(e->c, m.wire_format == TACET_WIRE_FORMAT_PRIVATE_MESSAGE);
  VEC_OK(e->c, tacet_private_sender(e->s, &m.private_message, &e->sender_data,
                                    &e->work, &sender));
  VEC_CHECK(e->c, sender.leaf_index == 1);
  VEC_OK(e->c, tacet_secret_tree_key(&e->tree, 1,
                                     ratchet_of(m.private_message.content_type),
                                     sender.generation, 1000, &key));
  VEC_OK(e->c, tacet_private_open(e->s, &m.private_message, &sender, &key,
                                  &e->work, &e->plain, f));
  VEC_OK(e->c,
         tacet_frame_verify(e->s, f, e->context,
                            vec_hex(e->c, e->v, "signature_pub"), &e->work));
  return VEC_PASSED;
}

static vec_outcome open_public(epoch *e, tacet_span message, tacet_frame *f) {
  tacet_message m;
  VEC_OK(e->c, tacet_message_parse(message, &m));
  VEC_CHECK(e->c, m.wire_format == TACET_WIRE_FORMAT_PUBLIC_MESSAGE);
  *f = (tacet_frame){.wire_format = m.wire_format,
                     .content = m.public_message.content,
                     .auth = m.public_message.auth};
  VEC_OK(e->c, tacet_frame_membership_check(e->s, f, e->context, &e->membership,
                                            m.public_message.membership_tag,
                                            &e->work));
  VEC_OK(e->c,
         tacet_frame_verify(e->s, f, e->context,
                            vec_hex(e->c, e->v, "signature_pub"), &e->work));
  return VEC_PASSED;
}

static tacet_span body_of(const tacet_frame *f) {
  return f->content.content_type == TACET_CONTENT_TYPE_APPLICATION
             ? f->content.body.application_data
             : f->content.body.raw;
}

/* Protects the content as the group of the vector would, both ways. */
static tacet_err protect(epoch *e, uint16_t wire_format, uint8_t content_type,
                         tacet_span body) {
  static const uint8_t some_tag[TACET_HASH_MAX];
  uint8_t sig[TACET_SIG_MAX];
  tacet_message_key key;
  tacet_frame f = {.wire_format = wire_format,
                   .content = {.group_id = vec_hex(e->c, e->v, "group_id"),
                               .epoch = vec_uint(e->c, e->v, "epoch"),
                               .sender = {TACET_SENDER_MEMBER, 1},
                               .content_type = content_type}};
  if (content_type == TACET_CONTENT_TYPE_APPLICATION) {
    f.content.body.application_data = body;
  } else {
    f.content.body.raw = body;
  }
  if (content_type == TACET_CONTENT_TYPE_COMMIT) {
    f.auth.confirmation_tag = tacet_span_of(some_tag, e->s->hash->len);
  }
  tacet_buf_clear(&e->message);
  TACET_TRY(
      tacet_frame_sign(e->s, &f, e->context, &e->signature_key, &e->work, sig));
  if (wire_format == TACET_WIRE_FORMAT_PUBLIC_MESSAGE) {
    return tacet_frame_public_write(e->s, &f, e->context, &e->membership,
                                    &e->work, &e->message);
  }
  TACET_TRY(tacet_secret_tree_key(&e->tree, 1, ratchet_of(content_type), 7,
                                  1000, &key));
  const tacet_private_keys keys = {7, &key, &e->sender_data};
  return tacet_private_write(e->s, &f, &keys, 13, &e->work, &e->message);
}

static vec_outcome content(epoch *e, uint8_t content_type, const char *name) {
  char priv[32], pub[32];
  snprintf(priv, sizeof(priv), "%s_priv", name);
  snprintf(pub, sizeof(pub), "%s_pub", name);
  tacet_span body = vec_hex(e->c, e->v, name);
  tacet_frame f;
  VEC_CHECK(e->c, open_private(e, vec_hex(e->c, e->v, priv), &f) == VEC_PASSED);
  VEC_CHECK(e->c, tacet_span_equal(body_of(&f), body));
  VEC_OK(e->c,
         protect(e, TACET_WIRE_FORMAT_PRIVATE_MESSAGE, content_type, body));
  VEC_CHECK(e->c,
            open_private(e, tacet_buf_span(&e->message), &f) == VEC_PASSED);
  VEC_CHECK(e->c, tacet_span_equal(body_of(&f), body));
  if (content_type == TACET_CONTENT_TYPE_APPLICATION) {
    return VEC_PASSED;
  }
  VEC_CHECK(e->c, open_public(e, vec_hex(e->c, e->v, pub), &f) == VEC_PASSED);
  VEC_CHECK(e->c, tacet_span_equal(body_of(&f), body));
  VEC_OK(e->c,
         protect(e, TACET_WIRE_FORMAT_PUBLIC_MESSAGE, content_type, body));
  VEC_CHECK(e->c,
            open_public(e, tacet_buf_span(&e->message), &f) == VEC_PASSED);
  VEC_CHECK(e->c, tacet_span_equal(body_of(&f), body));
  return VEC_PASSED;
}

static vec_outcome contents(epoch *e) {
  VEC_CHECK(e->c,
            content(e, TACET_CONTENT_TYPE_PROPOSAL, "proposal") == VEC_PASSED);
  VEC_CHECK(e->c,
            content(e, TACET_CONTENT_TYPE_COMMIT, "commit") == VEC_PASSED);
  return content(e, TACET_CONTENT_TYPE_APPLICATION, "application");
}

static void write_context(vec_context *c, const json_t *v, const tacet_suite *s,
                          tacet_buf *w) {
  const tacet_group_context context = {
      .version = TACET_PROTOCOL_MLS10,
      .cipher_suite = s->id,
      .group_id = vec_hex(c, v, "group_id"),
      .epoch = vec_uint(c, v, "epoch"),
      .tree_hash = vec_hex(c, v, "tree_hash"),
      .confirmed_transcript_hash = vec_hex(c, v, "confirmed_transcript_hash")};
  tacet_group_context_write(w, &context);
}

vec_outcome set_message_protection(vec_context *c, const json_t *entry) {
  const tacet_suite *s = vec_suite(c, entry);
  if (s == NULL) {
    return VEC_NOT_OFFERED;
  }
  TACET_BUF(context, LIMIT);
  write_context(c, entry, s, &context);
  epoch e = {.c = c,
             .v = entry,
             .s = s,
             .context = tacet_buf_span(&context),
             .sender_data = vec_secret(c, entry, "sender_data_secret"),
             .membership = vec_secret(c, entry, "membership_key"),
             .signature_key =
                 vec_private(c, entry, "signature_priv", s->sig->private_len),
             .work = {.max = LIMIT},
             .plain = {.max = LIMIT},
             .message = {.max = LIMIT}};
  tacet_secret root = vec_secret(c, entry, "encryption_secret");
  VEC_OK(c, tacet_secret_tree_init(&e.tree, s, 2, &root));
  vec_outcome outcome = contents(&e);
  tacet_secret_tree_free(&e.tree);
  tacet_buf_free(&e.work);
  tacet_buf_free(&e.plain);
  tacet_buf_free(&e.message);
  return outcome;
}

/* ---- transcript hashes ---- */

vec_outcome set_transcript_hashes(vec_context *c, const json_t *entry) {
  const tacet_suite *s = vec_suite(c, entry);
  if (s == NULL) {
    return VEC_NOT_OFFERED;
  }
  tacet_err err = TACET_OK;
  tacet_reader r =
      tacet_reader_over(vec_hex(c, entry, "authenticated_content"), &err);
  tacet_framed_content content;
  tacet_framed_content_auth auth;
  uint16_t wire_format = tacet_read_u16(&r);
  tacet_framed_content_read(&r, &content);
  tacet_framed_content_auth_read(&r, TACET_CONTENT_TYPE_COMMIT, &auth);
  tacet_read_end(&r);
  VEC_OK(c, err);
  uint8_t confirmed[TACET_HASH_MAX], interim[TACET_HASH_MAX],
      tag[TACET_HASH_MAX];
  size_t n = s->hash->len;
  VEC_OK(c, tacet_transcript_confirmed(
                s->hash, vec_hex(c, entry, "interim_transcript_hash_before"),
                wire_format, content.raw, auth.signature, confirmed));
  VEC_CHECK(c, tacet_span_equal(
                   tacet_span_of(confirmed, n),
                   vec_hex(c, entry, "confirmed_transcript_hash_after")));
  VEC_OK(c, tacet_transcript_interim(s->hash, tacet_span_of(confirmed, n),
                                     auth.confirmation_tag, interim));
  VEC_CHECK(
      c, tacet_span_equal(tacet_span_of(interim, n),
                          vec_hex(c, entry, "interim_transcript_hash_after")));
  tacet_secret key = vec_secret(c, entry, "confirmation_key");
  VEC_OK(c, tacet_confirmation_tag(s->hash, &key, tacet_span_of(confirmed, n),
                                   tag));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(tag, n), auth.confirmation_tag));
  return VEC_PASSED;
}

/* ---- welcome ---- */

static vec_outcome find_entry(vec_context *c, const tacet_suite *s,
                              const tacet_welcome *w, tacet_span key_package,
                              tacet_hpke_ciphertext *out) {
  tacet_key_package k;
  uint8_t ref[TACET_HASH_MAX];
  VEC_OK(c, tacet_key_package_message(key_package, &k));
  VEC_OK(c, tacet_key_package_ref(s->hash, &k, ref));
  tacet_span list = w->secrets;
  for (tacet_encrypted_group_secrets e;
       tacet_encrypted_group_secrets_next(&list, &e);) {
    if (tacet_span_equal(e.new_member, tacet_span_of(ref, s->hash->len))) {
      *out = e.encrypted_group_secrets;
      return VEC_PASSED;
    }
  }
  vec_complain(c, "the Welcome does not name the key package", __FILE__,
               __LINE__);
  return VEC_FAILED;
}

static vec_outcome check_info(vec_context *c, const json_t *v,
                              const tacet_suite *s, const tacet_group_info *i,
                              const tacet_secret *joiner,
                              const tacet_secret *psk) {
  tacet_epoch e;
  uint8_t tag[TACET_HASH_MAX];
  VEC_OK(c, tacet_verify_with_label(s->sig, vec_hex(c, v, "signer_pub"),
                                    TACET_LABEL_MLS, "GroupInfoTBS", i->tbs,
                                    i->signature));
  VEC_OK(c, tacet_epoch_derive(s->hash, joiner, psk, i->group_context.raw, &e));
  VEC_OK(c, tacet_confirmation_tag(s->hash, &e.confirmation,
                                   i->group_context.confirmed_transcript_hash,
                                   tag));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(tag, s->hash->len),
                                i->confirmation_tag));
  return VEC_PASSED;
}

vec_outcome set_welcome(vec_context *c, const json_t *entry) {
  const tacet_suite *s = vec_suite(c, entry);
  if (s == NULL) {
    return VEC_NOT_OFFERED;
  }
  tacet_message m;
  tacet_hpke_ciphertext sealed;
  VEC_OK(c, tacet_message_parse(vec_hex(c, entry, "welcome"), &m));
  VEC_CHECK(c, m.wire_format == TACET_WIRE_FORMAT_WELCOME);
  VEC_CHECK(c, find_entry(c, s, &m.welcome, vec_hex(c, entry, "key_package"),
                          &sealed) == VEC_PASSED);
  size_t tag = s->aead->tag_len;
  size_t len = sealed.ciphertext.len - tag;
  uint8_t *plain = vec_alloc(c, len);
  tacet_secret init = vec_private(c, entry, "init_priv", s->kem->private_len);
  VEC_OK(c,
         tacet_decrypt_with_label(s, tacet_secret_span(&init), "Welcome",
                                  m.welcome.encrypted_group_info,
                                  sealed.kem_output, sealed.ciphertext, plain));
  tacet_group_secrets secrets;
  VEC_OK(c, tacet_group_secrets_parse(tacet_span_of(plain, len), &secrets));
  tacet_secret joiner, psk;
  tacet_message_key k;
  VEC_OK(c, tacet_secret_set(&joiner, secrets.joiner_secret));
  tacet_epoch_zero(s->hash, &psk);
  VEC_OK(c, tacet_welcome_key(s, &joiner, &psk, &k));
  tacet_span encrypted = m.welcome.encrypted_group_info;
  uint8_t *info = vec_alloc(c, encrypted.len - tag);
  VEC_OK(c, s->aead->open(tacet_secret_span(&k.key),
                          tacet_span_of(k.nonce, s->aead->nonce_len),
                          TACET_SPAN_EMPTY, encrypted, info));
  tacet_group_info i;
  VEC_OK(c,
         tacet_group_info_parse(tacet_span_of(info, encrypted.len - tag), &i));
  return check_info(c, entry, s, &i, &joiner, &psk);
}
