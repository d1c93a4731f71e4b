/* SPDX-License-Identifier: Apache-2.0
 * Logs that did wrong, each in one way, and the evidence of it.
 */
#ifndef TESTS_EVIDENCE_CASES_H
#define TESTS_EVIDENCE_CASES_H

#include "tests/unit/keytrans/small_log.h"

/* Where they stand: what the evidence's spans point into. */
typedef struct evidence_stage {
  small_keys keys, rotated; /* of the honest log and of the lying one */
  tacet_handover handover;
  small_log honest, lying;
  tacet_bytes manifests[3]; /* Bob's number 0, his number 1, a ghost's */
} evidence_stage;

/* Two logs of one key that are the same up to here. */
#define STAGE_FORK 5

void evidence_stage_start(evidence_stage *s);
void evidence_stage_end(evidence_stage *s);

typedef struct evidence_case {
  const char *name;
  void (*make)(evidence_stage *s, tacet_evidence *e); /* *e zeroed */
  bool needs_policy;
} evidence_case;

extern const evidence_case evidence_cases[];
extern const size_t n_evidence_cases;

#endif
