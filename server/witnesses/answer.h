/* SPDX-License-Identifier: Apache-2.0
 * server/witnesses/answer.h -- what a witness answers, without its HTTP
 * (c2sp.org/tlog-witness v1.0.0). Whatever it sends, the worst that becomes of
 * it is a witness that does not count.
 */
#ifndef TACETD_WITNESSES_ANSWER_H
#define TACETD_WITNESSES_ANSWER_H

#include "tacet/keytrans/policy.h"

#define WTS_ANSWER_MAX (16 * 1024) /* bytes of an answer to add-checkpoint */

typedef enum wts_answer_kind {
  WTS_ANSWER_COSIGNED,     /* 200, with a cosignature of its key */
  WTS_ANSWER_CONFLICT,     /* 409: it remembers another size */
  WTS_ANSWER_REFUSED,      /* 403, 404: it does not know the log, or its key */
  WTS_ANSWER_CONTRADICTED, /* 422: it says that the log was rewritten */
  WTS_ANSWER_LATER,        /* 429, 5xx */
  WTS_ANSWER_GARBAGE       /* anything else */
} wts_answer_kind;

typedef struct wts_answer {
  wts_answer_kind kind;
  uint64_t size;   /* CONFLICT */
  uint64_t time;   /* COSIGNED: seconds */
  tacet_span line; /* COSIGNED: its line, with the newline; into the body */
} wts_answer;

/* Reads the answer to a checkpoint with this text. Of several cosignatures one
 * is taken, the first of this key. An error is of this side alone. */
TACET_MUST_CHECK tacet_err wts_answer_read(int status, tacet_span body,
                                           tacet_span text,
                                           const tacet_note_key *key,
                                           wts_answer *out);

/* What a log shows to its witnesses. All calls from any thread. */
typedef struct wts_log {
  void *ctx;
  /* Writes the checkpoint of the newest head, with the log's own signature.
   * NOT_FOUND: there is none yet. */
  tacet_err (*next)(void *ctx, tacet_buf *note);
  /* Neither size is beyond the newest head. */
  tacet_err (*consistency)(void *ctx, uint64_t old_size, uint64_t size,
                           tacet_tlog_proof *out);
  /* Takes the checkpoint with a quorum's cosignatures. STATE: it has a newer
   * one. May wait for the disk. */
  tacet_err (*publish)(void *ctx, tacet_span note);
} wts_log;

typedef enum wts_memory {
  WTS_MEMORY_NONE,  /* nothing of this log that could be believed */
  WTS_MEMORY_KNOWN, /* a head that ours continues */
  /* A head with the log's own signature that ours does not continue: the tables
   * were put back to an older state, or somebody else has the log's key. */
  WTS_MEMORY_FORKED
} wts_memory;

/* Judges the checkpoint that a witness gives out as the newest that it knows,
 * by the log's newest head at this moment. *size: of KNOWN and FORKED. An error
 * is of this side alone. */
TACET_MUST_CHECK tacet_err wts_memory_read(tacet_span note,
                                           const tacet_policy *policy,
                                           const wts_log *log, wts_memory *out,
                                           uint64_t *size);

#endif
