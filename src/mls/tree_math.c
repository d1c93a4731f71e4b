/* SPDX-License-Identifier: Apache-2.0 */
#include "mls/tree_math.h"

uint32_t tacet_power_of_two(uint32_t n) {
  TACET_ASSERT(n >= 1 && n <= 1u << 31);
  return n == 1 ? 1 : 1u << (32 - __builtin_clz(n - 1));
}

/* The bits above the highest one that differs are the same for all nodes of
 * the subtree sought; its root has a 0 there and 1s below. */
uint32_t tacet_common_ancestor(uint32_t leaf_a, uint32_t leaf_b) {
  uint32_t differ = leaf_a ^ leaf_b;
  uint64_t a = tacet_node_of_leaf(leaf_a);
  if (differ == 0) {
    return (uint32_t)a;
  }
  uint32_t level = 32 - (uint32_t)__builtin_clz(differ);
  return (uint32_t)(a >> (level + 1) << (level + 1) |
                    (((uint64_t)1 << level) - 1));
}
