/* SPDX-License-Identifier: Apache-2.0
 * A ratchet_tree extension that loads writes the same bytes again, survives
 * being looked at from all sides, and is the same after a change was taken
 * back. The first byte says how many bytes of edits come before the tree. */
#include "mls/leaf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look(tacet_tree *t) {
  tacet_leaf_rules rules = {.suite = tacet_tree_suite(t)};
  uint32_t n_leaves = tacet_tree_n_leaves(t), node;
  (void)!tacet_tree_check_parent_hashes(t);
  (void)!tacet_tree_check_credentials(t);
  for (uint32_t i = 0; i < n_leaves && i < 64; i++) {
    tacet_leaf_node leaf;
    tacet_tree_path path;
    tacet_tree_filtered_path(t, i, &path);
    if (tacet_tree_leaf(t, i, &leaf)) {
      (void)!tacet_leaf_check(&leaf, &rules);
      TACET_ASSERT(
          tacet_tree_find_encryption_key(t, leaf.encryption_key, &node));
      TACET_ASSERT(tacet_tree_find_signature_key(t, leaf.signature_key, &node));
    }
  }
}

static void edit(tacet_tree *t, uint8_t what) {
  uint32_t leaf = (what >> 2) % tacet_tree_n_leaves(t);
  tacet_span own = tacet_tree_leaf_bytes(t, leaf);
  TACET_BYTES(bytes);
  if (own.len == 0 || tacet_bytes_set(&bytes, own) != TACET_OK) {
    return;
  }
  switch (what & 3) {
  case 0:
    (void)!tacet_tree_add(t, tacet_bytes_span(&bytes), &leaf);
    return;
  case 1:
    (void)!tacet_tree_update(t, leaf, tacet_bytes_span(&bytes));
    return;
  case 2:
    (void)!tacet_tree_remove(t, leaf);
    return;
  default:
    (void)!tacet_tree_reserve(t, &leaf);
  }
}

static void check(tacet_tree *t, tacet_span tree, const uint8_t *hash) {
  uint8_t again[TACET_HASH_MAX];
  TACET_BUF(w, TACET_MESSAGE_MAX);
  tacet_tree_write(t, &w);
  TACET_ASSERT(tacet_span_equal(tree, tacet_buf_span(&w)));
  TACET_ASSERT(tacet_tree_hash(t, again) == TACET_OK);
  TACET_ASSERT(memcmp(hash, again, tacet_tree_suite(t)->hash->len) == 0);
}

static void change(tacet_tree *t, const uint8_t *edits, size_t n) {
  uint8_t hash[TACET_HASH_MAX];
  TACET_ASSERT(tacet_tree_begin(t) == TACET_OK);
  for (size_t i = 0; i < n; i++) {
    edit(t, edits[i]);
    (void)!tacet_tree_hash(t, hash);
  }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  size_t n_edits = size == 0 ? 0 : data[0] % 16;
  if (size < 1 + n_edits) {
    return 0;
  }
  tacet_span tree = tacet_span_of(data + 1 + n_edits, size - 1 - n_edits);
  tacet_tree *t = NULL;
  if (tacet_tree_load(&tacet_suite_x25519_chacha, tree, &t) == TACET_OK) {
    uint8_t hash[TACET_HASH_MAX];
    TACET_ASSERT(tacet_tree_hash(t, hash) == TACET_OK);
    look(t);
    change(t, data + 1, n_edits);
    tacet_tree_change *c;
    tacet_tree_detach(t, &c);
    check(t, tree, hash);
    TACET_ASSERT(tacet_tree_attach(t, &c) == TACET_OK);
    tacet_tree_rollback(t);
    check(t, tree, hash);
    tacet_tree_free(t);
  }
  return 0;
}
