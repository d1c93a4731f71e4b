/* SPDX-License-Identifier: Apache-2.0
 * treekem.json of mlswg/mls-implementations (RFC 9420 7.4-7.6): every update
 * path as every member sees it, and one of our own for each of theirs. */
#include "mls/leaf.h"
#include "mls/treekem.h"
#include "tests/vectors/sets.h"

/* What one leaf knows: NULL in `entry` where there is no such member. */
typedef struct member {
  const json_t *entry;
  tacet_tree_private keys;
  tacet_secret signature;
} member;

typedef struct group {
  const tacet_suite *suite;
  tacet_tree *tree;
  member *members;
  uint32_t n_members; /* entries, by leaf */
} group;

/* ---- setting up ---- */

static vec_outcome load_member(vec_context *c, group *g, const json_t *entry) {
  uint32_t leaf = (uint32_t)vec_uint(c, entry, "index");
  VEC_CHECK(c, leaf < g->n_members);
  member *m = &g->members[leaf];
  m->entry = entry;
  m->signature =
      vec_private(c, entry, "signature_priv", g->suite->sig->private_len);
  m->keys.leaf = leaf;
  m->keys.leaf_key =
      vec_private(c, entry, "encryption_priv", g->suite->kem->private_len);
  uint8_t pub[TACET_KEM_PUBLIC_MAX];
  VEC_OK(c,
         g->suite->kem->public_key(tacet_secret_span(&m->keys.leaf_key), pub));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(pub, g->suite->kem->public_len),
                                tacet_tree_encryption_key(g->tree, 2 * leaf)));
  const json_t *secrets = vec_array(c, entry, "path_secrets");
  for (size_t i = 0; i < json_array_size(secrets); i++) {
    const json_t *e = json_array_get(secrets, i);
    uint32_t node = (uint32_t)vec_uint(c, e, "node");
    tacet_secret path_secret = vec_secret(c, e, "path_secret"), key;
    VEC_OK(c, tacet_path_secret_keys(g->suite, &path_secret, &key, pub));
    VEC_CHECK(c, tacet_span_equal(tacet_span_of(pub, g->suite->kem->public_len),
                                  tacet_tree_encryption_key(g->tree, node)));
    tacet_tree_private_set(&m->keys, node, &key);
  }
  return VEC_PASSED;
}

static vec_outcome group_context(vec_context *c, const json_t *v, group *g,
                                 tacet_buf *w) {
  uint8_t hash[TACET_HASH_MAX];
  VEC_OK(c, tacet_tree_hash(g->tree, hash));
  tacet_group_context context = {
      .version = TACET_PROTOCOL_MLS10,
      .cipher_suite = g->suite->id,
      .group_id = vec_hex(c, v, "group_id"),
      .epoch = vec_uint(c, v, "epoch"),
      .tree_hash = tacet_span_of(hash, g->suite->hash->len),
      .confirmed_transcript_hash = vec_hex(c, v, "confirmed_transcript_hash"),
  };
  tacet_group_context_write(w, &context);
  VEC_OK(c, w->err);
  return VEC_PASSED;
}

/* ---- receiving ---- */

/* With the path merged: what every other member makes of it. `secrets` are the
 * vector's path secrets by leaf, or NULL for a path of our own. */
static vec_outcome receive(vec_context *c, group *g, uint32_t sender,
                           const tacet_update_path *path, tacet_span context,
                           const json_t *secrets, tacet_span commit_secret) {
  for (uint32_t i = 0; i < g->n_members; i++) {
    if (g->members[i].entry == NULL || i == sender) {
      continue;
    }
    tacet_tree_private after;
    tacet_secret commit, secret;
    VEC_OK(c, tacet_treekem_decrypt(g->tree, &g->members[i].keys, sender, path,
                                    context, &after, &commit, &secret));
    VEC_CHECK(c, tacet_span_equal(tacet_secret_span(&commit), commit_secret));
    if (secrets != NULL) {
      VEC_CHECK(c,
                tacet_span_equal(tacet_secret_span(&secret),
                                 vec_hex_value(c, json_array_get(secrets, i))));
    }
  }
  return VEC_PASSED;
}

static vec_outcome process(vec_context *c, const json_t *v, const json_t *entry,
                           group *g) {
  uint32_t sender = (uint32_t)vec_uint(c, entry, "sender");
  tacet_update_path path;
  VEC_OK(c, tacet_update_path_parse(vec_hex(c, entry, "update_path"), &path));
  tacet_leaf_rules rules = {.suite = g->suite,
                            .source = TACET_LEAF_SOURCE_COMMIT};
  VEC_OK(c, tacet_leaf_check(&path.leaf_node, &rules));
  VEC_OK(c, tacet_leaf_verify(g->suite, &path.leaf_node,
                              vec_hex(c, v, "group_id"), sender));
  VEC_OK(c, tacet_treekem_merge(g->tree, sender, &path));
  VEC_OK(c, tacet_tree_check_parent_hashes(g->tree));
  uint8_t hash[TACET_HASH_MAX];
  VEC_OK(c, tacet_tree_hash(g->tree, hash));
  VEC_CHECK(c, tacet_span_equal(tacet_span_of(hash, g->suite->hash->len),
                                vec_hex(c, entry, "tree_hash_after")));
  TACET_BUF(context, TACET_MESSAGE_MAX);
  if (group_context(c, v, g, &context) != VEC_PASSED) {
    return VEC_FAILED;
  }
  return receive(c, g, sender, &path, tacet_buf_span(&context),
                 vec_array(c, entry, "path_secrets"),
                 vec_hex(c, entry, "commit_secret"));
}

/* ---- committing ---- */

static vec_outcome make(vec_context *c, const json_t *v, uint32_t sender,
                        group *g, tacet_buf *path, tacet_buf *context,
                        tacet_secret *commit) {
  tacet_leaf_node leaf;
  tacet_path_secrets secrets;
  tacet_tree_private after;
  VEC_CHECK(c, tacet_tree_leaf(g->tree, sender, &leaf));
  tacet_path_args args = {.leaf_index = sender,
                          .leaf = &leaf,
                          .signature_private_key =
                              tacet_secret_span(&g->members[sender].signature),
                          .group_id = vec_hex(c, v, "group_id")};
  VEC_OK(c, tacet_treekem_make(g->tree, &args, &secrets, &after));
  if (group_context(c, v, g, context) != VEC_PASSED) {
    return VEC_FAILED;
  }
  VEC_OK(c, tacet_treekem_encrypt(g->tree, sender, &secrets,
                                  tacet_buf_span(context), path));
  *commit = secrets.commit;
  return VEC_PASSED;
}

/* The sender's tree and the receivers' are one and the same object here; so it
 * is taken back in between. */
static vec_outcome create(vec_context *c, const json_t *v, uint32_t sender,
                          group *g) {
  TACET_BUF(bytes, TACET_MESSAGE_MAX);
  TACET_BUF(context, TACET_MESSAGE_MAX);
  TACET_BUF(again, TACET_MESSAGE_MAX);
  tacet_secret commit;
  if (make(c, v, sender, g, &bytes, &context, &commit) != VEC_PASSED) {
    return VEC_FAILED;
  }
  tacet_tree_rollback(g->tree);
  VEC_OK(c, tacet_tree_begin(g->tree));
  tacet_update_path path;
  VEC_OK(c, tacet_update_path_parse(tacet_buf_span(&bytes), &path));
  VEC_OK(c, tacet_leaf_verify(g->suite, &path.leaf_node,
                              vec_hex(c, v, "group_id"), sender));
  VEC_OK(c, tacet_treekem_merge(g->tree, sender, &path));
  VEC_OK(c, tacet_tree_check_parent_hashes(g->tree));
  if (group_context(c, v, g, &again) != VEC_PASSED) {
    return VEC_FAILED;
  }
  VEC_CHECK(c,
            tacet_span_equal(tacet_buf_span(&context), tacet_buf_span(&again)));
  return receive(c, g, sender, &path, tacet_buf_span(&context), NULL,
                 tacet_secret_span(&commit));
}

/* ---- an entry ---- */

static vec_outcome run(vec_context *c, const json_t *v, group *g) {
  VEC_OK(c, tacet_tree_check_parent_hashes(g->tree));
  const json_t *leaves = vec_array(c, v, "leaves_private");
  for (size_t i = 0; i < json_array_size(leaves); i++) {
    if (load_member(c, g, json_array_get(leaves, i)) != VEC_PASSED) {
      return VEC_FAILED;
    }
  }
  const json_t *paths = vec_array(c, v, "update_paths");
  for (size_t i = 0; i < json_array_size(paths); i++) {
    const json_t *entry = json_array_get(paths, i);
    VEC_OK(c, tacet_tree_begin(g->tree));
    if (process(c, v, entry, g) != VEC_PASSED) {
      return VEC_FAILED;
    }
    tacet_tree_rollback(g->tree);
    VEC_OK(c, tacet_tree_begin(g->tree));
    if (create(c, v, (uint32_t)vec_uint(c, entry, "sender"), g) != VEC_PASSED) {
      return VEC_FAILED;
    }
    tacet_tree_rollback(g->tree);
  }
  return VEC_PASSED;
}

vec_outcome set_treekem(vec_context *c, const json_t *v) {
  group g = {.suite = vec_suite(c, v)};
  if (g.suite == NULL) {
    return VEC_NOT_OFFERED;
  }
  VEC_OK(c, tacet_tree_load(g.suite, vec_hex(c, v, "ratchet_tree"), &g.tree));
  g.n_members = tacet_tree_n_leaves(g.tree);
  g.members = vec_alloc(c, g.n_members * sizeof(*g.members));
  vec_outcome outcome = run(c, v, &g);
  tacet_tree_free(g.tree);
  return outcome;
}
