/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/mls/raw.h"

#include "mls/key_package.h"
#include "mls/transcript.h"

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
  if (r->args->leaf_signer != NULL) {
    leaf.signature_key = *r->args->leaf_signer;
    TACET_TRY(r->g->suite->sig->public_key(
        tacet_secret_span(r->args->leaf_signer), leaf.signature_public));
    leaf.node.signature_key =
        tacet_span_of(leaf.signature_public, r->g->suite->sig->public_len);
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
  if (r->args->edit_path != NULL) {
    r->args->edit_path(&path);
  }
  assert_ok(tacet_leaf_sign(
      r->g->suite, &path.leaf_node, tacet_secret_span(&r->m->signature_key),
      r->g->context.view.group_id,
      r->committer + (r->args->leaf_of_next ? 1u : 0u), &leaf));
  leaf.p[leaf.len - 1] ^= r->args->wrong_leaf_signature;
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
  if (r->args->edit_path != NULL || r->args->wrong_leaf_signature ||
      r->args->leaf_of_next) {
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

static uint16_t other_format(uint16_t format) {
  return format == TACET_WIRE_FORMAT_PUBLIC_MESSAGE
             ? TACET_WIRE_FORMAT_PRIVATE_MESSAGE
             : TACET_WIRE_FORMAT_PUBLIC_MESSAGE;
}

/* Written out, since what the library signs is what the tests doubt. */
static void write_tbs(const member *m, const tacet_frame *f, raw_signed how,
                      tacet_buf *w) {
  uint8_t sender = f->content.sender.type;
  bool with_context =
      sender == TACET_SENDER_MEMBER || sender == TACET_SENDER_NEW_MEMBER_COMMIT;
  if (how == RAW_SIGNED_WITHOUT_CONTEXT) {
    with_context = !with_context;
  }
  tacet_write_u16(w, TACET_PROTOCOL_MLS10);
  tacet_write_u16(w, how == RAW_SIGNED_FOR_OTHER_FORMAT
                         ? other_format(f->wire_format)
                         : f->wire_format);
  tacet_frame_content_write(w, f);
  if (with_context) {
    tacet_write_bytes(w, tacet_context_span(&m->g->context));
  }
}

void raw_sign(member *m, tacet_frame *f, raw_signed how, uint8_t *sig) {
  TACET_BUF(tbs, LIMIT);
  size_t len = 0;
  write_tbs(m, f, how, &tbs);
  assert_ok(tacet_sign_with_label(
      m->suite->sig, tacet_secret_span(&m->signature_key), TACET_LABEL_MLS,
      "FramedContentTBS", tacet_buf_span(&tbs), sig, &len));
  f->auth.signature = tacet_span_of(sig, len);
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
  raw_sign(r->m, f, r->args->as_signed, sig);
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
  init.b[0] ^= r->args->other_init;
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
  f->auth.confirmation_tag.len -= r->args->short_tag;
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
  return raw_propose_signed(m, p, edit, RAW_SIGNED_RIGHT);
}

tacet_bytes raw_propose_signed(member *m, const tacet_proposal *p,
                               void (*edit)(tacet_framed_content *c),
                               raw_signed as_signed) {
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
  raw_sign(m, &f, as_signed, sig);
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
