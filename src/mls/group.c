/* SPDX-License-Identifier: Apache-2.0
 * Making and freeing a group, and what it says of itself. */
#include "mls/group.h"

#include "mls/own_leaf.h"
#include "mls/staged.h"
#include "mls/transcript.h"

/* ---- life ---- */

#define WORK_KEPT_MAX ((size_t)64 << 10) /* bytes of a work area kept */

tacet_err tacet_group_alloc(const tacet_mls_config *config,
                            const tacet_suite *suite, tacet_mls_group **out) {
  tacet_mls_group *g = tacet_alloc(sizeof(*g));
  if (g == NULL) {
    return TACET_ERR_NOMEM;
  }
  g->config = *config;
  g->suite = suite;
  tacet_buf_init(&g->work, TACET_MLS_MESSAGE_LIMIT);
  tacet_buf_init(&g->plain, TACET_MLS_MESSAGE_LIMIT);
  *out = g;
  return TACET_OK;
}

void tacet_mls_group_free(tacet_mls_group *g) {
  if (g == NULL) {
    return;
  }
  tacet_mls_pending_discard(g);
  tacet_mls_staged_drop(g);
  tacet_mls_proposals_clear(g);
  tacet_free(g->proposals);
  for (size_t i = 0; i < g->n_past; i++) {
    tacet_past_free(&g->past[i]);
  }
  tacet_free(g->past);
  tacet_secret_tree_free(&g->ratchets);
  tacet_tree_free(g->tree);
  tacet_context_free(&g->context);
  tacet_bytes_free(&g->reinit);
  tacet_buf_free(&g->work);
  tacet_buf_free(&g->plain);
  tacet_group_needs_clear(g);
  tacet_free_wiped(g, sizeof(*g));
}

void tacet_group_tidy(tacet_mls_group *g) {
  tacet_buf *areas[] = {&g->work, &g->plain};
  for (size_t i = 0; i < 2; i++) {
    if (areas[i]->cap > WORK_KEPT_MAX) {
      tacet_buf_free(areas[i]);
    } else {
      tacet_buf_clear(areas[i]);
    }
  }
}

void tacet_group_needs_clear(tacet_mls_group *g) {
  tacet_free(g->needed);
  g->needed = NULL;
  g->n_needed = 0;
  tacet_bytes_free(&g->needed_body);
}

tacet_err tacet_group_may_send(const tacet_mls_group *g) {
  if (g->removed) {
    return TACET_ERR_REMOVED;
  }
  return g->reinit.len > 0 ? TACET_ERR_REINIT : TACET_OK;
}

/* ---- making ---- */

/* RFC 9420 11: the creator's leaf is one as in a key package, for good. */
static tacet_err add_own_leaf(tacet_mls_group *g, tacet_own_leaf *l,
                              tacet_span extensions) {
  TACET_TRY(tacet_own_leaf_fresh_key(g->suite, l, &g->keys.leaf_key));
  l->node.source = TACET_LEAF_SOURCE_KEY_PACKAGE;
  l->node.not_before = 0;
  l->node.not_after = UINT64_MAX;
  TACET_BUF(w, TACET_KEY_PACKAGE_READ_MAX);
  tacet_span encoded;
  tacet_leaf_node parsed;
  TACET_TRY(tacet_leaf_sign(g->suite, &l->node,
                            tacet_secret_span(&l->signature_key),
                            TACET_SPAN_EMPTY, 0, &w));
  TACET_TRY(tacet_buf_done(&w, &encoded));
  TACET_TRY(tacet_leaf_node_parse(encoded, &parsed));
  const tacet_leaf_rules rules = {.suite = g->suite,
                                  .source = TACET_LEAF_SOURCE_KEY_PACKAGE,
                                  .group_extensions = extensions};
  if (tacet_leaf_check(&parsed, &rules) != TACET_OK) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_TRY(tacet_tree_begin(g->tree));
  tacet_err err = tacet_tree_add(g->tree, encoded, &g->keys.leaf);
  if (err != TACET_OK) {
    tacet_tree_rollback(g->tree);
    return err;
  }
  tacet_tree_commit(g->tree);
  return tacet_secret_set(&g->signature_key,
                          tacet_secret_span(&l->signature_key));
}

static tacet_err first_context(tacet_mls_group *g, tacet_span group_id,
                               tacet_span extensions) {
  uint8_t tree_hash[TACET_HASH_MAX];
  TACET_TRY(tacet_tree_hash(g->tree, tree_hash));
  const tacet_group_context context = {
      .version = TACET_PROTOCOL_MLS10,
      .cipher_suite = g->suite->id,
      .group_id = group_id,
      .epoch = 0,
      .tree_hash = tacet_span_of(tree_hash, g->suite->hash->len),
      .extensions = extensions};
  return tacet_context_make(&g->context, &context);
}

/* RFC 9420 11: a random epoch, confirmed by its own key. */
static tacet_err first_secrets(tacet_mls_group *g) {
  const tacet_hash *h = g->suite->hash;
  TACET_SECRET(joiner);
  TACET_SECRET(zero);
  uint8_t tag[TACET_HASH_MAX];
  joiner.len = h->len;
  TACET_TRY(tacet_random(joiner.b, joiner.len));
  tacet_epoch_zero(h, &zero);
  TACET_TRY(tacet_epoch_derive(h, &joiner, &zero,
                               tacet_context_span(&g->context), &g->secrets));
  TACET_TRY(tacet_confirmation_tag(h, &g->secrets.confirmation,
                                   TACET_SPAN_EMPTY, tag));
  TACET_TRY(tacet_transcript_interim(h, TACET_SPAN_EMPTY,
                                     tacet_span_of(tag, h->len), g->interim));
  TACET_TRY(tacet_secret_tree_init(&g->ratchets, g->suite,
                                   tacet_tree_n_leaves(g->tree),
                                   &g->secrets.encryption));
  tacet_secret_wipe(&g->secrets.encryption);
  return TACET_OK;
}

tacet_err tacet_mls_group_new(const tacet_mls_config *config,
                              const tacet_suite *suite, tacet_span group_id,
                              const tacet_mls_leaf_args *leaf,
                              tacet_span extensions, tacet_mls_group **out) {
  TACET_OWN_LEAF(l);
  TACET_CLEANUP(tacet_group_cleanup) tacet_mls_group *g = NULL;
  if (tacet_extensions_check(extensions) != TACET_OK ||
      tacet_group_extensions_check(extensions) != TACET_OK) {
    return TACET_ERR_ARGUMENT;
  }
  TACET_TRY(tacet_own_leaf_new(config, suite, leaf, &l));
  TACET_TRY(tacet_group_alloc(config, suite, &g));
  TACET_TRY(tacet_tree_new(suite, &g->tree));
  TACET_TRY(add_own_leaf(g, &l, extensions));
  TACET_TRY(first_context(g, group_id, extensions));
  TACET_TRY(first_secrets(g));
  *out = g;
  g = NULL;
  return TACET_OK;
}

/* ---- what it is ---- */

tacet_span tacet_mls_group_id(const tacet_mls_group *g) {
  return g->context.view.group_id;
}

uint64_t tacet_mls_epoch(const tacet_mls_group *g) {
  return g->context.view.epoch;
}

const tacet_suite *tacet_mls_suite(const tacet_mls_group *g) {
  return g->suite;
}

uint32_t tacet_mls_own_leaf(const tacet_mls_group *g) {
  return g->keys.leaf;
}

tacet_span tacet_mls_group_extensions(const tacet_mls_group *g) {
  return g->context.view.extensions;
}

tacet_span tacet_mls_tree_hash(const tacet_mls_group *g) {
  return g->context.view.tree_hash;
}

tacet_span tacet_mls_confirmed_transcript_hash(const tacet_mls_group *g) {
  return g->context.view.confirmed_transcript_hash;
}

const tacet_secret *tacet_mls_epoch_authenticator(const tacet_mls_group *g) {
  return &g->secrets.authenticator;
}

const tacet_secret *tacet_mls_resumption_psk(const tacet_mls_group *g) {
  return &g->secrets.resumption;
}

tacet_mls_status tacet_mls_group_status(const tacet_mls_group *g) {
  return (tacet_mls_status){.pending = g->pending != NULL,
                            .staged = g->staged != NULL,
                            .removed = g->removed,
                            .reinit = g->reinit.len > 0,
                            .exporter = g->secrets.exporter.len > 0,
                            .n_proposals = g->n_proposals,
                            .n_past_epochs = g->n_past};
}

tacet_err tacet_mls_export(const tacet_mls_group *g, const char *label,
                           tacet_span context, size_t len, tacet_secret *out) {
  if (g->secrets.exporter.len == 0) {
    return TACET_ERR_STATE;
  }
  return tacet_epoch_export(g->suite->hash, &g->secrets.exporter, label,
                            context, len, out);
}

void tacet_mls_erase_exporter(tacet_mls_group *g) {
  tacet_secret_wipe(&g->secrets.exporter);
}

/* ---- members ---- */

void tacet_member_set(tacet_mls_member *out, uint32_t leaf,
                      const tacet_leaf_node *node) {
  *out = (tacet_mls_member){.leaf = leaf,
                            .credential = node->credential.type,
                            .identity = node->credential.identity,
                            .signature_key = node->signature_key,
                            .encryption_key = node->encryption_key,
                            .extensions = node->extensions};
}

uint32_t tacet_mls_n_members(const tacet_mls_group *g) {
  return tacet_tree_n_members(g->tree);
}

uint32_t tacet_mls_n_leaves(const tacet_mls_group *g) {
  return tacet_tree_n_leaves(g->tree);
}

bool tacet_mls_member_at(const tacet_mls_group *g, uint32_t leaf,
                         tacet_mls_member *out) {
  tacet_leaf_node node;
  if (!tacet_tree_leaf(g->tree, leaf, &node)) {
    return false;
  }
  tacet_member_set(out, leaf, &node);
  return true;
}

bool tacet_mls_member_next(const tacet_mls_group *g, uint32_t *at,
                           tacet_mls_member *out) {
  uint32_t n = tacet_tree_n_leaves(g->tree);
  while (*at < n) {
    uint32_t leaf = (*at)++;
    if (tacet_mls_member_at(g, leaf, out)) {
      return true;
    }
  }
  return false;
}

bool tacet_mls_member_find(const tacet_mls_group *g, tacet_span identity,
                           tacet_mls_member *out) {
  tacet_mls_member m;
  for (uint32_t at = 0; tacet_mls_member_next(g, &at, &m);) {
    if (tacet_span_equal(m.identity, identity)) {
      *out = m;
      return true;
    }
  }
  return false;
}

bool tacet_mls_member_find_key(const tacet_mls_group *g,
                               tacet_span signature_key,
                               tacet_mls_member *out) {
  uint32_t leaf = 0;
  return tacet_tree_find_signature_key(g->tree, signature_key, &leaf) &&
         tacet_mls_member_at(g, leaf, out);
}
