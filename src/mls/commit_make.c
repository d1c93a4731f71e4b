/* SPDX-License-Identifier: Apache-2.0
 * A commit of one's own (RFC 9420 12.4.1): the tree is changed, everything that
 * is sent is written, and the change is detached to wait.
 */
#include "mls/commit.h"

#include "mls/group_info.h"
#include "mls/welcome_make.h"

typedef struct make {
  tacet_commit_job *job;
  tacet_mls_group *g;
  tacet_next *next;
  tacet_span extensions;
  uint32_t committer;
  uint8_t tree_hash[TACET_HASH_MAX];
  tacet_path_secrets path;
  tacet_secret commit_secret, joiner;
  tacet_buf body;
  tacet_frame frame;
  uint8_t sig[TACET_SIG_MAX], tag[TACET_HASH_MAX];
  tacet_wrap wrap;
  uint32_t generation;
  tacet_mls_commit_result result;
} make;

static void make_wipe(make *m) {
  tacet_path_secrets_wipe(&m->path);
  tacet_buf_free(&m->body);
  tacet_mls_commit_result_free(&m->result);
  tacet_wipe(m, sizeof(*m));
}

static tacet_span hash_span(const make *m, const uint8_t *hash) {
  return tacet_span_of(hash, m->g->suite->hash->len);
}

/* ---- the tree ---- */

static tacet_err check_own_leaf(const make *m) {
  tacet_leaf_node leaf;
  TACET_ASSERT(tacet_tree_leaf(m->g->tree, m->committer, &leaf));
  const tacet_leaf_rules rules = {.suite = m->g->suite,
                                  .source = TACET_LEAF_SOURCE_COMMIT,
                                  .group_extensions = m->extensions};
  return tacet_leaf_check(&leaf, &rules);
}

static tacet_err make_path(make *m) {
  tacet_own_leaf *leaf = m->job->leaf;
  const tacet_path_args args = {.leaf_index = m->committer,
                                .leaf = &leaf->node,
                                .signature_private_key =
                                    tacet_secret_span(&leaf->signature_key),
                                .group_id = m->g->context.view.group_id};
  TACET_TRY(tacet_treekem_make(m->g->tree, &args, &m->path, &m->next->keys));
  TACET_TRY(check_own_leaf(m));
  TACET_TRY(
      tacet_secret_set(&m->commit_secret, tacet_secret_span(&m->path.commit)));
  return tacet_secret_set(&m->next->signature_key,
                          tacet_secret_span(&leaf->signature_key));
}

static tacet_err change_tree(make *m) {
  tacet_mls_group *g = m->g;
  TACET_TRY(tacet_proposal_list_apply(g->tree, &m->job->list));
  if (m->job->sender.type == TACET_SENDER_NEW_MEMBER_COMMIT) {
    TACET_TRY(tacet_tree_reserve(g->tree, &m->committer));
  }
  if (m->job->leaf != NULL) {
    TACET_TRY(make_path(m));
  } else {
    m->next->keys = g->keys;
    tacet_tree_private_prune(&m->next->keys, g->tree);
    tacet_epoch_zero(g->suite->hash, &m->commit_secret);
  }
  TACET_TRY(tacet_proposal_list_check_tree(g, &m->job->list, m->extensions));
  return tacet_tree_hash(g->tree, m->tree_hash);
}

/* ---- the commit ---- */

static void write_proposals(make *m) {
  size_t list = tacet_write_open(&m->body);
  for (size_t i = 0; i < m->job->list.n; i++) {
    const tacet_listed_proposal *p = &m->job->list.item[i];
    tacet_proposal_or_ref entry = {.kind = TACET_PROPOSAL_BY_VALUE};
    if (p->cached == NULL) {
      entry.proposal = p->view;
    } else {
      entry.kind = TACET_PROPOSAL_BY_REFERENCE;
      entry.reference = hash_span(m, p->cached->ref);
    }
    tacet_proposal_or_ref_write(&m->body, &entry);
  }
  tacet_write_close(&m->body, list);
}

static tacet_err write_body(make *m) {
  const tacet_group_context *old = &m->g->context.view;
  write_proposals(m);
  tacet_write_optional(&m->body, m->job->leaf != NULL);
  TACET_TRY(m->body.err);
  if (m->job->leaf == NULL) {
    return TACET_OK;
  }
  TACET_CLEANUP(tacet_context_free)
  tacet_context provisional = {.bytes = {NULL, 0}};
  TACET_TRY(tacet_next_context(old, hash_span(m, m->tree_hash),
                               old->confirmed_transcript_hash, m->extensions,
                               &provisional));
  return tacet_treekem_encrypt(m->g->tree, m->committer, &m->path,
                               tacet_context_span(&provisional), &m->body);
}

/* Signed with the key that the others know: a member's of before, a newcomer's
 * of its path. */
static tacet_err sign(make *m) {
  const tacet_mls_group *g = m->g;
  bool external = m->job->sender.type == TACET_SENDER_NEW_MEMBER_COMMIT;
  m->frame.wire_format = m->wrap.public_message
                             ? TACET_WIRE_FORMAT_PUBLIC_MESSAGE
                             : TACET_WIRE_FORMAT_PRIVATE_MESSAGE;
  m->frame.content =
      (tacet_framed_content){.group_id = g->context.view.group_id,
                             .epoch = g->context.view.epoch,
                             .sender = m->job->sender,
                             .authenticated_data = m->job->args->aad,
                             .content_type = TACET_CONTENT_TYPE_COMMIT,
                             .body = {.raw = tacet_buf_span(&m->body)}};
  return tacet_frame_sign(g->suite, &m->frame, tacet_context_span(&g->context),
                          external ? &m->job->leaf->signature_key
                                   : &g->signature_key,
                          &m->g->work, m->sig);
}

static tacet_err derive(make *m) {
  const tacet_derivation d = {.suite = m->g->suite,
                              .old = &m->g->context.view,
                              .interim = hash_span(m, m->g->interim),
                              .tree_hash = hash_span(m, m->tree_hash),
                              .extensions = m->extensions,
                              .commit = &m->frame,
                              .init = m->job->init,
                              .commit_secret = &m->commit_secret,
                              .psk_secret = &m->job->psk_secret};
  TACET_TRY(tacet_next_derive(&d, m->next, &m->joiner, m->tag));
  m->frame.auth.confirmation_tag = hash_span(m, m->tag);
  return TACET_OK;
}

static tacet_err write_commit(make *m) {
  TACET_BUF(w, TACET_MLS_MESSAGE_LIMIT);
  TACET_TRY(write_body(m));
  TACET_TRY(sign(m));
  TACET_TRY(derive(m));
  TACET_TRY(
      tacet_handshake_write(m->g, &m->frame, &m->wrap, &m->generation, &w));
  return tacet_buf_take(&w, &m->result.commit);
}

/* ---- what goes with it ---- */

static tacet_err write_info(const make *m, bool tree, bool external_pub,
                            tacet_buf *w) {
  const tacet_secret *key = m->next->signature_key.len > 0
                                ? &m->next->signature_key
                                : &m->g->signature_key;
  const tacet_group_info_job job = {
      .suite = m->g->suite,
      .context = m->next->context.view,
      .confirmation_tag = hash_span(m, m->tag),
      .signer = m->committer,
      .signature_key = key,
      .extensions = m->job->args->group_info_extensions,
      .tree = tree ? m->g->tree : NULL,
      .external_secret = external_pub ? &m->next->secrets.external : NULL};
  return tacet_group_info_make(&job, w);
}

static tacet_err write_welcome(make *m) {
  TACET_BUF(info, TACET_MLS_MESSAGE_LIMIT);
  TACET_BUF(w, TACET_MLS_MESSAGE_LIMIT);
  TACET_TRY(write_info(m, m->job->args->tree_in_welcome, false, &info));
  const tacet_welcome_job job = {.suite = m->g->suite,
                                 .list = &m->job->list,
                                 .path = m->job->leaf == NULL ? NULL : &m->path,
                                 .joiner = &m->joiner,
                                 .psk_secret = &m->job->psk_secret,
                                 .group_info = tacet_buf_span(&info)};
  TACET_TRY(tacet_welcome_make(&job, &w));
  return tacet_buf_take(&w, &m->result.welcome);
}

static tacet_err write_public_info(make *m) {
  TACET_BUF(w, TACET_MLS_MESSAGE_LIMIT);
  tacet_message_head_write(&w, TACET_WIRE_FORMAT_GROUP_INFO);
  TACET_TRY(write_info(m, m->job->args->tree_in_group_info,
                       m->job->args->external_pub, &w));
  return tacet_buf_take(&w, &m->result.group_info);
}

static tacet_err write_tree(make *m) {
  TACET_BUF(w, TACET_MLS_MESSAGE_LIMIT);
  tacet_tree_write(m->g->tree, &w);
  return tacet_buf_take(&w, &m->result.ratchet_tree);
}

static tacet_err write_rest(make *m) {
  const tacet_mls_commit_args *args = m->job->args;
  bool joiners =
      tacet_proposal_list_find(&m->job->list, TACET_PROPOSAL_ADD) != NULL;
  if (joiners) {
    TACET_TRY(write_welcome(m));
  }
  if (args->want_group_info) {
    TACET_TRY(write_public_info(m));
  }
  if ((joiners && !args->tree_in_welcome) ||
      (args->want_group_info && !args->tree_in_group_info)) {
    TACET_TRY(write_tree(m));
  }
  return TACET_OK;
}

/* ---- all of it ---- */

static tacet_err note_reinit(make *m) {
  const tacet_listed_proposal *p =
      tacet_proposal_list_find(&m->job->list, TACET_PROPOSAL_REINIT);
  return p == NULL ? TACET_OK : tacet_bytes_set(&m->next->reinit, p->view.body);
}

static tacet_err make_in_change(make *m) {
  TACET_TRY(note_reinit(m));
  TACET_TRY(change_tree(m));
  TACET_TRY(write_commit(m));
  return write_rest(m);
}

tacet_err tacet_commit_make(tacet_commit_job *job, tacet_next *next,
                            tacet_mls_commit_result *result) {
  TACET_CLEANUP(make_wipe)
  make m = {.job = job,
            .g = job->g,
            .next = next,
            .extensions = tacet_proposal_list_extensions(job->g, &job->list),
            .committer = job->sender.index,
            .body = {.max = TACET_MLS_MESSAGE_LIMIT},
            .wrap = {.public_message = job->args->public_message,
                     .padding = job->args->padding}};
  TACET_TRY(tacet_tree_begin(m.g->tree));
  tacet_err err = make_in_change(&m);
  if (err == TACET_OK) {
    err = tacet_handshake_spend(m.g, &m.wrap, m.generation);
  }
  if (err != TACET_OK) {
    tacet_tree_rollback(m.g->tree);
    return err;
  }
  tacet_tree_detach(m.g->tree, &next->change);
  *result = m.result;
  m.result = (tacet_mls_commit_result){.commit = {NULL, 0}};
  return TACET_OK;
}
