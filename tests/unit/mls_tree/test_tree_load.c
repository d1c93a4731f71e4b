/* SPDX-License-Identifier: Apache-2.0
 * The ratchet_tree extension: what is a tree and what is not (RFC 9420
 * 12.4.3.1, 12.4.3.3). */
#include "tests/support/support.h"

#include "tests/unit/mls_tree/sim.h"

#define SUITE (&tacet_suite_x25519_chacha)

/* A tree in words: one for each node. "L" a leaf, "_" blank, "P" a parent,
 * "P1,3" one with unmerged leaves 1 and 3. */
static void tree_of(const char *words, tacet_buf *w) {
  size_t at = tacet_write_open(w);
  static uint8_t key[32];
  for (const char *c = words; *c != '\0';) {
    key[0]++;
    tacet_node n = {.type = TACET_NODE_BLANK};
    TACET_BUF(unmerged, 1000);
    if (*c == 'L') {
      n.type = TACET_NODE_LEAF;
      sim_leaf_fields(SUITE, tacet_span_of(key, 32), tacet_span_of(key, 32),
                      &n.leaf);
    } else if (*c == 'P') {
      n.type = TACET_NODE_PARENT;
      n.parent = (tacet_parent_node){.encryption_key = tacet_span_of(key, 32)};
    }
    for (c++; *c != '\0' && *c != ' '; c++) {
      if (*c != ',') {
        tacet_write_u32(&unmerged, (uint32_t)(*c - '0'));
      }
    }
    n.parent.unmerged_leaves = n.type == TACET_NODE_PARENT
                                   ? tacet_buf_span(&unmerged)
                                   : n.parent.unmerged_leaves;
    tacet_node_write(w, &n);
    c += *c == ' ' ? 1 : 0;
  }
  tacet_write_close(w, at);
}

static const struct {
  const char *words;
  tacet_err err;
} rows[] = {
    {"L", TACET_OK},
    {"L _ L", TACET_OK},
    {"L P L", TACET_OK},
    {"L P L P L", TACET_OK}, /* to be extended to seven */
    {"_ _ _ _ L", TACET_OK},
    {"L P1 L P1 L", TACET_OK},
    {"L P0,1 L P0,1 L", TACET_OK},
    {"L _ L P1 L", TACET_OK}, /* nothing in between to list it */
    {"L _ L P1,2 L _ L", TACET_OK},
    /* the shape */
    {"", TACET_ERR_TREE},
    {"_", TACET_ERR_TREE},
    {"L _", TACET_ERR_TREE},
    {"L P", TACET_ERR_TREE},
    {"L _ _", TACET_ERR_TREE},
    {"L P L _", TACET_ERR_TREE},
    {"L P L _ _", TACET_ERR_TREE},
    {"L L L", TACET_ERR_TREE},
    {"P", TACET_ERR_TREE},
    {"L P P", TACET_ERR_TREE},
    {"L P L P P P L", TACET_ERR_TREE},
    /* unmerged leaves */
    {"L P1,0 L", TACET_ERR_TREE},           /* falling */
    {"L P1,1 L", TACET_ERR_TREE},           /* twice */
    {"L P2 L", TACET_ERR_TREE},             /* beyond the tree */
    {"L P2 L _ L", TACET_ERR_TREE},         /* not below */
    {"L P L P3 L", TACET_ERR_TREE},         /* below, but not there */
    {"L P L P3 L _ _ _ L", TACET_ERR_TREE}, /* below, but blank */
    {"_ P0 L", TACET_ERR_TREE},
    {"L P L P1 L", TACET_ERR_TREE}, /* not listed in between */
    {"L P0 L P1 L", TACET_ERR_TREE},
    {"L P0,1 L P1 L", TACET_OK},
    {"L P1 L _ L _ L P1 L", TACET_OK}, /* blank in between, listed below */
    {"L P L _ L _ L P1 L", TACET_ERR_TREE},
};

static void shapes(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    TACET_BUF(in, 10000);
    TACET_BUF(out, 10000);
    tacet_tree *t = NULL;
    tree_of(rows[i].words, &in);
    tacet_err err = tacet_tree_load(SUITE, tacet_buf_span(&in), &t);
    if (err != rows[i].err) {
      fail_msg("\"%s\": %s", rows[i].words, tacet_err_name(err));
    }
    if (err == TACET_OK) {
      tacet_tree_write(t, &out);
      assert_span(tacet_buf_span(&in), tacet_buf_span(&out));
    } else {
      assert_null(t);
    }
    tacet_tree_free(t);
  }
}

static void extended_to_a_power(void **state) {
  (void)state;
  TACET_BUF(in, 10000);
  tacet_tree *t = NULL;
  tree_of("L P L P L", &in);
  assert_ok(tacet_tree_load(SUITE, tacet_buf_span(&in), &t));
  assert_int_equal(tacet_tree_n_leaves(t), 4);
  assert_int_equal(tacet_tree_n_members(t), 3);
  assert_int_equal(tacet_tree_leaf_bytes(t, 3).len, 0);
  assert_int_equal(tacet_tree_leaf_bytes(t, UINT32_MAX).len, 0);
  assert_int_equal(tacet_tree_leaf_bytes(t, 1u << 31).len, 0);
  assert_int_equal(tacet_tree_encryption_key(t, UINT32_MAX).len, 0);
  tacet_leaf_node leaf;
  assert_false(tacet_tree_leaf(t, 3, &leaf));
  assert_true(tacet_tree_leaf(t, 2, &leaf));
  tacet_tree_free(t);
}

static void cut_short(void **state) {
  (void)state;
  TACET_BUF(in, 10000);
  tree_of("L P0,1 L P0,1 L _ L", &in);
  for (size_t len = 0; len < in.len; len++) {
    tacet_tree *t = NULL;
    tacet_err err = tacet_tree_load(SUITE, tacet_span_of(in.p, len), &t);
    assert_int_equal(tacet_err_kind(err), TACET_KIND_INPUT);
    assert_null(t);
  }
}

/* A byte for a node: many nodes for little input, but not without end. */
static void many_blank_nodes(void **state) {
  (void)state;
  static const uint32_t leaves[] = {TACET_TREE_LEAVES_MAX,
                                    TACET_TREE_LEAVES_MAX + 1};
  for (size_t i = 0; i < 2; i++) {
    TACET_BUF(in, 1 << 20);
    tacet_tree *t = NULL;
    size_t at = tacet_write_open(&in);
    tacet_write_zeros(&in, 2 * leaves[i] - 2);
    tacet_node n = {.type = TACET_NODE_LEAF};
    uint8_t key[32] = {1}, hash[TACET_HASH_MAX];
    sim_leaf_fields(SUITE, tacet_span_of(key, 32), tacet_span_of(key, 32),
                    &n.leaf);
    tacet_node_write(&in, &n);
    tacet_write_close(&in, at);
    tacet_err err = tacet_tree_load(SUITE, tacet_buf_span(&in), &t);
    assert_err(i == 0 ? TACET_OK : TACET_ERR_LIMIT, err);
    if (i == 0) {
      assert_int_equal(tacet_tree_n_leaves(t), TACET_TREE_LEAVES_MAX);
      assert_ok(tacet_tree_check_parent_hashes(t));
      assert_ok(tacet_tree_hash(t, hash));
      assert_ok(tacet_tree_begin(t));
      assert_ok(tacet_tree_remove(t, TACET_TREE_LEAVES_MAX - 1));
      assert_int_equal(tacet_tree_n_leaves(t), 1);
      tacet_tree_rollback(t);
    }
    tacet_tree_free(t);
  }
}

/* The tree cannot grow beyond the limit either. */
static void full_tree(void **state) {
  (void)state;
  TACET_BUF(in, 64 << 20);
  TACET_BUF(leaf_bytes, 1000);
  tacet_tree *t = NULL;
  tacet_node n = {.type = TACET_NODE_LEAF};
  uint8_t key[32] = {1};
  sim_leaf_fields(SUITE, tacet_span_of(key, 32), tacet_span_of(key, 32),
                  &n.leaf);
  tacet_leaf_node_write(&leaf_bytes, &n.leaf);
  size_t at = tacet_write_open(&in);
  for (uint32_t i = 0; i < TACET_TREE_LEAVES_MAX; i++) {
    if (i > 0) {
      tacet_write_u8(&in, 0);
    }
    tacet_write_u16(&in, 0x0101);
    tacet_write_bytes(&in, tacet_buf_span(&leaf_bytes));
  }
  tacet_write_close(&in, at);
  assert_ok(tacet_tree_load(SUITE, tacet_buf_span(&in), &t));
  assert_err(TACET_ERR_DUPLICATE_KEY, tacet_tree_check_unique(t));
  uint32_t leaf;
  assert_ok(tacet_tree_begin(t));
  assert_err(TACET_ERR_LIMIT,
             tacet_tree_add(t, tacet_buf_span(&leaf_bytes), &leaf));
  tacet_tree_rollback(t);
  tacet_tree_free(t);
}

static tacet_err load_step(void *ctx) {
  const tacet_buf *in = ctx;
  tacet_tree *t = NULL;
  TACET_TRY(tacet_tree_load(SUITE, tacet_buf_span(in), &t));
  tacet_tree_free(t);
  return TACET_OK;
}

static void without_memory(void **state) {
  (void)state;
  TACET_BUF(in, 10000);
  tree_of("L P0,1 L P0,1 L _ L", &in);
  test_alloc_sweep(load_step, &in);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(shapes),    cmocka_unit_test(extended_to_a_power),
      cmocka_unit_test(cut_short), cmocka_unit_test(many_blank_nodes),
      cmocka_unit_test(full_tree), cmocka_unit_test(without_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
