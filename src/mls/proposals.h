/* SPDX-License-Identifier: Apache-2.0
 * Proposals: the ones that wait, and the list that a commit covers, resolved,
 * judged and applied to the tree (RFC 9420 12.1-12.3).
 */
#ifndef TACET_MLS_PROPOSALS_H
#define TACET_MLS_PROPOSALS_H

#include "mls/group.h"

/* ---- the cache ---- */

const tacet_cached_proposal *tacet_cached_find(const tacet_mls_group *g,
                                               tacet_span ref);
/* Makes room for one more of at most `max`. LIMIT: so many wait. */
TACET_MUST_CHECK tacet_err tacet_cached_reserve(tacet_mls_group *g, size_t max);
/* Takes over *p (wipes it) and gives where it is; room was made. One that is
 * there already is not kept twice. */
const tacet_cached_proposal *tacet_cached_add(tacet_mls_group *g,
                                              tacet_cached_proposal *p);
void tacet_cached_free(tacet_cached_proposal *p);
#define TACET_CACHED(name)                                                     \
  TACET_CLEANUP(tacet_cached_free)                                             \
  tacet_cached_proposal name = {.bytes = {NULL, 0}}
/* Copies the proposal of a signed frame, with its ProposalRef. */
TACET_MUST_CHECK tacet_err tacet_cached_set(const tacet_suite *s,
                                            const tacet_frame *f,
                                            tacet_cached_proposal *out);

/* ---- the list of a commit ---- */

typedef struct tacet_listed_proposal {
  tacet_proposal view;
  tacet_sender sender;                 /* who proposed it */
  const tacet_cached_proposal *cached; /* by reference; else NULL */
  uint32_t leaf;                       /* Add, once applied: where it went */
} tacet_listed_proposal;

typedef struct tacet_proposal_list {
  tacet_listed_proposal *item;
  size_t n, cap;
} tacet_proposal_list;
#define TACET_PROPOSAL_LIST(name)                                              \
  TACET_CLEANUP(tacet_proposal_list_free)                                      \
  tacet_proposal_list name = {.item = NULL}
void tacet_proposal_list_free(tacet_proposal_list *l);

TACET_MUST_CHECK tacet_err tacet_proposal_list_push(
    tacet_proposal_list *l, const tacet_listed_proposal *item);
/* From a commit. PROPOSAL_REF: it names one that is not cached. */
TACET_MUST_CHECK tacet_err
tacet_proposal_list_resolve(const tacet_mls_group *g, const tacet_commit *c,
                            tacet_sender committer, tacet_proposal_list *out);
/* The first of a type, or NULL. */
const tacet_listed_proposal *
tacet_proposal_list_find(const tacet_proposal_list *l, uint16_t type);
/* 12.4: does the commit have to have a path? Types of the application's own
 * demand none. */
bool tacet_proposal_list_needs_path(const tacet_proposal_list *l);
/* The GroupContext extensions of the next epoch. */
tacet_span tacet_proposal_list_extensions(const tacet_mls_group *g,
                                          const tacet_proposal_list *l);
/* Inside an open change: updates, then removes, then adds (12.3). */
TACET_MUST_CHECK tacet_err tacet_proposal_list_apply(tacet_tree *t,
                                                     tacet_proposal_list *l);

/* ---- rules (proposal_rules.c) ---- */

typedef struct tacet_proposal_rules {
  tacet_sender committer; /* of type member or new_member_commit */
  tacet_span extensions;  /* of the GroupContext to be */
  bool check_lifetime;
  uint64_t now;
  bool successor; /* PSKs of usage reinit and branch: only in a first commit */
} tacet_proposal_rules;

/* May a sender of that type make proposals of that type on their own (12.1.8)?
 * SENDER. */
TACET_MUST_CHECK tacet_err tacet_proposal_sender_check(uint16_t type,
                                                       uint8_t sender_type);
/* One alone (12.1). */
TACET_MUST_CHECK tacet_err
tacet_proposal_check(const tacet_mls_group *g, const tacet_listed_proposal *p,
                     const tacet_proposal_rules *rules);
/* Each of them and all together (12.2), as far as the tree before them says. */
TACET_MUST_CHECK tacet_err tacet_proposal_list_check(
    const tacet_mls_group *g, const tacet_proposal_list *l,
    const tacet_proposal_rules *rules);
/* What the tree after them (and the path) has to fulfil. Inside the change. */
TACET_MUST_CHECK tacet_err tacet_proposal_list_check_tree(
    const tacet_mls_group *g, const tacet_proposal_list *l,
    tacet_span extensions);

/* ---- PSKs of a list (proposal_psks.c) ---- */

/* Finds the keys of all PSK proposals, in order: the group's own, then the
 * caller's. NOT_FOUND: some are not known; then missing/n_missing has their ids
 * (an array to free, unless NULL was passed). */
TACET_MUST_CHECK tacet_err tacet_proposal_list_psk_secret(
    const tacet_mls_group *g, const tacet_proposal_list *l, tacet_mls_psks psks,
    tacet_secret *out, tacet_mls_psk_id **missing, size_t *n_missing);

#endif
