/* SPDX-License-Identifier: Apache-2.0
 * Positions in array trees, against what a recursive walk says. */
#include "tests/support/support.h"

#include "mls/tree_math.h"

#define LEAVES 64

static struct {
  uint32_t parent, left, right, sibling, level;
} walked[2 * LEAVES - 1];

/* The subtree of `n` leaves whose first node is `first`; gives its root. */
static uint32_t walk(uint32_t first, uint32_t n) {
  uint32_t root = first + n - 1, level = 0;
  if (n > 1) {
    uint32_t left = walk(first, n / 2), right = walk(first + n, n / 2);
    level = walked[left].level + 1;
    walked[root].left = left;
    walked[root].right = right;
    walked[left].parent = walked[right].parent = root;
    walked[left].sibling = right;
    walked[right].sibling = left;
  }
  walked[root].level = level;
  return root;
}

static void positions(void **state) {
  (void)state;
  for (uint32_t n = 1; n <= LEAVES; n *= 2) {
    uint32_t root = walk(0, n);
    assert_int_equal(tacet_tree_root(n), root);
    for (uint32_t x = 0; x < tacet_tree_n_nodes(n); x++) {
      assert_int_equal(tacet_node_level(x), walked[x].level);
      assert_int_equal(tacet_node_is_leaf(x), walked[x].level == 0);
      if (walked[x].level > 0) {
        assert_int_equal(tacet_node_left(x), walked[x].left);
        assert_int_equal(tacet_node_right(x), walked[x].right);
      }
      if (x != root) {
        assert_int_equal(tacet_node_parent(x), walked[x].parent);
        assert_int_equal(tacet_node_sibling(x), walked[x].sibling);
      }
    }
  }
}

static bool is_above(uint32_t x, uint32_t node, uint32_t root) {
  while (node != x && node != root) {
    node = walked[node].parent;
  }
  return node == x;
}

static void leaves_below(void **state) {
  (void)state;
  uint32_t root = walk(0, LEAVES);
  for (uint32_t x = 0; x < tacet_tree_n_nodes(LEAVES); x++) {
    uint32_t n = 0;
    for (uint32_t leaf = 0; leaf < LEAVES; leaf++) {
      bool above = is_above(x, 2 * leaf, root);
      assert_int_equal(tacet_node_has_leaf(x, leaf), above);
      if (above && n++ == 0) {
        assert_int_equal(tacet_node_first_leaf(x), leaf);
      }
    }
    assert_int_equal(tacet_node_n_leaves(x), n);
    assert_false(tacet_node_has_leaf(x, UINT32_MAX));
  }
}

static void common_ancestors(void **state) {
  (void)state;
  uint32_t root = walk(0, LEAVES);
  for (uint32_t a = 0; a < LEAVES; a++) {
    for (uint32_t b = 0; b < LEAVES; b++) {
      uint32_t x = 2 * a;
      while (!is_above(x, 2 * b, root)) {
        x = walked[x].parent;
      }
      assert_int_equal(tacet_common_ancestor(a, b), x);
    }
  }
  assert_int_equal(tacet_common_ancestor(0, UINT32_MAX / 2), UINT32_MAX / 2);
}

static void powers(void **state) {
  (void)state;
  static const uint32_t rows[][2] = {{1, 1},
                                     {2, 2},
                                     {3, 4},
                                     {4, 4},
                                     {5, 8},
                                     {8, 8},
                                     {9, 16},
                                     {65535, 65536},
                                     {65536, 65536},
                                     {65537, 131072},
                                     {1u << 31, 1u << 31}};
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    assert_int_equal(tacet_power_of_two(rows[i][0]), rows[i][1]);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(positions),
      cmocka_unit_test(leaves_below),
      cmocka_unit_test(common_ancestors),
      cmocka_unit_test(powers),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
