/* SPDX-License-Identifier: Apache-2.0
 * TreeKEM: fresh keys on the way from a leaf to the root, told to everybody
 * else by encrypting them to the tree (RFC 9420 7.4-7.6).
 *
 * A member that commits: _make() changes the tree; with its new hash the caller
 * knows the provisional GroupContext; _encrypt() writes the UpdatePath.
 * A member that receives: _merge() changes the tree, and is the same for
 * everybody; with the new hash, _decrypt() finds this member's secrets.
 * All of it inside an open change of the tree (mls/tree.h).
 */
#ifndef TACET_MLS_TREEKEM_H
#define TACET_MLS_TREEKEM_H

#include "mls/tree.h"

/* ---- the private side ---- */

/* The private keys that one member knows: its leaf's, and those of parents
 * above it. Small: copy it to keep the old epoch's, there is no undo. */
typedef struct tacet_tree_private {
  uint32_t leaf;
  tacet_secret leaf_key;
  uint32_t n; /* parents known, from the leaf to the root */
  struct {
    uint32_t node;
    tacet_secret key;
  } parent[TACET_PATH_MAX];
} tacet_tree_private;
#define TACET_TREE_PRIVATE(name)                                               \
  TACET_CLEANUP(tacet_tree_private_wipe)                                       \
  tacet_tree_private name = {.leaf = 0}
void tacet_tree_private_wipe(tacet_tree_private *p);
/* The private key of a node, or NULL. */
const tacet_secret *tacet_tree_private_key(const tacet_tree_private *p,
                                           uint32_t node);
/* Sets the key of a parent above the leaf (replaces an older one). */
void tacet_tree_private_set(tacet_tree_private *p, uint32_t node,
                            const tacet_secret *key);
/* Forgets the keys of parents that are blank now: at the end of each commit
 * without a path. (_decrypt and _make do it themselves.) */
void tacet_tree_private_prune(tacet_tree_private *p, const tacet_tree *t);
void tacet_tree_private_write(tacet_buf *w, const tacet_tree_private *p);
/* ENCODING: not what write made for a tree of these dimensions. */
TACET_MUST_CHECK tacet_err tacet_tree_private_read(tacet_reader *r,
                                                   const tacet_tree *t,
                                                   tacet_tree_private *out);

/* ---- committing ---- */

typedef struct tacet_path_secrets {
  tacet_tree_path path;
  tacet_secret secret[TACET_PATH_MAX]; /* path_secret, along path.node */
  tacet_secret commit;                 /* commit_secret */
} tacet_path_secrets;
#define TACET_PATH_SECRETS(name)                                               \
  TACET_CLEANUP(tacet_path_secrets_wipe)                                       \
  tacet_path_secrets name = {.path = {.n = 0}}
void tacet_path_secrets_wipe(tacet_path_secrets *p);

/* What the committer's new leaf says. Of `leaf` count signature_key,
 * credential, capabilities and extensions. */
typedef struct tacet_path_args {
  uint32_t leaf_index; /* set already, or reserved (external commit) */
  const tacet_leaf_node *leaf;
  tacet_span signature_private_key;
  tacet_span group_id;
} tacet_path_args;

/* Fresh keys for the leaf and its filtered direct path, parent hashes, and a
 * signed leaf of source commit, all set in the tree. `after` gets the private
 * keys of the new epoch. */
TACET_MUST_CHECK tacet_err tacet_treekem_make(tacet_tree *t,
                                              const tacet_path_args *args,
                                              tacet_path_secrets *secrets,
                                              tacet_tree_private *after);
/* Appends the UpdatePath. group_context: the encoded provisional one. LEAF: a
 * member has a key that nothing can be encrypted to (a point of low order, or
 * not on the curve); a commit that removes that member leaves it out. */
TACET_MUST_CHECK tacet_err tacet_treekem_encrypt(
    const tacet_tree *t, uint32_t leaf_index, const tacet_path_secrets *secrets,
    tacet_span group_context, tacet_buf *w);
/* The path secret for a new member's Welcome: that of the lowest node above
 * both (12.4.1). */
const tacet_secret *tacet_path_secret_for(const tacet_path_secrets *secrets,
                                          uint32_t new_leaf);

/* ---- receiving ---- */

/* Checks that an UpdatePath fits the tree (number of nodes, of ciphertexts, and
 * their lengths; new keys everywhere; parent hash) and sets it. Computed from
 * public parts alone: alike at everybody. The leaf itself has been checked with
 * mls/leaf.h. PATH, LEAF (the encryption key is the old one), DUPLICATE_KEY,
 * PARENT_HASH. */
TACET_MUST_CHECK tacet_err tacet_treekem_merge(tacet_tree *t, uint32_t sender,
                                               const tacet_update_path *path);
/* After merge: this member's part of the path. `after` becomes the private keys
 * of the new epoch (may be `before`), commit_secret what its name says.
 * PATH_SECRET: no key for any of it, it does not open, or the keys derived are
 * not the public ones. path_secret, if not NULL, gets what was decrypted. */
TACET_MUST_CHECK tacet_err
tacet_treekem_decrypt(const tacet_tree *t, const tacet_tree_private *before,
                      uint32_t sender, const tacet_update_path *path,
                      tacet_span group_context, tacet_tree_private *after,
                      tacet_secret *commit_secret, tacet_secret *path_secret);

/* ---- joining (12.4.3.1) ---- */

/* The private side of a member that a Welcome brought: its leaf key, and, if
 * the Welcome has a path secret (else pass NULL), the keys above the node that
 * it shares with the signer. PATH_SECRET: they are not the tree's keys. */
TACET_MUST_CHECK tacet_err tacet_treekem_join(
    const tacet_tree *t, uint32_t leaf, const tacet_secret *leaf_key,
    uint32_t signer, const tacet_secret *path_secret, tacet_tree_private *out);

/* The key pair of a node from its path secret (7.4): kem->public_len bytes. */
TACET_MUST_CHECK tacet_err tacet_path_secret_keys(const tacet_suite *suite,
                                                  const tacet_secret *secret,
                                                  tacet_secret *private_key,
                                                  uint8_t *public_key);

#endif
