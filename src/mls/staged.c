/* SPDX-License-Identifier: Apache-2.0
 * Looking at a staged commit, and what becomes of it. */
#include "mls/staged.h"

#include "mls/views.h"

void tacet_staged_free(tacet_staged *s) {
  if (s != NULL) {
    tacet_next_free(&s->next);
    tacet_proposal_list_free(&s->list);
    tacet_free(s->changes);
    tacet_bytes_free(&s->body);
    tacet_free_wiped(s, sizeof(*s));
  }
}

void tacet_mls_staged_info_get(const tacet_mls_group *g,
                               tacet_mls_staged_info *out) {
  TACET_ASSERT(g->staged != NULL);
  *out = g->staged->info;
}

void tacet_mls_staged_change(const tacet_mls_group *g, size_t i,
                             tacet_mls_change *out) {
  const tacet_staged *s = g->staged;
  TACET_ASSERT(s != NULL && i < s->info.n_changes);
  *out = s->changes[i];
  const tacet_mls_member none = {.leaf = TACET_MLS_NO_LEAF};
  out->before = none;
  out->after = none;
  tacet_leaf_node leaf;
  bool joins = out->kind == TACET_MLS_CHANGE_ADDED ||
               (out->kind == TACET_MLS_CHANGE_COMMITTER && s->info.external);
  if (!joins && tacet_tree_leaf(g->tree, out->leaf, &leaf)) {
    tacet_member_set(&out->before, out->leaf, &leaf);
  }
  if (out->kind != TACET_MLS_CHANGE_REMOVED &&
      tacet_tree_change_leaf(s->next.change, out->leaf, &leaf)) {
    tacet_member_set(&out->after, out->leaf, &leaf);
  }
}

void tacet_mls_staged_proposal(const tacet_mls_group *g, size_t i,
                               tacet_mls_proposal_view *out) {
  TACET_ASSERT(g->staged != NULL && i < g->staged->list.n);
  tacet_proposal_view_set(g->suite, &g->staged->list.item[i], out);
}

/* A removed member learns nothing of the new epoch; what it had of the old one
 * it may still need for messages on their way. */
static void be_removed(tacet_mls_group *g) {
  tacet_mls_proposals_clear(g);
  g->removed = true;
}

tacet_err tacet_mls_staged_apply(tacet_mls_group *g, uint64_t now) {
  tacet_staged *s = g->staged;
  if (s == NULL || s->public_only) {
    return TACET_ERR_STATE;
  }
  g->staged = NULL; /* its list goes, so the proposals may go */
  if (s->info.removes_self) {
    be_removed(g);
  } else {
    tacet_err err = tacet_group_enter(g, &s->next, now, false);
    if (err != TACET_OK) {
      g->staged = s;
      return err;
    }
  }
  tacet_staged_free(s);
  tacet_mls_pending_discard(g);
  tacet_group_needs_clear(g);
  return TACET_OK;
}

void tacet_mls_staged_drop(tacet_mls_group *g) {
  tacet_staged_free(g->staged);
  g->staged = NULL;
}
