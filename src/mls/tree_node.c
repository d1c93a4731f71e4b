/* SPDX-License-Identifier: Apache-2.0
 * The blocks that nodes are, and rising lists of leaf indices. */
#include "mls/tree_state.h"

/* ---- rising lists ---- */

uint32_t tacet_u32_at(tacet_span list, size_t i) {
  const uint8_t *p = list.p + 4 * i;
  return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
         p[3];
}

/* How many are smaller. */
static size_t lower_bound(tacet_span list, uint32_t value) {
  size_t low = 0, high = list.len / 4;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (tacet_u32_at(list, middle) < value) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

bool tacet_u32_has(tacet_span list, uint32_t value) {
  size_t i = lower_bound(list, value);
  return i < list.len / 4 && tacet_u32_at(list, i) == value;
}

tacet_span tacet_u32_below(tacet_span list, uint32_t node) {
  if (list.len == 0) {
    return TACET_SPAN_EMPTY;
  }
  uint32_t first = tacet_node_first_leaf(node);
  size_t from = lower_bound(list, first);
  size_t to = lower_bound(list, first + tacet_node_n_leaves(node));
  return (tacet_span){list.p + 4 * from, 4 * (to - from)};
}

/* ---- nodes ---- */

/* Blocks have room for a power of two of unmerged leaves, so that a group that
 * adds many at once does not copy every parent for each. */
static size_t room_for(uint32_t n_unmerged) {
  return n_unmerged == 0 ? 0 : 4 * (size_t)tacet_power_of_two(n_unmerged);
}

/* `len` is without the unmerged leaves. */
static tree_node *node_alloc(size_t len, uint32_t n_unmerged) {
  return tacet_alloc(sizeof(tree_node) + len + room_for(n_unmerged));
}

static void leaf_fill(tree_node *n, tacet_span leaf_node) {
  tree_node_set_head(n, false, leaf_node.len);
  memcpy(n->bytes, leaf_node.p, leaf_node.len);
}

tacet_err tacet_tree_node_leaf(tacet_span leaf_node, tree_node **out) {
  tacet_leaf_node view;
  TACET_TRY(tacet_leaf_node_parse(leaf_node, &view));
  tree_node *n = node_alloc(leaf_node.len, 0);
  if (n == NULL) {
    return TACET_ERR_NOMEM;
  }
  leaf_fill(n, leaf_node);
  *out = n;
  return TACET_OK;
}

static size_t vec_len(tacet_span s) {
  return s.len + (s.len < 0x40 ? 1 : s.len < 0x4000 ? 2 : 4);
}

static uint8_t *put_vec(uint8_t *p, tacet_span s) {
  size_t head = vec_len(s) - s.len;
  uint32_t v = (uint32_t)s.len | (head == 1   ? 0
                                  : head == 2 ? 0x4000
                                              : 0x80000000);
  for (size_t i = head; i-- > 0; v >>= 8) {
    p[i] = (uint8_t)v;
  }
  if (s.len > 0) {
    memcpy(p + head, s.p, s.len);
  }
  return p + head + s.len;
}

static void parent_fill(tree_node *n, tacet_span encryption_key,
                        tacet_span parent_hash, tacet_span unmerged) {
  uint8_t *p = put_vec(put_vec(n->bytes, encryption_key), parent_hash);
  if (unmerged.len > 0) {
    memcpy(p, unmerged.p, unmerged.len);
  }
  tree_node_set_head(n, true, (size_t)(p - n->bytes) + unmerged.len);
}

tacet_err tacet_tree_node_parent(tacet_span encryption_key,
                                 tacet_span parent_hash, tacet_span unmerged,
                                 tree_node **out) {
  if (encryption_key.len > TACET_VARINT_MAX / 4 ||
      parent_hash.len > TACET_VARINT_MAX / 4) {
    return TACET_ERR_LIMIT;
  }
  tree_node *n = node_alloc(vec_len(encryption_key) + vec_len(parent_hash),
                            (uint32_t)(unmerged.len / 4));
  if (n == NULL) {
    return TACET_ERR_NOMEM;
  }
  parent_fill(n, encryption_key, parent_hash, unmerged);
  *out = n;
  return TACET_OK;
}

/* There is room for one more. */
static void insert_unmerged(tree_node *n, uint32_t leaf) {
  tacet_span list = tree_node_unmerged(n);
  size_t i = lower_bound(list, leaf);
  uint8_t *p = n->bytes + (tree_node_len(n) - list.len) + 4 * i;
  memmove(p + 4, p, list.len - 4 * i);
  for (size_t b = 4; b-- > 0; leaf >>= 8) {
    p[b] = (uint8_t)leaf;
  }
  tree_node_set_head(n, true, tree_node_len(n) + 4);
}

bool tacet_tree_node_add_unmerged(tree_node *n, uint32_t leaf) {
  size_t used = tree_node_unmerged(n).len;
  if (used == room_for((uint32_t)(used / 4))) {
    return false;
  }
  insert_unmerged(n, leaf);
  return true;
}

tacet_err tacet_tree_node_with_unmerged(const tree_node *n, uint32_t leaf,
                                        tree_node **out) {
  size_t used = tree_node_unmerged(n).len;
  tree_node *copy =
      node_alloc(tree_node_len(n) - used, (uint32_t)(used / 4) + 1);
  if (copy == NULL) {
    return TACET_ERR_NOMEM;
  }
  memcpy(copy, n, tree_node_size(n));
  insert_unmerged(copy, leaf);
  *out = copy;
  return TACET_OK;
}

void tacet_tree_node_leaf_view(const tree_node *n, tacet_leaf_node *out) {
  TACET_ASSERT(tacet_leaf_node_parse(tree_node_bytes(n), out) == TACET_OK);
}

bool tacet_tree_node_fits(const tacet_node *view, uint32_t node) {
  return view->type == TACET_NODE_BLANK ||
         (view->type == TACET_NODE_LEAF) == tacet_node_is_leaf(node);
}

tacet_err tacet_tree_node_of(const tacet_node *view, uint32_t node,
                             tree_node **out) {
  if (view->type == TACET_NODE_BLANK) {
    *out = NULL;
    return TACET_OK;
  }
  if (!tacet_tree_node_fits(view, node)) {
    return TACET_ERR_TREE;
  }
  return view->type == TACET_NODE_LEAF
             ? tacet_tree_node_leaf(view->leaf.raw, out)
             : tacet_tree_node_parent(view->parent.encryption_key,
                                      view->parent.parent_hash,
                                      view->parent.unmerged_leaves, out);
}

size_t tacet_tree_node_size(const tacet_node *view) {
  const tacet_parent_node *p = &view->parent;
  switch (view->type) {
  case TACET_NODE_BLANK:
    return 0;
  case TACET_NODE_LEAF:
    return sizeof(tree_node) + view->leaf.raw.len;
  default:
    return sizeof(tree_node) + vec_len(p->encryption_key) +
           vec_len(p->parent_hash) + p->unmerged_leaves.len;
  }
}

void tacet_tree_node_fill(const tacet_node *view, tree_node *out) {
  if (view->type == TACET_NODE_LEAF) {
    leaf_fill(out, view->leaf.raw);
  } else {
    parent_fill(out, view->parent.encryption_key, view->parent.parent_hash,
                view->parent.unmerged_leaves);
  }
}

void tacet_tree_node_write(tacet_buf *w, uint32_t node, const tree_node *n) {
  tacet_write_optional(w, n != NULL);
  if (n == NULL) {
    return;
  }
  bool is_leaf = tacet_node_is_leaf(node);
  tacet_write_u8(w, is_leaf ? TACET_NODE_LEAF : TACET_NODE_PARENT);
  tacet_write_bytes(w, tree_node_bytes(n));
  if (!is_leaf) {
    tacet_write_vec(w, tree_node_unmerged(n));
  }
}
