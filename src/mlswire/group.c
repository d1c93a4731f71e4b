/* SPDX-License-Identifier: Apache-2.0
 * GroupContext, GroupInfo, GroupSecrets, Welcome (RFC 9420 8.1, 12.4.3). */
#include "mlswire/list.h"

/* ---- GroupContext ---- */

void tacet_group_context_read(tacet_reader *r, tacet_group_context *out) {
  const uint8_t *from = r->p;
  out->version = tacet_read_u16(r);
  out->cipher_suite = tacet_read_u16(r);
  out->group_id = tacet_read_vec(r);
  out->epoch = tacet_read_u64(r);
  out->tree_hash = tacet_read_vec(r);
  out->confirmed_transcript_hash = tacet_read_vec(r);
  out->extensions = tacet_extensions_read(r);
  out->raw = tacet_read_since(r, from);
}

tacet_err tacet_group_context_parse(tacet_span in, tacet_group_context *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_group_context c;
  tacet_group_context_read(&r, &c);
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = c;
  return TACET_OK;
}

void tacet_group_context_write(tacet_buf *w, const tacet_group_context *c) {
  tacet_write_u16(w, c->version);
  tacet_write_u16(w, c->cipher_suite);
  tacet_write_vec(w, c->group_id);
  tacet_write_u64(w, c->epoch);
  tacet_write_vec(w, c->tree_hash);
  tacet_write_vec(w, c->confirmed_transcript_hash);
  tacet_write_vec(w, c->extensions);
}

/* ---- GroupInfo ---- */

void tacet_group_info_read(tacet_reader *r, tacet_group_info *out) {
  const uint8_t *from = r->p;
  tacet_group_context_read(r, &out->group_context);
  out->extensions = tacet_extensions_read(r);
  out->confirmation_tag = tacet_read_vec(r);
  out->signer = tacet_read_u32(r);
  out->tbs = tacet_read_since(r, from);
  out->signature = tacet_read_vec(r);
  out->raw = tacet_read_since(r, from);
}

tacet_err tacet_group_info_parse(tacet_span in, tacet_group_info *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_group_info i;
  tacet_group_info_read(&r, &i);
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = i;
  return TACET_OK;
}

void tacet_group_info_tbs_write(tacet_buf *w, const tacet_group_info *i) {
  tacet_group_context_write(w, &i->group_context);
  tacet_write_vec(w, i->extensions);
  tacet_write_vec(w, i->confirmation_tag);
  tacet_write_u32(w, i->signer);
}

void tacet_group_info_write(tacet_buf *w, const tacet_group_info *i) {
  tacet_group_info_tbs_write(w, i);
  tacet_write_vec(w, i->signature);
}

/* ---- GroupSecrets, Welcome ---- */

tacet_err tacet_group_secrets_parse(tacet_span in, tacet_group_secrets *out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  tacet_group_secrets s;
  s.joiner_secret = tacet_read_vec(&r);
  s.has_path_secret = tacet_read_optional(&r);
  s.path_secret = s.has_path_secret ? tacet_read_vec(&r) : TACET_SPAN_EMPTY;
  tacet_reader psks = tacet_read_vec_of(&r);
  s.psks = tacet_list_of(&psks);
  while (tacet_more(&psks)) {
    tacet_pre_shared_key_id k;
    tacet_pre_shared_key_id_read(&psks, &k);
  }
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = s;
  return TACET_OK;
}

void tacet_group_secrets_write(tacet_buf *w, const tacet_group_secrets *s) {
  tacet_write_vec(w, s->joiner_secret);
  tacet_write_optional(w, s->has_path_secret);
  if (s->has_path_secret) {
    tacet_write_vec(w, s->path_secret);
  }
  tacet_write_vec(w, s->psks);
}

static void encrypted_group_secrets_read(tacet_reader *r,
                                         tacet_encrypted_group_secrets *out) {
  const uint8_t *from = r->p;
  out->new_member = tacet_read_vec(r);
  tacet_hpke_ciphertext_read(r, &out->encrypted_group_secrets);
  out->raw = tacet_read_since(r, from);
}

bool tacet_encrypted_group_secrets_next(tacet_span *list,
                                        tacet_encrypted_group_secrets *out) {
  tacet_err err;
  tacet_reader r;
  if (!tacet_list_open(*list, &err, &r)) {
    return false;
  }
  encrypted_group_secrets_read(&r, out);
  return tacet_list_advance(list, &r);
}

void tacet_encrypted_group_secrets_write(
    tacet_buf *w, const tacet_encrypted_group_secrets *s) {
  tacet_write_vec(w, s->new_member);
  tacet_hpke_ciphertext_write(w, &s->encrypted_group_secrets);
}

void tacet_welcome_read(tacet_reader *r, tacet_welcome *out) {
  out->cipher_suite = tacet_read_u16(r);
  tacet_reader list = tacet_read_vec_of(r);
  out->secrets = tacet_list_of(&list);
  while (tacet_more(&list)) {
    tacet_encrypted_group_secrets s;
    encrypted_group_secrets_read(&list, &s);
  }
  out->encrypted_group_info = tacet_read_vec(r);
}

void tacet_welcome_write(tacet_buf *w, const tacet_welcome *m) {
  tacet_write_u16(w, m->cipher_suite);
  tacet_write_vec(w, m->secrets);
  tacet_write_vec(w, m->encrypted_group_info);
}
