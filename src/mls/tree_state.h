/* SPDX-License-Identifier: Apache-2.0
 * What a tree is made of; for the tree_*.c alone.
 *
 * Memory. A node is one block: its received bytes behind a header of eight. The
 * hash of a leaf costs one hash, and that of the parent above two leaves three,
 * so only those of level 2 and up are kept: a quarter of all. That keeps the
 * tree of a large group near the size of its encoding.
 */
#ifndef TACET_MLS_TREE_STATE_H
#define TACET_MLS_TREE_STATE_H

#include "mls/tree.h"

/* ---- nodes (tree_node.c) ---- */

/* `bytes` holds a LeafNode; or encryption_key<V> and parent_hash<V> of a
 * ParentNode, and behind them its unmerged leaves, big endian. Never altered,
 * except that a node made in the open change may get unmerged leaves. */
typedef struct tree_node {
  uint32_t len; /* without the unmerged leaves */
  uint32_t n_unmerged;
  uint8_t bytes[];
} tree_node;

TACET_MUST_CHECK tacet_err tacet_tree_node_leaf(tacet_span leaf_node,
                                                tree_node **out);
TACET_MUST_CHECK tacet_err tacet_tree_node_parent(tacet_span encryption_key,
                                                  tacet_span parent_hash,
                                                  tacet_span unmerged,
                                                  tree_node **out);
/* A copy with one more unmerged leaf in its place. */
TACET_MUST_CHECK tacet_err tacet_tree_node_with_unmerged(const tree_node *n,
                                                         uint32_t leaf,
                                                         tree_node **out);
/* The same without a copy; false if there is no room in the block. */
bool tacet_tree_node_add_unmerged(tree_node *n, uint32_t leaf);
/* From a view of optional<Node>; NULL for a blank one. TREE: a parent in the
 * place of a leaf, or the other way round. */
TACET_MUST_CHECK tacet_err tacet_tree_node_of(const tacet_node *view,
                                              uint32_t node, tree_node **out);
/* optional<Node> again. */
void tacet_tree_node_write(tacet_buf *w, uint32_t node, const tree_node *n);
tacet_span tacet_tree_node_encryption_key(const tree_node *n);
/* The second vector: signature key of a leaf, parent hash of a parent. */
tacet_span tacet_tree_node_second(const tree_node *n);
static inline tacet_span tree_node_bytes(const tree_node *n) {
  return (tacet_span){n->bytes, n->len};
}
static inline tacet_span tree_node_unmerged(const tree_node *n) {
  return (tacet_span){n->bytes + n->len, (size_t)n->n_unmerged * 4};
}
/* The leaf of a LeafNode that was parsed before. */
void tacet_tree_node_leaf_view(const tree_node *n, tacet_leaf_node *out);

/* Lists of uint32, rising: the number `i`; whether `value` is in it; the part
 * that lies below a node. */
uint32_t tacet_u32_at(tacet_span list, size_t i);
bool tacet_u32_has(tacet_span list, uint32_t value);
tacet_span tacet_u32_below(tacet_span list, uint32_t node);

/* ---- indexes (tree_index.c) ---- */

/* Nodes in the order of one of their keys. Equal keys may stand in it; their
 * number over the first of each is counted. */
typedef struct tree_index {
  uint32_t *node;
  uint32_t n, cap, n_doubles;
} tree_index;

/* Which credential types leaves have, and how many support each. */
typedef struct tree_credentials {
  struct {
    uint16_t type;
    uint32_t n_users, n_supporters;
  } use[TACET_TREE_CREDENTIAL_TYPES_MAX];
  uint32_t n;
  bool lost_count; /* there were more types than places: count anew */
} tree_credentials;

/* ---- the tree ---- */

struct tacet_tree {
  const tacet_suite *suite;
  uint32_t n_leaves, cap_leaves; /* powers of two */
  uint32_t n_members;
  uint32_t first_blank; /* no leaf before it is blank */
  tree_node **nodes;    /* NULL: blank; all of cap_leaves */
  uint8_t *hashes;      /* of nodes of level >= 2 */
  uint8_t *fresh;       /* a bit for each: is it still right? */
  tree_index by_encryption_key, by_signature_key;
  tree_credentials credentials;
  tacet_tree_change *open;
  uint64_t version; /* counts commits: what a detached change belongs to */
};

static inline tree_node *tree_at(const tacet_tree *t, uint32_t node) {
  return node < tacet_tree_n_nodes(t->n_leaves) ? t->nodes[node] : NULL;
}

/* A longer copy with zeros behind, or NULL. The old one stays. */
void *tacet_tree_regrow(const void *old, size_t len, size_t new_len);
/* Room for n_leaves in all arrays, those of the open change included. */
TACET_MUST_CHECK tacet_err tacet_tree_reserve_leaves(tacet_tree *t,
                                                     uint32_t n_leaves);
/* Sets the number of leaves; there is room. */
void tacet_tree_set_n_leaves(tacet_tree *t, uint32_t n_leaves);
/* Forgets the hashes above a node, its own included. */
void tacet_tree_touch_hashes(tacet_tree *t, uint32_t node);

/* Takes t->nodes[node] into the counts, or out of them. There is room. */
void tacet_tree_index_add(tacet_tree *t, uint32_t node);
void tacet_tree_index_remove(tacet_tree *t, uint32_t node);
/* Room for n more nodes. */
TACET_MUST_CHECK tacet_err tacet_tree_index_reserve(tacet_tree *t, uint32_t n);
/* Counts everything anew; there is room. */
void tacet_tree_index_build(tacet_tree *t);
void tacet_tree_index_free(tacet_tree *t);

/* ---- changes (tree_change.c) ---- */

typedef struct tree_entry {
  uint32_t node;
  tree_node *other; /* what the slot has not: old while open, new if detached */
  tree_node *incoming; /* while the two are exchanged */
} tree_entry;

struct tacet_tree_change {
  uint64_t version;
  uint32_t n_leaves; /* of the other state */
  tree_entry *entries;
  uint32_t n, cap;
  uint32_t cap_leaves;      /* for the bits */
  uint8_t *touched, *added; /* a bit for each node, for each leaf */
};

/* Replaces what stands at a node by `n`, which may be NULL and which it owns
 * from now on, also on failure. */
TACET_MUST_CHECK tacet_err tacet_tree_put(tacet_tree *t, uint32_t node,
                                          tree_node *n);
/* Has the open change replaced that node already? Then what stands there is its
 * own. */
bool tacet_tree_is_touched(const tacet_tree *t, uint32_t node);
void tacet_tree_set_added(tacet_tree *t, uint32_t leaf, bool added);

TACET_MUST_CHECK tacet_err tacet_tree_grow_bits(tacet_tree_change *c,
                                                uint32_t n_leaves);

static inline bool bit_get(const uint8_t *bits, uint32_t i) {
  return (bits[i / 8] >> (i % 8) & 1) != 0;
}
static inline void bit_set(uint8_t *bits, uint32_t i, bool value) {
  uint8_t bit = (uint8_t)(1u << (i % 8));
  bits[i / 8] = (uint8_t)(value ? bits[i / 8] | bit : bits[i / 8] & ~bit);
}
static inline size_t bits_len(uint32_t n) {
  return (n + 7) / 8;
}

#endif
