/* SPDX-License-Identifier: Apache-2.0
 * A group whose members sit side by side: real keys and signatures, one shared
 * public tree, no key schedule. What commits do to trees, played through for
 * everybody.
 */
#ifndef TESTS_UNIT_MLS_TREE_SIM_H
#define TESTS_UNIT_MLS_TREE_SIM_H

#include "mls/leaf.h"
#include "mls/treekem.h"

#define SIM_LEAVES 64

typedef struct sim_member {
  bool here;
  tacet_tree_private keys;
  tacet_secret signature;
} sim_member;

typedef struct sim {
  const tacet_suite *suite;
  tacet_tree *tree;
  tacet_span group_id;
  uint64_t epoch;
  sim_member member[SIM_LEAVES]; /* by leaf */
} sim;

/* What a commit does besides its path. */
typedef struct sim_plan {
  uint32_t committer;
  bool no_path;
  uint32_t n_adds;
  const uint32_t *updates, *removes; /* leaves */
  size_t n_updates, n_removes;
} sim_plan;

/* A leaf of given keys, credential type 1 and all that capabilities need.
 * Unsigned: `signature` is empty. Spans point to constants and to the keys. */
void sim_leaf_fields(const tacet_suite *suite, tacet_span encryption_key,
                     tacet_span signature_key, tacet_leaf_node *out);

/* One member at leaf 0. */
void sim_init(sim *s, const tacet_suite *suite);
void sim_free(sim *s);
/* Fresh keys and a signed leaf of some source, as for a key package or an
 * Update. */
void sim_new_leaf(sim *s, uint8_t source, uint32_t leaf, sim_member *m,
                  tacet_buf *bytes);
/* Plays a commit: the committer makes it, everybody receives it, the new ones
 * join. NULL, or what went wrong. The tree is as after the commit. */
const char *sim_commit(sim *s, const sim_plan *plan);
/* A group that has lived: n members, and after that `n_commits` random ones
 * (from `seed`) by all of them, with adds, updates and removes. */
const char *sim_live(sim *s, uint32_t n, uint32_t n_commits, uint64_t *seed);
/* The GroupContext that paths are encrypted under. */
void sim_context(sim *s, tacet_buf *w);

/* A small generator for tests, not for keys: 0 .. n-1. */
uint32_t sim_random(uint64_t *seed, uint32_t n);

#endif
