/* SPDX-License-Identifier: Apache-2.0
 * Parent hashes (RFC 9420 7.9): of trees that groups made, and of the same
 * trees with one thing altered. The naive tree, which goes bottom up and
 * computes everything from the definitions, has to agree. */
#include "tests/support/support.h"

#include "tests/unit/mls_tree/naive.h"
#include "tests/unit/mls_tree/sim.h"

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;

static bool is_valid(tacet_span ratchet_tree) {
  tacet_tree *t = NULL;
  assert_ok(tacet_tree_load(suite, ratchet_tree, &t));
  tacet_err err = tacet_tree_check_parent_hashes(t);
  assert_true(err == TACET_OK || err == TACET_ERR_PARENT_HASH);
  /* What is kept from the first time does not change the answer. */
  assert_err(err, tacet_tree_check_parent_hashes(t));
  tacet_tree_free(t);
  return err == TACET_OK;
}

static bool naive_is_valid(tacet_span ratchet_tree) {
  static naive_tree n; /* large */
  naive_load(&n, suite->hash, ratchet_tree);
  return naive_parent_hashes_are_valid(&n);
}

static void live(sim *s, uint32_t n, uint32_t n_commits, uint64_t seed) {
  sim_init(s, suite);
  const char *problem = sim_live(s, n, n_commits, &seed);
  if (problem != NULL) {
    fail_msg("%s", problem);
  }
}

/* Every hash that the real tree keeps is what the definition says. */
static void kept_hashes_are_right(void **state) {
  (void)state;
  static naive_tree n;
  for (uint64_t seed = 1; seed <= 4; seed++) {
    sim s;
    TACET_BUF(w, 1 << 20);
    live(&s, 9, 12, seed);
    tacet_tree_write(s.tree, &w);
    naive_load(&n, suite->hash, tacet_buf_span(&w));
    for (uint32_t x = 0; x < 2 * n.n_leaves - 1; x++) {
      uint8_t a[TACET_HASH_MAX], b[TACET_HASH_MAX];
      naive_node_hash(&n, x, 0, a);
      assert_ok(tacet_tree_node_hash(s.tree, x, b));
      assert_memory_equal(a, b, suite->hash->len);
    }
    sim_free(&s);
  }
}

static void lived_trees_are_valid(void **state) {
  (void)state;
  size_t n_unmerged = 0;
  for (uint64_t seed = 1; seed <= 8; seed++) {
    sim s;
    TACET_BUF(w, 1 << 20);
    live(&s, 2 + (uint32_t)seed * 2, 10, seed);
    uint32_t committer = 0;
    while (!s.member[committer].here) {
      committer++;
    }
    sim_plan add = {.committer = committer, .n_adds = 2, .no_path = true};
    assert_null(sim_commit(&s, &add));
    tacet_tree_write(s.tree, &w);
    assert_true(naive_is_valid(tacet_buf_span(&w)));
    assert_true(is_valid(tacet_buf_span(&w)));
    for (uint32_t x = 1; x < 2 * tacet_tree_n_leaves(s.tree) - 1; x += 2) {
      n_unmerged += tacet_tree_encryption_key(s.tree, x).len > 0
                        ? tacet_tree_unmerged(s.tree, x).len
                        : 0;
    }
    sim_free(&s);
  }
  assert_true(n_unmerged > 0); /* else this shows less than it should */
}

/* One altered copy: node x of the list is given to `alter`, which may decline
 * by giving false. */
typedef bool alteration(tacet_node *n, uint64_t *seed, uint8_t *space);

static bool alter_key(tacet_node *n, uint64_t *seed, uint8_t *space) {
  if (n->type != TACET_NODE_PARENT) {
    return false;
  }
  memcpy(space, n->parent.encryption_key.p, n->parent.encryption_key.len);
  space[sim_random(seed, 32)] ^= 1;
  n->parent.encryption_key.p = space;
  return true;
}
static bool alter_hash(tacet_node *n, uint64_t *seed, uint8_t *space) {
  tacet_span *field = n->type == TACET_NODE_PARENT ? &n->parent.parent_hash
                      : n->type == TACET_NODE_LEAF ? &n->leaf.parent_hash
                                                   : NULL;
  if (field == NULL || field->len == 0) {
    return false;
  }
  memcpy(space, field->p, field->len);
  space[sim_random(seed, 32)] ^= 1;
  field->p = space;
  return true;
}
/* mls-rs #360: an empty parent_hash is no parent hash. */
static bool empty_hash(tacet_node *n, uint64_t *seed, uint8_t *space) {
  (void)seed;
  (void)space;
  if (n->type == TACET_NODE_PARENT && n->parent.parent_hash.len > 0) {
    n->parent.parent_hash = TACET_SPAN_EMPTY;
    return true;
  }
  if (n->type == TACET_NODE_LEAF && n->leaf.parent_hash.len > 0) {
    n->leaf.parent_hash = TACET_SPAN_EMPTY;
    return true;
  }
  return false;
}
static bool other_identity(tacet_node *n, uint64_t *seed, uint8_t *space) {
  (void)seed;
  (void)space;
  if (n->type == TACET_NODE_LEAF) {
    n->leaf.credential.identity = TACET_SPAN_LIT("somebody else");
  }
  return n->type == TACET_NODE_LEAF;
}
static bool other_source(tacet_node *n, uint64_t *seed, uint8_t *space) {
  (void)seed;
  (void)space;
  if (n->type != TACET_NODE_LEAF ||
      n->leaf.source == TACET_LEAF_SOURCE_UPDATE) {
    return false;
  }
  n->leaf.source = TACET_LEAF_SOURCE_UPDATE;
  return true;
}
static bool blank_parent(tacet_node *n, uint64_t *seed, uint8_t *space) {
  (void)seed;
  (void)space;
  bool is_parent = n->type == TACET_NODE_PARENT;
  n->type = is_parent ? TACET_NODE_BLANK : n->type;
  return is_parent;
}
static bool new_parent(tacet_node *n, uint64_t *seed, uint8_t *space) {
  if (n->type != TACET_NODE_BLANK) {
    return false;
  }
  memset(space, (int)sim_random(seed, 256), 32);
  *n = (tacet_node){.type = TACET_NODE_PARENT,
                    .parent = {.encryption_key = {space, 32}}};
  return true;
}
static bool no_unmerged(tacet_node *n, uint64_t *seed, uint8_t *space) {
  (void)seed;
  (void)space;
  if (n->type != TACET_NODE_PARENT || n->parent.unmerged_leaves.len == 0) {
    return false;
  }
  n->parent.unmerged_leaves = TACET_SPAN_EMPTY;
  return true;
}

/* Copies the tree with node `at` altered; false if that cannot be. */
static bool altered(tacet_span ratchet_tree, uint32_t at, alteration *alter,
                    uint64_t *seed, tacet_buf *w) {
  tacet_span list;
  uint32_t n_nodes, x = 0;
  bool done = false;
  assert_ok(tacet_ratchet_tree_parse(ratchet_tree, &list, &n_nodes));
  size_t open = tacet_write_open(w);
  for (tacet_node n; tacet_node_next(&list, &n); x++) {
    uint8_t space[64];
    if (x == at && (alter != new_parent || x % 2 == 1)) {
      done = alter(&n, seed, space);
    }
    tacet_node_write(w, &n);
  }
  tacet_write_close(w, open);
  return done;
}

static void altered_trees_are_not(void **state) {
  (void)state;
  static alteration *const alterations[] = {
      alter_key,    alter_hash,   empty_hash, other_identity,
      other_source, blank_parent, new_parent, no_unmerged};
  size_t n_valid = 0, n_invalid[8] = {0};
  for (uint64_t seed = 1; seed <= 5; seed++) {
    sim s;
    TACET_BUF(w, 1 << 20);
    uint64_t random = seed;
    live(&s, 7, 9, seed);
    tacet_tree_write(s.tree, &w);
    for (uint32_t x = 0; x < 2 * tacet_tree_n_leaves(s.tree) - 1; x++) {
      for (size_t a = 0; a < 8; a++) {
        TACET_BUF(other, 1 << 20);
        if (!altered(tacet_buf_span(&w), x, alterations[a], &random, &other)) {
          continue;
        }
        tacet_tree *t = NULL;
        tacet_err err = tacet_tree_load(suite, tacet_buf_span(&other), &t);
        tacet_tree_free(t);
        if (err == TACET_ERR_TREE) {
          continue; /* an entry that is not listed in between */
        }
        assert_ok(err);
        bool valid = is_valid(tacet_buf_span(&other));
        assert_int_equal(valid, naive_is_valid(tacet_buf_span(&other)));
        n_valid += valid ? 1 : 0;
        n_invalid[a] += valid ? 0 : 1;
      }
    }
    sim_free(&s);
  }
  /* Each kind of alteration is found; and where a chain is not touched (an old
   * link that later commits made void), it is left alone. */
  for (size_t a = 0; a < 8; a++) {
    assert_true(n_invalid[a] > 0);
  }
  assert_true(n_valid > 0);
}

/* ---- a tree by hand ---- */

static void key_of(uint8_t number, uint8_t out[32]) {
  memset(out, number, 32);
}

static void leaf_of(uint8_t number, tacet_span parent_hash, tacet_buf *w) {
  uint8_t key[32];
  tacet_leaf_node n;
  key_of(number, key);
  sim_leaf_fields(suite, tacet_span_of(key, 32), tacet_span_of(key, 32), &n);
  n.source =
      parent_hash.len > 0 ? TACET_LEAF_SOURCE_COMMIT : TACET_LEAF_SOURCE_UPDATE;
  n.parent_hash = parent_hash;
  tacet_leaf_node_write(w, &n);
}

/* RFC 9420 7.9's example: W [F] over U and Y [F], where F sits below a blank
 * node below Y. The original tree hash of Y has neither F nor the mention of
 * it, and is the hash that Y's subtree had when W was set. */
static void original_sibling_tree_hash(void **state) {
  (void)state;
  tacet_tree *t = NULL;
  uint32_t leaf;
  uint8_t key[32], before[TACET_HASH_MAX], after[TACET_HASH_MAX],
      changed[TACET_HASH_MAX];
  assert_ok(tacet_tree_new(suite, &t));
  assert_ok(tacet_tree_begin(t));
  for (uint8_t i = 0; i < 7; i++) {
    TACET_BUF(bytes, 1000);
    leaf_of(i, TACET_SPAN_EMPTY, &bytes);
    assert_ok(tacet_tree_add(t, tacet_buf_span(&bytes), &leaf));
  }
  assert_ok(tacet_tree_remove(t, 5));
  static const uint32_t parents[] = {1, 3, 11, 7}; /* T U Y W */
  for (size_t i = 0; i < 4; i++) {
    key_of((uint8_t)(100 + i), key);
    assert_ok(tacet_tree_set_parent(t, parents[i], tacet_span_of(key, 32),
                                    TACET_SPAN_EMPTY));
  }
  assert_ok(tacet_tree_parent_hash_of(t, 7, 11, before));
  TACET_BUF(f, 1000);
  leaf_of(50, TACET_SPAN_EMPTY, &f);
  assert_ok(tacet_tree_add(t, tacet_buf_span(&f), &leaf));
  assert_int_equal(leaf, 5);
  assert_int_equal(tacet_tree_unmerged(t, 7).len, 4);
  assert_int_equal(tacet_tree_unmerged(t, 11).len, 4);
  assert_ok(tacet_tree_parent_hash_of(t, 7, 11, after));
  assert_memory_equal(before, after, suite->hash->len);
  assert_ok(tacet_tree_parent_hash_of(t, 7, 3, after));
  /* Not so a leaf that is no longer unmerged. */
  key_of(104, key);
  assert_ok(
      tacet_tree_set_parent(t, 7, tacet_span_of(key, 32), TACET_SPAN_EMPTY));
  assert_ok(tacet_tree_parent_hash_of(t, 7, 11, changed));
  assert_memory_not_equal(before, changed, suite->hash->len);
  tacet_tree_free(t);
}

/* A parent without anybody below, and one with two who may have set it. */
static void nobody_and_two(void **state) {
  (void)state;
  tacet_tree *t = NULL;
  uint32_t leaf;
  uint8_t key[32], hash[2][TACET_HASH_MAX];
  assert_ok(tacet_tree_new(suite, &t));
  assert_ok(tacet_tree_begin(t));
  for (uint8_t i = 0; i < 2; i++) {
    TACET_BUF(bytes, 1000);
    leaf_of(i, TACET_SPAN_EMPTY, &bytes);
    assert_ok(tacet_tree_add(t, tacet_buf_span(&bytes), &leaf));
  }
  assert_ok(tacet_tree_check_parent_hashes(t)); /* no parents, no question */
  key_of(9, key);
  assert_ok(
      tacet_tree_set_parent(t, 1, tacet_span_of(key, 32), TACET_SPAN_EMPTY));
  assert_err(TACET_ERR_PARENT_HASH, tacet_tree_check_parent_hashes(t));
  /* Leaf 0 set it: the sibling's hash is that of leaf 1 as it is. */
  TACET_BUF(bytes, 1000);
  assert_ok(tacet_tree_parent_hash_of(t, 1, 2, hash[0]));
  leaf_of(0, tacet_span_of(hash[0], suite->hash->len), &bytes);
  assert_ok(tacet_tree_set_leaf(t, 0, tacet_buf_span(&bytes)));
  assert_ok(tacet_tree_check_parent_hashes(t));
  /* Now leaf 1 claims it too; each claim hashes the other leaf, so the first
   * one breaks. */
  assert_ok(tacet_tree_parent_hash_of(t, 1, 0, hash[1]));
  tacet_buf_clear(&bytes);
  leaf_of(1, tacet_span_of(hash[1], suite->hash->len), &bytes);
  assert_ok(tacet_tree_set_leaf(t, 1, tacet_buf_span(&bytes)));
  assert_ok(tacet_tree_check_parent_hashes(t));
  /* With leaf 1 gone there is nobody whom the key was told to. */
  assert_ok(tacet_tree_remove(t, 1));
  assert_ok(tacet_tree_reserve(t, &leaf));
  assert_ok(
      tacet_tree_set_parent(t, 1, tacet_span_of(key, 32), TACET_SPAN_EMPTY));
  assert_err(TACET_ERR_PARENT_HASH, tacet_tree_check_parent_hashes(t));
  tacet_tree_free(t);
}

/* An unmerged leaf that the child with the right parent hash does not know of:
 * no tree that loads has that, but the rule is asked for all the same. */
static void unmerged_but_not_below(void **state) {
  (void)state;
  tacet_tree *t = NULL;
  uint32_t leaf;
  uint8_t key[32], hash[TACET_HASH_MAX];
  TACET_BUF(bytes, 1000);
  assert_ok(tacet_tree_new(suite, &t));
  assert_ok(tacet_tree_begin(t));
  for (uint8_t i = 0; i < 4; i++) {
    tacet_buf_clear(&bytes);
    leaf_of(i, TACET_SPAN_EMPTY, &bytes);
    assert_ok(tacet_tree_add(t, tacet_buf_span(&bytes), &leaf));
  }
  assert_ok(tacet_tree_remove(t, 1));
  key_of(103, key);
  assert_ok(
      tacet_tree_set_parent(t, 3, tacet_span_of(key, 32), TACET_SPAN_EMPTY));
  tacet_buf_clear(&bytes);
  leaf_of(1, TACET_SPAN_EMPTY, &bytes);
  assert_ok(tacet_tree_add(t, tacet_buf_span(&bytes), &leaf));
  assert_int_equal(tacet_tree_unmerged(t, 3).len, 4);
  assert_ok(tacet_tree_parent_hash_of(t, 3, 5, hash));
  key_of(101, key);
  assert_ok(tacet_tree_set_parent(t, 1, tacet_span_of(key, 32),
                                  tacet_span_of(hash, suite->hash->len)));
  assert_ok(tacet_tree_parent_hash_of(t, 1, 2, hash));
  tacet_buf_clear(&bytes);
  leaf_of(0, tacet_span_of(hash, suite->hash->len), &bytes);
  assert_ok(tacet_tree_set_leaf(t, 0, tacet_buf_span(&bytes)));
  assert_err(TACET_ERR_PARENT_HASH, tacet_tree_check_parent_hashes(t));
  /* Without the unmerged leaf at the top it is the same chain, and valid. */
  key_of(103, key);
  assert_ok(
      tacet_tree_set_parent(t, 3, tacet_span_of(key, 32), TACET_SPAN_EMPTY));
  assert_ok(tacet_tree_check_parent_hashes(t));
  tacet_tree_free(t);
}

static tacet_err check_step(void *ctx) {
  const tacet_buf *in = ctx;
  tacet_tree *t = NULL;
  TACET_TRY(tacet_tree_load(suite, tacet_buf_span(in), &t));
  tacet_err err = tacet_tree_check_parent_hashes(t);
  tacet_tree_free(t);
  return err;
}

static void without_memory(void **state) {
  (void)state;
  sim s;
  TACET_BUF(w, 1 << 20);
  live(&s, 8, 12, 3);
  tacet_tree_write(s.tree, &w);
  sim_free(&s);
  test_alloc_sweep(check_step, &w);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(kept_hashes_are_right),
      cmocka_unit_test(lived_trees_are_valid),
      cmocka_unit_test(altered_trees_are_not),
      cmocka_unit_test(original_sibling_tree_hash),
      cmocka_unit_test(nobody_and_two),
      cmocka_unit_test(unmerged_but_not_below),
      cmocka_unit_test(without_memory),
  };
  return tacet_crypto_init() == TACET_OK
             ? cmocka_run_group_tests(tests, NULL, NULL)
             : 1;
}
