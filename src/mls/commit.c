/* SPDX-License-Identifier: Apache-2.0
 * Commits as the caller sees them: made, pending, merged or discarded. */
#include "mls/commit.h"

void tacet_mls_commit_result_free(tacet_mls_commit_result *r) {
  tacet_bytes_free(&r->commit);
  tacet_bytes_free(&r->welcome);
  tacet_bytes_free(&r->group_info);
  tacet_bytes_free(&r->ratchet_tree);
}

static void pending_free(tacet_pending *p) {
  if (p != NULL) {
    tacet_next_free(&p->next);
    tacet_free_wiped(p, sizeof(*p));
  }
}

static inline void pending_cleanup(tacet_pending **p) {
  pending_free(*p);
}

static bool changes_leaf(const tacet_mls_update_args *u) {
  return u->identity != NULL || u->extensions != NULL ||
         u->signature_key != NULL;
}

static bool wants_path(const tacet_commit_job *job) {
  return job->args->force_path || changes_leaf(&job->args->update) ||
         tacet_proposal_list_needs_path(&job->list);
}

static tacet_err make_pending(tacet_commit_job *job,
                              tacet_mls_commit_result *result,
                              tacet_pending *p) {
  const tacet_hash *h = job->g->suite->hash;
  TACET_OWN_LEAF(leaf);
  TACET_MLS_COMMIT_RESULT(made);
  TACET_TRY(tacet_commit_job_list(job));
  if (wants_path(job)) {
    TACET_TRY(tacet_own_leaf_update(job->g, &job->args->update, &leaf));
    job->leaf = &leaf;
  }
  TACET_TRY(tacet_commit_make(job, &p->next, &made));
  TACET_TRY(tacet_hash_one(h, tacet_bytes_span(&made.commit), p->message_hash));
  tacet_mls_commit_result_free(result);
  *result = made;
  made = (tacet_mls_commit_result){.commit = {NULL, 0}};
  return TACET_OK;
}

tacet_err tacet_commit_pending(tacet_mls_group *g,
                               const tacet_mls_commit_args *args, uint64_t now,
                               bool successor,
                               tacet_mls_commit_result *result) {
  TACET_TRY(tacet_group_may_send(g));
  if (g->pending != NULL || g->staged != NULL) {
    return TACET_ERR_STATE;
  }
  TACET_CLEANUP(pending_cleanup)
  tacet_pending *p = tacet_alloc(sizeof(*p));
  if (p == NULL) {
    return TACET_ERR_NOMEM;
  }
  TACET_CLEANUP(tacet_commit_job_free)
  tacet_commit_job job = {.g = g,
                          .sender = {TACET_SENDER_MEMBER, g->keys.leaf},
                          .args = args,
                          .now = now,
                          .successor = successor,
                          .init = &g->secrets.init,
                          .values = {.max = TACET_MLS_MESSAGE_LIMIT}};
  tacet_err err = make_pending(&job, result, p);
  tacet_group_tidy(g);
  if (err == TACET_OK) {
    g->pending = p;
    p = NULL;
  }
  return err;
}

tacet_err tacet_mls_commit(tacet_mls_group *g,
                           const tacet_mls_commit_args *args, uint64_t now,
                           tacet_mls_commit_result *result) {
  return tacet_commit_pending(g, args, now, false, result);
}

bool tacet_mls_pending_matches(const tacet_mls_group *g, tacet_span message) {
  uint8_t hash[TACET_HASH_MAX];
  return g->pending != NULL &&
         tacet_hash_one(g->suite->hash, message, hash) == TACET_OK &&
         memcmp(hash, g->pending->message_hash, g->suite->hash->len) == 0;
}

tacet_err tacet_mls_pending_merge(tacet_mls_group *g, uint64_t now) {
  if (g->pending == NULL || g->staged != NULL) {
    return TACET_ERR_STATE;
  }
  tacet_group_needs_clear(g);
  TACET_TRY(tacet_group_enter(g, &g->pending->next, now, false));
  tacet_mls_pending_discard(g);
  return TACET_OK;
}

void tacet_mls_pending_discard(tacet_mls_group *g) {
  pending_free(g->pending);
  g->pending = NULL;
}
