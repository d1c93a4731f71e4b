/* SPDX-License-Identifier: Apache-2.0
 * Whether a leaf is valid where it stands (RFC 9420 7.3), and whether members
 * support what a group uses (11.1, 13.4).
 */
#ifndef TACET_MLS_LEAF_H
#define TACET_MLS_LEAF_H

#include "mls/tree.h"

/* What a leaf has to fit. */
typedef struct tacet_leaf_rules {
  const tacet_suite *suite;
  uint8_t source;              /* TACET_LEAF_SOURCE_..., or 0: any */
  tacet_span group_extensions; /* of the GroupContext, well formed */
  bool check_lifetime;         /* source key_package: at `now` */
  uint64_t now;                /* Unix seconds */
  uint64_t max_lifetime;       /* source key_package: seconds in all; 0: any */
} tacet_leaf_rules;

/* The parts of 7.3 that need the leaf alone: keys of the suite's lengths,
 * source, version and suite among its capabilities, its credential type and
 * extensions among them too, all that the group's extensions demand, lifetime.
 * Left over: signature, uniqueness, credential types of others, and whether the
 * credential is true. LEAF, CAPABILITIES, LIFETIME; ENCODING and the like for a
 * required_capabilities extension that does not parse. */
TACET_MUST_CHECK tacet_err tacet_leaf_check(const tacet_leaf_node *leaf,
                                            const tacet_leaf_rules *rules);

/* Is that a public key of the suite's KEM (5.1.1, 10)? `bad` if not. */
TACET_MUST_CHECK tacet_err tacet_kem_key_check(const tacet_suite *suite,
                                               tacet_span key, tacet_err bad);

/* The leaf's own signature (7.2). AUTH. group_id and index only count for
 * sources update and commit. */
TACET_MUST_CHECK tacet_err tacet_leaf_verify(const tacet_suite *suite,
                                             const tacet_leaf_node *leaf,
                                             tacet_span group_id,
                                             uint32_t leaf_index);
/* Writes a LeafNode with the fields of `leaf` and a signature over them. */
TACET_MUST_CHECK tacet_err tacet_leaf_sign(const tacet_suite *suite,
                                           const tacet_leaf_node *leaf,
                                           tacet_span signature_key,
                                           tacet_span group_id,
                                           uint32_t leaf_index, tacet_buf *w);

/* Does the leaf support a type (default types: always)? */
bool tacet_leaf_supports_extension(const tacet_leaf_node *leaf, uint16_t type);
bool tacet_leaf_supports_proposal(const tacet_leaf_node *leaf, uint16_t type);

/* Every leaf of a tree that one is about to join: tacet_leaf_check() with
 * rules->source 0, tacet_leaf_verify(), and the two rules about the whole of
 * mls/tree.h. n signature checks. */
TACET_MUST_CHECK tacet_err tacet_tree_check_leaves(
    tacet_tree *t, const tacet_leaf_rules *rules, tacet_span group_id);
/* Are the GroupContext extensions of RFC 9420 among these what they should be?
 * TRUNCATED, TRAILING, ... Of their list, well formed. */
TACET_MUST_CHECK tacet_err
tacet_group_extensions_check(tacet_span group_extensions);
/* Do all members support these GroupContext extensions, what a
 * required_capabilities among them lists included? For new group extensions.
 * CAPABILITIES. */
TACET_MUST_CHECK tacet_err
tacet_tree_check_extensions(const tacet_tree *t, tacet_span group_extensions);
/* Do all members that process the open change's commit, that is, those it
 * neither added nor removed, support a proposal type (12.2)? CAPABILITIES. */
TACET_MUST_CHECK tacet_err tacet_tree_check_proposal_type(const tacet_tree *t,
                                                          uint16_t type);

#endif
