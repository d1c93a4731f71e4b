/* SPDX-License-Identifier: Apache-2.0
 * Random changes, taken back, put aside, saved and made again: after each step
 * the tree is, in bytes, hashes and counts, what the naive one says. */
#include "tests/support/support.h"

#include "tests/unit/mls_tree/naive.h"
#include "tests/unit/mls_tree/sim.h"

/* ---- leaves to choose from: some share keys, some differ in credentials ----
 */

#define POOL 160
static tacet_bytes pool[POOL];
static uint8_t keys[POOL][32];

static void pool_make(void) {
  for (uint32_t i = 0; i < POOL; i++) {
    tacet_leaf_node n;
    TACET_BUF(w, 1000);
    for (size_t b = 0; b < sizeof(keys[i]); b++) {
      keys[i][b] = (uint8_t)(i * 7 + b * 13);
    }
    /* Of the last sixteen leaves every one shares a key with its neighbour. */
    uint32_t enc = i >= POOL - 16 && i % 4 == 0 ? i + 1 : i;
    uint32_t sig = i >= POOL - 16 && i % 4 == 2 ? i + 1 : i;
    sim_leaf_fields(&tacet_suite_x25519_chacha, tacet_span_of(keys[enc], 32),
                    tacet_span_of(keys[sig], 32), &n);
    if (i % 16 == 3) { /* a type of their own, that few support */
      n.credential.type = (uint16_t)(3 + i / 16);
    }
    if (i % 8 == 3) {
      n.capabilities.credentials =
          TACET_SPAN_LIT("\x00\x01\x00\x03\x00\x04\x00\x05\x00\x06\x00\x07");
    }
    tacet_leaf_node_write(&w, &n);
    assert_ok(tacet_bytes_set(&pool[i], tacet_buf_span(&w)));
  }
}

static tacet_span pick(uint64_t *seed) {
  return tacet_bytes_span(&pool[sim_random(seed, POOL)]);
}

/* ---- comparing ---- */

static void check_lookups(tacet_tree *t, const naive_tree *n) {
  for (uint32_t x = 0; x < 2 * n->n_leaves - 1; x++) {
    assert_span(n->node[x].encryption_key, tacet_tree_encryption_key(t, x));
    uint32_t found, leaf;
    if (n->node[x].here) {
      assert_true(
          tacet_tree_find_encryption_key(t, n->node[x].encryption_key, &found));
      assert_span(n->node[x].encryption_key,
                  tacet_tree_encryption_key(t, found));
    }
    tacet_leaf_node view;
    if (n->node[x].here && x % 2 == 0) {
      assert_span(n->node[x].leaf, tacet_tree_leaf_bytes(t, x / 2));
      assert_true(tacet_tree_leaf(t, x / 2, &view));
      assert_true(tacet_tree_find_signature_key(t, view.signature_key, &leaf));
    }
  }
  uint32_t ignored;
  assert_false(
      tacet_tree_find_encryption_key(t, TACET_SPAN_LIT("?"), &ignored));
  assert_false(tacet_tree_find_signature_key(t, TACET_SPAN_EMPTY, &ignored));
}

static void check_resolutions(const tacet_tree *t, const naive_tree *n) {
  for (uint32_t x = 0; x < 2 * n->n_leaves - 1; x++) {
    uint32_t list[4 * NAIVE_LEAVES], node;
    uint32_t count = naive_resolution(n, x, list);
    tacet_resolution it;
    tacet_resolution_start(t, x, &it);
    for (uint32_t i = 0; i < count; i++) {
      assert_true(tacet_resolution_next(&it, &node));
      assert_int_equal(node, list[i]);
    }
    assert_false(tacet_resolution_next(&it, &node));
  }
}

static void check_same(tacet_tree *t, const naive_tree *n, bool deep) {
  TACET_BUF(mine, 1 << 20);
  TACET_BUF(its, 1 << 20);
  uint8_t a[TACET_HASH_MAX], b[TACET_HASH_MAX];
  assert_int_equal(tacet_tree_n_leaves(t), n->n_leaves);
  assert_int_equal(tacet_tree_n_members(t), naive_n_members(n));
  naive_write(n, &mine);
  tacet_tree_write(t, &its);
  assert_span(tacet_buf_span(&mine), tacet_buf_span(&its));
  naive_node_hash(n, n->n_leaves - 1, 0, a);
  assert_ok(tacet_tree_hash(t, b));
  assert_memory_equal(a, b, n->hash->len);
  assert_int_equal(naive_has_double_keys(n) ? TACET_ERR_DUPLICATE_KEY
                                            : TACET_OK,
                   tacet_tree_check_unique(t));
  if (deep) {
    assert_int_equal(
        naive_credentials_are_supported(n) ? TACET_OK : TACET_ERR_CAPABILITIES,
        tacet_tree_check_credentials(t));
    check_lookups(t, n);
    check_resolutions(t, n);
  }
}

/* ---- edits ---- */

static uint32_t edit_path(tacet_tree *t, naive_tree *n, uint64_t *seed) {
  uint32_t leaf = naive_member(n, sim_random(seed, naive_n_members(n)));
  uint32_t root = tacet_tree_root(n->n_leaves);
  for (uint32_t x = 2 * leaf; x != root;) {
    x = tacet_node_parent(x);
    if (sim_random(seed, 3) == 0) {
      assert_ok(tacet_tree_blank(t, x));
      n->node[x] = (naive_node){.here = false};
      continue;
    }
    tacet_span key = tacet_span_of(keys[sim_random(seed, POOL)], 32);
    tacet_span hash = sim_random(seed, 2) == 0
                          ? TACET_SPAN_EMPTY
                          : tacet_span_of(keys[sim_random(seed, POOL)], 32);
    assert_ok(tacet_tree_set_parent(t, x, key, hash));
    naive_set_parent(n, x, key, hash);
  }
  return leaf;
}

/* One edit; `growth` of 16 are adds, so that trees grow and shrink again. */
static void edit(tacet_tree *t, naive_tree *n, uint32_t growth,
                 uint64_t *seed) {
  uint32_t members = naive_n_members(n), leaf;
  uint32_t what = sim_random(seed, 8);
  tacet_span bytes = pick(seed);
  if (members == 0 ||
      (sim_random(seed, 16) < growth && members < NAIVE_LEAVES)) {
    assert_ok(tacet_tree_add(t, bytes, &leaf));
    assert_int_equal(naive_add(n, bytes), leaf);
    assert_true(tacet_tree_is_added(t, leaf));
    return;
  }
  leaf = naive_member(n, sim_random(seed, members));
  if (what == 0 && members < NAIVE_LEAVES) {
    assert_ok(tacet_tree_reserve(t, &leaf));
    assert_int_equal(naive_reserve(n), leaf);
  } else if (what < 6) {
    assert_ok(tacet_tree_remove(t, leaf));
    naive_remove(n, leaf);
    assert_false(tacet_tree_is_added(t, leaf));
  } else if (what < 7) {
    assert_ok(tacet_tree_update(t, leaf, bytes));
    naive_update(n, leaf, bytes);
  } else {
    leaf = edit_path(t, n, seed);
    assert_ok(tacet_tree_set_leaf(t, leaf, bytes));
    n->node[2 * leaf].leaf = bytes;
    tacet_leaf_node view;
    assert_ok(tacet_leaf_node_parse(bytes, &view));
    n->node[2 * leaf].encryption_key = view.encryption_key;
    n->node[2 * leaf].parent_hash = view.parent_hash;
  }
}

static void edits(tacet_tree *t, naive_tree *n, uint64_t *seed) {
  uint32_t count = sim_random(seed, 24) == 0 ? 30 : 1 + sim_random(seed, 4);
  uint32_t growth = sim_random(seed, 17);
  for (uint32_t i = 0; i < count; i++) {
    edit(t, n, growth, seed);
    if (sim_random(seed, 4) == 0) {
      check_same(t, n, false); /* hashes are asked for halfway too */
    }
  }
}

/* ---- outcomes ---- */

/* Puts the change aside; meanwhile another one comes and goes. */
static void put_aside(tacet_tree *t, const naive_tree *before,
                      tacet_tree_change **change, uint64_t *seed) {
  tacet_tree_detach(t, change);
  assert_false(tacet_tree_is_open(t));
  check_same(t, before, false);
  if (sim_random(seed, 2) == 0) {
    naive_tree other = *before;
    assert_ok(tacet_tree_begin(t));
    edits(t, &other, seed);
    tacet_tree_rollback(t);
    check_same(t, before, false);
  }
}

/* What the change says of each leaf is what the next tree has. */
static void check_change(const tacet_tree_change *c, const naive_tree *before,
                         const naive_tree *after) {
  for (uint32_t i = 0; i < NAIVE_LEAVES; i++) {
    tacet_leaf_node view;
    tacet_span was = before->node[2 * i].leaf, is = after->node[2 * i].leaf;
    if (tacet_tree_change_leaf(c, i, &view)) {
      assert_span(is, view.raw);
    } else {
      assert_span(was, is);
    }
  }
}

static tacet_tree_change *saved_and_read(const tacet_tree *t,
                                         tacet_tree_change *c) {
  TACET_BUF(w, 1 << 20);
  TACET_BUF(again, 1 << 20);
  tacet_err err = TACET_OK;
  tacet_tree_change *read = NULL;
  tacet_tree_change_write(c, &w);
  tacet_tree_change_free(c);
  tacet_reader r = tacet_reader_over(tacet_buf_span(&w), &err);
  assert_ok(tacet_tree_change_read(t, &r, &read));
  tacet_read_end(&r);
  assert_ok(err);
  tacet_tree_change_write(read, &again);
  assert_span(tacet_buf_span(&w), tacet_buf_span(&again));
  return read;
}

static void reload(tacet_tree **t) {
  TACET_BUF(w, 1 << 20);
  tacet_tree_write(*t, &w);
  tacet_tree *again = NULL;
  if (tacet_tree_load(tacet_tree_suite(*t), tacet_buf_span(&w), &again) ==
      TACET_OK) { /* a tree without members has no encoding */
    tacet_tree_free(*t);
    *t = again;
  }
}

static void finish(tacet_tree **t, const naive_tree *before, naive_tree *after,
                   uint64_t *seed) {
  tacet_tree_change *change = NULL;
  uint32_t outcome = sim_random(seed, 8);
  if (outcome < 2) {
    tacet_tree_rollback(*t);
    *after = *before;
    return;
  }
  if (outcome < 5) {
    tacet_tree_commit(*t);
    return;
  }
  put_aside(*t, before, &change, seed);
  check_change(change, before, after);
  if (outcome < 6) {
    tacet_tree_change_free(change);
    *after = *before;
    return;
  }
  if (outcome < 7) {
    if (sim_random(seed, 2) == 0) {
      /* As after a restart: tree and change are both read back. */
      tacet_tree_change *detached = change;
      TACET_BUF(w, 1 << 20);
      tacet_tree_change_write(detached, &w);
      tacet_tree_change_free(detached);
      reload(t);
      tacet_err err = TACET_OK;
      tacet_reader r = tacet_reader_over(tacet_buf_span(&w), &err);
      assert_ok(tacet_tree_change_read(*t, &r, &change));
    } else {
      change = saved_and_read(*t, change);
    }
  }
  assert_ok(tacet_tree_attach(*t, &change));
  assert_null(change);
  check_same(*t, after, false);
  tacet_tree_commit(*t);
}

static void live(uint64_t seed, int steps) {
  static naive_tree before, after; /* large */
  tacet_tree *t = NULL;
  assert_ok(tacet_tree_new(&tacet_suite_x25519_chacha, &t));
  naive_init(&before, tacet_suite_x25519_chacha.hash);
  check_same(t, &before, true);
  for (int i = 0; i < steps; i++) {
    after = before;
    assert_ok(tacet_tree_begin(t));
    edits(t, &after, &seed);
    check_same(t, &after, i % 8 == 0);
    finish(&t, &before, &after, &seed);
    check_same(t, &after, i % 8 == 0);
    before = after;
  }
  tacet_tree_free(t);
}

static void random_lives(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 16; seed++) {
    live(seed, 60);
  }
}

/* A tree that is dropped in the middle of a change drops the change too. */
static void freed_while_open(void **state) {
  (void)state;
  tacet_tree *t = NULL;
  uint32_t leaf;
  test_alloc_fail_at(SIZE_MAX);
  assert_ok(tacet_tree_new(&tacet_suite_x25519_chacha, &t));
  assert_ok(tacet_tree_begin(t));
  assert_ok(tacet_tree_add(t, tacet_bytes_span(&pool[0]), &leaf));
  tacet_tree_free(t);
  tacet_tree_free(NULL);
  tacet_tree_change_free(NULL);
  test_alloc_normal(); /* fails where something is left */
}

/* RFC 9420 12.1.1, 12.1.3: the leftmost blank leaf; halves. */
static void places(void **state) {
  (void)state;
  tacet_tree *t = NULL;
  uint32_t leaf;
  assert_ok(tacet_tree_new(&tacet_suite_x25519_chacha, &t));
  assert_ok(tacet_tree_begin(t));
  for (uint32_t i = 0; i < 5; i++) {
    assert_ok(tacet_tree_add(t, tacet_bytes_span(&pool[i]), &leaf));
    assert_int_equal(leaf, i);
  }
  assert_int_equal(tacet_tree_n_leaves(t), 8);
  assert_ok(tacet_tree_remove(t, 1));
  assert_ok(tacet_tree_remove(t, 3));
  assert_int_equal(tacet_tree_n_leaves(t), 8);
  assert_ok(tacet_tree_reserve(t, &leaf)); /* an external committer's place */
  assert_int_equal(leaf, 1);
  assert_int_equal(tacet_tree_leaf_bytes(t, 1).len, 0);
  assert_ok(tacet_tree_add(t, tacet_bytes_span(&pool[9]), &leaf));
  assert_int_equal(leaf, 1);
  assert_ok(tacet_tree_remove(t, 4));
  assert_int_equal(tacet_tree_n_leaves(t), 4);
  assert_ok(tacet_tree_remove(t, 2));
  assert_int_equal(tacet_tree_n_leaves(t), 2);
  assert_ok(tacet_tree_reserve(t, &leaf));
  assert_int_equal(leaf, 2);
  assert_int_equal(tacet_tree_n_leaves(t), 4);
  tacet_tree_free(t);
}

/* A root whose hash was kept while the tree was larger for a moment is not
 * believed when the tree is larger again. */
static void larger_for_a_moment(void **state) {
  (void)state;
  static naive_tree n; /* large */
  tacet_tree *t = NULL;
  uint32_t leaf;
  assert_ok(tacet_tree_new(&tacet_suite_x25519_chacha, &t));
  naive_init(&n, tacet_suite_x25519_chacha.hash);
  assert_ok(tacet_tree_begin(t));
  for (uint32_t i = 0; i < 4; i++) {
    assert_ok(tacet_tree_add(t, tacet_bytes_span(&pool[i]), &leaf));
    assert_int_equal(naive_add(&n, tacet_bytes_span(&pool[i])), i);
  }
  tacet_tree_commit(t);
  uint8_t hash[TACET_HASH_MAX];
  assert_ok(tacet_tree_begin(t));
  assert_ok(tacet_tree_reserve(t, &leaf));
  assert_ok(tacet_tree_hash(t, hash));
  tacet_tree_rollback(t);
  assert_ok(tacet_tree_begin(t));
  assert_ok(tacet_tree_update(t, 0, tacet_bytes_span(&pool[9])));
  naive_update(&n, 0, tacet_bytes_span(&pool[9]));
  check_same(t, &n, true);
  assert_ok(tacet_tree_reserve(t, &leaf));
  assert_int_equal(naive_reserve(&n), leaf);
  check_same(t, &n, true);
  tacet_tree_free(t);
}

/* More credential types than are counted, and back again. */
static void many_credential_types(void **state) {
  (void)state;
  tacet_tree *t = NULL;
  uint32_t leaf, n_types = TACET_TREE_CREDENTIAL_TYPES_MAX + 2;
  TACET_BUF(list, 100);
  for (uint16_t i = 0; i < n_types; i++) {
    tacet_write_u16(&list, (uint16_t)(100 + i));
  }
  assert_ok(tacet_tree_new(&tacet_suite_x25519_chacha, &t));
  assert_ok(tacet_tree_begin(t));
  for (uint32_t i = 0; i < n_types; i++) {
    tacet_leaf_node n;
    TACET_BUF(w, 1000);
    sim_leaf_fields(&tacet_suite_x25519_chacha, tacet_span_of(keys[i], 32),
                    tacet_span_of(keys[i], 32), &n);
    n.credential.type = (uint16_t)(100 + i);
    n.capabilities.credentials = tacet_buf_span(&list);
    tacet_leaf_node_write(&w, &n);
    assert_ok(tacet_tree_add(t, tacet_buf_span(&w), &leaf));
    assert_err(i < TACET_TREE_CREDENTIAL_TYPES_MAX ? TACET_OK : TACET_ERR_LIMIT,
               tacet_tree_check_credentials(t));
  }
  assert_ok(tacet_tree_remove(t, 0));
  assert_ok(tacet_tree_remove(t, 5));
  assert_ok(tacet_tree_check_credentials(t));
  assert_ok(tacet_tree_update(t, 1, tacet_bytes_span(&pool[0])));
  assert_err(TACET_ERR_CAPABILITIES, tacet_tree_check_credentials(t));
  tacet_tree_free(t);
}

static tacet_err read_change(const tacet_tree *t, tacet_span in,
                             tacet_tree_change **out) {
  tacet_err err = TACET_OK;
  tacet_reader r = tacet_reader_over(in, &err);
  return tacet_tree_change_read(t, &r, out);
}

/* Saved changes that fit no tree, or that are cut short. */
static void broken_saved_changes(void **state) {
  (void)state;
  static const struct {
    const char *name, *hex;
    tacet_err err;
  } rows[] = {
      {"nothing changes", "01 00000004 00", TACET_OK},
      {"of a newer library", "02 00000004 00", TACET_ERR_VERSION},
      {"no leaves", "01 00000000 00", TACET_ERR_ENCODING},
      {"three leaves", "01 00000003 00", TACET_ERR_ENCODING},
      {"too many leaves", "01 00020000 00", TACET_ERR_ENCODING},
      {"beyond the end", "01 00000004 05 00000007 00", TACET_ERR_TREE},
      {"twice", "01 00000004 0a 00000001 00 00000001 00", TACET_ERR_TREE},
      {"a parent for a leaf", "01 00000004 09 00000002 01 02 00 00 00",
       TACET_ERR_TREE},
      {"unmerged below others",
       "01 00000004 0d 00000001 01 02 00 00 04 00000002", TACET_ERR_TREE},
      {"unmerged falling",
       "01 00000004 11 00000001 01 02 00 00 08 0000000100000000",
       TACET_ERR_TREE},
      {"unmerged", "01 00000004 0d 00000001 01 02 00 00 04 00000001", TACET_OK},
  };
  tacet_tree *t = NULL;
  uint32_t leaf;
  assert_ok(tacet_tree_new(&tacet_suite_x25519_chacha, &t));
  assert_ok(tacet_tree_begin(t));
  for (uint32_t i = 0; i < 4; i++) {
    assert_ok(tacet_tree_add(t, tacet_bytes_span(&pool[i]), &leaf));
  }
  tacet_tree_commit(t);
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_tree_change *c = NULL;
    tacet_span in = test_hex(rows[i].hex);
    tacet_err err = read_change(t, in, &c);
    if (err != rows[i].err) {
      fail_msg("%s: %s", rows[i].name, tacet_err_name(err));
    }
    tacet_tree_change_free(c);
    for (size_t len = 0; len < in.len; len++) {
      tacet_tree_change *none = NULL;
      assert_true(read_change(t, tacet_span_of(in.p, len), &none) != TACET_OK);
      assert_null(none);
    }
    test_hex_free(in);
  }
  tacet_tree_free(t);
}

/* ---- no memory ---- */

/* A tree of four, then a change of every kind, put aside and made again. */
static tacet_err sweep_step(void *ctx) {
  tacet_tree *t = ctx;
  uint32_t leaf;
  tacet_err err = tacet_tree_begin(t);
  if (err != TACET_OK) {
    return err;
  }
  if ((err = tacet_tree_update(t, 1, tacet_bytes_span(&pool[10]))) !=
          TACET_OK ||
      (err = tacet_tree_remove(t, 2)) != TACET_OK ||
      (err = tacet_tree_add(t, tacet_bytes_span(&pool[11]), &leaf)) !=
          TACET_OK ||
      (err = tacet_tree_set_parent(t, 3, tacet_span_of(keys[20], 32),
                                   TACET_SPAN_EMPTY)) != TACET_OK ||
      (err = tacet_tree_add(t, tacet_bytes_span(&pool[12]), &leaf)) !=
          TACET_OK ||
      (err = tacet_tree_add(t, tacet_bytes_span(&pool[13]), &leaf)) !=
          TACET_OK) {
    tacet_tree_rollback(t);
    return err;
  }
  tacet_tree_change *c;
  tacet_tree_detach(t, &c);
  err = tacet_tree_attach(t, &c);
  if (err != TACET_OK) {
    tacet_tree_change_free(c);
    return err;
  }
  tacet_tree_rollback(t);
  return TACET_OK;
}

static tacet_tree *four(void) {
  tacet_tree *t = NULL;
  uint32_t leaf;
  assert_ok(tacet_tree_new(&tacet_suite_x25519_chacha, &t));
  assert_ok(tacet_tree_begin(t));
  for (uint32_t i = 0; i < 4; i++) {
    assert_ok(tacet_tree_add(t, tacet_bytes_span(&pool[i]), &leaf));
  }
  tacet_tree_commit(t);
  return t;
}

/* The tree's arrays grow and stay grown, so what is counted as left over is
 * not: the tree is made and dropped inside of each run. */
static tacet_err whole_step(void *ctx) {
  (void)ctx;
  tacet_tree *t = NULL;
  TACET_TRY(tacet_tree_new(&tacet_suite_x25519_chacha, &t));
  tacet_err err = tacet_tree_begin(t);
  for (uint32_t i = 0, leaf; i < 4 && err == TACET_OK; i++) {
    err = tacet_tree_add(t, tacet_bytes_span(&pool[i]), &leaf);
  }
  if (err == TACET_OK) {
    tacet_tree_commit(t);
    err = sweep_step(t);
  }
  tacet_tree_free(t);
  return err;
}

static void without_memory(void **state) {
  (void)state;
  test_alloc_sweep(whole_step, NULL);
}

/* A change that runs out of memory anywhere leaves the tree as it was. */
static void failed_change_leaves_no_trace(void **state) {
  (void)state;
  TACET_BUF(before, 1 << 20);
  uint8_t hash[TACET_HASH_MAX], again[TACET_HASH_MAX];
  tacet_tree *t = four();
  tacet_tree_write(t, &before);
  assert_ok(tacet_tree_hash(t, hash));
  tacet_tree_free(t);
  for (size_t fail_at = 0;; fail_at++) {
    t = four();
    TACET_BUF(after, 1 << 20);
    test_alloc_fail_at(fail_at);
    tacet_err err = sweep_step(t);
    tacet_allocator_set(NULL);
    tacet_tree_write(t, &after);
    assert_span(tacet_buf_span(&before), tacet_buf_span(&after));
    assert_ok(tacet_tree_hash(t, again));
    assert_memory_equal(hash, again, 32);
    assert_ok(tacet_tree_check_unique(t));
    tacet_tree_free(t);
    if (err == TACET_OK) {
      break;
    }
    assert_err(TACET_ERR_NOMEM, err);
  }
}

static int setup(void **state) {
  (void)state;
  pool_make();
  return tacet_crypto_init() == TACET_OK ? 0 : -1;
}
static int teardown(void **state) {
  (void)state;
  for (size_t i = 0; i < POOL; i++) {
    tacet_bytes_free(&pool[i]);
  }
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(random_lives),
      cmocka_unit_test(freed_while_open),
      cmocka_unit_test(places),
      cmocka_unit_test(larger_for_a_moment),
      cmocka_unit_test(many_credential_types),
      cmocka_unit_test(broken_saved_changes),
      cmocka_unit_test(without_memory),
      cmocka_unit_test(failed_change_leaves_no_trace),
  };
  return cmocka_run_group_tests(tests, setup, teardown);
}
