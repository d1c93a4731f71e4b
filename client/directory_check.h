/* SPDX-License-Identifier: Apache-2.0
 * client/directory_check.h -- the one place where what a directory says is
 * held against its key log.
 */
#ifndef TACET_CLIENT_DIRECTORY_CHECK_H
#define TACET_CLIENT_DIRECTORY_CHECK_H

#include "client/keylog.h"
#include "tacet/keytrans/manifest.h"

/* What the directory answered about a handle. */
typedef struct client_directory_answer {
  const char *handle;    /* that was asked for */
  tacet_manifest newest; /* the last one that it gave, which verifies nothing */
  tacet_span bytes;      /* of that */
  tacet_span previous;   /* of the one before; empty if it gave none */
  tacet_span first;      /* of number 0; empty: it is known, or not there */
  tacet_span proofs;
  uint32_t seen; /* as it was named in the question */
  /* filled by the check */
  tacet_span head_proof;
  tacet_keylog_head head;
  tacet_keylog_answer label;
} client_directory_answer;

/* Is it what the key log commits to, in a log that goes on from what was seen,
 * and does it fit what was seen of the handle? k: as it was opened before the
 * question. Without trust in an invite there is nothing to check. UNREACHABLE
 * and KEYS as of client_keylog_judge(), _fresh(); KEYS "proof-missing",
 * "proof-invalid", "unlogged-manifest", "label-rollback". Outside a
 * transaction. */
TACET_MUST_CHECK tacet_err client_directory_check(client *c, client_keylog *k,
                                                  client_directory_answer *a);
/* Remembers what was checked. Within the transaction that takes the manifests.
 * BUSY as of client_keylog_keep(). */
TACET_MUST_CHECK tacet_err client_directory_keep(
    client *c, client_keylog *k, const client_directory_answer *a);
/* The manifests that the log commits to do not follow from each other. */
tacet_err client_directory_forged(client *c, const client_keylog *k,
                                  const client_directory_answer *a);
/* The log gives the own handle to another account: noted and told
 * (client/reset.h). KEYS "own-reset", or BUSY as of client_directory_keep().
 * Outside a transaction. */
tacet_err client_directory_moved(client *c, client_keylog *k,
                                 const client_directory_answer *a);

#endif
