/* SPDX-License-Identifier: Apache-2.0
 * Update paths: long lives of groups in every suite, joiners, external
 * committers, and paths that must be refused (RFC 9420 7.4-7.6, 12.4). */
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

/* ---- what must not ---- */

/* A commit of member 0 in a group of four whose parents are all there: the
 * path's nodes are 1 and 3, with one ciphertext each. */
typedef struct sent {
  sim s;
  tacet_tree_private after;
  tacet_path_secrets secrets;
  tacet_buf bytes, context;
} sent;

static void sent_make(sent *x) {
  uint64_t seed = 1;
  tacet_leaf_node leaf;
  tacet_buf_init(&x->bytes, TACET_MESSAGE_MAX);
  tacet_buf_init(&x->context, TACET_MESSAGE_MAX);
  sim_init(&x->s, suite);
  assert_null(sim_live(&x->s, 4, 0, &seed));
  for (uint32_t i = 0; i < 4; i++) {
    sim_plan plan = {.committer = i};
    assert_null(sim_commit(&x->s, &plan));
  }
  assert_true(tacet_tree_leaf(x->s.tree, 0, &leaf));
  tacet_path_args args = {.leaf = &leaf,
                          .signature_private_key =
                              tacet_secret_span(&x->s.member[0].signature),
                          .group_id = x->s.group_id};
  assert_ok(tacet_tree_begin(x->s.tree));
  assert_ok(tacet_treekem_make(x->s.tree, &args, &x->secrets, &x->after));
  sim_context(&x->s, &x->context);
  assert_ok(tacet_treekem_encrypt(x->s.tree, 0, &x->secrets,
                                  tacet_buf_span(&x->context), &x->bytes));
  tacet_tree_rollback(x->s.tree);
}

static void sent_free(sent *x) {
  sim_free(&x->s);
  tacet_buf_free(&x->bytes);
  tacet_buf_free(&x->context);
}

/* The path in pieces that a test can exchange. */
typedef struct pieces {
  tacet_leaf_node leaf;
  size_t n_nodes;
  struct {
    tacet_span key;
    size_t n;
    tacet_hpke_ciphertext c[4];
  } node[4];
} pieces;

static void take_apart(const sent *x, pieces *p) {
  tacet_update_path path;
  assert_ok(tacet_update_path_parse(tacet_buf_span(&x->bytes), &path));
  *p = (pieces){.leaf = path.leaf_node};
  for (tacet_update_path_node n;
       tacet_update_path_node_next(&path.nodes, &n);) {
    p->node[p->n_nodes].key = n.encryption_key;
    for (tacet_hpke_ciphertext c;
         tacet_hpke_ciphertext_next(&n.encrypted_path_secret, &c);) {
      p->node[p->n_nodes].c[p->node[p->n_nodes].n++] = c;
    }
    p->n_nodes++;
  }
  assert_int_equal(p->n_nodes, 2);
  assert_int_equal(p->node[0].n, 1);
  assert_int_equal(p->node[1].n, 1);
}

static void put_together(const pieces *p, tacet_buf *w) {
  tacet_leaf_node_write(w, &p->leaf);
  size_t nodes = tacet_write_open(w);
  for (size_t i = 0; i < p->n_nodes; i++) {
    tacet_write_vec(w, p->node[i].key);
    size_t at = tacet_write_open(w);
    for (size_t j = 0; j < p->node[i].n; j++) {
      tacet_hpke_ciphertext_write(w, &p->node[i].c[j]);
    }
    tacet_write_close(w, at);
  }
  tacet_write_close(w, nodes);
}

static uint8_t junk[32] = {9, 9, 9}, junk_hash[32];

static void as_it_is(const sent *x, pieces *p) {
  (void)x;
  (void)p;
}
static void node_missing(const sent *x, pieces *p) {
  (void)x;
  p->n_nodes = 1;
}
static void node_too_many(const sent *x, pieces *p) {
  (void)x;
  p->node[2] = p->node[1];
  p->n_nodes = 3;
}
static void ciphertext_missing(const sent *x, pieces *p) {
  (void)x;
  p->node[1].n = 0;
}
static void ciphertext_too_many(const sent *x, pieces *p) {
  (void)x;
  p->node[0].c[1] = p->node[0].c[0];
  p->node[0].n = 2;
}
static void short_kem_output(const sent *x, pieces *p) {
  (void)x;
  p->node[0].c[0].kem_output.len--;
}
static void short_ciphertext(const sent *x, pieces *p) {
  (void)x;
  p->node[1].c[0].ciphertext.len--;
}
static void short_key(const sent *x, pieces *p) {
  (void)x;
  p->node[1].key.len--;
}
static void other_key(const sent *x, pieces *p) {
  (void)x; /* the parent hash that the leaf signed covers it */
  p->node[1].key = tacet_span_of(junk, 32);
}
static void key_of_a_member(const sent *x, pieces *p) {
  p->node[0].key = tacet_tree_encryption_key(x->s.tree, 6);
}
static void key_of_the_node_before(const sent *x, pieces *p) {
  p->node[1].key = tacet_tree_encryption_key(x->s.tree, 3);
}
static void leaf_key_of_a_member(const sent *x, pieces *p) {
  p->leaf.encryption_key = tacet_tree_encryption_key(x->s.tree, 2);
}
static void old_leaf_key(const sent *x, pieces *p) {
  p->leaf.encryption_key = tacet_tree_encryption_key(x->s.tree, 0);
}
static void other_parent_hash(const sent *x, pieces *p) {
  (void)x;
  p->leaf.parent_hash = tacet_span_of(junk_hash, 32);
}
static void no_parent_hash(const sent *x, pieces *p) {
  (void)x;
  p->leaf.parent_hash = TACET_SPAN_EMPTY;
}

static const struct {
  const char *name;
  void (*alter)(const sent *x, pieces *p);
  tacet_err err;
} merges[] = {
    {"as it is", as_it_is, TACET_OK},
    {"a node missing", node_missing, TACET_ERR_PATH},
    {"a node too many", node_too_many, TACET_ERR_PATH},
    {"a ciphertext missing", ciphertext_missing, TACET_ERR_PATH},
    {"a ciphertext too many", ciphertext_too_many, TACET_ERR_PATH},
    {"kem_output too short", short_kem_output, TACET_ERR_PATH},
    {"ciphertext too short", short_ciphertext, TACET_ERR_PATH},
    {"key too short", short_key, TACET_ERR_PATH},
    {"another key", other_key, TACET_ERR_PARENT_HASH},
    {"the key of a member", key_of_a_member, TACET_ERR_DUPLICATE_KEY},
    {"the node's old key", key_of_the_node_before, TACET_ERR_DUPLICATE_KEY},
    {"leaf: the key of a member", leaf_key_of_a_member,
     TACET_ERR_DUPLICATE_KEY},
    {"leaf: the old key", old_leaf_key, TACET_ERR_LEAF},
    {"leaf: another parent hash", other_parent_hash, TACET_ERR_PARENT_HASH},
    {"leaf: no parent hash", no_parent_hash, TACET_ERR_PARENT_HASH},
};

/* And whatever was refused has left no trace. */
static void merges_refused(void **state) {
  (void)state;
  static sent x;
  sent_make(&x);
  TACET_BUF(before, TACET_MESSAGE_MAX);
  uint8_t hash[TACET_HASH_MAX], again[TACET_HASH_MAX];
  tacet_tree_write(x.s.tree, &before);
  assert_ok(tacet_tree_hash(x.s.tree, hash));
  for (size_t i = 0; i < sizeof(merges) / sizeof(merges[0]); i++) {
    TACET_BUF(bytes, TACET_MESSAGE_MAX);
    TACET_BUF(after, TACET_MESSAGE_MAX);
    pieces p;
    tacet_update_path path;
    take_apart(&x, &p);
    merges[i].alter(&x, &p);
    put_together(&p, &bytes);
    assert_ok(tacet_update_path_parse(tacet_buf_span(&bytes), &path));
    assert_ok(tacet_tree_begin(x.s.tree));
    tacet_err err = tacet_treekem_merge(x.s.tree, 0, &path);
    if (err != merges[i].err) {
      fail_msg("%s: %s", merges[i].name, tacet_err_name(err));
    }
    tacet_tree_rollback(x.s.tree);
    tacet_tree_write(x.s.tree, &after);
    assert_span(tacet_buf_span(&before), tacet_buf_span(&after));
    assert_ok(tacet_tree_hash(x.s.tree, again));
    assert_memory_equal(hash, again, 32);
    assert_ok(tacet_tree_check_unique(x.s.tree));
  }
  sent_free(&x);
}

/* The two keys of one path are the same: the parent hash could be made to fit,
 * so only the count finds it. */
static void one_key_twice_in_a_path(void **state) {
  (void)state;
  static sent x;
  sent_make(&x);
  tacet_tree *t = x.s.tree;
  pieces p;
  uint8_t hash[TACET_HASH_MAX];
  TACET_BUF(bytes, TACET_MESSAGE_MAX);
  tacet_update_path path;
  take_apart(&x, &p);
  p.node[1].key = p.node[0].key;
  assert_ok(tacet_tree_begin(t));
  assert_ok(tacet_tree_set_parent(t, 3, p.node[1].key, TACET_SPAN_EMPTY));
  assert_ok(tacet_tree_parent_hash_of(t, 3, 5, hash));
  assert_ok(
      tacet_tree_set_parent(t, 1, p.node[0].key, tacet_span_of(hash, 32)));
  assert_ok(tacet_tree_parent_hash_of(t, 1, 2, hash));
  tacet_tree_rollback(t);
  p.leaf.parent_hash = tacet_span_of(hash, 32);
  put_together(&p, &bytes);
  assert_ok(tacet_update_path_parse(tacet_buf_span(&bytes), &path));
  assert_ok(tacet_tree_begin(t));
  assert_err(TACET_ERR_DUPLICATE_KEY, tacet_treekem_merge(t, 0, &path));
  tacet_tree_rollback(t);
  sent_free(&x);
}

/* What only one member sees: its ciphertext is not what it should be. */
static void secrets_refused(void **state) {
  (void)state;
  static sent x;
  sent_make(&x);
  tacet_update_path path;
  tacet_span context = tacet_buf_span(&x.context);
  tacet_tree_private *own = &x.s.member[2].keys;
  TACET_TREE_PRIVATE(after);
  TACET_SECRET(commit);
  assert_ok(tacet_update_path_parse(tacet_buf_span(&x.bytes), &path));
  assert_ok(tacet_tree_begin(x.s.tree));
  assert_ok(tacet_treekem_merge(x.s.tree, 0, &path));
  assert_ok(tacet_treekem_decrypt(x.s.tree, own, 0, &path, context, &after,
                                  &commit, NULL));
  assert_true(tacet_secret_equal(&commit, &x.secrets.commit));
  tacet_secret_wipe(&commit);
  assert_err(TACET_ERR_PATH_SECRET,
             tacet_treekem_decrypt(x.s.tree, own, 0, &path,
                                   TACET_SPAN_LIT("another context"), &after,
                                   &commit, NULL));
  /* Every byte of the ciphertext and of its KEM output counts. */
  pieces p;
  take_apart(&x, &p);
  for (size_t i = 0; i < 32 + 48; i++) {
    TACET_BUF(bytes, TACET_MESSAGE_MAX);
    uint8_t kem[32], text[48];
    memcpy(kem, p.node[1].c[0].kem_output.p, sizeof(kem));
    memcpy(text, p.node[1].c[0].ciphertext.p, sizeof(text));
    *(i < 32 ? &kem[i] : &text[i - 32]) ^= 1;
    pieces q = p;
    q.node[1].c[0] = (tacet_hpke_ciphertext){tacet_span_of(kem, 32),
                                             tacet_span_of(text, 48)};
    put_together(&q, &bytes);
    assert_ok(tacet_update_path_parse(tacet_buf_span(&bytes), &path));
    assert_err(TACET_ERR_PATH_SECRET,
               tacet_treekem_decrypt(x.s.tree, own, 0, &path, context, &after,
                                     &commit, NULL));
    assert_int_equal(commit.len, 0); /* outputs untouched */
  }
  tacet_tree_rollback(x.s.tree);
  sent_free(&x);
}

/* A secret that opens, but from which other keys follow; and nobody's keys. */
static void secrets_that_do_not_fit(void **state) {
  (void)state;
  static sent x;
  sent_make(&x);
  tacet_update_path path;
  tacet_span context = tacet_buf_span(&x.context);
  tacet_tree_private *own = &x.s.member[2].keys;
  TACET_TREE_PRIVATE(after);
  TACET_SECRET(commit);
  pieces p;
  take_apart(&x, &p);
  assert_ok(tacet_update_path_parse(tacet_buf_span(&x.bytes), &path));
  assert_ok(tacet_tree_begin(x.s.tree));
  assert_ok(tacet_treekem_merge(x.s.tree, 0, &path));
  TACET_BUF(bytes, TACET_MESSAGE_MAX);
  uint8_t kem[32], text[48];
  TACET_SECRET(wrong);
  wrong.len = 32;
  assert_ok(tacet_encrypt_with_label(
      suite, tacet_tree_encryption_key(x.s.tree, 5), "UpdatePathNode", context,
      tacet_secret_span(&wrong), kem, text));
  p.node[1].c[0] =
      (tacet_hpke_ciphertext){tacet_span_of(kem, 32), tacet_span_of(text, 48)};
  put_together(&p, &bytes);
  assert_ok(tacet_update_path_parse(tacet_buf_span(&bytes), &path));
  assert_err(TACET_ERR_PATH_SECRET,
             tacet_treekem_decrypt(x.s.tree, own, 0, &path, context, &after,
                                   &commit, NULL));
  TACET_TREE_PRIVATE(none); /* the sender, who has no part in it */
  assert_ok(tacet_update_path_parse(tacet_buf_span(&x.bytes), &path));
  assert_err(TACET_ERR_PATH_SECRET,
             tacet_treekem_decrypt(x.s.tree, &none, 0, &path, context, &after,
                                   &commit, NULL));
  tacet_tree_rollback(x.s.tree);
  sent_free(&x);
}

static void joins_refused(void **state) {
  (void)state;
  static sent x;
  sent_make(&x);
  tacet_tree *t = x.s.tree;
  const tacet_secret *leaf_key = &x.s.member[3].keys.leaf_key;
  TACET_TREE_PRIVATE(out);
  TACET_SECRET(secret);
  tacet_update_path path;
  assert_ok(tacet_update_path_parse(tacet_buf_span(&x.bytes), &path));
  assert_ok(tacet_tree_begin(t));
  assert_ok(tacet_treekem_merge(t, 0, &path));
  secret = x.secrets.secret[1];
  assert_ok(tacet_treekem_join(t, 3, leaf_key, 0, &secret, &out));
  assert_int_equal(out.n, 1);
  assert_ok(tacet_treekem_join(t, 3, leaf_key, 0, NULL, &out));
  assert_int_equal(out.n, 0);
  assert_err(TACET_ERR_PATH_SECRET,
             tacet_treekem_join(t, 3, leaf_key, 3, &secret, &out));
  assert_err(TACET_ERR_PATH_SECRET,
             tacet_treekem_join(t, 3, leaf_key, UINT32_MAX, &secret, &out));
  assert_err(TACET_ERR_PATH_SECRET,
             tacet_treekem_join(t, 1, leaf_key, 0, &secret, &out));
  secret.len = 31;
  assert_err(TACET_ERR_PATH_SECRET,
             tacet_treekem_join(t, 3, leaf_key, 0, &secret, &out));
  secret.len = 32;
  secret.b[0] ^= 1;
  assert_err(TACET_ERR_PATH_SECRET,
             tacet_treekem_join(t, 3, leaf_key, 0, &secret, &out));
  tacet_tree_rollback(t);
  sent_free(&x);
}

/* A member whose key is a point of low order: nobody can encrypt to it. */
static void key_that_is_none(void **state) {
  (void)state;
  sim s;
  uint64_t seed = 1;
  uint32_t at;
  static const uint8_t zeros[32], ones[32] = {1};
  TACET_PATH_SECRETS(secrets);
  TACET_TREE_PRIVATE(after);
  TACET_BUF(bytes, TACET_MESSAGE_MAX);
  TACET_BUF(path, TACET_MESSAGE_MAX);
  tacet_leaf_node bad, leaf;
  sim_init(&s, suite);
  assert_null(sim_live(&s, 2, 0, &seed));
  sim_leaf_fields(suite, tacet_span_of(zeros, 32), tacet_span_of(ones, 32),
                  &bad);
  tacet_leaf_node_write(&bytes, &bad);
  assert_ok(tacet_tree_begin(s.tree));
  assert_ok(tacet_tree_add(s.tree, tacet_buf_span(&bytes), &at));
  tacet_tree_commit(s.tree);
  assert_true(tacet_tree_leaf(s.tree, 0, &leaf));
  tacet_path_args args = {.leaf = &leaf,
                          .signature_private_key =
                              tacet_secret_span(&s.member[0].signature),
                          .group_id = s.group_id};
  assert_ok(tacet_tree_begin(s.tree));
  assert_ok(tacet_treekem_make(s.tree, &args, &secrets, &after));
  assert_err(TACET_ERR_LEAF, tacet_treekem_encrypt(s.tree, 0, &secrets,
                                                   TACET_SPAN_LIT("c"), &path));
  tacet_tree_rollback(s.tree);
  sim_plan remove = {.committer = 0, .removes = &at, .n_removes = 1};
  assert_null(sim_commit(&s, &remove));
  sim_free(&s);
}

/* ---- no memory, no randomness ---- */

typedef struct sweep {
  tacet_bytes tree;
  const sent *x;
} sweep;

static tacet_err commit_and_receive(tacet_tree *t, const sent *x) {
  TACET_PATH_SECRETS(secrets);
  TACET_TREE_PRIVATE(after);
  TACET_SECRET(commit);
  TACET_BUF(bytes, TACET_MESSAGE_MAX);
  tacet_leaf_node leaf;
  tacet_update_path path;
  TACET_ASSERT(tacet_tree_leaf(t, 0, &leaf));
  tacet_path_args args = {.leaf = &leaf,
                          .signature_private_key =
                              tacet_secret_span(&x->s.member[0].signature),
                          .group_id = x->s.group_id};
  TACET_TRY(tacet_tree_begin(t));
  TACET_TRY(tacet_treekem_make(t, &args, &secrets, &after));
  TACET_TRY(tacet_treekem_encrypt(t, 0, &secrets, TACET_SPAN_LIT("c"), &bytes));
  tacet_tree_rollback(t);
  TACET_TRY(tacet_tree_begin(t));
  TACET_TRY(tacet_update_path_parse(tacet_buf_span(&bytes), &path));
  TACET_TRY(tacet_treekem_merge(t, 0, &path));
  TACET_TRY(tacet_treekem_decrypt(t, &x->s.member[2].keys, 0, &path,
                                  TACET_SPAN_LIT("c"), &after, &commit, NULL));
  return TACET_OK;
}

static tacet_err sweep_step(void *ctx) {
  const sweep *s = ctx;
  tacet_tree *t = NULL;
  TACET_TRY(tacet_tree_load(suite, tacet_bytes_span(&s->tree), &t));
  tacet_err err = commit_and_receive(t, s->x);
  tacet_tree_free(t);
  return err;
}

static void without_memory(void **state) {
  (void)state;
  static sent x;
  sent_make(&x);
  TACET_BUF(w, TACET_MESSAGE_MAX);
  tacet_tree_write(x.s.tree, &w);
  sweep s = {.x = &x};
  assert_ok(tacet_bytes_set(&s.tree, tacet_buf_span(&w)));
  test_alloc_sweep(sweep_step, &s);
  tacet_bytes_free(&s.tree);
  sent_free(&x);
}

static tacet_err no_randomness(uint8_t *out, size_t len) {
  memset(out, 0, len);
  return TACET_ERR_RNG;
}

static void without_randomness(void **state) {
  (void)state;
  static sent x;
  sent_make(&x);
  TACET_PATH_SECRETS(secrets);
  TACET_TREE_PRIVATE(after);
  tacet_leaf_node leaf;
  assert_true(tacet_tree_leaf(x.s.tree, 0, &leaf));
  tacet_path_args args = {.leaf = &leaf,
                          .signature_private_key =
                              tacet_secret_span(&x.s.member[0].signature),
                          .group_id = x.s.group_id};
  assert_ok(tacet_tree_begin(x.s.tree));
  tacet_random_source_set(no_randomness);
  tacet_err err = tacet_treekem_make(x.s.tree, &args, &secrets, &after);
  tacet_random_source_set(NULL);
  assert_err(TACET_ERR_RNG, err);
  assert_int_equal(secrets.commit.len, 0);
  tacet_tree_rollback(x.s.tree);
  sent_free(&x);
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
      cmocka_unit_test(merges_refused),
      cmocka_unit_test(one_key_twice_in_a_path),
      cmocka_unit_test(secrets_refused),
      cmocka_unit_test(secrets_that_do_not_fit),
      cmocka_unit_test(joins_refused),
      cmocka_unit_test(key_that_is_none),
      cmocka_unit_test(without_memory),
      cmocka_unit_test(without_randomness),
  };
  return tacet_crypto_init() == TACET_OK
             ? cmocka_run_group_tests(tests, NULL, NULL)
             : 1;
}
