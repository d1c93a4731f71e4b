/* SPDX-License-Identifier: Apache-2.0
 * Reading the saved form of a group (save.c has the format).
 *
 * It comes from the embedder's own store, which nobody else writes; still every
 * count is bounded by the bytes that are there, and what no save wrote is
 * refused.
 */
#include "mls/proposals.h"
#include "mls/state.h"

static void read_version(tacet_reader *r) {
  uint8_t version = tacet_read_u8(r);
  if (*r->err == TACET_OK && version != TACET_STATE_VERSION) {
    tacet_read_fail(r, version > TACET_STATE_VERSION ? TACET_ERR_VERSION
                                                     : TACET_ERR_ENCODING);
  }
}

static void read_secret(tacet_reader *r, tacet_secret *out) {
  tacet_err err = tacet_secret_set(out, tacet_read_vec(r));
  if (err != TACET_OK) {
    tacet_read_fail(r, err);
  }
}

/* One that has to have the hash's length; or, if it may, none. */
static void read_derived(tacet_reader *r, const tacet_suite *s, bool optional,
                         tacet_secret *out) {
  read_secret(r, out);
  if (out->len != s->hash->len && !(optional && out->len == 0)) {
    tacet_read_fail(r, TACET_ERR_ENCODING);
  }
}

static void read_epoch(tacet_reader *r, const tacet_suite *s,
                       tacet_epoch *out) {
  read_derived(r, s, false, &out->init);
  read_derived(r, s, false, &out->sender_data);
  read_derived(r, s, true, &out->encryption);
  read_derived(r, s, true, &out->exporter);
  read_derived(r, s, false, &out->external);
  read_derived(r, s, false, &out->confirmation);
  read_derived(r, s, false, &out->membership);
  read_derived(r, s, false, &out->resumption);
  read_derived(r, s, false, &out->authenticator);
}

static void read_hash(tacet_reader *r, const tacet_suite *s, uint8_t *out) {
  tacet_read_copy(r, out, s->hash->len);
}

static void read_signature_key(tacet_reader *r, const tacet_suite *s,
                               bool optional, tacet_secret *out) {
  tacet_span key = tacet_read_vec(r);
  if (optional && key.len == 0) {
    return;
  }
  tacet_err err = tacet_sig_expand(s->sig, key, out);
  if (err != TACET_OK) {
    tacet_read_fail(r, err == TACET_ERR_ARGUMENT ? TACET_ERR_ENCODING : err);
  }
}

/* An encoded ReInit body, or nothing. */
static tacet_err read_reinit(tacet_reader *r, tacet_bytes *out) {
  tacet_span body = tacet_read_vec(r);
  TACET_TRY(*r->err);
  if (body.len > 0) {
    tacet_err err = TACET_OK;
    tacet_reader inner = tacet_reader_over(body, &err);
    tacet_proposal p;
    tacet_proposal_body_read(&inner, TACET_PROPOSAL_REINIT, &p);
    tacet_read_end(&inner);
    TACET_TRY(err);
  }
  return tacet_bytes_set(out, body);
}

static tacet_err read_context(tacet_reader *r, const tacet_suite *s,
                              tacet_context *out) {
  tacet_span bytes = tacet_read_vec(r);
  TACET_TRY(*r->err);
  TACET_TRY(tacet_context_set(out, bytes));
  return out->view.cipher_suite == s->id ? TACET_OK : TACET_ERR_ENCODING;
}

/* ---- proposals ---- */

static tacet_err read_proposal(tacet_reader *r, tacet_mls_group *g) {
  TACET_CACHED(p);
  p.sender.type = tacet_read_u8(r);
  p.sender.index = tacet_read_u32(r);
  read_hash(r, g->suite, p.ref);
  tacet_span bytes = tacet_read_vec(r);
  read_secret(r, &p.leaf_key);
  read_signature_key(r, g->suite, true, &p.signature_key);
  TACET_TRY(*r->err);
  if (p.leaf_key.len != 0 && p.leaf_key.len != g->suite->kem->private_len) {
    return TACET_ERR_ENCODING;
  }
  TACET_TRY(tacet_bytes_set(&p.bytes, bytes));
  TACET_TRY(tacet_proposal_parse(tacet_bytes_span(&p.bytes), &p.view));
  TACET_TRY(tacet_cached_reserve(g, SIZE_MAX));
  (void)tacet_cached_add(g, &p);
  return TACET_OK;
}

static tacet_err read_proposals(tacet_reader *r, tacet_mls_group *g) {
  tacet_reader list = tacet_read_vec_of(r);
  while (tacet_more(&list)) {
    TACET_TRY(read_proposal(&list, g));
  }
  return *r->err;
}

/* ---- past epochs ---- */

#define LEAF_THEN_MIN 5 /* encoded bytes of the smallest */

static tacet_err read_leaf(tacet_reader *r, tacet_leaf_then *l) {
  l->leaf = tacet_read_u32(r);
  l->blank = !tacet_read_optional(r);
  if (l->blank) {
    return *r->err;
  }
  tacet_span key = tacet_read_vec(r), credential = tacet_read_vec(r);
  TACET_TRY(*r->err);
  TACET_TRY(tacet_bytes_set(&l->signature_key, key));
  return tacet_bytes_set(&l->credential, credential);
}

static tacet_err read_leaves(tacet_reader *r, tacet_past_epoch *p) {
  tacet_reader list = tacet_read_vec_of(r);
  size_t max = tacet_read_left(&list) / LEAF_THEN_MIN;
  if (max == 0) {
    tacet_read_end(&list);
    return *r->err;
  }
  p->leaves = tacet_alloc_array(max, sizeof(*p->leaves));
  if (p->leaves == NULL) {
    return TACET_ERR_NOMEM;
  }
  while (tacet_more(&list)) {
    if (p->n_leaves == max) {
      return TACET_ERR_ENCODING;
    }
    tacet_leaf_then *l = &p->leaves[p->n_leaves++];
    TACET_TRY(read_leaf(&list, l));
    if (p->n_leaves > 1 && l[-1].leaf >= l->leaf) {
      return TACET_ERR_ENCODING;
    }
  }
  return *r->err;
}

static tacet_err read_past_epoch(tacet_reader *r, const tacet_suite *s,
                                 tacet_past_epoch *p) {
  p->left = tacet_read_u64(r);
  TACET_TRY(read_context(r, s, &p->context));
  read_derived(r, s, false, &p->sender_data);
  read_derived(r, s, false, &p->resumption);
  TACET_TRY(tacet_secret_tree_read(r, s, &p->ratchets));
  return read_leaves(r, p);
}

/* The list grows one by one: there are few. What the settings no longer want is
 * read, and dropped at the next epoch. */
static tacet_err past_append(tacet_mls_group *g, tacet_past_epoch *p) {
  tacet_past_epoch *grown = tacet_alloc_array(g->n_past + 1, sizeof(*grown));
  if (grown == NULL) {
    return TACET_ERR_NOMEM;
  }
  if (g->n_past > 0) {
    memcpy(grown, g->past, g->n_past * sizeof(*grown));
  }
  tacet_free_wiped(g->past, g->n_past * sizeof(*grown));
  grown[g->n_past] = *p;
  tacet_wipe(p, sizeof(*p));
  g->past = grown;
  g->n_past++;
  return TACET_OK;
}

static tacet_err read_past(tacet_reader *r, tacet_mls_group *g) {
  tacet_reader list = tacet_read_vec_of(r);
  while (tacet_more(&list)) {
    TACET_CLEANUP(tacet_past_free) tacet_past_epoch p = {.left = 0};
    TACET_TRY(read_past_epoch(&list, g->suite, &p));
    TACET_TRY(past_append(g, &p));
  }
  return *r->err;
}

/* ---- a pending commit ---- */

/* The private keys belong to the tree as it will be. */
static tacet_err read_next_keys(tacet_reader *r, tacet_mls_group *g,
                                tacet_next *n) {
  TACET_TRY(tacet_tree_attach(g->tree, &n->change));
  tacet_err err = tacet_tree_private_read(r, g->tree, &n->keys);
  tacet_tree_detach(g->tree, &n->change);
  return err;
}

static tacet_err read_next(tacet_reader *r, tacet_mls_group *g, tacet_next *n) {
  TACET_TRY(tacet_tree_change_read(g->tree, r, &n->change));
  TACET_TRY(read_next_keys(r, g, n));
  TACET_TRY(read_context(r, g->suite, &n->context));
  read_hash(r, g->suite, n->interim);
  read_epoch(r, g->suite, &n->secrets);
  read_signature_key(r, g->suite, true, &n->signature_key);
  return read_reinit(r, &n->reinit);
}

static tacet_err read_pending(tacet_reader *r, tacet_mls_group *g) {
  if (!tacet_read_optional(r)) {
    return *r->err;
  }
  g->pending = tacet_alloc(sizeof(*g->pending));
  if (g->pending == NULL) {
    return TACET_ERR_NOMEM;
  }
  read_hash(r, g->suite, g->pending->message_hash);
  return read_next(r, g, &g->pending->next);
}

/* ---- the parts ---- */

static tacet_err read_shared(const tacet_mls_config *config, tacet_span shared,
                             tacet_mls_group **out) {
  TACET_CLEANUP(tacet_group_cleanup) tacet_mls_group *g = NULL;
  uint8_t hash[TACET_HASH_MAX];
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(shared, &err);
  read_version(&r);
  uint16_t id = tacet_read_u16(&r);
  TACET_TRY(err);
  const tacet_suite *suite = tacet_suites_find(config->suites, id);
  if (suite == NULL) {
    return TACET_ERR_UNKNOWN_SUITE;
  }
  TACET_TRY(tacet_group_alloc(config, suite, &g));
  TACET_TRY(read_context(&r, suite, &g->context));
  TACET_TRY(tacet_tree_load(suite, tacet_read_bytes(&r, tacet_read_left(&r)),
                            &g->tree));
  TACET_TRY(tacet_tree_hash(g->tree, hash));
  if (!tacet_span_equal(tacet_span_of(hash, suite->hash->len),
                        g->context.view.tree_hash)) {
    return TACET_ERR_TREE_HASH;
  }
  *out = g;
  g = NULL;
  return TACET_OK;
}

static tacet_err check_belongs(tacet_reader *r, const tacet_mls_group *g) {
  uint8_t want[TACET_HASH_MAX], have[TACET_HASH_MAX];
  read_hash(r, g->suite, have);
  TACET_TRY(*r->err);
  TACET_TRY(
      tacet_hash_one(g->suite->hash, tacet_context_span(&g->context), want));
  return memcmp(want, have, g->suite->hash->len) == 0 ? TACET_OK
                                                      : TACET_ERR_ENCODING;
}

static tacet_err read_own(tacet_reader *r, tacet_mls_group *g) {
  read_version(r);
  TACET_TRY(*r->err);
  TACET_TRY(check_belongs(r, g));
  TACET_TRY(tacet_tree_private_read(r, g->tree, &g->keys));
  if (tacet_tree_leaf_bytes(g->tree, g->keys.leaf).len == 0) {
    return TACET_ERR_ENCODING;
  }
  read_signature_key(r, g->suite, false, &g->signature_key);
  read_hash(r, g->suite, g->interim);
  read_epoch(r, g->suite, &g->secrets);
  TACET_TRY(*r->err);
  TACET_TRY(tacet_secret_tree_read(r, g->suite, &g->ratchets));
  if (g->ratchets.n_leaves != tacet_tree_n_leaves(g->tree)) {
    return TACET_ERR_ENCODING;
  }
  g->removed = tacet_read_optional(r);
  TACET_TRY(read_reinit(r, &g->reinit));
  TACET_TRY(read_proposals(r, g));
  TACET_TRY(read_past(r, g));
  TACET_TRY(read_pending(r, g));
  tacet_read_end(r);
  return *r->err;
}

tacet_err tacet_mls_load(const tacet_mls_config *config, tacet_span shared,
                         tacet_span own, tacet_mls_group **out) {
  TACET_CLEANUP(tacet_group_cleanup) tacet_mls_group *g = NULL;
  tacet_err err = TACET_OK;
  TACET_TRY(read_shared(config, shared, &g));
  tacet_reader r = tacet_reader_over(own, &err);
  TACET_TRY(read_own(&r, g));
  *out = g;
  g = NULL;
  return TACET_OK;
}

tacet_err tacet_mls_load_whole(const tacet_mls_config *config, tacet_span state,
                               tacet_mls_group **out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(state, &err);
  tacet_span shared = tacet_read_vec(&r), own = tacet_read_vec(&r);
  tacet_read_end(&r);
  TACET_TRY(err);
  return tacet_mls_load(config, shared, own, out);
}
