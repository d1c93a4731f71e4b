/* SPDX-License-Identifier: Apache-2.0
 * Groups that follow another: re-initialisation and branching
 * (RFC 9420 11.2, 11.3). */
#include "mls/commit.h"
#include "mls/join.h"
#include "mls/key_package.h"

/* ---- judging one ---- */

/* The ReInit that ended the group. */
static tacet_err reinit_of(const tacet_mls_group *g, tacet_reinit *out) {
  if (g->reinit.len == 0) {
    return TACET_ERR_REINIT;
  }
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(tacet_bytes_span(&g->reinit), &err);
  tacet_proposal p;
  tacet_proposal_body_read(&r, TACET_PROPOSAL_REINIT, &p);
  tacet_read_end(&r);
  TACET_TRY(err);
  *out = p.reinit;
  return TACET_OK;
}

static bool has_identity(const tacet_mls_group *g, tacet_span identity) {
  tacet_mls_member m;
  return tacet_mls_member_find(g, identity, &m);
}

/* Are all members of `inner` members of `outer`, by their credentials? */
static bool is_within(const tacet_mls_group *inner,
                      const tacet_mls_group *outer) {
  tacet_mls_member m;
  for (uint32_t at = 0; tacet_mls_member_next(inner, &at, &m);) {
    if (!has_identity(outer, m.identity)) {
      return false;
    }
  }
  return true;
}

/* 11.2: exactly what the ReInit said, for the same members. */
static bool follows_reinit(const tacet_mls_group *g,
                           const tacet_mls_group *old) {
  tacet_reinit said;
  const tacet_group_context *c = &g->context.view;
  return reinit_of(old, &said) == TACET_OK && c->version == said.version &&
         c->cipher_suite == said.cipher_suite &&
         tacet_span_equal(c->group_id, said.group_id) &&
         tacet_span_equal(c->extensions, said.extensions) &&
         is_within(g, old) && is_within(old, g);
}

/* 11.3: the same version and suite, for some of the members. */
static bool follows_branch(const tacet_mls_group *g,
                           const tacet_mls_group *old) {
  const tacet_group_context *c = &g->context.view;
  return c->version == old->context.view.version &&
         c->cipher_suite == old->context.view.cipher_suite && is_within(g, old);
}

bool tacet_psk_names_predecessor(const tacet_mls_psk_id *psk) {
  return psk->type == TACET_MLS_PSK_RESUMPTION &&
         psk->usage != TACET_MLS_USAGE_APPLICATION;
}

tacet_err tacet_successor_check(const tacet_mls_group *g,
                                const tacet_mls_psk_id *psk,
                                const tacet_mls_group *old) {
  if (!tacet_psk_names_predecessor(psk)) {
    return TACET_OK;
  }
  bool fits = old != NULL && g->context.view.epoch == 1 &&
              tacet_span_equal(psk->id, old->context.view.group_id) &&
              psk->epoch == old->context.view.epoch &&
              (psk->usage == TACET_MLS_USAGE_REINIT ? follows_reinit(g, old)
                                                    : follows_branch(g, old));
  return fits ? TACET_OK : TACET_ERR_REINIT;
}

/* ---- making one ---- */

typedef struct plan {
  const tacet_suite *suite;
  tacet_span group_id, extensions;
} plan;

static tacet_err plan_for(const tacet_mls_group *old,
                          const tacet_mls_config *config,
                          const tacet_mls_successor_args *args, plan *out) {
  if (args->usage == TACET_MLS_USAGE_BRANCH) {
    TACET_TRY(tacet_group_may_send(old));
    *out = (plan){old->suite, args->group_id, args->extensions};
    return TACET_OK;
  }
  if (args->usage != TACET_MLS_USAGE_REINIT) {
    return TACET_ERR_ARGUMENT;
  }
  tacet_reinit said;
  TACET_TRY(reinit_of(old, &said));
  const tacet_suite *suite =
      tacet_suites_find(config->suites, said.cipher_suite);
  if (suite == NULL || said.version != TACET_PROTOCOL_MLS10) {
    return TACET_ERR_UNKNOWN_SUITE;
  }
  *out = (plan){suite, said.group_id, said.extensions};
  return TACET_OK;
}

static tacet_err check_invited(const tacet_mls_group *old, tacet_span message) {
  tacet_key_package k;
  TACET_TRY(tacet_key_package_message(message, &k));
  return has_identity(old, k.leaf_node.credential.identity) ? TACET_OK
                                                            : TACET_ERR_REINIT;
}

static bool is_invited(const tacet_mls_successor_args *args,
                       tacet_span identity) {
  tacet_key_package k;
  for (size_t i = 0; i < args->n_key_packages; i++) {
    if (tacet_key_package_message(args->key_packages[i], &k) == TACET_OK &&
        tacet_span_equal(k.leaf_node.credential.identity, identity)) {
      return true;
    }
  }
  return false;
}

/* 11.2: a re-initialised group leaves nobody behind. */
static tacet_err check_complete(const tacet_mls_group *old,
                                const tacet_mls_successor_args *args) {
  tacet_mls_member m;
  for (uint32_t at = 0; tacet_mls_member_next(old, &at, &m);) {
    if (m.leaf != old->keys.leaf && !is_invited(args, m.identity)) {
      return TACET_ERR_REINIT;
    }
  }
  return TACET_OK;
}

/* One Add for each, and the old group's resumption PSK. */
static tacet_err list_proposals(const tacet_mls_group *old,
                                const tacet_mls_successor_args *args,
                                tacet_mls_proposal *list) {
  if (args->usage == TACET_MLS_USAGE_REINIT) {
    TACET_TRY(check_complete(old, args));
  }
  for (size_t i = 0; i < args->n_key_packages; i++) {
    TACET_TRY(check_invited(old, args->key_packages[i]));
    list[i] = (tacet_mls_proposal){.type = TACET_PROPOSAL_ADD,
                                   .key_package = args->key_packages[i]};
  }
  list[args->n_key_packages] =
      (tacet_mls_proposal){.type = TACET_PROPOSAL_PSK,
                           .psk = {.type = TACET_MLS_PSK_RESUMPTION,
                                   .usage = args->usage,
                                   .id = old->context.view.group_id,
                                   .epoch = old->context.view.epoch}};
  return TACET_OK;
}

static tacet_err commit_all(const tacet_mls_group *old, tacet_mls_group *g,
                            const tacet_mls_successor_args *args, uint64_t now,
                            tacet_mls_proposal *list,
                            tacet_mls_commit_result *result) {
  TACET_TRY(list_proposals(old, args, list));
  size_t n = args->n_key_packages + 1;
  const tacet_mls_psk psk = {.id = list[n - 1].psk,
                             .key =
                                 tacet_secret_span(&old->secrets.resumption)};
  const tacet_mls_commit_args commit = {
      .proposals = list,
      .n_proposals = n,
      .force_path = true, /* 11: fresh entropy from the start */
      .psks = {&psk, 1},
      .tree_in_welcome = args->tree_in_welcome};
  return tacet_commit_pending(g, &commit, now, true, result);
}

tacet_err tacet_mls_successor(const tacet_mls_group *old,
                              const tacet_mls_config *config,
                              const tacet_mls_successor_args *args,
                              uint64_t now, tacet_mls_commit_result *result,
                              tacet_mls_group **out) {
  TACET_CLEANUP(tacet_group_cleanup) tacet_mls_group *g = NULL;
  plan p;
  if (old->removed) {
    return TACET_ERR_REMOVED;
  }
  TACET_TRY(plan_for(old, config, args, &p));
  TACET_TRY(tacet_mls_group_new(config, p.suite, p.group_id, &args->leaf,
                                p.extensions, &g));
  tacet_mls_proposal *list =
      tacet_alloc_array(args->n_key_packages + 1, sizeof(*list));
  if (list == NULL) {
    return TACET_ERR_NOMEM;
  }
  tacet_err err = commit_all(old, g, args, now, list, result);
  tacet_free(list);
  TACET_TRY(err);
  *out = g;
  g = NULL;
  return TACET_OK;
}
