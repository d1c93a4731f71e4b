/* SPDX-License-Identifier: Apache-2.0
 * Which proposals a commit of one's own covers: those by value, and of the
 * cached ones as many as go together (RFC 9420 12.2, 12.4.1).
 */
#include "mls/commit.h"

#include "mls/psk.h"

/* ---- by value ---- */

static tacet_err write_values(tacet_commit_job *job) {
  for (size_t i = 0; i < job->args->n_proposals; i++) {
    TACET_TRY(tacet_proposal_build(job->g->suite, &job->args->proposals[i],
                                   &job->values));
  }
  if (job->external_init.len > 0) {
    const tacet_proposal p = {.type = TACET_PROPOSAL_EXTERNAL_INIT,
                              .external_init = job->external_init};
    tacet_proposal_write(&job->values, &p);
  }
  return job->values.err;
}

static tacet_err list_values(tacet_commit_job *job) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(tacet_buf_span(&job->values), &err);
  while (tacet_more(&r)) {
    tacet_listed_proposal item = {.sender = job->sender, .cached = NULL};
    tacet_proposal_read(&r, &item.view);
    if (err == TACET_OK) {
      TACET_TRY(tacet_proposal_list_push(&job->list, &item));
    }
  }
  return err;
}

/* ---- cached ---- */

static bool takes_leaf(const tacet_listed_proposal *p, uint32_t *leaf) {
  if (p->view.type == TACET_PROPOSAL_REMOVE) {
    *leaf = p->view.remove;
    return true;
  }
  *leaf = p->sender.index;
  return p->view.type == TACET_PROPOSAL_UPDATE;
}

/* Can the two not stand in one commit? */
static bool clash(const tacet_listed_proposal *a,
                  const tacet_listed_proposal *b) {
  uint32_t leaf_a = 0, leaf_b = 0;
  if (a->view.type == TACET_PROPOSAL_REINIT ||
      b->view.type == TACET_PROPOSAL_REINIT) {
    return true;
  }
  if (takes_leaf(a, &leaf_a) && takes_leaf(b, &leaf_b)) {
    return leaf_a == leaf_b;
  }
  if (a->view.type != b->view.type) {
    return false;
  }
  if (a->view.type == TACET_PROPOSAL_ADD) {
    return tacet_span_equal(a->view.add.leaf_node.signature_key,
                            b->view.add.leaf_node.signature_key);
  }
  if (a->view.type == TACET_PROPOSAL_PSK) {
    tacet_mls_psk_id id_a = tacet_psk_id_of(&a->view.psk);
    tacet_mls_psk_id id_b = tacet_psk_id_of(&b->view.psk);
    return tacet_psk_id_same(&id_a, &id_b);
  }
  return a->view.type == TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS;
}

static bool clashes_with(const tacet_proposal_list *l,
                         const tacet_listed_proposal *p) {
  for (size_t i = 0; i < l->n; i++) {
    if (clash(&l->item[i], p)) {
      return true;
    }
  }
  return false;
}

static bool list_removes(const tacet_proposal_list *l, uint32_t leaf) {
  for (size_t i = 0; i < l->n; i++) {
    if (l->item[i].view.type == TACET_PROPOSAL_REMOVE &&
        l->item[i].view.remove == leaf) {
      return true;
    }
  }
  return false;
}

/* Would it be valid if it were alone in the commit, removes apart? */
static bool usable(const tacet_commit_job *job,
                   const tacet_listed_proposal *p) {
  uint32_t leaf = 0;
  if (takes_leaf(p, &leaf) && leaf == job->sender.index) {
    return false; /* nobody commits an own Update or the own removal */
  }
  if (p->view.type == TACET_PROPOSAL_ADD &&
      tacet_tree_find_signature_key(
          job->g->tree, p->view.add.leaf_node.signature_key, &leaf) &&
      !list_removes(&job->list, leaf)) {
    return false;
  }
  const tacet_proposal_rules rules = {
      .committer = job->sender,
      .extensions = tacet_proposal_list_extensions(job->g, &job->list),
      .check_lifetime = true,
      .now = job->now};
  return tacet_proposal_check(job->g, p, &rules) == TACET_OK;
}

/* Removes go first, since they beat Updates and make room for Adds; a ReInit
 * last, since it goes alone. */
static int turn_of(uint16_t type) {
  switch (type) {
  case TACET_PROPOSAL_REMOVE:
    return 0;
  case TACET_PROPOSAL_GROUP_CONTEXT_EXTENSIONS:
    return 1; /* the others are judged by it */
  case TACET_PROPOSAL_REINIT:
    return 3;
  default:
    return 2;
  }
}

static tacet_err list_cached(tacet_commit_job *job) {
  const tacet_mls_group *g = job->g;
  for (int turn = 0; turn <= 3; turn++) {
    for (size_t i = g->n_proposals; i-- > 0;) { /* the newest first */
      const tacet_cached_proposal *c = &g->proposals[i];
      const tacet_listed_proposal item = {
          .view = c->view, .sender = c->sender, .cached = c};
      if (turn_of(c->view.type) == turn && !clashes_with(&job->list, &item) &&
          usable(job, &item)) {
        TACET_TRY(tacet_proposal_list_push(&job->list, &item));
      }
    }
  }
  return TACET_OK;
}

/* ---- the whole ---- */

tacet_err tacet_commit_job_list(tacet_commit_job *job) {
  TACET_TRY(write_values(job));
  TACET_TRY(list_values(job));
  if (job->args->with_cached) {
    TACET_TRY(list_cached(job));
  }
  const tacet_proposal_rules rules = {
      .committer = job->sender,
      .extensions = tacet_proposal_list_extensions(job->g, &job->list),
      .check_lifetime = true,
      .now = job->now,
      .successor = job->successor};
  TACET_TRY(tacet_proposal_list_check(job->g, &job->list, &rules));
  tacet_err err = tacet_proposal_list_psk_secret(
      job->g, &job->list, job->args->psks, &job->psk_secret, NULL, NULL);
  return err == TACET_ERR_NOT_FOUND ? TACET_ERR_PSK : err;
}

void tacet_commit_job_free(tacet_commit_job *job) {
  tacet_buf_free(&job->values);
  tacet_proposal_list_free(&job->list);
  tacet_secret_wipe(&job->psk_secret);
}
