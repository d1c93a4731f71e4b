/* SPDX-License-Identifier: Apache-2.0
 * client/heads.h -- heads of the key log with the log's signature alone: those
 * that others were shown, and some of those that were seen here before.
 *
 * A server that goes back to an older copy and goes on from there signs nothing
 * that contradicts the newest head, until its log is as long again. But what it
 * makes anew contradicts each head that was seen of the same time, as soon as
 * it is as long as that one. So some are kept: the newest, and the rarer the
 * older they are.
 */
#ifndef TACET_CLIENT_HEADS_H
#define TACET_CLIENT_HEADS_H

#include "client/keylog.h"
#include "tacet/wire/directory.h"

/* The newest head, as it is told to others. NOT_FOUND, AUTH where no log of the
 * policy has signed it. */
TACET_MUST_CHECK tacet_err client_heads_own(const client_keylog *k,
                                            client_gossip *out);
/* The note that the signature was made over, by one of the policy's logs. AUTH
 * where it is none's. */
TACET_MUST_CHECK tacet_err client_heads_note(const client_keylog *k,
                                             const client_gossip *g,
                                             tacet_buf *note);
/* Adds the head of k->r to k->r.heads. */
TACET_MUST_CHECK tacet_err client_heads_add(client_keylog *k);

/* The HeadProof from a size on; and two of one head. *proof is in mem. Not
 * checked. As of client_ask_plain(), client_expect_ok(). */
TACET_MUST_CHECK tacet_err client_heads_ask(client *c, uint64_t size,
                                            client_mem *mem, tacet_span *proof);
TACET_MUST_CHECK tacet_err client_heads_ask_both(client *c, uint64_t size,
                                                 uint64_t also, client_mem *mem,
                                                 tacet_log_heads *out);

/* Does a log of `size` entries, less than was seen, contradict an older head?
 * Asks for the proof; if so *yes, and *f has what shows it, in mem and *note. A
 * server that does not answer has not been caught. NOMEM. */
TACET_MUST_CHECK tacet_err client_heads_older(client *c, const client_keylog *k,
                                              uint64_t size, client_mem *mem,
                                              tacet_buf *note,
                                              client_finding *f, bool *yes);
/* A proof from a size that is a power of two does not tell the root that it
 * claims for it: asks for one from the next size in its place, if that is
 * needed and answered. NOMEM. */
TACET_MUST_CHECK tacet_err client_heads_widen(client *c, client_mem *mem,
                                              client_finding *f);

#endif
