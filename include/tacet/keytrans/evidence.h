/* SPDX-License-Identifier: Apache-2.0
 * tacet/keytrans/evidence.h -- what a key log did wrong, as a text file that a
 * stranger checks offline, with public keys alone.
 *
 * Evidence is made of what the log's key has signed, and of proofs that lead
 * from there. It stands if no log that keeps to docs/protocol/keylog.md could
 * have signed all of it; so it accuses nobody who did no wrong, whoever wrote
 * the file. It shows that the *key* signed, not who had it, nor why.
 *
 *   SPLIT_VIEW         two checkpoints that cannot be of one log
 *   ROLLBACK           an EPOCH's map lacks what an earlier one's had
 *   OMISSION           an EPOCH's map lacks an UPDATE before it
 *   PHANTOM_LEAF       an EPOCH's map has a leaf that no UPDATE made
 *   UNSIGNED_MANIFEST  a logged manifest does not follow the one before
 *   LATE_INCLUSION     an EPOCH bears a day that was long over when it came
 *   WRONG_MAP          an EPOCH's map is not the one before and what was logged
 *                      between the two
 *   REPORT             words about something that nobody signed: no evidence
 *
 * docs/protocol/evidence.md has the form, and why each kind is proof.
 */
#ifndef TACET_KEYTRANS_EVIDENCE_H
#define TACET_KEYTRANS_EVIDENCE_H

#include "tacet/base.h"
#include "tacet/codec.h"
#include "tacet/keytrans/handover.h"
#include "tacet/keytrans/keylog.h"
#include "tacet/keytrans/manifest.h"
#include "tacet/keytrans/policy.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_EVIDENCE_MAX (256 * 1024) /* bytes of a file */
#define TACET_EVIDENCE_TEXT_MAX 4096    /* of a report's words */
/* Whole days that must have passed since an EPOCH's day: clocks of the log and
 * of its witnesses may each be wrong by one. */
#define TACET_EVIDENCE_DAYS 2

/* Entries between two EPOCHs. Who logs more at once has the whole log for
 * evidence. */
#define TACET_EVIDENCE_BETWEEN_MAX 256

typedef enum tacet_evidence_kind {
  TACET_EVIDENCE_SPLIT_VIEW = 1,
  TACET_EVIDENCE_ROLLBACK = 2,
  TACET_EVIDENCE_OMISSION = 3,
  TACET_EVIDENCE_PHANTOM_LEAF = 4,
  TACET_EVIDENCE_UNSIGNED_MANIFEST = 5,
  TACET_EVIDENCE_LATE_INCLUSION = 6,
  TACET_EVIDENCE_REPORT = 7,
  TACET_EVIDENCE_WRONG_MAP = 8
} tacet_evidence_kind;

/* As in the file: "split-view". */
const char *tacet_evidence_kind_name(tacet_evidence_kind kind);

/* A signed checkpoint, and what is shown of the log under it. */
typedef struct tacet_evidence_shown {
  tacet_span note; /* empty: this part of the evidence is not there */
  /* An entry of the log and its proof of inclusion; empty: none is shown. */
  tacet_span entry;
  uint64_t index;
  tacet_tlog_proof entry_path;
  /* The root of the first entries, and its proof of consistency; size 0: not
   * shown. For a split view alone. */
  tacet_tlog_head prefix;
  tacet_tlog_proof prefix_path;
} tacet_evidence_shown;

/* One of the entries between two EPOCHs. */
typedef struct tacet_evidence_between {
  tacet_span entry;
  tacet_span path; /* its proof of inclusion: hashes, 32 bytes each */
  /* MapProof of an UPDATE's key: that it is not in the map of the EPOCH before
   * and of the UPDATEs up to this one. Empty for a STATEMENT, and for all where
   * the EPOCH counts wrongly. */
  tacet_span map;
} tacet_evidence_between;

/* What a file says. Each kind uses the fields that its comment names; the
 * others are to be zero. */
typedef struct tacet_evidence {
  tacet_evidence_kind kind;
  tacet_note_key log; /* who is accused */
  /* Where a part was signed by another key of that log: that the two are of one
   * (from: `log`). to.type 0: all was signed by `log`. */
  tacet_handover handover;

  /* SPLIT_VIEW         two checkpoints, each with an entry, a prefix, or none
   * ROLLBACK           the earlier EPOCH, the later one
   * OMISSION           the UPDATE, then the EPOCH behind it; or another UPDATE
   *                    of the same key
   * PHANTOM_LEAF       the EPOCH, then the entry that the leaf names (nothing
   *                    if it names one that is not before the EPOCH)
   * UNSIGNED_MANIFEST  the UPDATE, or an EPOCH whose map has its leaf; then the
   *                    UPDATE of the version before (nothing if the manifest
   *                    itself names `previous` by its hash, or could not be
   *                    valid after any other)
   * WRONG_MAP          the EPOCH, then the one before it (nothing if it is the
   *                    first)
   * LATE_INCLUSION     a checkpoint that does not have the EPOCH yet, with its
   *                    cosignatures; then the EPOCH */
  tacet_evidence_shown first, second;

  /* ROLLBACK, PHANTOM_LEAF, UNSIGNED_MANIFEST: the key in the map. */
  tacet_map_hash key;
  /* MapProofs: for the EPOCH of `first` (ROLLBACK, PHANTOM_LEAF,
   * UNSIGNED_MANIFEST) and of `second` (ROLLBACK, OMISSION). A ROLLBACK without
   * them is a map that became smaller, a PHANTOM_LEAF without is a map of more
   * keys than there were entries; then `key` is not used either. */
  tacet_span first_map, second_map;
  /* PHANTOM_LEAF: what the leaf was made of. UNSIGNED_MANIFEST with a map: the
   * index alone; the commitment follows from the opening. */
  tacet_map_hash commitment;
  uint64_t leaf_index;

  /* UNSIGNED_MANIFEST */
  tacet_keylog_label label;
  uint32_t version;
  uint8_t opening[TACET_KEYLOG_OPENING_LEN];          /* of `manifest` */
  uint8_t previous_opening[TACET_KEYLOG_OPENING_LEN]; /* if `second` is there */
  tacet_span manifest, previous; /* previous may be empty */

  /* WRONG_MAP: each entry behind the EPOCH of `second` (from the first entry
   * on, if there is none) and before that of `first`; of the checkpoint of
   * `first`.
   */
  size_t n_between;
  tacet_evidence_between between[TACET_EVIDENCE_BETWEEN_MAX];

  tacet_span text; /* REPORT: lines of UTF-8, each with its newline */
} tacet_evidence;

/* Writes the file. Of the notes only the log's signatures are kept, and for a
 * LATE_INCLUSION the cosignatures of the policy's witnesses (`policy` is NULL
 * for other kinds). Nothing is written unless it stands: errors as of
 * tacet_evidence_verify(). A REPORT is written in any case. */
TACET_MUST_CHECK tacet_err tacet_evidence_write(const tacet_evidence *e,
                                                const tacet_policy *policy,
                                                tacet_buf *out);

/* What evidence that stands is about. */
typedef struct tacet_evidence_verdict {
  tacet_evidence_kind kind;
  tacet_note_key log;
  tacet_note_key other;     /* another key of it, which signed too; or type 0 */
  tacet_tlog_head heads[2]; /* of first and second; zero where there is none */
  uint64_t indexes[2];      /* of their entries */
  /* SPLIT_VIEW: the first entries of the range that both have, differently,
   * and the first behind it. */
  uint64_t from, to;
  tacet_keylog_label label; /* UNSIGNED_MANIFEST, as is the version */
  uint32_t version;
  uint32_t day;       /* LATE_INCLUSION: the EPOCH's */
  uint64_t witnessed; /* LATE_INCLUSION: when it was not there yet; seconds */
} tacet_evidence_verdict;

/* Checks a file. `log` is whom one suspects, NULL for whoever the file names:
 * then compare verdict.log with the key that one knows. It may be either
 * key that a hand-over names, for both have signed that. `policy` may be NULL;
 * if not, the log has to be one of its.
 *   AUTH         it does not stand: a signature or a proof is wrong, or what is
 *                shown is no contradiction, or it is about another log
 *   POLICY       a LATE_INCLUSION, which needs a policy whose quorum has
 *                cosigned the first checkpoint
 *   UNSUPPORTED  a REPORT: nothing in it can be checked; out->kind and log (not
 *                checked) are set
 *   INPUT errors it is no evidence, or not in the one form of its content */
TACET_MUST_CHECK tacet_err tacet_evidence_verify(tacet_span file,
                                                 const tacet_note_key *log,
                                                 const tacet_policy *policy,
                                                 tacet_evidence_verdict *out);

/* ---- from what a directory answers ---- */

/* Takes a HeadProof apart, which may be one that was refused: its note, the
 * EPOCH with its inclusion, and the root that it claims for the first
 * `old_size` entries, which is what the reader named. That root can be told
 * only where old_size is no power of two; else no prefix is shown. Any INPUT
 * error. Spans point into `proof`. */
TACET_MUST_CHECK tacet_err tacet_evidence_from_head(tacet_span proof,
                                                    uint64_t old_size,
                                                    tacet_evidence_shown *out);
/* The step of a LabelProof that is about `version`: the key, by the VRF, and
 * the bytes of its MapProof. *opening gets the proof's, zero if it has none.
 * NOT_FOUND if it shows no such step; AUTH if the VRF does not show the
 * key; any INPUT error. */
TACET_MUST_CHECK tacet_err tacet_evidence_from_label(
    tacet_span proof, tacet_span vrf_public_key,
    const tacet_keylog_label *label, uint32_t version, tacet_map_hash *key,
    tacet_span *map_proof, tacet_keylog_opening *opening);

/* An answer that a reader refused. */
typedef struct tacet_evidence_answer {
  tacet_span head_proof, label_proof; /* of keylog.h */
  tacet_span vrf_public_key;
  const tacet_keylog_label *label;
  tacet_span manifest; /* the newest, to which the greatest version commits */
  tacet_span previous; /* the one before it, if there is one; may be empty */
} tacet_evidence_answer;
/* Evidence by that answer alone: of an unsigned manifest that the map commits
 * to, or of a leaf that names an entry which is not before its EPOCH. Errors
 * as of tacet_evidence_write(): AUTH if the answer proves nothing. */
TACET_MUST_CHECK tacet_err tacet_evidence_of_answer(
    const tacet_evidence_answer *a, const tacet_note_key *log, tacet_buf *out);

#ifdef __cplusplus
}
#endif
#endif
