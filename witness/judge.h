/* SPDX-License-Identifier: Apache-2.0
 * witness/judge.h -- one add-checkpoint in the database: judged by what is
 * remembered, and remembered, in one transaction.
 */
#ifndef WITNESS_JUDGE_H
#define WITNESS_JUDGE_H

#include "witness/store.h"

typedef struct wit_judgement wit_judgement;
struct wit_judgement {
  sto_job job; /* first: a job is its judgement */
  const wit_identity *identity;
  int64_t time;                  /* seconds */
  tacet_bytes body;              /* what `request` points into */
  tacet_witness_request request; /* that was read from it */
  /* the outcome */
  tacet_witness_status status;
  tacet_tlog_head remembered; /* for CONFLICT */
  tacet_buf answer;           /* OK: the cosignature's line */
  void *user;                 /* the caller's */
};

/* Reads the body, which is copied: any INPUT error. `done` as for a sto_job;
 * the caller frees it then. */
TACET_MUST_CHECK tacet_err wit_judgement_new(
    const wit_identity *identity, tacet_span body, int64_t time,
    void (*done)(sto_job *job, tacet_err err), wit_judgement **out);
void wit_judgement_free(wit_judgement *j);

#endif
