/* SPDX-License-Identifier: Apache-2.0
 * A second ratchet tree, written from RFC 9420's definitions word by word, with
 * recursion and without any cache: what the real one is compared with. Nodes
 * are spans of memory that outlives it.
 */
#ifndef TESTS_UNIT_MLS_TREE_NAIVE_H
#define TESTS_UNIT_MLS_TREE_NAIVE_H

#include "mls/tree.h"

#define NAIVE_LEAVES 64 /* sets of leaves are the bits of a uint64_t */

typedef struct naive_node {
  bool here;
  tacet_span leaf;                        /* of a leaf: LeafNode */
  tacet_span encryption_key, parent_hash; /* the field, where there is one */
  uint64_t unmerged;
} naive_node;

typedef struct naive_tree {
  const tacet_hash *hash;
  uint32_t n_leaves;
  naive_node node[2 * NAIVE_LEAVES - 1];
} naive_tree;

void naive_init(naive_tree *t, const tacet_hash *hash);
void naive_load(naive_tree *t, const tacet_hash *hash, tacet_span ratchet_tree);
void naive_write(const naive_tree *t, tacet_buf *w);

uint32_t naive_add(naive_tree *t, tacet_span leaf_node);
uint32_t naive_reserve(naive_tree *t);
void naive_update(naive_tree *t, uint32_t leaf, tacet_span leaf_node);
void naive_remove(naive_tree *t, uint32_t leaf);
void naive_set_parent(naive_tree *t, uint32_t node, tacet_span key,
                      tacet_span parent_hash);
uint32_t naive_n_members(const naive_tree *t);
/* n-th member (0 is the leftmost). */
uint32_t naive_member(const naive_tree *t, uint32_t n);

/* Tree hash of a subtree without some leaves; hash->len bytes. */
void naive_node_hash(const naive_tree *t, uint32_t node, uint64_t gone,
                     uint8_t *out);
/* As lists of node numbers; gives how many. */
uint32_t naive_resolution(const naive_tree *t, uint32_t node, uint32_t *out);
/* RFC 9420 7.9.2, bottom up: chains from leaves cover every parent once. */
bool naive_parent_hashes_are_valid(const naive_tree *t);
/* More than one node with an encryption key, or leaf with a signature key? */
bool naive_has_double_keys(const naive_tree *t);
/* Does every leaf support every credential type that a leaf has? */
bool naive_credentials_are_supported(const naive_tree *t);

#endif
