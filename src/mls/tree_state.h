/* SPDX-License-Identifier: Apache-2.0
 * What a tree is made of; for the tree_*.c alone.
 *
 * Memory. A node is its received bytes behind a header of four. The nodes of a
 * tree that was read stand in one block, without what an allocator adds to each
 * of two thousand small ones; those that a change makes are blocks of their
 * own, until there are enough of them to be put into a new common one
 * (tree_pack.c). The hash of a leaf costs one hash, and that of the parent
 * above eight leaves fifteen, so only those of level 4 and up are kept: a
 * sixteenth of all. That keeps the tree of a large group near the size of its
 * encoding. */
#ifndef TACET_MLS_TREE_STATE_H
#define TACET_MLS_TREE_STATE_H

#include "mls/tree.h"

/* ---- nodes (tree_node.c) ---- */

/* `bytes` holds a LeafNode; or encryption_key<V> and parent_hash<V> of a
 * ParentNode, and behind them its unmerged leaves, big endian. Never altered,
 * except that a node made in the open change may get unmerged leaves. */
typedef struct tree_node {
  uint8_t head[4]; /* is it a parent; length of all bytes. Not aligned. */
  uint8_t bytes[];
} tree_node;

static inline uint32_t tree_node_head(const tree_node *n) {
  uint32_t head;
  memcpy(&head, n->head, sizeof(head));
  return head;
}
static inline bool tree_node_is_parent(const tree_node *n) {
  return tree_node_head(n) >> 31 != 0;
}
static inline size_t tree_node_len(const tree_node *n) {
  return tree_node_head(n) & 0x7fffffff;
}
static inline void tree_node_set_head(tree_node *n, bool parent, size_t len) {
  uint32_t head = (uint32_t)len | (parent ? 0x80000000 : 0);
  memcpy(n->head, &head, sizeof(head));
}

/* Both kinds begin with two vectors: encryption key, and signature key or
 * parent hash. They were parsed when the node was made. */
static inline tacet_span tree_node_vec(const uint8_t *p) {
  uint32_t v = p[0] & 0x3fu;
  switch (p[0] >> 6) {
  case 0:
    return (tacet_span){p + 1, v};
  case 1:
    return (tacet_span){p + 2, v << 8 | p[1]};
  default:
    return (tacet_span){p + 4, v << 24 | (uint32_t)p[1] << 16 |
                                   (uint32_t)p[2] << 8 | p[3]};
  }
}
static inline tacet_span tree_node_first(const tree_node *n) {
  return tree_node_vec(n->bytes);
}
static inline tacet_span tree_node_second(const tree_node *n) {
  tacet_span first = tree_node_first(n);
  return tree_node_vec(first.p + first.len);
}
/* Without the unmerged leaves. */
static inline tacet_span tree_node_bytes(const tree_node *n) {
  if (!tree_node_is_parent(n)) {
    return (tacet_span){n->bytes, tree_node_len(n)};
  }
  tacet_span second = tree_node_second(n);
  return tacet_span_of(n->bytes, (size_t)(second.p + second.len - n->bytes));
}
static inline tacet_span tree_node_unmerged(const tree_node *n) {
  tacet_span own = tree_node_bytes(n);
  return (tacet_span){own.p + own.len, tree_node_len(n) - own.len};
}

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
/* RFC 9420 12.4.3.3: leaves in even places, parents in odd ones. */
bool tacet_tree_node_fits(const tacet_node *view, uint32_t node);
/* The same into room that is there: bytes that it takes, 0 for a blank one;
 * _fill() makes it. */
size_t tacet_tree_node_size(const tacet_node *view);
void tacet_tree_node_fill(const tacet_node *view, tree_node *out);
static inline size_t tree_node_size(const tree_node *n) {
  return sizeof(*n) + tree_node_len(n);
}
/* optional<Node> again. */
void tacet_tree_node_write(tacet_buf *w, uint32_t node, const tree_node *n);
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

enum { TREE_KEPT_LEVEL = 4 };

struct tacet_tree {
  const tacet_suite *suite;
  uint32_t n_leaves, cap_leaves; /* powers of two */
  uint32_t n_members;
  uint32_t first_blank; /* no leaf before it is blank */
  tree_node **nodes;    /* NULL: blank; all of cap_leaves */
  uint8_t *pack;        /* the block with most of them, or NULL */
  size_t pack_len;
  size_t waste;    /* bytes of dead nodes in it, and of those outside */
  uint8_t *hashes; /* of nodes of TREE_KEPT_LEVEL and up */
  uint8_t *fresh;  /* a bit for each: is it still right? */
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
/* Counts everything anew. NOMEM. */
TACET_MUST_CHECK tacet_err tacet_tree_index_build(tacet_tree *t);
void tacet_tree_index_free(tacet_tree *t);

/* ---- the common block (tree_pack.c) ---- */

/* Makes the nodes of a new tree, from the list of a ratchet_tree that was
 * parsed. Sets *n_nodes to their number. NOMEM, TREE. */
TACET_MUST_CHECK tacet_err tacet_tree_pack_read(tacet_tree *t, tacet_span list,
                                                uint32_t *n_nodes);
/* At the end of a change: counts what it replaced, and moves all nodes into a
 * new block if that has become worth it. Frees the replaced ones. */
void tacet_tree_pack_settle(tacet_tree *t, const tacet_tree_change *done);
/* Frees all nodes. */
void tacet_tree_pack_free(tacet_tree *t);

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
