/* SPDX-License-Identifier: Apache-2.0
 * Commits: taking one apart, and making one (RFC 9420 12.4).
 */
#ifndef TACET_MLS_COMMIT_H
#define TACET_MLS_COMMIT_H

#include "mls/own_leaf.h"
#include "mls/proposals.h"

/* ---- receiving (commit_stage.c) ---- */

typedef struct tacet_commit_stage_args {
  tacet_mls_psks psks;
  uint64_t now;     /* 0: lifetimes are not looked at */
  bool public_only; /* stops before what this member alone can find */
} tacet_commit_stage_args;
/* From a frame whose signature is verified to g->staged. NOT_FOUND: PSKs are
 * missing; g->needed has them. */
TACET_MUST_CHECK tacet_err
tacet_commit_stage(tacet_mls_group *g, const tacet_frame *frame,
                   const tacet_commit_stage_args *args);

/* ---- sending ---- */

/* A proposal of the caller's, encoded (proposal_build.c). */
TACET_MUST_CHECK tacet_err tacet_proposal_build(const tacet_suite *suite,
                                                const tacet_mls_proposal *p,
                                                tacet_buf *w);

/* A commit in the making. */
typedef struct tacet_commit_job {
  tacet_mls_group *g;
  tacet_sender sender;
  const tacet_mls_commit_args *args;
  uint64_t now;
  bool successor;           /* see tacet_proposal_rules */
  const tacet_secret *init; /* init_secret of the next epoch's schedule */
  tacet_span external_init; /* kem_output; external commits */
  tacet_own_leaf *leaf;     /* for the path; NULL: no path */
  tacet_buf values;         /* encoded proposals by value */
  tacet_proposal_list list;
  tacet_secret psk_secret;
} tacet_commit_job;
void tacet_commit_job_free(tacet_commit_job *job);

/* From a filled job (list, psk_secret and leaf decided) to what is sent and
 * what comes next. The group is as before, but for the spent generation of a
 * private message. */
TACET_MUST_CHECK tacet_err tacet_commit_make(tacet_commit_job *job,
                                             tacet_next *next,
                                             tacet_mls_commit_result *result);
/* The list from job->args; checked. (commit_list.c) */
TACET_MUST_CHECK tacet_err tacet_commit_job_list(tacet_commit_job *job);

/* tacet_mls_commit(), also for the first commit of a successor (commit.c). */
TACET_MUST_CHECK tacet_err tacet_commit_pending(
    tacet_mls_group *g, const tacet_mls_commit_args *args, uint64_t now,
    bool successor, tacet_mls_commit_result *result);

/* Signs and wraps a handshake frame (handshake.c): public, or private with the
 * next handshake generation, which the caller then spends. */
typedef struct tacet_wrap {
  bool public_message;
  size_t padding;
} tacet_wrap;
TACET_MUST_CHECK tacet_err tacet_handshake_write(tacet_mls_group *g,
                                                 const tacet_frame *f,
                                                 const tacet_wrap *wrap,
                                                 uint32_t *generation,
                                                 tacet_buf *message);
TACET_MUST_CHECK tacet_err tacet_handshake_spend(tacet_mls_group *g,
                                                 const tacet_wrap *wrap,
                                                 uint32_t generation);

#endif
