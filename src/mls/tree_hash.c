/* SPDX-License-Identifier: Apache-2.0
 * Tree hashes (RFC 9420 7.8), kept and found anew where something changed, also
 * of a tree that some leaves are thought away from (7.9). */
#include "mls/tree_state.h"

/* ---- what is kept ---- */

static bool is_kept(uint32_t node) {
  uint32_t ones = (1u << TREE_KEPT_LEVEL) - 1;
  return (node & ones) == ones;
}

static uint32_t kept_place(uint32_t node) {
  return node >> TREE_KEPT_LEVEL;
}

void tacet_tree_touch_hashes(tacet_tree *t, uint32_t node) {
  uint32_t root = tacet_tree_root(t->n_leaves);
  for (;; node = tacet_node_parent(node)) {
    if (is_kept(node)) {
      bit_set(t->fresh, kept_place(node), false);
    }
    if (node == root) {
      return;
    }
  }
}

static uint8_t *kept_hash(const tacet_tree *t, uint32_t node) {
  return t->hashes + (size_t)kept_place(node) * t->suite->hash->len;
}

/* ---- one node ---- */

/* Vectors of hashes: at most 63 bytes have a length of one byte. */
static size_t vec_head(size_t len, uint8_t out[4]) {
  if (len < 0x40) {
    out[0] = (uint8_t)len;
    return 1;
  }
  size_t size = len < 0x4000 ? 2 : 4;
  for (size_t i = size; i-- > 0; len >>= 8) {
    out[i] = (uint8_t)len;
  }
  out[0] = (uint8_t)(out[0] | (size == 2 ? 0x40 : 0x80));
  return size;
}

/* TreeHashInput of a leaf. */
static tacet_err hash_leaf(const tacet_tree *t, uint32_t node, bool gone,
                           uint8_t *out) {
  const tree_node *n = gone ? NULL : t->nodes[node];
  uint32_t leaf = tacet_leaf_of_node(node);
  uint8_t head[6] = {TACET_NODE_LEAF,       (uint8_t)(leaf >> 24),
                     (uint8_t)(leaf >> 16), (uint8_t)(leaf >> 8),
                     (uint8_t)leaf,         n != NULL};
  tacet_span parts[2] = {{head, sizeof(head)}, TACET_SPAN_EMPTY};
  if (n != NULL) {
    parts[1] = tree_node_bytes(n);
  }
  return t->suite->hash->digest(parts, n != NULL ? 2 : 1, out);
}

/* A copy of `list` without the entries of `gone`. */
static tacet_err without(tacet_span list, tacet_span gone, tacet_bytes *out) {
  TACET_TRY(tacet_bytes_set(out, list));
  size_t n = 0;
  for (size_t i = 0; i < list.len / 4; i++) {
    if (!tacet_u32_has(gone, tacet_u32_at(list, i))) {
      memmove(out->p + 4 * n, list.p + 4 * i, 4);
      n++;
    }
  }
  out->len = 4 * n;
  return TACET_OK;
}

/* TreeHashInput of a parent whose children's hashes are known. */
static tacet_err hash_parent(const tacet_tree *t, uint32_t node,
                             tacet_span gone, const uint8_t *left,
                             const uint8_t *right, uint8_t *out) {
  const tree_node *n = t->nodes[node];
  uint8_t head[2] = {TACET_NODE_PARENT, n != NULL};
  uint8_t list_head[4], hash_head[4];
  size_t hash_len = t->suite->hash->len;
  size_t hash_head_len = vec_head(hash_len, hash_head);
  TACET_BYTES(filtered);
  tacet_span parts[8] = {{head, sizeof(head)}};
  size_t n_parts = 1;
  if (n != NULL) {
    tacet_span unmerged = tree_node_unmerged(n);
    if (gone.len > 0 && unmerged.len > 0) {
      TACET_TRY(without(unmerged, gone, &filtered));
      unmerged = tacet_bytes_span(&filtered);
    }
    parts[n_parts++] = tree_node_bytes(n);
    parts[n_parts++] =
        (tacet_span){list_head, vec_head(unmerged.len, list_head)};
    parts[n_parts++] = unmerged;
  }
  parts[n_parts++] = (tacet_span){hash_head, hash_head_len};
  parts[n_parts++] = (tacet_span){left, hash_len};
  parts[n_parts++] = (tacet_span){hash_head, hash_head_len};
  parts[n_parts++] = (tacet_span){right, hash_len};
  return t->suite->hash->digest(parts, n_parts, out);
}

/* ---- a subtree ---- */

/* A parent on the way down: which of its children are done. */
typedef struct frame {
  uint32_t node;
  int n_done;
  tacet_span gone; /* leaves below that are thought away */
  uint8_t left[TACET_HASH_MAX];
} frame;

#define DEPTH_MAX (TACET_PATH_MAX + 1)

static bool is_known(const tacet_tree *t, const frame *f) {
  return f->gone.len == 0 && is_kept(f->node) &&
         bit_get(t->fresh, kept_place(f->node));
}

/* The hash of a subtree without the leaves in `gone` (rising): down to what is
 * known, then up again. One frame for each level, no recursion. */
static tacet_err hash_subtree(tacet_tree *t, uint32_t root, tacet_span gone,
                              uint8_t *out) {
  frame stack[DEPTH_MAX];
  size_t depth = 1, hash_len = t->suite->hash->len;
  uint8_t value[TACET_HASH_MAX], made[TACET_HASH_MAX]; /* value: of the subtree
                                                          finished last */
  stack[0] = (frame){.node = root, .gone = tacet_u32_below(gone, root)};
  while (depth > 0) {
    frame *f = &stack[depth - 1];
    if (tacet_node_is_leaf(f->node)) {
      TACET_TRY(hash_leaf(t, f->node, f->gone.len > 0, value));
      depth--;
    } else if (f->n_done == 0 && is_known(t, f)) {
      memcpy(value, kept_hash(t, f->node), hash_len);
      depth--;
    } else if (f->n_done < 2) {
      uint32_t child =
          f->n_done == 0 ? tacet_node_left(f->node) : tacet_node_right(f->node);
      if (f->n_done++ == 1) {
        memcpy(f->left, value, hash_len);
      }
      TACET_ASSERT(depth < DEPTH_MAX);
      stack[depth].node = child;
      stack[depth].n_done = 0;
      stack[depth++].gone = tacet_u32_below(f->gone, child);
    } else {
      TACET_TRY(hash_parent(t, f->node, f->gone, f->left, value, made));
      memcpy(value, made, hash_len);
      if (f->gone.len == 0 && is_kept(f->node)) {
        memcpy(kept_hash(t, f->node), value, hash_len);
        bit_set(t->fresh, kept_place(f->node), true);
      }
      depth--;
    }
  }
  memcpy(out, value, hash_len);
  return TACET_OK;
}

tacet_err tacet_tree_node_hash(tacet_tree *t, uint32_t node, uint8_t *out) {
  TACET_ASSERT(node < tacet_tree_n_nodes(t->n_leaves));
  return hash_subtree(t, node, TACET_SPAN_EMPTY, out);
}

tacet_err tacet_tree_hash(tacet_tree *t, uint8_t *out) {
  return tacet_tree_node_hash(t, tacet_tree_root(t->n_leaves), out);
}

/* ---- parent hashes (7.9) ---- */

tacet_err tacet_tree_parent_hash_of(tacet_tree *t, uint32_t parent,
                                    uint32_t sibling, uint8_t *out) {
  const tree_node *p = tree_at(t, parent);
  TACET_ASSERT(p != NULL && !tacet_node_is_leaf(parent));
  uint8_t original[TACET_HASH_MAX], head[4];
  TACET_TRY(hash_subtree(t, sibling, tree_node_unmerged(p), original));
  tacet_span parts[3];
  parts[0] = tree_node_bytes(p);
  parts[1] = (tacet_span){head, vec_head(t->suite->hash->len, head)};
  parts[2] = (tacet_span){original, t->suite->hash->len};
  return t->suite->hash->digest(parts, 3, out);
}

/* The parent_hash field of D; empty where it has none. */
static tacet_span parent_hash_field(const tacet_tree *t, uint32_t d) {
  const tree_node *n = t->nodes[d];
  if (!tacet_node_is_leaf(d)) {
    return tree_node_second(n);
  }
  tacet_leaf_node leaf;
  tacet_tree_node_leaf_view(n, &leaf);
  return leaf.parent_hash;
}

/* RFC 9420 7.9.2: the only D below C such that P's unmerged leaves below C are
 * the resolution of C without D. */
static bool find_d(const tacet_tree *t, uint32_t p, uint32_t c, uint32_t *d) {
  tacet_span unmerged = tacet_u32_below(tree_node_unmerged(t->nodes[p]), c);
  size_t n_others = 0, n_unmerged = 0;
  tacet_resolution it;
  tacet_resolution_start(t, c, &it);
  for (uint32_t x; n_others < 2 && tacet_resolution_next(&it, &x);) {
    if (tacet_node_is_leaf(x) &&
        tacet_u32_has(unmerged, tacet_leaf_of_node(x))) {
      n_unmerged++;
    } else {
      n_others++;
      *d = x;
    }
  }
  return n_others == 1 && n_unmerged == unmerged.len / 4;
}

/* Is there a D below C that P is parent-hash valid with respect to? */
static tacet_err is_linked(tacet_tree *t, uint32_t p, uint32_t c,
                           bool *linked) {
  uint32_t d;
  *linked = false;
  if (!find_d(t, p, c, &d)) {
    return TACET_OK;
  }
  tacet_span field = parent_hash_field(t, d);
  if (field.len != t->suite->hash->len) {
    return TACET_OK;
  }
  uint8_t hash[TACET_HASH_MAX];
  TACET_TRY(tacet_tree_parent_hash_of(t, p, tacet_node_sibling(c), hash));
  *linked = tacet_span_equal(field, tacet_span_of(hash, t->suite->hash->len));
  return TACET_OK;
}

/* Top down: exactly one descendant each; that these are valid themselves is
 * found out when it is their turn, so every chain ends in a leaf. */
tacet_err tacet_tree_check_parent_hashes(tacet_tree *t) {
  uint8_t root[TACET_HASH_MAX];
  TACET_TRY(tacet_tree_hash(t, root)); /* all subtrees, once */
  for (uint32_t p = 1; p < tacet_tree_n_nodes(t->n_leaves); p += 2) {
    if (t->nodes[p] == NULL) {
      continue;
    }
    bool left, right;
    TACET_TRY(is_linked(t, p, tacet_node_left(p), &left));
    TACET_TRY(is_linked(t, p, tacet_node_right(p), &right));
    if (left == right) {
      return TACET_ERR_PARENT_HASH;
    }
  }
  return TACET_OK;
}
