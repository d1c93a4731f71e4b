/* SPDX-License-Identifier: Apache-2.0
 * What a tree takes of the heap: near its encoding when it was read, and not
 * far from it after many changes; and that moving its nodes loses none. */
#include <stdlib.h>

#include "tests/support/support.h"

#include "mls/tree_state.h"
#include "tests/unit/mls_tree/sim.h"

#define SUITE (&tacet_suite_x25519_aes128)
#define MEMBERS 1000
#define NAME "member-0000"

/* ---- counting ---- */

static size_t live, refused_from; /* bytes; blocks as large are refused */

static void *count_alloc(void *user, size_t size) {
  (void)user;
  size_t *p = refused_from > 0 && size >= refused_from
                  ? NULL
                  : malloc(size + sizeof(max_align_t));
  if (p != NULL) {
    *p = size;
    live += size;
    p += sizeof(max_align_t) / sizeof(*p);
  }
  return p;
}

static void count_free(void *user, void *p) {
  (void)user;
  size_t *block = (size_t *)p - sizeof(max_align_t) / sizeof(size_t);
  live -= *block;
  free(block);
}

static const tacet_allocator counting = {count_alloc, count_free, NULL};

/* ---- a tree without blanks ---- */

static uint8_t next_key[32];

static tacet_span fresh_key(void) {
  for (size_t i = 0; i < sizeof(next_key) && ++next_key[i] == 0; i++) {
  }
  return tacet_span_of(next_key, sizeof(next_key));
}

static void leaf_of(uint32_t i, tacet_buf *w) {
  uint8_t key[32], signature[64] = {1}, hash[32] = {2};
  char name[] = NAME;
  for (size_t at = sizeof(NAME) - 2; i > 0; i /= 10, at--) {
    name[at] = (char)('0' + i % 10);
  }
  tacet_leaf_node leaf;
  memcpy(key, fresh_key().p, sizeof(key));
  sim_leaf_fields(SUITE, tacet_span_of(key, 32), fresh_key(), &leaf);
  leaf.credential.identity = tacet_span_str(name);
  leaf.source = TACET_LEAF_SOURCE_COMMIT;
  leaf.parent_hash = tacet_span_of(hash, sizeof(hash));
  leaf.signature = tacet_span_of(signature, sizeof(signature));
  tacet_buf_clear(w);
  tacet_leaf_node_write(w, &leaf);
  assert_ok(w->err);
}

static void fill(tacet_tree *t) {
  TACET_BUF(w, 1 << 12);
  uint8_t hash[32] = {3};
  uint32_t leaf;
  assert_ok(tacet_tree_begin(t));
  for (uint32_t i = 0; i < MEMBERS; i++) {
    leaf_of(i, &w);
    assert_ok(tacet_tree_add(t, tacet_buf_span(&w), &leaf));
  }
  for (uint32_t x = 1; x < 2 * MEMBERS - 1; x += 2) {
    assert_ok(
        tacet_tree_set_parent(t, x, fresh_key(), tacet_span_of(hash, 32)));
  }
  tacet_tree_commit(t);
}

/* What an update does: another leaf, other parents above it. */
static void update(tacet_tree *t, uint32_t leaf) {
  TACET_BUF(w, 1 << 12);
  uint8_t hash[32] = {4};
  tacet_tree_path path;
  leaf_of(leaf, &w);
  assert_ok(tacet_tree_begin(t));
  assert_ok(tacet_tree_set_leaf(t, leaf, tacet_buf_span(&w)));
  tacet_tree_filtered_path(t, leaf, &path);
  for (uint32_t i = 0; i < path.n; i++) {
    assert_ok(tacet_tree_set_parent(t, path.node[i], fresh_key(),
                                    tacet_span_of(hash, 32)));
  }
  tacet_tree_commit(t);
}

static void check_same(tacet_tree *t, tacet_buf *encoded) {
  uint8_t hash[TACET_HASH_MAX], again[TACET_HASH_MAX];
  tacet_tree *other = NULL;
  tacet_buf_clear(encoded);
  tacet_tree_write(t, encoded);
  assert_ok(tacet_tree_load(SUITE, tacet_buf_span(encoded), &other));
  assert_ok(tacet_tree_hash(t, hash));
  assert_ok(tacet_tree_hash(other, again));
  assert_memory_equal(hash, again, SUITE->hash->len);
  assert_ok(tacet_tree_check_unique(t));
  tacet_tree_free(other);
}

/* ---- tests ---- */

static void a_tree_takes_what_its_encoding_takes(void **state) {
  (void)state;
  TACET_BUF(encoded, 1 << 20);
  tacet_tree *t = NULL;
  tacet_allocator_set(&counting);
  assert_ok(tacet_tree_new(SUITE, &t));
  fill(t);
  tacet_tree_write(t, &encoded);
  tacet_tree_free(t);
  size_t before = live;
  assert_ok(tacet_tree_load(SUITE, tacet_buf_span(&encoded), &t));
  uint8_t hash[TACET_HASH_MAX];
  assert_ok(tacet_tree_hash(t, hash));
  size_t taken = live - before;
  assert_true(taken <= encoded.len + encoded.len * 16 / 100);
  tacet_tree_free(t);
  assert_int_equal(live, before);
  tacet_buf_free(&encoded);
  tacet_allocator_set(NULL);
}

static void and_not_much_more_after_many_changes(void **state) {
  (void)state;
  TACET_BUF(encoded, 1 << 20);
  tacet_tree *t = NULL;
  uint64_t seed = 7;
  tacet_allocator_set(&counting);
  size_t before = live;
  assert_ok(tacet_tree_new(SUITE, &t));
  fill(t);
  for (int i = 0; i < 300; i++) {
    update(t, sim_random(&seed, MEMBERS));
    size_t taken = live - before;
    tacet_tree_write(t, &encoded);
    assert_true(taken <= encoded.len + encoded.len * 25 / 100);
    tacet_buf_free(&encoded);
  }
  check_same(t, &encoded);
  tacet_tree_free(t);
  tacet_buf_free(&encoded);
  assert_int_equal(live, before);
  tacet_allocator_set(NULL);
}

/* A commit cannot fail: where there is no memory for a new block, everything
 * stays where it is, until there is. */
static void without_a_block_nothing_moves(void **state) {
  (void)state;
  TACET_BUF(encoded, 1 << 20);
  tacet_tree *t = NULL;
  tacet_allocator_set(&counting);
  assert_ok(tacet_tree_new(SUITE, &t));
  fill(t);
  const uint8_t *block = t->pack;
  assert_non_null(block);
  refused_from = t->pack_len / 2;
  for (uint32_t i = 0; i < 100; i++) {
    update(t, i);
  }
  assert_ptr_equal(t->pack, block);
  assert_true(t->waste > t->pack_len / 16);
  refused_from = 0;
  check_same(t, &encoded);
  update(t, 500);
  assert_ptr_not_equal(t->pack, block);
  assert_int_equal(t->waste, 0);
  check_same(t, &encoded);
  tacet_tree_free(t);
  tacet_buf_free(&encoded);
  tacet_allocator_set(NULL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(a_tree_takes_what_its_encoding_takes),
      cmocka_unit_test(and_not_much_more_after_many_changes),
      cmocka_unit_test(without_a_block_nothing_moves),
  };
  assert_ok(tacet_crypto_init());
  return cmocka_run_group_tests(tests, NULL, NULL);
}
