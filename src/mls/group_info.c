/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/group_info.h"

#include "mls/transcript.h"

static inline void tree_cleanup(tacet_tree **t) {
  tacet_tree_free(*t);
}

/* ---- making ---- */

static tacet_err add_tree(const tacet_tree *tree, tacet_buf *w) {
  TACET_BUF(encoded, TACET_MLS_MESSAGE_LIMIT);
  tacet_span data;
  tacet_tree_write(tree, &encoded);
  TACET_TRY(tacet_buf_done(&encoded, &data));
  tacet_extension_write(w, TACET_EXTENSION_RATCHET_TREE, data);
  return w->err;
}

static tacet_err add_external_pub(const tacet_suite *suite,
                                  const tacet_secret *secret, tacet_buf *w) {
  uint8_t key[TACET_KEM_PUBLIC_MAX];
  TACET_TRY(tacet_external_pub(suite, secret, key));
  TACET_BUF(encoded, TACET_KEM_PUBLIC_MAX + 8);
  tacet_span data;
  tacet_write_vec(&encoded, tacet_span_of(key, suite->kem->public_len));
  TACET_TRY(tacet_buf_done(&encoded, &data));
  tacet_extension_write(w, TACET_EXTENSION_EXTERNAL_PUB, data);
  return w->err;
}

static tacet_err sign(const tacet_group_info_job *job, tacet_group_info *info,
                      uint8_t *sig) {
  TACET_BUF(w, TACET_MLS_MESSAGE_LIMIT);
  tacet_span tbs;
  size_t len = 0;
  tacet_group_info_tbs_write(&w, info);
  TACET_TRY(tacet_buf_done(&w, &tbs));
  TACET_TRY(tacet_sign_with_label(
      job->suite->sig, tacet_secret_span(job->signature_key), TACET_LABEL_MLS,
      "GroupInfoTBS", tbs, sig, &len));
  info->signature = tacet_span_of(sig, len);
  return TACET_OK;
}

tacet_err tacet_group_info_make(const tacet_group_info_job *job, tacet_buf *w) {
  TACET_BUF(list, TACET_MLS_MESSAGE_LIMIT);
  uint8_t sig[TACET_SIG_MAX];
  tacet_group_info info = {.group_context = job->context,
                           .confirmation_tag = job->confirmation_tag,
                           .signer = job->signer};
  tacet_write_bytes(&list, job->extensions);
  if (job->external_secret != NULL) {
    TACET_TRY(add_external_pub(job->suite, job->external_secret, &list));
  }
  if (job->tree != NULL) {
    TACET_TRY(add_tree(job->tree, &list));
  }
  TACET_TRY(tacet_buf_done(&list, &info.extensions));
  TACET_TRY(tacet_extensions_check(info.extensions));
  TACET_TRY(sign(job, &info, sig));
  tacet_group_info_write(w, &info);
  return w->err;
}

static tacet_err write_message(const tacet_group_info_job *job, tacet_buf *w) {
  tacet_message_head_write(w, TACET_WIRE_FORMAT_GROUP_INFO);
  return tacet_group_info_make(job, w);
}

tacet_err tacet_mls_group_info_write(const tacet_mls_group *g,
                                     const tacet_mls_group_info_args *args,
                                     tacet_buf *message) {
  uint8_t tag[TACET_HASH_MAX];
  size_t start = message->len;
  TACET_TRY(message->err);
  TACET_TRY(tacet_group_may_send(g));
  TACET_TRY(tacet_confirmation_tag(g->suite->hash, &g->secrets.confirmation,
                                   g->context.view.confirmed_transcript_hash,
                                   tag));
  const tacet_group_info_job job = {
      .suite = g->suite,
      .context = g->context.view,
      .confirmation_tag = tacet_span_of(tag, g->suite->hash->len),
      .signer = g->keys.leaf,
      .signature_key = &g->signature_key,
      .extensions = args->extensions,
      .tree = args->tree ? g->tree : NULL,
      .external_secret = args->external_pub ? &g->secrets.external : NULL};
  tacet_err err = write_message(&job, message);
  if (err != TACET_OK) {
    tacet_buf_cut(message, start);
  }
  return err;
}

tacet_err tacet_mls_ratchet_tree(const tacet_mls_group *g, tacet_buf *out) {
  size_t start = out->len;
  TACET_TRY(out->err);
  tacet_tree_write(g->tree, out);
  tacet_err err = out->err;
  if (err != TACET_OK) {
    tacet_buf_cut(out, start);
  }
  return err;
}

/* ---- judging ---- */

static tacet_err verify(const tacet_suite *suite, const tacet_group_info *info,
                        const tacet_tree *tree) {
  tacet_leaf_node signer;
  if (!tacet_tree_leaf(tree, info->signer, &signer)) {
    return TACET_ERR_SENDER;
  }
  return tacet_verify_with_label(suite->sig, signer.signature_key,
                                 TACET_LABEL_MLS, "GroupInfoTBS", info->tbs,
                                 info->signature);
}

static tacet_err check_hash(const tacet_suite *suite, tacet_tree *tree,
                            tacet_span want) {
  uint8_t hash[TACET_HASH_MAX];
  TACET_TRY(tacet_tree_hash(tree, hash));
  return tacet_span_equal(tacet_span_of(hash, suite->hash->len), want)
             ? TACET_OK
             : TACET_ERR_TREE_HASH;
}

tacet_err tacet_group_info_check(const tacet_suite *suite,
                                 const tacet_group_info *info, tacet_span tree,
                                 tacet_tree **out) {
  const tacet_group_context *context = &info->group_context;
  TACET_CLEANUP(tree_cleanup) tacet_tree *t = NULL;
  if (context->version != TACET_PROTOCOL_MLS10 ||
      context->cipher_suite != suite->id) {
    return TACET_ERR_UNKNOWN_SUITE;
  }
  if (tree.len == 0 &&
      !tacet_extension_find(info->extensions, TACET_EXTENSION_RATCHET_TREE,
                            &tree)) {
    return TACET_ERR_TREE;
  }
  TACET_TRY(tacet_group_extensions_check(context->extensions));
  TACET_TRY(tacet_tree_load(suite, tree, &t));
  TACET_TRY(verify(suite, info, t));
  TACET_TRY(check_hash(suite, t, context->tree_hash));
  TACET_TRY(tacet_tree_check_parent_hashes(t));
  TACET_TRY(tacet_tree_check_parent_keys(t));
  const tacet_leaf_rules rules = {.suite = suite,
                                  .group_extensions = context->extensions};
  TACET_TRY(tacet_tree_check_leaves(t, &rules, context->group_id));
  *out = t;
  t = NULL;
  return TACET_OK;
}

void tacet_group_info_view(const tacet_suite *suite,
                           const tacet_group_info *info,
                           tacet_mls_group_info *out) {
  tacet_span data;
  *out = (tacet_mls_group_info){
      .suite = suite,
      .group_id = info->group_context.group_id,
      .tree_hash = info->group_context.tree_hash,
      .epoch = info->group_context.epoch,
      .signer = info->signer,
      .group_extensions = info->group_context.extensions,
      .extensions = info->extensions,
      .has_tree = tacet_extension_find(info->extensions,
                                       TACET_EXTENSION_RATCHET_TREE, &data),
      .has_external_pub = tacet_extension_find(
          info->extensions, TACET_EXTENSION_EXTERNAL_PUB, &data)};
}

tacet_err tacet_mls_group_info_read(const tacet_mls_config *config,
                                    tacet_span message,
                                    tacet_mls_group_info *out) {
  tacet_message m;
  TACET_TRY(tacet_message_parse(message, &m));
  if (m.wire_format != TACET_WIRE_FORMAT_GROUP_INFO) {
    return TACET_ERR_UNKNOWN_TYPE;
  }
  const tacet_suite *suite = tacet_suites_find(
      config->suites, m.group_info.group_context.cipher_suite);
  if (suite == NULL) {
    return TACET_ERR_UNKNOWN_SUITE;
  }
  tacet_group_info_view(suite, &m.group_info, out);
  return TACET_OK;
}
