/* SPDX-License-Identifier: Apache-2.0
 * The public ratchet tree (RFC 9420 4, 7): its nodes, hashes, and the changes
 * that a commit makes to it.
 *
 * A change is a transaction. tacet_tree_begin() opens one; then the edits work
 * on the tree itself, while what they replace is kept aside. It ends in one of
 * three ways: _commit() drops what was replaced, _rollback() puts it back, and
 * _detach() puts it back and hands out what was changed, so that a commit can
 * wait while the group lives on in its epoch; _attach() does it again. None of
 * them but _attach() can fail, and what they cost goes with the size of the
 * change, not of the tree.
 *
 * An edit that fails may have done half its work: roll back. Edits outside of a
 * change trap.
 *
 * The bytes of a node never alter, and move at a commit alone. A span or view
 * that the tree gave lives until the next _commit(); one of a node that a
 * change brought also ends with that change.
 *
 * What is checked where. Edits keep the array sound and look at nothing else.
 * Rules about the whole (no key twice, credential types) are asked for at the
 * end of a change, so that the order of edits does not matter.
 */
#ifndef TACET_MLS_TREE_H
#define TACET_MLS_TREE_H

#include "mls/tree_math.h"
#include "tacet/codec.h"
#include "tacet/crypto.h"
#include "tacet/mlswire.h"

typedef struct tacet_tree tacet_tree;
typedef struct tacet_tree_change tacet_tree_change;

/* ---- making, reading, writing ---- */

/* One blank leaf. */
TACET_MUST_CHECK tacet_err tacet_tree_new(const tacet_suite *suite,
                                          tacet_tree **out);
void tacet_tree_free(tacet_tree *t); /* an open change with it */

/* From the extension_data of ratchet_tree (12.4.3.3). Checks all that makes it
 * a tree: an odd number of nodes, leaves and parents in their places, the last
 * one not blank; unmerged leaves strictly rising, below their node, not blank,
 * and listed at every non-blank node in between (12.4.3.1). TREE, or any INPUT
 * error. Signatures, hashes and keys are for the functions below. */
TACET_MUST_CHECK tacet_err tacet_tree_load(const tacet_suite *suite,
                                           tacet_span ratchet_tree,
                                           tacet_tree **out);
/* Appends that form. It is also how a tree is saved. */
void tacet_tree_write(const tacet_tree *t, tacet_buf *w);

/* ---- looking ---- */

const tacet_suite *tacet_tree_suite(const tacet_tree *t);
uint32_t tacet_tree_n_leaves(const tacet_tree *t); /* a power of two */
uint32_t tacet_tree_n_members(const tacet_tree *t);
/* False where the leaf is blank or beyond the tree. */
bool tacet_tree_leaf(const tacet_tree *t, uint32_t leaf, tacet_leaf_node *out);
/* The encoded LeafNode; empty where blank. */
tacet_span tacet_tree_leaf_bytes(const tacet_tree *t, uint32_t leaf);
/* Of any node; empty where blank. */
tacet_span tacet_tree_encryption_key(const tacet_tree *t, uint32_t node);
/* parent_hash and the unmerged leaves (a list of uint32, good until the next
 * edit) of a parent that is not blank. */
tacet_span tacet_tree_parent_hash(const tacet_tree *t, uint32_t node);
tacet_span tacet_tree_unmerged(const tacet_tree *t, uint32_t node);
/* Who has that key? Leaf index, node index. O(log n). */
bool tacet_tree_find_signature_key(const tacet_tree *t, tacet_span key,
                                   uint32_t *leaf);
bool tacet_tree_find_encryption_key(const tacet_tree *t, tacet_span key,
                                    uint32_t *node);

/* The nodes whose keys reach everybody below `node` (4.1.1), in the order that
 * ciphertexts have. */
typedef struct tacet_resolution {
  const tacet_tree *tree;
  uint32_t stack[32], n_stack;
  tacet_span unmerged; /* of the parent given last */
} tacet_resolution;
void tacet_resolution_start(const tacet_tree *t, uint32_t node,
                            tacet_resolution *it);
bool tacet_resolution_next(tacet_resolution *it, uint32_t *node);

/* A leaf's filtered direct path (4.1.2), from the leaf to the root: the parents
 * whose child off the path (`copath`) has a resolution. */
typedef struct tacet_tree_path {
  uint32_t n;
  uint32_t node[TACET_PATH_MAX], copath[TACET_PATH_MAX];
} tacet_tree_path;
void tacet_tree_filtered_path(const tacet_tree *t, uint32_t leaf,
                              tacet_tree_path *out);

/* ---- hashes ---- */

/* The tree hash of the root, or of the subtree at a node (7.8): h->len bytes.
 * Hashes are kept: only nodes above what changed since are hashed anew. */
TACET_MUST_CHECK tacet_err tacet_tree_hash(tacet_tree *t, uint8_t *out);
TACET_MUST_CHECK tacet_err tacet_tree_node_hash(tacet_tree *t, uint32_t node,
                                                uint8_t *out);
/* The parent hash of P with copath child S (7.9), with P's unmerged leaves
 * taken away from everywhere below S. */
TACET_MUST_CHECK tacet_err tacet_tree_parent_hash_of(tacet_tree *t,
                                                     uint32_t parent,
                                                     uint32_t sibling,
                                                     uint8_t *out);
/* Is every parent parent-hash valid (7.9.2)? PARENT_HASH. For joining. */
TACET_MUST_CHECK tacet_err tacet_tree_check_parent_hashes(tacet_tree *t);
/* Is every parent's key a public key of the suite's KEM? TREE. No path that the
 * members took had another; who joined such a tree could not commit. */
TACET_MUST_CHECK tacet_err tacet_tree_check_parent_keys(const tacet_tree *t);

/* ---- changes ---- */

TACET_MUST_CHECK tacet_err tacet_tree_begin(tacet_tree *t);
bool tacet_tree_is_open(const tacet_tree *t);
void tacet_tree_commit(tacet_tree *t);
void tacet_tree_rollback(tacet_tree *t);
/* Back to how it was; *out has the change and belongs to the caller. */
void tacet_tree_detach(tacet_tree *t, tacet_tree_change **out);
/* Makes a detached change again; it is open then, and *change is NULL. The tree
 * must be in the state that it was made from (else it traps). NOMEM: nothing
 * happened. */
TACET_MUST_CHECK tacet_err tacet_tree_attach(tacet_tree *t,
                                             tacet_tree_change **change);
void tacet_tree_change_free(tacet_tree_change *c);
/* A detached change, saved beside the tree it belongs to. read: ENCODING,
 * TRUNCATED, TREE, ... for what does not fit this tree. */
void tacet_tree_change_write(const tacet_tree_change *c, tacet_buf *w);
TACET_MUST_CHECK tacet_err tacet_tree_change_read(const tacet_tree *t,
                                                  tacet_reader *r,
                                                  tacet_tree_change **out);
/* What a detached change makes of a leaf: false if it does not touch it. *out
 * is the new leaf, or has an empty `raw` where the change blanks it. */
bool tacet_tree_change_leaf(const tacet_tree_change *c, uint32_t leaf,
                            tacet_leaf_node *out);

/* Puts a leaf where 12.1.1 says, doubling the tree if need be, and adds it to
 * the unmerged leaves above. `leaf_node` is an encoded LeafNode that was parsed
 * before. LIMIT at TACET_TREE_LEAVES_MAX leaves. */
TACET_MUST_CHECK tacet_err tacet_tree_add(tacet_tree *t, tacet_span leaf_node,
                                          uint32_t *leaf);
/* Replaces a leaf and blanks the parents above (12.1.2). */
TACET_MUST_CHECK tacet_err tacet_tree_update(tacet_tree *t, uint32_t leaf,
                                             tacet_span leaf_node);
/* Blanks a leaf and the parents above, and halves the tree while its right half
 * is empty (12.1.3). */
TACET_MUST_CHECK tacet_err tacet_tree_remove(tacet_tree *t, uint32_t leaf);
/* The place of an external committer (12.4.2): the leftmost blank leaf, which
 * stays blank; the tree is doubled if there is none. */
TACET_MUST_CHECK tacet_err tacet_tree_reserve(tacet_tree *t, uint32_t *leaf);
/* Sets a parent to a new key, with no unmerged leaves; blanks a parent. For
 * treekem.c. */
TACET_MUST_CHECK tacet_err tacet_tree_set_parent(tacet_tree *t, uint32_t node,
                                                 tacet_span encryption_key,
                                                 tacet_span parent_hash);
TACET_MUST_CHECK tacet_err tacet_tree_blank(tacet_tree *t, uint32_t node);
/* Replaces a leaf (blank or not) and nothing else. */
TACET_MUST_CHECK tacet_err tacet_tree_set_leaf(tacet_tree *t, uint32_t leaf,
                                               tacet_span leaf_node);
/* Was the leaf added (by _add) in the open change? Such leaves are left out of
 * the resolutions that a path is encrypted to (7.5). */
bool tacet_tree_is_added(const tacet_tree *t, uint32_t leaf);

/* ---- rules about the whole ---- */

/* No encryption key in two nodes, no signature key in two leaves (7.3,
 * 12.4.3.1). DUPLICATE_KEY. O(1): counted along. */
TACET_MUST_CHECK tacet_err tacet_tree_check_unique(const tacet_tree *t);
/* Every credential type in use is supported by every member (7.3).
 * CAPABILITIES; LIMIT: more types at once than the tree counts. O(1): counted
 * along. */
TACET_MUST_CHECK tacet_err tacet_tree_check_credentials(tacet_tree *t);
#define TACET_TREE_CREDENTIAL_TYPES_MAX 8

#endif
