/* SPDX-License-Identifier: Apache-2.0
 * One encoding of every struct of tacet/mlswire.h, with each of its branches;
 * and reading and writing by a kind's number, which fuzz/mlsmessage.c shares.
 */
#ifndef TESTS_UNIT_MLSWIRE_SAMPLES_H
#define TESTS_UNIT_MLSWIRE_SAMPLES_H

#include "tacet/mlswire.h"

/* What can be read on its own. The number is the first byte of a fuzz input. */
typedef enum wire_kind {
  WIRE_MESSAGE,
  WIRE_CONTENT_APPLICATION, /* PrivateMessageContent of each content type */
  WIRE_CONTENT_PROPOSAL,
  WIRE_CONTENT_COMMIT,
  WIRE_LEAF_NODE,
  WIRE_KEY_PACKAGE,
  WIRE_PROPOSAL,
  WIRE_UPDATE_PATH,
  WIRE_RATCHET_TREE,
  WIRE_GROUP_CONTEXT,
  WIRE_GROUP_INFO,
  WIRE_GROUP_SECRETS,
  WIRE_REQUIRED_CAPABILITIES,
  WIRE_EXTERNAL_SENDERS,
  WIRE_EXTERNAL_PUB,
  WIRE_SENDER_DATA,
  WIRE_KINDS
} wire_kind;

/* Reads `in` as that kind, and writes what was read, lists element by element:
 * the same bytes are due in w. */
TACET_MUST_CHECK tacet_err wire_round_trip(wire_kind kind, tacet_span in,
                                           tacet_buf *w);

/* A Commit, its lists taken apart and written element by element. */
void wire_commit_write(tacet_buf *w, const tacet_commit *commit);

/* Samples 0 .. wire_n_samples() - 1; appended to w. */
size_t wire_n_samples(void);
const char *wire_sample_name(size_t i);
wire_kind wire_sample(size_t i, tacet_buf *w);

/* The fields of some samples, for tests to alter. */
void wire_leaf(tacet_leaf_node *out, uint8_t source);
void wire_key_package(tacet_key_package *out);

#endif
