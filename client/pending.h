/* SPDX-License-Identifier: Apache-2.0
 * client/pending.h -- messages that were written and are not encrypted yet:
 * their conversation is made, joined for good or brought up to date first.
 */
#ifndef TACET_CLIENT_PENDING_H
#define TACET_CLIENT_PENDING_H

#include "client/core.h"

/* Encrypts what can be encrypted now. A message that can never be sent is
 * marked so, with the reason. CLOSED once the server cannot be reached. */
TACET_MUST_CHECK tacet_err client_pending_run(client *c, uint64_t *next);

/* What to do about a failure of one thing among many.
 *   ABORT  it is the machine, the network or the user: it concerns everything
 *   FINAL  an answer that waiting will not change: to be recorded where it
 *          belongs, and told
 *   LATER  it may pass; the others go on meanwhile. It was noted as the reason
 *          why something waits (c->problem), and is cleared. */
typedef enum client_verdict {
  CLIENT_ABORT,
  CLIENT_FINAL,
  CLIENT_LATER
} client_verdict;
client_verdict client_judge(client *c, tacet_err e, uint64_t *next);

#endif
