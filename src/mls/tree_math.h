/* SPDX-License-Identifier: Apache-2.0
 * Where nodes stand in a tree that is kept as an array (RFC 9420 Appendix C):
 * leaf i at 2 i, parents between their subtrees. n_leaves is a power of two.
 */
#ifndef TACET_MLS_TREE_MATH_H
#define TACET_MLS_TREE_MATH_H

#include "tacet/base.h"

/* Of leaves 0, of their parents 1, and so on. */
static inline uint32_t tacet_node_level(uint32_t x) {
  return (uint32_t)__builtin_ctz(~x);
}
static inline bool tacet_node_is_leaf(uint32_t x) {
  return (x & 1) == 0;
}
static inline uint32_t tacet_node_of_leaf(uint32_t leaf) {
  return 2 * leaf;
}
static inline uint32_t tacet_leaf_of_node(uint32_t x) {
  return x / 2;
}
static inline uint32_t tacet_tree_n_nodes(uint32_t n_leaves) {
  return 2 * n_leaves - 1;
}
static inline uint32_t tacet_tree_root(uint32_t n_leaves) {
  return n_leaves - 1;
}
/* The children of a parent (level >= 1). */
static inline uint32_t tacet_node_left(uint32_t x) {
  return x ^ (1u << (tacet_node_level(x) - 1));
}
static inline uint32_t tacet_node_right(uint32_t x) {
  return x ^ (3u << (tacet_node_level(x) - 1));
}
/* Parent and sibling of a node below the root. */
static inline uint32_t tacet_node_parent(uint32_t x) {
  uint32_t level = tacet_node_level(x);
  return (x | (1u << level)) & ~(1u << (level + 1));
}
static inline uint32_t tacet_node_sibling(uint32_t x) {
  return x ^ (2u << tacet_node_level(x));
}
/* The first leaf below x, and how many there are. */
static inline uint32_t tacet_node_n_leaves(uint32_t x) {
  return 1u << tacet_node_level(x);
}
static inline uint32_t tacet_node_first_leaf(uint32_t x) {
  return (x + 1 - tacet_node_n_leaves(x)) / 2;
}
/* Is the leaf below x, or x itself? */
static inline bool tacet_node_has_leaf(uint32_t x, uint32_t leaf) {
  return leaf - tacet_node_first_leaf(x) < tacet_node_n_leaves(x);
}
/* The lowest node above both leaves (the leaf itself if they are one). */
uint32_t tacet_common_ancestor(uint32_t leaf_a, uint32_t leaf_b);
/* The smallest power of two that is >= n, for 1 <= n <= 2^31. */
uint32_t tacet_power_of_two(uint32_t n);

#endif
