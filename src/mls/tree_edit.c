/* SPDX-License-Identifier: Apache-2.0
 * What proposals do to a tree (RFC 9420 7.7, 12.1), and paths through it. */
#include "mls/tree_state.h"

/* ---- size ---- */

void tacet_tree_set_n_leaves(tacet_tree *t, uint32_t n_leaves) {
  /* Roots between the two sizes: what was kept of them is from before. */
  uint32_t low = n_leaves < t->n_leaves ? n_leaves : t->n_leaves;
  uint32_t high = n_leaves < t->n_leaves ? t->n_leaves : n_leaves;
  t->n_leaves = high;
  for (uint32_t n = low; n < high; n *= 2) {
    tacet_tree_touch_hashes(t, tacet_tree_root(2 * n));
  }
  t->n_leaves = n_leaves;
}

static tacet_err extend(tacet_tree *t) {
  uint32_t n_leaves = 2 * t->n_leaves;
  if (n_leaves > TACET_TREE_LEAVES_MAX) {
    return TACET_ERR_LIMIT;
  }
  TACET_TRY(tacet_tree_reserve_leaves(t, n_leaves));
  tacet_tree_set_n_leaves(t, n_leaves);
  return TACET_OK;
}

static bool right_half_has_leaf(const tacet_tree *t) {
  for (uint32_t i = t->n_leaves; i-- > t->n_leaves / 2;) {
    if (t->nodes[tacet_node_of_leaf(i)] != NULL) {
      return true;
    }
  }
  return false;
}

/* RFC 9420 12.1.3. Parents without a leaf below them can only stand in a tree
 * whose parent hashes nobody checked; they go too. */
static tacet_err halve(tacet_tree *t) {
  while (t->n_leaves > 1 && !right_half_has_leaf(t)) {
    for (uint32_t x = tacet_tree_root(t->n_leaves);
         x < tacet_tree_n_nodes(t->n_leaves); x++) {
      TACET_TRY(tacet_tree_put(t, x, NULL));
    }
    tacet_tree_set_n_leaves(t, t->n_leaves / 2);
  }
  return TACET_OK;
}

/* ---- single nodes ---- */

tacet_err tacet_tree_blank(tacet_tree *t, uint32_t node) {
  return tacet_tree_put(t, node, NULL);
}

tacet_err tacet_tree_set_leaf(tacet_tree *t, uint32_t leaf,
                              tacet_span leaf_node) {
  tree_node *n = NULL;
  TACET_TRY(tacet_tree_node_leaf(leaf_node, &n));
  return tacet_tree_put(t, tacet_node_of_leaf(leaf), n);
}

tacet_err tacet_tree_set_parent(tacet_tree *t, uint32_t node,
                                tacet_span encryption_key,
                                tacet_span parent_hash) {
  TACET_ASSERT(!tacet_node_is_leaf(node));
  tree_node *n = NULL;
  TACET_TRY(tacet_tree_node_parent(encryption_key, parent_hash,
                                   TACET_SPAN_EMPTY, &n));
  return tacet_tree_put(t, node, n);
}

static tacet_err blank_above(tacet_tree *t, uint32_t leaf) {
  uint32_t root = tacet_tree_root(t->n_leaves);
  for (uint32_t x = tacet_node_of_leaf(leaf); x != root;) {
    x = tacet_node_parent(x);
    TACET_TRY(tacet_tree_put(t, x, NULL));
  }
  return TACET_OK;
}

/* ---- proposals ---- */

tacet_err tacet_tree_reserve(tacet_tree *t, uint32_t *leaf) {
  TACET_ASSERT(t->open != NULL);
  uint32_t i = t->first_blank;
  while (i < t->n_leaves && t->nodes[tacet_node_of_leaf(i)] != NULL) {
    i++;
  }
  t->first_blank = i;
  if (i >= t->n_leaves) {
    TACET_TRY(extend(t));
  }
  *leaf = i;
  return TACET_OK;
}

static tacet_err add_unmerged(tacet_tree *t, uint32_t node, uint32_t leaf) {
  tree_node *n = t->nodes[node], *copy = NULL;
  if (n == NULL) {
    return TACET_OK;
  }
  if (tacet_tree_is_touched(t, node) && tacet_tree_node_add_unmerged(n, leaf)) {
    return TACET_OK; /* the leaf is put next, and makes hashes stale */
  }
  TACET_TRY(tacet_tree_node_with_unmerged(n, leaf, &copy));
  return tacet_tree_put(t, node, copy);
}

tacet_err tacet_tree_add(tacet_tree *t, tacet_span leaf_node, uint32_t *leaf) {
  uint32_t i;
  TACET_TRY(tacet_tree_reserve(t, &i));
  uint32_t root = tacet_tree_root(t->n_leaves);
  for (uint32_t x = tacet_node_of_leaf(i); x != root;) {
    x = tacet_node_parent(x);
    TACET_TRY(add_unmerged(t, x, i));
  }
  TACET_TRY(tacet_tree_set_leaf(t, i, leaf_node));
  tacet_tree_set_added(t, i, true);
  *leaf = i;
  return TACET_OK;
}

tacet_err tacet_tree_update(tacet_tree *t, uint32_t leaf,
                            tacet_span leaf_node) {
  TACET_ASSERT(tacet_tree_leaf_bytes(t, leaf).len > 0);
  TACET_TRY(blank_above(t, leaf));
  return tacet_tree_set_leaf(t, leaf, leaf_node);
}

tacet_err tacet_tree_remove(tacet_tree *t, uint32_t leaf) {
  TACET_ASSERT(tacet_tree_leaf_bytes(t, leaf).len > 0);
  TACET_TRY(blank_above(t, leaf));
  TACET_TRY(tacet_tree_put(t, tacet_node_of_leaf(leaf), NULL));
  tacet_tree_set_added(t, leaf, false);
  return halve(t);
}

/* ---- resolutions and filtered paths (4.1) ---- */

void tacet_resolution_start(const tacet_tree *t, uint32_t node,
                            tacet_resolution *it) {
  *it = (tacet_resolution){.tree = t, .stack = {node}, .n_stack = 1};
}

bool tacet_resolution_next(tacet_resolution *it, uint32_t *node) {
  uint32_t leaf;
  if (tacet_u32_list_next(&it->unmerged, &leaf)) {
    *node = tacet_node_of_leaf(leaf);
    return true;
  }
  while (it->n_stack > 0) {
    uint32_t x = it->stack[--it->n_stack];
    const tree_node *n = tree_at(it->tree, x);
    if (n != NULL) {
      it->unmerged = tree_node_unmerged(n);
      *node = x;
      return true;
    }
    if (!tacet_node_is_leaf(x)) {
      it->stack[it->n_stack++] = tacet_node_right(x);
      it->stack[it->n_stack++] = tacet_node_left(x);
    }
  }
  return false;
}

void tacet_tree_filtered_path(const tacet_tree *t, uint32_t leaf,
                              tacet_tree_path *out) {
  TACET_ASSERT(leaf < t->n_leaves);
  out->n = 0;
  uint32_t root = tacet_tree_root(t->n_leaves);
  for (uint32_t x = tacet_node_of_leaf(leaf); x != root;
       x = tacet_node_parent(x)) {
    tacet_resolution it;
    uint32_t first;
    tacet_resolution_start(t, tacet_node_sibling(x), &it);
    if (tacet_resolution_next(&it, &first)) {
      out->node[out->n] = tacet_node_parent(x);
      out->copath[out->n] = tacet_node_sibling(x);
      out->n++;
    }
  }
}
