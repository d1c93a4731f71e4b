/* SPDX-License-Identifier: Apache-2.0
 * TreeKEM, both sides of an UpdatePath (RFC 9420 7.4-7.6). */
#include "mls/treekem.h"

#include "mls/leaf.h"

void tacet_path_secrets_wipe(tacet_path_secrets *p) {
  tacet_wipe(p, sizeof(*p));
}

/* path_secret[n] = DeriveSecret(path_secret[n-1], "path") */
static tacet_err next_path_secret(const tacet_suite *s,
                                  const tacet_secret *secret,
                                  tacet_secret *out) {
  return tacet_derive_secret(s->hash, secret, "path", out);
}

tacet_err tacet_path_secret_keys(const tacet_suite *suite,
                                 const tacet_secret *secret,
                                 tacet_secret *private_key,
                                 uint8_t *public_key) {
  TACET_SECRET(node_secret);
  TACET_TRY(tacet_derive_secret(suite->hash, secret, "node", &node_secret));
  return suite->kem->derive_key_pair(tacet_secret_span(&node_secret),
                                     private_key, public_key);
}

/* ---- the tree's part, the same on both sides ---- */

/* A path about to be set: the public keys of its nodes. */
typedef struct public_path {
  tacet_tree_path path;
  tacet_span key[TACET_PATH_MAX];
} public_path;

/* Blanks the direct path and sets the nodes of the filtered one (7.5), from the
 * root down, since each holds the hash of the one above. parent_hash: what the
 * leaf has to say. */
static tacet_err set_path(tacet_tree *t, uint32_t leaf, const public_path *p,
                          uint8_t *parent_hash, size_t *parent_hash_len) {
  uint32_t root = tacet_tree_root(tacet_tree_n_leaves(t));
  for (uint32_t x = tacet_node_of_leaf(leaf); x != root;) {
    x = tacet_node_parent(x);
    TACET_TRY(tacet_tree_blank(t, x));
  }
  *parent_hash_len = 0;
  for (uint32_t i = p->path.n; i-- > 0;) {
    TACET_TRY(
        tacet_tree_set_parent(t, p->path.node[i], p->key[i],
                              tacet_span_of(parent_hash, *parent_hash_len)));
    TACET_TRY(tacet_tree_parent_hash_of(t, p->path.node[i], p->path.copath[i],
                                        parent_hash));
    *parent_hash_len = tacet_tree_suite(t)->hash->len;
  }
  return TACET_OK;
}

/* The next node of a resolution that path secrets are encrypted to: leaves that
 * the commit adds get theirs with the Welcome (7.5). */
static bool next_recipient(tacet_resolution *it, uint32_t *node) {
  while (tacet_resolution_next(it, node)) {
    if (!tacet_node_is_leaf(*node) ||
        !tacet_tree_is_added(it->tree, tacet_leaf_of_node(*node))) {
      return true;
    }
  }
  return false;
}

/* ---- committing ---- */

static tacet_err sign_and_set_leaf(tacet_tree *t, const tacet_path_args *args,
                                   tacet_span encryption_key,
                                   tacet_span parent_hash) {
  tacet_leaf_node leaf = {
      .encryption_key = encryption_key,
      .signature_key = args->leaf->signature_key,
      .credential = args->leaf->credential,
      .capabilities = args->leaf->capabilities,
      .source = TACET_LEAF_SOURCE_COMMIT,
      .parent_hash = parent_hash,
      .extensions = args->leaf->extensions,
  };
  TACET_BUF(bytes, TACET_MESSAGE_MAX);
  TACET_TRY(tacet_leaf_sign(tacet_tree_suite(t), &leaf,
                            args->signature_private_key, args->group_id,
                            args->leaf_index, &bytes));
  return tacet_tree_set_leaf(t, args->leaf_index, tacet_buf_span(&bytes));
}

/* The chain of path secrets and what follows from it. keys: room for
 * path->n public keys. */
static tacet_err make_secrets(const tacet_suite *s, const tacet_tree_path *path,
                              tacet_path_secrets *secrets,
                              tacet_tree_private *after, uint8_t *keys) {
  TACET_SECRET(next);
  next.len = s->hash->len;
  TACET_TRY(tacet_random(next.b, next.len));
  for (uint32_t i = 0; i < path->n; i++) {
    TACET_SECRET(key);
    TACET_TRY(tacet_secret_set(&secrets->secret[i], tacet_secret_span(&next)));
    TACET_TRY(
        tacet_path_secret_keys(s, &next, &key, keys + i * s->kem->public_len));
    tacet_tree_private_set(after, path->node[i], &key);
    TACET_TRY(next_path_secret(s, &next, &next));
  }
  secrets->path = *path;
  return tacet_secret_set(&secrets->commit, tacet_secret_span(&next));
}

tacet_err tacet_treekem_make(tacet_tree *t, const tacet_path_args *args,
                             tacet_path_secrets *secrets,
                             tacet_tree_private *after) {
  const tacet_suite *s = tacet_tree_suite(t);
  TACET_PATH_SECRETS(made);
  TACET_TREE_PRIVATE(own);
  public_path p;
  own.leaf = args->leaf_index;
  tacet_tree_filtered_path(t, args->leaf_index, &p.path);
  TACET_BYTES(keys);
  TACET_TRY(tacet_bytes_new(&keys, (p.path.n + 1) * s->kem->public_len));
  uint8_t *leaf_key = keys.p + p.path.n * s->kem->public_len;
  TACET_TRY(make_secrets(s, &p.path, &made, &own, keys.p));
  TACET_TRY(s->kem->generate(&own.leaf_key, leaf_key));
  for (uint32_t i = 0; i < p.path.n; i++) {
    p.key[i] =
        tacet_span_of(keys.p + i * s->kem->public_len, s->kem->public_len);
  }
  uint8_t parent_hash[TACET_HASH_MAX];
  size_t parent_hash_len;
  TACET_TRY(set_path(t, args->leaf_index, &p, parent_hash, &parent_hash_len));
  TACET_TRY(sign_and_set_leaf(t, args,
                              tacet_span_of(leaf_key, s->kem->public_len),
                              tacet_span_of(parent_hash, parent_hash_len)));
  *secrets = made;
  *after = own;
  return TACET_OK;
}

/* Encrypts one path secret to one node. */
static tacet_err encrypt_to(const tacet_tree *t, uint32_t node,
                            const tacet_secret *secret,
                            tacet_span group_context, tacet_buf *w) {
  const tacet_suite *s = tacet_tree_suite(t);
  uint8_t enc[TACET_KEM_ENC_MAX];
  uint8_t sealed[TACET_SECRET_MAX + TACET_AEAD_TAG_MAX];
  tacet_err err = tacet_encrypt_with_label(
      s, tacet_tree_encryption_key(t, node), "UpdatePathNode", group_context,
      tacet_secret_span(secret), enc, sealed);
  if (err == TACET_ERR_ENCODING) {
    return TACET_ERR_LEAF; /* of the right length, and yet no key */
  }
  TACET_TRY(err);
  tacet_hpke_ciphertext c = {
      tacet_span_of(enc, s->kem->enc_len),
      tacet_span_of(sealed, secret->len + s->aead->tag_len)};
  tacet_hpke_ciphertext_write(w, &c);
  return w->err;
}

static tacet_err encrypt_node(const tacet_tree *t,
                              const tacet_path_secrets *secrets, uint32_t i,
                              tacet_span group_context, tacet_buf *w) {
  tacet_resolution it;
  tacet_write_vec(w, tacet_tree_encryption_key(t, secrets->path.node[i]));
  size_t at = tacet_write_open(w);
  tacet_resolution_start(t, secrets->path.copath[i], &it);
  for (uint32_t node; next_recipient(&it, &node);) {
    TACET_TRY(encrypt_to(t, node, &secrets->secret[i], group_context, w));
  }
  tacet_write_close(w, at);
  return w->err;
}

tacet_err tacet_treekem_encrypt(const tacet_tree *t, uint32_t leaf_index,
                                const tacet_path_secrets *secrets,
                                tacet_span group_context, tacet_buf *w) {
  tacet_write_bytes(w, tacet_tree_leaf_bytes(t, leaf_index));
  size_t at = tacet_write_open(w);
  for (uint32_t i = 0; i < secrets->path.n; i++) {
    TACET_TRY(encrypt_node(t, secrets, i, group_context, w));
  }
  tacet_write_close(w, at);
  return w->err;
}

const tacet_secret *tacet_path_secret_for(const tacet_path_secrets *secrets,
                                          uint32_t new_leaf) {
  for (uint32_t i = 0; i < secrets->path.n; i++) {
    if (tacet_node_has_leaf(secrets->path.copath[i], new_leaf)) {
      return &secrets->secret[i];
    }
  }
  return NULL;
}

/* ---- receiving: what everybody sees alike ---- */

/* A new key: one of the KEM, and in no node (12.4.2). */
static tacet_err check_new_key(const tacet_tree *t, tacet_span key) {
  uint32_t node;
  TACET_TRY(tacet_kem_key_check(tacet_tree_suite(t), key, TACET_ERR_PATH));
  return tacet_tree_find_encryption_key(t, key, &node) ? TACET_ERR_DUPLICATE_KEY
                                                       : TACET_OK;
}

/* RFC 9420 7.6: one ciphertext for each recipient, in the order of the
 * resolution. */
static tacet_err check_ciphertexts(const tacet_tree *t, uint32_t copath,
                                   tacet_span list) {
  const tacet_suite *s = tacet_tree_suite(t);
  tacet_hpke_ciphertext c;
  tacet_resolution it;
  tacet_resolution_start(t, copath, &it);
  for (uint32_t node; next_recipient(&it, &node);) {
    if (!tacet_hpke_ciphertext_next(&list, &c) ||
        c.kem_output.len != s->kem->enc_len ||
        c.ciphertext.len != s->hash->len + s->aead->tag_len) {
      return TACET_ERR_PATH;
    }
  }
  return list.len == 0 ? TACET_OK : TACET_ERR_PATH;
}

static tacet_err check_path(const tacet_tree *t, uint32_t sender,
                            const tacet_update_path *path, public_path *p) {
  tacet_tree_filtered_path(t, sender, &p->path);
  if (path->n_nodes != p->path.n) {
    return TACET_ERR_PATH;
  }
  tacet_span before = tacet_tree_encryption_key(t, tacet_node_of_leaf(sender));
  if (tacet_span_equal(before, path->leaf_node.encryption_key)) {
    return TACET_ERR_LEAF;
  }
  TACET_TRY(check_new_key(t, path->leaf_node.encryption_key));
  tacet_span nodes = path->nodes;
  uint32_t i = 0;
  for (tacet_update_path_node n; tacet_update_path_node_next(&nodes, &n); i++) {
    TACET_TRY(check_new_key(t, n.encryption_key));
    TACET_TRY(check_ciphertexts(t, p->path.copath[i], n.encrypted_path_secret));
    p->key[i] = n.encryption_key;
  }
  return TACET_OK;
}

tacet_err tacet_treekem_merge(tacet_tree *t, uint32_t sender,
                              const tacet_update_path *path) {
  public_path p;
  TACET_TRY(check_path(t, sender, path, &p));
  uint8_t parent_hash[TACET_HASH_MAX];
  size_t parent_hash_len;
  TACET_TRY(set_path(t, sender, &p, parent_hash, &parent_hash_len));
  /* RFC 9420 7.9.2: what the committer signed is what came out. */
  if (!tacet_span_equal(path->leaf_node.parent_hash,
                        tacet_span_of(parent_hash, parent_hash_len))) {
    return TACET_ERR_PARENT_HASH;
  }
  TACET_TRY(tacet_tree_set_leaf(t, sender, path->leaf_node.raw));
  return tacet_tree_check_unique(t); /* the new keys among each other */
}

/* ---- receiving: one's own part ---- */

/* From a path secret up to the root: private keys, which have to be those of
 * the public keys in the tree, and the commit secret. */
static tacet_err derive_up(const tacet_tree *t, const tacet_tree_path *path,
                           uint32_t from, const tacet_secret *path_secret,
                           tacet_tree_private *own, tacet_secret *commit) {
  const tacet_suite *s = tacet_tree_suite(t);
  TACET_SECRET(secret);
  TACET_TRY(tacet_secret_set(&secret, tacet_secret_span(path_secret)));
  for (uint32_t i = from; i < path->n; i++) {
    TACET_SECRET(key);
    uint8_t public_key[TACET_KEM_PUBLIC_MAX];
    TACET_TRY(tacet_path_secret_keys(s, &secret, &key, public_key));
    if (!tacet_span_equal(tacet_span_of(public_key, s->kem->public_len),
                          tacet_tree_encryption_key(t, path->node[i]))) {
      return TACET_ERR_PATH_SECRET;
    }
    tacet_tree_private_set(own, path->node[i], &key);
    TACET_TRY(next_path_secret(s, &secret, &secret));
  }
  return tacet_secret_set(commit, tacet_secret_span(&secret));
}

/* The ciphertext for the first node of the resolution whose key is known. */
static tacet_err find_ciphertext(const tacet_tree *t,
                                 const tacet_tree_private *own, uint32_t copath,
                                 tacet_span list, const tacet_secret **key,
                                 tacet_hpke_ciphertext *out) {
  tacet_resolution it;
  tacet_resolution_start(t, copath, &it);
  for (uint32_t node;
       next_recipient(&it, &node) && tacet_hpke_ciphertext_next(&list, out);) {
    *key = tacet_tree_private_key(own, node);
    if (*key != NULL) {
      return TACET_OK;
    }
  }
  return TACET_ERR_PATH_SECRET;
}

static tacet_err open_path_secret(const tacet_suite *s, const tacet_secret *key,
                                  const tacet_hpke_ciphertext *c,
                                  tacet_span group_context, tacet_secret *out) {
  TACET_SECRET(secret);
  if (c->ciphertext.len != s->hash->len + s->aead->tag_len) {
    return TACET_ERR_PATH_SECRET;
  }
  tacet_err err = tacet_decrypt_with_label(
      s, tacet_secret_span(key), "UpdatePathNode", group_context, c->kem_output,
      c->ciphertext, secret.b);
  if (tacet_err_kind(err) == TACET_KIND_INPUT ||
      tacet_err_kind(err) == TACET_KIND_PEER) {
    return TACET_ERR_PATH_SECRET;
  }
  TACET_TRY(err);
  secret.len = s->hash->len;
  return tacet_secret_set(out, tacet_secret_span(&secret));
}

/* Which node of the path is the lowest above both leaves? path->n: none. */
static uint32_t shared_place(const tacet_tree_path *path, uint32_t leaf) {
  uint32_t i = 0;
  while (i < path->n && !tacet_node_has_leaf(path->copath[i], leaf)) {
    i++;
  }
  return i;
}

tacet_err
tacet_treekem_decrypt(const tacet_tree *t, const tacet_tree_private *before,
                      uint32_t sender, const tacet_update_path *path,
                      tacet_span group_context, tacet_tree_private *after,
                      tacet_secret *commit_secret, tacet_secret *path_secret) {
  tacet_tree_path filtered;
  tacet_tree_filtered_path(t, sender, &filtered);
  uint32_t place = shared_place(&filtered, before->leaf);
  tacet_span nodes = path->nodes;
  tacet_update_path_node n = {TACET_SPAN_EMPTY, TACET_SPAN_EMPTY};
  for (uint32_t i = 0; i <= place; i++) {
    if (place == filtered.n || !tacet_update_path_node_next(&nodes, &n)) {
      return TACET_ERR_PATH_SECRET;
    }
  }
  const tacet_secret *key = NULL;
  tacet_hpke_ciphertext c;
  TACET_SECRET(secret);
  TACET_SECRET(commit);
  TACET_TREE_PRIVATE(own);
  TACET_TRY(find_ciphertext(t, before, filtered.copath[place],
                            n.encrypted_path_secret, &key, &c));
  TACET_TRY(
      open_path_secret(tacet_tree_suite(t), key, &c, group_context, &secret));
  own = *before;
  tacet_tree_private_prune(&own, t);
  TACET_TRY(derive_up(t, &filtered, place, &secret, &own, &commit));
  if (path_secret != NULL) {
    TACET_TRY(tacet_secret_set(path_secret, tacet_secret_span(&secret)));
  }
  TACET_TRY(tacet_secret_set(commit_secret, tacet_secret_span(&commit)));
  *after = own;
  return TACET_OK;
}

/* ---- joining ---- */

tacet_err tacet_treekem_join(const tacet_tree *t, uint32_t leaf,
                             const tacet_secret *leaf_key, uint32_t signer,
                             const tacet_secret *path_secret,
                             tacet_tree_private *out) {
  TACET_TREE_PRIVATE(own);
  own.leaf = leaf;
  TACET_TRY(tacet_secret_set(&own.leaf_key, tacet_secret_span(leaf_key)));
  if (path_secret != NULL) {
    TACET_SECRET(commit);
    tacet_tree_path filtered;
    if (signer >= tacet_tree_n_leaves(t) ||
        path_secret->len != tacet_tree_suite(t)->hash->len) {
      return TACET_ERR_PATH_SECRET;
    }
    tacet_tree_filtered_path(t, signer, &filtered);
    uint32_t place = shared_place(&filtered, leaf);
    if (place == filtered.n) {
      return TACET_ERR_PATH_SECRET;
    }
    TACET_TRY(derive_up(t, &filtered, place, path_secret, &own, &commit));
  }
  *out = own;
  return TACET_OK;
}
