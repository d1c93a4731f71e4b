/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mls/raw.h"

#include "mls/group_info.h"
#include "mls/key_package.h"
#include "mls/psk.h"
#include "mls/transcript.h"
#include "mls/welcome_make.h"

#define LIMIT ((size_t)1 << 20)

typedef struct raw {
  member *m;
  tacet_mls_group *g;
  const raw_commit *args;
  tacet_proposal_list list;
  tacet_secret new_key; /* of an external committer's leaf */
  uint32_t committer;
  tacet_path_secrets path;
  tacet_tree_private keys;
  tacet_secret commit_secret;
  uint8_t tree_hash[TACET_HASH_MAX];
  tacet_span extensions;
  tacet_buf body, path_bytes;
} raw;

static tacet_span hash_of(const raw *r, const uint8_t *p) {
  return tacet_span_of(p, r->g->suite->hash->len);
}

static void list_all(raw *r) {
  tacet_sender sender = {r->args->external ? TACET_SENDER_NEW_MEMBER_COMMIT
                                           : TACET_SENDER_MEMBER,
                         r->committer};
  for (size_t i = 0; i < r->args->n_by_value; i++) {
    const tacet_listed_proposal item = {.view = r->args->by_value[i],
                                        .sender = sender};
    assert_ok(tacet_proposal_list_push(&r->list, &item));
  }
  for (size_t i = 0; i < r->args->n_refs; i++) {
    const tacet_cached_proposal *c = tacet_cached_find(r->g, r->args->refs[i]);
    if (c != NULL) {
      const tacet_listed_proposal item = {
          .view = c->view, .sender = c->sender, .cached = c};
      assert_ok(tacet_proposal_list_push(&r->list, &item));
    }
  }
  r->extensions = tacet_proposal_list_extensions(r->g, &r->list);
}

static tacet_err make_path(raw *r) {
  TACET_OWN_LEAF(leaf);
  if (r->args->external) {
    tacet_mls_leaf_args args = member_leaf(r->m);
    TACET_TRY(tacet_own_leaf_new(&test_config, r->g->suite, &args, &leaf));
  } else {
    TACET_TRY(tacet_own_leaf_update(
        r->g, &(tacet_mls_update_args){.identity = NULL}, &leaf));
  }
  if (r->args->edit_leaf != NULL) {
    r->args->edit_leaf(&leaf.node);
  }
  const tacet_path_args args = {.leaf_index = r->committer,
                                .leaf = &leaf.node,
                                .signature_private_key =
                                    tacet_secret_span(&leaf.signature_key),
                                .group_id = r->g->context.view.group_id};
  TACET_TRY(tacet_treekem_make(r->g->tree, &args, &r->path, &r->keys));
  r->commit_secret = r->path.commit;
  return TACET_OK;
}

/* The path again with a part changed and the leaf signed anew. */
static void change_path(raw *r) {
  tacet_update_path path;
  TACET_BUF(leaf, LIMIT);
  TACET_BUF(copy, LIMIT);
  tacet_write_bytes(&copy, tacet_buf_span(&r->path_bytes));
  assert_ok(tacet_update_path_parse(tacet_buf_span(&copy), &path));
  r->args->edit_path(&path);
  assert_ok(tacet_leaf_sign(r->g->suite, &path.leaf_node,
                            tacet_secret_span(&r->m->signature_key),
                            r->g->context.view.group_id, r->committer, &leaf));
  assert_ok(tacet_leaf_node_parse(tacet_buf_span(&leaf), &path.leaf_node));
  tacet_buf_clear(&r->path_bytes);
  tacet_update_path_write(&r->path_bytes, &path);
}

static tacet_err write_path(raw *r) {
  TACET_CLEANUP(tacet_context_free)
  tacet_context provisional = {.bytes = {NULL, 0}};
  const tacet_group_context *old = &r->g->context.view;
  TACET_TRY(tacet_next_context(old, hash_of(r, r->tree_hash),
                               old->confirmed_transcript_hash, r->extensions,
                               &provisional));
  TACET_TRY(tacet_treekem_encrypt(r->g->tree, r->committer, &r->path,
                                  tacet_context_span(&provisional),
                                  &r->path_bytes));
  if (r->args->edit_path != NULL) {
    change_path(r);
  }
  return TACET_OK;
}

/* Whatever part of this the library's own edits refuse is left undone. */
static tacet_err change_tree(raw *r) {
  if (!r->args->apply_nothing) {
    TACET_TRY(tacet_proposal_list_apply(r->g->tree, &r->list));
  }
  if (r->args->external) {
    TACET_TRY(tacet_tree_reserve(r->g->tree, &r->committer));
  }
  if (r->args->path) {
    TACET_TRY(make_path(r));
  } else {
    tacet_epoch_zero(r->g->suite->hash, &r->commit_secret);
  }
  TACET_TRY(tacet_tree_hash(r->g->tree, r->tree_hash));
  return r->args->path ? write_path(r) : TACET_OK;
}

static void write_body(raw *r) {
  size_t at = tacet_write_open(&r->body);
  for (size_t i = 0; i < r->args->n_by_value; i++) {
    tacet_proposal_or_ref p = {.kind = TACET_PROPOSAL_BY_VALUE};
    p.proposal = r->args->by_value[i];
    tacet_proposal_or_ref_write(&r->body, &p);
  }
  for (size_t i = 0; i < r->args->n_refs; i++) {
    tacet_proposal_or_ref p = {.kind = TACET_PROPOSAL_BY_REFERENCE};
    p.reference = r->args->refs[i];
    tacet_proposal_or_ref_write(&r->body, &p);
  }
  tacet_write_close(&r->body, at);
  tacet_write_optional(&r->body, r->args->path);
  tacet_write_bytes(&r->body, tacet_buf_span(&r->path_bytes));
}

static void flip(uint8_t *p) {
  *p ^= 1;
}

static void sign(raw *r, tacet_frame *f, uint8_t *sig) {
  *f = (tacet_frame){
      .wire_format = r->args->private_message
                         ? TACET_WIRE_FORMAT_PRIVATE_MESSAGE
                         : TACET_WIRE_FORMAT_PUBLIC_MESSAGE,
      .content = {.group_id = r->g->context.view.group_id,
                  .epoch = r->g->context.view.epoch,
                  .sender = {r->args->external ? TACET_SENDER_NEW_MEMBER_COMMIT
                                               : TACET_SENDER_MEMBER,
                             r->args->external ? 0 : r->committer},
                  .content_type = TACET_CONTENT_TYPE_COMMIT,
                  .body = {.raw = tacet_buf_span(&r->body)}}};
  if (r->args->edit_frame != NULL) {
    r->args->edit_frame(&f->content);
  }
  assert_ok(tacet_frame_sign(r->g->suite, f, tacet_context_span(&r->g->context),
                             &r->m->signature_key, &r->g->work, sig));
  if (r->args->wrong_signature) {
    flip(sig);
  }
}

static void confirm(raw *r, tacet_frame *f, uint8_t *tag) {
  TACET_NEXT(next);
  TACET_SECRET(zero);
  TACET_SECRET(init);
  tacet_epoch_zero(r->g->suite->hash, &zero);
  init = r->g->secrets.init;
  const tacet_listed_proposal *external =
      tacet_proposal_list_find(&r->list, TACET_PROPOSAL_EXTERNAL_INIT);
  if (r->args->external && external != NULL) {
    (void)!tacet_external_init_find(r->g->suite, &r->g->secrets.external,
                                    external->view.external_init, &init);
  }
  const tacet_derivation d = {
      .suite = r->g->suite,
      .old = &r->g->context.view,
      .interim = hash_of(r, r->g->interim),
      .tree_hash = hash_of(r, r->tree_hash),
      .extensions = r->extensions,
      .commit = f,
      .init = &init,
      .commit_secret = &r->commit_secret,
      .psk_secret = r->args->psk_secret != NULL ? r->args->psk_secret : &zero};
  assert_ok(tacet_next_derive(&d, &next, NULL, tag));
  if (r->args->wrong_confirmation) {
    flip(tag);
  }
  f->auth.confirmation_tag = hash_of(r, tag);
}

static void wrap(raw *r, const tacet_frame *f, tacet_buf *w) {
  uint32_t generation = 0;
  const tacet_wrap how = {.public_message = !r->args->private_message};
  if (r->args->wrong_membership) {
    flip(r->g->secrets.membership.b);
  }
  assert_ok(tacet_handshake_write(r->g, f, &how, &generation, w));
  if (r->args->wrong_membership) {
    flip(r->g->secrets.membership.b);
  }
}

tacet_bytes raw_commit_make(member *m, const raw_commit *args) {
  raw r = {.m = m,
           .g = m->g,
           .args = args,
           .committer = m->g->keys.leaf,
           .body = {.max = LIMIT},
           .path_bytes = {.max = LIMIT}};
  tacet_frame f;
  uint8_t sig[TACET_SIG_MAX], tag[TACET_HASH_MAX];
  TACET_BUF(w, LIMIT);
  tacet_bytes out = {NULL, 0};
  list_all(&r);
  assert_ok(tacet_tree_begin(r.g->tree));
  tacet_err err = change_tree(&r);
  assert_int_not_equal(err, TACET_ERR_NOMEM);
  write_body(&r);
  sign(&r, &f, sig);
  confirm(&r, &f, tag);
  wrap(&r, &f, &w);
  tacet_tree_rollback(r.g->tree);
  assert_ok(tacet_buf_take(&w, &out));
  tacet_proposal_list_free(&r.list);
  tacet_buf_free(&r.body);
  tacet_buf_free(&r.path_bytes);
  tacet_path_secrets_wipe(&r.path);
  tacet_group_tidy(m->g);
  return out;
}

/* ---- proposals ---- */

tacet_bytes raw_propose(member *m, const tacet_proposal *p,
                        void (*edit)(tacet_framed_content *c)) {
  TACET_BUF(body, LIMIT);
  TACET_BUF(w, LIMIT);
  uint8_t sig[TACET_SIG_MAX];
  uint32_t generation = 0;
  tacet_bytes out = {NULL, 0};
  tacet_proposal_write(&body, p);
  tacet_frame f = {.wire_format = TACET_WIRE_FORMAT_PUBLIC_MESSAGE,
                   .content = {.group_id = m->g->context.view.group_id,
                               .epoch = m->g->context.view.epoch,
                               .sender = {TACET_SENDER_MEMBER, m->g->keys.leaf},
                               .content_type = TACET_CONTENT_TYPE_PROPOSAL,
                               .body = {.raw = tacet_buf_span(&body)}}};
  if (edit != NULL) {
    edit(&f.content);
  }
  assert_ok(tacet_frame_sign(m->g->suite, &f,
                             tacet_context_span(&m->g->context),
                             &m->signature_key, &m->g->work, sig));
  assert_ok(
      tacet_handshake_write(m->g, &f, &(tacet_wrap){true, 0}, &generation, &w));
  assert_ok(tacet_buf_take(&w, &out));
  return out;
}

void raw_ref(const member *m, tacet_span message, uint8_t *ref) {
  tacet_message parsed;
  TACET_CACHED(c);
  assert_ok(tacet_message_parse(message, &parsed));
  const tacet_frame f = {.wire_format = TACET_WIRE_FORMAT_PUBLIC_MESSAGE,
                         .content = parsed.public_message.content,
                         .auth = parsed.public_message.auth};
  assert_ok(tacet_cached_set(m->suite, &f, &c));
  memcpy(ref, c.ref, m->suite->hash->len);
}

tacet_proposal raw_add(const member *who) {
  tacet_proposal p = {.type = TACET_PROPOSAL_ADD};
  assert_ok(
      tacet_key_package_message(tacet_bytes_span(&who->key_package), &p.add));
  return p;
}

tacet_proposal raw_update(const member *m, void (*edit)(tacet_leaf_node *leaf),
                          uint8_t source, tacet_bytes *bytes) {
  TACET_OWN_LEAF(leaf);
  TACET_SECRET(key);
  TACET_BUF(w, LIMIT);
  assert_ok(tacet_own_leaf_update(
      m->g, &(tacet_mls_update_args){.identity = NULL}, &leaf));
  assert_ok(tacet_own_leaf_fresh_key(m->suite, &leaf, &key));
  leaf.node.source = source;
  leaf.node.parent_hash = TACET_SPAN_EMPTY;
  if (edit != NULL) {
    edit(&leaf.node);
  }
  assert_ok(tacet_leaf_sign(m->suite, &leaf.node,
                            tacet_secret_span(&leaf.signature_key),
                            m->g->context.view.group_id, m->g->keys.leaf, &w));
  assert_ok(tacet_buf_take(&w, bytes));
  tacet_proposal p = {.type = TACET_PROPOSAL_UPDATE};
  assert_ok(tacet_leaf_node_parse(tacet_bytes_span(bytes), &p.update));
  return p;
}

void raw_publish(member *m, void (*edit)(tacet_key_package *k)) {
  tacet_key_package k;
  TACET_BUF(leaf, LIMIT);
  TACET_BUF(tbs, LIMIT);
  TACET_BUF(w, LIMIT);
  uint8_t sig[TACET_SIG_MAX];
  size_t len = 0;
  member_publish(m);
  assert_ok(tacet_key_package_message(tacet_bytes_span(&m->key_package), &k));
  edit(&k);
  assert_ok(tacet_leaf_sign(m->suite, &k.leaf_node,
                            tacet_secret_span(&m->signature_key),
                            TACET_SPAN_EMPTY, 0, &leaf));
  assert_ok(tacet_leaf_node_parse(tacet_buf_span(&leaf), &k.leaf_node));
  tacet_key_package_tbs_write(&tbs, &k);
  assert_ok(tacet_sign_with_label(
      m->suite->sig, tacet_secret_span(&m->signature_key), TACET_LABEL_MLS,
      "KeyPackageTBS", tacet_buf_span(&tbs), sig, &len));
  k.signature = tacet_span_of(sig, len);
  tacet_message_head_write(&w, TACET_WIRE_FORMAT_KEY_PACKAGE);
  tacet_key_package_write(&w, &k);
  assert_ok(tacet_buf_take(&w, &m->key_package));
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

static tacet_span seal_sender(member *m, uint32_t leaf,
                              const tacet_private_message *head,
                              uint32_t generation, uint8_t *out) {
  const tacet_aead *aead = m->suite->aead;
  TACET_BUF(aad, LIMIT);
  TACET_BUF(plain, LIMIT);
  tacet_message_key key;
  const tacet_sender_data d = {.leaf_index = leaf, .generation = generation};
  assert_ok(tacet_sender_data_key(m->suite, &m->g->secrets.sender_data,
                                  head->ciphertext, &key));
  tacet_sender_data_aad_write(&aad, head);
  tacet_sender_data_write(&plain, &d);
  assert_ok(aead->seal(tacet_secret_span(&key.key),
                       tacet_span_of(key.nonce, aead->nonce_len),
                       tacet_buf_span(&aad), tacet_buf_span(&plain), out));
  return tacet_span_of(out, plain.len + aead->tag_len);
}

tacet_bytes raw_say(member *m, uint32_t leaf, const char *text, uint8_t value,
                    size_t n) {
  uint8_t sig[TACET_SIG_MAX], sealed[4096], sender[64];
  uint32_t generation = 0;
  tacet_message_key key;
  TACET_BUF(plain, LIMIT);
  TACET_BUF(w, LIMIT);
  tacet_bytes out = {NULL, 0};
  tacet_frame f = {.wire_format = TACET_WIRE_FORMAT_PRIVATE_MESSAGE,
                   .content = {.group_id = m->g->context.view.group_id,
                               .epoch = m->g->context.view.epoch,
                               .sender = {TACET_SENDER_MEMBER, leaf},
                               .content_type = TACET_CONTENT_TYPE_APPLICATION}};
  f.content.body.application_data = tacet_span_str(text);
  assert_ok(tacet_frame_sign(m->suite, &f, tacet_context_span(&m->g->context),
                             &m->signature_key, &m->g->work, sig));
  tacet_write_vec(&plain, tacet_span_str(text));
  tacet_write_vec(&plain, f.auth.signature);
  for (size_t i = 0; i < n; i++) {
    tacet_write_u8(&plain, value);
  }
  assert_ok(tacet_secret_tree_next(&m->g->ratchets, leaf,
                                   TACET_RATCHET_APPLICATION, &generation));
  assert_ok(tacet_secret_tree_key(
      &m->g->ratchets, leaf, TACET_RATCHET_APPLICATION, generation, 0, &key));
  tacet_message message = {.wire_format = TACET_WIRE_FORMAT_PRIVATE_MESSAGE};
  message.private_message =
      (tacet_private_message){.group_id = f.content.group_id,
                              .epoch = f.content.epoch,
                              .content_type = TACET_CONTENT_TYPE_APPLICATION};
  message.private_message.ciphertext = seal_content(
      m, &message.private_message, &key, tacet_buf_span(&plain), sealed);
  message.private_message.encrypted_sender_data =
      seal_sender(m, leaf, &message.private_message, generation, sender);
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

static void write_invitation_info(raw_invitation *w) {
  const tacet_hash *h = w->m->suite->hash;
  const tacet_group_info_job job = {
      .suite = w->m->suite,
      .context = w->context.view,
      .confirmation_tag = tacet_span_of(w->tag, h->len),
      .signer = w->args->wrong_signer ? 77 : w->m->g->keys.leaf,
      .signature_key = &w->m->signature_key,
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
  write_invitation_info(&w);
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
