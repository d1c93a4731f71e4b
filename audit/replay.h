/* SPDX-License-Identifier: Apache-2.0
 * audit/replay.h -- a log computed again from its entries.
 */
#ifndef AUDIT_REPLAY_H
#define AUDIT_REPLAY_H

#include "audit/tiles.h"
#include "tacet/keytrans/keylog.h"

typedef enum aud_fault {
  AUD_FAULT_NONE = 0,
  AUD_FAULT_FORM,  /* an entry that is none */
  AUD_FAULT_TWICE, /* an UPDATE whose key came before */
  AUD_FAULT_COUNT, /* an EPOCH whose map_size is wrong */
  AUD_FAULT_MAP    /* an EPOCH whose map_root is */
} aud_fault;

typedef struct aud_replay {
  tacet_tlog_frontier tree;
  tacet_map *map;
  uint64_t n_updates, n_epochs;
  bool ends_in_epoch;
  aud_fault fault; /* the first; what comes behind it is not judged */
  uint64_t at;     /* which entry */
  tacet_map_hash key;
} aud_replay;

/* Zeroes it; NOMEM. aud_replay_end() also after an error. */
TACET_MUST_CHECK tacet_err aud_replay_start(aud_replay *r);
void aud_replay_end(aud_replay *r);
/* The next entry; for aud_tiles_entries(). Errors are of this side. */
tacet_err aud_replay_entry(void *user, uint64_t index, tacet_span entry);

#endif
