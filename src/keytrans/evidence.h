/* SPDX-License-Identifier: Apache-2.0
 * What the parts of evidence share: its form, its notes, and what it shows of a
 * tree. */
#ifndef KEYTRANS_EVIDENCE_H
#define KEYTRANS_EVIDENCE_H

#include "tacet/keytrans/evidence.h"

/* ---- form (evidence_form.c) ---- */

/* Spans of *out point into the file or into `store`, which is empty before. */
tacet_err evidence_read(tacet_span file, tacet_buf *store, tacet_evidence *out);
void evidence_write(const tacet_evidence *e, tacet_buf *out);

/* ---- notes (evidence_note.c) ---- */

/* The keys that may have signed: the log's, and another one of it. */
typedef struct evidence_keys {
  size_t n;
  const tacet_note_key *key[2];
} evidence_keys;
evidence_keys evidence_keys_of(const tacet_evidence *e);

/* The note with the lines of these keys alone, and of the policy's witnesses;
 * policy may be NULL. Any INPUT error; AUTH if a line is wrong. */
tacet_err evidence_note_strip(tacet_span note, const evidence_keys *keys,
                              const tacet_policy *policy, tacet_buf *out);
/* AUTH unless one of them has signed it as its checkpoint, and no line is there
 * that evidence_note_strip() would not keep. *signers: a bit for each of the
 * keys that has. */
tacet_err evidence_note_check(tacet_span note, const evidence_keys *keys,
                              const tacet_policy *policy, tacet_tlog_head *out,
                              unsigned *signers);

/* ---- entries between two EPOCHs (evidence_between.c) ---- */

/* OK if `epoch` counts other keys than `before` (zeroed: the empty map) and the
 * UPDATEs between, or has another map; AUTH if not, or a proof is wrong. The
 * first entry between stands at `from`, under `head`. */
tacet_err evidence_between_check(const tacet_evidence *e,
                                 const tacet_tlog_head *head, uint64_t from,
                                 const tacet_keylog_entry *before,
                                 const tacet_keylog_entry *epoch);

/* ---- ranges (evidence_ranges.c) ---- */

/* MTH(D[lo:hi]) of a log whose entries are D. */
typedef struct evidence_range {
  uint64_t lo, hi;
  tacet_tlog_hash hash;
} evidence_range;

/* All that proofs under one head bind. */
#define RANGES_MAX (4 * TACET_TLOG_PROOF_MAX + 4)
typedef struct evidence_ranges {
  size_t n;
  evidence_range r[RANGES_MAX];
} evidence_ranges;

/* What `s` shows under `head`, which is its checkpoint's. AUTH if a proof does
 * not lead to that root. */
tacet_err evidence_ranges_of(const tacet_evidence_shown *s,
                             const tacet_tlog_head *head, evidence_ranges *out);
/* A range that both have with different hashes, the shortest; NULL if they
 * agree in all that they have in common. */
const evidence_range *evidence_ranges_differ(const evidence_ranges *a,
                                             const evidence_ranges *b);

#endif
