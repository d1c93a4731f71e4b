/* SPDX-License-Identifier: Apache-2.0
 * tacet/keytrans/keylog.h -- the key log: what the directory commits to in
 * public, and the proofs that it gives with every answer.
 *
 * The log (tlog.h) has entries of three kinds:
 *
 *   UPDATE     label and version as a VRF output, a commitment to the value
 *   EPOCH      the day, and the root of the map of all UPDATEs before it
 *   STATEMENT  the hash of something that the operator has said in public
 *
 * A checkpoint is published only where an EPOCH is the last entry. Anybody can
 * compute its map again from the log; nobody sees in it whose the labels are.
 *
 * A *label* is what one asks for: a handle, or a week's token keys. It has a
 * value for each version 0, 1, 2, ...: the manifests of the account that has
 * the handle, one after the other. The map has one key for each label and
 * version, so that who learnt one version's cannot recognise the next.
 *
 *   reader                                     directory
 *     label, what it saw last       ------->
 *                        <------- value, head proof, label proof
 *   tacet_keylog_head_verify()     log, witnesses, consistency, EPOCH
 *   tacet_keylog_label_verify()    this version is there, the next is not, and
 *                                  the value is what was committed to
 *
 * docs/protocol/keylog.md has the formats.
 */
#ifndef TACET_KEYTRANS_KEYLOG_H
#define TACET_KEYTRANS_KEYLOG_H

#include "tacet/base.h"
#include "tacet/codec.h"
#include "tacet/crypto/vrf.h"
#include "tacet/keytrans/map.h"
#include "tacet/keytrans/policy.h"
#include "tacet/keytrans/tlog.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- entries ---- */

typedef enum tacet_keylog_kind {
  TACET_KEYLOG_UPDATE = 1,
  TACET_KEYLOG_EPOCH = 2,
  TACET_KEYLOG_STATEMENT = 3
} tacet_keylog_kind;

#define TACET_KEYLOG_ENTRY_MAX 65

typedef struct tacet_keylog_entry {
  tacet_keylog_kind kind;
  tacet_map_hash vrf_output; /* UPDATE: the key in the map */
  tacet_map_hash commitment; /* UPDATE */
  uint32_t day;              /* EPOCH: days since 1970, no finer time */
  uint64_t map_size;         /* EPOCH: UPDATEs before it */
  tacet_map_hash map_root;   /* EPOCH */
  uint8_t hash[32];          /* STATEMENT: SHA-256 of what was said */
} tacet_keylog_entry;

void tacet_keylog_entry_write(const tacet_keylog_entry *e, tacet_buf *out);
/* All of `bytes`. UNKNOWN_TYPE for another kind. */
TACET_MUST_CHECK tacet_err tacet_keylog_entry_read(tacet_span bytes,
                                                   tacet_keylog_entry *out);

/* ---- labels ---- */

#define TACET_KEYLOG_LABEL_MAX 255
#define TACET_KEYLOG_OPENING_LEN 16

typedef struct tacet_keylog_label {
  size_t len;
  uint8_t b[TACET_KEYLOG_LABEL_MAX];
} tacet_keylog_label;

/* "h:" and the folded handle, name@domain. LIMIT where it is too long. */
TACET_MUST_CHECK tacet_err tacet_keylog_label_handle(tacet_span handle,
                                                     tacet_keylog_label *out);

/* "i:" and the first day of a week, in decimal: the keys with which tokens are
 * issued then. */
void tacet_keylog_label_issuers(uint32_t first_day, tacet_keylog_label *out);

/* The key in the map of one version. proof may be NULL: then it is not made,
 * which costs half as much. */
TACET_MUST_CHECK tacet_err tacet_keylog_key(const tacet_vrf_key *vrf,
                                            const tacet_keylog_label *label,
                                            uint32_t version,
                                            tacet_map_hash *out,
                                            uint8_t proof[TACET_VRF_PROOF_LEN]);
/* HMAC-SHA-256(Kc, opening || label || version || value): hides the value until
 * it is opened, binds it for ever. */
TACET_MUST_CHECK tacet_err
tacet_keylog_commit(const uint8_t opening[TACET_KEYLOG_OPENING_LEN],
                    const tacet_keylog_label *label, uint32_t version,
                    tacet_span value, tacet_map_hash *out);
/* The map's value of an UPDATE: SHA-256(commitment || index). It binds where in
 * the log the entry stands, so a leaf that no entry made can be shown to be
 * one. */
TACET_MUST_CHECK tacet_err tacet_keylog_value(const tacet_map_hash *commitment,
                                              uint64_t index,
                                              tacet_map_hash *out);

/* ---- the ladder ---- */

/* Finds the greatest version by looking up few: 0, 1, 3, 6, 10, ... until one
 * is not there, then one by one from the greatest that is. (Each step is one
 * longer than the one before, up to 16; from there on twice as long, and what
 * lies between is halved until fewer than 16 are left.) Who proves and who
 * checks walk the same way. Up to version 135 at most two of its look-ups find
 * nothing: those are what a reader who knows the version has to see again.
 * Zeroed is the start. */
typedef struct tacet_keylog_ladder {
  uint64_t present; /* versions 0 to present - 1 are there */
  uint64_t absent;  /* version absent - 1 is not; 0: none known yet */
  uint64_t stride;  /* of the next step upwards */
} tacet_keylog_ladder;

/* The next version to look up; false once all is known. */
bool tacet_keylog_ladder_next(const tacet_keylog_ladder *l, uint32_t *version);
/* What the look-up of that version gave. */
void tacet_keylog_ladder_tell(tacet_keylog_ladder *l, bool there);

/* ---- the head: which log this is ---- */

typedef struct tacet_keylog_head {
  tacet_tlog_head seen; /* to be remembered in the place of the older one */
  uint32_t day;         /* of the EPOCH */
  uint64_t map_size;
  tacet_map_hash map_root;
  size_t n_witnesses;
  uint64_t witnessed; /* seconds; tacet_policy_verdict */
} tacet_keylog_head;

/* Writes the proof of a head for a reader who saw `old_size`. `note` is the
 * signed checkpoint of `size`, whose last entry is `epoch`. */
TACET_MUST_CHECK tacet_err tacet_keylog_head_prove(
    const tacet_tlog_source *log, uint64_t old_size, uint64_t size,
    const tacet_keylog_entry *epoch, tacet_span note, tacet_buf *out);
/* Checks the checkpoint by the policy, that it continues what was seen, and
 * that its last entry is the EPOCH. `latest` in seconds, as for
 * tacet_policy_judge(), whose errors these are; and FORK where the log was
 * rolled back or rewritten: then the note is evidence. */
TACET_MUST_CHECK tacet_err tacet_keylog_head_verify(const tacet_policy *policy,
                                                    const tacet_tlog_head *seen,
                                                    uint64_t latest,
                                                    tacet_span proof,
                                                    tacet_keylog_head *out);

/* ---- a label: what it stands for ---- */

/* What the directory has of the greatest version. */
typedef struct tacet_keylog_opening {
  uint8_t opening[TACET_KEYLOG_OPENING_LEN];
  uint64_t index; /* of its UPDATE in the log */
} tacet_keylog_opening;

/* A reader who has verified some version as the greatest before may name it:
 * `seen` is one more than that version, 0 for none. Then the proof leaves out
 * what this reader has verified already, the ladder's versions *below* that
 * one; the version itself (or a greater one) and all that is not there are in
 * it. Why that is enough: docs/protocol/keylog.md. */

/* Writes the proof of a label's greatest version, or that it has none.
 * `opening` is that of the greatest version, NULL if there is none. The map has
 * to be the head's. Where the map does not have the version that the reader has
 * seen, nothing is left out. STATE if it has versions where `opening` is NULL,
 * or none where it is not. */
TACET_MUST_CHECK tacet_err tacet_keylog_label_prove(
    tacet_map *map, const tacet_vrf_key *vrf, const tacet_keylog_label *label,
    uint32_t seen, const tacet_keylog_opening *opening, tacet_buf *out);

/* Its bytes. */
void tacet_keylog_opening_write(const tacet_keylog_opening *o, tacet_buf *out);

typedef struct tacet_keylog_answer {
  bool exists;
  uint32_t version; /* the greatest; what follows is of it */
  /* To be remembered: a later map has to have this key with this value. */
  tacet_map_hash key, value;
  uint64_t index;
} tacet_keylog_answer;

/* Checks that proof against a head: every version's key by the VRF, the ladder,
 * the map, and that `value` is what the greatest version commits to (ignored
 * where there is none). `seen` as it was named in the question: a proof that
 * leaves out anything else than that allows does not fit. AUTH if anything does
 * not fit; any INPUT error. */
TACET_MUST_CHECK tacet_err tacet_keylog_label_verify(
    const tacet_keylog_head *head, tacet_span vrf_public_key,
    const tacet_keylog_label *label, uint32_t seen, tacet_span value,
    tacet_span proof, tacet_keylog_answer *out);

/* That version 0 of the label commits to `value`, by the bytes of its opening,
 * under a proof of the label that was checked against that head. AUTH if not;
 * any INPUT error. */
TACET_MUST_CHECK tacet_err tacet_keylog_first_verify(
    const tacet_keylog_head *head, tacet_span vrf_public_key,
    const tacet_keylog_label *label, tacet_span value, tacet_span proof,
    tacet_span opening);

#ifdef __cplusplus
}
#endif
#endif
