/* SPDX-License-Identifier: Apache-2.0
 * audit/replay.h -- a log computed again from its entries.
 */
#ifndef AUDIT_REPLAY_H
#define AUDIT_REPLAY_H

#include "audit/tiles.h"
#include "tacet/keytrans/keylog.h"
#include "tacet/keytrans/note.h"

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
  /* The last EPOCH before it that is right: the keys of its map, and the entry
   * behind it; 0 if there is none. */
  uint64_t good_size, good_end;
} aud_replay;

/* Zeroes it; NOMEM. aud_replay_end() also after an error. */
TACET_MUST_CHECK tacet_err aud_replay_start(aud_replay *r);
void aud_replay_end(aud_replay *r);
/* The next entry; for aud_tiles_entries(). Errors are of this side. */
tacet_err aud_replay_entry(void *user, uint64_t index, tacet_span entry);

/* The fault as evidence that others can check by itself, beside the copy in
 * `dir` (audit/accuse.c). `note` is its checkpoint. What was replayed is of no
 * use afterwards. NOT_FOUND where the copy as a whole is the only evidence: the
 * fault is of another kind, or too much lies between two EPOCHs. */
TACET_MUST_CHECK tacet_err aud_replay_accuse(const char *dir, aud_replay *r,
                                             tacet_span note,
                                             const tacet_note_key *log);
/* For aud_tiles: ctx is the copy's folder. */
tacet_err aud_read_tile(void *ctx, const char *name, size_t max,
                        tacet_bytes *out);

#endif
