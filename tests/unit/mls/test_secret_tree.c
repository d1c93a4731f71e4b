/* SPDX-License-Identifier: Apache-2.0
 * The secret tree as receiver and sender use it: order, replay, bounds, what is
 * deleted, what is saved. That the keys are the right ones is for the vectors.
 */
#include "mls/secret_tree.h"

#include "tests/support/support.h"

#define APP TACET_RATCHET_APPLICATION
#define HANDSHAKE TACET_RATCHET_HANDSHAKE

static const tacet_suite *const suite = &tacet_suite_xwing_chacha;

static tacet_err make(tacet_secret_tree *t, uint32_t n_leaves) {
  tacet_secret root = {.len = suite->hash->len};
  memset(root.b, 7, root.len);
  return tacet_secret_tree_init(t, suite, n_leaves, &root);
}

static tacet_secret key_of(const tacet_secret_tree *t, uint32_t leaf,
                           tacet_ratchet_type type, uint32_t generation) {
  TACET_MESSAGE_KEY(k);
  assert_ok(tacet_secret_tree_key(t, leaf, type, generation, 1000, &k));
  return k.key;
}

static tacet_bytes saved(const tacet_secret_tree *t) {
  TACET_BUF(w, 1 << 20);
  tacet_secret_tree_write(&w, t);
  tacet_bytes out = {NULL, 0};
  assert_ok(tacet_buf_take(&w, &out));
  return out;
}

static void any_order_gives_the_same_keys(void **state) {
  (void)state;
  tacet_secret_tree a = {0}, b = {0};
  assert_ok(make(&a, 8));
  assert_ok(make(&b, 8));
  tacet_secret keys[20];
  for (uint32_t g = 0; g < 20; g++) {
    keys[g] = key_of(&a, 5, APP, g);
    assert_ok(tacet_secret_tree_spend(&a, 5, APP, g, 1000, 1000));
  }
  static const uint32_t order[] = {3, 0, 19, 1,  2,  18, 10, 4,  5,  6,
                                   7, 8, 9,  11, 17, 12, 13, 14, 15, 16};
  for (size_t i = 0; i < 20; i++) {
    tacet_secret k = key_of(&b, 5, APP, order[i]);
    assert_true(tacet_secret_equal(&k, &keys[order[i]]));
    assert_ok(tacet_secret_tree_spend(&b, 5, APP, order[i], 1000, 1000));
  }
  /* All skipped keys are used up: both trees are the same again. */
  tacet_bytes sa = saved(&a), sb = saved(&b);
  assert_span(tacet_bytes_span(&sa), tacet_bytes_span(&sb));
  tacet_bytes_free(&sa);
  tacet_bytes_free(&sb);
  tacet_secret_tree_free(&a);
  tacet_secret_tree_free(&b);
}

static void looking_changes_nothing(void **state) {
  (void)state;
  tacet_secret_tree t = {0};
  assert_ok(make(&t, 4));
  assert_ok(tacet_secret_tree_spend(&t, 1, APP, 4, 1000, 1000));
  tacet_bytes before = saved(&t);
  (void)key_of(&t, 1, APP, 2);
  (void)key_of(&t, 1, APP, 900);
  (void)key_of(&t, 3, HANDSHAKE, 30);
  tacet_bytes after = saved(&t);
  assert_span(tacet_bytes_span(&before), tacet_bytes_span(&after));
  tacet_bytes_free(&before);
  tacet_bytes_free(&after);
  tacet_secret_tree_free(&t);
}

static void a_spent_key_is_gone(void **state) {
  (void)state;
  tacet_secret_tree t = {0};
  TACET_MESSAGE_KEY(k);
  assert_ok(make(&t, 2));
  assert_ok(tacet_secret_tree_spend(&t, 0, APP, 2, 1000, 1000));
  assert_err(TACET_ERR_REPLAY, tacet_secret_tree_key(&t, 0, APP, 2, 1000, &k));
  assert_ok(tacet_secret_tree_spend(&t, 0, APP, 1, 1000, 1000));
  assert_err(TACET_ERR_REPLAY, tacet_secret_tree_key(&t, 0, APP, 1, 1000, &k));
  assert_err(TACET_ERR_REPLAY,
             tacet_secret_tree_spend(&t, 0, APP, 1, 1000, 1000));
  /* 0 was passed over and is still there; the other ratchet never moved. */
  (void)key_of(&t, 0, APP, 0);
  (void)key_of(&t, 0, HANDSHAKE, 0);
  tacet_secret_tree_free(&t);
}

static void bounds_hold(void **state) {
  (void)state;
  tacet_secret_tree t = {0};
  TACET_MESSAGE_KEY(k);
  assert_ok(make(&t, 2));
  assert_err(TACET_ERR_GENERATION,
             tacet_secret_tree_key(&t, 0, APP, 11, 10, &k));
  assert_err(TACET_ERR_GENERATION,
             tacet_secret_tree_spend(&t, 0, APP, 11, 10, 5));
  assert_ok(tacet_secret_tree_spend(&t, 0, APP, 10, 10, 5));
  /* Of 0..9 the last five are kept. */
  assert_err(TACET_ERR_REPLAY, tacet_secret_tree_key(&t, 0, APP, 4, 10, &k));
  (void)key_of(&t, 0, APP, 5);
  /* Three more skipped push three out. */
  assert_ok(tacet_secret_tree_spend(&t, 0, APP, 14, 10, 5));
  assert_err(TACET_ERR_REPLAY, tacet_secret_tree_key(&t, 0, APP, 7, 10, &k));
  (void)key_of(&t, 0, APP, 8);
  (void)key_of(&t, 0, APP, 13);
  assert_err(TACET_ERR_SENDER, tacet_secret_tree_key(&t, 2, APP, 0, 10, &k));
  tacet_secret_tree_free(&t);
}

static void the_last_generation_is_the_last(void **state) {
  (void)state;
  tacet_secret_tree t = {0};
  TACET_MESSAGE_KEY(k);
  uint32_t next = 0;
  assert_ok(make(&t, 1));
  assert_ok(tacet_secret_tree_spend(&t, 0, APP, 0, 1, 1));
  t.leaves[0].ratchet[APP].generation = UINT32_MAX;
  assert_ok(tacet_secret_tree_next(&t, 0, APP, &next));
  assert_int_equal(next, UINT32_MAX);
  assert_ok(tacet_secret_tree_spend(&t, 0, APP, next, 1, 1));
  assert_err(TACET_ERR_LIMIT, tacet_secret_tree_next(&t, 0, APP, &next));
  assert_err(TACET_ERR_REPLAY,
             tacet_secret_tree_key(&t, 0, APP, UINT32_MAX, 1, &k));
  tacet_secret_tree_free(&t);
}

/* RFC 9420 9.2: nobody who sees the tree after the first message of a leaf may
 * find the secret of any node on its path. */
static void a_path_is_deleted_when_it_was_walked(void **state) {
  (void)state;
  tacet_secret_tree t = {0};
  assert_ok(make(&t, 8));
  assert_int_equal(t.n_nodes, 1);
  assert_ok(tacet_secret_tree_spend(&t, 2, APP, 0, 1, 1));
  /* Leaf 2 is node 4; left are its sibling 6, 1 and 11. */
  assert_int_equal(t.n_nodes, 3);
  assert_int_equal(t.nodes[0].node, 1);
  assert_int_equal(t.nodes[1].node, 6);
  assert_int_equal(t.nodes[2].node, 11);
  for (uint32_t leaf = 0; leaf < 8; leaf++) {
    if (leaf != 2) {
      assert_ok(tacet_secret_tree_spend(&t, leaf, HANDSHAKE, 1, 1, 1));
    }
  }
  assert_int_equal(t.n_nodes, 0);
  tacet_secret_tree_free(&t);
}

static void assert_zeros(const void *from, size_t n) {
  for (size_t i = 0; i < n; i++) {
    assert_int_equal(((const uint8_t *)from)[i], 0);
  }
}

/* Nothing behind what is in use. */
static void assert_no_leftovers(const tacet_secret_tree *t) {
  assert_zeros(t->nodes + t->n_nodes,
               (t->cap_nodes - t->n_nodes) * sizeof(*t->nodes));
  for (size_t i = 0; i < t->n_used; i++) {
    for (size_t k = 0; k < 2; k++) {
      const tacet_ratchet *r = &t->leaves[i].ratchet[k];
      if (r->skipped != NULL) {
        assert_zeros(r->skipped + r->n_skipped,
                     (r->cap_skipped - r->n_skipped) * sizeof(*r->skipped));
      }
    }
  }
}

/* Lists close up where something is taken out: the last place is wiped. */
static void what_is_taken_out_is_wiped(void **state) {
  (void)state;
  static const uint32_t leaves[] = {2, 7, 3, 0, 6, 1, 5, 4};
  static const uint32_t generations[] = {3, 1, 0, 2, 4};
  tacet_secret_tree t = {0};
  assert_ok(make(&t, 8));
  for (size_t i = 0; i < 8; i++) {
    for (size_t k = 0; k < 5; k++) {
      assert_ok(
          tacet_secret_tree_spend(&t, leaves[i], APP, generations[k], 9, 9));
      assert_no_leftovers(&t);
    }
  }
  assert_int_equal(t.n_nodes, 0);
  tacet_secret_tree_free(&t);
}

static void saving_is_exact(void **state) {
  (void)state;
  tacet_secret_tree t = {0};
  assert_ok(make(&t, 16));
  assert_ok(tacet_secret_tree_spend(&t, 3, APP, 5, 10, 10));
  assert_ok(tacet_secret_tree_spend(&t, 9, HANDSHAKE, 0, 10, 10));
  tacet_bytes first = saved(&t);
  for (size_t cut = 0; cut <= first.len; cut++) {
    tacet_err err = TACET_OK;
    tacet_reader r = tacet_reader_over(tacet_span_of(first.p, cut), &err);
    tacet_secret_tree loaded = {0};
    tacet_err got = tacet_secret_tree_read(&r, suite, &loaded);
    if (cut < first.len) {
      assert_int_not_equal(got, TACET_OK);
      continue;
    }
    assert_ok(got);
    tacet_bytes second = saved(&loaded);
    assert_span(tacet_bytes_span(&first), tacet_bytes_span(&second));
    tacet_secret a = key_of(&t, 12, APP, 3), b = key_of(&loaded, 12, APP, 3);
    assert_true(tacet_secret_equal(&a, &b));
    tacet_bytes_free(&second);
    tacet_secret_tree_free(&loaded);
  }
  tacet_bytes_free(&first);
  tacet_secret_tree_free(&t);
}

static tacet_err sweep(void *ctx) {
  (void)ctx;
  TACET_CLEANUP(tacet_secret_tree_free) tacet_secret_tree t = {0};
  TACET_TRY(make(&t, 8));
  TACET_TRY(tacet_secret_tree_spend(&t, 2, APP, 20, 50, 50));
  TACET_TRY(tacet_secret_tree_spend(&t, 7, APP, 3, 50, 50));
  TACET_TRY(tacet_secret_tree_spend(&t, 2, APP, 60, 50, 50));
  return TACET_OK;
}

static void running_out_of_memory_leaks_nothing(void **state) {
  (void)state;
  test_alloc_sweep(sweep, NULL);
}

static void running_out_of_memory_changes_nothing(void **state) {
  (void)state;
  tacet_secret_tree t = {0};
  assert_ok(make(&t, 8));
  tacet_bytes before = saved(&t);
  for (size_t n = 0;; n++) {
    test_alloc_fail_at(n);
    tacet_err err = tacet_secret_tree_spend(&t, 2, APP, 20, 50, 50);
    /* What the tree keeps was allocated inside: not a leak, so no count. */
    tacet_allocator_set(NULL);
    if (err == TACET_OK) {
      break;
    }
    assert_int_equal(err, TACET_ERR_NOMEM);
    tacet_bytes after = saved(&t);
    assert_span(tacet_bytes_span(&before), tacet_bytes_span(&after));
    tacet_bytes_free(&after);
  }
  tacet_bytes_free(&before);
  tacet_secret_tree_free(&t);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(any_order_gives_the_same_keys),
      cmocka_unit_test(looking_changes_nothing),
      cmocka_unit_test(a_spent_key_is_gone),
      cmocka_unit_test(bounds_hold),
      cmocka_unit_test(the_last_generation_is_the_last),
      cmocka_unit_test(a_path_is_deleted_when_it_was_walked),
      cmocka_unit_test(what_is_taken_out_is_wiped),
      cmocka_unit_test(saving_is_exact),
      cmocka_unit_test(running_out_of_memory_leaks_nothing),
      cmocka_unit_test(running_out_of_memory_changes_nothing),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
