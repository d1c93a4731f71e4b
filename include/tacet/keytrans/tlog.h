/* SPDX-License-Identifier: Apache-2.0
 * tacet/keytrans/tlog.h -- the Merkle tree of a log: RFC 6962 2.1 (the hashes
 * are SHA-256), with the verifiers of RFC 9162 2.1.3 and 2.1.4.
 *
 * A log is a list of entries that only grows. Its tree head at a size is one
 * hash that binds all entries below that size, in their order. A proof of
 * inclusion shows that an entry stands at an index; a proof of consistency
 * shows that a tree is an older one with entries appended.
 *
 * Who keeps a log keeps *nodes*: the hash of the complete subtree with entries
 * [index << level, (index + 1) << level). Level 0 are the leaves. A node never
 * changes once it exists. tacet_tlog_append() says which nodes an entry
 * completes; the provers ask for nodes that exist. Tiles (c2sp.org/tlog-tiles)
 * hold the levels 0, 8, 16, ...; the others follow from those.
 */
#ifndef TACET_KEYTRANS_TLOG_H
#define TACET_KEYTRANS_TLOG_H

#include "tacet/base.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_TLOG_HASH_LEN 32
#define TACET_TLOG_PROOF_MAX 64 /* hashes of one proof */

typedef struct tacet_tlog_hash {
  uint8_t b[TACET_TLOG_HASH_LEN];
} tacet_tlog_hash;

typedef struct tacet_tlog_proof {
  size_t n;
  tacet_tlog_hash hashes[TACET_TLOG_PROOF_MAX]; /* in the RFC's order */
} tacet_tlog_proof;

/* A tree head: all that has to be remembered of a log to see whether it goes on
 * as it began. Zeroed: nothing was seen yet. */
typedef struct tacet_tlog_head {
  uint64_t size;
  tacet_tlog_hash root;
} tacet_tlog_head;

static inline bool tacet_tlog_equal(const tacet_tlog_hash *a,
                                    const tacet_tlog_hash *b) {
  return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* MTH of one entry: SHA-256(0x00 || entry). */
TACET_MUST_CHECK tacet_err tacet_tlog_leaf(tacet_span entry,
                                           tacet_tlog_hash *out);
/* MTH of two halves: SHA-256(0x01 || left || right). out may be either. */
TACET_MUST_CHECK tacet_err tacet_tlog_node(const tacet_tlog_hash *left,
                                           const tacet_tlog_hash *right,
                                           tacet_tlog_hash *out);
/* MTH of no entry: SHA-256 of the empty string. */
TACET_MUST_CHECK tacet_err tacet_tlog_empty(tacet_tlog_hash *out);

/* ---- growing ---- */

/* All that is needed to append and to give the root: the complete subtrees of
 * which a tree of this size consists, one for each bit of the size. Zeroed is
 * the empty log. */
typedef struct tacet_tlog_frontier {
  uint64_t size;
  tacet_tlog_hash nodes[64]; /* [level], where bit `level` of size is set */
} tacet_tlog_frontier;

/* Takes a node that is complete now. An error is the append's. */
typedef struct tacet_tlog_sink {
  tacet_err (*put)(void *ctx, unsigned level, uint64_t index,
                   const tacet_tlog_hash *node);
  void *ctx;
} tacet_tlog_sink;

/* Appends a leaf. `sink` (NULL: nobody asks) gets the nodes that it completes,
 * the leaf itself first. After an error the frontier is as it was. */
TACET_MUST_CHECK tacet_err tacet_tlog_append(tacet_tlog_frontier *f,
                                             const tacet_tlog_hash *leaf,
                                             const tacet_tlog_sink *sink);
TACET_MUST_CHECK tacet_err
tacet_tlog_frontier_root(const tacet_tlog_frontier *f, tacet_tlog_hash *out);

/* ---- proving ---- */

/* Gives a node; called for nodes of the asked tree only. */
typedef struct tacet_tlog_source {
  tacet_err (*get)(void *ctx, unsigned level, uint64_t index,
                   tacet_tlog_hash *node);
  void *ctx;
} tacet_tlog_source;

TACET_MUST_CHECK tacet_err tacet_tlog_root(const tacet_tlog_source *s,
                                           uint64_t size, tacet_tlog_hash *out);
/* PATH(index, D[size]). ARGUMENT unless index < size. */
TACET_MUST_CHECK tacet_err
tacet_tlog_prove_inclusion(const tacet_tlog_source *s, uint64_t index,
                           uint64_t size, tacet_tlog_proof *out);
/* PROOF(old_size, D[size]); of no hash where old_size is 0 or size. ARGUMENT
 * unless old_size <= size. */
TACET_MUST_CHECK tacet_err
tacet_tlog_prove_consistency(const tacet_tlog_source *s, uint64_t old_size,
                             uint64_t size, tacet_tlog_proof *out);

/* ---- verifying ---- */

/* AUTH unless `leaf` stands at `index` of the tree of `size` with `root`. */
TACET_MUST_CHECK tacet_err tacet_tlog_verify_inclusion(
    uint64_t index, const tacet_tlog_hash *leaf, const tacet_tlog_proof *proof,
    uint64_t size, const tacet_tlog_hash *root);
/* FORK unless the tree of `size` with `root` continues that of `old_size` with
 * `old_root`. Everything continues the empty tree. */
TACET_MUST_CHECK tacet_err tacet_tlog_verify_consistency(
    uint64_t old_size, const tacet_tlog_hash *old_root,
    const tacet_tlog_proof *proof, uint64_t size, const tacet_tlog_hash *root);

#ifdef __cplusplus
}
#endif
#endif
