/* SPDX-License-Identifier: Apache-2.0
 * tests/support/fake_log.h -- the key log of the server in memory: every
 * manifest is in it at once, and a checkpoint is signed behind each.
 *
 * A test that wants a directory to lie swaps the log for another one with the
 * same keys: fake_log_copy() with fewer entries is a backup put back, and two
 * copies that went on differently are two histories.
 */
#ifndef TACET_TESTS_FAKE_LOG_H
#define TACET_TESTS_FAKE_LOG_H

#include "tacet/keytrans/keylog.h"
#include "tacet/keytrans/trust.h"

#define FAKE_WITNESSES 3
#define FAKE_MAX_AGE 86400 /* seconds, in the trust that invites carry */

typedef struct fake_log {
  /* Keys, the same in every copy. */
  tacet_vrf_key vrf;
  tacet_secret log_key, witness_keys[FAKE_WITNESSES];
  tacet_note_key log_name, witness_names[FAKE_WITNESSES];

  struct fake_update *updates;
  size_t n_updates;
  tacet_map *map;
  tacet_tlog_frontier frontier;
  tacet_tlog_hash *nodes[48]; /* by level */
  size_t n_nodes[48];
  tacet_keylog_entry epoch; /* the last */

  bool has_notices;     /* the trust names this account */
  uint8_t notices[32];  /* ... for the operator's notices */
  size_t quorum;        /* of the trust that invites carry; 0: none */
  size_t n_cosign;      /* so many witnesses sign */
  uint64_t cosigned_at; /* seconds; 0: now */
  int64_t dated;        /* EPOCHs bear the day that is so many days off */
} fake_log;

fake_log *fake_log_new(void);
void fake_log_free(fake_log *l);
/* The log as it was after its first n updates, with the same keys. */
fake_log *fake_log_copy(const fake_log *l, size_t n);
/* The next version of a handle, and the EPOCH behind it. */
void fake_log_update(fake_log *l, const char *handle, tacet_span manifest,
                     uint64_t now_ms);
/* The token keys of a week, unless they are there. */
void fake_log_issuers(fake_log *l, uint32_t first_day, tacet_span value,
                      uint64_t now_ms);
/* Their next version, which no honest log has. */
void fake_log_issuers_again(fake_log *l, uint32_t first_day);
/* Trust, as it stands in invites. */
void fake_log_trust(const fake_log *l, tacet_buf *out);
/* The signed checkpoint; HeadProof; LabelProof. */
void fake_log_note(const fake_log *l, uint64_t now_ms, tacet_buf *out);
void fake_log_head(fake_log *l, uint64_t from, uint64_t now_ms, tacet_buf *out);
void fake_log_label(fake_log *l, const char *handle, uint32_t seen,
                    tacet_buf *out);
/* Opening of its version 0, if it has others. */
void fake_log_first(fake_log *l, const char *handle, tacet_buf *out);
void fake_log_week(fake_log *l, uint32_t first_day, tacet_buf *out);

#endif
