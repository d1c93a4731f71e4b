/* SPDX-License-Identifier: Apache-2.0
 * A small key log in memory that can be made to lie, for the tests of evidence:
 * its keys are known bytes, so that what it signs can be made again.
 */
#ifndef TESTS_SMALL_LOG_H
#define TESTS_SMALL_LOG_H

#include "tests/support/support.h"

#include "tacet/keytrans/evidence.h"

#define SMALL_MAX 64
#define SMALL_ORIGIN "chat.example/keylog"
#define SMALL_DAY 20000u /* of the first EPOCH; 86400 seconds each */

typedef struct small_item {
  tacet_map_hash key, value;
  uint64_t from, until; /* in the maps of EPOCHs with these indexes */
} small_item;

typedef struct small_log {
  size_t n, n_items;
  tacet_keylog_entry entries[SMALL_MAX];
  uint8_t bytes[SMALL_MAX][TACET_KEYLOG_ENTRY_MAX];
  size_t lens[SMALL_MAX];
  tacet_tlog_frontier frontier;
  tacet_tlog_hash nodes[8][SMALL_MAX];
  small_item items[SMALL_MAX];
  tacet_buf arena; /* what the spans point into */
} small_log;

typedef struct small_keys {
  tacet_secret log_private, witness_private[3];
  tacet_note_key log, witness[3];
  char policy[2048]; /* two of the three witnesses */
} small_keys;

/* SHA-256 of a name. */
void small_bytes(const char *name, uint8_t out[32]);
void small_keys_make(small_keys *k);
/* The same after the log got another key, with what both say of each other. */
void small_keys_rotate(const small_keys *k, small_keys *out, tacet_handover *h);

void small_log_start(small_log *l);
void small_log_end(small_log *l);
/* An UPDATE; its leaf goes into the maps that follow, unless `left_out`. */
uint64_t small_update(small_log *l, const char *key, const char *commitment,
                      bool left_out);
/* An UPDATE that commits to a manifest. */
uint64_t small_manifest(small_log *l, const char *handle, uint32_t version,
                        tacet_span manifest, uint8_t opening[16]);
/* A leaf that no entry made. */
void small_phantom(small_log *l, const char *key, const char *commitment,
                   uint64_t index);
uint64_t small_epoch(small_log *l, uint32_t day);

/* The checkpoint of `size`, cosigned by the witnesses at `time` (0: none). */
tacet_span small_note(small_log *l, const small_keys *k, uint64_t size,
                      uint64_t time);
/* That checkpoint; small_show() and small_prefix() add to it. */
tacet_evidence_shown small_head(small_log *l, const small_keys *k,
                                uint64_t size);
void small_show(small_log *l, tacet_evidence_shown *s, uint64_t size,
                uint64_t index);
void small_prefix(small_log *l, tacet_evidence_shown *s, uint64_t size,
                  uint64_t old_size);
tacet_evidence_shown small_shown(small_log *l, const small_keys *k,
                                 uint64_t size, uint64_t index);
/* MapProof of a key in the map of the EPOCH at `epoch`. */
tacet_span small_map(small_log *l, uint64_t epoch, const tacet_map_hash *key);
/* WRONG_MAP of the EPOCH at `epoch` by the one at `before` (0: it is the
 * first); with what is between and, if `maps`, the proofs of its keys. */
void small_between(small_log *l, const small_keys *k, tacet_evidence *e,
                   uint64_t before, uint64_t epoch, bool maps);
tacet_tlog_source small_source(small_log *l);

#endif
