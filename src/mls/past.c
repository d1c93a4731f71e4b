/* SPDX-License-Identifier: Apache-2.0
 * Epochs that the group has left and whose application messages still open.
 *
 * A message is checked against the leaf that its sender had *then*: indices are
 * used again, and keys change. Keeping the old tree would cost its size each
 * epoch, so an epoch keeps only the leaves that its successor changed; a leaf
 * it does not list is to be found in the epoch after it, and so on.
 */
#include "mls/group.h"

static void leaves_free(tacet_leaf_then *leaves, size_t n) {
  for (size_t i = 0; i < n; i++) {
    tacet_bytes_free(&leaves[i].signature_key);
    tacet_bytes_free(&leaves[i].credential);
  }
  tacet_free(leaves);
}

void tacet_past_free(tacet_past_epoch *p) {
  tacet_context_free(&p->context);
  tacet_secret_tree_free(&p->ratchets);
  leaves_free(p->leaves, p->n_leaves);
  tacet_wipe(p, sizeof(*p));
}

tacet_past_epoch *tacet_past_find(const tacet_mls_group *g, uint64_t epoch) {
  for (size_t i = 0; i < g->n_past; i++) {
    if (g->past[i].context.view.epoch == epoch) {
      return &g->past[i];
    }
  }
  return NULL;
}

static const tacet_leaf_then *then_find(const tacet_past_epoch *p,
                                        uint32_t leaf) {
  size_t low = 0, high = p->n_leaves;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (p->leaves[middle].leaf < leaf) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low < p->n_leaves && p->leaves[low].leaf == leaf ? &p->leaves[low]
                                                          : NULL;
}

static bool then_member(const tacet_leaf_then *then, tacet_mls_member *out) {
  if (then->blank) {
    return false;
  }
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(tacet_bytes_span(&then->credential), &err);
  tacet_credential credential = {.type = 0};
  tacet_credential_read(&r, &credential);
  *out = (tacet_mls_member){.leaf = then->leaf,
                            .credential = credential.type,
                            .identity = credential.identity,
                            .signature_key =
                                tacet_bytes_span(&then->signature_key)};
  return err == TACET_OK;
}

bool tacet_past_leaf(const tacet_mls_group *g, const tacet_past_epoch *p,
                     uint32_t leaf, tacet_mls_member *out) {
  for (size_t i = (size_t)(p - g->past) + 1; i-- > 0;) {
    const tacet_leaf_then *then = then_find(&g->past[i], leaf);
    if (then != NULL) {
      return then_member(then, out);
    }
  }
  tacet_leaf_node now;
  if (!tacet_tree_leaf(g->tree, leaf, &now)) {
    return false;
  }
  *out = (tacet_mls_member){.leaf = leaf,
                            .credential = now.credential.type,
                            .identity = now.credential.identity,
                            .signature_key = now.signature_key};
  return true;
}

/* ---- leaving an epoch ---- */

/* Does the change alter who may have signed with this leaf? */
static bool is_changed(const tacet_mls_group *g,
                       const tacet_tree_change *change, uint32_t leaf,
                       tacet_leaf_node *old, bool *blank) {
  tacet_leaf_node new;
  if (!tacet_tree_change_leaf(change, leaf, &new)) {
    return false;
  }
  *blank = !tacet_tree_leaf(g->tree, leaf, old);
  if (*blank || new.raw.len == 0) {
    return !(*blank && new.raw.len == 0);
  }
  return !tacet_span_equal(old->signature_key, new.signature_key) ||
         !tacet_span_equal(old->credential.raw, new.credential.raw);
}

/* Leaves beyond the old tree were blank in it too, but its secret tree has no
 * keys for them. */
static uint32_t count_changed(const tacet_mls_group *g,
                              const tacet_tree_change *change) {
  uint32_t n = 0;
  tacet_leaf_node old;
  bool blank;
  for (uint32_t i = 0; i < tacet_tree_n_leaves(g->tree); i++) {
    n += is_changed(g, change, i, &old, &blank);
  }
  return n;
}

static tacet_err then_set(tacet_leaf_then *then, uint32_t leaf, bool blank,
                          const tacet_leaf_node *old) {
  then->leaf = leaf;
  then->blank = blank;
  if (blank) {
    return TACET_OK;
  }
  TACET_TRY(tacet_bytes_set(&then->signature_key, old->signature_key));
  return tacet_bytes_set(&then->credential, old->credential.raw);
}

tacet_err tacet_past_leaves(const tacet_mls_group *g,
                            const tacet_tree_change *change,
                            tacet_past_epoch *out) {
  uint32_t n = count_changed(g, change);
  if (n == 0) {
    return TACET_OK;
  }
  out->leaves = tacet_alloc_array(n, sizeof(*out->leaves));
  if (out->leaves == NULL) {
    return TACET_ERR_NOMEM;
  }
  for (uint32_t i = 0; i < tacet_tree_n_leaves(g->tree); i++) {
    tacet_leaf_node old = {.source = 0};
    bool blank = false;
    if (is_changed(g, change, i, &old, &blank)) {
      tacet_leaf_then *then = &out->leaves[out->n_leaves++];
      TACET_TRY(then_set(then, i, blank, &old));
    }
  }
  return TACET_OK;
}

void tacet_mls_forget_past(tacet_mls_group *g, uint64_t left) {
  size_t kept = 0;
  /* The newest come first; a clock that went back must not let one that holds
   * the leaves of older ones go before them. */
  while (kept < g->n_past && g->past[kept].left > left) {
    kept++;
  }
  for (size_t i = kept; i < g->n_past; i++) {
    tacet_past_free(&g->past[i]);
  }
  g->n_past = kept;
}
