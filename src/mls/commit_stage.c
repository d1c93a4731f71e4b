/* SPDX-License-Identifier: Apache-2.0
 * A commit that came in: from its signed content to the epoch that it makes
 * (RFC 9420 12.4.2).
 *
 * First everything that all members compute alike, then what only this one can.
 * Nothing of the group changes: the tree's part happens inside a change that is
 * detached in the end, or rolled back.
 */
#include "mls/commit.h"

#include "mls/psk.h"
#include "mls/staged.h"

typedef struct stage {
  tacet_mls_group *g;
  const tacet_frame *frame;
  const tacet_commit_stage_args *args;
  tacet_staged *s;
  tacet_commit commit; /* points into s->body */
  tacet_secret psk_secret, init;
  uint8_t tree_hash[TACET_HASH_MAX];
} stage;

static void stage_wipe(stage *st) {
  tacet_staged_free(st->s);
  tacet_wipe(st, sizeof(*st));
}

/* ---- before the tree changes ---- */

static tacet_err read_commit(stage *st) {
  TACET_TRY(tacet_bytes_set(&st->s->body, st->frame->content.body.raw));
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(tacet_bytes_span(&st->s->body), &err);
  tacet_commit_read(&r, &st->commit);
  tacet_read_end(&r);
  return err;
}

/* 12.2: who comes back in place of an old leaf brings another key, as with an
 * Update of that leaf. Afterwards the old one is in no node any more. */
static tacet_err check_return(const stage *st) {
  const tacet_listed_proposal *removed =
      tacet_proposal_list_find(&st->s->list, TACET_PROPOSAL_REMOVE);
  tacet_leaf_node old;
  if (!st->s->info.external || removed == NULL || !st->commit.has_path ||
      !tacet_tree_leaf(st->g->tree, removed->view.remove, &old)) {
    return TACET_OK;
  }
  return tacet_span_equal(old.encryption_key,
                          st->commit.path.leaf_node.encryption_key)
             ? TACET_ERR_LEAF
             : TACET_OK;
}

static tacet_err check_list(stage *st) {
  tacet_staged *s = st->s;
  TACET_TRY(tacet_proposal_list_resolve(st->g, &st->commit,
                                        st->frame->content.sender, &s->list));
  s->info.extensions = tacet_proposal_list_extensions(st->g, &s->list);
  const tacet_proposal_rules rules = {.committer = st->frame->content.sender,
                                      .extensions = s->info.extensions,
                                      .check_lifetime = st->args->now != 0,
                                      .now = st->args->now};
  TACET_TRY(tacet_proposal_list_check(st->g, &s->list, &rules));
  TACET_TRY(check_return(st));
  bool must = s->info.external || tacet_proposal_list_needs_path(&s->list);
  return must && !st->commit.has_path ? TACET_ERR_PATH_REQUIRED : TACET_OK;
}

static tacet_err find_psks(stage *st) {
  tacet_mls_group *g = st->g;
  tacet_err err =
      tacet_proposal_list_psk_secret(g, &st->s->list, st->args->psks,
                                     &st->psk_secret, &g->needed, &g->n_needed);
  if (err == TACET_ERR_NOT_FOUND) {
    /* The ids point into the commit: it must stay. */
    g->needed_body = st->s->body;
    st->s->body = (tacet_bytes){NULL, 0};
  }
  return err;
}

static bool removes(const tacet_proposal_list *l, uint32_t leaf) {
  for (size_t i = 0; i < l->n; i++) {
    if (l->item[i].view.type == TACET_PROPOSAL_REMOVE &&
        l->item[i].view.remove == leaf) {
      return true;
    }
  }
  return false;
}

static tacet_err fill_info(stage *st) {
  tacet_staged *s = st->s;
  const tacet_listed_proposal *reinit =
      tacet_proposal_list_find(&s->list, TACET_PROPOSAL_REINIT);
  s->info.has_path = st->commit.has_path;
  s->info.removes_self = removes(&s->list, st->g->keys.leaf);
  s->info.reinit = reinit != NULL;
  s->info.changes_extensions =
      tacet_proposal_list_find(&s->list,
                               TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS) != NULL;
  s->info.n_proposals = s->list.n;
  return reinit == NULL ? TACET_OK
                        : tacet_bytes_set(&s->next.reinit, reinit->view.body);
}

/* ---- the tree ---- */

/* 12.4.2: the committer's new leaf, and the keys above it. */
static tacet_err apply_path(stage *st) {
  tacet_mls_group *g = st->g;
  const tacet_update_path *path = &st->commit.path;
  uint32_t committer = st->s->info.committer;
  const tacet_leaf_rules rules = {.suite = g->suite,
                                  .source = TACET_LEAF_SOURCE_COMMIT,
                                  .group_extensions = st->s->info.extensions};
  TACET_TRY(tacet_leaf_check(&path->leaf_node, &rules));
  TACET_TRY(tacet_leaf_verify(g->suite, &path->leaf_node,
                              g->context.view.group_id, committer));
  return tacet_treekem_merge(g->tree, committer, path);
}

static tacet_err change_tree(stage *st) {
  tacet_mls_group *g = st->g;
  tacet_staged *s = st->s;
  TACET_TRY(tacet_proposal_list_apply(g->tree, &s->list));
  if (s->info.external) {
    TACET_TRY(tacet_tree_reserve(g->tree, &s->info.committer));
  }
  if (st->commit.has_path) {
    TACET_TRY(apply_path(st));
  }
  TACET_TRY(tacet_proposal_list_check_tree(g, &s->list, s->info.extensions));
  return tacet_tree_hash(g->tree, st->tree_hash);
}

static tacet_span tree_hash_span(const stage *st) {
  return tacet_span_of(st->tree_hash, st->g->suite->hash->len);
}

/* All find the same in an ExternalInit, whoever is removed too: so it comes
 * before what a committer can spoil for one alone. */
static tacet_err find_init_secret(stage *st) {
  const tacet_mls_group *g = st->g;
  if (!st->s->info.external) {
    return tacet_secret_set(&st->init, tacet_secret_span(&g->secrets.init));
  }
  const tacet_listed_proposal *p =
      tacet_proposal_list_find(&st->s->list, TACET_PROPOSAL_EXTERNAL_INIT);
  tacet_err err = tacet_external_init_find(g->suite, &g->secrets.external,
                                           p->view.external_init, &st->init);
  bool bad = tacet_err_kind(err) == TACET_KIND_INPUT ||
             tacet_err_kind(err) == TACET_KIND_PEER;
  return bad ? TACET_ERR_EXTERNAL : err; /* no KEM output of anybody's */
}

/* ---- what this member alone can find ---- */

/* An Update of one's own that the commit covers brings in its keys. */
static tacet_err take_own_update(stage *st) {
  tacet_next *next = &st->s->next;
  for (size_t i = 0; i < st->s->list.n; i++) {
    const tacet_cached_proposal *c = st->s->list.item[i].cached;
    if (c != NULL && c->leaf_key.len > 0) {
      TACET_TRY(tacet_secret_set(&next->keys.leaf_key,
                                 tacet_secret_span(&c->leaf_key)));
      TACET_TRY(tacet_secret_set(&next->signature_key,
                                 tacet_secret_span(&c->signature_key)));
    }
  }
  tacet_tree_private_prune(&next->keys, st->g->tree);
  return TACET_OK;
}

static tacet_err find_commit_secret(stage *st, tacet_secret *out) {
  tacet_mls_group *g = st->g;
  tacet_next *next = &st->s->next;
  next->keys = g->keys;
  TACET_TRY(take_own_update(st));
  if (!st->commit.has_path) {
    tacet_epoch_zero(g->suite->hash, out);
    return TACET_OK;
  }
  TACET_CLEANUP(tacet_context_free)
  tacet_context provisional = {.bytes = {NULL, 0}};
  TACET_TRY(tacet_next_context(&g->context.view, tree_hash_span(st),
                               g->context.view.confirmed_transcript_hash,
                               st->s->info.extensions, &provisional));
  return tacet_treekem_decrypt(
      g->tree, &next->keys, st->s->info.committer, &st->commit.path,
      tacet_context_span(&provisional), &next->keys, out, NULL);
}

static tacet_err derive(stage *st) {
  tacet_mls_group *g = st->g;
  TACET_SECRET(commit_secret);
  uint8_t tag[TACET_HASH_MAX];
  TACET_TRY(find_commit_secret(st, &commit_secret));
  const tacet_derivation d = {
      .suite = g->suite,
      .old = &g->context.view,
      .interim = tacet_span_of(g->interim, g->suite->hash->len),
      .tree_hash = tree_hash_span(st),
      .extensions = st->s->info.extensions,
      .commit = st->frame,
      .init = &st->init,
      .commit_secret = &commit_secret,
      .psk_secret = &st->psk_secret};
  TACET_TRY(tacet_next_derive(&d, &st->s->next, NULL, tag));
  return tacet_equal_ct(tacet_span_of(tag, g->suite->hash->len),
                        st->frame->auth.confirmation_tag)
             ? TACET_OK
             : TACET_ERR_CONFIRMATION;
}

/* ---- all of it ---- */

/* Inside an open change. Who is removed cannot know the next epoch. */
static tacet_err stage_in_change(stage *st) {
  TACET_TRY(change_tree(st));
  TACET_TRY(find_init_secret(st));
  st->s->public_only = st->args->public_only;
  return st->s->info.removes_self || st->args->public_only ? TACET_OK
                                                           : derive(st);
}

static tacet_err list_changes(tacet_staged *s) {
  s->changes = tacet_alloc_array(s->list.n + 1, sizeof(*s->changes));
  if (s->changes == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (size_t i = 0; i < s->list.n; i++) {
    const tacet_listed_proposal *p = &s->list.item[i];
    tacet_mls_change c = {.proposer_type = p->sender.type,
                          .proposer = p->sender.index};
    if (p->view.type == TACET_PROPOSAL_ADD) {
      c.kind = TACET_MLS_CHANGE_ADDED;
      c.leaf = p->leaf;
    } else if (p->view.type == TACET_PROPOSAL_REMOVE) {
      c.kind = TACET_MLS_CHANGE_REMOVED;
      c.leaf = p->view.remove;
    } else if (p->view.type == TACET_PROPOSAL_UPDATE) {
      c.kind = TACET_MLS_CHANGE_UPDATED;
      c.leaf = p->sender.index;
    } else {
      continue;
    }
    s->changes[s->info.n_changes++] = c;
  }
  if (s->info.has_path) {
    s->changes[s->info.n_changes++] = (tacet_mls_change){
        .kind = TACET_MLS_CHANGE_COMMITTER,
        .leaf = s->info.committer,
        .proposer_type = s->info.external ? TACET_SENDER_NEW_MEMBER_COMMIT
                                          : TACET_SENDER_MEMBER,
        .proposer = s->info.committer};
  }
  return TACET_OK;
}

static tacet_err prepare(stage *st) {
  st->s = tacet_alloc(sizeof(*st->s));
  if (st->s == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_sender sender = st->frame->content.sender;
  st->s->info.external = sender.type == TACET_SENDER_NEW_MEMBER_COMMIT;
  st->s->info.committer = sender.index;
  TACET_TRY(read_commit(st));
  TACET_TRY(check_list(st));
  TACET_TRY(fill_info(st));
  return find_psks(st);
}

tacet_err tacet_commit_stage(tacet_mls_group *g, const tacet_frame *frame,
                             const tacet_commit_stage_args *args) {
  TACET_CLEANUP(stage_wipe)
  stage st = {.g = g, .frame = frame, .args = args};
  TACET_TRY(prepare(&st));
  TACET_TRY(tacet_tree_begin(g->tree));
  tacet_err err = stage_in_change(&st);
  if (err == TACET_OK) {
    err = list_changes(st.s);
  }
  if (err != TACET_OK) {
    tacet_tree_rollback(g->tree);
    return err;
  }
  tacet_tree_detach(g->tree, &st.s->next.change);
  g->staged = st.s;
  st.s = NULL;
  return TACET_OK;
}
