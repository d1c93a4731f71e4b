/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/welcome_make.h"

#include "mls/key_package.h"

tacet_err tacet_welcome_key(const tacet_suite *suite,
                            const tacet_secret *joiner,
                            const tacet_secret *psk_secret,
                            tacet_message_key *out) {
  const tacet_hash *h = suite->hash;
  TACET_SECRET(welcome);
  TACET_SECRET(nonce);
  TACET_ASSERT(suite->aead->nonce_len <= TACET_MLS_NONCE_MAX);
  TACET_TRY(tacet_epoch_welcome(h, joiner, psk_secret, &welcome));
  TACET_TRY(tacet_expand_with_label(h, &welcome, "nonce", TACET_SPAN_EMPTY,
                                    suite->aead->nonce_len, &nonce));
  TACET_TRY(tacet_expand_with_label(h, &welcome, "key", TACET_SPAN_EMPTY,
                                    suite->aead->key_len, &out->key));
  memcpy(out->nonce, nonce.b, nonce.len);
  return TACET_OK;
}

static tacet_err encrypt_info(const tacet_welcome_job *job, tacet_bytes *out) {
  TACET_MESSAGE_KEY(k);
  const tacet_aead *aead = job->suite->aead;
  TACET_TRY(tacet_welcome_key(job->suite, job->joiner, job->psk_secret, &k));
  TACET_TRY(tacet_bytes_new(out, job->group_info.len + aead->tag_len));
  return aead->seal(tacet_secret_span(&k.key),
                    tacet_span_of(k.nonce, aead->nonce_len), TACET_SPAN_EMPTY,
                    job->group_info, out->p);
}

/* The PreSharedKeyIDs of the commit, in its order. */
static void write_psks(const tacet_proposal_list *l, tacet_buf *w) {
  for (size_t i = 0; i < l->n; i++) {
    if (l->item[i].view.type == TACET_PROPOSAL_PSK) {
      tacet_pre_shared_key_id_write(w, &l->item[i].view.psk);
    }
  }
}

static tacet_err write_secrets(const tacet_welcome_job *job, uint32_t leaf,
                               tacet_span psks, tacet_buf *w) {
  const tacet_secret *path =
      job->path == NULL ? NULL : tacet_path_secret_for(job->path, leaf);
  const tacet_group_secrets s = {
      .joiner_secret = tacet_secret_span(job->joiner),
      .has_path_secret = path != NULL,
      .path_secret = path == NULL ? TACET_SPAN_EMPTY : tacet_secret_span(path),
      .psks = psks};
  tacet_buf_clear(w);
  tacet_group_secrets_write(w, &s);
  return w->err;
}

static tacet_err invite(const tacet_welcome_job *job,
                        const tacet_key_package *k, tacet_span plain,
                        tacet_span info, tacet_buf *w) {
  const tacet_suite *s = job->suite;
  uint8_t ref[TACET_HASH_MAX], enc[TACET_KEM_ENC_MAX];
  TACET_BYTES(sealed);
  TACET_TRY(tacet_key_package_ref(s->hash, k, ref));
  TACET_TRY(tacet_bytes_new(&sealed, plain.len + s->aead->tag_len));
  TACET_TRY(tacet_encrypt_with_label(s, k->init_key, "Welcome", info, plain,
                                     enc, sealed.p));
  const tacet_encrypted_group_secrets entry = {
      .new_member = tacet_span_of(ref, s->hash->len),
      .encrypted_group_secrets = {.kem_output =
                                      tacet_span_of(enc, s->kem->enc_len),
                                  .ciphertext = tacet_bytes_span(&sealed)}};
  tacet_encrypted_group_secrets_write(w, &entry);
  return w->err;
}

static tacet_err invite_all(const tacet_welcome_job *job, tacet_span info,
                            tacet_buf *w) {
  TACET_BUF(psks, TACET_MLS_MESSAGE_LIMIT);
  TACET_BUF(plain, TACET_MLS_MESSAGE_LIMIT);
  tacet_span list, secrets;
  write_psks(job->list, &psks);
  TACET_TRY(tacet_buf_done(&psks, &list));
  for (size_t i = 0; i < job->list->n; i++) {
    const tacet_listed_proposal *p = &job->list->item[i];
    if (p->view.type == TACET_PROPOSAL_ADD) {
      TACET_TRY(write_secrets(job, p->leaf, list, &plain));
      TACET_TRY(tacet_buf_done(&plain, &secrets));
      TACET_TRY(invite(job, &p->view.add, secrets, info, w));
    }
  }
  return TACET_OK;
}

tacet_err tacet_welcome_make(const tacet_welcome_job *job, tacet_buf *message) {
  TACET_BYTES(info);
  TACET_BUF(entries, TACET_MLS_MESSAGE_LIMIT);
  TACET_TRY(encrypt_info(job, &info));
  TACET_TRY(invite_all(job, tacet_bytes_span(&info), &entries));
  const tacet_welcome welcome = {.cipher_suite = job->suite->id,
                                 .secrets = tacet_buf_span(&entries),
                                 .encrypted_group_info =
                                     tacet_bytes_span(&info)};
  tacet_message_head_write(message, TACET_WIRE_FORMAT_WELCOME);
  tacet_welcome_write(message, &welcome);
  return message->err;
}

/* ---- one joiner's share ---- */

static tacet_err write_for(const tacet_welcome *all, tacet_span ref,
                           tacet_buf *out) {
  tacet_span list = all->secrets;
  for (tacet_encrypted_group_secrets e;
       tacet_encrypted_group_secrets_next(&list, &e);) {
    if (tacet_span_equal(e.new_member, ref)) {
      tacet_welcome one = *all;
      one.secrets = e.raw;
      tacet_message_head_write(out, TACET_WIRE_FORMAT_WELCOME);
      tacet_welcome_write(out, &one);
      return out->err;
    }
  }
  return TACET_ERR_NOT_FOUND;
}

tacet_err tacet_mls_welcome_for(tacet_span message, tacet_span ref,
                                tacet_buf *out) {
  tacet_message m;
  size_t start = out->len;
  TACET_TRY(out->err);
  TACET_TRY(tacet_message_parse(message, &m));
  if (m.wire_format != TACET_WIRE_FORMAT_WELCOME) {
    return TACET_ERR_UNKNOWN_TYPE;
  }
  tacet_err err = write_for(&m.welcome, ref, out);
  if (err != TACET_OK) {
    tacet_buf_cut(out, start);
  }
  return err;
}
