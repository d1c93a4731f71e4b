/* SPDX-License-Identifier: Apache-2.0
 * tacet/keytrans/policy.h -- which checkpoints are believed: a trust policy in
 * the text form of c2sp.org/tlog-policy.
 *
 *   log chat.example+1a2b3c4d+AX...         which log (one of several)
 *   witness a witness-a.example+... [URL]   who may vouch that all see the same
 *   witness b witness-b.example+... [URL]
 *   group both all a b                      all, any, or a number of them
 *   quorum both                             what must have vouched; or "none"
 *
 * A policy comes from outside of what it judges: a client has it from its
 * invite, never from the server whose log it is.
 */
#ifndef TACET_KEYTRANS_POLICY_H
#define TACET_KEYTRANS_POLICY_H

#include "tacet/base.h"
#include "tacet/keytrans/note.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_POLICY_TEXT_MAX (32 * 1024)
#define TACET_POLICY_LOGS_MAX 32 /* what the standard recommends at least */
#define TACET_POLICY_WITNESSES_MAX 32
#define TACET_POLICY_GROUPS_MAX 32

typedef struct tacet_policy tacet_policy;

/* Copies what it needs. ENCODING for a line that is none, a name that is used
 * before it is defined, a key or member that stands there twice, no quorum;
 * *line gets the number of the line at fault, from 1. LIMIT for too many. */
TACET_MUST_CHECK tacet_err tacet_policy_read(tacet_span text,
                                             tacet_policy **out, size_t *line);
void tacet_policy_free(tacet_policy *p);

/* For who changes a policy's text: the next line, without its newline, which
 * the last one may lack; and the next word of a line, empty at its end. *rest
 * moves on behind it. */
tacet_span tacet_policy_line(tacet_span *rest);
tacet_span tacet_policy_word(tacet_span *rest);

typedef struct tacet_policy_witness {
  tacet_span name;
  tacet_span url; /* empty: none given */
  const tacet_note_key *key;
} tacet_policy_witness;

size_t tacet_policy_witness_count(const tacet_policy *p);
/* The i-th of the text; borrowed from the policy. */
tacet_policy_witness tacet_policy_witness_at(const tacet_policy *p, size_t i);
/* "quorum none": nobody has to vouch. */
bool tacet_policy_is_unwitnessed(const tacet_policy *p);

/* What a checkpoint that is believed says. */
typedef struct tacet_policy_verdict {
  tacet_checkpoint checkpoint; /* borrowed from the note */
  const tacet_note_key *log;   /* which of the policy's */
  size_t n_witnesses;          /* that vouched */
  /* The latest time, in seconds, that the quorum vouches for: all whose
   * cosignature is older could be left out. 0 where the quorum is none. How old
   * it may be is for the caller. */
  uint64_t witnessed;
} tacet_policy_verdict;

/* Judges a signed checkpoint. A cosignature from later than `latest` (seconds;
 * the clock and some allowance) does not count.
 *   AUTH    not signed by a log of the policy under that log's origin, or a
 *           signature of a known key is wrong
 *   POLICY  too few witnesses vouched; *out is filled all the same
 *   other   the note or checkpoint is malformed */
TACET_MUST_CHECK tacet_err tacet_policy_judge(const tacet_policy *p,
                                              tacet_span note, uint64_t latest,
                                              tacet_policy_verdict *out);

#ifdef __cplusplus
}
#endif
#endif
