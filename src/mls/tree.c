/* SPDX-License-Identifier: Apache-2.0
 * Making, reading and writing a ratchet tree, and looking into it. */
#include "mls/tree_state.h"

/* ---- making ---- */

/* Hashes of all nodes of that level and up. */
static size_t n_hashes(uint32_t n_leaves) {
  return (n_leaves >> (TREE_KEPT_LEVEL - 1)) + 1;
}

static tacet_err tree_alloc(const tacet_suite *suite, uint32_t n_leaves,
                            tacet_tree **out) {
  tacet_tree *t = tacet_alloc(sizeof(*t));
  if (t == NULL) {
    return TACET_ERR_NOMEM;
  }
  t->suite = suite;
  t->n_leaves = n_leaves;
  tacet_err err = tacet_tree_reserve_leaves(t, n_leaves);
  if (err != TACET_OK) {
    tacet_tree_free(t);
    return err;
  }
  *out = t;
  return TACET_OK;
}

tacet_err tacet_tree_new(const tacet_suite *suite, tacet_tree **out) {
  return tree_alloc(suite, 1, out);
}

void tacet_tree_free(tacet_tree *t) {
  if (t == NULL) {
    return;
  }
  if (t->open != NULL) {
    tacet_tree_rollback(t);
  }
  tacet_tree_pack_free(t);
  tacet_free(t->nodes);
  tacet_free(t->hashes);
  tacet_free(t->fresh);
  tacet_tree_index_free(t);
  tacet_free(t);
}

void *tacet_tree_regrow(const void *old, size_t len, size_t new_len) {
  void *p = tacet_alloc(new_len);
  if (p != NULL && len > 0) {
    memcpy(p, old, len);
  }
  return p;
}

tacet_err tacet_tree_reserve_leaves(tacet_tree *t, uint32_t n_leaves) {
  if (t->open != NULL && n_leaves > t->open->cap_leaves) {
    TACET_TRY(tacet_tree_grow_bits(t->open, n_leaves));
  }
  if (n_leaves <= t->cap_leaves) {
    return TACET_OK;
  }
  size_t hash_len = t->suite->hash->len;
  bool first = t->cap_leaves == 0;
  uint32_t had = first ? 0 : tacet_tree_n_nodes(t->cap_leaves);
  size_t had_hashes = first ? 0 : n_hashes(t->cap_leaves);
  /* NOLINTBEGIN(bugprone-sizeof-expression): an array of pointers */
  tree_node **nodes =
      tacet_tree_regrow(t->nodes, had * sizeof(*nodes),
                        tacet_tree_n_nodes(n_leaves) * sizeof(*nodes));
  /* NOLINTEND(bugprone-sizeof-expression) */
  uint8_t *hashes = tacet_tree_regrow(t->hashes, had_hashes * hash_len,
                                      n_hashes(n_leaves) * hash_len);
  uint8_t *fresh =
      tacet_tree_regrow(t->fresh, first ? 0 : bits_len((uint32_t)had_hashes),
                        bits_len((uint32_t)n_hashes(n_leaves)));
  if (nodes == NULL || hashes == NULL || fresh == NULL) {
    tacet_free(nodes);
    tacet_free(hashes);
    tacet_free(fresh);
    return TACET_ERR_NOMEM;
  }
  tacet_free(t->nodes);
  tacet_free(t->hashes);
  tacet_free(t->fresh);
  t->nodes = nodes;
  t->hashes = hashes;
  t->fresh = fresh;
  t->cap_leaves = n_leaves;
  return TACET_OK;
}

/* ---- reading ---- */

/* RFC 9420 12.4.3.1, for one entry of P's unmerged leaves: a non-blank leaf
 * below P, that every non-blank node in between lists as well. It is enough to
 * look at the highest of these: its own entries are checked the same way. */
static bool unmerged_leaf_is_sound(const tacet_tree *t, uint32_t parent,
                                   uint32_t leaf) {
  uint32_t x = tacet_node_of_leaf(leaf);
  if (!tacet_node_has_leaf(parent, leaf) || tree_at(t, x) == NULL) {
    return false;
  }
  const tree_node *highest = NULL;
  for (x = tacet_node_parent(x); x != parent; x = tacet_node_parent(x)) {
    highest = t->nodes[x] != NULL ? t->nodes[x] : highest;
  }
  return highest == NULL || tacet_u32_has(tree_node_unmerged(highest), leaf);
}

static bool unmerged_is_sound(const tacet_tree *t, uint32_t parent) {
  tacet_span list = tree_node_unmerged(t->nodes[parent]);
  for (size_t i = 0; i < list.len / 4; i++) {
    if ((i > 0 && tacet_u32_at(list, i - 1) >= tacet_u32_at(list, i)) ||
        !unmerged_leaf_is_sound(t, parent, tacet_u32_at(list, i))) {
      return false;
    }
  }
  return true;
}

static tacet_err load_nodes(tacet_tree *t, tacet_span list) {
  uint32_t x = 0;
  TACET_TRY(tacet_tree_pack_read(t, list, &x));
  if (t->nodes[x - 1] == NULL) {
    return TACET_ERR_TREE; /* 12.4.3.3: no blank nodes at the end */
  }
  /* Bottom up is not needed: the order of the checks does not matter. */
  for (uint32_t p = 1; p < x; p += 2) {
    if (t->nodes[p] != NULL && !unmerged_is_sound(t, p)) {
      return TACET_ERR_TREE;
    }
  }
  return tacet_tree_index_build(t);
}

tacet_err tacet_tree_load(const tacet_suite *suite, tacet_span ratchet_tree,
                          tacet_tree **out) {
  tacet_span list;
  uint32_t n_nodes;
  TACET_TRY(tacet_ratchet_tree_parse(ratchet_tree, &list, &n_nodes));
  if (n_nodes % 2 == 0) {
    return TACET_ERR_TREE;
  }
  tacet_tree *t = NULL;
  TACET_TRY(tree_alloc(suite, tacet_power_of_two((n_nodes + 1) / 2), &t));
  tacet_err err = load_nodes(t, list);
  if (err != TACET_OK) {
    tacet_tree_free(t);
    return err;
  }
  *out = t;
  return TACET_OK;
}

/* ---- writing ---- */

void tacet_tree_write(const tacet_tree *t, tacet_buf *w) {
  uint32_t n = tacet_tree_n_nodes(t->n_leaves);
  while (n > 0 && t->nodes[n - 1] == NULL) {
    n--;
  }
  size_t at = tacet_write_open(w);
  for (uint32_t x = 0; x < n; x++) {
    tacet_tree_node_write(w, x, t->nodes[x]);
  }
  tacet_write_close(w, at);
}

/* ---- looking ---- */

const tacet_suite *tacet_tree_suite(const tacet_tree *t) {
  return t->suite;
}
uint32_t tacet_tree_n_leaves(const tacet_tree *t) {
  return t->n_leaves;
}
uint32_t tacet_tree_n_members(const tacet_tree *t) {
  return t->n_members;
}

/* Leaf numbers come from messages: 2 * leaf may wrap. */
static const tree_node *leaf_at(const tacet_tree *t, uint32_t leaf) {
  return leaf < t->n_leaves ? t->nodes[tacet_node_of_leaf(leaf)] : NULL;
}

bool tacet_tree_leaf(const tacet_tree *t, uint32_t leaf, tacet_leaf_node *out) {
  const tree_node *n = leaf_at(t, leaf);
  if (n != NULL) {
    tacet_tree_node_leaf_view(n, out);
  }
  return n != NULL;
}

tacet_span tacet_tree_leaf_bytes(const tacet_tree *t, uint32_t leaf) {
  const tree_node *n = leaf_at(t, leaf);
  return n == NULL ? TACET_SPAN_EMPTY : tree_node_bytes(n);
}

tacet_span tacet_tree_encryption_key(const tacet_tree *t, uint32_t node) {
  const tree_node *n = tree_at(t, node);
  return n == NULL ? TACET_SPAN_EMPTY : tree_node_first(n);
}

tacet_span tacet_tree_parent_hash(const tacet_tree *t, uint32_t node) {
  const tree_node *n = tree_at(t, node);
  TACET_ASSERT(n != NULL && !tacet_node_is_leaf(node));
  return tree_node_second(n);
}

tacet_span tacet_tree_unmerged(const tacet_tree *t, uint32_t node) {
  const tree_node *n = tree_at(t, node);
  TACET_ASSERT(n != NULL && !tacet_node_is_leaf(node));
  return tree_node_unmerged(n);
}

tacet_err tacet_tree_check_parent_keys(const tacet_tree *t) {
  for (uint32_t x = 1; x < tacet_tree_n_nodes(t->n_leaves); x += 2) {
    const tree_node *n = tree_at(t, x);
    if (n == NULL) {
      continue;
    }
    tacet_err err = t->suite->kem->public_check(tree_node_first(n));
    TACET_TRY(err == TACET_ERR_ENCODING ? TACET_ERR_TREE : err);
  }
  return TACET_OK;
}
