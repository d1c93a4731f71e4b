/* SPDX-License-Identifier: Apache-2.0
 * Update paths: long lives of groups in every suite, joiners, external
 * committers, and how private keys are saved (RFC 9420 7.4-7.6, 12.4). */
#include "tests/support/support.h"

#include "tests/unit/mls_tree/sim.h"

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;

/* ---- what must work ---- */

static void lives(void **state) {
  (void)state;
  for (size_t i = 0; i < tacet_suites_all.n; i++) {
    for (uint64_t seed = 1; seed <= 2; seed++) {
      sim s;
      uint64_t random = seed;
      sim_init(&s, tacet_suites_all.list[i]);
      const char *problem = sim_live(&s, 3 + (uint32_t)seed * 3, 10, &random);
      if (problem != NULL) {
        fail_msg("%s: %s", tacet_suites_all.list[i]->name, problem);
      }
      sim_free(&s);
    }
  }
}

/* How many ciphertexts each node of a path has, for a committer at leaf 0 of a
 * tree in which a change is open. */
static void count_ciphertexts(sim *s, size_t counts[TACET_PATH_MAX]) {
  TACET_PATH_SECRETS(secrets);
  TACET_TREE_PRIVATE(after);
  TACET_BUF(bytes, TACET_MESSAGE_MAX);
  tacet_leaf_node leaf;
  tacet_update_path path;
  assert_true(tacet_tree_leaf(s->tree, 0, &leaf));
  tacet_path_args args = {.leaf = &leaf,
                          .signature_private_key =
                              tacet_secret_span(&s->member[0].signature),
                          .group_id = s->group_id};
  assert_ok(tacet_treekem_make(s->tree, &args, &secrets, &after));
  assert_ok(
      tacet_treekem_encrypt(s->tree, 0, &secrets, TACET_SPAN_LIT("c"), &bytes));
  assert_ok(tacet_update_path_parse(tacet_buf_span(&bytes), &path));
  memset(counts, 0, TACET_PATH_MAX * sizeof(*counts));
  for (tacet_update_path_node n; tacet_update_path_node_next(&path.nodes, &n);
       counts++) {
    for (tacet_hpke_ciphertext c;
         tacet_hpke_ciphertext_next(&n.encrypted_path_secret, &c);) {
      ++*counts;
    }
  }
}

static void add_some(sim *s, uint32_t n) {
  for (uint32_t i = 0, leaf; i < n; i++) {
    sim_member m = {.here = false};
    TACET_BUF(bytes, TACET_MESSAGE_MAX);
    sim_new_leaf(s, TACET_LEAF_SOURCE_KEY_PACKAGE, 0, &m, &bytes);
    assert_ok(tacet_tree_add(s->tree, tacet_buf_span(&bytes), &leaf));
  }
}

/* RFC 9420 7.5: the nodes above leaves that the same commit adds are set, and
 * told to nobody there. */
static void added_leaves_get_no_ciphertext(void **state) {
  (void)state;
  sim s;
  uint64_t seed = 1;
  size_t counts[TACET_PATH_MAX];
  sim_init(&s, suite);
  assert_ok(tacet_tree_begin(s.tree));
  add_some(&s, 3);
  count_ciphertexts(&s, counts);
  assert_int_equal(counts[0], 0);
  assert_int_equal(counts[1], 0);
  tacet_tree_rollback(s.tree);
  assert_null(sim_live(&s, 3, 0, &seed)); /* 0 1 2 */
  assert_ok(tacet_tree_begin(s.tree));
  add_some(&s, 3); /* 3 beside 2; 4 and 5 in a new half */
  count_ciphertexts(&s, counts);
  assert_int_equal(counts[0], 1);
  assert_int_equal(counts[1], 1);
  assert_int_equal(counts[2], 0);
  tacet_tree_rollback(s.tree);
  /* Unmerged from an earlier commit is not added by this one. */
  sim_plan add = {.committer = 1, .n_adds = 3, .no_path = true};
  assert_null(sim_commit(&s, &add));
  assert_ok(tacet_tree_begin(s.tree));
  count_ciphertexts(&s, counts);
  assert_int_equal(counts[0], 1);
  assert_int_equal(counts[1], 2);
  assert_int_equal(counts[2], 2);
  tacet_tree_rollback(s.tree);
  sim_free(&s);
}

/* What joiners know: with a path, and without. */
static void joiners_know_what_they_share(void **state) {
  (void)state;
  sim s;
  uint64_t seed = 1;
  sim_init(&s, suite);
  assert_null(sim_live(&s, 3, 0, &seed));
  sim_plan plan = {.committer = 1, .n_adds = 2};
  assert_null(sim_commit(&s, &plan)); /* members 0 1 2, then 3 and 4 */
  assert_int_equal(tacet_tree_n_members(s.tree), 5);
  /* The joiners know the keys above what they share with the committer. */
  assert_non_null(tacet_tree_private_key(&s.member[3].keys, 3));
  assert_non_null(tacet_tree_private_key(&s.member[4].keys, 7));
  assert_null(tacet_tree_private_key(&s.member[4].keys, 3));
  /* Without a path they know none, and stand unmerged above themselves. */
  sim_plan bare = {.committer = 0, .n_adds = 1, .no_path = true};
  assert_null(sim_commit(&s, &bare));
  assert_int_equal(s.member[5].keys.n, 0);
  assert_int_equal(tacet_tree_unmerged(s.tree, 7).len, 4);
  sim_plan path = {.committer = 5};
  assert_null(sim_commit(&s, &path));
  assert_int_equal(tacet_tree_unmerged(s.tree, 7).len, 0);
  sim_free(&s);
}

static void alone(void **state) {
  (void)state;
  sim s;
  sim_init(&s, suite);
  sim_plan plan = {.committer = 0};
  assert_null(sim_commit(&s, &plan));
  tacet_leaf_node leaf;
  assert_true(tacet_tree_leaf(s.tree, 0, &leaf));
  assert_int_equal(leaf.source, TACET_LEAF_SOURCE_COMMIT);
  assert_int_equal(leaf.parent_hash.len, 0);
  sim_plan more = {.committer = 0, .n_adds = 1};
  assert_null(sim_commit(&s, &more));
  sim_free(&s);
}

/* The private keys of blanked nodes are forgotten (7.5, last paragraph). */
static void old_keys_are_forgotten(void **state) {
  (void)state;
  sim s;
  uint64_t seed = 1;
  sim_init(&s, suite);
  assert_null(sim_live(&s, 4, 0, &seed));
  sim_plan first = {.committer = 0};
  assert_null(sim_commit(&s, &first));
  assert_int_equal(s.member[1].keys.n, 2);
  tacet_tree_private copy = s.member[1].keys;
  static const uint32_t removed[] = {0};
  sim_plan remove = {.committer = 2, .removes = removed, .n_removes = 1};
  assert_null(sim_commit(&s, &remove));
  /* Nodes 1 and 3 were blanked; 3 came back with the new path, 1 did not. */
  assert_null(tacet_tree_private_key(&s.member[1].keys, 1));
  assert_non_null(tacet_tree_private_key(&s.member[1].keys, 3));
  assert_false(
      tacet_secret_equal(tacet_tree_private_key(&copy, 3),
                         tacet_tree_private_key(&s.member[1].keys, 3)));
  tacet_tree_private_prune(&copy, s.tree);
  assert_int_equal(copy.n, 1);
  tacet_secret zero = {.len = 0};
  assert_memory_equal(&copy.parent[1].key, &zero, sizeof(zero));
  sim_free(&s);
}

/* RFC 9420 12.4.3.2: a stranger takes the leftmost blank leaf. */
static void external_committer(void **state) {
  (void)state;
  sim s;
  uint64_t seed = 1;
  static const uint32_t removed[] = {1};
  sim_init(&s, suite);
  assert_null(sim_live(&s, 4, 0, &seed));
  sim_plan remove = {.committer = 0, .removes = removed, .n_removes = 1};
  assert_null(sim_commit(&s, &remove));
  for (uint32_t place = 1; place <= 4; place += 3) {
    TACET_PATH_SECRETS(secrets);
    TACET_TREE_PRIVATE(own);
    TACET_BUF(bytes, TACET_MESSAGE_MAX);
    TACET_BUF(context, TACET_MESSAGE_MAX);
    TACET_BUF(leaf_bytes, TACET_MESSAGE_MAX);
    sim_member stranger = {.here = false};
    tacet_leaf_node leaf;
    tacet_update_path path;
    sim_new_leaf(&s, TACET_LEAF_SOURCE_KEY_PACKAGE, 0, &stranger, &leaf_bytes);
    assert_ok(tacet_leaf_node_parse(tacet_buf_span(&leaf_bytes), &leaf));
    tacet_path_args args = {.leaf = &leaf,
                            .signature_private_key =
                                tacet_secret_span(&stranger.signature),
                            .group_id = s.group_id};
    assert_ok(tacet_tree_begin(s.tree));
    assert_ok(tacet_tree_reserve(s.tree, &args.leaf_index));
    assert_int_equal(args.leaf_index, place);
    assert_ok(tacet_treekem_make(s.tree, &args, &secrets, &own));
    sim_context(&s, &context);
    assert_ok(tacet_treekem_encrypt(s.tree, place, &secrets,
                                    tacet_buf_span(&context), &bytes));
    tacet_tree_rollback(s.tree);
    assert_ok(tacet_tree_begin(s.tree));
    assert_ok(tacet_tree_reserve(s.tree, &args.leaf_index));
    assert_ok(tacet_update_path_parse(tacet_buf_span(&bytes), &path));
    assert_ok(tacet_treekem_merge(s.tree, place, &path));
    for (uint32_t i = 0; i < SIM_LEAVES; i++) {
      TACET_SECRET(commit);
      if (s.member[i].here) {
        assert_ok(tacet_treekem_decrypt(s.tree, &s.member[i].keys, place, &path,
                                        tacet_buf_span(&context),
                                        &s.member[i].keys, &commit, NULL));
        assert_true(tacet_secret_equal(&commit, &secrets.commit));
      }
    }
    assert_ok(tacet_tree_check_parent_hashes(s.tree));
    tacet_tree_commit(s.tree);
    stranger.keys = own;
    s.member[place] = stranger;
  }
  sim_plan last = {.committer = 4, .n_adds = 1};
  assert_null(sim_commit(&s, &last));
  sim_free(&s);
}

/* ---- saving ---- */

static void private_keys_come_back(void **state) {
  (void)state;
  sim s;
  uint64_t seed = 1;
  sim_init(&s, suite);
  assert_null(sim_live(&s, 6, 6, &seed));
  for (uint32_t i = 0; i < SIM_LEAVES; i++) {
    if (!s.member[i].here) {
      continue;
    }
    TACET_BUF(w, 10000);
    TACET_BUF(again, 10000);
    TACET_TREE_PRIVATE(read);
    tacet_err err = TACET_OK;
    tacet_tree_private_write(&w, &s.member[i].keys);
    tacet_reader r = tacet_reader_over(tacet_buf_span(&w), &err);
    assert_ok(tacet_tree_private_read(&r, s.tree, &read));
    tacet_read_end(&r);
    assert_ok(err);
    tacet_tree_private_write(&again, &read);
    assert_span(tacet_buf_span(&w), tacet_buf_span(&again));
    for (size_t len = 0; len < w.len; len++) {
      err = TACET_OK;
      r = tacet_reader_over(tacet_span_of(w.p, len), &err);
      assert_true(tacet_tree_private_read(&r, s.tree, &read) != TACET_OK);
    }
  }
  sim_free(&s);
}

static void broken_saved_keys(void **state) {
  (void)state;
#define K "20 0000000000000000000000000000000000000000000000000000000000000000 "
  static const struct {
    const char *hex;
    tacet_err err;
  } rows[] = {
      {"01 00000001 " K "02 00000001 " K "00000003 " K, TACET_OK},
      {"01 00000001 " K "00", TACET_OK},
      {"02 00000001 " K "00", TACET_ERR_VERSION},
      {"01 00000004 " K "00", TACET_ERR_ENCODING},             /* no leaf */
      {"01 00000001 01 00 00", TACET_ERR_ENCODING},            /* key length */
      {"01 00000001 " K "01 00000005 " K, TACET_ERR_ENCODING}, /* not above */
      {"01 00000001 " K "01 00000002 " K, TACET_ERR_ENCODING}, /* a leaf */
      {"01 00000001 " K "01 00000007 " K, TACET_ERR_ENCODING}, /* beyond */
      {"01 00000001 " K "02 00000003 " K "00000001 " K, TACET_ERR_ENCODING},
      {"01 00000001 " K "02 00000003 " K "00000003 " K, TACET_ERR_ENCODING},
      {"01 00000001 " K "11", TACET_ERR_ENCODING},
  };
#undef K
  sim s;
  uint64_t seed = 1;
  sim_init(&s, suite);
  assert_null(sim_live(&s, 4, 0, &seed));
  for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
    tacet_span in = test_hex(rows[i].hex);
    tacet_err err = TACET_OK;
    TACET_TREE_PRIVATE(read);
    tacet_reader r = tacet_reader_over(in, &err);
    tacet_err got = tacet_tree_private_read(&r, s.tree, &read);
    if (got != rows[i].err) {
      fail_msg("row %zu: %s", i, tacet_err_name(got));
    }
    test_hex_free(in);
  }
  sim_free(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(lives),
      cmocka_unit_test(added_leaves_get_no_ciphertext),
      cmocka_unit_test(joiners_know_what_they_share),
      cmocka_unit_test(alone),
      cmocka_unit_test(old_keys_are_forgotten),
      cmocka_unit_test(external_committer),
      cmocka_unit_test(private_keys_come_back),
      cmocka_unit_test(broken_saved_keys),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
