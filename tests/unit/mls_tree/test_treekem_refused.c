/* SPDX-License-Identifier: Apache-2.0
 * Update paths that must be refused, and those for which memory or randomness
 * is missing (RFC 9420 7.5, 7.6, 7.9.2, 12.4.2). */
#include "tests/support/support.h"

#include "tests/unit/mls_tree/sim.h"

static const tacet_suite *const suite = &tacet_suite_x25519_chacha;

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
static void key_of_low_order(const sent *x, pieces *p) {
  static const uint8_t zeros[32];
  (void)x;
  p->node[0].key = tacet_span_of(zeros, 32);
}
static void leaf_key_of_a_node(const sent *x, pieces *p) {
  (void)x; /* no parent hash covers the leaf's own key */
  p->leaf.encryption_key = p->node[0].key;
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
static void leaf_key_of_the_path_before(const sent *x, pieces *p) {
  /* A node that the path replaces: afterwards it is nowhere else. */
  p->leaf.encryption_key = tacet_tree_encryption_key(x->s.tree, 3);
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
    {"a key of low order", key_of_low_order, TACET_ERR_PATH},
    {"leaf: the key of a node above", leaf_key_of_a_node,
     TACET_ERR_DUPLICATE_KEY},
    {"another key", other_key, TACET_ERR_PARENT_HASH},
    {"the key of a member", key_of_a_member, TACET_ERR_DUPLICATE_KEY},
    {"the node's old key", key_of_the_node_before, TACET_ERR_DUPLICATE_KEY},
    {"leaf: the key of a member", leaf_key_of_a_member,
     TACET_ERR_DUPLICATE_KEY},
    {"leaf: the key of a node replaced", leaf_key_of_the_path_before,
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
      cmocka_unit_test(merges_refused),
      cmocka_unit_test(one_key_twice_in_a_path),
      cmocka_unit_test(secrets_refused),
      cmocka_unit_test(secrets_that_do_not_fit),
      cmocka_unit_test(joins_refused),
      cmocka_unit_test(key_that_is_none),
      cmocka_unit_test(without_memory),
      cmocka_unit_test(without_randomness),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
