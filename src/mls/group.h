/* SPDX-License-Identifier: Apache-2.0
 * What a group holds, and the steps that making, reading and joining have in
 * common. Private to src/mls/ and its tests.
 *
 * An epoch changes in one way only: everything that the next one needs is
 * computed into a tacet_next, with the tree's part detached from the tree, and
 * tacet_group_enter() then puts it in place. A pending commit and a staged one
 * are such a tacet_next that waits.
 */
#ifndef TACET_MLS_GROUP_H
#define TACET_MLS_GROUP_H

#include "mls/frame.h"
#include "mls/key_schedule.h"
#include "mls/leaf.h"
#include "mls/secret_tree.h"
#include "mls/tree.h"
#include "mls/treekem.h"
#include "tacet/mls.h"

/* GroupContext with the bytes that its spans point to. */
typedef struct tacet_context {
  tacet_bytes bytes;
  tacet_group_context view;
} tacet_context;
void tacet_context_free(tacet_context *c);
/* From its encoding (copied), or from fields. */
TACET_MUST_CHECK tacet_err tacet_context_set(tacet_context *c, tacet_span in);
TACET_MUST_CHECK tacet_err tacet_context_make(tacet_context *c,
                                              const tacet_group_context *from);
static inline tacet_span tacet_context_span(const tacet_context *c) {
  return tacet_bytes_span(&c->bytes);
}

/* A proposal that came, or was made, by itself and waits for a commit. */
typedef struct tacet_cached_proposal {
  tacet_bytes bytes;   /* encoded Proposal */
  tacet_proposal view; /* of it */
  tacet_sender sender;
  uint8_t ref[TACET_HASH_MAX]; /* ProposalRef */
  /* Of an own Update: the private keys of its leaf. signature_key may be
   * empty: not rotated. */
  tacet_secret leaf_key, signature_key;
} tacet_cached_proposal;

/* A leaf as it was in an epoch, where the next epoch changed it. */
typedef struct tacet_leaf_then {
  uint32_t leaf;
  bool blank;
  tacet_bytes signature_key;
  tacet_bytes credential; /* encoded */
} tacet_leaf_then;

typedef struct tacet_past_epoch {
  uint64_t left; /* when, Unix seconds */
  tacet_context context;
  tacet_secret sender_data, resumption;
  tacet_secret_tree ratchets;
  tacet_leaf_then *leaves; /* by leaf, rising */
  size_t n_leaves;
} tacet_past_epoch;

typedef struct tacet_next {
  tacet_tree_change *change;
  tacet_tree_private keys;
  tacet_context context;
  uint8_t interim[TACET_HASH_MAX];
  tacet_epoch secrets;
  tacet_secret signature_key; /* own, if rotated; else empty */
  tacet_bytes reinit;         /* the ReInit that ends the group; else empty */
} tacet_next;
void tacet_next_free(tacet_next *n); /* wipes; all zero is fine */
#define TACET_NEXT(name)                                                       \
  TACET_CLEANUP(tacet_next_free) tacet_next name = {.change = NULL}

typedef struct tacet_pending {
  tacet_next next;
  uint8_t message_hash[TACET_HASH_MAX];
} tacet_pending;

typedef struct tacet_staged tacet_staged; /* staged.h */

struct tacet_mls_group {
  tacet_mls_config config;
  const tacet_suite *suite;
  tacet_tree *tree;
  tacet_context context;
  uint8_t interim[TACET_HASH_MAX]; /* interim_transcript_hash */
  tacet_tree_private keys;
  tacet_secret signature_key; /* as tacet_sig_expand makes it, like all here */
  /* `encryption` is empty: it is in the ratchets. `exporter` may be erased. */
  tacet_epoch secrets;
  tacet_secret_tree ratchets;
  tacet_past_epoch *past; /* the newest first */
  size_t n_past;
  tacet_cached_proposal *proposals;
  size_t n_proposals, cap_proposals;
  tacet_pending *pending;
  tacet_staged *staged;
  bool removed;
  tacet_bytes reinit; /* encoded ReInit that ended the group; else empty */
  /* Work areas. Hold nothing between calls, but for spans in an event. */
  tacet_buf work, plain;
  tacet_mls_psk_id *needed; /* of the last NEEDS_PSK event */
  size_t n_needed;
  tacet_bytes needed_body; /* what they point into */
};

/* A group with nothing in it but settings. */
TACET_MUST_CHECK tacet_err tacet_group_alloc(const tacet_mls_config *config,
                                             const tacet_suite *suite,
                                             tacet_mls_group **out);
static inline void tacet_group_cleanup(tacet_mls_group **g) {
  tacet_mls_group_free(*g);
}
/* REMOVED, REINIT, STATE (one is staged): may it send? */
TACET_MUST_CHECK tacet_err tacet_group_may_send(const tacet_mls_group *g);
/* Zeroes the work areas, and gives large ones back. */
void tacet_group_tidy(tacet_mls_group *g);
/* Forgets the PSKs that the last event asked for. */
void tacet_group_needs_clear(tacet_mls_group *g);
/* A leaf for the caller. */
void tacet_member_set(tacet_mls_member *out, uint32_t leaf,
                      const tacet_leaf_node *node);

/* ---- the next epoch (next.c) ---- */

/* Encodes the GroupContext of the epoch after `old`. */
TACET_MUST_CHECK tacet_err tacet_next_context(const tacet_group_context *old,
                                              tacet_span tree_hash,
                                              tacet_span confirmed,
                                              tacet_span extensions,
                                              tacet_context *out);
/* From the signed commit to the secrets of the epoch that it makes: transcript,
 * context, key schedule, confirmation tag. next->context gets the final
 * GroupContext; joiner_secret may be NULL. */
typedef struct tacet_derivation {
  const tacet_suite *suite;
  const tacet_group_context *old;
  tacet_span interim;    /* of the old epoch */
  tacet_span tree_hash;  /* of the new one */
  tacet_span extensions; /* of the new one */
  const tacet_frame *commit;
  const tacet_secret *init, *commit_secret, *psk_secret;
} tacet_derivation;
TACET_MUST_CHECK tacet_err tacet_next_derive(const tacet_derivation *d,
                                             tacet_next *next,
                                             tacet_secret *joiner_secret,
                                             uint8_t *confirmation_tag);
/* Puts it in place and empties it. The epoch left behind is kept as config
 * says, dated `now`; not if `forget`. NOMEM: nothing happened. */
TACET_MUST_CHECK tacet_err tacet_group_enter(tacet_mls_group *g,
                                             tacet_next *next, uint64_t now,
                                             bool forget);

/* ---- past epochs (past.c) ---- */

void tacet_past_free(tacet_past_epoch *p);
/* The epoch itself: NULL if its keys are gone. */
tacet_past_epoch *tacet_past_find(const tacet_mls_group *g, uint64_t epoch);
/* A leaf as it was in a past epoch. False: it was blank. */
bool tacet_past_leaf(const tacet_mls_group *g, const tacet_past_epoch *p,
                     uint32_t leaf, tacet_mls_member *out);
/* What `change` will do away with, of the current epoch. */
TACET_MUST_CHECK tacet_err tacet_past_leaves(const tacet_mls_group *g,
                                             const tacet_tree_change *change,
                                             tacet_past_epoch *out);

#endif
