/* SPDX-License-Identifier: Apache-2.0
 * tacet/keytrans/witness.h -- what a witness of logs decides: the call
 * add-checkpoint of c2sp.org/tlog-witness v1.0.0, without its HTTP.
 *
 * A witness remembers for each log the greatest checkpoint that it has
 * cosigned, and cosigns only what continues it. So a log cannot show two
 * histories to readers who ask for this witness's cosignature.
 *
 *   tacet_witness_read()     the body; which log it is about
 *   (load what is remembered of that log)
 *   tacet_witness_judge()    200, or the status that says why not
 *   (store what is to be remembered, durably and only if nothing else was
 *    stored meanwhile: else begin again)
 *   tacet_witness_cosign()   the answer's body
 */
#ifndef TACET_KEYTRANS_WITNESS_H
#define TACET_KEYTRANS_WITNESS_H

#include "tacet/base.h"
#include "tacet/codec.h"
#include "tacet/keytrans/note.h"

#ifdef __cplusplus
extern "C" {
#endif

#define TACET_WITNESS_PROOF_MAX 63 /* lines of a consistency proof */
#define TACET_WITNESS_BODY_MAX (TACET_NOTE_MAX + 4096)

typedef struct tacet_witness_request {
  uint64_t old_size;
  tacet_tlog_proof proof;
  tacet_note note; /* borrowed from the body, as is the checkpoint */
  tacet_checkpoint checkpoint;
} tacet_witness_request;

/* Any INPUT error is the status 400. */
TACET_MUST_CHECK tacet_err tacet_witness_read(tacet_span body,
                                              tacet_witness_request *out);
void tacet_witness_write(uint64_t old_size, const tacet_tlog_proof *proof,
                         tacet_span note, tacet_buf *out);

/* Statuses of add-checkpoint, as in HTTP. */
typedef enum tacet_witness_status {
  TACET_WITNESS_OK = 200,
  TACET_WITNESS_MALFORMED = 400,   /* the old size is above the new one, ... */
  TACET_WITNESS_FORBIDDEN = 403,   /* not signed by the log */
  TACET_WITNESS_UNKNOWN = 404,     /* no such log here: for the caller */
  TACET_WITNESS_CONFLICT = 409,    /* the body is to say what is remembered */
  TACET_WITNESS_INCONSISTENT = 422 /* the log was rewritten: evidence */
} tacet_witness_status;

/* Judges a request by the log's keys (at least one; the caller found them by
 * checkpoint.origin) and what is remembered. With TACET_WITNESS_OK *next gets
 * what is to be remembered. An error is of this side alone (PROVIDER, NOMEM).
 */
TACET_MUST_CHECK tacet_err tacet_witness_judge(
    const tacet_witness_request *request, const tacet_note_key *log_keys,
    size_t n_log_keys, const tacet_tlog_head *memory, tacet_tlog_head *next,
    tacet_witness_status *status);

/* The cosignature's line; after *next is durable. time: seconds, not 0. */
TACET_MUST_CHECK tacet_err tacet_witness_cosign(
    const tacet_witness_request *request, const tacet_note_key *witness,
    const tacet_secret *private_key, uint64_t time, tacet_buf *out);

#ifdef __cplusplus
}
#endif
#endif
