/* SPDX-License-Identifier: Apache-2.0
 * Application messages and Welcomes that are wrong in one thing. */
#include "mls/group_info.h"
#include "mls/psk.h"
#include "mls/transcript.h"
#include "mls/welcome_make.h"
#include "tests/unit/mls/raw.h"

#define LIMIT ((size_t)1 << 20)

static void flip(uint8_t *p) {
  *p ^= 1;
}

/* ---- application messages ---- */

/* PrivateMessageContent, sealed as the library would. */
static tacet_span seal_content(member *m, const tacet_private_message *head,
                               const tacet_message_key *key, tacet_span plain,
                               uint8_t *out) {
  const tacet_aead *aead = m->suite->aead;
  TACET_BUF(aad, LIMIT);
  tacet_private_content_aad_write(&aad, head);
  assert_ok(aead->seal(tacet_secret_span(&key->key),
                       tacet_span_of(key->nonce, aead->nonce_len),
                       tacet_buf_span(&aad), plain, out));
  return tacet_span_of(out, plain.len + aead->tag_len);
}

static tacet_span seal_sender(member *m, const raw_message *args,
                              const tacet_private_message *head,
                              uint32_t generation, uint8_t *out) {
  const tacet_aead *aead = m->suite->aead;
  TACET_BUF(aad, LIMIT);
  TACET_BUF(plain, LIMIT);
  tacet_message_key key;
  const tacet_sender_data d = {.leaf_index =
                                   args->as ? args->sender : args->leaf,
                               .generation = generation + args->ahead,
                               .reuse_guard = {args->wrong_guard}};
  assert_ok(tacet_sender_data_key(m->suite, &m->g->secrets.sender_data,
                                  head->ciphertext, &key));
  tacet_sender_data_aad_write(&aad, head);
  tacet_sender_data_write(&plain, &d);
  tacet_write_u8(&plain, 0);
  tacet_span data =
      tacet_span_of(plain.p, plain.len - (args->long_sender ? 0 : 1) -
                                 (args->short_sender ? 1 : 0));
  assert_ok(aead->seal(tacet_secret_span(&key.key),
                       tacet_span_of(key.nonce, aead->nonce_len),
                       tacet_buf_span(&aad), data, out));
  return tacet_span_of(out, data.len + aead->tag_len);
}

/* PrivateMessageContent of application data. */
static void write_content(member *m, const tacet_private_message *head,
                          const raw_message *args, tacet_buf *plain) {
  uint8_t sig[TACET_SIG_MAX];
  tacet_frame f = {.wire_format = TACET_WIRE_FORMAT_PRIVATE_MESSAGE,
                   .content = {.group_id = head->group_id,
                               .epoch = head->epoch,
                               .sender = {TACET_SENDER_MEMBER, args->leaf},
                               .content_type = TACET_CONTENT_TYPE_APPLICATION}};
  f.content.body.application_data = tacet_span_str(args->text);
  raw_sign(m, &f, args->as_signed, sig);
  if (args->wrong_signature) {
    flip(sig);
  }
  tacet_write_vec(plain, tacet_span_str(args->text));
  tacet_write_vec(plain, f.auth.signature);
  for (size_t i = 0; i < args->n_padding; i++) {
    tacet_write_u8(plain, args->padding);
  }
}

tacet_bytes raw_message_make(member *m, const raw_message *args) {
  uint8_t sealed[4096], sender[64];
  uint32_t generation = 0;
  tacet_message_key key;
  TACET_BUF(plain, LIMIT);
  TACET_BUF(w, LIMIT);
  tacet_bytes out = {NULL, 0};
  tacet_message message = {.wire_format = TACET_WIRE_FORMAT_PRIVATE_MESSAGE};
  tacet_private_message *p = &message.private_message;
  *p = (tacet_private_message){.group_id = m->g->context.view.group_id,
                               .epoch = m->g->context.view.epoch,
                               .content_type = TACET_CONTENT_TYPE_APPLICATION};
  write_content(m, p, args, &plain);
  assert_ok(tacet_secret_tree_next(&m->g->ratchets, args->leaf,
                                   TACET_RATCHET_APPLICATION, &generation));
  assert_ok(tacet_secret_tree_key(&m->g->ratchets, args->leaf,
                                  TACET_RATCHET_APPLICATION, generation, 0,
                                  &key));
  p->ciphertext = seal_content(
      m, p, &key,
      tacet_span_of(plain.p, args->cut > plain.len ? 0 : plain.len - args->cut),
      sealed);
  p->encrypted_sender_data = seal_sender(m, args, p, generation, sender);
  if (args->edit != NULL) {
    args->edit(p);
  }
  tacet_message_write(&w, &message);
  assert_ok(tacet_buf_take(&w, &out));
  return out;
}

/* ---- Welcomes ---- */

typedef struct raw_invitation {
  member *m;
  const raw_welcome *args;
  uint8_t tree_hash[TACET_HASH_MAX], tag[TACET_HASH_MAX];
  tacet_context context;
  tacet_secret joiner, psk_secret;
  tacet_buf info;
} raw_invitation;

static void derive_invitation(raw_invitation *w) {
  const tacet_hash *h = w->m->suite->hash;
  TACET_EPOCH(epoch);
  tacet_mls_psk psks[TACET_MLS_PSKS_MAX];
  size_t n = 0;
  tacet_span list = w->args->psks;
  for (tacet_pre_shared_key_id id; tacet_pre_shared_key_id_next(&list, &id);) {
    psks[n++] = (tacet_mls_psk){.id = tacet_psk_id_of(&id)};
  }
  tacet_epoch_zero(h, &w->joiner);
  w->joiner.len -= w->args->short_joiner ? 1 : 0;
  assert_ok(tacet_psk_secret(h, psks, n, &w->psk_secret));
  assert_ok(tacet_epoch_derive(h, &w->joiner, &w->psk_secret,
                               tacet_context_span(&w->context), &epoch));
  assert_ok(tacet_confirmation_tag(h, &epoch.confirmation,
                                   w->context.view.confirmed_transcript_hash,
                                   w->tag));
  if (w->args->wrong_confirmation) {
    flip(w->tag);
  }
}

static uint32_t said_signer(const raw_invitation *w, const member *joiner) {
  uint32_t leaf = w->args->signer;
  tacet_proposal add = raw_add(joiner);
  if (w->args->joiner_signs) {
    assert_true(tacet_tree_find_signature_key(
        w->m->g->tree, add.add.leaf_node.signature_key, &leaf));
  }
  return leaf;
}

static void write_invitation_info(raw_invitation *w, const member *joiner) {
  const tacet_hash *h = w->m->suite->hash;
  const tacet_group_info_job job = {
      .suite = w->m->suite,
      .context = w->context.view,
      .confirmation_tag = tacet_span_of(w->tag, h->len),
      .signer = said_signer(w, joiner),
      .signature_key =
          w->args->joiner_signs ? &joiner->signature_key : &w->m->signature_key,
      .tree = w->m->g->tree};
  assert_ok(tacet_group_info_make(&job, &w->info));
  if (w->args->wrong_signature) {
    flip(w->info.p + w->info.len - 1);
  }
}

static void change_for(raw_invitation *w, const member *joiner) {
  tacet_tree *t = w->m->g->tree;
  const tacet_group_context *old = &w->m->g->context.view;
  tacet_proposal add =
      raw_add(w->args->other_leaf != NULL ? w->args->other_leaf : joiner);
  uint32_t leaf = 0;
  assert_ok(tacet_tree_add(t, add.add.leaf_node.raw, &leaf));
  if (w->args->edit_tree != NULL) {
    w->args->edit_tree(t);
  }
  assert_ok(tacet_tree_hash(t, w->tree_hash));
  tacet_group_context c = *old;
  c.epoch++;
  c.tree_hash = tacet_span_of(w->tree_hash, w->m->suite->hash->len);
  if (w->args->edit_context != NULL) {
    w->args->edit_context(&c);
  }
  assert_ok(tacet_context_make(&w->context, &c));
}

tacet_bytes raw_welcome_make(member *m, const member *joiner,
                             const raw_welcome *args) {
  raw_invitation w = {.m = m, .args = args, .info = {.max = LIMIT}};
  TACET_BUF(message, LIMIT);
  tacet_bytes out = {NULL, 0};
  TACET_PROPOSAL_LIST(list);
  const tacet_listed_proposal add = {.view = raw_add(joiner)};
  assert_ok(tacet_proposal_list_push(&list, &add));
  tacet_span psks = args->psks;
  for (tacet_listed_proposal p = {.view = {.type = TACET_PROPOSAL_PSK}};
       tacet_pre_shared_key_id_next(&psks, &p.view.psk);) {
    assert_ok(tacet_proposal_list_push(&list, &p));
  }
  assert_ok(tacet_tree_begin(m->g->tree));
  change_for(&w, joiner);
  derive_invitation(&w);
  write_invitation_info(&w, joiner);
  tacet_tree_rollback(m->g->tree);
  const tacet_welcome_job job = {.suite = m->suite,
                                 .list = &list,
                                 .joiner = &w.joiner,
                                 .psk_secret = &w.psk_secret,
                                 .group_info = tacet_buf_span(&w.info)};
  assert_ok(tacet_welcome_make(&job, &message));
  assert_ok(tacet_buf_take(&message, &out));
  tacet_context_free(&w.context);
  tacet_buf_free(&w.info);
  return out;
}
