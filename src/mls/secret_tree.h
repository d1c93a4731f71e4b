/* SPDX-License-Identifier: Apache-2.0
 * The secret tree of one epoch and the ratchets that grow from its leaves: one
 * key and nonce for each message (RFC 9420 9).
 *
 * Looking and spending are two steps. tacet_secret_tree_key() finds a key and
 * changes nothing, so a message that then fails to open or verify leaves no
 * trace; tacet_secret_tree_spend() deletes what 9.2 says must go. The tree is
 * sparse: it holds the secrets of the nodes nobody has gone below yet and of
 * the leaves that have sent, at first the root's alone.
 */
#ifndef TACET_MLS_SECRET_TREE_H
#define TACET_MLS_SECRET_TREE_H

#include "tacet/codec.h"
#include "tacet/crypto.h"

typedef enum tacet_ratchet_type {
  TACET_RATCHET_HANDSHAKE = 0,
  TACET_RATCHET_APPLICATION = 1
} tacet_ratchet_type;

#define TACET_MLS_NONCE_MAX 12 /* of the AEADs that MLS knows */

typedef struct tacet_message_key {
  tacet_secret key;
  uint8_t nonce[TACET_MLS_NONCE_MAX];
} tacet_message_key;
#define TACET_MESSAGE_KEY(name)                                                \
  TACET_CLEANUP(tacet_message_key_wipe)                                        \
  tacet_message_key name = {.key = {.len = 0}}
void tacet_message_key_wipe(tacet_message_key *k);

/* A key that was passed over: its message may still come. */
typedef struct tacet_skipped_key {
  uint32_t generation;
  uint8_t key[TACET_AEAD_KEY_MAX], nonce[TACET_MLS_NONCE_MAX];
} tacet_skipped_key;

typedef struct tacet_ratchet {
  tacet_secret secret;
  uint32_t generation;        /* that `secret` is for: the next one */
  bool exhausted;             /* generation 2^32 - 1 was spent */
  tacet_skipped_key *skipped; /* by generation, rising */
  size_t n_skipped, cap_skipped;
} tacet_ratchet;

typedef struct tacet_leaf_ratchets {
  uint32_t leaf;
  tacet_ratchet ratchet[2]; /* by tacet_ratchet_type */
} tacet_leaf_ratchets;

typedef struct tacet_tree_secret {
  uint32_t node;
  tacet_secret secret;
} tacet_tree_secret;

typedef struct tacet_secret_tree {
  const tacet_suite *suite;
  uint32_t n_leaves;           /* a power of two */
  tacet_tree_secret *nodes;    /* by node, rising */
  tacet_leaf_ratchets *leaves; /* by leaf, rising */
  size_t n_nodes, cap_nodes, n_used, cap_used;
} tacet_secret_tree;

/* n_leaves as in the ratchet tree, a power of two. */
TACET_MUST_CHECK tacet_err tacet_secret_tree_init(tacet_secret_tree *t,
                                                  const tacet_suite *suite,
                                                  uint32_t n_leaves,
                                                  const tacet_secret *root);
void tacet_secret_tree_free(tacet_secret_tree *t); /* all zero is fine */

/* The generation that comes next from this leaf; LIMIT after 2^32 - 1. */
TACET_MUST_CHECK tacet_err tacet_secret_tree_next(const tacet_secret_tree *t,
                                                  uint32_t leaf,
                                                  tacet_ratchet_type type,
                                                  uint32_t *generation);
/* REPLAY: spent (or passed over and dropped). GENERATION: more than
 * max_forward ahead. SENDER: no such leaf. */
TACET_MUST_CHECK tacet_err tacet_secret_tree_key(
    const tacet_secret_tree *t, uint32_t leaf, tacet_ratchet_type type,
    uint32_t generation, uint32_t max_forward, tacet_message_key *out);
/* Deletes that key. Those passed over on the way are kept, the last max_kept
 * of them. All or nothing. */
TACET_MUST_CHECK tacet_err tacet_secret_tree_spend(
    tacet_secret_tree *t, uint32_t leaf, tacet_ratchet_type type,
    uint32_t generation, uint32_t max_forward, uint32_t max_kept);

/* The saved form; read refuses one that no write made. */
void tacet_secret_tree_write(tacet_buf *w, const tacet_secret_tree *t);
TACET_MUST_CHECK tacet_err tacet_secret_tree_read(tacet_reader *r,
                                                  const tacet_suite *suite,
                                                  tacet_secret_tree *out);

/* Key and nonce of the sender data, from a sample of the ciphertext (6.3.2). */
TACET_MUST_CHECK tacet_err tacet_sender_data_key(
    const tacet_suite *s, const tacet_secret *sender_data_secret,
    tacet_span ciphertext, tacet_message_key *out);

#endif
